using System.Globalization;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Signing;

namespace EdgeGateway.Recording;

/// <summary>How one key hands the log over to the next.</summary>
/// <remarks>
/// Each step is durable before the next, and the power may be cut between any two: the next start goes on from there.
/// <code>
/// leaf 'keyrot', the last of the log  →  checkpoint over it, by the key in force  →  device.keys  →  the next key signs
/// </code>
/// </remarks>
public sealed partial class Recorder
{
    private long _looked;
    private bool _overlapIsOver;

    private void ChangeKey(DateTimeOffset at)
    {
        if (_key.Next is null)
        {
            return;
        }

        _pen.Begin(_ledger.Size);
        string index = _pen.Write(LeafType.KeyRotation, at, _key.ChangeRecords(at)).ToString(CultureInfo.InvariantCulture);
        string facts = $"{_ledger.Fact(DeviceKeyHistory.Fact)} {index}".TrimStart();
        _ledger.Append(new LedgerTick(at, _pen.TakeLeaves(), new Dictionary<string, string> { [DeviceKeyHistory.Fact] = facts }));
        HandOver();
    }

    private void SealKeyChange()
    {
        if (_key.Unsealed is not null)
        {
            HandOver();
        }
    }

    private void HandOver()
    {
        Seal();
        _ledger.Save(); // no later one can be by this key
        _key.HandOver(_ledger);
        DeviceKeyChange change = _key.History.Changes[^1];
        _log.LogInformation(
            "Leaf {Leaf} of {Origin} has changed the key. The key before it may sign until {Until:u}.",
            change.Leaf,
            change.Origin,
            change.Until
        );
    }

    private void TellOfKey()
    {
        if (_key.ReplacedBy is { } change)
        {
            _log.LogWarning(
                "Leaf {Leaf} of {Origin} has replaced the key that signs now. It is good until {Until:u}; what is recorded "
                    + "later waits for the key in force, so name that one in the site file before.",
                change.Leaf,
                change.Origin,
                change.Until
            );
        }
        else if (_key.ReplacesIsDone)
        {
            _log.LogInformation("The key in force is the one that the site file names. Its 'replaces' has been done and can be removed.");
        }
    }

    // A replaced key signs as long as no leaf after the change is younger than the end of its overlap (LogKeys). Each leaf is looked at
    // once.
    private bool KeyMaySign(TreeHead head)
    {
        if (_key.ReplacedBy is not { } change)
        {
            return true;
        }

        _looked = Math.Max(_looked, change.Origin == Origin ? change.Leaf + 1 : 0);
        while (!_overlapIsOver && _looked < head.Size)
        {
            IReadOnlyList<byte[]?> page = _ledger.Leaves(_looked, head.Size);
            _overlapIsOver = page.OfType<byte[]>().Any(l => LeafCodec.Decode(l).Head.Time > change.Until);
            _looked += page.Count;
            if (_overlapIsOver)
            {
                _log.LogError(
                    "The key that leaf {Leaf} of {Origin} has replaced was good until {Until:u} and signs no more. Readings are "
                        + "recorded on and nothing is lost, but they wait unsigned and undelivered: name the key in force in "
                        + "the site file and start again.",
                    change.Leaf,
                    change.Origin,
                    change.Until
                );
            }
        }

        return !_overlapIsOver;
    }
}
