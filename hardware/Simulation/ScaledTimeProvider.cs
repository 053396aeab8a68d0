namespace EdgeGateway.Simulation;

/// <summary>A clock that starts at a given instant and runs faster or slower than the real one; its timers with it.</summary>
public sealed class ScaledTimeProvider : TimeProvider
{
    private readonly TimeProvider _real;
    private readonly long _realStart;
    private readonly DateTimeOffset _start;
    private readonly double _speed;

    /// <summary>Starts the clock.</summary>
    /// <param name="start">What it shows now, UTC.</param>
    /// <param name="speed">Its seconds in one real second, above 0 and at most 10 000.</param>
    /// <param name="real">The real clock.</param>
    /// <exception cref="ArgumentException">The start is not UTC, or the speed is out of range.</exception>
    public ScaledTimeProvider(DateTimeOffset start, double speed, TimeProvider real)
    {
        if (start.Offset != TimeSpan.Zero)
        {
            throw new ArgumentException($"The start of a simulation is in UTC, not {start:O}.", nameof(start));
        }

        if (speed is not (> 0 and <= 10_000))
        {
            throw new ArgumentOutOfRangeException(nameof(speed), speed, "The speed of a simulation is above 0 and at most 10 000.");
        }

        _start = start;
        _speed = speed;
        _real = real;
        _realStart = real.GetTimestamp();
    }

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => (long)(_real.GetElapsedTime(_realStart).Ticks * _speed);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + TimeSpan.FromTicks(GetTimestamp());

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new ScaledTimer(_real.CreateTimer(callback, state, Real(dueTime), Real(period)), Real);

    // The shortest step of a timer is a millisecond. 0 would fire at once, and a period of 0 would fire only once.
    private TimeSpan Real(TimeSpan time) =>
        time <= TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(Math.Max(1, Math.Round(time.TotalMilliseconds / _speed)));

    private sealed class ScaledTimer(ITimer inner, Func<TimeSpan, TimeSpan> real) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(real(dueTime), real(period));

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
