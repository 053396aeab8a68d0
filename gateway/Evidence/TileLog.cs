using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace EdgeGateway.Evidence;

/// <summary>Where the parts of a log lie that is served as files (C2SP tlog-tiles): any web server or USB stick can.</summary>
/// <remarks>
/// <code>
/// checkpoint                        signed note
/// tile/0/x001/x234/067              tile 1234067 of level 0: 256 hashes
/// tile/1/000.p/4                    partial tile: 4 hashes
/// tile/entries/x001/x234/067        leaves of that tile: length (16 bits, big-endian) and bytes of each
/// </code>
/// ◆ A leaf that is withheld or thinned has the length 0; its hash is in the tile.
/// </remarks>
public static class TilePath
{
    /// <summary>The signed note.</summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>◆ The changes of the device's key (<see cref="KeyHistory"/>). Absent until there is one.</summary>
    public const string Keys = "keys";

    /// <summary>A tile of hashes.</summary>
    /// <param name="level">0 for leaf hashes, and so on, to 5.</param>
    /// <param name="index">Position in the level.</param>
    /// <param name="width">Hashes in it: 1 to 255 for a partial tile, 256 for a full one.</param>
    public static string OfTile(int level, long index, int width) =>
        string.Create(CultureInfo.InvariantCulture, $"tile/{level}/{Number(index)}{Width(width)}");

    /// <summary>A bundle of leaves.</summary>
    /// <param name="index">Position.</param>
    /// <param name="width">Leaves in it: 1 to 255 for a partial bundle, 256 for a full one.</param>
    public static string OfEntries(long index, int width) => $"tile/entries/{Number(index)}{Width(width)}";

    // Groups of three digits, an x before all but the last.
    private static string Number(long index)
    {
        string path = (index % 1000).ToString("D3", CultureInfo.InvariantCulture);
        for (long rest = index / 1000; rest > 0; rest /= 1000)
        {
            path = $"x{(rest % 1000).ToString("D3", CultureInfo.InvariantCulture)}/{path}";
        }

        return path;
    }

    private static string Width(int width) =>
        width == TiledTree.TileWidth ? "" : string.Create(CultureInfo.InvariantCulture, $".p/{width}");
}

/// <summary>Gives a file of a log that lies as tiles, or null when there is none.</summary>
/// <param name="path">Its path below the folder of the log (<see cref="TilePath"/>).</param>
/// <param name="maxBytes">More bytes than these are of no use: a longer file may be given cut.</param>
public delegate ReadOnlyMemory<byte>? TileFiles(string path, int maxBytes);

/// <summary>Verifies a whole log from its tiles, in bounded memory: one tile of each level and one bundle of leaves at a time.</summary>
public static class TileLog
{
    /// <summary>The largest bundle of leaves, bytes.</summary>
    public const int MaxEntriesBytes = TiledTree.TileWidth * (2 + LeafCodec.MaxBytes);

    /// <summary>Verifies the note with the keys the caller trusts, every leaf against its hash, every tile and the signed root.</summary>
    /// <param name="files">The log.</param>
    /// <param name="trust">Trusted keys.</param>
    /// <param name="leaf">
    /// Called for each leaf in order, before the root is known to be the signed one: rely on nothing of it when this method then throws.
    /// Null for a leaf that is withheld or thinned.
    /// </param>
    /// <returns>The verified checkpoint.</returns>
    /// <exception cref="EvidenceException">Something is missing or does not hold; the sentence names the file.</exception>
    public static CheckpointNote Verify(TileFiles files, TrustAnchors trust, Action<Leaf?> leaf) => Verify(files, trust, leaf, out _);

    /// <summary>Verifies the note with what the caller trusts, every leaf against its hash, every tile and the signed root.</summary>
    /// <param name="files">The log.</param>
    /// <param name="trust">Whom the caller trusts.</param>
    /// <param name="leaf">As above.</param>
    /// <param name="standing">What the signature of the checkpoint rests on.</param>
    /// <returns>The verified checkpoint.</returns>
    /// <exception cref="EvidenceException">Something is missing or does not hold; the sentence names the file.</exception>
    public static CheckpointNote Verify(TileFiles files, TrustAnchors trust, Action<Leaf?> leaf, out SignerStanding standing)
    {
        CheckpointNote note = CheckpointNote.Parse(
            System.Text.Encoding.UTF8.GetString(
                (files(TilePath.Checkpoint, CheckpointNote.MaxBytes + 1) ?? throw new EvidenceException("There is no checkpoint.")).Span
            )
        );
        TreeHead head = note.Head;
        LogKeys keys = LogKeys.For(trust, head.Origin);
        if (files(TilePath.Keys, KeyHistory.MaxBytes + 1) is { } changes)
        {
            keys.Accept(KeyHistory.Decode(changes), note);
        }

        ECDsa signer = keys.SignerOf(note);
        standing = keys.StandingOf(signer, note, []);
        standing.Check(head);
        List<Leaf> decisive = [];
        Leaf? newest = null;
        TiledTree tree = TiledTree.Restore(0, (_, _) => null);
        for (long index = 0; tree.Size < head.Size; index++)
        {
            int width = (int)Math.Min(TiledTree.TileWidth, head.Size - tree.Size);
            ReadEntries(files, index, width, head.Origin, tree, Each);
            if (width == TiledTree.TileWidth)
            {
                Compare(files, tree.TakeChanged().Where(t => t.Hashes.Length == TiledTree.TileWidth * MerkleHash.Size));
            }
        }

        // What is open now are the partial tiles of this size.
        Compare(files, tree.Open());
        if (tree.Root != head.Root)
        {
            throw new EvidenceException(
                "The leaves and tiles do not give the signed root: a leaf was altered together with its tiles, or they are of another log."
            );
        }

        keys.Judge(signer, head, newest is null ? decisive : [.. decisive, newest]);
        return note;

        // Changes of the key, and the newest of the other leaves: what the signer is judged by.
        void Each(Leaf? next)
        {
            leaf(next);
            if (next is { Head.Type: LeafType.KeyRotation })
            {
                decisive.Add(next);
                newest = null;
            }
            else if (next is not null && (newest is null || next.Head.Time > newest.Head.Time))
            {
                newest = next;
            }
        }
    }

    private static void ReadEntries(TileFiles files, long index, int width, Origin origin, TiledTree tree, Action<Leaf?> leaf)
    {
        string tilePath = TilePath.OfTile(0, index, width),
            path = TilePath.OfEntries(index, width);
        ReadOnlyMemory<byte> hashes = ReadTile(files, 0, index, width);
        (ReadOnlyMemory<byte> entries, bool wider) = Read(files, width, w => TilePath.OfEntries(index, w), MaxEntriesBytes);
        int at = 0;
        for (int i = 0; i < width; i++)
        {
            if (entries.Length < at + 2 || entries.Length < at + 2 + BinaryPrimitives.ReadUInt16BigEndian(entries.Span[at..]))
            {
                throw new EvidenceException($"{path} is cut short in its leaf {i}.");
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(entries.Span[at..]);
            ReadOnlyMemory<byte> bytes = entries.Slice(at + 2, length);
            at += 2 + length;
            MerkleHash stated = MerkleHash.From(hashes.Span.Slice(i * MerkleHash.Size, MerkleHash.Size));
            if (length > 0 && MerkleHash.OfLeaf(bytes.Span) != stated)
            {
                throw new EvidenceException($"Leaf {tree.Size} in {path} is not the one whose hash is in {tilePath}.");
            }

            leaf(length > 0 ? BatchVerifier.ReadLeaf(bytes, tree.Size, origin) : null);
            tree.Append(stated);
        }

        if (at < entries.Length && !wider)
        {
            throw new EvidenceException($"Bytes follow the last leaf of {path}.");
        }
    }

    private static ReadOnlyMemory<byte> ReadTile(TileFiles files, int level, long index, int width)
    {
        (ReadOnlyMemory<byte> stored, bool wider) = Read(
            files,
            width,
            w => TilePath.OfTile(level, index, w),
            TiledTree.TileWidth * MerkleHash.Size
        );
        int length = width * MerkleHash.Size;
        return stored.Length == length || (wider && stored.Length > length)
            ? stored[..length]
            : throw new EvidenceException(
                $"{TilePath.OfTile(level, index, width)} has {stored.Length} bytes where {width} hashes have {length}."
            );
    }

    // A log that has grown on has a wider file for the same leaves; its further content is under no checkpoint that is looked at here.
    private static (ReadOnlyMemory<byte> Bytes, bool Wider) Read(TileFiles files, int width, Func<int, string> path, int maxBytes)
    {
        for (int wider = width; wider <= TiledTree.TileWidth; wider++)
        {
            if (files(path(wider), maxBytes + 1) is { } found)
            {
                return (found, wider > width);
            }
        }

        throw new EvidenceException($"{path(width)} is missing.");
    }

    private static void Compare(TileFiles files, IEnumerable<Tile> tiles)
    {
        foreach (Tile tile in tiles)
        {
            int width = tile.Hashes.Length / MerkleHash.Size;
            if (!ReadTile(files, tile.Level, tile.Index, width).Span.SequenceEqual(tile.Hashes.Span))
            {
                throw new EvidenceException($"{TilePath.OfTile(tile.Level, tile.Index, width)} is not made of the hashes below it.");
            }
        }
    }
}
