using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>A correction in the log.</summary>
/// <param name="Leaf">Its index.</param>
/// <param name="OfAmount">It says something of the amount.</param>
internal readonly record struct CorrectionMark(long Leaf, bool OfAmount);

/// <summary>Which leaves correct which.</summary>
internal sealed class Corrections
{
    private readonly Dictionary<long, List<CorrectionMark>> _bySuperseded = [];

    /// <summary>The first look at a leaf.</summary>
    public void Plan(Leaf leaf)
    {
        if (leaf.Head.Type != LeafType.Correction)
        {
            return;
        }

        var correction = CorrectionLeaf.Of(leaf);
        if (!_bySuperseded.TryGetValue(correction.Supersedes, out List<CorrectionMark>? known))
        {
            _bySuperseded[correction.Supersedes] = known = [];
        }

        known.Add(new CorrectionMark(leaf.Head.Index, correction.StatesAmount));
    }

    /// <summary>The corrections of an entry before a leaf, in order: each corrects the one before it.</summary>
    /// <param name="first">Index of the entry.</param>
    /// <param name="before">Later corrections do not count.</param>
    /// <exception cref="EvidenceException">A leaf is corrected twice, so that nobody can tell what holds.</exception>
    public IReadOnlyList<CorrectionMark> ChainOf(long first, long before)
    {
        List<CorrectionMark> chain = [];
        long last = first;
        while (_bySuperseded.TryGetValue(last, out List<CorrectionMark>? by))
        {
            CorrectionMark[] later = [.. by.Where(c => c.Leaf < before && c.Leaf > last)];
            if (later.Length == 0)
            {
                break;
            }

            if (later.Length > 1)
            {
                throw new EvidenceException($"leaf {last} is corrected twice, by leaf {later[0].Leaf} and leaf {later[1].Leaf}");
            }

            chain.Add(later[0]);
            last = later[0].Leaf;
        }

        return chain;
    }

    /// <summary>An amount that was entered, or put in its place.</summary>
    /// <param name="leaf">Index of the leaf that states it.</param>
    /// <param name="amount">What it states; null: nothing that is an amount.</param>
    /// <exception cref="EvidenceException">It is none from 0 on.</exception>
    /// <exception cref="Carbon.CarbonException">Its unit is not known.</exception>
    public static Carbon.Quantity AmountOf(long leaf, LeafAmount? amount) =>
        amount is { Number.Mantissa: >= 0 } stated
            ? Carbon.MeteredAmount.FromRecord(stated.Number.Mantissa, stated.Number.Exponent, stated.Unit)
            : throw new EvidenceException($"leaf {leaf} states no amount from 0 on with its unit");
}
