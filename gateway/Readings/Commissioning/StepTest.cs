using static EdgeGateway.Readings.Commissioning.FindingKind;

namespace EdgeGateway.Readings.Commissioning;

/// <summary>A known resistive load that is switched on on one phase. It settles what angles alone leave open.</summary>
/// <param name="Phase">The phase it is on.</param>
/// <param name="PowerW">Its power, watts.</param>
/// <param name="Expected">Names of the channels that should see it.</param>
/// <param name="Before">All channels while it is off; those of other circuits too if their clamps may be exchanged.</param>
/// <param name="After">The same channels in the same order while it is on.</param>
public sealed record StepTest(
    Phase Phase,
    double PowerW,
    IReadOnlyList<string> Expected,
    IReadOnlyList<ObservedChannel> Before,
    IReadOnlyList<ObservedChannel> After
)
{
    private const double MovedOfStep = 0.3; // the part of the load's power from which a channel has seen it
    private const double Near = 25; // degrees
    private const double SameSize = 0.25; // of the load's power

    /// <summary>What may be wrong. Empty: the expected channels see the load as it is, and no other sees it.</summary>
    /// <exception cref="ArgumentException">The two lists are not of the same channels, or the load has no power.</exception>
    public IReadOnlyList<Finding> Inspect()
    {
        if (!(PowerW > 0) || !Before.Select(c => c.Name).SequenceEqual(After.Select(c => c.Name)))
        {
            throw new ArgumentException("A step test needs the power of its load, and the same channels before and after.");
        }

        Step[] steps = [.. Before.Zip(After, (b, a) => new Step(new Seen(b), new Seen(a)))];
        Step[] moved = [.. steps.Where(s => s.SizeVA >= MovedOfStep * PowerW)];
        Step[] still = [.. steps.Where(s => Expected.Contains(s.Name) && !moved.Contains(s))];
        Step[] strangers = [.. moved.Where(s => !Expected.Contains(s.Name))];
        List<Finding> findings = [.. moved.Except(strangers).Select(OfExpected).OfType<Finding>()];
        foreach (Step s in still)
        {
            findings.Add(
                strangers.Length > 0
                    ? Finding.Of(
                        Swapped,
                        [s.After, .. strangers.Select(o => o.After)],
                        strangers.Length == 1,
                        $"{PowerW:0} W more on {Phase} move {string.Join(" and ", strangers.Select(o => o.ToString()))}, and not {s}",
                        $"exchange the clamps of {s.Name} and {string.Join(" or ", strangers.Select(o => o.Name))}, or their wires"
                    )
                    : Finding.Of(
                        Open,
                        [s.After],
                        false,
                        $"{PowerW:0} W more on {Phase} do not move {s}",
                        $"its clamp is not closed, not round {Phase} or its wire is off, or the load is not behind it"
                    )
            );
        }

        foreach (Step s in still.Length == 0 ? strangers : [])
        {
            findings.Add(
                Finding.Of(
                    WrongPhase,
                    [s.After],
                    true,
                    $"{PowerW:0} W more on {Phase} move {s} too, which is of {s.After.Channel.Phase}",
                    $"its clamp is round a conductor of {Phase}: put it round {s.After.Channel.Phase}"
                )
            );
        }

        return findings;
    }

    private Finding? OfExpected(Step s)
    {
        if (!s.HasAngle)
        {
            return Finding.Of(
                CannotTell,
                [s.After],
                false,
                $"{s} has no active and reactive power",
                $"direction and phase of its clamp need both"
            );
        }

        double lag = s.Lag;
        string shows = $"{PowerW:0} W more on {Phase} show as {s}";
        if (Angles.Near(lag, 0, Near))
        {
            return OfSize(s, shows);
        }

        if (Angles.Near(lag, 180, Near))
        {
            return Finding.Of(Reversed, [s.After], true, shows, $"turn the clamp of {s.Name} round, or set reversed for it");
        }

        if (Angles.Near(Math.Abs(lag), 120, Near) || Angles.Near(Math.Abs(lag), 60, Near))
        {
            string turn = Math.Abs(lag) < 90 ? ", and turn the clamp round" : "";
            return Finding.Of(
                WrongPhase,
                [s.After],
                true,
                $"{shows}, {lag:0}° off",
                $"its clamp is round {Phase} and its voltage is of another phase: put the voltage of {Phase} to it{turn}"
            );
        }

        return Finding.Of(
            CannotTell,
            [s.After],
            false,
            $"{shows}, {lag:0}° off",
            $"something else was switched meanwhile, or the load is not resistive: repeat"
        );
    }

    private Finding? OfSize(Step s, string shows) =>
        Math.Abs((s.SizeVA / PowerW) - 1) <= SameSize
            ? null
            : Finding.Of(
                StepDiffers,
                [s.After],
                true,
                shows,
                $"compare its transformer and divider with the site file, and the load's power with its plate at {s.After.VoltageV:0} V"
            );

    private sealed record Step(Seen Before, Seen After)
    {
        public string Name => After.Channel.Name;

        public bool HasAngle =>
            Before.ReactiveVar is not null && After.ReactiveVar is not null && Before.ActiveW is not null && After.ActiveW is not null;

        public double Lag => Angles.Of(ActiveW, ReactiveVar);

        // Without powers, as behind a clamp alone, the currents tell the size.
        public double SizeVA =>
            HasAngle
                ? double.Hypot(ActiveW, ReactiveVar)
                : Math.Abs((After.CurrentA ?? 0) - (Before.CurrentA ?? 0)) * (After.VoltageV ?? AssumedV);

        private const double AssumedV = 230;

        private double ActiveW => After.ActiveW!.Value - Before.ActiveW!.Value;

        private double ReactiveVar => After.ReactiveVar!.Value - Before.ReactiveVar!.Value;

        public override string ToString() =>
            HasAngle
                ? $"{Name} by {ActiveW:0.#} W and {ReactiveVar:0.#} var"
                : $"{Name} by {(After.CurrentA ?? 0) - (Before.CurrentA ?? 0):0.##} A";
    }
}
