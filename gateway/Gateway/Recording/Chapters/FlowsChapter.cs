using EdgeGateway.Accounting;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording.Chapters;

/// <summary>Who supplied whom, where a footprint's slot ends: leaves of the type flow.</summary>
/// <param name="flows">The site's energy flows.</param>
internal sealed class FlowsChapter(FlowAccount flows) : IChapter
{
    /// <inheritdoc/>
    public void Restore(OpenTick tick) => flows.Restore(LeafListFact.Parse(tick.FactBefore(FactNames.Flows)), tick.LeafAt);

    /// <inheritdoc/>
    public void Write(OpenTick tick)
    {
        if (!tick.SlotEnds)
        {
            return;
        }

        FlowSlot slot = flows.At(tick.At, tick.Readings);
        long leaf = tick.Write(LeafType.Flow, slot.Leaf.Records(), head => head with { ComputedFrom = slot.ComputedFrom });
        flows.Close(leaf, slot.Leaf, tick.Readings);
        tick.Remember(FactNames.Flows, LeafListFact.Text(flows.Remembered));
    }
}
