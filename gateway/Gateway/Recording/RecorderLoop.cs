using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Readings;
using Microsoft.Data.Sqlite;

namespace EdgeGateway.Recording;

/// <summary>
/// When the recorder records: at each slot's boundary, and between two of them what is entered, as it comes. It has a checkpoint signed
/// when one is due.
/// </summary>
/// <param name="recorder">Records.</param>
/// <param name="ledger">Where it does.</param>
/// <param name="rhythm">How often.</param>
/// <param name="door">Where entries come in.</param>
/// <param name="time">The wall clock.</param>
/// <param name="log">Told of what could not be recorded.</param>
public sealed class RecorderLoop(
    Recorder recorder,
    Ledger ledger,
    Rhythm rhythm,
    CommandDoor door,
    TimeProvider time,
    ILogger<RecorderLoop> log
)
{
    // Bus workers poll at the slot's own instant; this long they have to bring the registers of that instant.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether a checkpoint is due.</summary>
    /// <param name="waiting">Leaves without a checkpoint.</param>
    /// <param name="sinceLast">Time since the last one.</param>
    /// <param name="rhythm">The settings.</param>
    public static bool SealIsDue(long waiting, TimeSpan sinceLast, Rhythm rhythm)
    {
        bool late = sinceLast >= rhythm.CheckpointEvery - Grace || sinceLast < TimeSpan.Zero;
        return waiting > 0 && (late || waiting >= rhythm.CheckpointLeaves);
    }

    /// <summary>Records until it is cancelled; then signs what is there.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            Task entered = door.WaitAsync(cancellation);
            while (true)
            {
                DateTimeOffset slot = Interval.SlotOf(time.GetUtcNow(), rhythm.ReadingSlot).End;
                Task due = Task.Delay(slot + Grace - time.GetUtcNow(), time, cancellation);
                while (await Task.WhenAny(due, entered) != due)
                {
                    await entered;
                    EnterOne();
                    entered = door.WaitAsync(cancellation);
                }

                await due;
                RecordSlot(slot);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            recorder.Seal();
        }
    }

    private void RecordSlot(DateTimeOffset slot)
    {
        try
        {
            recorder.Tick(slot);
            StoredCheckpoint? last = ledger.LastCheckpoint;
            TimeSpan sinceLast = last is null ? TimeSpan.MaxValue : time.GetUtcNow() - last.Time;
            if (SealIsDue(ledger.Size - (last?.Size ?? 0), sinceLast, rhythm))
            {
                recorder.Seal();
            }
        }
        catch (SqliteException e)
        {
            // The registers go on counting: the next slot that can be written has this one's energy too.
            log.LogError(
                "The readings of {Slot:u} could not be recorded: {Reason} The next slot is tried. Is the card full or read-only?",
                slot,
                e.Message
            );
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.LogError(e, "The readings of {Slot:u} could not be recorded, the next slot is tried", slot);
        }
    }

    // One entry at a time: a slot that is due does not wait for all of them.
    private void EnterOne()
    {
        if (door.Take() is not { } waiting)
        {
            return;
        }

        try
        {
            waiting.Leaf.TrySetResult(recorder.Enter(waiting.Entry));
        }
        catch (SqliteException e)
        {
            log.LogError("An entry could not be recorded: {Reason} Is the card full or read-only?", e.Message);
            waiting.Leaf.TrySetException(new IOException($"It could not be recorded: {e.Message} Is the card full or read-only?", e));
        }
        catch (Exception e)
        {
            if (e is not (InvalidDataException or EvidenceException))
            {
                log.LogError(e, "An entry could not be recorded, readings go on");
            }

            waiting.Leaf.TrySetException(e is InvalidDataException ? e : new InvalidDataException(e.Message, e));
        }
    }
}
