using EdgeGateway.Evidence;

namespace EdgeGateway.Recomputing.Tests;

/// <summary>A log that is verified and computed again here, without the command.</summary>
public abstract class RecomputedLog : FootprintLog
{
    private protected override (int Exit, string Text) Verify()
    {
        var trust = TrustAnchors.FromPem(File.ReadAllText(Log.Trust));
        List<Leaf> leaves = [];
        LogSummary summary = new(trust, leaves.Add);
        summary.Add(BatchVerifier.Verify(Log.Batch(0, Log.Leaves.Count), trust));
        var again = Recomputation.Of(leaves);
        string[] differences = [.. again.Differences.Select(d => $"leaf {d.Leaf}, {d.Account}: {d.What}")],
            sums =
            [.. summary.Carbon.Select(s => $"{s.Key}: {s.Value.Kilograms} kg, {s.Value.Stated} stated, {s.Value.Replaced} replaced")];
        string same = differences.Length == 0 ? $"{again.Computed} computed, all the same" : "";
        return (differences.Length == 0 ? 0 : 1, string.Join('\n', [.. differences, same, .. sums]));
    }
}
