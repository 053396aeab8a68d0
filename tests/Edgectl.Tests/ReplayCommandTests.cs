using System.Text.Json;

namespace EdgeGateway.Edgectl.Tests;

public sealed class ReplayCommandTests : IDisposable
{
    private static readonly string[] OnePhase = ["VA,A,,V", "IA,A,,A"];
    private readonly Recordings _files = new();

    public void Dispose() => _files.Dispose();

    /// <summary>230 V at even channels, 10 A lagging by 60° at odd ones.</summary>
    private static double? Load(int channel, double t) =>
        channel % 2 == 0
            ? 230 * Math.Sqrt(2) * Math.Sin(2 * Math.PI * 50 * t)
            : 10 * Math.Sqrt(2) * Math.Sin((2 * Math.PI * 50 * t) - (Math.PI / 3));

    private static JsonElement Json(params string[] args)
    {
        var (exitCode, output, error) = CommandLine.Run([.. args, "--json"]);
        Assert.Equal((0, ""), (exitCode, error));
        return JsonDocument.Parse(output).RootElement;
    }

    private static void Near(double expected, JsonElement window, string name, double relative) =>
        Assert.Equal(expected, window.GetProperty(name).GetDouble(), Math.Abs(expected) * relative);

    [Fact]
    public void A_lagging_load_is_measured_in_every_window()
    {
        JsonElement root = Json("replay", _files.WriteWaveform(OnePhase, Load), "--cycles", "8");
        JsonElement phase = Assert.Single(root.GetProperty("phases").EnumerateArray());
        Assert.Equal("A", phase.GetProperty("phase").GetString());
        Assert.Equal(6, phase.GetProperty("windows").GetArrayLength());
        foreach (JsonElement w in phase.GetProperty("windows").EnumerateArray())
        {
            Near(230, w, "voltageV", 1e-3);
            Near(10, w, "currentA", 1e-3);
            Near(1150, w, "activePowerW", 1e-3);
            Near(1150 * Math.Sqrt(3), w, "reactivePowerVar", 1e-3);
            Near(2300, w, "apparentPowerVA", 1e-3);
            Near(0.5, w, "powerFactor", 1e-3);
            Near(50, w, "frequencyHz", 1e-4);
        }
    }

    [Fact]
    public void The_table_has_a_row_per_window_and_no_row_is_broken()
    {
        var (exitCode, output, error) = CommandLine.Run("replay", _files.WriteWaveform(OnePhase, Load));
        Assert.Equal((0, ""), (exitCode, error));
        string[] lines = output.Split('\n');
        Assert.Contains("phase A: voltage VA, current IA", lines);
        string[] rows = [.. lines.Where(l => l.StartsWith("  A ", StringComparison.Ordinal))];
        Assert.Equal(4, rows.Length);
        Assert.All(rows, row => Assert.Equal(13, row.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.DoesNotContain('\u001B', output);
        Assert.Equal(
            "  A       0.020000   0.260000       960   230.0007   9.999493   1150.027   1991.716   2299.891   "
                + "0.50004   50.0000     0.0     0.0  ",
            rows[0]
        );
    }

    [Fact]
    public void Channels_are_paired_by_phase_then_by_name_and_the_rest_is_named()
    {
        string[] channels =
        [
            "VA,A,,V",
            "IA,A,,A",
            "UL2,,,V",
            "IL2,,,A",
            "VC_1,C,,V",
            "IC_1,C,,A",
            "VC_2,C,,V",
            "IC_2,C,,A",
            "VX,N,,V",
            "IN,E,,A",
            "VY,Q,,V",
            "I,C,,A",
        ];
        JsonElement root = Json("replay", _files.WriteWaveform(channels, Load));
        Assert.Equal(
            ["A VA IA", "L2 UL2 IL2", "C VC_1 IC_1", "C VC_2 IC_2"],
            root.GetProperty("phases")
                .EnumerateArray()
                .Select(p => $"{p.GetProperty("phase")} {p.GetProperty("voltage")} {p.GetProperty("current")}")
        );
        var left = root.GetProperty("leftOut")
            .EnumerateArray()
            .ToDictionary(c => c.GetProperty("channel").GetString()!, c => c.GetProperty("why").GetString()!);
        Assert.Equal(["I", "IN", "VX", "VY"], left.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("several voltages could belong to it: VC_1, VC_2", left["I"]);
    }

    [Fact]
    public void Windows_keep_clear_of_missing_samples()
    {
        JsonElement root = Json(
            "replay",
            _files.WriteWaveform(OnePhase, (i, t) => i == 1 && t is > 0.4999 and < 0.5101 ? null : Load(i, t)),
            "--cycles",
            "10"
        );
        JsonElement phase = root.GetProperty("phases")[0];
        Assert.Equal(41, phase.GetProperty("missingSamples").GetInt32());
        Assert.All(phase.GetProperty("windows").EnumerateArray(), w =>
        {
            Assert.True(w.GetProperty("endS").GetDouble() < 0.5 || w.GetProperty("startS").GetDouble() > 0.51);
            Near(1150, w, "activePowerW", 1e-3);
        });
        Assert.Equal(4, phase.GetProperty("windows").GetArrayLength());
    }

    [Fact]
    public void Wrong_usage_and_broken_files_end_with_2_and_nothing_on_the_output()
    {
        string cfg = _files.WriteWaveform(OnePhase, Load);
        CommandLine.AssertRefused(CommandLine.Run("replay"), "FILE.cfg");
        CommandLine.AssertRefused(CommandLine.Run("replay", cfg, "--cycles", "0"), "1 to 1000");
        CommandLine.AssertRefused(CommandLine.Run("replay", cfg, "--cycles", "x"), "1 to 1000");
        CommandLine.AssertRefused(CommandLine.Run("replay", cfg, "--nonsense"), "--nonsense");
        CommandLine.AssertRefused(CommandLine.Run("replay", cfg + ".cfg"), "cannot be read");
        CommandLine.AssertRefused(CommandLine.Run("nonsense"), "nonsense");
        CommandLine.AssertRefused(CommandLine.Run(), "--help");
        CommandLine.AssertRefused(
            CommandLine.Run("replay", _files.WriteWaveform(["VA,A,,V", "IB,B,,A"], Load)),
            "IB: no voltage of phase B"
        );
        CommandLine.AssertRefused(
            CommandLine.Run("replay", _files.WriteWaveform(["VA,A,,bar", "IA,A,,A"], Load)),
            "wave.cfg, line 3: Channel VA has the unit 'bar'"
        );
        CommandLine.AssertRefused(CommandLine.Run("replay", _files.WriteWaveform(["VA,A,,bar", "IA,A,,A"], Load), "--json"), "line 3");
    }

    [Theory]
    [InlineData("A", 49.9869, 3483.575, 1347.8420, 4464859.3, 0.95092)]
    [InlineData("B", 49.9871, 3482.939, 1361.2475, 4462879.1, 0.94131)]
    [InlineData("C", 49.9872, 3484.067, 1363.9533, 4451492.2, 0.93674)]
    public void The_generator_recording_beside_the_repository_gives_its_reference_values(
        string name,
        double frequency,
        double voltage,
        double current,
        double power,
        double factor
    )
    {
        if (Recordings.Reference("test1.cfg") is not { } cfg)
        {
            return;
        }

        JsonElement phase = Json("replay", cfg, "--cycles", "12")
            .GetProperty("phases")
            .EnumerateArray()
            .Single(p => p.GetProperty("phase").GetString() == name);
        JsonElement first = phase.GetProperty("windows")[0];
        Assert.Equal(frequency, first.GetProperty("frequencyHz").GetDouble(), 0.01);
        Near(voltage, first, "voltageV", 1e-3);
        Near(current, first, "currentA", 1e-3);
        Near(power, first, "activePowerW", 1e-3);
        Near(factor, first, "powerFactor", 1e-3);
        Assert.Equal(17, phase.GetProperty("windows").GetArrayLength());
    }
}
