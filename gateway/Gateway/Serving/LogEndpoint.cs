using System.Globalization;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Signing;

namespace EdgeGateway.Serving;

/// <summary>The pull of the log: the batches that publishers deliver, the same bytes, to whoever asks for them.</summary>
/// <param name="ledger">What is recorded.</param>
/// <param name="groups">The disclosure groups, one of which a reader can ask for.</param>
/// <param name="keys">How the device's key has changed. Null: it has not.</param>
/// <param name="certificates">The device's certificates, or null.</param>
/// <param name="checkpointEvery">Longest time between two checkpoints.</param>
/// <param name="time">The clock by which it is dated.</param>
internal sealed class LogEndpoint(
    Ledger ledger,
    IReadOnlyList<string> groups,
    DeviceKeyHistory? keys,
    InstalledCertificates? certificates,
    TimeSpan checkpointEvery,
    TimeProvider time
)
{
    private const int MostLeaves = 256;
    private readonly KeyEvidence _keyEvidence = new(keys, certificates);

    /// <summary><c>GET /v1/log/leaves?first=N</c>: the batch that begins at leaf N and ends at the next checkpoint, as CBOR.</summary>
    /// <remarks>
    /// <c>/v1/log/entries</c> gives the same, for good.
    /// <c>&amp;group=NAME</c>, once or several times: the leaves of others are given by their hashes (<see cref="Disclosure"/>).
    /// <c>Link: …; rel="next"</c> names the batch after it. Follow it until the answer is 404 with <c>Retry-After</c>: that leaf is not
    /// under a checkpoint yet. 400: the query is wrong.
    /// </remarks>
    public IResult Leaves(HttpContext context)
    {
        string? text = context.Request.Query["first"];
        if (!Asked.IsIndex(text, out long first))
        {
            return Problem.WrongIndex("first", $"{context.Request.Path}?first=0", text);
        }

        if (ledger.BatchFrom(first) is not { } batch)
        {
            return NotCovered(context, $"leaf {first}");
        }

        string[] asked = [.. context.Request.Query["group"].OfType<string>()];
        if (asked.Except(groups).FirstOrDefault() is { } unknown)
        {
            return new Problem(400, "Wrong query", $"There is no group '{unknown}'; the groups here are {string.Join(", ", groups)}.");
        }

        string more = string.Concat(asked.Select(g => "&group=" + Uri.EscapeDataString(g)));
        long next = batch.First + batch.Elements.Count;
        string path = context.Request.Path.Value!;
        context.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture, $"<{path}?first={next}{more}>; rel=\"next\"");
        batch =
            asked.Length == 0
                ? batch
                : new Disclosure(asked, i => ledger.Leaves(i, i + 1) is [{ } bytes] ? LeafCodec.Decode(bytes).Head : null).Of(batch);
        return Bytes(context, batch.Encode(), "application/cbor");
    }

    /// <summary>
    /// <c>GET /v1/log/bundle?leaf=N[&amp;leaf=N …]</c>: up to 256 single leaves, each proven to be in the log, as CBOR; as JSON for those
    /// who accept <c>application/json</c>.
    /// </summary>
    /// <remarks>400: the query is wrong. 404 with <c>Retry-After</c>: not under a checkpoint yet. 410: the bytes of a leaf were
    /// thinned.</remarks>
    public IResult Bundle(HttpContext context)
    {
        string?[] texts = [.. context.Request.Query["leaf"]];
        List<long> indexes = [];
        foreach (string? text in texts.DefaultIfEmpty(null))
        {
            if (!Asked.IsIndex(text, out long index))
            {
                return Problem.WrongIndex("leaf", "/v1/log/bundle?leaf=7", text);
            }

            indexes.Add(index);
        }

        if (indexes.Count > MostLeaves || indexes.Distinct().Count() < indexes.Count)
        {
            return new Problem(
                400,
                "Wrong query",
                $"A bundle has at most {MostLeaves} leaves, none twice; {indexes.Count} were asked for."
            );
        }

        try
        {
            if (ledger.CheckpointFor(indexes.Max()) is not { } checkpoint)
            {
                return NotCovered(context, $"leaf {indexes.Max()}");
            }

            Bundle bundle = _keyEvidence.AddTo(ledger.BundleOf(_keyEvidence.WithLaterLeaf(indexes, checkpoint), checkpoint));
            context.Response.Headers.Vary = "Accept, Accept-Encoding";
            return context.AcceptsJson()
                ? Bytes(context, BundleJson.Encode(bundle), "application/json")
                : Bytes(context, bundle.Encode(), "application/cbor");
        }
        catch (InvalidDataException thinned)
        {
            return new Problem(410, "Thinned", thinned.Message);
        }
    }

    /// <summary><c>GET /v1/log/consistency?from=SIZE</c>: a COSE receipt that the log goes on from where it had so many leaves.</summary>
    /// <remarks>400: the query is wrong. 404 with <c>Retry-After</c>: the newest checkpoint is of a smaller log.</remarks>
    public IResult Consistency(HttpContext context)
    {
        string? text = context.Request.Query["from"];
        if (!Asked.IsIndex(text, out long older) || older == 0)
        {
            string given = text is null ? "it is missing" : $"'{text}' is not one";
            return new Problem(
                400,
                "Wrong query",
                $"from is the size of an older checkpoint, a whole number from 1 such as /v1/log/consistency?from=1; {given}."
            );
        }

        return ledger.ConsistencyFrom(older) is { } receipt
            ? Results.Bytes(receipt.Encode(), "application/cose; cose-type=\"cose-sign1\"")
            : NotCovered(context, $"{older} leaves");
    }

    /// <summary>
    /// <c>GET /v1/log/keys</c>: how the device's key has changed (<see cref="KeyHistory"/>), for a witness or whoever has only
    /// <c>device.pem</c>.
    /// </summary>
    /// <remarks>404: it never has.</remarks>
    public IResult Keys(HttpContext context) =>
        keys is { Changes: { Count: > 0 } changes }
            ? Bytes(context, KeyHistory.Encode([.. changes.Select(c => c.Evidence)]), "application/cbor")
            : new Problem(404, "No change", "The device's key has never changed: its public key is all that is needed.");

    /// <summary><c>GET /v1/log/checkpoint</c>: the newest checkpoint as a C2SP signed note.</summary>
    public IResult Checkpoint(HttpContext context)
    {
        if (ledger.LastCheckpoint is { } checkpoint)
        {
            return Results.Text(ledger.NoteWithCosignatures(checkpoint), "text/plain; charset=utf-8");
        }

        context.Response.Headers.RetryAfter = RetryAfterSeconds(null).ToString(CultureInfo.InvariantCulture);
        return new Problem(404, "No checkpoint yet", "The log has not been signed yet. Ask again after the first checkpoint.");
    }

    private Problem NotCovered(HttpContext context, string what)
    {
        StoredCheckpoint? newest = ledger.LastCheckpoint;
        context.Response.Headers.RetryAfter = RetryAfterSeconds(newest).ToString(CultureInfo.InvariantCulture);
        string covered = newest is null
            ? "there is no checkpoint yet"
            : $"the newest checkpoint covers {newest.Size} leaves, 0 to {newest.Size - 1}";
        return new Problem(404, "Not under a checkpoint yet", $"No checkpoint covers {what}: {covered}. Ask again after the next one.");
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

    private long RetryAfterSeconds(StoredCheckpoint? newest)
    {
        TimeSpan wait = newest is null ? TimeSpan.Zero : newest.Time + checkpointEvery - time.GetUtcNow();
        return Math.Clamp((long)Math.Ceiling(wait.TotalSeconds), 1, (long)Math.Ceiling(checkpointEvery.TotalSeconds));
    }
}
