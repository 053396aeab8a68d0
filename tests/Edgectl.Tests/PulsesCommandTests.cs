using System.Text.Json;

namespace EdgeGateway.Edgectl.Tests;

public sealed class PulsesCommandTests : IDisposable
{
    // Two pulses of 40 ms, 100 ms apart, each with a bounce of 2 ms at its start, and a spike of 3 ms after them.
    private const string TwoPulses =
        "t_ns,level\n"
        + "100000000,1\n101000000,0\n103000000,1\n143000000,0\n"
        + "200000000,1\n201000000,0\n203000000,1\n243000000,0\n"
        + "300000000,1\n303000000,0\n";

    private readonly Recordings _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("0", 5)]
    [InlineData("1", 5)]
    [InlineData("1.5", 3)]
    [InlineData("30", 2)]
    [InlineData("41", 0)]
    public void Pulses_are_counted_by_how_long_the_level_lasts(string stableMs, int pulses)
    {
        var (exitCode, output, _) = CommandLine.Run("pulses", _files.Write("e.csv", TwoPulses), "--stable-ms", stableMs);
        Assert.Equal(0, exitCode);
        Assert.StartsWith($"{pulses} pulses (level stable for {stableMs} ms)", output, StringComparison.Ordinal);
        Assert.Contains("10 edges, 5 of them rising", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Widths_periods_and_the_shortest_raw_pulse_and_gap_are_told()
    {
        var (exitCode, output, _) = CommandLine.Run("pulses", _files.Write("e.csv", TwoPulses), "--stable-ms", "30", "--json");
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal(0, exitCode);
        Assert.Equal(2, root.GetProperty("pulses").GetInt64());
        Assert.Equal(40_000_000, root.GetProperty("widthNs").GetProperty("median").GetInt64());
        Assert.Equal(100_000_000, root.GetProperty("periodNs").GetProperty("maximum").GetInt64());
        Assert.Equal(60_000_000, root.GetProperty("gapNs").GetProperty("minimum").GetInt64());
        Assert.Equal(1_000_000, root.GetProperty("rawWidthNs").GetProperty("minimum").GetInt64());
        Assert.Equal(2_000_000, root.GetProperty("rawGapNs").GetProperty("minimum").GetInt64());
    }

    [Fact]
    public void A_lost_edge_is_told_and_durations_that_are_not_there_are_null()
    {
        string csv = _files.Write("e.csv", "t_ns,level\n5,1\n9,1\n");
        Assert.Contains(
            "2 edges, 1 of them rising; at least 1 edges were lost in the recording",
            CommandLine.Run("pulses", csv, "--stable-ms", "0").Output.Split('\n')
        );
        JsonElement root = JsonDocument.Parse(CommandLine.Run("pulses", csv, "--stable-ms", "0", "--json").Output).RootElement;
        Assert.Equal(JsonValueKind.Null, root.GetProperty("periodNs").ValueKind);
        Assert.Equal(1, root.GetProperty("pulses").GetInt64());
    }

    [Fact]
    public void Wrong_usage_and_broken_files_end_with_2_and_nothing_on_the_output()
    {
        string csv = _files.Write("e.csv", TwoPulses);
        CommandLine.AssertRefused(CommandLine.Run("pulses", csv), "--stable-ms");
        CommandLine.AssertRefused(CommandLine.Run("pulses", csv, "--stable-ms", "-1"), "0 to 60000");
        CommandLine.AssertRefused(CommandLine.Run("pulses", csv, "--stable-ms", "x"), "0 to 60000");
        CommandLine.AssertRefused(CommandLine.Run("pulses", csv + "x", "--stable-ms", "30"), "cannot be read");
        CommandLine.AssertRefused(
            CommandLine.Run("pulses", _files.Write("e.csv", "t_ns,level\n1,7\n"), "--stable-ms", "30"),
            "e.csv, line 2: The level is '7'"
        );
    }

    [Theory]
    [InlineData("1", 111)]
    [InlineData("5", 111)]
    [InlineData("10", 111)]
    [InlineData("20", 108)]
    [InlineData("30", 102)]
    [InlineData("50", 99)]
    public void The_radio_clock_capture_beside_the_repository_gives_its_reference_counts(string stableMs, int pulses)
    {
        if (Recordings.Reference("dcf77_120s.edges.csv") is { } csv)
        {
            Assert.StartsWith($"{pulses} pulses", CommandLine.Run("pulses", csv, "--stable-ms", stableMs).Output, StringComparison.Ordinal);
        }
    }
}
