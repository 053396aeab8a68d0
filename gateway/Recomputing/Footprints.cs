using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>
/// Computes footprints again: what was counted between the readings that a carbon leaf names, or what the entry says that it names, by its
/// method with the factors in the factors leaf that it names, exact, rounded once to micrograms, half to even.
/// </summary>
internal sealed class Footprints
{
    private readonly Settings _settings;
    private readonly ShownLeaves _shown;
    private readonly Differences _differences;
    private readonly KeptSources _sources = new();
    private readonly Corrections _corrections = new();
    private readonly Intensities _intensities = new();
    private readonly CountedSlots _slots;
    private readonly MeteredFootprints _metered;
    private readonly EntryFootprints _entries;
    private readonly Instruments _instruments;
    private readonly RestatedFootprints _restated;
    private readonly List<StatedFootprint> _waiting = [];
    private readonly List<StatedFootprint> _notGiven = [];

    public Footprints(Settings settings, ShownLeaves shown, Differences differences)
    {
        _settings = settings;
        _shown = shown;
        _differences = differences;
        RegisterCounts counts = new(settings);
        _slots = new CountedSlots(shown);
        _metered = new MeteredFootprints(counts, _slots);
        _entries = new EntryFootprints(_corrections);
        _instruments = new Instruments(_corrections);
        _restated = new RestatedFootprints(counts, _slots, _instruments, shown, differences);
    }

    /// <summary>Footprints computed again.</summary>
    public long Computed { get; private set; }

    /// <summary>Footprints that state a reason instead of an amount, and rest on nothing.</summary>
    public long NotStated { get; private set; }

    /// <summary>Footprints whose leaves were not all given.</summary>
    public NotGiven NotGiven { get; private set; }

    /// <summary>What accounts did not add up.</summary>
    public IReadOnlyList<NotAdded> NotAdded => _slots.NotAdded;

    /// <summary>The first look at a leaf.</summary>
    public void Plan(Leaf leaf)
    {
        _intensities.Plan(leaf);
        _corrections.Plan(leaf);
        _instruments.Plan(leaf);
        if (leaf.Head.Type != LeafType.Carbon)
        {
            return;
        }

        var carbon = CarbonLeaf.Of(leaf);
        _entries.Plan(carbon);
        _sources.Plan(leaf.Head.ComputedFrom);
        foreach (LeafRange slots in carbon.SlotRanges ?? [])
        {
            _slots.Cut(carbon.Account, slots);
        }
    }

    /// <summary>The second look at a leaf.</summary>
    public void Take(Leaf leaf)
    {
        if (leaf.Head.Type == LeafType.Carbon)
        {
            Take(new StatedFootprint(leaf.Head, CarbonLeaf.Of(leaf)));
        }
        else if (leaf.Head.Type != LeafType.Flow)
        {
            _sources.Take(leaf); // no footprint rests on flows
        }
    }

    /// <summary>All leaves have been seen.</summary>
    public void End()
    {
        foreach (StatedFootprint footprint in _waiting)
        {
            if (FirstMissing(footprint) is not { } missing)
            {
                Compute(footprint);
            }
            else if (_shown.Refusal(footprint.Index, missing) is { } refusal)
            {
                Computed++;
                _differences.Add(footprint, refusal);
            }
            else
            {
                NotGiven = NotGiven.With(missing);
                _notGiven.Add(footprint);
            }
        }

        _waiting.Clear();
        _restated.End(_notGiven);
        foreach (Difference difference in _entries.NotReplaced())
        {
            _differences.Add(difference);
        }
    }

    private void Take(StatedFootprint footprint)
    {
        if (footprint.Carbon.Micrograms is null && footprint.Head.ComputedFrom.Count == 0 && !footprint.IsRestated)
        {
            NotStated++;
        }
        else if (FirstMissing(footprint) is null)
        {
            Compute(footprint);
        }
        else
        {
            _waiting.Add(footprint); // single leaves may come in any order
        }
    }

    private long? FirstMissing(StatedFootprint footprint)
    {
        foreach (long index in footprint.Head.ComputedFrom)
        {
            if (_sources.Find(index) is not { } source)
            {
                return index;
            }

            if (source.Head.Config is { } config && !_settings.HasConfig(config))
            {
                return config;
            }
        }

        return footprint.Head.Factors is { } factors && (factors >= footprint.Index || !_settings.HasFactors(factors)) ? factors : null;
    }

    private void Compute(StatedFootprint footprint)
    {
        Computed++;
        try
        {
            Compare(footprint, Again(footprint));
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
            _differences.Add(footprint, e.Message);
        }

        _sources.Release(footprint.Head.ComputedFrom);
    }

    private void Compare(StatedFootprint footprint, MarketFootprint computed)
    {
        CarbonLeaf stated = footprint.Carbon;
        if (computed.Micrograms is { } amount ? stated.Micrograms == amount : stated.NoAmount == computed.NoAmount)
        {
            return;
        }

        bool entered = _sources.Find(footprint.Head.ComputedFrom[0])?.Manual is not null;
        string states = stated.Micrograms is { } m ? Kilograms(m) : $"{stated.NoAmount} ",
            gives = computed.Micrograms is { } c ? Kilograms(c) : $"{computed.NoAmount}";
        _differences.Add(footprint, $"it states {states}, its {(entered ? "entry gives" : "readings give")} {gives}");

        static string Kilograms(long micrograms) => $"{new DecimalFraction(-9, micrograms)} kg";
    }

    private MarketFootprint Again(StatedFootprint footprint)
    {
        var method = RecordedMethod.Read(footprint.Carbon.Method, footprint.Carbon.Texts.Select(t => (t.Name, t.Text)));
        _settings.RequireFactors(footprint, method);
        Source[] sources = _sources.All(footprint.Head.ComputedFrom);
        _intensities.Require(footprint, method, sources);
        if (sources.Length == 0 || sources[^1].Index >= footprint.Index)
        {
            throw new EvidenceException("it does not name earlier readings or entries");
        }

        _entries.RequireReplaced(footprint, sources[0]);
        if (footprint.IsRestated)
        {
            return _restated.FootprintOf(footprint, sources, method);
        }

        Quantity amount = sources[0].Manual is { } entry
            ? _entries.AmountOf(footprint, entry, sources)
            : _metered.AmountOf(footprint, sources);
        return method.Footprint(amount, null);
    }
}
