using Fractions;

namespace EdgeGateway.Carbon.Accounts;

/// <summary>What is known of a fuel.</summary>
/// <param name="NetCalorificValue">GJ(NCV) per t, 1e4Nm3 or, from a gross bill, GJ(NCV)/GJ(GCV). Null: the amount is net heat
/// already.</param>
/// <param name="CarbonContent">tC/GJ(NCV).</param>
/// <param name="Oxidation">The share that burns, above 0 and at most 1.</param>
public sealed record FuelFactors(CitedFactor? NetCalorificValue, CitedFactor CarbonContent, CitedFactor Oxidation);

/// <summary>A gas that burning a fuel gives, by the heat.</summary>
/// <param name="Gas"><c>CO2</c>, <c>CH4</c> or <c>N2O</c>.</param>
/// <param name="PerHeat">For example kgCH4/TJ(NCV).</param>
/// <param name="Potential">kgCO2e/kgCH4. Null for CO₂, whose potential is 1 by definition.</param>
public sealed record GasFactor(string Gas, CitedFactor PerHeat, CitedFactor? Potential);

/// <summary>Scope 1: fuels that are burnt.</summary>
public static class Combustion
{
    /// <summary>The account.</summary>
    public const string Account = "scope1";

    /// <summary>CO₂ of biogenic carbon is reported beside the scopes, not in them (GHG Protocol; GB/T 32150).</summary>
    public const string BiogenicAccount = "biogenic-outside-scopes";

    private static readonly Rate CarbonToDioxide = new(new Fraction(44, 12), Unit.Parse("tCO2"), Unit.Parse("tC"));

    /// <summary>The heat in a fuel by its net calorific value.</summary>
    /// <exception cref="CarbonException">Gross and net, or a meter's volume and one at base conditions, would be mixed.</exception>
    public static Derived Heat(Activity fuel, CitedFactor? netCalorificValue)
    {
        if (netCalorificValue is null)
        {
            return new Derived(
                fuel.Amount.In(Unit.Parse("GJ(NCV)")),
                new Derivation("heat as given", "the amount is heat by net calorific value") { Inputs = [fuel.AsInput("heat")] }
            );
        }

        Quantity heat = (fuel.Amount * netCalorificValue.Rate).In(Unit.Parse("GJ(NCV)"));
        return new Derived(
            heat,
            new Derivation("activity × NCV", "GB/T 32150, fuel combustion")
            {
                Inputs = [fuel.AsInput("activity"), netCalorificValue.AsInput("NCV")],
            }
        );
    }

    /// <summary>
    /// CO₂ by the carbon: activity × NCV × carbon content × oxidation × 44/12 (GB/T 32150 and the sector parts GB/T 32151).
    /// </summary>
    /// <exception cref="CarbonException">Units do not fit, or the oxidation is not a share.</exception>
    public static EmissionLine ByCarbon(Activity fuel, FuelFactors factors)
    {
        Rate oxidation = factors.Oxidation.Rate;
        if (
            oxidation.Unit.Dimension != Dimension.One
            || oxidation.Per.Dimension != Dimension.One
            || !oxidation.Value.IsPositive
            || oxidation.Value > Fraction.One
        )
        {
            throw new CarbonException(
                $"The oxidation of {fuel.Name} is {factors.Oxidation.Text}. It is the share that burns, above 0 and at most 1."
            );
        }

        Derived heat = Heat(fuel, factors.NetCalorificValue);
        Quantity carbon = heat.Value * factors.CarbonContent.Rate;
        Quantity burnt = new Quantity(carbon.Value * oxidation.Value, carbon.Unit).In(Unit.Parse("tC"));
        return EmissionLine.Of(
            Account,
            fuel.Name,
            burnt * CarbonToDioxide,
            new Derivation(
                "heat × carbon content × oxidation × 44/12",
                "GB/T 32150, fuel combustion; 44/12 is kg CO2 per kg carbon (stoichiometry)"
            )
            {
                Inputs = [heat.AsInput("heat"), factors.CarbonContent.AsInput("carbon content"), factors.Oxidation.AsInput("oxidation")],
                Notes = ["CO2 only: CH4 and N2O of combustion are not in this method."],
            }
        );
    }

    /// <summary>Each gas by the heat, as CO₂ equivalent: heat × factor × GWP (IPCC 2006, volume 2, equation 2.1 and 2.2).</summary>
    /// <param name="fuel">The fuel.</param>
    /// <param name="netCalorificValue">As in <see cref="Heat"/>.</param>
    /// <param name="gases">Each gas once; CO₂ among them.</param>
    /// <param name="biogenic">The carbon comes from biomass: CO₂ goes outside the scopes, CH₄ and N₂O stay.</param>
    /// <exception cref="CarbonException">Units do not fit, a gas is twice or missing, or a potential is missing.</exception>
    public static IReadOnlyList<EmissionLine> PerGas(
        Activity fuel,
        CitedFactor? netCalorificValue,
        IReadOnlyList<GasFactor> gases,
        bool biogenic
    )
    {
        if (gases.Select(g => g.Gas).Distinct().Count() != gases.Count || gases.All(g => g.Gas != "CO2"))
        {
            throw new CarbonException($"{fuel.Name} needs one factor of CO2, and at most one of CH4 and N2O each.");
        }

        Derived heat = Heat(fuel, netCalorificValue);
        return [.. gases.Select(gas => Line(fuel.Name, heat, gas, biogenic))];
    }

    private static EmissionLine Line(string name, Derived heat, GasFactor gas, bool biogenic)
    {
        Unit kilogram = Unit.Parse("kg" + gas.Gas);
        Quantity mass = (heat.Value * gas.PerHeat.Rate).In(kilogram);
        Rate potential =
            gas.Gas == "CO2"
                ? new Rate(Fraction.One, Unit.KilogramCarbonDioxideEquivalent, kilogram)
                : gas.Potential?.Rate
                    ?? throw new CarbonException($"{name} needs the warming potential of {gas.Gas}. Name the set, gwp-ar5 or gwp-ar6.");
        bool outside = biogenic && gas.Gas == "CO2";
        return EmissionLine.Of(
            outside ? BiogenicAccount : Account,
            $"{name} {gas.Gas}",
            mass * potential,
            new Derivation(
                "heat × gas per heat × GWP",
                "IPCC 2006 Guidelines, volume 2, chapter 2, equations 2.1 and 2.2; GWP is characterisation"
            )
            {
                Inputs =
                [
                    heat.AsInput("heat"),
                    gas.PerHeat.AsInput("gas per heat"),
                    gas.Potential?.AsInput("GWP") ?? new Input("GWP", "1 kgCO2e/kgCO2 by definition", null),
                    new Input("mass of the gas", $"{Exact.Display(mass.Value, 9)} {mass.Unit}", null),
                ],
                Notes = outside ? ["Biogenic CO2 is reported beside the scopes, not in a total."] : [],
            }
        );
    }
}
