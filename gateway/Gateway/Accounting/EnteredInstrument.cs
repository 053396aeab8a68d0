using EdgeGateway.Carbon;
using EdgeGateway.Evidence;

namespace EdgeGateway.Accounting;

/// <summary>An instrument as it stands in the log: what was entered, with what corrections say instead.</summary>
/// <param name="Instrument">What holds.</param>
/// <param name="Leaves">Its leaf and those of its corrections, in order.</param>
internal sealed record EnteredInstrument(RecordedInstrument Instrument, IReadOnlyList<long> Leaves)
{
    /// <summary>Those among the leaves that a footprint rests on.</summary>
    public static IEnumerable<EnteredInstrument> AllIn(IReadOnlyList<Leaf> leaves)
    {
        foreach (Leaf instrument in leaves.Where(l => l.Head.Type == LeafType.Instrument))
        {
            List<Leaf> chain = [];
            for (
                Leaf? next = instrument;
                next is not null;
                next = leaves.FirstOrDefault(l => l.Head.Type == LeafType.Correction && l.Records[0].Number?.Mantissa == next.Head.Index)
            )
            {
                chain.Add(next);
            }

            yield return Of(chain);
        }
    }

    /// <summary>Reads it from its leaf and each correction after it.</summary>
    /// <exception cref="CarbonException">What they say together could prove nothing.</exception>
    public static EnteredInstrument Of(IReadOnlyList<Leaf> leaves)
    {
        Dictionary<string, LeafRecord> holds = [];
        foreach (LeafRecord record in leaves.SelectMany(l => l.Records))
        {
            holds[record.Name] = record;
        }

        LeafRecord amount = holds["amount"];
        return new EnteredInstrument(
            RecordedInstrument.Read(
                holds["kind"].Text!,
                holds["id"].Text!,
                Time("from"),
                Time("to"),
                MeteredAmount.FromRecord(amount.Number!.Value.Mantissa, amount.Number.Value.Exponent, amount.Unit!),
                name => holds.GetValueOrDefault(name)?.Text
            ),
            [.. leaves.Select(l => l.Head.Index)]
        );

        DateTimeOffset Time(string name) => holds[name].AsTime();
    }
}
