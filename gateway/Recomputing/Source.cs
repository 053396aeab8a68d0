using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>A leaf that others rest on: one of its parts is there.</summary>
/// <param name="Head">What it says about itself.</param>
internal sealed record Source(LeafHead Head)
{
    /// <summary>Index of the leaf.</summary>
    public long Index => Head.Index;

    /// <summary>Time of the leaf.</summary>
    public DateTimeOffset Time => Head.Time;

    public ReadingLeaf? Reading { get; private init; }

    public ManualLeaf? Manual { get; private init; }

    public InstrumentLeaf? Instrument { get; private init; }

    public CorrectionLeaf? Correction { get; private init; }

    public IntensityLeaf? Intensity { get; private init; }

    public FlowLeaf? Flow { get; private init; }

    /// <summary>Reads a leaf; null where it is of a type on which nothing rests.</summary>
    public static Source? Of(Leaf leaf)
    {
        Source source = new(leaf.Head);
        return leaf.Head.Type switch
        {
            LeafType.Reading => source with { Reading = ReadingLeaf.Of(leaf) },
            LeafType.Manual => source with { Manual = ManualLeaf.Of(leaf) },
            LeafType.Instrument => source with { Instrument = InstrumentLeaf.Of(leaf) },
            LeafType.Correction => source with { Correction = CorrectionLeaf.Of(leaf) },
            LeafType.Intensity => source with { Intensity = IntensityLeaf.Of(leaf) },
            LeafType.Flow => source with { Flow = FlowLeaf.Of(leaf) },
            _ => null,
        };
    }

    /// <summary>A register that it is a reading of and has a count for; else null.</summary>
    public LeafRegister? RegisterOf(string name) => Reading?.FindCounted(name);
}

/// <summary>
/// The leaves that others rest on, each kept until the last of those was computed. So a log of years needs little memory.
/// </summary>
internal sealed class KeptSources
{
    private readonly Dictionary<long, int> _uses = [];
    private readonly Dictionary<long, Source> _kept = [];

    /// <summary>These will be needed once more.</summary>
    public void Plan(IReadOnlyList<long> named)
    {
        foreach (long index in named)
        {
            _uses[index] = _uses.GetValueOrDefault(index) + 1;
        }
    }

    /// <summary>A leaf comes. It is kept if it will be needed.</summary>
    public void Take(Leaf leaf)
    {
        if (_uses.ContainsKey(leaf.Head.Index) && Source.Of(leaf) is { } source)
        {
            _kept[leaf.Head.Index] = source;
        }
    }

    /// <summary>A leaf that is kept, or null.</summary>
    public Source? Find(long index) => _kept.GetValueOrDefault(index);

    /// <summary>Leaves that are all kept.</summary>
    public Source[] All(IEnumerable<long> indexes) => [.. indexes.Select(i => _kept[i])];

    /// <summary>These were needed once.</summary>
    public void Release(IReadOnlyList<long> named)
    {
        foreach (long index in named)
        {
            if (--_uses[index] == 0)
            {
                _uses.Remove(index);
                _kept.Remove(index);
            }
        }
    }
}
