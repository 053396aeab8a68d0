using System.Text.Json;
using EdgeGateway.Reporting;

namespace EdgeGateway.Serving;

/// <summary>The figures of the site's energy flows.</summary>
internal static class FlowEndpoint
{
    /// <summary>
    /// <c>GET /v1/flows</c>: this calendar month's figures and those of the one before, as text; as JSON for those who accept
    /// <c>application/json</c>.
    /// </summary>
    /// <remarks>404: the site file names no meters of flows.</remarks>
    public static IResult Figures(HttpContext context, ServingModel model)
    {
        if (!model.RecordsFlows)
        {
            return LogEndpoints.Problem(
                404,
                "No flows",
                "The site file has no section 'flows', which names the meters of grid, generators and battery."
            );
        }

        var report = FlowReport.Of(model.Ledger, model.TimeZone, model.Time.GetUtcNow());
        context.Response.Headers.Vary = "Accept";
        return context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "application/json")
            ? Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(report, FlowReportJson.Default.FlowReport), "application/json")
            : Results.Text(report.ToText(), "text/plain");
    }
}
