using System.Text.Json;
using System.Text.Json.Nodes;

namespace EdgeGateway.Edgectl.Tests;

public sealed class TargetsCommandTests : IDisposable
{
    private readonly Recordings _files = new();

    private static string Example { get; } = File.ReadAllText(Path.Combine(CarbonCommandTests.Folder, "examples", "targets.json"));

    public void Dispose() => _files.Dispose();

    [Fact]
    public void The_example_is_all_met_in_words_and_ends_with_0()
    {
        var (exitCode, output, error) = CommandLine.Run("targets", _files.Write("a.json", Example));
        Assert.Equal((0, ""), (exitCode, error));
        foreach (
            string text in (string[])
                [
                    "cn-hunan-zero-carbon-factory 1: Zero-carbon factory (Hunan province), for a factory, case 2027, sector "
                        + "lithium-battery",
                    "From one secondary transcription of the index table: check it against the original.",
                    "unit-energy-carbon   expected   met       1.18 tCO2e/tce   at most 1.25 tCO2e/tce   0.07 tCO2e/tce",
                    "MET Unit-energy carbon: total-market per energy is 1.18 tCO2e/tce, asked is at most 1.25 tCO2e/tce: 0.07 "
                        + "tCO2e/tce below it",
                    "MET Renewable share of energy use: renewable energy is 38.5 %, asked is at least 35 %: 3.5 % above it",
                    "asked is at least 6 %: just there",
                    "    Hunan zero-carbon factory index table: 2027; confidence S; Of all energy and not of electricity alone",
                    "pro-rata line                      6679.452055   tCO2",
                    "MET budget: if the rest of the year is like the days so far, 185.000000 tCO2 of the budget are left",
                    "\nAll is met.",
                ]
        )
        {
            Assert.Contains(text, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Json_tells_the_same_for_programs()
    {
        string file = _files.Write(
            "a.json",
            Changed(r => Put(r, "figures/1", """{ "name": "renewable energy", "noValue": "not metered" }"""))
        );
        var (exitCode, output, error) = CommandLine.Run("targets", file, "--json");
        Assert.Equal((1, ""), (exitCode, error));
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal(
            ("no value", "cn-hunan-zero-carbon-factory", "2027", "lithium-battery"),
            (Text(root, "verdict"), Text(root, "programme"), Text(root, "case"), Text(root, "sector"))
        );
        JsonElement[] indicators = [.. root.GetProperty("indicators").EnumerateArray()];
        Assert.Equal(
            [("met", "0.07", null), ("no value", null, "not metered"), ("met", "0", (string?)null)],
            indicators.Select(i => (Text(i, "verdict"), Text(i, "distance"), Text(i, "noValue")))
        );
        Assert.Equal(
            ("1.18 tCO2e/tce", "at most 1.25 tCO2e/tce", "S", "expected"),
            (Text(indicators[0], "value"), Text(indicators[0], "asked"), Text(indicators[0], "confidence"), Text(indicators[0], "level"))
        );
        JsonElement budget = root.GetProperty("budget");
        Assert.Equal("met", Text(budget, "verdict"));
        JsonElement line = budget.GetProperty("figures").EnumerateArray().Single(f => Text(f, "name") == "pro-rata line");
        Assert.Equal(
            ("487600/73", "6679.452055", "budget × days passed ÷ days of the year"),
            (Text(line, "exact"), Text(line, "shown"), Text(line.GetProperty("derivation"), "formula"))
        );
    }

    [Fact]
    public void Figures_are_computed_from_files_of_carbon_and_flows_exactly()
    {
        string carbon = _files.Write("july.json", File.ReadAllText(Path.Combine(CarbonCommandTests.Folder, "examples", "carbon.json")));
        JsonElement figure = JsonDocument
            .Parse(CommandLine.Run("carbon", carbon, "--json").Output)
            .RootElement.GetProperty("figures")
            .EnumerateArray()
            .Single(f => Text(f, "name") == "total-market per energy");
        var (exitCode, output, error) = CommandLine.Run(
            "targets",
            _files.Write(
                "a.json",
                """
                { "programme": "cn-zero-carbon-park", "case": "1-Mtce-and-more",
                  "figures": [{ "name": "total-market per energy", "carbon": "july.json" }] }
                """
            ),
            "--json"
        );
        Assert.Equal((1, ""), (exitCode, error)); // it is above the limit
        JsonElement indicator = JsonDocument.Parse(output).RootElement.GetProperty("indicators")[0];
        Assert.Equal(
            ($"{Text(figure, "exact")} {Text(figure, "unit")}", "not met"),
            (Text(indicator, "value"), Text(indicator, "verdict"))
        );

        _files.Write("flows.csv", File.ReadAllText(Path.Combine(CarbonCommandTests.Folder, "examples", "flows.csv")));
        (exitCode, output, error) = CommandLine.Run(
            "targets",
            _files.Write(
                "b.json",
                """
                { "programme": "cn-green-microgrid", "case": "spot-market",
                  "figures": [{ "name": "selfConsumption", "flows": "flows.csv" }, { "name": "exportShare", "noValue": "x" }] }
                """
            ),
            "--json"
        );
        Assert.Equal((1, ""), (exitCode, error));
        Assert.Equal(
            ("selfConsumption", "100 %", "met"),
            (
                Text(JsonDocument.Parse(output).RootElement.GetProperty("indicators")[0], "figure"),
                Text(JsonDocument.Parse(output).RootElement.GetProperty("indicators")[0], "value"),
                Text(JsonDocument.Parse(output).RootElement.GetProperty("indicators")[0], "verdict")
            )
        );
    }

    [Fact]
    public void The_schema_takes_the_example_and_refuses_what_the_command_finds_malformed()
    {
        string[] good =
        [
            Example,
            Changed(r => Put(r, "figures/0", """{ "name": "a", "carbon": "july.json" }""")),
            Changed(r => Put(r, "budget", null)),
        ];
        string[] bad =
        [
            Changed(r => Put(r, "colour", "1")),
            Changed(r => Put(r, "programme", null)),
            Changed(r => Put(r, "programmeFile", "\"a.csv\"")),
            Changed(r => Put(r, "figures/0/noValue", "\"none\"")),
            Changed(r => Put(r, "figures/0/value", null)),
            Changed(r => Put(r, "figures/0/value", "1.18")),
            Changed(r => Put(r, "budget/amount", "\"1 tCO2\"")),
            Changed(r => Put(r, "budget/used/until", null)),
        ];
        Assert.Equal(
            [.. good.Select(_ => true), .. bad.Select(_ => false)],
            CarbonCommandTests.ValidBySchema("targets.schema.json", [.. good, .. bad])
        );
        Assert.All(bad, b => Assert.Equal(2, CommandLine.Run("targets", _files.Write("a.json", b)).ExitCode));
    }

    [Theory]
    [InlineData("""{ "name": "total-market per energy", "carbon": "missing.json" }""", "$.figures[0].carbon: ")]
    [InlineData(
        """{ "name": "total-market per energy", "carbon": "july.json", "value": "1 tCO2/tce" }""",
        "$.figures[0].carbon: stands beside value. Write the one that the figure is from."
    )]
    [InlineData(
        """{ "name": "total-market per tree", "carbon": "july.json" }""",
        "$.figures[0].carbon: july.json gives no total-market per tree. It gives scope1, "
    )]
    [InlineData("""{ "name": "selfConsumption", "flows": "july.json" }""", "$.figures[0].flows: ")]
    public void What_a_file_does_not_give_is_refused(string figure, string reason)
    {
        _files.Write("july.json", File.ReadAllText(Path.Combine(CarbonCommandTests.Folder, "examples", "carbon.json")));
        var (exitCode, output, error) = CommandLine.Run("targets", _files.Write("a.json", Changed(r => Put(r, "figures/0", figure))));
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "figures/0/value",
        "\"1.26 tCO2e/tce\"",
        "NOT MET Unit-energy carbon: total-market per energy is 1.26 tCO2e/tce, asked is at most 1.25 tCO2e/tce: 0.01 tCO2e/tce above it",
        "1 not met, 0 without"
    )]
    [InlineData(
        "figures/1/value",
        "\"34.9 %\"",
        "NOT MET Renewable share of energy use: renewable energy is 34.9 %, asked is at least 35 %: 0.1 % below it",
        "1 not met, 0 without"
    )]
    [InlineData(
        "figures",
        "[]",
        "NO VALUE Unit-energy carbon: no value: it is not given (takes total-market per energy or total-location per energy)",
        "0 not met, 3 without"
    )]
    [InlineData(
        "budget/used/amount",
        "\"11500.5 tCO2\"",
        "NOT MET budget: the budget is used up: 0.500000 tCO2 beyond it",
        "1 not met, 0 without"
    )]
    [InlineData(
        "budget/used/amount",
        "\"6700 tCO2\"",
        "NOT MET budget: if the rest of the year is like the days so far, it is 35.377358 tCO2 beyond the budget",
        "1 not met, 0 without"
    )]
    [InlineData(
        "budget/used/until",
        "\"2026-01-01\"",
        "projection for the year: no value: no day of the year has passed",
        "0 not met, 1 without"
    )]
    [InlineData("budget/baseline/amount", "\"0 tCO2\"", "NO VALUE budget: the baseline is zero", "0 not met, 1 without")]
    [InlineData("budget/baseline", null, "NO VALUE budget: no baseline is given", "0 not met, 1 without")]
    [InlineData("budget/used", null, "NO VALUE budget: nothing is given as used", "0 not met, 1 without")]
    [InlineData(
        "case",
        "\"2030\"",
        "NOT MET Renewable share of energy use: renewable energy is 38.5 %, asked is at least 55 %: 16.5 % below it",
        "2 not met, 0 without"
    )]
    public void What_is_not_met_or_not_known_is_said_and_ends_with_1(string member, string? value, string says, string counts)
    {
        var (exitCode, output, error) = CommandLine.Run("targets", _files.Write("a.json", Changed(r => Put(r, member, value))));
        Assert.Equal((1, ""), (exitCode, error));
        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.Contains($"Not all is met: {counts} a value.", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("programme", "\"x\"", "$.programme: There is no programme 'x'. There are cn-ceca-six-stars, ")]
    [InlineData("programme", null, "$.programme: is the name of a programme that ships; programmeFile in its place")]
    [InlineData("programmeFile", "\"a.csv\"", "$.programme: is the name of a programme that ships")]
    [InlineData("case", null, "$.case: No case is named. cn-hunan-zero-carbon-factory has 2027, 2030, 2035")]
    [InlineData("case", "\"2028\"", "$.case: '2028' is no case")]
    [InlineData("sector", "\"steal\"", "$.sector: There is no sector 'steal'")]
    [InlineData(
        "figures/0/value",
        "\"1.18 tCO2/tce\"",
        "$.figures: total-market per energy is 1.18 tCO2/tce, and unit-energy-carbon is asked in tCO2e/tce: tCO2 is not tCO2e: "
            + "CO2 is one gas"
    )]
    [InlineData("figures/0/value", "\"1.18\"", "$.figures[0].value: '1.18' is not a quantity")]
    [InlineData("figures/0/value", "\"1.18 tCO2e/kvar\"", "$.figures[0].value: 'kvar' is not a unit")]
    [InlineData("figures/0/value", "1.18", "$.figures[0].value: is a number. Write a text")]
    [InlineData("figures/0/value", null, "$.figures[0].value: is the value; noValue in its place says why there is none")]
    [InlineData("figures/0/noValue", "\"none\"", "$.figures[0].noValue: stands beside value. Write the one that the figure is from.")]
    [InlineData(
        "figures/0/name",
        "\"carbon\"",
        "$.figures: 'carbon' is no figure that cn-hunan-zero-carbon-factory takes here. It takes total-market per energy, "
    )]
    [InlineData("figures/0/name", "\"renewable energy\"", "$.figures: renewable energy is given twice")]
    [InlineData("figures/0/unit", "\"%\"", "$.figures[0].unit: is not a member")]
    [InlineData("budget/reduction", "\"-1 %\"", "$.budget: The reduction is -1 %")]
    [InlineData("budget/reduction", "\"8\"", "$.budget.reduction: '8' is not a quantity")]
    [InlineData("budget/reduction", "\"8 tCO2\"", "$.budget.reduction: tCO2 is not %")]
    [InlineData("budget/amount", "\"-5 tCO2\"", "$.budget: The budget is -5 tCO2")]
    [InlineData("budget/amount", "\"5 tCO2\"", "$.budget: A budget is an amount, or a reduction")]
    [InlineData("budget/used/amount", "\"6572 tCO2e\"", "$.budget: tCO2e is not tCO2: CO2 is one gas")]
    [InlineData("budget/used/until", "\"2027-08-01\"", "$.budget: What was used is of the days before 2027-08-01, which is not within")]
    [InlineData("budget/until", "\"2025-01-01\"", "$.budget: The period ends on 2025-01-01, which is not after 2026-01-01")]
    [InlineData("budget/until", "\"2026-12-31\"", "$.budget: The year of the budget is 2026-01-01 to 2026-12-31, which is not a year")]
    [InlineData("budget/until", "\"31.12.2026\"", "$.budget.until: '31.12.2026' is not a day")]
    [InlineData("budget/baseline/from", "\"2026-01-01\"", "$.budget.baseline: The period ends on 2026-01-01, which is not after")]
    [InlineData("budget/baseline/amount", null, "$.budget.baseline.amount: is the value; noValue in its place")]
    public void Bad_input_is_refused_with_its_path_and_ends_with_2(string member, string? value, string says)
    {
        string file = _files.Write("a.json", Changed(r => Put(r, member, value)));
        CommandLine.AssertRefused(CommandLine.Run("targets", file), $"edgectl: {file}: {says}");
        CommandLine.AssertRefused(CommandLine.Run("targets", file, "--json"), says);
    }

    [Fact]
    public void A_programme_of_ones_own_lies_beside_the_file_and_is_checked()
    {
        const string Own =
            "programme=mine,version=3,for=factory,issued=,cases=,title=Our own,note=Of the board\n"
            + "case,sector,id,title,figures,comparison,threshold,unit,level,confidence,note,source\n,,gas,Gas for a car,gas per "
            + "car,at-most,120,m3/{car},scored,S,,a test\n";
        string file = _files.Write(
            "a.json",
            """{ "programmeFile": "mine.csv", "figures": [ { "name": "gas per car", "value": "119.5 m3/{car}" } ] }"""
        );
        CommandLine.AssertRefused(CommandLine.Run("targets", file), "mine.csv");
        _files.Write("mine.csv", Own);
        var (exitCode, output, _) = CommandLine.Run("targets", file);
        Assert.Equal(0, exitCode);
        Assert.Contains("mine 3: Our own, for a factory", output.Split('\n'));
        Assert.Contains(
            "MET Gas for a car: gas per car is 119.5 m3/{car}, asked is at most 120 m3/{car}: 0.5 m3/{car} below it",
            output.Split('\n')
        );
        _files.Write("mine.csv", Own.Replace("120", "-120", StringComparison.Ordinal));
        CommandLine.AssertRefused(CommandLine.Run("targets", file), "$.programmeFile: mine.csv, line 3: the threshold -120 is negative");
    }

    [Fact]
    public void What_there_is_can_be_listed()
    {
        var (exitCode, output, error) = CommandLine.Run("targets", "--list");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("programme cn-zero-carbon-park 2: Zero-carbon park (national), for a park", output.Split('\n'));
        Assert.Contains(
            "    0.2-to-1-Mtce: Unit-energy carbon, at most 0.20 tCO2/tce; gating; takes total-market per energy or "
                + "total-location per energy; confidence C",
            output.Split('\n')
        );
        Assert.Contains("profile lithium-battery 1: Lithium battery", output.Split('\n'));
        JsonElement root = JsonDocument.Parse(CommandLine.Run("targets", "--list", "--json").Output).RootElement;
        Assert.Equal((6, 10), (root.GetProperty("programmes").GetArrayLength(), root.GetProperty("profiles").GetArrayLength()));
        JsonElement microgrid = root.GetProperty("programmes").EnumerateArray().Single(p => Text(p, "name") == "cn-green-microgrid");
        Assert.Equal(["spot-market", "no-spot-market"], microgrid.GetProperty("cases").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(["selfConsumption", "exportShare"], microgrid.GetProperty("figures").EnumerateArray().Select(c => c.GetString()));
    }

    [Fact]
    public void A_profile_is_printed_with_its_sources_and_what_is_suggested()
    {
        var (exitCode, output, error) = CommandLine.Run("targets", "--profile", "computing");
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains(
            "computing 1: Computing facilities, by 2027 (MIIT NDRC MEE SASAC NEA: 工信部联节〔2026〕13号 on building "
                + "zero-carbon factories; confidence C)",
            output.Split('\n')
        );
        Assert.Contains(
            "  meter     it-load             process      kWh    IT equipment at the outlets of the UPS               ",
            output.Split('\n')
        );
        Assert.Contains("GB 17167-2025: energy meters of the site; confidence S: grid-import, grid-export", output.Split('\n'));
        Assert.Contains(
            "suggested by this project: battery-charge, battery-discharge, it-load, ups, cooling, generator, other, "
                + "diesel, it-energy, scope2-market",
            output.Split('\n')
        );
        JsonElement part = JsonDocument
            .Parse(CommandLine.Run("targets", "--profile", "textiles", "--json").Output)
            .RootElement.GetProperty("parts")
            .EnumerateArray()
            .Single(p => Text(p, "name") == "fabric");
        Assert.Equal(("product", "{metre of fabric}", null), (Text(part, "kind"), Text(part, "unit"), Text(part, "source")));
        CommandLine.AssertRefused(
            CommandLine.Run("targets", "--profile", "farming"),
            "There is no profile 'farming'. There are automotive, "
        );
    }

    [Fact]
    public void One_thing_is_asked_for_and_a_file_that_cannot_be_read_ends_with_2()
    {
        CommandLine.AssertRefused(CommandLine.Run("targets"), "Give one of FILE.json, --list and --profile NAME.");
        CommandLine.AssertRefused(CommandLine.Run("targets", "--list", "--profile", "steel"), "Give one of");
        CommandLine.AssertRefused(CommandLine.Run("targets", _files.Write("a.json", Example), "--list"), "Give one of");
        CommandLine.AssertRefused(CommandLine.Run("targets", "/nonexistent.json"), "/nonexistent.json");
        CommandLine.AssertRefused(CommandLine.Run("targets", _files.Write("b.json", "{")), "b.json");
        CommandLine.AssertRefused(CommandLine.Run("targets", _files.Write("b.json", new string(' ', (1 << 20) + 1))), "larger than 1 MiB");
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static string Changed(Action<JsonNode> change)
    {
        JsonNode root = JsonNode.Parse(Example)!;
        change(root);
        return root.ToJsonString();
    }

    private static void Put(JsonNode root, string path, string? value) => CarbonCommandTests.Put(root, path, value);
}
