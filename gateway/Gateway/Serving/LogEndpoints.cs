using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Reporting;

namespace EdgeGateway.Serving;

/// <summary>The pull of the log: the batches that publishers deliver, the same bytes, to whoever asks for them.</summary>
internal static class LogEndpoints
{
    private const int MostLeaves = 256;

    /// <summary><c>GET /v1/log/leaves?first=N</c>: the batch that begins at leaf N and ends at the next checkpoint, as CBOR.</summary>
    /// <remarks>
    /// <c>/v1/log/entries</c> gives the same, for good.
    /// <c>&amp;group=NAME</c>, once or several times: the leaves of others are given by their hashes (<see cref="Disclosure"/>).
    /// <c>Link: …; rel="next"</c> names the batch after it. Follow it until the answer is 404 with <c>Retry-After</c>: that leaf is not
    /// under a checkpoint yet. 400: the query is wrong.
    /// </remarks>
    public static IResult Leaves(HttpContext context, ServingModel model)
    {
        string? text = context.Request.Query["first"];
        if (!IsIndex(text, out long first))
        {
            return WrongIndex("first", $"{context.Request.Path}?first=0", text);
        }

        if (model.Ledger.BatchFrom(first) is not { } batch)
        {
            return NotCovered(context, model, $"leaf {first}");
        }

        string[] groups = [.. context.Request.Query["group"].OfType<string>()];
        if (groups.FirstOrDefault(g => model.Meters.All(m => m.Group != g)) is { } unknown)
        {
            return Problem(
                400,
                "Wrong query",
                $"There is no group '{unknown}'; the groups here are {string.Join(", ", model.Meters.Select(m => m.Group).Distinct())}."
            );
        }

        string more = string.Concat(groups.Select(g => "&group=" + Uri.EscapeDataString(g)));
        long next = batch.First + batch.Elements.Count;
        string path = context.Request.Path.Value!;
        context.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture, $"<{path}?first={next}{more}>; rel=\"next\"");
        batch =
            groups.Length == 0
                ? batch
                : new Disclosure(groups, i => model.Ledger.Leaves(i, i + 1) is [{ } bytes] ? LeafCodec.Decode(bytes).Head : null).Of(batch);
        return Bytes(context, batch.Encode(), "application/cbor");
    }

    /// <summary>
    /// <c>GET /v1/log/bundle?leaf=N[&amp;leaf=N …]</c>: up to 256 single leaves, each proven to be in the log, as CBOR; as JSON for those
    /// who accept <c>application/json</c>.
    /// </summary>
    /// <remarks>400: the query is wrong. 404 with <c>Retry-After</c>: not under a checkpoint yet. 410: the bytes of a leaf were
    /// thinned.</remarks>
    public static IResult Bundle(HttpContext context, ServingModel model)
    {
        string?[] texts = [.. context.Request.Query["leaf"]];
        List<long> indexes = [];
        foreach (string? text in texts.DefaultIfEmpty(null))
        {
            if (!IsIndex(text, out long index))
            {
                return WrongIndex("leaf", "/v1/log/bundle?leaf=7", text);
            }

            indexes.Add(index);
        }

        if (indexes.Count > MostLeaves || indexes.Distinct().Count() < indexes.Count)
        {
            return Problem(400, "Wrong query", $"A bundle has at most {MostLeaves} leaves, none twice; {indexes.Count} were asked for.");
        }

        try
        {
            if (model.Ledger.CheckpointFor(indexes.Max()) is not { } checkpoint)
            {
                return NotCovered(context, model, $"leaf {indexes.Max()}");
            }

            Bundle bundle = KeyEvidence.AddTo(
                model.Ledger.BundleOf(KeyEvidence.WithLaterLeaf(indexes, checkpoint, model), checkpoint),
                model
            );
            bool json = context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "application/json");
            context.Response.Headers.Vary = "Accept, Accept-Encoding";
            return json
                ? Bytes(context, BundleJson.Encode(bundle), "application/json")
                : Bytes(context, bundle.Encode(), "application/cbor");
        }
        catch (InvalidDataException thinned)
        {
            return Problem(410, "Thinned", thinned.Message);
        }
    }

    /// <summary><c>GET /v1/log/consistency?from=SIZE</c>: a COSE receipt that the log goes on from where it had so many leaves.</summary>
    /// <remarks>400: the query is wrong. 404 with <c>Retry-After</c>: the newest checkpoint is of a smaller log.</remarks>
    public static IResult Consistency(HttpContext context, ServingModel model)
    {
        string? text = context.Request.Query["from"];
        if (!IsIndex(text, out long older) || older == 0)
        {
            string given = text is null ? "it is missing" : $"'{text}' is not one";
            return Problem(
                400,
                "Wrong query",
                $"from is the size of an older checkpoint, a whole number from 1 such as /v1/log/consistency?from=1; {given}."
            );
        }

        return model.Ledger.ConsistencyFrom(older) is { } receipt
            ? Results.Bytes(receipt.Encode(), "application/cose; cose-type=\"cose-sign1\"")
            : NotCovered(context, model, $"{older} leaves");
    }

    /// <summary>
    /// <c>GET /v1/carbon</c>: the accounts by period, and emissions for a unit of product (<see cref="CarbonTotals"/>), as text, or as JSON
    /// for those who accept it.
    /// </summary>
    public static IResult Totals(HttpContext context, ServingModel model)
    {
        var totals = CarbonTotals.Of(model.Ledger, model.Origin, model.TimeZone);
        context.Response.Headers.Vary = "Accept";
        return context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "application/json")
            ? Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(totals, CarbonTotalsJson.Default.CarbonTotals), "application/json")
            : Results.Text(totals.ToText(), "text/plain");
    }

    /// <summary>
    /// <c>GET /v1/carbon/why?leaf=N</c>: how a footprint came about (<see cref="Why"/>), as text, or as JSON for those who accept it.
    /// </summary>
    /// <remarks>400: the query is wrong. 404: the leaf is none, or no footprint.</remarks>
    public static IResult Explain(HttpContext context, ServingModel model) =>
        Explained(context, model, LeafType.Carbon, "footprint", "/v1/carbon/why?leaf=7", Why.Of, w => w.ToText(), WhyJson.Default.Why);

    /// <summary>
    /// <c>GET /v1/flows/why?leaf=N</c>: how the energy flows of a slot came about (<see cref="FlowWhy"/>), as text, or as JSON for those
    /// who accept it.
    /// </summary>
    /// <remarks>400: the query is wrong. 404: the leaf is none, or no flow.</remarks>
    public static IResult ExplainFlow(HttpContext context, ServingModel model) =>
        Explained(context, model, LeafType.Flow, "flow", "/v1/flows/why?leaf=7", FlowWhy.Of, w => w.ToText(), FlowWhyJson.Default.FlowWhy);

    private static IResult Explained<T>(
        HttpContext context,
        ServingModel model,
        string type,
        string what,
        string example,
        Func<Leaf, Func<long, Leaf?>, T> of,
        Func<T, string> toText,
        JsonTypeInfo<T> json
    )
    {
        string? text = context.Request.Query["leaf"];
        if (!IsIndex(text, out long index))
        {
            return WrongIndex("leaf", example, text);
        }

        if (LeafAt(index) is not { } leaf || leaf.Head.Type != type)
        {
            return Problem(404, $"No {what}", $"Leaf {index} is no {what} of this log, which has {model.Ledger.Size} leaves.");
        }

        T why;
        try
        {
            why = of(leaf, LeafAt);
        }
        catch (InvalidDataException e)
        {
            return Problem(404, "Not explained", $"Leaf {index} is a {what} of another version of the gateway: {e.Message}");
        }

        context.Response.Headers.Vary = "Accept";
        return context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "application/json")
            ? Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(why, json), "application/json")
            : Results.Text(toText(why), "text/plain");

        Leaf? LeafAt(long i) => model.Ledger.Leaves(i, i + 1) is [{ } bytes] ? LeafCodec.Decode(bytes) : null;
    }

    /// <summary>
    /// <c>GET /v1/log/keys</c>: how the device's key has changed (<see cref="KeyHistory"/>), for a witness or whoever has only
    /// <c>device.pem</c>.
    /// </summary>
    /// <remarks>404: it never has.</remarks>
    public static IResult Keys(HttpContext context, ServingModel model) =>
        model.Keys is { Changes: { Count: > 0 } changes }
            ? Bytes(context, KeyHistory.Encode([.. changes.Select(c => c.Evidence)]), "application/cbor")
            : Problem(404, "No change", "The device's key has never changed: its public key is all that is needed.");

    /// <summary><c>GET /v1/log/checkpoint</c>: the newest checkpoint as a C2SP signed note.</summary>
    public static IResult Checkpoint(HttpContext context, ServingModel model)
    {
        if (model.Ledger.LastCheckpoint is { } checkpoint)
        {
            return Results.Text(model.Ledger.NoteWithCosignatures(checkpoint), "text/plain; charset=utf-8");
        }

        context.Response.Headers.RetryAfter = RetryAfterSeconds(null, model).ToString(CultureInfo.InvariantCulture);
        return Problem(404, "No checkpoint yet", "The log has not been signed yet. Ask again after the first checkpoint.");
    }

    private static bool IsIndex(string? text, out long index) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index);

    private static ProblemResult WrongIndex(string name, string example, string? text)
    {
        string given = text is null ? "it is missing" : $"'{text}' is not one";
        return Problem(400, "Wrong query", $"{name} is the index of a leaf, a whole number from 0 such as {example}; {given}.");
    }

    private static ProblemResult NotCovered(HttpContext context, ServingModel model, string what)
    {
        StoredCheckpoint? newest = model.Ledger.LastCheckpoint;
        context.Response.Headers.RetryAfter = RetryAfterSeconds(newest, model).ToString(CultureInfo.InvariantCulture);
        string covered = newest is null
            ? "there is no checkpoint yet"
            : $"the newest checkpoint covers {newest.Size} leaves, 0 to {newest.Size - 1}";
        return Problem(404, "Not under a checkpoint yet", $"No checkpoint covers {what}: {covered}. Ask again after the next one.");
    }

    // A batch of readings becomes a fifth of its size.
    private static IResult Bytes(HttpContext context, byte[] bytes, string type)
    {
        if (!context.Request.GetTypedHeaders().AcceptEncoding.Any(e => e.Value == "deflate" && e.Quality != 0))
        {
            return Results.Bytes(bytes, type);
        }

        context.Response.Headers.ContentEncoding = "deflate";
        return Results.Bytes(Zlib.Pack(bytes), type);
    }

    private static long RetryAfterSeconds(StoredCheckpoint? newest, ServingModel model)
    {
        TimeSpan wait = newest is null ? TimeSpan.Zero : newest.Time + model.Checkpoint - model.Time.GetUtcNow();
        return Math.Clamp((long)Math.Ceiling(wait.TotalSeconds), 1, (long)Math.Ceiling(model.Checkpoint.TotalSeconds));
    }

    /// <summary>Problem details (RFC 9457).</summary>
    internal static ProblemResult Problem(int status, string title, string detail)
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

    internal sealed class ProblemResult(int status, byte[] json) : IResult
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
