using Fractions;

namespace EdgeGateway.Carbon.Accounts;

/// <summary>What of the enthalpy of steam is counted. The two conventions in circulation differ by 3 %.</summary>
public enum EnthalpyConvention
{
    /// <summary>All of it, as GB/T 32151.34-2024 has it.</summary>
    Full,

    /// <summary>Less 83.74 kJ/kg, the enthalpy of water at 20 °C, as the accounting guides of the NDRC have it.</summary>
    LessWaterAt20,
}

/// <summary>Purchased heat: by a heat meter, steam and hot water by mass.</summary>
public static class Heat
{
    /// <summary>The account.</summary>
    public const string Account = "scope2-heat";

    private static readonly Fraction WaterAt20 = Exact.Parse("83.74");
    private static readonly Fraction SpecificHeat = Exact.Parse("4.1868");

    /// <summary>Heat in steam by its mass: mass × h, or mass × (h − 83.74 kJ/kg).</summary>
    /// <param name="steam">g, kg or t.</param>
    /// <param name="steamEnthalpy">From <see cref="Steam"/>.</param>
    /// <param name="convention">Which of the two.</param>
    /// <exception cref="CarbonException">The amount of steam is no mass.</exception>
    public static Derived OfSteam(Activity steam, SteamEnthalpy steamEnthalpy, EnthalpyConvention convention)
    {
        bool full = convention == EnthalpyConvention.Full;
        Rate enthalpy = steamEnthalpy.Enthalpy;
        Rate counted = full ? enthalpy : enthalpy with { Value = enthalpy.Value - WaterAt20 };
        return new Derived(
            (steam.Amount * counted).In(Unit.Gigajoule),
            new Derivation(
                full ? "mass × h" : "mass × (h − 83.74 kJ/kg)",
                full ? "GB/T 32151.34-2024: full enthalpy" : "NDRC accounting guides: enthalpy less that of water at 20 °C"
            )
            {
                Inputs =
                [
                    steam.AsInput("mass"),
                    new Input("h", $"{Exact.Display(enthalpy.Value, 6)} kJ/kg", null) { Derivation = steamEnthalpy.Derivation },
                ],
            }
        );
    }

    /// <summary>Heat in hot water by its mass: mass × (T − 20 °C) × 4.1868 kJ/(kg·K).</summary>
    /// <exception cref="CarbonException">The amount of water is no mass, or the water is colder than 20 °C or hotter than 300
    /// °C.</exception>
    public static Derived OfHotWater(Activity water, Temperature temperature)
    {
        if (temperature.Celsius < new Fraction(20) || temperature.Celsius > new Fraction(300))
        {
            throw new CarbonException($"{water.Name} has {temperature}. Hot water is counted from 20 °C on, to 300 °C.");
        }

        var rate = new Rate((temperature.Celsius - new Fraction(20)) * SpecificHeat, Unit.Parse("kJ"), Unit.Parse("kg"));
        return new Derived(
            (water.Amount * rate).In(Unit.Gigajoule),
            new Derivation("mass × (T − 20 °C) × 4.1868 kJ/(kg·K)", "NDRC accounting guides: hot water")
            {
                Inputs = [water.AsInput("mass"), new Input("T", temperature.ToString(), null)],
            }
        );
    }

    /// <summary>What purchased heat emitted: heat × factor (GB/T 32150-2025, 7.5.6 to 7.5.7).</summary>
    /// <param name="heat">Energy.</param>
    /// <param name="factor">The factor of the supplier, else the default of 0.11 tCO2/GJ.</param>
    /// <exception cref="CarbonException">Units do not fit.</exception>
    public static EmissionLine Purchased(Activity heat, CitedFactor factor) =>
        EmissionLine.Of(
            Account,
            heat.Name,
            heat.Amount * factor.Rate,
            new Derivation("heat × factor", "GB/T 32150-2025, 7.5.6 to 7.5.7") { Inputs = [heat.AsInput("heat"), factor.AsInput("factor")] }
        );
}
