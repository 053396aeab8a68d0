using System.Text.Json;
using EdgeGateway.Reporting;

namespace EdgeGateway.Serving;

/// <summary>How the site's budgets stand. Computed anew only when the log has grown: the page asks each second.</summary>
internal sealed class TargetEndpoint(ServingModel model)
{
    private readonly Lock _computing = new();
    private (long Size, BudgetReport Report)? _newest;

    /// <summary>How they stand, from all that is recorded.</summary>
    public BudgetReport ToDate()
    {
        lock (_computing)
        {
            long size = model.Ledger.Size;
            if (_newest is not { } newest || newest.Size != size)
            {
                IReadOnlyList<PeriodTotal> totals =
                    model.Budgets.Count == 0 ? [] : CarbonTotals.Of(model.Ledger, model.Origin, model.TimeZone).Accounts;
                _newest = newest = (size, BudgetReport.Of(model.Budgets, totals, model.TimeZone));
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
        if (model.Budgets.Count == 0)
        {
            return LogEndpoints.Problem(
                404,
                "No targets",
                "The site file has no section 'targets', which names the yearly budgets of accounts."
            );
        }

        context.Response.Headers.Vary = "Accept";
        return context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "application/json")
            ? Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(ToDate(), BudgetReportJson.Default.BudgetReport), "application/json")
            : Results.Text(ToDate().ToText(), "text/plain");
    }
}
