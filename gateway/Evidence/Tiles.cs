using System.Numerics;
using System.Runtime.InteropServices;

namespace EdgeGateway.Evidence;

/// <summary>A tile of C2SP tlog-tiles: up to 256 neighbouring hashes of tree level 8 × <paramref name="Level"/>.</summary>
/// <param name="Level">Tile level: 0 holds leaf hashes, 1 the roots of 256 leaves each, and so on.</param>
/// <param name="Index">Position in the level, from 0.</param>
/// <param name="Hashes">The hashes one after another, 32 to 8 192 bytes. Fewer than 256 hashes make a partial tile.</param>
public readonly record struct Tile(int Level, long Index, ReadOnlyMemory<byte> Hashes);

/// <summary>Finds the stored bytes of a tile, full or partial, or null when there is none.</summary>
public delegate ReadOnlyMemory<byte>? TileSource(int level, long index);

/// <summary>The log's tree kept as tiles. Stored tiles answer for every old size and survive the removal of leaf bytes.</summary>
public sealed class TiledTree
{
    /// <summary>Hashes in a full tile.</summary>
    public const int TileWidth = 256;

    private readonly Frontier _frontier;

    // The newest tile of each level, and whether it has hashes that TakeChanged has not handed out yet.
    private readonly List<(List<MerkleHash> Hashes, long Index, bool Changed)> _open = [];
    private readonly List<Tile> _filled = [];

    private readonly Action<int, MerkleHash> _completed;

    private TiledTree(Frontier frontier) => (_frontier, _completed) = (frontier, (level, root) => Push(level, root));

    /// <summary>Leaves in the tree.</summary>
    public long Size => _frontier.Size;

    /// <summary>The tree's root.</summary>
    public MerkleHash Root => _frontier.Root();

    /// <summary>Continues the tree that stored tiles hold.</summary>
    /// <exception cref="EvidenceException">A tile that a tree of this size needs is missing or too short.</exception>
    public static TiledTree Restore(long size, TileSource tiles)
    {
        TiledTree tree = new(new Frontier(size, Edge(size, tiles)));
        long inLevel = size;
        for (int level = 0; inLevel > 0; level++, inLevel /= TileWidth)
        {
            long index = inLevel / TileWidth;
            int width = (int)(inLevel % TileWidth);
            ReadOnlySpan<byte> stored = width == 0 ? default : Read(tiles, level, index, width);
            tree._open.Add(([.. MemoryMarshal.Cast<byte, MerkleHash>(stored[..(width * MerkleHash.Size)])], index, false));
        }

        return tree;
    }

    /// <summary>The edge of the tree at any size it has had: what a batch that starts there needs (see <see cref="Frontier"/>).</summary>
    /// <exception cref="EvidenceException">A tile that a tree of this size needs is missing or too short.</exception>
    public static IReadOnlyList<MerkleHash> Edge(long size, TileSource tiles)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return Edge(0, size, tiles);
    }

    /// <summary>
    /// The hash over leaves <paramref name="start"/> to <paramref name="end"/> − 1, which are a subtree of the log's tree.
    /// </summary>
    internal static MerkleHash Range(long start, long end, TileSource tiles) => new Frontier(end - start, Edge(start, end, tiles)).Root();

    private static List<MerkleHash> Edge(long start, long end, TileSource tiles)
    {
        List<MerkleHash> edge = [];
        for (int height = 63 - BitOperations.LeadingZeroCount((ulong)(end - start)); height >= 0; height--)
        {
            if ((((end - start) >> height) & 1) == 1)
            {
                edge.Add(Subtree(height, start >> height, tiles));
                start += 1L << height;
            }
        }

        return edge;
    }

    /// <summary>Appends a leaf.</summary>
    public void Append(ReadOnlySpan<byte> leaf) => Append(MerkleHash.OfLeaf(leaf));

    /// <summary>Appends a leaf of which only the hash is known.</summary>
    public void Append(in MerkleHash leafHash)
    {
        Push(0, leafHash);
        _frontier.Append(leafHash, _completed);
    }

    /// <summary>The edge of the tree, which a batch that starts here has.</summary>
    public IReadOnlyList<MerkleHash> Edge() => _frontier.Edge;

    /// <summary>The partial tiles of this size, changed or not.</summary>
    public IReadOnlyList<Tile> Open() => [.. _open.Select((o, level) => TileOf(level, o.Index, o.Hashes)).Where(t => !t.Hashes.IsEmpty)];

    private static Tile TileOf(int level, long index, List<MerkleHash> hashes) =>
        new(level, index, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(hashes)).ToArray());

    /// <summary>The tiles that have grown since the last call, to be stored over their former bytes.</summary>
    public IReadOnlyList<Tile> TakeChanged()
    {
        List<Tile> changed = [.. _filled];
        _filled.Clear();
        for (int level = 0; level < _open.Count; level++)
        {
            (List<MerkleHash> hashes, long index, bool grown) = _open[level];
            if (grown)
            {
                changed.Add(TileOf(level, index, hashes));
                _open[level] = (hashes, index, false);
            }
        }

        return changed;
    }

    private void Push(int level, in MerkleHash hash)
    {
        if (level == _open.Count)
        {
            _open.Add(([], 0, false));
        }

        (List<MerkleHash> hashes, long index, _) = _open[level];
        hashes.Add(hash);
        if (hashes.Count < TileWidth)
        {
            _open[level] = (hashes, index, true);
            return;
        }

        _filled.Add(TileOf(level, index, hashes));
        hashes.Clear();
        _open[level] = (hashes, index + 1, false);
    }

    private static MerkleHash Subtree(int height, long index, TileSource tiles)
    {
        // A subtree of 2^height leaves is the fold of 2^(height mod 8) hashes of one tile.
        int level = height / 8;
        int count = 1 << (height % 8);
        long firstHash = index * count;
        int offset = (int)(firstHash % TileWidth);
        ReadOnlySpan<byte> tile = Read(tiles, level, firstHash / TileWidth, offset + count);
        return Fold(MemoryMarshal.Cast<byte, MerkleHash>(tile.Slice(offset * MerkleHash.Size, count * MerkleHash.Size)));
    }

    private static ReadOnlySpan<byte> Read(TileSource tiles, int level, long index, int width)
    {
        ReadOnlyMemory<byte>? tile = tiles(level, index);
        if (tile is not { } stored || stored.Length < width * MerkleHash.Size)
        {
            throw new EvidenceException(
                $"Hash tile {index} of level {level} has {(tile?.Length ?? 0) / MerkleHash.Size} hashes, {width} are needed. "
                    + "The ledger is damaged."
            );
        }

        return stored.Span;
    }

    private static MerkleHash Fold(ReadOnlySpan<MerkleHash> hashes)
    {
        Frontier subtree = new();
        foreach (ref readonly MerkleHash hash in hashes)
        {
            subtree.Append(hash);
        }

        return subtree.Root();
    }
}
