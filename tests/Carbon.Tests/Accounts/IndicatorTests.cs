using CsCheck;
using EdgeGateway.Carbon.Accounts;
using Fractions;

namespace EdgeGateway.Carbon.Tests.Accounts;

public class IndicatorTests
{
    private static readonly CitedFactor Coal = Some.Shipped("CN", "standard-coal", "coal-equivalent", "cn-coal-equivalent");
    private static readonly CitedFactor Electricity = Some.Shipped("CN", "electricity", "coal-equivalent", "cn-coal-equivalent");

    private static readonly DateTimeOffset Start = new(2026, 7, 1, 0, 0, 0, TimeSpan.FromHours(8));

    // 0.5306/0.1229, and 0.0153 · 0.99 · 44/12 · 29.3076.
    [Fact]
    public void A_factory_all_on_the_grid_has_4_32_and_one_all_on_gas_1_63()
    {
        EmissionLine grid = Line("grid", Some.Footprint(MeteredAmount.FromCounts(1000, new("Wh", 3)), Some.Factor("0.5306")));
        Assert.Equal(
            "4.32",
            Exact.Display(
                Indicators.PerCoalEquivalent("a", grid.Micrograms, "CO2", [new("grid", Quantity.Parse("1 MWh"), Electricity)]).Value!.Value,
                2
            )
        );
        FuelFactors gas = Some.Fuel("natural-gas", "cn-fuels-gbt-32151-34");
        Activity fuel = Some.Activity("1000 Nm3");
        Figure figure = Indicators.PerCoalEquivalent(
            "a",
            Combustion.ByCarbon(fuel, gas).Micrograms,
            "CO2",
            [new("gas", Combustion.Heat(fuel, gas.NetCalorificValue).Value, Coal)]
        );
        Assert.Equal(("1.63", "tCO2/tce"), (Exact.Display(figure.Value!.Value, 2), figure.Unit));
    }

    [Fact]
    public void Standard_coal_is_worth_itself_whatever_the_unit()
    {
        Assert.Equal(1_000_000_000_000, new CoalEquivalentLine("a", Quantity.Parse("29.3076 GJ"), Coal).Micrograms);
        Assert.Equal(1_000_000_000_000, new CoalEquivalentLine("a", Quantity.Parse("8141 kWh(NCV)"), Coal).Micrograms);
        Assert.Equal(122_900_000_000, new CoalEquivalentLine("a", Quantity.Parse("1 MWh"), Electricity).Micrograms);
        Assert.Throws<CarbonException>(() => new CoalEquivalentLine("a", Quantity.Parse("1 GJ(GCV)"), Coal).Micrograms);
        Assert.Throws<CarbonException>(() => new CoalEquivalentLine("a", Quantity.Parse("1 GJ(NCV)"), Electricity).Micrograms);
        Assert.Throws<CarbonException>(() => new CoalEquivalentLine("a", Quantity.Parse("1 GJ"), Some.Given("0.5 kgCO2/kWh")).Micrograms);
    }

    [Fact]
    public void Of_nothing_there_is_no_value_but_a_reason()
    {
        Scope2 none = Scope2.Of(Some.July, "CN", [], [], [], null);
        Figure[] figures =
        [
            Indicators.Intensity(Some.Activity("0 {pack}", "packs"), 5, "CO2", "a"),
            Indicators.Intensity(Some.Activity("5 {pack}", "packs"), null, "CO2", "a"),
            Indicators.PerCoalEquivalent("a", 0, "CO2", []),
            Indicators.PerCoalEquivalent("a", null, "CO2", [new("grid", Quantity.Parse("1 MWh"), Electricity)]),
            .. Indicators.NonFossilShares(none),
            Indicators.AutomaticShare([]),
            Uncertainty.Total("u", []),
            Uncertainty.EstimatedShare("e", []),
            MatchingResult.Of([], TimeSpan.FromHours(1)).HourlyMatched,
            MatchingResult.Of([], TimeSpan.FromHours(1)).CarbonFreeScore,
            MatchingResult.Of([], TimeSpan.FromHours(1)).Volumetric,
        ];
        Assert.All(figures, f => Assert.True(f.Value is null && f.NoValue is { Length: > 0 }, f.Name));
        Assert.Equal("nothing was produced of packs", figures[0].NoValue);
        Assert.Equal("a is blocked", figures[1].NoValue);
    }

    [Fact]
    public void Intensity_is_exact()
    {
        Figure figure = Indicators.Intensity(Some.Activity("3 {pack}", "packs"), 10_000_000_000, "CO2", "total");
        Assert.Equal((new Fraction(10, 3), "kgCO2/{pack}"), (figure.Value!.Value, figure.Unit));
    }

    [Fact]
    public void The_automatic_share_counts_amounts()
    {
        Activity manual = new("m", Quantity.Parse("1 t"), null, DataOrigin.Manual),
            estimated = new("e", Quantity.Parse("1 t"), null, DataOrigin.Estimated);
        Assert.Equal(new Fraction(100, 3), Indicators.AutomaticShare([Some.Activity("1 t"), manual, estimated]).Value);
    }

    [Fact]
    public void Independent_terms_combine_by_squares_and_a_shared_factor_adds_up()
    {
        RelativeUncertainty three = RelativeUncertainty.FromPercent(new(3)),
            four = RelativeUncertainty.FromPercent(new(4)),
            none = RelativeUncertainty.FromPercent(Fraction.Zero);
        Assert.Equal(new Fraction(5), Uncertainty.Total("u", [Of("a", 100, three, four, null)]).Value);

        // Two equal lines: apart U/√2, with one factor all of U.
        Assert.Equal("2.828427", Shown(Of("a", 100, none, four, null), Of("b", 100, none, four, null)));
        Assert.Equal("4.000000", Shown(Of("a", 100, none, four, "EF"), Of("b", 100, none, four, "EF")));

        // 60 and 40 with a shared 4 %, and 3 % of each amount: √(1.8² + 1.2² + 4²).
        Assert.Equal("4.547527", Shown(Of("a", 60, three, four, "EF"), Of("b", 40, three, four, "EF")));

        static string Shown(params UncertainLine[] lines) => Exact.Display(Uncertainty.Total("u", lines).Value!.Value);
    }

    [Fact]
    public void An_unknown_uncertainty_is_no_value_and_two_of_one_factor_are_refused()
    {
        RelativeUncertainty one = RelativeUncertainty.FromPercent(Fraction.One),
            two = RelativeUncertainty.FromPercent(Fraction.Two);
        Assert.Equal(
            "the uncertainty of b is not known (factor)",
            Uncertainty.Total("u", [Of("a", 1, one, one, null), Of("b", 1, one, null, null)]).NoValue
        );
        Assert.Throws<CarbonException>(() => Uncertainty.Total("u", [Of("a", 1, one, one, "EF"), Of("b", 1, one, two, "EF")]));
        Assert.Throws<CarbonException>(() => RelativeUncertainty.FromPercent(new Fraction(-1)));
        Assert.Throws<CarbonException>(() => RelativeUncertainty.FromAccuracyClass(Fraction.Zero));
    }

    [Fact]
    public void An_accuracy_class_is_a_rectangle() =>
        Assert.Equal( // 1.96/√3
            "1.131607",
            Exact.Display(Rounding.RootHalfEven(RelativeUncertainty.FromAccuracyClass(Fraction.One).Square, 6))
        );

    [Fact]
    public void The_estimated_share_is_that_of_the_emissions() =>
        Assert.Equal(
            new Fraction(25),
            Uncertainty.EstimatedShare("e", [Of("a", 75, null, null, null), Of("b", 25, null, null, null) with { Estimated = true }]).Value
        );

    [Fact]
    public void Hours_match_by_themselves_volumes_over_all()
    {
        MatchingResult result = Match(("100 kWh", "50 kWh", "0.2"), ("100 kWh", "170 kWh", "0.4"));
        Assert.Equal(new Fraction(75), result.HourlyMatched.Value); // 50 + 100
        Assert.Equal(new Fraction(80), result.CarbonFreeScore.Value); // 50 · 0.2 more
        Assert.Equal(new Fraction(100), result.Volumetric.Value);
        Assert.Equal(new Fraction(70), result.Unmatched.Value);
        Assert.Equal(
            "the grid's carbon-free share at 2026-07-01T00:00:00+08:00 is not known",
            Match(("1 kWh", "1 kWh", null)).CarbonFreeScore.NoValue
        );
    }

    [Fact]
    public void Missing_and_overlapping_slots_are_refused()
    {
        Assert.Equal(
            "The slot 2026-07-01T01:00:00+08:00 is missing: the next is 2026-07-01T02:00:00+08:00. Slots follow each other.",
            Refused(0, 120)
        );
        Assert.Equal(
            "The slot 2026-07-01T01:00:00+08:00 is overlapped by 2026-07-01T00:30:00+08:00. Slots follow each other.",
            Refused(0, 30)
        );
        Assert.Equal(
            "The slot 2026-07-01T01:00:00+08:00 is overlapped by 2026-07-01T00:00:00+08:00. Slots follow each other.",
            Refused(0, 0)
        );
        Assert.Equal(
            "At 2026-07-01T00:00:00+08:00 there is an energy of -1 kWh. Load and generation is not negative.",
            Negative("-1 kWh", "0 kWh", "0")
        );
        Assert.Equal("At 2026-07-01T00:00:00+08:00 the grid's carbon-free share is 1.1. It is 0 to 1.", Negative("1 kWh", "0 kWh", "1.1"));
        Assert.Equal(
            "Slots of 120 min are not matched. 24/7 matching is hourly or finer.",
            Assert.Throws<CarbonException>(() => MatchingResult.Of([], TimeSpan.FromHours(2))).Message
        );

        static string Refused(params int[] minutes) =>
            Assert
                .Throws<CarbonException>(() =>
                    MatchingResult.Of(
                        [
                            .. minutes.Select(m => new MatchingSlot(
                                Start.AddMinutes(m),
                                Quantity.Parse("1 kWh"),
                                Quantity.Parse("1 kWh"),
                                null
                            )),
                        ],
                        TimeSpan.FromHours(1)
                    )
                )
                .Message;
        static string Negative(string load, string free, string share) =>
            Assert
                .Throws<CarbonException>(() => Match((load, free, share)))
                .Message.Replace("are not negative", "is not negative", StringComparison.Ordinal);
    }

    [Fact]
    public void The_hourly_share_is_never_above_the_volumetric_one_nor_the_score_below_it() =>
        Gen.Select(Gen.Int[0, 1000].Array[24], Gen.Int[0, 1000].Array[24], Gen.Int[0, 100].Array[24])
            .Sample(
                (load, free, share) =>
                {
                    MatchingResult result = Match([.. load.Select((l, i) => ($"{l} kWh", $"{free[i]} kWh", (string?)$"{share[i]}e-2"))]);
                    if (result.HourlyMatched.Value is { } hourly)
                    {
                        Assert.True(
                            hourly <= result.Volumetric.Value
                                && hourly <= result.CarbonFreeScore.Value
                                && result.CarbonFreeScore.Value <= new Fraction(100)
                        );
                    }
                }
            );

    private static MatchingResult Match(params (string Load, string Free, string? Share)[] slots) =>
        MatchingResult.Of(
            [
                .. slots.Select(
                    (s, i) =>
                        new MatchingSlot(
                            Start.AddHours(i),
                            Quantity.Parse(s.Load),
                            Quantity.Parse(s.Free),
                            s.Share is null ? null : Exact.Parse(s.Share)
                        )
                ),
            ],
            TimeSpan.FromHours(1)
        );

    private static EmissionLine Line(string name, long micrograms) => new("scope1", name, "CO2", micrograms, new Derivation("", ""));

    private static UncertainLine Of(
        string name,
        long micrograms,
        RelativeUncertainty? activity,
        RelativeUncertainty? factor,
        string? correlated
    ) => new(Line(name, micrograms), activity, factor, correlated, false);
}
