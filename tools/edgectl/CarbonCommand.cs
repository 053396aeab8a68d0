using System.CommandLine;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Accounts;
using EdgeGateway.Evidence;
using Fractions;
using Spectre.Console;

namespace EdgeGateway.Edgectl;

/// <summary><c>edgectl carbon FILE.json</c>: computes accounts and shows for every figure how it came about.</summary>
internal static class CarbonCommand
{
    private const int Blocked = 1;

    private const long MostBytes = 32 << 20;

    public static Command Create()
    {
        Argument<string> file = new("FILE.json")
        {
            Description = "What was used, and by which factors; carbon.schema.json tells the form.",
        };
        Option<bool> json = new("--json") { Description = "Write JSON instead of text." };
        Option<string[]> signer = new("--signer")
        {
            Description = "Use only factor sets that are packs signed with this key. May be given several times.",
            HelpName = "KEY.pem",
        };
        Command command = new("carbon", "Compute carbon accounts exactly, and show for every figure how it came about.")
        {
            file,
            json,
            signer,
        };
        command.SetAction(parsed =>
            Run(
                parsed.GetRequiredValue(file),
                parsed.GetValue(json),
                parsed.GetValue(signer) ?? [],
                parsed.InvocationConfiguration.Output,
                parsed.InvocationConfiguration.Error
            )
        );
        return command;
    }

    private static int Run(string file, bool json, string[] signers, TextWriter output, TextWriter error)
    {
        string reading = file;
        try
        {
            List<ECDsa> keys = [];
            foreach (string signer in signers)
            {
                keys.AddRange(TrustAnchors.FromPem(File.ReadAllText(reading = signer)).Keys);
            }

            reading = file;
            CarbonReport report = ReportOf(file, keys);
            if (json)
            {
                WriteJson(output, report);
            }
            else
            {
                WriteText(output, report);
            }

            return report.Blocked ? Blocked : Program.Ok;
        }
        catch (Exception e)
            when (e
                    is IOException
                        or UnauthorizedAccessException
                        or JsonException
                        or JsonRefusedException
                        or ArgumentException
                        or EvidenceException
            )
        {
            error.WriteLine($"edgectl: {reading}: {e.Message}");
            return Program.Unreadable;
        }
    }

    /// <summary>Computes a file.</summary>
    /// <exception cref="IOException">It cannot be read, or is too long.</exception>
    /// <exception cref="JsonRefusedException">It is not of the form, or what it holds does not hold.</exception>
    internal static CarbonReport ReportOf(string file, IReadOnlyList<ECDsa> signers)
    {
        if (new FileInfo(file).Length > MostBytes)
        {
            throw new IOException($"It is larger than {MostBytes >> 20} MiB. Split the period.");
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(file), new JsonDocumentOptions { MaxDepth = 16 });
        return CarbonFile.Read(document.RootElement, Path.GetDirectoryName(Path.GetFullPath(file))!, signers);
    }

    private static void WriteText(TextWriter output, CarbonReport report)
    {
        output.WriteLine($"{report.Period}, the last day not included");
        Table totals = Screen.Table(1, "account", "kg", "gas");
        foreach (AccountTotal total in report.Totals)
        {
            totals.AddRow(Markup.Escape(total.Account), total.Micrograms is { } m ? Kilograms(m) : "–", total.Gas);
        }

        Screen.On(output).Write(totals);
        foreach (AccountTotal blocked in report.Totals.Where(t => t.Micrograms is null))
        {
            output.WriteLine($"BLOCKED {blocked.Account}: {blocked.Blocked}");
        }

        foreach (Figure figure in report.Figures)
        {
            output.WriteLine(
                $"{figure.Name}: {(figure.Value is { } v ? $"{Exact.Display(v)} {figure.Unit}" : $"no value: {figure.NoValue}")}"
            );
        }

        foreach (InstrumentUse use in report.Instruments)
        {
            output.WriteLine($"instrument {use.Instrument.Id}: {use.Used} used, {use.Left} left over");
        }

        foreach (string note in report.Notes)
        {
            output.WriteLine(note);
        }

        output.WriteLine();
        output.WriteLine(
            "How each figure came about. What is shown of an exact value is rounded half to even, and nothing is computed from it."
        );
        foreach (EmissionLine line in report.Lines)
        {
            output.WriteLine();
            output.WriteLine($"{line.Account} · {line.Name} = {Kilograms(line.Micrograms)} kg {line.Gas}");
            WriteText(output, line.Derivation, "  ");
        }

        foreach (Figure figure in report.Figures)
        {
            output.WriteLine();
            output.WriteLine(
                $"{figure.Name} = {(figure.Value is { } v ? $"{Exact.Text(v)} {figure.Unit}" : $"no value: {figure.NoValue}")}"
            );
            WriteText(output, figure.Derivation, "  ");
        }
    }

    private static void WriteText(TextWriter output, Derivation derivation, string indent)
    {
        output.WriteLine($"{indent}= {derivation.Formula}   [{derivation.Source}]");
        foreach (Input input in derivation.Inputs)
        {
            output.WriteLine(
                $"{indent}  {input.Name}: "
                    + $"{input.Value}{(input.Reference is { } r ? $"   ({r})" : "")}{(input.Factor is { } f ? $"   {Cited(f)}" : "")}"
            );
            if (input.Factor?.Note is { } note)
            {
                output.WriteLine($"{indent}    {note}");
            }

            if (input.Derivation is { } inner)
            {
                WriteText(output, inner, indent + "    ");
            }
        }

        foreach (string note in derivation.Notes)
        {
            output.WriteLine($"{indent}  {note}");
        }

        if (derivation.Rounding != Derivation.NotRounded)
        {
            output.WriteLine($"{indent}  rounding: {derivation.Rounding}");
        }
    }

    private static string Cited(CitedFactor factor) =>
        factor.Key is { } key ? $"{key}, set {factor.Set}, {factor.Source}, confidence {factor.Confidence}" : factor.Source;

    private static string Kilograms(BigInteger micrograms) => Exact.Display(new Fraction(micrograms, BigInteger.Pow(10, 9)), 9);

    private static void WriteJson(TextWriter output, CarbonReport report) => JsonOutput.Write(output, json =>
        {
            json.WriteString("verdict", report.Blocked ? "blocked" : "computed");
            json.WriteString("from", report.Period.From.ToString("O", CultureInfo.InvariantCulture));
            json.WriteString("until", report.Period.Until.ToString("O", CultureInfo.InvariantCulture));
            json.WriteStartArray("totals");
            foreach (AccountTotal total in report.Totals)
            {
                json.WriteStartObject();
                json.WriteString("account", total.Account);
                json.WriteString("gas", total.Gas);
                json.WriteString("micrograms", total.Micrograms?.ToString(CultureInfo.InvariantCulture));
                json.WriteString("blocked", total.Blocked);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("lines");
            foreach (EmissionLine line in report.Lines)
            {
                json.WriteStartObject();
                json.WriteString("account", line.Account);
                json.WriteString("name", line.Name);
                json.WriteString("gas", line.Gas);
                json.WriteString("micrograms", line.Micrograms.ToString(CultureInfo.InvariantCulture));
                Write(json, "derivation", line.Derivation);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("figures");
            foreach (Figure figure in report.Figures)
            {
                Write(json, figure);
            }

            json.WriteEndArray();
            json.WriteStartArray("instruments");
            foreach (InstrumentUse use in report.Instruments)
            {
                json.WriteStartObject();
                json.WriteString("id", use.Instrument.Id);
                json.WriteString("used", use.Used.ToString());
                json.WriteString("left", use.Left.ToString());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Texts(json, "notes", report.Notes);
        });

    /// <summary>A figure as an object of a list.</summary>
    internal static void Write(Utf8JsonWriter json, Figure figure)
    {
        json.WriteStartObject();
        json.WriteString("name", figure.Name);
        json.WriteString("unit", figure.Unit);
        json.WriteString("exact", figure.Value is { } exact ? Exact.Text(exact) : null);
        json.WriteString("shown", figure.Value is { } shown ? Exact.Display(shown) : null);
        json.WriteString("noValue", figure.NoValue);
        Write(json, "derivation", figure.Derivation);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, Derivation derivation)
    {
        json.WriteStartObject(name);
        json.WriteString("formula", derivation.Formula);
        json.WriteString("source", derivation.Source);
        json.WriteStartArray("inputs");
        foreach (Input input in derivation.Inputs)
        {
            json.WriteStartObject();
            json.WriteString("name", input.Name);
            json.WriteString("value", input.Value);
            json.WriteString("reference", input.Reference);
            if (input.Factor is { } factor)
            {
                json.WriteStartObject("factor");
                json.WriteString("key", factor.Key?.ToString());
                json.WriteString("set", factor.Set);
                json.WriteString("source", factor.Source);
                json.WriteString("confidence", factor.Confidence);
                json.WriteString("uncertainty", factor.Uncertainty);
                json.WriteString("note", factor.Note);
                json.WriteEndObject();
            }

            if (input.Derivation is { } inner)
            {
                Write(json, "derivation", inner);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        Texts(json, "notes", derivation.Notes);
        json.WriteString("rounding", derivation.Rounding);
        json.WriteEndObject();
    }

    internal static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
