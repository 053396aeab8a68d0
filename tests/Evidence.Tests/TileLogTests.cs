using System.Buffers.Binary;
using System.Security.Cryptography;
using CsCheck;

namespace EdgeGateway.Evidence.Tests;

public class TileLogTests
{
    private readonly ECDsa _key = Some.Key();

    [Fact]
    public void Paths_are_those_of_the_specification()
    {
        Assert.Equal("tile/0/x001/x234/067", TilePath.OfTile(0, 1_234_067, 256));
        Assert.Equal("tile/1/000.p/4", TilePath.OfTile(1, 0, 4));
        Assert.Equal("tile/entries/x000/x999/000.p/255".Replace("x000/", "", StringComparison.Ordinal), TilePath.OfEntries(999_000, 255));
        Assert.Equal("tile/entries/001", TilePath.OfEntries(1, 256));
    }

    [Fact]
    public void A_log_of_any_size_verifies_from_its_tiles() =>
        Gen.OneOf(Gen.Int[1, 20], Gen.Int[250, 260], Gen.Int[505, 780])
            .Sample(
                size =>
                {
                    Dictionary<string, byte[]> files = FilesOf(size, out _);
                    long next = 0;
                    CheckpointNote note = TileLog.Verify(From(files), Some.Trust(_key), leaf => Assert.Equal(next++, leaf!.Head.Index));
                    return next == size && note.Head.Size == size;
                },
                iter: 20
            );

    [Fact]
    public void A_checkpoint_is_verified_from_the_files_of_a_log_that_has_grown_on()
    {
        Dictionary<string, byte[]> files = FilesOf(600, out _);
        files[TilePath.Checkpoint] = FilesOf(290, out _)[TilePath.Checkpoint];
        Assert.Equal(290, TileLog.Verify(From(files), Some.Trust(_key), _ => { }).Head.Size);
    }

    [Fact]
    public void A_withheld_leaf_has_the_length_0_and_its_hash_is_in_the_tile()
    {
        Dictionary<string, byte[]> files = FilesOf(300, out List<byte[]> leaves, withheld: 7);
        List<Leaf?> seen = [];
        TileLog.Verify(From(files), Some.Trust(_key), seen.Add);
        Assert.Null(seen[7]);
        Assert.Equal(299, seen.Count(l => l is not null));
        Assert.Equal(300, leaves.Count);
    }

    [Fact]
    public void One_flipped_bit_in_any_file_is_refused()
    {
        Dictionary<string, byte[]> files = FilesOf(270, out _);
        Gen.Select(Gen.Int[0, files.Count - 1], Gen.Double.Unit, Gen.Int[0, 7])
            .Sample(
                (file, place, bit) =>
                {
                    Dictionary<string, byte[]> flipped = new(files);
                    string path = files.Keys.Order(StringComparer.Ordinal).ElementAt(file);
                    flipped[path] = [.. files[path]];
                    flipped[path][(int)(place * (files[path].Length - 1))] ^= (byte)(1 << bit);
                    Assert.Throws<EvidenceException>(() => TileLog.Verify(From(flipped), Some.Trust(_key), _ => { }));
                },
                iter: 400
            );
    }

    [Theory]
    [InlineData("checkpoint", "no checkpoint")]
    [InlineData("tile/0/000", "tile/0/000 is missing")]
    [InlineData("tile/0/001.p/14", "tile/0/001.p/14 is missing")]
    [InlineData("tile/1/000.p/1", "tile/1/000.p/1 is missing")]
    [InlineData("tile/entries/000", "tile/entries/000 is missing")]
    [InlineData("tile/entries/001.p/14", "tile/entries/001.p/14 is missing")]
    public void A_missing_file_is_named(string path, string reason)
    {
        Dictionary<string, byte[]> files = FilesOf(270, out _);
        Assert.True(files.Remove(path));
        Refused(reason, files);
    }

    [Fact]
    public void Files_cut_short_lengthened_swapped_or_of_another_log_are_refused()
    {
        Dictionary<string, byte[]> files = FilesOf(600, out _),
            other = FilesOf(600, out _, epoch: 2);
        Refused("cut short in its leaf 255", new(files) { ["tile/entries/000"] = files["tile/entries/000"][..^1] });
        Refused("Bytes follow the last leaf", new(files) { ["tile/entries/000"] = [.. files["tile/entries/000"], 0] });
        Refused("has 8160 bytes", new(files) { ["tile/0/000"] = files["tile/0/000"][..^32] });
        Refused("has 8193 bytes", new(files) { ["tile/0/000"] = [.. files["tile/0/000"], 0] });
        Refused("is not the one whose hash", new(files) { ["tile/0/000"] = files["tile/0/001"], ["tile/0/001"] = files["tile/0/000"] });
        Refused(
            "says that it is leaf 256",
            new(files)
            {
                ["tile/0/000"] = files["tile/0/001"],
                ["tile/0/001"] = files["tile/0/000"],
                ["tile/entries/000"] = files["tile/entries/001"],
                ["tile/entries/001"] = files["tile/entries/000"],
            }
        );
        Refused("genesis is of", new(other) { [TilePath.Checkpoint] = files[TilePath.Checkpoint] });
        Refused("cut short in its leaf 0", new(files) { ["tile/entries/000"] = [] });
    }

    [Fact]
    public void A_leaf_altered_together_with_all_its_tiles_does_not_give_the_signed_root()
    {
        Dictionary<string, byte[]> files = FilesOf(300, out _),
            altered = FilesOf(300, out _, salted: 9);
        Refused("do not give the signed root", new(altered) { [TilePath.Checkpoint] = files[TilePath.Checkpoint] });
    }

    private void Refused(string reason, Dictionary<string, byte[]> files) =>
        Assert.Contains(
            reason,
            Assert.Throws<EvidenceException>(() => TileLog.Verify(From(files), Some.Trust(_key), _ => { })).Message,
            StringComparison.Ordinal
        );

    internal static TileFiles From(Dictionary<string, byte[]> files) =>
        (path, most) =>
            files.TryGetValue(path, out byte[]? file) ? file.AsMemory(0, Math.Min(most, file.Length)) : (ReadOnlyMemory<byte>?)null;

    private Dictionary<string, byte[]> FilesOf(int size, out List<byte[]> leaves, int? withheld = null, int epoch = 1, int? salted = null)
    {
        Origin origin = Some.OriginOf(_key) with { Epoch = epoch };
        leaves = Some.Leaves(origin, size);
        if (salted is { } index)
        {
            Leaf leaf = Some.Reading(index);
            leaves[index] = LeafCodec.Encode(leaf with { Head = leaf.Head with { Salt = new byte[LeafCodec.SaltBytes] } });
        }

        return FilesOf(_key, origin, leaves, withheld);
    }

    /// <summary>A whole log as tiles.</summary>
    internal static Dictionary<string, byte[]> FilesOf(ECDsa key, Origin origin, IReadOnlyList<byte[]> leaves, int? withheld = null)
    {
        int size = leaves.Count;
        Dictionary<string, byte[]> files = [];
        TiledTree tree = TiledTree.Restore(0, (_, _) => null);
        for (int first = 0; first < size; first += TiledTree.TileWidth)
        {
            int width = Math.Min(TiledTree.TileWidth, size - first);
            using MemoryStream entries = new();
            for (int i = first; i < first + width; i++)
            {
                tree.Append(leaves[i]);
                byte[] length = new byte[2];
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)(i == withheld ? 0 : leaves[i].Length));
                entries.Write(length);
                entries.Write(i == withheld ? [] : leaves[i]);
            }

            files[TilePath.OfEntries(first / TiledTree.TileWidth, width)] = entries.ToArray();
        }

        foreach (Tile tile in tree.TakeChanged())
        {
            files[TilePath.OfTile(tile.Level, tile.Index, tile.Hashes.Length / MerkleHash.Size)] = tile.Hashes.ToArray();
        }

        files[TilePath.Checkpoint] = System.Text.Encoding.UTF8.GetBytes(CheckpointNote.Sign(new TreeHead(origin, size, tree.Root), key));
        return files;
    }
}
