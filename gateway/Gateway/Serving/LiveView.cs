using EdgeGateway.Accounting;
using EdgeGateway.Keeping;
using EdgeGateway.Readings;
using EdgeGateway.Reporting;

namespace EdgeGateway.Serving;

/// <summary>What the page shows and refreshes every second.</summary>
/// <param name="Time">The gateway's clock in the site's time zone.</param>
/// <param name="Statuses">Measures, records, delivers.</param>
/// <param name="Groups">The meters by disclosure group, in the site's order.</param>
/// <param name="Demand">The demand from the grid, or null where nobody watches it.</param>
/// <param name="DemandWarns">Whether it is a warning.</param>
/// <param name="Budgets">How the site's budgets stand.</param>
public sealed record LiveView(
    string Time,
    IReadOnlyList<Status> Statuses,
    IReadOnlyList<IGrouping<string, MeterRow>> Groups,
    string? Demand,
    bool DemandWarns,
    IReadOnlyList<BudgetState> Budgets
)
{
    /// <summary>Looks at everything once.</summary>
    internal static LiveView Of(ServingModel model, LastHour hour, TargetEndpoint targets)
    {
        DateTimeOffset now = model.Time.GetUtcNow();
        MeterRow[] rows =
        [
            .. model.Meters.Select(m =>
                MeterRow.Of(m, model.Now.Newest(m.Name, now, model.LongestAge)) with
                {
                    Gap = hour.NewestGap(m.Name, now) is { } gap ? Words.Of(gap, now, model.TimeZone) : null,
                }
            ),
        ];
        DemandRecord? demand = model.WatchesDemand ? DemandRecord.Parse(model.Ledger.Fact(FactNames.Demand)) : null;
        return new LiveView(
            Words.Clock(now, now, model.TimeZone),
            [
                Status.OfMeasuring(rows).With(LoopsOf(Duty.Measures), now, model.TimeZone),
                Status.OfRecording(model, hour.NewestReading(now), now).With(LoopsOf(Duty.Records), now, model.TimeZone),
                Status
                    .OfDelivering([.. model.Deliveries.Select(d => d.State)], now, model.TimeZone)
                    .With(LoopsOf(Duty.Delivers), now, model.TimeZone),
            ],
            [.. rows.GroupBy(r => r.Group)],
            demand is null ? null : Words.Of(demand, now, model.TimeZone),
            demand?.Warning is not null,
            targets.ToDate().Budgets
        );

        IEnumerable<Loop> LoopsOf(Duty duty) => model.Loops.Where(l => l.Duty == duty);
    }
}

/// <summary>The whole page.</summary>
/// <param name="Model">What is served.</param>
/// <param name="Live">What it shows first.</param>
public sealed record PageView(ServingModel Model, LiveView Live)
{
    /// <summary>Groups whose power can be plotted.</summary>
    public IEnumerable<string> PlottedGroups =>
        Model.Meters.Where(m => m.Obis == ObisCode.ActiveImport || m.Obis == ObisCode.ApparentImport).Select(m => m.Group).Distinct();
}
