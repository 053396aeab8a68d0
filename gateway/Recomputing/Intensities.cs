using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>Which leaves state the intensity of a slot of time, and whether footprints by slots rest on the right one.</summary>
internal sealed class Intensities
{
    private readonly Dictionary<SeriesSlot, List<Statement>> _stated = [];

    /// <summary>The first look at a leaf.</summary>
    public void Plan(Leaf leaf)
    {
        if (leaf.Head.Type != LeafType.Intensity)
        {
            return;
        }

        var intensity = IntensityLeaf.Of(leaf);
        foreach (StatedIntensity slot in intensity.Slots)
        {
            SeriesSlot of = new(intensity.Series, slot.Slot);
            if (!_stated.TryGetValue(of, out List<Statement>? known))
            {
                _stated[of] = known = [];
            }

            known.Add(new Statement(leaf.Head.Index, intensity.Minutes));
        }
    }

    /// <summary>
    /// Requires of a footprint by slots that it rests on the slot of time that holds all of it, with the intensity that the newest leaf
    /// before it states; or that there is none.
    /// </summary>
    /// <exception cref="EvidenceException">It does not.</exception>
    /// <exception cref="CarbonException">What is stated is no intensity of a slot.</exception>
    public void Require(StatedFootprint footprint, RecordedMethod method, Source[] sources)
    {
        if (method.Series is not { } series)
        {
            return;
        }

        Newest? newest = NewestOf(series, footprint);
        if (method.Slot is { } slot)
        {
            RequireStated(footprint, method, series, slot, sources, newest);
        }
        else
        {
            RequireNone(footprint, series, newest);
        }
    }

    private static void RequireNone(StatedFootprint footprint, string series, Newest? newest)
    {
        string none = footprint.Carbon.TextOf("none") ?? throw new EvidenceException($"leaf {footprint.Index} has no record 'none'");
        if (footprint.IsRestated)
        {
            throw new EvidenceException("it accounts slots anew, and has no intensity for them");
        }

        if (none is not (RecordedMethod.NoIntensity or RecordedMethod.StraddlesSlots))
        {
            throw new EvidenceException($"'{none}' is no reason for which there is no amount by {series}");
        }

        if (newest is { } missed)
        {
            throw new EvidenceException($"it has no amount, {none}, and leaf {missed.Leaf} states the intensity of its slot {missed.Slot}");
        }
    }

    private static void RequireStated(
        StatedFootprint footprint,
        RecordedMethod method,
        string series,
        string slot,
        Source[] sources,
        Newest? newest
    )
    {
        Source source = Array.Find(sources, s => s.Intensity?.Series == series)
            ?? throw new EvidenceException($"it names no leaf with intensities of {series}");
        IntensityLeaf stated = source.Intensity!;
        string value = stated.ValueOf(slot) ?? throw new EvidenceException($"leaf {source.Index} has no record 'slot/{slot}'");
        var intensity = SlotIntensity.Read(slot, TimeSpan.FromMinutes(stated.Minutes), value);
        if (!SlotIntensity.Lengths.Contains(intensity.Length) || intensity.From.UtcTicks % intensity.Length.Ticks != 0)
        {
            throw new EvidenceException(
                $"leaf {source.Index} states the slot {slot} of {intensity.Length.TotalMinutes} min, and there are slots "
                    + "of 15, 30 and 60 min at whole multiples of that"
            );
        }

        if (intensity.Value != method.Value)
        {
            throw new EvidenceException($"it was computed with {method.Value}, leaf {source.Index} states {intensity.Value} for {slot}");
        }

        if (!intensity.Holds(footprint.Carbon.From, footprint.Carbon.To))
        {
            throw new EvidenceException($"its time does not lie within the slot {slot} of {stated.Minutes} min");
        }

        if (newest?.Leaf != source.Index)
        {
            string which = newest is { } n ? $": leaf {n.Leaf} states that of {n.Slot}" : "";
            throw new EvidenceException(
                $"it rests on leaf {source.Index}, which is not the newest before it that states the intensity of its time{which}"
            );
        }
    }

    // The leaf before a footprint that last stated the intensity of a slot in which all of it lies. A slot has one intensity: a statement
    // of the same begin with another length takes the place of the one before too.
    private Newest? NewestOf(string series, StatedFootprint footprint)
    {
        Newest? newest = null;
        foreach (TimeSpan length in SlotIntensity.Lengths)
        {
            string? slot = SlotIntensity.NameOf(length, footprint.Carbon.From, footprint.Carbon.To);
            if (slot is null || !_stated.TryGetValue(new SeriesSlot(series, slot), out List<Statement>? statements))
            {
                continue;
            }

            Statement last = statements.Where(s => s.Leaf < footprint.Index).DefaultIfEmpty().MaxBy(s => s.Leaf);
            if (last.Minutes == (long)length.TotalMinutes && !(newest?.Leaf > last.Leaf))
            {
                newest = new Newest(last.Leaf, slot);
            }
        }

        return newest;
    }

    private readonly record struct SeriesSlot(string Series, string Slot);

    private readonly record struct Statement(long Leaf, long Minutes);

    // The newest statement about a slot.
    private readonly record struct Newest(long Leaf, string Slot);
}
