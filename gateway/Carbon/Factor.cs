using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace EdgeGateway.Carbon;

/// <summary>Says which emission factor is meant.</summary>
/// <param name="Region">For example <c>CN-grid-east</c> or <c>CN-JS</c>.</param>
/// <param name="Year">The year whose data the factor describes, which is earlier than the year it is used in.</param>
/// <param name="Kind">What the average is taken over: <c>average</c>, <c>excluding-traded-non-fossil</c> or <c>fossil-only</c>.</param>
/// <param name="Purpose">What the factor may be used for, for example <c>organisation</c>: an organisation's own inventory.</param>
public sealed record FactorKey(string Region, int Year, string Kind, string Purpose)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Region}/{Year}/{Kind}/{Purpose}";
}

/// <summary>What a kilowatt-hour from the grid emitted, and who says so.</summary>
public sealed partial record Factor
{
    /// <summary>The only unit of the sets that ship.</summary>
    public const string KilogramsPerKilowattHour = "kgCO2/kWh";

    /// <summary>Makes a factor.</summary>
    /// <param name="key">Which factor it is.</param>
    /// <param name="value">Kilograms of CO₂ a kilowatt-hour as published, for example <c>0.5500</c>: up to 4 digits before the point and 9 after it.</param>
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

    /// <summary>Kilograms of CO₂ a kilowatt-hour, with its published digits: 0.5500 is not 0.55.</summary>
    public string Value { get; }

    /// <summary>The region's English name.</summary>
    public required string Name { get; init; }

    /// <summary>Who published it, where and when.</summary>
    public required string Source { get; init; }

    /// <summary>How well the transcription is confirmed: C by two independent ones, S by one.</summary>
    public required string Confidence { get; init; }

    /// <summary>The value without its point. The factor is <see cref="Digits"/> over <see cref="Scale"/>.</summary>
    internal BigInteger Digits { get; }

    internal BigInteger Scale { get; }

    internal static bool IsValue(string text) => Published().IsMatch(text);

    [GeneratedRegex(@"^(0|[1-9][0-9]{0,3})(\.[0-9]{1,9})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Published();
}
