using System.Globalization;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <content>Leaves that account slots anew: when a period is settled with its instruments, when a factor was corrected, when an intensity
/// came.</content>
internal sealed partial class Recompute
{
    private readonly List<Restated> _restated = [];
    private readonly List<(long Leaf, DateTimeOffset From, DateTimeOffset To)> _contracts = [];

    // Slots that are accounted anew: which, and each register with the readings between which it was counted, both as "12-400 401-2990".
    private MarketFootprint Anew(Leaf carbon, Leaf[] sources, RecordedMethod method)
    {
        if (SlotRange.In(carbon) is not { Length: > 0 } slots || slots[^1].To >= carbon.Head.Index)
        {
            throw new EvidenceException("it accounts slots anew, and does not say which earlier ones");
        }

        Quantity? amount = null;
        Dictionary<string, List<(ReadingMark From, ReadingMark To)>> stretches = [];
        List<DateTimeOffset> times = [];
        foreach (
            LeafRecord register in carbon.Records.Where(r => r.Text is not null && sources.Any(s => RegisterIn(s, r.Name) is not null))
        )
        {
            List<(ReadingMark From, ReadingMark To)> counted = stretches[register.Name] = [];
            foreach (string[] stretch in register.Text!.Split(' ').Select(s => s.Split('-')))
            {
                Leaf[] ends =
                [
                    .. stretch
                        .Select(s => sources.FirstOrDefault(r => r.Head.Index.ToString(CultureInfo.InvariantCulture) == s))
                        .OfType<Leaf>()
                        .Where(e => RegisterIn(e, register.Name) is not null),
                ];
                if (
                    ends.Length != 2
                    || stretch.Length != 2
                    || ends[0].Head.Index > ends[1].Head.Index
                    || (counted.Count > 0 && ends[0].Head.Index < counted[^1].To.Leaf)
                )
                {
                    throw new EvidenceException(
                        $"the stretches of {register.Name}, {register.Text}, are not between its readings, one after the other"
                    );
                }

                Quantity more = Between(register.Name, RegisterIn(ends[0], register.Name)!, RegisterIn(ends[1], register.Name)!, ends[1]);
                amount = amount is null ? more : amount + more;
                counted.Add((Mark(ends[0], register.Name), Mark(ends[1], register.Name)));
                // Where the clock was set back, the time of its end.
                times.AddRange(ends.SkipWhile(e => e.Head.Time > ends[1].Head.Time).Select(e => e.Head.Time));
            }
        }

        if (amount is null)
        {
            throw new EvidenceException("it names no registers");
        }

        if (times.Min() < carbon.Records[1].AsTime() || times.Max() > carbon.Records[2].AsTime())
        {
            throw new EvidenceException("its readings are not all of its time");
        }

        List<(RecordedInstrument Instrument, long Leaf)> instruments = [];
        Claims? claims = ClaimsOf(carbon, sources, instruments);
        MarketFootprint footprint = method.Footprint(amount, claims);
        _restated.Add(
            new Restated(
                carbon,
                slots,
                stretches,
                [
                    .. footprint
                        .Claims.Select(c => (c.Energy, By: instruments.First(i => NameOf(i.Instrument) == c.Name)))
                        .Select(c => new InstrumentUse(NameOf(c.By.Instrument), c.By.Leaf, c.Energy, c.By.Instrument.Energy)),
                ]
            )
        );
        return footprint;

        static string NameOf(RecordedInstrument instrument) =>
            instrument.Kind == "settlement"
                ? $"contract {instrument.Contract} settled by {instrument.Id}"
                : $"{instrument.Kind} {instrument.Id}";
    }

    private Claims? ClaimsOf(Leaf carbon, Leaf[] sources, List<(RecordedInstrument Instrument, long Leaf)> instruments)
    {
        if (
            carbon.Records.FirstOrDefault(r => r.Name == "claims/from")?.AsTime() is not { } from
            || carbon.Records.FirstOrDefault(r => r.Name == "claims/to")?.AsTime() is not { } to
        )
        {
            return null;
        }

        if (carbon.Records[2].AsTime() is var end && (end <= from || end > to))
        {
            throw new EvidenceException("it claims instruments of a period in which it does not end");
        }

        if (
            _contracts.Find(c => c.Leaf < carbon.Head.Index && c.From < to && from < c.To && sources.All(s => s.Head.Index != c.Leaf)) is
            { Leaf: > 0 } contract
        )
        {
            throw new EvidenceException($"it leaves out the contract of leaf {contract.Leaf}");
        }

        foreach (Leaf entered in sources.Where(s => s.Head.Type == LeafType.Instrument))
        {
            Dictionary<string, LeafRecord> holds = entered.Records.ToDictionary(r => r.Name);
            foreach ((long leaf, _) in ChainOf(entered.Head.Index, carbon.Head.Index))
            {
                Leaf correction = Array.Find(sources, s => s.Head.Index == leaf)
                    ?? throw new EvidenceException(
                        $"it leaves out leaf {leaf}, which corrects the instrument of leaf {entered.Head.Index}"
                    );
                foreach (LeafRecord record in correction.Records)
                {
                    holds[record.Name] = record;
                }
            }

            instruments.Add(
                (
                    RecordedInstrument.Read(
                        TextOf(entered, "kind"),
                        TextOf(entered, "id"),
                        holds["from"].AsTime(),
                        holds["to"].AsTime(),
                        AmountIn(entered, holds.GetValueOrDefault("amount")),
                        name => holds.GetValueOrDefault(name)?.Text
                    ),
                    entered.Head.Index
                )
            );
        }

        return new Claims(from, to, [.. instruments.Select(i => i.Instrument)]);
    }

    // Leaves that account slots anew: each against the slots, and those that still count against each other.
    private void EndRestated()
    {
        Dictionary<string, List<Restated>> accounts = [];
        foreach (Restated anew in _restated.OrderBy(r => r.Carbon.Head.Index))
        {
            string account = anew.Carbon.Records[0].Name;
            if (!accounts.TryGetValue(account, out List<Restated>? counting))
            {
                accounts[account] = counting = [];
            }

            bool all = anew.Slots.All(s =>
                _shown.Has(s.From, s.To) && !_notGiven.Exists(n => n.Account == account && s.From <= n.Leaf && n.Leaf <= s.To)
            );
            long? replaces = anew.Carbon.Records.FirstOrDefault(r => r.Name == "replaces")?.Number?.Mantissa;
            if (
                counting.RemoveAll(r =>
                    r.Carbon.Head.Index == replaces && r.Slots.All(s => anew.Slots.Any(o => o.From <= s.From && s.To <= o.To))
                ) == 0
                && replaces is { } other
                && _shown.Has(other, other)
            )
            {
                Differ(anew.Carbon, $"it replaces leaf {other}, which does not account some of the same slots of that account anew");
            }
            else if (counting.Find(r => r.Slots.Any(s => anew.Slots.Any(o => o.From <= s.To && s.From <= o.To))) is { } twice)
            {
                Differ(
                    anew.Carbon,
                    $"it takes the place of slots that leaf {twice.Carbon.Head.Index} has taken already, and does not replace that"
                );
            }
            else if (_slots.Differing(account, anew.Slots, anew.Stretches, all) is { } differs)
            {
                Differ(anew.Carbon, differs);
            }
            else if (all && _slots.TimeOf(account, anew.Slots) != (anew.Carbon.Records[1].AsTime(), anew.Carbon.Records[2].AsTime()))
            {
                Differ(anew.Carbon, "its time is not that of its slots");
            }

            counting.Add(anew);
        }

        foreach (
            IGrouping<string, (Leaf Carbon, InstrumentUse Use)> used in accounts
                .Values.SelectMany(a => a)
                .OrderBy(r => r.Carbon.Head.Index)
                .SelectMany(r => r.Uses.Select(u => (r.Carbon, Use: u)))
                .GroupBy(u => u.Use.Name)
        )
        {
            ((Leaf Carbon, InstrumentUse Use) first, (Leaf Carbon, InstrumentUse Use) last) = (used.First(), used.Last());
            if (used.FirstOrDefault(u => u.Carbon.Records[0].Name != first.Carbon.Records[0].Name) is { Carbon: { } elsewhere })
            {
                Differ(
                    elsewhere,
                    $"it claims {used.Key}, which {first.Carbon.Records[0].Name} claims too, in leaf {first.Carbon.Head.Index}"
                );
            }
            else if (used.Select(u => u.Use.Leaf).Distinct().Count() > 1)
            {
                Differ(last.Carbon, $"it claims {used.Key}, which is in the log twice, as leaf {first.Use.Leaf} and leaf {last.Use.Leaf}");
            }
            else if (
                used.Select(u => u.Use.Energy).Aggregate((a, b) => a + b) is var energy
                && energy.In(Unit.KilowattHour).Value > last.Use.For.In(Unit.KilowattHour).Value
            )
            {
                Differ(
                    last.Carbon,
                    $"{used.Key} is for {last.Use.For.In(Unit.KilowattHour)}, and with it {energy.In(Unit.KilowattHour)} are claimed"
                );
            }
        }

        _restated.Clear();
    }

    private sealed record Restated(
        Leaf Carbon,
        SlotRange[] Slots,
        Dictionary<string, List<(ReadingMark From, ReadingMark To)>> Stretches,
        IReadOnlyList<InstrumentUse> Uses
    );

    // What a footprint takes of an instrument: its name, the leaf in which it was entered, how much, and of how much.
    private sealed record InstrumentUse(string Name, long Leaf, Quantity Energy, Quantity For);
}
