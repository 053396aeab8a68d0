using System.Text;
using CsCheck;

namespace EdgeGateway.Evidence.Tests;

public class TreeTests
{
    // RFC 6962 test vectors as used by the certificate-transparency implementations: eight leaves, given in hexadecimal.
    private static readonly string[] VectorLeaves =
    [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];

    private static readonly string[] VectorRoots =
    [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Fact]
    public void Roots_are_those_of_the_published_vectors()
    {
        Frontier frontier = new();
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", frontier.Root().ToString());
        for (int i = 0; i < VectorLeaves.Length; i++)
        {
            frontier.Append(MerkleHash.OfLeaf(Convert.FromHexString(VectorLeaves[i])));
            Assert.Equal(VectorRoots[i], frontier.Root().ToString());
        }
    }

    [Fact]
    public void A_tree_restored_from_its_tiles_goes_on_as_if_never_stopped() =>
        Gen.Select(Gen.Int[0, 700], Gen.Int[0, 700])
            .Sample(
                (before, after) =>
                {
                    Dictionary<(int, long), byte[]> store = [];
                    TiledTree tree = TiledTree.Restore(0, Source(store));
                    Frontier reference = new();
                    Append(tree, reference, 0, before, store);
                    TiledTree restored = TiledTree.Restore(before, Source(store));
                    Append(restored, reference, before, before + after, store);
                    return restored.Root == reference.Root() && restored.Size == before + after;
                },
                iter: 60
            );

    [Fact]
    public void Stored_tiles_give_the_edge_of_every_size_the_tree_has_had()
    {
        const int Size = 66_000; // just past 256², so that three tile levels are in use
        Dictionary<(int, long), byte[]> store = [];
        TiledTree tree = TiledTree.Restore(0, Source(store));
        Frontier frontier = new();
        HashSet<int> asked = [0, 1, 255, 256, 257, 511, 512, 40_000, 65_535, 65_536, 65_537, Size];
        Dictionary<int, MerkleHash[]> edges = [];
        for (int i = 0; i <= Size; i++)
        {
            if (asked.Contains(i))
            {
                edges[i] = [.. frontier.Edge];
            }

            if (i < Size)
            {
                Append(tree, frontier, i, i + 1, null);
            }
        }

        Keep(tree, store);
        Assert.All(edges, e => Assert.Equal(e.Value, TiledTree.Edge(e.Key, Source(store))));
    }

    [Fact]
    public void A_missing_tile_is_named()
    {
        Dictionary<(int, long), byte[]> store = [];
        TiledTree tree = TiledTree.Restore(0, Source(store));
        Append(tree, new Frontier(), 0, 300, store);
        store.Remove((0, 1));
        EvidenceException e = Assert.Throws<EvidenceException>(() => TiledTree.Restore(300, Source(store)));
        Assert.Equal("Hash tile 1 of level 0 has 0 hashes, 32 are needed. The ledger is damaged.", e.Message);
    }

    private static void Append(TiledTree tree, Frontier reference, int from, int to, Dictionary<(int, long), byte[]>? store)
    {
        for (int i = from; i < to; i++)
        {
            byte[] leaf = Encoding.ASCII.GetBytes($"leaf {i}");
            tree.Append(leaf);
            reference.Append(MerkleHash.OfLeaf(leaf));
        }

        if (store is not null)
        {
            Keep(tree, store);
        }
    }

    private static void Keep(TiledTree tree, Dictionary<(int, long), byte[]> store)
    {
        foreach (Tile tile in tree.TakeChanged())
        {
            store[(tile.Level, tile.Index)] = tile.Hashes.ToArray();
        }
    }

    private static TileSource Source(Dictionary<(int, long), byte[]> store) =>
        (level, index) => store.TryGetValue((level, index), out byte[]? tile) ? tile : (ReadOnlyMemory<byte>?)null;
}
