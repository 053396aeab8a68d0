using EdgeGateway.Drivers;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Metering;

public class Ads1115ContinuousTests
{
    private static readonly CurrentTransformer Clamp = new(100, 333);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly SteadyWaveform _waveform = new(230, 10);
    private readonly SimulatedAds1115 _chip;
    private readonly Ads1115ContinuousInput _stream;
    private readonly Ads1115ContinuousMeter _meter;

    public Ads1115ContinuousTests()
    {
        _chip = new SimulatedAds1115(0x48, _time, clockFast: 0.07);
        _chip.Connect(Ads1115Input.Ain0Ain1, new SimulatedClamp(_waveform, Clamp));
        _stream = new Ads1115ContinuousInput(new Ads1115(_chip), Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024, _chip.Ready);
        _meter = new Ads1115ContinuousMeter("press", _stream, Clamp, 230, Books.Empty());
    }

    [Fact]
    public void Every_conversion_is_read_once_and_the_energy_is_whole()
    {
        Run(3600 / 60);
        Reading reading = Read();
        Assert.InRange(_stream.SamplesRead, 55_100, 55_220);
        Assert.Equal(0, _stream.SamplesLost);

        // 10 A at an assumed 230 V for a minute, less the window that is not over yet.
        Assert.InRange(reading.Registers[0].Count, 38_333 * 0.995, 38_333 * 1.001);
        Assert.Equal(10, reading.Live.CurrentA!.Value, 0.01);
        Assert.Equal((Quality.Estimated, null, null), (reading.Quality, reading.Gap, reading.Live.ActivePowerW));
    }

    [Fact]
    public void A_missed_sample_is_a_gap_and_its_time_is_not_counted()
    {
        Run(10);
        long before = Read().Registers[0].Count;
        _time.Advance(TimeSpan.FromMilliseconds(5));
        Run(10);
        Reading reading = Read();
        Assert.Equal(GapCause.NotSampled, reading.Gap!.Cause);
        Assert.InRange(reading.Gap.Lost!.Value, 3, 5);
        Assert.InRange((reading.Gap.To - reading.Gap.From).TotalSeconds, 0.004, 0.41);
        Assert.Equal(Quality.Estimated | Quality.Lost, reading.Quality);
        Assert.InRange(reading.Registers[0].Count - before, 6_100, 6_389);
        Run(1);
        Assert.Null(Read().Gap);
    }

    [Fact]
    public void A_chip_that_was_reset_is_missing_and_then_goes_on_with_a_gap()
    {
        Run(2);
        long before = Read().Registers[0].Count;
        _chip.Reset();
        Run(0.2);
        Assert.Equal(MissingReason.WrongChip, Assert.Throws<ChipException>(Read).Reason);
        Run(3);
        Reading reading = Read();
        Assert.Equal(GapCause.NotSampled, reading.Gap!.Cause);
        Assert.InRange((reading.Gap.To - reading.Gap.From).TotalSeconds, 1, 1.6);
        Assert.InRange(reading.Registers[0].Count - before, 900, 1_600);
    }

    [Theory]
    [InlineData(BusFault.NoAnswer, MissingReason.NoAnswer)]
    [InlineData(BusFault.Stuck, MissingReason.BusStuck)]
    public void A_chip_that_does_not_answer_is_missing_with_the_reason_and_tried_every_second(BusFault fault, MissingReason reason)
    {
        _chip.Fault = fault;
        Run(1.5);
        Assert.Equal(reason, Assert.Throws<ChipException>(Read).Reason);
        _chip.Fault = BusFault.None;
        Run(1.5);
        Assert.Equal(10, Read().Live.CurrentA!.Value, 0.01);
    }

    [Fact]
    public void A_ready_line_that_fails_stops_no_thread_and_the_meter_is_missing_until_it_works()
    {
        FailingLine line = new(_chip.Ready);
        var input = new Ads1115ContinuousInput(new Ads1115(_chip), Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024, line);
        line.Fails = true;
        input.Serve();
        Assert.Throws<IOException>(() => input.Take());
        line.Fails = false;
        for (int round = 0; round < 2000; round++)
        {
            _time.Advance(TimeSpan.FromMicroseconds(950));
            input.Serve();
        }

        Assert.NotNull(input.Take().RmsV);
    }

    [Fact]
    public void An_overdriven_input_is_saturated()
    {
        _waveform.Amperes = 400;
        Run(1);
        Assert.True(Read().Quality.HasFlag(Quality.Saturated));
    }

    private Reading Read() => _meter.Read(_time.GetUtcNow());

    private void Run(double seconds)
    {
        for (int round = 0; round < seconds / 0.00095; round++)
        {
            _time.Advance(TimeSpan.FromMicroseconds(950));
            _stream.Serve();
        }
    }

    private sealed class FailingLine(IPulseLine line) : IPulseLine
    {
        public bool Fails { get; set; }

        public bool InitialHigh => line.InitialHigh;

        public long ReadClock() => line.ReadClock();

        public bool TryTake(out Edge edge) => Fails ? throw new IOException("The line is gone.") : line.TryTake(out edge);
    }
}
