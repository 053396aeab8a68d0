using CsCheck;
using EdgeGateway.Carbon.Flows;

namespace EdgeGateway.Carbon.Tests;

public class FlowsPropertyTests
{
    private static readonly FlowSite Site = FlowsSome.Site("pv", "fossil:chp");

    [Fact]
    public void Rows_and_columns_add_up_to_what_was_measured_and_nothing_flows_backwards() =>
        FlowsSome.Intervals.Sample(intervals =>
        {
            FlowLedger ledger = new(Site);
            foreach (FlowInterval i in intervals)
            {
                if (ledger.Take(i) is not { } flows)
                {
                    continue;
                }

                Assert.All(Enumerable.Range(0, flows.Sources.Count), row =>
                    Assert.All(Enum.GetValues<FlowSink>(), sink => Assert.True(flows[row, sink] >= 0))
                );
                Assert.Equal(i.Import!.Value, flows.From(s => s.Name == "grid"));
                Assert.Equal(i.Generation[0]!.Value, flows.From(s => s.Name == "pv"));
                Assert.Equal(i.Generation[1]!.Value, flows.From(s => s.Name == "fossil:chp"));
                Assert.Equal(i.Discharge!.Value, flows.From(s => s.ViaBattery));
                Assert.Equal(i.Export!.Value, flows.To(FlowSink.Export));
                Assert.Equal(i.Charge!.Value, flows.To(FlowSink.Charge));
                Assert.Equal(i.Load ?? flows.To(FlowSink.Load), flows.To(FlowSink.Load));
                Assert.Equal(i.Losses ?? flows.To(FlowSink.Losses), flows.To(FlowSink.Losses));
                Assert.True(flows.From(s => s.Name == "difference") == 0 || flows.To(FlowSink.Difference) == 0);
            }

            Assert.Equal(intervals.Length, ledger.Totals.Solved + ledger.Totals.NotSolved);
        });

    [Fact]
    public void Import_is_exported_and_discharge_charged_only_when_nothing_else_can_have_supplied_it() =>
        FlowsSome.Intervals.Sample(intervals =>
        {
            FlowLedger ledger = new(Site);
            foreach (FlowInterval i in intervals)
            {
                if (ledger.Take(i) is { } flows)
                {
                    Int128 own = flows.From(s => !s.ViaBattery && s.Name != "grid");
                    Assert.Equal(
                        Int128.Max(0, i.Export!.Value - own - i.Discharge!.Value),
                        flows.To(FlowSink.Export, s => s.Name == "grid")
                    );
                    Assert.Equal(Int128.Max(0, i.Charge!.Value - own - i.Import!.Value), flows.To(FlowSink.Charge, s => s.ViaBattery));
                }
            }
        });

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(931_417)]
    [InlineData(1_000_000)]
    public void The_battery_holds_what_was_charged_and_found_less_what_was_discharged_and_lost_and_never_less_than_nothing(
        int? efficiency
    ) =>
        FlowsSome.Intervals.Sample(intervals =>
        {
            FlowLedger ledger = new(Site with { ChargeEfficiencyMillionths = efficiency, InitialContent = 3 });
            foreach (FlowInterval i in intervals)
            {
                ledger.Take(i);
                FlowTotals t = ledger.Totals;
                Assert.Equal(3 + t.Charged + t.Found - t.Discharged - t.BatteryLosses.Total, ledger.Battery.Total);
                Assert.All(ledger.Battery.Energy, e => Assert.True(e >= 0));
                Assert.InRange(ledger.Battery.WithoutIntensity, 0, ledger.Battery.Energy[0]);
                Assert.True(ledger.Battery.Femtograms >= 0);
                Assert.True(ledger.Battery.WithoutIntensity < ledger.Battery.Energy[0] || ledger.Battery.Femtograms == 0);
                Assert.Equal(i.Stored ?? ledger.Battery.Total, ledger.Battery.Total);
            }
        });

    [Fact]
    public void The_grids_carbon_ends_in_the_sinks_the_losses_and_the_store() =>
        FlowsSome.Intervals.Sample(intervals =>
        {
            FlowLedger ledger = FlowsSome.Run(Site with { ChargeEfficiencyMillionths = 900_000 }, null, intervals);
            Int128 emitted = 0;
            foreach (FlowInterval i in intervals)
            {
                emitted += Solved(i) ? (Int128)(i.Intensity ?? 0) * i.Import!.Value : 0;
            }

            FlowTotals t = ledger.Totals;
            Int128 ended = t.BatteryLosses.Femtograms + ledger.Battery.Femtograms;
            foreach (FlowSink sink in Enum.GetValues<FlowSink>().Where(s => s != FlowSink.Charge))
            {
                ended += t.DirectCarbon[(int)sink].Femtograms + t.BatteryCarbon[(int)sink].Femtograms;
            }

            // What is taken for the difference counts as the grid's.
            Int128 difference = 0;
            foreach (FlowInterval i in intervals)
            {
                FlowMatrix? flows = new FlowLedger(Site).Take(i);
                difference += flows is null
                    ? 0
                    : (flows.From(s => s.Name == "difference") - flows[3, FlowSink.Charge]) * (i.Intensity ?? 0);
            }

            // Of all energy that a battery took from itself again, nothing is counted twice.
            Assert.Equal(emitted + difference, ended + Unsolved(ledger, intervals));

            bool Solved(FlowInterval i) => !ledger.Unsolvable.Any(u => u.Start == i.Start);
        });

    [Fact]
    public void A_period_is_the_sum_of_its_parts_wherever_it_is_split() =>
        Gen.Select(FlowsSome.Intervals, Gen.Int[0, 12])
            .Sample(
                (intervals, at) =>
                {
                    int split = Math.Min(at, intervals.Length - 1);
                    FlowLedger whole = FlowsSome.Run(Site, null, intervals);
                    FlowLedger first = FlowsSome.Run(Site, null, intervals[..split]);
                    BatteryState? state = split == 0 ? null : BatteryState.Parse("state", new StringReader(first.Save().ToText()));
                    FlowLedger second = FlowsSome.Run(Site, state, intervals[split..]);

                    Assert.Equal(whole.Save().ToText(), second.Save().ToText());
                    for (int row = 0; row < whole.Totals.Flows.Sources.Count; row++)
                    {
                        Assert.All(Enum.GetValues<FlowSink>(), sink =>
                            Assert.Equal(whole.Totals.Flows[row, sink], first.Totals.Flows[row, sink] + second.Totals.Flows[row, sink])
                        );
                    }

                    Assert.All(Enum.GetValues<FlowSink>(), sink =>
                        Assert.Equal(
                            whole.Totals.BatteryCarbon[(int)sink].Femtograms,
                            first.Totals.BatteryCarbon[(int)sink].Femtograms + second.Totals.BatteryCarbon[(int)sink].Femtograms
                        )
                    );
                    Assert.Equal(whole.Totals.Found, first.Totals.Found + second.Totals.Found);
                    Assert.Equal(whole.Totals.BatteryLosses.Total, first.Totals.BatteryLosses.Total + second.Totals.BatteryLosses.Total);
                }
            );

    [Fact]
    public void Any_unit_gives_the_same_digits() =>
        Gen.Long[0, 999_999_999]
            .Array[8]
            .Array[1, 6]
            .Sample(rows =>
            {
                string[] texts =
                [
                    .. new[] { ("Wh", 1_000_000m), ("kWh", 1_000_000_000m), ("MWh", 1_000_000_000_000m) }.Select(unit =>
                    {
                        string csv = string.Join(
                            ',',
                            new[] { "import", "export", "pv", "charge", "discharge" }.Select(c => $"{c}[{unit.Item1}]")
                        );
                        csv =
                            $"time[15min],{csv}\n"
                            + string.Concat(
                                rows.Select(
                                    (r, n) =>
                                        $"{FlowsSome.Midnight.AddMinutes(15 * n):yyyy-MM-dd'T'HH:mm'Z'},"
                                        + $"{string.Join(',', r.Take(5).Select(v => v / unit.Item2))}\n"
                                )
                            );
                        FlowFile file = new("f", new StringReader(csv));
                        FlowLedger ledger = new(file.Site);
                        while (file.Next() is { } interval)
                        {
                            ledger.Take(interval);
                        }

                        return ledger.Save().ToText() + string.Join('\n', FlowFigures.Of(ledger).Select(f => f.Exact));
                    }),
                ];
                Assert.Equal(texts[1], texts[0]);
                Assert.Equal(texts[1], texts[2]);
            });

    /// <summary>Carbon of the grid that left the battery in intervals that were not attributed: it is in no sink.</summary>
    private static Int128 Unsolved(FlowLedger ledger, FlowInterval[] intervals)
    {
        FlowLedger again = new(Site with { ChargeEfficiencyMillionths = 900_000 });
        Int128 gone = 0;
        foreach (FlowInterval i in intervals)
        {
            if (!ledger.Unsolvable.Any(u => u.Start == i.Start))
            {
                again.Take(i);
                continue;
            }

            Int128 before = again.Battery.Femtograms + again.Totals.BatteryLosses.Femtograms;
            again.Take(i);
            gone += before - again.Battery.Femtograms - again.Totals.BatteryLosses.Femtograms;
        }

        return gone;
    }
}
