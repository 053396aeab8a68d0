using EdgeGateway.Accounting;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;
using EdgeGateway.Readings;

namespace EdgeGateway.Recording.Chapters;

/// <summary>Warnings before a new peak of demand, as they begin and end: leaves of the type alarm.</summary>
/// <param name="demand">Who warns.</param>
internal sealed class DemandChapter(DemandWatch demand) : IChapter
{
    /// <inheritdoc/>
    public void Restore(OpenTick tick)
    {
        demand.Restore(DemandRecord.Parse(tick.FactBefore(FactNames.Demand)));

        // The block that runs at the tick, as far as it was recorded.
        DateTimeOffset block = Interval.SlotOf(tick.At.AddTicks(-1), DemandWatch.Block).Start;
        foreach (
            IGrouping<DateTimeOffset, Leaf> slot in tick.LeavesSince(block)
                .Where(l => l.Head.Type == LeafType.Reading)
                .GroupBy(l => l.Head.Time)
        )
        {
            Dictionary<string, RegisterReading> readings = [];
            foreach ((string name, RegisterReading reading) in slot.SelectMany(RegisterReading.AllIn))
            {
                readings[name] = reading;
            }

            demand.Seen(slot.Key, readings);
        }
    }

    /// <inheritdoc/>
    public void Write(OpenTick tick)
    {
        DemandRecord before = demand.Record;
        foreach (DemandAlarm alarm in demand.Take(tick.At, tick.Readings))
        {
            AlarmLeaf leaf = new()
            {
                Alarm = "demand",
                Began = alarm.Began,
                Text = alarm.Text,
            };
            tick.Write(LeafType.Alarm, leaf.Records());
        }

        if (demand.Record != before)
        {
            tick.Remember(FactNames.Demand, demand.Record.ToString());
        }
    }
}
