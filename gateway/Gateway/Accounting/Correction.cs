using System.Globalization;
using EdgeGateway.Evidence;

namespace EdgeGateway.Accounting;

/// <summary>What was entered, and what has been corrected of it since.</summary>
internal static class Correction
{
    /// <summary>The leaf of an entry and each correction after it, in order: what a later one states holds.</summary>
    /// <param name="first">What was entered.</param>
    /// <param name="fact">The ledger's facts.</param>
    /// <param name="leafAt">The ledger's leaves.</param>
    public static IReadOnlyList<Leaf> ChainOf(Leaf first, Func<string, string?> fact, Func<long, Leaf?> leafAt)
    {
        List<Leaf> chain = [first];
        while (fact(string.Create(CultureInfo.InvariantCulture, $"superseded:{chain[^1].Head.Index}")) is { } by)
        {
            chain.Add(leafAt(long.Parse(by, NumberStyles.None, CultureInfo.InvariantCulture))!);
        }

        return chain;
    }
}
