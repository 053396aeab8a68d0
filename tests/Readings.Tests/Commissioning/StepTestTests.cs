using CsCheck;
using EdgeGateway.Readings.Commissioning;

namespace EdgeGateway.Readings.Tests.Commissioning;

public class StepTestTests
{
    private const double Heater = 2000;

    private static readonly Gen<(Load[] Loads, int Channel, int Other)> Any = Gen.Select(
        Gen.Select(Gen.Double[115, 23_000], Gen.Double[-25.8, 60], (s, lag) => new Load(s, lag)).Array[3],
        Gen.Int[0, 2],
        Gen.Int[1, 2],
        (l, i, step) => (l, i, (i + step) % 3)
    );

    [Fact]
    public void A_healthy_installation_shows_a_known_load_as_it_is() =>
        Any.Sample(x => Assert.Empty(OnEveryPhase(new Installation { Loads = x.Loads })));

    [Fact]
    public void A_reversed_clamp_is_certain_whatever_else_is_on() =>
        Any.Sample(x =>
        {
            Finding finding = Assert.Single(OnEveryPhase(new Installation { Loads = x.Loads, Reversed = x.Channel }));
            Assert.Equal((FindingKind.Reversed, true, Name(x.Channel)), (finding.Kind, finding.Certain, finding.Channels.Single()));
        });

    [Fact]
    public void Generation_is_not_taken_for_a_reversed_clamp() =>
        Any.Sample(x =>
        {
            x.Loads[x.Channel] = new Load(20_000, 180);
            Assert.Empty(OnEveryPhase(new Installation { Loads = x.Loads }));
        });

    [Fact]
    public void Exchanged_clamps_are_certain() =>
        Any.Sample(x =>
        {
            int[] conductors = [0, 1, 2];
            (conductors[x.Channel], conductors[x.Other]) = (x.Other, x.Channel);
            IReadOnlyList<Finding> findings = OnEveryPhase(new Installation { Loads = x.Loads, Conductors = conductors });
            Assert.Equal(2, findings.Count);
            Assert.All(findings, f => Assert.Equal((FindingKind.Swapped, true), (f.Kind, f.Certain)));
            Assert.All(findings, f => Assert.Equal(new HashSet<string> { Name(x.Channel), Name(x.Other) }, f.Channels.ToHashSet()));
        });

    [Fact]
    public void A_clamp_on_another_phase_is_certain_and_that_it_is_missing_on_its_own_is_told() =>
        Any.Sample(x =>
        {
            int[] conductors = [0, 1, 2];
            conductors[x.Channel] = x.Other;
            IReadOnlyList<Finding> findings = OnEveryPhase(new Installation { Loads = x.Loads, Conductors = conductors });
            Assert.Contains(findings, f => f is { Kind: FindingKind.WrongPhase, Certain: true } && f.Channels.Single() == Name(x.Channel));
            Assert.Contains(findings, f => f is { Kind: FindingKind.Open, Certain: false } && f.Channels.Single() == Name(x.Channel));
            Assert.Equal(2, findings.Count);
        });

    [Fact]
    public void An_open_clamp_does_not_move() =>
        Any.Sample(x =>
        {
            int[] conductors = [0, 1, 2];
            conductors[x.Channel] = -1;
            Finding finding = Assert.Single(OnEveryPhase(new Installation { Loads = x.Loads, Conductors = conductors }));
            Assert.Equal((FindingKind.Open, Name(x.Channel)), (finding.Kind, finding.Channels.Single()));
        });

    [Fact]
    public void A_voltage_of_another_phase_is_named()
    {
        Installation wrong = new() { Loads = [new(2300, 0), new(2300, 0), new(2300, 0)], Voltages = [1, 1, 2] };
        Finding finding = Assert.Single(OnEveryPhase(wrong));
        Assert.Equal((FindingKind.WrongPhase, "in-L1"), (finding.Kind, finding.Channels.Single()));
        Assert.Equal("2000 W more on L1 show as in-L1 by -1000 W and -1732.1 var, -120° off", finding.Evidence);
    }

    [Fact]
    public void A_load_that_shows_as_another_is_named()
    {
        Installation wrong = new() { Loads = [new(2300, 0), new(2300, 0), new(2300, 0)], Clamps = [(0, 1), (0, 0), (0, 0)] };
        Finding finding = Assert.Single(OnEveryPhase(wrong));
        Assert.Equal((FindingKind.StepDiffers, "in-L1"), (finding.Kind, finding.Channels.Single()));
    }

    [Fact]
    public void Clamps_without_a_voltage_that_are_exchanged_between_loads_of_one_phase_are_named()
    {
        static ObservedChannel Clamp(string name, double amperes) => new(name, Phase.L1, 100, [new LiveValues(CurrentA: amperes)]);
        StepTest test = new(Phase.L1, 2300, ["press"], [Clamp("press", 5), Clamp("oven", 7)], [Clamp("press", 5), Clamp("oven", 17)]);
        Finding finding = Assert.Single(test.Inspect());
        Assert.Equal((FindingKind.Swapped, true), (finding.Kind, finding.Certain));
        Assert.Equal(["press", "oven"], finding.Channels);
    }

    [Fact]
    public void A_test_of_nothing_is_refused()
    {
        ObservedChannel[] all = new Installation { Loads = [new(1, 0), new(1, 0), new(1, 0)] }.Observe();
        Assert.Throws<ArgumentException>(() => new StepTest(Phase.L1, 0, ["in-L1"], all, all).Inspect());
        Assert.Throws<ArgumentException>(() => new StepTest(Phase.L1, 100, ["in-L1"], all, all[1..]).Inspect());
    }

    private static IReadOnlyList<Finding> OnEveryPhase(Installation installation) =>
        [
            .. Enumerable
                .Range(0, 3)
                .SelectMany(p =>
                    new StepTest((Phase)p, Heater, [Name(p)], installation.Observe(), installation.With(Heater, p).Observe()).Inspect()
                ),
        ];

    private static string Name(int channel) => $"in-L{channel + 1}";
}
