using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording;

/// <summary>
/// What an account recorded in a period, accounted anew by one leaf: when the period has ended or an instrument came, when a factor was
/// corrected, and when the intensity of a slot was stated. The leaves of its slots stay.
/// </summary>
/// <param name="accounts">The accounts of meters.</param>
/// <param name="zone">In which months and years begin.</param>
/// <param name="factors">The factor sets in force.</param>
/// <param name="log">Told of what cannot be accounted anew.</param>
internal sealed class Settlement(IReadOnlyList<CarbonAccount> accounts, TimeZoneInfo zone, FactorLeaves factors, ILogger log)
{
    private const string Ended = "ended";
    private const string InstrumentCame = "instrument";
    private const string FactorsCorrected = "factors";
    private const string IntensityCame = "intensity";

    private IEnumerable<CarbonAccount> MarketAccounts => accounts.Where(a => a.Method.TakesInstruments);

    /// <summary>Whether a footprint was computed by the terms that hold now, with factors that have been corrected since.</summary>
    public static bool IsCorrected(CarbonLeaf footprint, RecordedMethod now)
    {
        RecordedMethod then = Footprints.MethodOf(footprint);
        return then.Terms == now.Terms && !then.Texts.SequenceEqual(now.Texts);
    }

    /// <summary>
    /// Settles the periods that have ended: with the first slot that ends after one, with the instruments that are there by then.
    /// </summary>
    public void SettleEnded(OpenTick tick)
    {
        foreach (CarbonAccount account in MarketAccounts)
        {
            string fact = FactNames.OpenPeriod(account.Name);
            string now = PeriodOf(account, tick.At).Name;
            string? open = tick.FactBefore(fact);
            if (open == now)
            {
                continue;
            }

            tick.Remember(fact, now);
            if (open is not null)
            {
                AccountOrTell(account, open, () => Settle(tick, account, CalendarPeriod.Parse(open, zone), Ended));
            }
        }
    }

    /// <summary>Accounts anew what was computed with factors that have been corrected since.</summary>
    /// <param name="sets">Names of the sets that are new.</param>
    /// <param name="tick">The tick that writes it.</param>
    public void RestateCorrected(IReadOnlyCollection<string> sets, OpenTick tick)
    {
        foreach (CarbonAccount account in accounts.Where(a => a.Set is { } s && sets.Contains(s.Name)))
        {
            foreach ((string name, string fact) in tick.FactsBefore(FactNames.SpansOf(account.Name)))
            {
                var span = AccountSpan.Parse(fact);
                if (tick.LeafAt(span.Leaf) is { } last && IsCorrected(CarbonLeaf.Of(last), account.Method))
                {
                    RestateWithFactors(tick, account, name, span);
                }
            }
        }
    }

    /// <summary>Accounts a slot of intensities anew by what was stated of it.</summary>
    /// <param name="tick">The tick that writes it.</param>
    /// <param name="account">An account by the series.</param>
    /// <param name="series">The series.</param>
    /// <param name="intensity">What was stated.</param>
    public void RestateSlot(OpenTick tick, CarbonAccount account, string series, SlotIntensity intensity)
    {
        foreach (SpanName name in RecordedIntensities.SpansWithin(account, intensity))
        {
            if (tick.FactBefore(name.ToString()) is { } fact)
            {
                RecordedMethod method = RecordedMethod.OfSlot(series, intensity);
                Restatement anew = new(name.ToString(), AccountSpan.Parse(fact), method, IntensityCame);
                AccountOrTell(account, intensity.Name, () => Restate(tick, account, anew));
            }
        }
    }

    /// <summary>
    /// Takes an instrument as it stands after what has just been written: it must hold with all that was corrected of it, and what it is
    /// for is accounted anew where that is over.
    /// </summary>
    /// <param name="tick">The tick that writes it.</param>
    /// <param name="first">Index of the leaf in which it was entered.</param>
    /// <exception cref="InvalidDataException">It does not hold; the sentence says why.</exception>
    public void Claim(OpenTick tick, long first)
    {
        tick.Remember(FactNames.Instrument(first), "");
        RecordedInstrument instrument = Checked(tick, first);
        foreach (CarbonAccount account in MarketAccounts)
        {
            foreach ((string name, string fact) in tick.FactsBefore(FactNames.SpansOf(account.Name)))
            {
                SpanName span = SpanName.Parse(name);
                if (!span.IsMarket)
                {
                    continue;
                }

                var period = CalendarPeriod.Parse(span.Period, zone);
                if (IsOver(tick, period, AccountSpan.Parse(fact)) && instrument.Overlaps(period.From, period.To))
                {
                    Settle(tick, account, period, InstrumentCame);
                }
            }
        }
    }

    private RecordedInstrument Checked(OpenTick tick, long first)
    {
        IReadOnlyList<RecordedInstrument> all;
        RecordedInstrument instrument;
        try
        {
            all = [.. Instruments(tick).Select(i => i.Instrument)];
            instrument = InstrumentAt(tick, first).Instrument;
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException(e.Message, e);
        }

        if (instrument.Energy.Value.IsPositive && (RefusalOfSettlement(instrument, all) ?? RefusalOfPeriod(instrument)) is { } refusal)
        {
            throw new InvalidDataException(refusal);
        }

        return instrument;
    }

    private static string? RefusalOfSettlement(RecordedInstrument instrument, IReadOnlyList<RecordedInstrument> all)
    {
        if (instrument.Kind != "settlement")
        {
            return null;
        }

        if (all.FirstOrDefault(i => i.Kind == "contract" && i.Id == instrument.Contract && i.Energy.Value.IsPositive) is not { } contract)
        {
            return $"{instrument.Id} settles the contract {instrument.Contract}, which is not entered. Enter the contract first.";
        }

        Quantity settled = all.Where(i => i.Kind == "settlement" && i.Contract == contract.Id)
            .Select(i => i.Energy)
            .Aggregate((a, b) => a + b)
            .In(Unit.KilowattHour);
        Quantity bought = contract.Energy.In(Unit.KilowattHour);
        bool within = contract.From <= instrument.From && instrument.To <= contract.To;
        return contract.Market == instrument.Market && within && settled.Value <= bought.Value
            ? null
            : $"{instrument.Id} does not fit the contract {contract.Id}, which is for {bought} of {contract.From:u} to {contract.To:u} in "
                + $"{contract.Market}: with it {settled} would be settled. A settlement lies within its contract.";
    }

    private string? RefusalOfPeriod(RecordedInstrument instrument)
    {
        if (MarketAccounts.FirstOrDefault() is not { } account || instrument.Kind == "contract")
        {
            return null;
        }

        CalendarPeriod period = PeriodOf(account, instrument.From);
        if (!period.Holds(instrument.From, instrument.To))
        {
            string length = account.Period == AccountPeriod.Month ? "month" : "year";
            return $"{instrument.Id} is for {instrument.From:u} to {instrument.To:u}, which is not within the {length} {period.Name}. "
                + $"{account.Name} is settled by that: enter it in parts, each for its own.";
        }

        string market = account.Method.Texts.First(t => t.Name == "market").Text;
        return market == instrument.Market
            ? null
            : $"{instrument.Id} is for the market {instrument.Market}. The electricity of {account.Name} is bought in {market}.";
    }

    private static IEnumerable<EnteredInstrument> Instruments(OpenTick tick) =>
        tick.NamesOf(FactNames.AllInstruments).Select(name => InstrumentAt(tick, LeafFact.InName(name))).OrderBy(i => i.Leaves[0]);

    private static EnteredInstrument InstrumentAt(OpenTick tick, long first) =>
        EnteredInstrument.Of(Correction.ChainOf(tick.LeafAt(first)!, leaf => CorrectionOf(tick, leaf), tick.LeafAt));

    private static long? CorrectionOf(OpenTick tick, long leaf) =>
        tick.Fact(FactNames.Superseded(leaf)) is { } by ? LeafFact.Parse(by) : null;

    // The method is that of its slots: what is configured now may be the next year's residual mix.
    private static void Settle(OpenTick tick, CarbonAccount account, CalendarPeriod period, string why)
    {
        string name = SpanName.OfMarket(account.Name, period.Name).ToString();
        if (tick.Fact(name) is not { } fact)
        {
            return;
        }

        var span = AccountSpan.Parse(fact);
        if (tick.LeafAt(span.Leaf) is { } last)
        {
            var footprint = CarbonLeaf.Of(last);
            Restatement anew = new(name, span, Footprints.MethodOf(footprint), why)
            {
                Set = footprint.Set,
                Factors = last.Head.Factors,
                Claimed = period,
            };
            Restate(tick, account, anew);
        }
    }

    private void RestateWithFactors(OpenTick tick, CarbonAccount account, string name, AccountSpan span)
    {
        // Slots of intensities cite no factor set, so the span is of a month or a year.
        var period = CalendarPeriod.Parse(SpanName.Parse(name).Period, zone);
        bool settled = account.Method.TakesInstruments && IsOver(tick, period, span);
        Restatement anew = new(name, span, account.Method, FactorsCorrected)
        {
            Set = Footprints.NameOf(account.Set),
            Factors = factors[account.Set!],
            Claimed = settled ? period : null,
        };
        AccountOrTell(account, period.Name, () => Restate(tick, account, anew));
    }

    private static void Restate(OpenTick tick, CarbonAccount account, Restatement anew)
    {
        List<EnteredInstrument> instruments = [];
        Claims? claims = null;
        if (anew.Claimed is { } period)
        {
            instruments.AddRange(InstrumentsFor(tick, account, anew.Name, period));
            claims = new Claims(period.From, period.To, [.. instruments.Select(i => i.Instrument)]);
        }

        MarketFootprint footprint = anew.Method.Footprint(anew.Span.Amount(tick.LeafAt), claims);
        CarbonLeaf restated = anew.Span.Restate(Footprints.LeafOf(account.Name, anew.Span.From, anew.Span.To, anew.Method)) with
        {
            Micrograms = footprint.Micrograms,
            NoAmount = footprint.NoAmount,
            Set = anew.Set,
            Restates = anew.Why,
            Claims = claims is null ? null : new ClaimedPeriod(claims.From, claims.To),
        };
        IReadOnlyList<long> rests = RecordedIntensities.Resting(
            tick,
            [.. anew.Span.Readings, .. instruments.SelectMany(i => i.Leaves)],
            anew.Method
        );
        long leaf = tick.Write(LeafType.Carbon, restated.Records(), head => head with { ComputedFrom = rests, Factors = anew.Factors });
        tick.Remember(anew.Name, anew.Span.Restated(footprint.Micrograms, leaf).ToString());
    }

    // A contract may be used in parts; any other instrument lies within the period, and is for one account and period only.
    private static IEnumerable<EnteredInstrument> InstrumentsFor(OpenTick tick, CarbonAccount account, string span, CalendarPeriod period)
    {
        HashSet<long> taken = TakenBeside(tick, account, span);
        foreach (EnteredInstrument entered in Instruments(tick).Where(i => i.Instrument.Overlaps(period.From, period.To)))
        {
            RecordedInstrument instrument = entered.Instrument;
            bool free = period.Holds(instrument.From, instrument.To) && !taken.Contains(entered.Leaves[0]);
            if (free || instrument.Kind == "contract")
            {
                yield return entered;
            }
        }
    }

    // A month of an account that is settled by years since, or the other way round, may have used some of the same instruments; what is for
    // the year is not within the month.
    private static HashSet<long> TakenBeside(OpenTick tick, CarbonAccount account, string span)
    {
        HashSet<long> taken = [];
        foreach (
            (string name, _) in tick.FactsBefore(FactNames.SpansOf(account.Name))
                .Where(f => f.Name != span && SpanName.Parse(f.Name).IsMarket)
        )
        {
            if (AccountSpan.Parse(tick.Fact(name)!).Anew is { } anew && tick.LeafAt(anew) is { } leaf)
            {
                taken.UnionWith(leaf.Head.ComputedFrom);
            }
        }

        return taken;
    }

    // What has been settled stays so, also by a clock that is behind now.
    private static bool IsOver(OpenTick tick, CalendarPeriod period, AccountSpan span)
    {
        if (period.To <= tick.At)
        {
            return true;
        }

        return span.Anew is { } anew && tick.LeafAt(anew) is { } leaf && CarbonLeaf.Of(leaf).Claims is not null;
    }

    private CalendarPeriod PeriodOf(CarbonAccount account, DateTimeOffset at) => CalendarPeriod.Of(account.Period, at, zone);

    // A sum that cannot be made again must not stop the readings.
    private void AccountOrTell(CarbonAccount account, string period, Action accounting)
    {
        try
        {
            accounting();
        }
        catch (Exception e) when (e is InvalidDataException or CarbonException)
        {
            log.LogError(
                "{Account} of {Period} could not be accounted anew, its slots stand as they are: {Reason}",
                account.Name,
                period,
                e.Message
            );
        }
    }

    /// <summary>What is accounted anew.</summary>
    /// <param name="Name">Name of the span's fact.</param>
    /// <param name="Span">What was recorded.</param>
    /// <param name="Method">By which it is computed.</param>
    /// <param name="Why">As its leaf states it.</param>
    private sealed record Restatement(string Name, AccountSpan Span, RecordedMethod Method, string Why)
    {
        /// <summary>The factor set with its version, or null.</summary>
        public string? Set { get; init; }

        /// <summary>Index of the leaf with the factors, or null.</summary>
        public long? Factors { get; init; }

        /// <summary>The period whose instruments are used; null: none are.</summary>
        public CalendarPeriod? Claimed { get; init; }
    }
}
