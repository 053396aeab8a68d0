using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeGateway.Carbon.Tests;

namespace EdgeGateway.Edgectl.Tests;

public sealed class CarbonCommandTests : IDisposable
{
    private readonly Recordings _files = new();

    internal static string Folder { get; } = FindFolder();

    private static string Example { get; } = File.ReadAllText(Path.Combine(Folder, "examples", "carbon.json"));

    public void Dispose() => _files.Dispose();

    [Fact]
    public void The_example_is_computed_and_every_line_adds_up()
    {
        var (exitCode, output, error) = CommandLine.Run("carbon", _files.Write("a.json", Example), "--json");
        Assert.Equal((0, ""), (exitCode, error));
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal("computed", root.GetProperty("verdict").GetString());
        var sums = root.GetProperty("lines")
            .EnumerateArray()
            .GroupBy(l => l.GetProperty("account").GetString())
            .ToDictionary(g => g.Key!, g => g.Sum(l => long.Parse(l.GetProperty("micrograms").GetString()!)));
        Assert.Equal(["exports", "scope1", "scope2-heat", "scope2-location", "scope2-market"], sums.Keys.Order(StringComparer.Ordinal));
        Assert.All(sums, s => Assert.Equal(s.Value, Total(root, s.Key)));
        Assert.Equal(sums["scope1"] + sums["scope2-heat"] + sums["scope2-location"], Total(root, "total-location"));
        Assert.Equal(sums["scope1"] + sums["scope2-heat"] + sums["scope2-market"], Total(root, "total-market"));
        Assert.Equal(sums["scope2-location"] - sums["exports"], Total(root, "scope2-gbt-net"));
        Assert.All(root.GetProperty("figures").EnumerateArray(), f =>
            Assert.NotEqual(f.GetProperty("exact").GetString() is null, f.GetProperty("noValue").GetString() is null)
        );
    }

    [Fact]
    public void The_text_tells_totals_and_why_each_line_is_what_it_is()
    {
        var (exitCode, output, _) = CommandLine.Run("carbon", _files.Write("a.json", Example));
        Assert.Equal(0, exitCode);
        foreach (
            string text in (string[])
                [
                    "scope2-location   556790.080000000   CO2", // (812345.6 + 200000) kWh × 0.5500
                    "scope2-location · main supply = 446790.080000000 kg CO2",
                    "factor: 0.5500 kgCO2/kWh   CN-grid-east/2023/average/organisation, set cn-grid-2023/1, MEE and NBS: "
                        + "Announcement 2025 No. 47 of 2025-12-31, confidence C",
                    "p: 12.5 kPa gauge + 100.6 kPa ambient   (reading leaves 1200 and 4180)",
                    "node: 0.85 MPa, 210 °C: 2860.02 kJ/kg",
                    "A factor of kind excluding-traded-non-fossil stands for the residual mix",
                    "rounding: once, half to even, to whole micrograms",
                    "instrument certificates 1 to 150: 150000 kWh used, 0 kWh left over",
                ]
        )
        {
            Assert.Contains(text, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Missing_proof_blocks_the_market_based_totals_and_ends_with_1()
    {
        string file = _files.Write("a.json", Changed(root => root["electricity"]!["lines"]![1]!["proof"] = new JsonArray()));
        var (exitCode, output, _) = CommandLine.Run("carbon", file, "--json");
        Assert.Equal(1, exitCode);
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal("blocked", root.GetProperty("verdict").GetString());
        foreach (string account in (string[])["scope2-market", "total-market"])
        {
            JsonElement total = root.GetProperty("totals").EnumerateArray().Single(t => t.GetProperty("account").GetString() == account);
            Assert.Equal(JsonValueKind.Null, total.GetProperty("micrograms").ValueKind);
            Assert.Equal(
                "green contract is non-fossil, but 200000 kWh of it have no valid proof",
                total.GetProperty("blocked").GetString()
            );
        }

        Assert.Contains(
            "BLOCKED scope2-market: green contract is non-fossil, but 200000 kWh of it have no valid proof",
            CommandLine.Run("carbon", file).Output.Split('\n')
        );
        Assert.Contains(
            "total-market per battery packs: no value: total-market is blocked",
            CommandLine.Run("carbon", file).Output.Split('\n')
        );
    }

    public static TheoryData<string, string?, string> Refusals =>
        new()
        {
            { "combustion/0/amount", "\"125000 kWh\"", "$.combustion[0].volume: kWh is not m3" },
            { "combustion/0/amount", "\"-1 m3\"", "$.combustion[0].amount: boiler is -1 m3" },
            { "combustion/0/amount", "\"1\"", "$.combustion[0].amount: '1' is not a quantity" },
            { "combustion/0/volume", null, "$.combustion[0]: m3 is not 1e4Nm3" },
            { "combustion/1/amount", "\"1850 l\"", "$.combustion[1]: l is not t" },
            { "combustion/1/fuel", "\"lng\"", "$.combustion[1].factors: There is no ncv of lng for CN" },
            {
                "combustion/1/factors/set",
                "\"cn-fuels\"",
                "$.combustion[1].factors: There is no ncv of diesel for CN, purpose organisation, in cn-fuels"
            },
            { "combustion/1/name", "\"boiler\"", "$.combustion[1].name: boiler is there already" },
            { "period/from", "\"2026-08-01\"", "$.period: The period ends on 2026-08-01, which is not after 2026-08-01" },
            { "period/from", "\"1.7.2026\"", "$.period.from: '1.7.2026' is not a day" },
            { "electricity/lines/0/grid/region", "\"CN-XZ\"", "$.electricity.lines[0].grid: There is no average of electricity for CN-XZ" },
            { "electricity/lines/0/amount", "\"1 kvarh\"", "$.electricity.lines[0].amount: 'kvarh' is not a unit" },
            { "electricity/lines/1/proof/0", "\"contract-8\"", "$.electricity: green contract names the proof contract-8" },
            { "electricity/instruments/1/id", "\"contract-7\"", "$.electricity: contract-7 is claimed twice" },
            { "electricity/instruments/0/market", "\"GB\"", "$.electricity: contract-7 is for the market GB" },
            {
                "electricity/instruments/0/from",
                "\"2026-06-01\"",
                "$.electricity: contract-7 is for 2026-06-01 to 2026-08-01, which is not within"
            },
            { "electricity/lines/1/uncertainty/factor", "\"5\"", "has two uncertainties. It is one factor." },
            { "heat/0/steam/pressure/value", "\"0.9 kWh\"", "$.heat[0].steam: kWh is not kPa" },
            { "heat/0/steam/temperature", "\"120 °C\"", "$.heat[0].steam: At 0.9 MPa absolute steam has 175.4 °C or more" },
            { "matching/slots/1/start", "\"2026-07-01T12:00:00+08:00\"", "$.matching: The slot 2026-07-01T11:00:00+08:00 is missing" },
            { "matching/slots/1/load", "\"-1 kWh\"", "$.matching: At 2026-07-01T11:00:00+08:00 there is an energy of -1 kWh" },
            {
                "matching/slots/0/start",
                "\"2026-06-30T23:00:00+08:00\"",
                "$.matching.slots[0].start: is not within the period of the account"
            },
            {
                "electricity/lines/0/grid",
                """{ "region": "CN", "kind": "footprint", "year": 2023 }""",
                "$.electricity.lines[0].grid: There is no footprint of electricity for CN, purpose organisation"
            },
            {
                "electricity/lines/0/grid",
                """{ "value": "-0.55 kgCO2/kWh", "source": "a test" }""",
                "$.electricity.lines[0].grid.value: -0.55 kgCO2/kWh is negative"
            },
            {
                "electricity/lines/0/grid",
                """{ "value": "550 gCO2/Wh", "source": "a test" }""",
                "$.electricity.lines[0].grid.value: 550 gCO2/Wh is outside 0 to 2 kgCO2/kWh: is it in g/kWh?"
            },
            { "electricity/lines/0/grid", """{ "year": 2023 }""", "$.electricity.lines[0].grid.region: is missing" },
            { "electricity/lines/0/grid", null, "main supply has no factor of its grid. Name the region: there is no default." },
            { "electricity/instruments/2/from", null, "$.electricity.instruments[2].from: is missing" },
            { "electricity/instruments/2/retired", "\"2026-06-30\"", "certificates 1 to 150 was retired on 2026-06-30, before 2026-07-01" },
            {
                "electricity/residual",
                """{ "value": "0 kgCO2/kWh", "source": "a test" }""",
                "$.electricity: A residual mix of 0 kgCO2/kWh"
            },
            {
                "combustion/1/carbonContent",
                """{ "value": "0.0741 tC/GJ(NCV)", "source": "a test" }""",
                "$.combustion[1].carbonContent.value: 0.0741 tC/GJ(NCV) is outside 0.010 to 0.035 tC/GJ(NCV): is it CO2"
            },
            {
                "combustion/1/oxidation",
                """{ "value": "98 1", "source": "a test" }""",
                "$.combustion[1].oxidation.value: 98 1 is outside 0.5 to 1"
            },
            { "factorSets", "[\"none.csv\"]", "$.factorSets[0]: Could not find file" },
            { "coalEquivalents/set", "\"x\"", "$.coalEquivalents: There is no coal-equivalent of standard-coal" },
        };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_does_not_hold_is_refused_with_its_path_and_nothing_is_computed(string member, string? value, string says) =>
        CommandLine.AssertRefused(CommandLine.Run("carbon", _files.Write("a.json", Changed(root => Put(root, member, value)))), says);

    [Theory]
    [InlineData("combustion/0/colour", "1", "$.combustion[0].colour: is not a member. Here are name, amount,")]
    [InlineData("combustion/0/collected", null, "$.combustion[0].collected: is missing")]
    [InlineData(
        "combustion/0/collected",
        "\"by hand\"",
        "$.combustion[0].collected: is 'by hand'. Write automatic or manual or estimated."
    )]
    [InlineData(
        "combustion/0/amount",
        "125000",
        "$.combustion[0].amount: is a number. Write a text of at most 1000 characters; amounts are texts too"
    )]
    [InlineData("combustion/0/volume/pressure/ambient", null, "$.combustion[0].volume.pressure.ambient: is missing")]
    [InlineData("heat/0/steam/pressure/ambient", "\"100 kPa\"", "$.heat[0].steam.pressure.ambient: belongs to a gauge pressure")]
    [InlineData("heat/0/steam/pressure/is", null, "$.heat[0].steam.pressure.is: is missing")]
    [InlineData("heat/0/steam/state", "\"saturated\"", "$.heat[0].steam.temperature: is set by the pressure of saturated steam")]
    [InlineData("heat/0/steam/convention", null, "$.heat[0].steam.convention: is missing")]
    [InlineData("heat/0/factor/value", "\"0.1 tCO2/GJ\"", "$.heat[0].factor: has a value and the name of a factor")]
    [InlineData("combustion/0/gwp", "\"gwp-ar5\"", "$.combustion[0].gwp: belongs to the method by gas")]
    [InlineData("combustion/0/uncertainty/amount", "\"1\"", "$.combustion[0].uncertainty.class: stands beside amount")]
    [InlineData("electricity", "[]", "$.electricity: is a list. Write an object")]
    [InlineData("electricity/lines", "{}", "$.electricity.lines: is an object. Write a list")]
    [InlineData("electricity/lines/0/proof", "[7]", "$.electricity.lines[0].proof[0]: is a number. Write a text.")]
    [InlineData("period", null, "$.period: is missing")]
    [InlineData("matching/minutes", "60.5", "$.matching.minutes: is a number. Write a whole number.")]
    public void What_is_not_of_the_form_is_named_with_its_path_and_ends_with_2(string member, string? value, string says) =>
        CommandLine.AssertRefused(CommandLine.Run("carbon", _files.Write("a.json", Changed(root => Put(root, member, value)))), says);

    [Fact]
    public void A_member_that_is_written_twice_is_refused() =>
        CommandLine.AssertRefused(
            CommandLine.Run(
                "carbon",
                _files.Write(
                    "a.json",
                    Example.Replace("\"market\": \"CN\",", "\"market\": \"CN\", \"market\": \"GB\",", StringComparison.Ordinal)
                )
            ),
            "market: is written twice"
        );

    [Theory]
    [InlineData("\"boiler\"", "\"\\ud800\"", "$.combustion[0].name: holds a character that does not exist")]
    [InlineData("\"market\"", "\"\\ud800\"", "$: holds a character that does not exist")]
    [InlineData("\"contract-7\"]", "\"\\udfff\"]", "$.electricity.lines[1].proof[0]: holds a character that does not exist")]
    public void Half_a_character_is_refused(string text, string broken, string says) =>
        CommandLine.AssertRefused(
            CommandLine.Run("carbon", _files.Write("a.json", Example.Replace(text, broken, StringComparison.Ordinal))),
            says
        );

    [Fact]
    public void What_is_no_JSON_or_no_file_ends_with_2()
    {
        CommandLine.AssertRefused(CommandLine.Run("carbon"), "FILE.json");
        CommandLine.AssertRefused(CommandLine.Run("carbon", "/nonexistent.json"), "/nonexistent.json");
        CommandLine.AssertRefused(CommandLine.Run("carbon", _files.Write("a.json", "{")), "a.json");
        CommandLine.AssertRefused(CommandLine.Run("carbon", _files.Write("a.json", new string('[', 100))), "depth");
        CommandLine.AssertRefused(CommandLine.Run("carbon", _files.Write("a.json", "[]")), "$: is a list");
    }

    [Fact]
    public void Factor_sets_of_ones_own_lie_beside_the_file_and_are_checked()
    {
        const string Set =
            "set=mine,version=3,validFrom=2026-01-01,validUntil=\n"
            + "region,of,name,kind,purpose,year,value,unit,uncertainty,mark,confidence,source\n"
            + "XX,electricity,Somewhere,average,organisation,2025,0.1,kgCO2/kWh,,,S,a test\n";
        string file = _files.Write(
            "a.json",
            """
            { "period": { "from": "2026-01-01", "until": "2027-01-01" }, "market": "XX", "factorSets": ["mine.csv"],
              "electricity": { "lines": [
              { "name": "main", "amount": "10 kWh", "collected": "automatic", "acquisition": "purchased",
                "attribute": "ordinary", "grid": { "region": "XX" } } ],
              "residual": { "region": "XX", "kind": "average" } } }
            """
        );
        _files.Write("mine.csv", Set);
        var (exitCode, output, _) = CommandLine.Run("carbon", file);
        Assert.Equal(0, exitCode);
        Assert.Contains(
            "factor: 0.1 kgCO2/kWh   XX/2025/average/organisation, set mine/3, a test, confidence S",
            output,
            StringComparison.Ordinal
        );
        _files.Write("mine.csv", Set.Replace("0.1,", "100,", StringComparison.Ordinal));
        Assert.Contains(
            "$.factorSets[0]: mine.csv, line 3: 100 kgCO2/kWh is outside 0 to 2",
            CommandLine.Run("carbon", file).Error,
            StringComparison.Ordinal
        );
        _files.Write("mine.csv", Set.Replace("set=mine", "set=cn-grid-2023", StringComparison.Ordinal));
        Assert.Contains("There is a factor set cn-grid-2023 already", CommandLine.Run("carbon", file).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_signer_factor_sets_are_packs_and_later_versions_correct_what_ships()
    {
        using OpenSslSigner signer = new(),
            other = new();
        string pack = signer.Pack("grid.csv", OpenSslSigner.Grid("cn-grid-2023", "2", "0.5512")),
            file = signer.At("a.json");
        File.WriteAllText(
            file,
            """
            { "period": { "from": "2026-01-01", "until": "2027-01-01" }, "market": "CN-grid-east", "factorSets": ["grid.csv"],
              "electricity": { "lines": [
              { "name": "main", "amount": "10 kWh", "collected": "automatic", "acquisition": "purchased",
                "attribute": "ordinary", "grid": { "region": "CN-grid-east" } } ],
              "residual": { "value": "0.6 kgCO2/kWh", "source": "a test" } } }
            """
        );
        var (exitCode, output, error) = CommandLine.Run("carbon", file, "--signer", other.PublicKey, "--signer", signer.PublicKey);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains(
            "    factor: 0.5512 kgCO2/kWh   CN-grid-east/2023/average/organisation, set cn-grid-2023/2, a test, confidence C",
            output.Split('\n')
        );
        CommandLine.AssertRefused(CommandLine.Run("carbon", file), "There is a factor set cn-grid-2023 already");
        CommandLine.AssertRefused(
            CommandLine.Run("carbon", file, "--signer", other.PublicKey),
            "$.factorSets[0]: grid.csv is not as a trusted signer signed it"
        );
        CommandLine.AssertRefused(CommandLine.Run("carbon", file, "--signer", pack), $"{pack}: There is no PEM block in it");
        File.Delete(pack + ".sig");
        CommandLine.AssertRefused(CommandLine.Run("carbon", file, "--signer", signer.PublicKey), "grid.csv is not signed");
    }

    [Fact]
    public void A_line_may_have_a_period_of_its_own_so_that_a_year_can_be_split_at_a_new_factor()
    {
        string text = """
            { "period": { "from": "2025-01-01", "until": "2026-02-01" }, "market": "CN", "electricity": { "lines": [
              { "name": "old", "amount": "1 kWh", "collected": "automatic", "from": "2025-01-01", "until": "2025-12-31",
                "acquisition": "purchased", "attribute": "ordinary", "grid": { "region": "CN" } },
              { "name": "new", "amount": "1 kWh", "collected": "automatic", "from": "2025-12-31", "until": "2026-02-01",
                "acquisition": "purchased", "attribute": "ordinary", "grid": { "region": "CN" } } ],
              "residual": { "value": "0.6 kgCO2/kWh", "source": "a test" } } }
            """;
        Assert.Contains(
            "  scope2-location   1.067200000   CO2  ",
            CommandLine.Run("carbon", _files.Write("a.json", text)).Output.Split('\n')
        ); // 0.5366 + 0.5306
        string whole = text.Replace("\"from\": \"2025-12-31\", \"until\": \"2026-02-01\",", "", StringComparison.Ordinal);
        Assert.Contains(
            "$.electricity.lines[1].grid: The period 2025-01-01 to 2026-02-01 straddles 2025-12-31",
            CommandLine.Run("carbon", _files.Write("b.json", whole)).Error,
            StringComparison.Ordinal
        );
        string beyond = text.Replace(
            "\"from\": \"2025-12-31\", \"until\": \"2026-02-01\"",
            "\"from\": \"2025-12-31\", \"until\": \"2026-02-02\"",
            StringComparison.Ordinal
        );
        Assert.Contains(
            "2025-12-31 to 2026-02-02 is not within the period of the account",
            CommandLine.Run("carbon", _files.Write("c.json", beyond)).Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_schema_takes_the_example_and_refuses_what_the_command_finds_malformed()
    {
        string[] documents =
        [
            Example,
            Changed(r => Put(r, "combustion/0/colour", "1")),
            Changed(r => Put(r, "combustion/0/collected", null)),
            Changed(r => Put(r, "combustion/0/amount", "125000")),
            Changed(r => Put(r, "heat/0/steam/pressure/ambient", "\"100 kPa\"")),
            Changed(r => Put(r, "heat/0/steam/state", "\"saturated\"")),
            Changed(r => Put(r, "heat/0/factor/value", "\"0.1 tCO2/GJ\"")),
            Changed(r => Put(r, "combustion/0/uncertainty/amount", "\"1\"")),
            Changed(r => Put(r, "period", null)),
        ];
        Assert.Equal([true, .. Enumerable.Repeat(false, documents.Length - 1)], ValidBySchema("carbon.schema.json", documents));
    }

    private static long Total(JsonElement root, string account) =>
        long.Parse(
            root.GetProperty("totals")
                .EnumerateArray()
                .Single(t => t.GetProperty("account").GetString() == account)
                .GetProperty("micrograms")
                .GetString()!
        );

    private static string Changed(Action<JsonNode> change)
    {
        JsonNode root = JsonNode.Parse(Example)!;
        change(root);
        return root.ToJsonString();
    }

    // Sets what a path names, as in electricity/lines/0/amount, to a JSON text; null takes it out.
    internal static void Put(JsonNode root, string path, string? value)
    {
        string[] steps = path.Split('/');
        JsonNode parent = steps[..^1].Aggregate(root, (node, step) => (int.TryParse(step, out int index) ? node[index] : node[step])!);
        JsonNode? node = value is null ? null : JsonNode.Parse(value);
        if (parent is JsonArray array)
        {
            array[int.Parse(steps[^1])] = node;
        }
        else if (value is null)
        {
            Assert.True(parent.AsObject().Remove(steps[^1]));
        }
        else
        {
            parent[steps[^1]] = node;
        }
    }

    internal static bool[] ValidBySchema(string schema, IEnumerable<string> documents)
    {
        const string Script = """
            import json, sys
            try:
                from jsonschema import Draft202012Validator
            except ImportError:
                sys.exit('python3-jsonschema is missing. Run tools/test --install.')
            schema = json.load(open(sys.argv[1], encoding='utf-8'))
            Draft202012Validator.check_schema(schema)
            for line in sys.stdin:
                print(Draft202012Validator(schema).is_valid(json.loads(line)))
            """;
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", Script, Path.Combine(Folder, schema)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process python = Process.Start(start)!;
        Task<string> output = python.StandardOutput.ReadToEndAsync(),
            errors = python.StandardError.ReadToEndAsync();
        foreach (string document in documents)
        {
            python.StandardInput.WriteLine(document.ReplaceLineEndings(" "));
        }

        python.StandardInput.Close();
        python.WaitForExit();
        Assert.True(python.ExitCode == 0, errors.GetAwaiter().GetResult());
        return [.. output.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(bool.Parse)];
    }

    private static string FindFolder()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "EdgeGateway.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine(
            folder ?? throw new InvalidOperationException("The tests do not lie within the repository."),
            "tools",
            "edgectl"
        );
    }
}
