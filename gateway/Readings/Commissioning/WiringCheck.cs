using static EdgeGateway.Readings.Commissioning.FindingKind;

namespace EdgeGateway.Readings.Commissioning;

/// <summary>Finds wiring faults of one circuit from its live values.</summary>
/// <remarks>
/// <para>
/// A load lies between PF 0.5 lagging and 0.9 leading. A clamp that is reversed turns that range by 180°, one on the next phase by ±120°:
/// </para>
/// <code>
///   lag   −180    −120     −60       0       60      120     180
///   right                    [-26 ······· 60]
///   reversed  ···· −120]                                [154 ····
///   +120°                                       [94 ········ 180]
///   −120°       [−146 ······ −60]
/// </code>
/// <para>
/// No fault looks like a right clamp, but some look like each other. So every fault that explains all channels together is named; where
/// there is more than one, none is certain, and a known load switched on each phase tells (<see cref="StepTest"/>). Two clamps round one
/// conductor show the same current. The phase sequence is taken as L1, L2, L3.
/// </para>
/// </remarks>
public static class WiringCheck
{
    // Degrees: PF 0.9 leading to 0.5 lagging, and five degrees more for uncalibrated clamps.
    private const double MostLead = 26 + 5;
    private const double MostLag = 60 + 5;

    // A generator runs near PF 1.
    private const double MostOfGenerator = 40;

    private const double SameAngle = 10;
    private const double SameCurrent = 0.1;
    private const double SameSum = 0.05;
    private const double CreepOfRated = 0.001;

    // An exchanged clamp makes the current lag by the shift between the phases, an exchanged voltage makes it lead by as much.
    private static readonly (string What, double Sign)[] Exchanged = [("clamps", 1), ("voltages", -1)];

    private const string SwitchALoad = "switch a known resistive load on each phase to tell";

    /// <summary>What may be wrong. Empty: nothing that can be told from these values.</summary>
    /// <param name="circuit">The channels of one circuit, one a phase.</param>
    /// <param name="gridW">Active power of the whole circuit by the grid meter over the same while, watts, import positive; null without
    /// one.</param>
    /// <exception cref="ArgumentException">Two channels are of one phase.</exception>
    public static IReadOnlyList<Finding> Inspect(IReadOnlyList<ObservedChannel> circuit, double? gridW = null)
    {
        if (circuit.DistinctBy(c => c.Phase).Count() != circuit.Count)
        {
            throw new ArgumentException("A circuit has one channel a phase. Inspect each circuit by itself.", nameof(circuit));
        }

        Seen[] seen = [.. circuit.Select(c => new Seen(c))];
        Seen[] loaded = [.. seen.Where(s => s.HasAngle)];
        List<Finding> findings = [.. seen.SelectMany(s => OfOne(s, loaded, gridW))];
        findings.AddRange(OfAngles(seen, loaded, gridW));
        return findings;
    }

    /// <summary>Which channels show a load while everything behind the clamps is switched off.</summary>
    /// <param name="channels">Any channels.</param>
    public static IReadOnlyList<Finding> InspectWithoutLoad(IReadOnlyList<ObservedChannel> channels) =>
        [
            .. channels
                .Select(c => new Seen(c))
                .Where(s => s.HasCurrent || Math.Abs(s.ActiveW ?? 0) > CreepOfRated * (s.VoltageV ?? 0) * (double)s.Channel.RatedA)
                .Select(s =>
                    Finding.Of(
                        Creep,
                        [s],
                        true,
                        $"{s.Channel.Name} shows {s.CurrentA:0.###} A and {s.ActiveW ?? 0:0.##} W though all is switched off",
                        "make sure that nothing is on; then calibrate offset and noise without a load, and keep the clamp's "
                            + "wires away from other conductors"
                    )
                ),
        ];

    private static IEnumerable<Finding> OfOne(Seen s, Seen[] loaded, double? gridW)
    {
        string name = s.Channel.Name;
        if (s.Channel.Saturated)
        {
            yield return Finding.Of(
                Saturated,
                [s],
                true,
                $"{name} was beyond its range, at {s.CurrentA ?? 0:0.#} A of {s.Channel.RatedA} A rated",
                $"take a clamp for a larger current, or one with less secondary voltage; what is beyond the range is not counted"
            );
        }

        if (s.CurrentA is null)
        {
            yield return Unknown(s, $"{name} has no value of a current", $"look at why the meter is missing");
        }
        else if (!s.HasCurrent)
        {
            yield return WithoutCurrent(s, loaded, gridW);
        }
        else if (s.VoltageV is null)
        {
            yield return Unknown(s, $"{name} measures no voltage", $"direction and phase of its clamp cannot be told and do not matter");
        }
        else if (!s.HasVoltage)
        {
            yield return Finding.Of(
                NoVoltage,
                [s],
                true,
                $"{name} has {s.VoltageV:0.#} V",
                $"look at its fuse and at the wires of its voltage input"
            );
        }
        else if (!s.HasAngle)
        {
            yield return Unknown(s, $"{name} has no active or reactive power", $"direction and phase of its clamp need both");
        }
        else if (s.Channel.MayFeedBack && gridW is null)
        {
            yield return Unknown(s, $"{s} and may feed back", $"the sign does not tell the clamp's direction: {SwitchALoad}");
        }
    }

    private static Finding Unknown(Seen s, string evidence, string advice) => Finding.Of(CannotTell, [s], false, evidence, advice);

    private static Finding WithoutCurrent(Seen s, Seen[] loaded, double? gridW)
    {
        double others = loaded.Where(o => o != s).Select(o => o.CurrentA ?? 0).DefaultIfEmpty(0).Max();
        double missing = (gridW ?? 0) - loaded.Sum(o => o.ActiveW!.Value);
        bool grid = gridW is not null && Math.Abs(missing) > SameSum * Math.Abs(gridW.Value);
        string gridSays = grid ? $", and the grid meter has {missing:0} W that no channel shows" : "";
        string shows = $"{s.Channel.Name} shows {s.CurrentA:0.###} A of {s.Channel.RatedA} A rated";
        return Finding.Of(
            Open,
            [s],
            false,
            $"{shows} while the circuit's others carry up to {others:0.##} A{gridSays}",
            $"its clamp is not closed, not round the conductor or its wire is off, or this phase has no load: switch one on"
        );
    }

    private static IEnumerable<Finding> OfAngles(Seen[] seen, Seen[] loaded, double? gridW)
    {
        Seen[] odd = [.. loaded.Where(s => !IsLoad(s.Lag) && !(s.Channel.MayFeedBack && IsGenerator(s.Lag)))];
        double sum = loaded.Sum(s => s.ActiveW!.Value);
        bool complete = seen.All(s => s.HasAngle || !s.HasCurrent);
        if (odd.Length == 0)
        {
            if (gridW is { } grid && complete && loaded.Length > 0 && !SumIs(grid, sum, loaded))
            {
                yield return SumFinding(loaded, sum, grid);
            }

            yield break;
        }

        Explanation[] all = [.. Explanations(loaded, odd)];
        Explanation[] fitting = all;
        if (gridW is not null && complete)
        {
            fitting = [.. all.Where(e => e.SumW is not { } w || SumIs(gridW.Value, w, loaded))];
        }
        if (gridW is not null && complete && fitting.Any(e => e.Kind == FeedsBack))
        {
            yield break; // the grid meter agrees that power flows back
        }

        string evidence = string.Join("; ", loaded.Select(s => s.ToString()));
        if (all.Length == 0)
        {
            yield return Finding.Of(
                CannotTell,
                odd,
                false,
                $"{evidence}. No single fault explains this together",
                $"there may be several: correct one channel at a time, and {SwitchALoad}"
            );
        }

        if (fitting.Length == 0 && gridW is { } unexplained)
        {
            yield return SumFinding(loaded, sum, unexplained);
        }

        Explanation[] told = fitting.Length > 0 ? fitting : all;
        foreach (Explanation e in told)
        {
            bool certain = told.Length == 1 && fitting.Length == 1;
            string others = string.Join(" or ", told.Where(o => o != e).Select(o => o.Words).Distinct());
            string doubt = others.Length == 0 ? $"; {SwitchALoad}" : $", unless it is {others}: {SwitchALoad}";
            string advice = certain ? e.Advice : e.Advice + doubt;
            yield return Finding.Of(e.Kind, e.Channels, certain, $"{evidence}. {e.Because}", advice);
        }
    }

    private static Finding SumFinding(Seen[] loaded, double sum, double grid) =>
        Finding.Of(
            SumDiffers,
            loaded,
            true,
            $"the channels add up to {sum:0} W and the grid meter shows {grid:0} W, {Math.Abs(sum - grid):0} W apart",
            "look for a load before the clamps, for transformers or dividers that differ from the site file, and for a channel "
                + "that is missing"
        );

    private static bool SumIs(double grid, double sum, Seen[] loaded) =>
        Math.Abs(sum - grid) <= SameSum * Math.Max(Math.Abs(grid), loaded.Sum(s => Math.Abs(s.ActiveW!.Value)));

    private static IEnumerable<Explanation> Explanations(Seen[] loaded, Seen[] odd) =>
        [
            .. OfDirection(loaded, odd),
            .. odd.Length == 1 ? OfOtherPhase(loaded, odd[0]) : [],
            .. Orders(loaded).SelectMany(order => OfExchange(loaded, odd, order)),
        ];

    // All odd channels are reversed, or all generate.
    private static IEnumerable<Explanation> OfDirection(Seen[] loaded, Seen[] odd)
    {
        string names = string.Join(", ", odd.Select(s => s.Channel.Name));
        if (odd.All(s => IsLoad(s.Lag - 180)))
        {
            yield return new(
                Reversed,
                odd,
                loaded.Sum(s => odd.Contains(s) ? -s.ActiveW!.Value : s.ActiveW!.Value),
                $"reversed: {names}",
                $"Turned by 180° {names} would be a load",
                $"turn the clamp of {names} round, or set reversed for it"
            );
        }

        if (odd.All(s => IsGenerator(s.Lag)))
        {
            yield return new(
                FeedsBack,
                odd,
                loaded.Sum(s => s.ActiveW!.Value),
                $"generation on {names}",
                $"As generation {names} would be right",
                $"leave it as it is if there is generation on {names}"
            );
        }
    }

    // The clamp or the voltage of one channel is of another phase.
    private static IEnumerable<Explanation> OfOtherPhase(Seen[] loaded, Seen s)
    {
        string name = s.Channel.Name;
        foreach (Phase other in Enum.GetValues<Phase>().Where(p => p != s.Channel.Phase))
        {
            double shift = 120 * ((int)other - s.Phase);
            Seen? partner = Array.Find(loaded, o => o.Channel.Phase == other);
            if (IsLoad(s.Lag - shift) && (partner is null || IsSameConductor(s, shift, partner)))
            {
                string same = partner is null ? "" : $", and it is that of {partner.Channel.Name}";
                yield return new(
                    WrongPhase,
                    [s],
                    null,
                    $"clamp of {name} on {other}",
                    $"On {other} the current of {name} would be that of a load{same}",
                    $"put the clamp of {name} round {s.Channel.Phase}"
                );
            }

            if (IsLoad(s.Lag + shift))
            {
                double own = s.ApparentVA * Math.Cos((s.Lag + shift) * Math.PI / 180);
                yield return new(
                    WrongPhase,
                    [s],
                    loaded.Sum(o => o == s ? own : o.ActiveW!.Value),
                    $"voltage of {name} from {other}",
                    $"With the voltage of {other} taken for {s.Channel.Phase}, {name} would be a load",
                    $"put the voltage of {s.Channel.Phase} to {name}"
                );
            }
        }
    }

    // Clamps or voltages are exchanged: the channel i really has those of order[i].
    private static IEnumerable<Explanation> OfExchange(Seen[] loaded, Seen[] odd, Seen[] order)
    {
        Seen[] moved = [.. loaded.Where((s, i) => order[i] != s)];
        if (!odd.All(moved.Contains))
        {
            yield break;
        }

        string list = string.Join(", ", moved.Select(s => s.Channel.Name));
        double[] shifts = [.. loaded.Select((s, i) => 120.0 * (order[i].Phase - s.Phase))];
        foreach ((string what, double sign) in Exchanged)
        {
            double[] lags = [.. loaded.Select((s, i) => s.Lag - (sign * shifts[i]))];
            if (lags.All(IsLoad))
            {
                string others = string.Join(", ", loaded.Select((s, i) => $"{s.Channel.Name} has that of {order[i].Channel.Name}"));
                yield return new(
                    Swapped,
                    moved,
                    loaded.Select((s, i) => (s, i)).Sum(p => p.s.ApparentVA * Math.Cos(lags[p.i] * Math.PI / 180)),
                    $"{what} of {list} exchanged",
                    $"With the {what} of {list} exchanged ({others}) all would be loads",
                    $"put the {what} of {list} where they belong"
                );
            }
        }
    }

    private static bool IsSameConductor(Seen s, double shift, Seen partner) =>
        Angles.Near(s.Lag - shift, partner.Lag, SameAngle)
        && Math.Abs(s.CurrentA!.Value - partner.CurrentA!.Value) <= SameCurrent * partner.CurrentA.Value;

    /// <summary>The ways in which two or three channels can be exchanged.</summary>
    private static IEnumerable<Seen[]> Orders(Seen[] c) =>
        c.Length switch
        {
            2 =>
            [
                [c[1], c[0]],
            ],
            3 =>
            [
                [c[1], c[0], c[2]],
                [c[2], c[1], c[0]],
                [c[0], c[2], c[1]],
                [c[1], c[2], c[0]],
                [c[2], c[0], c[1]],
            ],
            _ => [],
        };

    private static bool IsLoad(double lag) => Angles.Wrapped(lag) is >= -MostLead and <= MostLag;

    private static bool IsGenerator(double lag) => Angles.Near(lag, 180, MostOfGenerator);

    /// <summary>A fault that would make loads of everything seen.</summary>
    /// <param name="Kind">The kind of fault.</param>
    /// <param name="Channels">The channels that have it.</param>
    /// <param name="SumW">Power of all channels once it is corrected; null where that cannot be told.</param>
    /// <param name="Words">A name for it.</param>
    /// <param name="Because">Why it explains what is seen.</param>
    /// <param name="Advice">How to correct it.</param>
    private sealed record Explanation(
        FindingKind Kind,
        IReadOnlyList<Seen> Channels,
        double? SumW,
        string Words,
        string Because,
        string Advice
    );
}
