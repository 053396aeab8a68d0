using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Drivers;

/// <summary>A digital input to which a pulse meter is wired: a source of edges with the time of each.</summary>
public interface IPulseLine
{
    /// <summary>The level before the first edge. The first edge away from it counts.</summary>
    bool InitialHigh { get; }

    /// <summary>Now, on the clock of the edges' times, nanoseconds.</summary>
    long NowNs { get; }

    /// <summary>Takes the oldest edge not yet taken. False when there is none until now.</summary>
    bool TryTake(out Edge edge);
}
