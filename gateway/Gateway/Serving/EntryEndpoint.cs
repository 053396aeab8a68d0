using System.Globalization;
using EdgeGateway.Entering;

namespace EdgeGateway.Serving;

/// <summary>
/// <c>POST /v1/entries</c>: what people enter, on the socket in the data folder alone. Whoever may write to that file may enter.
/// </summary>
internal static class EntryEndpoint
{
    /// <summary>Takes an entry (<see cref="EntryRequest"/>). 201 with the index of its leaf once that is durable.</summary>
    /// <remarks>403: not on the socket. 400: the entry is wrong. 409: it does not fit what is recorded. 503: it could not be recorded. All
    /// with the reason in words.</remarks>
    public static async Task EnterAsync(HttpContext context, ServingModel model)
    {
        IResult answer =
            context.Connection.LocalIpAddress is not null || model.Door is null
                ? LogEndpoints.Problem(403, "Not here", "Entries are taken on the device itself, by edgectl enter, not over the network.")
                : await EnteredAsync(context, model, model.Door);
        await answer.ExecuteAsync(context);
    }

    private static async Task<IResult> EnteredAsync(HttpContext context, ServingModel model, CommandDoor door)
    {
        byte[] body = new byte[Entry.MaxBytes + 1];
        int read = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        Entry entry;
        try
        {
            entry =
                read < body.Length
                    ? Entry.Parse(
                        body.AsSpan(0, read),
                        model.Time.GetUtcNow(),
                        model.TimeZone,
                        [.. model.Meters.Select(m => m.Group).Distinct()],
                        model.Intensities
                    )
                    : throw new InvalidDataException($"An entry has at most {Entry.MaxBytes} bytes.");
        }
        catch (InvalidDataException e)
        {
            return LogEndpoints.Problem(400, "Wrong entry", e.Message);
        }

        try
        {
            long leaf = await door.EnterAsync(entry, context.RequestAborted);
            return Results.Text(
                string.Create(CultureInfo.InvariantCulture, $$"""{"leaf":{{leaf}},"log":"{{model.Origin}}"}"""),
                "application/json",
                statusCode: 201
            );
        }
        catch (InvalidDataException e)
        {
            return LogEndpoints.Problem(409, "Not recorded", e.Message);
        }
        catch (IOException e)
        {
            return LogEndpoints.Problem(503, "Not recorded", e.Message);
        }
    }
}
