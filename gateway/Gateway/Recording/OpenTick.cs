using System.Security.Cryptography;
using System.Text;
using EdgeGateway.Accounting;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording;

/// <summary>
/// One tick while it is written: its leaves and what is to be remembered with them. Nothing of it is recorded before the recorder appends
/// it to the ledger as one transaction.
/// </summary>
public sealed class OpenTick
{
    private readonly Ledger _ledger;
    private readonly Pen _pen;
    private readonly Dictionary<string, string> _facts = [];
    private readonly SortedSet<long> _kept = [];

    /// <summary>Opens a tick after the ledger's last leaf. One tick is open at a time.</summary>
    /// <param name="ledger">What is recorded.</param>
    /// <param name="pen">Writes the leaves.</param>
    /// <param name="at">The tick's instant, UTC.</param>
    /// <param name="slotEnds">Whether a footprint's slot ends at that instant.</param>
    internal OpenTick(Ledger ledger, Pen pen, DateTimeOffset at, bool slotEnds)
    {
        _ledger = ledger;
        _pen = pen;
        At = at;
        SlotEnds = slotEnds;
        First = ledger.Size;
        pen.Begin(First);
    }

    /// <summary>The tick's instant, UTC: the slot's boundary, or the present for what people enter.</summary>
    public DateTimeOffset At { get; }

    /// <summary>Whether a footprint's slot ends at that instant.</summary>
    public bool SlotEnds { get; }

    /// <summary>Index of the tick's first leaf.</summary>
    public long First { get; }

    /// <summary>Index of the leaf that is written next.</summary>
    public long NextIndex => _pen.NextIndex;

    /// <summary>What the tick's reading leaves say of each register, by its name and in the order of the leaves.</summary>
    public Dictionary<string, RegisterReading> Readings { get; } = [];

    /// <summary>The gaps that the tick records.</summary>
    public List<RecordedGap> Gaps { get; } = [];

    /// <summary>Writes a leaf and gives its index.</summary>
    /// <param name="type">One of <see cref="LeafType"/>.</param>
    /// <param name="records">At least one.</param>
    /// <param name="more">Adds labels to the head.</param>
    /// <param name="time">The leaf's time where it is not the tick's.</param>
    /// <exception cref="EvidenceException">The leaf cannot be written.</exception>
    public long Write(string type, IReadOnlyList<LeafRecord> records, Func<LeafHead, LeafHead>? more = null, DateTimeOffset? time = null) =>
        _pen.Write(type, time ?? At, records, more);

    /// <summary>
    /// Writes a statement unless it is in force already. What stands beside it when it is made, such as the one before, does not make it
    /// another.
    /// </summary>
    /// <param name="fact">Under which name it is in force.</param>
    /// <param name="type">Of its leaf.</param>
    /// <param name="records">What it states.</param>
    /// <param name="more">Adds labels to the head.</param>
    /// <param name="whole">Makes the records with what stands beside it; null: nothing does.</param>
    /// <returns>Index of the leaf that is in force.</returns>
    public long WriteOnce(
        string fact,
        string type,
        IReadOnlyList<LeafRecord> records,
        Func<LeafHead, LeafHead>? more = null,
        Func<IReadOnlyList<LeafRecord>>? whole = null
    )
    {
        byte[] said = Encoding.UTF8.GetBytes(string.Join('\n', records.Select(r => $"{r.Name}={r.Text}{r.Number}{r.Unit}")));
        string hash = Convert.ToHexStringLower(SHA256.HashData(said));
        if (Fact(fact) is { } text && StatementFact.Parse(text) is { } known && known.Hash == hash)
        {
            return known.Leaf;
        }

        long leaf = Write(type, whole is null ? records : whole(), more);
        Remember(fact, new StatementFact(leaf, hash).ToString());
        return leaf;
    }

    /// <summary>Whether a leaf is of this tick.</summary>
    public bool Has(long leaf) => leaf >= First && leaf < NextIndex;

    /// <summary>A leaf of the log, also one of this tick; null where there is none, or its bytes were thinned.</summary>
    public Leaf? LeafAt(long index)
    {
        if (_pen.Written(index) is { } written)
        {
            return written;
        }

        return index >= 0 && index < First && _ledger.Leaves(index, index + 1) is [{ } bytes] ? LeafCodec.Decode(bytes) : null;
    }

    /// <summary>The leaves that were recorded at or after a time and have their bytes, without those of this tick.</summary>
    public IEnumerable<Leaf> LeavesSince(DateTimeOffset time)
    {
        long next = _ledger.FirstIndexAt(time);
        while (next < First)
        {
            IReadOnlyList<byte[]?> page = _ledger.Leaves(next, First);
            foreach (byte[] bytes in page.OfType<byte[]>())
            {
                yield return LeafCodec.Decode(bytes);
            }

            next = page.Count > 0 ? next + page.Count : First;
        }
    }

    /// <summary>What is remembered under a name, with this tick; null where nothing is.</summary>
    public string? Fact(string name) => _facts.GetValueOrDefault(name) ?? FactBefore(name);

    /// <summary>What was remembered under a name before this tick; null where nothing was.</summary>
    public string? FactBefore(string name) => _ledger.Fact(name);

    /// <summary>All that was remembered before this tick under names that begin so, by name.</summary>
    /// <param name="prefix">Ends with <c>:</c>.</param>
    public IReadOnlyList<(string Name, string Value)> FactsBefore(string prefix) => _ledger.Facts(prefix);

    /// <summary>The names that begin so under which something is remembered, with this tick.</summary>
    /// <param name="prefix">Ends with <c>:</c>.</param>
    public IEnumerable<string> NamesOf(string prefix) =>
        FactsBefore(prefix).Select(f => f.Name).Union(_facts.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)));

    /// <summary>Remembers a fact with the leaves of this tick.</summary>
    public void Remember(string name, string value) => _facts[name] = value;

    /// <summary>Keeps a reading leaf on which footprints will rest from being thinned, although it lies between two boundaries.</summary>
    public void Keep(long leaf) => _kept.Add(leaf);

    /// <summary>Appends the tick to the ledger: when it returns, it is durable.</summary>
    /// <param name="thinning">Which earlier leaves lose their bytes with it; null: none.</param>
    internal void Append(Thinning? thinning = null)
    {
        if (_kept.Count > 0)
        {
            Remember(FactNames.Kept, LeafListFact.Text(new SortedSet<long>([.. LeafListFact.Parse(FactBefore(FactNames.Kept)), .. _kept])));
        }

        IReadOnlyList<long> thinned = thinning?.Due(_ledger, this) ?? [];
        _ledger.Append(new LedgerTick(At, _pen.Bytes, _facts, thinned));
    }
}
