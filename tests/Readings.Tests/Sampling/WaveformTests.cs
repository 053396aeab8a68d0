using CsCheck;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Readings.Tests.Sampling;

public class WaveformTests
{
    private static (double[] Seconds, double[] Volts, double[] Amperes) Sample(
        double duration,
        double rate,
        Func<double, double> volts,
        Func<double, double> amperes
    )
    {
        double[] seconds = [.. Enumerable.Range(0, (int)(duration * rate)).Select(n => n / rate)];
        return (seconds, [.. seconds.Select(volts)], [.. seconds.Select(amperes)]);
    }

    private static IReadOnlyList<WaveformWindow> Measure((double[] Seconds, double[] Volts, double[] Amperes) s, int cycles) =>
        WaveformMeter.Measure(new WaveformSettings { Cycles = cycles }, s.Seconds, s.Volts, s.Amperes);

    private static void Near(double expected, double? actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual!.Value) <= tolerance, $"expected {expected} ± {tolerance}, got {actual}");

    private static readonly Gen<(double F, double Angle, double Phase, double V, double I, double OffsetV, double OffsetI)> Sines =
        Gen.Select(
            Gen.Double[49, 51],
            Gen.Double[-Math.PI, Math.PI],
            Gen.Double[0, 2 * Math.PI],
            Gen.Double[100, 400],
            Gen.Double[0.05, 2000],
            Gen.Double[-0.3, 0.3],
            Gen.Double[-3, 3]
        );

    [Fact]
    public void A_sine_of_49_to_51_Hz_at_any_angle_and_with_DC_is_measured_to_class_0_05() =>
        Sines.Sample(s =>
        {
            double omega = 2 * Math.PI * s.F;
            var windows = Measure(
                Sample(
                    0.5,
                    5760,
                    t => (s.V * Math.Sqrt(2) * Math.Sin((omega * t) + s.Phase)) + (s.OffsetV * s.V),
                    t => (s.I * Math.Sqrt(2) * Math.Sin((omega * t) + s.Phase - s.Angle)) + (s.OffsetI * s.I)
                ),
                cycles: 10
            );

            Assert.Equal(2, windows.Count);
            double apparent = s.V * s.I;
            foreach (WaveformWindow w in windows)
            {
                Near(s.F, w.FrequencyHz, 0.002);
                Near(s.V, w.VoltageV, 2e-4 * s.V);
                Near(s.I, w.CurrentA, 5e-4 * s.I);
                Near(apparent * Math.Cos(s.Angle), w.ActivePowerW, 5e-4 * apparent);
                Near(apparent * Math.Sin(s.Angle), w.ReactivePowerVar, 5e-4 * apparent);
                Near(apparent, w.ApparentPowerVA, 6e-4 * apparent);
                Near(Math.Cos(s.Angle), w.PowerFactor, 1e-3);
            }
        });

    [Fact]
    public void Windows_follow_each_other_without_a_gap()
    {
        var windows = Measure(Sample(2, 3333, t => 325 * Math.Sin(2 * Math.PI * 49.7 * t), t => 10 * Math.Sin(2 * Math.PI * 49.7 * t)), 3);
        Assert.Equal(32, windows.Count);
        Assert.All(windows.Zip(windows.Skip(1)), pair => Assert.Equal(pair.First.EndSeconds, pair.Second.StartSeconds));
        Assert.All(windows, w => Near(49.7, w.FrequencyHz, 0.02));
    }

    [Fact]
    public void A_generator_has_negative_power_and_a_lagging_load_positive_reactive_power()
    {
        double omega = 2 * Math.PI * 50;
        var generator = Measure(Sample(0.3, 4000, t => 325 * Math.Sin(omega * t), t => -10 * Math.Sin(omega * t)), 10)[0];
        var motor = Measure(Sample(0.3, 4000, t => 325 * Math.Sin(omega * t), t => 10 * Math.Sin((omega * t) - 1)), 10)[0];
        Near(-1625, generator.ActivePowerW, 1);
        Near(-1, generator.PowerFactor, 1e-6);
        Near(1625 * Math.Sin(1), motor.ReactivePowerVar, 1);
    }

    [Fact]
    public void Harmonics_count_in_active_power_and_not_in_the_reactive_power_of_the_fundamental()
    {
        // Fifth harmonic of 10 % in the voltage and 40 % in the current, the current's in quadrature: no active power from it.
        double omega = 2 * Math.PI * 50;
        var quadrature = Measure(
            Sample(
                0.3,
                10_000,
                t => 300 * (Math.Sin(omega * t) + (0.1 * Math.Sin(5 * omega * t))),
                t => 10 * (Math.Sin(omega * t) + (0.4 * Math.Cos(5 * omega * t)))
            ),
            10
        )[0];
        var inPhase = Measure(
            Sample(
                0.3,
                10_000,
                t => 300 * (Math.Sin(omega * t) + (0.1 * Math.Sin(5 * omega * t))),
                t => 10 * (Math.Sin(omega * t) + (0.4 * Math.Sin(5 * omega * t)))
            ),
            10
        )[0];
        Near(0, quadrature.ReactivePowerVar, 1);
        Near(1500, quadrature.ActivePowerW, 1);
        Near(1500 * 1.04, inPhase.ActivePowerW, 1);
    }

    [Fact]
    public void Noise_about_zero_makes_no_cycles() =>
        Gen.Select(Gen.Double[0, 2 * Math.PI], Gen.UInt)
            .Sample(
                (phase, seed) =>
                {
                    Random random = new((int)(seed & int.MaxValue));
                    var windows = Measure(
                        Sample(
                            0.5,
                            20_000,
                            t => (325 * Math.Sin((2 * Math.PI * 50 * t) + phase)) + (20 * (random.NextDouble() - 0.5)),
                            _ => 1
                        ),
                        10
                    );
                    Assert.InRange(windows.Count, 2, 2);
                    Assert.All(windows, w => Near(50, w.FrequencyHz, 0.05));
                }
            );

    [Fact]
    public void A_voltage_that_goes_leaves_windows_without_frequency_and_none_of_the_time_is_lost()
    {
        double omega = 2 * Math.PI * 50;
        var windows = Measure(Sample(2, 4000, t => t is < 0.5 or > 1.2 ? 325 * Math.Sin(omega * t) : 0, t => 10 * Math.Sin(omega * t)), 5);
        Assert.All(windows.Zip(windows.Skip(1)), pair => Assert.Equal(pair.First.EndSeconds, pair.Second.StartSeconds));
        var dark = windows.Where(w => w.FrequencyHz is null).ToList();
        Assert.NotEmpty(dark);
        Assert.All(dark, w => Assert.Null(w.ReactivePowerVar));
        WaveformWindow darkest = dark.First(w => w.StartSeconds > 0.65 && w.EndSeconds < 1.15);
        Assert.Equal(0, darkest.VoltageV);
        Assert.Null(darkest.PowerFactor);
        Near(10 / Math.Sqrt(2), darkest.CurrentA, 0.1);
        Assert.All(windows.Where(w => w.StartSeconds > 1.25), w => Near(50, w.FrequencyHz, 0.01));
    }

    [Fact]
    public void Without_a_current_there_is_no_power_factor()
    {
        WaveformWindow window = Measure(Sample(0.3, 4000, t => 325 * Math.Sin(2 * Math.PI * 50 * t), _ => 0), 10)[0];
        Assert.Equal(0, window.ApparentPowerVA);
        Assert.Null(window.PowerFactor);
    }

    [Fact]
    public void Spans_of_different_length_and_times_that_do_not_rise_are_refused()
    {
        Assert.Throws<ArgumentException>(() => WaveformMeter.Measure(new(), [0, 1], [1, 2], [1]));
        Assert.Throws<ArgumentException>(() => WaveformMeter.Measure(new(), [0, 1, 1], [1, 2, 3], [1, 2, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => WaveformMeter.Measure(new() { Cycles = 0 }, [], [], []));
    }
}
