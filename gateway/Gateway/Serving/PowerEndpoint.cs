using System.Text.Json;

namespace EdgeGateway.Serving;

/// <summary>The power plot's numbers.</summary>
/// <param name="hour">What the last hour's readings say about power.</param>
/// <param name="time">The clock by which they are dated.</param>
internal sealed class PowerEndpoint(LastHour hour, TimeProvider time)
{
    /// <summary>
    /// <c>GET /v1/power[?group=NAME]</c>: mean power of each recorded slot of the last hour, of the groups or of one group's meters. A gap
    /// is null.
    /// </summary>
    public IResult Power(HttpContext context)
    {
        string? group = context.Request.Query["group"];
        PowerPlot plot = hour.Plot(time.GetUtcNow(), string.IsNullOrEmpty(group) ? null : group);
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

        return Results.Bytes(json.ToArray(), "application/json");
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
