using System.Text;
using System.Text.Json;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Carbon.Targets;
using Fractions;

namespace EdgeGateway.Edgectl;

/// <summary>What a file's figures and budget came to.</summary>
internal sealed record TargetsReport(
    Programme Programme,
    string? Case,
    string? Sector,
    IReadOnlyList<Judgement> Judgements,
    BudgetProgress? Budget
)
{
    public IEnumerable<Attainment> Verdicts => [.. Judgements.Select(j => j.Verdict), .. Budget is { } b ? (Attainment[])[b.Verdict] : []];

    /// <summary>Met when all is; else what stands in the way first.</summary>
    public Attainment Verdict
    {
        get
        {
            if (Verdicts.Contains(Attainment.NotMet))
            {
                return Attainment.NotMet;
            }

            return Verdicts.Contains(Attainment.NoValue) ? Attainment.NoValue : Attainment.Met;
        }
    }
}

/// <summary>Reads the file of <c>edgectl targets</c>, whose form targets.schema.json tells, and judges what it holds.</summary>
internal static class TargetsFile
{
    private const long MostBytesOfProgramme = 1 << 20;
    private static readonly string[] Ways = ["value", "noValue", "carbon", "flows"];

    /// <exception cref="JsonRefusedException">The file is not of the form, or what it holds does not hold.</exception>
    public static TargetsReport Read(JsonElement element, string folder)
    {
        JsonPart root = new(element, "$", "$schema", "programme", "programmeFile", "case", "sector", "figures", "budget");
        if (root.Has("programme") == root.Has("programmeFile"))
        {
            throw new JsonRefusedException(
                root.At("programme"),
                "is the name of a programme that ships; programmeFile in its place is a file of your own. Write one of the two."
            );
        }

        Programme programme = root.Has("programme")
            ? root.Required("programme", Programme.Require)
            : root.Required("programmeFile", name => FromFile(folder, name));
        (string? chosen, string? sector) = (root.TextOrNull("case"), root.TextOrNull("sector"));
        JsonPart.Refusing(root.At(programme.HasCase(chosen) ? "sector" : "case"), () => programme.Asked(chosen, sector));
        Dictionary<string, CarbonReport> carbon = [];
        List<TargetFigure> figures =
        [
            .. root.List("figures").Select(f => FigureOf(new JsonPart(f.Element, f.Path, ["name", .. Ways]), folder, carbon)),
        ];
        IReadOnlyList<Judgement> judgements = JsonPart.Refusing(root.At("figures"), () => programme.Judge(chosen, sector, figures));
        BudgetProgress? budget = root.Has("budget")
            ? BudgetOf(root.Object("budget", "from", "until", "amount", "reduction", "baseline", "used"))
            : null;
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

    private static TargetFigure FigureOf(JsonPart item, string folder, Dictionary<string, CarbonReport> carbon)
    {
        string[] ways = [.. Ways.Where(item.Has)];
        if (ways is [var way, var other, ..])
        {
            throw new JsonRefusedException(item.At(other), $"stands beside {way}. Write the one that the figure is from.");
        }

        if (ways is ["carbon"])
        {
            string file = item.Text("carbon");
            return JsonPart.Refusing(item.At("carbon"), () =>
                OfCarbon(
                    item.Text("name"),
                    file,
                    carbon.TryGetValue(file, out CarbonReport? known) ? known : carbon[file] = Carbon(folder, file)
                )
            );
        }

        if (ways is ["flows"])
        {
            return JsonPart.Refusing(item.At("flows"), () => OfFlows(item.Text("name"), item.Text("flows"), folder));
        }

        (Measure? value, string? none) = Known(item, "value", Measure.Parse);
        return new TargetFigure(item.Text("name"), value, none);
    }

    private static CarbonReport Carbon(string folder, string file)
    {
        try
        {
            return CarbonCommand.ReportOf(Path.Combine(folder, file), []);
        }
        catch (Exception e) when (e is JsonException or JsonRefusedException)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
    }

    // A total, or a figure that sets it in relation.
    private static TargetFigure OfCarbon(string name, string file, CarbonReport report)
    {
        TargetFigure[] found =
        [
            .. report
                .Totals.Where(t => t.Account == name)
                .Select(t =>
                    t.Micrograms is { } micrograms
                        ? new TargetFigure(name, Measure.Parse($"{Exact.Text(new Fraction(micrograms, 1_000_000_000))} kg{t.Gas}"), null)
                        : new TargetFigure(name, null, $"{name} of {file} is blocked: {t.Blocked}")
                ),
            .. report
                .Figures.Where(f => f.Name == name)
                .Select(f => new TargetFigure(
                    name,
                    f.Value is { } value ? Measured(value, f.Unit) : null,
                    f.NoValue is { } none ? $"{file}: {none}" : null
                )),
        ];
        return found switch
        {
            [var one] => one,
            [] => throw new InvalidDataException(
                $"{file} gives no {name}. It gives "
                    + $"{string.Join(", ", report.Totals.Select(t => t.Account).Concat(report.Figures.Select(f => f.Name)).Distinct())}."
            ),
            _ => throw new InvalidDataException(
                $"{file} gives {name} in {string.Join(" and in ", found.Select(f => f.Value?.UnitText ?? "no value"))}. CO2 and "
                    + "CO2e are two totals: add them as CO2e, and write the value."
            ),
        };
    }

    private static TargetFigure OfFlows(string name, string file, string folder)
    {
        FlowLedger ledger = FlowsCommand.LedgerOf(Path.Combine(folder, file));
        IReadOnlyList<FlowFigure> figures = FlowFigures.Of(ledger);
        FlowFigure figure = figures.FirstOrDefault(f => f.Name == name && !f.Squared)
            ?? throw new InvalidDataException(
                $"{file} gives no {name}. It gives {string.Join(", ", figures.Where(f => !f.Squared).Select(f => f.Name))}."
            );
        return ledger.Totals.NotSolved > 0
            ? new TargetFigure(
                name,
                null,
                $"{ledger.Totals.NotSolved} intervals of {file} are not attributed; edgectl flows {file} tells why"
            )
            : new TargetFigure(
                name,
                figure.Value is { } value ? Measured(value, figure.Unit.Length == 0 ? "1" : figure.Unit) : null,
                figure.Reason is { } none ? $"{file}: {none}" : null
            );
    }

    private static Measure Measured(Fraction value, string unit) => Measure.Parse($"1 {unit}") with { Value = value };

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
            throw new JsonRefusedException(
                item.At(key),
                "is the value; noValue in its place says why there is none. Write one of the two."
            );
        }

        return item.Has(key) ? (item.Required(key, read), null) : (null, item.Text("noValue"));
    }
}
