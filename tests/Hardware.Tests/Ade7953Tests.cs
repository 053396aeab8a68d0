using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Hardware.Tests;

public sealed class Ade7953Tests : IDisposable
{
    private static readonly CurrentTransformer Clamp200 = new(200, 333);
    private readonly FakeTimeProvider _time = new();
    private readonly SineWaveform _waveform = new(230, 40, degrees: 30);
    private readonly SimulatedAde7953 _chip;
    private readonly Ade7953 _driver;
    private readonly Ade7953Scale _scale = new(Clamp200, 1001);

    public Ade7953Tests()
    {
        _chip = new SimulatedAde7953(new(_waveform, Clamp200), new(_waveform, Clamp200, Reversed: true), 1001, _time);
        _driver = new Ade7953(_chip, _time);
    }

    public void Dispose() => _chip.Dispose();

    [Fact]
    public void Full_scale_inputs_read_what_the_datasheet_says()
    {
        // 500 mV peak at both inputs, in phase: datasheet, Specifications and Active Energy Calculation (Rev. B, page 25).
        var full = new SimulatedClamp(new SineWaveform(353.553390593, 353.553390593), new CurrentTransformer(1000, 1000m));
        var driver = new Ade7953(new SimulatedAde7953(full, null, 1000, _time), _time);
        driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(1));
        Ade7953Sample sample = driver.Read();
        Assert.Equal(9_032_007u, sample.VoltageRms);
        Assert.Equal(9_032_007u, sample.A.CurrentRms);
        Assert.Equal(4_862_401, sample.A.ActivePower);
        Assert.InRange(sample.A.ActiveEnergy, 206_899, 206_900);
        Assert.True(sample.A.Saturated);
        Assert.Equal(4474, sample.Period);
        Assert.Equal(50.0, Ade7953Scale.FrequencyHz(sample.Period), 6);
    }

    [Fact]
    public void Values_come_out_as_they_are_on_the_mains()
    {
        _driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(1));
        Ade7953Sample sample = _driver.Read();
        LiveValues live = _scale.Live(sample, sample.A);
        Assert.Equal(230, live.VoltageV!.Value, 3);
        Assert.Equal(40, live.CurrentA!.Value, 3);
        Assert.Equal(_waveform.Watts, live.ActivePowerW!.Value, 0.1);
        Assert.Equal(9200, live.ApparentPowerVA!.Value, 0.1);
        Assert.Equal(0.866, live.PowerFactor!.Value, 3);
        Assert.Equal(50, live.FrequencyHz!.Value, 0.01);
        Assert.Equal(Quality.Measured, sample.Quality);
        Assert.False(sample.A.Saturated);
    }

    [Fact]
    public void Reactive_power_and_energy_are_positive_when_the_current_lags()
    {
        _driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(1));
        Ade7953Sample sample = _driver.Read();
        Assert.Equal(4600, _scale.Live(sample, sample.A).ReactivePowerVar!.Value, 0.1);
        Assert.Equal(0.5773, (double)sample.A.ReactiveEnergy / sample.A.ActiveEnergy, 0.0001);
        Assert.InRange(sample.A.ReactiveEnergy + sample.B.ReactiveEnergy, -1, 0);
    }

    [Fact]
    public void An_energy_register_that_steps_back_is_refused_until_it_has_stayed_there_and_then_counts_on_with_a_gap()
    {
        _chip.PresetEnergy(0, 5_000_000);
        _driver.Initialize();
        _chip.PresetEnergy(0, 1_000);
        for (int i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            ChipException refused = Assert.Throws<ChipException>(() => _driver.Read());
            Assert.Equal((MissingReason.Implausible, "AENERGYA"), (refused.Reason, refused.Register));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Ade7953Sample sample = _driver.Read();
        Assert.Equal((Quality.Lost, GapCause.Implausible), (sample.Quality, sample.Gap));
        Assert.InRange(sample.A.ActiveEnergy, Expected(1) - 1, Expected(1) + 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_driver.Read().Gap);
    }

    [Fact]
    public void A_step_that_is_gone_when_it_is_read_again_loses_nothing()
    {
        _driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(1));
        _chip.PresetEnergy(0, (int)Expected(1) + 4_000_000);
        Assert.Throws<ChipException>(() => _driver.Read());
        _chip.PresetEnergy(0, (int)Expected(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Ade7953Sample sample = _driver.Read();
        Assert.InRange(sample.A.ActiveEnergy, Expected(2) - 2, Expected(2) + 1);
        Assert.Equal((Quality.Measured, (GapCause?)null), (sample.Quality, sample.Gap));
    }

    [Fact]
    public void A_reversed_clamp_exports()
    {
        _driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(1));
        Ade7953Sample sample = _driver.Read();
        Assert.Equal(-sample.A.ActivePower, sample.B.ActivePower);
        Assert.InRange(sample.B.ActiveEnergy + sample.A.ActiveEnergy, -1, 0);
        Assert.True(sample.B.ActiveEnergy < -10_000);
    }

    [Fact]
    public void Energy_is_power_times_time_over_many_turns_of_the_register()
    {
        _waveform.Amperes = 200;
        _driver.Initialize();
        long counts = 0;
        for (int i = 0; i < 1000; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            counts += _driver.Read().A.ActiveEnergy;
        }

        Assert.True(counts > 4 * (1 << 24));
        Assert.InRange(counts, Expected(1000) - 1, Expected(1000) + 1);
    }

    [Theory]
    [InlineData(0x7F_FFF0)]
    [InlineData(0xFF_FFF0)]
    public void The_register_runs_round_without_a_step(int counts)
    {
        _chip.PresetEnergy(0, counts);
        _driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(_driver.Read().A.ActiveEnergy, Expected(1) - 1, Expected(1) + 1);
    }

    [Theory]
    [InlineData(BusFault.LostReply)]
    [InlineData(BusFault.NoAnswer)]
    [InlineData(BusFault.Stuck)]
    public void A_reading_that_fails_loses_no_energy_and_doubles_none(BusFault fault)
    {
        _driver.Initialize();
        long counts = 0;
        for (int i = 0; i < 21; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _chip.Fault = i % 3 == 1 ? fault : BusFault.None;
            try
            {
                counts += _driver.Read().A.ActiveEnergy;
            }
            catch (ChipException)
            {
                Assert.Equal(1, i % 3);
            }
        }

        Assert.InRange(counts, Expected(21) - 1, Expected(21) + 1);
    }

    [Fact]
    public void A_chip_left_as_it_powers_up_would_lose_the_energy_of_a_lost_reply()
    {
        Span<byte> energy = stackalloc byte[4];
        _time.Advance(TimeSpan.FromSeconds(1));
        _chip.WriteRead([0x03, 0x1E], energy);
        Assert.NotEqual([0, 0, 0, 0], energy.ToArray());
        _chip.WriteRead([0x03, 0x1E], energy);
        Assert.Equal([0, 0, 0, 0], energy.ToArray());
    }

    [Fact]
    public void After_an_hour_without_an_answer_the_laps_are_taken_from_the_power()
    {
        _waveform.Amperes = 200;
        _time.Advance(TimeSpan.FromSeconds(1));
        _driver.Initialize();
        _time.Advance(TimeSpan.FromHours(1));
        Ade7953Sample sample = _driver.Read();
        Assert.InRange(sample.A.ActiveEnergy, Expected(3600) - 1, Expected(3600) + 1);
        Assert.InRange(sample.B.ActiveEnergy, -Expected(3600) - 1, -Expected(3600) + 1);
        Assert.Equal(Quality.Estimated, sample.Quality);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Quality.Measured, _driver.Read().Quality);
    }

    [Fact]
    public void A_chip_that_reset_itself_is_set_up_again_counts_on_from_zero_and_says_so()
    {
        _driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(10));
        _driver.Read();
        _chip.Reset();
        _time.Advance(TimeSpan.FromSeconds(1));
        Ade7953Sample sample = _driver.Read();
        Assert.Equal((Quality.Lost, GapCause.ChipReset), (sample.Quality, sample.Gap));
        Assert.InRange(sample.A.ActiveEnergy, Expected(1) - 1, Expected(1) + 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        sample = _driver.Read();
        Assert.Equal(Quality.Measured, sample.Quality);
        Assert.InRange(sample.A.ActiveEnergy, Expected(1) - 1, Expected(1) + 1);
    }

    [Fact]
    public void A_chip_absent_at_the_start_is_read_once_it_is_there()
    {
        _chip.Fault = BusFault.NoAnswer;
        Assert.Throws<ChipException>(() => _driver.Read());
        _chip.Fault = BusFault.None;
        Assert.Equal(230, _scale.VoltageV(_driver.Read().VoltageRms), 3);
    }

    [Fact]
    public void An_input_beyond_its_range_is_clipped_and_reported_once()
    {
        _waveform.Amperes = 400;
        _driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(1));
        Ade7953Sample sample = _driver.Read();
        Assert.True(sample.A.Saturated);
        Assert.True(_scale.CurrentA(sample.A.CurrentRms) < 300);
        _waveform.Amperes = 40;
        _time.Advance(TimeSpan.FromSeconds(1));
        _driver.Read();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_driver.Read().A.Saturated);
    }

    [Fact]
    public void Twelve_hertz_is_implausible_and_a_dead_voltage_has_no_frequency()
    {
        var slow = new Ade7953(new SimulatedAde7953(new(new SineWaveform(230, 1, hertz: 12), Clamp200), null, 1001, _time), _time);
        ChipException thrown = Assert.Throws<ChipException>(() => slow.Read());
        Assert.Equal((MissingReason.Implausible, "PERIOD"), (thrown.Reason, thrown.Register));
        var dead = new Ade7953(new SimulatedAde7953(new(new SineWaveform(0, 0, hertz: 0), Clamp200), null, 1001, _time), _time);
        Ade7953Sample sample = dead.Read();
        Assert.Null(_scale.Live(sample, sample.A).FrequencyHz);
        Assert.Null(_scale.Live(sample, sample.A).PowerFactor);
    }

    [Fact]
    public void Register_0x120_opens_only_to_the_write_after_its_key()
    {
        Span<byte> setting = stackalloc byte[2];
        _chip.Write([0x00, 0xFE, 0xAD]);
        _chip.Write([0x00, 0x04, 0x40]);
        _chip.Write([0x01, 0x20, 0x00, 0x30]);
        _chip.WriteRead([0x01, 0x20], setting);
        Assert.Equal([0, 0], setting.ToArray());
        _chip.Write([0x00, 0xFE, 0xAD]);
        _chip.Write([0x01, 0x20, 0x00, 0x30]);
        _chip.WriteRead([0x01, 0x20], setting);
        Assert.Equal([0x00, 0x30], setting.ToArray());
    }

    [Fact]
    public void The_24_and_32_bit_paths_show_the_same_register_sign_extended()
    {
        Span<byte> three = stackalloc byte[3];
        Span<byte> four = stackalloc byte[4];
        _chip.WriteRead([0x02, 0x13], three);
        _chip.WriteRead([0x03, 0x13], four);
        Assert.Equal(0xFF, four[0]);
        Assert.Equal(three.ToArray(), four[1..].ToArray());
    }

    private long Expected(double seconds) => (long)(_waveform.Watts * seconds / (0.125 * 1001 * 200_000 / 333) * 206_900);
}
