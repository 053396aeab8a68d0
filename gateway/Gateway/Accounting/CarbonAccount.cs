using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Readings;

namespace EdgeGateway.Accounting;

/// <summary>A meter that an account adds up.</summary>
/// <param name="Name">The meter.</param>
/// <param name="Obis">The register that counts.</param>
/// <param name="ImpulsesPerUnit">The impulse constant of a pulse meter; null where the register counts watt-hours.</param>
/// <param name="Unit">Of the impulse constant: <c>kWh</c>, <c>m3</c> or <c>pieces</c>.</param>
public sealed record AccountMeter(string Name, ObisCode Obis, string? ImpulsesPerUnit, string Unit = "kWh");

/// <summary>A register's count together with the leaf that records it.</summary>
/// <param name="Leaf">Index of the reading leaf.</param>
/// <param name="Time">That leaf's time.</param>
/// <param name="Register">The register there.</param>
public readonly record struct RecordedRegister(long Leaf, DateTimeOffset Time, Register Register);

/// <summary>What an account counted in a slot.</summary>
/// <param name="Records">Of its carbon leaf.</param>
/// <param name="From">Where it begins: at the slot's start, or earlier where meters were missing since.</param>
/// <param name="Micrograms">The amount; null where none is stated.</param>
/// <param name="Counted">For each register the reading leaves between which it was counted; none where a meter is missing.</param>
/// <param name="Method">By which it was computed. Null: by none, it has no footprint.</param>
public sealed record AccountSlot(
    IReadOnlyList<LeafRecord> Records,
    DateTimeOffset From,
    long? Micrograms,
    IReadOnlyList<(string Register, long From, long To)> Counted,
    RecordedMethod? Method = null
)
{
    /// <summary>Reading leaves of meters that are new in the account, from which the next slot counts on.</summary>
    public IReadOnlyList<long> Begins { get; init; } = [];

    /// <summary>The readings that the leaf rests on.</summary>
    public IReadOnlyList<long> ComputedFrom => [.. new SortedSet<long>(Counted.SelectMany(c => new[] { c.From, c.To }).Concat(Begins))];

    /// <summary>Whether the next slot begins where this one ends.</summary>
    public bool Closes => Counted.Count > 0;
}

/// <summary>
/// One account's footprint, slot by slot: what was counted between two recorded readings by a method with cited factors, exact, rounded
/// once to micrograms. Where a meter is missing at the slot's end, no amount is stated but the reason; the next one covers the time since
/// the last, so that no energy is ever without its footprint.
/// </summary>
/// <param name="name">The account's name in the site file.</param>
/// <param name="set">The factor set that the method cites; null where it cites none.</param>
/// <param name="method">From amount to footprint.</param>
/// <param name="meters">What it adds up.</param>
/// <param name="period">Over which time its footprints belong together: that of the instruments of a market-based account.</param>
public sealed class CarbonAccount(
    string name,
    FactorSet? set,
    RecordedMethod method,
    IReadOnlyList<AccountMeter> meters,
    AccountPeriod period = AccountPeriod.Month
)
{
    /// <summary>Length of the slots of the intensities that it is computed by; only where its method takes a series.</summary>
    public TimeSpan IntensitySlot { get; init; }

    private readonly Dictionary<string, RecordedRegister> _closed = [];

    /// <summary>The account's name in the site file.</summary>
    public string Name => name;

    /// <summary>The factor set that the account cites; null where it cites none.</summary>
    public FactorSet? Set => set;

    /// <summary>From amount to footprint.</summary>
    public RecordedMethod Method => method;

    /// <summary>Over which time its footprints belong together.</summary>
    public AccountPeriod Period => period;

    /// <summary>Where the next footprint begins, to be remembered over a restart: meter and index of its reading leaf.</summary>
    public IEnumerable<(string Meter, long Leaf)> Bases => _closed.Select(c => (c.Key, c.Value.Leaf));

    /// <summary>Whether one of its meters counts impulses.</summary>
    public bool CountsImpulses => meters.Any(m => m.ImpulsesPerUnit is not null);

    /// <summary>Whether a meter's register belongs to the account.</summary>
    public bool Counts(string meter, ObisCode obis) => meters.Any(m => m.Name == meter && m.Obis == obis);

    /// <summary>Begins at a recorded register, unless the meter has begun at one that it can go on from. Gives whether it did.</summary>
    public bool Begin(string meter, RecordedRegister at)
    {
        if (!Counts(meter, at.Register.Obis) || (_closed.TryGetValue(meter, out RecordedRegister was) && GoesOn(was, at)))
        {
            return false;
        }

        _closed[meter] = at;
        return true;
    }

    /// <summary>Forgets where it had begun, to begin again from what is recorded.</summary>
    public void Forget() => _closed.Clear();

    /// <summary>
    /// The carbon leaf at a slot's end. Changes nothing: call <see cref="Close"/> once it is recorded.
    /// </summary>
    /// <param name="end">The slot's end.</param>
    /// <param name="now">The newest recorded register of each meter, or why it is missing.</param>
    /// <param name="methodOf">Gives the method for a stretch of time. Null: the account's own, at any time.</param>
    public AccountSlot At(
        DateTimeOffset end,
        IReadOnlyDictionary<string, (RecordedRegister? Register, string? Missing)> now,
        Func<DateTimeOffset, DateTimeOffset, RecordedMethod>? methodOf = null
    )
    {
        Quantity? amount = null;
        List<(string Register, long From, long To)> counted = [];
        string? missing = null;
        DateTimeOffset start = end;
        List<(AccountMeter Meter, RecordedRegister From)> bases = [];
        foreach (AccountMeter meter in meters)
        {
            (RecordedRegister? register, string? reason) = now.GetValueOrDefault(meter.Name);
            if (register is not { } to)
            {
                missing ??= $"{meter.Name}:{reason ?? MissingReason.NotReadYet.Code()}";
            }
            else if (!_closed.TryGetValue(meter.Name, out RecordedRegister was))
            {
                bases.Add((meter, to)); // a new meter of the account: its energy counts from here on
            }
            else if (!GoesOn(was, to))
            {
                missing ??= $"{meter.Name}:register-restarted";
            }
            else
            {
                Quantity more = Between(meter, was.Register, to.Register);
                amount = amount is null ? more : amount + more;
                start = was.Time < start ? was.Time : start;
                counted.Add((GroupLeaf.NameOf(meter.Name, meter.Obis), was.Leaf, to.Leaf));
                bases.Add((meter, was));
            }
        }

        missing ??= amount is null ? "no-earlier-reading" : null;
        RecordedRegister earliest = bases.Select(b => b.From).OrderBy(f => f.Leaf).FirstOrDefault();
        RecordedMethod used = missing is null && methodOf is not null ? methodOf(start, end) : method;
        MarketFootprint? footprint = missing is null ? used.Footprint(amount!, null) : null;
        return new AccountSlot(
            [
                FootprintLeaf.AmountOf(name, footprint?.Micrograms, missing ?? footprint!.NoAmount),
                LeafRecord.Of("from", start),
                LeafRecord.Of("to", end),
                .. FootprintLeaf.RecordsOf(used, set),
                LeafRecord.Of("meters", string.Join(' ', meters.Select(m => GroupLeaf.NameOf(m.Name, m.Obis)))),
                // A meter that came to the account later than the others; an earlier leaf may have its register too.
                .. missing is null
                    ? bases
                        .Where(b => b.From.Time != earliest.Time)
                        .Select(b => LeafRecord.Of($"{GroupLeaf.NameOf(b.Meter.Name, b.Meter.Obis)}/base", b.From.Leaf))
                    : [],
            ],
            start,
            footprint?.Micrograms,
            missing is null ? counted : [],
            used
        )
        {
            Begins = missing is null ? [.. bases.Select(b => b.From.Leaf).Except(counted.Select(c => c.From))] : [],
        };
    }

    /// <summary>The slot's leaf is recorded, and nothing was missing: the next begins where it ended.</summary>
    public void Close(IReadOnlyDictionary<string, (RecordedRegister? Register, string? Missing)> now)
    {
        foreach (AccountMeter meter in meters)
        {
            if (now.GetValueOrDefault(meter.Name).Register is { } register)
            {
                _closed[meter.Name] = register;
            }
        }
    }

    // A register that was lost with ledger and register file begins again at less: what it counted before cannot be known.
    internal static bool GoesOn(RecordedRegister from, RecordedRegister to) =>
        from.Register.Quantum == to.Register.Quantum && from.Register.Count <= to.Register.Count;

    private static Quantity Between(AccountMeter meter, Register from, Register to) =>
        meter.ImpulsesPerUnit is { } constant
            ? MeteredAmount.FromImpulses(to.Count - from.Count, constant, Unit.Parse(meter.Unit))
            : MeteredAmount.FromCounts(to.Count - from.Count, to.Quantum);
}
