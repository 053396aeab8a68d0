using System.Globalization;
using CsCheck;
using EdgeGateway.Carbon.Accounts;

namespace EdgeGateway.Carbon.Tests.Accounts;

public class HeatTests
{
    // IAPWS-IF97 at nodes of the table: saturated, and superheated as steam tables print them.
    [Theory]
    [InlineData("0.1 MPa", null, "2674.95")]
    [InlineData("1 MPa", null, "2777.12")]
    [InlineData("10 MPa", null, "2725.47")]
    [InlineData("1 MPa", "200 °C", "2828.27")]
    [InlineData("1 MPa", "300 °C", "3051.70")]
    [InlineData("10 MPa", "600 °C", "3625.84")]
    [InlineData("0.1 MPa", "100 °C", "2675.77")]
    public void Nodes_are_those_of_IF97(string pressure, string? celsius, string enthalpy) =>
        Assert.Equal(enthalpy, Exact.Display(Enthalpy(pressure, celsius), 2));

    [Fact]
    public void Between_nodes_IF97_itself_is_met_to_a_tenth_of_a_percent()
    {
        string folder = Path.Combine(Repository.Root, "gateway", "Carbon", "steam");
        var random = new Random(20260701);
        List<(double Megapascal, double Superheat)> cases =
        [
            .. Enumerable
                .Range(0, 500)
                .Select(_ => (Math.Pow(10, (random.NextDouble() * 3) - 2), random.Next(3) == 0 ? 0 : 10 + (random.NextDouble() * 200))),
        ];
        string[] python = Foreign.Python(
            $"import sys; sys.dont_write_bytecode = True; sys.path.insert(0, '{folder}')\nfrom if97 import *\nfor line in "
                + "sys.stdin:\n    p, s = map(float, line.split()); t = boiling(p) + s; print(t - 273.15, enthalpy(p, t))",
            string.Join('\n', cases.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Megapascal:F9} {c.Superheat:F9}"))) + "\n"
        );
        Assert.Equal(cases.Count, python.Length);
        foreach (((double megapascal, double superheat), string[] expected) in cases.Zip(python.Select(l => l.Split(' '))))
        {
            string pressure = string.Create(CultureInfo.InvariantCulture, $"{megapascal:F9} MPa");
            string? celsius =
                superheat == 0
                    ? null
                    : string.Create(CultureInfo.InvariantCulture, $"{double.Parse(expected[0], CultureInfo.InvariantCulture):F6} °C");
            double ours = Enthalpy(pressure, celsius).ToDouble(),
                theirs = double.Parse(expected[1], CultureInfo.InvariantCulture);
            Assert.True(Math.Abs((ours / theirs) - 1) < 0.001, $"{pressure} {celsius}: {ours}, IF97 has {theirs}");
        }
    }

    [Fact]
    public void Nodes_stand_in_the_derivation()
    {
        (_, Derivation derivation) = Steam.Superheated(Absolute("0.9 MPa"), Temperature.Parse("215 °C"));
        Assert.Equal(
            [
                "0.85 MPa, 210 °C: 2860.02 kJ/kg",
                "0.85 MPa, 220 °C: 2882.65 kJ/kg",
                "0.9 MPa, 210 °C: 2857.45 kJ/kg",
                "0.9 MPa, 220 °C: 2880.31 kJ/kg",
            ],
            derivation.Inputs.Where(i => i.Name == "node").Select(i => i.Value)
        );
    }

    [Theory]
    [InlineData("0.005 MPa", null, "0.005 MPa absolute is outside the table of steam, which has 0.01 to 10 MPa absolute.")]
    [InlineData("10.1 MPa", null, "10.1 MPa absolute is outside the table of steam, which has 0.01 to 10 MPa absolute.")]
    [InlineData(
        "1 MPa",
        "170 °C",
        "At 1 MPa absolute steam has 179.9 °C or more, not 170 °C. Is the pressure absolute or gauge? Saturated "
            + "steam is state saturated."
    )]
    [InlineData("1 MPa", "601 °C", "601 °C is outside the table of steam, which ends at 600 °C.")]
    [InlineData(
        "0.97 MPa",
        "179 °C",
        "At 0.97 MPa absolute and 179 °C steam is too close to saturation for the table, which has no "
            + "superheated node below 179.89 °C at 1 MPa. Write state saturated, or use the heat meter."
    )]
    public void What_is_no_steam_of_the_table_is_refused(string pressure, string? celsius, string says) =>
        Assert.Equal(says, Assert.Throws<CarbonException>(() => Enthalpy(pressure, celsius)).Message);

    [Fact]
    public void Gauge_pressure_counts_from_the_air_around() =>
        Assert.Equal(
            Steam.Saturated(Absolute("0.4 MPa")).Enthalpy,
            Steam.Saturated(new DeclaredPressure(Quantity.Parse("0.3 MPa"), Quantity.Parse("100 kPa"))).Enthalpy
        );

    [Fact]
    public void The_two_conventions_differ_by_water_at_20_degrees()
    {
        Activity steam = Some.Activity("1000 t");
        SteamEnthalpy enthalpy = Steam.Saturated(Absolute("1 MPa"));
        Derived full = Heat.OfSteam(steam, enthalpy, EnthalpyConvention.Full),
            less = Heat.OfSteam(steam, enthalpy, EnthalpyConvention.LessWaterAt20);
        Assert.Equal("2777.12 GJ", full.Value.ToString());
        Assert.Equal("2693.38 GJ", less.Value.ToString());
        Assert.NotEqual(full.Derivation.Source, less.Derivation.Source);
    }

    [Fact]
    public void Hot_water_counts_from_20_degrees()
    {
        Assert.Equal("251.208 GJ", Heat.OfHotWater(Some.Activity("1000 t"), Temperature.Parse("80 °C")).Value.ToString()); // 60 K × 4.1868
        Assert.Equal("0 GJ", Heat.OfHotWater(Some.Activity("1000 t"), Temperature.Parse("20 °C")).Value.ToString());
        Assert.Throws<CarbonException>(() => Heat.OfHotWater(Some.Activity("1 t"), Temperature.Parse("19 °C")));
        Assert.Throws<CarbonException>(() => Heat.OfHotWater(Some.Activity("1 m3"), Temperature.Parse("80 °C")));
    }

    [Fact]
    public void A_gigajoule_by_meter_is_110_kilograms() =>
        Assert.Equal(110_000_000_000, Heat.Purchased(Some.Activity("1 GJ"), Some.Shipped("CN", "heat", "average")).Micrograms);

    [Fact]
    public void More_pressure_or_heat_is_monotone_where_steam_is() =>
        Gen.Select(Gen.Int[10_000, 299_000], Gen.Int[1, 1000])
            .Sample(
                (pascal, more) =>
                    Assert.True(
                        Steam.Saturated(Absolute($"{pascal} Pa")).Enthalpy.Value
                            < Steam.Saturated(Absolute($"{pascal + more} Pa")).Enthalpy.Value
                    )
            );

    private static Fractions.Fraction Enthalpy(string pressure, string? celsius) =>
        (celsius is null ? Steam.Saturated(Absolute(pressure)) : Steam.Superheated(Absolute(pressure), Temperature.Parse(celsius)))
            .Enthalpy
            .Value;

    private static DeclaredPressure Absolute(string pressure) => new(Quantity.Parse(pressure), null);
}
