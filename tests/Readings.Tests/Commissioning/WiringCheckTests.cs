using CsCheck;
using EdgeGateway.Readings.Commissioning;

namespace EdgeGateway.Readings.Tests.Commissioning;

public class WiringCheckTests
{
    // PF 0.9 leading to 0.5 lagging, 0.5 to 100 A.
    private static readonly Gen<Load> Loads = Gen.Select(Gen.Double[115, 23_000], Gen.Double[-25.8, 60], (s, lag) => new Load(s, lag));

    private static readonly Gen<(double, double)> Clamps = Gen.Select(Gen.Double[-4, 4], Gen.Double[-0.04, 0.04]);

    private static readonly Gen<(Load[] Loads, (double, double)[] Clamps, int Channel, int Other)> Any = Gen.Select(
        Loads.Array[3],
        Clamps.Array[3],
        Gen.Int[0, 2],
        Gen.Int[1, 2],
        (l, c, i, step) => (l, c, i, (i + step) % 3)
    );

    private static readonly Load[] Usual = [new(2300, 10), new(4600, 25), new(1150, 0)];

    [Fact]
    public void A_healthy_installation_gives_no_verdict() =>
        Any.Sample(x => Assert.Empty(WiringCheck.Inspect(new Installation { Loads = x.Loads, Clamps = x.Clamps }.Observe())));

    [Fact]
    public void A_healthy_installation_that_adds_up_gives_no_verdict()
    {
        Installation installation = new() { Loads = Usual };
        Assert.Empty(WiringCheck.Inspect(installation.Observe(), installation.GridW));
    }

    [Fact]
    public void Every_reversed_clamp_is_named_and_so_is_generation_which_looks_the_same() =>
        Any.Sample(x =>
        {
            IReadOnlyList<Finding> findings = WiringCheck.Inspect(
                new Installation
                {
                    Loads = x.Loads,
                    Clamps = x.Clamps,
                    Reversed = x.Channel,
                }.Observe()
            );
            Finding named = Named(findings, FindingKind.Reversed, x.Channel);
            Assert.False(named.Certain && Math.Abs(x.Loads[x.Channel].LagDegrees) < 30);
            Assert.True(Math.Abs(x.Loads[x.Channel].LagDegrees) > 30 || findings.Any(f => f.Kind == FindingKind.FeedsBack));
        });

    [Fact]
    public void Every_pair_of_exchanged_clamps_is_named() =>
        Any.Sample(x =>
        {
            int[] conductors = [0, 1, 2];
            (conductors[x.Channel], conductors[x.Other]) = (x.Other, x.Channel);
            Named(
                WiringCheck.Inspect(
                    new Installation
                    {
                        Loads = x.Loads,
                        Clamps = x.Clamps,
                        Conductors = conductors,
                    }.Observe()
                ),
                FindingKind.Swapped,
                x.Channel,
                x.Other
            );
        });

    [Fact]
    public void Clamps_that_are_all_one_phase_on_are_named() =>
        Any.Sample(x =>
        {
            int[] conductors = x.Channel == 0 ? [1, 2, 0] : [2, 0, 1];
            Named(
                WiringCheck.Inspect(
                    new Installation
                    {
                        Loads = x.Loads,
                        Clamps = x.Clamps,
                        Conductors = conductors,
                    }.Observe()
                ),
                FindingKind.Swapped,
                0,
                1,
                2
            );
        });

    [Fact]
    public void Every_clamp_on_another_phase_is_named() =>
        Any.Sample(x =>
        {
            int[] conductors = [0, 1, 2];
            conductors[x.Channel] = x.Other;
            IReadOnlyList<Finding> findings = WiringCheck.Inspect(
                new Installation
                {
                    Loads = x.Loads,
                    Clamps = x.Clamps,
                    Conductors = conductors,
                }.Observe()
            );
            Named(findings, FindingKind.WrongPhase, x.Channel);
            Assert.Contains(findings, f =>
                f.Advice.StartsWith($"put the clamp of in-L{x.Channel + 1} round L{x.Channel + 1}", StringComparison.Ordinal)
            );
        });

    [Fact]
    public void Every_channel_whose_voltages_are_exchanged_with_anothers_is_named() =>
        Any.Sample(x =>
        {
            int[] voltages = [0, 1, 2];
            (voltages[x.Channel], voltages[x.Other]) = (x.Other, x.Channel);
            Named(
                WiringCheck.Inspect(
                    new Installation
                    {
                        Loads = x.Loads,
                        Clamps = x.Clamps,
                        Voltages = voltages,
                    }.Observe()
                ),
                FindingKind.Swapped,
                x.Channel,
                x.Other
            );
        });

    [Fact]
    public void Every_channel_with_the_voltage_of_another_phase_is_named() =>
        Any.Sample(x =>
        {
            int[] voltages = [0, 1, 2];
            voltages[x.Channel] = x.Other;
            IReadOnlyList<Finding> findings = WiringCheck.Inspect(
                new Installation
                {
                    Loads = x.Loads,
                    Clamps = x.Clamps,
                    Voltages = voltages,
                }.Observe()
            );
            Named(findings, FindingKind.WrongPhase, x.Channel);
            Assert.Contains(findings, f =>
                f.Advice.StartsWith($"put the voltage of L{x.Channel + 1} to in-L{x.Channel + 1}", StringComparison.Ordinal)
            );
        });

    [Fact]
    public void A_clamp_is_not_said_to_be_on_a_conductor_that_carries_another_current()
    {
        // Reversed with a lagging load looks like the next phase, but that phase has twice the current.
        Installation reversed = new() { Loads = [new(2300, 40), new(4600, 25), new(1150, 10)], Reversed = 0 };
        Assert.DoesNotContain(WiringCheck.Inspect(reversed.Observe()), f =>
            f.Advice.StartsWith("put the clamp of", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Every_open_and_every_saturated_clamp_is_named() =>
        Any.Sample(x =>
        {
            int[] conductors = [0, 1, 2];
            conductors[x.Channel] = -1;
            Finding open = Assert.Single(
                WiringCheck.Inspect(
                    new Installation
                    {
                        Loads = x.Loads,
                        Clamps = x.Clamps,
                        Conductors = conductors,
                    }.Observe()
                )
            );
            Assert.Equal((FindingKind.Open, false), (open.Kind, open.Certain));
            Finding saturated = Assert.Single(
                WiringCheck.Inspect(
                    new Installation
                    {
                        Loads = x.Loads,
                        Clamps = x.Clamps,
                        Saturated = x.Channel,
                    }.Observe()
                )
            );
            Assert.Equal((FindingKind.Saturated, true), (saturated.Kind, saturated.Certain));
            Assert.All([open, saturated], f => Assert.Equal([$"in-L{x.Channel + 1}"], f.Channels));
        });

    [Fact]
    public void The_grid_meter_tells_a_reversed_clamp_from_generation()
    {
        Installation reversed = new() { Loads = Usual, Reversed = 1 };
        Finding certain = Assert.Single(WiringCheck.Inspect(reversed.Observe(), reversed.GridW));
        Assert.Equal((FindingKind.Reversed, true), (certain.Kind, certain.Certain));
        Installation generation = new() { Loads = [Usual[0], new Load(4600, 180), Usual[2]] };
        Assert.Empty(WiringCheck.Inspect(generation.Observe(), generation.GridW));
    }

    [Fact]
    public void Phases_that_do_not_add_up_are_named()
    {
        Installation installation = new() { Loads = Usual };
        Finding finding = Assert.Single(WiringCheck.Inspect(installation.Observe(), installation.GridW * 1.1));
        Assert.Equal(FindingKind.SumDiffers, finding.Kind);
        Assert.Equal("the channels add up to 7584 W and the grid meter shows 8342 W, 758 W apart", finding.Evidence);
    }

    [Fact]
    public void A_verdict_says_what_was_seen_what_else_it_may_be_and_what_to_do()
    {
        IReadOnlyList<Finding> findings = WiringCheck.Inspect(new Installation { Loads = Usual, Reversed = 0 }.Observe());
        Finding reversed = Named(findings, FindingKind.Reversed, 0);
        Assert.Equal(
            "in-L1 (L1) 230 V, 10 A, -2265.1 W, -399.4 var: current 170° ahead of the voltage; in-L2 (L2) 230 V, 20 "
                + "A, 4169 W, 1944 var: current 25° behind the voltage; in-L3 (L3) 230 V, 5 A, 1150 W, 0 var: current 0° "
                + "behind the voltage. Turned by 180° in-L1 would be a load",
            reversed.Evidence
        );
        Assert.Equal(
            "turn the clamp of in-L1 round, or set reversed for it, unless it is generation on in-L1: switch a known resistive "
                + "load on each phase to tell",
            reversed.Advice
        );
    }

    [Fact]
    public void Two_faults_at_once_are_not_passed_over()
    {
        Finding finding = Assert.Single(
            WiringCheck.Inspect(
                new Installation
                {
                    Loads = [new(2300, 0), new(2300, 0), new(2300, 0)],
                    Conductors = [1, 1, 1],
                    Reversed = 1,
                }.Observe()
            )
        );
        Assert.Equal(FindingKind.CannotTell, finding.Kind);
    }

    [Fact]
    public void What_does_not_allow_a_verdict_says_so()
    {
        ObservedChannel[] all = new Installation { Loads = Usual }.Observe();
        Assert.Equal(FindingKind.NoVoltage, Only(all[0] with { Values = [all[0].Values[0] with { VoltageV = 3 }] }).Kind);
        Assert.Equal(FindingKind.CannotTell, Only(all[0] with { Values = [new LiveValues(CurrentA: 5, ApparentPowerVA: 1150)] }).Kind);
        Assert.Equal(FindingKind.CannotTell, Only(all[0] with { Values = [] }).Kind);
        Assert.Equal(FindingKind.CannotTell, Only(all[0] with { MayFeedBack = true }).Kind);
        Assert.Throws<ArgumentException>(() => WiringCheck.Inspect([all[0], all[0]]));

        Finding Only(ObservedChannel channel) => Assert.Single(WiringCheck.Inspect([channel, .. all[1..]]));
    }

    [Theory]
    [InlineData(0.0, 0.0, false)]
    [InlineData(0.1, 20.0, false)]
    [InlineData(0.21, 0.0, true)]
    [InlineData(0.05, -24.0, true)]
    public void Power_or_current_without_a_load_is_creep(double amperes, double watts, bool creeps)
    {
        ObservedChannel channel = new("in-L1", Phase.L1, 100, [new LiveValues(VoltageV: 230, CurrentA: amperes, ActivePowerW: watts)]);
        Assert.Equal(creeps, WiringCheck.InspectWithoutLoad([channel]) is [{ Kind: FindingKind.Creep, Certain: true }]);
    }

    private static Finding Named(IReadOnlyList<Finding> findings, FindingKind kind, params int[] channels)
    {
        string[] names = [.. channels.Order().Select(c => $"in-L{c + 1}")];
        Finding? named = findings.FirstOrDefault(f => f.Kind == kind && f.Channels.Order(StringComparer.Ordinal).SequenceEqual(names));
        Assert.True(named is not null, $"{kind} {string.Join(", ", names)} is not among:\n{string.Join("\n", findings)}");
        Assert.All(findings, f => Assert.True(f.Certain == (findings.Count == 1) || f.Kind is FindingKind.Saturated, f.ToString()));
        return named;
    }
}
