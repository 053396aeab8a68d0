using System.Security.Cryptography;

namespace EdgeGateway.Evidence.Tests;

/// <summary>Values that a test needs but does not care about.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_781_481_600);

    public static ECDsa Key() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static Origin OriginOf(ECDsa key, bool simulated = false) => new(Origin.DeviceIdOf(key), 1, simulated);

    public static LeafHead Head(long index, string type = LeafType.Reading) =>
        new()
        {
            Index = index,
            Type = type,
            Time = Time.AddMinutes(index),
            TimeStatus = TimeStatus.Synchronised,
            BootCount = 1,
            MonotonicMs = 1000 * index,
            Salt = SHA256.HashData(BitConverter.GetBytes(index))[..LeafCodec.SaltBytes],
            Group = type == LeafType.Reading ? "boundary" : null,
            Config = type == LeafType.Reading ? 3 : null,
        };

    public static Leaf Genesis(Origin origin) =>
        new(
            Head(0, LeafType.Genesis) with
            {
                Simulated = origin.Simulated,
            },
            [
                LeafRecord.Of("origin", origin.ToString()),
                LeafRecord.Of("device", origin.DeviceId),
                new LeafRecord("key") { Data = new byte[] { 0x30 } },
            ]
        );

    public static Leaf Reading(long index) =>
        new(
            Head(index),
            [
                new LeafRecord("in-L1/1-0:1.8.0.255") { Unit = "Wh", Number = new DecimalFraction(-3, 12_500 + index) },
                LeafRecord.Of("in-L2/1-0:1.8.0.255", "no-answer"),
            ]
        );

    /// <summary>A log of genesis and readings.</summary>
    public static List<byte[]> Leaves(Origin origin, int count) =>
        [.. Enumerable.Range(0, count).Select(i => LeafCodec.Encode(i == 0 ? Genesis(origin) : Reading(i)))];

    public static Batch BatchOf(ECDsa key, Origin origin, IReadOnlyList<byte[]> leaves, int first, int end)
    {
        Frontier frontier = new();
        for (int i = 0; i < first; i++)
        {
            frontier.Append(MerkleHash.OfLeaf(leaves[i]));
        }

        MerkleHash[] edge = [.. frontier.Edge];
        for (int i = first; i < end; i++)
        {
            frontier.Append(MerkleHash.OfLeaf(leaves[i]));
        }

        TreeHead head = new(origin, end, frontier.Root());
        return new Batch(
            CheckpointNote.Sign(head, key),
            CheckpointCose.Sign(head, key),
            first,
            edge,
            [.. leaves.Skip(first).Take(end - first).Select(l => BatchElement.Of(l))]
        );
    }

    /// <summary>A bundle of single leaves of a log.</summary>
    public static Bundle BundleOf(ECDsa key, Origin origin, IReadOnlyList<byte[]> leaves, params int[] indexes)
    {
        (TiledTree tree, TileSource tiles) = TreeOf(leaves);
        TreeHead head = new(origin, tree.Size, tree.Root);
        CoseReceipt receipt = new(
            CheckpointCose.Sign(head, key),
            [.. indexes.Select(i => new InclusionProof(i, MerkleProof.Inclusion(i, tree.Size, tiles)))],
            null
        );
        return new Bundle
        {
            Note = CheckpointNote.Sign(head, key),
            Leaves = [.. indexes.Select(i => (ReadOnlyMemory<byte>)leaves[i])],
            Receipt = receipt.Encode(),
        };
    }

    /// <summary>That a log of one size continues that of another.</summary>
    public static CoseReceipt ConsistencyReceipt(ECDsa key, Origin origin, IReadOnlyList<byte[]> leaves, int older, int newer)
    {
        (TiledTree tree, TileSource tiles) = TreeOf(leaves.Take(newer));
        return new(
            CheckpointCose.Sign(new TreeHead(origin, newer, tree.Root), key),
            [],
            new ConsistencyProof(older, MerkleProof.Consistency(older, newer, tiles))
        );
    }

    /// <summary>The state of the log of its first leaves.</summary>
    public static TreeHead HeadOf(Origin origin, IReadOnlyList<byte[]> leaves, int size) =>
        new(origin, size, TreeOf(leaves.Take(size)).Tree.Root);

    private static (TiledTree Tree, TileSource Tiles) TreeOf(IEnumerable<byte[]> leaves)
    {
        Dictionary<(int, long), ReadOnlyMemory<byte>> stored = [];
        TileSource tiles = (level, index) =>
            stored.TryGetValue((level, index), out ReadOnlyMemory<byte> tile) ? tile : (ReadOnlyMemory<byte>?)null;
        TiledTree tree = TiledTree.Restore(0, tiles);
        foreach (byte[] leaf in leaves)
        {
            tree.Append(leaf);
        }

        foreach (Tile tile in tree.TakeChanged())
        {
            stored[(tile.Level, tile.Index)] = tile.Hashes;
        }

        return (tree, tiles);
    }

    public static TrustAnchors Trust(ECDsa key) => TrustAnchors.FromPem(key.ExportSubjectPublicKeyInfoPem());
}
