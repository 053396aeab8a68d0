using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>The first and the last of some times.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last.</param>
public readonly record struct TimeSpread(DateTimeOffset From, DateTimeOffset To)
{
    internal static TimeSpread Of(DateTimeOffset time) => new(time, time);

    internal TimeSpread With(DateTimeOffset time) => new(time < From ? time : From, time > To ? time : To);
}

/// <summary>Leaves of one kind.</summary>
/// <param name="Count">How many.</param>
/// <param name="Times">Between which times.</param>
public sealed record LeafCount(long Count, TimeSpread Times)
{
    internal LeafCount With(DateTimeOffset time) => new(Count + 1, Times.With(time));
}

/// <summary>A certificate that checkpoints rest on.</summary>
/// <param name="Standing">Of the largest of them that holds.</param>
/// <param name="Size">How many leaves that one is over.</param>
public sealed record CertificateUse(SignerStanding Standing, long Size);

/// <summary>The largest checkpoint that somebody has stamped.</summary>
/// <param name="Size">How many leaves it is over.</param>
/// <param name="Stamp">The stamp.</param>
public readonly record struct StampedCheckpoint(long Size, TimeStamp Stamp);

/// <summary>The largest checkpoint that a witness has cosigned.</summary>
/// <param name="Size">How many leaves it is over.</param>
/// <param name="Time">When.</param>
public readonly record struct CosignedCheckpoint(long Size, DateTimeOffset Time);

/// <summary>Why values of a meter are missing.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="Reason">As its readings state it.</param>
public readonly record struct MissingValues(string Meter, string Reason);

/// <summary>What the verified batches and bundles of one log show. Nothing gets in here before it is verified.</summary>
/// <param name="trust">Whom the user trusts.</param>
/// <param name="each">Given every leaf that counts, once.</param>
public sealed class LogSummary(TrustAnchors trust, Action<Leaf>? each)
{
    private static readonly HashSet<string> Known =
    [
        LeafType.Genesis,
        LeafType.Boot,
        LeafType.Start,
        LeafType.Config,
        LeafType.Factors,
        LeafType.Reading,
        LeafType.Carbon,
        LeafType.Flow,
        LeafType.Gap,
        LeafType.Calibration,
        LeafType.Exchange,
        LeafType.ClockStep,
        LeafType.Manual,
        LeafType.Instrument,
        LeafType.Intensity,
        LeafType.Correction,
        LeafType.Alarm,
        LeafType.KeyRotation,
    ];

    private readonly BatchSequence _sequence = new();
    private readonly Dictionary<long, MerkleHash> _roots = [];
    private readonly AccountSums _carbon = new();
    private long? _tiled;
    private readonly SortedSet<long> _single = [];
    private TreeHead? _head;

    /// <summary>The newest signed state.</summary>
    public TreeHead Head => _head ?? throw new InvalidOperationException("A log has at least one batch.");

    /// <summary>The first leaf of the batches; 0 of tiles.</summary>
    public long First => _tiled is null ? _sequence.First : 0;

    /// <summary>The last leaf of the batches or tiles.</summary>
    public long Last => (_tiled ?? _sequence.End) - 1;

    /// <summary>The whole log was verified from its tiles.</summary>
    public bool Tiled => _tiled is not null;

    /// <summary>Leaves beside the batches, each with its own proof.</summary>
    public IReadOnlyCollection<long> SingleLeaves => _single;

    /// <summary>Leaves that were given whole.</summary>
    public long Shown { get; private set; }

    /// <summary>Leaves of which only the hash was given.</summary>
    public long Withheld => Last + 1 - First - Shown;

    /// <summary>Batches that were given.</summary>
    public int Batches { get; private set; }

    /// <summary>Batches that only repeat others.</summary>
    public int Repeated => _sequence.Repeated;

    /// <summary>Checkpoints that carry signatures of others which are of no trusted witness, or are damaged.</summary>
    public int Unchecked { get; private set; }

    /// <summary>Certificates, revocation lists and changes of the key in bundles, of which nothing is said.</summary>
    public int NotJudged { get; private set; }

    /// <summary>What the newest checkpoint rests on.</summary>
    public SignerStanding Signer { get; private set; } = null!; // set with Head

    /// <summary>The certificates that checkpoints rest on, by name.</summary>
    public SortedDictionary<string, CertificateUse> Certificates { get; } = new(StringComparer.Ordinal);

    /// <summary>The largest checkpoint that each trusted time-stamping authority has stamped, and when.</summary>
    public SortedDictionary<string, StampedCheckpoint> Stamped { get; } = new(StringComparer.Ordinal);

    /// <summary>Time stamps in bundles that are of no trusted authority, or are damaged.</summary>
    public int UncheckedStamps { get; private set; }

    /// <summary>The largest checkpoint that each trusted witness has cosigned, and when.</summary>
    public SortedDictionary<string, CosignedCheckpoint> Witnessed { get; } = new(StringComparer.Ordinal);

    /// <summary>A trusted witness has cosigned the newest checkpoint.</summary>
    public bool IsWitnessed => Witnessed.Values.Any(w => w.Size == Head.Size);

    /// <summary>Reading leaves by disclosure group.</summary>
    public SortedDictionary<string, LeafCount> Readings { get; } = new(StringComparer.Ordinal);

    /// <summary>Values that are missing, by meter and reason.</summary>
    public SortedDictionary<MissingValues, long> Missing { get; } =
        new(Comparer<MissingValues>.Create((a, b) => (a.Meter, a.Reason).CompareTo((b.Meter, b.Reason))));

    /// <summary>Footprints by account.</summary>
    public IReadOnlyDictionary<string, AccountSum> Carbon => _carbon.All;

    /// <summary>Leaves of the other types that this version knows.</summary>
    public SortedDictionary<string, long> Others { get; } = new(StringComparer.Ordinal);

    /// <summary>Leaves of types that this version does not know.</summary>
    public SortedDictionary<string, long> Unknown { get; } = new(StringComparer.Ordinal);

    /// <summary>Leaves whose clock was not synchronised, by what it was.</summary>
    public SortedDictionary<TimeStatus, LeafCount> NotSynchronised { get; } = [];

    /// <summary>Adds the next batch; give them in ascending order of their first index, before bundles.</summary>
    /// <exception cref="EvidenceException">It does not belong to the history of those before it.</exception>
    public void Add(VerifiedBatch verified)
    {
        IReadOnlyList<Leaf> newLeaves = _sequence.Add(verified);
        Note(verified.Note, verified.Signer);
        Batches++;
        Shown += newLeaves.Count;
        foreach (Leaf leaf in newLeaves)
        {
            Count(leaf);
        }
    }

    /// <summary>Adds the single leaves of a bundle, of which the batches were added before.</summary>
    /// <exception cref="EvidenceException">Its checkpoint is of another history.</exception>
    public void Add(VerifiedBundle verified)
    {
        Note(verified.Note, verified.Signer);
        _sequence.Count(verified);
        NotJudged += verified.NotJudged;
        UncheckedStamps += verified.UncheckedTimeStamps;
        foreach (TimeStamp stamp in verified.TimeStamps)
        {
            Stamped[stamp.Authority] =
                Stamped.TryGetValue(stamp.Authority, out var known) && known.Size > verified.Head.Size
                    ? known
                    : new StampedCheckpoint(verified.Head.Size, stamp);
        }

        foreach (Leaf leaf in verified.Leaves)
        {
            bool shown = leaf.Head.Index >= _sequence.First && leaf.Head.Index < _sequence.End;
            if (!shown && _single.Add(leaf.Head.Index))
            {
                Count(leaf);
            }
        }
    }

    /// <summary>
    /// Adds a leaf of a log of tiles, or null for one that is withheld; rely on nothing of it before <see cref="Close"/>.
    /// </summary>
    public void Add(Leaf? leaf)
    {
        if (leaf is not null)
        {
            Shown++;
            Count(leaf);
        }
    }

    /// <summary>All leaves of the tiles are under this checkpoint.</summary>
    public void Close(CheckpointNote note, SignerStanding signer)
    {
        _tiled = note.Head.Size;
        Note(note, signer);
    }

    /// <summary>Refuses leaves of batches that nothing carries; to be asked when all is added.</summary>
    /// <exception cref="EvidenceException">There are such leaves.</exception>
    public void CheckSigners() => _sequence.CheckSigners();

    private void Note(CheckpointNote note, SignerStanding signer)
    {
        TreeHead head = note.Head;
        if (_roots.TryGetValue(head.Size, out MerkleHash root) && root != head.Root)
        {
            throw new EvidenceException($"The device signed two histories: there are two roots for size {head.Size}.");
        }

        _roots[head.Size] = head.Root;
        if (_head is null || head.Size > _head.Size)
        {
            (_head, Signer) = (head, signer);
        }

        if (
            signer is { Certificate: { } certificate, Holds: true }
            && !(Certificates.TryGetValue(certificate.Name, out CertificateUse? use) && use.Size > head.Size)
        )
        {
            Certificates[certificate.Name] = new CertificateUse(signer, head.Size);
        }

        int good = 0;
        foreach (WitnessKey witness in trust.Witnesses)
        {
            if (witness.CosignedAt(note) is { } time)
            {
                good++;
                Witnessed[witness.Name] =
                    Witnessed.TryGetValue(witness.Name, out var known) && known.Size > head.Size
                        ? known
                        : new CosignedCheckpoint(head.Size, time);
            }
        }

        Unchecked += note.OtherSignatures > good ? 1 : 0;
    }

    private void Count(Leaf leaf)
    {
        each?.Invoke(leaf);
        LeafHead head = leaf.Head;
        if (head.TimeStatus != TimeStatus.Synchronised)
        {
            Count(NotSynchronised, head.TimeStatus, head.Time);
        }

        switch (head.Type)
        {
            case LeafType.Reading:
                Count(Readings, head.Group ?? "", head.Time);
                foreach (LeafRegister register in ReadingLeaf.Of(leaf).Missing)
                {
                    Count(Missing, new MissingValues(register.Meter, register.Missing!));
                }

                break;
            case LeafType.Carbon:
                _carbon.Add(leaf);
                break;
            default:
                Count(Known.Contains(head.Type) ? Others : Unknown, head.Type);
                break;
        }
    }

    private static void Count<T>(SortedDictionary<T, long> counts, T key)
        where T : notnull => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static void Count<T>(SortedDictionary<T, LeafCount> counts, T key, DateTimeOffset time)
        where T : notnull => counts[key] = counts.GetValueOrDefault(key)?.With(time) ?? new LeafCount(1, TimeSpread.Of(time));
}
