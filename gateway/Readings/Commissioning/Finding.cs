namespace EdgeGateway.Readings.Commissioning;

/// <summary>A conductor of a three-phase supply. L2 lags L1 by 120°, L3 lags L2 by 120°.</summary>
public enum Phase
{
    L1,
    L2,
    L3,
}

/// <summary>What a channel showed over a while, all channels of a circuit over the same while.</summary>
/// <param name="Name">The meter's name.</param>
/// <param name="Phase">The phase of its voltage, and of its clamp if that is where it should be.</param>
/// <param name="RatedA">Rated primary current of its clamp, amperes.</param>
/// <param name="Values">Live values, a few or many. Their means are judged.</param>
public sealed record ObservedChannel(string Name, Phase Phase, decimal RatedA, IReadOnlyList<LiveValues> Values)
{
    /// <summary>Whether an input was beyond its range in that time.</summary>
    public bool Saturated { get; init; }

    /// <summary>Whether power may flow back here, as from a generator: then the sign alone says nothing about the clamp.</summary>
    public bool MayFeedBack { get; init; }
}

/// <summary>What may be wrong with a channel.</summary>
public enum FindingKind
{
    /// <summary>The clamp is the wrong way round, or its two wires are.</summary>
    Reversed,

    /// <summary>Power flows back into the supply here.</summary>
    FeedsBack,

    /// <summary>The clamp is not closed, not round the conductor, or its wire is off; or there is no load.</summary>
    Open,

    /// <summary>Clamps of two or three channels are exchanged.</summary>
    Swapped,

    /// <summary>Clamp and voltage are of different phases.</summary>
    WrongPhase,

    /// <summary>An input is beyond its range.</summary>
    Saturated,

    /// <summary>There is no voltage at the voltage input.</summary>
    NoVoltage,

    /// <summary>Power or current is shown without a load.</summary>
    Creep,

    /// <summary>The phases do not add up to what the grid meter shows.</summary>
    SumDiffers,

    /// <summary>A known load shows as another.</summary>
    StepDiffers,

    /// <summary>What is shown allows no verdict.</summary>
    CannotTell,
}

/// <summary>A verdict with what led to it.</summary>
/// <param name="Kind">What may be wrong.</param>
/// <param name="Channels">The channels it concerns.</param>
/// <param name="Certain">Whether nothing else explains what was seen. Otherwise the other findings say what else does.</param>
/// <param name="Evidence">What was seen, in numbers.</param>
/// <param name="Advice">What to do.</param>
public sealed record Finding(FindingKind Kind, IReadOnlyList<string> Channels, bool Certain, string Evidence, string Advice)
{
    internal static Finding Of(FindingKind kind, IEnumerable<Seen> channels, bool certain, string evidence, string advice) =>
        new(kind, [.. channels.Select(c => c.Channel.Name)], certain, evidence, advice);
}

/// <summary>The means of what a channel showed.</summary>
internal sealed class Seen
{
    // The part of its rated current below which a clamp is round no conductor, or round one without a load.
    private const double LeastOfRated = 0.002;
    private const double LeastV = 50; // less is no voltage of a supply

    public Seen(ObservedChannel channel)
    {
        Channel = channel;
        CurrentA = Mean(v => v.CurrentA);
        VoltageV = Mean(v => v.VoltageV);
        ActiveW = Mean(v => v.ActivePowerW);
        ReactiveVar = Mean(v => v.ReactivePowerVar);
    }

    public ObservedChannel Channel { get; }

    public double? CurrentA { get; }

    public double? VoltageV { get; }

    public double? ActiveW { get; }

    public double? ReactiveVar { get; }

    public int Phase => (int)Channel.Phase;

    public bool HasVoltage => VoltageV >= LeastV;

    public bool HasCurrent => CurrentA >= LeastOfRated * (double)Channel.RatedA;

    public bool HasAngle => HasVoltage && HasCurrent && ActiveW is not null && ReactiveVar is not null;

    /// <summary>By how much the current lags the voltage, degrees, −180 to 180.</summary>
    public double Lag => Angles.Of(ActiveW!.Value, ReactiveVar!.Value);

    public double ApparentVA => double.Hypot(ActiveW!.Value, ReactiveVar!.Value);

    public override string ToString()
    {
        string side = Lag < 0 ? "ahead of" : "behind";
        return $"{Channel.Name} ({Channel.Phase}) {VoltageV:0.#} V, {CurrentA:0.###} A, {ActiveW:0.#} W, {ReactiveVar:0.#} var: "
            + $"current {Math.Abs(Lag):0}° {side} the voltage";
    }

    private double? Mean(Func<LiveValues, double?> of)
    {
        double[] values = [.. Channel.Values.Select(of).OfType<double>().Where(double.IsFinite)];
        return values.Length == 0 ? null : values.Average();
    }
}

/// <summary>Angles in degrees.</summary>
internal static class Angles
{
    public static double Of(double active, double reactive) => Math.Atan2(reactive, active) * 180 / Math.PI;

    /// <summary>The same angle, −180 to 180.</summary>
    public static double Wrapped(double degrees) => Math.IEEERemainder(degrees, 360);

    /// <summary>Whether two angles are that near to each other.</summary>
    public static bool Near(double a, double b, double within) => Math.Abs(Wrapped(a - b)) <= within;
}
