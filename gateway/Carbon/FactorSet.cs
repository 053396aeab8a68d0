using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace EdgeGateway.Carbon;

/// <summary>Factors that were published together. Read from a data file in <c>factors/</c>, whose form the README tells.</summary>
public sealed partial class FactorSet
{
    private const string Columns = "region,of,name,kind,purpose,year,value,unit,uncertainty,mark,confidence,source";

    private const int MostFactors = 10_000;

    private static readonly string[] HeaderKeys = ["set", "version", "validFrom", "validUntil"];

    private FactorSet(string name, string version, DateOnly? validFrom, DateOnly? validUntil, IReadOnlyList<Factor> factors)
    {
        Name = name;
        Version = version;
        ValidFrom = validFrom;
        ValidUntil = validUntil;
        Factors = factors;
    }

    /// <summary>The sets that ship with the product, by name.</summary>
    public static IReadOnlyList<FactorSet> Shipped { get; } = [.. Embedded().OrderBy(s => s.Name, StringComparer.Ordinal)];

    /// <summary>For example <c>cn-grid-2023</c>: up to 64 letters, digits, hyphens and underscores.</summary>
    public string Name { get; }

    /// <summary>The version of the data file, whole numbers with points between. A corrected value is a later version.</summary>
    public string Version { get; }

    /// <summary>
    /// The day the set was published or came into force. Null: the day is not confirmed, so the set is found by name or year only.
    /// </summary>
    public DateOnly? ValidFrom { get; }

    /// <summary>The first day the set is no longer valid. Null: no later set has replaced it.</summary>
    public DateOnly? ValidUntil { get; }

    /// <summary>All factors, in the order of the file.</summary>
    public IReadOnlyList<Factor> Factors { get; }

    /// <summary>Compares versions number by number: 2 is before 10, 1 is before 1.1 and the same as 1.0.</summary>
    /// <param name="one">Whole numbers with points between, as <see cref="Version"/>.</param>
    /// <param name="other">The same.</param>
    /// <returns>Below 0 when the first is earlier, above 0 when it is later.</returns>
    public static int CompareVersions(string one, string other)
    {
        int[] left = Numbers(one),
            right = Numbers(other);
        return Enumerable
            .Range(0, Math.Max(left.Length, right.Length))
            .Select(i => At(left, i).CompareTo(At(right, i)))
            .FirstOrDefault(c => c != 0);

        static int[] Numbers(string version) =>
            [.. version.Split('.').Select(n => int.Parse(n, NumberStyles.None, CultureInfo.InvariantCulture))];
        static int At(int[] numbers, int i) => i < numbers.Length ? numbers[i] : 0;
    }

    /// <summary>Reads a data file.</summary>
    /// <exception cref="FormatException">A line is not what the form asks for, or its factor cannot be; the text names the
    /// line.</exception>
    public static FactorSet Parse(string fileName, TextReader text)
    {
        string[] header = (text.ReadLine() ?? "").Split(',');
        if (!header.Select(h => h.Split('=')[0]).SequenceEqual(HeaderKeys) || !header.All(h => h.Contains('=', StringComparison.Ordinal)))
        {
            throw Wrong(1, "must be set=NAME,version=N,validFrom=YYYY-MM-DD or empty,validUntil=YYYY-MM-DD or empty");
        }

        string[] values = [.. header.Select(h => h[(h.IndexOf('=', StringComparison.Ordinal) + 1)..])];
        if (!Word().IsMatch(values[0]) || values[1].Length > 16 || !Numbering().IsMatch(values[1]))
        {
            throw Wrong(
                1,
                "must give the set a name of letters, digits, hyphens and underscores, and a version that can be compared, as 2 or 2026.1"
            );
        }

        DateOnly? from = Day(values[2], what => Wrong(1, what));
        DateOnly? until = Day(values[3], what => Wrong(1, what));
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

            factors.Add(
                factors.Count < MostFactors
                    ? factor
                    : throw Wrong(number, $"is one more than the {MostFactors} factors that a set may have")
            );
        }

        return factors.Count > 0 ? new FactorSet(values[0], values[1], from, until, factors) : throw Wrong(3, "must hold the first factor");

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
                (
                    f.Key.ToString(),
                    $"{f.Value} {f.Unit}; {f.Source}; confidence {f.Confidence}{(f.Uncertainty is { } u ? $"; uncertainty {u} %" : "")}"
                )
            ),
        ];

    private static DateOnly? Day(string cell, Func<string, FormatException> wrong)
    {
        if (cell.Length == 0)
        {
            return null;
        }

        return DateOnly.TryParseExact(cell, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? day
            : throw wrong($"'{cell}' is not a day, write YYYY-MM-DD");
    }

    private static Factor Read(string line, Func<string, FormatException> wrong)
    {
        string[] cells = line.Split(',');
        if (
            cells.Length != 12
            || cells.Where((c, i) => i is not (5 or 8 or 9)).Contains("")
            || line.Contains('"', StringComparison.Ordinal)
        )
        {
            throw wrong("must have twelve cells without quotation marks, of which only year, uncertainty and mark may be empty");
        }

        if (!Word().IsMatch(cells[0]) || !Word().IsMatch(cells[1]) || line.Any(char.IsControl))
        {
            throw wrong("must have region and of in letters, digits, hyphens and underscores, and no control characters");
        }

        int year = 0;
        if (
            cells[5].Length > 0
            && !(int.TryParse(cells[5], NumberStyles.None, CultureInfo.InvariantCulture, out year) && year is >= 1990 and <= 2100)
        )
        {
            throw wrong($"'{cells[5]}' is not a year");
        }

        if (!Factor.IsValue(cells[6]))
        {
            throw wrong($"'{cells[6]}' is not an emission factor, write digits as in 0.5500");
        }

        return new Factor(new FactorKey(cells[0], cells[5].Length > 0 ? year : null, cells[3], cells[4]) { Of = cells[1] }, cells[6])
        {
            Name = cells[2],
            Unit = cells[7],
            Uncertainty = Filled(cells[8]),
            Mark = Filled(cells[9]),
            Confidence = cells[10],
            Source = cells[11],
        };
    }

    private static string? Filled(string cell) => cell.Length > 0 ? cell : null;

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    [GeneratedRegex(@"^(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){0,3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Numbering();

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
