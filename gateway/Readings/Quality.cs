namespace EdgeGateway.Readings;

/// <summary>What limits the trust in a value that is there. None: measured, nothing to report.</summary>
[Flags]
public enum Quality
{
    /// <summary>Measured.</summary>
    Measured = 0,

    /// <summary>Estimated, for example apparent power with an assumed voltage.</summary>
    Estimated = 1,

    /// <summary>An input was beyond its range at least once since the last reading.</summary>
    Saturated = 2,

    /// <summary>At least one impulse or sample is known to have been lost since the last reading.</summary>
    Lost = 4,

    /// <summary>The register was restored from an older state than its last use, after a power cut.</summary>
    Restored = 8,
}

/// <summary>Why there is no value. A missing value is never zero and never silence.</summary>
public enum MissingReason
{
    /// <summary>The meter has not been read since the start.</summary>
    NotReadYet = 1,

    /// <summary>The chip did not acknowledge its address.</summary>
    NoAnswer = 2,

    /// <summary>The bus did not complete the transfer in time.</summary>
    BusStuck = 3,

    /// <summary>Another chip, or none that is known, answered at the address.</summary>
    WrongChip = 4,

    /// <summary>The answer is impossible, for example 400 kV or 12 Hz.</summary>
    Implausible = 5,

    /// <summary>The newest reading is older than one slot.</summary>
    Stale = 6,

    /// <summary>The gateway itself failed while it read the meter; its log says how.</summary>
    Fault = 7,
}

/// <summary>
/// The texts that stand for missing reasons in leaves, pages and JSON. They are part of the recorded format: add, never change.
/// </summary>
public static class MissingReasons
{
    private static readonly (MissingReason Reason, string Code)[] Codes =
    [
        (MissingReason.NotReadYet, "not-read-yet"),
        (MissingReason.NoAnswer, "no-answer"),
        (MissingReason.BusStuck, "bus-stuck"),
        (MissingReason.WrongChip, "wrong-chip"),
        (MissingReason.Implausible, "implausible"),
        (MissingReason.Stale, "stale"),
        (MissingReason.Fault, "fault"),
    ];

    /// <summary>The recorded text of a reason, for example <c>no-answer</c>.</summary>
    public static string Code(this MissingReason reason) =>
        Array.Find(Codes, c => c.Reason == reason).Code
        ?? throw new ArgumentOutOfRangeException(nameof(reason), reason, "This reason has no recorded text.");
}
