using System.Globalization;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Readings;

namespace EdgeGateway.Edgectl;

/// <summary>A footprint that is not what its own readings and factor give.</summary>
/// <param name="Leaf">Index of the carbon leaf.</param>
/// <param name="Account">Its account.</param>
/// <param name="What">What differs, in words.</param>
internal sealed record Difference(long Leaf, string Account, string What);

/// <summary>
/// Computes every footprint of a log again, from nothing but its leaves: the energy between the readings that a carbon leaf names, times
/// the factor in the factors leaf that it names, exact, rounded once to micrograms, half to even.
/// </summary>
/// <remarks>
/// It sees the leaves twice: first to learn which readings are named, then to keep only those, and each only until the last footprint that
/// names it. So a log of years needs little memory.
/// </remarks>
internal sealed class Recompute
{
    private const int MostDifferences = 1000;

    private readonly Dictionary<long, int> _uses = [];
    private readonly Dictionary<long, Leaf> _readings = [];
    private readonly Dictionary<long, Leaf> _statements = []; // config and factors: few
    private readonly List<Leaf> _waiting = [];

    /// <summary>Footprints computed again.</summary>
    public long Computed { get; private set; }

    /// <summary>Footprints that state a reason instead of an amount.</summary>
    public long NotStated { get; private set; }

    /// <summary>Footprints whose leaves were not all given, and the first leaf that is missing.</summary>
    public (long Count, long FirstMissing) NotGiven { get; private set; }

    public List<Difference> Differences { get; } = [];

    /// <summary>The first look at a leaf.</summary>
    public void Plan(Leaf leaf)
    {
        foreach (long index in leaf.Head.Type == LeafType.Carbon ? leaf.Head.ComputedFrom : [])
        {
            _uses[index] = _uses.GetValueOrDefault(index) + 1;
        }
    }

    /// <summary>The second look at a leaf.</summary>
    public void Take(Leaf leaf)
    {
        switch (leaf.Head.Type)
        {
            case LeafType.Reading when _uses.ContainsKey(leaf.Head.Index):
                _readings[leaf.Head.Index] = leaf;
                break;
            case LeafType.Config or LeafType.Factors:
                _statements[leaf.Head.Index] = leaf;
                break;
            case LeafType.Carbon when leaf.Records[0].Number is null:
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
        foreach (Leaf leaf in _waiting)
        {
            if (FirstMissing(leaf) is { } missing)
            {
                NotGiven = (NotGiven.Count + 1, NotGiven.Count == 0 ? missing : NotGiven.FirstMissing);
            }
            else
            {
                Compute(leaf);
            }
        }

        _waiting.Clear();
    }

    private long? FirstMissing(Leaf carbon)
    {
        foreach (long index in carbon.Head.ComputedFrom)
        {
            if (!_readings.TryGetValue(index, out Leaf? reading))
            {
                return index;
            }

            if (reading.Head.Config is { } config && !_statements.ContainsKey(config))
            {
                return config;
            }
        }

        return carbon.Head.Factors is { } factors && !_statements.ContainsKey(factors) ? factors : null;
    }

    private void Compute(Leaf carbon)
    {
        Computed++;
        try
        {
            long stated = carbon.Records[0].Number!.Value.Mantissa, computed = Micrograms(carbon);
            if (carbon.Records[0] is not { Unit: "kg", Number.Exponent: -9 } || stated != computed)
            {
                Differ(carbon, $"it states {carbon.Records[0].Number} {carbon.Records[0].Unit}, its readings give {new DecimalFraction(-9, computed)} kg");
            }
        }
        catch (Exception e) when (e is EvidenceException or FormatException or ArgumentException or OverflowException)
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

    private void Differ(Leaf carbon, string what)
    {
        if (Differences.Count < MostDifferences)
        {
            Differences.Add(new Difference(carbon.Head.Index, carbon.Records[0].Name, what));
        }
    }

    private long Micrograms(Leaf carbon)
    {
        string key = TextOf(carbon, "factor"), value = TextOf(carbon, "value");
        const string Unit = " " + Factor.KilogramsPerKilowattHour;
        if (!value.EndsWith(Unit, StringComparison.Ordinal))
        {
            throw new EvidenceException($"its factor {value} is not in {Factor.KilogramsPerKilowattHour}");
        }

        Leaf factors = _statements[carbon.Head.Factors ?? throw new EvidenceException("it names no factors leaf")];
        if (!TextOf(factors, key).StartsWith(value + ";", StringComparison.Ordinal))
        {
            throw new EvidenceException($"it was computed with {value}, leaf {factors.Head.Index} has for {key}: {TextOf(factors, key).Split(';')[0]}");
        }

        Leaf[] readings = [.. carbon.Head.ComputedFrom.Select(i => _readings[i])];
        if (readings.Length == 0 || readings[^1].Head.Index >= carbon.Head.Index)
        {
            throw new EvidenceException("it does not name earlier readings");
        }

        Energy energy = default;
        DateTimeOffset from = DateTimeOffset.MaxValue;
        foreach (string meter in TextOf(carbon, "meters").Split(' '))
        {
            Leaf[] with = [.. readings.Where(r => RegisterIn(r, meter) is not null)];
            long? basedOn = carbon.Records.FirstOrDefault(r => r.Name == $"{meter}/base")?.Number?.Mantissa;
            Leaf? first = basedOn is null ? with.FirstOrDefault() : Array.Find(with, r => r.Head.Index == basedOn);
            if (first is null || with[^1] == first)
            {
                continue; // a meter that is new in the account: its energy counts from the next footprint on
            }

            energy += Between(meter, RegisterIn(first, meter)!, RegisterIn(with[^1], meter)!, with[^1]);
            from = first.Head.Time < from ? first.Head.Time : from;
        }

        RequireTime(carbon, "from", from);
        RequireTime(carbon, "to", carbon.Head.Time);
        return Footprint.Micrograms(energy, new Factor(ParseKey(key), value[..^Unit.Length]) { Name = "", Source = "", Confidence = "" });
    }

    private Energy Between(string meter, LeafRecord from, LeafRecord to, Leaf reading)
    {
        if (from.Unit != to.Unit || from.Number!.Value.Exponent != to.Number!.Value.Exponent)
        {
            throw new EvidenceException($"the register {meter} changed its unit in between");
        }

        long counts = to.Number.Value.Mantissa - from.Number.Value.Mantissa;
        if (to.Unit == "Wh")
        {
            return Energy.FromCounts(counts, new Quantum("Wh", to.Number.Value.Exponent));
        }

        const string PerKilowattHour = " imp/kWh";
        string constant = TextOf(_statements[reading.Head.Config!.Value], $"{meter.Split('/')[0]}/constant");
        return constant.EndsWith(PerKilowattHour, StringComparison.Ordinal)
            ? Energy.FromImpulses(counts, constant[..^PerKilowattHour.Length])
            : throw new EvidenceException($"the register {meter} counts {constant}, which is no energy");
    }

    private static LeafRecord? RegisterIn(Leaf reading, string meter) => reading.Records.FirstOrDefault(r => r.Name == meter && r.Number is not null);

    private static string TextOf(Leaf leaf, string name) =>
        leaf.Records.FirstOrDefault(r => r.Name == name)?.Text ?? throw new EvidenceException($"leaf {leaf.Head.Index} has no record '{name}'");

    private static void RequireTime(Leaf carbon, string name, DateTimeOffset time)
    {
        if (carbon.Records.First(r => r.Name == name).Number != LeafRecord.Of(name, time).Number)
        {
            throw new EvidenceException($"its '{name}' is not the time of its readings, {time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}");
        }
    }

    private static FactorKey ParseKey(string text) => text.Split('/') is [var region, var year, var kind, var purpose]
        ? new FactorKey(region, int.Parse(year, NumberStyles.None, CultureInfo.InvariantCulture), kind, purpose)
        : throw new EvidenceException($"'{text}' is not the name of a factor");
}
