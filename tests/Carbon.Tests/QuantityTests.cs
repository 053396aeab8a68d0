using System.Numerics;
using CsCheck;
using Fractions;

namespace EdgeGateway.Carbon.Tests;

public class QuantityTests
{
    private static readonly Gen<Fraction> Values = Gen.Select(Gen.Long, Gen.Int[1, 1_000_000]).Select((n, d) => new Fraction(n, d));

    private static readonly string[] EnergyUnits = ["Wh", "kWh", "MWh", "GWh", "kJ", "MJ", "GJ", "TJ"];

    private static readonly Gen<string> EnergyUnit = Gen.Int[0, EnergyUnits.Length - 1].Select(i => EnergyUnits[i]);

    [Theory]
    [InlineData("1 kWh", "1000 Wh")]
    [InlineData("1 kWh", "3.6 MJ")]
    [InlineData("1 GWh", "3600 GJ")]
    [InlineData("0.001 GJ", "1e3 kJ")]
    [InlineData("2.5 t", "2500000 g")]
    [InlineData("1 m3", "1000 l")]
    [InlineData("1 1e4Nm3", "10000 Nm3")]
    [InlineData("1 tCO2", "1000 kgCO2")]
    [InlineData("1 tce", "1000 kgce")]
    [InlineData("1 MPa", "10 bar")]
    [InlineData("50 %", "0.5 1")]
    [InlineData("1 GJ(NCV)", "1e-3 TJ(NCV)")]
    public void Units_of_a_dimension_convert_exactly(string one, string other)
    {
        Assert.Equal(Quantity.Parse(one), Quantity.Parse(other));
        Assert.Equal(Quantity.Parse(one).GetHashCode(), Quantity.Parse(other).GetHashCode());
        Assert.Equal(0, Quantity.Parse(one).CompareTo(Quantity.Parse(other)));
    }

    [Theory]
    [InlineData("1 kWh", "1 m3", "m3 is not kWh: one is a meter's volume, the other energy.")]
    [InlineData(
        "1 kgCO2",
        "1 kgCO2e",
        "kgCO2e is not kgCO2: CO2 is one gas, CO2e is all gases by a set of warming potentials. Keep them in two " + "accounts."
    )]
    [InlineData(
        "1 GJ(NCV)",
        "1 GJ(GCV)",
        "GJ(GCV) is not GJ(NCV): net and gross calorific value differ by a tenth for gas. Give the fuel's ratio " + "of the two."
    )]
    [InlineData(
        "1 Nm3",
        "1 m3",
        "m3 is not Nm3: a meter's volume becomes one at base conditions by its pressure and temperature. Give both."
    )]
    [InlineData("1 Nm3", "1 Sm3", "Sm3 is not Nm3: the bases are 0 °C and 20 °C, 6.8 % apart. Convert from one base to the other by name.")]
    [InlineData("1 kWh", "1 kWh(NCV)", "kWh(NCV) is not kWh: energy in a fuel is net (NCV) or gross (GCV). Write which, as in GJ(NCV).")]
    [InlineData("1 kg", "1 kgce", "kgce is not kg: standard coal is a convention (GB/T 2589). Give the coefficient.")]
    [InlineData("1 {pack}", "1 {cell}", "{cell} is not {pack}: they are pieces of different products.")]
    [InlineData("1 kg", "1 kgC", "kgC is not kg: one is mass of carbon, the other mass.")]
    public void Dimensions_are_neither_added_nor_compared(string one, string other, string why)
    {
        (Quantity left, Quantity right) = (Quantity.Parse(one), Quantity.Parse(other));
        Assert.Equal(why, Assert.Throws<CarbonException>(() => left + right).Message);
        Assert.Throws<CarbonException>(() => left - right);
        Assert.Throws<CarbonException>(() => left.CompareTo(right));
        Assert.Throws<CarbonException>(() => right.In(left.Unit));
        Assert.NotEqual(left, right);
    }

    [Theory]
    [InlineData("kWh", "'kWh' is not a quantity")]
    [InlineData("1kWh", "'1kWh' is not a quantity")]
    [InlineData("1,5 kWh", "'1,5' is not a number")]
    [InlineData("1e31 kWh", "'1e31' is not a number")]
    [InlineData("1e999999999999 kWh", "is not a number")]
    [InlineData("NaN kWh", "is not a number")]
    [InlineData("٣ kWh", "is not a number")]
    [InlineData("1 kwh", "'kwh' is not a unit. Did you mean kWh?")]
    [InlineData("1 m³", "Did you mean m3?")]
    [InlineData("1 furlong", "'furlong' is not a unit. There are 1, %, Wh")]
    [InlineData("1 {}", "'{}' is not a unit")]
    [InlineData("1  kWh", "' kWh' is not a unit. Did you mean kWh?")]
    public void What_is_no_quantity_is_refused(string text, string says) =>
        Assert.Contains(says, Assert.Throws<CarbonException>(() => Quantity.Parse(text)).Message);

    [Fact]
    public void A_number_has_at_most_40_digits()
    {
        Assert.Equal(BigInteger.Parse(new string('9', 40)), Exact.Parse(new string('9', 40)).Numerator);
        Assert.Throws<CarbonException>(() => Exact.Parse(new string('9', 41)));
        Assert.Throws<CarbonException>(() => Exact.Parse("0." + new string('9', 40)));
    }

    [Fact]
    public void A_division_by_zero_never_becomes_an_amount() =>
        Assert.Throws<CarbonException>(() => new Quantity(Fraction.One / Fraction.Zero, Unit.KilowattHour));

    [Fact]
    public void Converting_there_and_back_changes_nothing() =>
        Gen.Select(Values, EnergyUnit, EnergyUnit)
            .Sample(
                (value, from, to) =>
                {
                    var quantity = new Quantity(value, Unit.Parse(from));
                    Assert.Equal(value, quantity.In(Unit.Parse(to)).In(quantity.Unit).Value);
                }
            );

    [Fact]
    public void What_is_written_out_is_read_as_the_same() =>
        Gen.Select(Gen.Long, Gen.Int[0, 30])
            .Sample(
                (mantissa, decimals) =>
                {
                    var value = new Fraction(mantissa, BigInteger.Pow(10, decimals));
                    Assert.Equal(value, Exact.Parse(Exact.Text(value)));
                }
            );

    [Theory]
    [InlineData("0.5", 0, "0")]
    [InlineData("1.5", 0, "2")]
    [InlineData("2.5", 0, "2")]
    [InlineData("-0.5", 0, "0")]
    [InlineData("-1.5", 0, "-2")]
    [InlineData("-0.001", 2, "0.00")]
    [InlineData("0.125", 2, "0.12")]
    [InlineData("-0.125", 2, "-0.12")]
    [InlineData("0.375", 2, "0.38")]
    public void Ties_go_to_the_even_digit(string value, int decimals, string shown) =>
        Assert.Equal(shown, Exact.Display(Exact.Parse(value), decimals));

    [Fact]
    public void A_root_is_right_to_the_last_digit() =>
        Gen.Select(Gen.Long[0, long.MaxValue], Gen.Int[1, 1000])
            .Sample(
                (n, d) =>
                {
                    var square = new Fraction(n, d);
                    Fraction root = Rounding.RootHalfEven(square, 6),
                        half = new(1, 2_000_000);
                    Assert.True((root + half) * (root + half) >= square);
                    Assert.True(root < half || (root - half) * (root - half) <= square);
                }
            );

    [Theory]
    [InlineData("1000 m3", "101.325 kPa", null, "20 °C", null, "Nm3", "931.775541531639")] // 273.15/293.15
    [InlineData("1000 m3", "101.325 kPa", null, "20 °C", null, "Sm3", "1000.000000000000")]
    [InlineData("1000 m3", "101.325 kPa", "101.325 kPa", "0 °C", null, "Nm3", "2000.000000000000")]
    [InlineData("1000 m3", "202.65 kPa", null, "273.15 K", "0.5", "Nm3", "4000.000000000000")]
    public void A_meter_volume_becomes_one_at_a_base(
        string volume,
        string pressure,
        string? ambient,
        string temperature,
        string? z,
        string toBase,
        string expected
    )
    {
        Derived derived = GasVolume.ToBase(
            Quantity.Parse(volume),
            new DeclaredPressure(Quantity.Parse(pressure), ambient is null ? null : Quantity.Parse(ambient)),
            Temperature.Parse(temperature),
            z is null ? null : Exact.Parse(z),
            Unit.Parse(toBase)
        );
        Assert.Equal(expected, Exact.Display(derived.Value.Value, 12));
        Assert.Equal(toBase, derived.Value.Unit.Symbol);
        Assert.Equal(z is null, derived.Derivation.Notes.Any(n => n.Contains("ideal")));
    }

    [Fact]
    public void The_two_bases_convert_by_name_and_back()
    {
        Derived standard = GasVolume.Rebase(Quantity.Parse("1 1e4Nm3"), Unit.Parse("Sm3"));
        Assert.Equal("10732.198425773", Exact.Display(standard.Value.Value, 9)); // 293.15/273.15
        Assert.Equal(Quantity.Parse("10000 Nm3"), GasVolume.Rebase(standard.Value, Unit.Parse("1e4Nm3")).Value);
        Assert.Throws<CarbonException>(() => GasVolume.Rebase(Quantity.Parse("1 m3"), Unit.Parse("Nm3")));
    }

    [Theory]
    [InlineData(
        "-101.325 kPa",
        "100 kPa",
        "20 °C",
        null,
        "-101.325 kPa gauge + 100 kPa ambient is not above vacuum. Is it a gauge pressure? Then give the ambient " + "pressure."
    )]
    [InlineData("0.1 kPa", "10 kPa", "20 °C", null, "An ambient pressure of 10 kPa does not occur where people work. Write 50 to 110 kPa.")]
    [InlineData("1 kWh", null, "20 °C", null, "kWh is not kPa: one is energy, the other pressure.")]
    [InlineData("100 kPa", null, "-273.15 °C", null, "-273.15 °C is not between 0 K and 2000 K.")]
    [InlineData("100 kPa", null, "20 C", null, "'20 C' is not a temperature. Write 18.5 °C or 291.65 K.")]
    [InlineData("100 kPa", null, "20 °C", "0", "A compressibility of 0 is none of a gas in a meter. Write 0.2 to 2.")]
    public void What_no_meter_can_have_is_refused(string pressure, string? ambient, string temperature, string? z, string says) =>
        Assert.Equal(
            says,
            Assert
                .Throws<CarbonException>(() =>
                    GasVolume.ToBase(
                        Quantity.Parse("1 m3"),
                        new DeclaredPressure(Quantity.Parse(pressure), ambient is null ? null : Quantity.Parse(ambient)),
                        Temperature.Parse(temperature),
                        z is null ? null : Exact.Parse(z),
                        Unit.Parse("Nm3")
                    )
                )
                .Message
        );
}
