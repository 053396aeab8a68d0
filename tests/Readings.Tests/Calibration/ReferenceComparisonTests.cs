using CsCheck;
using EdgeGateway.Readings.Calibration;

namespace EdgeGateway.Readings.Tests.Calibration;

public class ReferenceComparisonTests
{
    private static readonly ReferenceRun Run = new(200, 1000, 201m, TimeSpan.FromSeconds(7200), TimeSpan.Zero, 0);

    [Fact]
    public void Two_hundred_pulses_tell_a_half_percent()
    {
        ReferenceComparison comparison = ReferenceComparison.Of(Run, 0.5);
        Assert.Equal((0.5, 0.5), (Math.Round(comparison.ErrorPercent, 9), comparison.UncertaintyPercent));
        Assert.Equal(200, ReferenceComparison.PulsesNeeded(TimeSpan.Zero, TimeSpan.FromSeconds(36), 0, 0.5));
    }

    [Fact]
    public void Too_few_are_refused_with_how_many_are_needed() =>
        Assert.Equal(
            "199 pulses tell the error to ±0.50 % only. For ±0.5 % count at least 200.",
            Assert.Throws<CalibrationException>(() => ReferenceComparison.Of(Run with { Pulses = 199 }, 0.5)).Message
        );

    [Fact]
    public void The_ends_and_the_reference_are_parts_of_the_uncertainty()
    {
        ReferenceComparison comparison = ReferenceComparison.Of(Run with { Timing = TimeSpan.FromSeconds(7.2), ReferencePercent = 0.3 }, 1);
        Assert.Equal((0.5, 0.2, 0.3), (comparison.CountPercent, comparison.TimingPercent, comparison.ReferencePercent));
        Assert.Equal(Math.Sqrt(0.25 + 0.04 + 0.09), comparison.UncertaintyPercent, 9);
    }

    [Fact]
    public void A_reference_that_is_not_good_enough_is_named() =>
        Assert.Equal(
            "The reference itself is sure to ±0.5 % only, and no number of pulses makes that ±0.5 %. Take a better one.",
            Assert.Throws<CalibrationException>(() => ReferenceComparison.Of(Run with { ReferencePercent = 0.5 }, 0.5)).Message
        );

    [Fact]
    public void As_many_pulses_as_it_asks_for_are_enough_and_one_less_is_not() =>
        Gen.Select(Gen.Double[0.1, 100], Gen.Double[0, 2], Gen.Double[0, 0.4], Gen.Double[0.5, 3])
            .Sample(
                (period, timing, reference, wanted) =>
                {
                    long needed = ReferenceComparison
                        .PulsesNeeded(TimeSpan.FromSeconds(timing), TimeSpan.FromSeconds(period), reference, wanted)!
                        .Value;
                    ReferenceRun Of(long pulses) =>
                        new(pulses, 1000, pulses, TimeSpan.FromSeconds(period * pulses), TimeSpan.FromSeconds(timing), reference);
                    Assert.InRange(ReferenceComparison.Of(Of(needed), wanted + 1e-6).UncertaintyPercent, 0, wanted + 1e-6);
                    Assert.Throws<CalibrationException>(() => ReferenceComparison.Of(Of(needed - 1), wanted - 1e-6));
                }
            );

    [Theory]
    [InlineData(0, 1000, 7200)]
    [InlineData(200, 0, 7200)]
    [InlineData(200, 1000, 0)]
    public void Nothing_is_compared_with_nothing(long pulses, int constant, int seconds) =>
        Assert.Throws<CalibrationException>(() =>
            ReferenceComparison.Of(
                Run with
                {
                    Pulses = pulses,
                    PulsesPerKilowattHour = constant,
                    Duration = TimeSpan.FromSeconds(seconds),
                },
                0.5
            )
        );
}
