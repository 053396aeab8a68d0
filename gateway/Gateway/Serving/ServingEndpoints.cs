using System.Text.Json;
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
        LastHour hour = new(model.Ledger, model.Meters, model.ReadingSlot);
        TargetEndpoint targets = new(model);
        FactorEndpoint factors = new(model);
        HealthEndpoint health = new(model.Loops);
        app.Use(AddHeaders);
        app.UseStaticFiles(
            new StaticFileOptions
            {
                FileProvider = new PhysicalFileProvider(Path.Combine(AppContext.BaseDirectory, "wwwroot")),
                // Kept, but asked for again after an update.
                OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = "no-cache",
            }
        );
        Map("/", _ => Results.RazorSlice<Page, PageView>(new PageView(model, LiveView.Of(model, hour, targets))));
        Map("/live", _ => Results.RazorSlice<Live, LiveView>(LiveView.Of(model, hour, targets)));
        Map("/v1/power", context => Results.Bytes(PowerJson(model, hour, context), "application/json"));
        Map("/v1/health", health.Health);
        Map("/v1/log/leaves", context => LogEndpoints.Leaves(context, model));
        Map("/v1/log/entries", context => LogEndpoints.Leaves(context, model)); // their name before people entered anything
        Map("/v1/log/bundle", context => LogEndpoints.Bundle(context, model));
        Map("/v1/log/consistency", context => LogEndpoints.Consistency(context, model));
        Map("/v1/log/keys", context => LogEndpoints.Keys(context, model));
        Map("/v1/log/checkpoint", context => LogEndpoints.Checkpoint(context, model));
        Map("/v1/carbon", context => LogEndpoints.Totals(context, model));
        Map("/v1/carbon/why", context => LogEndpoints.Explain(context, model));
        Map("/v1/factors", _ => Results.Bytes(model.Factors.ToJson(), "application/json"));
        app.MapPost("/v1/factors", (RequestDelegate)factors.LoadAsync);
        Map("/v1/flows", context => FlowEndpoint.Figures(context, model));
        Map("/v1/flows/why", context => LogEndpoints.ExplainFlow(context, model));
        Map("/v1/targets", targets.Progress);
        app.MapPost("/v1/entries", (RequestDelegate)(context => EntryEndpoint.EnterAsync(context, model)));

        void Map(string path, Func<HttpContext, IResult> answer) =>
            app.MapMethods(path, Reading, (RequestDelegate)(context => answer(context).ExecuteAsync(context)));
    }

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

    /// <summary>
    /// <c>GET /v1/power[?group=NAME]</c>: mean power of each recorded slot of the last hour, of the groups or of one group's meters. A gap
    /// is null.
    /// </summary>
    private static byte[] PowerJson(ServingModel model, LastHour hour, HttpContext context)
    {
        string? group = context.Request.Query["group"];
        PowerPlot plot = hour.Plot(model.Time.GetUtcNow(), string.IsNullOrEmpty(group) ? null : group);
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            writer.WriteStartObject();
            writer.WriteNumber("from", plot.Hour.Start.ToUnixTimeSeconds());
            writer.WriteNumber("to", plot.Hour.End.ToUnixTimeSeconds());
            writer.WriteNumber("slot", (long)plot.Slot.TotalSeconds);
            writer.WriteStartArray("ends");
            foreach (DateTimeOffset end in plot.Ends)
            {
                writer.WriteNumberValue(end.ToUnixTimeSeconds());
            }

            writer.WriteEndArray();
            writer.WriteStartArray("series");
            foreach (PowerSeries series in plot.Series)
            {
                WriteSeries(writer, series);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return json.ToArray();
    }

    private static void WriteSeries(Utf8JsonWriter writer, PowerSeries series)
    {
        writer.WriteStartObject();
        writer.WriteString("name", series.Name);
        writer.WriteString("unit", series.Unit);
        writer.WriteStartArray("power");
        foreach (decimal? power in series.Power)
        {
            if (power is { } value)
            {
                writer.WriteNumberValue(value);
            }
            else
            {
                writer.WriteNullValue();
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
