namespace EdgeGateway.Readings.Calibration;

/// <summary>
/// Corrects the energy that a chip counted between two readings for phase, current-dependent ratio, offset and direction. What is left
/// below a count is carried to the next, in integers, so that no split of the time changes the sum.
/// </summary>
/// <remarks>
/// The constant ratio is not in it: what a count is worth has that exactly. Where nothing else is calibrated every count passes as
/// it is. The table is read at the current shown at the end of the interval, a second or so after its beginning.
/// </remarks>
public sealed class EnergyCorrection
{
    private const int FractionBits = 32;

    private readonly ChannelCalibration _calibration;
    private readonly double _milliwattHoursPerCount;
    private Int128 _rest;

    /// <summary>Makes a correction with nothing carried.</summary>
    /// <param name="calibration">What is known of the channel.</param>
    /// <param name="milliwattHoursPerCount">The nominal worth of one count, without the calibration's ratio.</param>
    public EnergyCorrection(ChannelCalibration calibration, CountWorth milliwattHoursPerCount)
    {
        _calibration = calibration;
        _milliwattHoursPerCount = (double)milliwattHoursPerCount.Numerator / milliwattHoursPerCount.Denominator;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_milliwattHoursPerCount, nameof(milliwattHoursPerCount));
    }

    /// <summary>The counts to book, import positive.</summary>
    /// <param name="active">Counts of active energy since the last reading.</param>
    /// <param name="reactive">Counts of reactive energy in the same unit, lagging positive.</param>
    /// <param name="shown">The channel's values now, uncorrected.</param>
    /// <param name="elapsed">Time since the last reading by a clock that is never set.</param>
    public long Correct(long active, long reactive, in LiveValues shown, TimeSpan elapsed)
    {
        double amperes = shown.CurrentA ?? 0;
        if (IsCreep(active, amperes, shown.VoltageV ?? 0, elapsed))
        {
            return 0;
        }

        (double ofActive, double ofReactive) = _calibration.Coefficients(amperes);
        Int128 total = _rest + (active * (Int128)Fixed(ofActive)) + (reactive * (Int128)Fixed(ofReactive)) - Fixed(OffsetCounts(elapsed));
        Int128 whole = total / (Int128.One << FractionBits);
        _rest = total - (whole << FractionBits);
        return (long)whole;
    }

    // A load that was on for a part of the time gives more energy than noise can, and is booked though no current flows any more.
    private bool IsCreep(long active, double amperes, double volts, TimeSpan elapsed) =>
        _calibration.IsNoLoad(amperes)
        && Math.Abs(active) * _milliwattHoursPerCount <= volts * (double)_calibration.NoiseA * 1000 * elapsed.TotalHours;

    private double OffsetCounts(TimeSpan elapsed) =>
        _calibration.OffsetMw * elapsed.TotalHours / (_milliwattHoursPerCount * (double)_calibration.Ratio);

    private static long Fixed(double value) => (long)Math.Round(value * (1L << FractionBits));
}
