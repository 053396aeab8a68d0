using EdgeGateway.Evidence;

namespace EdgeGateway.Accounting;

/// <summary>What was entered, and what has been corrected of it since.</summary>
internal static class Correction
{
    /// <summary>The leaf of an entry and each correction after it, in order: what a later one states holds.</summary>
    /// <param name="first">What was entered.</param>
    /// <param name="correctionOf">Gives the index of the correction of a leaf, or null where there is none.</param>
    /// <param name="leafAt">The ledger's leaves.</param>
    public static IReadOnlyList<Leaf> ChainOf(Leaf first, Func<long, long?> correctionOf, Func<long, Leaf?> leafAt)
    {
        List<Leaf> chain = [first];
        while (correctionOf(chain[^1].Head.Index) is { } by)
        {
            chain.Add(leafAt(by)!);
        }

        return chain;
    }
}
