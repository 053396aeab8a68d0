using System.Security.Cryptography;
using EdgeGateway.Evidence;

namespace EdgeGateway.Recomputing.Tests;

/// <summary>A device with its key and a log, and a folder for the files that are cut from it.</summary>
internal sealed class SignedLog : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 6, 15, 0, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("edgectl-").FullName;
    private readonly ECDsa _first = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Dictionary<string, int> _names = [];
    private ECDsa _key;

    public SignedLog(bool simulated = false)
    {
        _key = _first;
        Origin = new Origin(Origin.DeviceIdOf(_key), 1, simulated);
        Leaves = [.. Enumerable.Range(0, 12).Select(LeafOf)];
        Trust = Write("device.pem", System.Text.Encoding.ASCII.GetBytes(_key.ExportSubjectPublicKeyInfoPem()));
    }

    public Origin Origin { get; }

    public List<Leaf> Leaves { get; }

    /// <summary>The index of the leaf that was added under a name.</summary>
    public int this[string name] => _names[name];

    /// <summary>Adds a leaf under a name by which the test speaks of it, wherever it comes to lie, and gives its index.</summary>
    public int Add(string name, string type, Func<LeafHead, LeafHead> head, params LeafRecord[] records)
    {
        int index = Leaves.Count;
        Leaves.Add(new Leaf(head(Head(index, type)), records));
        _names[name] = index;
        return index;
    }

    /// <summary>A sentence with the index of a leaf wherever its name stands in braces, as in <c>leaf {footprint}</c>.</summary>
    public string Named(string sentence) => _names.Aggregate(sentence, (text, n) => text.Replace($"{{{n.Key}}}", $"{n.Value}"));

    /// <summary>Path of the public key.</summary>
    public string Trust { get; }

    /// <summary>The device's key, PEM, for an authority that is to certify it.</summary>
    public string PrivateKey => _key.ExportPkcs8PrivateKeyPem();

    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Writes the batch of the leaves [first, end) and gives its path.</summary>
    public string WriteBatch(int first, int end) => Write($"{first:D4}-{end:D4}.batch", Batch(first, end).Encode());

    public Batch Batch(int first, int end)
    {
        Frontier frontier = new();
        List<BatchElement> elements = [];
        IReadOnlyList<MerkleHash> edge = [];
        for (int i = 0; i < end; i++)
        {
            BatchElement element = BatchElement.Of(LeafCodec.Encode(Leaves[i]));
            edge = i == first ? [.. frontier.Edge] : edge;
            frontier.Append(element.Hash);
            elements.Add(element);
        }

        TreeHead head = new(Origin, end, frontier.Root());
        return new Batch(CheckpointNote.Sign(head, _key), CheckpointCose.Sign(head, _key), first, edge, [.. elements.Skip(first)]);
    }

    /// <summary>Single leaves of the whole log with their receipt.</summary>
    public Bundle Bundle(params int[] indexes)
    {
        (TreeHead head, TileSource tiles) = TreeOf(Leaves.Count);
        CoseReceipt receipt = new(
            CheckpointCose.Sign(head, _key),
            [.. indexes.Select(i => new InclusionProof(i, MerkleProof.Inclusion(i, head.Size, tiles)))],
            null
        );
        return new Bundle
        {
            Note = CheckpointNote.Sign(head, _key),
            Leaves = [.. indexes.Select(i => (ReadOnlyMemory<byte>)LeafCodec.Encode(Leaves[i]))],
            Receipt = receipt.Encode(),
        };
    }

    /// <summary>Changes the key by leaf 5, and gives the history.</summary>
    /// <param name="until">The end of the overlap.</param>
    public byte[] ChangeKey(DateTimeOffset until)
    {
        ECDsa next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Leaves[5] = new Leaf(
            Head(5, LeafType.KeyRotation),
            [new LeafRecord("key") { Data = next.ExportSubjectPublicKeyInfo() }, LeafRecord.Of("until", until)]
        );
        (TreeHead head, TileSource tiles) = TreeOf(6);
        CoseReceipt receipt = new(CheckpointCose.Sign(head, _first), [new InclusionProof(5, MerkleProof.Inclusion(5, 6, tiles))], null);
        _key = next;
        return KeyHistory.Encode([new KeyChange(LeafCodec.Encode(Leaves[5]), receipt.Encode())]);
    }

    /// <summary>Has the first key sign again.</summary>
    public void GoBack() => _key = _first;

    /// <summary>The checkpoint of the first leaves.</summary>
    public string Note(int size) => CheckpointNote.Sign(TreeOf(size).Head, _key);

    /// <summary>That the log of one size continues that of another.</summary>
    public IReadOnlyList<MerkleHash> Proof(int older, int newer) => MerkleProof.Consistency(older, newer, TreeOf(newer).Tiles);

    private (TreeHead Head, TileSource Tiles) TreeOf(int size)
    {
        Dictionary<(int, long), ReadOnlyMemory<byte>> stored = [];
        TileSource tiles = (level, index) =>
            stored.TryGetValue((level, index), out ReadOnlyMemory<byte> tile) ? tile : (ReadOnlyMemory<byte>?)null;
        TiledTree tree = TiledTree.Restore(0, tiles);
        foreach (Leaf leaf in Leaves.Take(size))
        {
            tree.Append(LeafCodec.Encode(leaf));
        }

        foreach (Tile tile in tree.TakeChanged())
        {
            stored[(tile.Level, tile.Index)] = tile.Hashes;
        }

        return (new TreeHead(Origin, tree.Size, tree.Root), tiles);
    }

    /// <summary>Writes the whole log as tiles and gives its folder.</summary>
    public string WriteTiles()
    {
        string folder = Path.Combine(_folder, "stick", Origin.ToString());
        TiledTree tree = TiledTree.Restore(0, (_, _) => null);
        using MemoryStream entries = new();
        foreach (byte[] leaf in Leaves.Select(LeafCodec.Encode))
        {
            tree.Append(leaf);
            entries.Write([(byte)(leaf.Length >> 8), (byte)(leaf.Length & 0xFF), .. leaf]);
        }

        Put(TilePath.OfEntries(0, Leaves.Count), entries.ToArray());
        Put(TilePath.OfTile(0, 0, Leaves.Count), tree.Open()[0].Hashes.ToArray());
        Put(TilePath.Checkpoint, System.Text.Encoding.UTF8.GetBytes(CheckpointNote.Sign(new TreeHead(Origin, tree.Size, tree.Root), _key)));
        return folder;

        void Put(string path, byte[] bytes)
        {
            string file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, bytes);
        }
    }

    public void Dispose()
    {
        _first.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // 0 genesis, 1 boot with an unset clock, then readings of two groups in turn; 10 and 11 are footprints.
    private Leaf LeafOf(int index) =>
        index switch
        {
            0 => new Leaf(
                Head(index, LeafType.Genesis) with
                {
                    Simulated = Origin.Simulated,
                },
                [
                    LeafRecord.Of("origin", Origin.ToString()),
                    LeafRecord.Of("device", Origin.DeviceId),
                    new LeafRecord("key") { Data = new byte[] { 0x30 } },
                ]
            ),
            1 => new Leaf(Head(index, LeafType.Boot) with { TimeStatus = TimeStatus.Unknown }, [LeafRecord.Of("boot-id", "b")]),
            10 => Footprint(index, 1_500_000_001),
            11 => Footprint(index, 499_999_999),
            _ => new Leaf(
                Head(index, LeafType.Reading) with
                {
                    Group = index % 2 == 0 ? "boundary" : "hall-1",
                    Config = 1,
                },
                [
                    new LeafRecord("in-L1/1-0:1.8.0.255") { Unit = "Wh", Number = new DecimalFraction(-3, 1000 * index) },
                    LeafRecord.Of("in-L2/1-0:1.8.0.255", index < 5 ? "no-answer" : "stale"),
                ]
            ),
        };

    private static Leaf Footprint(int index, long micrograms) =>
        new(
            Head(index, LeafType.Carbon) with
            {
                ComputedFrom = [2, 8],
                Factors = 1,
            },
            [
                new LeafRecord("scope2-location") { Unit = "kg", Number = new DecimalFraction(-9, micrograms) },
                LeafRecord.Of("from", Start),
                LeafRecord.Of("to", Start.AddMinutes(15)),
                LeafRecord.Of("method", "location-based"),
            ]
        );

    public static LeafHead Head(int index, string type) =>
        new()
        {
            Index = index,
            Type = type,
            Time = Start.AddMinutes(index),
            TimeStatus = TimeStatus.Synchronised,
            BootCount = 1,
            MonotonicMs = 60_000L * index,
            Salt = SHA256.HashData(BitConverter.GetBytes(index))[..LeafCodec.SaltBytes],
        };
}
