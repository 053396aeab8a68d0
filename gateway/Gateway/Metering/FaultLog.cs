using EdgeGateway.Drivers;

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
        if (_told.TryGetValue((what, kind), out long at) && time.GetElapsedTime(at) < Again)
        {
            return;
        }

        _told[(what, kind)] = time.GetTimestamp();
        _toldBad.Add(what);
        bool expected = fault is ChipException or IOException or UnauthorizedAccessException;
        logger.LogWarning(expected ? null : fault, "{Bus}, {What}: {Fault}", bus, what, fault.Message);
    }

    /// <summary>Something works. Told when its fault was told.</summary>
    public void Good(string what)
    {
        if (_toldBad.Count > 0 && _toldBad.Remove(what))
        {
            logger.LogInformation("{Bus}, {What}: works again.", bus, what);
        }
    }
}
