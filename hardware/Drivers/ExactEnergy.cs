using EdgeGateway.Readings;

namespace EdgeGateway.Drivers;

/// <summary>Energy in both directions.</summary>
/// <param name="Import">Milliwatt-hours drawn from the supply, 0 or above.</param>
/// <param name="Export">Milliwatt-hours fed back, 0 or above.</param>
public readonly record struct ImportAndExport(long Import, long Export);

/// <summary>
/// Turns signed counts of an energy register into whole milliwatt-hours, import and export apart. What is left below a milliwatt-hour
/// is carried to the next counts, so that a sum of many small steps is exact.
/// </summary>
public sealed class ExactEnergy
{
    private const int RatioDecimals = 1_000_000;

    private readonly Int128 _numerator;
    private readonly Int128 _denominator;
    private Int128 _importRest;
    private Int128 _exportRest;

    /// <summary>Makes a converter with nothing carried.</summary>
    /// <param name="milliwattHoursPerCount">The nominal worth of one count, a positive fraction.</param>
    /// <param name="ratio">True worth by nominal worth as calibrated: above 0 and at most 2, at most six digits after the point.</param>
    /// <exception cref="ArgumentOutOfRangeException">The worth is not positive, or the ratio is not as it should be.</exception>
    public ExactEnergy(CountWorth milliwattHoursPerCount, decimal ratio = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(milliwattHoursPerCount.Numerator, nameof(milliwattHoursPerCount));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(milliwattHoursPerCount.Denominator, nameof(milliwattHoursPerCount));
        if (ratio is <= 0 or > 2 || ratio * RatioDecimals % 1 != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(ratio),
                ratio,
                "The ratio is above 0, at most 2, with at most six digits after the point."
            );
        }

        _numerator = milliwattHoursPerCount.Numerator * (Int128)(ratio * RatioDecimals);
        _denominator = milliwattHoursPerCount.Denominator * (Int128)RatioDecimals;
    }

    /// <summary>
    /// The milliwatt-hours that became whole with these counts: positive counts are import, negative ones export. Both 0 or above.
    /// </summary>
    public ImportAndExport Add(long counts) =>
        counts >= 0
            ? new ImportAndExport(Carry(ref _importRest, counts), 0)
            : new ImportAndExport(0, Carry(ref _exportRest, -(Int128)counts));

    private long Carry(ref Int128 rest, Int128 counts)
    {
        Int128 total = rest + (counts * _numerator);
        rest = total % _denominator;
        return (long)(total / _denominator);
    }
}
