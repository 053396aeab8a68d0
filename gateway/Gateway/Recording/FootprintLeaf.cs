using EdgeGateway.Carbon;
using EdgeGateway.Evidence;

namespace EdgeGateway.Recording;

/// <summary>What every carbon leaf states in the same way.</summary>
internal static class FootprintLeaf
{
    /// <summary>The account's amount, whole micrograms.</summary>
    public static LeafRecord AmountOf(string account, long micrograms) => new(account) { Unit = "kg", Number = new DecimalFraction(-9, micrograms) };

    /// <summary>The method with its factors, and the set they are from.</summary>
    public static IEnumerable<LeafRecord> RecordsOf(RecordedMethod method, FactorSet set) =>
    [
        LeafRecord.Of("method", method.Name),
        .. method.Texts.Select(t => LeafRecord.Of(t.Name, t.Text)),
        LeafRecord.Of("set", $"{set.Name}/{set.Version}"),
    ];
}
