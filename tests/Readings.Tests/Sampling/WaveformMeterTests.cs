using CsCheck;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Readings.Tests.Sampling;

public class WaveformMeterTests
{
    private const double Rate = 8000;

    private static List<WaveformWindow> Measure(
        double seconds,
        Func<double, double> volts,
        Func<double, double> amperes,
        WaveformSettings? settings = null,
        Predicate<double>? missing = null
    )
    {
        WaveformMeter meter = new(settings ?? new());
        List<WaveformWindow> windows = [];
        for (int n = 0; n < seconds * Rate; n++)
        {
            double t = n / Rate;
            if (missing?.Invoke(t) != true)
            {
                meter.Add(t, volts(t), amperes(t));
            }

            while (meter.TryTake(out WaveformWindow window))
            {
                windows.Add(window);
            }
        }

        return windows;
    }

    private static double Sine(double t, double rms, double degrees = 0, double hertz = 50) =>
        rms * Math.Sqrt(2) * Math.Sin((2 * Math.PI * hertz * t) - (degrees * Math.PI / 180));

    // IEC 62053-21 test points as metering asks for them: amperes are shares of 100 A.
    [Theory]
    [InlineData(50, 230, 5, 0)]
    [InlineData(50, 230, 100, 0)]
    [InlineData(50, 230, 10, 60)]
    [InlineData(50, 230, 20, 60)]
    [InlineData(50, 230, 20, -36.87)]
    [InlineData(49, 230, 20, 60)]
    [InlineData(51, 230, 20, 60)]
    [InlineData(59, 230, 20, 60)]
    [InlineData(61, 230, 20, 60)]
    [InlineData(50, 207, 20, 0)]
    [InlineData(50, 253, 20, 0)]
    public void Sines_are_measured_far_within_class_1(double hertz, double volts, double amperes, double degrees)
    {
        double expected = volts * amperes * Math.Cos(degrees * Math.PI / 180);
        List<WaveformWindow> windows = Measure(1, t => Sine(t, volts, 0, hertz), t => Sine(t, amperes, degrees, hertz));
        Assert.InRange(windows.Count, 3, 6);
        Assert.All(windows, w => Assert.Equal(1, w.ActivePowerW / expected, 0.0007));
        Assert.All(windows, w =>
            Assert.Equal(volts * amperes * Math.Sin(degrees * Math.PI / 180), w.ReactivePowerVar!.Value, volts * amperes * 0.0007)
        );
    }

    [Fact]
    public void A_phase_fired_load_has_the_power_of_its_integral_and_its_crest()
    {
        // Fired at 90°: half of every half-cycle. The edge lies half-way between two samples.
        static double Later(double t) => t + (0.5 / Rate);
        static double Current(double t) => Later(t) * 100 % 1 >= 0.5 ? Sine(Later(t), 10) : 0;
        List<WaveformWindow> windows = Measure(1, t => Sine(Later(t), 230), Current);
        Assert.All(windows, w => Assert.Equal(1150, w.ActivePowerW, 6.0));
        Assert.All(windows, w => Assert.Equal(10 / Math.Sqrt(2), w.CurrentA, 0.08));
        Assert.All(windows, w => Assert.Equal(2, w.CrestFactorA!.Value, 0.03));
    }

    [Fact]
    public void DC_in_the_current_is_no_power_and_clipping_is_told()
    {
        WaveformSettings settings = new() { ClipA = 20 };
        Assert.All(Measure(1, t => Sine(t, 230), t => Sine(t, 10) + 3, settings), w =>
            Assert.Equal((WaveformNote.None, 2300), (w.Note, Math.Round(w.ActivePowerW)))
        );
        Assert.All(Measure(1, t => Sine(t, 230), t => Math.Clamp(Sine(t, 20), -20, 20), settings), w =>
            Assert.Equal(WaveformNote.Clipped, w.Note)
        );
    }

    [Fact]
    public void Windows_between_crossings_scatter_a_hundred_times_less_than_windows_of_fixed_length()
    {
        const double Hertz = 49.83;
        List<WaveformWindow> whole = Measure(4, t => Sine(t, 230, 0, Hertz), t => Sine(t, 10, 60, Hertz));
        double[] wholeErrors = [.. whole.Select(w => Math.Abs((w.ActivePowerW / 1150) - 1))];
        double worstFixed = 0;
        for (int k = 0; k < 19; k++)
        {
            double sum = Enumerable
                .Range(0, 1600)
                .Sum(n => Sine((k * 0.2) + (n / Rate), 230, 0, Hertz) * Sine((k * 0.2) + (n / Rate), 10, 60, Hertz));
            worstFixed = Math.Max(worstFixed, Math.Abs((sum / 1600 / 1150) - 1));
        }

        Assert.True(wholeErrors.Max() < worstFixed / 20, $"{wholeErrors.Max():0.0E0} against {worstFixed:0.0E0}");
        Assert.True(wholeErrors.Max() < 7e-4);
    }

    [Fact]
    public void Distortion_is_the_root_of_the_harmonics_over_the_fundamental()
    {
        static double Current(double t) => Sine(t, 10) + Sine(t, 4, 20, 250) + Sine(t, 3, 70, 350);
        List<WaveformWindow> windows = Measure(1, t => Sine(t, 230) + Sine(t, 23, 0, 250), Current, new() { Harmonics = true });
        Assert.All(windows, w => Assert.Equal(0.1, w.ThdV!.Value, 0.001));
        Assert.All(windows, w => Assert.Equal(0.5, w.ThdA!.Value, 0.003));
        Assert.All(Measure(1, t => Sine(t, 230), Current, new() { Harmonics = true, Cycles = 5 }), w => Assert.Null(w.ThdA));
    }

    [Fact]
    public void A_phase_error_can_be_taken_out_of_a_window_afterwards() =>
        Gen.Select(Gen.Double[-80, 80], Gen.Double[-5, 5])
            .Sample(
                (degrees, error) =>
                {
                    WaveformWindow right = Measure(0.3, t => Sine(t, 230), t => Sine(t, 10, degrees))[0];
                    WaveformWindow lagging = Measure(0.3, t => Sine(t, 230), t => Sine(t, 10, degrees + error))[0];
                    WaveformWindow corrected = lagging.WithoutLag(error);
                    Assert.Equal(right.ActivePowerW, corrected.ActivePowerW, 1.0);
                    Assert.Equal(right.ReactivePowerVar!.Value, corrected.ReactivePowerVar!.Value, 1.0);
                },
                iter: 30
            );

    [Fact]
    public void A_current_within_the_noise_and_a_creeping_power_count_as_no_load()
    {
        WaveformSettings settings = new() { NoiseA = 0.05, CreepW = 15 };
        Assert.All(Measure(1, t => Sine(t, 230), t => Sine(t, 0.04), settings), w =>
            Assert.Equal((0, 0, WaveformNote.NoLoad), (w.CurrentA, w.ActivePowerW, w.Note))
        );
        Assert.All(Measure(1, t => Sine(t, 230), t => Sine(t, 0.06), settings), w =>
            Assert.Equal((0, WaveformNote.NoLoad), (w.ActivePowerW, w.Note))
        );
        Assert.All(Measure(1, t => Sine(t, 230), t => Sine(t, 0.07), settings), w =>
            Assert.Equal((16, WaveformNote.None), (Math.Round(w.ActivePowerW), w.Note))
        );
    }

    [Fact]
    public void Energy_is_whole_over_any_cut_of_the_same_time_and_is_not_counted_across_a_gap()
    {
        WaveformSettings settings = new() { LongestStepSeconds = 0.001 };
        WindowEnergy energy = new();
        long counted = 0;
        double covered = 0;
        List<(double From, double To)> gaps = [];
        foreach (WaveformWindow window in Measure(20, t => Sine(t, 230), t => Sine(t, 10), settings, missing: t => t is > 7 and < 9))
        {
            EnergyStep step = energy.Add(window);
            counted += step.ActiveImport;
            covered += window.EndSeconds - window.StartSeconds;
            gaps.AddRange(step.GapSeconds is { } gap ? [gap] : []);
            Assert.Equal((0, 0), (step.ActiveExport, step.ReactiveExport));
        }

        Assert.Equal(2300 * covered / 3.6, counted, 3.0);
        (double from, double to) = Assert.Single(gaps);
        Assert.InRange(from, 6.7, 7.0);
        Assert.InRange(to, 9.0, 9.3);
    }

    [Fact]
    public void A_turned_current_exports_what_it_imported() =>
        Gen.Double[0.5, 200]
            .Sample(
                amperes =>
                {
                    (WindowEnergy forward, WindowEnergy backward) = (new(), new());
                    List<WaveformWindow> a = Measure(1, t => Sine(t, 230), t => Sine(t, amperes, 30)),
                        b = Measure(1, t => Sine(t, 230), t => -Sine(t, amperes, 30));
                    EnergyStep[] imported = [.. a.Select(w => forward.Add(w))],
                        exported = [.. b.Select(w => backward.Add(w))];
                    Assert.Equal(imported.Sum(s => s.ActiveImport), exported.Sum(s => s.ActiveExport));
                    Assert.Equal(imported.Sum(s => s.ReactiveImport), exported.Sum(s => s.ReactiveExport));
                    Assert.Equal(0, exported.Sum(s => s.ActiveImport));
                },
                iter: 30
            );

    [Fact]
    public void Overlapping_windows_are_refused()
    {
        List<WaveformWindow> windows = Measure(1, t => Sine(t, 230), t => Sine(t, 10));
        WindowEnergy energy = new();
        energy.Add(windows[1]);
        Assert.Throws<ArgumentException>(() => energy.Add(windows[0]));
    }
}
