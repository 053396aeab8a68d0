using EdgeGateway.Evidence.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EdgeGateway.Gateway.Tests;

/// <summary><c>openssl ts</c> behind a Kestrel of its own: RFC 3161 over HTTP (§3.4).</summary>
internal sealed class StampingServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _asked;

    private StampingServer()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/tsr", AnswerAsync);
    }

    public StampingAuthority Authority { get; } = new();

    public Uri Url => new(_app.Urls.First() + "/tsr");

    /// <summary>Requests so far.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>What it does with a query instead of answering it.</summary>
    public Func<HttpResponse, byte[], Task>? Instead { get; set; }

    public static async Task<StampingServer> StartAsync()
    {
        StampingServer server = new();
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Authority.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _asked);
        using MemoryStream query = new();
        await context.Request.Body.CopyToAsync(query, context.RequestAborted);
        if (Instead is { } instead)
        {
            await instead(context.Response, query.ToArray());
            return;
        }

        context.Response.StatusCode = context.Request.ContentType == "application/timestamp-query" ? 200 : 415;
        context.Response.ContentType = "application/timestamp-reply";
        await context.Response.Body.WriteAsync(Authority.Answer(query.ToArray()), context.RequestAborted);
    }
}
