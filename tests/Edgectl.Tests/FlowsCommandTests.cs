using System.Text;
using System.Text.Json;

namespace EdgeGateway.Edgectl.Tests;

public sealed class FlowsCommandTests : IDisposable
{
    private const string Day =
        "time[15min],import[kWh],export[kWh],pv:roof[kWh],charge[kWh],discharge[kWh],load[kWh],"
        + "curtailed[kWh],reactive[kvarh],intensity[gCO2/kWh],stored[kWh]\n"
        + "2026-01-01T00:00:00Z,10,0,0,8,0,2,0,1,500,8\n"
        + "2026-01-01T00:15:00Z,2,0,3,0,4,9,0,1,600,\n"
        + "2026-01-01T00:30:00Z,0,5,6,0,2,3,0,0,,1.5\n";

    private readonly Recordings _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Flows_the_battery_and_every_figure_with_its_inputs_are_told()
    {
        string csv = _files.Write("day.csv", Day);
        var (exitCode, output, error) = CommandLine.Run("flows", csv);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.StartsWith(
            $"{csv}: 2026-01-01T00:00Z to 2026-01-01T00:45Z, 3 intervals of 15 min, 3 attributed.",
            output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "battery: 0.000 kWh at the start + 8.000 charged + 0.000 found − 6.000 discharged − 0.500 losses = 1.500 " + "kWh at the end.",
            output.Split('\n')
        );
        Assert.Contains("maximum demand (block): 40.000 kW", output.Split('\n'));
        Assert.Contains("    = 10 kWh ÷ ¼ h, from 2026-01-01T00:00Z", output.Split('\n'));
        Assert.Contains("maximum demand (sliding): no value: it takes intervals of 1 min, these have 15 min", output.Split('\n'));
        Assert.Contains("power factor: 0.9864", output.Split('\n'));
        Assert.Contains("carbon of load, grid direct: 2.200000 kgCO2", output.Split('\n'));
        Assert.DoesNotContain("adjustment", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_is_that_of_the_convention()
    {
        var (exitCode, output, error) = CommandLine.Run("flows", Path.Combine(CarbonCommandTests.Folder, "examples", "flows.csv"));
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("self-sufficiency: 33.33 %", output.Split('\n'));
        Assert.Contains("    = (15 − 10) ÷ 15 kWh", output.Split('\n'));
        Assert.Contains("carbon of load, grid through battery: 6.000000 kgCO2", output.Split('\n')); // the night's 600 g/kWh
    }

    [Fact]
    public void Json_has_all_digits_as_text()
    {
        var (exitCode, output, _) = CommandLine.Run("flows", _files.Write("day.csv", Day), "--json");
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal(0, exitCode);
        Dictionary<string, JsonElement> rows = root.GetProperty("flowsKwh")
            .EnumerateArray()
            .ToDictionary(r => r.GetProperty("from").GetString()!);
        Assert.Equal("8", rows["grid"].GetProperty("battery").GetString());
        Assert.Equal("0.8", rows["battery grid"].GetProperty("export").GetString());
        JsonElement figure = root.GetProperty("figures").EnumerateArray().Single(f => f.GetProperty("name").GetString() == "powerFactor");
        Assert.Equal(("0.9864", "sqrt(36/37)"), (figure.GetProperty("shown").GetString(), figure.GetProperty("exact").GetString()));
        Assert.Equal("1.5", root.GetProperty("batteryKwh").GetProperty("end").GetProperty("grid").GetString());
        Assert.Equal(
            JsonValueKind.Null,
            root.GetProperty("figures")
                .EnumerateArray()
                .Single(f => f.GetProperty("name").GetString() == "maximumDemandSliding")
                .GetProperty("exact")
                .ValueKind
        );
    }

    [Fact]
    public void Intervals_that_cannot_be_solved_are_listed_and_end_with_1()
    {
        string csv = _files.Write("day.csv", Day + "2026-01-01T00:45:00Z,9,0,,0,0,9,0,0,500,\n2026-01-01T01:00:00Z,9,0,0,0,0,5,0,0,500,\n");
        var (exitCode, output, _) = CommandLine.Run("flows", csv);
        Assert.Equal(1, exitCode);
        Assert.Contains(
            "NOT ATTRIBUTED: 2 intervals with 18.000 kWh import and 0.000 kWh export. Only demand and power factor " + "count them.",
            output.Split('\n')
        );
        Assert.Contains("  2026-01-01T00:45Z: pv:roof is missing", output.Split('\n'));
        Assert.Contains("  2026-01-01T01:00Z: sources gave 4 kWh more than sinks took, 0.45 kWh are tolerated", output.Split('\n'));
        var (_, json, _) = CommandLine.Run("flows", csv, "--json");
        Assert.Equal("4", JsonDocument.Parse(json).RootElement.GetProperty("unsolvable")[1].GetProperty("residualKwh").GetString());
        Assert.Contains(
            "NOT ATTRIBUTED: 1 intervals with 9.000 kWh import and 0.000 kWh export. Only demand and power factor count them.",
            CommandLine.Run("flows", csv, "--tolerance", "50").Output.Split('\n')
        );
        Assert.Contains(
            "NOT ATTRIBUTED: 1 intervals with 9.000 kWh import and 0.000 kWh export. Only demand and power factor count them.",
            CommandLine.Run("flows", csv, "--tolerance-kwh", "4").Output.Split('\n')
        );
    }

    [Fact]
    public void A_year_in_two_runs_has_the_digits_of_one()
    {
        string[] lines = Day.Split('\n');
        string first = _files.Write("first.csv", string.Join('\n', lines[..3])),
            second = _files.Write("second.csv", lines[0] + "\n" + lines[3]);
        string state = first + ".battery",
            last = first + ".last",
            whole = first + ".whole";
        Assert.Equal(0, CommandLine.Run("flows", _files.Write("day.csv", Day), "--efficiency", "0.97", "--state-out", whole).ExitCode);
        Assert.Equal(0, CommandLine.Run("flows", first, "--efficiency", "0.97", "--state-out", state).ExitCode);
        Assert.Equal(0, CommandLine.Run("flows", second, "--efficiency", "0.97", "--state-in", state, "--state-out", last).ExitCode);
        Assert.Equal(File.ReadAllText(whole), File.ReadAllText(last));
        CommandLine.AssertRefused(CommandLine.Run("flows", first, "--state-out", state), "exists already");
        CommandLine.AssertRefused(
            CommandLine.Run("flows", first, "--state-in", state),
            "first.csv, line 2: column time: 2026-01-01T00:00Z overlaps"
        );
    }

    [Fact]
    public void A_power_factor_table_is_applied_when_it_is_named()
    {
        string csv = _files.Write("day.csv", Day);
        string table = _files.Write(
            "t.csv",
            "table=t,version=1,confidence=S,source=a test\nstandard,from,to,percentAtTo,percentPerHundredth\n0.85,0.00,1.00,-1.10,0.01\n"
        );
        var (exitCode, output, _) = CommandLine.Run("flows", csv, "--power-factor-table", table, "--power-factor-standard", "0.85");
        Assert.Equal(0, exitCode);
        Assert.Contains("power-factor adjustment: -1.09 % of the bill", output.Split('\n'));
        Assert.Contains("    table t 1 (confidence S: NOT VERIFIED); the power factor in hundredths, half to even", output.Split('\n'));
        CommandLine.AssertRefused(CommandLine.Run("flows", csv, "--power-factor-table", table), "no standard 0.90, only 0.85");
    }

    [Fact]
    public void Wrong_usage_and_wrong_files_end_with_2_and_nothing_on_the_output()
    {
        string csv = _files.Write("day.csv", Day);
        CommandLine.AssertRefused(CommandLine.Run("flows"), "FILE.csv");
        CommandLine.AssertRefused(CommandLine.Run("flows", csv + "x"), "day.csvx");
        CommandLine.AssertRefused(CommandLine.Run("flows", csv, "--tolerance", "101"), "a percentage from 0 to 100");
        CommandLine.AssertRefused(CommandLine.Run("flows", csv, "--efficiency", "0"), "efficiency");
        CommandLine.AssertRefused(CommandLine.Run("flows", csv, "--initial", "-1"), "an energy in kWh");
        CommandLine.AssertRefused(
            CommandLine.Run("flows", _files.Write("e.csv", Day.Split('\n')[0] + "\n")),
            "e.csv, line 2: there are no rows"
        );
        CommandLine.AssertRefused(
            CommandLine.Run("flows", _files.Write("n.csv", Day.Replace(",2,0,3,", ",-2,0,3,"))),
            "n.csv, line 3: column import[kWh]: '-2' is negative"
        );
        CommandLine.AssertRefused(
            CommandLine.Run("flows", _files.Write("m.csv", Day.Replace("00:30:00", "00:45:00"))),
            "m.csv, line 4: column time: The intervals from 2026-01-01T00:30Z"
        );
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        string csv = _files.Write("b.csv", "");
        File.WriteAllBytes(csv, [.. Encoding.UTF8.GetBytes(Day), 0xFF, 0xFE]);
        CommandLine.AssertRefused(CommandLine.Run("flows", csv), "is not UTF-8");
    }
}
