using EdgeGateway.Evidence;

namespace EdgeGateway.Recomputing.Tests;

/// <summary>What a third party does with the library alone.</summary>
public sealed class RecomputationTests : RecomputedLog
{
    [Fact]
    public void Delivered_batches_are_verified_and_computed_again_as_the_readme_shows()
    {
        string folder = Path.GetDirectoryName(Log.WriteBatch(0, 3))!;
        Log.WriteBatch(3, 6);
        Assert.Empty(Check(folder, Log.Trust).Differences);

        Replace(4, 0, Energy("a", 4_001));
        Log.WriteBatch(3, 6);
        Difference difference = Assert.Single(Check(folder, Log.Trust).Differences);
        Assert.Equal((5, "scope2-location", false), (difference.Leaf, difference.Account, difference.IsFlow));
        Assert.StartsWith("it states 0.029150000 kg, its readings give 0.029150", difference.What, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_not_given_is_named_and_is_no_difference()
    {
        var again = Recomputation.Of(Log.Leaves[4..]);
        Assert.Equal((0, new NotGiven(1, 3)), (again.Computed, again.NotGiven));
        Assert.Empty(again.Differences);
    }

    private static Recomputation Check(string folder, string deviceKey)
    {
        var trust = TrustAnchors.FromPem(File.ReadAllText(deviceKey));
        BatchSequence sequence = new();
        List<Leaf> leaves = [];
        foreach (string file in Directory.GetFiles(folder, "*.batch").Order(StringComparer.Ordinal))
        {
            var batch = Batch.Decode(File.ReadAllBytes(file), out _);
            leaves.AddRange(sequence.Add(BatchVerifier.Verify(batch, trust)));
        }

        return Recomputation.Of(leaves);
    }
}
