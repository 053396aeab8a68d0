namespace EdgeGateway.Readings.Calibration;

/// <summary>A channel beside a reference meter over a number of the reference's pulses.</summary>
/// <param name="Pulses">Pulses of the reference, N.</param>
/// <param name="PulsesPerKilowattHour">The reference's impulse constant, above 0.</param>
/// <param name="MeasuredWh">What the channel's register counted in the same time, watt-hours.</param>
/// <param name="Duration">The time that took.</param>
/// <param name="Timing">At each end, how far the register's reading may lie from the reference's. A register read once a second: 1
/// s.</param>
/// <param name="ReferencePercent">The reference's own uncertainty by its certificate, percent.</param>
public readonly record struct ReferenceRun(
    long Pulses,
    decimal PulsesPerKilowattHour,
    decimal MeasuredWh,
    TimeSpan Duration,
    TimeSpan Timing,
    double ReferencePercent
);

/// <summary>The error of a channel against a reference, and how sure it is. All in percent; uncertainties are half-widths.</summary>
/// <param name="ErrorPercent">Measured by reference, less one.</param>
/// <param name="CountPercent">Uncertainty of the count: the parts of pulses at the two ends are together at most one pulse, 1/N.</param>
/// <param name="TimingPercent">Uncertainty of the two ends: twice the timing by the duration.</param>
/// <param name="ReferencePercent">Uncertainty of the reference itself.</param>
/// <param name="UncertaintyPercent">All three together: the root of the sum of their squares.</param>
public sealed record ReferenceComparison(
    double ErrorPercent,
    double CountPercent,
    double TimingPercent,
    double ReferencePercent,
    double UncertaintyPercent
)
{
    /// <summary>Compares a channel with a reference.</summary>
    /// <param name="run">What was counted.</param>
    /// <param name="wantedPercent">The uncertainty that the result must not exceed.</param>
    /// <exception cref="CalibrationException">The run is too short; the message says how many pulses are needed.</exception>
    public static ReferenceComparison Of(in ReferenceRun run, double wantedPercent)
    {
        if (
            run.Pulses < 1
            || run.PulsesPerKilowattHour <= 0
            || run.Duration <= TimeSpan.Zero
            || run.Timing < TimeSpan.Zero
            || !(run.ReferencePercent >= 0)
        )
        {
            throw Refused(
                $"A comparison needs pulses, an impulse constant and a time above 0; there are {run.Pulses} pulses in "
                    + $"{run.Duration.TotalSeconds:0} s."
            );
        }

        double count = 100.0 / run.Pulses;
        double timing = 200 * (run.Timing / run.Duration);
        double together = Math.Sqrt((count * count) + (timing * timing) + (run.ReferencePercent * run.ReferencePercent));
        if (!(together <= wantedPercent))
        {
            throw TooUncertain(run, together, wantedPercent);
        }

        double referenceWh = (double)(run.Pulses * 1000m / run.PulsesPerKilowattHour);
        return new ReferenceComparison(100 * (((double)run.MeasuredWh / referenceWh) - 1), count, timing, run.ReferencePercent, together);
    }

    /// <summary>How many pulses a comparison needs, or null when the reference is not good enough for any number.</summary>
    /// <param name="timing">As <see cref="ReferenceRun.Timing"/>.</param>
    /// <param name="period">Time between two pulses at the load at hand.</param>
    /// <param name="referencePercent">The reference's own uncertainty, percent.</param>
    /// <param name="wantedPercent">The uncertainty wanted, percent.</param>
    public static long? PulsesNeeded(TimeSpan timing, TimeSpan period, double referencePercent, double wantedPercent)
    {
        // Of N pulses the count is uncertain by 100/N percent, and the timing by 200·timing/(N·period) percent.
        double left = (wantedPercent * wantedPercent) - (referencePercent * referencePercent);
        return left > 0 ? (long)Math.Ceiling(double.Hypot(100, 200 * (timing / period)) / Math.Sqrt(left) - 1e-9) : null;
    }

    private static CalibrationException TooUncertain(in ReferenceRun run, double percent, double wantedPercent)
    {
        long? needed = PulsesNeeded(run.Timing, run.Duration / run.Pulses, run.ReferencePercent, wantedPercent);
        return needed is null
            ? Refused(
                $"The reference itself is sure to ±{run.ReferencePercent:0.##} % only, and no number of pulses makes that "
                    + $"±{wantedPercent:0.##} %. Take a better one."
            )
            : Refused(
                $"{run.Pulses} pulses tell the error to ±{percent:0.00} % only. For ±{wantedPercent:0.##} % count at least {needed}."
            );
    }

    private static CalibrationException Refused(string text) => new(text);
}
