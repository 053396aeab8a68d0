using System.Globalization;
using EdgeGateway.Evidence;
using Microsoft.Data.Sqlite;

namespace EdgeGateway.Recording;

/// <content>What people enter, each as a leaf of its own as soon as it comes.</content>
public sealed partial class Recorder
{
    private readonly CommandDoor _door;

    /// <summary>Records an entry in a transaction of its own.</summary>
    /// <returns>The index of its leaf.</returns>
    /// <exception cref="InvalidDataException">It does not fit what is recorded; nothing was written.</exception>
    public long Enter(Entry entry)
    {
        Dictionary<string, string> facts = [];
        _pen.Begin(_ledger.Size);
        string index = _pen.NextIndex.ToString(CultureInfo.InvariantCulture);
        if (entry.Once is { } once)
        {
            if (_ledger.Fact(once) is { Length: > 0 } leaf)
            {
                throw new InvalidDataException(
                    $"It is entered already, as leaf {leaf}. {(entry.Type == LeafType.Instrument ? "An instrument is claimed once; if that leaf is wrong, correct it." : "If it happened twice, name its document.")}");
            }

            facts[once] = index;
        }

        if (entry.Supersedes is { } wrong)
        {
            Supersede(wrong, index, facts);
        }

        DateTimeOffset at = _time.GetUtcNow();
        _pen.Write(entry.Type, at, entry.Records, h => h with { Group = entry.Group });
        _ledger.Append(new LedgerTick(at, _pen.TakeLeaves(), facts));
        return _ledger.Size - 1;
    }

    // The leaf stays. What it claimed is free again: an instrument with a wrong period can be entered anew.
    private void Supersede(long wrong, string by, Dictionary<string, string> facts)
    {
        string fact = string.Create(CultureInfo.InvariantCulture, $"superseded:{wrong}");
        if (_ledger.Fact(fact) is { } leaf)
        {
            throw new InvalidDataException($"Leaf {wrong} is superseded already, by leaf {leaf}. If that is wrong too, correct leaf {leaf}.");
        }

        if (wrong >= _ledger.Size || _ledger.Leaves(wrong, wrong + 1) is not [{ } bytes])
        {
            throw new InvalidDataException($"There is no leaf {wrong} in this log; it has {_ledger.Size}.");
        }

        Leaf superseded = LeafCodec.Decode(bytes);
        if (superseded.Head.Type is not (LeafType.Manual or LeafType.Instrument or LeafType.Correction))
        {
            throw new InvalidDataException($"Leaf {wrong} is of type {superseded.Head.Type}, which nobody entered. Corrected are entries, and corrections of them.");
        }

        facts[fact] = by;
        if (superseded.Head.Type != LeafType.Correction)
        {
            facts[Entry.OnceOf(superseded.Head.Type, superseded.Records)] = "";
        }
    }

    private void EnterWaiting()
    {
        while (_door.Take() is { } waiting)
        {
            try
            {
                waiting.Leaf.TrySetResult(Enter(waiting.Entry));
            }
            catch (Exception e) when (e is InvalidDataException or EvidenceException)
            {
                waiting.Leaf.TrySetException(e is InvalidDataException ? e : new InvalidDataException(e.Message, e));
            }
            catch (SqliteException e)
            {
                _log.LogError("An entry could not be recorded: {Reason} Is the card full or read-only?", e.Message);
                waiting.Leaf.TrySetException(new InvalidDataException($"It could not be recorded: {e.Message} Is the card full or read-only?", e));
            }
        }
    }
}
