using System.Security.Cryptography;

namespace EdgeGateway.Evidence;

/// <summary>What a bundle has been shown to be.</summary>
/// <param name="Head">The signed state of the log that the bundle's checkpoint states.</param>
/// <param name="Leaves">Its single leaves, in the order they are in.</param>
/// <param name="Batches">Its batches, each verified; whether they follow one another is for <see cref="BatchSequence"/> to say.</param>
/// <param name="Note">The verified checkpoint with whatever cosignatures it carries.</param>
/// <param name="Signer">What its signature rests on.</param>
/// <param name="TimeStamps">What the trusted time-stamping authorities said of it, the earliest first.</param>
/// <param name="UncheckedTimeStamps">Time stamps that are of none of them, of something else, or damaged.</param>
/// <param name="NotJudged">Certificates, revocation lists and changes of the key in the bundle of which nothing is said
/// (<see cref="LogKeys.Accept(Bundle)"/>).</param>
public sealed record VerifiedBundle(
    TreeHead Head,
    IReadOnlyList<Leaf> Leaves,
    IReadOnlyList<VerifiedBatch> Batches,
    CheckpointNote Note,
    SignerStanding Signer,
    IReadOnlyList<TimeStamp> TimeStamps,
    int UncheckedTimeStamps,
    int NotJudged
);

/// <summary>Verifies bundles with what the caller trusts, offline, with nothing but their bytes.</summary>
public static class BundleVerifier
{
    /// <summary>Verifies checkpoint, receipt, leaves, batches, and what they rest on.</summary>
    /// <exception cref="EvidenceException">Something does not hold; the sentence says what.</exception>
    public static VerifiedBundle Verify(Bundle bundle, TrustAnchors trust) =>
        Verify(bundle, LogKeys.For(trust, CheckpointNote.Parse(bundle.Note).Head.Origin));

    /// <summary>Verifies a bundle of a device, and takes from it how its key changed.</summary>
    /// <exception cref="EvidenceException">Something does not hold; the sentence says what.</exception>
    public static VerifiedBundle Verify(Bundle bundle, LogKeys keys) => Verify(bundle, keys, inSequence: false);

    /// <summary>Verifies a bundle whose batches are also added to a sequence.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="keys">What is known of the device's keys.</param>
    /// <param name="inSequence">As for <see cref="BatchVerifier.Verify(Batch, LogKeys, bool)"/>, for the batches alone.</param>
    /// <exception cref="EvidenceException">Something does not hold; the sentence says what.</exception>
    public static VerifiedBundle Verify(Bundle bundle, LogKeys keys, bool inSequence)
    {
        CheckpointNote note = CheckpointNote.Parse(bundle.Note);
        int notJudged = keys.Accept(bundle);
        ECDsa key = keys.SignerOf(note);
        List<TimeStamp> stamps = [.. bundle.TimeStamps.Select(t => keys.Verified(t, note)).OfType<TimeStamp>().OrderBy(s => s.Time)];
        SignerStanding signer = keys.StandingOf(key, note, stamps);
        signer.Check(note.Head);
        IReadOnlyList<Leaf> leaves = bundle.Receipt is { } receipt ? VerifyLeaves(bundle, CoseReceipt.Decode(receipt), note.Head, key) : [];
        List<VerifiedBatch> batches = [];
        foreach (Batch batch in bundle.Batches)
        {
            VerifiedBatch verified = BatchVerifier.Verify(batch, keys, inSequence: true);
            if (verified.Head.Origin != note.Head.Origin || verified.Head.Size > note.Head.Size)
            {
                throw new EvidenceException(
                    $"A batch of the bundle is of the log {verified.Head.Origin} at size {verified.Head.Size}; its checkpoint "
                        + $"is of {note.Head.Origin} at size {note.Head.Size}."
                );
            }

            if (verified.Head.Size == note.Head.Size && verified.Head.Root != note.Head.Root)
            {
                throw new EvidenceException($"The device signed two roots for size {note.Head.Size}.");
            }

            // What somebody saw of the bundle's checkpoint, he saw of the batch that ends with it.
            verified = verified.Head == note.Head ? verified with { Signer = signer } : verified;
            if (!inSequence)
            {
                verified.Signer.Check(verified.Head);
            }

            batches.Add(verified);
        }

        keys.Judge(key, note.Head, [.. batches.SelectMany(b => b.Leaves), .. leaves]);
        return new VerifiedBundle(note.Head, leaves, batches, note, signer, stamps, bundle.TimeStamps.Count - stamps.Count, notJudged);
    }

    private static List<Leaf> VerifyLeaves(Bundle bundle, CoseReceipt receipt, TreeHead head, ECDsa key)
    {
        TreeHead signed = receipt.VerifyInclusion(bundle.Leaves, key);
        if (signed != head)
        {
            throw new EvidenceException(
                $"The receipt is for size {signed.Size} of the log {signed.Origin}, the checkpoint for size {head.Size} of "
                    + $"{head.Origin}, or their roots differ."
            );
        }

        List<Leaf> leaves = [];
        HashSet<long> seen = [];
        for (int i = 0; i < bundle.Leaves.Count; i++)
        {
            Leaf leaf = BatchVerifier.ReadLeaf(bundle.Leaves[i], receipt.Inclusions[i].Index, head.Origin);
            leaves.Add(seen.Add(leaf.Head.Index) ? leaf : throw new EvidenceException($"The bundle has leaf {leaf.Head.Index} twice."));
        }

        return leaves;
    }
}
