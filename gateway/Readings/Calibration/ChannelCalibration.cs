using System.Globalization;

namespace EdgeGateway.Readings.Calibration;

/// <summary>
/// What a current transformer is known to do at one current. Between two such points it is linear, beyond them as at the nearest.
/// </summary>
/// <param name="Amperes">The current, amperes RMS, above 0 and at most 100 000.</param>
/// <param name="Degrees">Phase error: by how much the measured current lags the true one, degrees, −10 to 10.</param>
/// <param name="Percent">What is to be added to the measured current beyond the ratio, percent, −10 to 10.</param>
/// <remarks>Data sheets of transformers count a lead as positive or a lag; fit the angle rather than copy it.</remarks>
public readonly record struct CtPoint(decimal Amperes, decimal Degrees, decimal Percent = 0)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Amperes} A {Degrees}° {Percent} %");
}

/// <summary>Active and reactive power.</summary>
/// <param name="ActiveW">Watts, import positive.</param>
/// <param name="ReactiveVar">Vars, lagging positive.</param>
public readonly record struct ActiveAndReactive(double ActiveW, double ReactiveVar);

/// <summary>How the values that a channel shows become true ones.</summary>
/// <remarks>
/// <code>
///   I = √(i² − noise²) · ratio · (1 + percent)
///   P = ratio · (1 + percent) · (p·cos δ + q·sin δ) − offset          1° of δ is 3 % of P at PF 0.5
///   Q = ratio · (1 + percent) · (q·cos δ − p·sin δ)
/// </code>
/// with δ and percent of the table at the current. The ratio is that of voltage times current; it is applied to the current, so the voltage
/// stays as shown. With a noise floor, a current not above it is no load.
/// </remarks>
public sealed record ChannelCalibration
{
    /// <summary>A ratio below this is no tolerance but a wrong transformer or divider in the site file.</summary>
    public const decimal LeastRatio = 0.8m;

    /// <summary>A ratio above this is no tolerance but a wrong transformer or divider in the site file.</summary>
    public const decimal MostRatio = 1.25m;

    /// <summary>The most digits that a ratio has after the point.</summary>
    public const int RatioDecimals = 6;

    /// <summary>The largest phase error and the largest part of the ratio that depends on the current, degrees and percent.</summary>
    public const decimal MostDegreesOrPercent = 10;

    /// <summary>The most points of a table.</summary>
    public const int MostPoints = 16;

    /// <summary>The largest offset, milliwatts.</summary>
    public const int MostOffsetMw = 100_000;

    /// <summary>The largest noise floor, amperes.</summary>
    public const decimal MostNoiseA = 10;

    /// <summary>Makes a calibration.</summary>
    /// <param name="ratio">True power by shown power at PF 1, 0.8 to 1.25, at most six digits after the point.</param>
    /// <param name="table">What depends on the current, amperes ascending. Empty or null: nothing does.</param>
    /// <param name="offsetMw">Power that the channel shows without a load, milliwatts, import positive.</param>
    /// <param name="noiseA">The largest current that it shows without a load, amperes.</param>
    /// <exception cref="CalibrationException">A value is beyond its limits; the message says which and what to do.</exception>
    public ChannelCalibration(decimal ratio, IReadOnlyList<CtPoint>? table = null, int offsetMw = 0, decimal noiseA = 0)
    {
        Require(
            ratio is >= LeastRatio and <= MostRatio && decimal.Round(ratio, RatioDecimals) == ratio,
            $"The ratio {ratio} is not from {LeastRatio} to {MostRatio} with at most {RatioDecimals} digits after the point. "
                + "Check transformer and divider first."
        );
        Require(
            offsetMw is >= -MostOffsetMw and <= MostOffsetMw,
            $"An offset of {offsetMw} mW is no offset. Make sure that there is no load, and look at the wiring."
        );
        Require(
            noiseA is >= 0 and <= MostNoiseA,
            $"A noise floor of {noiseA} A is not from 0 to {MostNoiseA} A. Make sure that there is no load."
        );
        Ratio = ratio;
        Table = [.. table ?? []];
        OffsetMw = offsetMw;
        NoiseA = noiseA;
        Require(Table.Count <= MostPoints, $"A table has at most {MostPoints} points, not {Table.Count}.");
        for (int i = 0; i < Table.Count; i++)
        {
            CtPoint point = Table[i];
            Require(point.Amperes is > 0 and <= 100_000, $"{point.Amperes} A is not a current of a table: above 0 A, at most 100000 A.");
            Require(
                Math.Abs(point.Degrees) <= MostDegreesOrPercent && Math.Abs(point.Percent) <= MostDegreesOrPercent,
                $"At {point.Amperes} A {point.Degrees}° or {point.Percent} % is beyond ±{MostDegreesOrPercent}. The clamp is "
                    + "the wrong one, or on another phase."
            );
            Require(
                i == 0 || point.Amperes > Table[i - 1].Amperes,
                $"The currents of a table ascend: {point.Amperes} A does not come after {Table[i > 0 ? i - 1 : 0].Amperes} A."
            );
        }
    }

    /// <summary>The calibration that changes nothing.</summary>
    public static ChannelCalibration None { get; } = new(1);

    /// <summary>True power by shown power at PF 1.</summary>
    public decimal Ratio { get; }

    /// <summary>What depends on the current.</summary>
    public IReadOnlyList<CtPoint> Table { get; }

    /// <summary>Power shown without a load, milliwatts, import positive.</summary>
    public int OffsetMw { get; }

    /// <summary>The largest current shown without a load, amperes. 0: none is too small to count.</summary>
    public decimal NoiseA { get; }

    /// <summary>Whether the clamp is the wrong way round: import is export and export is import.</summary>
    public bool Reversed { get; init; }

    /// <summary>The true current, amperes, of the one shown. 0 when it is not above the noise floor.</summary>
    public double CurrentA(double shownA)
    {
        double scaled = Scaled(shownA);
        return scaled * (1 + (At(scaled).Percent / 100));
    }

    /// <summary>True active and reactive power of those shown, with the current shown. Nothing when there is no load.</summary>
    public ActiveAndReactive Power(double activeW, double reactiveVar, double shownA)
    {
        if (IsNoLoad(shownA))
        {
            return default;
        }

        (double p, double q) = Coefficients(shownA);
        return new ActiveAndReactive(
            ((double)Ratio * ((p * activeW) + (q * reactiveVar))) - (OffsetMw / 1000.0),
            (double)Ratio * ((p * reactiveVar) - (q * activeW))
        );
    }

    /// <summary>True values of those shown. What is null stays null; a power factor beyond ±1.05 is none.</summary>
    public LiveValues Correct(in LiveValues shown)
    {
        if (ChangesNothing || shown.CurrentA is not { } shownA)
        {
            return shown;
        }

        double current = CurrentA(shownA);
        double? apparent = ApparentPower(shown, shownA, current);
        (double active, double reactive) = Power(shown.ActivePowerW ?? 0, shown.ReactivePowerVar ?? 0, shownA);
        bool factorTells = shown.PowerFactor is not null && apparent > 0 && Math.Abs(active) <= Plausibility.HighestPowerFactor * apparent;
        return shown with
        {
            CurrentA = current,
            ActivePowerW = shown.ActivePowerW is null ? null : active,
            ReactivePowerVar = shown.ReactivePowerVar is null ? null : reactive,
            ApparentPowerVA = apparent,
            PowerFactor = factorTells ? Math.Clamp(active / apparent!.Value, -1, 1) : null,
        };
    }

    /// <summary>
    /// The correction in one line as it is recorded, for example <c>ratio 1.00342; 5 A 0.4° 0.1 %; offset 120 mW; noise 0.02 A</c>.
    /// </summary>
    public override string ToString()
    {
        List<string> parts = [Text($"ratio {Ratio}"), .. Table.Select(p => p.ToString())];
        if (OffsetMw != 0)
        {
            parts.Add(Text($"offset {OffsetMw} mW"));
        }

        if (NoiseA != 0)
        {
            parts.Add(Text($"noise {NoiseA} A"));
        }

        return string.Join("; ", parts);
    }

    private static double? ApparentPower(in LiveValues shown, double shownA, double currentA)
    {
        if (shown.VoltageV is not null)
        {
            return shown.VoltageV * currentA;
        }

        return shownA > 0 ? shown.ApparentPowerVA * (currentA / shownA) : shown.ApparentPowerVA;
    }

    internal bool ChangesNothing => Ratio == 1 && Table.Count == 0 && OffsetMw == 0 && NoiseA == 0 && !Reversed;

    internal bool IsNoLoad(double shownA) => NoiseA > 0 && shownA <= (double)NoiseA;

    /// <summary>What a shown active and a shown reactive part add to the true active one, without the ratio.</summary>
    internal PowerCoefficients Coefficients(double shownA)
    {
        (double degrees, double percent) = At(Scaled(shownA));
        (double sin, double cos) = Math.SinCos(degrees * Math.PI / 180);
        double factor = (Reversed ? -1 : 1) * (1 + (percent / 100));
        return new PowerCoefficients(factor * cos, factor * sin);
    }

    private double Scaled(double shownA)
    {
        double noise = (double)NoiseA;
        return shownA > noise ? Math.Sqrt((shownA * shownA) - (noise * noise)) * (double)Ratio : 0;
    }

    private CurrentError At(double amperes)
    {
        for (int i = 0; i < Table.Count; i++)
        {
            CtPoint above = Table[i];
            if (amperes < (double)above.Amperes)
            {
                CtPoint below = Table[i > 0 ? i - 1 : 0];
                double part = i == 0 ? 0 : (amperes - (double)below.Amperes) / (double)(above.Amperes - below.Amperes);
                return new CurrentError(
                    (double)below.Degrees + (part * (double)(above.Degrees - below.Degrees)),
                    (double)below.Percent + (part * (double)(above.Percent - below.Percent))
                );
            }
        }

        return Table.Count == 0 ? default : new CurrentError((double)Table[^1].Degrees, (double)Table[^1].Percent);
    }

    private static void Require(bool good, string otherwise)
    {
        if (!good)
        {
            throw new CalibrationException(otherwise);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // The table at one current.
    private readonly record struct CurrentError(double Degrees, double Percent);

    internal readonly record struct PowerCoefficients(double OfActive, double OfReactive);
}
