using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Drivers;

/// <summary>A digital input to which a pulse meter is wired: a source of edges with the time of each.</summary>
/// <remarks>
/// To count with a <see cref="PulseFilter"/>: note <see cref="NowNs"/>, take and push every edge there is, then advance the filter to the
/// time noted. An edge taken may be later than that; one that is not there yet is never earlier.
/// </remarks>
public interface IPulseLine
{
    /// <summary>The level before the first edge. The first edge away from it counts.</summary>
    bool InitialHigh { get; }

    /// <summary>Now, on the clock of the edges' times, nanoseconds.</summary>
    long NowNs { get; }

    /// <summary>Takes the oldest edge not yet taken. False when there is none until now.</summary>
    bool TryTake(out Edge edge);
}
