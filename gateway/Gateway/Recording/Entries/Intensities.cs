using EdgeGateway.Accounting;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording.Entries;

/// <summary>
/// Intensities of the grid as they come in: leaves of the type intensity. What is stated later, or anew, accounts the footprints of its
/// slot again, as one leaf.
/// </summary>
/// <param name="accounts">The accounts of meters.</param>
/// <param name="settlement">Accounts anew.</param>
internal sealed class Intensities(IReadOnlyList<CarbonAccount> accounts, Settlement settlement) : IEntryTaker
{
    /// <inheritdoc/>
    public string Type => LeafType.Intensity;

    /// <inheritdoc/>
    public long Enter(Entry entry, OpenTick tick)
    {
        IntensityLeaf table = entry.Intensities!;

        // A table comes again and again: only what is news becomes a leaf.
        StatedIntensity[] news = [.. table.Slots.Where(slot => !IsKnown(tick, table, slot))];
        if (news.Length == 0)
        {
            return IntensityFact.Parse(tick.FactBefore(FactNames.Intensity(table.Series, table.Slots[^1].Slot)))!.Value.Leaf;
        }

        long leaf = tick.Write(Type, (table with { Slots = news }).Records());
        List<RecordedIntensity> intensities = [];
        foreach (StatedIntensity slot in news)
        {
            IntensityFact fact = new(leaf, table.Minutes, slot.Value);
            tick.Remember(FactNames.Intensity(table.Series, slot.Slot), fact.ToString());
            intensities.Add(RecordedIntensity.Of(slot.Slot, fact));
        }

        foreach (CarbonAccount account in accounts.Where(a => a.Method.Series == table.Series))
        {
            foreach (RecordedIntensity intensity in intensities)
            {
                settlement.RestateSlot(tick, account, table.Series, intensity.Intensity);
            }
        }

        return leaf;
    }

    private static bool IsKnown(OpenTick tick, IntensityLeaf table, StatedIntensity slot) =>
        IntensityFact.Parse(tick.FactBefore(FactNames.Intensity(table.Series, slot.Slot))) is { } known
        && known.Minutes == table.Minutes
        && known.Value == slot.Value;
}
