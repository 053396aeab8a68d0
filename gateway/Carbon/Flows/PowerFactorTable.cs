using System.Globalization;
using Fractions;

namespace EdgeGateway.Carbon.Flows;

/// <summary>
/// By how many percent a tariff changes a bill for the month's power factor. Data, read from a file; none is applied by itself.
/// </summary>
/// <remarks>
/// The first line is <c>table=NAME,version=N,confidence=C|S|M,source=WHERE</c>, the second the columns. A row says: from <c>from</c> to
/// <c>to</c> the bill changes by <c>percentAtTo</c>, and by <c>percentPerHundredth</c> more for each 0.01 below <c>to</c>. The rows of a
/// standard cover 0.00 to 1.00 from the top down.
/// </remarks>
public sealed class PowerFactorTable
{
    private const string Columns = "standard,from,to,percentAtTo,percentPerHundredth";
    private static readonly string[] HeaderKeys = ["table", "version", "confidence", "source"];

    private readonly List<Row> _rows;

    private PowerFactorTable(string[] header, List<Row> rows)
    {
        Name = header[0];
        Version = header[1];
        Confidence = header[2];
        Source = header[3];
        _rows = rows;
    }

    /// <summary>The table's name.</summary>
    public string Name { get; }

    /// <summary>The version of the data file.</summary>
    public string Version { get; }

    /// <summary>C: two independent transcriptions agree; S: one; M: from memory, unverified.</summary>
    public string Confidence { get; }

    /// <summary>Who set the table, and where.</summary>
    public string Source { get; }

    /// <summary>The power factors that tariffs ask for and that the table has rows for, hundredths, as in 90.</summary>
    public IReadOnlyList<int> Standards => [.. _rows.Select(r => r.Standard).Distinct()];

    /// <summary>Reads a data file.</summary>
    /// <exception cref="InvalidDataException">A line is not what the form asks for; the text names the line.</exception>
    public static PowerFactorTable Parse(string fileName, TextReader text)
    {
        LineReader lines = new(fileName, text);
        string[][] header = [.. (lines.Next() ?? "").Split(',').Select(h => h.Split('=', 2))];
        if (
            !header.Select(h => h[0]).SequenceEqual(HeaderKeys)
            || header.Any(h => h.Length != 2 || h[1].Length == 0)
            || header[2][1] is not ("C" or "S" or "M")
        )
        {
            throw lines.Wrong("must be table=NAME,version=N,confidence=C or S or M,source=WHERE");
        }

        if (lines.Next() != Columns)
        {
            throw lines.Wrong($"must be {Columns}");
        }

        List<Row> rows = [];
        while (lines.Next() is { } line)
        {
            string[] cells = line.Split(',');
            if (
                rows.Count == 1000
                || cells.Length != 5
                || Hundredths(cells[0]) is not { } standard
                || Hundredths(cells[1]) is not { } from
                || Hundredths(cells[2]) is not { } to
                || from > to
                || Percent(cells[3]) is not { } at
                || Percent(cells[4]) is not { } step
            )
            {
                throw lines.Wrong("must have a standard, from, to (0.00 to 1.00) and two percentages with up to two decimals");
            }

            int expected = rows.Count > 0 && rows[^1].Standard == standard ? rows[^1].From - 1 : 100;
            if (
                to != expected
                || (rows.Count > 0 && rows[^1].Standard != standard && (rows[^1].From != 0 || rows.Exists(r => r.Standard == standard)))
            )
            {
                throw lines.Wrong("must go on where the row above ends; each standard from 1.00 down to 0.00");
            }

            rows.Add(new Row(standard, from, to, at, step));
        }

        return rows.Count > 0 && rows[^1].From == 0
            ? new PowerFactorTable([.. header.Select(h => h[1])], rows)
            : throw lines.Wrong("the last standard must go down to 0.00");
    }

    /// <summary>The change of the bill in percent; negative is a reduction.</summary>
    /// <param name="standard">The power factor that the tariff asks for, hundredths.</param>
    /// <param name="powerFactor">The month's power factor, hundredths, 0 to 100.</param>
    /// <exception cref="InvalidDataException">There are no rows for that standard.</exception>
    public Fraction Percent(int standard, int powerFactor)
    {
        Row row = _rows.Find(r => r.Standard == standard && powerFactor >= r.From && powerFactor <= r.To)
            ?? throw new InvalidDataException(
                $"The table {Name} has no standard {PowerFactor(standard)}, only {string.Join(", ", Standards.Select(PowerFactor))}."
            );
        return new Fraction(row.AtTo + ((row.To - powerFactor) * row.PerHundredth), 100);
    }

    /// <summary>Hundredths as they are written, as in 0.90.</summary>
    internal static string PowerFactor(int hundredths) => Exact.Display(new Fraction(hundredths, 100), 2);

    private static int? Hundredths(string text) =>
        text is ['0' or '1', '.', >= '0' and <= '9', >= '0' and <= '9'] && (text[0] == '0' || text == "1.00")
            ? (100 * (text[0] - '0')) + (10 * (text[2] - '0')) + text[3] - '0'
            : null;

    private static int? Percent(string text) =>
        text.Length <= 8
        && decimal.TryParse(
            text,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out decimal percent
        )
        && percent * 100 == decimal.Truncate(percent * 100)
            ? (int)(percent * 100)
            : null;

    private sealed record Row(int Standard, int From, int To, int AtTo, int PerHundredth);
}
