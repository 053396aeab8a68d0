using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording;

/// <content>Intensities of the grid as they come in, and the footprints by them.</content>
/// <remarks>
/// <code>
///   intensity        |---- 543.2 ----|---- 539.7 ----|---- not stated yet
///   carbon slots     |---|---|---|---|---|---|---|---|---|---      each by the intensity of its slot, or no-intensity
///   gateway was off              |-------|                         straddles-intensities: nobody knows how much in which
/// </code>
/// What is stated later, or anew, accounts the slot's footprints again, as one leaf.
/// </remarks>
public sealed partial class Recorder
{
    private const string IntensityCame = "intensity";

    private static string IntensityFact(string series, string slot) => $"intensity:{series}:{slot}";

    private static string IntensitySpanOf(CarbonAccount account, string slot, TimeSpan length) =>
        $"span:{account.Name}:{slot}:{account.Method.Series}:{Text((long)length.TotalMinutes)}:intensity";

    // What lies in several slots stays as it is: where it has no amount, its month has no total.
    private static string IntensitySpanOf(CarbonAccount account, DateTimeOffset from, DateTimeOffset to, long leaf) =>
        IntensitySpanOf(account, SlotIntensity.NameOf(account.IntensitySlot, from, to) ?? $"straddle-{Text(leaf)}", account.IntensitySlot);

    private static string NameOfSlot(LeafRecord stated) => stated.Name["slot/".Length..];

    // By the newest statement about a slot in which all of it lies: the slots of a series may have had another length when it was made.
    private RecordedMethod MethodIn(CarbonAccount account, string series, DateTimeOffset from, DateTimeOffset to)
    {
        SlotIntensity? newest = SlotIntensity
            .Lengths.Select(l => SlotIntensity.NameOf(l, from, to))
            .OfType<string>()
            .Distinct()
            .Where(n => _ledger.Fact(IntensityFact(series, n)) is not null)
            .Select(n => IntensityIn(n, _ledger.Fact(IntensityFact(series, n))!))
            .Where(i => i.Intensity.Holds(from, to))
            .OrderByDescending(i => i.Leaf)
            .Select(i => i.Intensity)
            .FirstOrDefault();
        return RecordedMethod.OfSlot(
            series,
            newest,
            SlotIntensity.NameOf(account.IntensitySlot, from, to) is null ? RecordedMethod.StraddlesSlots : RecordedMethod.NoIntensity
        );
    }

    private static (long Leaf, SlotIntensity Intensity) IntensityIn(string name, string fact)
    {
        string[] parts = fact.Split(' ', 3);
        return (IndexIn(parts[0]), SlotIntensity.Read(name, TimeSpan.FromMinutes(IndexIn(parts[1])), parts[2]));
    }

    // What a footprint is computed from, with the leaf that states its intensity.
    private IReadOnlyList<long> Resting(IEnumerable<long> leaves, RecordedMethod? method, Dictionary<string, string> facts) =>
        [
            .. new SortedSet<long>([
                .. leaves,
                .. method is { Series: { } series, Slot: { } slot }
                    ? [IntensityIn(slot, FactOf(facts, IntensityFact(series, slot))!).Leaf]
                    : Array.Empty<long>(),
            ]),
        ];

    // The spans of an account that lie in the slot: also those by shorter slots, which the series had when they were made.
    private static IEnumerable<string> SpansWithin(CarbonAccount account, SlotIntensity intensity) =>
        from length in SlotIntensity.Lengths
        where length <= intensity.Length
        from i in Enumerable.Range(0, (int)(intensity.Length / length))
        select IntensitySpanOf(account, SlotIntensity.NameOf(intensity.From + (i * length)), length);

    // Only what is news becomes a leaf: a table comes again and again.
    private long EnterIntensities(Entry entry)
    {
        string series = entry.Records[0].Text!,
            minutes = Text(entry.Records[2].Number!.Value.Mantissa);
        LeafRecord[] stated = [.. entry.Records.Skip(3)];
        LeafRecord[] news =
        [
            .. stated.Where(s => _ledger.Fact(IntensityFact(series, NameOfSlot(s)))?.Split(' ', 2)[1] != $"{minutes} {s.Text}"),
        ];
        if (news.Length == 0)
        {
            return IndexIn(_ledger.Fact(IntensityFact(series, NameOfSlot(stated[^1])))!.Split(' ')[0]);
        }

        Dictionary<string, string> facts = [];
        DateTimeOffset at = _time.GetUtcNow();
        _pen.Begin(_ledger.Size);
        long leaf = _pen.Write(LeafType.Intensity, at, [.. entry.Records.Take(3), .. news]);
        foreach (LeafRecord slot in news)
        {
            facts[IntensityFact(series, NameOfSlot(slot))] = $"{Text(leaf)} {minutes} {slot.Text}";
        }

        foreach (CarbonAccount account in _accounts.Where(a => a.Method.Series == series))
        {
            foreach (
                SlotIntensity intensity in news.Select(NameOfSlot).Select(n => IntensityIn(n, facts[IntensityFact(series, n)]).Intensity)
            )
            {
                foreach (string name in SpansWithin(account, intensity).Where(n => _ledger.Fact(n) is not null))
                {
                    Unless(account, intensity.Name, () =>
                        Restate(
                            account,
                            name,
                            AccountSpan.Parse(_ledger.Fact(name)!),
                            RecordedMethod.OfSlot(series, intensity),
                            null,
                            null,
                            null,
                            IntensityCame,
                            at,
                            facts
                        )
                    );
                }
            }
        }

        _ledger.Append(new LedgerTick(at, _pen.TakeLeaves(), facts));
        return leaf;
    }
}
