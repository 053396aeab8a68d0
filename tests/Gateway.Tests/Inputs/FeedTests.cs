using EdgeGateway.Entering;
using EdgeGateway.Inputs;
using EdgeGateway.Site;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MQTTnet;
using MQTTnet.Protocol;

namespace EdgeGateway.Gateway.Tests.Inputs;

/// <summary>What comes in by a file, a web server and a broker, up to the command door.</summary>
public sealed class FeedTests : IDisposable
{
    private const string Table = "from,until,gCO2/kWh\n2026-06-01T00:00Z,2026-06-01T01:00Z,";
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 2, 0, 0, TimeSpan.Zero);
    private static readonly IntensitySettings Grid = new("grid", TimeSpan.FromHours(1), "operator", null);

    private readonly string _folder = Directory.CreateTempSubdirectory("feed").FullName;
    private readonly CommandDoor _door = new();
    private readonly SignallingTime _time = new();
    private CancellationTokenSource _stop = new();
    private (DateTimeOffset Time, bool Confirmed) _clock = (Now, false);

    public void Dispose()
    {
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_file_is_taken_when_it_is_there_and_again_when_it_has_changed()
    {
        string path = Path.Combine(_folder, "grid.csv");
        (Feed feed, Task running) = Run(new FileInput(new FileInputSettings(path, TimeSpan.FromMinutes(1)), _time));
        await _time.NextWaitAsync(); // there is none yet
        Assert.Equal($"There is no file {path}.", feed.State.Failure!.Reason);

        Write(path, "500", 0);
        _time.Advance(Backoff.Longest);
        await TakenAsync("500 gCO2/kWh");
        Assert.Equal(TimeSpan.FromMinutes(1), await _time.NextWaitAsync());
        Assert.Null(feed.State.Failure);

        _time.Advance(TimeSpan.FromMinutes(1)); // the same
        await _time.NextWaitAsync();
        Write(path, "-5", 1);
        _time.Advance(TimeSpan.FromMinutes(1));
        await _time.NextWaitAsync();
        Assert.Equal(
            "What came was refused: Line 2: -5 gCO2/kWh is negative. No factor is; a negative intensity comes from a " + "wrong sum.",
            feed.State.Failure!.Reason
        );

        Write(path, "400", 2);
        _time.Advance(TimeSpan.FromMinutes(1));
        await TakenAsync("400 gCO2/kWh");
        await StopAsync(running);
    }

    [Fact]
    public async Task A_web_server_is_asked_each_interval_and_need_not_send_the_same_twice()
    {
        Queue<(int Status, string Body, string? Tag)> answers = new([
            (200, Table + "500", "\"a\""),
            (304, "", "\"a\""),
            (503, "", null),
            (200, "no table", null),
            (200, Table + "400", null),
        ]);
        List<string> tags = [];
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication server = builder.Build();
        server.MapGet("/grid.csv", async context =>
        {
            tags.Add(context.Request.Headers.IfNoneMatch.ToString());
            (int status, string body, string? tag) = answers.Dequeue();
            context.Response.StatusCode = status;
            context.Response.Headers.ETag = tag;
            await context.Response.WriteAsync(body);
        });
        await server.StartAsync(TestContext.Current.CancellationToken);
        using HttpClient http = new();
        (Feed feed, Task running) = Run(
            new HttpInput(new HttpInputSettings(new Uri($"{server.Urls.First()}/grid.csv"), TimeSpan.FromMinutes(15)), http, _time)
        );
        await TakenAsync("500 gCO2/kWh");
        Assert.Equal(TimeSpan.FromMinutes(15), await _time.NextWaitAsync());
        _time.Advance(TimeSpan.FromMinutes(15));
        await _time.NextWaitAsync();
        Assert.Null(feed.State.Failure);
        _time.Advance(TimeSpan.FromMinutes(15));
        await _time.NextWaitAsync();
        Assert.EndsWith("/grid.csv answers 503.", feed.State.Failure!.Reason, StringComparison.Ordinal);
        _time.Advance(Backoff.Longest);
        await _time.NextWaitAsync();
        Assert.Equal(
            "What came was refused: The first line is 'no table'. Write from,until and the unit of the values, which "
                + "is gCO2/kWh, kgCO2/kWh, kgCO2/MWh or tCO2/MWh: from,until,gCO2/kWh.",
            feed.State.Failure!.Reason
        );
        _time.Advance(TimeSpan.FromMinutes(15));
        await TakenAsync("400 gCO2/kWh");
        Assert.Equal(["", "\"a\"", "\"a\"", "\"a\"", ""], tags);
        await StopAsync(running);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told()
    {
        using HttpClient http = new();
        (Feed feed, Task running) = Run(
            new HttpInput(
                new HttpInputSettings(new Uri($"http://127.0.0.1:{Mosquitto.FreePort()}/grid.csv"), TimeSpan.FromMinutes(15)),
                http,
                _time
            )
        );
        await _time.NextWaitAsync();
        Assert.Contains("is not reached: ", feed.State.Failure!.Reason, StringComparison.Ordinal);
        await StopAsync(running);
    }

    [Fact]
    public async Task A_broker_keeps_what_was_sent_while_nobody_listened_and_gives_again_what_was_not_taken()
    {
        int port = Mosquitto.FreePort();
        await using Mosquitto broker = await Mosquitto.StartAsync(port);
        MqttInputSettings settings = TopicAt(port);
        (_, Task running) = Run(new MqttInput(settings, "gw-1-grid", TimeProvider.System));
        using IMqttClient sender = await SenderAsync(port);
        await SendAsync(sender, "500", retain: true); // waits for who subscribes
        await TakenAsync("500 gCO2/kWh");

        await SendAsync(sender, "400");
        WaitingEntry cut = await NextAsync(); // and the power fails before it is recorded
        Assert.Equal("400 gCO2/kWh", cut.Entry.Records[^1].Text);
        await StopAsync(running);
        await SendAsync(sender, "300");

        (Feed feed, running) = Run(new MqttInput(settings, "gw-1-grid", TimeProvider.System));
        List<string> came = await TakenUpToAsync("300 gCO2/kWh");

        Assert.Contains("400 gCO2/kWh", came);
        Assert.True(came.IndexOf("400 gCO2/kWh") < came.IndexOf("300 gCO2/kWh"));
        Assert.Equal($"grid/intensity at MQTT broker 127.0.0.1:{port}", feed.State.From);
        await StopAsync(running);
    }

    [Fact]
    public async Task What_cannot_be_recorded_now_is_not_acknowledged_and_comes_again_in_order()
    {
        int port = Mosquitto.FreePort();
        await using Mosquitto broker = await Mosquitto.StartAsync(port);
        (Feed feed, Task running) = Run(new MqttInput(TopicAt(port), "gw", TimeProvider.System));
        using IMqttClient sender = await SenderAsync(port);
        await SendAsync(sender, "500", retain: true);
        await TakenAsync("500 gCO2/kWh");
        await SendAsync(sender, "400");
        WaitingEntry first = await NextAsync();
        await SendAsync(sender, "300");
        first.Leaf.SetException(new IOException("It could not be recorded: disk full."));
        await _time.NextWaitAsync();
        Assert.Equal("It could not be recorded: disk full.", feed.State.Failure!.Reason);

        _time.Advance(Backoff.Longest);
        List<string> came = await TakenUpToAsync("300 gCO2/kWh");

        Assert.Equal(["400 gCO2/kWh", "300 gCO2/kWh"], came.Where(c => c != "500 gCO2/kWh"));
        await StopAsync(running);
    }

    [Fact]
    public async Task What_never_ends_and_what_nobody_writes_to_is_told_and_holds_nothing_up()
    {
        string zeros = Path.Combine(_folder, "zeros.csv"),
            pipe = Path.Combine(_folder, "pipe.csv");
        File.CreateSymbolicLink(zeros, "/dev/zero");
        await Tool.RunAsync("mkfifo", pipe);
        foreach (string path in new[] { zeros, pipe })
        {
            (Feed feed, Task running) = Run(new FileInput(new FileInputSettings(path, TimeSpan.FromMinutes(1)), _time));
            await _time.NextWaitAsync();
            Assert.Equal($"There is nothing in {path}.", feed.State.Failure!.Reason);
            await StopAsync(running);
        }
    }

    [Fact]
    public async Task A_file_behind_a_link_is_taken_again_when_it_has_changed()
    {
        string path = Path.Combine(_folder, "today.csv"),
            link = Path.Combine(_folder, "grid.csv");
        Write(path, "500", 0);
        File.CreateSymbolicLink(link, path);
        (_, Task running) = Run(new FileInput(new FileInputSettings(link, TimeSpan.FromMinutes(1)), _time));
        await TakenAsync("500 gCO2/kWh");
        await _time.NextWaitAsync();
        Write(path, "400", 1);
        _time.Advance(TimeSpan.FromMinutes(1));
        await TakenAsync("400 gCO2/kWh");
        await StopAsync(running);
    }

    [Fact]
    public async Task A_message_that_is_no_document_is_told_and_does_not_stand_in_the_way_and_250_bytes_are_taken_a_second()
    {
        int port = Mosquitto.FreePort();
        await using Mosquitto broker = await Mosquitto.StartAsync(port);
        using IMqttClient sender = await SenderAsync(port);
        await SendAsync(sender, "500", retain: true);
        (Feed feed, Task running) = Run(new MqttInput(TopicAt(port), "gw", _time));
        await TakenAsync("500 gCO2/kWh");
        Assert.Equal(TimeSpan.FromSeconds(20), await _time.NextWaitAsync()); // for the connection

        await SendAsync(sender, new string('9', InputFactory.MostBytes));
        Assert.Equal(TimeSpan.FromMilliseconds(4 * (Table + "500").Length), await _time.NextWaitAsync());
        _time.Advance(TimeSpan.FromMilliseconds(4 * (Table + "500").Length));
        await SendAsync(sender, new string('9', 4 * InputFactory.MostBytes)); // more than a packet may have: the broker keeps it to itself
        await SendAsync(sender, "400");
        TimeSpan pause = TimeSpan.FromMilliseconds(4 * (InputFactory.MostBytes + 1));
        Assert.Equal(pause, await _time.NextWaitAsync());
        Assert.Equal("What came was refused: It has more than the 65536 bytes of a document.", feed.State.Failure!.Reason);
        _time.Advance(pause);
        await TakenAsync("400 gCO2/kWh");
        await StopAsync(running);
    }

    [Fact]
    public async Task What_lies_ahead_of_a_clock_that_nobody_has_set_comes_again_when_it_is_right()
    {
        int port = Mosquitto.FreePort();
        await using Mosquitto broker = await Mosquitto.StartAsync(port);
        using IMqttClient sender = await SenderAsync(port);
        await SendAsync(sender, "500", retain: true);
        (Feed feed, Task running) = Run(new MqttInput(TopicAt(port), "gw", TimeProvider.System));
        await TakenAsync("500 gCO2/kWh");
        _clock = (Now.AddDays(-30), false);
        await SendAsync(sender, "400");
        await _time.NextWaitAsync();
        Assert.Equal(
            "The last slot ends at 2026-06-01 01:00:00Z. Intensities are stated up to 7 days ahead. No time server "
                + "has confirmed the clock of this device, so it may be behind: what came is tried again.",
            feed.State.Failure!.Reason
        );

        _clock = (Now, false);
        _time.Advance(Backoff.Longest);
        await TakenUpToAsync("400 gCO2/kWh");
        await StopAsync(running);
    }

    [Theory]
    [InlineData("500", true, "The last slot ends at 2026-06-01 01:00:00Z. Intensities are stated up to 7 days ahead.")]
    [InlineData("-5", false, "Line 2: -5 gCO2/kWh is negative. No factor is; a negative intensity comes from a wrong sum.")]
    public async Task What_is_refused_by_a_clock_that_is_right_or_at_any_time_stays_refused(string value, bool confirmed, string why)
    {
        string path = Path.Combine(_folder, "grid.csv");
        Write(path, value, 0);
        _clock = (Now.AddDays(-30), confirmed);
        (Feed feed, Task running) = Run(new FileInput(new FileInputSettings(path, TimeSpan.FromMinutes(1)), _time));
        Assert.Equal(TimeSpan.FromMinutes(1), await _time.NextWaitAsync());
        Assert.Equal($"What came was refused: {why}", feed.State.Failure!.Reason);
        await StopAsync(running);
    }

    [Fact]
    public async Task A_file_that_was_refused_is_looked_at_again_though_it_has_not_changed()
    {
        string path = Path.Combine(_folder, "grid.csv");
        Write(path, "500", 0);
        (Feed feed, Task running) = Run(new FileInput(new FileInputSettings(path, TimeSpan.FromMinutes(1)), _time));
        (await NextAsync()).Leaf.SetException(new InvalidDataException("The last slot ends a year ahead."));
        await _time.NextWaitAsync();
        Assert.Equal("What came was refused: The last slot ends a year ahead.", feed.State.Failure!.Reason);
        _time.Advance(TimeSpan.FromMinutes(1));
        await TakenAsync("500 gCO2/kWh");
        await StopAsync(running);
    }

    [Theory]
    [InlineData(Mqtt5.Refused)]
    [InlineData(Mqtt5.HungUpOn)]
    public async Task A_broker_of_the_older_version_is_spoken_to_in_it_and_one_that_is_not_there_is_told(Mqtt5 behaviour)
    {
        int port = Mosquitto.FreePort();
        MqttInputSettings settings = TopicAt(port);
        Assert.Equal(
            "The broker cannot be reached: Connection refused",
            (
                await Assert.ThrowsAsync<IOException>(() =>
                    new MqttInput(settings, "gw", TimeProvider.System).ReadAsync(_ => Task.FromResult(true), CancellationToken.None)
                )
            ).Message
        );

        await using Mosquitto broker = await Mosquitto.StartAsync(port);
        using IMqttClient sender = await SenderAsync(port);
        await SendAsync(sender, "500", retain: true);
        using Relay old = new(port, behaviour);
        (_, Task running) = Run(
            new MqttInput(settings with { Broker = settings.Broker with { Port = old.Port } }, "gw", TimeProvider.System)
        );
        await TakenAsync("500 gCO2/kWh");
        Assert.Equal([5, 4], old.Levels);
        await StopAsync(running);
    }

    private (Feed Feed, Task Running) Run(IInput input)
    {
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        Feed feed = new(
            "Intensities grid",
            input,
            (table, now) => Entry.OfIntensities(Grid, table, now),
            () => _clock,
            _door,
            new Backoff(_time, new Random(1)),
            _time,
            NullLogger<Feed>.Instance
        );
        return (feed, feed.RunAsync(_stop.Token));
    }

    private async Task StopAsync(Task running)
    {
        await _stop.CancelAsync();
        await running.InTimeAsync();
    }

    private async Task<WaitingEntry> NextAsync()
    {
        await _door.WaitAsync(TestContext.Current.CancellationToken).InTimeAsync();
        return _door.Take()!;
    }

    private async Task TakenAsync(string value)
    {
        WaitingEntry waiting = await NextAsync();
        Assert.Equal(value, waiting.Entry.Records[^1].Text);
        waiting.Leaf.SetResult(1);
    }

    // What the broker retains comes again too.
    private async Task<List<string>> TakenUpToAsync(string value)
    {
        List<string> came = [];
        while (!came.Contains(value))
        {
            WaitingEntry waiting = await NextAsync();
            came.Add(waiting.Entry.Records[^1].Text!);
            waiting.Leaf.SetResult(1);
        }

        return came;
    }

    private static MqttInputSettings TopicAt(int port) => new(new MqttBroker("127.0.0.1", port, null, null, false), "grid/intensity");

    private static async Task<IMqttClient> SenderAsync(int port)
    {
        IMqttClient sender = new MqttClientFactory().CreateMqttClient();
        await sender.ConnectAsync(
            new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).Build(),
            TestContext.Current.CancellationToken
        );
        return sender;
    }

    private static Task SendAsync(IMqttClient sender, string value, bool retain = false) =>
        sender.PublishStringAsync(
            "grid/intensity",
            Table + value,
            MqttQualityOfServiceLevel.AtLeastOnce,
            retain,
            TestContext.Current.CancellationToken
        );

    private static void Write(string path, string value, int version)
    {
        File.WriteAllText(path, Table + value);
        File.SetLastWriteTimeUtc(path, Now.UtcDateTime.AddMinutes(version));
    }
}
