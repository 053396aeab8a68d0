namespace EdgeGateway.Metering;

/// <summary>Decides which slot of the register file is written next, so that a good one is left whatever happens.</summary>
/// <remarks>
/// Two things can go wrong, and each needs a slot that is left alone. The process dies within a write: the state before must be
/// whole. The power fails: until a flush has returned, the card may hold any mixture of what was written since the one before,
/// so the state that was flushed last must be whole. While a flush is under way writing goes on, so that a slow card delays no
/// poll. Hence four slots, one for each part:
/// <code>
///   ┌─────────┐   ┌────────────┐   ┌────────────┐   ┌────────────┐
///   │ newest  │   │ flushed    │   │ flush      │   │ free:      │
///   │ state   │   │ last       │   │ under way  │   │ next write │
///   └─────────┘   └────────────┘   └────────────┘   └────────────┘
/// </code>
/// </remarks>
public sealed class RegisterSlots
{
    /// <summary>How many slots the file has.</summary>
    public const int Count = 4;

    private const int None = -1;
    private int _flushed = None;
    private int _flushing = None;

    /// <summary>The slot of the newest state, or −1 when nothing was written yet.</summary>
    public int Newest { get; private set; } = None;

    /// <summary>The newest state's sequence number; 0 when nothing was written yet.</summary>
    public long Sequence { get; private set; }

    /// <summary>The slot to write next.</summary>
    public int Next
    {
        get
        {
            int slot = 0;
            while (slot == Newest || slot == _flushed || slot == _flushing)
            {
                slot++;
            }

            return slot;
        }
    }

    /// <summary>Notes that a slot holds a newer state, completely.</summary>
    public void MarkWritten(int slot, long sequence)
    {
        Newest = slot;
        Sequence = sequence;
    }

    /// <summary>Begins a flush.</summary>
    /// <returns>False when there is nothing new to flush, or a flush is under way.</returns>
    public bool TryBeginFlush()
    {
        if (_flushing != None || Newest == _flushed)
        {
            return false;
        }

        _flushing = Newest;
        return true;
    }

    /// <summary>Ends the flush that was under way.</summary>
    /// <param name="done">False: it failed, and the slot flushed before is still the one to keep.</param>
    public void EndFlush(bool done)
    {
        if (done)
        {
            _flushed = _flushing;
        }

        _flushing = None;
    }
}
