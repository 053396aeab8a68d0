using CsCheck;
using EdgeGateway.Carbon.Accounts;
using Fractions;

namespace EdgeGateway.Carbon.Tests.Accounts;

public class CombustionTests
{
    private static readonly FuelFactors Gas = Some.Fuel("natural-gas", "cn-fuels-gbt-32151-34");

    // Products of the published NCV, carbon content and oxidation, as they are printed in tables.
    [Theory]
    [InlineData("natural-gas", "cn-fuels-gbt-32151-34", "1 1e4Nm3", "21.6219")]
    [InlineData("diesel", "cn-fuels-ndrc", "1 t", "3.0959")]
    [InlineData("gasoline", "cn-fuels-ndrc", "1 t", "2.9251")]
    [InlineData("kerosene", "cn-fuels-ndrc", "1 t", "3.0334")]
    [InlineData("lpg", "cn-fuels-ndrc", "1 t", "3.1013")]
    [InlineData("raw-coal", "cn-fuels-database-2026", "1 t", "2.4920")]
    public void Published_factors_come_out(string fuel, string set, string amount, string tonnes)
    {
        EmissionLine line = Combustion.ByCarbon(Some.Activity(amount), Some.Fuel(fuel, set));
        Assert.Equal(tonnes, Exact.Display(new Fraction(line.Micrograms) / new Fraction(1_000_000_000_000), 4));
        Assert.Equal(("scope1", "CO2"), (line.Account, line.Gas));
    }

    [Fact]
    public void Volume_in_cubic_metres_and_in_ten_thousands_is_the_same() =>
        Assert.Equal(
            Combustion.ByCarbon(Some.Activity("12345.678 Nm3"), Gas).Micrograms,
            Combustion.ByCarbon(Some.Activity("1.2345678 1e4Nm3"), Gas).Micrograms
        );

    [Theory]
    [InlineData("100 m3", "m3 is not 1e4Nm3: a meter's volume becomes one at base conditions by its pressure and temperature. Give both.")]
    [InlineData("100 Sm3", "Sm3 is not 1e4Nm3: the bases are 0 °C and 20 °C, 6.8 % apart. Convert from one base to the other by name.")]
    [InlineData("100 kWh", "kWh is not 1e4Nm3: one is energy, the other volume at 0 °C.")]
    [InlineData("100 kWh(GCV)", "kWh(GCV) is not 1e4Nm3: one is energy in a fuel, gross, the other volume at 0 °C.")]
    public void What_the_calorific_value_is_not_for_is_refused(string amount, string says) =>
        Assert.Equal(says, Assert.Throws<CarbonException>(() => Combustion.ByCarbon(Some.Activity(amount), Gas)).Message);

    [Fact]
    public void A_gross_bill_needs_the_ratio_to_net()
    {
        Activity bill = Some.Activity("1000 kWh(GCV)");
        Assert.Throws<CarbonException>(() => Combustion.ByCarbon(bill, Gas with { NetCalorificValue = null }));
        Assert.Equal(
            Combustion.ByCarbon(Some.Activity("900 kWh(NCV)"), Gas with { NetCalorificValue = null }).Micrograms,
            Combustion.ByCarbon(bill, Gas with { NetCalorificValue = Some.Given("0.9 kWh(NCV)/kWh(GCV)") }).Micrograms
        );
    }

    [Theory]
    [InlineData("99 1")]
    [InlineData("0 1")]
    [InlineData("0.99 GJ/t")]
    public void The_oxidation_is_a_share(string oxidation) =>
        Assert.Contains(
            "It is the share that burns",
            Assert
                .Throws<CarbonException>(() => Combustion.ByCarbon(Some.Activity("1 Nm3"), Gas with { Oxidation = Some.Given(oxidation) }))
                .Message
        );

    [Fact]
    public void A_factor_of_CO2_is_not_taken_for_one_of_carbon() =>
        Assert.Equal(
            "kgCO2 is not tC: one is mass of CO2, the other mass of carbon.",
            Assert
                .Throws<CarbonException>(() =>
                    Combustion.ByCarbon(Some.Activity("1 Nm3"), Gas with { CarbonContent = Some.Given("56.1 kgCO2/GJ(NCV)") })
                )
                .Message
        );

    [Fact]
    public void Each_gas_is_a_line_with_the_set_of_potentials_named()
    {
        IReadOnlyList<EmissionLine> lines = Combustion.PerGas(
            Some.Activity("2 TJ(NCV)"),
            null,
            [Of("CO2", "56100"), Of("CH4", "1", "CH4-fossil", "gwp-ar6"), Of("N2O", "0.1", "N2O", "gwp-ar6")],
            biogenic: false
        );
        Assert.Equal([112_200_000_000_000, 59_600_000_000, 54_600_000_000], lines.Select(l => l.Micrograms));
        Assert.All(lines, l => Assert.Equal(("scope1", "CO2e"), (l.Account, l.Gas)));
        Assert.Equal("gwp-ar6/1", lines[1].Derivation.Inputs.Single(i => i.Name == "GWP").Factor!.Set);
        Assert.Equal(
            56_000_000_000,
            Combustion
                .PerGas(Some.Activity("2 TJ(NCV)"), null, [Of("CO2", "56100"), Of("CH4", "1", "CH4", "gwp-ar5")], biogenic: false)[1]
                .Micrograms
        );
    }

    [Fact]
    public void Biogenic_CO2_stands_outside_the_scopes_its_other_gases_within()
    {
        IReadOnlyList<EmissionLine> lines = Combustion.PerGas(
            Some.Activity("1 TJ(NCV)"),
            null,
            [Of("CO2", "112000"), Of("N2O", "4", "N2O", "gwp-ar6")],
            biogenic: true
        );
        Assert.Equal(["biogenic-outside-scopes", "scope1"], lines.Select(l => l.Account));
    }

    [Fact]
    public void Gases_must_be_whole()
    {
        Assert.Equal(
            "source needs the warming potential of CH4. Name the set, gwp-ar5 or gwp-ar6.",
            Refused(Of("CO2", "56100"), Of("CH4", "1"))
        );
        Assert.Equal("source needs one factor of CO2, and at most one of CH4 and N2O each.", Refused(Of("CH4", "1", "CH4", "gwp-ar5")));
        Assert.Equal(
            "source needs one factor of CO2, and at most one of CH4 and N2O each.",
            Refused(Of("CO2", "56100"), Of("CO2", "56100"))
        );
        Assert.Equal(
            "kgCH4 is not kgN2O: one is mass of CH4, the other mass of N2O.",
            Refused(Of("CO2", "56100"), Of("CH4", "1", "N2O", "gwp-ar5"))
        );

        static string Refused(params GasFactor[] gases) =>
            Assert.Throws<CarbonException>(() => Combustion.PerGas(Some.Activity("1 TJ(NCV)"), null, gases, biogenic: false)).Message;
    }

    [Fact]
    public void Nothing_is_used_in_negative_amounts() => Assert.Throws<CarbonException>(() => Some.Activity("-1 t"));

    [Fact]
    public void A_line_is_at_most_9_million_tonnes() =>
        Assert.Equal(
            "2162188809000000000000 µg do not fit 64 bits: a line of an account is at most 9.2 million tonnes. Split it.",
            Assert.Throws<CarbonException>(() => Combustion.ByCarbon(Some.Activity("1e8 1e4Nm3"), Gas)).Message
        );

    [Fact]
    public void More_fuel_never_emits_less() =>
        Gen.Select(Gen.Long[0, 1_000_000_000], Gen.Long[0, 1_000_000_000])
            .Sample(
                (less, more) =>
                    Assert.True(
                        Combustion.ByCarbon(Some.Activity($"{less}e-3 Nm3"), Gas).Micrograms
                            <= Combustion.ByCarbon(Some.Activity($"{less + more}e-3 Nm3"), Gas).Micrograms
                    )
            );

    [Fact]
    public void Two_periods_are_their_sum_but_for_the_rounding_of_lines() =>
        Gen.Select(Gen.Long[0, 1_000_000_000], Gen.Long[0, 1_000_000_000])
            .Sample(
                (first, second) =>
                {
                    long apart =
                        Combustion.ByCarbon(Some.Activity($"{first}e-5 Nm3"), Gas).Micrograms
                        + Combustion.ByCarbon(Some.Activity($"{second}e-5 Nm3"), Gas).Micrograms;
                    Assert.InRange(Combustion.ByCarbon(Some.Activity($"{first + second}e-5 Nm3"), Gas).Micrograms - apart, -1, 1);
                }
            );

    [Fact]
    public void The_derivation_names_amount_reference_set_and_source()
    {
        Derivation derivation = Combustion.ByCarbon(Some.Activity("100 Nm3"), Gas).Derivation;
        Input heat = derivation.Inputs.Single(i => i.Name == "heat"),
            activity = heat.Derivation!.Inputs[0];
        Assert.Equal(("100 Nm3", "leaf 7"), (activity.Value, activity.Reference));
        CitedFactor carbon = derivation.Inputs.Single(i => i.Name == "carbon content").Factor!;
        Assert.Equal(
            ("0.0153 tC/GJ(NCV)", "cn-fuels-gbt-32151-34/1", "GB/T 32151.34-2024: Table C.1", "C"),
            (carbon.Text, carbon.Set, carbon.Source, carbon.Confidence)
        );
        Assert.Equal(Derivation.ToMicrograms, derivation.Rounding);
    }

    private static GasFactor Of(string gas, string kilograms, string? potential = null, string? set = null) =>
        new(gas, Some.Given($"{kilograms} kg{gas}/TJ(NCV)"), potential is null ? null : Some.Shipped("global", potential, "gwp100", set));
}
