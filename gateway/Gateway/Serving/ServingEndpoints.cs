using Microsoft.Extensions.FileProviders;

namespace EdgeGateway.Serving;

/// <summary>The maintenance page and the interface for pulls.</summary>
public static class ServingEndpoints
{
    private static readonly string[] Reading = ["GET", "HEAD"];

    /// <summary>
    /// Maps the page at <c>/</c>, its parts, and <c>/v1</c>. No cross-origin access: what other sites' pages ask for they cannot read.
    /// </summary>
    public static void MapServing(this WebApplication app, ServingModel model)
    {
        app.Use(AddHeaders);
        app.UseStaticFiles(
            new StaticFileOptions
            {
                FileProvider = new PhysicalFileProvider(Path.Combine(AppContext.BaseDirectory, "wwwroot")),
                // Kept, but asked for again after an update.
                OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = "no-cache",
            }
        );
        MapPage(app, model);
        MapLog(app, model);
        MapReports(app, model);
        MapEntering(app, model);
        Map(app, "/v1/health", new HealthEndpoint(model.Loops).Health);
    }

    private static void MapPage(WebApplication app, ServingModel model)
    {
        LastHour hour = new(model.Ledger, model.Meters, model.ReadingSlot);
        TargetEndpoint targets = new(model.Budgets, model.Ledger, model.Origin, model.TimeZone);
        Map(app, "/", _ => Results.RazorSlice<Page, PageView>(new PageView(model, LiveView.Of(model, hour, targets))));
        Map(app, "/live", _ => Results.RazorSlice<Live, LiveView>(LiveView.Of(model, hour, targets)));
        Map(app, "/v1/power", new PowerEndpoint(hour, model.Time).Power);
        Map(app, "/v1/targets", targets.Progress);
    }

    private static void MapLog(WebApplication app, ServingModel model)
    {
        LogEndpoint log = new(model.Ledger, model.Groups, model.Keys, model.Certificates, model.Checkpoint, model.Time);
        Map(app, "/v1/log/leaves", log.Leaves);
        Map(app, "/v1/log/entries", log.Leaves); // their name before people entered anything
        Map(app, "/v1/log/bundle", log.Bundle);
        Map(app, "/v1/log/consistency", log.Consistency);
        Map(app, "/v1/log/keys", log.Keys);
        Map(app, "/v1/log/checkpoint", log.Checkpoint);
    }

    private static void MapReports(WebApplication app, ServingModel model)
    {
        CarbonEndpoint carbon = new(model.Ledger, model.Origin, model.TimeZone);
        FlowEndpoint flows = new(model.Ledger, model.TimeZone, model.Time, model.RecordsFlows);
        Map(app, "/v1/carbon", carbon.Totals);
        Map(app, "/v1/carbon/why", carbon.Explain);
        Map(app, "/v1/flows", flows.Figures);
        Map(app, "/v1/flows/why", flows.Explain);
    }

    private static void MapEntering(WebApplication app, ServingModel model)
    {
        FactorEndpoint factors = new(model.Factors, model.Time);
        EntryEndpoint entries = new(model.Door, model.Origin, model.TimeZone, model.Groups, model.Intensities, model.Time);
        Map(app, "/v1/factors", factors.Held);
        app.MapPost("/v1/factors", (RequestDelegate)factors.LoadAsync);
        app.MapPost("/v1/entries", (RequestDelegate)entries.EnterAsync);
    }

    private static void Map(WebApplication app, string path, Func<HttpContext, IResult> answer) =>
        app.MapMethods(path, Reading, (RequestDelegate)(context => answer(context).ExecuteAsync(context)));

    private static Task AddHeaders(HttpContext context, RequestDelegate next)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        return next(context);
    }
}
