using CsCheck;
using EdgeGateway.Readings.Calibration;

namespace EdgeGateway.Readings.Tests.Calibration;

public class CalibrationFitTests
{
    private static readonly LiveValues Idle = new(CurrentA: 0.01, ActivePowerW: 0.5);

    [Fact]
    public void A_ratio_and_a_phase_from_two_points_hold_at_every_power_factor() =>
        Gen.Select(Gen.Double[0.9, 1.1], Gen.Double[-5, 5], Gen.Double[-37, 60], Gen.Double[0.5, 100])
            .Sample(
                (ratio, lag, angle, amperes) =>
                {
                    FittedCalibration fitted = CalibrationFit.Fit([Point(20, 0, ratio, lag)], [Point(20, 60, ratio, lag)]);
                    CalibrationPoint other = Point(amperes, angle, ratio, lag);
                    double corrected = fitted.Calibration.Power(other.MeasuredW, other.MeasuredVar, other.CurrentA).ActiveW;
                    Assert.InRange(corrected / other.ReferenceW, 0.9999, 1.0001);
                    Assert.All(fitted.Points, p => Assert.InRange(p.AfterPercent, -0.01, 0.01));
                }
            );

    [Fact]
    public void It_tells_the_error_before_and_after()
    {
        FittedCalibration fitted = CalibrationFit.Fit([Point(20, 0, 1.02, 1)], [Point(20, 60, 1.02, 1)]);
        Assert.Equal(1.02m, decimal.Round(fitted.Calibration.Ratio, 4));
        Assert.Equal(1m, decimal.Round(fitted.Calibration.Table.Single().Degrees, 2));
        // 1/1.02 − 1, and cos 61° / cos 60° of that
        Assert.Equal([-1.98, -4.94], fitted.Points.Select(p => Math.Round(p.BeforePercent, 2)));
    }

    [Fact]
    public void What_depends_on_the_current_becomes_a_table()
    {
        (double Amperes, double Ratio, double Lag)[] device = [(1, 1.03, 2), (10, 1.02, 0.8), (80, 1.01, 0.3)];
        FittedCalibration fitted = CalibrationFit.Fit(
            [.. device.Select(d => Point(d.Amperes, 0, d.Ratio, d.Lag))],
            [.. device.Select(d => Point(d.Amperes, 60, d.Ratio, d.Lag))]
        );
        Assert.Equal(1.01m, decimal.Round(fitted.Calibration.Ratio, 3));
        Assert.Equal([2m, 0.8m, 0.3m], fitted.Calibration.Table.Select(p => decimal.Round(p.Degrees, 2)));
        Assert.Equal([1.98m, 0.99m, 0m], fitted.Calibration.Table.Select(p => decimal.Round(p.Percent, 2)));
        Assert.All(fitted.Points, p => Assert.InRange(p.AfterPercent, -0.02, 0.02));
    }

    [Fact]
    public void A_ratio_alone_needs_no_table()
    {
        ChannelCalibration calibration = CalibrationFit.Fit([Point(20, 0, 1.02, 0)], []).Calibration;
        Assert.Equal((1.02m, 0), (calibration.Ratio, calibration.Table.Count));
    }

    [Fact]
    public void The_offset_found_without_a_load_is_not_fitted_into_the_ratio()
    {
        CalibrationPoint point = Point(2, 0, 1.02, 0);
        CalibrationPoint lifted = point with { MeasuredW = point.MeasuredW + (3 / 1.02) };
        FittedCalibration fitted = CalibrationFit.Fit([lifted], [], offsetMw: 3000);
        Assert.Equal(1.02m, decimal.Round(fitted.Calibration.Ratio, 4));
        Assert.Equal(0, fitted.Points[0].AfterPercent, 3);
    }

    [Theory]
    [InlineData(20, "At PF 0.94 nothing can be told of the ratio: take a resistive load.")]
    [InlineData(180, "The channel shows -4600 W where the reference has 4600 W: set the clamp's direction and phase right first.")]
    public void A_ratio_is_not_taken_from_another_load_or_a_reversed_clamp(double angle, string said) =>
        Assert.Equal(
            said,
            Assert.Throws<CalibrationException>(() => CalibrationFit.Fit([Point(20, angle, 1, 0) with { ReferenceW = 4600 }], [])).Message
        );

    [Fact]
    public void A_phase_is_not_taken_at_a_power_factor_of_1() =>
        Assert.Equal(
            "At PF 0.98 nothing can be told of the phase: take a load of PF 0.5, where 1° is 3 %.",
            Assert.Throws<CalibrationException>(() => CalibrationFit.Fit([Point(20, 0, 1, 0)], [Point(20, 10, 1, 0)])).Message
        );

    [Fact]
    public void Points_that_cannot_belong_together_are_refused()
    {
        Assert.Equal(
            "There is no point at PF 1. Compare with a resistive load first: it gives the ratio.",
            Assert.Throws<CalibrationException>(() => CalibrationFit.Fit([], [])).Message
        );
        CalibrationPoint unity = Point(20, 0, 1, 0),
            half = Point(20, 60, 1, 0);
        Assert.Equal(
            "At 20 A the reference has 5000 W, more than the 4600 VA shown. Do both measure the same load?",
            Assert.Throws<CalibrationException>(() => CalibrationFit.Fit([unity], [half with { ReferenceW = 5000 }])).Message
        );
        Assert.Equal(
            "Two points are at 20 A. Take each at another current, or their mean.",
            Assert.Throws<CalibrationException>(() => CalibrationFit.Fit([unity, unity], [])).Message
        );
        Assert.Equal(
            "The ratio 1.5 is not from 0.8 to 1.25 with at most 6 digits after the point. Check transformer and " + "divider first.",
            Assert.Throws<CalibrationException>(() => CalibrationFit.Fit([Point(20, 0, 1.5, 0)], [])).Message
        );
        Assert.Throws<CalibrationException>(() => CalibrationFit.Fit([unity with { ReferenceW = double.NaN }], []));
    }

    [Fact]
    public void Without_a_load_the_offset_is_the_mean_and_the_noise_the_most()
    {
        LiveValues[] shown = [.. Enumerable.Range(0, 20).Select(i => Idle with { CurrentA = 0.0101 + (i * 0.0001), ActivePowerW = i % 2 })];
        Assert.Equal(new NoLoadFit(500, 0.012m), CalibrationFit.NoLoad(shown, 100));
        Assert.Equal(
            "9 readings of the current without a load are too few: take at least 10.",
            Assert.Throws<CalibrationException>(() => CalibrationFit.NoLoad(shown[..9], 100)).Message
        );
        Assert.Equal(
            "2.1 A of 100 A is a load, not noise. Switch everything behind the clamp off.",
            Assert.Throws<CalibrationException>(() => CalibrationFit.NoLoad([.. shown, Idle with { CurrentA = 2.1 }], 100)).Message
        );
    }

    // What a channel shows whose current is 1/ratio of the true one and lags it.
    private static CalibrationPoint Point(double amperes, double angle, double ratio, double lag)
    {
        double apparent = 230 * amperes,
            shown = (angle + lag) * Math.PI / 180;
        return new CalibrationPoint(
            amperes / ratio,
            apparent / ratio * Math.Cos(shown),
            apparent / ratio * Math.Sin(shown),
            apparent * Math.Cos(angle * Math.PI / 180)
        );
    }
}
