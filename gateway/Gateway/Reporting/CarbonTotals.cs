using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Serialization;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Accounts;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;

namespace EdgeGateway.Reporting;

/// <summary>What an account has emitted in a period, as it stands now.</summary>
/// <param name="Account">Its name.</param>
/// <param name="Period">Month or year of the site's calendar; of what was entered, its own days.</param>
/// <param name="From">Begin of what is counted.</param>
/// <param name="To">End, not included.</param>
/// <param name="Kilograms">CO₂, or null.</param>
/// <param name="NoAmount">Why there is no total, or null.</param>
/// <param name="Leaf">The newest footprint in it; where <paramref name="Restated"/> or entered, the one that is the whole amount.</param>
/// <param name="Restated">The period was accounted anew as a whole: it ended, an instrument came, or a factor was corrected.</param>
public sealed record PeriodTotal(
    string Account,
    string Period,
    DateTimeOffset From,
    DateTimeOffset To,
    string? Kilograms,
    string? NoAmount,
    long Leaf,
    bool Restated
);

/// <summary>Emissions for a unit of product in a month.</summary>
/// <param name="Product">As the site file names it where it is counted, or the subject of the production entries.</param>
/// <param name="Period">The month.</param>
/// <param name="Amount">What was made, with its unit; of the running month up to its last slot where it is counted.</param>
/// <param name="Account">Which account is set against it, all of it.</param>
/// <param name="KilogramsPerUnit">CO₂, shown with nine decimals, half to even; or null.</param>
/// <param name="NoValue">Why there is none, or null.</param>
/// <param name="Leaves">The readings between which it was counted, with the newest gap, or the production entries with their corrections;
/// and the newest footprints of the account.</param>
public sealed record ProductIntensity(
    string Product,
    string Period,
    string Amount,
    string Account,
    string? KilogramsPerUnit,
    string? NoValue,
    IReadOnlyList<long> Leaves
)
{
    /// <summary>That pieces may have passed uncounted, and which leaf tells of it; null where none did.</summary>
    public string? Gap { get; init; }
}

/// <summary>The accounts by period, from what the ledger remembers of them.</summary>
/// <param name="Log">The log.</param>
/// <param name="Accounts">By period and account.</param>
/// <param name="Intensities">By month, product and account. Only entries of production that lie within one month count.</param>
public sealed record CarbonTotals(string Log, IReadOnlyList<PeriodTotal> Accounts, IReadOnlyList<ProductIntensity> Intensities)
{
    /// <summary>Reads them.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="origin">Its log.</param>
    /// <param name="zone">Where months begin.</param>
    public static CarbonTotals Of(Ledger ledger, Origin origin, TimeZoneInfo zone)
    {
        ILookup<bool, NamedSpan> spans = ledger
            .Facts(FactNames.AllSpans)
            .Select(f => new NamedSpan(SpanName.Parse(f.Name), AccountSpan.Parse(f.Value)))
            .ToLookup(s => s.Name.IsIntensity);
        List<CountedTotal> totals = [.. spans[false].Select(s => OfSpan(ledger, s.Name, s.Span))];
        foreach (IGrouping<string, NamedSpan> account in spans[true].GroupBy(s => s.Name.Account))
        {
            foreach (
                IGrouping<string, AccountSpan> month in account.Select(s => s.Span).GroupBy(s => MonthOf(s.To.AddMilliseconds(-1), zone))
            )
            {
                totals.Add(OfSlots(ledger, account.Key, month.Key, [.. month.OrderBy(s => s.From)]));
            }
        }

        totals.AddRange(ledger.Facts(FactNames.AllFootprints).Select(f => OfEntry(LeafAt(ledger, LeafFact.Parse(f.Value))!, zone)));
        return new CarbonTotals(
            origin.ToString(),
            [.. totals.Select(t => t.Total).OrderBy(t => t.From).ThenBy(t => t.Account, StringComparer.Ordinal)],
            [.. IntensitiesOf(ledger, zone, totals)]
        );
    }

    /// <summary>For a person.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        foreach (PeriodTotal total in Accounts)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{total.Period}  {total.Account}: {(total.Kilograms is { } kg ? $"{kg} kg CO2" : $"no total, {total.NoAmount}")}"
            );
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"    {Minute(total.From)} to {Minute(total.To)}, {(total.Restated ? "leaf" : "slots up to leaf")} "
                    + $"{total.Leaf}: /v1/carbon/why?leaf={total.Leaf}"
            );
        }

        foreach (ProductIntensity intensity in Intensities)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{intensity.Period}  {intensity.Account} per {intensity.Product}: "
                    + $"{(intensity.KilogramsPerUnit is { } kg ? $"{kg} kg CO2" : $"no value, {intensity.NoValue}")}, of "
                    + $"{intensity.Amount}{(intensity.Gap is { } gap ? $"; {gap}" : "")}"
            );
        }

        return text.Length > 0 ? text.ToString() : "No footprint has been recorded yet.\n";
    }

    private static CountedTotal OfSpan(Ledger ledger, SpanName name, AccountSpan span)
    {
        CarbonLeaf? last = CarbonAt(ledger, span.Leaf);
        bool restated = last?.Restates is not null;
        string? none = null;
        if (span.Blocked > 0)
        {
            none = restated ? last!.NoAmount : $"{span.Blocked} of its slots have none: {last?.NoAmount}";
        }

        return new CountedTotal(
            new PeriodTotal(
                name.Account,
                name.Period,
                span.From,
                span.To,
                none is null ? Kilograms(span.Micrograms) : null,
                none,
                span.Leaf,
                restated
            ),
            none is null ? span.Micrograms : null
        );
    }

    // A month of slots of intensities, each with a total of its own.
    private static CountedTotal OfSlots(Ledger ledger, string account, string month, AccountSpan[] spans)
    {
        AccountSpan[] without = [.. spans.Where(s => s.Blocked > 0)];
        string? none =
            without.Length == 0
                ? null
                : $"{without.Length} of its {spans.Length} slots of intensities have none: "
                    + $"{CarbonAt(ledger, without[0].Leaf)?.NoAmount} from "
                    + $"{without[0].From.UtcDateTime:yyyy-MM-dd'T'HH:mm'Z'}";
        BigInteger sum = spans.Aggregate(BigInteger.Zero, (all, s) => all + s.Micrograms);
        return new CountedTotal(
            new PeriodTotal(
                account,
                month,
                spans[0].From,
                spans[^1].To,
                none is null ? Kilograms((long)sum) : null,
                none,
                spans[^1].Leaf,
                false
            ),
            none is null ? sum : null
        );
    }

    private static CountedTotal OfEntry(Leaf footprint, TimeZoneInfo zone)
    {
        var carbon = CarbonLeaf.Of(footprint);
        CalendarPeriod month = CalendarPeriod.Of(AccountPeriod.Month, carbon.From, zone);
        string period = month.Holds(carbon.From, carbon.To) ? month.Name : $"{Day(carbon.From)}..{Day(carbon.To)}";
        long micrograms = carbon.Micrograms!.Value;
        return new CountedTotal(
            new PeriodTotal(carbon.Account, period, carbon.From, carbon.To, Kilograms(micrograms), null, footprint.Head.Index, true),
            micrograms
        );

        string Day(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    // A month in which a product is counted is counted by that alone: what was entered before its meter was there might be the same pieces.
    private static IEnumerable<ProductIntensity> IntensitiesOf(Ledger ledger, TimeZoneInfo zone, List<CountedTotal> totals)
    {
        Production[] counted = [.. Counted(ledger, zone)];
        foreach (
            Production made in counted
                .Concat(
                    Entered(ledger, zone)
                        .Where(e =>
                            !counted.Any(c => c.Month == e.Month && c.Product.Equals(e.Product, StringComparison.OrdinalIgnoreCase))
                        )
                )
                .OrderBy(p => p.Month.Name, StringComparer.Ordinal)
                .ThenBy(p => p.Product, StringComparer.Ordinal)
        )
        {
            foreach (
                var account in totals
                    .Where(t => t.Total.Period == made.Month.Name)
                    .GroupBy(t => t.Total.Account)
                    .OrderBy(a => a.Key, StringComparer.Ordinal)
            )
            {
                BigInteger? micrograms = account.Any(a => a.Micrograms is null)
                    ? null
                    : account.Aggregate(BigInteger.Zero, (sum, a) => sum + a.Micrograms!.Value);
                Figure figure = Indicators.Intensity(
                    new Activity(made.Product, made.Amount, null, made.Collected),
                    micrograms,
                    "CO2",
                    account.Key
                );
                string? none = NotAllOf(made, account.Key, account.Min(a => a.Total.From), account.Max(a => a.Total.To)) ?? figure.NoValue;
                yield return new ProductIntensity(
                    made.Product,
                    made.Month.Name,
                    made.Amount.ToString(),
                    account.Key,
                    none is null ? Exact.Display(figure.Value!.Value, 9) : null,
                    none,
                    [.. new SortedSet<long>([.. made.Leaves, .. account.Select(a => a.Total.Leaf)])]
                )
                {
                    Gap =
                        made.Span is not { Blocked: > 0 } span ? null
                        : span.Blocked == 1 ? $"a gap in the count, leaf {span.Leaf}"
                        : $"{span.Blocked} gaps in the count, the newest in leaf {span.Leaf}",
                };
            }
        }
    }

    // Emissions of a time in which nobody counted would be set against the pieces of the rest.
    private static string? NotAllOf(Production made, string account, DateTimeOffset from, DateTimeOffset to)
    {
        DateTimeOffset first = from > made.Month.From ? from : made.Month.From;
        DateTimeOffset last = to < made.Month.To ? to : made.Month.To;
        return made.Span is { } span && (span.From > first || span.To < last)
            ? $"{made.Product} was counted from {Minute(span.From)} to {Minute(span.To)}, and {account} is from {Minute(first)} "
                + $"to {Minute(last)}"
            : null;
    }

    private static IEnumerable<Production> Counted(Ledger ledger, TimeZoneInfo zone) =>
        from fact in ledger.Facts(FactNames.AllMade)
        let span = AccountSpan.Parse(fact.Value)
        where span.Registers.Count > 0
        let name = MadeName.Parse(fact.Name)
        select new Production(
            name.Product,
            CalendarPeriod.Parse(name.Month, zone),
            span.Amount(i => LeafAt(ledger, i)),
            DataOrigin.Automatic,
            span.Blocked > 0 ? span.Readings.Append(span.Leaf) : span.Readings,
            span
        );

    private static IEnumerable<Production> Entered(Ledger ledger, TimeZoneInfo zone) =>
        from fact in ledger.Facts(FactNames.AllProduction)
        let chain = Correction.ChainOf(
            LeafAt(ledger, LeafFact.InName(fact.Name))!,
            leaf => CorrectionOf(ledger, leaf),
            i => LeafAt(ledger, i)
        )
        let made = Standing(chain)
        let month = CalendarPeriod.Of(AccountPeriod.Month, made.Entered.From, zone)
        where month.Holds(made.Entered.From, made.Entered.To)
        group (Leaves: chain, made.Entered.Amount) by (Month: month, Product: made.Subject, made.Entered.Amount.Unit) into g
        select new Production(
            g.Key.Product,
            g.Key.Month,
            g.Select(p => MeteredAmount.FromRecord(p.Amount.Number.Mantissa, p.Amount.Number.Exponent, p.Amount.Unit))
                .Aggregate((a, b) => a + b),
            DataOrigin.Manual,
            g.SelectMany(p => p.Leaves).Select(l => l.Head.Index),
            null
        );

    // An entry with what its corrections say.
    private static ManualLeaf Standing(IReadOnlyList<Leaf> chain) =>
        chain.Skip(1).Aggregate(ManualLeaf.Of(chain[0]), (held, next) => held.CorrectedBy(CorrectionLeaf.Of(next)));

    private static string Minute(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture);

    /// <summary>A span of an account with its name.</summary>
    private sealed record NamedSpan(SpanName Name, AccountSpan Span);

    /// <summary>A total as it is shown, and as it is counted on with; null where there is none.</summary>
    private sealed record CountedTotal(PeriodTotal Total, BigInteger? Micrograms);

    /// <summary>What was made of a product in a month.</summary>
    /// <param name="Span">Between which readings it was counted; null where it was entered.</param>
    private sealed record Production(
        string Product,
        CalendarPeriod Month,
        Quantity Amount,
        DataOrigin Collected,
        IEnumerable<long> Leaves,
        AccountSpan? Span
    );

    private static long? CorrectionOf(Ledger ledger, long leaf) =>
        ledger.Fact(FactNames.Superseded(leaf)) is { } by ? LeafFact.Parse(by) : null;

    private static string MonthOf(DateTimeOffset time, TimeZoneInfo zone) => CalendarPeriod.Of(AccountPeriod.Month, time, zone).Name;

    private static string Kilograms(long micrograms) => new DecimalFraction(-9, micrograms).ToString();

    private static CarbonLeaf? CarbonAt(Ledger ledger, long index) => LeafAt(ledger, index) is { } leaf ? CarbonLeaf.Of(leaf) : null;

    private static Leaf? LeafAt(Ledger ledger, long index) =>
        ledger.Leaves(index, index + 1) is [{ } bytes] ? LeafCodec.Decode(bytes) : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CarbonTotals))]
internal sealed partial class CarbonTotalsJson : JsonSerializerContext;
