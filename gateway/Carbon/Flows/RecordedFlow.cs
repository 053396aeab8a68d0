using System.Numerics;
using EdgeGateway.Readings;
using Fractions;

namespace EdgeGateway.Carbon.Flows;

/// <summary>A register where it was read.</summary>
/// <param name="Quantum">What a count is worth.</param>
/// <param name="Count">Counts since the register began.</param>
/// <param name="ImpulsesPerKilowattHour">How many impulses make a kilowatt-hour. Null: it counts watt-hours.</param>
public readonly record struct FlowCount(Quantum Quantum, long Count, string? ImpulsesPerKilowattHour)
{
    /// <summary>
    /// All that it has counted, rounded once to whole microwatt-hours, so that intervals add up to the time that they make up.
    /// </summary>
    /// <exception cref="ArgumentException">It counts no active energy.</exception>
    /// <exception cref="FormatException">The impulse constant is none.</exception>
    public BigInteger MicrowattHours
    {
        get
        {
            Quantity energy =
                Quantum.Unit == "count"
                    ? MeteredAmount.FromImpulses(Count, ImpulsesPerKilowattHour ?? "", Unit.KilowattHour)
                    : MeteredAmount.FromCounts(Count, Quantum);
            return Rounding.HalfEven(energy.Value * new Fraction(1_000_000_000));
        }
    }
}

/// <summary>A register at the end of a stretch of time.</summary>
/// <param name="Count">What it has counted, or null.</param>
/// <param name="Missing">Why there is no count: the code of a <see cref="MissingReason"/>. Null: it was not read yet.</param>
public readonly record struct FlowCountAtEnd(FlowCount? Count, string? Missing);

/// <summary>
/// What is recorded of one stretch of time: who supplied whom, or why that cannot be told, and what the battery holds after it.
/// </summary>
/// <remarks>
/// The device computes it from two readings of each register and the record before, and a verifier computes the same again.
/// <code>
///   a slot, everything read           attributed, or a reason with the residual where the balance does not hold
///   longer or shorter than a slot     not attributed: the gateway was off, or a battery meter was silent. Charge is of unknown origin
///   a register without one of its two readings   not attributed; the next stretch begins at this one's end
///   a battery's register missing at the end      nothing is booked and the stretch goes on, so that no charge is left out of the books
/// </code>
/// </remarks>
public sealed class RecordedFlow
{
    private const string Measured = "measured/",
        Stored = "stored/",
        NotOneSlot = "not-one-slot";

    private RecordedFlow(IReadOnlyList<FlowStatement> statements) => Statements = statements;

    /// <summary>All that is stated beside times and leaves, in order.</summary>
    public IReadOnlyList<FlowStatement> Statements { get; }

    /// <summary>Whether statements end their stretch: the next begins at its end. Otherwise it goes on.</summary>
    public static bool Ends(IEnumerable<FlowStatement> statements) =>
        statements.Any(s => s.Name.StartsWith(Measured, StringComparison.Ordinal));

    /// <summary>What the battery holds by origin, µWh, as stated.</summary>
    public static IReadOnlyList<(string Origin, long Energy)> StoredIn(IEnumerable<FlowStatement> statements) =>
        [.. statements.Where(s => s.Name.StartsWith(Stored, StringComparison.Ordinal)).Select(s => (s.Name[Stored.Length..], s.Mantissa))];

    /// <summary>What a role has counted in a stretch, µWh, as stated; null where it could not be told.</summary>
    public static long? MeasuredIn(IEnumerable<FlowStatement> statements, string role) =>
        statements.FirstOrDefault(s => s.Name == Measured + role) is { Text: null } found ? found.Mantissa : null;

    /// <summary>Computes what is recorded.</summary>
    /// <param name="plan">Which registers count what, and how the flows are attributed.</param>
    /// <param name="from">Where the stretch begins.</param>
    /// <param name="to">Where it ends; a slot's boundary.</param>
    /// <param name="start">Gives each register at the start, or null.</param>
    /// <param name="end">Gives each register at the end, or why it is missing.</param>
    /// <param name="before">What the battery held, µWh. An origin that is no generator of the plan becomes unknown.</param>
    /// <exception cref="InvalidDataException">The plan is not possible.</exception>
    public static RecordedFlow Of(
        FlowPlan plan,
        DateTimeOffset from,
        DateTimeOffset to,
        Func<string, FlowCount?> start,
        Func<string, FlowCountAtEnd> end,
        IReadOnlyList<(string Origin, long Energy)> before
    )
    {
        TimeSpan slot = TimeSpan.FromMinutes(plan.LengthMinutes);
        Int128[] content = ContentOf(plan, before);
        if (plan.Charge.Concat(plan.Discharge).FirstOrDefault(r => start(r) is not null && end(r).Count is null) is { } silent)
        {
            return GoingOn(plan, Problem(silent, end(silent).Missing), content);
        }

        Dictionary<string, Energy> measured = plan.Roles.ToDictionary(r => r.Name, r => Sum(r.Registers, start, end));
        string? reason = plan.Roles.Select(r => measured[r.Name].Problem).FirstOrDefault(p => p is not null)
            ?? (to - from == slot ? null : NotOneSlot);
        FlowInterval interval = IntervalOf(plan, to - slot, measured);
        if (reason is not null)
        {
            // Without the import the ledger attributes nothing, but it still books what went into and out of the battery.
            interval = interval with { Import = null };
        }

        FlowLedger ledger = new(plan.Site);
        FlowMatrix? flows = null;
        Int128 residual = 0;
        try
        {
            ledger = new FlowLedger(plan.Site, new BatteryState(interval.Start, StateOf(plan, content), content[0], 0));
            flows = ledger.Take(interval);
            if (reason is null && flows is null)
            {
                reason = ledger.Unsolvable[0].Reason;
                residual = ledger.Unsolvable[0].Residual;
            }

            content = [.. ledger.Battery.Energy];
        }
        catch (InvalidDataException e)
        {
            reason ??= e.Message; // the ledger refused the interval and booked nothing
        }

        return new([
            .. plan.Convention,
            .. reason is null ? Array.Empty<FlowStatement>() : [new("reason", reason)],
            .. residual == 0 ? Array.Empty<FlowStatement>() : [FlowStatement.Energy("residual", residual)],
            .. ledger.Totals.Found == 0 ? Array.Empty<FlowStatement>() : [FlowStatement.Energy("found", ledger.Totals.Found)],
            .. plan.Meters,
            .. plan.Roles.Where(r => r.Name == "import" || r.Registers.Count > 0).Select(r => measured[r.Name].StatedAs(Measured + r.Name)),
            .. flows is null ? [] : Cells(flows),
            .. StoredAs(plan, content),
        ]);
    }

    // Nothing is booked, and the stretch goes on.
    private static RecordedFlow GoingOn(FlowPlan plan, string reason, Int128[] content) =>
        new([.. plan.Convention, new("reason", reason), .. plan.Meters, .. StoredAs(plan, content)]);

    private static FlowInterval IntervalOf(FlowPlan plan, DateTimeOffset start, Dictionary<string, Energy> measured) =>
        new()
        {
            Start = start,
            Import = measured["import"].Total,
            Export = measured["export"].Total,
            Charge = measured["charge"].Total,
            Discharge = measured["discharge"].Total,
            Load = plan.Load.Count == 0 ? null : measured["load"].Total,
            Generation = [.. plan.Generators.Select(g => measured[g.Generator.Name].Total)],
        };

    private static List<StoredEnergy> StateOf(FlowPlan plan, Int128[] content) =>
        [.. OriginsOf(plan).Zip(content, (origin, energy) => new StoredEnergy(origin, energy))];

    private static string[] OriginsOf(FlowPlan plan) => ["grid", "unknown", .. plan.Generators.Select(g => g.Generator.Name)];

    private static Int128[] ContentOf(FlowPlan plan, IReadOnlyList<(string Origin, long Energy)> before)
    {
        string[] origins = OriginsOf(plan);
        var content = new Int128[origins.Length];
        foreach ((string origin, long energy) in before)
        {
            int known = Array.IndexOf(origins, origin);
            content[known < 0 ? 1 : known] += energy;
        }

        return content;
    }

    private static IEnumerable<FlowStatement> StoredAs(FlowPlan plan, Int128[] content) =>
        OriginsOf(plan).Zip(content).Where(o => o.Second != 0).Select(o => FlowStatement.Energy(Stored + o.First, o.Second));

    private static IEnumerable<FlowStatement> Cells(FlowMatrix flows)
    {
        for (int row = 0; row < flows.Sources.Count; row++)
        {
            foreach (FlowSink sink in Enum.GetValues<FlowSink>().Where(s => flows[row, s] != 0))
            {
                yield return FlowStatement.Energy(
                    $"flow/{flows.Sources[row].Name.Replace(' ', '/')}/{sink.ToString().ToLowerInvariant()}",
                    flows[row, sink]
                );
            }
        }
    }

    private static Energy Sum(IReadOnlyList<string> registers, Func<string, FlowCount?> start, Func<string, FlowCountAtEnd> end)
    {
        BigInteger total = 0;
        foreach (string register in registers)
        {
            (FlowCount? count, string? missing) = end(register);
            if (count is not { } last)
            {
                return Energy.None(Problem(register, missing));
            }

            if (start(register) is not { } first)
            {
                return Energy.None(Problem(register, "no-earlier-reading"));
            }

            if (first.Quantum != last.Quantum || first.Count > last.Count)
            {
                return Energy.None(Problem(register, "register-restarted"));
            }

            total += last.MicrowattHours - (first with { ImpulsesPerKilowattHour = last.ImpulsesPerKilowattHour }).MicrowattHours;
        }

        return total > FlowInterval.Most ? Energy.None(Problem(registers[0], "more-than-10-GWh")) : new Energy((long)total, null);
    }

    private static string Problem(string register, string? what) => $"{register.Split('/')[0]}:{what ?? MissingReason.NotReadYet.Code()}";

    // What the registers of a role counted, µWh, or why it cannot be told.
    private sealed record Energy(long? Total, string? Problem)
    {
        public static Energy None(string problem) => new(null, problem);

        public FlowStatement StatedAs(string name) =>
            Total is { } total ? FlowStatement.Energy(name, total) : new FlowStatement(name, Problem);
    }
}
