using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Signing;

namespace EdgeGateway.Serving;

/// <summary>What a bundle brings with it so that the key under its checkpoint can be judged.</summary>
/// <param name="keys">How the device's key has changed. Null: it has not.</param>
/// <param name="certificates">The device's certificates, or null.</param>
internal sealed class KeyEvidence(DeviceKeyHistory? keys, InstalledCertificates? certificates)
{
    /// <summary>
    /// The leaves that are asked for, and the checkpoint's newest one where it is signed by a replaced key in its overlap: its time shows
    /// that the overlap was not over, and without it the bundle is refused.
    /// </summary>
    public IReadOnlyList<long> WithLaterLeaf(IReadOnlyList<long> indexes, StoredCheckpoint checkpoint) =>
        keys?.IsInOverlap(CheckpointNote.Parse(checkpoint.Note)) == true ? [.. indexes.Union([checkpoint.Size - 1])] : indexes;

    /// <summary>
    /// The changes of the key that the checkpoint is over or after; the certificates, where they are those of the key that signed it.
    /// </summary>
    public Bundle AddTo(Bundle bundle)
    {
        CheckpointNote note = CheckpointNote.Parse(bundle.Note);
        CertificateChain? chain = certificates?.Newest is { } newest && newest.HasSigned(note) ? newest : null;
        return bundle with
        {
            KeyChanges = keys?.CoveredBy(note.Head) ?? [],
            Chain = chain?.Chain ?? [],
            RevocationLists = chain?.RevocationLists ?? [],
        };
    }
}
