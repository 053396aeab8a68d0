using EdgeGateway.Carbon;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Readings;

namespace EdgeGateway.Accounting;

/// <summary>A meter that an account adds up.</summary>
/// <param name="Name">The meter.</param>
/// <param name="Obis">The register that counts.</param>
/// <param name="ImpulsesPerUnit">The impulse constant of a pulse meter; null where the register counts watt-hours.</param>
/// <param name="Unit">Of the impulse constant: <c>kWh</c>, <c>m3</c> or <c>pieces</c>.</param>
public sealed record AccountMeter(string Name, ObisCode Obis, string? ImpulsesPerUnit, string Unit = "kWh")
{
    /// <summary>The name of its register in reading leaves.</summary>
    public string Register { get; } = RegisterName.Of(Name, Obis);
}

/// <summary>What an account counted of a register.</summary>
/// <param name="Register">The register's name.</param>
/// <param name="From">Index of the reading leaf where it begins.</param>
/// <param name="To">Index of the reading leaf where it ends.</param>
public readonly record struct CountedStretch(string Register, long From, long To);

/// <summary>What was counted in a slot.</summary>
/// <param name="From">Where it begins: at the slot's start, or earlier where meters were missing since.</param>
/// <param name="Micrograms">Its footprint; null where none is stated.</param>
/// <param name="Counted">For each register the reading leaves between which it was counted; none where a meter is missing.</param>
public sealed record SlotCount(DateTimeOffset From, long? Micrograms, IReadOnlyList<CountedStretch> Counted);

/// <summary>The footprint of an account in a slot.</summary>
/// <param name="Footprint">What its carbon leaf states.</param>
/// <param name="Count">What was counted.</param>
/// <param name="Method">By which it was computed.</param>
public sealed record AccountSlot(CarbonLeaf Footprint, SlotCount Count, RecordedMethod Method)
{
    /// <summary>Reading leaves of meters that are new in the account, from which the next slot counts on.</summary>
    public IReadOnlyList<long> Begins { get; init; } = [];

    /// <summary>The readings that the leaf rests on, ascending.</summary>
    public IReadOnlyList<long> ComputedFrom =>
        [.. new SortedSet<long>([.. Count.Counted.SelectMany(c => (long[])[c.From, c.To]), .. Begins])];

    /// <summary>Whether the next slot begins where this one ends.</summary>
    public bool Closes => Count.Counted.Count > 0;
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
    private readonly Dictionary<string, RecordedRegister> _closed = [];
    private readonly string[] _registers = [.. meters.Select(m => m.Register)];
    private readonly string? _setName = Footprints.NameOf(set);

    /// <summary>Length of the slots of the intensities that it is computed by; only where its method takes a series.</summary>
    public TimeSpan IntensitySlot { get; init; }

    /// <summary>The account's name in the site file.</summary>
    public string Name => name;

    /// <summary>The factor set that the account cites; null where it cites none.</summary>
    public FactorSet? Set => set;

    /// <summary>From amount to footprint.</summary>
    public RecordedMethod Method => method;

    /// <summary>Over which time its footprints belong together.</summary>
    public AccountPeriod Period => period;

    /// <summary>Where the next footprint begins, by meter, to be remembered over a restart.</summary>
    public IReadOnlyDictionary<string, RecordedRegister> Bases => _closed;

    /// <summary>Whether one of its meters counts impulses.</summary>
    public bool CountsImpulses => meters.Any(m => m.ImpulsesPerUnit is not null);

    /// <summary>What it adds up.</summary>
    public IReadOnlyList<AccountMeter> Meters => meters;

    /// <summary>
    /// Begins at a recorded register of one of its meters, unless the meter has begun at one that goes on to it. Gives whether it did.
    /// </summary>
    /// <param name="meter">The meter's name.</param>
    /// <param name="at">Its register.</param>
    public bool Begin(string meter, RecordedRegister at)
    {
        if (!meters.Any(m => m.Name == meter && m.Obis == at.Register.Obis))
        {
            return false;
        }

        if (_closed.TryGetValue(meter, out RecordedRegister was) && was.GoesOnTo(at))
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
    /// <param name="now">The registers of the slot's reading leaves, by name.</param>
    /// <param name="methodOf">Gives the method for a stretch of time. Null: the account's own, at any time.</param>
    public AccountSlot At(
        DateTimeOffset end,
        IReadOnlyDictionary<string, RegisterReading> now,
        Func<DateTimeOffset, DateTimeOffset, RecordedMethod>? methodOf = null
    )
    {
        MeterSums sums = SumUp(end, now);
        if (sums.Missing is { } missing)
        {
            return new AccountSlot(LeafOf(sums.From, end, method, null, missing, []), new SlotCount(sums.From, null, []), method);
        }

        RecordedMethod used = methodOf is null ? method : methodOf(sums.From, end);
        MarketFootprint footprint = used.Footprint(sums.Amount!, null);
        CarbonLeaf leaf = LeafOf(sums.From, end, used, footprint.Micrograms, footprint.NoAmount, LaterBases(sums.Bases));
        return new AccountSlot(leaf, new SlotCount(sums.From, footprint.Micrograms, sums.Counted), used)
        {
            Begins = [.. sums.Bases.Select(b => b.From.Leaf).Except(sums.Counted.Select(c => c.From))],
        };
    }

    /// <summary>The slot's leaf is recorded, and nothing was missing: the next begins where it ended.</summary>
    public void Close(IReadOnlyDictionary<string, RegisterReading> now)
    {
        foreach (AccountMeter meter in meters)
        {
            if (now.GetValueOrDefault(meter.Register).Recorded is { } register)
            {
                _closed[meter.Name] = register;
            }
        }
    }

    private MeterSums SumUp(DateTimeOffset end, IReadOnlyDictionary<string, RegisterReading> now)
    {
        MeterSums sums = new(end);
        foreach (AccountMeter meter in meters)
        {
            RegisterReading reading = now.GetValueOrDefault(meter.Register);
            if (reading.Recorded is not { } to)
            {
                sums.Missing ??= $"{meter.Name}:{reading.Missing ?? MissingReason.NotReadYet.Code()}";
            }
            else if (!_closed.TryGetValue(meter.Name, out RecordedRegister was))
            {
                // A new meter of the account: its energy counts from here on.
                sums.Bases.Add(new MeterFrom(meter, to));
            }
            else if (!was.GoesOnTo(to))
            {
                sums.Missing ??= $"{meter.Name}:register-restarted";
            }
            else
            {
                sums.Add(meter, was, to);
            }
        }

        sums.Missing ??= sums.Amount is null ? "no-earlier-reading" : null;
        return sums;
    }

    private CarbonLeaf LeafOf(
        DateTimeOffset from,
        DateTimeOffset to,
        RecordedMethod used,
        long? micrograms,
        string? noAmount,
        IReadOnlyList<RegisterBase> bases
    ) =>
        Footprints.LeafOf(name, from, to, used) with
        {
            Micrograms = micrograms,
            NoAmount = noAmount,
            Set = _setName,
            Meters = _registers,
            Bases = bases,
        };

    // Meters that came to the account later than the others: an earlier leaf may have their registers too.
    private static IReadOnlyList<RegisterBase> LaterBases(List<MeterFrom> bases)
    {
        DateTimeOffset earliest = bases.MinBy(b => b.From.Leaf).From.Time;
        return [.. bases.Where(b => b.From.Time != earliest).Select(b => new RegisterBase(b.Meter.Register, b.From.Leaf))];
    }

    /// <summary>A meter of the account, and the reading from which it counts.</summary>
    private readonly record struct MeterFrom(AccountMeter Meter, RecordedRegister From);

    /// <summary>What the meters have counted up to a slot's end.</summary>
    private sealed class MeterSums(DateTimeOffset end)
    {
        public Quantity? Amount { get; private set; }

        public DateTimeOffset From { get; private set; } = end;

        public List<CountedStretch> Counted { get; } = [];

        public List<MeterFrom> Bases { get; } = [];

        public string? Missing { get; set; }

        public void Add(AccountMeter meter, RecordedRegister from, RecordedRegister to)
        {
            Quantity more = Between(meter, from.Register, to.Register);
            Amount = Amount is null ? more : Amount + more;
            From = from.Time < From ? from.Time : From;
            Counted.Add(new CountedStretch(meter.Register, from.Leaf, to.Leaf));
            Bases.Add(new MeterFrom(meter, from));
        }

        private static Quantity Between(AccountMeter meter, Register from, Register to) =>
            meter.ImpulsesPerUnit is { } constant
                ? MeteredAmount.FromImpulses(to.Count - from.Count, constant, Unit.Parse(meter.Unit))
                : MeteredAmount.FromCounts(to.Count - from.Count, to.Quantum);
    }
}
