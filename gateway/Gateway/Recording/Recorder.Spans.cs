using System.Security.Cryptography;
using System.Text;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;

namespace EdgeGateway.Recording;

/// <content>What an account recorded in a period, and accounting it anew: when its instruments are known, and when a factor was
/// corrected.</content>
public sealed partial class Recorder
{
    private const string Ended = "ended",
        InstrumentCame = "instrument",
        FactorsCorrected = "factors";

    private IEnumerable<CarbonAccount> MarketAccounts => _accounts.Where(a => a.Method.TakesInstruments);

    private string? FactOf(Dictionary<string, string> facts, string name) => facts.GetValueOrDefault(name) ?? _ledger.Fact(name);

    // Also one that this tick has written and that is not in the ledger yet.
    private Leaf? LeafAt(long index) =>
        _pen.Written(index)
        ?? (index >= 0 && index < _ledger.Size && _ledger.Leaves(index, index + 1) is [{ } bytes] ? LeafCodec.Decode(bytes) : null);

    private static string MarketSpanOf(CarbonAccount account, CalendarPeriod period) => $"span:{account.Name}:{period.Name}:market";

    private CalendarPeriod PeriodOf(CarbonAccount account, DateTimeOffset at) => CalendarPeriod.Of(account.Period, at, _rhythm.Zone);

    private void NoteSlot(CarbonAccount account, AccountSlot slot, DateTimeOffset end, long leaf, Dictionary<string, string> facts)
    {
        string fact = $"span-of:{account.Name}";
        string? open = FactOf(facts, fact);
        AccountSpan? last = open is null ? null : AccountSpan.Parse(_ledger.Fact(open)!);
        string name = account.Method.Series is not null
            ? IntensitySpanOf(account, slot.From, end, leaf)
            : PeriodSpanOf(account, slot, end, open, last);
        AccountSpan? span =
            name == open ? last
            : _ledger.Fact(name) is { } before ? AccountSpan.Parse(before)
            : null;
        facts[name] = AccountSpan
            .With(span, slot, end, leaf, account.CountsImpulses ? AreWorthTheSame : null)
            .WithSlot(goesOn: open == name)
            .ToString();
        facts[fact] = name;
    }

    // What is bought by the market belongs together whatever its residual mix is; all else by what it multiplies by, as long as it goes on
    // without a break.
    private string PeriodSpanOf(CarbonAccount account, AccountSlot slot, DateTimeOffset end, string? open, AccountSpan? last)
    {
        CalendarPeriod period = PeriodOf(account, end.AddMilliseconds(-1));
        string terms =
            $"span:{account.Name}:{period.Name}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(account.Method.Terms)))[..8]}:";
        return account.Method.TakesInstruments ? MarketSpanOf(account, period)
            : open?.StartsWith(terms, StringComparison.Ordinal) == true && last!.To >= slot.From ? open
            : terms + Text(slot.From.ToUnixTimeMilliseconds());
    }

    // Impulses before and after another constant of the meter.
    private bool AreWorthTheSame(string register, long one, long other)
    {
        long? before = LeafAt(one)?.Head.Config,
            after = LeafAt(other)?.Head.Config;
        return before == after || ConstantIn(before) == ConstantIn(after);

        string? ConstantIn(long? config) =>
            config is { } index ? LeafAt(index)?.Records.FirstOrDefault(r => r.Name == $"{register.Split('/')[0]}/constant")?.Text : null;
    }

    // A period is settled with the first slot that ends after it, with the instruments that are there by then.
    private void SettleEnded(DateTimeOffset at, Dictionary<string, string> facts)
    {
        foreach (CarbonAccount account in MarketAccounts)
        {
            string fact = $"settling:{account.Name}",
                now = PeriodOf(account, at).Name;
            string? open = _ledger.Fact(fact);
            if (open == now)
            {
                continue;
            }

            facts[fact] = now;
            if (open is not null)
            {
                Unless(account, open, () => Settle(account, CalendarPeriod.Parse(open, _rhythm.Zone), Ended, at, facts));
            }
        }
    }

    // A sum that cannot be made again must not stop the readings.
    private void Unless(CarbonAccount account, string period, Action accounting)
    {
        try
        {
            accounting();
        }
        catch (Exception e) when (e is InvalidDataException or CarbonException)
        {
            _log.LogError(
                "{Account} of {Period} could not be accounted anew, its slots stand as they are: {Reason}",
                account.Name,
                period,
                e.Message
            );
        }
    }

    // The method is that of its slots: what is configured now may be the next year's residual mix.
    private void Settle(CarbonAccount account, CalendarPeriod period, string why, DateTimeOffset at, Dictionary<string, string> facts)
    {
        string name = MarketSpanOf(account, period);
        if (FactOf(facts, name) is { } fact && AccountSpan.Parse(fact) is var span && LeafAt(span.Leaf) is { } last)
        {
            Restate(
                account,
                name,
                span,
                MethodOf(last),
                last.Records.FirstOrDefault(r => r.Name == "set"),
                last.Head.Factors,
                period,
                why,
                at,
                facts
            );
        }
    }

    private void Restate(
        CarbonAccount account,
        string name,
        AccountSpan span,
        RecordedMethod method,
        LeafRecord? set,
        long? factors,
        CalendarPeriod? claimed,
        string why,
        DateTimeOffset at,
        Dictionary<string, string> facts
    )
    {
        HashSet<long> taken = claimed is null ? [] : TakenBeside(account, name, facts);
        List<EnteredInstrument> instruments = claimed is { } of
            ?
            [
                .. Instruments(facts)
                    .Where(i =>
                        i.Instrument.Overlaps(of.From, of.To)
                        && (
                            i.Instrument.Kind == "contract"
                            || (of.Holds(i.Instrument.From, i.Instrument.To) && !taken.Contains(i.Leaves[0]))
                        )
                    ),
            ]
            : [];
        MarketFootprint footprint = method.Footprint(
            span.Amount(LeafAt),
            claimed is { } p ? new Claims(p.From, p.To, [.. instruments.Select(i => i.Instrument)]) : null
        );
        long leaf = _pen.Write(
            LeafType.Carbon,
            at,
            [
                FootprintLeaf.AmountOf(account.Name, footprint.Micrograms, footprint.NoAmount),
                LeafRecord.Of("from", span.From),
                LeafRecord.Of("to", span.To),
                .. FootprintLeaf.RecordsOf(method, null),
                .. set is null ? Array.Empty<LeafRecord>() : [set],
                LeafRecord.Of("restates", why),
                .. claimed is { } c ? [LeafRecord.Of("claims/from", c.From), LeafRecord.Of("claims/to", c.To)] : Array.Empty<LeafRecord>(),
                .. span.Records(),
            ],
            h =>
                h with
                {
                    ComputedFrom = Resting([.. span.Readings, .. instruments.SelectMany(i => i.Leaves)], method, facts),
                    Factors = factors,
                }
        );
        facts[name] = span.Restated(footprint.Micrograms, leaf).ToString();
    }

    // A month of an account that is settled by years since, or the other way round, may have used some of the same instruments; what is for
    // the year is not within the month.
    private HashSet<long> TakenBeside(CarbonAccount account, string span, Dictionary<string, string> facts) =>
        [
            .. _ledger
                .Facts($"span:{account.Name}:")
                .Where(f => f.Name != span && f.Name.EndsWith(":market", StringComparison.Ordinal))
                .Select(f => AccountSpan.Parse(FactOf(facts, f.Name)!).Anew is { } anew ? LeafAt(anew) : null)
                .OfType<Leaf>()
                .SelectMany(l => l.Head.ComputedFrom),
        ];

    // Also by a clock that is behind now: what has been settled stays so.
    private bool IsOver(CalendarPeriod period, AccountSpan span, DateTimeOffset at) =>
        period.To <= at || (span.Anew is { } anew && LeafAt(anew)?.Records.Any(r => r.Name == "claims/from") == true);

    // Footprints whose factors have been corrected since are accounted anew; what they were stays.
    private void RestateCorrected(IReadOnlyCollection<string> newSets, DateTimeOffset at, Dictionary<string, string> facts)
    {
        foreach (CarbonAccount account in _accounts.Where(a => a.Set is { } s && newSets.Contains(s.Name)))
        {
            foreach ((string name, string fact) in _ledger.Facts($"span:{account.Name}:"))
            {
                AccountSpan span = AccountSpan.Parse(fact);
                if (LeafAt(span.Leaf) is not { } last || !IsCorrected(last, account.Method))
                {
                    continue;
                }

                CalendarPeriod period = CalendarPeriod.Parse(name.Split(':')[2], _rhythm.Zone);
                CalendarPeriod? claimed = account.Method.TakesInstruments && IsOver(period, span, at) ? period : null;
                Unless(account, period.Name, () =>
                    Restate(
                        account,
                        name,
                        span,
                        account.Method,
                        LeafRecord.Of("set", $"{account.Set!.Name}/{account.Set.Version}"),
                        _factorsIndex[account.Set.Name],
                        claimed,
                        FactorsCorrected,
                        at,
                        facts
                    )
                );
            }
        }

        foreach ((string name, string fact) in _ledger.Facts("footprint:"))
        {
            if (
                _entryAccounts.FirstOrDefault(a => a.Name == name.Split(':')[2]) is not { } account
                || !newSets.Contains(account.Set.Name)
                || LeafAt(IndexIn(fact)) is not { } last
                || !IsCorrected(last, account.Method)
            )
            {
                continue;
            }

            IReadOnlyList<long> from = last.Head.ComputedFrom;
            IReadOnlyList<LeafRecord> records = account.RecordsOf(
                LeafAt(from[0])!.Records,
                LeafAt(from[^1])!.Records.First(r => r.Name == "amount"),
                last.Head.Index
            );
            facts[name] = Text(
                _pen.Write(LeafType.Carbon, at, records, h => h with { ComputedFrom = from, Factors = _factorsIndex[account.Set.Name] })
            );
        }
    }

    private static bool IsCorrected(Leaf carbon, RecordedMethod now) =>
        MethodOf(carbon) is var then && then.Terms == now.Terms && !then.Texts.SequenceEqual(now.Texts);

    private static RecordedMethod MethodOf(Leaf carbon) =>
        RecordedMethod.Read(
            carbon.Records.First(r => r.Name == "method").Text!,
            carbon.Records.Where(r => r.Text is not null).Select(r => (r.Name, r.Text!))
        );
}
