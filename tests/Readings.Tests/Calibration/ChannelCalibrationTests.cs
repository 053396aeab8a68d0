using CsCheck;
using EdgeGateway.Readings.Calibration;

namespace EdgeGateway.Readings.Tests.Calibration;

public class ChannelCalibrationTests
{
    private static readonly LiveValues Shown = new(
        VoltageV: 230,
        CurrentA: 10,
        ActivePowerW: 1150,
        ApparentPowerVA: 2300,
        PowerFactor: 0.5,
        FrequencyHz: 50,
        ReactivePowerVar: 1991.86
    );

    [Fact]
    public void No_calibration_changes_nothing() => Assert.Equal(Shown, ChannelCalibration.None.Correct(Shown));

    [Fact]
    public void A_degree_costs_three_percent_at_a_power_factor_of_a_half()
    {
        LiveValues corrected = new ChannelCalibration(1, [new CtPoint(10, 1)]).Correct(Shown);
        // cos 1° + tan 60° · sin 1°
        Assert.Equal(1.0301, corrected.ActivePowerW!.Value / 1150, 4);
        Assert.Equal(2300, double.Hypot(corrected.ActivePowerW.Value, corrected.ReactivePowerVar!.Value), 2);
        Assert.Equal(corrected.ActivePowerW.Value / 2300, corrected.PowerFactor!.Value, 6);
    }

    [Fact]
    public void The_ratio_is_on_current_and_powers_and_not_on_the_voltage()
    {
        LiveValues corrected = new ChannelCalibration(1.02m).Correct(Shown);
        Assert.Equal((230.0, 10.2), (corrected.VoltageV!.Value, Math.Round(corrected.CurrentA!.Value, 9)));
        Assert.Equal((1173.0, 2346.0), (Math.Round(corrected.ActivePowerW!.Value, 6), Math.Round(corrected.ApparentPowerVA!.Value, 6)));
        Assert.Equal(0.5, corrected.PowerFactor!.Value, 9);
    }

    [Fact]
    public void A_current_alone_is_corrected_and_nothing_is_made_up_beside_it()
    {
        LiveValues corrected = new ChannelCalibration(1.02m, noiseA: 0.6m).Correct(new LiveValues(CurrentA: 1, ApparentPowerVA: 230));
        Assert.Equal(0.8 * 1.02, corrected.CurrentA!.Value, 9);
        Assert.Equal(0.8 * 1.02 * 230, corrected.ApparentPowerVA!.Value, 9);
        Assert.Equal(new LiveValues(), corrected with { CurrentA = null, ApparentPowerVA = null });
    }

    [Fact]
    public void A_reversed_clamp_turns_the_sign_of_both_powers()
    {
        LiveValues corrected = (ChannelCalibration.None with { Reversed = true }).Correct(Shown);
        Assert.Equal((-1150, -1991.86, -0.5), (corrected.ActivePowerW, corrected.ReactivePowerVar, corrected.PowerFactor));
    }

    [Fact]
    public void The_offset_is_taken_off_and_there_is_no_load_at_the_noise_floor()
    {
        ChannelCalibration calibration = new(1, offsetMw: 1500, noiseA: 0.02m);
        Assert.Equal(1148.5, calibration.Correct(Shown).ActivePowerW!.Value, 9);
        LiveValues idle = calibration.Correct(Shown with { CurrentA = 0.02, ActivePowerW = 1.5, ReactivePowerVar = 1 });
        Assert.Equal(
            (0.0, 0.0, 0.0, 0.0, (double?)null),
            (idle.CurrentA, idle.ActivePowerW, idle.ReactivePowerVar, idle.ApparentPowerVA, idle.PowerFactor)
        );
    }

    [Theory]
    [InlineData(1, 2, 0)]
    [InlineData(5, 2, 0)]
    [InlineData(7.5, 1.5, 0.5)]
    [InlineData(10, 1, 1)]
    [InlineData(1000, 1, 1)]
    public void A_table_is_linear_between_its_points_and_constant_beyond_them(double amperes, double degrees, double percent)
    {
        ChannelCalibration calibration = new(1, [new CtPoint(5, 2, 0), new CtPoint(10, 1, 1)]);
        Assert.Equal(amperes * (1 + (percent / 100)), calibration.CurrentA(amperes), 9);
        (double active, double reactive) = calibration.Power(0, 1000, amperes);
        Assert.Equal(degrees, Math.Atan2(active, reactive) * 180 / Math.PI, 9);
    }

    [Fact]
    public void It_says_in_one_line_what_it_is() =>
        Assert.Equal(
            "ratio 1.00340; 5 A 0.4° 0 %; 50 A 0.1° 0.05 %; offset -120 mW; noise 0.02 A",
            new ChannelCalibration(1.00340m, [new CtPoint(5, 0.4m), new CtPoint(50, 0.1m, 0.05m)], -120, 0.02m).ToString()
        );

    [Fact]
    public void Any_correction_keeps_what_the_powers_make_together() =>
        Gen.Select(Gen.Double[-3000, 3000], Gen.Double[-3000, 3000], Gen.Int[-1000, 1000])
            .Sample(
                (p, q, centiDegrees) =>
                {
                    (double p2, double q2) = new ChannelCalibration(1.1m, [new CtPoint(1, centiDegrees / 100m)]).Power(p, q, 5);
                    Assert.Equal(1.1 * double.Hypot(p, q), double.Hypot(p2, q2), tolerance: 1e-6);
                }
            );

    [Theory]
    [InlineData(
        0.799,
        1,
        0,
        0,
        0,
        0,
        "The ratio 0.799 is not from 0.8 to 1.25 with at most 6 digits after the point. Check transformer and " + "divider first."
    )]
    [InlineData(
        1.251,
        1,
        0,
        0,
        0,
        0,
        "The ratio 1.251 is not from 0.8 to 1.25 with at most 6 digits after the point. Check transformer and " + "divider first."
    )]
    [InlineData(
        1.0000001,
        1,
        0,
        0,
        0,
        0,
        "The ratio 1.0000001 is not from 0.8 to 1.25 with at most 6 digits after the point. Check transformer " + "and divider first."
    )]
    [InlineData(1, 0, 0, 0, 0, 0, "0 A is not a current of a table: above 0 A, at most 100000 A.")]
    [InlineData(1, 1, 10.1, 0, 0, 0, "At 1 A 10.1° or 0 % is beyond ±10. The clamp is the wrong one, or on another phase.")]
    [InlineData(1, 1, 0, -10.1, 0, 0, "At 1 A 0° or -10.1 % is beyond ±10. The clamp is the wrong one, or on another phase.")]
    [InlineData(1, 1, 0, 0, 100_001, 0, "An offset of 100001 mW is no offset. Make sure that there is no load, and look at the wiring.")]
    [InlineData(1, 1, 0, 0, 0, -0.1, "A noise floor of -0.1 A is not from 0 to 10 A. Make sure that there is no load.")]
    [InlineData(1, 1, 0, 0, 0, 10.1, "A noise floor of 10.1 A is not from 0 to 10 A. Make sure that there is no load.")]
    public void What_no_tolerance_explains_is_refused(
        double ratio,
        double amperes,
        double degrees,
        double percent,
        int offset,
        double noise,
        string said
    ) =>
        Assert.Equal(
            said,
            Assert
                .Throws<CalibrationException>(() =>
                    new ChannelCalibration(
                        (decimal)ratio,
                        [new CtPoint((decimal)amperes, (decimal)degrees, (decimal)percent)],
                        offset,
                        (decimal)noise
                    )
                )
                .Message
        );

    [Fact]
    public void A_table_ascends_and_has_an_end()
    {
        Assert.Equal(
            "The currents of a table ascend: 5 A does not come after 5 A.",
            Assert.Throws<CalibrationException>(() => new ChannelCalibration(1, [new CtPoint(5, 1), new CtPoint(5, 2)])).Message
        );
        Assert.Throws<CalibrationException>(() => new ChannelCalibration(1, [.. Enumerable.Range(1, 17).Select(i => new CtPoint(i, 0))]));
    }
}
