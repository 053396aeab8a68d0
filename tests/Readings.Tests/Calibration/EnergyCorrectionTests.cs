using CsCheck;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Calibration;

namespace EdgeGateway.Readings.Tests.Calibration;

public class EnergyCorrectionTests
{
    private static readonly CountWorth Milliwatthour = new(1, 1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly LiveValues Load = new(VoltageV: 230, CurrentA: 10);

    [Fact]
    public void Without_a_correction_every_count_passes_as_it_is() =>
        Gen.Select(Gen.Long[-(1L << 40), 1L << 40], Gen.Long[-(1L << 40), 1L << 40])
            .Array[1, 20]
            .Sample(polls =>
            {
                EnergyCorrection correction = new(new ChannelCalibration(1.02m), Milliwatthour);
                Assert.All(polls, p => Assert.Equal(p.Item1, correction.Correct(p.Item1, p.Item2, Load, Second)));
            });

    [Fact]
    public void A_reversed_clamp_turns_every_count() =>
        Assert.Equal(
            -12_345,
            new EnergyCorrection(ChannelCalibration.None with { Reversed = true }, Milliwatthour).Correct(12_345, 99, Load, Second)
        );

    [Fact]
    public void Any_split_of_the_time_gives_the_same_energy() =>
        Gen.Select(Gen.Int[-1000, 1000], Gen.Select(Gen.Long[-5000, 5000], Gen.Long[-5000, 5000]).Array[1, 200])
            .Sample(
                (centiDegrees, polls) =>
                {
                    EnergyCorrection correction = new(
                        new ChannelCalibration(1, [new CtPoint(1, centiDegrees / 100m, 0.7m)]),
                        Milliwatthour
                    );
                    long booked = polls.Sum(p => correction.Correct(p.Item1, p.Item2, Load, Second));
                    (double sin, double cos) = Math.SinCos(centiDegrees / 100.0 * Math.PI / 180);
                    double expected = 1.007 * ((polls.Sum(p => p.Item1) * cos) + (polls.Sum(p => p.Item2) * sin));
                    Assert.InRange(booked, expected - 1.01, expected + 1.01);
                }
            );

    [Fact]
    public void Energy_and_power_are_corrected_alike()
    {
        // A load of 1150 W and 1992 var for an hour, in counts of a milliwatt-hour.
        ChannelCalibration calibration = new(1, [new CtPoint(5, 2, -1), new CtPoint(20, 0, 1)], offsetMw: 3000);
        EnergyCorrection correction = new(calibration, Milliwatthour);
        long booked = 0;
        for (int s = 0; s < 3600; s++)
        {
            booked += correction.Correct(
                (1_150_000L * (s + 1) / 3600) - (1_150_000L * s / 3600),
                (1_992_000L * (s + 1) / 3600) - (1_992_000L * s / 3600),
                Load,
                Second
            );
        }

        Assert.Equal(calibration.Power(1150, 1992, 10).ActiveW, booked / 1000.0, 2);
    }

    [Fact]
    public void The_offset_is_of_true_power_and_so_before_the_ratio_in_counts()
    {
        // 36 W for 100 s are 1 Wh: 1000 mWh, of which each count is worth 2 × 1.25.
        EnergyCorrection correction = new(new ChannelCalibration(1.25m, offsetMw: 36_000), new CountWorth(2, 1));
        Assert.Equal(-400, Enumerable.Range(0, 100).Sum(_ => correction.Correct(0, 0, Load, Second)));
    }

    [Fact]
    public void Noise_is_not_booked_but_what_a_load_used_before_it_was_switched_off_is()
    {
        LiveValues idle = new(VoltageV: 230, CurrentA: 0.015);
        EnergyCorrection correction = new(new ChannelCalibration(1, noiseA: 0.02m), new CountWorth(1, 1000));
        // 230 V × 0.02 A for a second are 1.28 mWh, 1278 counts of a microwatt-hour.
        Assert.Equal(0, correction.Correct(1200, 0, idle, Second));
        Assert.Equal(0, correction.Correct(-1200, 0, idle, Second));
        Assert.Equal(1300, correction.Correct(1300, 0, idle, Second));
        Assert.Equal(1200, correction.Correct(1200, 0, idle with { CurrentA = 0.021 }, Second));
    }
}
