using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Signing;

namespace EdgeGateway.Serving;

/// <summary>What a bundle brings with it so that the key under its checkpoint can be judged.</summary>
internal static class KeyEvidence
{
    /// <summary>
    /// The leaves that are asked for, and the checkpoint's newest one where it is signed by a replaced key in its overlap: its time shows
    /// that the overlap was not over, and without it the bundle is refused.
    /// </summary>
    public static IReadOnlyList<long> WithLaterLeaf(IReadOnlyList<long> indexes, StoredCheckpoint checkpoint, ServingModel model) =>
        model.Keys?.IsInOverlap(CheckpointNote.Parse(checkpoint.Note)) == true ? [.. indexes.Union([checkpoint.Size - 1])] : indexes;

    /// <summary>
    /// The changes of the key that the checkpoint is over or after; the certificates, where they are those of the key that signed it.
    /// </summary>
    public static Bundle AddTo(Bundle bundle, ServingModel model)
    {
        CheckpointNote note = CheckpointNote.Parse(bundle.Note);
        CertificateChain? chain = model.Certificates?.Newest is { } newest && newest.HasSigned(note) ? newest : null;
        return bundle with
        {
            KeyChanges = model.Keys?.CoveredBy(note.Head) ?? [],
            Chain = chain?.Chain ?? [],
            RevocationLists = chain?.RevocationLists ?? [],
        };
    }
}
