using Fractions;

namespace EdgeGateway.Carbon.Accounts;

/// <summary>
/// A relative uncertainty: half of the interval of 95 % confidence, kept as its exact square so that roots are drawn once, at the end.
/// </summary>
/// <param name="Square">The square of the percentage.</param>
public readonly record struct RelativeUncertainty(Fraction Square)
{
    /// <summary>From percent, 0 or above.</summary>
    /// <exception cref="CarbonException">It is negative.</exception>
    public static RelativeUncertainty FromPercent(Fraction percent) =>
        percent.IsNegative
            ? throw new CarbonException("An uncertainty is not negative. Write percent at 95 % confidence.")
            : new(percent * percent);

    /// <summary>From the accuracy class c of a meter: rectangular within ±c %, so 1.96 · c/√3.</summary>
    /// <exception cref="CarbonException">It is not above 0.</exception>
    public static RelativeUncertainty FromAccuracyClass(Fraction accuracyClass) =>
        accuracyClass.IsPositive
            ? new(new Fraction(196 * 196, 10_000) * accuracyClass * accuracyClass / new Fraction(3))
            : throw new CarbonException("An accuracy class is above 0, such as 0.5.");
}

/// <summary>A line with what is known of its uncertainty.</summary>
/// <param name="Line">The line.</param>
/// <param name="Activity">The uncertainty of the amount. Null: not known.</param>
/// <param name="Factor">The uncertainty of the factor. Null: not known.</param>
/// <param name="Correlated">What the factor is called: lines with the same name have the same error. Null: by itself.</param>
/// <param name="Estimated">Whether the amount was estimated.</param>
public sealed record UncertainLine(
    EmissionLine Line,
    RelativeUncertainty? Activity,
    RelativeUncertainty? Factor,
    string? Correlated,
    bool Estimated
);

/// <summary>Uncertainty of a total by IPCC Approach 1 (2006 Guidelines, volume 1, chapter 3, equations 3.1 and 3.2).</summary>
public static class Uncertainty
{
    private const int Decimals = 6;

    private const string Source = "IPCC 2006 Guidelines, volume 1, chapter 3, Approach 1: equations 3.1 and 3.2";

    /// <summary>
    /// Percent at 95 % confidence, right to 6 decimals. Lines that share a factor are added before they are combined with others.
    /// </summary>
    /// <remarks>
    /// Approach 1 takes its terms as independent. The error of a factor that several lines share is the same in each of them: it is added
    /// linearly, (Σx)·U_F, and only then squared. Errors of their amounts are independent.
    /// </remarks>
    public static Figure Total(string name, IReadOnlyList<UncertainLine> lines)
    {
        var derivation = new Derivation("√( Σ_groups [ Σ(U_A·x)² + (U_F·Σx)² ] ) / |Σx|", Source)
        {
            Rounding = $"the root is drawn once, in whole numbers, half to even to {Decimals} decimals",
            Inputs = [.. lines.Select(l => new Input(l.Line.Name, Shown(l), null))],
            Notes = ["Lines with the same factor are one group: its error is the same in all of them."],
        };
        if (lines.FirstOrDefault(l => l.Activity is null || l.Factor is null) is { } unknown)
        {
            return Figure.None(
                name,
                "%",
                $"the uncertainty of {unknown.Line.Name} is not known ({(unknown.Activity is null ? "amount" : "factor")})",
                derivation
            );
        }

        Fraction sum = Fraction.Zero,
            square = Fraction.Zero;
        foreach (var group in lines.GroupBy(l => l.Correlated ?? $"\n{l.Line.Name}"))
        {
            Fraction together = Fraction.Zero;
            foreach (UncertainLine line in group)
            {
                var x = new Fraction(line.Line.Micrograms);
                together += x;
                square += line.Activity!.Value.Square * x * x;
            }

            if (group.Select(l => l.Factor!.Value.Square).Distinct().Skip(1).Any())
            {
                throw new CarbonException($"The factor {group.Key} has two uncertainties. It is one factor.");
            }

            square += group.First().Factor!.Value.Square * together * together;
            sum += together;
        }

        return sum.IsZero
            ? Figure.None(name, "%", "the total is zero, and nothing is relative to it", derivation)
            : new Figure(name, Rounding.RootHalfEven(square / (sum * sum), Decimals), "%", null, derivation);
    }

    /// <summary>Which share of the total rests on estimated amounts, percent.</summary>
    public static Figure EstimatedShare(string name, IReadOnlyList<UncertainLine> lines) =>
        Figure.Quotient(
            name,
            Sum(lines.Where(l => l.Estimated)),
            Sum(lines),
            "%",
            "nothing was emitted",
            new Derivation("Σ estimated / Σ all", "share of estimated data")
            {
                Inputs = [.. lines.Where(l => l.Estimated).Select(l => new Input(l.Line.Name, Shown(l), null))],
            }
        );

    private static Fraction Sum(IEnumerable<UncertainLine> lines) =>
        lines.Aggregate(Fraction.Zero, (sum, l) => sum + new Fraction(l.Line.Micrograms));

    private static string Shown(UncertainLine l) =>
        $"{l.Line.Micrograms} µg, U_A {Percent(l.Activity)}, U_F "
        + $"{Percent(l.Factor)}{(l.Correlated is null ? "" : $" of {l.Correlated}")}{(l.Estimated ? ", estimated" : "")}";

    private static string Percent(RelativeUncertainty? u) =>
        u is { } known ? $"{Exact.Display(Rounding.RootHalfEven(known.Square, 4), 4)} %" : "not known";
}
