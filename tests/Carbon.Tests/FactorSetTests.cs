using System.Text.RegularExpressions;

namespace EdgeGateway.Carbon.Tests;

public class FactorSetTests
{
    private const string Good = """
        set=try,version=1,validFrom=2025-12-31,validUntil=
        region,of,name,kind,purpose,year,value,unit,uncertainty,mark,confidence,source
        XX,electricity,Somewhere,average,organisation,2023,0.5500,kgCO2/kWh,,,C,a test
        """;

    private static readonly FactorSet China = FactorSet.Shipped.Single(s => s.Name == "cn-grid-2023");

    [Fact]
    public void The_2023_set_holds_a_nation_7_grids_and_30_provinces()
    {
        Assert.Equal(40, China.Factors.Count);
        Assert.Equal(7, China.Factors.Count(f => f.Key.Region.StartsWith("CN-grid-", StringComparison.Ordinal)));
        Assert.Equal(30, China.Factors.Count(f => Regex.IsMatch(f.Key.Region, "^CN-[A-Z]{2}$")));
        Assert.Equal(
            ["average", "excluding-traded-non-fossil", "fossil-only"],
            China.Factors.Where(f => f.Key.Region == "CN").Select(f => f.Key.Kind)
        );
        Assert.All(China.Factors, f => Assert.Equal((2023, "organisation", "C"), (f.Key.Year, f.Key.Purpose, f.Confidence)));
    }

    [Theory]
    [InlineData("CN-grid-east", "average", "0.5500")]
    [InlineData("CN", "average", "0.5306")]
    [InlineData("CN", "excluding-traded-non-fossil", "0.6096")]
    [InlineData("CN", "fossil-only", "0.8273")]
    [InlineData("CN-YN", "average", "0.1333")]
    public void A_factor_keeps_its_published_digits(string region, string kind, string value)
    {
        (FactorSet set, Factor factor) = FactorLibrary.Shipped.Require(new FactorKey(region, 2023, kind, "organisation"));
        Assert.Equal((value, "cn-grid-2023"), (factor.Value, set.Name));
        Assert.Equal("MEE and NBS: Announcement 2025 No. 47 of 2025-12-31", factor.Source);
    }

    [Fact]
    public void A_missing_factor_says_what_its_region_has()
    {
        var error = Assert.Throws<KeyNotFoundException>(() =>
            FactorLibrary.Shipped.Require(new FactorKey("CN-JS", 2023, "average", "product"))
        );
        Assert.Equal(
            "There is no emission factor CN-JS/2023/average/product: for CN-JS there is CN-JS/2021/average/organisation and "
                + "CN-JS/2022/average/organisation and CN-JS/2023/average/organisation.",
            error.Message
        );
    }

    [Fact]
    public void A_missing_region_says_which_there_are()
    {
        var error = Assert.Throws<KeyNotFoundException>(() =>
            FactorLibrary.Shipped.Require(new FactorKey("CN-XZ", 2023, "average", "organisation"))
        );
        Assert.Equal(
            "There is no emission factor CN-XZ/2023/average/organisation: the regions are CN, CN-grid-north, "
                + "CN-grid-northeast, CN-grid-east, CN-grid-central, CN-grid-northwest, CN-grid-south, CN-grid-southwest, "
                + "CN-JS, CN-ZJ, CN-GD, CN-BJ, CN-SH, CN-TJ, CN-HE, CN-SX, CN-NM, CN-LN, CN-JL, CN-HL, CN-AH, CN-FJ, "
                + "CN-JX, CN-SD, CN-HA, CN-HB, CN-HN, CN-GX, CN-HI, CN-CQ, CN-SC, CN-GZ, CN-YN, CN-SN, CN-GS, CN-QH, "
                + "CN-NX, CN-XJ.",
            error.Message
        );
    }

    [Fact]
    public void The_records_tell_the_set_and_every_factor()
    {
        IReadOnlyList<(string Name, string Text)> records = China.Records();
        Assert.Equal([("set", "cn-grid-2023"), ("version", "1"), ("validFrom", "2025-12-31"), ("validUntil", "")], records.Take(4));
        Assert.Equal(44, records.Count);
        Assert.Contains(
            (
                "CN-grid-east/2023/average/organisation",
                "0.5500 kgCO2/kWh; MEE and NBS: Announcement 2025 No. 47 of 2025-12-31; confidence C"
            ),
            records
        );

        // RFC 8428 §4.5.1.
        Assert.All(records, r => Assert.Matches("^[A-Za-z0-9][A-Za-z0-9:./_-]*$", r.Name));
    }

    [Theory]
    [InlineData("set=try,", "set:try,", "line 1")]
    [InlineData("set=try", "set=a/b", "line 1: must give the set a name of letters")]
    [InlineData(
        "version=1",
        "version=",
        "line 1: must give the set a name of letters, digits, hyphens and underscores, and a version that can be compared"
    )]
    [InlineData("version=1", "version=1a", "line 1: must give")]
    [InlineData("version=1", "version=01", "line 1: must give")]
    [InlineData("version=1", "version=1.", "line 1: must give")]
    [InlineData("version=1", "version=-1", "line 1: must give")]
    [InlineData("version=1", "version=1.2.3.4.5", "line 1: must give")]
    [InlineData("version=1", "version=10000000000", "line 1: must give")]
    [InlineData("2025-12-31", "31.12.2025", "line 1: '31.12.2025' is not a day")]
    [InlineData("validUntil=", "validUntil=2025-12-31", "line 1: the set is valid until")]
    [InlineData("region,of", "of,region", "line 2")]
    [InlineData("XX,electricity,", "electricity,", "line 3: must have twelve cells")]
    [InlineData("XX,electricity,Somewhere,", ",electricity,Somewhere,", "line 3: must have twelve cells")]
    [InlineData("electricity,Somewhere", "electricity,\"Somewhere\"", "line 3: must have twelve cells")]
    [InlineData("2023", "23x", "line 3: '23x' is not a year")]
    [InlineData("kgCO2/kWh", "tCO2/MWh", "line 3: average of electricity is in kgCO2/kWh or kgCO2e/kWh, not in tCO2/MWh")]
    [InlineData("0.5500", "0,55", "line 3")]
    [InlineData("0.5500", "-0.55", "line 3: '-0.55' is not an emission factor")]
    [InlineData("0.5500", "0.5e1", "line 3: '0.5e1' is not an emission factor")]
    [InlineData(
        "a test",
        "a test\nXX,electricity,Elsewhere,average,organisation,2023,0.5600,kgCO2/kWh,,,C,a test",
        "line 4: gives XX/2023/average/organisation a second time"
    )]
    [InlineData("0.5500", "550.0", "line 3: 550.0 kgCO2/kWh is outside 0 to 2 kgCO2/kWh: is it in g/kWh?")]
    [InlineData(",C,", ",M,", "line 3: the confidence 'M' is neither C nor S")]
    [InlineData(",,,C", ",-1,,C", "line 3: the uncertainty '-1' is not a percentage above 0")]
    [InlineData(",,,C", ",,process-gas,C", "line 3: electricity has no factor of kind 'average' with the mark 'process-gas'")]
    [InlineData("organisation", "everything", "line 3: 'everything' is not what a factor of kind average is for")]
    [InlineData("average,organisation", "footprint,organisation", "line 3: 'organisation' is not what a factor of kind footprint is for")]
    [InlineData("average", "marginal", "line 3: electricity has no factor of kind 'marginal'")]
    [InlineData(
        "XX,electricity,Somewhere,average,organisation,2023,0.5500",
        "CN,electricity,China,average,organisation,2021,0.5366",
        "line 3: 0.5366 labelled 2021 is the national average of 2022"
    )]
    [InlineData(
        "XX,electricity,Somewhere,average,organisation,2023,0.5500",
        "CN,electricity,China,average,organisation,2022,0.5568",
        "line 3: 0.5568 labelled 2022 is the national average of 2021"
    )]
    [InlineData(
        "XX,electricity,Somewhere,average,organisation,2023,0.5500",
        "CN,electricity,China,average,organisation,2024,0.5703",
        "line 3: 0.5703 labelled 2024 is an older value"
    )]
    [InlineData(
        "electricity,Somewhere,average,organisation,2023,0.5500,kgCO2/kWh",
        "anthracite,Anthracite,carbon-content,any,,0.0936,tC/GJ(NCV)",
        "line 3: 0.0936 tC/GJ(NCV) is outside 0.010 to 0.035 tC/GJ(NCV): is it CO2"
    )]
    [InlineData(
        "electricity,Somewhere,average,organisation,2023,0.5500,kgCO2/kWh",
        "anthracite,Anthracite,carbon-content,any,,0.0274,tC/TJ(NCV)",
        "line 3: carbon-content of anthracite is in tC/GJ(NCV)"
    )]
    [InlineData(
        "electricity,Somewhere,average,organisation,2023,0.5500,kgCO2/kWh",
        "anthracite,Anthracite,oxidation,any,,98,1",
        "line 3: 98 1 is outside 0.5 to 1"
    )]
    [InlineData(
        "electricity,Somewhere,average,organisation,2023,0.5500,kgCO2/kWh",
        "CH4,Methane,gwp100,any,,31,kgCO2e/kgCH4",
        "line 3: 31 kgCO2e/kgCH4 is outside 21 to 30"
    )]
    public void A_broken_file_is_refused_with_its_line(string good, string bad, string fault)
    {
        var error = Assert.Throws<FormatException>(() => FactorSet.Parse("try.csv", new StringReader(Good.Replace(good, bad))));
        Assert.Contains(fault, error.Message);
    }

    [Fact]
    public void A_potential_of_methane_in_AR6_must_say_which()
    {
        string text = Good.Replace("set=try", "set=my-ar6")
            .Replace("electricity,Somewhere,average,organisation,2023,0.5500,kgCO2/kWh", "CH4,Methane,gwp100,any,2021,27.9,kgCO2e/kgCH4");
        Assert.Equal(
            "try.csv, line 3: AR6 has two potentials of methane: write CH4-fossil and CH4-non-fossil",
            Assert.Throws<FormatException>(() => FactorSet.Parse("try.csv", new StringReader(text))).Message
        );
    }

    [Fact]
    public void Gas_of_a_blast_furnace_holds_more_carbon_only_where_it_is_marked()
    {
        string text = Good.Replace(
            "electricity,Somewhere,average,organisation,2023,0.5500,kgCO2/kWh,,",
            "bfg,Blast-furnace gas,carbon-content,any,,0.0708,tC/GJ(NCV),,process-gas"
        );
        Assert.Equal("process-gas", FactorSet.Parse("try.csv", new StringReader(text)).Factors[0].Mark);
        Assert.Throws<FormatException>(() => FactorSet.Parse("try.csv", new StringReader(text.Replace("process-gas", ""))));
    }

    [Fact]
    public void An_uncertainty_stands_in_the_records()
    {
        FactorSet set = FactorSet.Parse("try.csv", new StringReader(Good.Replace(",,,C", ",3.5,,C")));
        Assert.Equal("0.5500 kgCO2/kWh; a test; confidence C; uncertainty 3.5 %", set.Records()[^1].Text);
    }

    [Fact]
    public void Every_set_that_ships_has_names_that_a_leaf_can_hold() =>
        Assert.All(FactorSet.Shipped.SelectMany(s => s.Records()), r => Assert.Matches("^[A-Za-z0-9][A-Za-z0-9:./_-]*$", r.Name));

    [Fact]
    public void Nothing_ships_that_is_disputed_or_unconfirmed()
    {
        Assert.DoesNotContain(FactorSet.Shipped.SelectMany(s => s.Factors), f => f.Key.Of == "lng");
        Assert.All(FactorSet.Shipped.SelectMany(s => s.Factors), f => Assert.True(f.Confidence is "C" or "S"));
        Assert.DoesNotContain(FactorSet.Shipped.SelectMany(s => s.Factors), f => f.Value == "0.5942"); // one memory of 2021, no publication
    }

    [Theory]
    [InlineData("1", "1", 0)]
    [InlineData("1", "1.0", 0)]
    [InlineData("2", "10", -1)]
    [InlineData("1.9", "1.10", -1)]
    [InlineData("2", "1.10", 1)]
    [InlineData("1.0.1", "1", 1)]
    public void Versions_are_compared_number_by_number(string one, string other, int sign)
    {
        Assert.Equal(sign, Math.Sign(FactorSet.CompareVersions(one, other)));
        Assert.Equal(-sign, Math.Sign(FactorSet.CompareVersions(other, one)));
    }

    [Fact]
    public void A_set_without_factors_is_refused() =>
        Assert.Throws<FormatException>(() =>
            FactorSet.Parse("try.csv", new StringReader(Good[..Good.IndexOf("XX", StringComparison.Ordinal)]))
        );
}
