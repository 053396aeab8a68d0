using System.Text.Json;

namespace EdgeGateway.Serving;

/// <summary>Whether everything that the gateway does is being done.</summary>
/// <param name="loops">All of it.</param>
internal sealed class HealthEndpoint(IReadOnlyList<Loop> loops)
{
    /// <summary>How it stands, in a sentence.</summary>
    public static string InWords(IReadOnlyList<Loop> loops)
    {
        string[] broken = [.. loops.Where(l => l.Outage is not null).Select(l => l.Name)];
        return broken.Length == 0 ? "Everything runs." : $"Not everything runs: {string.Join(", ", broken)}.";
    }

    /// <summary><c>GET /v1/health</c>: 200 when all loops run, 503 when one does not, as JSON.</summary>
    /// <remarks>
    /// <code>
    /// {"runs":false,"loops":[
    ///   {"name":"recorder","runs":true},
    ///   {"name":"delivery cloud","runs":false,"since":"2026-06-15T06:00:00Z","why":"…","nextTry":"2026-06-15T06:00:07Z"}]}
    /// </code>
    /// <c>since</c> and <c>nextTry</c> are in UTC; there is no <c>nextTry</c> where a thread hangs. A destination, a witness or an input
    /// that does not answer is no fault of its loop, which tries it again: the page tells of it.
    /// </remarks>
    public IResult Health(HttpContext context)
    {
        (string Name, Outage? Outage)[] now = [.. loops.Select(l => (l.Name, l.Outage))];
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("runs", now.All(l => l.Outage is null));
            writer.WriteStartArray("loops");
            foreach ((string name, Outage? outage) in now)
            {
                WriteLoop(writer, name, outage);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        context.Response.StatusCode = now.All(l => l.Outage is null) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return Results.Bytes(json.ToArray(), "application/json");
    }

    private static void WriteLoop(Utf8JsonWriter writer, string name, Outage? outage)
    {
        writer.WriteStartObject();
        writer.WriteString("name", name);
        writer.WriteBoolean("runs", outage is null);
        if (outage is not null)
        {
            writer.WriteString("since", outage.Since.UtcDateTime);
            writer.WriteString("why", outage.Why);
            if (outage.NextTry is { } next)
            {
                writer.WriteString("nextTry", next.UtcDateTime);
            }
        }

        writer.WriteEndObject();
    }
}
