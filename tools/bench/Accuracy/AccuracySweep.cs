using EdgeGateway.Readings;
using EdgeGateway.Readings.Calibration;
using EdgeGateway.Simulation;

namespace EdgeGateway.Bench.Accuracy;

/// <summary>A point's largest errors over all devices, percent, with their signs.</summary>
/// <param name="Point">The point.</param>
/// <param name="Uncalibrated">By what is printed on the parts.</param>
/// <param name="TwoPoints">Calibrated at In.</param>
/// <param name="SmallLoad">Calibrated at two points too, but at 0.2 In.</param>
/// <param name="Table">Calibrated at several currents.</param>
internal sealed record PointResult(SweepPoint Point, double Uncalibrated, double TwoPoints, double SmallLoad, double Table);

/// <summary>A kind of device over all points.</summary>
/// <param name="Name">The front end.</param>
/// <param name="Points">The points that it has.</param>
/// <param name="Warned">How many devices said that a current of 1.2 times full scale was beyond their range.</param>
/// <param name="FalselyWarned">How many said so of a point within the range.</param>
internal sealed record PathResult(string Name, IReadOnlyList<PointResult> Points, int Warned, int FalselyWarned);

/// <summary>Draws devices, calibrates each, and measures all other points.</summary>
internal static class AccuracySweep
{
    /// <summary>How many devices are drawn: 100 for the report, fewer only to see that it can be made.</summary>
    public static int Devices { get; set; } = 100;

    public const int Seed = 20_530_211;

    // Where a table is made: none of these is a point of the report but In, where the two-point calibration is made too.
    public static IReadOnlyList<double> TableOfIn { get; } = [0.04, 0.07, 0.15, 0.35, 1, 1.6];

    private const double SmallLoadOfIn = 0.2;
    private const double BeyondFullScale = 1.2;

    public static PathResult Ade7953(ClampModel clamp) =>
        Run(
            $"ADE7953, {clamp.Name}",
            (random, seed) => Ade7953Device.Make(Parts.Draw(random, clamp, ConverterModel.Ade7953), seed),
            [.. SweepPoint.All.Where(p => !p.OnePhase)]
        );

    public static PathResult Atm90e32as(ClampModel clamp) =>
        Run(
            $"ATM90E32AS, {clamp.Name}",
            (random, seed) =>
                Atm90e32asDevice.Make([.. Enumerable.Range(0, 3).Select(_ => Parts.Draw(random, clamp, ConverterModel.Atm90e32as))], seed),
            SweepPoint.All
        );

    public static PathResult Sampled(ClampModel clamp) =>
        Run(
            $"sampled voltage and current, {clamp.Name}",
            (random, seed) =>
                new SampledDevice(Parts.Draw(random, clamp, ConverterModel.Sampled), 4000 * (1 + (0.01 * random.NextDouble())), seed),
            [.. SweepPoint.All.Where(p => !p.OnePhase)]
        );

    private static PathResult Run(string name, Func<Random, int, MeteredDevice> make, IReadOnlyList<SweepPoint> points)
    {
        var worst = new double[points.Count, 4];
        (int warned, int falselyWarned) = (0, 0);
        for (int i = 0; i < Devices; i++)
        {
            MeteredDevice device = make(new Random(Seed + i), Seed + i);
            Dictionary<int, IReadOnlyList<ChannelCalibration>> calibrations = points
                .Select(p => p.LineHz)
                .Distinct()
                .ToDictionary(hz => hz, hz => Calibrations(device, hz));
            bool falsely = false;
            for (int p = 0; p < points.Count; p++)
            {
                SweepPoint point = points[p];
                IReadOnlyList<Shown> shown = device.Measure(point, calibrations[point.LineHz]);
                for (int c = 0; c < shown.Count; c++)
                {
                    double error = 100 * ((shown[c].Watts / point.Signal.ActivePowerW) - 1);
                    falsely |= shown[c].Warned;
                    worst[p, c] = Math.Abs(error) > Math.Abs(worst[p, c]) ? error : worst[p, c];
                }
            }

            SweepPoint beyond = new("", MainsSignal.Sine(SweepPoint.Un, BeyondFullScale * device.FullScaleA), 0);
            warned += device.Measure(beyond, [ChannelCalibration.None])[0].Warned ? 1 : 0;
            falselyWarned += falsely ? 1 : 0;
        }

        return new PathResult(
            name,
            [.. points.Select((p, i) => new PointResult(p, worst[i, 0], worst[i, 1], worst[i, 2], worst[i, 3]))],
            warned,
            falselyWarned
        );
    }

    private static IReadOnlyList<ChannelCalibration> Calibrations(MeteredDevice device, int hertz)
    {
        return [ChannelCalibration.None, At([1]), At([SmallLoadOfIn]), At(TableOfIn)];

        ChannelCalibration At(IReadOnlyList<double> ofIn) =>
            CalibrationFit
                .Fit(
                    [.. ofIn.Select(i => Compare(device, SweepPoint.Load(i, 0, hertz)))],
                    [.. ofIn.Select(i => Compare(device, SweepPoint.Inductive(i, hertz)))]
                )
                .Calibration;
    }

    private static CalibrationPoint Compare(MeteredDevice device, MainsSignal signal)
    {
        LiveValues live = device.Live(signal);
        return new CalibrationPoint(live.CurrentA!.Value, live.ActivePowerW!.Value, live.ReactivePowerVar!.Value, signal.ActivePowerW);
    }
}
