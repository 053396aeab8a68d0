using EdgeGateway.Drivers;
using EdgeGateway.Readings;

namespace EdgeGateway.Metering;

/// <summary>Tells each kind of fault of each thing once, and once an hour while it comes back, instead of every second.</summary>
internal sealed class FaultLog(string bus, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromHours(1);

    private readonly Dictionary<FaultKey, long> _told = [];
    private readonly HashSet<string> _toldBad = [];

    /// <summary>Tells that something failed, when that is due.</summary>
    /// <param name="what">A meter, or the register file.</param>
    /// <param name="kind">What tells this fault from others of the same thing.</param>
    /// <param name="fault">The fault. The text of a chip's or a disk's says enough; any other is told with its stack trace.</param>
    public void TellFault(string what, string kind, Exception fault)
    {
        if (!IsDue(what, kind))
        {
            return;
        }

        _toldBad.Add(what);
        bool expected = fault is ChipException or IOException or UnauthorizedAccessException;
        logger.LogWarning(expected ? null : fault, "{Bus}, {What}: {Fault}", bus, what, fault.Message);
    }

    /// <summary>Tells that a meter's registers lack something, when that is due.</summary>
    public void TellGap(string what, Gap gap)
    {
        string cause = gap.Cause.Code();
        if (IsDue(what, cause))
        {
            string lost = gap.Lost is null ? "nobody can tell how many" : $"{gap.Lost} of them";
            logger.LogWarning(
                "{Bus}, {What}: not all is counted from {From:O} to {To:O}: {Cause}, {Lost}.",
                bus,
                what,
                gap.From,
                gap.To,
                cause,
                lost
            );
        }
    }

    /// <summary>Tells that something works again, when its fault was told.</summary>
    public void TellRecovery(string what)
    {
        if (_toldBad.Count > 0 && _toldBad.Remove(what))
        {
            logger.LogInformation("{Bus}, {What}: works again.", bus, what);
        }
    }

    private bool IsDue(string what, string kind)
    {
        if (_told.TryGetValue(new FaultKey(what, kind), out long at) && time.GetElapsedTime(at) < RepeatAfter)
        {
            return false;
        }

        _told[new FaultKey(what, kind)] = time.GetTimestamp();
        return true;
    }

    private readonly record struct FaultKey(string What, string Kind);
}
