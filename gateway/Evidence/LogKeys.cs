using System.Security.Cryptography;

namespace EdgeGateway.Evidence;

/// <summary>
/// Which keys may sign the logs of one device: the keys that the caller trusts for it, and each key that a <c>keyrot</c> leaf names under a
/// checkpoint of a key accepted before. Never a key that is merely found in what is verified.
/// </summary>
/// <remarks>
/// <code>
///             leaf r: keyrot, names B
///   … A ─────────────|A── B ── B …            A over leaf r; from then on B
///                    |~~~~ until ~~~|         a checkpoint of A over later leaves is good while none of them is younger than 'until'
/// </code>
/// It learns from batch to batch: give the batches of a device in ascending order, or a bundle with its <c>keys</c> first. A key stays with the
/// device in its later epochs.
/// </remarks>
public sealed class LogKeys
{
    private readonly TrustAnchors _trust;
    private readonly List<ECDsa> _own;
    private readonly List<Change> _changes = [];

    private LogKeys(TrustAnchors trust, Origin origin)
    {
        (_trust, DeviceId, Simulated) = (trust, origin.DeviceId, origin.Simulated);
        _own = [.. trust.Keys.Where(k => Origin.DeviceIdOf(k) == origin.DeviceId)];
    }

    /// <summary>The device.</summary>
    public string DeviceId { get; }

    /// <summary>Its simulated logs; they prove nothing of the real ones.</summary>
    public bool Simulated { get; }

    /// <summary>How many changes of the key have been accepted.</summary>
    public int Changes => _changes.Count;

    /// <summary>The keys to begin with: those of the anchors whose fingerprint is the device id of the log.</summary>
    public static LogKeys For(TrustAnchors trust, Origin origin) => new(trust, origin);

    /// <summary>Accepts a change of the key that comes with its receipt, as bundles and folders of tiles have it.</summary>
    /// <exception cref="EvidenceException">It is not under the key before it, or of another device; the sentence says what.</exception>
    public void Accept(KeyChange change)
    {
        CoseReceipt receipt = CoseReceipt.Decode(change.Receipt);
        Origin origin = receipt.Claims().Origin;
        CheckDevice(origin);
        if (receipt.Inclusions is not [{ Index: var index }])
        {
            throw new EvidenceException("The receipt of a change of the key has one inclusion proof, of its leaf.");
        }

        Leaf leaf = BatchVerifier.ReadLeaf(change.Leaf, index, origin);
        if (leaf.Head.Type != LeafType.KeyRotation)
        {
            throw new EvidenceException($"Leaf {index} of {origin} is of type '{leaf.Head.Type}', not a change of the key ('{LeafType.KeyRotation}').");
        }

        if (!IsKnown(origin, leaf))
        {
            VerifyUnderKeyInForce(receipt, change.Leaf, origin, index);
            Learn(origin, [leaf]);
        }
    }

    /// <summary>The accepted key that signed the note.</summary>
    /// <exception cref="EvidenceException">There is none.</exception>
    internal ECDsa SignerOf(CheckpointNote note)
    {
        TreeHead head = note.Head;
        CheckDevice(head.Origin);
        if (_changes.FindLast(c => note.IsSignedBy(c.Key)) is { } change)
        {
            return change.Covers(head)
                ? change.Key
                : throw new EvidenceException($"The checkpoint of {head.Size} leaves of {head.Origin} is signed by a key that signs only from leaf {change.Leaf} of {change.Origin} on.");
        }

        if (_own.Find(note.IsSignedBy) is { } own)
        {
            return own;
        }

        throw new EvidenceException(_trust.Keys.FirstOrDefault(note.IsSignedBy) is { } other
            ? $"The checkpoint speaks for device {head.Origin.DeviceId}, but it is signed by the key of device {Origin.DeviceIdOf(other)}."
            : "The checkpoint is not signed by a trusted key, or its text or signature was altered. If the device has changed its key since, also give the "
                + "batches from before the change, or a bundle: it has the changes.");
    }

    /// <summary>
    /// Takes the changes of the key from the leaves that a checkpoint is given with, and refuses it when its key had been replaced and its overlap
    /// was over by the time of these leaves.
    /// </summary>
    /// <param name="signer">From <see cref="SignerOf"/>.</param>
    /// <param name="head">What it signed.</param>
    /// <param name="leaves">Verified to be under it.</param>
    /// <exception cref="EvidenceException">It is refused; nothing was taken from it.</exception>
    internal void Judge(ECDsa signer, TreeHead head, IReadOnlyList<Leaf> leaves)
    {
        int known = _changes.Count;
        try
        {
            Learn(head.Origin, leaves);
            CheckOverlap(signer, head, leaves);
        }
        catch (EvidenceException)
        {
            _changes.RemoveRange(known, _changes.Count - known);
            throw;
        }
    }

    private void CheckOverlap(ECDsa signer, TreeHead head, IReadOnlyList<Leaf> leaves)
    {
        int next = _changes.FindIndex(c => ReferenceEquals(c.Key, signer)) + 1;
        if (next == _changes.Count || !_changes[next].IsBefore(head))
        {
            return;
        }

        Change change = _changes[next];
        List<Leaf> later = [.. leaves.Where(l => change.Origin != head.Origin || l.Head.Index > change.Leaf)];
        if (later.Count == 0)
        {
            throw new EvidenceException($"The checkpoint of {head.Size} leaves is signed by the key that leaf {change.Leaf} of {change.Origin} replaced, and no later leaf shows its time.");
        }

        if (later.Exists(l => l.Head.Time > change.Until))
        {
            throw new EvidenceException(
                $"The checkpoint of {head.Size} leaves is signed by the key that leaf {change.Leaf} of {change.Origin} replaced. It was good until {change.Until:u}, and there are later leaves.");
        }
    }

    private void Learn(Origin origin, IEnumerable<Leaf> verified)
    {
        foreach (Leaf leaf in verified.Where(l => l.Head.Type == LeafType.KeyRotation && !IsKnown(origin, l)))
        {
            Change change = new(origin, leaf);
            if (_changes.Count > 0 && !_changes[^1].IsBefore(origin, leaf.Head.Index))
            {
                throw new EvidenceException($"The change of the key in leaf {leaf.Head.Index} of {origin} comes after one in leaf {_changes[^1].Leaf} of {_changes[^1].Origin}. They are given in order.");
            }

            string fingerprint = Origin.DeviceIdOf(change.Key);
            if (fingerprint == DeviceId || _changes.Exists(c => Origin.DeviceIdOf(c.Key) == fingerprint))
            {
                throw new EvidenceException($"Leaf {leaf.Head.Index} of {origin} changes the key to one that has signed before.");
            }

            _changes.Add(change);
        }
    }

    private void VerifyUnderKeyInForce(CoseReceipt receipt, ReadOnlyMemory<byte> leaf, Origin origin, long index)
    {
        string why = "no key of this device is trusted.";
        foreach (ECDsa key in _changes.Count > 0 ? [_changes[^1].Key] : _own)
        {
            try
            {
                receipt.VerifyInclusion([leaf], key);
                return;
            }
            catch (EvidenceException e)
            {
                why = e.Message;
            }
        }

        throw new EvidenceException($"The change of the key in leaf {index} of {origin} is not shown to be under the key before it: {why}");
    }

    private bool IsKnown(Origin origin, Leaf leaf)
    {
        if (_changes.Find(c => c.Origin == origin && c.Leaf == leaf.Head.Index) is not { } known)
        {
            return false;
        }

        return known.Says.Span.SequenceEqual(leaf.Records[0].Data!.Value.Span)
            ? true
            : throw new EvidenceException($"The device signed two histories: leaf {leaf.Head.Index} of {origin} changes the key to two different ones.");
    }

    private void CheckDevice(Origin origin)
    {
        if (origin.DeviceId != DeviceId || origin.Simulated != Simulated)
        {
            throw new EvidenceException($"This is of the log {origin}, but the keys are those of {(Simulated ? "the simulated " : "")}device {DeviceId}.");
        }
    }

    private sealed class Change
    {
        public Change(Origin origin, Leaf leaf)
        {
            (Origin, Leaf, Says) = (origin, leaf.Head.Index, leaf.Records[0].Data!.Value);
            DecimalFraction until = leaf.Records[^1].Number!.Value;
            try
            {
                Until = until.Exponent == 0
                    ? DateTimeOffset.FromUnixTimeSeconds(until.Mantissa)
                    : DateTimeOffset.FromUnixTimeMilliseconds(until.Mantissa);
                Key = TrustAnchors.PublicKey(Says);
            }
            catch (Exception e) when (e is EvidenceException or ArgumentOutOfRangeException)
            {
                throw new EvidenceException($"Leaf {leaf.Head.Index} of {origin} cannot change the key: {e.Message}", e);
            }
        }

        public Origin Origin { get; }

        public long Leaf { get; }

        public ReadOnlyMemory<byte> Says { get; }

        public DateTimeOffset Until { get; }

        public ECDsa Key { get; }

        /// <summary>The checkpoint is over the leaf, or of a later epoch.</summary>
        public bool Covers(TreeHead head) => IsBefore(head.Origin, head.Size);

        /// <summary>The checkpoint is over later leaves too.</summary>
        public bool IsBefore(TreeHead head) => IsBefore(head.Origin, head.Size - 1);

        public bool IsBefore(Origin origin, long index) => origin.Epoch > Origin.Epoch || (origin.Epoch == Origin.Epoch && index > Leaf);
    }
}
