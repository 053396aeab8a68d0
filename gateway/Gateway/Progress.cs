namespace EdgeGateway;

/// <summary>When a thread last did something: told by that thread, asked by any. Real time, however fast a simulation runs.</summary>
/// <param name="longest">After so long without anything it stands still.</param>
/// <param name="time">Real time.</param>
public sealed class Progress(TimeSpan longest, TimeProvider time)
{
    private long _last = time.GetTimestamp();

    /// <summary>How long ago it last did something.</summary>
    public TimeSpan Idle => time.GetElapsedTime(Volatile.Read(ref _last));

    /// <summary>Whether it has done nothing for longer than it may.</summary>
    public bool StandsStill => Idle > longest;

    /// <summary>It has just done something.</summary>
    public void Made() => Volatile.Write(ref _last, time.GetTimestamp());
}
