using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Tests;
using EdgeGateway.Gateway.Tests.Site;

namespace EdgeGateway.Gateway.Tests.Serving;

/// <summary>Factor packs over the network.</summary>
public sealed class FactorEndpointTests : IAsyncDisposable
{
    private readonly SiteWithPacks _packs = new();
    private readonly ServedSite _site;

    public FactorEndpointTests() => _site = new ServedSite(packs: _packs);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _packs.Dispose();
    }

    [Fact]
    public async Task A_signed_pack_is_taken_and_holds_from_the_next_start_on()
    {
        using HttpClient http = await _site.ServeAsync();
        using HttpResponseMessage answer = await PostAsync(http, Pack("2", "0.5502"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using JsonDocument said = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(
            ("cn-grid-2023", "2"),
            (said.RootElement.GetProperty("set").GetString(), said.RootElement.GetProperty("version").GetString())
        );
        Assert.Equal("cn-grid-2023/2 0.5502 kgCO2/kWh", _packs.Used());
        Assert.Contains(
            "\"set\":\"cn-grid-2023\",\"version\":\"1\"",
            await http.GetStringAsync("/v1/factors", Cancellation),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_old_version_cannot_be_replayed_and_a_pack_of_another_signer_is_refused()
    {
        using OpenSslSigner other = new();
        using HttpClient http = await _site.ServeAsync();
        string old = Pack("2", "0.5502");
        (await PostAsync(http, old)).EnsureSuccessStatusCode();
        (await PostAsync(http, Pack("3", "0.5503"))).EnsureSuccessStatusCode();
        Assert.Equal(
            "The factor set cn-grid-2023 is there in version 3, and version 2 is not later. A correction has a later version.",
            await RefusedAsync(http, HttpStatusCode.Conflict, old)
        );
        Assert.Equal(
            "The pack is not as a trusted signer signed it: it was changed, or signed by another key.",
            await RefusedAsync(http, HttpStatusCode.Conflict, other.Pack("x.csv", OpenSslSigner.Grid("cn-grid-2023", "4", "0.6")))
        );
        Assert.Equal(
            "The pack is not signed: there is no file with its signature beside it, which is called as it is with " + ".sig behind.",
            await RefusedAsync(http, HttpStatusCode.Conflict, Pack("4", "0.5504"), signature: "")
        );
        Assert.Equal(
            "The signature is not base64url.",
            await RefusedAsync(http, HttpStatusCode.Conflict, Pack("4", "0.5504"), signature: "***")
        );
        Assert.Equal(
            "The pack is longer than the 1048576 bytes that a factor pack may have.",
            await RefusedAsync(http, HttpStatusCode.Conflict, _packs.Signer.Pack("long.csv", new byte[FactorPack.MostBytes + 1]))
        );
        Assert.Equal(["cn-grid-2023.3.csv", "cn-grid-2023.3.csv.sig"], _packs.Files);
        Assert.Equal("cn-grid-2023/3 0.5503 kgCO2/kWh", _packs.Used());
    }

    [Fact]
    public async Task After_64_packs_no_other_set_is_taken()
    {
        using HttpClient http = await _site.ServeAsync();
        for (int i = 1; i <= 64; i++)
        {
            (await PostAsync(http, Other($"plant-{i}"))).EnsureSuccessStatusCode();
        }

        Assert.StartsWith(
            "There are 64 factor packs already",
            await RefusedAsync(http, HttpStatusCode.Conflict, Other("plant-65")),
            StringComparison.Ordinal
        );
        Assert.Equal(128, _packs.Files.Length);
    }

    [Theory]
    [InlineData("Origin", "http://elsewhere.example", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("Origin", "http://127.0.0.1", false)] // another port is another site
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("Sec-Fetch-Site", "same-site", false)]
    [InlineData("Sec-Fetch-Site", "none", false)]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Origin", null, true)]
    public async Task A_page_of_another_site_cannot_bring_one(string header, string? value, bool taken)
    {
        using HttpClient http = await _site.ServeAsync();
        http.DefaultRequestHeaders.Add(header, value ?? _site.Address.GetLeftPart(UriPartial.Authority));
        string pack = Pack("2", "0.5502");
        if (taken)
        {
            (await PostAsync(http, pack)).EnsureSuccessStatusCode();
            return;
        }

        Assert.Equal(
            "Factor packs are taken from the gateway's own page, not from that of another site.",
            await RefusedAsync(http, HttpStatusCode.Forbidden, pack)
        );
        Assert.False(Directory.Exists(_packs.Folder));
    }

    [Fact]
    public async Task Without_signers_none_is_taken()
    {
        await using ServedSite site = new();
        using HttpClient http = await site.ServeAsync();
        Assert.Equal(
            "No signer of factor packs is trusted here. The site file names them under factorPacks.",
            await RefusedAsync(http, HttpStatusCode.Forbidden, Pack("2", "0.5502"))
        );
    }

    [Theory]
    [InlineData("31000000", "", 413)]
    [InlineData("9", "torn", 400)]
    public async Task What_does_not_arrive_is_answered_and_the_next_one_has_its_turn(string length, string sent, int status)
    {
        using HttpClient http = await _site.ServeAsync();
        using (TcpClient torn = new(_site.Address.Host, _site.Address.Port))
        {
            NetworkStream stream = torn.GetStream();
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"POST /v1/factors HTTP/1.1\r\nHost: {_site.Address.Authority}\r\nContent-Length: {length}\r\n\r\n{sent}"
                ),
                Cancellation
            );
            torn.Client.Shutdown(SocketShutdown.Send);
            string? line = await new StreamReader(stream).ReadLineAsync(Cancellation);
            // Who ends his side may have lost the other.
            Assert.True(line is null || line.StartsWith($"HTTP/1.1 {status}", StringComparison.Ordinal), line);
        }

        // When its connection has ended, its turn has not quite.
        string good = Pack("2", "0.5502");
        HttpStatusCode code = HttpStatusCode.TooManyRequests;
        for (int turns = 0; turns < 1000 && code == HttpStatusCode.TooManyRequests; turns++)
        {
            _site.Time.Advance(TimeSpan.FromSeconds(1));
            code = (await PostAsync(http, good)).StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, code);
    }

    [Fact]
    public async Task One_is_taken_at_a_time_and_none_within_a_second_of_a_refused_one()
    {
        using HttpClient http = await _site.ServeAsync();
        string good = Pack("2", "0.5502");
        using (TcpClient slow = new(_site.Address.Host, _site.Address.Port))
        {
            // Kestrel asks for the body when it is read: then the first has its turn.
            NetworkStream stream = slow.GetStream();
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"POST /v1/factors HTTP/1.1\r\nHost: {_site.Address.Authority}\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
                ),
                Cancellation
            );
            byte[] asked = new byte["HTTP/1.1 100 Continue\r\n\r\n".Length];
            await stream.ReadExactlyAsync(asked, Cancellation);
            Assert.Equal(
                "Another factor pack is being loaded. Try again in a second.",
                await RefusedAsync(http, HttpStatusCode.TooManyRequests, good)
            );
            await stream.WriteAsync("too short"u8.ToArray(), Cancellation);
            Assert.Equal("HTTP/1.1 409 Conflict", await new StreamReader(stream).ReadLineAsync(Cancellation));
        }

        using HttpResponseMessage answer = await PostAsync(http, good);
        Assert.Equal((HttpStatusCode.TooManyRequests, "1"), (answer.StatusCode, Assert.Single(answer.Headers.GetValues("Retry-After"))));
        Assert.Equal(
            """{"title":"Not now","status":429,"detail":"A factor pack has just been refused. Try again in a second."}""",
            await answer.Content.ReadAsStringAsync(Cancellation)
        );
        _site.Time.Advance(TimeSpan.FromSeconds(1));
        (await PostAsync(http, good)).EnsureSuccessStatusCode();
    }

    private async Task<string> RefusedAsync(HttpClient http, HttpStatusCode status, string pack, string? signature = null)
    {
        using HttpResponseMessage answer = await PostAsync(http, pack, signature);
        using JsonDocument problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal((status, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.ToString()));
        _site.Time.Advance(TimeSpan.FromSeconds(1));
        return problem.RootElement.GetProperty("detail").GetString()!;
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string pack, string? signature = null)
    {
        using ByteArrayContent body = new(await File.ReadAllBytesAsync(pack, Cancellation));
        signature ??= Base64Url.EncodeToString(await File.ReadAllBytesAsync(pack + ".sig", Cancellation));
        return await http.PostAsync($"/v1/factors?signature={signature}", body, Cancellation);
    }

    private string Pack(string version, string value) =>
        _packs.Signer.Pack($"grid-{version}.csv", OpenSslSigner.Grid("cn-grid-2023", version, value));

    private string Other(string set) =>
        _packs.Signer.Pack("x.csv", OpenSslSigner.Grid(set, "1", "0.1").Replace("CN-grid-east", "XX", StringComparison.Ordinal));
}
