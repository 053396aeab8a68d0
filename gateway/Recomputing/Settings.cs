using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>The settings and factor sets of a log, of which there are few.</summary>
internal sealed class Settings
{
    private readonly Dictionary<long, GroupSettings> _configs = [];
    private readonly Dictionary<string, SortedSet<long>> _configsOf = []; // by group
    private readonly Dictionary<long, FactorsLeaf> _factors = [];

    /// <summary>The first look at a leaf.</summary>
    public void Plan(Leaf leaf)
    {
        if (leaf.Head.Type != LeafType.Config)
        {
            return;
        }

        string group = leaf.Head.Group ?? "";
        if (!_configsOf.TryGetValue(group, out SortedSet<long>? known))
        {
            _configsOf[group] = known = [];
        }

        known.Add(leaf.Head.Index);
    }

    /// <summary>The second look at a leaf.</summary>
    public void Take(Leaf leaf)
    {
        if (leaf.Head.Type == LeafType.Config)
        {
            _configs[leaf.Head.Index] = new GroupSettings(leaf.Head, ConfigLeaf.Of(leaf));
        }
        else if (leaf.Head.Type == LeafType.Factors)
        {
            _factors[leaf.Head.Index] = FactorsLeaf.Of(leaf);
        }
    }

    /// <summary>Whether the leaf was given, and has settings.</summary>
    public bool HasConfig(long index) => _configs.ContainsKey(index);

    /// <summary>Whether the leaf was given, and has factors.</summary>
    public bool HasFactors(long index) => _factors.ContainsKey(index);

    /// <summary>The factors of a leaf that was given.</summary>
    public FactorsLeaf FactorsIn(long index) => _factors[index];

    /// <summary>
    /// The text of a pulse meter's impulse constant where a register was read, by the newest settings of the reading's group before it.
    /// </summary>
    /// <exception cref="EvidenceException">The reading names other settings, or these have none.</exception>
    public string ConstantOf(string register, LeafHead reading)
    {
        GroupSettings named = _configs[reading.Config!.Value];
        SortedSet<long> before = _configsOf[named.Head.Group ?? ""].GetViewBetween(0, reading.Index);
        if (named.Head.Group != reading.Group || before.Count == 0 || named.Head.Index != before.Max)
        {
            throw new EvidenceException(
                $"leaf {reading.Index} names leaf {named.Head.Index}, which is not the newest settings of its group before it"
            );
        }

        string meter = RegisterName.MeterOf(register);
        return named.Config.SettingOf(meter, ConfigLeaf.Constant)
            ?? throw new EvidenceException($"leaf {named.Head.Index} has no record '{meter}/{ConfigLeaf.Constant}'");
    }

    /// <summary>The same, or null where the settings that the reading names have none; these need not be the newest.</summary>
    /// <exception cref="EvidenceException">The reading names settings of another group, or later ones.</exception>
    public ImpulseConstant? ConstantIfAny(string register, LeafHead reading)
    {
        if (reading.Config is not { } index)
        {
            return null;
        }

        GroupSettings named = _configs[index];
        return index <= reading.Index && named.Head.Group == reading.Group
            ? named.Config.ConstantOf(RegisterName.MeterOf(register))
            : throw new EvidenceException($"leaf {reading.Index} names leaf {index}, which is not the settings of its group before it");
    }

    /// <summary>Refuses factors that are not those of the leaf that a footprint names.</summary>
    /// <exception cref="EvidenceException">They are others.</exception>
    public void RequireFactors(StatedFootprint footprint, RecordedMethod method)
    {
        foreach ((string key, string value) in method.Factors)
        {
            long index = footprint.Head.Factors ?? throw new EvidenceException("it names no factors leaf");
            string stated = _factors[index].TextOf(key) ?? throw new EvidenceException($"leaf {index} has no record '{key}'");
            if (!stated.StartsWith(value + ";", StringComparison.Ordinal))
            {
                throw new EvidenceException($"it was computed with {value}, leaf {index} has for {key}: {stated.Split(';')[0]}");
            }
        }

        if (footprint.Head.Factors is { } named && footprint.Carbon.Set is { } set && set != _factors[named].Name)
        {
            throw new EvidenceException($"it names the factor set {set}, leaf {named} is {_factors[named].Name}");
        }
    }

    private sealed record GroupSettings(LeafHead Head, ConfigLeaf Config);
}
