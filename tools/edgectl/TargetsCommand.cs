using System.CommandLine;
using System.Text.Json;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Targets;
using Fractions;
using Spectre.Console;

namespace EdgeGateway.Edgectl;

/// <summary>
/// <c>edgectl targets FILE.json</c>: how a site's figures stand against a programme, and its emissions or energy against a budget.
/// </summary>
internal static class TargetsCommand
{
    private const int NotAllMet = 1;

    private const long MostBytes = 1 << 20;

    public static Command Create()
    {
        Argument<string?> file = new("FILE.json")
        {
            Description = "Programme, figures, budget; targets.schema.json tells the form.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> list = new("--list") { Description = "List the programmes and the sector profiles that ship." };
        Option<string?> profile = new("--profile")
        {
            Description = "Print what a site of a sector starts with: meters, fuels, products, accounts.",
            HelpName = "NAME",
        };
        Option<bool> json = new("--json") { Description = "Write JSON instead of text." };
        Command command = new("targets", "Judge figures against a programme, and what was used against a budget.")
        {
            file,
            list,
            profile,
            json,
        };
        command.Validators.Add(parsed =>
        {
            bool[] asked = [parsed.GetValue(file) is not null, parsed.GetValue(list), parsed.GetValue(profile) is not null];
            if (asked.Count(a => a) != 1)
            {
                parsed.AddError("Give one of FILE.json, --list and --profile NAME.");
            }
        });
        command.SetAction(parsed =>
        {
            (TextWriter output, TextWriter error, bool asJson) = (
                parsed.InvocationConfiguration.Output,
                parsed.InvocationConfiguration.Error,
                parsed.GetValue(json)
            );
            return parsed.GetValue(list) ? List(asJson, output)
                : parsed.GetValue(profile) is { } name ? Profile(name, asJson, output, error)
                : Run(parsed.GetValue(file)!, asJson, output, error);
        });
        return command;
    }

    private static int Run(string file, bool json, TextWriter output, TextWriter error)
    {
        try
        {
            if (new FileInfo(file).Length > MostBytes)
            {
                throw new IOException($"It is larger than {MostBytes >> 20} MiB.");
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(file), new JsonDocumentOptions { MaxDepth = 16 });
            TargetsReport report = TargetsFile.Read(document.RootElement, Path.GetDirectoryName(Path.GetFullPath(file))!);
            if (json)
            {
                WriteJson(output, report);
            }
            else
            {
                WriteText(output, report);
            }

            return report.Verdict == Attainment.Met ? Program.Ok : NotAllMet;
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or JsonException or JsonRefusedException or ArgumentException)
        {
            error.WriteLine($"edgectl: {file}: {e.Message}");
            return Program.Unreadable;
        }
    }

    private static void WriteText(TextWriter output, TargetsReport report)
    {
        Programme programme = report.Programme;
        string of = string.Concat(report.Case is { } c ? $", case {c}" : "", report.Sector is { } s ? $", sector {s}" : "");
        output.WriteLine($"{programme.Name} {programme.Version}: {programme.Title}, for a {programme.For}{of}");
        output.WriteLine(programme.Note);
        Table table = Screen.Table(3, "indicator", "level", "verdict", "is", "asked", "distance");
        foreach (Judgement j in report.Judgements)
        {
            table.AddRow(
                Markup.Escape(j.Indicator.Id),
                Level(j.Indicator),
                Word(j.Verdict),
                Markup.Escape(j.Figure?.Value is { } v ? Shown(v.Value, v.UnitText) : "–"),
                Markup.Escape(j.Indicator.Asked),
                Markup.Escape(j.Distance is { } d ? Shown(d, j.Indicator.Threshold!.UnitText) : "–")
            );
        }

        Screen.On(output).Write(table);
        foreach (Judgement j in report.Judgements)
        {
            output.WriteLine($"{Word(j.Verdict).ToUpperInvariant()} {j.Indicator.Title}: {Words(j)}");
            output.WriteLine(
                $"    {j.Indicator.Source}; confidence {j.Indicator.Confidence}{(j.Indicator.Note is { } note ? $"; {note}" : "")}"
            );
        }

        if (report.Budget is { } budget)
        {
            output.WriteLine();
            Table figures = Screen.Table(1, "budget", "amount", "unit");
            foreach (Figure figure in budget.Figures)
            {
                figures.AddRow(Markup.Escape(figure.Name), figure.Value is { } v ? Exact.Display(v) : "–", Markup.Escape(figure.Unit));
            }

            Screen.On(output).Write(figures);
            foreach (Figure figure in budget.Figures.Where(f => f.Value is null))
            {
                output.WriteLine($"{figure.Name}: no value: {figure.NoValue}");
            }

            output.WriteLine($"{Word(budget.Verdict).ToUpperInvariant()} budget: {budget.Words}");
        }

        output.WriteLine();
        output.WriteLine(
            report.Verdict == Attainment.Met
                ? "All is met."
                : $"Not all is met: {report.Verdicts.Count(v => v == Attainment.NotMet)} not met, "
                    + $"{report.Verdicts.Count(v => v == Attainment.NoValue)} without a value."
        );
    }

    private static string Words(Judgement j)
    {
        if (j.Reason is { } reason)
        {
            return $"no value: {reason} (takes {string.Join(" or ", j.Indicator.Figures)})";
        }

        string figure = $"{j.Figure!.Name} is {Shown(j.Figure.Value!.Value, j.Figure.Value.UnitText)}";
        if (j.Distance is not { } distance)
        {
            return $"{figure}; no number is set";
        }

        string stands = distance.IsZero
            ? "just there"
            : $"{Shown(distance.Abs(), j.Indicator.Threshold!.UnitText)} "
                + $"{((j.Indicator.Comparison == Comparison.AtMost) == distance.IsPositive ? "below" : "above")} it";
        return $"{figure}, asked is {j.Indicator.Asked}: {stands}";
    }

    private static void WriteJson(TextWriter output, TargetsReport report) => JsonOutput.Write(output, json =>
        {
            json.WriteString("verdict", Word(report.Verdict));
            json.WriteString("programme", report.Programme.Name);
            json.WriteString("version", report.Programme.Version);
            json.WriteString("note", report.Programme.Note);
            json.WriteString("case", report.Case);
            json.WriteString("sector", report.Sector);
            json.WriteStartArray("indicators");
            foreach (Judgement j in report.Judgements)
            {
                json.WriteStartObject();
                json.WriteString("id", j.Indicator.Id);
                json.WriteString("title", j.Indicator.Title);
                json.WriteString("level", Level(j.Indicator));
                json.WriteString("verdict", Word(j.Verdict));
                json.WriteString("figure", j.Figure?.Name);
                json.WriteString("value", j.Figure?.Value?.ToString());
                json.WriteString("noValue", j.Reason);
                json.WriteString("asked", j.Indicator.Asked);
                json.WriteString("unit", j.Indicator.Threshold?.UnitText);
                json.WriteString("distance", j.Distance is { } d ? Exact.Text(d) : null);
                json.WriteString("source", j.Indicator.Source);
                json.WriteString("confidence", j.Indicator.Confidence);
                json.WriteString("note", j.Indicator.Note);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (report.Budget is { } budget)
            {
                json.WriteStartObject("budget");
                json.WriteString("verdict", Word(budget.Verdict));
                json.WriteString("words", budget.Words);
                json.WriteStartArray("figures");
                foreach (Figure figure in budget.Figures)
                {
                    CarbonCommand.Write(json, figure);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        });

    private static int List(bool json, TextWriter output)
    {
        if (json)
        {
            JsonOutput.Write(output, j =>
            {
                j.WriteStartArray("programmes");
                foreach (Programme programme in Programme.Shipped)
                {
                    j.WriteStartObject();
                    j.WriteString("name", programme.Name);
                    j.WriteString("version", programme.Version);
                    j.WriteString("for", programme.For);
                    j.WriteString("title", programme.Title);
                    CarbonCommand.Texts(j, "cases", programme.Cases);
                    CarbonCommand.Texts(j, "figures", [.. programme.Indicators.SelectMany(i => i.Figures).Distinct()]);
                    j.WriteEndObject();
                }

                j.WriteEndArray();
                j.WriteStartArray("profiles");
                foreach (SectorProfile profile in SectorProfile.Shipped)
                {
                    j.WriteStartObject();
                    j.WriteString("name", profile.Name);
                    j.WriteString("version", profile.Version);
                    j.WriteString("title", profile.Title);
                    j.WriteNumber("by", profile.By);
                    j.WriteEndObject();
                }

                j.WriteEndArray();
            });
            return Program.Ok;
        }

        foreach (Programme programme in Programme.Shipped)
        {
            output.WriteLine($"programme {programme.Name} {programme.Version}: {programme.Title}, for a {programme.For}");
            output.Write(programme.Cases.Count > 0 ? $"    cases: {string.Join(", ", programme.Cases)}\n" : "");
            foreach (TargetIndicator i in programme.Indicators)
            {
                output.WriteLine(
                    $"    {string.Concat(i.Case is { } c ? $"{c}: " : "", i.Sector is { } s ? $"{s}: " : "")}{i.Title}, "
                        + $"{i.Asked}; {Level(i)}; takes {string.Join(" or ", i.Figures)}; confidence {i.Confidence}"
                );
            }
        }

        foreach (SectorProfile profile in SectorProfile.Shipped)
        {
            output.WriteLine($"profile {profile.Name} {profile.Version}: {profile.Title}");
        }

        return Program.Ok;
    }

    private static int Profile(string name, bool json, TextWriter output, TextWriter error)
    {
        SectorProfile profile;
        try
        {
            profile = SectorProfile.Require(name);
        }
        catch (CarbonException e)
        {
            error.WriteLine($"edgectl: {e.Message}");
            return Program.Unreadable;
        }

        if (json)
        {
            JsonOutput.Write(output, j =>
            {
                j.WriteString("name", profile.Name);
                j.WriteString("version", profile.Version);
                j.WriteString("title", profile.Title);
                j.WriteNumber("by", profile.By);
                j.WriteString("source", profile.Source);
                j.WriteString("confidence", profile.Confidence);
                j.WriteString("note", profile.Note);
                j.WriteStartArray("parts");
                foreach (ProfilePart part in profile.Parts)
                {
                    j.WriteStartObject();
                    j.WriteString("kind", part.Kind);
                    j.WriteString("name", part.Name);
                    j.WriteString("place", part.Place);
                    j.WriteString("unit", part.Unit?.Symbol);
                    j.WriteString("title", part.Title);
                    j.WriteString("source", part.Source);
                    j.WriteString("confidence", part.Confidence);
                    j.WriteEndObject();
                }

                j.WriteEndArray();
            });
            return Program.Ok;
        }

        output.WriteLine(
            $"{profile.Name} {profile.Version}: {profile.Title}, by {profile.By} ({profile.Source}; confidence {profile.Confidence})"
        );
        output.WriteLine(profile.Note);
        Table table = Screen.Table(5, "kind", "name", "place", "unit", "what");
        foreach (ProfilePart part in profile.Parts)
        {
            table.AddRow(
                part.Kind,
                Markup.Escape(part.Name),
                part.Place ?? "",
                Markup.Escape(part.Unit?.Symbol ?? ""),
                Markup.Escape(part.Title)
            );
        }

        Screen.On(output).Write(table);
        foreach (
            var source in profile.Parts.GroupBy(p => p.Source is { } s ? $"{s}; confidence {p.Confidence}" : "suggested by this project")
        )
        {
            output.WriteLine($"{source.Key}: {string.Join(", ", source.Select(p => p.Name))}");
        }

        return Program.Ok;
    }

    private static string Word(Attainment verdict) =>
        verdict switch
        {
            Attainment.Met => "met",
            Attainment.NotMet => "not met",
            _ => "no value",
        };

    private static string Level(TargetIndicator indicator) => indicator.Level.ToString().ToLowerInvariant();

    // All digits where they are few, else rounded as figures are.
    private static string Shown(Fraction value, string unit) => $"{Exact.Brief(value)} {unit}";
}
