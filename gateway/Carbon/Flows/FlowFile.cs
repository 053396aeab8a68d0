using System.Globalization;

namespace EdgeGateway.Carbon.Flows;

/// <summary>Reads intervals from a CSV file, one row after another. The README tells the columns.</summary>
public sealed class FlowFile
{
    private static readonly string[] Times =
    [
        "yyyy-MM-dd'T'HH:mm:ss'Z'",
        "yyyy-MM-dd'T'HH:mm'Z'",
        "yyyy-MM-dd'T'HH:mm:sszzz",
        "yyyy-MM-dd'T'HH:mmzzz",
    ];
    private static readonly string[] Plain =
    [
        "time",
        "import",
        "export",
        "charge",
        "discharge",
        "load",
        "losses",
        "curtailed",
        "curtailed:modelled",
        "stored",
        "reactive",
        "intensity",
    ];
    private static readonly string[] Kinds = ["pv", "nonfossil", "fossil"];
    private static readonly Dictionary<string, int> Prefixes = new()
    {
        [""] = 6,
        ["k"] = 9,
        ["M"] = 12,
    };

    private readonly LineReader _lines;
    private readonly List<Column> _columns = [];
    private readonly Dictionary<string, int> _places = [];
    private string? _energyPrefix; // of the energy columns, which all have the same one

    /// <summary>Reads the header.</summary>
    /// <param name="fileName">For messages.</param>
    /// <param name="text">Rows are read from it as they are asked for.</param>
    /// <exception cref="InvalidDataException">The header is not what the form asks for; the text names line and column.</exception>
    public FlowFile(string fileName, TextReader text)
    {
        _lines = new LineReader(fileName, text);
        int minutes = 0;
        foreach (string cell in (_lines.Next() ?? "").Split(','))
        {
            string header = cell.Trim();
            int open = header.IndexOf('[', StringComparison.Ordinal);
            if (open < 1 || header[^1] != ']' || header.Contains('"', StringComparison.Ordinal))
            {
                throw Wrong(header, "a column is a name and its unit without quotation marks, as in import[kWh] or time[15min]");
            }

            string name = header[..open],
                unit = header[(open + 1)..^1];
            int decimals = 0;
            if (name == "time")
            {
                minutes = Minutes(header, unit);
            }
            else
            {
                decimals = name == "intensity" ? DecimalsOfIntensity(header, unit) : DecimalsOfEnergy(header, name, unit);
            }

            if (!_places.TryAdd(name, _columns.Count) || _columns.Count == 64)
            {
                throw Wrong(header, "a column may stand there once, and there are at most 64");
            }

            _columns.Add(new Column(name, header, decimals));
        }

        RequireTogether();
        Site = new FlowSite
        {
            LengthMinutes = minutes,
            Generators =
            [
                .. _columns
                    .Where(c => IsGenerator(c.Name))
                    .Select(c => new Generator(c.Name, !c.Name.StartsWith("fossil", StringComparison.Ordinal))),
            ],
            Curtailment = CurtailmentOfColumns(),
        };
    }

    /// <summary>What the header says of the site.</summary>
    public FlowSite Site { get; }

    /// <summary>The next row, or null at the end.</summary>
    /// <exception cref="InvalidDataException">It is not what the form asks for; the text names line and column.</exception>
    public FlowInterval? Next()
    {
        if (_lines.Next() is not { } line)
        {
            return null;
        }

        string[] cells = line.Split(',');
        if (cells.Length != _columns.Count)
        {
            throw _lines.Wrong($"has {cells.Length} cells, the header {_columns.Count} columns. What was not measured is an empty cell.");
        }

        bool battery = Has("charge");
        return new FlowInterval
        {
            Start = Time(cells[_places["time"]].Trim()),
            Import = Value("import"),
            Export = Value("export"),
            Generation = [.. Site.Generators.Select(g => Value(g.Name))],
            Charge = battery ? Value("charge") : 0,
            Discharge = battery ? Value("discharge") : 0,
            Load = Value("load"),
            Losses = Value("losses"),
            Curtailed = Value("curtailed") ?? Value("curtailed:modelled"),
            Stored = Value("stored"),
            Reactive = Value("reactive"),
            Intensity = Value("intensity"),
        };

        long? Value(string name) =>
            _places.TryGetValue(name, out int place) && cells[place].Trim() is { Length: > 0 } cell ? Number(cell, _columns[place]) : null;
    }

    /// <summary>A refusal of the last row, with its place.</summary>
    public InvalidDataException Refuse(string what) => _lines.Wrong(what);

    private static bool IsGenerator(string name) => Kinds.Contains(name.Split(':')[0]);

    private bool Has(string name) => _places.ContainsKey(name);

    private int Minutes(string header, string unit) =>
        unit.EndsWith("min", StringComparison.Ordinal)
        && int.TryParse(unit[..^3], NumberStyles.None, CultureInfo.InvariantCulture, out int minutes)
        && minutes > 0
        && 24 * 60 % minutes == 0
            ? minutes
            : throw Wrong(header, "write the length of the intervals, a divisor of a day, as in time[15min]");

    private Curtailment CurtailmentOfColumns()
    {
        if (Has("curtailed"))
        {
            return Curtailment.Measured;
        }

        return Has("curtailed:modelled") ? Curtailment.Modelled : Curtailment.Absent;
    }

    private int DecimalsOfIntensity(string header, string unit) =>
        unit switch
        {
            "gCO2/kWh" => 6,
            "kgCO2/kWh" => 9,
            _ => throw Wrong(header, "the unit of an intensity is gCO2/kWh or kgCO2/kWh"),
        };

    private int DecimalsOfEnergy(string header, string name, string unit)
    {
        RequireKnown(header, name);
        string basic = name == "reactive" ? "varh" : "Wh";
        string prefix = unit.EndsWith(basic, StringComparison.Ordinal) ? unit[..^basic.Length] : "?";
        if (!Prefixes.TryGetValue(prefix, out int decimals))
        {
            throw Wrong(header, $"the unit is {basic}, k{basic} or M{basic} (energy in the interval, not power)");
        }

        _energyPrefix ??= prefix;
        return prefix == _energyPrefix ? decimals : throw Wrong(header, $"units are mixed: the columns before are in {_energyPrefix}Wh");
    }

    private void RequireKnown(string header, string name)
    {
        string[] parts = name.Split(':');
        bool generator =
            IsGenerator(name)
            && (parts.Length == 1 || (parts.Length == 2 && parts[1].Length is > 0 and <= 40 && !parts[1].Any(char.IsControl)));
        if (!generator && !Plain.Contains(name))
        {
            throw Wrong(
                header,
                $"there is no such column. There are {string.Join(", ", Plain)}, and for generators pv, pv:NAME, nonfossil:NAME "
                    + "and fossil:NAME"
            );
        }
    }

    private void RequireTogether()
    {
        foreach (string name in (ReadOnlySpan<string>)["time", "import", "export"])
        {
            if (!Has(name))
            {
                throw _lines.Wrong($"there is no column {name}. A site that never exports has export[kWh] with zeros.");
            }
        }

        if (Has("charge") != Has("discharge") || (Has("stored") && !Has("charge")))
        {
            throw _lines.Wrong("a battery has both columns, charge and discharge.");
        }

        if (Has("curtailed") && Has("curtailed:modelled"))
        {
            throw _lines.Wrong("curtailment is either measured (curtailed) or modelled (curtailed:modelled).");
        }
    }

    private DateTimeOffset Time(string cell) =>
        DateTimeOffset.TryParseExact(
            cell,
            Times,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out DateTimeOffset time
        )
            ? time
            : throw Wrong(
                "time",
                $"'{cell}' is not the start of an interval. Write UTC or the offset from it, as in 2026-01-01T00:15:00Z or "
                    + "2026-01-01T08:15:00+08:00"
            );

    private long Number(string cell, Column column)
    {
        if (cell[0] is '-' or '−')
        {
            throw Wrong(
                column.Header,
                column.Name == "intensity"
                    ? $"'{cell}': an intensity is not negative"
                    : $"'{cell}' is negative. Every direction has a column of its own: give gross values."
            );
        }

        string[] parts = cell.Split('.');
        if (cell.Length > 40 || parts.Length > 2 || !parts.All(p => p.Length > 0 && p.All(char.IsAsciiDigit)))
        {
            throw Wrong(column.Header, $"'{cell}' is not a number. Write digits and at most one point, as in 12.5");
        }

        string decimals = parts.Length == 2 ? parts[1].TrimEnd('0') : "";
        if (decimals.Length > column.Decimals)
        {
            string finest = column.Name == "intensity" ? "10⁻⁶ gCO2/kWh" : "1 µWh";
            throw Wrong(column.Header, $"'{cell}' is finer than {finest}. Round it to {column.Decimals} decimals where it comes from.");
        }

        long most = column.Name == "intensity" ? FlowInterval.MostIntensity : FlowInterval.Most;
        string digits = (parts[0] + decimals.PadRight(column.Decimals, '0')).TrimStart('0');
        long value = 0;
        bool fits =
            digits.Length == 0
            || (digits.Length <= 18 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= most);
        return fits ? value : throw Wrong(column.Header, $"'{cell}' is more than any site has. Is the unit right?");
    }

    private InvalidDataException Wrong(string column, string what) => _lines.Wrong($"column {column}: {what}");

    // Decimals: how many a number of the column may have, so that it is whole in the finest unit.
    private sealed record Column(string Name, string Header, int Decimals);
}
