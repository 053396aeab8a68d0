using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace EdgeGateway.Carbon;

/// <summary>Says which factor is meant.</summary>
/// <param name="Region">For example <c>CN-grid-east</c> or <c>CN-JS</c>.</param>
/// <param name="Year">The year whose data the factor describes, which is earlier than the year it is used in. Null where the publication
/// does not state one.</param>
/// <param name="Kind">
/// Of electricity what the average is taken over: <c>average</c>, <c>excluding-traded-non-fossil</c>, <c>fossil-only</c>, <c>footprint</c>
/// or <c>residual</c>. Of a fuel <c>ncv</c>, <c>carbon-content</c> or <c>oxidation</c>. Of a gas <c>gwp100</c>. Of what is counted in
/// standard coal <c>coal-equivalent</c>.
/// </param>
/// <param name="Purpose">What the factor may be used for: <c>organisation</c> (an organisation's own inventory), <c>product</c>, or
/// <c>any</c>.</param>
public sealed record FactorKey(string Region, int? Year, string Kind, string Purpose)
{
    /// <summary>
    /// What the factor is one of: <c>electricity</c>, <c>heat</c>, a fuel as in <c>natural-gas</c>, a gas as in <c>N2O</c>.
    /// </summary>
    public string Of { get; init; } = "electricity";

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Region}/{Year?.ToString(CultureInfo.InvariantCulture) ?? "undated"}/{(Of == "electricity" ? "" : Of + ".")}{Kind}/{Purpose}";
}

/// <summary>
/// A published number that turns one amount into another, for example what a kilowatt-hour from the grid emitted, and who says so.
/// </summary>
public sealed partial record Factor
{
    /// <summary>The unit of what electricity emitted.</summary>
    public const string KilogramsPerKilowattHour = "kgCO2/kWh";

    /// <summary>Makes a factor.</summary>
    /// <param name="key">Which factor it is.</param>
    /// <param name="value">As published, for example <c>0.5500</c>: up to 5 digits before the point and 9 after it.</param>
    /// <exception cref="FormatException">The value is not such a number.</exception>
    public Factor(FactorKey key, string value)
    {
        if (!IsValue(value))
        {
            throw new FormatException($"'{value}' is not an emission factor. Write kilograms a kilowatt-hour as digits, as in 0.5500.");
        }

        (Key, Value) = (key, value);
        int point = value.IndexOf('.', StringComparison.Ordinal);
        int decimals = point < 0 ? 0 : value.Length - point - 1;
        Digits = BigInteger.Parse(value.Replace(".", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture);
        Scale = BigInteger.Pow(10, decimals);
    }

    /// <summary>Which factor it is.</summary>
    public FactorKey Key { get; }

    /// <summary>With its published digits: 0.5500 is not 0.55.</summary>
    public string Value { get; }

    /// <summary>For example <c>kgCO2/kWh</c>, <c>GJ(NCV)/t</c>, or <c>1</c> of a coefficient.</summary>
    public string Unit { get; init; } = KilogramsPerKilowattHour;

    /// <summary>The English name of the region, fuel or gas.</summary>
    public required string Name { get; init; }

    /// <summary>Who published it, where and when.</summary>
    public required string Source { get; init; }

    /// <summary>How well the transcription is confirmed: C by two independent ones, S by one.</summary>
    public required string Confidence { get; init; }

    /// <summary>Percent at 95 % confidence. Null: not published.</summary>
    public string? Uncertainty { get; init; }

    /// <summary><c>process-gas</c> where the usual range of fuels does not hold. Null: nothing special.</summary>
    public string? Mark { get; init; }

    /// <summary>The exact value with its unit.</summary>
    public Rate Rate => Rate.ParseUnit(new Fractions.Fraction(Digits, Scale), Unit);

    /// <summary>The value without its point. The factor is <see cref="Digits"/> over <see cref="Scale"/>.</summary>
    internal BigInteger Digits { get; }

    internal BigInteger Scale { get; }

    internal static bool IsValue(string text) => Published().IsMatch(text);

    [GeneratedRegex(@"^(0|[1-9][0-9]{0,4})(\.[0-9]{1,9})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Published();
}
