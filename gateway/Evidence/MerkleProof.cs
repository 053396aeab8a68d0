using System.Numerics;

namespace EdgeGateway.Evidence;

/// <summary>Proofs about a log's Merkle tree (RFC 9162 §2.1.3 and §2.1.4), made from stored tiles for any size the tree has had.</summary>
/// <remarks>
/// A proof is the hashes of the subtrees that the other side does not have, from the bottom up. That leaf 2 is in the tree of size 6:
/// <code>
///            root
///          /      \
///        a          [4..6)      path: leaf 3, [0..2), [4..6)
///      /   \
///  [0..2)   b
///          / \
///         2   3
/// </code>
/// Neither proof says how large the tree is that it was made for: sizes and root come from a signed checkpoint, never from the proof.
/// </remarks>
public static class MerkleProof
{
    /// <summary>
    /// Hashes that a proof can have at most: a tree of 2⁶³ leaves has so many levels, and a consistency proof one hash more.
    /// </summary>
    public const int MaxHashes = 64;

    /// <summary>The path that proves that a leaf is in the tree of a size (RFC 9162 §2.1.3.1).</summary>
    /// <param name="index">The leaf's index, below <paramref name="size"/>.</param>
    /// <param name="size">Leaves in the tree.</param>
    /// <param name="tiles">The log's tiles.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such leaf in a tree of that size.</exception>
    /// <exception cref="EvidenceException">A tile that is needed is missing or too short.</exception>
    public static IReadOnlyList<MerkleHash> Inclusion(long index, long size, TileSource tiles)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        List<MerkleHash> path = [];
        (long start, long end) = (0, size);
        while (end - start > 1)
        {
            long middle = start + LeftOf(end - start);
            if (index < middle)
            {
                path.Add(TiledTree.Range(middle, end, tiles));
                end = middle;
            }
            else
            {
                path.Add(TiledTree.Range(start, middle, tiles));
                start = middle;
            }
        }

        path.Reverse();
        return path;
    }

    /// <summary>The root that follows from a leaf and its path (RFC 9162 §2.1.3.2). The caller compares it with a signed one.</summary>
    /// <param name="leaf">The leaf's hash.</param>
    /// <param name="index">The leaf's index.</param>
    /// <param name="size">Size of the tree, from the signed checkpoint.</param>
    /// <param name="path">The inclusion path.</param>
    /// <exception cref="EvidenceException">A tree of this size has no such leaf, or its path has another length.</exception>
    public static MerkleHash RootOf(in MerkleHash leaf, long index, long size, IReadOnlyList<MerkleHash> path)
    {
        if (index < 0 || index >= size)
        {
            throw new EvidenceException($"A log of {size} leaves has no leaf {index}.");
        }

        RequireLength(path, InclusionLength(index, size), $"An inclusion proof of leaf {index} in {size} leaves");
        MerkleHash node = leaf;
        (long at, long last) = (index, size - 1);
        foreach (MerkleHash beside in path)
        {
            if ((at & 1) == 1 || at == last)
            {
                node = MerkleHash.OfNode(beside, node);
                while ((at & 1) == 0)
                {
                    (at, last) = (at >> 1, last >> 1);
                }
            }
            else
            {
                node = MerkleHash.OfNode(node, beside);
            }

            (at, last) = (at >> 1, last >> 1);
        }

        return node;
    }

    /// <summary>The path that proves that the tree of one size is the beginning of the tree of another (RFC 9162 §2.1.4.1).</summary>
    /// <param name="first">Size of the older tree, 1 or more: RFC 9162 has no proof from the empty tree, of which every tree is a
    /// continuation.</param>
    /// <param name="second">Size of the newer tree, at least <paramref name="first"/>. The proof for equal sizes is empty.</param>
    /// <param name="tiles">The log's tiles.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sizes are not in that order.</exception>
    /// <exception cref="EvidenceException">A tile that is needed is missing or too short.</exception>
    public static IReadOnlyList<MerkleHash> Consistency(long first, long second, TileSource tiles)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, second);
        List<MerkleHash> path = [];
        (long start, long end) = (0, second);

        // While the older tree ends inside this subtree its hash is not among those that the older root is made of.
        while (first != end)
        {
            long middle = start + LeftOf(end - start);
            if (first <= middle)
            {
                path.Add(TiledTree.Range(middle, end, tiles));
                end = middle;
            }
            else
            {
                path.Add(TiledTree.Range(start, middle, tiles));
                start = middle;
            }
        }

        // The older root itself is known to whoever asks; a smaller subtree of it is not.
        if (start > 0)
        {
            path.Add(TiledTree.Range(start, end, tiles));
        }

        path.Reverse();
        return path;
    }

    /// <summary>Checks that a newer tree continues an older one (RFC 9162 §2.1.4.2).</summary>
    /// <param name="first">Size of the older tree, from its checkpoint.</param>
    /// <param name="firstRoot">Its root.</param>
    /// <param name="second">Size of the newer tree, from its checkpoint.</param>
    /// <param name="secondRoot">Its root.</param>
    /// <param name="path">The consistency proof.</param>
    /// <exception cref="EvidenceException">It does not; the sentence says what is wrong.</exception>
    public static void VerifyConsistency(
        long first,
        in MerkleHash firstRoot,
        long second,
        in MerkleHash secondRoot,
        IReadOnlyList<MerkleHash> path
    )
    {
        if (first < 1 || second < first)
        {
            throw new EvidenceException($"There is no consistency proof from size {first} to size {second}.");
        }

        RequireLength(path, ConsistencyLength(first, second), $"A consistency proof from size {first} to size {second}");
        (MerkleHash older, MerkleHash newer) = (firstRoot, firstRoot);
        if (first < second)
        {
            // A complete older tree stands in the newer one as it is, and its root is not repeated in the proof.
            int next = BitOperations.IsPow2(first) ? 0 : 1;
            MerkleHash seed = next == 0 ? firstRoot : path[0];
            (older, newer) = (seed, seed);
            (long at, long last) = (first - 1, second - 1);
            while ((at & 1) == 1)
            {
                (at, last) = (at >> 1, last >> 1);
            }

            for (; next < path.Count; next++)
            {
                if ((at & 1) == 1 || at == last)
                {
                    older = MerkleHash.OfNode(path[next], older);
                    newer = MerkleHash.OfNode(path[next], newer);
                    while ((at & 1) == 0 && at != 0)
                    {
                        (at, last) = (at >> 1, last >> 1);
                    }
                }
                else
                {
                    newer = MerkleHash.OfNode(newer, path[next]);
                }

                (at, last) = (at >> 1, last >> 1);
            }
        }

        if (older != firstRoot)
        {
            throw new EvidenceException(
                $"The consistency proof does not lead to the root of the log at size {first}: the log was rewritten."
            );
        }

        if (newer != secondRoot)
        {
            throw new EvidenceException(
                $"The consistency proof does not lead to the root of the log at size {second}: it is not a continuation."
            );
        }
    }

    private static int InclusionLength(long index, long size)
    {
        int length = 0;
        for ((long at, long last) = (index, size - 1); last > 0; (at, last) = (at >> 1, last >> 1))
        {
            // A node at the right end that is a left child has no sibling and rises as it is.
            length += (at & 1) == 0 && at == last ? 0 : 1;
        }

        return length;
    }

    private static int ConsistencyLength(long first, long second)
    {
        if (first == second)
        {
            return 0;
        }

        int complete = BitOperations.TrailingZeroCount(first);
        return InclusionLength((first - 1) >> complete, ((second - 1) >> complete) + 1) + (BitOperations.IsPow2(first) ? 0 : 1);
    }

    private static void RequireLength(IReadOnlyList<MerkleHash> path, int length, string what)
    {
        if (path.Count != length)
        {
            throw new EvidenceException($"{what} has {length} hashes; this one has {path.Count}.");
        }
    }

    /// <summary>The largest power of two below a size of 2 or more: where a tree splits (RFC 9162 §2.1.1).</summary>
    private static long LeftOf(long size) => 1L << (63 - BitOperations.LeadingZeroCount((ulong)(size - 1)));
}
