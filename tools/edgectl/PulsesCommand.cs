using System.CommandLine;
using System.Globalization;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;
using Spectre.Console;

namespace EdgeGateway.Edgectl;

/// <summary><c>edgectl pulses FILE.csv --stable-ms N</c>: how many impulses an edge capture holds, and what they look like.</summary>
internal static class PulsesCommand
{
    public static Command Create()
    {
        Argument<string> file = new("FILE.csv") { Description = "Edge capture with the columns t_ns,level." };
        Option<decimal> stable = new("--stable-ms")
        {
            Description = "How long a level must last to be believed, milliseconds. S0 outputs: 30 at most.",
            Required = true,
            CustomParser = result =>
            {
                if (
                    decimal.TryParse(result.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal ms)
                    && ms <= 60_000
                )
                {
                    return ms;
                }

                result.AddError($"--stable-ms is '{result.Tokens[0].Value}'. It is a number of milliseconds from 0 to 60000.");
                return default;
            },
        };
        Option<bool> json = new("--json") { Description = "Write JSON instead of a table." };
        Command command = new("pulses", "Count the impulses of an edge capture and show their widths and periods.") { file, stable, json };
        command.SetAction(parsed =>
            Run(
                parsed.GetRequiredValue(file),
                parsed.GetValue(stable),
                parsed.GetValue(json),
                parsed.InvocationConfiguration.Output,
                parsed.InvocationConfiguration.Error
            )
        );
        return command;
    }

    private static int Run(string file, decimal stableMs, bool json, TextWriter output, TextWriter error)
    {
        EdgeCapture capture;
        try
        {
            capture = EdgeCapture.Read(file);
        }
        catch (RecordingException e)
        {
            error.WriteLine($"edgectl: {e.Message}");
            return Program.Unreadable;
        }

        Findings found = Count(capture, stableMs);
        if (json)
        {
            WriteJson(output, capture, stableMs, found);
        }
        else
        {
            WriteTable(output, capture, stableMs, found);
        }

        return Program.Ok;
    }

    private sealed record Findings(
        long Count,
        long LostEdges,
        int RisingEdges,
        List<(string Code, string Title, DurationSummary? Durations)> Rows
    );

    private static Findings Count(EdgeCapture capture, decimal stableMs)
    {
        long stableNs = (long)(stableMs * 1_000_000);
        PulseFilter filter = new(stableNs, capture.StartHigh);
        List<long> widths = [],
            gaps = [],
            periods = [],
            rawWidths = [],
            rawGaps = [];
        long? lastImpulse = null;
        long lastEdge = 0;
        for (int n = 0; n < capture.Edges.Count; n++)
        {
            Edge edge = capture.Edges[n];
            Take(filter.Push(edge));
            if (n > 0 && edge.High != capture.Edges[n - 1].High)
            {
                (edge.High ? rawGaps : rawWidths).Add(edge.TimeNs - lastEdge);
            }

            lastEdge = edge.TimeNs;
        }

        // The capture says nothing of the time after its last edge. The line stayed there, else there were another edge.
        Take(filter.AdvanceTo(lastEdge + stableNs));
        int rising = capture.Edges.Where((e, n) => e.High && (n == 0 || !capture.Edges[n - 1].High)).Count();
        return new(
            filter.Count,
            filter.LostEdges,
            rising,
            [
                ("width", "width", DurationSummary.Of(widths)),
                ("gap", "gap", DurationSummary.Of(gaps)),
                ("period", "period", DurationSummary.Of(periods)),
                ("rawWidth", "width before the filter", DurationSummary.Of(rawWidths)),
                ("rawGap", "gap before the filter", DurationSummary.Of(rawGaps)),
            ]
        );

        void Take(LevelChange? change)
        {
            if (change is { LastedNs: { } lasted } level)
            {
                (level.High ? gaps : widths).Add(lasted);
            }

            if (change is { Counted: true } impulse)
            {
                if (lastImpulse is { } last)
                {
                    periods.Add(impulse.TimeNs - last);
                }

                lastImpulse = impulse.TimeNs;
            }
        }
    }

    private static void WriteTable(TextWriter output, EdgeCapture capture, decimal stableMs, Findings found)
    {
        output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{found.Count} pulses (level stable for {stableMs} ms) in {capture.File}")
        );
        string lost = found.LostEdges == 0 ? "" : $"; at least {found.LostEdges} edges were lost in the recording";
        output.WriteLine($"{capture.Edges.Count} edges, {found.RisingEdges} of them rising{lost}");
        Table table = Screen.Table(1, "ms", "shortest", "median", "longest");
        foreach ((_, string title, DurationSummary? d) in found.Rows)
        {
            table.AddRow(title, Ms(d?.MinimumNs), Ms(d?.MedianNs), Ms(d?.MaximumNs));
        }

        Screen.On(output).Write(table);
    }

    private static string Ms(long? ns) => ns is { } n ? (n / 1_000_000m).ToString("0.000", CultureInfo.InvariantCulture) : "–";

    private static void WriteJson(TextWriter output, EdgeCapture capture, decimal stableMs, Findings found) =>
        JsonOutput.Write(output, json =>
        {
            json.WriteString("file", capture.File);
            json.WriteNumber("stableMs", stableMs);
            json.WriteNumber("pulses", found.Count);
            json.WriteNumber("edges", capture.Edges.Count);
            json.WriteNumber("risingEdges", found.RisingEdges);
            json.WriteNumber("lostEdges", found.LostEdges);
            foreach ((string code, _, DurationSummary? durations) in found.Rows)
            {
                if (durations is { } d)
                {
                    json.WriteStartObject(code + "Ns");
                    json.WriteNumber("minimum", d.MinimumNs);
                    json.WriteNumber("median", d.MedianNs);
                    json.WriteNumber("maximum", d.MaximumNs);
                    json.WriteEndObject();
                }
                else
                {
                    json.WriteNull(code + "Ns");
                }
            }
        });
}
