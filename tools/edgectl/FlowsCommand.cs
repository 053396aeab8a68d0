using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Flows;
using Fractions;
using Spectre.Console;

namespace EdgeGateway.Edgectl;

/// <summary>
/// <c>edgectl flows FILE.csv</c>: who supplied whom on a site with grid, generators and battery, and why each figure is what it is.
/// </summary>
internal static class FlowsCommand
{
    private const int NotSolved = 1;
    private const int MostShown = 20;

    private static readonly FlowSink[] Sinks = [FlowSink.Load, FlowSink.Export, FlowSink.Charge, FlowSink.Losses, FlowSink.Difference];

    private static readonly string[] Convention =
    [
        "An interval's import is not its export and its discharge not its charge, unless nothing else can have supplied it.",
        "Generation then is in every sink alike; the rest of the export is the battery's, the rest of the charge the grid's.",
        "What the battery gives out is a mixture of all it holds, after the interval's charge. Unknown origin counts as the grid's.",
        "Splits are whole µWh. Shown values are rounded half to even; nothing is computed from them. "
            + "gateway/Carbon/Flows/README.md tells more.",
    ];

    public static Command Create()
    {
        Argument<string> file = new("FILE.csv")
        {
            Description = "Energy in each interval: time[15min],import[kWh],export[kWh] and more columns.",
        };
        Option<long?> tolerance = Units(
            "--tolerance",
            "Percent of an interval's turnover that may be missing from its balance. Default: 5.",
            4,
            1_000_000,
            "a percentage from 0 to 100"
        );
        Option<long?> toleranceKwh = Units(
            "--tolerance-kwh",
            "Energy that may be missing at any turnover, kWh, for coarse counters.",
            9,
            FlowInterval.Most,
            "an energy in kWh"
        );
        Option<long?> initial = Units(
            "--initial",
            "What the battery held before the first row, kWh; of unknown origin.",
            9,
            FlowInterval.Most,
            "an energy in kWh"
        );
        Option<long?> efficiency = Units(
            "--efficiency",
            "Stated part of a charge that reaches the store, up to 1.",
            6,
            1_000_000,
            "a part of 1, as in 0.95"
        );
        Option<string?> stateIn = new("--state-in") { Description = "The battery as an earlier run left it." };
        Option<string?> stateOut = new("--state-out") { Description = "Where to keep the battery for the next run. Must not exist." };
        Option<string?> table = new("--power-factor-table")
        {
            Description = "Data file of a tariff's power-factor adjustment. None is applied by itself.",
        };
        Option<long?> standard = Units(
            "--power-factor-standard",
            "The power factor that the tariff asks for. Default: 0.90.",
            2,
            100,
            "a power factor, as in 0.90"
        );
        Option<bool> json = new("--json") { Description = "Write JSON instead of tables." };
        Command command = new("flows", "Attribute energy among grid, generators, battery, loads and export, and explain every figure.")
        {
            file,
            tolerance,
            toleranceKwh,
            initial,
            efficiency,
            stateIn,
            stateOut,
            table,
            standard,
            json,
        };
        command.SetAction(parsed =>
            Run(
                new(
                    parsed.GetRequiredValue(file),
                    parsed.GetValue(stateIn),
                    parsed.GetValue(stateOut),
                    parsed.GetValue(table),
                    (int)(parsed.GetValue(standard) ?? 90)
                ),
                site =>
                    site with
                    {
                        ToleranceMillionths = (int)(parsed.GetValue(tolerance) ?? site.ToleranceMillionths),
                        Tolerance = parsed.GetValue(toleranceKwh) ?? 0,
                        InitialContent = parsed.GetValue(initial),
                        ChargeEfficiencyMillionths = (int?)parsed.GetValue(efficiency),
                    },
                parsed.GetValue(json),
                parsed.InvocationConfiguration.Output,
                parsed.InvocationConfiguration.Error
            )
        );
        return command;
    }

    /// <summary>Attributes a file with all that can be stated left as it is by itself.</summary>
    /// <exception cref="InvalidDataException">The file does not hold.</exception>
    internal static FlowLedger LedgerOf(string file) => Read(file, (name, text) => Attribute(new FlowFile(name, text), site => site, null));

    private sealed record Files(string Csv, string? StateIn, string? StateOut, string? Table, int Standard);

    /// <summary>A decimal text as a whole number of units of 10^−decimals.</summary>
    private static Option<long?> Units(string name, string description, int decimals, long most, string what) =>
        new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                decimal unit = new(1, 0, 0, false, (byte)decimals);
                string text = result.Tokens[0].Value;
                if (
                    decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
                    && value <= most * unit
                    && value % unit == 0
                )
                {
                    return (long)(value / unit);
                }

                result.AddError($"{name} is '{text}'. It is {what}, with up to {decimals} decimals.");
                return null;
            },
        };

    private static int Run(Files files, Func<FlowSite, FlowSite> settings, bool json, TextWriter output, TextWriter error)
    {
        string reading = files.StateOut ?? "";
        try
        {
            if (File.Exists(files.StateOut))
            {
                throw new IOException("It exists already.");
            }

            PowerFactorTable? table = files.Table is { } tableFile ? Read(reading = tableFile, PowerFactorTable.Parse) : null;
            BatteryState? state = files.StateIn is { } stateFile ? Read(reading = stateFile, BatteryState.Parse) : null;
            FlowLedger ledger = Read(reading = files.Csv, (name, text) => Attribute(new FlowFile(name, text), settings, state));
            IReadOnlyList<FlowFigure> figures = FlowFigures.Of(ledger, table, files.Standard);
            if (files.StateOut is { } path)
            {
                using FileStream stream = new(reading = path, FileMode.CreateNew, FileAccess.Write);
                stream.Write(Encoding.UTF8.GetBytes(ledger.Save().ToText()));
            }

            if (json)
            {
                WriteJson(output, files.Csv, ledger, figures);
            }
            else
            {
                WriteTables(output, files.Csv, ledger, figures);
            }

            return ledger.Totals.NotSolved > 0 ? NotSolved : Program.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"edgectl: {reading}: {e.Message}");
            return Program.Unreadable;
        }
        catch (InvalidDataException e)
        {
            error.WriteLine($"edgectl: {e.Message}");
            return Program.Unreadable;
        }
    }

    private static T Read<T>(string file, Func<string, TextReader, T> parse)
    {
        using StreamReader text = new(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
        return parse(file, text);
    }

    private static FlowLedger Attribute(FlowFile file, Func<FlowSite, FlowSite> settings, BatteryState? state)
    {
        FlowLedger ledger;
        try
        {
            ledger = new FlowLedger(settings(file.Site), state);
        }
        catch (InvalidDataException e)
        {
            throw file.Refuse(e.Message);
        }

        while (file.Next() is { } interval)
        {
            try
            {
                ledger.Take(interval);
            }
            catch (InvalidDataException e)
            {
                throw file.Refuse($"column time: {e.Message}");
            }
        }

        return ledger.Start is null ? throw file.Refuse("there are no rows") : ledger;
    }

    private static void WriteTables(TextWriter output, string file, FlowLedger ledger, IReadOnlyList<FlowFigure> figures)
    {
        FlowTotals totals = ledger.Totals;
        IAnsiConsole screen = Screen.On(output);
        output.WriteLine(
            $"{file}: {Time(ledger.Start!.Value)} to {Time(ledger.End!.Value)}, {totals.Solved + totals.NotSolved} intervals of "
                + $"{ledger.Site.LengthMinutes} min, "
                + $"{totals.Solved} attributed."
        );
        Table flows = Screen.Table(1, ["from, kWh", .. Sinks.Select(s => "to " + Name(s)), "together"]);
        for (int row = 0; row < totals.Flows.Sources.Count; row++)
        {
            FlowSource source = totals.Flows.Sources[row];
            if (row == 0 || totals.Flows.From(s => s == source) > 0)
            {
                int from = row;
                flows.AddRow([
                    Markup.Escape(source.Name),
                    .. Sinks.Select(s => Shown(totals.Flows[from, s])),
                    Shown(totals.Flows.From(s => s == source)),
                ]);
            }
        }

        flows.AddRow(["together", .. Sinks.Select(s => Shown(totals.Flows.To(s))), Shown(totals.Flows.From(_ => true))]);
        screen.Write(flows);
        WriteBattery(output, screen, ledger);
        output.WriteLine(
            $"balance: load derived in {totals.LoadDerived} intervals; residuals of the attributed ones "
                + $"{Shown(totals.Residuals)} kWh in all."
        );
        if (totals.NotSolved > 0)
        {
            output.WriteLine(
                $"NOT ATTRIBUTED: {totals.NotSolved} intervals with {Shown(totals.ImportNotAttributed)} kWh import and "
                    + $"{Shown(totals.ExportNotAttributed)} kWh export. "
                    + "Only demand and power factor count them."
            );
            foreach (Unsolvable interval in ledger.Unsolvable.Take(MostShown))
            {
                output.WriteLine($"  {Time(interval.Start)}: {interval.Reason}");
            }

            output.Write(
                totals.NotSolved > MostShown
                    ? $"  and {totals.NotSolved - MostShown} more; --json has the first {FlowLedger.MostUnsolvable}.\n"
                    : ""
            );
        }

        output.WriteLine();
        foreach (FlowFigure figure in figures)
        {
            output.WriteLine(
                $"{figure.Title}: {(figure.Shown is { } shown ? $"{shown} {figure.Unit}".TrimEnd() : $"no value: {figure.Reason}")}"
            );
            output.WriteLine($"    {figure.Formula}");
            output.Write(figure.Value is null ? "" : $"    = {figure.Inputs}\n");
        }

        output.WriteLine();
        foreach (string line in Convention)
        {
            output.WriteLine(line);
        }
    }

    private static void WriteBattery(TextWriter output, IAnsiConsole screen, FlowLedger ledger)
    {
        FlowTotals totals = ledger.Totals;
        if (totals.Charged + totals.Discharged + ledger.AtStart.Total + ledger.Battery.Total == 0)
        {
            return;
        }

        output.WriteLine(
            $"battery: {Shown(ledger.AtStart.Total)} kWh at the start + {Shown(totals.Charged)} charged + {Shown(totals.Found)} "
                + $"found − {Shown(totals.Discharged)} discharged "
                + $"− {Shown(totals.BatteryLosses.Total)} losses = {Shown(ledger.Battery.Total)} kWh at the end."
        );
        Table table = Screen.Table(1, "origin, kWh", "at the start", "losses", "at the end");
        List<string> origins = Origins(ledger);
        for (int k = 0; k < origins.Count; k++)
        {
            table.AddRow(
                Markup.Escape(origins[k]),
                Shown(ledger.AtStart.Energy[k]),
                Shown(totals.BatteryLosses.Energy[k]),
                Shown(ledger.Battery.Energy[k])
            );
        }

        screen.Write(table);
    }

    private static void WriteJson(TextWriter output, string file, FlowLedger ledger, IReadOnlyList<FlowFigure> figures) =>
        JsonOutput.Write(output, json =>
        {
            FlowTotals totals = ledger.Totals;
            json.WriteString("file", file);
            json.WriteString("from", Time(ledger.Start!.Value));
            json.WriteString("to", Time(ledger.End!.Value));
            json.WriteNumber("minutes", ledger.Site.LengthMinutes);
            json.WriteString("curtailment", ledger.Site.Curtailment.ToString().ToLowerInvariant());
            json.WriteNumber("toleranceMillionths", ledger.Site.ToleranceMillionths);
            Kwh(json, "toleranceKwh", ledger.Site.Tolerance);
            json.WriteNumber("attributed", totals.Solved);
            json.WriteNumber("notAttributed", totals.NotSolved);
            json.WriteNumber("loadDerived", totals.LoadDerived);
            Kwh(json, "residualsKwh", totals.Residuals);
            Kwh(json, "importNotAttributedKwh", totals.ImportNotAttributed);
            Kwh(json, "exportNotAttributedKwh", totals.ExportNotAttributed);
            json.WriteStartArray("flowsKwh");
            for (int row = 0; row < totals.Flows.Sources.Count; row++)
            {
                json.WriteStartObject();
                json.WriteString("from", totals.Flows.Sources[row].Name);
                foreach (FlowSink sink in Sinks)
                {
                    Kwh(json, Name(sink), totals.Flows[row, sink]);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("batteryKwh");
            Kwh(json, "charged", totals.Charged);
            Kwh(json, "discharged", totals.Discharged);
            Kwh(json, "found", totals.Found);
            WriteContent(json, "start", ledger, ledger.AtStart);
            WriteContent(json, "losses", ledger, totals.BatteryLosses);
            WriteContent(json, "end", ledger, ledger.Battery);
            json.WriteEndObject();
            json.WriteStartArray("figures");
            foreach (FlowFigure figure in figures)
            {
                json.WriteStartObject();
                json.WriteString("name", figure.Name);
                json.WriteString("shown", figure.Shown);
                json.WriteString("exact", figure.Exact);
                json.WriteString("unit", figure.Unit);
                json.WriteString("formula", figure.Formula);
                json.WriteString("inputs", figure.Inputs);
                json.WriteString("reason", figure.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("unsolvable");
            foreach (Unsolvable interval in ledger.Unsolvable)
            {
                json.WriteStartObject();
                json.WriteString("start", Time(interval.Start));
                Kwh(json, "residualKwh", interval.Residual);
                json.WriteString("reason", interval.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("convention", string.Join(' ', Convention));
        });

    private static void WriteContent(Utf8JsonWriter json, string name, FlowLedger ledger, BatteryContent content)
    {
        json.WriteStartObject(name);
        foreach ((string origin, Int128 energy) in Origins(ledger).Zip(content.Energy))
        {
            Kwh(json, origin, energy);
        }

        Kwh(json, "gridWithoutIntensity", content.WithoutIntensity);
        json.WriteEndObject();
    }

    private static List<string> Origins(FlowLedger ledger) => ["grid", "unknown", .. ledger.Site.Generators.Select(g => g.Name)];

    private static string Name(FlowSink sink) => sink == FlowSink.Charge ? "battery" : sink.ToString().ToLowerInvariant();

    // All digits, as text: JSON numbers are binary floats to most readers.
    private static void Kwh(Utf8JsonWriter json, string name, Int128 microwattHours) =>
        json.WriteString(name, Exact.Text(Kilowatthours(microwattHours)));

    private static string Shown(Int128 microwattHours) => Exact.Display(Kilowatthours(microwattHours), 3);

    private static Fraction Kilowatthours(Int128 microwattHours) => new(microwattHours, 1_000_000_000);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture);
}
