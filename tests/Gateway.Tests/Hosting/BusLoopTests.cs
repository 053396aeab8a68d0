using EdgeGateway.Gateway.Tests.Metering;
using EdgeGateway.Gateway.Tests.Publishing;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Hosting;

/// <summary>A bus's thread as one of the gateway's loops.</summary>
public sealed class BusLoopTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _busTime = new();
    private readonly SignallingTime _time = new();
    private readonly KeptLines _log = new();
    private readonly RegisterBook _book = Books.Empty();
    private readonly RegisterFile _file;
    private readonly TestLine _line;
    private readonly PulseMeter _meter;
    private readonly Progress _progress;

    public BusLoopTests()
    {
        _file = RegisterFile.Open(_folder.File("registers"), _busTime, NullLogger.Instance);
        _line = new TestLine(_busTime);
        _meter = new PulseMeter(
            "gas",
            _line,
            ObisCode.Gas,
            10,
            "m3",
            TimeSpan.FromMilliseconds(30),
            TimeSpan.Zero,
            AccuracyClass.OfMeter,
            _book
        );
        _progress = new Progress(BusWorker.LongestPoll, _time);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_bus_whose_thread_ends_is_told_and_is_polled_again()
    {
        await using BusWorker worker = Worker(new Now([], _busTime.GetUtcNow())); // which knows no gas: what is read cannot be stored
        using Loop loop = NewLoop(worker);
        await loop.StartAsync(Cancellation);
        await _line.Reads.WaitAsync(Cancellation).InTimeAsync();
        TimeSpan pause = await _time.NextWaitAsync();
        Assert.Contains("'gas'", loop.Outage!.Why, StringComparison.Ordinal);
        _time.Advance(pause);
        _busTime.Advance(BusWorker.Period);
        await _line.Reads.WaitAsync(Cancellation).InTimeAsync();
        await loop.StopAsync(Cancellation).InTimeAsync();
        Assert.StartsWith("Error: bus i2c-1: has stopped, and begins again by itself: ", _log.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bus_that_hangs_stands_still_and_goes_on_when_it_answers()
    {
        await using BusWorker worker = Worker(new Now([_meter], _busTime.GetUtcNow()));
        using Loop loop = NewLoop(worker);
        _line.Gate.Reset();
        await loop.StartAsync(Cancellation);
        await _line.Reads.WaitAsync(Cancellation).InTimeAsync();
        _time.Advance(BusWorker.LongestPoll + TimeSpan.FromSeconds(1));
        Assert.Equal("It has done nothing for 31 s: what it waits for hangs.", loop.Outage!.Why);
        Assert.Null(loop.Outage.NextTry);
        _line.Gate.Set();
        await worker.FirstPoll.InTimeAsync();
        Assert.Null(loop.Outage);
        await loop.StopAsync(Cancellation).InTimeAsync();
        Assert.Empty(_log.Lines);
    }

    private BusWorker Worker(Now now) => new("i2c-1", [_meter], now, _book, _file, _busTime, NullLogger.Instance, _progress);

    private Loop NewLoop(BusWorker worker) =>
        new(
            $"bus {worker.Bus}",
            Duty.Measures,
            c => worker.RunAsync(TimeSpan.FromMinutes(1), c),
            new Backoff(_time, new Random(1)),
            _time,
            _log,
            _progress
        );
}
