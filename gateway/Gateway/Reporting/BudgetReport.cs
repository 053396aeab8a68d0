using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Targets;
using EdgeGateway.Site;
using Fractions;

namespace EdgeGateway.Reporting;

/// <summary>A figure of a budget.</summary>
/// <param name="Name">As <see cref="BudgetProgress"/> has it.</param>
/// <param name="Value">With six decimals, half to even, or null: there is none.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="NoValue">Why there is none, or null.</param>
/// <param name="Formula">In words.</param>
/// <param name="Inputs">What it was computed with.</param>
public sealed record BudgetFigure(string Name, string? Value, string Unit, string? NoValue, string Formula, string Inputs);

/// <summary>How a budget stands.</summary>
/// <param name="Accounts">Whose totals are added.</param>
/// <param name="From">First day of its year.</param>
/// <param name="Until">First day after its year.</param>
/// <param name="Verdict"><c>met</c>, <c>not met</c> or <c>no value</c>.</param>
/// <param name="Words">Why.</param>
/// <param name="CountedUntil">Up to when what was emitted is in the amount, in the site's time zone; null where there is no amount.</param>
/// <param name="Figures">In a fixed order.</param>
/// <param name="Notes">What to know of the amount: where it is not from the log, what is not in it, what the projection assumes.</param>
public sealed record BudgetState(
    IReadOnlyList<string> Accounts,
    string From,
    string Until,
    string Verdict,
    string Words,
    DateTimeOffset? CountedUntil,
    IReadOnlyList<BudgetFigure> Figures,
    IReadOnlyList<string> Notes
)
{
    /// <summary>The figure of a name.</summary>
    public BudgetFigure this[string name] => Figures.First(f => f.Name == name);
}

/// <summary>How the site's budgets stand, from the accounts by period.</summary>
/// <remarks>
/// <code>
///   scope2-location  ──2026-01──┬──2026-02──┬──2026-03──┬─04─►     newest slot
///   scope1-diesel    ──entered──┬──entered──┐                      no entry of March yet: both count up to the end of February
/// </code>
/// What was used is counted up to when all accounts of a budget are known. Accounts are kept by month, and entries by their own days:
/// neither is divided. An account is known as far as it is recorded without a day missing; shorter gaps are noted. A day that has begun is
/// in the amount and not among the days passed, so that the projection is never too low for it.
/// </remarks>
/// <param name="Budgets">In the order of the site file.</param>
public sealed record BudgetReport(IReadOnlyList<BudgetState> Budgets)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Judges them.</summary>
    /// <param name="budgets">The budgets.</param>
    /// <param name="totals">The accounts by period.</param>
    /// <param name="zone">The site's time zone, in which years begin.</param>
    public static BudgetReport Of(IReadOnlyList<BudgetSettings> budgets, IReadOnlyList<PeriodTotal> totals, TimeZoneInfo zone) =>
        new([.. budgets.Select(b => Of(b, totals, zone))]);

    /// <summary>For a person.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        foreach (BudgetState budget in Budgets)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{budget.From} to {budget.Until}, {string.Join(" + ", budget.Accounts)}: {budget.Verdict}, {budget.Words}"
            );
            foreach (BudgetFigure figure in budget.Figures)
            {
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"  {figure.Name}: {(figure.Value is null ? $"no value: {figure.NoValue}" : $"{figure.Value} {figure.Unit}")}"
                );
                text.AppendLine(CultureInfo.InvariantCulture, $"      {figure.Formula}; {figure.Inputs}");
            }

            foreach (string note in budget.Notes)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {note}");
            }
        }

        return text.ToString();
    }

    private static BudgetState Of(BudgetSettings settings, IReadOnlyList<PeriodTotal> totals, TimeZoneInfo zone)
    {
        Period year = settings.Budget.Year;
        UsedSoFar used = new(settings, totals, zone);
        (Quantity? amount, string? none, DateTimeOffset cut) = used.Count();
        DateOnly passed = amount is null ? year.From : DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(cut, zone).DateTime);
        BudgetProgress progress = (settings.Budget with { Used = new UsedToDate(passed, amount, none) }).Progress();
        return new BudgetState(
            settings.Accounts,
            Text(year.From),
            Text(year.Until),
            progress.Verdict switch
            {
                Attainment.Met => "met",
                Attainment.NotMet => "not met",
                _ => "no value",
            },
            progress.Words,
            amount is null ? null : TimeZoneInfo.ConvertTime(cut, zone),
            [
                .. progress.Figures.Select(f => new BudgetFigure(
                    f.Name,
                    f.Value is { } value ? Exact.Display(value) : null,
                    f.Unit,
                    f.NoValue,
                    f.Derivation.Formula,
                    string.Join(", ", f.Derivation.Inputs.Select(i => $"{i.Name} {i.Value}"))
                )),
            ],
            amount is null ? used.Notes : [.. used.Notes, .. progress.Figures.SelectMany(f => f.Derivation.Notes)]
        );
    }

    private static string Text(DateOnly day) => day.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>What the accounts of a budget have emitted in its year.</summary>
    private sealed class UsedSoFar(BudgetSettings settings, IReadOnlyList<PeriodTotal> totals, TimeZoneInfo zone)
    {
        private readonly DateTimeOffset _start = Midnight(settings.Budget.Year.From, zone),
            _end = Midnight(settings.Budget.Year.Until, zone);
        private readonly List<string> _notes = [];
        private bool _beganLater;

        public IReadOnlyList<string> Notes => _notes;

        /// <summary>The amount up to an instant, or the reason why there is none.</summary>
        public (Quantity? Amount, string? NoValue, DateTimeOffset Cut) Count()
        {
            // What is zero is zero wherever it is divided: an entry that was withdrawn.
            Stretch[] counting =
            [
                .. totals
                    .Where(t => settings.Accounts.Contains(t.Account))
                    .Select(t => new Stretch(t, PeriodOf(t)))
                    .Where(s => s.Period.From < _end && s.Period.To > _start && s.Kilograms is not { IsZero: true }),
            ];
            if (counting.FirstOrDefault(s => s.Period.From < _start || s.Period.To > _end) is { } partly)
            {
                return None(
                    $"{partly.Name} is only partly in the year and is not divided; where it was entered, correct it to 0 and "
                        + "enter its parts anew"
                );
            }

            List<(string Account, DateTimeOffset Known)> known = [];
            foreach (string account in settings.Accounts)
            {
                (DateTimeOffset to, string? unknown) = KnownOf(account);
                if (unknown is not null)
                {
                    return None(unknown);
                }

                known.Add((account, to));
            }

            if (settings.Before is not null && !_beganLater)
            {
                return None(
                    "the site file gives an amount before the gateway recorded, and all accounts are recorded since the year "
                        + "began: one of the two is counted twice. Take before out"
                );
            }

            (string last, DateTimeOffset first) = known.MinBy(k => k.Known);
            DateTimeOffset newest = known.Max(k => k.Known),
                cut = Date(first) == Date(newest) ? newest : first;
            while (counting.FirstOrDefault(s => s.Period.From < cut && cut < s.Total.To) is { } over)
            {
                cut = over.Period.From;
            }

            if (cut <= _start)
            {
                return None($"{last} is recorded only up to {Clock(first)}, and the periods of the accounts are not divided");
            }

            if (cut < newest)
            {
                _notes.Add(
                    $"Counted up to {Clock(cut)}: {last} is recorded only up to {Clock(first)}, and the periods of the accounts "
                        + "are not divided."
                );
            }

            Stretch[] counted = [.. counting.Where(s => s.Total.To <= cut)];
            return counted.FirstOrDefault(s => s.Kilograms is null) is { } blocked
                ? None($"{blocked.Name} has no total: {blocked.Total.NoAmount}")
                : (Sum(counted), null, cut);

            (Quantity? Amount, string? NoValue, DateTimeOffset Cut) None(string reason) => (null, reason, _start);
        }

        private Quantity Sum(IEnumerable<Stretch> counted)
        {
            Quantity sum = new(counted.Aggregate(Fraction.Zero, (all, s) => all + s.Kilograms!.Value), Unit.KilogramCarbonDioxide);
            if (settings.Before is not { } before)
            {
                return sum;
            }

            _notes.Add($"{before} of it are not from the log; the source that the site file names: {settings.BeforeSource}.");
            return sum + before;
        }

        // Up to when an account is known from the year's begin on, or why nothing of it is.
        private (DateTimeOffset To, string? Unknown) KnownOf(string account)
        {
            DateTimeOffset known = _start;
            foreach (PeriodTotal total in totals.Where(t => t.Account == account && t.To > _start).OrderBy(t => t.From))
            {
                bool begins = known == _start && total.From > _start;
                _beganLater |= begins;
                if (begins && settings.Before is null && total.From - _start >= Day)
                {
                    return (
                        known,
                        $"{account} is recorded only since {Clock(total.From)}. What was emitted in the year before can be "
                            + "written as before in the site file"
                    );
                }

                if (begins && settings.Before is not null)
                {
                    _notes.Add($"{account} is recorded since {Clock(total.From)}.");
                }
                else if (total.From > known)
                {
                    _notes.Add($"Nothing of {account} is recorded from {Clock(known)} to {Clock(total.From)}.");
                    if (total.From - known >= Day)
                    {
                        break;
                    }
                }

                known = total.To > known ? total.To : known;
            }

            return (known < _end ? known : _end, known == _start ? $"nothing of {account} is recorded in the year yet" : null);
        }

        private CalendarPeriod PeriodOf(PeriodTotal total) =>
            total.Period.Contains("..", StringComparison.Ordinal)
                ? new CalendarPeriod(total.Period, total.From, total.To)
                : CalendarPeriod.Parse(total.Period, zone);

        private DateTime Date(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, zone).Date;

        private string Clock(DateTimeOffset time) =>
            TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

        private static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
        {
            DateTime midnight = day.ToDateTime(TimeOnly.MinValue);
            return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUniversalTime();
        }
    }

    /// <summary>A total with the period that it counts in: a slot over the end of a month is of the month in which it ends.</summary>
    private sealed record Stretch(PeriodTotal Total, CalendarPeriod Period)
    {
        public Fraction? Kilograms { get; } = Total.Kilograms is { } kilograms ? Exact.Parse(kilograms) : null;

        public string Name => $"{Total.Account} of {Total.Period} (leaf {Total.Leaf})";
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BudgetReport))]
internal sealed partial class BudgetReportJson : JsonSerializerContext;
