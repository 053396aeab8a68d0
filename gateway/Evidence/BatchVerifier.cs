using System.Security.Cryptography;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Evidence;

/// <summary>What a batch has been shown to be.</summary>
/// <param name="Head">The signed state of the log after the batch.</param>
/// <param name="Batch">What was verified.</param>
/// <param name="Leaves">The leaves it shows, in order.</param>
/// <param name="Note">The verified checkpoint with whatever cosignatures it carries (<see cref="WitnessKey.CosignedAt"/>).</param>
/// <param name="Signer">What its signature rests on.</param>
public sealed record VerifiedBatch(TreeHead Head, Batch Batch, IReadOnlyList<Leaf> Leaves, CheckpointNote Note, SignerStanding Signer)
{
    /// <summary>How many leaves are given by hash only.</summary>
    public int Withheld => Batch.Elements.Count - Leaves.Count;
}

/// <summary>Verifies batches with the keys the caller trusts, offline, with nothing but their bytes.</summary>
public static class BatchVerifier
{
    /// <summary>Verifies one batch: both signatures, the root over edge and leaves, and every leaf's own statement.</summary>
    /// <exception cref="EvidenceException">Something does not hold; the sentence says what.</exception>
    public static VerifiedBatch Verify(Batch batch, TrustAnchors trust) =>
        Verify(batch, LogKeys.For(trust, CheckpointNote.Parse(batch.Note).Head.Origin));

    /// <summary>Verifies the next batch of a device, and takes from it how its key changes.</summary>
    /// <exception cref="EvidenceException">Something does not hold; the sentence says what.</exception>
    public static VerifiedBatch Verify(Batch batch, LogKeys keys) => Verify(batch, keys, inSequence: false);

    /// <summary>Verifies the next batch of a device that is to be added to a sequence.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="keys">What is known of the device's keys.</param>
    /// <param name="inSequence">
    /// A certificate that is no longer good, with nobody having seen this very checkpoint before its end, refuses nothing yet: a later
    /// checkpoint of the same history, which somebody has seen, is over the same leaves. <see cref="BatchSequence.CheckSigners"/> must then
    /// be asked at the end.
    /// </param>
    /// <exception cref="EvidenceException">Something does not hold; the sentence says what.</exception>
    public static VerifiedBatch Verify(Batch batch, LogKeys keys, bool inSequence)
    {
        CheckpointNote note = CheckpointNote.Parse(batch.Note);
        TreeHead head = note.Head;
        ECDsa key = keys.SignerOf(note);
        SignerStanding signer = keys.StandingOf(key, note, []);
        if (!inSequence)
        {
            signer.Check(head);
        }

        CheckpointCose.Verify(batch.Cose, head, key);
        if (batch.Elements.Count == 0 || batch.First != head.Size - batch.Elements.Count)
        {
            throw new EvidenceException(
                $"The batch has {batch.Elements.Count} leaves from {batch.First}, but the signed log ends at {head.Size}."
            );
        }

        Frontier frontier = new(batch.First, batch.Edge);
        foreach (BatchElement element in batch.Elements)
        {
            frontier.Append(element.Hash);
        }

        if (frontier.Root() != head.Root)
        {
            throw new EvidenceException(
                $"The leaves {batch.First} to {head.Size - 1} do not give the signed root: a leaf, its order or the edge was altered."
            );
        }

        List<Leaf> leaves = [];
        for (int i = 0; i < batch.Elements.Count; i++)
        {
            if (batch.Elements[i].Leaf is { } bytes)
            {
                leaves.Add(ReadLeaf(bytes, batch.First + i, head.Origin));
            }
        }

        keys.Judge(key, head, leaves);
        return new VerifiedBatch(head, batch, leaves, note, signer);
    }

    /// <summary>Reads a leaf and checks what it says of its own place.</summary>
    /// <exception cref="EvidenceException">It is no leaf, or one of another place; the sentence says why.</exception>
    internal static Leaf ReadLeaf(ReadOnlyMemory<byte> bytes, long index, Origin origin)
    {
        Leaf leaf;
        try
        {
            leaf = LeafCodec.Decode(bytes);
        }
        catch (EvidenceException e)
        {
            throw new EvidenceException($"Leaf {index}: {e.Message}", e);
        }

        if (leaf.Head.Index != index)
        {
            throw new EvidenceException($"Leaf {index} says that it is leaf {leaf.Head.Index}.");
        }

        if ((leaf.Head.Type == LeafType.Genesis) != (index == 0))
        {
            throw new EvidenceException($"Leaf {index} is of type '{leaf.Head.Type}'; a log begins with its only genesis.");
        }

        if (index == 0)
        {
            CheckGenesis(leaf, origin);
        }

        return leaf;
    }

    private static void CheckGenesis(Leaf genesis, Origin origin)
    {
        string stated = GenesisLeaf.LogNamedIn(genesis);
        if (stated != origin.ToString() || genesis.Head.Simulated != origin.Simulated)
        {
            throw new EvidenceException(
                $"The log's genesis is of '{stated}'{(genesis.Head.Simulated ? " (simulated)" : "")}, the checkpoint of '{origin}'."
            );
        }
    }
}

/// <summary>Checks that verified batches are parts of one history, without a gap.</summary>
/// <remarks>
/// It keeps the hashes from the newest batch's first leaf on, not more: each leaf is hashed once for either end, however many batches
/// repeat it.
/// <code>
///   First          _behind               End
///     |---------------|~~~~ _hashes ~~~~~~|        the next batch begins in this stretch, or at its end
/// </code>
/// </remarks>
public sealed class BatchSequence
{
    private readonly Queue<MerkleHash> _hashes = [];
    private readonly HashSet<TreeHead> _heads = [];
    private readonly List<(TreeHead Head, SignerStanding Signer)> _uncarried = [];
    private long _carried; // leaves under a checkpoint that holds by itself
    private Frontier _behind = new();
    private Frontier _end = new();
    private Origin? _origin;

    /// <summary>Index of the first leaf of the sequence.</summary>
    public long First { get; private set; }

    /// <summary>Index after the last leaf of the sequence.</summary>
    public long End => _end.Size;

    /// <summary>Batches that only repeat leaves already seen: delivered again, harmless.</summary>
    public int Repeated { get; private set; }

    /// <summary>Adds the next batch; give them in ascending order of their first index.</summary>
    /// <returns>The batch's leaves that had not been seen before.</returns>
    /// <exception cref="EvidenceException">It belongs to another log, leaves a gap, is out of order, or tells another history.</exception>
    public IReadOnlyList<Leaf> Add(VerifiedBatch verified)
    {
        Batch batch = verified.Batch;
        if (_origin is null)
        {
            _origin = verified.Head.Origin;
            First = batch.First;
            _behind = new Frontier(batch.First, batch.Edge);
            _end = new Frontier(batch.First, batch.Edge);
        }

        if (verified.Head.Origin != _origin)
        {
            throw new EvidenceException($"The batch is of log {verified.Head.Origin}, the ones before it of {_origin}.");
        }

        if (batch.First > End)
        {
            throw new EvidenceException($"{Leaves(End, batch.First - 1)} missing between the batches.");
        }

        if (batch.First < _behind.Size)
        {
            throw new EvidenceException(
                $"The batch begins with leaf {batch.First}, the one before it with leaf {_behind.Size}. Batches are added in order."
            );
        }

        while (_behind.Size < batch.First)
        {
            _behind.Append(_hashes.Dequeue());
        }

        if (_behind.Root() != new Frontier(batch.First, batch.Edge).Root())
        {
            throw new EvidenceException($"The device signed two histories: they differ before leaf {batch.First}.");
        }

        long seen = End;
        int overlap = 0;
        foreach (MerkleHash hash in _hashes.Take(batch.Elements.Count))
        {
            if (hash != batch.Elements[overlap].Hash)
            {
                throw new EvidenceException($"The device signed two histories: there are two different leaves {batch.First + overlap}.");
            }

            overlap++;
        }

        for (int i = overlap; i < batch.Elements.Count; i++)
        {
            _hashes.Enqueue(batch.Elements[i].Hash);
            _end.Append(batch.Elements[i].Hash);
        }

        _heads.Add(verified.Head);
        if (verified.Signer.Holds)
        {
            _carried = Math.Max(_carried, verified.Head.Size);
        }
        else
        {
            _uncarried.Add((verified.Head, verified.Signer));
        }

        Repeated += End == seen ? 1 : 0;
        return [.. verified.Leaves.Where(l => l.Head.Index >= seen)];
    }

    /// <summary>
    /// Counts the checkpoint of a verified bundle, where it is that of a batch too: it may have been seen where the batch's copy was not.
    /// </summary>
    public void Count(VerifiedBundle verified) =>
        _carried = verified.Signer.Holds && _heads.Contains(verified.Head) ? Math.Max(_carried, verified.Head.Size) : _carried;

    /// <summary>
    /// Refuses leaves that no checkpoint is over which holds by itself (<see cref="SignerStanding.Holds"/>). To be asked when all batches
    /// are added that were verified for a sequence.
    /// </summary>
    /// <exception cref="EvidenceException">There are such leaves.</exception>
    public void CheckSigners()
    {
        if (
            _uncarried.Where(u => u.Head.Size > _carried).OrderBy(u => u.Head.Size).LastOrDefault() is
            { Head: { } head, Signer: var signer }
        )
        {
            signer.Check(head);
        }
    }

    private static string Leaves(long first, long last) => first == last ? $"Leaf {first} is" : $"Leaves {first} to {last} are";
}
