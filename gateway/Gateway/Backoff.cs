namespace EdgeGateway;

/// <summary>
/// How long to wait before a destination is tried again: decorrelated jitter, each pause random between <see cref="Shortest"/> and three
/// times the one before, so that a hundred gateways do not return to a restarted broker at the same moment.
/// </summary>
/// <remarks>
/// A success alone does not start again from the shortest pause: a destination that accepts and then hangs up, over and over, is left
/// in peace for longer and longer all the same. Only a success after a good while without failure does.
/// </remarks>
/// <param name="time">Decides how long ago the last failure was.</param>
/// <param name="random">Chooses the pauses. Not shared with another thread.</param>
public sealed class Backoff(TimeProvider time, Random random)
{
    /// <summary>The shortest pause.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause, and how long a destination must have been without failure to be trusted again.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private TimeSpan _pause = Shortest;
    private long _failed;

    /// <summary>It failed: how long to wait now.</summary>
    public TimeSpan Failed()
    {
        _failed = time.GetTimestamp();
        TimeSpan pause = Shortest + ((_pause * 3) - Shortest) * random.NextDouble();
        return _pause = pause < Longest ? pause : Longest;
    }

    /// <summary>It succeeded.</summary>
    public void Succeeded()
    {
        if (time.GetElapsedTime(_failed) > Longest)
        {
            _pause = Shortest;
        }
    }
}
