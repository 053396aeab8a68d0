using EdgeGateway.Drivers;
using EdgeGateway.Readings;

namespace EdgeGateway.Metering;

/// <summary>Tells each kind of fault of each thing once, and once an hour while it comes back, instead of every second.</summary>
internal sealed class FaultLog(string bus, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Again = TimeSpan.FromHours(1);

    private readonly Dictionary<(string What, string Kind), long> _told = [];
    private readonly HashSet<string> _toldBad = [];

    /// <summary>Something failed.</summary>
    /// <param name="what">A meter, or the register file.</param>
    /// <param name="kind">What tells this fault from others of the same thing.</param>
    /// <param name="fault">The fault. Of a chip and a disk its text says all; of our own code the trace is wanted.</param>
    public void Bad(string what, string kind, Exception fault)
    {
        if (!IsDue(what, kind))
        {
            return;
        }

        _toldBad.Add(what);
        bool expected = fault is ChipException or IOException or UnauthorizedAccessException;
        logger.LogWarning(expected ? null : fault, "{Bus}, {What}: {Fault}", bus, what, fault.Message);
    }

    /// <summary>A meter's registers lack something.</summary>
    public void Lacks(string what, Gap gap)
    {
        string cause = gap.Cause.Code();
        if (IsDue(what, cause))
        {
            logger.LogWarning(
                "{Bus}, {What}: not all is counted from {From:O} to {To:O}: {Cause}, {Lost}.",
                bus,
                what,
                gap.From,
                gap.To,
                cause,
                gap.Lost is { } lost ? $"{lost} of them" : "nobody can tell how many"
            );
        }
    }

    /// <summary>Something works. Told when its fault was told.</summary>
    public void Good(string what)
    {
        if (_toldBad.Count > 0 && _toldBad.Remove(what))
        {
            logger.LogInformation("{Bus}, {What}: works again.", bus, what);
        }
    }

    private bool IsDue(string what, string kind)
    {
        if (_told.TryGetValue((what, kind), out long at) && time.GetElapsedTime(at) < Again)
        {
            return false;
        }

        _told[(what, kind)] = time.GetTimestamp();
        return true;
    }
}
