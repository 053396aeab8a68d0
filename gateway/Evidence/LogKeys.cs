using System.Security.Cryptography;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Evidence;

/// <summary>
/// Which keys may sign the logs of one device: the keys that the caller trusts for it, those that an authority vouches for which he trusts,
/// and each key that a <c>keyrot</c> leaf names under a checkpoint of a key accepted before. Never a key that is merely found in what is
/// verified.
/// </summary>
/// <remarks>
/// <code>
///             leaf r: keyrot, names B
///   … A ─────────────|A── B ── B …            A over leaf r; from then on B
///                    |~~~~ until ~~~|         a checkpoint of A over later leaves is good while none of them is younger than 'until'
/// </code>
/// It learns from batch to batch: give the batches of a device in ascending order, or a bundle with its <c>keys</c> first. A key stays with
/// the device in its later epochs.
/// </remarks>
public sealed class LogKeys
{
    private readonly TrustAnchors _trust;
    private readonly List<ECDsa> _own;
    private readonly DeviceCertificates _certificates;
    private readonly List<Change> _changes = [];

    private LogKeys(TrustAnchors trust, Origin origin)
    {
        _trust = trust;
        DeviceId = origin.DeviceId;
        Simulated = origin.Simulated;
        _own = [.. trust.Keys.Where(k => Origin.DeviceIdOf(k) == origin.DeviceId)];
        _certificates = new DeviceCertificates(trust, origin.DeviceId, needed: _own.Count == 0);
    }

    /// <summary>The device.</summary>
    public string DeviceId { get; }

    /// <summary>Its simulated logs; they prove nothing of the real ones.</summary>
    public bool Simulated { get; }

    /// <summary>How many changes of the key have been accepted.</summary>
    public int Changes => _changes.Count;

    /// <summary>
    /// The keys to begin with: those of the anchors whose fingerprint is the device id of the log, or, where there is none, those that
    /// certificates name for the device. A trusted key needs no certificate, so these are not judged beside it.
    /// </summary>
    public static LogKeys For(TrustAnchors trust, Origin origin) => new(trust, origin);

    /// <summary>Accepts a change of the key that comes with its receipt, as bundles and folders of tiles have it.</summary>
    /// <exception cref="EvidenceException">It is not under the key before it, or of another device; the sentence says what.</exception>
    public void Accept(KeyChange change)
    {
        if (!TryAccept(change, out string why))
        {
            throw new EvidenceException(why);
        }
    }

    private bool TryAccept(KeyChange change, out string why)
    {
        why = "";
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
            throw new EvidenceException(
                $"Leaf {index} of {origin} is of type '{leaf.Head.Type}', not a change of the key ('{LeafType.KeyRotation}')."
            );
        }

        if (IsKnown(origin, leaf))
        {
            return true;
        }

        why = "no key of this device is trusted.";
        foreach (ECDsa key in KeysInForce())
        {
            try
            {
                receipt.VerifyInclusion([change.Leaf], key);
            }
            catch (EvidenceException e)
            {
                why = e.Message;
                continue;
            }

            Learn(new Change(origin, leaf), key);
            return true;
        }

        why = $"The change of the key in leaf {index} of {origin} is not shown to be under the key before it: {why}";
        return false;
    }

    /// <summary>
    /// Takes from a bundle what tells of its device's keys: certificates, revocation lists, and changes of the key. Once or often is the
    /// same.
    /// </summary>
    /// <returns>How many of these are not judged: certificates and lists beside a trusted key or of others, changes from a key before the
    /// certified one.</returns>
    /// <exception cref="EvidenceException">One is malformed, altered, or of another device; the sentence says what.</exception>
    public int Accept(Bundle bundle)
    {
        CheckpointNote note = CheckpointNote.Parse(bundle.Note);
        CheckDevice(note.Head.Origin);
        int notJudged = _certificates.Add(bundle);
        return notJudged + Accept(bundle.KeyChanges, note);
    }

    /// <summary>Accepts the changes of the key that lead to the signer of a checkpoint.</summary>
    /// <returns>How many are not judged: whose key before them is unknown, while a certificate vouches for a key after it.</returns>
    /// <exception cref="EvidenceException">One is malformed, or none leads to the signer.</exception>
    internal int Accept(IReadOnlyList<KeyChange> changes, CheckpointNote note)
    {
        int notJudged = 0;
        string why = "";
        foreach (KeyChange change in changes)
        {
            if (!TryAccept(change, out string whyNot))
            {
                (notJudged, why) = (notJudged + 1, whyNot);
            }
        }

        bool leads =
            notJudged == 0
            || _certificates.KeyOf(note) is not null
            || (_certificates.Keys.Any() && _changes.Exists(c => note.IsSignedBy(c.Key)));
        return leads ? notJudged : throw new EvidenceException(why);
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
                : throw new EvidenceException(
                    $"The checkpoint of {head.Size} leaves of {head.Origin} is signed by a key that signs only from leaf "
                        + $"{change.Leaf} of {change.Origin} on."
                );
        }

        return (_own.Find(note.IsSignedBy) ?? _certificates.KeyOf(note)) is { } own
            ? own
            : throw new EvidenceException(
                _trust.Keys.FirstOrDefault(note.IsSignedBy) is { } other
                    ? $"The checkpoint speaks for device {head.Origin.DeviceId}, but it is signed by the key of device "
                        + $"{Origin.DeviceIdOf(other)}."
                    : "The checkpoint is not signed by a trusted key, or its text or signature was altered. If the device has "
                        + "changed its key since, also give the "
                        + $"batches from before the change, or a bundle: it has the changes.{_certificates.WhyNone}"
            );
    }

    /// <summary>What a checkpoint of an accepted key rests on.</summary>
    /// <param name="signer">From <see cref="SignerOf"/>.</param>
    /// <param name="note">What it signed.</param>
    /// <param name="stamps">Verified time stamps of it.</param>
    /// <exception cref="EvidenceException">A revocation list is not signed by whom it names.</exception>
    internal SignerStanding StandingOf(ECDsa signer, CheckpointNote note, IReadOnlyList<TimeStamp> stamps)
    {
        // A time stamp shows that the checkpoint was there, not that the change to its key was: that may have been signed after the
        // certificate's end.
        SignerStanding? best = null;
        for ((ECDsa key, bool changed) = (signer, false); ; changed = true)
        {
            if (_own.Exists(k => Same(k, key)))
            {
                return SignerStanding.Trusted;
            }

            foreach (SignerStanding standing in _certificates.StandingsOf(key, note, changed ? [] : stamps))
            {
                best =
                    best is null || (standing.Holds, standing.Validity!.Until).CompareTo((best.Holds, best.Validity!.Until)) > 0
                        ? standing
                        : best;
            }

            if (_changes.Find(c => Same(c.Key, key)) is not { } change)
            {
                return best ?? throw new InvalidOperationException("A signer is a key that was accepted.");
            }

            key = change.Under!;
        }
    }

    /// <summary>
    /// What a time stamp says of a checkpoint, or null when it is damaged, of something else, or of no authority that is trusted.
    /// </summary>
    internal TimeStamp? Verified(ReadOnlyMemory<byte> token, CheckpointNote note)
    {
        try
        {
            return _trust.TimeAuthorities.Count > 0 ? TimeStamp.Verify(token, note, [.. _trust.TimeAuthorities]) : null;
        }
        catch (EvidenceException)
        {
            return null;
        }
    }

    /// <summary>
    /// Takes the changes of the key from the leaves that a checkpoint is given with, and refuses it when its key had been replaced and its
    /// overlap was over by the time of these leaves.
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
            Learn(head.Origin, leaves, signer);
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
        if (_changes.Find(c => Same(c.Under!, signer)) is not { } change || !change.IsBefore(head))
        {
            return;
        }

        List<Leaf> later = [.. leaves.Where(l => change.Origin != head.Origin || l.Head.Index > change.Leaf)];
        if (later.Count == 0)
        {
            throw new EvidenceException(
                $"The checkpoint of {head.Size} leaves is signed by the key that leaf {change.Leaf} of {change.Origin} "
                    + "replaced, and no later leaf shows its time."
            );
        }

        if (later.Exists(l => l.Head.Time > change.Until))
        {
            throw new EvidenceException(
                $"The checkpoint of {head.Size} leaves is signed by the key that leaf {change.Leaf} of {change.Origin} "
                    + $"replaced. It was good until {change.Until:u}, and there are later leaves."
            );
        }
    }

    // The signer signs over what came before its time, too. Of a key that is only vouched for, that time begins with the leaf that names
    // it.
    private void Learn(Origin origin, IReadOnlyList<Leaf> verified, ECDsa signer)
    {
        List<Change> given =
        [
            .. verified.Where(l => l.Head.Type == LeafType.KeyRotation && !IsKnown(origin, l)).Select(l => new Change(origin, l)),
        ];
        ECDsa inForce = _changes.Count > 0 ? _changes[^1].Key : signer;
        if (Origin.DeviceIdOf(signer) != DeviceId && !_changes.Exists(c => Same(c.Key, signer)))
        {
            int named = given.FindIndex(c => Same(c.Key, signer));
            given = named < 0 ? [] : given[(named + 1)..];
            inForce = signer;
        }

        foreach (Change change in given)
        {
            Learn(change, inForce);
            inForce = change.Key;
        }
    }

    private void Learn(Change change, ECDsa under)
    {
        if (_changes.Count > 0 && !_changes[^1].IsBefore(change.Origin, change.Leaf))
        {
            throw new EvidenceException(
                $"The change of the key in leaf {change.Leaf} of {change.Origin} comes after one in leaf {_changes[^1].Leaf} of "
                    + $"{_changes[^1].Origin}. They are given in order."
            );
        }

        if (Origin.DeviceIdOf(change.Key) == DeviceId || _changes.Exists(c => Same(c.Key, change.Key) || Same(c.Under!, change.Key)))
        {
            throw new EvidenceException($"Leaf {change.Leaf} of {change.Origin} changes the key to one that has signed before.");
        }

        change.Under = under;
        _changes.Add(change);
    }

    // The newest key, and those that no change is known to have replaced.
    private IEnumerable<ECDsa> KeysInForce() =>
        _changes
            .Select(c => c.Key)
            .TakeLast(1)
            .Concat(_changes.Count > 0 ? [] : _own)
            .Concat(_certificates.Keys.Where(k => !_changes.Exists(c => Same(c.Under!, k) || Same(c.Key, k))));

    private static bool Same(ECDsa one, ECDsa other) => ReferenceEquals(one, other) || Origin.DeviceIdOf(one) == Origin.DeviceIdOf(other);

    private bool IsKnown(Origin origin, Leaf leaf)
    {
        if (_changes.Find(c => c.Origin == origin && c.Leaf == leaf.Head.Index) is not { } known)
        {
            return false;
        }

        return known.Says.Span.SequenceEqual(KeyRotationLeaf.Of(leaf).Key.Span)
            ? true
            : throw new EvidenceException(
                $"The device signed two histories: leaf {leaf.Head.Index} of {origin} changes the key to two different ones."
            );
    }

    private void CheckDevice(Origin origin)
    {
        if (origin.DeviceId != DeviceId || origin.Simulated != Simulated)
        {
            throw new EvidenceException(
                $"This is of the log {origin}, but the keys are those of {(Simulated ? "the simulated " : "")}device {DeviceId}."
            );
        }
    }

    private sealed class Change
    {
        public Change(Origin origin, Leaf leaf)
        {
            Origin = origin;
            Leaf = leaf.Head.Index;
            try
            {
                var rotation = KeyRotationLeaf.Of(leaf);
                Until = rotation.Until;
                Says = rotation.Key;
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

        /// <summary>The key that it replaces.</summary>
        public ECDsa? Under { get; set; }

        /// <summary>The checkpoint is over the leaf, or of a later epoch.</summary>
        public bool Covers(TreeHead head) => IsBefore(head.Origin, head.Size);

        /// <summary>The checkpoint is over later leaves too.</summary>
        public bool IsBefore(TreeHead head) => IsBefore(head.Origin, head.Size - 1);

        public bool IsBefore(Origin origin, long index) => origin.Epoch > Origin.Epoch || (origin.Epoch == Origin.Epoch && index > Leaf);
    }
}
