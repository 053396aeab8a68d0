using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Readings;

namespace EdgeGateway.Edgectl;

/// <summary>A footprint that is not what its own readings and factor give.</summary>
/// <param name="Leaf">Index of the carbon leaf.</param>
/// <param name="Account">Its account.</param>
/// <param name="What">What differs, in words.</param>
/// <param name="IsFlow">It is a flow leaf.</param>
internal sealed record Difference(long Leaf, string Account, string What, bool IsFlow = false);

/// <summary>
/// Computes every footprint of a log again, from nothing but its leaves: the energy between the readings that a carbon leaf names, times
/// the factor in the factors leaf that it names, exact, rounded once to micrograms, half to even.
/// </summary>
/// <remarks>
/// It sees the leaves twice: first to learn which readings are named, then to keep only those, and each only until the last footprint that
/// names it. So a log of years needs little memory.
/// </remarks>
internal sealed partial class Recompute
{
    private const int MostDifferences = 1000;

    private readonly Dictionary<long, int> _uses = [];
    private readonly Dictionary<long, Leaf> _readings = [];
    private readonly Dictionary<long, Leaf> _statements = []; // config and factors: few
    private readonly List<Leaf> _waiting = [];
    private readonly ShownLeaves _shown = new();
    private readonly CountedSlots _slots;
    private readonly HashSet<long> _replaced = [];

    // By the leaf of a footprint that another replaces; null: it is of no entry.
    private readonly Dictionary<long, (string Account, long? Entry)> _entryOf = [];
    private readonly Dictionary<(string Account, long Entry), long> _footprintOf = [];
    private readonly List<(string Account, long Leaf)> _notGiven = [];
    private readonly Dictionary<long, List<(long Leaf, bool Amount)>> _corrections = []; // by what they supersede
    private readonly Dictionary<string, SortedSet<long>> _configs = []; // by group

    public Recompute() =>
        (_slots, Flows) = (
            new CountedSlots(_shown),
            new RecomputeFlows(_shown, (leaf, what) => Differ(new Difference(leaf.Head.Index, "flows", what, IsFlow: true)))
        );

    /// <summary>Flow leaves computed again.</summary>
    public RecomputeFlows Flows { get; }

    /// <summary>Footprints computed again.</summary>
    public long Computed { get; private set; }

    /// <summary>Footprints that state a reason instead of an amount.</summary>
    public long NotStated { get; private set; }

    /// <summary>Footprints whose leaves were not all given, and the first leaf that is missing.</summary>
    public (long Count, long FirstMissing) NotGiven { get; private set; }

    public List<Difference> Differences { get; } = [];

    /// <summary>What accounts did not add up, because their meters were others then.</summary>
    public IReadOnlyList<NotAdded> NotAdded => _slots.NotAdded;

    /// <summary>The first look at a leaf.</summary>
    public void Plan(Leaf leaf)
    {
        Flows.Plan(leaf);
        if (leaf.Head.Type == LeafType.Intensity)
        {
            foreach (LeafRecord slot in leaf.Records.Skip(3))
            {
                (string, string) key = (leaf.Records[0].Text!, slot.Name);
                (_stated.TryGetValue(key, out List<(long, long)>? leaves) ? leaves : _stated[key] = []).Add(
                    (leaf.Head.Index, leaf.Records[2].Number!.Value.Mantissa)
                );
            }
        }

        if (leaf.Head.Type == LeafType.Correction)
        {
            (
                _corrections.TryGetValue(leaf.Records[0].Number!.Value.Mantissa, out var later)
                    ? later
                    : _corrections[leaf.Records[0].Number!.Value.Mantissa] = []
            ).Add((leaf.Head.Index, leaf.Records.Any(r => r.Name == "amount")));
        }

        if (leaf.Head.Type == LeafType.Instrument && leaf.Records[0].Text == "contract")
        {
            _contracts.Add(
                (leaf.Head.Index, leaf.Records.First(r => r.Name == "from").AsTime(), leaf.Records.First(r => r.Name == "to").AsTime())
            );
        }

        if (leaf.Head.Type == LeafType.Config)
        {
            (_configs.TryGetValue(leaf.Head.Group ?? "", out var known) ? known : _configs[leaf.Head.Group ?? ""] = []).Add(
                leaf.Head.Index
            );
        }

        if (leaf.Head.Type == LeafType.Carbon && leaf.Records.FirstOrDefault(r => r.Name == "replaces")?.Number is { } replaced)
        {
            _replaced.Add(replaced.Mantissa);
        }

        foreach (SlotRange range in leaf.Head.Type == LeafType.Carbon ? SlotRange.In(leaf) ?? [] : [])
        {
            _slots.Cut(leaf.Records[0].Name, range);
        }

        foreach (long index in leaf.Head.Type == LeafType.Carbon ? leaf.Head.ComputedFrom : [])
        {
            _uses[index] = _uses.GetValueOrDefault(index) + 1;
        }
    }

    /// <summary>The second look at a leaf.</summary>
    public void Take(Leaf leaf)
    {
        _shown.Add(leaf.Head.Index);
        Flows.Take(leaf);
        switch (leaf.Head.Type)
        {
            case LeafType.Reading
            or LeafType.Manual
            or LeafType.Instrument
            or LeafType.Correction
            or LeafType.Intensity when _uses.ContainsKey(leaf.Head.Index):
                _readings[leaf.Head.Index] = leaf;
                break;
            case LeafType.Config or LeafType.Factors:
                _statements[leaf.Head.Index] = leaf;
                break;
            case LeafType.Carbon when leaf.Records[0].Number is null && leaf.Head.ComputedFrom.Count == 0 && !IsRestated(leaf):
                NotStated++;
                break;
            case LeafType.Carbon when FirstMissing(leaf) is null:
                Compute(leaf);
                break;
            case LeafType.Carbon:
                _waiting.Add(leaf); // single leaves may come in any order
                break;
            default:
                break;
        }
    }

    /// <summary>All leaves have been seen.</summary>
    public void End()
    {
        Flows.End();
        foreach (Leaf leaf in _waiting)
        {
            if (FirstMissing(leaf) is not { } missing)
            {
                Compute(leaf);
            }
            else if (_shown.Refusal(leaf, missing) is { } refusal)
            {
                Computed++;
                Differ(leaf, refusal);
            }
            else
            {
                NotGiven = (NotGiven.Count + 1, NotGiven.Count == 0 ? missing : NotGiven.FirstMissing);
                _notGiven.Add((leaf.Records[0].Name, leaf.Head.Index));
            }
        }

        _waiting.Clear();
        EndRestated();
        foreach (((string account, long entry), long footprint) in _footprintOf)
        {
            try
            {
                if (
                    ChainOf(entry, long.MaxValue).LastOrDefault(c => c.Amount) is { Amount: true } correction
                    && correction.Leaf > footprint
                )
                {
                    throw new EvidenceException(
                        $"leaf {correction.Leaf} corrects the amount of leaf {entry}, and no footprint takes its place"
                    );
                }
            }
            catch (EvidenceException e)
            {
                Differ(new Difference(footprint, account, e.Message));
            }
        }
    }

    // The corrections of an entry before a leaf, in order.
    private List<(long Leaf, bool Amount)> ChainOf(long first, long before)
    {
        List<(long Leaf, bool Amount)> chain = [];
        for (
            long last = first;
            _corrections.TryGetValue(last, out var by) && by.Where(c => c.Leaf < before && c.Leaf > last).ToArray() is [var next, ..] all;
            last = next.Leaf
        )
        {
            chain.Add(
                all.Length == 1
                    ? next
                    : throw new EvidenceException($"leaf {last} is corrected twice, by leaf {next.Leaf} and leaf {all[1].Leaf}")
            );
        }

        return chain;
    }

    private long? FirstMissing(Leaf carbon)
    {
        foreach (long index in carbon.Head.ComputedFrom)
        {
            if (!_readings.TryGetValue(index, out Leaf? reading))
            {
                return index;
            }

            if (reading.Head.Config is { } config && !Is(LeafType.Config, config))
            {
                return config;
            }
        }

        return carbon.Head.Factors is { } factors && (factors >= carbon.Head.Index || !Is(LeafType.Factors, factors)) ? factors : null;

        bool Is(string type, long statement) => _statements.TryGetValue(statement, out Leaf? leaf) && leaf.Head.Type == type;
    }

    private void Compute(Leaf carbon)
    {
        Computed++;
        try
        {
            MarketFootprint computed = Footprint(carbon);
            LeafRecord stated = carbon.Records[0];
            if (
                computed.Micrograms is { } amount
                    ? stated is not { Unit: "kg", Number.Exponent: -9 } || stated.Number.Value.Mantissa != amount
                    : stated.Text != computed.NoAmount
            )
            {
                Differ(
                    carbon,
                    $"it states {stated.Number}{stated.Text} {stated.Unit}, its "
                        + $"{(_readings[carbon.Head.ComputedFrom[0]].Head.Type == LeafType.Manual ? "entry gives" : "readings give")} "
                        + $"{(computed.Micrograms is { } m ? $"{new DecimalFraction(-9, m)} kg" : computed.NoAmount)}"
                );
            }
        }
        catch (Exception e)
            when (e
                    is EvidenceException
                        or CarbonException
                        or FormatException
                        or ArgumentException
                        or OverflowException
                        or InvalidOperationException
            )
        {
            Differ(carbon, e.Message);
        }

        foreach (long index in carbon.Head.ComputedFrom)
        {
            if (--_uses[index] == 0)
            {
                _readings.Remove(index);
            }
        }
    }

    private void Differ(Leaf carbon, string what) => Differ(new Difference(carbon.Head.Index, carbon.Records[0].Name, what));

    private void Differ(Difference difference)
    {
        if (Differences.Count < MostDifferences)
        {
            Differences.Add(difference);
        }
    }

    private MarketFootprint Footprint(Leaf carbon)
    {
        var method = RecordedMethod.Read(
            TextOf(carbon, "method"),
            carbon.Records.Where(r => r.Text is not null).Select(r => (r.Name, r.Text!))
        );
        foreach ((string key, string value) in method.Factors)
        {
            Leaf factors = _statements[carbon.Head.Factors ?? throw new EvidenceException("it names no factors leaf")];
            if (!TextOf(factors, key).StartsWith(value + ";", StringComparison.Ordinal))
            {
                throw new EvidenceException(
                    $"it was computed with {value}, leaf {factors.Head.Index} has for {key}: {TextOf(factors, key).Split(';')[0]}"
                );
            }
        }

        if (
            carbon.Head.Factors is { } fct
            && carbon.Records.FirstOrDefault(r => r.Name == "set")?.Text is { } set
            && _statements[fct] is var said
            && set != $"{TextOf(said, "set")}/{TextOf(said, "version")}"
        )
        {
            throw new EvidenceException($"it names the factor set {set}, leaf {fct} is {TextOf(said, "set")}/{TextOf(said, "version")}");
        }

        Leaf[] sources = [.. carbon.Head.ComputedFrom.Select(i => _readings[i])];
        RequireIntensity(carbon, method, sources);
        if (sources.Length == 0 || sources[^1].Head.Index >= carbon.Head.Index)
        {
            throw new EvidenceException("it does not name earlier readings or entries");
        }

        RequireReplaced(carbon, sources[0]);
        if (IsRestated(carbon))
        {
            return Anew(carbon, sources, method);
        }

        return sources[0].Head.Type == LeafType.Manual
            ? method.Footprint(Entered(carbon, sources), null)
            : method.Footprint(Metered(carbon, sources), null);
    }

    // An entry has one footprint in an account: a later one replaces that, and nothing else.
    private void RequireReplaced(Leaf carbon, Leaf source)
    {
        (string Account, long? Entry) own = (carbon.Records[0].Name, source.Head.Type == LeafType.Manual ? source.Head.Index : null);
        if (_replaced.Contains(carbon.Head.Index))
        {
            _entryOf[carbon.Head.Index] = own;
        }

        long? replaces = carbon.Records.FirstOrDefault(r => r.Name == "replaces")?.Number?.Mantissa;
        if (
            replaces is { } other
            && !IsRestated(carbon)
            && (own.Entry is null || other >= carbon.Head.Index || (_entryOf.TryGetValue(other, out (string, long?) of) && of != own))
        )
        {
            throw new EvidenceException($"it replaces leaf {other}, which is no earlier footprint of the same entry in the same account");
        }

        if (own.Entry is { } entry)
        {
            if (_footprintOf.TryGetValue((own.Account, entry), out long before) && before < carbon.Head.Index && replaces != before)
            {
                throw new EvidenceException(
                    $"leaf {before} is the footprint of leaf {entry} in that account, and it does not replace that"
                );
            }

            _footprintOf[(own.Account, entry)] = carbon.Head.Index;
        }
    }

    private static bool IsRestated(Leaf carbon) => carbon.Records.Any(r => r.Name == "restates");

    private Quantity Metered(Leaf carbon, Leaf[] readings)
    {
        Quantity? amount = null;
        DateTimeOffset from = carbon.Head.Time; // where the clock was set back, its readings are of later
        string[] meters = TextOf(carbon, "meters").Split(' ');
        if (meters.Distinct().Count() < meters.Length)
        {
            throw new EvidenceException("it adds up a meter twice");
        }

        string account = carbon.Records[0].Name;
        string? wrong = null;
        _slots.Begin(account, carbon.Head.Index, carbon.Records[1].AsTime(), carbon.Records[2].AsTime());
        foreach (string meter in meters)
        {
            Leaf[] with = [.. readings.Where(r => RegisterIn(r, meter) is not null)];
            long? basedOn = carbon.Records.FirstOrDefault(r => r.Name == $"{meter}/base")?.Number?.Mantissa;
            Leaf? first = basedOn is null ? with.FirstOrDefault() : Array.Find(with, r => r.Head.Index == basedOn);
            if (first is not null && with[^1] != first)
            {
                wrong =
                    with[^1].Head.Time == carbon.Head.Time
                        ? wrong
                        : $"it counts {meter} up to leaf {with[^1].Head.Index}, which is not of its time";
                Quantity more = Between(meter, RegisterIn(first, meter)!, RegisterIn(with[^1], meter)!, with[^1]);
                amount = amount is null ? more : amount + more;
                from = first.Head.Time < from ? first.Head.Time : from;
                wrong = _slots.Add(account, meter, Mark(first, meter), Mark(with[^1], meter)) ?? wrong;
            }
            else if (basedOn is { } begins)
            {
                // A meter that is new in the account: what it counts from there on belongs to the next footprint.
                wrong = first is null
                    ? $"it begins with leaf {begins} of {meter}, on which it does not rest"
                    : _slots.Add(account, meter, Mark(first, meter), Mark(first, meter)) ?? wrong;
            }
            else
            {
                wrong = $"it counts nothing of {meter}, and does not say that it begins with it";
            }
        }

        if (amount is null)
        {
            throw new EvidenceException("none of its meters is in two of its readings");
        }

        RequireTime(carbon, "from", from);
        RequireTime(carbon, "to", carbon.Head.Time);
        return wrong is null ? amount : throw new EvidenceException(wrong);
    }

    private ReadingMark Mark(Leaf reading, string register) =>
        new(
            reading.Head.Index,
            RegisterIn(reading, register)!,
            RegisterIn(reading, register)!.Unit == "Wh" ? null : ConstantOf(register, reading)
        );

    // The entry, and the last correction of its amount before.
    private Quantity Entered(Leaf carbon, Leaf[] leaves)
    {
        foreach (string name in new[] { "from", "to" })
        {
            if (carbon.Records.First(r => r.Name == name).Number != leaves[0].Records.First(r => r.Name == name).Number)
            {
                throw new EvidenceException($"its '{name}' is not that of the entry, leaf {leaves[0].Head.Index}");
            }
        }

        long last = ChainOf(leaves[0].Head.Index, carbon.Head.Index)
            .Where(c => c.Amount)
            .Select(c => c.Leaf)
            .LastOrDefault(leaves[0].Head.Index);
        if (leaves[^1].Head.Index != last || leaves.Length != (last == leaves[0].Head.Index ? 1 : 2))
        {
            throw new EvidenceException(
                "it names more or less than its entry and the last correction of the amount before it: "
                    + $"{(last == leaves[0].Head.Index ? "there is none" : $"that is leaf {last}")}"
            );
        }

        return AmountIn(leaves[^1], leaves[^1].Records.FirstOrDefault(r => r.Name == "amount"));
    }

    private static Quantity AmountIn(Leaf entered, LeafRecord? amount) =>
        amount is { Number: { Mantissa: >= 0 } number, Unit: { } unit }
            ? MeteredAmount.FromRecord(number.Mantissa, number.Exponent, unit)
            : throw new EvidenceException($"leaf {entered.Head.Index} states no amount from 0 on with its unit");

    private Quantity Between(string meter, LeafRecord from, LeafRecord to, Leaf reading)
    {
        if (from.Unit != to.Unit || from.Number!.Value.Exponent != to.Number!.Value.Exponent)
        {
            throw new EvidenceException($"the register {meter} changed its unit in between");
        }

        long counts = to.Number.Value.Mantissa - from.Number.Value.Mantissa;
        if (to.Unit == "Wh")
        {
            return MeteredAmount.FromCounts(counts, new Quantum("Wh", to.Number.Value.Exponent));
        }

        const string Per = " imp/";
        string constant = ConstantOf(meter, reading);
        int per = constant.IndexOf(Per, StringComparison.Ordinal);
        return per > 0
            ? MeteredAmount.FromImpulses(counts, constant[..per], Unit.Parse(constant[(per + Per.Length)..]))
            : throw new EvidenceException($"the register {meter} counts {constant}, which is no impulse constant");
    }

    // By the settings of the reading's group that were in force.
    private string ConstantOf(string register, Leaf reading)
    {
        Leaf config = _statements[reading.Head.Config!.Value];
        // Itself is among them, or later.
        long? newest = _configs[config.Head.Group ?? ""].GetViewBetween(0, reading.Head.Index) is { Count: > 0 } before ? before.Max : null;
        return config.Head.Group == reading.Head.Group && config.Head.Index == newest
            ? TextOf(config, $"{register.Split('/')[0]}/constant")
            : throw new EvidenceException(
                $"leaf {reading.Head.Index} names leaf {config.Head.Index}, which is not the newest settings of its group before it"
            );
    }

    private static LeafRecord? RegisterIn(Leaf leaf, string meter) =>
        leaf.Head.Type != LeafType.Reading ? null : leaf.Records.FirstOrDefault(r => r.Name == meter && r.Number is not null);

    private static string TextOf(Leaf leaf, string name) =>
        leaf.Records.FirstOrDefault(r => r.Name == name)?.Text
        ?? throw new EvidenceException($"leaf {leaf.Head.Index} has no record '{name}'");

    private static void RequireTime(Leaf carbon, string name, DateTimeOffset time)
    {
        if (carbon.Records.First(r => r.Name == name).Number != LeafRecord.Of(name, time).Number)
        {
            throw new EvidenceException($"its '{name}' is not the time of its readings, {time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}");
        }
    }
}
