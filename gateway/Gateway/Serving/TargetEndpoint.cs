using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Reporting;
using EdgeGateway.Site;

namespace EdgeGateway.Serving;

/// <summary>How the site's budgets stand. Computed anew only when the log has grown: the page asks each second.</summary>
/// <param name="budgets">What some accounts may emit in a year. None: the site has no targets.</param>
/// <param name="ledger">What is recorded.</param>
/// <param name="origin">Which log it is.</param>
/// <param name="zone">Where years begin.</param>
internal sealed class TargetEndpoint(IReadOnlyList<BudgetSettings> budgets, Ledger ledger, Origin origin, TimeZoneInfo zone)
{
    private readonly Lock _computing = new();
    private (long Size, BudgetReport Report)? _newest;

    /// <summary>How they stand, from all that is recorded.</summary>
    public BudgetReport ToDate()
    {
        lock (_computing)
        {
            long size = ledger.Size;
            if (_newest is not { } newest || newest.Size != size)
            {
                IReadOnlyList<PeriodTotal> totals = budgets.Count == 0 ? [] : CarbonTotals.Of(ledger, origin, zone).Accounts;
                _newest = newest = (size, BudgetReport.Of(budgets, totals, zone));
            }

            return newest.Report;
        }
    }

    /// <summary>
    /// <c>GET /v1/targets</c>: the budgets of the site file with what was used and the projection, as text; as JSON for those who accept
    /// <c>application/json</c>.
    /// </summary>
    /// <remarks>404: the site file names no targets.</remarks>
    public IResult Progress(HttpContext context)
    {
        if (budgets.Count == 0)
        {
            return new Problem(404, "No targets", "The site file has no section 'targets', which names the yearly budgets of accounts.");
        }

        return context.Answer(ToDate(), r => r.ToText(), BudgetReportJson.Default.BudgetReport);
    }
}
