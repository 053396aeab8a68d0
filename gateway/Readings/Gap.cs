namespace EdgeGateway.Readings;

/// <summary>Why a stretch of time was not counted in full.</summary>
public enum GapCause
{
    /// <summary>Edges of a pulse line were lost before they were read; the kernel says how many.</summary>
    EdgesLost = 1,

    /// <summary>An input was not sampled, for example because the gateway was stopped or the bus did not answer.</summary>
    NotSampled = 2,

    /// <summary>The chip was reset, and what it had counted until then is gone.</summary>
    ChipReset = 3,

    /// <summary>The energy that the chip gave is more than any load makes, and was not booked.</summary>
    Implausible = 4,

    /// <summary>The gateway did not run. What a chip or a line counted meanwhile is not known.</summary>
    NotRunning = 5,

    /// <summary>
    /// The log itself lacks leaves that others have seen, and goes on in a new epoch. Stands in a log's leaves, never on a reading.
    /// </summary>
    LogLost = 6,
}

/// <summary>A stretch of time for which a meter's registers lack something. Never filled in by guessing: it is recorded as it is.</summary>
/// <param name="From">The last instant up to which all is counted, UTC.</param>
/// <param name="To">The first instant from which all is counted again, UTC.</param>
/// <param name="Cause">Why it was not counted in full.</param>
/// <param name="Lost">How many edges or samples are known to be lost; null where nobody can tell.</param>
public sealed record Gap(DateTimeOffset From, DateTimeOffset To, GapCause Cause, long? Lost = null)
{
    /// <summary>
    /// One gap for two of the same cause: from the earlier beginning to the later end, with what is known to be lost in both.
    /// </summary>
    public Gap With(Gap other) =>
        new(
            From < other.From ? From : other.From,
            To > other.To ? To : other.To,
            Cause,
            Lost is null ? other.Lost : Lost + (other.Lost ?? 0)
        );
}

/// <summary>The texts that stand for causes in leaves, pages and JSON. Part of the recorded format: add, never change.</summary>
public static class GapCauses
{
    private static readonly (GapCause Cause, string Code)[] Codes =
    [
        (GapCause.EdgesLost, "edges-lost"),
        (GapCause.NotSampled, "not-sampled"),
        (GapCause.ChipReset, "chip-reset"),
        (GapCause.Implausible, "implausible"),
        (GapCause.NotRunning, "not-running"),
        (GapCause.LogLost, "log-lost"),
    ];

    /// <summary>The recorded text of a cause, for example <c>edges-lost</c>.</summary>
    public static string Code(this GapCause cause) =>
        Array.Find(Codes, c => c.Cause == cause).Code
        ?? throw new ArgumentOutOfRangeException(nameof(cause), cause, "This cause has no recorded text.");

    /// <summary>Finds the cause a recorded text stands for.</summary>
    public static bool TryParse(string? code, out GapCause cause)
    {
        int i = Array.FindIndex(Codes, c => c.Code == code);
        cause = i < 0 ? default : Codes[i].Cause;
        return i >= 0;
    }
}
