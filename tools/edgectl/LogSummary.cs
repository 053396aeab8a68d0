using System.Globalization;
using System.Numerics;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary>The first and the last of some times.</summary>
internal readonly record struct TimeSpread(DateTimeOffset From, DateTimeOffset To)
{
    public static TimeSpread Of(DateTimeOffset time) => new(time, time);

    public TimeSpread With(DateTimeOffset time) => new(time < From ? time : From, time > To ? time : To);
}

/// <summary>Leaves of one kind: how many, and between which times.</summary>
internal sealed record LeafCount(long Count, TimeSpread Times)
{
    public LeafCount With(DateTimeOffset time) => new(Count + 1, Times.With(time));
}

/// <summary>The footprint of an account over its leaves.</summary>
/// <param name="Stated">Leaves that state an amount.</param>
/// <param name="NotStated">Leaves that state why there is none.</param>
/// <param name="Micrograms">Sum of the amounts, CO₂, without those that another leaf takes the place of.</param>
/// <param name="Replaced">Leaves that another one takes the place of, because what they rest on was corrected or settled.</param>
internal sealed record AccountSum(long Stated, long NotStated, BigInteger Micrograms, long Replaced)
{
    /// <summary>The sum in kilograms with all its nine decimals.</summary>
    public string Kilograms
    {
        get
        {
            const int Decimals = 9;
            string digits = BigInteger.Abs(Micrograms).ToString(CultureInfo.InvariantCulture).PadLeft(Decimals + 1, '0');
            return $"{(Micrograms.Sign < 0 ? "-" : "")}{digits[..^Decimals]}.{digits[^Decimals..]}";
        }
    }
}

/// <summary>A certificate that checkpoints rest on.</summary>
/// <param name="Standing">Of the largest of them that holds.</param>
/// <param name="Size">How many leaves that one is over.</param>
internal sealed record CertificateUse(SignerStanding Standing, long Size);

/// <summary>What the verified batches and bundles of one log show. Nothing gets in here before it is verified.</summary>
/// <param name="trust">Whom the user trusts.</param>
/// <param name="each">Given every leaf that counts, once.</param>
internal sealed class LogSummary(TrustAnchors trust, Action<Leaf>? each)
{
    private const int MicrogramsOfKilogram = -9;

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
    private long? _tiled;
    private readonly SortedSet<long> _single = [];
    private TreeHead? _head;

    /// <summary>The newest signed state.</summary>
    public TreeHead Head => _head ?? throw new InvalidOperationException("A log has at least one batch.");

    public long First => _tiled is null ? _sequence.First : 0;

    public long Last => (_tiled ?? _sequence.End) - 1;

    /// <summary>The whole log was verified from its tiles.</summary>
    public bool Tiled => _tiled is not null;

    /// <summary>Leaves beside the batches, each with its own proof.</summary>
    public IReadOnlyCollection<long> Single => _single;

    /// <summary>Leaves that were given whole.</summary>
    public long Shown { get; private set; }

    /// <summary>Leaves of which only the hash was given.</summary>
    public long Withheld => Last + 1 - First - Shown;

    public int Batches { get; private set; }

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
    public SortedDictionary<string, (long Size, TimeStamp Stamp)> Stamped { get; } = new(StringComparer.Ordinal);

    /// <summary>Time stamps in bundles that are of no trusted authority, or are damaged.</summary>
    public int UncheckedStamps { get; private set; }

    /// <summary>The largest checkpoint that each trusted witness has cosigned, and when.</summary>
    public SortedDictionary<string, (long Size, DateTimeOffset Time)> Witnessed { get; } = new(StringComparer.Ordinal);

    /// <summary>A trusted witness has cosigned the newest checkpoint.</summary>
    public bool IsWitnessed => Witnessed.Values.Any(w => w.Size == Head.Size);

    /// <summary>Reading leaves by disclosure group.</summary>
    public SortedDictionary<string, LeafCount> Readings { get; } = new(StringComparer.Ordinal);

    /// <summary>Values that are missing, by meter and reason.</summary>
    public SortedDictionary<(string Meter, string Reason), long> Missing { get; } = [];

    public SortedDictionary<string, AccountSum> Carbon { get; } = new(StringComparer.Ordinal);

    private readonly Dictionary<string, Footprints> _footprints = [];
    private readonly HashSet<long> _replaced = [];

    /// <summary>Of an account.</summary>
    private sealed class Footprints
    {
        public SortedSet<Footprint> Counting { get; } = [];

        public HashSet<long> Replaced { get; } = [];

        // What leaves that account slots anew take the place of.
        public List<SlotRange> Taken { get; } = [];
    }

    // No amount is a leaf that states none.
    private readonly record struct Footprint(long Leaf, bool IsSlot, long? Micrograms) : IComparable<Footprint>
    {
        public int CompareTo(Footprint other) => Leaf.CompareTo(other.Leaf);
    }

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
                    : (verified.Head.Size, stamp);
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
                    Witnessed.TryGetValue(witness.Name, out var known) && known.Size > head.Size ? known : (head.Size, time);
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
                foreach (LeafRecord record in leaf.Records)
                {
                    if (record.Text is { } reason)
                    {
                        Count(Missing, (record.Name.Split('/')[0], reason));
                    }
                }

                break;
            case LeafType.Carbon:
                AddCarbon(leaf);
                break;
            default:
                Count(Known.Contains(head.Type) ? Others : Unknown, head.Type);
                break;
        }
    }

    // The first record of a carbon leaf has the account's name and its amount, or the reason why there is none. Leaves may come in any
    // order.
    private void AddCarbon(Leaf leaf)
    {
        string account = leaf.Records[0].Name;
        Footprint footprint = new(
            leaf.Head.Index,
            leaf.Records.Any(r => r.Name == "meters"),
            leaf.Records[0] is { Unit: "kg", Number: { Exponent: MicrogramsOfKilogram } amount } ? amount.Mantissa : null
        );
        AccountSum sum = Carbon.GetValueOrDefault(account) ?? new AccountSum(0, 0, 0, 0);
        Footprints all = _footprints.TryGetValue(account, out Footprints? known) ? known : _footprints[account] = new Footprints();
        SortedSet<Footprint> before = all.Counting;
        if (leaf.Records.FirstOrDefault(r => r.Name == "replaces")?.Number?.Mantissa is { } replaced)
        {
            all.Replaced.Add(replaced);
            sum = Without(before, [.. Among(replaced, replaced)], sum);
        }

        foreach (SlotRange range in SlotRange.In(leaf) ?? [])
        {
            all.Taken.Add(range);
            sum = Without(before, [.. Among(range.From, range.To).Where(f => f.IsSlot)], sum);
        }

        if (
            all.Replaced.Contains(footprint.Leaf)
            || (footprint.IsSlot && all.Taken.Exists(r => r.From <= footprint.Leaf && footprint.Leaf <= r.To))
        )
        {
            sum = sum with { Replaced = sum.Replaced + 1 };
        }
        else
        {
            before.Add(footprint);
            sum = footprint.Micrograms is { } micrograms
                ? sum with
                {
                    Stated = sum.Stated + 1,
                    Micrograms = sum.Micrograms + micrograms,
                }
                : sum with
                {
                    NotStated = sum.NotStated + 1,
                };
        }

        Carbon[account] = sum;

        SortedSet<Footprint> Among(long from, long to) =>
            from <= to ? before.GetViewBetween(new Footprint(from, false, null), new Footprint(to, false, null)) : [];
    }

    private static AccountSum Without(SortedSet<Footprint> footprints, IReadOnlyList<Footprint> gone, AccountSum sum)
    {
        foreach (Footprint footprint in gone)
        {
            footprints.Remove(footprint);
            sum = footprint.Micrograms is { } micrograms
                ? sum with
                {
                    Stated = sum.Stated - 1,
                    Micrograms = sum.Micrograms - micrograms,
                    Replaced = sum.Replaced + 1,
                }
                : sum with
                {
                    NotStated = sum.NotStated - 1,
                    Replaced = sum.Replaced + 1,
                };
        }

        return sum;
    }

    private static void Count<T>(SortedDictionary<T, long> counts, T key)
        where T : notnull => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static void Count<T>(SortedDictionary<T, LeafCount> counts, T key, DateTimeOffset time)
        where T : notnull => counts[key] = counts.GetValueOrDefault(key)?.With(time) ?? new LeafCount(1, TimeSpread.Of(time));
}
