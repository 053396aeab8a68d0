using EdgeGateway.Accounting;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording.Entries;

/// <summary>
/// Intensities of the grid as they come in: leaves of the type intensity. What is stated later, or anew, accounts the footprints of its slot again, as
/// one leaf.
/// </summary>
/// <param name="accounts">The accounts of meters.</param>
/// <param name="settlement">Accounts anew.</param>
internal sealed class Intensities(IReadOnlyList<CarbonAccount> accounts, Settlement settlement) : IEntryTaker
{
    private const int RecordsBeforeSlots = 3;
    private const string SlotPrefix = "slot/";

    /// <inheritdoc/>
    public string Type => LeafType.Intensity;

    /// <inheritdoc/>
    public long Enter(Entry entry, OpenTick tick)
    {
        string series = entry.Records[0].Text!;
        long minutes = entry.Records[2].Number!.Value.Mantissa;
        LeafRecord[] stated = [.. entry.Records.Skip(RecordsBeforeSlots)];

        // A table comes again and again: only what is news becomes a leaf.
        LeafRecord[] news = [.. stated.Where(slot => !IsKnown(tick, series, minutes, slot))];
        if (news.Length == 0)
        {
            return IntensityFact.Parse(tick.FactBefore(FactNames.Intensity(series, SlotOf(stated[^1]))))!.Value.Leaf;
        }

        long leaf = tick.Write(Type, [.. entry.Records.Take(RecordsBeforeSlots), .. news]);
        List<StatedIntensity> intensities = [];
        foreach (LeafRecord slot in news)
        {
            IntensityFact fact = new(leaf, minutes, slot.Text!);
            tick.Remember(FactNames.Intensity(series, SlotOf(slot)), fact.ToString());
            intensities.Add(StatedIntensity.Of(SlotOf(slot), fact));
        }

        foreach (CarbonAccount account in accounts.Where(a => a.Method.Series == series))
        {
            foreach (StatedIntensity intensity in intensities)
            {
                settlement.RestateSlot(tick, account, series, intensity.Intensity);
            }
        }

        return leaf;
    }

    private static bool IsKnown(OpenTick tick, string series, long minutes, LeafRecord slot) =>
        IntensityFact.Parse(tick.FactBefore(FactNames.Intensity(series, SlotOf(slot)))) is { } known
        && known.Minutes == minutes
        && known.Value == slot.Text;

    private static string SlotOf(LeafRecord stated) => stated.Name[SlotPrefix.Length..];
}
