using System.Text;
using System.Text.Json;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Targets;
using Fractions;

namespace EdgeGateway.Edgectl;

/// <summary>What a file's figures and budget came to.</summary>
internal sealed record TargetsReport(Programme Programme, string? Case, string? Sector, IReadOnlyList<Judgement> Judgements, BudgetProgress? Budget)
{
    public IEnumerable<Verdict> Verdicts => [.. Judgements.Select(j => j.Verdict), .. Budget is { } b ? (Verdict[])[b.Verdict] : []];

    /// <summary>Met when all is; else what stands in the way first.</summary>
    public Verdict Verdict => Verdicts.Contains(Verdict.NotMet) ? Verdict.NotMet : Verdicts.Contains(Verdict.NoValue) ? Verdict.NoValue : Verdict.Met;
}

/// <summary>Reads the file of <c>edgectl targets</c> and judges what it holds.</summary>
internal static class TargetsFile
{
    private const long MostBytesOfProgramme = 1 << 20;

    /// <exception cref="JsonRefusedException">The file is not of the form, or what it holds does not hold.</exception>
    public static TargetsReport Read(JsonElement element, string folder)
    {
        JsonPart root = new(element, "$", "programme", "programmeFile", "case", "sector", "figures", "budget");
        if (root.Has("programme") == root.Has("programmeFile"))
        {
            throw new JsonRefusedException(root.At("programme"), "is the name of a programme that ships; programmeFile in its place is a file of your own. Write one of the two.");
        }

        Programme programme = root.Has("programme") ? root.Required("programme", Programme.Require) : root.Required("programmeFile", name => FromFile(folder, name));
        (string? chosen, string? sector) = (root.TextOrNull("case"), root.TextOrNull("sector"));
        JsonPart.Refusing(root.At(programme.HasCase(chosen) ? "sector" : "case"), () => programme.Asked(chosen, sector));
        List<TargetFigure> figures = [.. root.List("figures").Select(f => FigureOf(new JsonPart(f.Element, f.Path, "name", "value", "noValue")))];
        IReadOnlyList<Judgement> judgements = JsonPart.Refusing(root.At("figures"), () => programme.Judge(chosen, sector, figures));
        BudgetProgress? budget = root.Has("budget") ? BudgetOf(root.Object("budget", "from", "until", "amount", "reduction", "baseline", "used")) : null;
        return new TargetsReport(programme, chosen, sector, judgements, budget);
    }

    private static Programme FromFile(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (new FileInfo(path).Length > MostBytesOfProgramme)
        {
            throw new IOException($"{name} is larger than {MostBytesOfProgramme >> 20} MiB.");
        }

        using StreamReader text = new(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        return Programme.Parse(name, text);
    }

    private static TargetFigure FigureOf(JsonPart item)
    {
        (Measure? value, string? none) = Known(item, "value", Measure.Parse);
        return new TargetFigure(item.Text("name"), value, none);
    }

    private static BudgetProgress BudgetOf(JsonPart part)
    {
        Period year = CarbonFile.PeriodOf(part);
        Baseline? baseline = null;
        if (part.Has("baseline"))
        {
            JsonPart item = part.Object("baseline", "from", "until", "amount", "noValue");
            (Quantity? amount, string? none) = Known(item, "amount", Quantity.Parse);
            baseline = new Baseline(CarbonFile.PeriodOf(item), amount, none);
        }

        UsedToDate? used = null;
        if (part.Has("used"))
        {
            JsonPart item = part.Object("used", "until", "amount", "noValue");
            (Quantity? amount, string? none) = Known(item, "amount", Quantity.Parse);
            used = new UsedToDate(item.Required("until", CarbonFile.Day), amount, none);
        }

        Fraction? reduction = part.Has("reduction") ? part.Required("reduction", t => Quantity.Parse(t).In(Unit.Parse("%")).Value) : null;
        Quantity? given = part.Optional("amount", Quantity.Parse);
        return JsonPart.Refusing(part.Path, () => new Budget(year, given, reduction, baseline, used).Progress());
    }

    // A value, or the reason why there is none.
    private static (T? Value, string? NoValue) Known<T>(JsonPart item, string key, Func<string, T> read)
        where T : class
    {
        if (item.Has(key) == item.Has("noValue"))
        {
            throw new JsonRefusedException(item.At(key), "is the value; noValue in its place says why there is none. Write one of the two.");
        }

        return item.Has(key) ? (item.Required(key, read), null) : (null, item.Text("noValue"));
    }
}
