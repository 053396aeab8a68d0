using System.Threading.Channels;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Publishing;
using EdgeGateway.Inputs;
using EdgeGateway.Publishing;
using EdgeGateway.Site;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Hosting;

/// <summary>What goes on for as long as the gateway runs, whatever it throws.</summary>
public sealed class LoopTests
{
    private readonly SignallingTime _time = new();
    private readonly KeptLines _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_loop_that_throws_is_told_once_begins_again_and_is_told_to_work_again_after_its_trial()
    {
        ScriptedBody body = new();
        using Loop loop = NewLoop("feed grid", body.RunAsync);
        await loop.StartAsync(Cancellation);
        await body.BegunAsync();
        Assert.Null(loop.Outage);
        DateTimeOffset failed = _time.GetUtcNow();
        body.End(new InvalidOperationException("what a surprise"));
        TimeSpan pause = await _time.NextWaitAsync();
        AssertOut(loop, failed, pause);

        _time.Advance(pause);
        await body.BegunAsync();
        Assert.Equal(Loop.Trial, await _time.NextWaitAsync());
        body.End(new InvalidOperationException("what a surprise"));
        pause = await _time.NextWaitAsync();
        AssertOut(loop, failed, pause);

        _time.Advance(pause);
        await body.BegunAsync();
        await _time.NextWaitAsync();
        Assert.NotNull(loop.Outage);
        _time.Advance(Loop.Trial);
        await _log.NextAsync("Information: feed grid: works again");
        Assert.Null(loop.Outage);
        await loop.StopAsync(Cancellation).InTimeAsync();
        Assert.Equal(
            [
                "Error: feed grid: has stopped, and begins again by itself: what a surprise (InvalidOperationException)",
                "Information: feed grid: works again",
            ],
            _log.Lines
        );
    }

    [Fact]
    public async Task A_loop_that_ends_though_nothing_told_it_to_begins_again_too()
    {
        ScriptedBody body = new();
        using Loop loop = NewLoop("witness w1", body.RunAsync);
        await loop.StartAsync(Cancellation);
        await body.BegunAsync();
        body.End(null);
        _time.Advance(await _time.NextWaitAsync());
        await body.BegunAsync();
        Assert.Equal("It came to an end, although nothing had told it to.", loop.Outage!.Why);
        await loop.StopAsync(Cancellation).InTimeAsync();
    }

    [Fact]
    public async Task What_is_wrong_in_the_world_is_told_by_its_sentence_alone()
    {
        ScriptedBody body = new();
        using Loop loop = NewLoop("delivery desk", body.RunAsync);
        await loop.StartAsync(Cancellation);
        await body.BegunAsync();
        body.End(new IOException("The stick is gone."));
        await _time.NextWaitAsync();
        await loop.StopAsync(Cancellation).InTimeAsync();
        Assert.Equal(["Error: delivery desk: has stopped, and begins again by itself: The stick is gone."], _log.Lines);
    }

    [Fact]
    public async Task A_loop_that_does_nothing_for_longer_than_it_may_is_out_until_it_goes_on()
    {
        Progress progress = new(TimeSpan.FromSeconds(30), _time);
        ScriptedBody body = new();
        using Loop loop = NewLoop("bus i2c-1", body.RunAsync, progress);
        await loop.StartAsync(Cancellation);
        await body.BegunAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(loop.Outage);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(
            new Outage(_time.GetUtcNow().AddSeconds(-35), "It has done nothing for 35 s: what it waits for hangs.", null),
            loop.Outage
        );
        progress.Made();
        Assert.Null(loop.Outage);
        await loop.StopAsync(Cancellation).InTimeAsync();
    }

    [Fact]
    public async Task What_hangs_delays_the_stop_of_the_others_by_no_more_than_a_few_seconds()
    {
        ScriptedBody body = new();
        using Loop loop = NewLoop("delivery desk", _ => body.RunAsync(CancellationToken.None));
        await loop.StartAsync(Cancellation);
        await body.BegunAsync();
        Task stopping = loop.StopAsync(Cancellation);
        TimeSpan limit = await _time.NextWaitAsync();
        Assert.False(stopping.IsCompleted);
        _time.Advance(limit);
        await stopping.InTimeAsync();
    }

    [Fact]
    public async Task A_feed_whose_input_throws_what_nobody_listed_goes_on()
    {
        OnceSurprising input = new();
        Feed feed = new(
            "Intensities grid",
            input,
            (_, _) => throw new InvalidDataException("not asked"),
            () => (_time.GetUtcNow(), true),
            new CommandDoor(),
            new Backoff(_time, new Random(1)),
            _time,
            NullLogger<Feed>.Instance
        );
        await GoesOnAsync(feed.RunAsync, input.Asked);
    }

    [Fact]
    public async Task A_witness_whose_request_throws_what_nobody_listed_goes_on()
    {
        using RecordedLog log = new();
        log.Grow(3);
        using SurprisingServer server = new();
        using HttpClient http = new(server);
        Cosigner cosigner = new("witness.example/w1", new byte[32]);
        WitnessClient witness = new(
            log.Ledger,
            new WitnessSettings(new Uri("http://witness.example/"), cosigner.Key),
            new Backoff(_time, new Random(1)),
            http,
            _time,
            NullLogger.Instance,
            _ => Assert.Fail("Nothing is lost.")
        );
        await GoesOnAsync(witness.RunAsync, server.Asked);
    }

    [Fact]
    public async Task A_time_stamp_whose_request_throws_what_nobody_listed_goes_on()
    {
        using RecordedLog log = new();
        log.Grow(3);
        using SurprisingServer server = new();
        using HttpClient http = new(server);
        using var random = System.Security.Cryptography.RandomNumberGenerator.Create();
        FakeTimeProvider own = new();
        TimeStampClient stamps = new(
            log.Ledger,
            new TimeStampSettings(new Uri("http://tsa.example/"), TimeSpan.FromHours(1)),
            new Backoff(own, new Random(1)),
            http,
            own,
            random,
            NullLogger.Instance
        );
        await GoesOnAsync(stamps.RunAsync, server.Asked);
    }

    // Pauses are kept in whole milliseconds by the clock.
    private void AssertOut(Loop loop, DateTimeOffset since, TimeSpan pause)
    {
        Outage outage = loop.Outage!;
        Assert.Equal((since, "what a surprise"), (outage.Since, outage.Why));
        Assert.InRange(outage.NextTry!.Value - _time.GetUtcNow(), pause, pause + TimeSpan.FromMilliseconds(1));
    }

    // It asks, what it asks throws, and after the pause it asks again.
    private async Task GoesOnAsync(Func<CancellationToken, Task> body, ChannelReader<int> asked)
    {
        using Loop loop = NewLoop("it", body);
        await loop.StartAsync(Cancellation);
        await asked.ReadAsync(Cancellation).AsTask().InTimeAsync();
        TimeSpan pause = await _time.NextWaitAsync();
        Assert.Equal("what a surprise", loop.Outage!.Why);
        _time.Advance(pause);
        await asked.ReadAsync(Cancellation).AsTask().InTimeAsync();
        await loop.StopAsync(Cancellation).InTimeAsync();
    }

    private Loop NewLoop(string name, Func<CancellationToken, Task> body, Progress? progress = null) =>
        new(name, Duty.Records, body, new Backoff(_time, new Random(1)), _time, _log, progress);

    private sealed class OnceSurprising : IInput
    {
        private readonly Channel<int> _asked = Channel.CreateUnbounded<int>();
        private int _times;

        public ChannelReader<int> Asked => _asked.Reader;

        public string From => "a surprise";

        public Task ReadAsync(Func<ReadOnlyMemory<byte>, Task<bool>> take, CancellationToken cancellation)
        {
            _asked.Writer.TryWrite(++_times);
            return _times == 1
                ? throw new InvalidOperationException("what a surprise")
                : Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        }
    }

    private sealed class SurprisingServer : HttpMessageHandler
    {
        private readonly Channel<int> _asked = Channel.CreateUnbounded<int>();
        private int _times;

        public ChannelReader<int> Asked => _asked.Reader;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _asked.Writer.TryWrite(++_times);
            throw new InvalidOperationException("what a surprise");
        }
    }
}

/// <summary>A loop's body that ends as the test says, or when it is cancelled.</summary>
internal sealed class ScriptedBody
{
    private readonly Channel<TaskCompletionSource> _begun = Channel.CreateUnbounded<TaskCompletionSource>();
    private TaskCompletionSource _running = new();

    public async Task RunAsync(CancellationToken cancellation)
    {
        TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _begun.Writer.TryWrite(end);
        await end.Task.WaitAsync(cancellation);
    }

    public async Task BegunAsync() =>
        _running = await _begun.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();

    public void End(Exception? with)
    {
        if (with is null)
        {
            _running.SetResult();
        }
        else
        {
            _running.SetException(with);
        }
    }
}

/// <summary>What was logged, a line each, with the kind of exception beside it where one was given.</summary>
internal sealed class KeptLines : ILogger
{
    private readonly Channel<string> _said = Channel.CreateUnbounded<string>();

    public List<string> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        string with = exception is null ? "" : $" ({exception.GetType().Name})";
        string line = $"{logLevel}: {formatter(state, exception)}{with}";
        Lines.Add(line);
        _said.Writer.TryWrite(line);
    }

    /// <summary>Completes when a line is logged.</summary>
    public async Task NextAsync(string line)
    {
        while (await _said.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync() != line) { }
    }
}
