using EdgeGateway.Carbon.Targets;

namespace EdgeGateway.Carbon.Tests.Targets;

public class SectorProfileTests
{
    private const string Good = """
        profile=try,version=1,title=A test,by=2027,confidence=C,source=a test,note=
        kind,name,place,unit,title,confidence,source
        meter,grid,boundary,kWh,Grid,S,a test
        fuel,diesel,,t,Diesel,,suggestion
        product,packs,,{pack},Packs,,suggestion
        account,scope1,,,Fuels,C,a test
        """;

    [Fact]
    public void There_are_ten_sectors_with_the_years_that_the_policy_names_for_them()
    {
        Assert.Equal(
            [
                ("automotive", 2027),
                ("building-materials", 2030),
                ("computing", 2027),
                ("electronics", 2027),
                ("lithium-battery", 2027),
                ("non-ferrous", 2030),
                ("petrochemical", 2030),
                ("photovoltaics", 2027),
                ("steel", 2030),
                ("textiles", 2030),
            ],
            SectorProfile.Shipped.Select(p => (p.Name, p.By))
        );
        Assert.All(SectorProfile.Shipped, p => Assert.Equal("C", p.Confidence));
    }

    // A site that starts with it can account what it meters: each account has its meter, each fuel that comes by pipe too.
    [Fact]
    public void Each_profile_is_whole() => Assert.All(SectorProfile.Shipped, profile =>
        {
            string[] Names(string kind) => [.. profile.Parts.Where(p => p.Kind == kind).Select(p => p.Name)];
            string[] meters = Names("meter");
            Assert.Subset(
                meters.ToHashSet(),
                new HashSet<string>(["grid-import", "grid-export", "pv", "battery-charge", "battery-discharge"])
            );
            Assert.True(profile.Parts.Count(p => p.Place == "process") >= 4, profile.Name);
            Assert.NotEmpty(Names("product"));
            Assert.Subset(Names("account").ToHashSet(), new HashSet<string>(["scope1", "scope2-location", "scope2-market", "exports"]));
            Assert.Equal(meters.Contains("steam-supply"), Names("account").Contains("scope2-heat"));
            Assert.Equal(meters.Contains("gas-supply"), Names("fuel").Contains("natural-gas"));
            Assert.True(!meters.Contains("coal-scale") || Names("fuel").Contains("raw-coal"));
            Assert.All(profile.Parts, p => Assert.Equal(p.Source is null, p.Confidence is null));
            Assert.All(profile.Parts.Where(p => p.Place is "process" or "storage" || p.Kind is "fuel" or "product"), p =>
                Assert.Null(p.Source)
            );
        });

    [Theory]
    [InlineData(
        "profile=try",
        "programme=try",
        "try.csv, line 1: must be profile=…,version=…,title=…,by=…,confidence=…,source=…,note=…, and no value " + "may hold a comma"
    )]
    [InlineData("by=2027", "by=soon", "try.csv, line 1: 'soon' is none of 2027, 2030")]
    [InlineData("confidence=C", "confidence=M", "try.csv, line 1: 'M' is none of C, S")]
    [InlineData("source=a test", "source=", "try.csv, line 1: must give a title and a source")]
    [InlineData("kind,name", "name,kind", "try.csv, line 2: must be kind,name,place,unit,title,confidence,source")]
    [InlineData("meter,grid", "pump,grid", "try.csv, line 3: 'pump' is none of meter, fuel, product, account")]
    [InlineData("boundary", "roof", "try.csv, line 3: 'roof' is none of boundary, generation, storage, process")]
    [InlineData(
        "kWh",
        "kvarh",
        "try.csv, line 3: 'kvarh' is not a unit. There are 1, %, Wh, kWh, MWh, GWh, kJ, MJ, GJ, TJ, Wh(NCV), "
            + "kWh(NCV), MWh(NCV), GWh(NCV), kJ(NCV), MJ(NCV), GJ(NCV), TJ(NCV), Wh(GCV), kWh(GCV), MWh(GCV), "
            + "GWh(GCV), kJ(GCV), MJ(GCV), GJ(GCV), TJ(GCV), g, kg, t, gC, kgC, tC, gCO2, kgCO2, tCO2, gCO2e, kgCO2e, "
            + "tCO2e, gCH4, kgCH4, tCH4, gN2O, kgN2O, tN2O, gce, kgce, tce, l, m3, Nm3, 1e4Nm3, Sm3, 1e4Sm3, Pa, kPa, "
            + "bar, MPa, pieces, and {name} for pieces of a product."
    )]
    [InlineData("Grid,S", "Grid,", "try.csv, line 3: must have confidence C or S with a source, and none with the word suggestion")]
    [InlineData("Diesel,,", "Diesel,C,", "try.csv, line 4: must have confidence C or S with a source, and none with the word suggestion")]
    [InlineData(
        "diesel,,t",
        "coffee,,t",
        "try.csv, line 4: 'coffee' in t is no fuel of the factor sets: there is no calorific value of it for that unit"
    )]
    [InlineData(
        "diesel,,t",
        "diesel,,1e4Nm3",
        "try.csv, line 4: 'diesel' in 1e4Nm3 is no fuel of the factor sets: there is no calorific value of it " + "for that unit"
    )]
    [InlineData("diesel,,t", "diesel,process,t", "try.csv, line 4: must have no place: only a meter has one")]
    [InlineData(
        "{pack}",
        "pack",
        "try.csv, line 5: 'pack' is not a unit. There are 1, %, Wh, kWh, MWh, GWh, kJ, MJ, GJ, TJ, Wh(NCV), "
            + "kWh(NCV), MWh(NCV), GWh(NCV), kJ(NCV), MJ(NCV), GJ(NCV), TJ(NCV), Wh(GCV), kWh(GCV), MWh(GCV), "
            + "GWh(GCV), kJ(GCV), MJ(GCV), GJ(GCV), TJ(GCV), g, kg, t, gC, kgC, tC, gCO2, kgCO2, tCO2, gCO2e, kgCO2e, "
            + "tCO2e, gCH4, kgCH4, tCH4, gN2O, kgN2O, tN2O, gce, kgce, tce, l, m3, Nm3, 1e4Nm3, Sm3, 1e4Sm3, Pa, kPa, "
            + "bar, MPa, pieces, and {name} for pieces of a product."
    )]
    [InlineData(
        "account,scope1,,",
        "account,scope4,,",
        "try.csv, line 6: must name an account and no unit. There are scope1, biogenic-outside-scopes, "
            + "scope2-heat, scope2-location, scope2-market, exports"
    )]
    [InlineData(
        "account,scope1,,",
        "account,scope1,,kWh",
        "try.csv, line 6: must name an account and no unit. There are scope1, biogenic-outside-scopes, "
            + "scope2-heat, scope2-location, scope2-market, exports"
    )]
    [InlineData(
        "account,scope1,,,Fuels,C,a test",
        "meter,grid,storage,kWh,Grid,C,a test",
        "try.csv, line 6: gives the meter grid a second time"
    )]
    public void What_is_not_of_the_form_is_named_with_its_line(string text, string broken, string says)
    {
        int at = Good.IndexOf(text, StringComparison.Ordinal);
        Assert.True(at >= 0);
        string changed = Good[..at] + broken + Good[(at + text.Length)..];
        Assert.Equal(says, Assert.Throws<InvalidDataException>(() => SectorProfile.Parse("try.csv", new StringReader(changed))).Message);
    }

    [Fact]
    public void An_unknown_profile_is_refused_with_those_there_are() =>
        Assert.Equal(
            "There is no profile 'x'. There are automotive, building-materials, computing, electronics, "
                + "lithium-battery, non-ferrous, petrochemical, photovoltaics, steel, textiles.",
            Assert.Throws<CarbonException>(() => SectorProfile.Require("x")).Message
        );
}
