using System.Text;
using CsCheck;

namespace EdgeGateway.Evidence.Tests;

public class MerkleProofTests
{
    private const int Size = 1200; // more than four tiles of leaves

    private static readonly MerkleHash[] Leaves =
    [
        .. Enumerable.Range(0, Size).Select(i => MerkleHash.OfLeaf(Encoding.ASCII.GetBytes($"leaf {i}"))),
    ];
    private static readonly Dictionary<(int, long), byte[]> Store = Grown();

    private static readonly Gen<(int Index, int Size)> AnyLeaf = Gen.Int[1, Size]
        .SelectMany(size => Gen.Int[0, size - 1].Select(index => (index, size)));

    private static readonly Gen<(int First, int Second)> AnySizes = Gen.Int[1, Size]
        .SelectMany(second => Gen.Int[1, second].Select(first => (first, second)));

    [Fact]
    public void Paths_are_those_of_the_standard() =>
        AnyLeaf.Sample((index, size) => Assert.Equal(PathOf(index, 0, size), MerkleProof.Inclusion(index, size, Tile)));

    [Fact]
    public void Consistency_proofs_are_those_of_the_standard() =>
        AnySizes.Sample(
            (first, second) =>
                Assert.Equal(first == second ? [] : SubProof(first, 0, second, true), MerkleProof.Consistency(first, second, Tile))
        );

    [Fact]
    public void A_path_leads_from_its_leaf_to_the_root() =>
        AnyLeaf.Sample(
            (index, size) =>
                Assert.Equal(Hash(0, size), MerkleProof.RootOf(Leaves[index], index, size, MerkleProof.Inclusion(index, size, Tile)))
        );

    [Fact]
    public void Every_older_tree_is_proven_to_be_the_beginning_of_every_newer_one() =>
        AnySizes.Sample(
            (first, second) =>
                MerkleProof.VerifyConsistency(first, Hash(0, first), second, Hash(0, second), MerkleProof.Consistency(first, second, Tile))
        );

    [Fact]
    public void A_path_leads_nowhere_when_leaf_index_size_or_any_hash_is_another() =>
        Gen.Select(AnyLeaf.Where(l => l.Size > 1), Gen.Int[0, 63], Gen.Int[0, 3])
            .Sample(
                (leaf, at, what) =>
                {
                    (int index, int size) = leaf;
                    MerkleHash[] path = [.. MerkleProof.Inclusion(index, size, Tile)];
                    MerkleHash own = Leaves[index];
                    switch (what)
                    {
                        case 0:
                            own = Leaves[(index + 1) % size];
                            break;
                        case 1:
                            path[at % path.Length] = Leaves[at];
                            break;
                        case 2:
                            index = (index + 1) % size;
                            break;
                        default:
                            path = at % 2 == 0 ? path[..^1] : [.. path, Leaves[0]];
                            break;
                    }

                    Assert.True(Refused(() => Assert.Equal(Hash(0, size), MerkleProof.RootOf(own, index, size, path))));
                }
            );

    [Fact]
    public void A_rewritten_log_has_no_consistency_proof() =>
        AnySizes
            .Where(s => s.First < s.Second)
            .Sample(
                (first, second) =>
                {
                    IReadOnlyList<MerkleHash> proof = MerkleProof.Consistency(first, second, Tile);
                    Assert.True(Refused(() => MerkleProof.VerifyConsistency(first, Leaves[1], second, Hash(0, second), proof)));
                    Assert.True(Refused(() => MerkleProof.VerifyConsistency(first, Hash(0, first), second, Leaves[1], proof)));
                    Assert.True(
                        Refused(() => MerkleProof.VerifyConsistency(first, Hash(0, first), second, Hash(0, second), [.. proof, Leaves[1]]))
                    );
                    for (int i = 0; i < proof.Count; i++)
                    {
                        MerkleHash[] changed = [.. proof];
                        changed[i] = Leaves[0] == proof[i] ? Leaves[1] : Leaves[0];
                        Assert.True(Refused(() => MerkleProof.VerifyConsistency(first, Hash(0, first), second, Hash(0, second), changed)));
                    }
                }
            );

    [Theory]
    [InlineData(0, 5)]
    [InlineData(-1, 5)]
    [InlineData(6, 5)]
    public void There_is_no_consistency_proof_from_nothing_or_backwards(int first, int second)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleProof.Consistency(first, second, Tile));
        EvidenceException e = Assert.Throws<EvidenceException>(() =>
            MerkleProof.VerifyConsistency(first, Hash(0, 1), second, Hash(0, 5), [])
        );
        Assert.Equal($"There is no consistency proof from size {first} to size {second}.", e.Message);
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(-1, 5)]
    [InlineData(0, 0)]
    public void A_leaf_outside_the_tree_has_no_path(int index, int size)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleProof.Inclusion(index, size, Tile));
        Assert.Throws<EvidenceException>(() => MerkleProof.RootOf(Leaves[0], index, size, []));
    }

    [Fact]
    public void Two_trees_of_one_size_are_consistent_only_when_they_are_the_same()
    {
        MerkleProof.VerifyConsistency(7, Hash(0, 7), 7, Hash(0, 7), []);
        Assert.Throws<EvidenceException>(() => MerkleProof.VerifyConsistency(7, Hash(0, 7), 7, Hash(0, 8), []));
    }

    private static bool Refused(Action check)
    {
        try
        {
            check();
            return false;
        }
        catch (Exception e) when (e is EvidenceException or Xunit.Sdk.XunitException)
        {
            return true;
        }
    }

    // RFC 9162 §2.1.1, §2.1.3.1 and §2.1.4.1 written down as they are defined.
    private static MerkleHash Hash(int start, int end)
    {
        if (end - start == 1)
        {
            return Leaves[start];
        }

        int k = Split(end - start);
        return MerkleHash.OfNode(Hash(start, start + k), Hash(start + k, end));
    }

    private static List<MerkleHash> PathOf(int index, int start, int end)
    {
        if (end - start == 1)
        {
            return [];
        }

        int k = Split(end - start);
        return index < start + k
            ? [.. PathOf(index, start, start + k), Hash(start + k, end)]
            : [.. PathOf(index, start + k, end), Hash(start, start + k)];
    }

    private static List<MerkleHash> SubProof(int m, int start, int end, bool whole)
    {
        if (m == end - start)
        {
            return whole ? [] : [Hash(start, end)];
        }

        int k = Split(end - start);
        return m <= k
            ? [.. SubProof(m, start, start + k, whole), Hash(start + k, end)]
            : [.. SubProof(m - k, start + k, end, false), Hash(start, start + k)];
    }

    private static int Split(int n)
    {
        int k = 1;
        while (k * 2 < n)
        {
            k *= 2;
        }

        return k;
    }

    private static ReadOnlyMemory<byte>? Tile(int level, long index) =>
        Store.TryGetValue((level, index), out byte[]? tile) ? tile : (ReadOnlyMemory<byte>?)null;

    private static Dictionary<(int, long), byte[]> Grown()
    {
        Dictionary<(int, long), byte[]> store = [];
        TiledTree tree = TiledTree.Restore(0, (_, _) => null);
        for (int i = 0; i < Size; i++)
        {
            tree.Append(Encoding.ASCII.GetBytes($"leaf {i}"));
        }

        foreach (Tile tile in tree.TakeChanged())
        {
            store[(tile.Level, tile.Index)] = tile.Hashes.ToArray();
        }

        return store;
    }
}
