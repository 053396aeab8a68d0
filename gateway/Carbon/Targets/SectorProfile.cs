using EdgeGateway.Carbon.Accounts;

namespace EdgeGateway.Carbon.Targets;

/// <summary>Something that a site of a sector starts with.</summary>
/// <param name="Kind"><c>meter</c>, <c>fuel</c>, <c>product</c> or <c>account</c>.</param>
/// <param name="Name">Its name: of a fuel as the factor sets have it, of an account as <see cref="Accounts"/> have it, else a
/// suggestion.</param>
/// <param name="Place">Of a meter: <c>boundary</c>, <c>generation</c>, <c>storage</c> or <c>process</c>. Null: it is none.</param>
/// <param name="Unit">The unit in which it is counted. Null: it is an account.</param>
/// <param name="Title">For people.</param>
/// <param name="Confidence">C or S as for factors. Null: it has no source.</param>
/// <param name="Source">Who asks for it. Null: this project suggests it.</param>
public sealed record ProfilePart(string Kind, string Name, string? Place, Unit? Unit, string Title, string? Confidence, string? Source);

/// <summary>
/// What a site of a sector starts with: meters, fuels, products, accounts. Read from a data file in <c>profiles/</c>, whose form the README
/// tells.
/// </summary>
public sealed class SectorProfile
{
    /// <summary>What stands in the column of the source where this project suggests a part.</summary>
    private const string Suggestion = "suggestion";

    private const string Columns = "kind,name,place,unit,title,confidence,source";
    private static readonly string[] HeaderKeys = ["profile", "version", "title", "by", "confidence", "source", "note"];

    private static readonly string[] Accounts =
    [
        Combustion.Account,
        Combustion.BiogenicAccount,
        Heat.Account,
        Scope2.LocationAccount,
        Scope2.MarketAccount,
        Scope2.ExportAccount,
    ];

    private SectorProfile(string[] header, int by, IReadOnlyList<ProfilePart> parts)
    {
        Name = header[0];
        Version = header[1];
        Title = header[2];
        By = by;
        Confidence = header[4];
        Source = header[5];
        Note = header[6];
        Parts = parts;
    }

    /// <summary>The profiles that ship with the product, by name.</summary>
    public static IReadOnlyList<SectorProfile> Shipped { get; } = DataFile.Shipped("profiles", Parse);

    /// <summary>For example <c>lithium-battery</c>.</summary>
    public string Name { get; }

    /// <summary>The version of the data file.</summary>
    public string Version { get; }

    /// <summary>For people.</summary>
    public string Title { get; }

    /// <summary>The year by which the sector is to have zero-carbon factories.</summary>
    public int By { get; }

    /// <summary>How well that year is confirmed: C by two independent transcriptions, S by one.</summary>
    public string Confidence { get; }

    /// <summary>Who names that year.</summary>
    public string Source { get; }

    /// <summary>What the profile does not hold and a site must see to.</summary>
    public string Note { get; }

    /// <summary>All parts, in the order of the file.</summary>
    public IReadOnlyList<ProfilePart> Parts { get; }

    /// <summary>The profile of a name among those that ship.</summary>
    /// <exception cref="CarbonException">There is none of that name.</exception>
    public static SectorProfile Require(string name) =>
        Shipped.FirstOrDefault(p => p.Name == name)
        ?? throw new CarbonException(
            $"There is no profile '{Exact.Shown(name)}'. There are {string.Join(", ", Shipped.Select(p => p.Name))}."
        );

    /// <summary>Reads a data file.</summary>
    /// <exception cref="InvalidDataException">A line is not what the form asks for; the text names the line.</exception>
    public static SectorProfile Parse(string fileName, TextReader text)
    {
        DataFile file = new(fileName, text, HeaderKeys, Columns);
        int by = file.Choice(file.Header[3], ("2027", 2027), ("2030", 2030));
        file.Choice(file.Header[4], ("C", 0), ("S", 0));
        if (file.Header[2].Length == 0 || file.Header[5].Length == 0)
        {
            throw file.Wrong("must give a title and a source");
        }

        List<ProfilePart> parts = [];
        while (file.Next() is { } cells)
        {
            ProfilePart part = Read(file, cells);
            parts.Add(
                !parts.Exists(p => p.Kind == part.Kind && p.Name == part.Name)
                    ? part
                    : throw file.Wrong($"gives the {part.Kind} {part.Name} a second time")
            );
        }

        return new SectorProfile(file.Header, by, parts);
    }

    private static ProfilePart Read(DataFile file, string[] cells)
    {
        string kind = file.Choice(cells[0], ("meter", "meter"), ("fuel", "fuel"), ("product", "product"), ("account", "account")),
            name = cells[1];
        if (name.Length == 0 || cells[4].Length == 0 || cells[6].Length == 0)
        {
            throw file.Wrong($"must have a name, a title, and a source or the word {Suggestion}");
        }

        bool suggested = cells[6] == Suggestion;
        string? confidence = file.Choice(cells[5], ("C", "C"), ("S", "S"), ("", null as string));
        if (suggested != confidence is null)
        {
            throw file.Wrong($"must have confidence C or S with a source, and none with the word {Suggestion}");
        }

        string? place =
            kind == "meter"
                ? file.Choice(
                    cells[2],
                    ("boundary", "boundary"),
                    ("generation", "generation"),
                    ("storage", "storage"),
                    ("process", "process")
                )
                : null;
        if (kind != "meter" && cells[2].Length > 0)
        {
            throw file.Wrong("must have no place: only a meter has one");
        }

        Unit? unit = kind == "account" ? null : file.Read(() => Unit.Parse(cells[3]));
        if (kind == "account" && (cells[3].Length > 0 || !Accounts.Contains(name)))
        {
            throw file.Wrong($"must name an account and no unit. There are {string.Join(", ", Accounts)}");
        }

        if (
            kind == "fuel"
            && !FactorSet
                .Shipped.SelectMany(s => s.Factors)
                .Any(f => f.Key.Of == name && f.Key.Kind == "ncv" && Rate.ParseUnit(1, f.Unit).Per.ConvertsTo(unit!))
        )
        {
            throw file.Wrong(
                $"'{Exact.Shown(name)}' in {unit} is no fuel of the factor sets: there is no calorific value of it for that unit"
            );
        }

        return new ProfilePart(kind, name, place, unit, cells[4], confidence, suggested ? null : cells[6]);
    }
}
