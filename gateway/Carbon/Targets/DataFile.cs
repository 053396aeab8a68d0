using System.Globalization;
using EdgeGateway.Carbon.Flows;

namespace EdgeGateway.Carbon.Targets;

/// <summary>
/// The form of a programme or a profile: a first line <c>key=value,key=value</c>, a second with the columns, then rows. Cells hold neither
/// commas nor quotation marks.
/// </summary>
internal sealed class DataFile
{
    private const int MostRows = 1_000;

    private readonly LineReader _lines;
    private readonly string _columns;
    private int _rows;

    /// <summary>Reads the first line.</summary>
    /// <exception cref="InvalidDataException">The first line has not those keys.</exception>
    public DataFile(string fileName, TextReader text, string[] keys, string columns)
    {
        _lines = new LineReader(fileName, text);
        string[][] header = [.. (_lines.Next() ?? "").Split(',').Select(h => h.Split('=', 2))];
        if (!header.Select(h => h[0]).SequenceEqual(keys) || header.Any(h => h.Length != 2))
        {
            throw Wrong($"must be {string.Join(',', keys.Select(k => $"{k}=…"))}, and no value may hold a comma");
        }

        Header = [.. header.Select(h => h[1])];
        if (Header[0].Length is 0 or > 64 || Header[1].Length is 0 or > 16)
        {
            throw Wrong($"must give the {keys[0]} a name and a version");
        }

        _columns = columns;
    }

    /// <summary>The values of the first line.</summary>
    public string[] Header { get; }

    /// <summary>The cells of the next row; null at the end.</summary>
    /// <exception cref="InvalidDataException">The second line is not the columns, a row has not as many cells, or there are no rows or too
    /// many.</exception>
    public string[]? Next()
    {
        if (_rows == 0 && _lines.Next() != _columns)
        {
            throw Wrong($"must be {_columns}");
        }

        if (_lines.Next() is not { } line)
        {
            return _rows > 0 ? null : throw Wrong("must hold the first row");
        }

        string[] cells = line.Split(',');
        int columns = _columns.Count(c => c == ',') + 1;
        if (cells.Length != columns || line.Contains('"', StringComparison.Ordinal))
        {
            throw Wrong($"must have {columns} cells without quotation marks; none holds a comma");
        }

        _rows++;
        return _rows <= MostRows ? cells : throw Wrong($"is one more than the {MostRows} rows that a file may have");
    }

    /// <summary>Reads a cell that must be one of some words.</summary>
    public T Choice<T>(string cell, params (string Text, T Value)[] choices)
    {
        int index = Array.FindIndex(choices, c => c.Text == cell);
        return index >= 0
            ? choices[index].Value
            : throw Wrong($"'{Exact.Shown(cell)}' is none of {string.Join(", ", choices.Select(c => c.Text))}");
    }

    /// <summary>Reads a cell that is a day or empty.</summary>
    public DateOnly? Day(string cell)
    {
        if (cell.Length == 0)
        {
            return null;
        }

        return DateOnly.TryParseExact(cell, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? day
            : throw Wrong($"'{Exact.Shown(cell)}' is not a day, write YYYY-MM-DD");
    }

    /// <summary>Reads a cell by <paramref name="read"/>, and adds file and line to its refusal.</summary>
    public T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CarbonException e)
        {
            throw Wrong(e.Message);
        }
    }

    /// <summary>A refusal that names file and line.</summary>
    public InvalidDataException Wrong(string what) => _lines.Wrong(what);

    /// <summary>The files that ship in a folder, in the order of their names.</summary>
    public static IReadOnlyList<T> Shipped<T>(string folder, Func<string, TextReader, T> parse) =>
        [
            .. typeof(DataFile)
                .Assembly.GetManifestResourceNames()
                .Where(n => n.StartsWith(folder + "/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(n =>
                {
                    using StreamReader text = new(typeof(DataFile).Assembly.GetManifestResourceStream(n)!);
                    return parse(n, text);
                }),
        ];
}
