namespace EdgeGateway.Carbon.Flows;

/// <summary>Something that a recorded flow states: a text, or a number with its unit.</summary>
/// <param name="Name">As in <c>flow/grid/load</c>.</param>
/// <param name="Text">Null: it is a number.</param>
/// <param name="Unit">Of the number: <c>Wh</c>, <c>s</c> or <c>/</c> (a ratio), as registered for SenML.</param>
/// <param name="Exponent">Power of ten that the number counts.</param>
/// <param name="Mantissa">The count.</param>
public sealed record FlowStatement(string Name, string? Text, string? Unit = null, int Exponent = 0, long Mantissa = 0)
{
    /// <summary>An energy in whole microwatt-hours.</summary>
    public static FlowStatement Energy(string name, Int128 microwattHours) => new(name, null, "Wh", -6, (long)microwattHours);
}

/// <summary>A generator and the registers that count what it gives.</summary>
/// <param name="Generator">The generator.</param>
/// <param name="Registers">Named as reading leaves name them.</param>
public sealed record MeteredGenerator(Generator Generator, IReadOnlyList<string> Registers);

/// <summary>What counts in a balance, such as <c>import</c> or <c>pv:roof</c>, and its registers.</summary>
internal sealed record FlowRole(string Name, IReadOnlyList<string> Registers);

/// <summary>Which registers of a site count what, and how its flows are attributed: what a recorded flow states of both.</summary>
/// <remarks>Registers are named as reading leaves name them: <c>grid-L1/1-0:1.8.0.255</c>. Each stands in one place only.</remarks>
public sealed record FlowPlan
{
    private const string Method = "proportional",
        Registers = "registers/",
        Fossil = "fossil";
    private const int Ratio = -6;
    private static readonly string[] Plain = ["import", "export", "charge", "discharge", "load"];

    /// <summary>Length of an interval, minutes: a divisor of an hour.</summary>
    public required int LengthMinutes { get; init; }

    /// <summary>As of a <see cref="FlowSite"/>.</summary>
    public int ToleranceMillionths { get; init; } = 50_000;

    /// <summary>As of a <see cref="FlowSite"/>.</summary>
    public int? ChargeEfficiencyMillionths { get; init; }

    /// <summary>What comes from the grid.</summary>
    public required IReadOnlyList<string> Import { get; init; }

    /// <summary>What goes to the grid. None: nothing can.</summary>
    public IReadOnlyList<string> Export { get; init; } = [];

    /// <summary>What goes into the battery. None: there is no battery.</summary>
    public IReadOnlyList<string> Charge { get; init; } = [];

    /// <summary>What comes out of the battery.</summary>
    public IReadOnlyList<string> Discharge { get; init; } = [];

    /// <summary>What the loads take. None: it is not measured, and derived from the balance.</summary>
    public IReadOnlyList<string> Load { get; init; } = [];

    /// <summary>The generators with what each gives. Their names tell their kind: see <see cref="GeneratorOf"/>.</summary>
    public IReadOnlyList<MeteredGenerator> Generators { get; init; } = [];

    /// <summary>The registers of all roles.</summary>
    public IEnumerable<string> All => Roles.SelectMany(r => r.Registers);

    /// <summary>What the engine is told of the site.</summary>
    public FlowSite Site =>
        new()
        {
            LengthMinutes = LengthMinutes,
            Generators = [.. Generators.Select(g => g.Generator)],
            ToleranceMillionths = ToleranceMillionths,
            ChargeEfficiencyMillionths = ChargeEfficiencyMillionths,
        };

    internal IEnumerable<FlowRole> Roles =>
        [
            new("import", Import),
            new("export", Export),
            new("charge", Charge),
            new("discharge", Discharge),
            new("load", Load),
            .. Generators.Select(g => new FlowRole(g.Generator.Name, g.Registers)),
        ];

    internal IEnumerable<FlowStatement> Convention =>
        [
            new("method", Method),
            new("slot", null, "s", 0, LengthMinutes * 60L),
            new("tolerance", null, "/", Ratio, ToleranceMillionths),
            .. ChargeEfficiencyMillionths is { } e ? [new("efficiency", null, "/", Ratio, e)] : Array.Empty<FlowStatement>(),
        ];

    internal IEnumerable<FlowStatement> Meters =>
        [.. Roles.Where(r => r.Registers.Count > 0).Select(r => new FlowStatement(Registers + r.Name, string.Join(' ', r.Registers)))];

    /// <summary>A generator by its name: <c>pv:roof</c>, <c>nonfossil:wind</c> and <c>fossil:diesel</c>, as in a table of flows.</summary>
    public static Generator GeneratorOf(string name) => new(name, !name.StartsWith(Fossil, StringComparison.Ordinal));

    /// <summary>Reads back what a recorded flow states.</summary>
    /// <exception cref="CarbonException">It is not laid out as this version does it.</exception>
    public static FlowPlan Read(IReadOnlyList<FlowStatement> statements)
    {
        if (Find("method")?.Text is not Method)
        {
            throw new CarbonException(
                $"The method of attribution '{Exact.Shown(Find("method")?.Text ?? "")}' is not known. There is {Method}."
            );
        }

        long seconds = Find("slot")?.Mantissa ?? 0;
        return new FlowPlan
        {
            LengthMinutes =
                seconds is > 0 and <= 3600 && seconds % 60 == 0
                    ? (int)seconds / 60
                    : throw new CarbonException("Its slot is not of 1 to 60 minutes."),
            ToleranceMillionths = checked((int)(Find("tolerance")?.Mantissa ?? throw new CarbonException("It states no tolerance."))),
            ChargeEfficiencyMillionths = Find("efficiency") is { } e ? checked((int)e.Mantissa) : null,
            Import = Of("import"),
            Export = Of("export"),
            Charge = Of("charge"),
            Discharge = Of("discharge"),
            Load = Of("load"),
            Generators =
            [
                .. statements
                    .Where(s => s.Name.StartsWith(Registers, StringComparison.Ordinal) && !Plain.Contains(s.Name[Registers.Length..]))
                    .Select(s => new MeteredGenerator(GeneratorOf(s.Name[Registers.Length..]), Names(s))),
            ],
        };

        FlowStatement? Find(string name) => statements.FirstOrDefault(s => s.Name == name);
        string[] Of(string role) => Names(Find(Registers + role));
        string[] Names(FlowStatement? statement) => statement?.Text?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
    }
}
