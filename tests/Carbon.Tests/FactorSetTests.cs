using System.Text.RegularExpressions;

namespace EdgeGateway.Carbon.Tests;

public class FactorSetTests
{
    private const string Good = """
        set=try,version=1,validFrom=2025-12-31,validUntil=
        region,name,kind,purpose,year,value,unit,confidence,source
        XX,Somewhere,average,organisation,2023,0.5500,kgCO2/kWh,C,a test
        """;

    private static readonly FactorSet China = FactorSet.Shipped.Single(s => s.Name == "cn-grid-2023");

    [Fact]
    public void The_2023_set_holds_a_nation_7_grids_and_30_provinces()
    {
        Assert.Equal(40, China.Factors.Count);
        Assert.Equal(7, China.Factors.Count(f => f.Key.Region.StartsWith("CN-grid-", StringComparison.Ordinal)));
        Assert.Equal(30, China.Factors.Count(f => Regex.IsMatch(f.Key.Region, "^CN-[A-Z]{2}$")));
        Assert.Equal(["average", "excluding-traded-non-fossil", "fossil-only"], China.Factors.Where(f => f.Key.Region == "CN").Select(f => f.Key.Kind));
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
        (FactorSet set, Factor factor) = FactorSet.Require(new FactorKey(region, 2023, kind, "organisation"));
        Assert.Equal((value, "cn-grid-2023"), (factor.Value, set.Name));
        Assert.Equal("MEE and NBS: Announcement 2025 No. 47 of 2025-12-31", factor.Source);
    }

    [Fact]
    public void A_missing_factor_says_what_its_region_has()
    {
        var error = Assert.Throws<KeyNotFoundException>(() => FactorSet.Require(new FactorKey("CN-JS", 2023, "average", "product")));
        Assert.Equal("There is no emission factor CN-JS/2023/average/product: for CN-JS there is CN-JS/2023/average/organisation.", error.Message);
    }

    [Fact]
    public void A_missing_region_says_which_there_are()
    {
        var error = Assert.Throws<KeyNotFoundException>(() => FactorSet.Require(new FactorKey("CN-XZ", 2023, "average", "organisation")));
        Assert.StartsWith("There is no emission factor CN-XZ/2023/average/organisation: the regions are CN, CN-grid-north, ", error.Message);
        Assert.EndsWith("CN-XJ.", error.Message);
    }

    [Fact]
    public void The_records_tell_the_set_and_every_factor()
    {
        IReadOnlyList<(string Name, string Text)> records = China.Records();
        Assert.Equal([("set", "cn-grid-2023"), ("version", "1"), ("validFrom", "2025-12-31"), ("validUntil", "")], records.Take(4));
        Assert.Equal(44, records.Count);
        Assert.Contains(
            ("CN-grid-east/2023/average/organisation", "0.5500 kgCO2/kWh; MEE and NBS: Announcement 2025 No. 47 of 2025-12-31; confidence C"),
            records);

        // RFC 8428 §4.5.1.
        Assert.All(records, r => Assert.Matches("^[A-Za-z0-9][A-Za-z0-9:./_-]*$", r.Name));
    }

    [Theory]
    [InlineData("set=try,", "set:try,", "line 1")]
    [InlineData("2025-12-31", "31.12.2025", "line 1: '31.12.2025' is not a day")]
    [InlineData("region,name", "name,region", "line 2")]
    [InlineData("XX,", "", "line 3: must have nine filled cells")]
    [InlineData("XX,", ",", "line 3: must have nine filled cells")]
    [InlineData("Somewhere", "\"Somewhere\"", "line 3: must have nine filled cells")]
    [InlineData("2023", "23x", "line 3: must have a year")]
    [InlineData("kgCO2/kWh", "tCO2/MWh", "line 3: must have a year and the unit kgCO2/kWh")]
    [InlineData("0.5500", "0,55", "line 3")]
    [InlineData("0.5500", "-0.55", "line 3: '-0.55' is not an emission factor")]
    [InlineData("0.5500", "0.5e1", "line 3: '0.5e1' is not an emission factor")]
    [InlineData("a test", "a test\nXX,Elsewhere,average,organisation,2023,0.5600,kgCO2/kWh,C,a test", "line 4: gives XX/2023/average/organisation a second time")]
    public void A_broken_file_is_refused_with_its_line(string good, string bad, string fault)
    {
        var error = Assert.Throws<FormatException>(() => FactorSet.Parse("try.csv", new StringReader(Good.Replace(good, bad))));
        Assert.Contains(fault, error.Message);
    }

    [Fact]
    public void A_set_without_factors_is_refused() =>
        Assert.Throws<FormatException>(() => FactorSet.Parse("try.csv", new StringReader(Good[..Good.IndexOf("XX", StringComparison.Ordinal)])));
}
