using Fractions;

namespace EdgeGateway.Carbon;

/// <summary>What a factor of a set can be. Catches slips of transcription that are in circulation.</summary>
internal static class FactorChecks
{
    // National averages of China that are passed on with a year that is not theirs, and values that never were a national average.
    private static readonly KnownValue[] Known =
    [
        new("0.5568", 2021, "the national average of 2021"),
        new("0.5366", 2022, "the national average of 2022"),
        new("0.5306", 2023, "the national average of 2023"),
        new("0.5703", null, "an older value for reporting to the emissions trading system"),
        new("0.5823", null, "CodeCarbon's value, which no announcement holds"),
        new("0.555", null, "a value that no announcement holds"),
    ];

    // IPCC 2006 table 1.4 spans 0.0121 (coke-oven gas) to 0.0312 tC/GJ; tCO2 typed as tC is 3.7 times as much. Gases of the blast furnace
    // and the converter carry CO2 already.
    private static readonly PlausibleRange[] Ranges =
    [
        new("carbon-content", null, null, "tC/GJ(NCV)", "0.010", "0.035"),
        new("carbon-content", null, "process-gas", "tC/GJ(NCV)", "0.005", "0.080"),
        new("oxidation", null, null, "1", "0.5", "1"),
        new("ncv", null, null, "GJ(NCV)/t", "1", "125"),
        new("ncv", null, null, "GJ(NCV)/1e4Nm3", "10", "1300"),
        new("gwp100", "CH4", null, "kgCO2e/kgCH4", "21", "30"),
        new("gwp100", "CH4-fossil", null, "kgCO2e/kgCH4", "21", "30"),
        new("gwp100", "CH4-non-fossil", null, "kgCO2e/kgCH4", "21", "30"),
        new("gwp100", "N2O", null, "kgCO2e/kgN2O", "260", "315"),
        new("coal-equivalent", "standard-coal", null, "GJ/tce", "29", "30"),
        new("coal-equivalent", "electricity", null, "kgce/kWh", "0.1", "0.5"),
        new("footprint", "electricity", null, "kgCO2e/kWh", "0", "2"),
        .. from kind in (string[])["average", "excluding-traded-non-fossil", "fossil-only", "residual"]
        from unit in (string[])["kgCO2/kWh", "kgCO2e/kWh"]
        select new PlausibleRange(kind, "electricity", null, unit, "0", "2"),
        new("average", "heat", null, "tCO2/GJ", "0", "0.4"),
    ];

    /// <summary>Why the factor cannot be, or null.</summary>
    public static string? Fault(string set, Factor factor)
    {
        FactorKey key = factor.Key;
        if (key.Purpose is not ("organisation" or "product" or "any") || (key.Kind == "footprint") != (key.Purpose == "product"))
        {
            return $"'{key.Purpose}' is not what a factor of kind {key.Kind} is for: footprint is for product, the others for "
                + "organisation or any";
        }

        if (factor.Confidence is not ("C" or "S"))
        {
            return $"the confidence '{factor.Confidence}' is neither C nor S: what nobody confirmed is not used";
        }

        if (factor.Uncertainty is { } u && !(Exact.TryParse(u, out Fraction percent) && percent.IsPositive && percent <= new Fraction(100)))
        {
            return $"the uncertainty '{u}' is not a percentage above 0";
        }

        var ranges = Ranges.Where(r => r.Kind == key.Kind && (r.Of is null || r.Of == key.Of) && r.Mark == factor.Mark).ToList();
        if (ranges.Count == 0)
        {
            return $"{key.Of} has no factor of kind '{key.Kind}'{(factor.Mark is null ? "" : $" with the mark '{factor.Mark}'")}";
        }

        if (!ranges.Exists(r => r.Unit == factor.Unit))
        {
            return $"{key.Kind} of {key.Of} is in {string.Join(" or ", ranges.Select(r => r.Unit))}, not in {factor.Unit}";
        }

        if (Bounds(key.Of, key.Kind, factor.Mark, factor.Rate) is { } outside)
        {
            return $"{factor.Value} {factor.Unit} is {outside}";
        }

        if (key is { Kind: "gwp100", Of: "CH4" } && set.Contains("ar6", StringComparison.Ordinal))
        {
            return "AR6 has two potentials of methane: write CH4-fossil and CH4-non-fossil";
        }

        if (key is not { Region: "CN", Of: "electricity", Kind: "average" })
        {
            return null;
        }

        KnownValue? known = Array.Find(Known, k => Exact.Parse(k.Value) == factor.Rate.Value && k.Year != key.Year);
        return known is null ? null : $"{factor.Value} labelled {key.Year} is {known.What}";
    }

    /// <summary>
    /// How a factor, in whatever unit, is outside what its kind can be. Null: it is within, or nothing is known of such a unit.
    /// </summary>
    public static string? Bounds(string of, string kind, string? mark, Rate rate)
    {
        foreach (PlausibleRange range in Ranges.Where(r => r.Kind == kind && (r.Of is null || r.Of == of) && r.Mark == mark))
        {
            Rate unit = Rate.ParseUnit(Fraction.One, range.Unit);
            if (rate.Unit.ConvertsTo(unit.Unit) && rate.Per.ConvertsTo(unit.Per))
            {
                Fraction value = rate.Value * rate.Unit.In(unit.Unit) / rate.Per.In(unit.Per);
                if (value >= Exact.Parse(range.Least) && value <= Exact.Parse(range.Most))
                {
                    return null;
                }

                string unitText = range.Unit == "1" ? "" : $" {range.Unit}";
                return $"outside {range.Least} to {range.Most}{unitText}{Hint(kind, value)}";
            }
        }

        return null;
    }

    private static string Hint(string kind, Fraction value) =>
        kind switch
        {
            "carbon-content" when value > Exact.Parse("0.035") =>
                ": is it CO2 instead of carbon (44/12 times as much), or per TJ? Process gases have the mark process-gas",
            "average" or "fossil-only" or "residual" or "footprint" => ": is it in g/kWh?",
            _ => "",
        };

    // What a value in circulation is in truth. Year null: it never was a national average.
    private sealed record KnownValue(string Value, int? Year, string What);

    // What a factor of a kind can be. Of null: of anything. Least and Most are in the unit.
    private sealed record PlausibleRange(string Kind, string? Of, string? Mark, string Unit, string Least, string Most);
}
