using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Signing;
using Microsoft.Data.Sqlite;

namespace EdgeGateway.Recording;

/// <summary>
/// The one writer of the ledger. At each slot's boundary its chapters write their leaves into one open tick, which is appended in one
/// transaction; then a checkpoint is signed when one is due. What people enter is taken between two slots, each in a transaction of its
/// own.
/// </summary>
public sealed class Recorder
{
    // Bus workers poll at the slot's own instant; this long they have to bring the registers of that instant.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(200);

    private readonly Ledger _ledger;
    private readonly Rhythm _rhythm;
    private readonly Thinning? _thinning;
    private readonly TimeProvider _time;
    private readonly Pen _pen;
    private readonly ILogger _log;
    private readonly LostLog? _lost;
    private readonly CommandDoor _door;
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
    /// <param name="door">Where entries come in; null: none do.</param>
    public Recorder(
        RecordingPlan plan,
        Ledger ledger,
        DeviceKey key,
        Now now,
        TimeProvider time,
        Pen pen,
        Origin origin,
        ILogger<Recorder> log,
        LostLog? lost = null,
        CommandDoor? door = null
    )
    {
        _ledger = ledger;
        _rhythm = plan.Rhythm;
        _thinning = plan.Thinning;
        _time = time;
        _pen = pen;
        _log = log;
        _lost = lost;
        _door = door ?? new CommandDoor();
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

    /// <summary>Whether a checkpoint is due.</summary>
    /// <param name="waiting">Leaves without a checkpoint.</param>
    /// <param name="sinceLast">Time since the last one.</param>
    /// <param name="rhythm">The settings.</param>
    public static bool SealIsDue(long waiting, TimeSpan sinceLast, Rhythm rhythm)
    {
        bool late = sinceLast >= rhythm.CheckpointEvery - Grace || sinceLast < TimeSpan.Zero;
        return waiting > 0 && (late || waiting >= rhythm.CheckpointLeaves);
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

    /// <summary>Records slot after slot, and what is entered as it comes, until it is cancelled; then seals what is there.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            Task entered = _door.WaitAsync(cancellation);
            while (true)
            {
                DateTimeOffset slot = Interval.SlotOf(_time.GetUtcNow(), _rhythm.ReadingSlot).End;
                Task due = Task.Delay(slot + Grace - _time.GetUtcNow(), _time, cancellation);
                while (await Task.WhenAny(due, entered) != due)
                {
                    await entered;
                    EnterWaiting();
                    entered = _door.WaitAsync(cancellation);
                }

                await due;
                RecordSlot(slot);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Seal();
        }
    }

    private OpenTick Open(DateTimeOffset at) => new(_ledger, _pen, at, _rhythm.EndsCarbonSlot(at));

    private void Restore(OpenTick tick)
    {
        foreach (IChapter chapter in _contents.Chapters)
        {
            chapter.Restore(tick);
        }
    }

    private void RecordSlot(DateTimeOffset slot)
    {
        try
        {
            Tick(slot);
            StoredCheckpoint? last = _ledger.LastCheckpoint;
            TimeSpan sinceLast = last is null ? TimeSpan.MaxValue : _time.GetUtcNow() - last.Time;
            if (SealIsDue(_ledger.Size - (last?.Size ?? 0), sinceLast, _rhythm))
            {
                Seal();
            }
        }
        catch (SqliteException e)
        {
            // The registers go on counting: the next slot that can be written has this one's energy too.
            _log.LogError(
                "The readings of {Slot:u} could not be recorded: {Reason} The next slot is tried. Is the card full or read-only?",
                slot,
                e.Message
            );
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _log.LogError(e, "The readings of {Slot:u} could not be recorded, the next slot is tried", slot);
        }
    }

    // One entry at a time: a slot that is due does not wait for all of them.
    private void EnterWaiting()
    {
        if (_door.Take() is not { } waiting)
        {
            return;
        }

        try
        {
            waiting.Leaf.TrySetResult(Enter(waiting.Entry));
        }
        catch (SqliteException e)
        {
            _log.LogError("An entry could not be recorded: {Reason} Is the card full or read-only?", e.Message);
            waiting.Leaf.TrySetException(new IOException($"It could not be recorded: {e.Message} Is the card full or read-only?", e));
        }
        catch (Exception e)
        {
            if (e is not (InvalidDataException or EvidenceException))
            {
                _log.LogError(e, "An entry could not be recorded, readings go on");
            }

            waiting.Leaf.TrySetException(e is InvalidDataException ? e : new InvalidDataException(e.Message, e));
        }
    }
}
