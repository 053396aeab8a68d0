using EdgeGateway.Drivers;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Metering;

public sealed class BusWorkerTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, 300, TimeSpan.Zero);
    private static readonly TimeSpan Slot = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Start);
    private readonly KeptLog _logger = new();
    private readonly RegisterBook _book = Books.Empty();
    private readonly RegisterFile _file;
    private readonly List<BusWorker> _workers = [];
    private Now? _now;

    public BusWorkerTests() => _file = RegisterFile.Open(_folder.File("registers"), _time, NullLogger.Instance);

    public async ValueTask DisposeAsync()
    {
        foreach (BusWorker worker in _workers)
        {
            Assert.True(worker.Stop(Long));
            await worker.DisposeAsync();
        }

        await _file.DisposeAsync();
        _folder.Dispose();
    }

    private (TestLine Line, PulseMeter Meter) Pulses(string name)
    {
        var line = new TestLine(_time);
        return (
            line,
            new PulseMeter(name, line, ObisCode.Gas, 10, "m3", TimeSpan.FromMilliseconds(30), TimeSpan.Zero, AccuracyClass.OfMeter, _book)
        );
    }

    private BusWorker[] Workers(params IMeter[][] buses)
    {
        _now = new Now([.. buses.SelectMany(m => m)], Start);
        _workers.AddRange(buses.Select((meters, i) => new BusWorker($"bus-{i}", meters, _now, _book, _file, _time, _logger)));
        return [.. _workers];
    }

    private Reading Newest(string meter) => _now!.Newest(meter, _time.GetUtcNow(), Slot);

    private static async Task NextRead(TestLine line) =>
        Assert.True(await line.Reads.WaitAsync(Long, TestContext.Current.CancellationToken));

    [Fact]
    public async Task It_polls_at_once_and_then_at_every_full_second_and_skips_those_it_is_late_for()
    {
        var (line, meter) = Pulses("gas");
        Workers([meter])[0].Start();
        await NextRead(line);
        foreach (double seconds in (double[])[0.7, 1, 1])
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            await NextRead(line);
        }

        line.Gate.Reset();
        _time.Advance(TimeSpan.FromSeconds(1));
        await NextRead(line);
        _time.Advance(TimeSpan.FromSeconds(5.4));
        line.Gate.Set();
        await NextRead(line);
        _time.Advance(TimeSpan.FromSeconds(0.6));
        await NextRead(line);
        Assert.Equal([0.3, 1, 2, 3, 4, 9.4, 10], line.ReadAt.Select(t => Math.Round((t - Start).TotalSeconds + 0.3, 3)));
    }

    [Fact]
    public async Task Impulses_of_a_poll_are_in_the_snapshot_and_in_the_file_when_it_has_ended()
    {
        var (line, meter) = Pulses("gas");
        _time.Advance(TimeSpan.FromSeconds(1));
        line.Impulse(secondsAgo: 0.5);
        BusWorker worker = Workers([meter])[0];
        worker.Poll();
        Assert.True(worker.FirstPoll.IsCompleted);
        Assert.Equal((1, null), (Newest("gas").Registers[0].Count, Newest("gas").Missing));
        await _file.DisposeAsync();
        await using RegisterFile again = RegisterFile.Open(_folder.File("registers"), _time, NullLogger.Instance);
        Assert.Equal(1, again.Found[new("gas", ObisCode.Gas)].Count);
    }

    [Fact]
    public void A_chip_that_fails_is_missing_with_its_reason_and_the_others_go_on_and_it_comes_back()
    {
        var chip = new SimulatedAds1115(0x48, _time);
        var clamp = new CurrentTransformer(100, 333);
        chip.Connect(Ads1115Input.Ain0, new SimulatedClamp(new SteadyWaveform(230, 5), clamp));
        var press = new Ads1115Meter("press", new Ads1115(chip), Ads1115Input.Ain0, clamp, 230, 1, _book, _time);
        BusWorker worker = Workers([press, Pulses("gas").Meter])[0];
        foreach (
            (BusFault fault, MissingReason? reason) in new (BusFault, MissingReason?)[]
            {
                (BusFault.None, null),
                (BusFault.NoAnswer, MissingReason.NoAnswer),
                (BusFault.Stuck, MissingReason.BusStuck),
                (BusFault.None, null),
            }
        )
        {
            chip.Fault = fault;
            worker.Poll();
            Assert.Equal(reason, Newest("press").Missing);
            Assert.Equal(reason is null, Newest("press").Live.CurrentA is not null);
            Assert.Null(Newest("gas").Missing);
        }
    }

    [Fact]
    public void A_fault_is_told_once_and_again_after_an_hour_and_its_end_is_told()
    {
        var (line, meter) = Pulses("gas");
        BusWorker worker = Workers([meter])[0];
        line.Fault = new InvalidOperationException("what a surprise");
        for (int second = 0; second <= 3600; second++, _time.Advance(TimeSpan.FromSeconds(1)))
        {
            worker.Poll();
        }

        Assert.Equal(MissingReason.Fault, Newest("gas").Missing);
        line.Fault = null;
        worker.Poll();
        worker.Poll();
        Assert.Equal(
            [
                (LogLevel.Warning, "bus-0, gas: what a surprise"),
                (LogLevel.Warning, "bus-0, gas: what a surprise"),
                (LogLevel.Information, "bus-0, gas: works again."),
            ],
            _logger.Lines
        );
    }

    [Fact]
    public void Lost_edges_are_told_with_their_number_and_again_after_an_hour()
    {
        var (line, meter) = Pulses("gas");
        BusWorker worker = Workers([meter])[0];
        foreach (int minutes in (int[])[0, 59, 1])
        {
            _time.Advance(TimeSpan.FromMinutes(minutes) + TimeSpan.FromSeconds(1));
            line.Put(new Edge(line.ReadClock(), High: line.ReadClock() < 3e9, LostBefore: 4));
            worker.Poll();
        }

        string[] lost = [.. _logger.Lines.Select(l => l.Text)];
        Assert.Equal(2, lost.Length);
        Assert.Equal($"bus-0, gas: not all is counted from {Start:O} to {Start.AddSeconds(1):O}: edges-lost, 4 of them.", lost[0]);
    }

    [Fact]
    public async Task A_bus_that_hangs_delays_neither_the_other_buses_nor_the_start_nor_the_stop()
    {
        var (hung, hungMeter) = Pulses("hung");
        var (line, meter) = Pulses("gas");
        hung.Gate.Reset();
        BusWorker[] workers = Workers([hungMeter], [meter]);
        Task<bool> polled = BusWorker.WaitForFirstPollAsync(workers, TimeSpan.FromSeconds(0.4), _time);
        Array.ForEach(workers, w => w.Start());
        await NextRead(hung);
        await workers[1].FirstPoll.WaitAsync(Long, TestContext.Current.CancellationToken);
        Assert.Equal((MissingReason.NotReadYet, null), (Newest("hung").Missing, Newest("gas").Missing));
        Assert.False(polled.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.4));
        Assert.False(await polled);
        Assert.False(workers[0].Stop(TimeSpan.Zero));
        Assert.True(workers[1].Stop(Long));
        hung.Gate.Set();
        Assert.True(workers[0].Stop(Long));
        Assert.True(await BusWorker.WaitForFirstPollAsync(workers, Long, _time));
    }

    private sealed class KeptLog : ILogger
    {
        public List<(LogLevel Level, string Text)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Lines.Add((logLevel, formatter(state, exception)));
    }
}
