namespace EdgeGateway.Readings.Sampling;

/// <summary>What a window adds to the registers: whole milliwatt-hours and millivar-hours, each 0 or above.</summary>
/// <param name="ActiveImport">Drawn, mWh.</param>
/// <param name="ActiveExport">Fed back, mWh.</param>
/// <param name="ReactiveImport">Reactive energy of a lagging current, mvarh.</param>
/// <param name="ReactiveExport">Reactive energy of a leading current, mvarh.</param>
/// <param name="GapSeconds">The stretch before the window that no window covers and for which nothing is added; null when there is
/// none.</param>
public readonly record struct EnergyStep(
    long ActiveImport,
    long ActiveExport,
    long ReactiveImport,
    long ReactiveExport,
    (double From, double To)? GapSeconds
);

/// <summary>
/// Turns windows into counts of registers. What is left below a count is carried to the next window; a stretch between windows is a gap
/// and is never bridged.
/// </summary>
public sealed class WindowEnergy
{
    private const double MilliPerWattSecond = 1000 / 3600.0;

    private readonly double[] _rest = new double[4];
    private double? _end;

    /// <summary>Adds a window.</summary>
    /// <exception cref="ArgumentException">The window begins before the last one ended.</exception>
    public EnergyStep Add(in WaveformWindow window)
    {
        if (window.StartSeconds < _end)
        {
            throw new ArgumentException($"A window from {window.StartSeconds} s overlaps the one that ended at {_end} s.", nameof(window));
        }

        (double From, double To)? gap = _end < window.StartSeconds ? (_end.Value, window.StartSeconds) : null;
        _end = window.EndSeconds;
        double milli = (window.EndSeconds - window.StartSeconds) * MilliPerWattSecond;
        double active = window.ActivePowerW * milli,
            reactive = (window.ReactivePowerVar ?? 0) * milli;
        return new(Carry(0, active), Carry(1, -active), Carry(2, reactive), Carry(3, -reactive), gap);
    }

    private long Carry(int register, double amount)
    {
        if (amount <= 0)
        {
            return 0;
        }

        double sum = _rest[register] + amount;
        long whole = (long)sum;
        _rest[register] = sum - whole;
        return whole;
    }
}
