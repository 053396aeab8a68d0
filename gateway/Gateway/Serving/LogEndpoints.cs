using System.Globalization;
using System.Text.Json;
using EdgeGateway.Evidence;
using EdgeGateway.Recording;

namespace EdgeGateway.Serving;

/// <summary>The pull of the log: the batches that publishers deliver, the same bytes, to whoever asks for them.</summary>
internal static class LogEndpoints
{
    /// <summary><c>GET /v1/log/entries?first=N</c>: the batch that begins at leaf N and ends at the next checkpoint, as CBOR.</summary>
    /// <remarks>
    /// <c>Link: …; rel="next"</c> names the batch after it. Follow it until the answer is 404 with <c>Retry-After</c>: that leaf is not
    /// under a checkpoint yet. 400: the query is wrong.
    /// </remarks>
    public static IResult Entries(HttpContext context, ServingModel model)
    {
        string? text = context.Request.Query["first"];
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long first))
        {
            string given = text is null ? "it is missing" : $"'{text}' is not one";
            return Problem(400, "Wrong query", $"first is the index of a leaf, a whole number from 0 such as /v1/log/entries?first=0; {given}.");
        }

        if (model.Ledger.BatchFrom(first) is not { } batch)
        {
            StoredCheckpoint? newest = model.Ledger.LastCheckpoint;
            context.Response.Headers.RetryAfter = RetryAfterSeconds(newest, model).ToString(CultureInfo.InvariantCulture);
            string covered = newest is null ? "there is no checkpoint yet" : $"the newest checkpoint covers {newest.Size} leaves, 0 to {newest.Size - 1}";
            return Problem(404, "Not under a checkpoint yet", $"No checkpoint covers leaf {first}: {covered}. Ask again after the next one.");
        }

        long next = batch.First + batch.Elements.Count;
        context.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture, $"</v1/log/entries?first={next}>; rel=\"next\"");
        return Results.Bytes(batch.Encode(), "application/cbor");
    }

    /// <summary><c>GET /v1/log/checkpoint</c>: the newest checkpoint as a C2SP signed note.</summary>
    public static IResult Checkpoint(HttpContext context, ServingModel model)
    {
        if (model.Ledger.LastCheckpoint is { } checkpoint)
        {
            return Results.Text(checkpoint.Note, "text/plain; charset=utf-8");
        }

        context.Response.Headers.RetryAfter = RetryAfterSeconds(null, model).ToString(CultureInfo.InvariantCulture);
        return Problem(404, "No checkpoint yet", "The log has not been signed yet. Ask again after the first checkpoint.");
    }

    private static long RetryAfterSeconds(StoredCheckpoint? newest, ServingModel model)
    {
        TimeSpan wait = newest is null ? TimeSpan.Zero : newest.Time + model.Checkpoint - model.Time.GetUtcNow();
        return Math.Clamp((long)Math.Ceiling(wait.TotalSeconds), 1, (long)Math.Ceiling(model.Checkpoint.TotalSeconds));
    }

    /// <summary>Problem details (RFC 9457).</summary>
    private static ProblemResult Problem(int status, string title, string detail)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            writer.WriteStartObject();
            writer.WriteString("title", title);
            writer.WriteNumber("status", status);
            writer.WriteString("detail", detail);
            writer.WriteEndObject();
        }

        return new ProblemResult(status, json.ToArray());
    }

    private sealed class ProblemResult(int status, byte[] json) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/problem+json";
            context.Response.ContentLength = json.Length;
            return context.Response.Body.WriteAsync(json).AsTask();
        }
    }
}
