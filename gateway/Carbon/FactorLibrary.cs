using System.Globalization;

namespace EdgeGateway.Carbon;

/// <summary>A stretch of days, the last not included.</summary>
public readonly record struct Period
{
    /// <summary>From a day up to, and without, another.</summary>
    /// <exception cref="CarbonException">The end is not after the start.</exception>
    public Period(DateOnly from, DateOnly until)
    {
        if (from >= until)
        {
            throw new CarbonException($"The period ends on {Day(until)}, which is not after {Day(from)}. Its last day is not part of it.");
        }

        From = from;
        Until = until;
    }

    /// <summary>The first day.</summary>
    public DateOnly From { get; }

    /// <summary>The first day after it.</summary>
    public DateOnly Until { get; }

    /// <summary>Whether the other lies wholly within this one.</summary>
    public bool Holds(Period other) => From <= other.From && other.Until <= Until;

    /// <inheritdoc/>
    public override string ToString() => $"{Day(From)} to {Day(Until)}";

    internal static string Day(DateOnly day) => day.ToString("O", CultureInfo.InvariantCulture);
}

/// <summary>Which factor is looked for. Without year and set it is the one that is valid in the period.</summary>
/// <param name="Region">As in <see cref="FactorKey.Region"/>. There is no default.</param>
/// <param name="Of">As in <see cref="FactorKey.Of"/>.</param>
/// <param name="Kind">As in <see cref="FactorKey.Kind"/>.</param>
/// <param name="Purpose">As in <see cref="FactorKey.Purpose"/>. A factor for any purpose fits all.</param>
/// <param name="Year">The year of its data, or null.</param>
/// <param name="Set">The name of its set, or null.</param>
public sealed record FactorQuery(string Region, string Of, string Kind, string Purpose, int? Year = null, string? Set = null)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Kind} of {Of} for {Region}, purpose {Purpose}" + (Year is null ? "" : $", year {Year}") + (Set is null ? "" : $", in {Set}");
}

/// <summary>A factor and the set that holds it.</summary>
/// <param name="Set">The set.</param>
/// <param name="Factor">One of its factors.</param>
public readonly record struct FoundFactor(FactorSet Set, Factor Factor);

/// <summary>The factor sets that an account may use.</summary>
/// <param name="sets">Names of sets are unique among them.</param>
public sealed class FactorLibrary(IReadOnlyList<FactorSet> sets)
{
    /// <summary>The sets that ship with the product.</summary>
    public static FactorLibrary Shipped { get; } = new(FactorSet.Shipped);

    /// <summary>All sets.</summary>
    public IReadOnlyList<FactorSet> Sets => sets;

    /// <summary>This library with a set of the user's own beside its sets.</summary>
    /// <exception cref="CarbonException">There is a set of that name already.</exception>
    public FactorLibrary With(FactorSet set) =>
        sets.Any(s => s.Name == set.Name)
            ? throw new CarbonException(
                $"There is a factor set {set.Name} already. Name yours otherwise: what {set.Name} is must not depend on who computes."
            )
            : new([.. sets, set]);

    /// <summary>This library with a set that is new, or that takes the place of the set of its name by being a later version.</summary>
    /// <exception cref="CarbonException">The version of the set of that name is the same or later.</exception>
    public FactorLibrary WithLater(FactorSet set) =>
        sets.FirstOrDefault(s => s.Name == set.Name) is { } had && FactorSet.CompareVersions(set.Version, had.Version) <= 0
            ? throw new CarbonException(
                $"The factor set {set.Name} is there in version {had.Version}, and version {set.Version} is not later. A "
                    + "correction has a later version."
            )
            : new([.. sets.Where(s => s.Name != set.Name), set]);

    /// <summary>Every factor with a key, in the order of the sets. None is chosen.</summary>
    public IReadOnlyList<FoundFactor> Find(FactorKey key) =>
        [.. from s in sets from f in s.Factors where f.Key == key select new FoundFactor(s, f)];

    /// <summary>The one factor with a key.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or several sets hold one; the text says what there is to choose
    /// from.</exception>
    public FoundFactor Require(FactorKey key) =>
        Find(key) switch
        {
            [var one] => one,
            [] => throw new KeyNotFoundException($"There is no emission factor {key}: {Choices(key)}."),
            var several => throw new KeyNotFoundException($"{string.Join(" and ", several.Select(f => f.Set.Name))} both hold {key}."),
        };

    /// <summary>What there is instead of a factor that does not exist, for the person who configures it.</summary>
    public string Choices(FactorKey key)
    {
        List<FactorKey> all =
        [
            .. sets.SelectMany(s => s.Factors).Select(f => f.Key).Where(k => k.Of == key.Of && k.Kind != "coal-equivalent"),
        ];
        List<FactorKey> near = all.FindAll(k => k.Region == key.Region);
        return near.Count > 0
            ? $"for {key.Region} there is {string.Join(" and ", near)}"
            : $"the regions are {string.Join(", ", all.Select(k => k.Region).Distinct())}";
    }

    /// <summary>
    /// The one factor that fits. It is never chosen silently: by time it must be valid all through the period, else by year or set.
    /// </summary>
    /// <exception cref="CarbonException">None fits, more than one does, or the period straddles a boundary of validity.</exception>
    public CitedFactor Require(FactorQuery query, Period period)
    {
        List<FoundFactor> fitting =
        [
            .. from s in sets
            from f in s.Factors
            where
                f.Key.Region == query.Region
                && f.Key.Of == query.Of
                && f.Key.Kind == query.Kind
                && (f.Key.Purpose == query.Purpose || f.Key.Purpose == "any")
            select new FoundFactor(s, f),
        ];
        bool named = query.Year is not null || query.Set is not null;
        List<FoundFactor> found = fitting.FindAll(f =>
            named
                ? (query.Year is null || f.Factor.Key.Year == query.Year) && (query.Set is null || f.Set.Name == query.Set)
                : Validity(f.Set) is { } validity && validity.Holds(period)
        );
        return found switch
        {
            [var one] => Cite(one.Set, one.Factor, period),
            []
                when !named
                    && fitting
                        .Select(f => f.Set)
                        .FirstOrDefault(s => Validity(s) is { } v && v.From < period.Until && period.From < v.Until)
                        is { } set => throw new CarbonException(Straddles(query, period, set)),
            [] => throw new CarbonException($"There is no {query} that is valid from {period}: {Choices(query, fitting)}."),
            _ => throw new CarbonException(
                $"{string.Join(" and ", found.Select(f => f.Set.Name))} both hold {query}. Name the set or the year."
            ),
        };
    }

    /// <summary>A factor of somebody's own, which must be within the bounds of its kind as those of sets must.</summary>
    /// <param name="text">Value and unit, as in <c>0.4974 kgCO2/kWh</c>.</param>
    /// <param name="source">Who states it, where and when.</param>
    /// <param name="of">As in <see cref="FactorKey.Of"/>. The carbon content of process gases is that of fuels which a set marks
    /// so.</param>
    /// <param name="kind">As in <see cref="FactorKey.Kind"/>.</param>
    /// <exception cref="CarbonException">It is no factor, cannot be, or has no source.</exception>
    public CitedFactor Given(string text, string source, string of, string kind)
    {
        CitedFactor given = CitedFactor.Given(text, source);
        string? mark = sets.SelectMany(s => s.Factors).FirstOrDefault(f => f.Key.Of == of && f.Key.Kind == kind)?.Mark;
        return FactorChecks.Bounds(of, kind, mark, given.Rate) is { } fault ? throw new CarbonException($"{text} is {fault}.") : given;
    }

    private static Period? Validity(FactorSet set) =>
        set.ValidFrom is { } from ? new Period(from, set.ValidUntil ?? DateOnly.MaxValue) : null;

    private static string Straddles(FactorQuery query, Period period, FactorSet set)
    {
        DateOnly boundary = set.ValidFrom!.Value > period.From ? set.ValidFrom.Value : set.ValidUntil!.Value;
        return $"The period {period} straddles {Period.Day(boundary)}, where the validity of {set.Name} "
            + $"{(boundary == set.ValidFrom ? "begins" : "ends")} ({query}). "
            + $"Split it into {Period.Day(period.From)} to {Period.Day(boundary)} and {Period.Day(boundary)} to "
            + $"{Period.Day(period.Until)}, or name the year of the factor.";
    }

    private string Choices(FactorQuery query, List<FoundFactor> fitting)
    {
        if (fitting.Count > 0)
        {
            return $"there is {string.Join(", ", fitting.Select(Choice))}. Name a year or a set, or add a factor set that fits";
        }

        List<FactorKey> of = [.. sets.SelectMany(s => s.Factors).Select(f => f.Key).Where(k => k.Of == query.Of)];
        List<FactorKey> here = of.FindAll(k => k.Region == query.Region);
        if (here.Count > 0)
        {
            return $"for {query.Region} there is {string.Join(", ", here.Distinct())}";
        }

        if (of.Count > 0)
        {
            return $"the regions with {query.Of} are {string.Join(", ", of.Select(k => k.Region).Distinct())}. "
                + "No region is the default";
        }

        return $"there are factors of {string.Join(", ", sets.SelectMany(s => s.Factors).Select(f => f.Key.Of).Distinct())}. Add "
            + "a factor set, or give the factor with its source";

        static string Choice(FoundFactor found)
        {
            string year = found.Factor.Key.Year?.ToString(CultureInfo.InvariantCulture) ?? "not stated";
            return $"{found.Set.Name} ({Words(found.Set)}, year {year})";
        }
    }

    private static string Words(FactorSet set)
    {
        if (set.ValidFrom is not { } from)
        {
            return "found by name only";
        }

        string until = set.ValidUntil is { } day ? $" to {Period.Day(day)}" : "";
        return $"valid from {Period.Day(from)}{until}";
    }

    private static CitedFactor Cite(FactorSet set, Factor factor, Period period) =>
        new(factor.Rate, factor.Unit == "1" ? factor.Value : $"{factor.Value} {factor.Unit}", factor.Source)
        {
            Key = factor.Key,
            Set = $"{set.Name}/{set.Version}",
            Confidence = factor.Confidence,
            Uncertainty = factor.Uncertainty,
            Note =
                Validity(set) is { } validity && !validity.Holds(period)
                    ? $"Chosen by name: {set.Name} is {Words(set)}, the period is {period}."
                    : null,
        };
}
