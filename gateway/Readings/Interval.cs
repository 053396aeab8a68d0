namespace EdgeGateway.Readings;

/// <summary>A half-open stretch of time: <see cref="Start"/> belongs to it, <see cref="End"/> does not. UTC.</summary>
/// <remarks>The default value is empty at the year 1.</remarks>
public readonly record struct Interval
{
    /// <summary>Makes an interval.</summary>
    /// <exception cref="ArgumentException">The end is before the start, or one of them is not UTC.</exception>
    public Interval(DateTimeOffset start, DateTimeOffset end)
    {
        if (start.Offset != TimeSpan.Zero || end.Offset != TimeSpan.Zero)
        {
            throw new ArgumentException($"An interval is in UTC, not {start:zzz} to {end:zzz}.");
        }

        if (end < start)
        {
            throw new ArgumentException($"An interval cannot end ({end:O}) before it starts ({start:O}).");
        }

        Start = start;
        End = end;
    }

    /// <summary>The first instant of the interval.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>The first instant after the interval.</summary>
    public DateTimeOffset End { get; }

    /// <summary>The length of the interval, never negative.</summary>
    public TimeSpan Length => End - Start;

    /// <summary>The slot of the given length that holds an instant. Slots are aligned to 1970-01-01T00:00:00Z.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive.</exception>
    public static Interval SlotOf(DateTimeOffset instant, TimeSpan length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(length, TimeSpan.Zero);
        long ticks = (instant.ToUniversalTime() - DateTimeOffset.UnixEpoch).Ticks;
        long before = ticks % length.Ticks;
        DateTimeOffset start = DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(ticks - (before < 0 ? before + length.Ticks : before));
        return new Interval(start, start + length);
    }
}
