namespace EdgeGateway.Carbon.Tests;

public class FactorLibraryTests
{
    private static readonly FactorQuery East = new("CN-grid-east", "electricity", "average", "organisation");

    private static FactorSet Grid(string set, string version, string value) =>
        FactorSet.Parse("try.csv", new StringReader(OpenSslSigner.Grid(set, version, value)));

    private static Period Days(string from, string until) => new(DateOnly.Parse(from), DateOnly.Parse(until));

    [Theory]
    [InlineData("2024-04-12", "2024-12-26", "0.5992 kgCO2/kWh", "cn-grid-2021/1")]
    [InlineData("2025-01-01", "2025-12-31", "0.5617 kgCO2/kWh", "cn-grid-2022/1")]
    [InlineData("2025-12-31", "2026-12-31", "0.5500 kgCO2/kWh", "cn-grid-2023/1")]
    public void The_set_that_is_valid_all_through_the_period_is_taken(string from, string until, string text, string set)
    {
        CitedFactor factor = FactorLibrary.Shipped.Require(East, Days(from, until));
        Assert.Equal((text, set, null), (factor.Text, factor.Set, factor.Note));
    }

    [Fact]
    public void A_period_over_a_boundary_is_refused_with_how_to_split_it()
    {
        string message = Assert
            .Throws<CarbonException>(() => FactorLibrary.Shipped.Require(East, Days("2025-12-01", "2026-02-01")))
            .Message;
        Assert.Equal(
            "The period 2025-12-01 to 2026-02-01 straddles 2025-12-31, where the validity of cn-grid-2022 ends "
                + "(average of electricity for CN-grid-east, purpose organisation). Split it into 2025-12-01 to 2025-12-31 "
                + "and 2025-12-31 to 2026-02-01, or name the year of the factor.",
            message
        );
        Assert.Equal(
            "The period 2024-01-01 to 2024-05-01 straddles 2024-04-12, where the validity of cn-grid-2021 begins "
                + "(average of electricity for CN-grid-east, purpose organisation). Split it into 2024-01-01 to 2024-04-12 "
                + "and 2024-04-12 to 2024-05-01, or name the year of the factor.",
            Assert.Throws<CarbonException>(() => FactorLibrary.Shipped.Require(East, Days("2024-01-01", "2024-05-01"))).Message
        );
    }

    [Fact]
    public void Naming_the_year_is_a_choice_that_is_noted()
    {
        CitedFactor factor = FactorLibrary.Shipped.Require(East with { Year = 2023 }, Days("2023-01-01", "2024-01-01"));
        Assert.Equal("0.5500 kgCO2/kWh", factor.Text);
        Assert.Equal("Chosen by name: cn-grid-2023 is valid from 2025-12-31, the period is 2023-01-01 to 2024-01-01.", factor.Note);
    }

    [Fact]
    public void No_region_is_the_default() =>
        Assert.Equal(
            "There is no average of electricity for AT, purpose organisation that is valid from 2026-01-01 to "
                + "2026-02-01: the regions with electricity are CN, CN-grid-north, CN-grid-northeast, CN-grid-east, "
                + "CN-grid-central, CN-grid-northwest, CN-grid-south, CN-grid-southwest, CN-JS, CN-ZJ, CN-GD, CN-BJ, "
                + "CN-SH, CN-TJ, CN-HE, CN-SX, CN-NM, CN-LN, CN-JL, CN-HL, CN-AH, CN-FJ, CN-JX, CN-SD, CN-HA, CN-HB, "
                + "CN-HN, CN-GX, CN-HI, CN-CQ, CN-SC, CN-GZ, CN-YN, CN-SN, CN-GS, CN-QH, CN-NX, CN-XJ. No region is the "
                + "default.",
            Assert
                .Throws<CarbonException>(() => FactorLibrary.Shipped.Require(East with { Region = "AT" }, Days("2026-01-01", "2026-02-01")))
                .Message
        );

    [Fact]
    public void A_product_is_not_accounted_with_the_factor_of_an_organisation()
    {
        Assert.Equal(
            "0.5777 kgCO2e/kWh",
            FactorLibrary.Shipped.Require(new("CN", "electricity", "footprint", "product"), Days("2026-01-01", "2026-02-01")).Text
        );
        Assert.Throws<CarbonException>(() =>
            FactorLibrary.Shipped.Require(new("CN", "electricity", "average", "product"), Days("2026-01-01", "2026-02-01"))
        );
        Assert.Throws<CarbonException>(() =>
            FactorLibrary.Shipped.Require(new("CN", "electricity", "footprint", "organisation"), Days("2026-01-01", "2026-02-01"))
        );
    }

    [Fact]
    public void Where_two_sets_fit_one_must_be_named()
    {
        FactorQuery gas = new("CN", "natural-gas", "carbon-content", "organisation");
        Assert.Equal(
            "cn-fuels-database-2026 and cn-fuels-gbt-32151-34 both hold carbon-content of natural-gas for CN, "
                + "purpose organisation. Name the set or the year.",
            Assert.Throws<CarbonException>(() => FactorLibrary.Shipped.Require(gas, Days("2026-07-01", "2026-08-01"))).Message
        );
        Assert.Equal(
            "0.0153 tC/GJ(NCV)",
            FactorLibrary.Shipped.Require(gas with { Set = "cn-fuels-gbt-32151-34" }, Days("2026-07-01", "2026-08-01")).Text
        );
        Assert.Equal("0.0153 tC/GJ(NCV)", FactorLibrary.Shipped.Require(gas, Days("2025-07-01", "2025-08-01")).Text);
    }

    [Fact]
    public void A_set_whose_day_is_not_confirmed_is_found_by_name_only()
    {
        FactorQuery diesel = new("CN", "diesel", "ncv", "organisation");
        Assert.Equal(
            "There is no ncv of diesel for CN, purpose organisation that is valid from 2026-07-01 to 2026-08-01: "
                + "there is cn-fuels-ndrc (found by name only, year not stated). Name a year or a set, or add a factor set "
                + "that fits.",
            Assert.Throws<CarbonException>(() => FactorLibrary.Shipped.Require(diesel, Days("2026-07-01", "2026-08-01"))).Message
        );
        Assert.Equal(
            "42.652 GJ(NCV)/t",
            FactorLibrary.Shipped.Require(diesel with { Set = "cn-fuels-ndrc" }, Days("2026-07-01", "2026-08-01")).Text
        );
    }

    [Fact]
    public void What_there_is_no_factor_of_says_what_there_is() =>
        Assert.Equal(
            "There is no ncv of lng for CN, purpose organisation that is valid from 2026-07-01 to 2026-08-01: there "
                + "are factors of standard-coal, electricity, raw-coal, natural-gas, diesel-mobile, diesel, gasoline, "
                + "kerosene, fuel-oil, lpg, coke-oven-gas, blast-furnace-gas, converter-gas, heat, CH4, N2O, CH4-fossil, "
                + "CH4-non-fossil. Add a factor set, or give the factor with its source.",
            Assert
                .Throws<CarbonException>(() =>
                    FactorLibrary.Shipped.Require(new("CN", "lng", "ncv", "organisation"), Days("2026-07-01", "2026-08-01"))
                )
                .Message
        );

    [Fact]
    public void A_set_of_ones_own_does_not_take_the_name_of_another()
    {
        FactorSet own = FactorSet.Shipped[0];
        Assert.Contains(
            $"There is a factor set {own.Name} already",
            Assert.Throws<CarbonException>(() => FactorLibrary.Shipped.With(own)).Message
        );
        Assert.Single(new FactorLibrary([]).With(own).Sets);
    }

    [Fact]
    public void A_later_version_takes_the_place_of_the_set_of_its_name_and_nothing_else_does()
    {
        FactorLibrary added = FactorLibrary.Shipped.WithLater(Grid("new", "1", "0.1")),
            corrected = added.WithLater(Grid("cn-grid-2023", "1.1", "0.5501"));
        Assert.Equal(FactorLibrary.Shipped.Sets.Count + 1, added.Sets.Count);
        Assert.Equal(added.Sets.Count, corrected.Sets.Count);
        Assert.Equal(
            "0.5501",
            corrected
                .Require(
                    new FactorQuery("CN-grid-east", "electricity", "average", "organisation", Set: "cn-grid-2023"),
                    Days("2026-01-01", "2026-02-01")
                )
                .Text.Split(' ')[0]
        );
        Assert.Equal(
            "The factor set cn-grid-2023 is there in version 1.1, and version 1.1.0 is not later. A correction has a later version.",
            Assert.Throws<CarbonException>(() => corrected.WithLater(Grid("cn-grid-2023", "1.1.0", "0.5502"))).Message
        );
        Assert.Throws<CarbonException>(() => corrected.WithLater(Grid("cn-grid-2023", "1", "0.5502")));
    }

    [Fact]
    public void A_key_that_two_sets_hold_is_found_in_both_and_none_is_chosen()
    {
        var key = new FactorKey("CN-grid-east", 2023, "average", "organisation");
        FactorLibrary two = FactorLibrary.Shipped.WithLater(Grid("new", "1", "0.1"));
        Assert.Equal(["cn-grid-2023", "new"], two.Find(key).Select(f => f.Set.Name));
        Assert.Equal($"cn-grid-2023 and new both hold {key}.", Assert.Throws<KeyNotFoundException>(() => two.Require(key)).Message);
    }

    [Fact]
    public void A_period_ends_after_it_begins() => Assert.Throws<CarbonException>(() => Days("2026-01-01", "2026-01-01"));

    [Theory]
    [InlineData("-0.1 kgCO2/kWh", "a", "is negative")]
    [InlineData("0.1 kgCO2/kWh", " ", "has no source")]
    [InlineData("0.1", "a", "is not a factor")]
    [InlineData("0.1 kgCO2", "a", "is not the unit of a factor")]
    [InlineData("0.1 kgCO2/kWh/h", "a", "is not the unit of a factor")]
    public void A_factor_of_ones_own_is_checked(string text, string source, string says) =>
        Assert.Contains(says, Assert.Throws<CarbonException>(() => CitedFactor.Given(text, source)).Message);
}
