using EdgeGateway.Accounting;
using EdgeGateway.Evidence;
using EdgeGateway.Readings;

namespace EdgeGateway.Recording;

/// <content>
/// The site's energy flows, a leaf each carbon slot, and warnings before a new peak of demand, each reading slot: in the transaction of the
/// readings that they rest on.
/// </content>
public sealed partial class Recorder
{
    private const string FlowsFact = "flows";

    private readonly FlowAccount? _flows;
    private readonly DemandWatch? _demand;

    // From the tick's own reading leaves: what is computed rests on exactly what is recorded.
    private void WriteFlows(DateTimeOffset at, Dictionary<string, string> facts)
    {
        bool slotEnds = at.ToUnixTimeMilliseconds() % (long)_rhythm.CarbonSlot.TotalMilliseconds == 0;
        if (_demand is null && (_flows is null || !slotEnds))
        {
            return;
        }

        IReadOnlyDictionary<string, FlowReading> now = ReadingsIn(_pen.TakeLeaves().Select(b => LeafCodec.Decode(b)));
        if (_flows is not null && slotEnds)
        {
            (IReadOnlyList<LeafRecord> records, IReadOnlyList<long> from) = _flows.At(at, now);
            long index = _pen.Write(LeafType.Flow, at, records, h => h with { ComputedFrom = from });
            _flows.Close(index, records, at, now);
            facts[FlowsFact] = _flows.Fact;
        }

        if (_demand is not null)
        {
            DemandRecord before = _demand.Record;
            foreach ((string state, string text) in _demand.Take(at, now))
            {
                _pen.Write(
                    LeafType.Alarm,
                    at,
                    [LeafRecord.Of("alarm", "demand"), LeafRecord.Of("state", state), LeafRecord.Of("text", text)]
                );
            }

            if (_demand.Record != before)
            {
                facts[DemandRecord.Fact] = _demand.Record.ToString();
            }
        }
    }

    private void RestoreFlows(DateTimeOffset at)
    {
        _flows?.Restore(_ledger.Fact(FlowsFact), i => _ledger.Leaves(i, i + 1) is [{ } bytes] ? LeafCodec.Decode(bytes) : null);
        if (_demand is null)
        {
            return;
        }

        // The block that runs up to then, as it was recorded.
        _demand.Restore(DemandRecord.Parse(_ledger.Fact(DemandRecord.Fact)));
        List<Leaf> readings = [];
        for (
            long next = _ledger.FirstIndexAt(Interval.SlotOf(at.AddTicks(-1), DemandWatch.Block).Start), size = _ledger.Size;
            next < size;

        )
        {
            IReadOnlyList<byte[]?> page = _ledger.Leaves(next, size);
            readings.AddRange(page.OfType<byte[]>().Select(b => LeafCodec.Decode(b)).Where(l => l.Head.Type == LeafType.Reading));
            next = page.Count > 0 ? next + page.Count : size;
        }

        foreach (IGrouping<DateTimeOffset, Leaf> slot in readings.GroupBy(l => l.Head.Time))
        {
            _demand.Seen(slot.Key, ReadingsIn(slot));
        }
    }

    private static Dictionary<string, FlowReading> ReadingsIn(IEnumerable<Leaf> leaves)
    {
        Dictionary<string, FlowReading> readings = [];
        foreach (
            (string name, FlowReading reading) in leaves.Where(l => l.Head.Type == LeafType.Reading).SelectMany(FlowAccount.ReadingsIn)
        )
        {
            readings[name] = reading;
        }

        return readings;
    }
}
