using System.Security.Cryptography;

namespace EdgeGateway.Evidence;

/// <summary>What a bundle has been shown to be.</summary>
/// <param name="Head">The signed state of the log that the bundle's checkpoint states.</param>
/// <param name="Leaves">Its single leaves, in the order they are in.</param>
/// <param name="Batches">Its batches, each verified; whether they follow one another is for <see cref="BatchSequence"/> to say.</param>
/// <param name="Note">The verified checkpoint with whatever cosignatures it carries.</param>
/// <param name="NotJudged">Certificates, revocation lists and time stamps in the bundle: nothing is said of them.</param>
public sealed record VerifiedBundle(TreeHead Head, IReadOnlyList<Leaf> Leaves, IReadOnlyList<VerifiedBatch> Batches, CheckpointNote Note, int NotJudged);

/// <summary>Verifies bundles with the keys the caller trusts, offline, with nothing but their bytes.</summary>
public static class BundleVerifier
{
    /// <summary>Verifies checkpoint, receipt, leaves and batches.</summary>
    /// <exception cref="EvidenceException">Something does not hold; the sentence says what.</exception>
    public static VerifiedBundle Verify(Bundle bundle, TrustAnchors trust) => Verify(bundle, LogKeys.For(trust, CheckpointNote.Parse(bundle.Note).Head.Origin));

    /// <summary>Verifies a bundle of a device, and takes from it how its key changed.</summary>
    /// <exception cref="EvidenceException">Something does not hold; the sentence says what.</exception>
    public static VerifiedBundle Verify(Bundle bundle, LogKeys keys)
    {
        CheckpointNote note = CheckpointNote.Parse(bundle.Note);
        foreach (KeyChange change in bundle.KeyChanges)
        {
            keys.Accept(change);
        }

        ECDsa key = keys.SignerOf(note);
        IReadOnlyList<Leaf> leaves = bundle.Receipt is { } receipt ? VerifyLeaves(bundle, CoseReceipt.Decode(receipt), note.Head, key) : [];
        List<VerifiedBatch> batches = [];
        foreach (Batch batch in bundle.Batches)
        {
            VerifiedBatch verified = BatchVerifier.Verify(batch, keys);
            if (verified.Head.Origin != note.Head.Origin || verified.Head.Size > note.Head.Size)
            {
                throw new EvidenceException(
                    $"A batch of the bundle is of the log {verified.Head.Origin} at size {verified.Head.Size}; its checkpoint is of {note.Head.Origin} at size {note.Head.Size}.");
            }

            if (verified.Head.Size == note.Head.Size && verified.Head.Root != note.Head.Root)
            {
                throw new EvidenceException($"The device signed two roots for size {note.Head.Size}.");
            }

            batches.Add(verified);
        }

        keys.Judge(key, note.Head, [.. batches.SelectMany(b => b.Leaves), .. leaves]);
        return new VerifiedBundle(note.Head, leaves, batches, note, bundle.Chain.Count + bundle.RevocationLists.Count + bundle.TimeStamps.Count);
    }

    private static List<Leaf> VerifyLeaves(Bundle bundle, CoseReceipt receipt, TreeHead head, ECDsa key)
    {
        TreeHead signed = receipt.VerifyInclusion(bundle.Leaves, key);
        if (signed != head)
        {
            throw new EvidenceException($"The receipt is for size {signed.Size} of the log {signed.Origin}, the checkpoint for size {head.Size} of {head.Origin}, or their roots differ.");
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
