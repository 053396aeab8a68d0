using EdgeGateway.Drivers;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Simulation;

/// <summary>
/// A recorded edge capture, played from now on. After its end the line stays as it is, or it starts again a second later.
/// </summary>
public sealed class ReplayedEdges : IPulseLine
{
    private const long PauseNs = 1_000_000_000;

    private readonly EdgeCapture _capture;
    private readonly bool _repeat;
    private readonly TimeProvider _time;
    private readonly long _openedAt;
    private int _next;
    private long _roundStartNs;

    /// <summary>Starts to play a capture.</summary>
    public ReplayedEdges(EdgeCapture capture, bool repeat, TimeProvider time)
    {
        _capture = capture;
        _repeat = repeat;
        _time = time;
        _openedAt = time.GetTimestamp();
    }

    /// <inheritdoc/>
    public bool InitialHigh => _capture.StartHigh;

    /// <inheritdoc/>
    public long ReadClock() => _time.GetElapsedTime(_openedAt).Ticks * 100;

    /// <inheritdoc/>
    public bool TryTake(out Edge edge)
    {
        IReadOnlyList<Edge> edges = _capture.Edges;
        if (_next == edges.Count && _repeat && edges.Count > 1)
        {
            // When the capture ends at the level of its first row, that row is no transition in the next round.
            _next = edges[^1].High == edges[0].High ? 1 : 0;
            _roundStartNs += edges[^1].TimeNs + PauseNs;
        }

        edge = _next < edges.Count ? edges[_next] with { TimeNs = edges[_next].TimeNs + _roundStartNs } : default;
        if (_next == edges.Count || edge.TimeNs > ReadClock())
        {
            return false;
        }

        _next++;
        return true;
    }
}
