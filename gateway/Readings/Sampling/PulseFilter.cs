namespace EdgeGateway.Readings.Sampling;

/// <summary>The level of a line changed. High is the active level, also of an inverted input.</summary>
/// <param name="TimeNs">When, nanoseconds on a clock that never steps (CLOCK_MONOTONIC, or from the start of a capture).</param>
/// <param name="High">The level from then on.</param>
/// <param name="LostBefore">How many edges between this one and the one before the source knows to have lost.</param>
public readonly record struct Edge(long TimeNs, bool High, long LostBefore = 0);

/// <summary>A level that lasted long enough to be believed.</summary>
/// <param name="TimeNs">When the level began: the edge after which it was stable.</param>
/// <param name="High">The level from then on.</param>
/// <param name="Counted">Whether it is an impulse: the level is high, and the minimum period had passed.</param>
/// <param name="LastedNs">How long the level before it lasted, so the impulse's width when this one is low. Null for the first.</param>
public readonly record struct LevelChange(long TimeNs, bool High, bool Counted, long? LastedNs);

/// <summary>Counts the impulses of a bouncing contact (IEC 62053-31 S0 output, reed contact) from its edges.</summary>
/// <remarks>
/// It filters the state, not the dead time after an edge. A level counts once it has been stable for the filter time, and is stamped
/// with the edge that began it:
/// <code>
///  line     ____|‾|_|‾‾‾‾‾‾‾‾‾‾|_|‾|______________|‾|______
///  believed _______|‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾|______________________    one impulse; the bounces and the spike are not
///                  ^ counted when ‾ has lasted stableNs
/// </code>
/// The first transition away from the level at the start counts. Feed it in any portions: the count depends only on the edges.
/// </remarks>
public sealed class PulseFilter
{
    private readonly long _stableNs;
    private readonly long _minimumPeriodNs;
    private bool _believed;
    private bool _line;
    private long _lineSinceNs;
    private long _nowNs = long.MinValue;
    private long? _believedSinceNs;
    private long? _lastImpulseNs;

    /// <summary>Makes a filter.</summary>
    /// <param name="stableNs">How long a level must last to be believed, 0 or more nanoseconds. 0 believes every edge.</param>
    /// <param name="startHigh">The level of the line before the first edge.</param>
    /// <param name="minimumPeriodNs">Impulses closer than this to the last counted one are not counted: what the meter's greatest rate
    /// allows, 0 for no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A duration is negative.</exception>
    public PulseFilter(long stableNs, bool startHigh, long minimumPeriodNs = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stableNs);
        ArgumentOutOfRangeException.ThrowIfNegative(minimumPeriodNs);
        _stableNs = stableNs;
        _minimumPeriodNs = minimumPeriodNs;
        _believed = _line = startHigh;
    }

    /// <summary>Impulses counted so far.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// Edges that never arrived: those that the source knows of, and one more for each edge whose level does not alternate with the
    /// others, the lost ones included.
    /// </summary>
    public long LostEdges { get; private set; }

    /// <summary>Takes the next edge.</summary>
    /// <returns>The level that ended with this edge, when it had lasted long enough to be believed; else null.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The edge is earlier than the last edge or the time advanced to.</exception>
    public LevelChange? Push(Edge edge)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(edge.TimeNs, _nowNs);

        // Where edges were lost, the level ended with one of them and not with this edge, so how long it lasted is not known.
        LevelChange? change = edge.LostBefore == 0 ? AdvanceTo(edge.TimeNs) : null;
        _nowNs = edge.TimeNs;

        // An odd number of lost edges leads back to the level the line had.
        bool alternates = edge.High != _line ^ long.IsOddInteger(edge.LostBefore);
        LostEdges += edge.LostBefore + (alternates ? 0 : 1);

        // After a lost edge the line was at the other level for an unknown while, so its stable time starts anew.
        _line = edge.High;
        _lineSinceNs = edge.TimeNs;
        return change ?? (_stableNs == 0 ? Believe() : null);
    }

    /// <summary>Tells that no further edge came up to this time. Call it only for a time up to which all edges have been pushed.</summary>
    /// <returns>The level the line has now, when it became believed by lasting until this time; else null.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is earlier than the last edge or the time advanced to.</exception>
    public LevelChange? AdvanceTo(long timeNs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeNs, _nowNs);
        _nowNs = timeNs;
        return _line != _believed && timeNs - _lineSinceNs >= _stableNs ? Believe() : null;
    }

    private LevelChange? Believe()
    {
        if (_line == _believed)
        {
            return null;
        }

        long since = _lineSinceNs;
        bool counted = _line && (_lastImpulseNs is not { } last || since - last >= _minimumPeriodNs);
        LevelChange change = new(since, _line, counted, since - _believedSinceNs);
        _believed = _line;
        _believedSinceNs = since;
        if (counted)
        {
            Count++;
            _lastImpulseNs = since;
        }

        return change;
    }
}

/// <summary>What a person wants to know of many durations.</summary>
/// <param name="MinimumNs">The shortest, nanoseconds.</param>
/// <param name="MedianNs">The middle one; of an even number the shorter of the two in the middle.</param>
/// <param name="MaximumNs">The longest.</param>
public readonly record struct DurationSummary(long MinimumNs, long MedianNs, long MaximumNs)
{
    /// <summary>Summarises durations in any order, or null when there are none.</summary>
    public static DurationSummary? Of(IReadOnlyCollection<long> durationsNs)
    {
        long[] sorted = [.. durationsNs.Order()];
        return sorted.Length == 0 ? null : new(sorted[0], sorted[(sorted.Length - 1) / 2], sorted[^1]);
    }
}
