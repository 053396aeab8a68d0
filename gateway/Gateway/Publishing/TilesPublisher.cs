using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using EdgeGateway.Evidence;
using EdgeGateway.Signing;

namespace EdgeGateway.Publishing;

/// <summary>
/// Lays the whole log out as C2SP tlog-tiles (<see cref="TilePath"/>) in a folder named by its origin. Any web server or a USB stick
/// serves it, and <c>edgectl verify DIR</c> checks it.
/// </summary>
/// <remarks>
/// A checkpoint is written last, so that all it covers is there. What is found in the folder is what has been delivered: a new stick gets
/// the log from its first leaf. Leaves are appended to the partial bundle under its next name, because writing it anew each minute would
/// write a hundred times as much:
/// <code>
/// entries/000.p/7  →  entries/000.p/9, then append 2 leaves  →  tiles  →  keys  →  checkpoint of 9  →  remove the narrower tiles
/// </code>
/// After a power cut between these steps the last checkpoint still verifies: the first 7 leaves of a wider bundle are the same.
/// </remarks>
/// <param name="name">Name in the site file.</param>
/// <param name="path">The directory; it is made when it does not exist.</param>
/// <param name="keys">How the device's key has changed. Null: it has not.</param>
public sealed class TilesPublisher(string name, string path, DeviceKeyHistory? keys = null) : IPublisher
{
    private const int Width = TiledTree.TileWidth;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Destination => $"tiles in {path}";

    /// <inheritdoc/>
    public Task<DeliveryOutcome> DeliverAsync(Batch batch, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            TreeHead head = CheckpointNote.Parse(batch.Note).Head;
            string folder = Path.Combine(path, head.Origin.ToString());
            Directory.CreateDirectory(folder);
            return Task.FromResult(Deliver(folder, batch, head, keys?.CoveredBy(head) ?? []));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(
                DeliveryOutcome.Kept($"The log cannot be written to {path}: {e.Message} See that the folder can be written and has space.")
            );
        }
        catch (EvidenceException e)
        {
            return Task.FromResult(
                DeliveryOutcome.Kept(
                    $"{path} holds a damaged copy of this log: {e.Message} Give this publisher another directory; that one gets "
                        + "the whole log."
                )
            );
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static DeliveryOutcome Deliver(string folder, Batch batch, TreeHead head, IReadOnlyList<KeyChange> keys)
    {
        string checkpoint = Path.Combine(folder, TilePath.Checkpoint);
        long size = File.Exists(checkpoint) ? CheckpointNote.Parse(File.ReadAllText(checkpoint)).Head.Size : 0;
        if (batch.First > size)
        {
            return DeliveryOutcome.Behind(size);
        }

        ReadOnlyMemory<byte>? ReadTile(int level, long index) => ReadWidest(folder, w => TilePath.OfTile(level, index, w));
        int known = (int)Math.Min(size - batch.First, batch.Elements.Count);
        if (!HoldsSameLeaves(batch, known, ReadTile))
        {
            return OtherHistory(folder);
        }

        if (known == batch.Elements.Count)
        {
            return DeliveryOutcome.Accepted();
        }

        TiledTree tree = TiledTree.Restore(size, ReadTile);
        if (batch.First == size && !tree.Edge().SequenceEqual(batch.Edge))
        {
            return OtherHistory(folder);
        }

        IReadOnlyList<BatchElement> added = [.. batch.Elements.Skip(known)];
        foreach (BatchElement element in added)
        {
            tree.Append(element.Hash);
        }

        if (tree.Root != head.Root)
        {
            return OtherHistory(folder);
        }

        AppendEntries(folder, size, added);
        WriteTiles(folder, tree.TakeChanged(), keys, batch.Note);
        return DeliveryOutcome.Accepted();
    }

    // Whether the first leaves of a batch, which were delivered before, are those that the tiles in the folder have.
    private static bool HoldsSameLeaves(Batch batch, int known, Func<int, long, ReadOnlyMemory<byte>?> readTile)
    {
        for (int i = 0; i < known; i++)
        {
            long index = batch.First + i;
            ReadOnlyMemory<byte> tile = readTile(0, index / Width) ?? throw new EvidenceException($"The tile of leaf {index} is missing.");
            ReadOnlySpan<byte> hash = tile.Span.Slice((int)(index % Width) * MerkleHash.Size, MerkleHash.Size);
            if (!hash.SequenceEqual(batch.Elements[i].Hash.AsSpan()))
            {
                return false;
            }
        }

        return true;
    }

    // The checkpoint is written once all that it covers is there, and the tiles that it replaces go after it.
    private static void WriteTiles(string folder, IReadOnlyList<Tile> tiles, IReadOnlyList<KeyChange> keys, string note)
    {
        foreach (Tile tile in tiles)
        {
            string file = Path.Combine(folder, TilePath.OfTile(tile.Level, tile.Index, tile.Hashes.Length / MerkleHash.Size));
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            DurableFile.Write(file, tile.Hashes.Span);
        }

        WriteKeys(Path.Combine(folder, TilePath.Keys), keys);
        DurableFile.Write(Path.Combine(folder, TilePath.Checkpoint), Encoding.UTF8.GetBytes(note));
        foreach (Tile tile in tiles)
        {
            RemoveNarrower(folder, w => TilePath.OfTile(tile.Level, tile.Index, w), tile.Hashes.Length / MerkleHash.Size);
        }
    }

    private static void WriteKeys(string file, IReadOnlyList<KeyChange> keys)
    {
        byte[] bytes = keys.Count > 0 ? KeyHistory.Encode(keys) : [];
        if (keys.Count > 0 && !(File.Exists(file) && File.ReadAllBytes(file).AsSpan().SequenceEqual(bytes)))
        {
            DurableFile.Write(file, bytes);
        }
    }

    private static DeliveryOutcome OtherHistory(string folder) =>
        DeliveryOutcome.Kept(
            $"{folder} holds other leaves of the same log: was an old ledger put back? Keep that folder as evidence, and give "
                + "this publisher another directory."
        );

    private static void AppendEntries(string folder, long size, IReadOnlyList<BatchElement> added)
    {
        for (int taken = 0; taken < added.Count; )
        {
            long index = (size + taken) / Width;
            int before = (int)((size + taken) % Width);
            int count = Math.Min(Width - before, added.Count - taken);
            string file = Path.Combine(folder, TilePath.OfEntries(index, before + count));
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            if (before > 0 && WidestOf(folder, w => TilePath.OfEntries(index, w)) is { } present)
            {
                File.Move(present, file, overwrite: true);
            }

            using (FileStream stream = new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read))
            {
                // A delivery that was cut off may have left leaves that the checkpoint does not cover. They are cut off and written again.
                stream.SetLength(EndOf(stream, before));
                stream.Seek(0, SeekOrigin.End);
                foreach (BatchElement element in added.Skip(taken).Take(count))
                {
                    WriteEntry(stream, element.Leaf is { } bytes ? bytes.Span : []);
                }

                stream.Flush(flushToDisk: true);
            }

            DurableFile.FlushFolder(Path.GetDirectoryName(file)!);
            RemoveNarrower(folder, w => TilePath.OfEntries(index, w), before + count);
            taken += count;
        }
    }

    private static void WriteEntry(FileStream entries, ReadOnlySpan<byte> leaf)
    {
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)leaf.Length);
        entries.Write(length);
        entries.Write(leaf);
    }

    private static long EndOf(FileStream entries, int count)
    {
        Span<byte> length = stackalloc byte[2];
        for (int i = 0; i < count; i++)
        {
            if (entries.ReadAtLeast(length, 2, throwOnEndOfStream: false) < 2)
            {
                throw new EvidenceException($"{entries.Name} has {i} leaves where {count} are covered by the checkpoint.");
            }

            entries.Seek(BinaryPrimitives.ReadUInt16BigEndian(length), SeekOrigin.Current);
        }

        return entries.Position <= entries.Length ? entries.Position : throw new EvidenceException($"{entries.Name} is cut short.");
    }

    private static byte[]? ReadWidest(string folder, Func<int, string> pathOf) =>
        WidestOf(folder, pathOf) is { } file ? File.ReadAllBytes(file) : null;

    // The full file, or else the partial one with the most leaves. There is one partial file, unless a delivery was cut off.
    private static string? WidestOf(string folder, Func<int, string> pathOf)
    {
        string full = Path.Combine(folder, pathOf(Width));
        return File.Exists(full) ? full : Partials(full).MaxBy(p => p.Width)?.Path;
    }

    private static void RemoveNarrower(string folder, Func<int, string> pathOf, int width)
    {
        string full = Path.Combine(folder, pathOf(Width));
        foreach (PartialFile narrower in Partials(full).Where(p => p.Width < width))
        {
            File.Delete(narrower.Path);
        }

        if (width == Width && Directory.Exists(full + ".p"))
        {
            Directory.Delete(full + ".p", recursive: true);
        }
    }

    private static IEnumerable<PartialFile> Partials(string full)
    {
        if (!Directory.Exists(full + ".p"))
        {
            yield break;
        }

        foreach (string path in Directory.EnumerateFiles(full + ".p"))
        {
            if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int width) && width > 0)
            {
                yield return new PartialFile(width, path);
            }
        }
    }

    // A tile or bundle that has fewer than its full number of entries, which its name tells.
    private sealed record PartialFile(int Width, string Path);
}
