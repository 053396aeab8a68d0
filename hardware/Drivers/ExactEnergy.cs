namespace EdgeGateway.Drivers;

/// <summary>
/// Turns signed counts of an energy register into whole milliwatt-hours, import and export apart. What is left below a milliwatt-hour
/// is carried to the next counts, so that a sum of many small steps is exact.
/// </summary>
public sealed class ExactEnergy
{
    private readonly long _numerator;
    private readonly long _denominator;
    private Int128 _importRest;
    private Int128 _exportRest;

    /// <summary>Makes a converter with nothing carried.</summary>
    /// <param name="milliwattHoursPerCount">The worth of one count, a positive fraction.</param>
    public ExactEnergy((long Numerator, long Denominator) milliwattHoursPerCount)
    {
        (_numerator, _denominator) = milliwattHoursPerCount;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_numerator, nameof(milliwattHoursPerCount));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_denominator, nameof(milliwattHoursPerCount));
    }

    /// <summary>The milliwatt-hours that became whole with these counts: positive counts are import, negative ones export. Both 0 or above.</summary>
    public (long Import, long Export) Add(long counts) => counts >= 0
        ? (Carry(ref _importRest, counts), 0)
        : (0, Carry(ref _exportRest, -(Int128)counts));

    private long Carry(ref Int128 rest, Int128 counts)
    {
        Int128 total = rest + (counts * _numerator);
        rest = total % _denominator;
        return (long)(total / _denominator);
    }
}
