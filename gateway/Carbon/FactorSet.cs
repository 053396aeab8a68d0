using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;

namespace EdgeGateway.Carbon;

/// <summary>Factors that were published together. Read from a data file in <c>factors/</c>, whose form the README tells.</summary>
public sealed class FactorSet
{
    private const string Columns = "region,of,name,kind,purpose,year,value,unit,uncertainty,mark,confidence,source";

    private const int MostFactors = 10_000;

    private static readonly string[] HeaderKeys = ["set", "version", "validFrom", "validUntil"];

    private readonly Dictionary<FactorKey, Factor> _factors;

    private FactorSet(string name, string version, DateOnly? validFrom, DateOnly? validUntil, IReadOnlyList<Factor> factors)
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

    /// <summary>The day the set was published or came into force. Null: the day is not confirmed, so the set is found by name or year only.</summary>
    public DateOnly? ValidFrom { get; }

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
        List<FactorKey> all = [.. Shipped.SelectMany(s => s.Factors).Select(f => f.Key).Where(k => k.Of == key.Of && k.Kind != "coal-equivalent")];
        List<FactorKey> near = all.FindAll(k => k.Region == key.Region);
        return near.Count > 0
            ? $"for {key.Region} there is {string.Join(" and ", near)}"
            : $"the regions are {string.Join(", ", all.Select(k => k.Region).Distinct())}";
    }

    /// <summary>Reads a data file.</summary>
    /// <exception cref="FormatException">A line is not what the form asks for, or its factor cannot be; the text names the line.</exception>
    public static FactorSet Parse(string fileName, TextReader text)
    {
        string[] header = (text.ReadLine() ?? "").Split(',');
        if (!header.Select(h => h.Split('=')[0]).SequenceEqual(HeaderKeys) || !header.All(h => h.Contains('=', StringComparison.Ordinal)))
        {
            throw Wrong(1, "must be set=NAME,version=N,validFrom=YYYY-MM-DD or empty,validUntil=YYYY-MM-DD or empty");
        }

        string[] values = [.. header.Select(h => h[(h.IndexOf('=', StringComparison.Ordinal) + 1)..])];
        if (values[0].Length is 0 or > 64 || values[1].Length is 0 or > 16)
        {
            throw Wrong(1, "must give the set a name and a version");
        }

        (DateOnly? from, DateOnly? until) = (Day(values[2]), Day(values[3]));
        if (from >= until)
        {
            throw Wrong(1, $"the set is valid until {values[3]}, which is not after {values[2]}");
        }

        if (text.ReadLine() != Columns)
        {
            throw Wrong(2, $"must be {Columns}");
        }

        List<Factor> factors = [];
        HashSet<FactorKey> seen = [];
        int number = 3;
        for (; text.ReadLine() is { } line; number++)
        {
            Factor factor = Read(line, what => Wrong(number, what));
            if (FactorChecks.Fault(values[0], factor) is { } fault)
            {
                throw Wrong(number, fault);
            }

            if (!seen.Add(factor.Key))
            {
                throw Wrong(number, $"gives {factor.Key} a second time");
            }

            factors.Add(factors.Count < MostFactors ? factor : throw Wrong(number, $"is one more than the {MostFactors} factors that a set may have"));
        }

        return factors.Count > 0 ? new FactorSet(values[0], values[1], from, until, factors) : throw Wrong(3, "must hold the first factor");

        DateOnly? Day(string cell) => cell.Length == 0 ? null
            : DateOnly.TryParseExact(cell, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) ? day
            : throw Wrong(1, $"'{cell}' is not a day, write YYYY-MM-DD");

        FormatException Wrong(int line, string what) => new($"{fileName}, line {line}: {what}");
    }

    /// <summary>The set as it is recorded in a <c>factors</c> leaf: names and texts, in a fixed order.</summary>
    /// <remarks>Factor names are <c>region/year/kind/purpose</c>, which SenML allows as names (RFC 8428 §4.5.1).</remarks>
    public IReadOnlyList<(string Name, string Text)> Records() =>
    [
        ("set", Name),
        ("version", Version),
        ("validFrom", ValidFrom?.ToString("O", CultureInfo.InvariantCulture) ?? ""),
        ("validUntil", ValidUntil?.ToString("O", CultureInfo.InvariantCulture) ?? ""),
        .. Factors.Select(f =>
            (f.Key.ToString(), $"{f.Value} {f.Unit}; {f.Source}; confidence {f.Confidence}{(f.Uncertainty is { } u ? $"; uncertainty {u} %" : "")}")),
    ];

    private static Factor Read(string line, Func<string, FormatException> wrong)
    {
        string[] cells = line.Split(',');
        if (cells.Length != 12 || cells.Where((c, i) => i is not (5 or 8 or 9)).Contains("") || line.Contains('"', StringComparison.Ordinal))
        {
            throw wrong("must have twelve cells without quotation marks, of which only year, uncertainty and mark may be empty");
        }

        int year = 0;
        if (cells[5].Length > 0 && !(int.TryParse(cells[5], NumberStyles.None, CultureInfo.InvariantCulture, out year) && year is >= 1990 and <= 2100))
        {
            throw wrong($"'{cells[5]}' is not a year");
        }

        if (!Factor.IsValue(cells[6]))
        {
            throw wrong($"'{cells[6]}' is not an emission factor, write digits as in 0.5500");
        }

        return new Factor(new FactorKey(cells[0], cells[5].Length > 0 ? year : null, cells[3], cells[4]) { Of = cells[1] }, cells[6])
        {
            Name = cells[2], Unit = cells[7], Uncertainty = Filled(cells[8]), Mark = Filled(cells[9]), Confidence = cells[10], Source = cells[11],
        };
    }

    private static string? Filled(string cell) => cell.Length > 0 ? cell : null;

    private static IEnumerable<FactorSet> Embedded()
    {
        Assembly assembly = typeof(FactorSet).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(n => n.StartsWith("factors/", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return Parse(name, reader);
        }
    }
}
