namespace EdgeGateway.Carbon.Targets;

/// <summary>What a figure has to be.</summary>
public enum Comparison
{
    /// <summary>The threshold or below.</summary>
    AtMost,

    /// <summary>The threshold or above.</summary>
    AtLeast,

    /// <summary>Known: the programme sets no number.</summary>
    Stated,
}

/// <summary>What follows where an indicator is not met.</summary>
public enum TargetLevel
{
    /// <summary>Without it the site is not accepted, whatever the rest is.</summary>
    Gating,

    /// <summary>It counts into a score.</summary>
    Scored,

    /// <summary>It is asked for, or the source does not say more.</summary>
    Expected,
}

/// <summary>What a programme asks of one figure.</summary>
/// <param name="Id">The same in all cases and sectors of the programme.</param>
/// <param name="Title">For people.</param>
public sealed record TargetIndicator(string Id, string Title)
{
    /// <summary>The case of the programme that it is for. Null: all.</summary>
    public string? Case { get; init; }

    /// <summary>The sector that it is for, in place of what is for all. Null: all others.</summary>
    public string? Sector { get; init; }

    /// <summary>Names of the figures that it takes, one of which is given.</summary>
    public required IReadOnlyList<string> Figures { get; init; }

    /// <summary>What the figure has to be.</summary>
    public required Comparison Comparison { get; init; }

    /// <summary>The threshold with its published digits. Null where no number is set.</summary>
    public string? Digits { get; init; }

    /// <summary>The exact threshold with its unit. Null where no number is set.</summary>
    public Measure? Threshold { get; init; }

    /// <summary>What follows where it is not met.</summary>
    public required TargetLevel Level { get; init; }

    /// <summary>How well the transcription is confirmed: C by two independent ones, S by one.</summary>
    public required string Confidence { get; init; }

    /// <summary>What to know of it, or null.</summary>
    public string? Note { get; init; }

    /// <summary>Who asks for it, and where.</summary>
    public required string Source { get; init; }

    /// <summary>What is asked, as in <c>at most 0.20 tCO2/tce</c>.</summary>
    public string Asked =>
        Comparison switch
        {
            Comparison.AtMost => $"at most {Digits} {Threshold!.UnitText}",
            Comparison.AtLeast => $"at least {Digits} {Threshold!.UnitText}",
            _ => "stated",
        };
}

/// <summary>
/// What a policy or standard asks of a factory, a park or a microgrid. Read from a data file in <c>programmes/</c>, whose form the README
/// tells.
/// </summary>
public sealed class Programme
{
    private const string Columns = "case,sector,id,title,figures,comparison,threshold,unit,level,confidence,note,source";
    private static readonly string[] HeaderKeys = ["programme", "version", "for", "issued", "cases", "title", "note"];

    private Programme(string[] header, DateOnly? issued, IReadOnlyList<TargetIndicator> indicators)
    {
        Name = header[0];
        Version = header[1];
        For = header[2];
        Issued = issued;
        Title = header[5];
        Note = header[6];
        Indicators = indicators;
        Cases = header[4].Length > 0 ? header[4].Split(';') : [];
    }

    /// <summary>The programmes that ship with the product, by name.</summary>
    public static IReadOnlyList<Programme> Shipped { get; } = DataFile.Shipped("programmes", Parse);

    /// <summary>For example <c>cn-zero-carbon-park</c>.</summary>
    public string Name { get; }

    /// <summary>The version of the data file.</summary>
    public string Version { get; }

    /// <summary><c>factory</c>, <c>park</c> or <c>microgrid</c>.</summary>
    public string For { get; }

    /// <summary>When it was issued. Null: not confirmed.</summary>
    public DateOnly? Issued { get; }

    /// <summary>What a site has to choose from: years, sizes, areas. Empty: there is nothing to choose.</summary>
    public IReadOnlyList<string> Cases { get; }

    /// <summary>For people.</summary>
    public string Title { get; }

    /// <summary>What to know of all of it: what is not in it, what is not confirmed.</summary>
    public string Note { get; }

    /// <summary>All indicators, in the order of the file.</summary>
    public IReadOnlyList<TargetIndicator> Indicators { get; }

    /// <summary>The programme of a name among those that ship.</summary>
    /// <exception cref="CarbonException">There is none of that name.</exception>
    public static Programme Require(string name) =>
        Shipped.FirstOrDefault(p => p.Name == name)
        ?? throw new CarbonException(
            $"There is no programme '{Exact.Shown(name)}'. There are {string.Join(", ", Shipped.Select(p => p.Name))}."
        );

    /// <summary>Reads a data file.</summary>
    /// <exception cref="InvalidDataException">A line is not what the form asks for; the text names the line.</exception>
    public static Programme Parse(string fileName, TextReader text)
    {
        DataFile file = new(fileName, text, HeaderKeys, Columns);
        string[] header = file.Header,
            cases = header[4].Length > 0 ? header[4].Split(';') : [];
        file.Choice(header[2], ("factory", 0), ("park", 0), ("microgrid", 0));
        DateOnly? issued = file.Day(header[3]);
        if (header[5].Length == 0 || cases.Contains("") || cases.Distinct().Count() != cases.Length)
        {
            throw file.Wrong("must give a title, and each case once");
        }

        List<TargetIndicator> indicators = [];
        while (file.Next() is { } cells)
        {
            TargetIndicator indicator = Read(file, cells);
            if (indicator.Case is { } c && !cases.Contains(c))
            {
                throw file.Wrong(
                    $"'{Exact.Shown(c)}' is no case of the programme: line 1 names {(cases.Length > 0 ? string.Join(", ", cases) : "none")}"
                );
            }

            if (
                indicators.Exists(i =>
                    i.Id == indicator.Id
                    && i.Sector == indicator.Sector
                    && (i.Case is null || indicator.Case is null || i.Case == indicator.Case)
                )
            )
            {
                throw file.Wrong($"gives {indicator.Id} a second time");
            }

            if (indicators.Find(i => i.Id != indicator.Id && i.Figures.Intersect(indicator.Figures).Any()) is { } other)
            {
                throw file.Wrong($"takes a figure that {other.Id} takes");
            }

            indicators.Add(indicator);
        }

        return new Programme(header, issued, indicators);
    }

    /// <summary>Whether a case is one of the programme. Where the programme has no cases: whether none is named.</summary>
    public bool HasCase(string? chosen) => chosen is null ? Cases.Count == 0 : Cases.Contains(chosen);

    /// <summary>What is asked of a site: for each indicator what its sector has in place of what is for all.</summary>
    /// <param name="chosen">The case; null where the programme has none.</param>
    /// <param name="sector">Name of a profile, or null.</param>
    /// <exception cref="CarbonException">There is no such case or sector, a case must be named, or nothing is asked of such a
    /// site.</exception>
    public IReadOnlyList<TargetIndicator> Asked(string? chosen, string? sector)
    {
        if (!HasCase(chosen))
        {
            throw NoSuchCase(chosen);
        }

        if (sector is not null && !Indicators.Any(i => i.Sector == sector) && !SectorProfile.Shipped.Any(p => p.Name == sector))
        {
            throw new CarbonException(
                $"There is no sector '{Exact.Shown(sector)}'. There are {string.Join(", ", SectorProfile.Shipped.Select(p => p.Name))}."
            );
        }

        List<TargetIndicator> here =
        [
            .. Indicators.Where(i => (i.Case is null || i.Case == chosen) && (i.Sector is null || i.Sector == sector)),
        ];
        return here.Count > 0
            ? here.FindAll(i => i.Sector is not null || !here.Exists(o => o.Id == i.Id && o.Sector is not null))
            : throw new CarbonException($"{Name} asks nothing of such a site: its rows are for other cases or sectors.");
    }

    /// <summary>Judges a site's figures.</summary>
    /// <param name="chosen">The case; null where the programme has none.</param>
    /// <param name="sector">Name of a profile, or null.</param>
    /// <param name="figures">The figures that are known, and those that are not with the reason.</param>
    /// <returns>A judgement of each indicator, in the order of the file. What is not given has no value.</returns>
    /// <exception cref="CarbonException">A figure is not one that the programme takes, is given twice, or its unit is another.</exception>
    public IReadOnlyList<Judgement> Judge(string? chosen, string? sector, IReadOnlyList<TargetFigure> figures)
    {
        IReadOnlyList<TargetIndicator> asked = Asked(chosen, sector);
        foreach (TargetFigure figure in figures)
        {
            TargetIndicator taken = asked.FirstOrDefault(i => i.Figures.Contains(figure.Name))
                ?? throw new CarbonException(
                    $"'{Exact.Shown(figure.Name)}' is no figure that {Name} takes here. It takes "
                        + $"{string.Join(", ", asked.SelectMany(i => i.Figures))}."
                );
            string[] same = [.. figures.Where(f => taken.Figures.Contains(f.Name)).Select(f => f.Name)];
            if (same.Length > 1)
            {
                throw new CarbonException(
                    same.Distinct().Count() < same.Length
                        ? $"{same[0]} is given twice. Keep one of them."
                        : $"{string.Join(" and ", same)} are both given for {taken.Id}. Choose one: it must not be the better of the two."
                );
            }
        }

        return [.. asked.Select(i => Judgement.Of(i, figures.FirstOrDefault(f => i.Figures.Contains(f.Name))))];
    }

    private CarbonException NoSuchCase(string? chosen)
    {
        if (Cases.Count == 0)
        {
            return new CarbonException($"{Name} has no cases. Leave it out.");
        }

        string wrong = chosen is null ? "No case is named" : $"'{Exact.Shown(chosen)}' is no case";
        return new CarbonException($"{wrong}. {Name} has {string.Join(", ", Cases)}: name one.");
    }

    private static TargetIndicator Read(DataFile file, string[] cells)
    {
        if (cells.Where((c, i) => i is 2 or 3 or 4 or 11).Contains("") || cells[4].Split(';').Any(f => f.Trim() != f || f.Length == 0))
        {
            throw file.Wrong("must have an id, a title, figures and a source; figures have semicolons between them and no spaces around");
        }

        Comparison comparison = file.Choice(
            cells[5],
            ("at-most", Comparison.AtMost),
            ("at-least", Comparison.AtLeast),
            ("stated", Comparison.Stated)
        );
        bool number = comparison != Comparison.Stated;
        if (number != cells[6].Length > 0 || number != cells[7].Length > 0)
        {
            throw file.Wrong("must have a threshold and a unit, or the comparison 'stated' and neither");
        }

        Measure? threshold = number ? file.Read(() => Measure.Parse($"{cells[6]} {cells[7]}")) : null;
        if (threshold is { Value.IsNegative: true })
        {
            throw file.Wrong($"the threshold {cells[6]} is negative");
        }

        return new TargetIndicator(cells[2], cells[3])
        {
            Case = Filled(cells[0]),
            Sector = Filled(cells[1]),
            Figures = cells[4].Split(';'),
            Comparison = comparison,
            Digits = Filled(cells[6]),
            Threshold = threshold,
            Level = file.Choice(
                cells[8],
                ("gating", TargetLevel.Gating),
                ("scored", TargetLevel.Scored),
                ("expected", TargetLevel.Expected)
            ),
            Confidence = file.Choice(cells[9], ("C", "C"), ("S", "S")),
            Note = Filled(cells[10]),
            Source = cells[11],
        };
    }

    private static string? Filled(string cell) => cell.Length > 0 ? cell : null;
}
