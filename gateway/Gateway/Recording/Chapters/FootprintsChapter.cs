using System.Security.Cryptography;
using System.Text;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording.Chapters;

/// <summary>
/// The footprint of each account where its slot ends, the factors that it cites, and what is accounted anew: leaves of the types factors
/// and carbon.
/// </summary>
/// <param name="accounts">The accounts of meters.</param>
/// <param name="zone">In which months and years begin.</param>
/// <param name="factors">The factor sets in force.</param>
/// <param name="settlement">Accounts anew.</param>
/// <param name="entries">The footprints of what people entered.</param>
internal sealed class FootprintsChapter(
    IReadOnlyList<CarbonAccount> accounts,
    TimeZoneInfo zone,
    FactorLeaves factors,
    Settlement settlement,
    EntryFootprints entries
) : IChapter
{
    private readonly HashSet<string> _counted = [.. accounts.SelectMany(a => a.Meters).Select(m => m.Register)];
    private readonly Dictionary<CarbonAccount, string> _terms = accounts.ToDictionary(a => a, a => HashOf(a.Method.Terms));

    /// <inheritdoc/>
    public void Start(OpenTick tick, ProcessStart start)
    {
        IReadOnlyCollection<string> corrected = factors.Write(tick);
        settlement.RestateCorrected(corrected, tick);
        entries.RestateCorrected(corrected, tick);
    }

    /// <inheritdoc/>
    public void Restore(OpenTick tick)
    {
        foreach (CarbonAccount account in accounts)
        {
            account.Forget();
            foreach (MeterBase known in BasesFact.Parse(tick.FactBefore(FactNames.Bases(account.Name))))
            {
                if (tick.LeafAt(known.Leaf) is not { } leaf)
                {
                    continue;
                }

                foreach (LeafRegister register in ReadingLeaf.Of(leaf).Counted.Where(r => r.Meter == known.Meter))
                {
                    account.Begin(known.Meter, new RecordedRegister(known.Leaf, leaf.Head.Time, register.Register));
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Write(OpenTick tick)
    {
        HashSet<CarbonAccount> closed = [];
        if (tick.SlotEnds)
        {
            closed.UnionWith(accounts.Where(account => WriteSlot(tick, account)));
            settlement.SettleEnded(tick);
        }

        // What footprints rest on is remembered with the very leaves it names, so accounts move on first and are restored if nothing was
        // recorded.
        List<CountedMeter> counted = [];
        foreach ((string name, RegisterReading reading) in tick.Readings.Where(r => _counted.Contains(r.Key)))
        {
            if (reading.Recorded is { } register)
            {
                counted.Add(new CountedMeter(RegisterName.MeterOf(name), register));
            }
        }

        foreach (CarbonAccount account in accounts)
        {
            MoveOn(tick, account, closed.Contains(account), counted);
        }
    }

    private static void MoveOn(OpenTick tick, CarbonAccount account, bool closes, List<CountedMeter> counted)
    {
        bool moved = closes;
        foreach (CountedMeter meter in counted.Where(m => account.Begin(m.Name, m.Register)))
        {
            tick.Keep(meter.Register.Leaf);
            moved = true;
        }

        if (closes)
        {
            account.Close(tick.Readings);
        }

        if (moved)
        {
            tick.Remember(FactNames.Bases(account.Name), BasesFact.Text(account.Bases.Select(b => new MeterBase(b.Key, b.Value.Leaf))));
        }
    }

    // Gives whether the next slot begins where this one ends.
    private bool WriteSlot(OpenTick tick, CarbonAccount account)
    {
        Func<DateTimeOffset, DateTimeOffset, RecordedMethod>? methodOf = account.Method.Series is { } series
            ? (from, to) => RecordedIntensities.MethodIn(tick, account, series, from, to)
            : null;
        AccountSlot slot = account.At(tick.At, tick.Readings, methodOf);
        IReadOnlyList<long> rests = RecordedIntensities.Resting(tick, slot.ComputedFrom, slot.Method);
        long? set = account.Set is null ? null : factors[account.Set];
        long leaf = tick.Write(LeafType.Carbon, slot.Footprint.Records(), head => head with { ComputedFrom = rests, Factors = set });
        if (slot.Closes)
        {
            AddToSpan(tick, account, slot, leaf);
        }

        return slot.Closes;
    }

    private void AddToSpan(OpenTick tick, CarbonAccount account, AccountSlot slot, long leaf)
    {
        string openFact = FactNames.OpenSpan(account.Name);
        string? open = tick.FactBefore(openFact);
        AccountSpan? last = open is null ? null : AccountSpan.Parse(tick.FactBefore(open)!);
        string name = account.Method.Series is null
            ? PeriodSpanOf(account, slot, tick.At, open, last)
            : RecordedIntensities.SpanOf(account, slot.Count.From, tick.At, leaf).ToString();
        AccountSpan? span = last;
        if (name != open)
        {
            span = tick.FactBefore(name) is { } before ? AccountSpan.Parse(before) : null;
        }

        Func<string, long, long, bool>? worthTheSame = account.CountsImpulses
            ? (register, one, other) => AreWorthTheSame(tick, register, one, other)
            : null;
        AccountSpan with = AccountSpan.With(span, slot.Count, tick.At, leaf, worthTheSame).WithSlot(goesOn: open == name);
        tick.Remember(name, with.ToString());
        tick.Remember(openFact, name);
    }

    // What is bought by the market belongs together whatever its residual mix is; all else by what it multiplies by, as long as it goes on
    // without a break.
    private string PeriodSpanOf(CarbonAccount account, AccountSlot slot, DateTimeOffset end, string? open, AccountSpan? last)
    {
        CalendarPeriod period = CalendarPeriod.Of(account.Period, end.AddMilliseconds(-1), zone);
        if (account.Method.TakesInstruments)
        {
            return SpanName.OfMarket(account.Name, period.Name).ToString();
        }

        SpanName begins = SpanName.OfTerms(account.Name, period.Name, _terms[account], slot.Count.From);
        bool goesOn = open is not null && SpanName.Parse(open).HasTermsOf(begins) && last!.To >= slot.Count.From;
        return goesOn ? open! : begins.ToString();
    }

    // Whether impulses of a register are worth the same in two of its readings: the meter's constant may have been changed between.
    private static bool AreWorthTheSame(OpenTick tick, string register, long one, long other)
    {
        long? before = tick.LeafAt(one)?.Head.Config;
        long? after = tick.LeafAt(other)?.Head.Config;
        return before == after || ConstantIn(before) == ConstantIn(after);

        string? ConstantIn(long? config) =>
            config is { } index && tick.LeafAt(index) is { } leaf
                ? ConfigLeaf.Of(leaf).SettingOf(RegisterName.MeterOf(register), ConfigLeaf.Constant)
                : null;
    }

    private static string HashOf(string terms) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(terms)))[..8];

    /// <summary>A meter of some account with its register at the tick.</summary>
    private readonly record struct CountedMeter(string Name, RecordedRegister Register);
}
