using CsCheck;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Readings.Tests.Sampling;

public class PulseFilterTests
{
    private const long Ms = 1_000_000;

    /// <summary>Edges that alternate, starting high, at the given times in milliseconds.</summary>
    private static Edge[] Alternate(params long[] timesMs) => [.. timesMs.Select((t, n) => new Edge(t * Ms, n % 2 == 0))];

    private static (PulseFilter Filter, List<LevelChange> Changes) Run(PulseFilter filter, IEnumerable<Edge> edges, long endMs)
    {
        List<LevelChange> changes = [];
        foreach (Edge edge in edges)
        {
            Keep(filter.Push(edge));
        }

        Keep(filter.AdvanceTo(endMs * Ms));
        return (filter, changes);

        void Keep(LevelChange? change)
        {
            if (change is { } c)
            {
                changes.Add(c);
            }
        }
    }

    [Fact]
    public void Bounces_on_entry_and_exit_and_a_spike_leave_one_impulse_with_its_stable_edges()
    {
        // Closes at 0 with bounces until 4, opens at 60 with bounces until 63, spike at 150.
        Edge[] edges = Alternate(0, 1, 2, 3, 4, 60, 61, 62, 62, 63, 150, 155);
        var (filter, changes) = Run(new PulseFilter(30 * Ms, startHigh: false), edges, 500);
        Assert.Equal(1, filter.Count);
        Assert.Equal([new LevelChange(4 * Ms, true, true, null), new LevelChange(63 * Ms, false, false, 59 * Ms)], changes);
    }

    [Fact]
    public void A_level_counts_when_it_lasted_exactly_the_filter_time_and_not_a_nanosecond_less()
    {
        Assert.Equal(1, Run(new(30, false), [new(0, true), new(30, false)], 1).Filter.Count);
        Assert.Equal(0, Run(new(30, false), [new(0, true), new(29, false)], 1).Filter.Count);
        PulseFilter filter = new(30, false);
        filter.Push(new(100, true));
        Assert.Null(filter.AdvanceTo(129));
        Assert.Equal(new LevelChange(100, true, true, null), filter.AdvanceTo(130));
        Assert.Null(filter.AdvanceTo(131));
    }

    [Fact]
    public void The_first_transition_away_from_the_start_level_counts_when_it_rises()
    {
        Assert.Equal(1, Run(new(10 * Ms, startHigh: false), Alternate(0, 50), 100).Filter.Count);
        Assert.Equal(0, Run(new(10 * Ms, startHigh: true), [new(0, false)], 100).Filter.Count);
        Assert.Equal(1, Run(new(10 * Ms, startHigh: true), [new(0, false), new(50 * Ms, true)], 100).Filter.Count);
    }

    [Fact]
    public void Impulses_closer_than_the_minimum_period_are_seen_and_not_counted()
    {
        var (filter, changes) = Run(new(1 * Ms, false, minimumPeriodNs: 60 * Ms), Alternate(0, 10, 40, 50, 70, 80), 200);
        Assert.Equal(2, filter.Count);
        Assert.Equal([true, false, true], changes.Where(c => c.High).Select(c => c.Counted));
    }

    [Fact]
    public void An_edge_to_the_level_the_line_has_is_a_lost_edge_and_restarts_the_stable_time()
    {
        PulseFilter filter = new(30, false);
        filter.Push(new(0, true));
        filter.Push(new(20, true));
        Assert.Null(filter.AdvanceTo(49));
        Assert.Equal(20, filter.AdvanceTo(50)!.Value.TimeNs);
        Assert.Equal(1, filter.LostEdges);
    }

    [Theory]
    [InlineData(1, true, 1)] // fell in between: the lost edge explains that it rises again
    [InlineData(2, false, 2)]
    [InlineData(1, false, 2)] // levels that do not alternate with the one lost: one more must have been
    [InlineData(2, true, 3)]
    public void Edges_known_to_be_lost_are_counted_once_and_explain_the_level_after_them(long lostBefore, bool high, long lost)
    {
        PulseFilter filter = new(30, false);
        filter.Push(new(0, true));
        filter.Push(new(40, high, lostBefore));
        Assert.Equal(lost, filter.LostEdges);
    }

    [Fact]
    public void A_level_is_not_believed_for_a_time_in_which_edges_were_lost()
    {
        PulseFilter filter = new(30, false);
        filter.Push(new(0, true));
        Assert.Null(filter.Push(new(100, false, LostBefore: 2)));
        filter.Push(new(200, true));
        Assert.Equal(new LevelChange(200, true, true, null), filter.Push(new(230, false)));
        Assert.Equal(1, filter.Count);
    }

    [Fact]
    public void Time_that_steps_back_is_refused()
    {
        PulseFilter filter = new(30, false);
        filter.AdvanceTo(100);
        Assert.Throws<ArgumentOutOfRangeException>(() => filter.Push(new(99, true)));
        Assert.Throws<ArgumentOutOfRangeException>(() => filter.Push(new(99, true, LostBefore: 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => filter.AdvanceTo(99));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PulseFilter(-1, false));
    }

    private static readonly Gen<Edge[]> Edges = Gen.Long[0, 100]
        .Array[0, 60]
        .Select(gaps =>
        {
            long t = 0;
            return gaps.Select((gap, n) => new Edge(t += gap, n % 2 == 0)).ToArray();
        });

    [Fact]
    public void Telling_the_time_between_edges_changes_nothing() =>
        Gen.Select(Edges, Gen.Long[0, 60], Gen.Long[0, 150], Gen.Int[0, 100].Array[60])
            .Sample(
                (edges, stable, period, portions) =>
                {
                    long end = edges.Select(e => e.TimeNs).DefaultIfEmpty().Last() + 1000;
                    PulseFilter all = new(stable, false, period);
                    List<LevelChange?> expected = [.. edges.Select(e => all.Push(e))];
                    expected.Add(all.AdvanceTo(end));

                    PulseFilter chopped = new(stable, false, period);
                    List<LevelChange?> actual = [];
                    for (int i = 0; i < edges.Length; i++)
                    {
                        actual.Add(chopped.Push(edges[i]));
                        long next = i + 1 < edges.Length ? edges[i + 1].TimeNs : end;
                        actual.Add(chopped.AdvanceTo(edges[i].TimeNs + ((next - edges[i].TimeNs) * portions[i] / 100)));
                    }

                    actual.Add(chopped.AdvanceTo(end));
                    Assert.Equal(expected.Where(c => c is not null), actual.Where(c => c is not null));
                    Assert.Equal(all.Count, chopped.Count);
                }
            );

    [Fact]
    public void The_count_is_that_of_the_stable_highs_found_by_looking_at_the_whole_capture() =>
        Gen.Select(Edges, Gen.Long[1, 60])
            .Sample(
                (edges, stable) =>
                {
                    long end = edges.Select(e => e.TimeNs).DefaultIfEmpty().Last() + 1000;
                    var stableLevels = edges
                        .Select((e, i) => (e.High, Lasted: (i + 1 < edges.Length ? edges[i + 1].TimeNs : end) - e.TimeNs))
                        .Where(x => x.Lasted >= stable)
                        .Select(x => x.High)
                        .ToList();
                    int expected = stableLevels.Where((high, i) => high && (i == 0 || !stableLevels[i - 1])).Count();
                    Assert.Equal(expected, Run(new(stable, false), edges, end).Filter.Count);
                }
            );

    [Fact]
    public void Durations_are_summarised_by_shortest_middle_and_longest()
    {
        Assert.Null(DurationSummary.Of([]));
        Assert.Equal(new DurationSummary(1, 3, 9), DurationSummary.Of([9, 1, 3, 4]));
    }
}
