using System.Numerics;

namespace EdgeGateway.Evidence;

/// <summary>
/// The right edge of a Merkle tree: the roots of the complete subtrees that its leaves split into, from the largest on the left to
/// the smallest on the right. All that is needed to append leaves and to know the root.
/// </summary>
/// <remarks>
/// A tree of size 6 = 4 + 2 has two of them, one for each 1 in binary 110:
/// <code>
///           root
///          /    \
///      [0..4)   [4..6)      ← edge: hash of leaves 0–3, hash of leaves 4–5
/// </code>
/// </remarks>
public sealed class Frontier
{
    private readonly List<MerkleHash> _edge;

    /// <summary>The frontier of a tree without leaves.</summary>
    public Frontier() => _edge = [];

    /// <summary>The frontier of a tree of a given size.</summary>
    /// <exception cref="EvidenceException">The edge does not have one hash for each 1 in the binary size.</exception>
    public Frontier(long size, IEnumerable<MerkleHash> edge)
    {
        _edge = [.. edge];
        Size = size;
        int expected = size < 0 ? -1 : BitOperations.PopCount((ulong)size);
        if (_edge.Count != expected)
        {
            throw new EvidenceException($"The edge of a tree of size {size} has {expected} hashes; this one has {_edge.Count}.");
        }
    }

    /// <summary>Leaves in the tree.</summary>
    public long Size { get; private set; }

    /// <summary>The subtree roots, largest first.</summary>
    public IReadOnlyList<MerkleHash> Edge => _edge;

    /// <summary>Appends a leaf's hash.</summary>
    public void Append(in MerkleHash leafHash) => Append(leafHash, null);

    /// <summary>
    /// Appends a leaf's hash and tells of each subtree of 256, 256² … leaves that it completes, by its tile level and root.
    /// </summary>
    internal void Append(in MerkleHash leafHash, Action<int, MerkleHash>? completed)
    {
        const int HeightOfTile = 8;
        MerkleHash node = leafHash;
        int height = 0;
        for (long rest = Size; (rest & 1) == 1; rest >>= 1)
        {
            node = MerkleHash.OfNode(_edge[^1], node);
            _edge.RemoveAt(_edge.Count - 1);
            if (++height % HeightOfTile == 0)
            {
                completed?.Invoke(height / HeightOfTile, node);
            }
        }

        _edge.Add(node);
        Size++;
    }

    /// <summary>The root of the tree (RFC 9162 §2.1.1).</summary>
    public MerkleHash Root()
    {
        if (_edge.Count == 0)
        {
            return MerkleHash.OfNothing;
        }

        MerkleHash root = _edge[^1];
        for (int i = _edge.Count - 2; i >= 0; i--)
        {
            root = MerkleHash.OfNode(_edge[i], root);
        }

        return root;
    }
}
