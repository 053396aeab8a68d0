using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Signing;

namespace EdgeGateway.Recording;

/// <summary>
/// The one writer of the ledger. At each slot's boundary its chapters write their leaves into one open tick, which is appended in one
/// transaction; what people enter is a transaction of its own. <see cref="RecorderLoop"/> says when.
/// </summary>
public sealed class Recorder
{
    private readonly Ledger _ledger;
    private readonly Rhythm _rhythm;
    private readonly Thinning? _thinning;
    private readonly TimeProvider _time;
    private readonly Pen _pen;
    private readonly LostLog? _lost;
    private readonly KeyHandover _handover;
    private readonly Contents _contents;
    private bool _restore; // something was not recorded: go on from what is

    /// <summary>Makes a recorder. Nothing is recorded before <see cref="Start"/>.</summary>
    /// <param name="plan">What the site asks for.</param>
    /// <param name="ledger">Where it is recorded.</param>
    /// <param name="key">Signs checkpoints.</param>
    /// <param name="now">Has the newest reading of each meter.</param>
    /// <param name="time">Wall and monotonic time.</param>
    /// <param name="pen">Writes leaves.</param>
    /// <param name="origin">The log.</param>
    /// <param name="log">Told of what could not be recorded.</param>
    /// <param name="lost">The log before this one, where it cannot go on.</param>
    public Recorder(
        RecordingPlan plan,
        Ledger ledger,
        DeviceKey key,
        Now now,
        TimeProvider time,
        Pen pen,
        Origin origin,
        ILogger<Recorder> log,
        LostLog? lost = null
    )
    {
        _ledger = ledger;
        _rhythm = plan.Rhythm;
        _thinning = plan.Thinning;
        _time = time;
        _pen = pen;
        _lost = lost;
        Origin = origin;
        _handover = new KeyHandover(ledger, key, origin, time, log);
        _contents = Contents.Of(plan, origin, key, now, time, pen, log, lost);
    }

    /// <summary>The log that is written.</summary>
    public Origin Origin { get; }

    /// <summary>The origin of a ledger: what it has, or a new epoch for an empty one.</summary>
    /// <exception cref="InvalidDataException">The ledger belongs to another device, or holds the other kind of readings.</exception>
    public static Origin OriginOf(Ledger ledger, DeviceKey key, bool simulated)
    {
        if (ledger.Fact(FactNames.Origin) is not { } text)
        {
            return new Origin(key.DeviceId, key.NextEpoch, simulated);
        }

        var origin = Origin.Parse(text);
        return origin.DeviceId == key.DeviceId && origin.Simulated == simulated
            ? origin
            : throw new InvalidDataException(
                $"The ledger is the log {origin}, but this is device {key.DeviceId} with {(simulated ? "simulated" : "real")} "
                    + "readings. Give "
                    + "it its own data folder."
            );
    }

    /// <summary>
    /// Records that the process has started: genesis and boot where they are due, the start, settings and factors that changed.
    /// </summary>
    public void Start(ProcessStart start)
    {
        _handover.CompleteChange();
        OpenTick tick = Open(_time.GetUtcNow());
        foreach (IChapter chapter in _contents.Chapters)
        {
            chapter.Start(tick, start);
        }

        tick.Append();
        _lost?.Recorded();
        Restore(Open(tick.At));
        _handover.Change(() => Open(tick.At));
        _handover.Tell();
    }

    /// <summary>Records readings and, where its slot ends, footprints at one instant, in one transaction.</summary>
    /// <param name="at">The slot's boundary; at the start of the process the present.</param>
    public void Tick(DateTimeOffset at)
    {
        OpenTick tick = Open(at);
        if (_restore)
        {
            Restore(tick);
            _restore = false;
        }

        try
        {
            foreach (IChapter chapter in _contents.Chapters)
            {
                chapter.Write(tick);
            }

            tick.Append(_thinning);
        }
        catch
        {
            foreach (IChapter chapter in _contents.Chapters)
            {
                chapter.Undo();
            }

            _restore = true; // with the next tick: what could not be written may not be readable either
            throw;
        }
    }

    /// <summary>Records an entry, with the footprints that rest on it, in a transaction of its own.</summary>
    /// <returns>The index of its leaf.</returns>
    /// <exception cref="InvalidDataException">It does not fit what is recorded; nothing was written.</exception>
    public long Enter(Entry entry)
    {
        OpenTick tick = Open(_time.GetUtcNow());
        long leaf = _contents.Takers[entry.Type].Enter(entry, tick);
        if (tick.Has(leaf))
        {
            tick.Append();
        }

        return leaf;
    }

    /// <summary>Signs a checkpoint over all recorded leaves, if there are any that no checkpoint covers.</summary>
    public void Seal() => _handover.Seal();

    private OpenTick Open(DateTimeOffset at) => new(_ledger, _pen, at, _rhythm.EndsCarbonSlot(at));

    private void Restore(OpenTick tick)
    {
        foreach (IChapter chapter in _contents.Chapters)
        {
            chapter.Restore(tick);
        }
    }
}
