using System.Buffers.Text;
using EdgeGateway.Site;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace EdgeGateway.Serving;

/// <summary>
/// <c>POST /v1/factors?signature=…</c>: takes a factor pack. Its signature says whether it is taken, not who brings it: it comes by the
/// socket in the data folder, or over the network where the site file names signers.
/// </summary>
/// <param name="factors">The sets that hold, and where packs of others are kept.</param>
/// <param name="time">Counts the second after a refusal.</param>
internal sealed class FactorEndpoint(FactorStore factors, TimeProvider time)
{
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromSeconds(1);

    // A whole pack then takes about a minute at most, and who sends more slowly does not keep others out.
    private static readonly MinDataRate Slowest = new(bytesPerSecond: 16 * 1024, gracePeriod: TimeSpan.FromSeconds(5));

    private bool _loading;
    private long? _refused;

    /// <summary>
    /// <c>GET /v1/factors</c>: the sets of emission factors in use, as JSON.
    /// </summary>
    public IResult Held(HttpContext context) => Results.Bytes(factors.ToJson(), "application/json");

    /// <summary>
    /// The body is the pack's bytes, <c>signature</c> those of its signature in base64url (RFC 4648 §5). 200 with what was stored once that
    /// is durable.
    /// </summary>
    /// <remarks>
    /// 403: over the network, and the site file names no signers or a page of another site asks. 409: the pack is refused. 400, 408, 413:
    /// it did not arrive whole, came too slowly, or is far too long. 429 with <c>Retry-After</c>: over the network, one at a time, and none
    /// within a second of a refused one. All with the reason in words.
    /// </remarks>
    public async Task LoadAsync(HttpContext context)
    {
        IResult answer = await AnswerAsync(context);
        await answer.ExecuteAsync(context);
    }

    private async Task<IResult> AnswerAsync(HttpContext context)
    {
        bool onThisDevice = context.Connection.LocalIpAddress is null;
        if (onThisDevice)
        {
            return await LoadedAsync(context);
        }

        if (!factors.TakesPacks)
        {
            return new Problem(403, "Not here", "No signer of factor packs is trusted here. The site file names them under factorPacks.");
        }

        return IsOfAnotherSite(context.Request)
            ? new Problem(403, "Not from there", "Factor packs are taken from the gateway's own page, not from that of another site.")
            : await OneAtATimeAsync(context);
    }

    // Browsers say where a page is from; what is no browser does not, and cannot be made to ask by a page.
    private static bool IsOfAnotherSite(HttpRequest request) =>
        (request.Headers.TryGetValue("Sec-Fetch-Site", out var site) && site != "same-origin")
        || (
            request.Headers.Origin is { Count: > 0 } origin
            && !(
                Uri.TryCreate(origin, UriKind.Absolute, out Uri? from)
                && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)
            )
        );

    private async Task<IResult> OneAtATimeAsync(HttpContext context)
    {
        if (Interlocked.Exchange(ref _loading, true))
        {
            return Busy(context, "Another factor pack is being loaded.");
        }

        try
        {
            if (_refused is { } before && time.GetElapsedTime(before) < AfterRefusal)
            {
                return Busy(context, "A factor pack has just been refused.");
            }

            if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            {
                rate.MinDataRate = Slowest;
            }

            IResult answer = await LoadedAsync(context);
            _refused = answer is Problem ? time.GetTimestamp() : null;
            return answer;
        }
        finally
        {
            Volatile.Write(ref _loading, false);
        }
    }

    private static Problem Busy(HttpContext context, string why)
    {
        context.Response.Headers.RetryAfter = "1";
        return new Problem(429, "Not now", $"{why} Try again in a second.");
    }

    private async Task<IResult> LoadedAsync(HttpContext context)
    {
        byte[] body = new byte[FactorStore.MostBytes + 1];
        try
        {
            int read = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, CancellationToken.None);
            return Results.Bytes(factors.Load(body[..read], SignatureIn(context.Request)), "application/json");
        }
        catch (InvalidDataException e)
        {
            return new Problem(409, "Not loaded", e.Message);
        }
        catch (IOException e)
        {
            // What goes wrong on the network is not for the gateway's log.
            return new Problem((e as BadHttpRequestException)?.StatusCode ?? 400, "Not received", e.Message);
        }
    }

    private static byte[] SignatureIn(HttpRequest request)
    {
        try
        {
            return Base64Url.DecodeFromChars(request.Query["signature"].ToString());
        }
        catch (FormatException e)
        {
            throw new InvalidDataException("The signature is not base64url.", e);
        }
    }
}
