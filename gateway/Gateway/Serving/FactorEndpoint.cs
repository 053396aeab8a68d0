using System.Buffers.Text;
using EdgeGateway.Recording;

namespace EdgeGateway.Serving;

/// <summary><c>POST /v1/factors?signature=…</c>: takes a factor pack, on the socket in the data folder alone. Whoever may write to that file may load one.</summary>
internal static class FactorEndpoint
{
    /// <summary>The body is the pack's bytes, <c>signature</c> those of its signature in base64url (RFC 4648 §5). 200 with what was stored once that is durable.</summary>
    /// <remarks>403: not on the socket. 409: the pack is refused. Both with the reason in words.</remarks>
    public static async Task LoadAsync(HttpContext context, ServingModel model)
    {
        IResult answer = context.Connection.LocalIpAddress is not null
            ? LogEndpoints.Problem(403, "Not here", "Factor packs are taken on the device itself, by edgectl factors load, not over the network.")
            : await LoadedAsync(context, model.Factors);
        await answer.ExecuteAsync(context);
    }

    private static async Task<IResult> LoadedAsync(HttpContext context, FactorStore factors)
    {
        byte[] body = new byte[FactorStore.MostBytes + 1];
        int read = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        try
        {
            return Results.Bytes(factors.Load(body[..read], SignatureIn(context.Request)), "application/json");
        }
        catch (InvalidDataException e)
        {
            return LogEndpoints.Problem(409, "Not loaded", e.Message);
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
