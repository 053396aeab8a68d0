using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Signing;

namespace EdgeGateway.Recording;

/// <summary>Signs checkpoints, and hands the log over from one key to the next.</summary>
/// <remarks>
/// Each step is durable before the next, and the power may be cut between any two: the next start goes on from there.
/// <code>
/// leaf 'keyrot', the last of the log  →  checkpoint over it, by the key in force  →  device.keys  →  the next key signs
/// </code>
/// </remarks>
/// <param name="ledger">What is recorded.</param>
/// <param name="key">The device's key.</param>
/// <param name="origin">The log.</param>
/// <param name="time">When a checkpoint was signed.</param>
/// <param name="log">Told of changes.</param>
internal sealed class KeyHandover(Ledger ledger, DeviceKey key, Origin origin, TimeProvider time, ILogger log)
{
    private long _looked;
    private bool _overlapIsOver;

    /// <summary>Signs a checkpoint over all recorded leaves, if there are any that no checkpoint covers.</summary>
    public void Seal()
    {
        TreeHead head = ledger.Head(origin);
        if (head.Size <= (ledger.LastCheckpoint?.Size ?? 0) || !MaySign(head))
        {
            return;
        }

        string note = CheckpointNote.Sign(head, key.Key);
        ledger.Seal(new StoredCheckpoint(head.Size, time.GetUtcNow(), note, CheckpointCose.Sign(head, key.Key)));
    }

    /// <summary>Completes a change that was begun before the power was cut. Nothing may be recorded before.</summary>
    public void CompleteChange()
    {
        if (key.Unsealed is not null)
        {
            HandOver();
        }
    }

    /// <summary>Changes the key, when the site file names another one.</summary>
    /// <param name="open">Opens a tick.</param>
    public void Change(Func<OpenTick> open)
    {
        if (key.Next is null)
        {
            return;
        }

        OpenTick tick = open();
        long leaf = tick.Write(LeafType.KeyRotation, key.ChangeAt(tick.At).Records());
        IReadOnlyList<long> changes = [.. LeafListFact.Parse(tick.FactBefore(FactNames.KeyChanges)), leaf];
        tick.Remember(FactNames.KeyChanges, LeafListFact.Text(changes));
        tick.Append();
        HandOver();
    }

    /// <summary>Tells who may sign, where that is not simply the key in the site file.</summary>
    public void Tell()
    {
        if (key.ReplacedBy is { } change)
        {
            log.LogWarning(
                "Leaf {Leaf} of {Origin} has replaced the key that signs now. It is good until {Until:u}; what is recorded later "
                    + "waits for the key in force, so name that one in the site file before.",
                change.Leaf,
                change.Origin,
                change.Until
            );
        }
        else if (key.ReplacesIsDone)
        {
            log.LogInformation("The key in force is the one that the site file names. Its 'replaces' has been done and can be removed.");
        }
    }

    private void HandOver()
    {
        Seal();
        ledger.Save(); // no later checkpoint can be by this key
        key.HandOver(ledger);
        DeviceKeyChange change = key.History.Changes[^1];
        log.LogInformation(
            "Leaf {Leaf} of {Origin} has changed the key. The key before it may sign until {Until:u}.",
            change.Leaf,
            change.Origin,
            change.Until
        );
    }

    // A replaced key signs as long as no leaf after the change is younger than the end of its overlap (LogKeys). Each leaf is looked at
    // once.
    private bool MaySign(TreeHead head)
    {
        if (key.ReplacedBy is not { } change)
        {
            return true;
        }

        _looked = Math.Max(_looked, change.Origin == origin ? change.Leaf + 1 : 0);
        while (!_overlapIsOver && _looked < head.Size)
        {
            IReadOnlyList<byte[]?> page = ledger.Leaves(_looked, head.Size);
            _overlapIsOver = page.OfType<byte[]>().Any(l => LeafCodec.Decode(l).Head.Time > change.Until);
            _looked += page.Count;
            if (_overlapIsOver)
            {
                log.LogError(
                    "The key that leaf {Leaf} of {Origin} has replaced was good until {Until:u} and signs no more. Readings are "
                        + "recorded on and "
                        + "nothing is lost, but they wait unsigned and undelivered: name the key in force in the site file and "
                        + "start again.",
                    change.Leaf,
                    change.Origin,
                    change.Until
                );
            }
        }

        return !_overlapIsOver;
    }
}
