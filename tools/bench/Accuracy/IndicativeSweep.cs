using EdgeGateway.Drivers;
using EdgeGateway.Metering;
using EdgeGateway.Readings.Calibration;
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
            FormattableString.Invariant(
                $"{name} {crest:0.0} (3rd {100 * third:0}, 5th {100 * fifth:0}, 7th {100 * seventh:0} % of the 1st)"
            ),
            new MainsSignal(50, [new Harmonic(1, SweepPoint.Un)], [.. relative.Select(h => h with { Rms = h.Rms / rms * SweepPoint.In })])
        );
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
    private const double RoundSeconds = 0.0009;

    /// <summary>Single conversions through the driver.</summary>
    public static IReadOnlyList<IndicativeResult> SingleShot() =>
        Run(
            (chip, _) =>
            {
                Ads1115 driver = new(chip);
                return () => driver.SampleWindow(Input, Range).RmsA(MeteredDevice.Transformer) / Ads1115.Passes(50, Ads1115.NominalRate);
            },
            _ => Ads1115.NominalRate
        );

    /// <summary>
    /// Conversion after conversion, one read for each edge of the ready line: the product corrects by the rate that it measures.
    /// </summary>
    public static IReadOnlyList<IndicativeResult> Continuous() =>
        Run(
            (chip, time) =>
            {
                Ads1115ContinuousInput input = new(new Ads1115(chip), Input, Range, chip.Ready);
                return () =>
                {
                    while (true)
                    {
                        time.Advance(RoundSeconds);
                        input.Serve();
                        if (input.Take().RmsV is { } volts)
                        {
                            return volts * MeteredDevice.Transformer.AmperesPerVolt;
                        }
                    }
                };
            },
            rate => rate
        );

    private const Ads1115Input Input = Ads1115Input.Ain0Ain1;

    private static readonly Ads1115Range Range = Ads1115Settings.RangeFor(MeteredDevice.Transformer, Input);

    private static List<IndicativeResult> Run(Func<SimulatedAds1115, SteppedTime, Func<double>> make, Func<double, double> usedRate)
    {
        IReadOnlyList<IndicativeLoad> loads = IndicativeLoad.All;
        var sums = new double[loads.Count, 3];
        var worst = new double[loads.Count, 3];
        for (int i = 0; i < AccuracySweep.Devices; i++)
        {
            var random = new Random(AccuracySweep.Seed + i);
            double fast = Parts.Ads1115Clock.Draw(random) / 100;
            FrontEndErrors errors = Parts.Draw(random, ClampModel.Metering, ConverterModel.Ads1115);
            ModelledFrontEnd frontEnd = new(
                errors,
                MeteredDevice.Transformer,
                MeteredDevice.Divider,
                AccuracySweep.Seed + i,
                loads[0].Signal
            );
            SteppedTime time = new();
            SimulatedAds1115 chip = new(0x48, time, clockFast: fast);
            chip.Connect(Input, new SimulatedClamp(frontEnd, MeteredDevice.Transformer));
            Func<double> read = make(chip, time);

            // By what the correction of the averaging raised it.
            double passed = Ads1115.Passes(50, usedRate(Ads1115.NominalRate * (1 + fast)));

            // Calibrated as commissioning does, with a resistive load: at 0.5 In, which is no row.
            Apply(SweepPoint.Load(0.5));
            double shown = 0;
            for (int w = 0; w < Windows; w++)
            {
                shown += read() / Windows;
            }

            ChannelCalibration calibration = new(decimal.Round((decimal)(0.5 * SweepPoint.In / shown), ChannelCalibration.RatioDecimals));
            for (int l = 0; l < loads.Count; l++)
            {
                Apply(loads[l].Signal);
                for (int w = 0; w < Windows; w++)
                {
                    double amperes = read();
                    Note(l, 0, amperes * passed);
                    Note(l, 1, amperes);
                    Note(l, 2, calibration.CurrentA(amperes));
                }
            }

            // A window that began before the change has both.
            void Apply(MainsSignal signal)
            {
                frontEnd.Signal = signal;
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
}
