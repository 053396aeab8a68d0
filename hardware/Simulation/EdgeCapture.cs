using System.Globalization;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Simulation;

/// <summary>The edges of one line as a logic analyser or the gateway recorded them.</summary>
/// <remarks>
/// CSV with the header <c>t_ns,level</c>: nanoseconds from the start of the capture, never falling, and the level from then on, 0 or 1.
/// <code>
/// t_ns,level
/// 133440000,1
/// 221836000,0
/// </code>
/// </remarks>
public sealed class EdgeCapture
{
    private const string Header = "t_ns,level";

    private EdgeCapture(string file, IReadOnlyList<Edge> edges)
    {
        File = file;
        Edges = edges;
    }

    /// <summary>The path it was read from.</summary>
    public string File { get; }

    /// <summary>The edges in the order of time, one or more.</summary>
    public IReadOnlyList<Edge> Edges { get; }

    /// <summary>The level before the first edge: the opposite of the first row's, so that the first row is a transition.</summary>
    public bool StartHigh => !Edges[0].High;

    /// <summary>Reads a capture.</summary>
    /// <exception cref="RecordingException">The file cannot be read or is not an edge capture.</exception>
    public static EdgeCapture Read(string file)
    {
        string[] lines = RecordingException.ReadLines(file);
        if (lines.Length == 0 || lines[0].Trim() != Header)
        {
            throw new RecordingException(file, "line 1", "This is not an edge capture", $"The first line must be {Header}.");
        }

        List<Edge> edges = new(lines.Length - 1);
        for (int i = 1; i < lines.Length; i++)
        {
            string place = $"line {i + 1}";
            string[] fields = lines[i].Split(',', StringSplitOptions.TrimEntries);
            if (fields.Length != 2 || !long.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out long timeNs))
            {
                throw new RecordingException(
                    file,
                    place,
                    $"'{lines[i]}' is not an edge",
                    "Write whole nanoseconds, a comma and the level, as in 133440000,1."
                );
            }

            if (fields[1] is not ("0" or "1"))
            {
                throw new RecordingException(file, place, $"The level is '{fields[1]}'", "A level is 0 or 1.");
            }

            if (edges.Count > 0 && timeNs < edges[^1].TimeNs)
            {
                throw new RecordingException(
                    file,
                    place,
                    $"The time {timeNs} is before that of the line above ({edges[^1].TimeNs})",
                    "Sort the edges by time."
                );
            }

            edges.Add(new(timeNs, fields[1] == "1"));
        }

        return edges.Count > 0
            ? new(file, edges)
            : throw new RecordingException(file, "line 2", "The capture has no edges", "At least one row must follow the header.");
    }
}
