using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>
/// Leaves that account slots anew: when a period is settled with its instruments, when a factor was corrected, when an intensity came.
/// </summary>
/// <param name="counts">Of registers.</param>
/// <param name="slots">What the slots counted in whose place they stand.</param>
/// <param name="instruments">What they claim.</param>
/// <param name="shown">The leaves that were given.</param>
/// <param name="differences">Is told what differs.</param>
internal sealed class RestatedFootprints(
    RegisterCounts counts,
    CountedSlots slots,
    Instruments instruments,
    ShownLeaves shown,
    Differences differences
)
{
    private readonly List<Restated> _restated = [];

    /// <summary>
    /// The footprint of slots that are accounted anew: each register over its stretches, with the instruments of the period.
    /// </summary>
    /// <exception cref="EvidenceException">The leaf does not follow from what it rests on.</exception>
    /// <exception cref="CarbonException">The method or an instrument does not hold.</exception>
    public MarketFootprint FootprintOf(StatedFootprint anew, Source[] sources, RecordedMethod method)
    {
        if (anew.Carbon.SlotRanges is not { Count: > 0 } taken || taken[^1].To >= anew.Index)
        {
            throw new EvidenceException("it accounts slots anew, and does not say which earlier ones");
        }

        Quantity? amount = null;
        Dictionary<string, List<CountedStretch>> stretches = [];
        List<DateTimeOffset> times = [];
        foreach (CountedStretches stated in anew.Carbon.Stretches.Where(s => sources.Any(r => r.RegisterOf(s.Register) is not null)))
        {
            List<CountedStretch> counted = stretches[stated.Register] = [];
            foreach (StretchEnds ends in EndsOf(stated, sources))
            {
                Quantity more = counts.Between(stated.Register, ends.From, ends.To);
                amount = amount is null ? more : amount + more;
                counted.Add(new CountedStretch(counts.Mark(ends.From, stated.Register), counts.Mark(ends.To, stated.Register)));
                times.AddRange(ends.Times);
            }
        }

        if (amount is null)
        {
            throw new EvidenceException("it names no registers");
        }

        if (times.Min() < anew.Carbon.From || times.Max() > anew.Carbon.To)
        {
            throw new EvidenceException("its readings are not all of its time");
        }

        IReadOnlyList<HeldInstrument> held = anew.Carbon.Claims is { } period ? instruments.ClaimedBy(anew, period, sources) : [];
        Claims? claims = anew.Carbon.Claims is { } c ? new Claims(c.From, c.To, [.. held.Select(h => h.Instrument)]) : null;
        MarketFootprint footprint = method.Footprint(amount, claims);
        InstrumentUse[] uses = [.. footprint.Claims.Select(u => new InstrumentUse(anew, held.First(h => h.Name == u.Name), u.Energy))];
        _restated.Add(new Restated(anew, taken, stretches, uses));
        return footprint;
    }

    /// <summary>
    /// All leaves have been seen: each that accounts anew is held against the slots, and those that still count against each other.
    /// </summary>
    /// <param name="notGiven">Footprints that could not be computed.</param>
    public void End(IReadOnlyList<StatedFootprint> notGiven)
    {
        Dictionary<string, List<Restated>> counting = [];
        foreach (Restated anew in _restated.OrderBy(r => r.Index))
        {
            if (!counting.TryGetValue(anew.Account, out List<Restated>? before))
            {
                counting[anew.Account] = before = [];
            }

            if (WrongAmong(before, anew, notGiven) is { } wrong)
            {
                differences.Add(anew.By, wrong);
            }

            before.Add(anew);
        }

        IEnumerable<InstrumentUse> uses = counting.Values.SelectMany(a => a).OrderBy(r => r.Index).SelectMany(r => r.Uses);
        foreach (WrongClaim wrong in Instruments.WronglyClaimed(uses))
        {
            differences.Add(wrong.By, wrong.What);
        }

        _restated.Clear();
    }

    private static IEnumerable<StretchEnds> EndsOf(CountedStretches stated, Source[] sources)
    {
        EvidenceException wrong = new(
            $"the stretches of {stated.Register}, {stated.Stretches}, are not between its readings, one after the other"
        );
        long last = 0;
        foreach (LeafRange stretch in stated.Ranges ?? throw wrong)
        {
            Source? from = Find(stretch.From),
                to = Find(stretch.To);
            if (from is null || to is null || from.Index > to.Index || from.Index < last)
            {
                throw wrong;
            }

            last = to.Index;
            yield return new StretchEnds(from, to);
        }

        Source? Find(long index) => Array.Find(sources, s => s.Index == index && s.RegisterOf(stated.Register) is not null);
    }

    // What is wrong with a leaf that accounts anew, after it has taken the place of the one that it replaces.
    private string? WrongAmong(List<Restated> counting, Restated anew, IReadOnlyList<StatedFootprint> notGiven)
    {
        bool all = anew.Slots.All(s =>
            shown.Has(s) && !notGiven.Any(n => n.Account == anew.Account && s.From <= n.Index && n.Index <= s.To)
        );
        long? replaces = anew.By.Carbon.Replaces;
        int replaced = counting.RemoveAll(r => r.Index == replaces && r.IsWithin(anew.Slots));
        if (replaced == 0 && replaces is { } other && shown.Has(other))
        {
            return $"it replaces leaf {other}, which does not account some of the same slots of that account anew";
        }

        if (counting.Find(r => r.Overlaps(anew.Slots)) is { } twice)
        {
            return $"it takes the place of slots that leaf {twice.Index} has taken already, and does not replace that";
        }

        if (slots.Differing(anew.Account, anew.Slots, anew.Stretches, all) is { } differs)
        {
            return differs;
        }

        CountedTime stated = new(anew.By.Carbon.From, anew.By.Carbon.To);
        return all && slots.TimeOf(anew.Account, anew.Slots) != stated ? "its time is not that of its slots" : null;
    }

    // The readings between which a stretch was counted.
    private readonly record struct StretchEnds(Source From, Source To)
    {
        // Where the clock was set back, only the time of its end.
        public IEnumerable<DateTimeOffset> Times => From.Time > To.Time ? [To.Time] : [From.Time, To.Time];
    }

    private sealed record Restated(
        StatedFootprint By,
        IReadOnlyList<LeafRange> Slots,
        Dictionary<string, List<CountedStretch>> Stretches,
        IReadOnlyList<InstrumentUse> Uses
    )
    {
        public long Index => By.Index;

        public string Account => By.Account;

        public bool IsWithin(IReadOnlyList<LeafRange> others) => Slots.All(s => others.Any(o => o.From <= s.From && s.To <= o.To));

        public bool Overlaps(IReadOnlyList<LeafRange> others) => Slots.Any(s => others.Any(o => o.From <= s.To && s.From <= o.To));
    }
}
