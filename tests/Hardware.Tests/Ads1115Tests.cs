using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Hardware.Tests;

public sealed class Ads1115Tests : IDisposable
{
    private static readonly CurrentTransformer Clamp100 = new(100, 333);
    private readonly FakeTimeProvider _time = new();
    private readonly SineWaveform _waveform = new(230, 60);
    private readonly SimulatedAds1115 _chip;

    public Ads1115Tests() => _chip = new SimulatedAds1115(0x48, _time, biasV: 1.65);

    public void Dispose() => _chip.Dispose();

    [Fact]
    public void After_power_up_the_config_register_is_0x8583()
    {
        Span<byte> config = stackalloc byte[2];
        _chip.WriteRead([1], config);
        Assert.Equal([0x85, 0x83], config.ToArray());
    }

    [Fact]
    public void A_single_conversion_keeps_OS_at_0_for_1_2_ms_and_the_pointer_stays()
    {
        Span<byte> config = stackalloc byte[2];
        _chip.Write([1, 0x85, 0xE3]);
        _chip.Read(config);
        Assert.Equal([0x05, 0xE3], config.ToArray());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _chip.Read(config);
        Assert.Equal([0x05, 0xE3], config.ToArray());
        _time.Advance(TimeSpan.FromMilliseconds(0.2));
        _chip.Read(config);
        Assert.Equal([0x85, 0xE3], config.ToArray());
    }

    [Theory]
    [InlineData(Ads1115Range.Mv4096, 13200)]
    [InlineData(Ads1115Range.Mv2048, 26400)]
    [InlineData(Ads1115Range.Mv1024, 32767)]
    public void A_direct_voltage_reads_by_the_counts_of_the_range(Ads1115Range range, int counts)
    {
        // 1.65 V bias at an input against ground: 125 µV, 62.5 µV a count, and beyond the third range (SBAS444, Table 7-1).
        Ads1115Window window = new Ads1115(_chip).SampleWindow(Ads1115Input.Ain0, range, samples: 3);
        Assert.Equal((3, 3 * counts, range == Ads1115Range.Mv1024), (window.Count, (int)window.Sum, window.Clipped));
        Assert.Equal(0, window.RmsV);
    }

    [Fact]
    public void A_window_gives_the_current_of_its_own_input_and_not_the_bias()
    {
        _chip.Connect(Ads1115Input.Ain0Ain1, new(_waveform, Clamp100));
        _chip.Connect(Ads1115Input.Ain3, new(new SineWaveform(230, 20), Clamp100));
        var driver = new Ads1115(_chip);
        Assert.Equal(60, driver.SampleWindow(Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024).RmsA(Clamp100), 0.6);
        Assert.Equal(20, driver.SampleWindow(Ads1115Input.Ain3, Ads1115Range.Mv2048).RmsA(Clamp100), 0.2);
        Assert.Equal(0, driver.SampleWindow(Ads1115Input.Ain2Ain3, Ads1115Range.Mv1024).RmsA(Clamp100));
    }

    [Fact]
    public void Peaks_beyond_the_range_are_seen_as_clipped()
    {
        _waveform.Amperes = 250;
        _chip.Connect(Ads1115Input.Ain0Ain1, new(_waveform, Clamp100));
        var driver = new Ads1115(_chip);
        Assert.True(driver.SampleWindow(Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024).Clipped);
        Assert.False(driver.SampleWindow(Ads1115Input.Ain0Ain1, Ads1115Range.Mv2048).Clipped);
    }

    [Fact]
    public void In_continuous_mode_each_read_shows_the_newest_conversion()
    {
        _chip.Connect(Ads1115Input.Ain0Ain1, new(_waveform, Clamp100));
        _chip.Write([1, 0x06, 0xE3]);
        Span<byte> before = stackalloc byte[2];
        Span<byte> after = stackalloc byte[2];
        _time.Advance(TimeSpan.FromMilliseconds(2));
        _chip.WriteRead([0], before);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        _chip.Read(after);
        Assert.NotEqual(before.ToArray(), after.ToArray());
    }

    [Fact]
    public void A_silent_chip_is_a_fault_with_its_reason()
    {
        _chip.Fault = BusFault.NoAnswer;
        ChipException thrown = Assert.Throws<ChipException>(() => new Ads1115(_chip).SampleWindow(Ads1115Input.Ain0, Ads1115Range.Mv2048));
        Assert.Equal((MissingReason.NoAnswer, "ADS1115", 0x48), (thrown.Reason, thrown.Chip, thrown.Address));
    }

    [Theory]
    [InlineData(333, Ads1115Range.Mv1024)]
    [InlineData(50, Ads1115Range.Mv256)]
    [InlineData(1000, Ads1115Range.Mv4096)]
    [InlineData(5000, Ads1115Range.Mv6144)]
    public void The_range_takes_twice_the_rated_peak(int secondaryMv, Ads1115Range range) =>
        Assert.Equal(range, Ads1115Settings.RangeFor(new CurrentTransformer(100, secondaryMv), Ads1115Input.Ain0Ain1));

    [Fact]
    public void Input_texts_name_each_multiplexer_setting_once()
    {
        foreach (string code in Ads1115Settings.InputCodes)
        {
            Assert.True(Ads1115Settings.TryParseInput(code, out _), code);
        }

        Assert.Equal(8, Ads1115Settings.InputCodes.Distinct().Count());
        Assert.False(Ads1115Settings.TryParseInput("1-2", out _));
    }

    [Fact]
    public void An_input_against_ground_has_room_for_the_bias() =>
        Assert.Equal(Ads1115Range.Mv4096, Ads1115Settings.RangeFor(Clamp100, Ads1115Input.Ain2));

    [Theory]
    [InlineData(150, 0.95)]
    [InlineData(250, 0.87)]
    [InlineData(350, 0.75)]
    public void A_conversion_is_the_mean_over_its_time_so_harmonics_are_too_small(double hertz, double passes)
    {
        Assert.Equal(passes, Ads1115.Passes(hertz, 860), 0.005);
        _chip.Connect(Ads1115Input.Ain0Ain1, new(new SineWaveform(230, 60, hertz: hertz), Clamp100));
        Ads1115Window window = new Ads1115(_chip).SampleWindow(Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024, 1000);
        Assert.Equal(passes, window.RmsA(Clamp100) / 60, 0.02);
    }

    [Fact]
    public void Continuous_conversions_pulse_the_ready_pin_at_the_rate_of_the_chips_own_clock()
    {
        var fast = new SimulatedAds1115(0x49, _time, clockFast: 0.1);
        var driver = new Ads1115(fast);
        driver.StartContinuous(Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024);
        List<Edge> edges = [];
        for (int ms = 0; ms < 1000; ms++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            while (fast.Ready.TryTake(out Edge edge))
            {
                edges.Add(edge);
            }
        }

        Assert.InRange(edges.Count(e => e.High), 945, 947);
        Assert.All(edges.Zip(edges.Skip(1)), pair => Assert.NotEqual(pair.First.High, pair.Second.High));
        Assert.All(edges, e => Assert.Equal(0, e.LostBefore));
    }

    [Fact]
    public void A_chip_that_was_reset_no_longer_converts_as_it_was_started()
    {
        var driver = new Ads1115(_chip);
        driver.StartContinuous(Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024);
        driver.RequireContinuous(Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024);
        _chip.Reset();
        ChipException thrown = Assert.Throws<ChipException>(() => driver.RequireContinuous(Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024));
        Assert.Equal((MissingReason.WrongChip, "Config"), (thrown.Reason, thrown.Register));
    }
}
