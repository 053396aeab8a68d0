using Fractions;

namespace EdgeGateway.Carbon.Flows;

/// <summary>
/// A figure of a period, with all it takes to compute it by hand: sums of a ledger, so that unlike a <see cref="Carbon.Figure"/> it cites
/// no readings and factors, and its value may be a root.
/// </summary>
/// <param name="Name">For programs.</param>
/// <param name="Title">For people.</param>
/// <param name="Formula">In words.</param>
/// <param name="Inputs">The formula with its numbers.</param>
/// <param name="Value">Exact. Null: there is none, <paramref name="Reason"/> says why.</param>
/// <param name="Unit">Of the value; empty for a ratio.</param>
/// <param name="Decimals">With which it is shown.</param>
/// <param name="Reason">Why there is no value.</param>
public sealed record FlowFigure(
    string Name,
    string Title,
    string Formula,
    string Inputs,
    Fraction? Value,
    string Unit,
    int Decimals,
    string? Reason
)
{
    /// <summary>Whether <see cref="Value"/> is the square of the figure, whose root is no fraction.</summary>
    public bool Squared { get; init; }

    /// <summary>Rounded half to even for people, or null.</summary>
    public string? Shown
    {
        get
        {
            if (Value is not { } value)
            {
                return null;
            }

            Fraction rounded = Squared ? Rounding.RootHalfEven(value, Decimals) : value;
            return Carbon.Exact.Display(rounded, Decimals);
        }
    }

    /// <summary>The exact value, as in <c>5/8</c> or <c>sqrt(16/25)</c>, or null.</summary>
    public string? Exact
    {
        get
        {
            if (Value is not { } value)
            {
                return null;
            }

            string quotient = $"{value.Numerator}/{value.Denominator}";
            return Squared ? $"sqrt({quotient})" : quotient;
        }
    }
}

/// <summary>Computes the figures of a period from what a ledger has attributed.</summary>
public static class FlowFigures
{
    private const string Nothing = "no interval was attributed";

    /// <summary>All figures, in a fixed order.</summary>
    /// <param name="ledger">The ledger at the end of the period.</param>
    /// <param name="table">A power-factor table, or null: no adjustment is computed.</param>
    /// <param name="standard">The power factor that the tariff asks for, hundredths.</param>
    /// <exception cref="InvalidDataException">The table has no such standard.</exception>
    public static IReadOnlyList<FlowFigure> Of(FlowLedger ledger, PowerFactorTable? table = null, int standard = 90) =>
        [
            .. Uses(ledger),
            .. Exports(ledger),
            RoundTripEfficiency(ledger),
            .. Demands(ledger),
            .. PowerFactors(ledger, table, standard),
            .. Carbon(ledger),
        ];

    // What generation and load have to do with each other.
    private static IEnumerable<FlowFigure> Uses(FlowLedger ledger)
    {
        FlowMatrix flows = ledger.Totals.Flows;
        Int128 generated = NonFossil(ledger);
        Int128 exported = flows.To(FlowSink.Export, s => s.NonFossil),
            load = flows.To(FlowSink.Load);
        yield return Ratio(
            "selfConsumption",
            "self-consumption",
            "(non-fossil generation − its export, direct and from the battery) ÷ non-fossil generation",
            generated - exported,
            generated,
            $"({Kwh(generated)} − {Kwh(exported)}) ÷ {Kwh(generated)} kWh",
            NoSelfConsumption(ledger, generated, exported)
        );

        Int128 fromGrid = flows.To(FlowSink.Load, s => !s.OnSite),
            green = flows.To(FlowSink.Load, s => s.NonFossil);
        string? noLoad = load == 0 ? Zero(ledger.Totals, "there was no load") : null;
        yield return Ratio(
            "selfSufficiency",
            "self-sufficiency",
            "(load − load from the grid, direct, from the battery and of unknown origin) ÷ load",
            load - fromGrid,
            load,
            $"({Kwh(load)} − {Kwh(fromGrid)}) ÷ {Kwh(load)} kWh",
            noLoad
        );
        yield return Ratio(
            "greenShare",
            "green share (physical)",
            "load from non-fossil generation of the site, direct and from the battery ÷ load",
            green,
            load,
            $"{Kwh(green)} ÷ {Kwh(load)} kWh",
            noLoad
        );
    }

    // What was exported and curtailed of what could have been generated.
    private static IEnumerable<FlowFigure> Exports(FlowLedger ledger)
    {
        FlowTotals totals = ledger.Totals;
        Int128 generated = NonFossil(ledger),
            export = totals.Flows.To(FlowSink.Export),
            available = generated + totals.Curtailed;
        string? noCurtailment = NoCurtailment(ledger, available);
        string how = ledger.Site.Curtailment == Curtailment.Modelled ? ", curtailment modelled" : "";
        string? noExportShare = noCurtailment;
        if (noCurtailment is not null && generated > 0 && totals.Solved > 0)
        {
            noExportShare = $"{noCurtailment}; without any it would be {Kwh(export)} ÷ {Kwh(generated)}";
        }
        else if (noCurtailment is null && export > available)
        {
            noExportShare = "more was exported than could be generated: energy of the grid, of fuel or stored earlier is in it";
        }

        yield return Ratio(
            "exportShare",
            "export share",
            "export ÷ (non-fossil generation + curtailment)",
            export,
            available,
            $"{Kwh(export)} ÷ ({Kwh(generated)} + {Kwh(totals.Curtailed)}) kWh{how}",
            noExportShare
        );
        yield return Ratio(
            "curtailmentShare",
            "curtailment share",
            "curtailment ÷ (non-fossil generation + curtailment)",
            totals.Curtailed,
            available,
            $"{Kwh(totals.Curtailed)} ÷ ({Kwh(generated)} + {Kwh(totals.Curtailed)}) kWh{how}",
            noCurtailment
        );
    }

    private static Int128 NonFossil(FlowLedger ledger)
    {
        Int128 generated = 0;
        for (int k = 0; k < ledger.Totals.Generated.Length; k++)
        {
            generated += ledger.Site.Generators[k].NonFossil ? ledger.Totals.Generated[k] : 0;
        }

        return generated;
    }

    private static string? NoSelfConsumption(FlowLedger ledger, Int128 generated, Int128 exported)
    {
        if (generated == 0)
        {
            return Zero(ledger.Totals, "there was no non-fossil generation");
        }

        return exported > generated ? "more was exported from the battery, of earlier generation, than generated in the period" : null;
    }

    private static string? NoCurtailment(FlowLedger ledger, Int128 available)
    {
        if (ledger.Site.Curtailment == Curtailment.Absent)
        {
            return "curtailment is not given: neither a signal of the available power nor a model";
        }

        if (ledger.Totals.WithoutCurtailed > 0)
        {
            return $"curtailment is missing in {ledger.Totals.WithoutCurtailed} intervals";
        }

        return available == 0 ? Zero(ledger.Totals, "there was no available non-fossil generation") : null;
    }

    private static string Zero(FlowTotals totals, string what) => totals.Solved == 0 ? Nothing : $"{what}: 0/0";

    private static FlowFigure RoundTripEfficiency(FlowLedger ledger)
    {
        RoundTrip roundTrip = ledger.RoundTrip;
        string inputs = roundTrip.Window is { } w ? $"({Kwh(w.Discharged)} + {Kwh(w.Change)}) ÷ {Kwh(w.Charged)} kWh" : "";
        return new(
            "roundTripEfficiency",
            "round-trip efficiency",
            "(discharged + content at the end − content at the start) ÷ charged, between the first and the last measured content, AC side",
            inputs,
            roundTrip.Efficiency * 100,
            "%",
            2,
            roundTrip.NoEfficiency
        );
    }

    private static IEnumerable<FlowFigure> Demands(FlowLedger ledger)
    {
        Demand demand = ledger.Demand;
        yield return Maximum(
            "maximumDemandBlock",
            "maximum demand (block)",
            "largest import of a block of 15 min aligned to UTC ÷ ¼ h",
            demand.Block,
            demand.NoBlock
        );
        yield return Maximum(
            "maximumDemandSliding",
            "maximum demand (sliding)",
            "largest import of 15 min that begin at any minute ÷ ¼ h",
            demand.Sliding,
            demand.NoSliding
        );
        Int128 most = demand.Block?.MicrowattHours ?? 0,
            mean = demand.Blocks.MicrowattHours,
            count = demand.Blocks.Count;
        yield return Ratio(
            "loadFactor",
            "load factor",
            "mean of all complete blocks of 15 min ÷ largest, import",
            mean,
            most * count,
            $"({Kwh(mean)} ÷ {count}) ÷ {Kwh(most)} kWh",
            demand.NoBlock ?? (most == 0 ? "there was no import: 0/0" : null)
        );

        static FlowFigure Maximum(string name, string title, string formula, DemandPeak? most, string? reason) =>
            new(
                name,
                title,
                formula,
                most is null ? "" : $"{Kwh(most.MicrowattHours)} kWh ÷ ¼ h, from {most.Start:yyyy-MM-dd'T'HH:mm'Z'}",
                reason is null ? Demand.Kilowatts(most!.MicrowattHours) : null,
                "kW",
                3,
                reason
            );
    }

    private static IEnumerable<FlowFigure> PowerFactors(FlowLedger ledger, PowerFactorTable? table, int standard)
    {
        FlowTotals totals = ledger.Totals;
        Fraction p = new(totals.Import, 1),
            q = new(totals.Reactive, 1),
            s = (p * p) + (q * q);
        string? reason = s.IsZero ? "there was neither active nor reactive energy: 0/0" : null;
        if (totals.WithoutReactive > 0)
        {
            reason = $"import or reactive energy is missing in {totals.WithoutReactive} intervals";
        }
        Fraction? square = reason is null ? p * p / s : null;
        yield return new(
            "powerFactor",
            "power factor",
            "import ÷ √(import² + reactive energy²)",
            $"{Kwh(totals.Import)} ÷ √({Kwh(totals.Import)}² + {Kwh(totals.Reactive)}²)",
            square,
            "",
            4,
            reason
        )
        {
            Squared = true,
        };
        if (table is not null)
        {
            int rounded = square is { } value ? (int)(Rounding.RootHalfEven(value, 2) * 100) : 0;
            Fraction percent = table.Percent(standard, rounded);
            string doubt = table.Confidence == "C" ? "" : $" (confidence {table.Confidence}: NOT VERIFIED)";
            yield return new(
                "powerFactorAdjustment",
                "power-factor adjustment",
                $"table {table.Name} {table.Version}{doubt}; the power factor in hundredths, half to even",
                square is null
                    ? ""
                    : $"power factor {PowerFactorTable.PowerFactor(rounded)}, standard "
                        + $"{PowerFactorTable.PowerFactor(standard)}; {table.Source}",
                square is null ? null : percent,
                "% of the bill",
                2,
                reason
            );
        }
    }

    private static IEnumerable<FlowFigure> Carbon(FlowLedger ledger)
    {
        FlowTotals t = ledger.Totals;
        const int Load = (int)FlowSink.Load,
            Export = (int)FlowSink.Export,
            Losses = (int)FlowSink.Losses,
            Off = (int)FlowSink.Difference;
        CarbonFlow stored = new(
            t.BatteryLosses.Femtograms,
            t.BatteryLosses.WithoutIntensity + t.BatteryLosses.Energy[BatteryContent.Unknown]
        );
        CarbonFlow load = Sum(t.DirectCarbon[Load], t.BatteryCarbon[Load]);
        yield return Of(
            t,
            "carbonLoadDirect",
            "carbon of load, grid direct",
            "Σ grid to load × intensity of the interval",
            t.DirectCarbon[Load]
        );
        yield return Of(
            t,
            "carbonLoadBattery",
            "carbon of load, grid through battery",
            "Σ grid to battery × intensity when it was charged, as it goes to load",
            t.BatteryCarbon[Load]
        );
        yield return Of(t, "carbonLoad", "carbon of load", "grid direct + grid through battery", load);
        yield return Of(
            t,
            "carbonLosses",
            "carbon of losses",
            "of lines and differences + of the battery's conversion",
            Sum(Sum(t.DirectCarbon[Losses], t.BatteryCarbon[Losses]), Sum(Sum(t.DirectCarbon[Off], t.BatteryCarbon[Off]), stored))
        );
        yield return Of(
            t,
            "carbonExport",
            "carbon of exported grid energy",
            "Σ grid to export × intensity, direct and through the battery",
            Sum(t.DirectCarbon[Export], t.BatteryCarbon[Export])
        );
        yield return IntensityOfLoad(t, load);
    }

    private static FlowFigure IntensityOfLoad(FlowTotals totals, CarbonFlow load)
    {
        Int128 energy = totals.Flows.To(FlowSink.Load);
        string? reason = load.WithoutIntensity > 0 ? WithoutIntensity(load) : null;
        if (energy == 0)
        {
            reason = Zero(totals, "there was no load");
        }

        return new(
            "carbonIntensityLoad",
            "carbon intensity of load",
            "carbon of load ÷ load",
            $"{Kilograms(load)} kgCO2 ÷ {Kwh(energy)} kWh",
            load.WithoutIntensity == 0 && energy > 0 ? new Fraction(load.Femtograms, 1) / new Fraction(energy * 1_000_000, 1) : null,
            "gCO2/kWh",
            3,
            reason
        );
    }

    private static CarbonFlow Sum(CarbonFlow a, CarbonFlow b) => a.Plus(b.Femtograms, b.WithoutIntensity);

    private static string WithoutIntensity(CarbonFlow flow) =>
        $"{Kwh(flow.WithoutIntensity)} kWh have no carbon intensity (missing slots or unknown origin); the rest is "
        + $"{Kilograms(flow)} kgCO2";

    private static string Kilograms(CarbonFlow flow) => Exact.Text(new Fraction(flow.Femtograms, 1_000_000_000_000_000_000));

    private static FlowFigure Of(FlowTotals totals, string name, string title, string formula, CarbonFlow flow)
    {
        string? reason = flow.WithoutIntensity > 0 ? WithoutIntensity(flow) : null;
        if (totals.Solved == 0)
        {
            reason = Nothing;
        }
        return new(
            name,
            title,
            formula,
            $"{Kilograms(flow)} kgCO2",
            reason is null ? new Fraction(flow.Femtograms, 1_000_000_000_000_000_000) : null,
            "kgCO2",
            6,
            reason
        );
    }

    private static FlowFigure Ratio(string name, string title, string formula, Int128 part, Int128 whole, string inputs, string? reason) =>
        new(name, title, formula, inputs, reason is null ? new Fraction(part * 100, whole) : null, "%", 2, reason);

    private static string Kwh(Int128 microwattHours) => Balance.Kilowatthours(microwattHours);
}
