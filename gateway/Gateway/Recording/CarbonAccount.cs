using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Readings;

namespace EdgeGateway.Recording;

/// <summary>A meter that an account adds up.</summary>
/// <param name="Name">The meter.</param>
/// <param name="Obis">The register that counts.</param>
/// <param name="ImpulsesPerUnit">The impulse constant of a pulse meter; null where the register counts watt-hours.</param>
/// <param name="Unit">Of the impulse constant: <c>kWh</c> or <c>m3</c>.</param>
public sealed record AccountMeter(string Name, ObisCode Obis, string? ImpulsesPerUnit, string Unit = "kWh");

/// <summary>A register's count together with the leaf that records it.</summary>
/// <param name="Leaf">Index of the reading leaf.</param>
/// <param name="Time">That leaf's time.</param>
/// <param name="Register">The register there.</param>
public readonly record struct RecordedRegister(long Leaf, DateTimeOffset Time, Register Register);

/// <summary>
/// One account's footprint, slot by slot: what was counted between two recorded readings by a method with cited factors, exact, rounded once
/// to micrograms. Where a meter is missing at the slot's end, no amount is stated but the reason; the next one covers the time since the
/// last, so that no energy is ever without its footprint.
/// </summary>
public sealed class CarbonAccount(string name, FactorSet set, RecordedMethod method, IReadOnlyList<AccountMeter> meters)
{
    private readonly Dictionary<string, RecordedRegister> _closed = [];

    /// <summary>The account's name in the site file.</summary>
    public string Name => name;

    /// <summary>The factor set that the account cites.</summary>
    public FactorSet Set => set;

    /// <summary>Where the next footprint begins, to be remembered over a restart: meter and index of its reading leaf.</summary>
    public IEnumerable<(string Meter, long Leaf)> Bases => _closed.Select(c => (c.Key, c.Value.Leaf));

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
    /// The records of the carbon leaf at a slot's end and the leaves they were computed from. Changes nothing: call
    /// <see cref="Close"/> once the leaf is recorded.
    /// </summary>
    /// <param name="end">The slot's end.</param>
    /// <param name="now">The newest recorded register of each meter, or why it is missing.</param>
    public (IReadOnlyList<LeafRecord> Records, IReadOnlyList<long> ComputedFrom) At(
        DateTimeOffset end, IReadOnlyDictionary<string, (RecordedRegister? Register, string? Missing)> now)
    {
        Quantity? amount = null;
        SortedSet<long> from = [];
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
                from.UnionWith([was.Leaf, to.Leaf]);
                bases.Add((meter, was));
            }
        }

        missing ??= amount is null ? "no-earlier-reading" : null;
        return (
            [
                missing is null ? FootprintLeaf.AmountOf(name, method.Micrograms(amount!)) : LeafRecord.Of(name, missing),
                LeafRecord.Of("from", start),
                LeafRecord.Of("to", end),
                .. FootprintLeaf.RecordsOf(method, set),
                LeafRecord.Of("meters", string.Join(' ', meters.Select(m => GroupLeaf.NameOf(m.Name, m.Obis)))),

                // A meter that came to the account later than the others; an earlier leaf may have its register too.
                .. missing is null ? bases.Where(b => b.From.Time > start).Select(b => LeafRecord.Of($"{GroupLeaf.NameOf(b.Meter.Name, b.Meter.Obis)}/base", b.From.Leaf)) : [],
            ],
            missing is null ? [.. from] : []);
    }

    /// <summary>The slot's leaf is recorded with an amount: the next begins where it ended.</summary>
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
    private static bool GoesOn(RecordedRegister from, RecordedRegister to) =>
        from.Register.Quantum == to.Register.Quantum && from.Register.Count <= to.Register.Count;

    private static Quantity Between(AccountMeter meter, Register from, Register to) => meter.ImpulsesPerUnit is { } constant
        ? MeteredAmount.FromImpulses(to.Count - from.Count, constant, Unit.Parse(meter.Unit))
        : MeteredAmount.FromCounts(to.Count - from.Count, to.Quantum);
}
