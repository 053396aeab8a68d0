using EdgeGateway.Evidence;

namespace EdgeGateway.Recording;

/// <content>The site's energy flows, a leaf each carbon slot, in the transaction of the readings that it rests on.</content>
public sealed partial class Recorder
{
    private const string FlowsFact = "flows";

    private readonly FlowAccount? _flows;

    // From the tick's own reading leaves: what is computed rests on exactly what is recorded.
    private void WriteFlows(DateTimeOffset at, Dictionary<string, string> facts)
    {
        if (_flows is null || at.ToUnixTimeMilliseconds() % (long)_rhythm.CarbonSlot.TotalMilliseconds != 0)
        {
            return;
        }

        Dictionary<string, FlowReading> now = _pen.TakeLeaves().Select(b => LeafCodec.Decode(b)).Where(l => l.Head.Type == LeafType.Reading)
            .SelectMany(FlowAccount.ReadingsIn).ToDictionary(r => r.Name, r => r.Reading);
        (IReadOnlyList<LeafRecord> records, IReadOnlyList<long> from) = _flows.At(at, now);
        long index = _pen.Write(LeafType.Flow, at, records, h => h with { ComputedFrom = from });
        _flows.Close(index, records, at, now);
        facts[FlowsFact] = _flows.Fact;
    }

    private void RestoreFlows() => _flows?.Restore(_ledger.Fact(FlowsFact), i => _ledger.Leaves(i, i + 1) is [{ } bytes] ? LeafCodec.Decode(bytes) : null);
}
