using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Drivers;

/// <summary>A digital input to which a pulse meter is wired: a source of edges with the time of each.</summary>
/// <remarks>
/// To count with a <see cref="PulseFilter"/>: read the clock, take and push every edge there is, then advance the filter to the time that
/// was read. An edge taken may be later than that; one that is not there yet is never earlier.
/// </remarks>
public interface IPulseLine
{
    /// <summary>Whether the level before the first edge is high. The first edge away from that level counts.</summary>
    bool InitialHigh { get; }

    /// <summary>Reads the clock of the edges' times, nanoseconds. Edges that come later are not earlier than this.</summary>
    long ReadClock();

    /// <summary>Takes the oldest edge not yet taken. False when there is none until now.</summary>
    bool TryTake(out Edge edge);
}
