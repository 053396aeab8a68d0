using System.Net;
using System.Text.Json;
using EdgeGateway.Gateway.Tests.Publishing;
using EdgeGateway.Gateway.Tests.Serving;
using EdgeGateway.Readings;
using EdgeGateway.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeGateway.Gateway.Tests.Hosting;

/// <summary>That something of the gateway does not run is seen, by people on the page and by programs at /v1/health.</summary>
public sealed class HealthTests : IAsyncDisposable
{
    private readonly ServedSite _site = new();
    private readonly SignallingTime _time = new();
    private readonly ScriptedBody _body = new();
    private readonly KeptLines _log = new();
    private readonly Loop _loop;
    private readonly WebApplication _app;

    public HealthTests()
    {
        _time.SetUtcNow(ServedSite.Start);
        _loop = new Loop("witness w1", Duty.Records, _body.RunAsync, new Backoff(_time, new Random(1)), _time, _log);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapServing(_site.Model with { Loops = [Other("recorder", Duty.Records), _loop, Other("bus i2c-1", Duty.Measures)] });
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _loop.StopAsync(Cancellation);
        _loop.Dispose();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task A_loop_that_has_stopped_is_named_with_its_reason_and_next_try_until_it_has_proven_itself()
    {
        _site.Record(1, "boundary", ServedSite.Energy("in-L1", ObisCode.ActiveImport, 1));
        _site.Seal();
        await _app.StartAsync(Cancellation);
        using HttpClient reader = new() { BaseAddress = new Uri(_app.Urls.First()) };
        await _loop.StartAsync(Cancellation);
        await _body.BegunAsync();
        Assert.Equal(
            """{"runs":true,"loops":[{"name":"recorder","runs":true},{"name":"witness w1","runs":true},"""
                + """{"name":"bus i2c-1","runs":true}]}""",
            await HealthAsync(reader, HttpStatusCode.OK)
        );
        Assert.DoesNotContain("witness w1", await LiveAsync(reader), StringComparison.Ordinal);

        _body.End(new InvalidOperationException("what a surprise"));
        TimeSpan pause = await _time.NextWaitAsync();
        using (JsonDocument health = JsonDocument.Parse(await HealthAsync(reader, HttpStatusCode.ServiceUnavailable)))
        {
            Assert.False(health.RootElement.GetProperty("runs").GetBoolean());
            JsonElement witness = health.RootElement.GetProperty("loops")[1];
            Assert.Equal("what a surprise", witness.GetProperty("why").GetString());
            Assert.Equal(ServedSite.Start, witness.GetProperty("since").GetDateTimeOffset());
            TimeSpan next = witness.GetProperty("nextTry").GetDateTimeOffset() - ServedSite.Start;
            Assert.InRange(next, pause, pause + TimeSpan.FromMilliseconds(1)); // pauses are kept in whole milliseconds
        }

        string page = await LiveAsync(reader);
        Assert.Contains("witness w1 does not run since 14:00:00: what a surprise Next try 14:00:0", page, StringComparison.Ordinal);
        Assert.Matches("<article id=\"records\" class=\"look\">", page);
        Assert.Matches("<small>but not all of it runs</small>", page);

        _time.Advance(pause);
        await _body.BegunAsync();
        await _time.NextWaitAsync();
        await HealthAsync(reader, HttpStatusCode.ServiceUnavailable);
        _time.Advance(Loop.Trial);
        await _log.NextAsync("Information: witness w1: works again");
        await HealthAsync(reader, HttpStatusCode.OK);
        Assert.DoesNotContain("witness w1", await LiveAsync(reader), StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_run_makes_no_bad_answer_better_and_a_good_one_worth_a_look()
    {
        Status bad = new("Does not measure", Verdict.Bad, "no meter has a value", ["in-L1: no answer."]);
        Assert.Same(bad, bad.With([Other("bus i2c-1", Duty.Measures)], ServedSite.Start, TimeZoneInfo.Utc));
        Progress progress = new(TimeSpan.FromSeconds(30), _time);
        using Loop hung = new("bus i2c-1", Duty.Measures, _body.RunAsync, new Backoff(_time, new Random(1)), _time, _log, progress);
        _time.Advance(TimeSpan.FromSeconds(31));
        Status with = bad.With([hung], _time.GetUtcNow(), TimeZoneInfo.Utc);
        Assert.Equal((Verdict.Bad, "no meter has a value"), (with.Verdict, with.Answer));
        Assert.Equal(
            ["bus i2c-1 does not run since 06:00:00: It has done nothing for 31 s: what it waits for hangs.", "in-L1: no answer."],
            with.Reasons
        );
    }

    [Fact]
    public async Task Leaves_and_entries_are_the_same_batches_and_each_names_its_own_next_one()
    {
        _site.Record(1, "boundary", ServedSite.Energy("in-L1", ObisCode.ActiveImport, 1));
        _site.Seal();
        await _app.StartAsync(Cancellation);
        using HttpClient reader = new() { BaseAddress = new Uri(_app.Urls.First()) };
        using HttpResponseMessage leaves = await reader.GetAsync(new Uri("v1/log/leaves?first=0", UriKind.Relative), Cancellation);
        using HttpResponseMessage entries = await reader.GetAsync(new Uri("v1/log/entries?first=0", UriKind.Relative), Cancellation);
        Assert.Equal(await leaves.Content.ReadAsByteArrayAsync(Cancellation), await entries.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("</v1/log/leaves?first=1>; rel=\"next\"", leaves.Headers.GetValues("Link").Single());
        Assert.Equal("</v1/log/entries?first=1>; rel=\"next\"", entries.Headers.GetValues("Link").Single());
    }

    private static async Task<string> HealthAsync(HttpClient reader, HttpStatusCode status)
    {
        using HttpResponseMessage answer = await reader.GetAsync(new Uri("v1/health", UriKind.Relative), Cancellation).InTimeAsync();
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }

    private static Task<string> LiveAsync(HttpClient reader) =>
        reader.GetStringAsync(new Uri("live", UriKind.Relative), Cancellation).InTimeAsync();

    private Loop Other(string name, Duty duty) =>
        new(name, duty, _ => Task.CompletedTask, new Backoff(_time, new Random(1)), _time, NullLogger.Instance);
}
