using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Reporting;

namespace EdgeGateway.Serving;

/// <summary>The accounts of carbon.</summary>
/// <param name="ledger">What is recorded.</param>
/// <param name="origin">Which log it is.</param>
/// <param name="zone">Where months and years begin.</param>
internal sealed class CarbonEndpoint(Ledger ledger, Origin origin, TimeZoneInfo zone)
{
    private readonly Explanations _explanations = new(ledger);

    /// <summary>
    /// <c>GET /v1/carbon</c>: the accounts by period, and emissions for a unit of product (<see cref="CarbonTotals"/>), as text, or as JSON
    /// for those who accept it.
    /// </summary>
    public IResult Totals(HttpContext context) =>
        context.Answer(CarbonTotals.Of(ledger, origin, zone), t => t.ToText(), CarbonTotalsJson.Default.CarbonTotals);

    /// <summary>
    /// <c>GET /v1/carbon/why?leaf=N</c>: how a footprint came about (<see cref="Why"/>), as text, or as JSON for those who accept it.
    /// </summary>
    /// <remarks>400: the query is wrong. 404: the leaf is none, or no footprint.</remarks>
    public IResult Explain(HttpContext context) =>
        _explanations.Explain(context, LeafType.Carbon, "footprint", "/v1/carbon/why?leaf=7", Why.Of, w => w.ToText(), WhyJson.Default.Why);
}
