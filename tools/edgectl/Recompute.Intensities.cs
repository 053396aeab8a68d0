using EdgeGateway.Carbon;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <content>Footprints by the intensity of their slot of time.</content>
internal sealed partial class Recompute
{
    // Which leaves state an intensity.
    private readonly Dictionary<(string Series, string Slot), List<(long Leaf, long Minutes)>> _stated = [];

    // The slot of time that holds all of it, with the intensity that the newest leaf before it states; or that there is none.
    private void RequireIntensity(Leaf carbon, RecordedMethod method, Leaf[] sources)
    {
        if (method.Series is not { } series)
        {
            return;
        }

        (long Leaf, string Slot)? newest = NewestIntensity(series, carbon);
        if (method.Slot is not { } slot)
        {
            string none = TextOf(carbon, "none");
            if (IsRestated(carbon))
            {
                throw new EvidenceException("it accounts slots anew, and has no intensity for them");
            }

            if (none is not (RecordedMethod.NoIntensity or RecordedMethod.StraddlesSlots))
            {
                throw new EvidenceException($"'{none}' is no reason for which there is no amount by {series}");
            }

            if (newest is { } missed)
            {
                throw new EvidenceException(
                    $"it has no amount, {none}, and leaf {missed.Leaf} states the intensity of its slot {missed.Slot}"
                );
            }

            return;
        }

        Leaf stated = Array.Find(sources, s => s.Head.Type == LeafType.Intensity && s.Records[0].Text == series)
            ?? throw new EvidenceException($"it names no leaf with intensities of {series}");
        var intensity = SlotIntensity.Read(
            slot,
            TimeSpan.FromMinutes(stated.Records[2].Number!.Value.Mantissa),
            TextOf(stated, $"slot/{slot}")
        );
        if (!SlotIntensity.Lengths.Contains(intensity.Length) || intensity.From.UtcTicks % intensity.Length.Ticks != 0)
        {
            throw new EvidenceException(
                $"leaf {stated.Head.Index} states the slot {slot} of {intensity.Length.TotalMinutes} min, and there are slots "
                    + "of 15, 30 and 60 min at whole multiples of that"
            );
        }

        if (intensity.Value != method.Value)
        {
            throw new EvidenceException(
                $"it was computed with {method.Value}, leaf {stated.Head.Index} states {intensity.Value} for {slot}"
            );
        }

        if (!intensity.Holds(carbon.Records[1].AsTime(), carbon.Records[2].AsTime()))
        {
            throw new EvidenceException($"its time does not lie within the slot {slot} of {stated.Records[2].Number!.Value.Mantissa} min");
        }

        if (newest?.Leaf != stated.Head.Index)
        {
            throw new EvidenceException(
                $"it rests on leaf {stated.Head.Index}, which is not the newest before it that states the intensity of its "
                    + $"time{(newest is { } n ? $": leaf {n.Leaf} states that of {n.Slot}" : "")}"
            );
        }
    }

    // The leaf before a footprint that last stated the intensity of a slot in which all of it lies. A slot has one intensity: a statement
    // of the same begin with another length takes the place of the one before too.
    private (long Leaf, string Slot)? NewestIntensity(string series, Leaf carbon)
    {
        (DateTimeOffset from, DateTimeOffset to) = (carbon.Records[1].AsTime(), carbon.Records[2].AsTime());
        (long Leaf, string Slot)? newest = null;
        foreach (TimeSpan length in SlotIntensity.Lengths)
        {
            if (
                SlotIntensity.NameOf(length, from, to) is { } slot
                && _stated.TryGetValue((series, $"slot/{slot}"), out var leaves)
                && leaves.Where(l => l.Leaf < carbon.Head.Index).DefaultIfEmpty().MaxBy(l => l.Leaf) is var (leaf, minutes)
                && minutes == (long)length.TotalMinutes
                && !(newest?.Leaf > leaf)
            )
            {
                newest = (leaf, slot);
            }
        }

        return newest;
    }
}
