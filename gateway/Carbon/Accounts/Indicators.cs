using System.Numerics;
using Fractions;

namespace EdgeGateway.Carbon.Accounts;

/// <summary>Energy that was used, with its worth in standard coal.</summary>
/// <param name="Name">The name of the source.</param>
/// <param name="Energy">As it was used: electricity and heat as energy, fuels as net heat.</param>
/// <param name="Coefficient">kgce/kWh of electricity; GJ/tce of all that is heat.</param>
public sealed record CoalEquivalentLine(string Name, Quantity Energy, CitedFactor Coefficient)
{
    /// <summary>Micrograms of coal equivalent (GB/T 2589-2020), rounded once, half to even, as the lines of accounts are.</summary>
    /// <exception cref="CarbonException">The coefficient is neither of the two, or the amount does not fit 64 bits.</exception>
    public long Micrograms
    {
        get
        {
            Unit kilogram = Unit.Parse("kgce");
            Rate rate = Coefficient.Rate;
            if (rate.Unit.Dimension == Dimension.CoalEquivalent)
            {
                return Exact.Micrograms((Energy * rate).In(kilogram).Value);
            }

            if (
                rate.Per.Dimension != Dimension.CoalEquivalent
                || rate.Unit.Dimension != Dimension.Energy
                || !rate.Value.IsPositive
                || Energy.Unit.Dimension is not (Dimension.Energy or Dimension.NetHeat)
            )
            {
                throw new CarbonException(
                    $"{Coefficient.Text} does not turn {Energy.Unit} of {Name} into standard coal. Write kgce/kWh, or GJ/tce for heat."
                );
            }

            // The definition of standard coal is by net calorific value, so GJ and GJ(NCV) are worth the same in it.
            Unit heat = Unit.Parse(Energy.Unit.Dimension == Dimension.NetHeat ? "GJ(NCV)" : "GJ");
            Fraction per = rate.Value * rate.Unit.In(Unit.Gigajoule) / rate.Per.In(kilogram);
            return Exact.Micrograms(Energy.In(heat).Value / per);
        }
    }
}

/// <summary>Figures that set emissions and energy in relation.</summary>
public static class Indicators
{
    private static readonly Fraction MicrogramsPerKilogram = new(BigInteger.Pow(10, 9));

    /// <summary>Emissions for one unit of product, kg. Where nothing was produced there is no value.</summary>
    /// <param name="product">What was made.</param>
    /// <param name="micrograms">A total; null where it is blocked.</param>
    /// <param name="gas"><c>CO2</c> or <c>CO2e</c>.</param>
    /// <param name="account">Which account the total is of.</param>
    public static Figure Intensity(Activity product, BigInteger? micrograms, string gas, string account)
    {
        string name = $"{account} per {product.Name}",
            unit = $"kg{gas}/{product.Amount.Unit}";
        var derivation = new Derivation("total / good units", "GHG Protocol, intensity ratio; GB/T 32150")
        {
            Inputs = [new($"total of {account}", micrograms is { } m ? $"{m} µg {gas}" : "none", null), product.AsInput("good units")],
            Notes = ["All of the account is set against this product: no allocation among products."],
        };
        return micrograms is { } total
            ? Figure.Quotient(
                name,
                new Fraction(total) / MicrogramsPerKilogram,
                product.Amount.Value,
                unit,
                $"nothing was produced of {product.Name}",
                derivation
            )
            : Figure.None(name, unit, $"{account} is blocked", derivation);
    }

    /// <summary>Emissions for a tonne of standard coal of energy used, t/tce.</summary>
    public static Figure PerCoalEquivalent(string account, BigInteger? micrograms, string gas, IReadOnlyList<CoalEquivalentLine> energy)
    {
        var derivation = new Derivation("total / Σ energy in standard coal", "GB/T 2589-2020, equivalent values; unit-energy carbon")
        {
            Inputs =
            [
                new($"total of {account}", micrograms is { } m ? $"{m} µg {gas}" : "none", null),
                .. energy.Select(e => new Input(e.Name, $"{e.Micrograms} µg coal equivalent", null)
                {
                    Derivation = new Derivation("energy by its coefficient", e.Coefficient.Source)
                    {
                        Rounding = Derivation.ToMicrograms,
                        Inputs =
                        [
                            new("energy", $"{Exact.Display(e.Energy.Value, 9)} {e.Energy.Unit}", null),
                            e.Coefficient.AsInput("coefficient"),
                        ],
                    },
                }),
            ],
            Notes = ["Energy that was used, gross: exports are not subtracted."],
        };
        string name = $"{account} per energy",
            unit = $"t{gas}/tce";
        return micrograms is { } total
            ? Figure.Quotient(
                name,
                new Fraction(total),
                new Fraction(energy.Aggregate(BigInteger.Zero, (sum, e) => sum + e.Micrograms)),
                unit,
                "no energy was used",
                derivation
            )
            : Figure.None(name, unit, $"{account} is blocked", derivation);
    }

    /// <summary>Non-fossil shares of the electricity used: all, physical, by contract, by certificate. Percent.</summary>
    public static IReadOnlyList<Figure> NonFossilShares(Scope2 electricity)
    {
        Quantity all = electricity.NonFossilPhysical + electricity.NonFossilByContract + electricity.NonFossilByCertificate;
        return
        [
            Share("non-fossil electricity", all, "all below"),
            Share("non-fossil electricity, physical", electricity.NonFossilPhysical, "own and direct lines, proven, certificates not sold"),
            Share("non-fossil electricity, contract", electricity.NonFossilByContract, "contracts with settlement"),
            Share("non-fossil electricity, certificate", electricity.NonFossilByCertificate, "retired certificates"),
        ];

        Figure Share(string name, Quantity amount, string what) =>
            Figure.Quotient(
                name,
                amount.Value,
                electricity.Consumption.Value,
                "%",
                "no electricity was used",
                new Derivation("non-fossil / all electricity used", "share of green electricity, by its proof")
                {
                    Inputs =
                    [
                        new("non-fossil", $"{amount} ({what})", null),
                        new("all electricity used", electricity.Consumption.ToString(), null),
                    ],
                }
            );
    }

    /// <summary>Which share of the amounts was collected automatically, percent of their number.</summary>
    public static Figure AutomaticShare(IReadOnlyList<Activity> activities) =>
        Figure.Quotient(
            "automatically collected data",
            new Fraction(activities.Count(a => a.Collected == DataOrigin.Automatic)),
            new Fraction(activities.Count),
            "%",
            "there are no data",
            new Derivation("automatic amounts / all amounts", "automatic data-collection rate, by number of amounts")
            {
                Inputs = [.. activities.Select(a => new Input(a.Name, a.Collected.ToString().ToLowerInvariant(), a.Reference))],
            }
        );
}
