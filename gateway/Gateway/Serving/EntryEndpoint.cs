using System.Globalization;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Site;

namespace EdgeGateway.Serving;

/// <summary>
/// <c>POST /v1/entries</c>: what people enter, on the socket in the data folder alone. Whoever may write to that file may enter.
/// </summary>
/// <param name="door">The way into the log, or null where there is none.</param>
/// <param name="origin">Which log it is.</param>
/// <param name="zone">In which entries tell the time.</param>
/// <param name="groups">The disclosure groups, one of which an entry belongs to.</param>
/// <param name="series">The site's series of intensities.</param>
/// <param name="time">The clock by which entries are judged.</param>
internal sealed class EntryEndpoint(
    CommandDoor? door,
    Origin origin,
    TimeZoneInfo zone,
    IReadOnlyList<string> groups,
    IReadOnlyList<IntensitySettings> series,
    TimeProvider time
)
{
    /// <summary>Takes an entry (<see cref="EntryRequest"/>). 201 with the index of its leaf once that is durable.</summary>
    /// <remarks>403: not on the socket. 400: the entry is wrong. 409: it does not fit what is recorded. 503: it could not be recorded. All
    /// with the reason in words.</remarks>
    public async Task EnterAsync(HttpContext context)
    {
        IResult answer =
            context.Connection.LocalIpAddress is not null || door is null
                ? new Problem(403, "Not here", "Entries are taken on the device itself, by edgectl enter, not over the network.")
                : await EnteredAsync(context, door);
        await answer.ExecuteAsync(context);
    }

    private async Task<IResult> EnteredAsync(HttpContext context, CommandDoor into)
    {
        byte[] body = new byte[Entry.MaxBytes + 1];
        int read = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        Entry entry;
        try
        {
            entry =
                read < body.Length
                    ? Entry.Parse(body.AsSpan(0, read), time.GetUtcNow(), zone, groups, series)
                    : throw new InvalidDataException($"An entry has at most {Entry.MaxBytes} bytes.");
        }
        catch (InvalidDataException e)
        {
            return new Problem(400, "Wrong entry", e.Message);
        }

        try
        {
            long leaf = await into.EnterAsync(entry, context.RequestAborted);
            return Results.Text(
                string.Create(CultureInfo.InvariantCulture, $$"""{"leaf":{{leaf}},"log":"{{origin}}"}"""),
                "application/json",
                statusCode: 201
            );
        }
        catch (InvalidDataException e)
        {
            return new Problem(409, "Not recorded", e.Message);
        }
        catch (IOException e)
        {
            return new Problem(503, "Not recorded", e.Message);
        }
    }
}
