using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Accounting;

/// <summary>An instrument as it stands in the log: what was entered, with what corrections say instead.</summary>
/// <param name="Instrument">What holds.</param>
/// <param name="Leaves">Its leaf and those of its corrections, in order.</param>
internal sealed record EnteredInstrument(RecordedInstrument Instrument, IReadOnlyList<long> Leaves)
{
    /// <summary>Those among the leaves that a footprint rests on.</summary>
    public static IEnumerable<EnteredInstrument> AllIn(IReadOnlyList<Leaf> leaves)
    {
        Leaf[] corrections = [.. leaves.Where(l => l.Head.Type == LeafType.Correction)];
        foreach (Leaf instrument in leaves.Where(l => l.Head.Type == LeafType.Instrument))
        {
            List<Leaf> chain = [];
            Leaf? next = instrument;
            while (next is not null)
            {
                chain.Add(next);
                long wrong = next.Head.Index;
                next = Array.Find(corrections, c => CorrectionLeaf.Of(c).Supersedes == wrong);
            }

            yield return Of(chain);
        }
    }

    /// <summary>Reads it from its leaf and each correction after it.</summary>
    /// <exception cref="CarbonException">What they say together could prove nothing.</exception>
    public static EnteredInstrument Of(IReadOnlyList<Leaf> leaves)
    {
        var holds = InstrumentLeaf.Of(leaves[0]);
        foreach (Leaf correction in leaves.Skip(1))
        {
            holds = holds.CorrectedBy(CorrectionLeaf.Of(correction));
        }

        Entered entered = holds.Entered;
        var instrument = RecordedInstrument.Read(
            holds.Kind,
            holds.Id,
            entered.From,
            entered.To,
            Footprints.QuantityOf(entered.Amount),
            entered.Detail
        );
        return new EnteredInstrument(instrument, [.. leaves.Select(l => l.Head.Index)]);
    }
}
