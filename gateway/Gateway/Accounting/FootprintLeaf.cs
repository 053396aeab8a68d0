using EdgeGateway.Carbon;
using EdgeGateway.Evidence;

namespace EdgeGateway.Accounting;

/// <summary>What every carbon leaf states in the same way.</summary>
internal static class FootprintLeaf
{
    /// <summary>The account's amount, whole micrograms, or why there is none.</summary>
    public static LeafRecord AmountOf(string account, long? micrograms, string? noAmount = null) =>
        micrograms is { } amount
            ? new(account) { Unit = "kg", Number = new DecimalFraction(-9, amount) }
            : LeafRecord.Of(account, noAmount!);

    /// <summary>The method with its factors, and the set they are from, if it has any.</summary>
    public static IEnumerable<LeafRecord> RecordsOf(RecordedMethod method, FactorSet? set) =>
        [
            LeafRecord.Of("method", method.Name),
            .. method.Texts.Select(t => LeafRecord.Of(t.Name, t.Text)),
            .. set is null ? Array.Empty<LeafRecord>() : [LeafRecord.Of("set", $"{set.Name}/{set.Version}")],
        ];
}
