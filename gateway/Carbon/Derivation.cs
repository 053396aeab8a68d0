using System.Numerics;
using Fractions;

namespace EdgeGateway.Carbon;

/// <summary>How a figure came about: enough to compute it again by hand.</summary>
/// <param name="Formula">For example <c>energy × factor</c>.</param>
/// <param name="Source">Standard and clause, or whose formula it is.</param>
public sealed record Derivation(string Formula, string Source)
{
    /// <summary>How the line of an account is rounded.</summary>
    public const string ToMicrograms = "once, half to even, to whole micrograms";

    /// <summary>How a value that is kept exact is rounded.</summary>
    public const string NotRounded = "none: the exact value is kept, what is shown of it is rounded half to even";

    /// <summary>What went into it, in the order of the formula.</summary>
    public IReadOnlyList<Input> Inputs { get; init; } = [];

    /// <summary>What was assumed or interpreted.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>How it was rounded.</summary>
    public string Rounding { get; init; } = NotRounded;
}

/// <summary>Something that went into a figure.</summary>
/// <param name="Name">As in the formula.</param>
/// <param name="Value">With its unit, exact.</param>
/// <param name="Reference">Where it is recorded: reading, manual entry, instrument. Null: it is a constant or derived.</param>
public sealed record Input(string Name, string Value, string? Reference)
{
    /// <summary>Where the input is a factor: what it is and who says so.</summary>
    public CitedFactor? Factor { get; init; }

    /// <summary>Where the input was itself computed: how.</summary>
    public Derivation? Derivation { get; init; }
}

/// <summary>A value with how it came about.</summary>
public sealed record Derived(Quantity Value, Derivation Derivation)
{
    /// <summary>As an input of the next formula.</summary>
    public Input AsInput(string name) => new(name, $"{Exact.Display(Value.Value, 9)} {Value.Unit}", null) { Derivation = Derivation };
}

/// <summary>A figure: an exact value, or the reason why there is none.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">Null: there is none.</param>
/// <param name="Unit">The unit's text, for example <c>tCO2/tce</c> or <c>%</c>.</param>
/// <param name="NoValue">Why there is none; null where there is one.</param>
/// <param name="Derivation">How it came about.</param>
public sealed record Figure(string Name, Fraction? Value, string Unit, string? NoValue, Derivation Derivation)
{
    /// <summary>A quotient, in percent where the unit is <c>%</c>. Where the divisor is 0 there is no value, for the given
    /// reason.</summary>
    public static Figure Quotient(string name, Fraction dividend, Fraction divisor, string unit, string ifZero, Derivation derivation)
    {
        if (divisor.IsZero)
        {
            return new(name, null, unit, ifZero, derivation);
        }

        Fraction scale = unit == "%" ? new Fraction(100) : Fraction.One;
        return new(name, dividend / divisor * scale, unit, null, derivation);
    }

    /// <summary>A figure that cannot be stated.</summary>
    public static Figure None(string name, string unit, string reason, Derivation derivation) => new(name, null, unit, reason, derivation);
}

/// <summary>
/// A line of an account: what one source emitted, in whole micrograms. It is what becomes a leaf; totals are sums of lines.
/// </summary>
/// <param name="Account">For example <c>scope1</c> or <c>scope2-market</c>.</param>
/// <param name="Name">The source's name.</param>
/// <param name="Gas"><c>CO2</c> or <c>CO2e</c>.</param>
/// <param name="Micrograms">The amount of the gas.</param>
/// <param name="Derivation">How it came about.</param>
public sealed record EmissionLine(string Account, string Name, string Gas, long Micrograms, Derivation Derivation)
{
    /// <summary>Rounds an amount of CO₂ or CO₂ equivalent to a line.</summary>
    /// <exception cref="CarbonException">It is an amount of something else, or does not fit 64 bits.</exception>
    public static EmissionLine Of(string account, string name, Quantity amount, Derivation derivation) =>
        amount.Unit.Dimension switch
        {
            Dimension.CarbonDioxide => new(account, name, "CO2", Round(amount, Unit.KilogramCarbonDioxide), Rounded(derivation)),
            Dimension.CarbonDioxideEquivalent => new(
                account,
                name,
                "CO2e",
                Round(amount, Unit.KilogramCarbonDioxideEquivalent),
                Rounded(derivation)
            ),
            _ => throw new CarbonException(
                $"{name} gives {amount.Unit}, which is neither CO2 nor CO2e. Is its factor one of something else?"
            ),
        };

    private static long Round(Quantity amount, Unit kilogram) => Exact.Micrograms(amount.In(kilogram).Value);

    private static Derivation Rounded(Derivation derivation) => derivation with { Rounding = Derivation.ToMicrograms };
}

/// <summary>The total of an account's lines of one gas.</summary>
/// <param name="Account">The account.</param>
/// <param name="Gas"><c>CO2</c> or <c>CO2e</c>: never added to each other.</param>
/// <param name="Micrograms">The sum; null where it is blocked.</param>
/// <param name="Blocked">Why there is no total.</param>
public sealed record AccountTotal(string Account, string Gas, BigInteger? Micrograms, string? Blocked)
{
    /// <summary>Adds lines up, each account and gas by itself, in the order in which they come first.</summary>
    public static IReadOnlyList<AccountTotal> Of(IEnumerable<EmissionLine> lines) =>
        [
            .. lines
                .GroupBy(l => (l.Account, l.Gas))
                .Select(g => new AccountTotal(
                    g.Key.Account,
                    g.Key.Gas,
                    g.Aggregate(BigInteger.Zero, (sum, line) => sum + line.Micrograms),
                    null
                )),
        ];
}
