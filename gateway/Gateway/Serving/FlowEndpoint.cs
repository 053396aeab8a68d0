using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Reporting;

namespace EdgeGateway.Serving;

/// <summary>The site's energy flows.</summary>
/// <param name="ledger">What is recorded.</param>
/// <param name="zone">Where months begin.</param>
/// <param name="time">The clock by which it is dated.</param>
/// <param name="areRecorded">Whether the site file names the meters of flows.</param>
internal sealed class FlowEndpoint(Ledger ledger, TimeZoneInfo zone, TimeProvider time, bool areRecorded)
{
    private readonly Explanations _explanations = new(ledger);

    /// <summary>
    /// <c>GET /v1/flows</c>: this calendar month's figures and those of the one before, as text; as JSON for those who accept
    /// <c>application/json</c>.
    /// </summary>
    /// <remarks>404: the site file names no meters of flows.</remarks>
    public IResult Figures(HttpContext context)
    {
        if (!areRecorded)
        {
            return new Problem(
                404,
                "No flows",
                "The site file has no section 'flows', which names the meters of grid, generators and battery."
            );
        }

        return context.Answer(FlowReport.Of(ledger, zone, time.GetUtcNow()), r => r.ToText(), FlowReportJson.Default.FlowReport);
    }

    /// <summary>
    /// <c>GET /v1/flows/why?leaf=N</c>: how the energy flows of a slot came about (<see cref="FlowWhy"/>), as text, or as JSON for those
    /// who accept it.
    /// </summary>
    /// <remarks>400: the query is wrong. 404: the leaf is none, or no flow.</remarks>
    public IResult Explain(HttpContext context) =>
        _explanations.Explain(
            context,
            LeafType.Flow,
            "flow",
            "/v1/flows/why?leaf=7",
            FlowWhy.Of,
            w => w.ToText(),
            FlowWhyJson.Default.FlowWhy
        );
}
