using CsCheck;
using EdgeGateway.Metering;

namespace EdgeGateway.Gateway.Tests.Metering;

public class PulseRateTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData("kWh", 1000, "W", 3600)]
    [InlineData("Wh", 1, "W", 3600)]
    [InlineData("MWh", 1_000_000, "W", 3600)]
    [InlineData("m3", 100, "m3/h", 36)]
    [InlineData("pieces", 2, "pieces/h", 1800)]
    public void An_impulse_a_second_is_so_much(string unit, int impulsesPerUnit, string flowUnit, double flow)
    {
        var pulses = new PulseRate(impulsesPerUnit, unit, 0);
        pulses.Note(5 * Second);
        pulses.Note(6 * Second);
        Assert.Equal((flowUnit, flow), (pulses.Unit, Math.Round(pulses.At(6 * Second)!.Value, 9)));
    }

    [Fact]
    public void Between_impulses_the_flow_is_the_last_rate_then_at_most_an_impulse_in_the_time_passed_then_zero()
    {
        var pulses = new PulseRate(1, "m3", 0);
        pulses.Note(0);
        pulses.Note(10 * Second);
        Assert.Equal([360, 360, 180, 40, 0], new long[] { 10, 20, 30, 100, 110 }.Select(s => Math.Round(pulses.At(s * Second)!.Value, 9)));
    }

    [Fact]
    public void Without_two_impulses_the_flow_cannot_be_told_until_a_long_silence_tells_it()
    {
        var pulses = new PulseRate(1, "m3", 0);
        Assert.Null(pulses.At(599 * Second));
        Assert.Equal(0, pulses.At(600 * Second));
        pulses.Note(700 * Second);
        Assert.Null(pulses.At(701 * Second));
    }

    [Fact]
    public void The_flow_never_rises_without_an_impulse() =>
        Gen.Select(Gen.Long[1, 1000], Gen.Long[0, 20_000].Array)
            .Sample(
                (period, times) =>
                {
                    var pulses = new PulseRate(1, "m3", 0);
                    pulses.Note(0);
                    pulses.Note(period * Second);
                    double[] flows = [.. times.Order().Select(t => pulses.At((period + t) * Second)!.Value)];
                    Assert.Equal(flows.OrderDescending(), flows);
                }
            );
}
