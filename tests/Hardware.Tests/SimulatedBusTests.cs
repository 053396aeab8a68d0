using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Hardware.Tests;

public class SimulatedBusTests
{
    private static readonly CurrentTransformer Clamp200 = new(200, 333);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 6, 15, 0, 0, 0, TimeSpan.Zero));

    private SimulatedBus Factory() => SimulatedBus.Open("sim:factory", "", seed: 1, repeat: false, _time);

    [Fact]
    public void The_energy_of_an_hour_of_the_factory_goes_through_the_chip()
    {
        SimulatedBus bus = Factory();
        bus.AttachAde7953(0x38, new("grid.L1", Clamp200), new("press.L1", Clamp200), 1001);
        var driver = new Ade7953(bus.OpenI2c(0x38), _time);
        var scale = new Ade7953Scale(Clamp200, 1001);
        driver.Initialize();
        (long grid, long press) = (0, 0);
        for (int second = 0; second < 3600; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Ade7953Sample sample = driver.Read();
            (grid, press) = (grid + sample.A.ActiveEnergy, press + sample.B.ActiveEnergy);
            Assert.InRange(scale.VoltageV(sample.VoltageRms), 227, 233);
            Assert.False(sample.A.Saturated);
        }

        (long numerator, long denominator) = scale.MilliwattHoursPerCount;
        double Joules(long counts) => counts * (double)numerator / denominator * 3.6;
        var factory = new SimulatedFactory(1);
        DateTimeOffset start = new(2026, 6, 15, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(factory.Waveform("grid.L1", start).Joules(0, 3600), Joules(grid), 20.0);
        Assert.Equal(factory.Waveform("press.L1", start).Joules(0, 3600), Joules(press), 20.0);
    }

    [Fact]
    public void The_energy_of_an_hour_of_three_phases_goes_through_one_ATM90E32AS()
    {
        SimulatedBus bus = Factory();
        bus.AttachAtm90e32as([new("grid.L1", Clamp200), new("grid.L2", Clamp200), new("pv.L3", Clamp200)], 1001);
        var driver = new Atm90e32as(bus.OpenSpi(), 50, _time);
        driver.Initialize();
        Span<long> net = [0, 0, 0];
        for (int second = 0; second < 3600; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Atm90e32asSample sample = driver.Read();
            for (int phase = 0; phase < 3; phase++)
            {
                net[phase] += sample[(Atm90e32asPhaseName)phase].ActiveForward - sample[(Atm90e32asPhaseName)phase].ActiveReverse;
            }
        }

        (long numerator, long denominator) = new Atm90e32asScale(Clamp200, 1001).MilliwattHoursPerCount;
        double joulesPerCount = (double)numerator / denominator * 3.6;
        var factory = new SimulatedFactory(1);
        DateTimeOffset start = new(2026, 6, 15, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(factory.Waveform("grid.L1", start).Joules(0, 3600), net[0] * joulesPerCount, joulesPerCount);
        Assert.Equal(factory.Waveform("grid.L2", start).Joules(0, 3600), net[1] * joulesPerCount, joulesPerCount);
        Assert.Equal(factory.Waveform("pv.L3", start).Joules(0, 3600), net[2] * joulesPerCount, joulesPerCount);
    }

    [Fact]
    public void The_current_of_a_machine_goes_through_the_ADS1115()
    {
        SimulatedBus bus = Factory();
        bus.AttachAds1115(0x48, Ads1115Input.Ain0Ain1, new("lighting.L1", new(100, 333)));
        bus.AttachAds1115(0x48, Ads1115Input.Ain2Ain3, new("oven.L2", new(100, 333)));
        _time.Advance(TimeSpan.FromSeconds(1));
        double amperes = new Ads1115(bus.OpenI2c(0x48)).SampleWindow(Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024).RmsA(new(100, 333));
        Assert.InRange(amperes, 0.4 * 6200 / 230, 0.4 * 6300 * 1.03 / 226);
    }

    [Fact]
    public void An_address_and_a_chip_select_line_with_nothing_on_it_do_not_answer()
    {
        ChipException thrown = Assert.Throws<ChipException>(() => new Ads1115(Factory().OpenI2c(0x4B)).SampleWindow(default, default));
        Assert.Equal((MissingReason.NoAnswer, 0x4B), (thrown.Reason, thrown.Address));
        thrown = Assert.Throws<ChipException>(() => new Atm90e32as(Factory().OpenSpi(), 50, _time).Read());
        Assert.Equal(MissingReason.NoAnswer, thrown.Reason);
    }

    [Fact]
    public void Wiring_that_cannot_be_is_refused_in_words()
    {
        SimulatedBus bus = Factory();
        Refused("one voltage input", () => bus.AttachAde7953(0x38, new("grid.L1", Clamp200), new("grid.L2", Clamp200), 1001));
        Refused("always at address 0x38", () => bus.AttachAde7953(0x39, new("grid.L1", Clamp200), null, 1001));
        Refused("neither channel", () => bus.AttachAde7953(0x38, null, null, 1001));
        Refused("'kiln.L1'", () => bus.AttachAde7953(0x38, new("kiln.L1", Clamp200), null, 1001));
        Refused("It has electricity, gas", () => bus.AttachPulseLine(1, "steam", 10));
        bus.AttachPulseLine(1, "gas", 10);
        Refused("wired already", () => bus.AttachPulseLine(1, "gas", 10));
        bus.AttachAds1115(0x38, Ads1115Input.Ain0, new("oven.L1", Clamp200));
        Refused("taken by another chip", () => bus.AttachAde7953(0x38, new("grid.L1", Clamp200), null, 1001));
        Refused("no phase wired", () => bus.AttachAtm90e32as([null, null, null], 1001));
        Refused("three phases", () => bus.AttachAtm90e32as([new("grid.L1", Clamp200)], 1001));
        Refused("'kiln.L1'", () => bus.AttachAtm90e32as([new("kiln.L1", Clamp200), null, null], 1001));
        bus.AttachAtm90e32as([new("grid.L1", Clamp200), null, null], 1001);
        Refused("taken by another chip", () => bus.AttachAtm90e32as([new("grid.L1", Clamp200), null, null], 1001));
        Refused("no simulated bus", () => SimulatedBus.Open("sim:fabrik", "", 1, false, _time));

        static void Refused(string why, Action wiring) =>
            Assert.Contains(why, Assert.Throws<ArgumentException>(wiring).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_buses_show_the_same_factory()
    {
        IPulseLine one = Factory().AttachPulseLine(4, "electricity", 100);
        IPulseLine two = Factory().AttachPulseLine(5, "electricity", 100);
        _time.Advance(TimeSpan.FromMinutes(5));
        int edges = 0;
        for (; one.TryTake(out Edge edge); edges++)
        {
            Assert.True(two.TryTake(out Edge same));
            Assert.Equal(edge, same);
        }

        Assert.True(edges > 20);
    }
}
