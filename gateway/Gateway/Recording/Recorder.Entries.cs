using System.Globalization;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using Microsoft.Data.Sqlite;

namespace EdgeGateway.Recording;

/// <content>What people enter, each as a leaf of its own as soon as it comes.</content>
public sealed partial class Recorder
{
    private const string Reported = " reported"; // it may be given again whatever is corrected of it

    private readonly CommandDoor _door;
    private readonly IReadOnlyList<EntryAccount> _entryAccounts;

    /// <summary>Records an entry, with the footprints that rest on it, in a transaction of its own.</summary>
    /// <returns>The index of its leaf.</returns>
    /// <exception cref="InvalidDataException">It does not fit what is recorded; nothing was written.</exception>
    public long Enter(Entry entry)
    {
        if (entry.Type == LeafType.Intensity)
        {
            return EnterIntensities(entry);
        }

        Dictionary<string, string> facts = [];
        RefuseCounted(entry);
        _pen.Begin(_ledger.Size);
        if (entry.Once is { } once)
        {
            if (_ledger.Fact(once) is { Length: > 0 } leaf)
            {
                if (entry.InOrder is not null)
                {
                    return IndexIn(leaf); // given again, because the power failed before it was acknowledged
                }

                throw new InvalidDataException(
                    $"It is entered already, as leaf {leaf}. "
                        + $"{(entry.Type == LeafType.Instrument ? "An instrument is claimed once; if that leaf is wrong, correct it." : "If it happened twice, name its document.")}"
                );
            }

            facts[once] = Text(_pen.NextIndex) + (entry.InOrder is null ? "" : Reported);
        }

        Leaf? superseded = entry.Supersedes is { } wrong ? Supersede(wrong, entry, _pen.NextIndex, facts) : null;
        DateTimeOffset at = _time.GetUtcNow();
        long index = _pen.Write(entry.Type, at, entry.Records, h => h with { Group = entry.Group });
        long first = superseded is null ? index : FirstOf(superseded.Head.Index);
        if (superseded is not null)
        {
            facts[$"entry-of:{index}"] = Text(first);
        }

        Leaf entered = LeafAt(first)!;
        if (entered.Head.Type == LeafType.Instrument)
        {
            Claim(first, at, facts);
        }
        else
        {
            NoteProduction(entry, entered, facts);
            WriteFootprints(entry, entered, index, at, facts);
        }

        _ledger.Append(new LedgerTick(at, _pen.TakeLeaves(), facts));
        return index;
    }

    // What machines report of a product, and people enter of it too, is of each time once. Reports follow each other, so one comparison is
    // enough for them:
    //   reported-to:<product>   the end of all that is recorded of it, and in which leaf; only once a machine has reported it
    //   production:<leaf>       from, to and product of what counts; empty after it was corrected to 0
    private void NoteProduction(Entry entry, Leaf first, Dictionary<string, string> facts)
    {
        if (
            first.Records.First(r => r.Name == "kind").Text != "production"
            || entry.Records.FirstOrDefault(r => r.Name == "amount") is not { Number: { } amount }
        )
        {
            return;
        }

        string product = first.Records.First(r => r.Name == "subject").Text!,
            fact = $"production:{first.Head.Index}",
            reportedTo = $"reported-to:{product}";
        long from = first.Records.First(r => r.Name == "from").AsTime().ToUnixTimeMilliseconds(),
            to = first.Records.First(r => r.Name == "to").AsTime().ToUnixTimeMilliseconds();
        bool counts = entry.Supersedes is null || amount.Mantissa != 0,
            counted = _ledger.Fact(fact) is { Length: > 0 };
        facts[fact] = counts ? string.Create(CultureInfo.InvariantCulture, $"{from} {to} {product}") : "";
        string? reported = _ledger.Fact(reportedTo);
        if (counts == counted || (entry.InOrder is null && reported is null))
        {
            return;
        }

        (long end, string newest) = reported?.Split(' ') is [{ } ms, { } leaf]
            ? (IndexIn(ms), leaf)
            : ProductionOf(product).Select(p => (p.To, Text(p.Leaf))).Append((0, "")).MaxBy(p => p.Item1);
        if (!counts)
        {
            (long before, long of) = ProductionOf(product)
                .Where(p => p.Leaf != first.Head.Index)
                .Select(p => (p.To, p.Leaf))
                .OrderByDescending(p => p.To)
                .FirstOrDefault();
            facts[reportedTo] = $"{Text(before)} {Text(of)}";
        }
        else if (from < end && entry.InOrder is not null)
        {
            throw new InvalidDataException(
                $"It begins at {Time(from):u}, and what was made of {product} is recorded up to {Time(end):u} already, in leaf "
                    + $"{newest}. Reports follow each other; if that one is wrong, correct it to 0 with edgectl enter "
                    + "correction."
            );
        }
        else if (
            from < end
            && ProductionOf(product).Where(p => p.From < to && from < p.To).Select(p => (long?)p.Leaf).FirstOrDefault() is { } other
        )
        {
            throw new InvalidDataException(
                $"It is of {Time(from):u} to {Time(to):u}, and leaf {other} tells what was made of {product} in some of that "
                    + "time already. If that leaf is wrong, correct it to 0 with edgectl enter correction."
            );
        }
        else if (to >= end)
        {
            facts[reportedTo] = $"{Text(to)} {Text(first.Head.Index)}";
        }

        static DateTimeOffset Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
    }

    private IEnumerable<(long Leaf, long From, long To)> ProductionOf(string product) =>
        from fact in _ledger.Facts("production:")
        where fact.Value.Length > 0
        let parts = fact.Value.Split(' ', 3)
        where parts[2] == product
        select (IndexIn(fact.Name["production:".Length..]), IndexIn(parts[0]), IndexIn(parts[1]));

    // A correction is of an entry, or of a correction of it.
    private long FirstOf(long leaf) => _ledger.Fact($"entry-of:{leaf}") is { } first ? IndexIn(first) : leaf;

    private void WriteFootprints(Entry entry, Leaf entered, long index, DateTimeOffset at, Dictionary<string, string> facts)
    {
        if (entry.Records.FirstOrDefault(r => r.Name == "amount") is not { } amount)
        {
            return;
        }

        long first = entered.Head.Index;
        string? subject = entered.Records.First(r => r.Name == "subject").Text;
        foreach (EntryAccount account in _entryAccounts.Where(a => a.Subject == subject))
        {
            string fact = $"footprint:{first}:{account.Name}";
            long? replaces = _ledger.Fact(fact) is { } before ? IndexIn(before) : null;
            facts[fact] = Text(_pen.NextIndex);
            _pen.Write(LeafType.Carbon, at, account.RecordsOf(entered.Records, amount, replaces), h =>
                h with
                {
                    ComputedFrom = index == first ? [index] : [first, index],
                    Factors = _factorsIndex[account.Set.Name],
                }
            );
        }

        foreach ((string fact, string of) in _ledger.Facts($"footprint:{first}:").Where(f => !facts.ContainsKey(f.Name)))
        {
            CorrectFootprint(fact, LeafAt(IndexIn(of))!, amount, [first, index], at, facts);
        }
    }

    // Of an account that the site has no more: as it was computed then.
    private void CorrectFootprint(
        string fact,
        Leaf footprint,
        LeafRecord amount,
        IReadOnlyList<long> of,
        DateTimeOffset at,
        Dictionary<string, string> facts
    )
    {
        try
        {
            long micrograms = MethodOf(footprint)
                .Micrograms(MeteredAmount.FromRecord(amount.Number!.Value.Mantissa, amount.Number.Value.Exponent, amount.Unit!));
            facts[fact] = Text(
                _pen.Write(
                    LeafType.Carbon,
                    at,
                    [
                        FootprintLeaf.AmountOf(footprint.Records[0].Name, micrograms),
                        .. footprint.Records.Skip(1).Where(r => r.Name != "replaces"),
                        LeafRecord.Of("replaces", footprint.Head.Index),
                    ],
                    h => h with { ComputedFrom = of, Factors = footprint.Head.Factors }
                )
            );
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException(
                $"The account {footprint.Records[0].Name} has a footprint of it, which this amount does not fit: {e.Message}",
                e
            );
        }
    }

    private static string Text(long index) => index.ToString(CultureInfo.InvariantCulture);

    // An instrument must hold with all that was corrected of it; what it is for is accounted anew where that is over.
    private void Claim(long first, DateTimeOffset at, Dictionary<string, string> facts)
    {
        facts[$"instrument:{first}"] = "";
        IReadOnlyList<RecordedInstrument> all;
        RecordedInstrument instrument;
        try
        {
            all = [.. Instruments(facts).Select(i => i.Instrument)];
            instrument = InstrumentAt(first, facts).Instrument;
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException(e.Message, e);
        }

        if (instrument.Energy.Value.IsPositive && Refusal(instrument, all) is { } refusal)
        {
            throw new InvalidDataException(refusal);
        }

        foreach (CarbonAccount account in MarketAccounts)
        {
            foreach (
                (string name, string fact) in _ledger
                    .Facts($"span:{account.Name}:")
                    .Where(f => f.Name.EndsWith(":market", StringComparison.Ordinal))
            )
            {
                CalendarPeriod period = CalendarPeriod.Parse(name.Split(':')[2], _rhythm.Zone);
                if (IsOver(period, AccountSpan.Parse(fact), at) && instrument.Overlaps(period.From, period.To))
                {
                    Settle(account, period, InstrumentCame, at, facts);
                }
            }
        }
    }

    private string? Refusal(RecordedInstrument instrument, IReadOnlyList<RecordedInstrument> all)
    {
        if (instrument.Kind == "settlement")
        {
            if (
                all.FirstOrDefault(i => i.Kind == "contract" && i.Id == instrument.Contract && i.Energy.Value.IsPositive)
                is not { } contract
            )
            {
                return $"{instrument.Id} settles the contract {instrument.Contract}, which is not entered. Enter the contract first.";
            }

            Quantity settled = all.Where(i => i.Kind == "settlement" && i.Contract == contract.Id)
                .Select(i => i.Energy)
                .Aggregate((a, b) => a + b);
            if (
                contract.Market != instrument.Market
                || instrument.From < contract.From
                || contract.To < instrument.To
                || settled.In(Unit.KilowattHour).Value > contract.Energy.In(Unit.KilowattHour).Value
            )
            {
                return $"{instrument.Id} does not fit the contract {contract.Id}, which is for "
                    + $"{contract.Energy.In(Unit.KilowattHour)} of {contract.From:u} to {contract.To:u} in {contract.Market}: "
                    + $"with it {settled.In(Unit.KilowattHour)} would be settled. A settlement lies within its contract.";
            }
        }

        return MarketAccounts.FirstOrDefault() is not { } account || instrument.Kind == "contract" ? null
            : PeriodOf(account, instrument.From) is var period && !period.Holds(instrument.From, instrument.To)
                ? $"{instrument.Id} is for {instrument.From:u} to {instrument.To:u}, which is not within the "
                    + $"{account.Period.ToString().ToLowerInvariant()} {period.Name}. {account.Name} is settled by that: "
                    + "enter it in parts, each for its own."
            : account.Method.Texts.First(t => t.Name == "market").Text is var market && market != instrument.Market
                ? $"{instrument.Id} is for the market {instrument.Market}. The electricity of {account.Name} is bought in {market}."
            : null;
    }

    private IEnumerable<EnteredInstrument> Instruments(Dictionary<string, string> facts) =>
        _ledger
            .Facts("instrument:")
            .Select(f => f.Name)
            .Concat(facts.Keys.Where(k => k.StartsWith("instrument:", StringComparison.Ordinal)))
            .Distinct()
            .Select(n => InstrumentAt(IndexIn(n[(n.IndexOf(':', StringComparison.Ordinal) + 1)..]), facts))
            .OrderBy(i => i.Leaves[0]);

    private EnteredInstrument InstrumentAt(long first, Dictionary<string, string> facts) =>
        EnteredInstrument.Of(Correction.ChainOf(LeafAt(first)!, name => FactOf(facts, name), LeafAt));

    // The leaf stays. What it claimed is free again once it is for nothing: an instrument with a wrong period can be entered anew.
    private Leaf Supersede(long wrong, Entry by, long index, Dictionary<string, string> facts)
    {
        string fact = string.Create(CultureInfo.InvariantCulture, $"superseded:{wrong}");
        if (_ledger.Fact(fact) is { } leaf)
        {
            throw new InvalidDataException(
                $"Leaf {wrong} is superseded already, by leaf {leaf}. If that is wrong too, correct leaf {leaf}."
            );
        }

        if (wrong >= _ledger.Size || _ledger.Leaves(wrong, wrong + 1) is not [{ } bytes])
        {
            throw new InvalidDataException($"There is no leaf {wrong} in this log; it has {_ledger.Size}.");
        }

        Leaf superseded = LeafCodec.Decode(bytes);
        if (superseded.Head.Type is not (LeafType.Manual or LeafType.Instrument or LeafType.Correction))
        {
            throw new InvalidDataException(
                $"Leaf {wrong} is of type {superseded.Head.Type}, which nobody entered. Corrected are entries, and corrections of them."
            );
        }

        facts[fact] = Text(index);
        Leaf first = LeafAt(FirstOf(wrong))!;
        if (by.Records.FirstOrDefault(r => r.Name == "amount") is { Number: { } amount })
        {
            string once = Entry.OnceOf(first.Head.Type, first.Records);
            if (_ledger.Fact(once) is { Length: > 0 } claimed && IndexIn(claimed) != first.Head.Index)
            {
                throw new InvalidDataException($"Leaf {first.Head.Index} was entered anew, as leaf {claimed}. Correct that one.");
            }

            facts[once] =
                _ledger.Fact(once) is { } report && report.EndsWith(Reported, StringComparison.Ordinal) ? report
                : amount.Mantissa == 0 ? ""
                : Text(first.Head.Index);
        }

        return superseded;
    }

    // One at a time: a slot that is due does not wait for all of them.
    private void EnterWaiting()
    {
        if (_door.Take() is not { } waiting)
        {
            return;
        }

        try
        {
            waiting.Leaf.TrySetResult(Enter(waiting.Entry));
        }
        catch (SqliteException e)
        {
            _log.LogError("An entry could not be recorded: {Reason} Is the card full or read-only?", e.Message);
            waiting.Leaf.TrySetException(new IOException($"It could not be recorded: {e.Message} Is the card full or read-only?", e));
        }
        catch (Exception e)
        {
            if (e is not (InvalidDataException or EvidenceException))
            {
                _log.LogError(e, "An entry could not be recorded, readings go on");
            }

            waiting.Leaf.TrySetException(e is InvalidDataException ? e : new InvalidDataException(e.Message, e));
        }
    }
}
