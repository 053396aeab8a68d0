using System.Text.RegularExpressions;
using Fractions;

namespace EdgeGateway.Carbon;

/// <summary>What a unit measures. Only units of one dimension convert into each other.</summary>
public enum Dimension
{
    /// <summary>A share or a coefficient; its unit is 1.</summary>
    One,

    /// <summary>Electricity and heat.</summary>
    Energy,

    /// <summary>Energy in a fuel by its net calorific value (NCV): the water of combustion stays vapour.</summary>
    NetHeat,

    /// <summary>Energy in a fuel by its gross calorific value (GCV): the water of combustion condenses.</summary>
    GrossHeat,

    /// <summary>Mass of a fuel, steam or a product.</summary>
    Mass,

    /// <summary>Mass of the carbon in a fuel.</summary>
    Carbon,

    /// <summary>Volume as a meter sees it, at the pressure and temperature there are.</summary>
    Volume,

    /// <summary>Volume of a gas at 0 °C and 101.325 kPa.</summary>
    NormalVolume,

    /// <summary>Volume of a gas at 20 °C and 101.325 kPa.</summary>
    StandardVolume,

    /// <summary>Mass of CO₂.</summary>
    CarbonDioxide,

    /// <summary>Mass of CO₂ equivalent, by a named set of global warming potentials or a footprint.</summary>
    CarbonDioxideEquivalent,

    /// <summary>Mass of CH₄.</summary>
    Methane,

    /// <summary>Mass of N₂O.</summary>
    NitrousOxide,

    /// <summary>Mass of standard coal. A dimension of its own: what a kilowatt-hour is worth in it is a convention (GB/T 2589).</summary>
    CoalEquivalent,

    /// <summary>Pressure, whether absolute or gauge is declared apart.</summary>
    Pressure,

    /// <summary>Pieces of a product.</summary>
    Product,
}

/// <summary>A unit of measurement. Equal when the symbol is.</summary>
public sealed partial record Unit
{
    private static readonly Dictionary<string, Unit> All = Table().ToDictionary(u => u.Symbol, StringComparer.Ordinal);

    private Unit(string symbol, Dimension dimension, Fraction scale)
    {
        Symbol = symbol;
        Dimension = dimension;
        Scale = scale;
    }

    /// <summary>As it is written, for example <c>kWh</c>, <c>1e4Nm3</c>, <c>GJ(NCV)</c> or <c>{battery pack}</c>.</summary>
    public string Symbol { get; }

    /// <summary>What it measures.</summary>
    public Dimension Dimension { get; }

    /// <summary>How many of the dimension's base unit it is: J, kg, m³, Pa, kgce, pieces, 1.</summary>
    internal Fraction Scale { get; }

    /// <summary>The unit of shares and coefficients.</summary>
    public static Unit One => All["1"];

    /// <summary>Kilowatt-hour of electricity or heat.</summary>
    public static Unit KilowattHour => All["kWh"];

    /// <summary>Gigajoule of electricity or heat.</summary>
    public static Unit Gigajoule => All["GJ"];

    /// <summary>Kilogram of CO₂.</summary>
    public static Unit KilogramCarbonDioxide => All["kgCO2"];

    /// <summary>Kilogram of CO₂ equivalent.</summary>
    public static Unit KilogramCarbonDioxideEquivalent => All["kgCO2e"];

    /// <summary>
    /// Finds a unit by its symbol. Products have units in braces, as UCUM writes annotations: <c>{battery pack}</c>; <c>pieces</c> has no
    /// name.
    /// </summary>
    /// <exception cref="CarbonException">There is no such unit.</exception>
    public static Unit Parse(string symbol)
    {
        if (All.TryGetValue(symbol, out Unit? unit))
        {
            return unit;
        }

        if (Named().IsMatch(symbol))
        {
            return new Unit(symbol, Dimension.Product, Fraction.One);
        }

        string? near = All.Keys.FirstOrDefault(k => k.Equals(Ascii(symbol), StringComparison.OrdinalIgnoreCase));
        string hint = near is null
            ? $"There are {string.Join(", ", All.Keys)}, and {{name}} for pieces of a product."
            : $"Did you mean {near}?";
        throw new CarbonException($"'{Exact.Shown(symbol)}' is not a unit. {hint}");
    }

    /// <summary>Whether amounts in the two units can be added and compared.</summary>
    public bool ConvertsTo(Unit other) => Dimension == other.Dimension && (Dimension != Dimension.Product || Symbol == other.Symbol);

    /// <summary>How many of <paramref name="other"/> one of this is.</summary>
    /// <exception cref="CarbonException">The dimensions differ; the message says what stands between them.</exception>
    public Fraction In(Unit other) =>
        ConvertsTo(other) ? Scale / other.Scale : throw new CarbonException($"{Symbol} is not {other.Symbol}: {Why(other)}");

    /// <inheritdoc/>
    public bool Equals(Unit? other) => other is not null && Symbol == other.Symbol;

    /// <inheritdoc/>
    public override int GetHashCode() => Symbol.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Symbol;

    private string Why(Unit other)
    {
        HashSet<Dimension> both = [Dimension, other.Dimension];
        return both switch
        {
            _ when both.SetEquals([Dimension.CarbonDioxide, Dimension.CarbonDioxideEquivalent]) =>
                "CO2 is one gas, CO2e is all gases by a set of warming potentials. Keep them in two accounts.",
            _ when both.SetEquals([Dimension.NetHeat, Dimension.GrossHeat]) =>
                "net and gross calorific value differ by a tenth for gas. Give the fuel's ratio of the two.",
            _ when both.Contains(Dimension.Volume) && (both.Contains(Dimension.NormalVolume) || both.Contains(Dimension.StandardVolume)) =>
                "a meter's volume becomes one at base conditions by its pressure and temperature. Give both.",
            _ when both.SetEquals([Dimension.NormalVolume, Dimension.StandardVolume]) =>
                "the bases are 0 °C and 20 °C, 6.8 % apart. Convert from one base to the other by name.",
            _ when both.Contains(Dimension.Energy) && (both.Contains(Dimension.NetHeat) || both.Contains(Dimension.GrossHeat)) =>
                "energy in a fuel is net (NCV) or gross (GCV). Write which, as in GJ(NCV).",
            _ when both.Contains(Dimension.CoalEquivalent) => "standard coal is a convention (GB/T 2589). Give the coefficient.",
            _ when Dimension == Dimension.Product && other.Dimension == Dimension.Product => "they are pieces of different products.",
            _ => $"one is {Words(Dimension)}, the other {Words(other.Dimension)}.",
        };
    }

    private static string Words(Dimension dimension) =>
        dimension switch
        {
            Dimension.One => "a number",
            Dimension.Energy => "energy",
            Dimension.NetHeat => "energy in a fuel, net",
            Dimension.GrossHeat => "energy in a fuel, gross",
            Dimension.Mass => "mass",
            Dimension.Carbon => "mass of carbon",
            Dimension.Volume => "a meter's volume",
            Dimension.NormalVolume => "volume at 0 °C",
            Dimension.StandardVolume => "volume at 20 °C",
            Dimension.CarbonDioxide => "mass of CO2",
            Dimension.CarbonDioxideEquivalent => "mass of CO2e",
            Dimension.Methane => "mass of CH4",
            Dimension.NitrousOxide => "mass of N2O",
            Dimension.CoalEquivalent => "coal equivalent",
            Dimension.Pressure => "pressure",
            _ => "pieces of a product",
        };

    private static string Ascii(string symbol) => symbol.Replace('³', '3').Replace('₂', '2').Replace(" ", "", StringComparison.Ordinal);

    private static IEnumerable<Unit> Table() =>
        [
            new("1", Dimension.One, Fraction.One),
            new("%", Dimension.One, new Fraction(1, 100)),
            .. Energies("", Dimension.Energy),
            .. Energies("(NCV)", Dimension.NetHeat),
            .. Energies("(GCV)", Dimension.GrossHeat),
            .. Masses("", Dimension.Mass),
            .. Masses("C", Dimension.Carbon),
            .. Masses("CO2", Dimension.CarbonDioxide),
            .. Masses("CO2e", Dimension.CarbonDioxideEquivalent),
            .. Masses("CH4", Dimension.Methane),
            .. Masses("N2O", Dimension.NitrousOxide),
            .. Masses("ce", Dimension.CoalEquivalent),
            new("l", Dimension.Volume, new Fraction(1, 1000)),
            new("m3", Dimension.Volume, Fraction.One),
            new("Nm3", Dimension.NormalVolume, Fraction.One),
            new("1e4Nm3", Dimension.NormalVolume, new Fraction(10_000)),
            new("Sm3", Dimension.StandardVolume, Fraction.One),
            new("1e4Sm3", Dimension.StandardVolume, new Fraction(10_000)),
            new("Pa", Dimension.Pressure, Fraction.One),
            new("kPa", Dimension.Pressure, new Fraction(1000)),
            new("bar", Dimension.Pressure, new Fraction(100_000)),
            new("MPa", Dimension.Pressure, new Fraction(1_000_000)),
            new("pieces", Dimension.Product, Fraction.One),
        ];

    private static IEnumerable<Unit> Energies(string suffix, Dimension dimension) =>
        [
            new("Wh" + suffix, dimension, new Fraction(3_600)),
            new("kWh" + suffix, dimension, new Fraction(3_600_000)),
            new("MWh" + suffix, dimension, new Fraction(3_600_000_000)),
            new("GWh" + suffix, dimension, new Fraction(3_600_000_000_000)),
            new("kJ" + suffix, dimension, new Fraction(1_000)),
            new("MJ" + suffix, dimension, new Fraction(1_000_000)),
            new("GJ" + suffix, dimension, new Fraction(1_000_000_000)),
            new("TJ" + suffix, dimension, new Fraction(1_000_000_000_000)),
        ];

    private static IEnumerable<Unit> Masses(string suffix, Dimension dimension) =>
        [
            new("g" + suffix, dimension, new Fraction(1, 1000)),
            new("kg" + suffix, dimension, Fraction.One),
            new("t" + suffix, dimension, new Fraction(1000)),
        ];

    // Letters of any language: a site names its products in its own.
    [GeneratedRegex(@"^\{[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}\}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Named();
}
