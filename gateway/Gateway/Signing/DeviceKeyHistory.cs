using System.Security.Cryptography;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;

namespace EdgeGateway.Signing;

/// <summary>A change of the device's key, sealed by the key before it.</summary>
/// <param name="Origin">The log of its leaf.</param>
/// <param name="Leaf">Index of its leaf.</param>
/// <param name="Key">SPKI of the key that signs since then.</param>
/// <param name="Until">Until then the key before it may sign.</param>
/// <param name="Evidence">The leaf and its receipt.</param>
public sealed record DeviceKeyChange(Origin Origin, long Leaf, ReadOnlyMemory<byte> Key, DateTimeOffset Until, KeyChange Evidence)
{
    /// <summary>Whether the change is before a leaf.</summary>
    public bool IsBefore(Origin origin, long index) => origin.Epoch > Origin.Epoch || (origin.Epoch == Origin.Epoch && index > Leaf);
}

/// <summary>A change of the device's key that is recorded, but not yet sealed by the key before it.</summary>
/// <param name="Origin">The log of its leaf.</param>
/// <param name="Leaf">Index of its leaf.</param>
/// <param name="Key">SPKI of the key that is to sign.</param>
public sealed record UnsealedKeyChange(Origin Origin, long Leaf, ReadOnlyMemory<byte> Key);

/// <summary>
/// How the device's key has changed: the file <c>device.keys</c> of the data folder (<see cref="KeyHistory"/>). It is kept apart from the
/// ledger, so that a new log of the same device can still show why another key than that of <c>device.pem</c> signs it.
/// </summary>
public sealed class DeviceKeyHistory
{
    private readonly string _path;
    private readonly TrustAnchors _device;
    private readonly ReadOnlyMemory<byte> _first;
    private IReadOnlyList<DeviceKeyChange> _changes = [];

    private DeviceKeyHistory(string path, TrustAnchors device)
    {
        _path = path;
        _device = device;
        _first = device.Keys[0].ExportSubjectPublicKeyInfo();
        DeviceId = Origin.DeviceIdOf(device.Keys[0]);
    }

    /// <summary>SHA-256 of the SPKI of the device's first key, hexadecimal. It stays when the key changes.</summary>
    public string DeviceId { get; }

    /// <summary>The changes, ascending. Can be read at any time, from any thread.</summary>
    public IReadOnlyList<DeviceKeyChange> Changes => Volatile.Read(ref _changes);

    private ReadOnlyMemory<byte> InForce => Changes.Count > 0 ? Changes[^1].Key : _first;

    /// <summary>Reads the history of the device that a data folder belongs to.</summary>
    /// <param name="folder">The data folder, with <c>device.pem</c>.</param>
    /// <exception cref="InvalidDataException">A file cannot be read, or the changes are not those of this device.</exception>
    public static DeviceKeyHistory Read(string folder)
    {
        string pem = Path.Combine(folder, "device.pem"),
            path = PathIn(folder);
        if (!File.Exists(pem))
        {
            throw new InvalidDataException(
                $"{pem} is missing, and {folder} belongs to a device whose key has changed since. Restore it: it says which device this is."
            );
        }

        DeviceKeyHistory history;
        try
        {
            history = new DeviceKeyHistory(path, TrustAnchors.FromPem(File.ReadAllText(pem)));
        }
        catch (EvidenceException e)
        {
            throw new InvalidDataException($"{pem} cannot be read: {e.Message} Restore it: it says which device this is.", e);
        }

        try
        {
            history._changes = File.Exists(path) ? history.Verified(KeyHistory.Decode(File.ReadAllBytes(path))) : [];
            return history;
        }
        catch (EvidenceException e)
        {
            throw new InvalidDataException(
                $"{path} is damaged: {e.Message} Put back a copy (the file 'keys' of the publisher 'tiles' is one), or remove "
                    + "it: what the ledger has of it is taken from there.",
                e
            );
        }
    }

    /// <summary>Where the history of a data folder is.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, "device.keys");

    /// <summary>Whether this is the key that signs.</summary>
    public bool IsInForce(ECDsa key) => IsKey(key, InForce);

    /// <summary>
    /// Whether this is the key before the one that signs, which may still sign for a time (<see cref="DeviceKeyChange.Until"/>).
    /// </summary>
    public bool IsReplacedLast(ECDsa key) => Changes.Count > 0 && IsKey(key, Changes.Count > 1 ? Changes[^2].Key : _first);

    /// <summary>
    /// Whether this key signs or has signed for the device. One that has signed never takes over again: verifiers refuse it.
    /// </summary>
    public bool HasSigned(ECDsa key) => IsKey(key, _first) || Changes.Any(c => IsKey(key, c.Key));

    /// <summary>The changes that a checkpoint is over or after.</summary>
    public IReadOnlyList<KeyChange> CoveredBy(TreeHead head) =>
        [.. Changes.Where(c => c.IsBefore(head.Origin, head.Size)).Select(c => c.Evidence)];

    /// <summary>
    /// Whether a checkpoint is over leaves after a change of the key and yet signed by the key before it, so that a verifier wants to see a
    /// later leaf and its time (<see cref="LogKeys"/>).
    /// </summary>
    public bool IsInOverlap(CheckpointNote note)
    {
        if (Changes.LastOrDefault(c => c.IsBefore(note.Head.Origin, note.Head.Size - 1)) is not { } change)
        {
            return false;
        }

        using ECDsa key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(change.Key.Span, out _);
        return !note.IsSignedBy(key);
    }

    /// <summary>
    /// Takes over what the ledger has sealed and the file has not yet, after a power cut between the two or when the file is lost.
    /// </summary>
    /// <returns>A change that is recorded and not sealed, or null.</returns>
    /// <exception cref="InvalidDataException">The ledger is older than the file, or does not follow from it.</exception>
    public UnsealedKeyChange? Complete(Ledger ledger)
    {
        if (ledger.Fact(FactNames.Origin) is not { } text || Origin.Parse(text) is not { } origin || origin.DeviceId != DeviceId)
        {
            return null;
        }

        if (Changes.Count > 0 && !Changes[^1].IsBefore(origin, ledger.Size))
        {
            throw new InvalidDataException(
                $"The ledger has {ledger.Size} leaves of {origin}, but leaf {Changes[^1].Leaf} of {Changes[^1].Origin} has "
                    + "changed the key: an older ledger was put back. "
                    + "Move ledger.db* out of the folder: the device then goes on, visibly, in the next epoch."
            );
        }

        foreach (long leaf in LeafListFact.Parse(ledger.Fact(FactNames.KeyChanges)))
        {
            if (Changes.Any(c => c.Origin == origin && c.Leaf == leaf))
            {
                continue;
            }

            if (ledger.KeyChangeAt(leaf) is not { } sealedChange)
            {
                return new UnsealedKeyChange(origin, leaf, KeyIn(LeafCodec.Decode(ledger.Leaves(leaf, leaf + 1)[0])));
            }

            Add(sealedChange);
        }

        return null;
    }

    private void Add(KeyChange change)
    {
        try
        {
            IReadOnlyList<KeyChange> all = [.. Changes.Select(c => c.Evidence), change];
            IReadOnlyList<DeviceKeyChange> verified = Verified(all);
            DurableFile.Write(_path, KeyHistory.Encode(all));
            Volatile.Write(ref _changes, verified);
        }
        catch (EvidenceException e)
        {
            throw new InvalidDataException(
                $"The ledger has a change of the key that does not follow from {_path}: {e.Message} Is that file lost? The file "
                    + "'keys' of the publisher 'tiles' is a copy.",
                e
            );
        }
    }

    private List<DeviceKeyChange> Verified(IReadOnlyList<KeyChange> changes)
    {
        LogKeys keys = LogKeys.For(_device, CoseReceipt.Decode(changes[0].Receipt).Claims().Origin);
        List<DeviceKeyChange> verified = [];
        foreach (KeyChange change in changes)
        {
            keys.Accept(change);
            Leaf leaf = LeafCodec.Decode(change.Leaf);
            verified.Add(
                new DeviceKeyChange(
                    CoseReceipt.Decode(change.Receipt).Claims().Origin,
                    leaf.Head.Index,
                    KeyIn(leaf),
                    KeyRotationLeaf.Of(leaf).Until,
                    change
                )
            );
        }

        return verified;
    }

    private static ReadOnlyMemory<byte> KeyIn(Leaf leaf) => KeyRotationLeaf.Of(leaf).Key;

    private static bool IsKey(ECDsa key, ReadOnlyMemory<byte> spki) => key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(spki.Span);
}
