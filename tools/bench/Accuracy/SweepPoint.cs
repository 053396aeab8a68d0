using EdgeGateway.Simulation;

namespace EdgeGateway.Bench.Accuracy;

/// <summary>A signal and the error that a device may have with it.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="Signal">What is put before the device.</param>
/// <param name="LimitPercent">The largest error, percent of the true energy.</param>
internal sealed record SweepPoint(string Name, MainsSignal Signal, double LimitPercent)
{
    /// <summary>Reference voltage.</summary>
    public const double Un = 230;

    /// <summary>Reference current; the largest, which is the clamp's rated current, is twice as much.</summary>
    public const double In = 50;

    public const double Imax = 2 * In;

    private const double Lagging = 60;
    private const double Leading = -36.8698976458;

    /// <summary>DC added to both inputs, millivolts.</summary>
    public double OffsetMv { get; init; }

    /// <summary>The other phases have a voltage and no load.</summary>
    public bool OnePhase { get; init; }

    /// <summary>Nominal mains frequency at which the device is calibrated.</summary>
    public int LineHz { get; init; } = 50;

    public static MainsSignal Idle { get; } = MainsSignal.Sine(Un, 0);

    /// <summary>
    /// The points of the table: none of them is one that a device is calibrated at, but for two at 0.2 In after the small load.
    /// </summary>
    public static IReadOnlyList<SweepPoint> All { get; } =
    [
        new("0.05 In, PF 1", Load(0.05), 1.5),
        new("0.1 In, PF 1", Load(0.1), 1),
        new("0.2 In, PF 1", Load(0.2), 1),
        new("0.5 In, PF 1", Load(0.5), 1),
        new("Imax, PF 1", Load(2), 1),
        new("0.1 In, PF 0.5 inductive", Load(0.1, Lagging), 1.5),
        new("0.2 In, PF 0.5 inductive", Load(0.2, Lagging), 1),
        new("0.5 In, PF 0.5 inductive", Load(0.5, Lagging), 1),
        new("Imax, PF 0.5 inductive", Load(2, Lagging), 1),
        new("0.2 In, PF 0.8 capacitive", Load(0.2, Leading), 1),
        new("In, PF 0.8 capacitive", Load(1, Leading), 1),
        new("Imax, PF 0.8 capacitive", Load(2, Leading), 1),
        new("export, In, PF 1", Load(1, 180), 1),
        new("export, 0.2 In, PF 0.5 inductive", Load(0.2, 180 + Lagging), 1),
        new("one phase loaded, In, PF 1", Load(1), 2) { OnePhase = true },
        new("one phase loaded, In, PF 0.5 inductive", Load(1, Lagging), 2) { OnePhase = true },
        new("49 Hz, In, PF 1", Load(1, 0, 49), 1),
        new("49 Hz, In, PF 0.5 inductive", Load(1, Lagging, 49), 1),
        new("51 Hz, In, PF 1", Load(1, 0, 51), 1),
        new("51 Hz, In, PF 0.5 inductive", Load(1, Lagging, 51), 1),
        new("59 Hz, In, PF 1", Load(1, 0, 59), 1) { LineHz = 60 },
        new("59 Hz, In, PF 0.5 inductive", Load(1, Lagging, 59), 1) { LineHz = 60 },
        new("61 Hz, In, PF 1", Load(1, 0, 61), 1) { LineHz = 60 },
        new("61 Hz, In, PF 0.5 inductive", Load(1, Lagging, 61), 1) { LineHz = 60 },
        new("0.9 Un, In, PF 1", MainsSignal.Sine(0.9 * Un, In), 1),
        new("0.9 Un, In, PF 0.5 inductive", MainsSignal.Sine(0.9 * Un, In, Lagging), 1),
        new("1.1 Un, In, PF 1", MainsSignal.Sine(1.1 * Un, In), 1),
        new("1.1 Un, In, PF 0.5 inductive", MainsSignal.Sine(1.1 * Un, In, Lagging), 1),
        new("5th harmonic, 10 % of U and 40 % of I, In", Fifth(0), 1),
        new("the same, the current's against the voltage's", Fifth(180), 1),
        new("phase-fired at 90°, 0.71 In", MainsSignal.PhaseFired(Un, In), 1),
        new("50 mV of DC at both inputs, In, PF 1", Load(1), 1) { OffsetMv = 50 },
        new("50 mV of DC at both inputs, 0.1 In, PF 1", Load(0.1), 1) { OffsetMv = 50 },
    ];

    public static MainsSignal Load(double ofIn, double lagDegrees = 0, double hertz = 50) =>
        MainsSignal.Sine(Un, ofIn * In, lagDegrees, hertz);

    public static MainsSignal Inductive(double ofIn, double hertz) => Load(ofIn, Lagging, hertz);

    private static MainsSignal Fifth(double degrees) =>
        new(50, [new Harmonic(1, Un), new Harmonic(5, 0.1 * Un)], [new Harmonic(1, In), new Harmonic(5, 0.4 * In, degrees)]);
}
