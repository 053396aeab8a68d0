using System.Globalization;

namespace EdgeGateway.Carbon.Tests;

/// <summary>Methods as leaves state them: what was made and what is read back compute the same, and what Python's fractions do.</summary>
public class RecordedMethodTests
{
    private const string Script = """
        import json, sys
        from fractions import Fraction as F
        for line in sys.stdin:
            c = json.loads(line)
            a = F(c["amount"])
            if "density" in c:
                a = a * F(c["density"]) / 1000
            elif "pressure" in c:
                a = a * (F(c["pressure"]) + F(c["ambient"])) / F("101.325") * F(c["base"]) / (F(c["celsius"]) + F("273.15")) / 10000
            else:
                a = a / 10000
            print(round(a * F(c["ncv"]) * F(c["cc"]) * F(c["of"]) * F(44, 12) * 1000 * 10**9))
        """;

    [Fact]
    public void What_a_leaf_states_is_computed_again_to_the_digit_and_as_Python_does()
    {
        Random random = new(11);
        List<(string Json, RecordedMethod Method, Quantity Amount)> cases = [.. Enumerable.Range(0, 3000).Select(i => Case(random, i % 3))];
        string[] expected = Foreign.Python(Script, string.Join('\n', cases.Select(c => c.Json)) + "\n");
        Assert.Equal(cases.Count, expected.Length);
        foreach (((string json, RecordedMethod method, Quantity amount), string python) in cases.Zip(expected))
        {
            long made = method.Micrograms(amount),
                read = RecordedMethod.Read(method.Name, [("subject", "x"), .. method.Texts, ("set", "s/1")]).Micrograms(amount);
            Assert.True(
                python == made.ToString(CultureInfo.InvariantCulture) && made == read,
                $"{json}: made {made}, read {read}, Python {python}"
            );
        }
    }

    [Fact]
    public void Natural_gas_of_GBT_32151_34_gives_2162_g_a_normal_cubic_metre()
    {
        // 389.31 GJ/10⁴ Nm³ × 0.0153 tC/GJ × 0.99 × 44/12
        Assert.Equal(2_162_188_809, Gas(new FuelConditions("Nm3")).Micrograms(Quantity.Parse("1 m3")));
        Assert.Equal(2_162_188_809_000, Gas(new FuelConditions("Nm3")).Micrograms(Quantity.Parse("1000 m3")));
    }

    [Fact]
    public void A_litre_by_its_density_is_the_same_as_its_mass()
    {
        RecordedMethod diesel = Fuel("diesel", "cn-fuels-ndrc", new FuelConditions(Density: Some.Given("0.84 kg/l")));
        Assert.Equal(diesel.Micrograms(Quantity.Parse("0.84 t")), diesel.Micrograms(Quantity.Parse("1000 l")));
        Assert.Equal(diesel.Micrograms(Quantity.Parse("1000 l")), diesel.Micrograms(Quantity.Parse("1 m3")));
    }

    [Fact]
    public void Heat_is_counted_in_joules_and_in_kilowatt_hours()
    {
        FactorSet set = FactorSet.Shipped.Single(s => s.Name == "cn-heat-2025");
        RecordedMethod heat = RecordedMethod.OfEnergy(RecordedMethod.PurchasedHeat, set.Factors[0]);
        Assert.Equal(110_000_000_000, heat.Micrograms(Quantity.Parse("1 GJ")));
        Assert.Equal(heat.Micrograms(Quantity.Parse("3.6 GJ")), heat.Micrograms(Quantity.Parse("1 MWh")));
    }

    [Theory]
    [InlineData("1 kWh", "kWh is not t: one is energy, the other mass.")]
    [InlineData("1 m3", "m3 is not t: one is a meter's volume, the other mass.")]
    public void An_amount_of_another_kind_is_refused(string amount, string why) =>
        Assert.Equal(
            why,
            Assert
                .Throws<CarbonException>(() => Fuel("diesel", "cn-fuels-ndrc", new FuelConditions()).Micrograms(Quantity.Parse(amount)))
                .Message
        );

    [Fact]
    public void A_leaf_that_lacks_something_or_names_another_method_is_refused()
    {
        RecordedMethod gas = Gas(
            new FuelConditions(
                "Nm3",
                new DeclaredPressure(Quantity.Parse("12.5 kPa"), Quantity.Parse("100.6 kPa")),
                Temperature.Parse("24.5 °C")
            )
        );
        foreach (
            (string name, string _) in gas.Texts.Where(t =>
                t.Name.StartsWith("value", StringComparison.Ordinal) || t.Name is "ambient-pressure"
            )
        )
        {
            Assert.ThrowsAny<CarbonException>(() => RecordedMethod.Read(gas.Name, gas.Texts.Where(t => t.Name != name)));
        }

        Assert.Equal(
            "The method location-based lacks 'factor'.",
            Assert.Throws<CarbonException>(() => RecordedMethod.Read(RecordedMethod.LocationBased, [("value", "0.0001 kgCO2/kWh")])).Message
        );
        Assert.Equal(
            "The method location-by-slot lacks 'slot'.",
            Assert
                .Throws<CarbonException>(() =>
                    RecordedMethod.Read(
                        RecordedMethod.LocationBySlot,
                        [("series", "grid"), ("none", RecordedMethod.NoIntensity), ("value", "1 gCO2/kWh")]
                    )
                )
                .Message
        );
        Assert.Equal(
            "The method 'guess' is not known. There are location-based, location-by-slot, market-based, "
                + "purchased-heat and combustion.",
            Assert.Throws<CarbonException>(() => RecordedMethod.Read("guess", gas.Texts)).Message
        );
        Assert.Equal(
            ["CN/2024/natural-gas.ncv/any", "CN/2024/natural-gas.carbon-content/any", "CN/2024/natural-gas.oxidation/any"],
            gas.Factors.Select(f => f.Key)
        );
    }

    [Theory]
    [InlineData(1234, -3, "Wh", "1.234 Wh")]
    [InlineData(350, 6, "Wh", "350 MWh")]
    [InlineData(12, 9, "J", "12 GJ")]
    [InlineData(5, -1, "kg", "0.5 kg")]
    public void A_recorded_amount_is_its_mantissa_and_exponent(long mantissa, int exponent, string unit, string same) =>
        Assert.Equal(Quantity.Parse(same), MeteredAmount.FromRecord(mantissa, exponent, unit));

    private static (string Json, RecordedMethod Method, Quantity Amount) Case(Random random, int kind)
    {
        string ncv = Digits(random, 5),
            cc = $"0.0{random.Next(100_000, 350_000)}",
            of = $"0.{random.Next(80, 100)}",
            amount = Digits(random, 7);
        (string unit, string more, FuelConditions conditions, string text) = kind switch
        {
            0 => ("GJ(NCV)/t", $",\"density\":\"0.{random.Next(700, 999)}\"", new FuelConditions(), "l"),
            1 => ("GJ(NCV)/1e4Nm3", "", new FuelConditions("Nm3"), "m3"),
            _ => (
                "GJ(NCV)/1e4Nm3",
                $",\"pressure\":\"{Digits(random, 3)}\",\"ambient\":\"{random.Next(60, 109)}.25\","
                    + $"\"celsius\":\"{random.Next(-20, 60)}.5\",\"base\":\"273.15\"",
                new FuelConditions("Nm3"),
                "m3"
            ),
        };
        string json = $"{{\"amount\":\"{amount}\",\"ncv\":\"{ncv}\",\"cc\":\"{cc}\",\"of\":\"{of}\"{more}}}";
        using var parsed = System.Text.Json.JsonDocument.Parse(json);
        string Of(string name) => parsed.RootElement.GetProperty(name).GetString()!;
        conditions = kind switch
        {
            0 => new FuelConditions(Density: Some.Given($"{Of("density")} kg/l")),
            2 => new FuelConditions(
                "Nm3",
                new DeclaredPressure(Quantity.Parse($"{Of("pressure")} kPa"), Quantity.Parse($"{Of("ambient")} kPa")),
                Temperature.Parse($"{Of("celsius")} °C")
            ),
            _ => conditions,
        };
        return (
            json,
            RecordedMethod.OfFuel(Made(ncv, unit), Made(cc, "tC/GJ(NCV)"), Made(of, "1"), conditions),
            Quantity.Parse($"{amount} {text}")
        );
    }

    private static string Digits(Random random, int most) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{random.Next(1, (int)Math.Pow(10, random.Next(1, most)))}.{random.Next(0, 1000):000}"
        );

    private static Factor Made(string value, string unit) =>
        new(new FactorKey("XX", 2026, "ncv", "any") { Of = "fuel" }, value)
        {
            Name = "fuel",
            Source = "a test",
            Confidence = "C",
            Unit = unit,
        };

    private static RecordedMethod Gas(FuelConditions conditions) => Fuel("natural-gas", "cn-fuels-gbt-32151-34", conditions);

    private static RecordedMethod Fuel(string fuel, string set, FuelConditions conditions)
    {
        Factor Of(string kind) => FactorSet.Shipped.Single(s => s.Name == set).Factors.Single(f => f.Key.Of == fuel && f.Key.Kind == kind);
        return RecordedMethod.OfFuel(Of("ncv"), Of("carbon-content"), Of("oxidation"), conditions);
    }
}
