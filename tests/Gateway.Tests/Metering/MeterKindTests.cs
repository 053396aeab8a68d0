using EdgeGateway.Drivers;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Calibration;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Metering;

public class MeterKindTests
{
    private static readonly CurrentTransformer Clamp = new(100, 333);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly RegisterBook _book = Books.Empty();

    private void Advance(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private Reading Read(IMeter meter) => meter.Read(_time.GetUtcNow());

    private (SimulatedAde7953 Chip, Ade7953Meter A, Ade7953Meter B) Ade(double amperesA, double amperesB)
    {
        var chip = new SimulatedAde7953(
            new SimulatedClamp(new SteadyWaveform(230, amperesA), Clamp),
            new SimulatedClamp(new SteadyWaveform(230, amperesB), Clamp),
            1001,
            _time
        );
        var shared = new SharedAde7953(new Ade7953(chip, _time));
        var scale = new Ade7953Scale(Clamp, 1001);
        return (
            chip,
            new Ade7953Meter("a", shared, Ade7953ChannelName.A, scale, AccuracyClass.Class1, _book),
            new Ade7953Meter("b", shared, Ade7953ChannelName.B, scale, AccuracyClass.Class1, _book)
        );
    }

    [Fact]
    public void Both_channels_of_an_ADE7953_book_all_their_energy_import_and_export_apart()
    {
        var (_, a, b) = Ade(20, -10);
        for (int s = 0; s <= 60; s++, Advance(1))
        {
            Read(a);
            Read(b);
        }

        // 4 600 W and 2 300 W for 60 s.
        Assert.InRange(a.Registers.Now[0].Count, 76_600, 76_734);
        Assert.Equal(0, a.Registers.Now[1].Count);
        Assert.Equal(0, b.Registers.Now[0].Count);
        Assert.InRange(b.Registers.Now[1].Count, 38_300, 38_367);
        Reading live = Read(a);
        Assert.InRange(live.Live.ActivePowerW!.Value, 4590, 4610);
        Assert.InRange(live.Live.VoltageV!.Value, 229.9, 230.1);
        Assert.Equal((Quality.Measured, AccuracyClass.Class1, "a"), (live.Quality, live.Accuracy, live.Meter));
    }

    [Fact]
    public void A_chip_with_two_meters_is_read_once_a_poll()
    {
        var (_, a, b) = Ade(20, 10);
        Read(a);
        Read(b);
        Advance(1);
        double before = Read(b).Live.CurrentA!.Value;
        Advance(1);

        // Had this been a second reading of the chip, it would have taken the second that B has not seen yet.
        long booked = b.Registers.Now[0].Count;
        Read(a);
        Assert.Equal(booked, b.Registers.Now[0].Count);
        Assert.Equal(before, Read(b).Live.CurrentA!.Value, 6);
        Assert.InRange(b.Registers.Now[0].Count - booked, 630, 645);
    }

    [Fact]
    public void An_ADE7953_that_did_not_answer_for_a_while_loses_no_energy_and_both_meters_say_why_they_are_missing()
    {
        var (chip, a, b) = Ade(20, 10);
        Read(a);
        Read(b);
        chip.Fault = BusFault.NoAnswer;
        for (int s = 0; s < 10; s++)
        {
            Advance(1);
            Assert.Equal(MissingReason.NoAnswer, Assert.Throws<ChipException>(() => Read(a)).Reason);
            Assert.Equal(MissingReason.NoAnswer, Assert.Throws<ChipException>(() => Read(b)).Reason);
        }

        chip.Fault = BusFault.None;
        Read(a);
        Read(b);
        Assert.InRange(a.Registers.Now[0].Count, 12_760, 12_790);
        Assert.InRange(b.Registers.Now[0].Count, 6_380, 6_395);
    }

    [Fact]
    public void A_voltage_that_cannot_be_is_refused_booked_nowhere_and_recorded_as_a_gap_once_it_is_over()
    {
        // A voltage divider of 1 to 1001 taken for 1 to 10 010: 2 300 V.
        var chip = new SimulatedAde7953(new SimulatedClamp(new SteadyWaveform(230, 20), Clamp), null, 1001, _time);
        var wrong = new Ade7953Meter(
            "a",
            new SharedAde7953(new Ade7953(chip, _time)),
            Ade7953ChannelName.A,
            new Ade7953Scale(Clamp, 10_010),
            AccuracyClass.Class1,
            _book
        );
        ChipException refused = Assert.Throws<ChipException>(() => Read(wrong));
        Assert.Equal(MissingReason.Implausible, refused.Reason);
        Assert.Equal("ADE7953 at I2C address 0x38, register of channel A: 2300 V is no low voltage. Nothing was booked.", refused.Message);
        Advance(1);
        Assert.Throws<ChipException>(() => Read(wrong));
        Assert.All(wrong.Registers.Now, r => Assert.Equal(0, r.Count));
    }

    [Fact]
    public void A_chip_that_was_reset_tells_from_when_to_when_energy_is_missing()
    {
        var (chip, a, b) = Ade(20, 10);
        DateTimeOffset before = Read(a).Time;
        Read(b);
        Advance(1);
        chip.Reset();
        Advance(1);
        Reading reading = Read(a);
        Assert.Equal(new Gap(before, _time.GetUtcNow(), GapCause.ChipReset), reading.Gap);
        Assert.Equal(Quality.Lost, reading.Quality);
        Assert.Equal(GapCause.ChipReset, Read(b).Gap?.Cause);
        Advance(1);
        Assert.Null(Read(a).Gap);
    }

    [Theory]
    [InlineData(61, 20, 1, false, 38_333, 0)]
    [InlineData(0, -20, 0, true, 76_667, 0)]
    [InlineData(0, 20, 0, true, 0, 76_667)]
    public void The_calibration_of_an_ATM90E32AS_phase_is_in_its_registers_and_in_what_it_shows(
        double lag,
        double amperes,
        double degrees,
        bool reversed,
        double import,
        double export
    )
    {
        var chip = new SimulatedAtm90e32as([new SimulatedClamp(new SteadyWaveform(230, amperes, lag), Clamp), null, null], 1001, _time);
        var meter = new Atm90e32asMeter(
            "a",
            new SharedAtm90e32as(new Atm90e32as(chip, 50, _time)),
            Atm90e32asPhaseName.A,
            new Atm90e32asScale(Clamp, 1001),
            AccuracyClass.Class1,
            _book,
            new ChannelCalibration(1.1m, [new CtPoint(20, (decimal)degrees)]) with
            {
                Reversed = reversed,
            }
        );
        Read(meter);
        for (int s = 0; s < 60; s++)
        {
            Advance(1);
            Read(meter);
        }

        Assert.InRange(meter.Registers.Now[0].Count, (import * 1.1 * 0.998) - 60, (import * 1.1 * 1.001) + 1);
        Assert.InRange(meter.Registers.Now[1].Count, (export * 1.1 * 0.998) - 60, (export * 1.1 * 1.001) + 1);
        Assert.InRange(Read(meter).Live.ActivePowerW!.Value * 1000 / 60 / 1.1 / (import - export), 0.998, 1.002);
    }

    private (SimulatedAtm90e32as Chip, Atm90e32asMeter A, Atm90e32asMeter B) Atm(SteadyWaveform a, double amperesB)
    {
        var chip = new SimulatedAtm90e32as(
            [new SimulatedClamp(a, Clamp), new SimulatedClamp(new SteadyWaveform(230, amperesB), Clamp), null],
            1001,
            _time
        );
        var shared = new SharedAtm90e32as(new Atm90e32as(chip, 50, _time));
        var scale = new Atm90e32asScale(Clamp, 1001);
        return (
            chip,
            new Atm90e32asMeter("a", shared, Atm90e32asPhaseName.A, scale, AccuracyClass.Class05S, _book),
            new Atm90e32asMeter("b", shared, Atm90e32asPhaseName.B, scale, AccuracyClass.Class05S, _book)
        );
    }

    [Fact]
    public void The_phases_of_an_ATM90E32AS_book_all_their_energy_import_and_export_apart()
    {
        var (_, a, b) = Atm(new SteadyWaveform(230, 20), -10);
        for (int s = 0; s <= 60; s++, Advance(1))
        {
            Read(a);
            Read(b);
        }

        // 4 600 W and 2 300 W for 60 s, in counts of 54 mWh.
        Assert.InRange(a.Registers.Now[0].Count, 76_560, 76_667);
        Assert.Equal(0, a.Registers.Now[1].Count);
        Assert.Equal(0, b.Registers.Now[0].Count);
        Assert.InRange(b.Registers.Now[1].Count, 38_230, 38_334);
        Reading live = Read(a);
        Assert.InRange(live.Live.ActivePowerW!.Value, 4590, 4610);
        Assert.InRange(live.Live.ReactivePowerVar!.Value, -1, 1);
        Assert.InRange(live.Live.FrequencyHz!.Value, 49.99, 50.01);
        Assert.Equal((Quality.Measured, AccuracyClass.Class05S, "a", null), (live.Quality, live.Accuracy, live.Meter, live.Gap));
    }

    [Fact]
    public void An_ATM90E32AS_that_did_not_answer_for_a_while_loses_no_energy_and_all_its_meters_say_why_they_are_missing()
    {
        var (chip, a, b) = Atm(new SteadyWaveform(230, 20), 10);
        Read(a);
        Read(b);
        chip.NextFault = () => SpiFault.NoAnswerHigh;
        for (int s = 0; s < 10; s++)
        {
            Advance(1);
            Assert.Equal(MissingReason.NoAnswer, Assert.Throws<ChipException>(() => Read(a)).Reason);
            Assert.Equal(MissingReason.NoAnswer, Assert.Throws<ChipException>(() => Read(b)).Reason);
        }

        chip.NextFault = () => SpiFault.None;
        Read(a);
        Read(b);
        Assert.InRange(a.Registers.Now[0].Count, 12_670, 12_778);
        Assert.InRange(b.Registers.Now[0].Count, 6_280, 6_389);
    }

    [Fact]
    public void A_reset_of_an_ATM90E32AS_is_a_gap_since_the_last_reading()
    {
        var (chip, a, _) = Atm(new SteadyWaveform(230, 20), 10);
        Read(a);
        DateTimeOffset last = _time.GetUtcNow();
        Advance(5);
        chip.Reset();
        Advance(5);
        Reading reading = Read(a);
        Assert.Equal(Quality.Lost, reading.Quality);
        Assert.Equal(new Gap(last, _time.GetUtcNow(), GapCause.ChipReset), reading.Gap);
        Assert.Equal(0, reading.Registers[0].Count);
        Advance(10);
        Assert.Null(Read(a).Gap);
        Assert.InRange(a.Registers.Now[0].Count, 12_670, 12_778);
    }

    [Fact]
    public void Values_that_cannot_be_book_nothing_and_their_energy_waits_until_they_can()
    {
        var waveform = new SteadyWaveform(230, 20);
        var (_, a, b) = Atm(waveform, 10);
        Read(a);
        Read(b);
        Advance(10);
        waveform.Frequency = 12;
        ChipException thrown = Assert.Throws<ChipException>(() => Read(a));
        Assert.Equal(MissingReason.Implausible, thrown.Reason);
        Assert.Equal(
            "ATM90E32AS at spidev0.0, register values of phase A: 12.0 Hz is no mains frequency. Look for "
                + "disturbances on the bus wires and the supply.",
            thrown.Message
        );
        Assert.Throws<ChipException>(() => Read(b));
        Assert.Equal((0, 0), (a.Registers.Now[0].Count, b.Registers.Now[0].Count));
        waveform.Frequency = 50;
        Advance(10);
        Assert.Null(Read(a).Gap);
        Read(b);
        Assert.InRange(a.Registers.Now[0].Count, 25_400, 25_556);
        Assert.InRange(b.Registers.Now[0].Count, 12_670, 12_778);
    }

    [Fact]
    public void Energy_beyond_twice_full_scale_is_refused_with_a_gap()
    {
        var waveform = new SteadyWaveform(230, 20);
        var (_, a, _) = Atm(waveform, 10);
        Read(a);
        DateTimeOffset last = _time.GetUtcNow();
        waveform.JoulesTimes = 200;
        Advance(1);
        Reading reading = Read(a);
        Assert.Equal((Quality.Lost, 0L), (reading.Quality, reading.Registers[0].Count));
        Assert.Equal(new Gap(last, _time.GetUtcNow(), GapCause.Implausible), reading.Gap);
        waveform.JoulesTimes = 1;
        Advance(1);
        Assert.Null(Read(a).Gap);
        Assert.InRange(a.Registers.Now[0].Count, 1_220, 1_280);
    }

    [Fact]
    public void The_calibrated_ratio_of_an_ADE7953_is_exact_in_its_registers_and_in_what_it_shows()
    {
        (long import, long _, LiveValues live) = AfterAMinute(lag: 0, ChannelCalibration.None);
        (long corrected, long _, LiveValues shown) = AfterAMinute(lag: 0, new ChannelCalibration(1.25m));
        Assert.InRange(corrected - (import * 1.25m), -1.25m, 1.25m);
        Assert.Equal(1.25, shown.ActivePowerW!.Value / live.ActivePowerW!.Value, 9);
        Assert.Equal(1.25, shown.CurrentA!.Value / live.CurrentA!.Value, 9);
        Assert.Equal(live.VoltageV, shown.VoltageV);
    }

    [Fact]
    public void The_phase_of_a_clamp_is_corrected_in_energy_and_power_of_an_ADE7953()
    {
        // A load of 60°, seen by a clamp that lags by one degree more.
        (long import, long _, LiveValues live) = AfterAMinute(lag: 61, new ChannelCalibration(1, [new CtPoint(20, 1)]));
        double truth = 230 * 20 * 0.5;
        Assert.InRange(import / (truth * 1000 / 60), 0.9985, 1.0015);
        Assert.InRange(live.ActivePowerW!.Value / truth, 0.9985, 1.0015);
        Assert.InRange(live.PowerFactor!.Value, 0.499, 0.501);
    }

    [Fact]
    public void A_clamp_declared_as_reversed_counts_and_shows_the_other_way_round()
    {
        (long import, long export, LiveValues live) = AfterAMinute(lag: 180, ChannelCalibration.None with { Reversed = true });
        Assert.InRange(import, 76_600, 76_734);
        Assert.Equal(0, export);
        Assert.InRange(live.ActivePowerW!.Value, 4590, 4610);
        Assert.InRange(live.PowerFactor!.Value, 0.99, 1);
    }

    [Fact]
    public void A_calibrated_ADS1115_counts_and_shows_the_true_current()
    {
        var chip = new SimulatedAds1115(0x48, _time);
        chip.Connect(Ads1115Input.Ain0Ain1, new SimulatedClamp(new SteadyWaveform(230, 10), Clamp));
        var plain = new Ads1115Meter("plain", new Ads1115(chip), Ads1115Input.Ain0Ain1, Clamp, 230, 1, _book, _time);
        var calibrated = new Ads1115Meter(
            "press",
            new Ads1115(chip),
            Ads1115Input.Ain0Ain1,
            Clamp,
            230,
            1,
            _book,
            _time,
            new ChannelCalibration(1.1m, [new CtPoint(5, 0, 2)])
        );
        Assert.InRange(Read(calibrated).Live.CurrentA!.Value / Read(plain).Live.CurrentA!.Value, 1.11, 1.134);
        Advance(3);
        Assert.InRange((double)Read(calibrated).Registers[0].Count / Read(plain).Registers[0].Count, 1.11, 1.134);
    }

    // 20 A at 230 V for 60 s.
    private (long Import, long Export, LiveValues Live) AfterAMinute(double lag, ChannelCalibration calibration)
    {
        var chip = new SimulatedAde7953(new SimulatedClamp(new SteadyWaveform(230, 20, lag), Clamp), null, 1001, _time);
        var meter = new Ade7953Meter(
            "a",
            new SharedAde7953(new Ade7953(chip, _time)),
            Ade7953ChannelName.A,
            new Ade7953Scale(Clamp, 1001),
            AccuracyClass.Class1,
            Books.Empty(),
            calibration
        );
        Read(meter);
        for (int s = 0; s < 59; s++)
        {
            Advance(1);
            Read(meter);
        }

        Advance(1);
        Reading last = Read(meter);
        return (last.Registers[0].Count, last.Registers[1].Count, last.Live);
    }

    private (SimulatedAds1115 Chip, Ads1115Meter Meter, SteadyWaveform Waveform) Ads(int inputsOnBus = 1)
    {
        var chip = new SimulatedAds1115(0x48, _time);
        var waveform = new SteadyWaveform(230, 10);
        chip.Connect(Ads1115Input.Ain0Ain1, new SimulatedClamp(waveform, Clamp));
        return (chip, new Ads1115Meter("press", new Ads1115(chip), Ads1115Input.Ain0Ain1, Clamp, 230, inputsOnBus, _book, _time), waveform);
    }

    [Fact]
    public void An_ADS1115_books_apparent_energy_with_the_assumed_voltage_as_an_estimate_and_never_shows_watts()
    {
        var (_, meter, _) = Ads();
        for (int s = 0; s < 36; s++, Advance(1))
        {
            Read(meter);
        }

        Reading last = Read(meter);
        Register register = Assert.Single(last.Registers);
        Assert.Equal((ObisCode.ApparentImport, Quantum.MillivoltAmpereHour), (register.Obis, register.Quantum));
        Assert.InRange(register.Count, 22_770, 23_230);
        Assert.Equal((Quality.Estimated, AccuracyClass.Indicative), (last.Quality, last.Accuracy));
        Assert.InRange(last.Live.ApparentPowerVA!.Value, 2277, 2323);
        Assert.Null(last.Live.ActivePowerW);
    }

    [Fact]
    public void An_ADS1115_carries_what_is_left_below_a_count_to_the_next_poll()
    {
        var (_, meter, waveform) = Ads();
        waveform.Amperes = 0.1;
        double shown = 0;
        for (int s = 0; s <= 36; s++, Advance(1))
        {
            shown = Read(meter).Live.ApparentPowerVA!.Value;
        }

        // 36 s are 1/100 h. Each poll is worth some six counts and a fraction.
        Assert.InRange(meter.Registers.Now[0].Count, shown * 9.9, shown * 10.1);
    }

    [Theory]
    [InlineData(5, 3_194, Quality.Estimated)]
    [InlineData(5.1, 0, Quality.Estimated | Quality.Lost)]
    public void An_ADS1115_bridges_a_few_missed_polls_and_books_nothing_for_a_longer_gap(double gap, long mvah, Quality quality)
    {
        var (chip, meter, _) = Ads();
        Read(meter);
        chip.Fault = BusFault.Stuck;
        Advance(gap / 2);
        Assert.Equal(MissingReason.BusStuck, Assert.Throws<ChipException>(() => Read(meter)).Reason);
        chip.Fault = BusFault.None;
        Advance(gap / 2);
        Reading reading = Read(meter);
        Assert.Equal(quality, reading.Quality);
        Assert.InRange(reading.Registers[0].Count, mvah * 99 / 100, mvah * 101 / 100);
    }

    [Fact]
    public void A_clamp_beyond_the_range_of_its_ADS1115_is_marked_as_saturated()
    {
        var (_, meter, waveform) = Ads();
        waveform.Amperes = 400;
        Assert.Equal(Quality.Estimated | Quality.Saturated, Read(meter).Quality);
    }

    private PulseMeter Gas(TestLine line, double minimumPeriodS = 0, AccuracyClass accuracy = AccuracyClass.OfMeter) =>
        new("gas", line, ObisCode.Gas, 10, "m3", TimeSpan.FromMilliseconds(30), TimeSpan.FromSeconds(minimumPeriodS), accuracy, _book);

    [Fact]
    public void A_pulse_meter_books_each_impulse_once_and_shows_the_flow_between_the_last_two()
    {
        var line = new TestLine(_time);
        var meter = Gas(line);
        Assert.Null(Read(meter).Live.Rate);
        Advance(100);
        line.Impulse(secondsAgo: 90);
        line.Impulse(secondsAgo: 54);
        line.Impulse(secondsAgo: 18);
        Reading reading = Read(meter);
        Assert.Equal([new Register(ObisCode.Gas, Quantum.Impulse, 3)], reading.Registers);
        Assert.Equal((10, "m3/h"), (Math.Round(reading.Live.Rate!.Value, 9), reading.Live.RateUnit));
        Assert.Equal(Quality.Measured, reading.Quality);
        Assert.Equal(3, Read(meter).Registers[0].Count);
    }

    [Fact]
    public void An_impulse_that_spans_two_polls_is_counted_once_it_is_stable()
    {
        var line = new TestLine(_time);
        var meter = Gas(line);
        Advance(1);
        line.Put(new Edge(line.ReadClock() - 10_000_000, true));
        Assert.Equal(0, Read(meter).Registers[0].Count);
        Advance(1);
        Assert.Equal(1, Read(meter).Registers[0].Count);
    }

    [Fact]
    public void A_lost_edge_is_told_with_the_reading_after_it_and_not_again()
    {
        var line = new TestLine(_time);
        PulseMeter meter = Gas(line);
        Advance(1);
        Read(meter);
        DateTimeOffset from = _time.GetUtcNow();
        Advance(1);
        line.Put(new Edge(line.ReadClock() - 500_000_000, true, LostBefore: 44));
        line.Put(new Edge(line.ReadClock() - 100_000_000, true));
        Reading told = Read(meter);
        Assert.Equal(Quality.Lost, told.Quality);
        Assert.Equal(new Gap(from, _time.GetUtcNow(), GapCause.EdgesLost, 45), told.Gap);
        Assert.Equal((Quality.Measured, null), (Read(meter).Quality, Read(meter).Gap));
    }

    [Fact]
    public void Edges_lost_before_the_first_reading_are_missing_since_the_line_was_opened()
    {
        DateTimeOffset opened = _time.GetUtcNow();
        var line = new TestLine(_time);
        PulseMeter meter = Gas(line);
        Advance(3);
        line.Put(new Edge(line.ReadClock(), true, LostBefore: 2));
        Assert.Equal(new Gap(opened, _time.GetUtcNow(), GapCause.EdgesLost, 2), Read(meter).Gap);
    }

    [Fact]
    public void What_was_counted_before_a_line_failed_is_booked_by_the_next_reading()
    {
        var line = new TestLine(_time);
        PulseMeter meter = Gas(line);
        Advance(2);
        line.Impulse(secondsAgo: 1);
        line.Fault = new IOException("gone");
        Assert.Throws<IOException>(() => Read(meter));
        line.Fault = null;
        Assert.Equal(1, Read(meter).Registers[0].Count);
    }

    [Fact]
    public void Impulses_faster_than_the_meter_can_give_them_are_not_counted()
    {
        var line = new TestLine(_time);
        PulseMeter meter = Gas(line, minimumPeriodS: 2);
        Advance(10);
        line.Impulse(secondsAgo: 9);
        line.Impulse(secondsAgo: 7.5);
        line.Impulse(secondsAgo: 7);
        Assert.Equal(2, Read(meter).Registers[0].Count);
    }

    [Theory]
    [InlineData(AccuracyClass.Mid)]
    [InlineData(AccuracyClass.OfMeter)]
    public void A_pulse_meter_claims_the_class_of_the_meter_that_is_connected(AccuracyClass accuracy) =>
        Assert.Equal(accuracy, Read(Gas(new TestLine(_time), accuracy: accuracy)).Accuracy);
}
