using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;
using Spectre.Console;

namespace EdgeGateway.Edgectl;

/// <summary><c>edgectl replay FILE.cfg</c>: what a recorded waveform measures, phase by phase and window by window.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        Argument<string> file = new("FILE.cfg")
        {
            Description = "Configuration file of a COMTRADE recording (IEEE C37.111); its .dat lies beside it.",
        };
        Option<int> cycles = new("--cycles")
        {
            Description = "Cycles a window, 1 to 1000.",
            DefaultValueFactory = _ => 12,
            CustomParser = result =>
            {
                if (
                    int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int n)
                    && n is >= 1 and <= 1000
                )
                {
                    return n;
                }

                result.AddError($"--cycles is '{result.Tokens[0].Value}'. It is a whole number from 1 to 1000.");
                return default;
            },
        };
        Option<bool> json = new("--json") { Description = "Write JSON instead of a table." };
        Command command = new("replay", "Measure a recorded waveform: V, I, P, Q, S, PF and f per phase and window.")
        {
            file,
            cycles,
            json,
        };
        command.SetAction(parsed =>
            Run(
                parsed.GetRequiredValue(file),
                parsed.GetValue(cycles),
                parsed.GetValue(json),
                parsed.InvocationConfiguration.Output,
                parsed.InvocationConfiguration.Error
            )
        );
        return command;
    }

    private static int Run(string file, int cycles, bool json, TextWriter output, TextWriter error)
    {
        Comtrade recording;
        try
        {
            recording = Comtrade.Read(file);
        }
        catch (RecordingException e)
        {
            error.WriteLine($"edgectl: {e.Message}");
            return Program.Unreadable;
        }

        ChannelPairs pairs = ChannelPairs.Of(recording.Channels);
        if (pairs.Paired.Count == 0)
        {
            error.WriteLine($"edgectl: {file}: No current has a voltage of its phase, so there is no power to measure.");
            foreach ((RecordedChannel channel, string why) in pairs.Left)
            {
                error.WriteLine($"  {channel.Id}: {why}");
            }

            return Program.Unreadable;
        }

        var measured = pairs.Paired.Select(pair => (pair, Windows: Measure(recording, pair, cycles))).ToList();
        if (json)
        {
            WriteJson(output, recording, cycles, measured, pairs.Left);
        }
        else
        {
            WriteTable(output, recording, cycles, measured, pairs.Left);
        }

        return Program.Ok;
    }

    /// <summary>Measures the stretches in which no sample of the two channels is missing.</summary>
    private static List<WaveformWindow> Measure(Comtrade recording, ChannelPair pair, int cycles)
    {
        List<WaveformWindow> windows = [];
        List<double> volts = [],
            amperes = [];
        for (int n = 0; n <= recording.SampleCount; n++)
        {
            if (n < recording.SampleCount && pair.Voltage.Values[n] is { } v && pair.Current.Values[n] is { } i)
            {
                volts.Add(v);
                amperes.Add(i);
            }
            else if (volts.Count > 0)
            {
                windows.AddRange(
                    WaveformMeter.Measure(
                        new WaveformSettings { Cycles = cycles, Harmonics = true },
                        recording.Seconds.Span.Slice(n - volts.Count, volts.Count),
                        volts.ToArray(),
                        amperes.ToArray()
                    )
                );
                volts.Clear();
                amperes.Clear();
            }
        }

        return windows;
    }

    private static void WriteTable(
        TextWriter output,
        Comtrade recording,
        int cycles,
        List<(ChannelPair Pair, List<WaveformWindow> Windows)> measured,
        IReadOnlyList<(RecordedChannel Channel, string Why)> left
    )
    {
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{recording.File}: {recording.Station} {recording.Recorder}, COMTRADE {recording.Revision}, {recording.Start}, "
                    + $"{recording.SampleCount} samples in {recording.DurationSeconds:0.######} s"
            )
        );
        foreach ((ChannelPair pair, List<WaveformWindow> windows) in measured)
        {
            string missing = pair.Missing == 0 ? "" : $", {pair.Missing} samples missing";
            string none = windows.Count > 0 ? "" : $", shorter than a window of {cycles} cycles";
            output.WriteLine($"phase {pair.Phase}: voltage {pair.Voltage.Id}, current {pair.Current.Id}{missing}{none}");
        }

        foreach ((RecordedChannel channel, string why) in left)
        {
            output.WriteLine($"left out {channel.Id}: {why}");
        }

        Table table = Screen.Table(1, "phase", "from s", "to s", "samples", "V", "A", "W", "var", "VA", "PF", "Hz", "THD V", "THD A");
        foreach ((ChannelPair pair, List<WaveformWindow> windows) in measured)
        {
            foreach (WaveformWindow w in windows)
            {
                table.AddRow(
                    Markup.Escape(pair.Phase),
                    Text(w.StartSeconds, "0.000000"),
                    Text(w.EndSeconds, "0.000000"),
                    w.Samples.ToString(CultureInfo.InvariantCulture),
                    Significant(w.VoltageV),
                    Significant(w.CurrentA),
                    Significant(w.ActivePowerW),
                    Significant(w.ReactivePowerVar),
                    Significant(w.ApparentPowerVA),
                    Text(w.PowerFactor, "0.00000"),
                    Text(w.FrequencyHz, "0.0000"),
                    Text(100 * w.ThdV, "0.0"),
                    Text(100 * w.ThdA, "0.0")
                );
            }
        }

        if (table.Rows.Count > 0)
        {
            Screen.On(output).Write(table);
            output.WriteLine(
                $"Windows of {cycles} cycles. var: of the fundamental, positive when the current lags. THD: %, from 10 cycles. "
                    + "–: cannot be told."
            );
        }
    }

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";

    /// <summary>Seven digits, never in powers of ten: enough to compare to 0.001 %, few enough to read.</summary>
    private static string Significant(double? value)
    {
        int whole = value is { } v && Math.Abs(v) >= 1 ? (int)Math.Log10(Math.Abs(v)) + 1 : 1;
        return Text(value, "0." + new string('0', Math.Clamp(7 - whole, 1, 6)));
    }

    private static void WriteJson(
        TextWriter output,
        Comtrade recording,
        int cycles,
        List<(ChannelPair Pair, List<WaveformWindow> Windows)> measured,
        IReadOnlyList<(RecordedChannel Channel, string Why)> left
    )
    {
        JsonOutput.Write(output, json =>
        {
            json.WriteString("file", recording.File);
            json.WriteString("station", recording.Station);
            json.WriteString("recorder", recording.Recorder);
            json.WriteNumber("revision", recording.Revision);
            json.WriteString("start", recording.Start);
            Value(json, "nominalHz", recording.NominalHz);
            json.WriteNumber("samples", recording.SampleCount);
            json.WriteNumber("durationS", recording.DurationSeconds);
            json.WriteNumber("cycles", cycles);
            json.WriteStartArray("phases");
            foreach ((ChannelPair pair, List<WaveformWindow> windows) in measured)
            {
                json.WriteStartObject();
                json.WriteString("phase", pair.Phase);
                json.WriteString("voltage", pair.Voltage.Id);
                json.WriteString("current", pair.Current.Id);
                json.WriteNumber("missingSamples", pair.Missing);
                json.WriteStartArray("windows");
                windows.ForEach(w => Window(json, w));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("leftOut");
            foreach ((RecordedChannel channel, string why) in left)
            {
                json.WriteStartObject();
                json.WriteString("channel", channel.Id);
                json.WriteString("why", why);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static void Window(Utf8JsonWriter json, WaveformWindow w)
    {
        json.WriteStartObject();
        json.WriteNumber("startS", w.StartSeconds);
        json.WriteNumber("endS", w.EndSeconds);
        json.WriteNumber("samples", w.Samples);
        json.WriteNumber("voltageV", w.VoltageV);
        json.WriteNumber("currentA", w.CurrentA);
        json.WriteNumber("activePowerW", w.ActivePowerW);
        Value(json, "reactivePowerVar", w.ReactivePowerVar);
        json.WriteNumber("apparentPowerVA", w.ApparentPowerVA);
        Value(json, "powerFactor", w.PowerFactor);
        Value(json, "frequencyHz", w.FrequencyHz);
        Value(json, "crestFactorV", w.CrestFactorV);
        Value(json, "crestFactorA", w.CrestFactorA);
        Value(json, "thdV", w.ThdV);
        Value(json, "thdA", w.ThdA);
        json.WriteEndObject();
    }

    private static void Value(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
