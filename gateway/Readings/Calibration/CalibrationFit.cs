namespace EdgeGateway.Readings.Calibration;

/// <summary>What a channel showed, uncorrected, beside what a reference measured at the same time.</summary>
/// <param name="CurrentA">Shown current, amperes RMS.</param>
/// <param name="MeasuredW">Shown active power, watts, import positive: with a reversed clamp, after that was set right.</param>
/// <param name="MeasuredVar">Shown reactive power, vars, lagging positive.</param>
/// <param name="ReferenceW">The reference's active power, watts, above 0.</param>
public readonly record struct CalibrationPoint(double CurrentA, double MeasuredW, double MeasuredVar, double ReferenceW);

/// <summary>The error at a point, percent of the reference.</summary>
/// <param name="Point">The point.</param>
/// <param name="BeforePercent">The error without a correction.</param>
/// <param name="AfterPercent">The error with the fitted calibration.</param>
public readonly record struct FittedPoint(CalibrationPoint Point, double BeforePercent, double AfterPercent);

/// <summary>A calibration and what it does to the points it was made from.</summary>
/// <param name="Calibration">The calibration.</param>
/// <param name="Points">The points at PF 1, then those at PF 0.5.</param>
public sealed record FittedCalibration(ChannelCalibration Calibration, IReadOnlyList<FittedPoint> Points);

/// <summary>What a channel shows without a load.</summary>
/// <param name="OffsetMw">Mean power, milliwatts, import positive.</param>
/// <param name="NoiseA">The largest current, amperes, rounded up to a milliampere.</param>
public readonly record struct NoLoadFit(int OffsetMw, decimal NoiseA);

/// <summary>
/// Makes calibrations from comparisons with a reference: the ratio at PF 1, the phase at PF 0.5, offset and noise without a load.
/// </summary>
public static class CalibrationFit
{
    // Above this power factor a degree moves the power by less than 0.4 %, so the phase hardly touches the ratio.
    private const double LeastUnityFactor = 0.98;
    private const double LeastHalfFactor = 0.3;
    private const double MostHalfFactor = 0.8;
    private const int LeastReadings = 10;
    private const double LeastApart = 1.01;
    private const double MostNoiseOfRated = 0.02;

    // An error of δ in the phase moves the ratio by 1 − cos δ only, so each round leaves that small part of the error before it.
    private const int Rounds = 8;

    /// <summary>Offset and noise floor from readings without a load.</summary>
    /// <param name="shown">At least ten readings, uncorrected, of current and active power.</param>
    /// <param name="ratedA">Rated primary current, amperes.</param>
    /// <exception cref="CalibrationException">There are too few readings, or there is a load.</exception>
    public static NoLoadFit NoLoad(IReadOnlyList<LiveValues> shown, decimal ratedA)
    {
        double[] amperes = [.. shown.Select(s => s.CurrentA).OfType<double>()];
        double[] watts = [.. shown.Select(s => s.ActivePowerW).OfType<double>()];
        if (amperes.Length < LeastReadings)
        {
            throw Refused($"{amperes.Length} readings of the current without a load are too few: take at least {LeastReadings}.");
        }

        double most = amperes.Max();
        if (!(most <= MostNoiseOfRated * (double)ratedA))
        {
            throw Refused($"{most:0.###} A of {ratedA} A is a load, not noise. Switch everything behind the clamp off.");
        }

        int offsetMw = watts.Length == 0 ? 0 : (int)Math.Round(watts.Average() * 1000);
        return new NoLoadFit(offsetMw, decimal.Ceiling((decimal)most * 1000) / 1000);
    }

    /// <summary>
    /// Ratio and table from points at PF 1 and at PF 0.5. One of each gives a constant ratio and phase; more of them at several currents
    /// give a table, in which the ratio is that of the largest current.
    /// </summary>
    /// <param name="unity">Points with a resistive load, at least one, each at another current.</param>
    /// <param name="half">Points at PF 0.3 to 0.8, 0.5 best. None: no phase error.</param>
    /// <param name="offsetMw">The offset of <see cref="NoLoad"/>, milliwatts.</param>
    /// <param name="noiseA">The noise floor of <see cref="NoLoad"/>, amperes.</param>
    /// <exception cref="CalibrationException">The points do not allow it; the message says why and what to do.</exception>
    public static FittedCalibration Fit(
        IReadOnlyList<CalibrationPoint> unity,
        IReadOnlyList<CalibrationPoint> half,
        int offsetMw = 0,
        decimal noiseA = 0
    )
    {
        if (unity.Count == 0)
        {
            throw Refused($"There is no point at PF 1. Compare with a resistive load first: it gives the ratio.");
        }

        foreach (CalibrationPoint point in unity)
        {
            Require(point, LeastUnityFactor, 1, "the ratio: take a resistive load");
        }

        foreach (CalibrationPoint point in half)
        {
            Require(point, LeastHalfFactor, MostHalfFactor, "the phase: take a load of PF 0.5, where 1° is 3 %");
        }

        // Both curves are straight between the points, as the table will be.
        Curve ratio = new([.. unity.Select(p => new CurvePoint(p.CurrentA, (p.ReferenceW + (offsetMw / 1000.0)) / p.MeasuredW))]);
        Curve phase = new([.. half.Select(p => new CurvePoint(p.CurrentA, 0))]);
        for (int round = 0; round < Rounds; round++)
        {
            phase = new([.. half.Select(p => new CurvePoint(p.CurrentA, Degrees(p, ratio.At(p.CurrentA), offsetMw)))]);
            ratio = new([.. unity.Select(p => new CurvePoint(p.CurrentA, Ratio(p, phase.At(p.CurrentA), offsetMw)))]);
        }

        ChannelCalibration calibration = Rounded(ratio, phase, offsetMw, noiseA);
        return new FittedCalibration(
            calibration,
            [.. unity.Concat(half).Select(p => new FittedPoint(p, Error(p, ChannelCalibration.None), Error(p, calibration)))]
        );
    }

    private static ChannelCalibration Rounded(Curve ratio, Curve phase, int offsetMw, decimal noiseA)
    {
        decimal constant = Decimal(ratio.Points[^1].Value, ChannelCalibration.RatioDecimals, "ratio");
        List<double> currents = [];
        foreach (double current in ratio.Points.Concat(phase.Points).Select(p => p.CurrentA).Order())
        {
            if (currents.Count == 0 || current > currents[^1] * LeastApart)
            {
                currents.Add(current);
            }
        }

        bool nothingDepends = ratio.Points.Count == 1 && phase.Points.All(p => p.Value == 0);
        if (nothingDepends)
        {
            currents.Clear();
        }
        else if (ratio.Points.Count == 1 && phase.Points.Count == 1)
        {
            currents = [currents[^1]];
        }

        return new ChannelCalibration(constant, [.. currents.Select(Point)], offsetMw, noiseA);

        CtPoint Point(double shownA)
        {
            return new CtPoint(
                Decimal(shownA * (double)constant, 3, "current"),
                Decimal(phase.At(shownA), 3, "phase error"),
                Decimal(((ratio.At(shownA) / (double)constant) - 1) * 100, 3, "current-dependent ratio")
            );
        }
    }

    private static double Ratio(CalibrationPoint point, double degrees, int offsetMw)
    {
        (double sin, double cos) = Math.SinCos(degrees * Math.PI / 180);
        return (point.ReferenceW + (offsetMw / 1000.0)) / ((point.MeasuredW * cos) + (point.MeasuredVar * sin));
    }

    // The phase error δ solves r·S·cos(φ − δ) = P of the reference. The load is taken to lag or lead as it is shown to.
    private static double Degrees(CalibrationPoint point, double ratio, int offsetMw)
    {
        double apparent = double.Hypot(point.MeasuredW, point.MeasuredVar);
        double cos = (point.ReferenceW + (offsetMw / 1000.0)) / (ratio * apparent);
        if (!(cos <= 1))
        {
            throw Refused(
                $"At {point.CurrentA:0.##} A the reference has {point.ReferenceW:0.#} W, more than the {apparent:0.#} VA shown. "
                    + "Do both measure the same load?"
            );
        }

        double shown = Math.Atan2(point.MeasuredVar, point.MeasuredW);
        return (shown - (Math.Sign(point.MeasuredVar) * Math.Acos(cos))) * 180 / Math.PI;
    }

    private static double Error(CalibrationPoint point, ChannelCalibration calibration) =>
        100 * ((calibration.Power(point.MeasuredW, point.MeasuredVar, point.CurrentA).ActiveW / point.ReferenceW) - 1);

    private static void Require(CalibrationPoint point, double least, double most, string what)
    {
        if (!(point.CurrentA > 0 && point.ReferenceW > 0 && double.IsFinite(point.ReferenceW) && double.IsFinite(point.MeasuredVar)))
        {
            throw Refused($"A point needs a current and the reference's power above 0, not {point.CurrentA} A and {point.ReferenceW} W.");
        }

        if (!(point.MeasuredW > 0))
        {
            throw Refused(
                $"The channel shows {point.MeasuredW:0.#} W where the reference has {point.ReferenceW:0.#} W: set the clamp's "
                    + "direction and phase right first."
            );
        }

        double factor = point.MeasuredW / double.Hypot(point.MeasuredW, point.MeasuredVar);
        if (factor < least || factor > most)
        {
            throw Refused($"At PF {factor:0.00} nothing can be told of {what}.");
        }
    }

    private static decimal Decimal(double value, int digits, string what) =>
        Math.Abs(value) < 1e9
            ? decimal.Round((decimal)value, digits)
            : throw Refused($"A {what} of {value} cannot be. Do both measure the same load?");

    private static CalibrationException Refused(string text) => new(text);

    private readonly record struct CurvePoint(double CurrentA, double Value);

    /// <summary>Values over the current, linear between and constant outside. 0 everywhere without a point.</summary>
    private sealed class Curve
    {
        public Curve(IEnumerable<CurvePoint> points)
        {
            Points = [.. points.OrderBy(p => p.CurrentA)];
            for (int i = 1; i < Points.Count; i++)
            {
                if (!(Points[i].CurrentA > Points[i - 1].CurrentA * LeastApart))
                {
                    throw Refused($"Two points are at {Points[i].CurrentA:0.##} A. Take each at another current, or their mean.");
                }
            }
        }

        public IReadOnlyList<CurvePoint> Points { get; }

        public double At(double currentA)
        {
            for (int i = 0; i < Points.Count; i++)
            {
                (double above, double value) = Points[i];
                if (currentA <= above)
                {
                    (double below, double before) = Points[i > 0 ? i - 1 : 0];
                    return i == 0 ? value : before + ((currentA - below) / (above - below) * (value - before));
                }
            }

            return Points.Count == 0 ? 0 : Points[^1].Value;
        }
    }
}
