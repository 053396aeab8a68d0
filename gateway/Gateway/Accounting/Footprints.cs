using EdgeGateway.Carbon;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Accounting;

/// <summary>What every footprint states in the same way, and reads back.</summary>
internal static class Footprints
{
    /// <summary>A footprint by a method, without its amount.</summary>
    public static CarbonLeaf LeafOf(string account, DateTimeOffset from, DateTimeOffset to, RecordedMethod method) =>
        new()
        {
            Account = account,
            From = from,
            To = to,
            Method = method.Name,
            Texts = [.. method.Texts.Select(t => new NamedText(t.Name, t.Text))],
        };

    /// <summary>A factor set as a footprint names it, or null.</summary>
    public static string? NameOf(FactorSet? set) => set is null ? null : $"{set.Name}/{set.Version}";

    /// <summary>The method that a footprint was computed by.</summary>
    /// <exception cref="CarbonException">It is none that is known here.</exception>
    public static RecordedMethod MethodOf(CarbonLeaf footprint) =>
        RecordedMethod.Read(footprint.Method, footprint.Texts.Select(t => (t.Name, t.Text)));

    /// <summary>An amount as it was recorded.</summary>
    public static Quantity QuantityOf(LeafAmount amount) =>
        MeteredAmount.FromRecord(amount.Number.Mantissa, amount.Number.Exponent, amount.Unit);
}
