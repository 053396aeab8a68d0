using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Metering;
using EdgeGateway.Readings;

namespace EdgeGateway.Recording.Chapters;

/// <summary>What registers lack, the time in which the gateway was off, and a log that was lost: leaves of the type gap.</summary>
/// <param name="groups">The groups.</param>
/// <param name="now">Has the gaps that readings came with.</param>
/// <param name="lost">The log before this one, where it cannot go on.</param>
internal sealed class GapsChapter(IReadOnlyList<RecordedGroup> groups, Now now, LostLog? lost) : IChapter
{
    private readonly List<MeterGap> _taken = [];

    /// <inheritdoc/>
    public void Start(OpenTick tick, ProcessStart start)
    {
        if (tick.First == 0)
        {
            if (lost is not null)
            {
                tick.Write(LeafType.Gap, lost.GapUntil(tick.At).Records());
            }

            return;
        }

        // Where the clock was set back since, nobody can say how long the gateway was off.
        if (tick.LeafAt(tick.First - 1)?.Head.Time is not { } last || last >= tick.At)
        {
            return;
        }

        Gap off = new(last, tick.At, GapCause.NotRunning);
        foreach (RecordedGroup group in groups)
        {
            Write(tick, group, null, off);
        }
    }

    /// <inheritdoc/>
    public void Write(OpenTick tick)
    {
        _taken.Clear();
        foreach (RecordedGroup group in groups)
        {
            foreach (string meter in group.Meters)
            {
                MeterGap[] gaps = [.. now.TakeGaps(meter).Select(gap => new MeterGap(meter, gap))];
                _taken.AddRange(gaps);
                foreach (MeterGap gap in gaps)
                {
                    Write(tick, group, meter, gap.Gap);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Undo()
    {
        foreach (MeterGap taken in _taken)
        {
            now.Note(taken.Meter, taken.Gap);
        }

        _taken.Clear();
    }

    private static void Write(OpenTick tick, RecordedGroup group, string? meter, Gap gap)
    {
        long leaf = tick.Write(LeafType.Gap, GapLeaf.Of(meter, gap).Records(), head => head with { Group = group.Name });
        tick.Gaps.Add(new RecordedGap(group, meter, gap, leaf));
    }

    private readonly record struct MeterGap(string Meter, Gap Gap);
}
