using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Hardware.Tests;

public class SimulatedFactoryTests
{
    private static readonly DateTimeOffset Monday8 = new(2026, 6, 15, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Parts = ["press", "oven", "compressor", "lighting", "robots", "charger", "pv", "battery"];
    private readonly SimulatedFactory _factory = new(1);

    [Fact]
    public void The_same_seed_and_instant_give_the_same_factory_and_another_seed_another()
    {
        double a = _factory.Waveform("press.L1", Monday8).Joules(100, 4000);
        double b = new SimulatedFactory(1).Waveform("press.L1", Monday8.AddSeconds(100)).Joules(0, 3900);
        Assert.Equal(a, b, 1e-3);
        Assert.NotEqual(a, new SimulatedFactory(2).Waveform("press.L1", Monday8).Joules(100, 4000), 1e-3);
    }

    [Fact]
    public void The_grid_is_the_sum_of_all_on_each_phase()
    {
        foreach (string phase in (string[])["L1", "L2", "L3"])
        {
            double sum = 0;
            foreach (string part in Parts)
            {
                sum += _factory.Waveform($"{part}.{phase}", Monday8).Joules(0, 3600);
            }

            Assert.Equal(sum, _factory.Waveform($"grid.{phase}", Monday8).Joules(0, 3600), 1);
        }
    }

    [Fact]
    public void In_a_week_every_part_lives_and_the_factory_imports_and_exports()
    {
        var hours = Enumerable.Range(0, 7 * 24).ToArray();
        double[] Kilowatts(string load)
        {
            IWaveform waveform = _factory.Waveform($"{load}.L1", Monday8.AddHours(-8));
            return [.. hours.Select(h => waveform.Joules(h * 3600, (h + 1) * 3600) / 3.6e6)];
        }

        double[] grid = Kilowatts("grid");
        Assert.Contains(grid, kW => kW > 8);
        Assert.Contains(grid, kW => kW < -3);
        Assert.DoesNotContain(grid, kW => Math.Abs(kW) > 40);
        foreach (string load in (string[])["press", "oven", "compressor", "lighting", "robots", "charger"])
        {
            double[] kW = Kilowatts(load);
            Assert.True(kW.Min() >= 0 && kW.Max() > 5 * kW.Min() && kW.Max() > 1, load);
        }

        double[] pv = Kilowatts("pv");
        Assert.All(hours, h => Assert.True(h % 24 is >= 6 and <= 18 ? pv[h] < 0 : pv[h] == 0));
        double[] battery = Kilowatts("battery");
        Assert.Contains(battery, kW => kW > 0.5);
        Assert.Contains(battery, kW => kW < -0.5);
        Assert.All(Enumerable.Range(0, 7), day =>
        {
            double net = battery.Skip(day * 24).Take(24).Aggregate((a, b) => a + b) * 3;
            Assert.InRange(net, -8, 40);
        });
    }

    [Fact]
    public void The_waveform_has_the_power_of_the_step()
    {
        IWaveform waveform = _factory.Waveform("compressor.L2", Monday8);
        var samples = new WaveSample[100];
        int n = waveform.Samples(9.8, 10.0, samples);
        double watts = samples.Take(n).Aggregate(0.0, (sum, s) => sum + (s.Volts * s.Amperes * s.Weight)) / 0.2;
        Assert.Equal(waveform.Joules(10, 10.1) / 0.1, watts, 0.05);
        Assert.InRange(Math.Sqrt(samples.Take(n).Aggregate(0.0, (sum, s) => sum + (s.Volts * s.Volts * s.Weight)) / 0.2), 226, 234);
        Assert.InRange(waveform.Hertz(10), 49.9, 50.1);
    }

    [Fact]
    public void An_unknown_source_is_named_with_those_there_are()
    {
        ArgumentException thrown = Assert.Throws<ArgumentException>(() => _factory.Waveform("kiln.L1", Monday8));
        Assert.Equal(
            "The simulated factory has no source 'kiln.L1'. It has press.L1, press.L2, press.L3, oven.L1, oven.L2, "
                + "oven.L3, compressor.L1, compressor.L2, compressor.L3, lighting.L1, lighting.L2, lighting.L3, robots.L1, "
                + "robots.L2, robots.L3, charger.L1, charger.L2, charger.L3, pv.L1, pv.L2, pv.L3, battery.L1, battery.L2, "
                + "battery.L3, grid.L1, grid.L2, grid.L3. (Parameter 'source')",
            thrown.Message
        );
    }

    [Theory]
    [InlineData("gas", 10, 86400)]
    [InlineData("air", 10, 7200)]
    [InlineData("water", 100, 7200)]
    [InlineData("heat", 100, 7200)]
    [InlineData("electricity", 500, 7200)]
    [InlineData("product", 1, 7200)]
    public void A_pulse_meter_makes_the_impulses_of_its_flow_and_the_filter_takes_the_bounces_away(string medium, int perUnit, int seconds)
    {
        var time = new FakeTimeProvider(Monday8);
        Func<double, double> flow = _factory.RatePerHour(medium, Monday8);
        var meter = new SimulatedPulseMeter(flow, perUnit, time);
        var filter = new PulseFilter(20_000_000, meter.InitialHigh);
        int edges = 0;
        double units = 0;
        for (int second = 0; second < seconds; second += 5)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            long now = meter.ReadClock();
            while (meter.TryTake(out Edge edge))
            {
                Assert.True(edge.TimeNs <= meter.ReadClock());
                filter.Push(edge);
                edges++;
            }

            filter.AdvanceTo(now);
            for (double t = second; t < second + 5; t += SimulatedFactory.StepSeconds)
            {
                units += flow(t) * SimulatedFactory.StepSeconds / 3600;
            }
        }

        Assert.InRange(filter.Count, (units * perUnit) - 2, units * perUnit);
        Assert.True(filter.Count > 40 && edges > 3 * filter.Count && filter.LostEdges == 0, $"{filter.Count} impulses, {edges} edges");
    }
}
