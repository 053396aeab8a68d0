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
    public ReplayedEdges(EdgeCapture capture, bool repeat, TimeProvider time) =>
        (_capture, _repeat, _time, _openedAt) = (capture, repeat, time, time.GetTimestamp());

    /// <inheritdoc/>
    public bool InitialHigh => _capture.StartHigh;

    /// <inheritdoc/>
    public long NowNs => _time.GetElapsedTime(_openedAt).Ticks * 100;

    /// <inheritdoc/>
    public bool TryTake(out Edge edge)
    {
        IReadOnlyList<Edge> edges = _capture.Edges;
        if (_next == edges.Count && _repeat && edges.Count > 1)
        {
            // When the capture ends at the level it began with, its first row is no transition the second time.
            (_next, _roundStartNs) = (edges[^1].High == edges[0].High ? 1 : 0, _roundStartNs + edges[^1].TimeNs + PauseNs);
        }

        edge = _next < edges.Count ? edges[_next] with { TimeNs = edges[_next].TimeNs + _roundStartNs } : default;
        if (_next == edges.Count || edge.TimeNs > NowNs)
        {
            return false;
        }

        _next++;
        return true;
    }
}
