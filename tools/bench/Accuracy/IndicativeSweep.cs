using System.Device.I2c;
using EdgeGateway.Drivers;
using EdgeGateway.Readings.Calibration;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;

namespace EdgeGateway.Bench.Accuracy;

/// <summary>A load for a channel without a voltage.</summary>
internal sealed record IndicativeLoad(string Name, MainsSignal Signal)
{
    public static IReadOnlyList<IndicativeLoad> All { get; } =
    [
        new("resistive, In", SweepPoint.Load(1)),
        new("resistive, 0.1 In", SweepPoint.Load(0.1)),
        new("resistive, 0.05 In", SweepPoint.Load(0.05)),
        Rectifier("rectifier, crest factor", 0.70, 0.45, 0.25),
        Rectifier("rectifier, crest factor", 0.80, 0.60, 0.40),
    ];

    // All harmonics have their crest where the fundamental has its own: sin(h·90° + degrees) = 1.
    private static IndicativeLoad Rectifier(string name, double third, double fifth, double seventh)
    {
        Harmonic[] relative = [new(1, 1), new(3, third, 180), new(5, fifth), new(7, seventh, 180)];
        double rms = Math.Sqrt(relative.Aggregate(0.0, (sum, h) => sum + (h.Rms * h.Rms)));
        double crest = relative.Aggregate(0.0, (sum, h) => sum + h.Rms) * Math.Sqrt(2) / rms;
        return new(
            FormattableString.Invariant($"{name} {crest:0.0} (3rd {100 * third:0} %, 5th {100 * fifth:0} %, 7th {100 * seventh:0} % of the fundamental)"),
            new MainsSignal(50, [new Harmonic(1, SweepPoint.Un)], [.. relative.Select(h => h with { Rms = h.Rms / rms * SweepPoint.In })]));
    }
}

/// <summary>Mean and largest error of the current over all devices, percent, with their signs.</summary>
internal readonly record struct Bias(double Mean, double Worst);

/// <summary>A load's errors, as shown and after each correction.</summary>
internal sealed record IndicativeResult(IndicativeLoad Load, Bias Shown, Bias Averaging, Bias Calibrated);

/// <summary>The ADS1115 with a clamp and no voltage: an RMS current, one conversion after another or continuously.</summary>
internal static class IndicativeSweep
{
    private const int Windows = 5;
    private const double NominalRate = 860;

    /// <summary>Single conversions through the driver and the register twin.</summary>
    public static IReadOnlyList<IndicativeResult> SingleShot() => Run((feed, _) =>
    {
        var chip = new SimulatedAds1115(0x48, new SteppedTime());
        chip.Connect(Ads1115Input.Ain0Ain1, new SimulatedClamp(feed, MeteredDevice.Transformer));
        var driver = new Ads1115((I2cDevice)chip);
        return () => driver.SampleWindow(Ads1115Input.Ain0Ain1, Ads1115Settings.RangeFor(MeteredDevice.Transformer)).RmsA(MeteredDevice.Transformer);
    }, _ => NominalRate);

    /// <summary>Conversion after conversion at the chip's own rate, into windows of 0.2 s; the rate is measured.</summary>
    public static IReadOnlyList<IndicativeResult> Continuous() => Run((feed, rate) =>
    {
        Ads1115Range range = Ads1115Settings.RangeFor(MeteredDevice.Transformer);
        double amperesPerStep = range.FullScaleMv() / 1000.0 / 32768 * MeteredDevice.Transformer.AmperesPerVolt;
        RmsWindow window = new();
        long sample = 0;
        return () =>
        {
            while (true)
            {
                // The feed runs on the chip's clock, on which it samples at its nominal rate.
                double amperes = feed.At(++sample / NominalRate).Amperes;
                int counts = (int)Math.Clamp(Math.Round(amperes / amperesPerStep), short.MinValue, short.MaxValue);
                if (window.Add((long)(sample * 1e9 / rate), counts, out RmsResult result))
                {
                    return result.RmsCounts * amperesPerStep;
                }
            }
        };
    }, rate => rate);

    private static List<IndicativeResult> Run(Func<ModelledFrontEnd, double, Func<double>> make, Func<double, double> knownRate)
    {
        IReadOnlyList<IndicativeLoad> loads = IndicativeLoad.All;
        var sums = new double[loads.Count, 3];
        var worst = new double[loads.Count, 3];
        for (int i = 0; i < AccuracySweep.Devices; i++)
        {
            var random = new Random(AccuracySweep.Seed + i);
            double fast = Parts.Ads1115Clock.Draw(random) / 100;
            double rate = NominalRate * (1 + fast);
            FrontEndErrors errors = Parts.Draw(random, ClampModel.Metering, ConverterModel.Ads1115) with { ClockFast = fast, AveragingSeconds = 1 / rate };
            var feed = new ModelledFrontEnd(errors, MeteredDevice.Transformer, MeteredDevice.Divider, AccuracySweep.Seed + i, loads[0].Signal);
            Func<double> read = make(feed, rate);
            double passed = Passed(loads[0].Signal.Hertz / knownRate(rate));

            // Calibrated as commissioning does, with a resistive load: at 0.5 In, which is no row.
            Apply(SweepPoint.Load(0.5));
            double shown = 0;
            for (int w = 0; w < Windows; w++)
            {
                shown += read() / Windows;
            }

            ChannelCalibration calibration = new(decimal.Round((decimal)(0.5 * SweepPoint.In / (shown / passed)), ChannelCalibration.RatioDecimals));
            for (int l = 0; l < loads.Count; l++)
            {
                Apply(loads[l].Signal);
                for (int w = 0; w < Windows; w++)
                {
                    double amperes = read();
                    Note(l, 0, amperes);
                    Note(l, 1, amperes / passed);
                    Note(l, 2, calibration.CurrentA(amperes / passed));
                }
            }

            // A window that began before the change has both.
            void Apply(MainsSignal signal)
            {
                feed.Signal = signal;
                read();
            }
        }

        return [.. loads.Select((load, l) => new IndicativeResult(load, Of(l, 0), Of(l, 1), Of(l, 2)))];

        void Note(int load, int column, double amperes)
        {
            double error = 100 * ((amperes / loads[load].Signal.CurrentA) - 1);
            sums[load, column] += error;
            worst[load, column] = Math.Abs(error) > Math.Abs(worst[load, column]) ? error : worst[load, column];
        }

        Bias Of(int load, int column) => new(sums[load, column] / (AccuracySweep.Devices * Windows), worst[load, column]);
    }

    // What averaging over a conversion leaves of a sine whose period is so many conversions.
    private static double Passed(double cyclesPerConversion) => Math.Sin(Math.PI * cyclesPerConversion) / (Math.PI * cyclesPerConversion);
}
