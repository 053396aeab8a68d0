using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary>The devices whose logs a witness watches, and how their keys have changed.</summary>
internal sealed class WatchedDevices
{
    private readonly TrustAnchors _trust;
    private readonly List<(Origin Origin, IReadOnlyList<KeyChange> Changes)> _histories = [];

    /// <summary>Watches the devices of some public keys.</summary>
    public WatchedDevices(TrustAnchors trust) => (_trust, Ids) = (trust, [.. trust.Keys.Select(Origin.DeviceIdOf).Distinct()]);

    /// <summary>Their ids.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>Takes a history of the key of one of them, <c>device.keys</c>. Of several of one device the longest counts.</summary>
    /// <exception cref="EvidenceException">It is none, or none of a device that is watched.</exception>
    public void Add(ReadOnlyMemory<byte> history)
    {
        IReadOnlyList<KeyChange> changes = KeyHistory.Decode(history);
        Origin origin = CoseReceipt.Decode(changes[0].Receipt).Claims().Origin;
        Accept(LogKeys.For(_trust, origin), changes);
        _histories.Add((origin, changes));
    }

    /// <summary>The keys that may sign a log.</summary>
    public LogKeys KeysOf(Origin origin)
    {
        LogKeys keys = LogKeys.For(_trust, origin);
        foreach (
            (_, IReadOnlyList<KeyChange> changes) in _histories.Where(h =>
                h.Origin.DeviceId == origin.DeviceId && h.Origin.Simulated == origin.Simulated
            )
        )
        {
            Accept(keys, changes);
        }

        return keys;
    }

    private static void Accept(LogKeys keys, IReadOnlyList<KeyChange> changes)
    {
        foreach (KeyChange change in changes)
        {
            keys.Accept(change);
        }
    }
}
