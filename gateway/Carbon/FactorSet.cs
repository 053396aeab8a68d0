using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;

namespace EdgeGateway.Carbon;

/// <summary>Emission factors that were published together. Read from a data file in <c>factors/</c>, whose form the README tells.</summary>
public sealed class FactorSet
{
    private const string Columns = "region,name,kind,purpose,year,value,unit,confidence,source";

    private static readonly string[] HeaderKeys = ["set", "version", "validFrom", "validUntil"];

    private readonly Dictionary<FactorKey, Factor> _factors;

    private FactorSet(string name, string version, DateOnly validFrom, DateOnly? validUntil, IReadOnlyList<Factor> factors)
    {
        (Name, Version, ValidFrom, ValidUntil, Factors) = (name, version, validFrom, validUntil, factors);
        _factors = factors.ToDictionary(f => f.Key);
    }

    /// <summary>The sets that ship with the product, by name.</summary>
    public static IReadOnlyList<FactorSet> Shipped { get; } = [.. Embedded().OrderBy(s => s.Name, StringComparer.Ordinal)];

    /// <summary>For example <c>cn-grid-2023</c>.</summary>
    public string Name { get; }

    /// <summary>The version of the data file. A corrected value is a new version.</summary>
    public string Version { get; }

    /// <summary>The day the set was published.</summary>
    public DateOnly ValidFrom { get; }

    /// <summary>The first day the set is no longer valid. Null: no later set has replaced it.</summary>
    public DateOnly? ValidUntil { get; }

    /// <summary>All factors, in the order of the file.</summary>
    public IReadOnlyList<Factor> Factors { get; }

    /// <summary>Finds a factor in the sets that ship.</summary>
    public static bool TryFind(FactorKey key, [NotNullWhen(true)] out FactorSet? set, [NotNullWhen(true)] out Factor? factor)
    {
        set = Shipped.FirstOrDefault(s => s._factors.ContainsKey(key));
        factor = set?._factors[key];
        return factor is not null;
    }

    /// <summary>Finds a factor in the sets that ship.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the text says what there is to choose from.</exception>
    public static (FactorSet Set, Factor Factor) Require(FactorKey key) => TryFind(key, out FactorSet? set, out Factor? factor)
        ? (set, factor)
        : throw new KeyNotFoundException($"There is no emission factor {key}: {Choices(key)}.");

    /// <summary>What there is instead of a factor that does not exist, for the person who configures it.</summary>
    public static string Choices(FactorKey key)
    {
        List<FactorKey> all = [.. Shipped.SelectMany(s => s.Factors).Select(f => f.Key)];
        List<FactorKey> near = all.FindAll(k => k.Region == key.Region);
        return near.Count > 0
            ? $"for {key.Region} there is {string.Join(" and ", near)}"
            : $"the regions are {string.Join(", ", all.Select(k => k.Region).Distinct())}";
    }

    /// <summary>Reads a data file.</summary>
    /// <exception cref="FormatException">A line is not what the form asks for; the text names the line.</exception>
    public static FactorSet Parse(string fileName, TextReader text)
    {
        string[] header = (text.ReadLine() ?? "").Split(',');
        if (!header.Select(h => h.Split('=')[0]).SequenceEqual(HeaderKeys) || !header.All(h => h.Contains('=', StringComparison.Ordinal)))
        {
            throw Wrong(1, "must be set=NAME,version=N,validFrom=YYYY-MM-DD,validUntil=YYYY-MM-DD or empty");
        }

        string[] values = [.. header.Select(h => h[(h.IndexOf('=', StringComparison.Ordinal) + 1)..])];
        DateOnly from = Day(values[2]);
        DateOnly? until = values[3].Length == 0 ? null : Day(values[3]);
        if (text.ReadLine() != Columns)
        {
            throw Wrong(2, $"must be {Columns}");
        }

        List<Factor> factors = [];
        HashSet<FactorKey> seen = [];
        int number = 3;
        for (; text.ReadLine() is { } line; number++)
        {
            string[] cells = line.Split(',');
            if (cells.Length != 9 || cells.Contains("") || line.Contains('"', StringComparison.Ordinal))
            {
                throw Wrong(number, "must have nine filled cells without quotation marks");
            }

            if (cells[6] != Factor.KilogramsPerKilowattHour || !int.TryParse(cells[4], NumberStyles.None, CultureInfo.InvariantCulture, out int year))
            {
                throw Wrong(number, $"must have a year and the unit {Factor.KilogramsPerKilowattHour}");
            }

            var key = new FactorKey(cells[0], year, cells[2], cells[3]);
            if (!Factor.IsValue(cells[5]))
            {
                throw Wrong(number, $"'{cells[5]}' is not an emission factor, write digits as in 0.5500");
            }

            if (!seen.Add(key))
            {
                throw Wrong(number, $"gives {key} a second time");
            }

            factors.Add(new Factor(key, cells[5]) { Name = cells[1], Confidence = cells[7], Source = cells[8] });
        }

        return factors.Count > 0 ? new FactorSet(values[0], values[1], from, until, factors) : throw Wrong(3, "must hold the first factor");

        DateOnly Day(string cell) => DateOnly.TryParseExact(cell, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? day
            : throw Wrong(1, $"'{cell}' is not a day, write YYYY-MM-DD");

        FormatException Wrong(int line, string what) => new($"{fileName}, line {line}: {what}");
    }

    /// <summary>The set as it is recorded in a <c>factors</c> leaf: names and texts, in a fixed order.</summary>
    /// <remarks>Factor names are <c>region/year/kind/purpose</c>, which SenML allows as names (RFC 8428 §4.5.1).</remarks>
    public IReadOnlyList<(string Name, string Text)> Records() =>
    [
        ("set", Name),
        ("version", Version),
        ("validFrom", ValidFrom.ToString("O", CultureInfo.InvariantCulture)),
        ("validUntil", ValidUntil?.ToString("O", CultureInfo.InvariantCulture) ?? ""),
        .. Factors.Select(f =>
            (f.Key.ToString(), $"{f.Value} {Factor.KilogramsPerKilowattHour}; {f.Source}; confidence {f.Confidence}")),
    ];

    private static IEnumerable<FactorSet> Embedded()
    {
        Assembly assembly = typeof(FactorSet).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".csv", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return Parse(name, reader);
        }
    }
}
