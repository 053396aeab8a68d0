using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording;

/// <summary>An intensity with the leaf that states it.</summary>
/// <param name="Leaf">Index of the leaf.</param>
/// <param name="Intensity">Of which slot, and how much.</param>
internal sealed record RecordedIntensity(long Leaf, SlotIntensity Intensity)
{
    /// <summary>Makes it of what is remembered of a slot.</summary>
    public static RecordedIntensity Of(string slot, IntensityFact fact) =>
        new(fact.Leaf, SlotIntensity.Read(slot, TimeSpan.FromMinutes(fact.Minutes), fact.Value));
}

/// <summary>The intensities of the grid that have been stated, and which footprints are by them.</summary>
/// <remarks>
/// <code>
///   intensity        |---- 543.2 ----|---- 539.7 ----|---- not stated yet
///   carbon slots     |---|---|---|---|---|---|---|---|---|---      each by the intensity of its slot, or no-intensity
///   gateway was off              |-------|                         straddles-intensities: nobody knows how much in which
/// </code>
/// </remarks>
internal static class RecordedIntensities
{
    /// <summary>
    /// The method of a footprint from one time to another: by the newest statement about a slot in which all of it lies. The slots of a
    /// series may have had another length when it was made.
    /// </summary>
    public static RecordedMethod MethodIn(OpenTick tick, CarbonAccount account, string series, DateTimeOffset from, DateTimeOffset to)
    {
        RecordedIntensity? newest = null;
        foreach (string slot in SlotIntensity.Lengths.Select(length => SlotIntensity.NameOf(length, from, to)).OfType<string>().Distinct())
        {
            if (IntensityFact.Parse(tick.FactBefore(FactNames.Intensity(series, slot))) is not { } fact)
            {
                continue;
            }

            RecordedIntensity stated = RecordedIntensity.Of(slot, fact);
            if (stated.Intensity.Holds(from, to) && (newest is null || stated.Leaf > newest.Leaf))
            {
                newest = stated;
            }
        }

        bool straddles = SlotIntensity.NameOf(account.IntensitySlot, from, to) is null;
        return RecordedMethod.OfSlot(series, newest?.Intensity, straddles ? RecordedMethod.StraddlesSlots : RecordedMethod.NoIntensity);
    }

    /// <summary>What a footprint rests on, with the leaf that states its intensity, ascending.</summary>
    public static IReadOnlyList<long> Resting(OpenTick tick, IEnumerable<long> leaves, RecordedMethod? method)
    {
        SortedSet<long> rests = [.. leaves];
        if (method is { Series: { } series, Slot: { } slot })
        {
            rests.Add(IntensityFact.Parse(tick.Fact(FactNames.Intensity(series, slot)))!.Value.Leaf);
        }

        return [.. rests];
    }

    /// <summary>
    /// The span of a footprint. What lies in several slots has one of its own and stays as it is: where it has no amount, its month has no
    /// total.
    /// </summary>
    public static SpanName SpanOf(CarbonAccount account, DateTimeOffset from, DateTimeOffset to, long leaf)
    {
        string slot = SlotIntensity.NameOf(account.IntensitySlot, from, to) ?? $"straddle-{LeafFact.Text(leaf)}";
        return SpanName.OfSlot(account.Name, slot, account.Method.Series!, account.IntensitySlot);
    }

    /// <summary>
    /// The spans of an account that lie in a slot: also those by shorter slots, which the series had when they were made.
    /// </summary>
    public static IEnumerable<SpanName> SpansWithin(CarbonAccount account, SlotIntensity intensity)
    {
        foreach (TimeSpan length in SlotIntensity.Lengths.Where(length => length <= intensity.Length))
        {
            for (int i = 0; i < (int)(intensity.Length / length); i++)
            {
                string slot = SlotIntensity.NameOf(intensity.From + (i * length));
                yield return SpanName.OfSlot(account.Name, slot, account.Method.Series!, length);
            }
        }
    }
}
