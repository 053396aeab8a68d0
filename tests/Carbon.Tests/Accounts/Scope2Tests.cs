using CsCheck;
using EdgeGateway.Carbon.Accounts;
using Fractions;

namespace EdgeGateway.Carbon.Tests.Accounts;

public class Scope2Tests
{
    private static readonly CitedFactor East = Some.Shipped("CN-grid-east", "electricity", "average");
    private static readonly CitedFactor Residual = Some.Shipped("CN", "electricity", "excluding-traded-non-fossil");

    [Fact]
    public void Both_methods_stand_side_by_side()
    {
        Scope2 account = Of([Bought("main", "1000 kWh")], [Certificate("GEC-1", "400 kWh")]);
        Assert.Equal(550_000_000_000, Total(account, Scope2.LocationAccount));
        Assert.Equal(600 * 609_600_000L, Total(account, Scope2.MarketAccount));
        Assert.Equal(["main: GEC-1", "main: residual"], account.Lines.Where(l => l.Account == Scope2.MarketAccount).Select(l => l.Name));
    }

    [Fact]
    public void Instruments_are_used_in_the_order_of_their_quality()
    {
        Instrument supplier = new(
            "supplier",
            InstrumentKind.Supplier,
            Quantity.Parse("300 kWh"),
            Some.July,
            "CN",
            Some.Given("0.4 kgCO2/kWh")
        );
        Instrument contract = new("contract", InstrumentKind.Contract, Quantity.Parse("300 kWh"), Some.July, "CN", null)
        {
            Settlement = "S",
        };
        Scope2 account = Of([Bought("main", "1000 kWh")], [supplier, contract, Certificate("GEC-1", "300 kWh")]);
        Assert.Equal(
            ["main: GEC-1", "main: contract", "main: supplier", "main: residual"],
            account.Lines.Where(l => l.Account == Scope2.MarketAccount).Select(l => l.Name)
        );
        Assert.Equal((300 * 400_000_000L) + (100 * 609_600_000L), Total(account, Scope2.MarketAccount));
        Assert.Equal(("300 kWh", "300 kWh"), (account.NonFossilByCertificate.ToString(), account.NonFossilByContract.ToString()));
    }

    [Fact]
    public void Instruments_beyond_the_consumption_are_left_over_and_never_negative()
    {
        Scope2 account = Of([Bought("main", "100 kWh")], [Certificate("GEC-1", "1 MWh")]);
        Assert.Equal(0, Total(account, Scope2.MarketAccount));
        Assert.Equal(("100 kWh", "900 kWh"), (account.Instruments[0].Used.ToString(), account.Instruments[0].Left.ToString()));
    }

    [Theory]
    [InlineData(false, false, "green is non-fossil, but 500 kWh of it have no valid proof")]
    [InlineData(true, false, "green is non-fossil, but 300 kWh of it have no valid proof")]
    [InlineData(true, true, null)]
    public void Non_fossil_electricity_without_proof_blocks_the_market_based_total(bool first, bool second, string? blocked)
    {
        List<string> proof = [.. first ? ["GEC-1"] : Array.Empty<string>(), .. second ? ["GEC-2"] : Array.Empty<string>()];
        Scope2 account = Of(
            [Bought("main", "1000 kWh"), Green("green", "500 kWh", [.. proof])],
            [Certificate("GEC-1", "200 kWh"), Certificate("GEC-2", "300 kWh")]
        );
        AccountTotal market = account.Totals.Single(t => t.Account == Scope2.MarketAccount);
        Assert.Equal(blocked, market.Blocked);
        Assert.Equal(blocked is null, market.Micrograms is not null);

        // Gross and location-based do not depend on it.
        Assert.Equal(825_000_000_000, Total(account, Scope2.LocationAccount));
        Assert.Contains(account.Lines, l => l.Account == Scope2.MarketAccount && l.Name.StartsWith("main", StringComparison.Ordinal));
    }

    [Fact]
    public void A_proof_serves_its_own_line_first()
    {
        Scope2 account = Of([Bought("main", "1000 kWh"), Green("green", "500 kWh", "GEC-1")], [Certificate("GEC-1", "500 kWh")]);
        Assert.Empty(account.Blocked);
        Assert.Equal(1000 * 609_600_000L, Total(account, Scope2.MarketAccount));
    }

    [Fact]
    public void Without_a_residual_mix_what_no_instrument_is_for_has_no_value()
    {
        Scope2 account = Scope2.Of(Some.July, "CN", [Bought("main", "1000 kWh")], [], [Certificate("GEC-1", "999 kWh")], null);
        Assert.Equal(
            "main: no instrument is for 1 kWh, and no residual mix is configured. Name its factor",
            account.Totals.Single(t => t.Account == Scope2.MarketAccount).Blocked
        );
        Assert.Empty(Scope2.Of(Some.July, "CN", [Bought("main", "1000 kWh")], [], [Certificate("GEC-1", "1000 kWh")], null).Blocked);
    }

    public static TheoryData<Instrument, string> Invalid =>
        new()
        {
            { Certificate("X", "1 kWh") with { Market = "GB" }, "X is for the market GB, the electricity was used in CN" },
            {
                Certificate("X", "1 kWh") with
                {
                    Period = new(new DateOnly(2026, 6, 1), new DateOnly(2026, 7, 1)),
                },
                "X is for 2026-06-01 to 2026-07-01, which is not within"
            },
            { Certificate("X", "1 kWh") with { Period = new(new DateOnly(2026, 6, 1), new DateOnly(2026, 8, 1)) }, "which is not within" },
            { Certificate("X", "1 kWh") with { Retired = null }, "X is not retired" },
            { Certificate("X", "0 kWh"), "It must be above 0" },
            { Certificate("X", "1 kg"), "one is mass, the other energy" },
            { Certificate("X", "1 kWh") with { Kind = InstrumentKind.Contract }, "X has no settlement" },
            { Certificate("X", "1 kWh") with { Kind = InstrumentKind.Supplier }, "X has no factor" },
            { Certificate("X", "1 kWh") with { Factor = Some.Given("0.1 kgCO2e/kWh") }, "the account is in CO2" },
        };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void An_instrument_that_does_not_hold_refuses_the_whole(Instrument instrument, string says) =>
        Assert.Contains(says, Assert.Throws<CarbonException>(() => Of([Bought("main", "1000 kWh")], [instrument])).Message);

    [Fact]
    public void An_instrument_is_claimed_once() =>
        Assert.Equal(
            "GEC-1 is claimed twice. Each instrument is used once.",
            Assert
                .Throws<CarbonException>(() =>
                    Of([Bought("main", "1 kWh")], [Certificate("GEC-1", "1 kWh"), Certificate("GEC-1", "2 kWh")])
                )
                .Message
        );

    [Fact]
    public void An_instrument_that_two_lines_name_is_not_used_beyond_its_energy()
    {
        Scope2 account = Of([Green("a", "80 kWh", "GEC-1"), Green("b", "80 kWh", "GEC-1")], [Certificate("GEC-1", "100 kWh")]);
        Assert.Equal(["b is non-fossil, but 60 kWh of it have no valid proof"], account.Blocked);
    }

    [Fact]
    public void Own_fossil_electricity_is_sent_to_scope_1()
    {
        Scope2 account = Of([new(Some.Activity("100 kWh", "engine"), Acquisition.SelfGenerated, PowerSource.Fossil)], []);
        Assert.Equal(["engine"], account.SentToScope1);
        Assert.Empty(account.Lines);
    }

    [Fact]
    public void Own_non_fossil_electricity_needs_its_monthly_record()
    {
        ElectricityLine roof = new(Some.Activity("100 kWh", "roof"), Acquisition.SelfGenerated, PowerSource.NonFossil) { Proof = ["R"] };
        Instrument record = new("R", InstrumentKind.GenerationRecord, Quantity.Parse("100 kWh"), Some.July, "CN", null);
        Scope2 account = Of([roof], [record]);
        Assert.Equal(0, Total(account, Scope2.MarketAccount));
        Assert.Equal("100 kWh", account.NonFossilPhysical.ToString());
        Assert.Equal(["roof is non-fossil, but 100 kWh of it have no valid proof"], Of([roof with { Proof = [] }], []).Blocked);
        Assert.Equal(
            "GEC-1 does not prove roof: purchased electricity takes a certificate or a settled contract, own "
                + "generation its monthly record.",
            Assert.Throws<CarbonException>(() => Of([roof with { Proof = ["GEC-1"] }], [Certificate("GEC-1", "100 kWh")])).Message
        );
        Assert.Equal(
            "R does not prove green: purchased electricity takes a certificate or a settled contract, own generation "
                + "its monthly record.",
            Assert.Throws<CarbonException>(() => Of([Green("green", "1 kWh", "R")], [record])).Message
        );
    }

    [Fact]
    public void Own_electricity_whose_certificates_were_sold_counts_as_that_of_the_grid()
    {
        ElectricityLine roof = new(Some.Activity("100 kWh", "roof"), Acquisition.SelfGenerated, PowerSource.NonFossil)
        {
            Proof = ["R"],
            CertificatesSold = Quantity.Parse("0.04 MWh"),
        };
        Instrument record = new("R", InstrumentKind.GenerationRecord, Quantity.Parse("100 kWh"), Some.July, "CN", null);
        Scope2 account = Of([roof], [record]);
        Assert.Equal(40 * 609_600_000L, Total(account, Scope2.MarketAccount));
        Assert.Equal("60 kWh", account.NonFossilPhysical.ToString());
        Assert.Equal(
            "roof used 100 kWh, but certificates of 101 kWh were sold of it. State those of the used energy.",
            Assert.Throws<CarbonException>(() => Of([roof with { CertificatesSold = Quantity.Parse("101 kWh") }], [record])).Message
        );
    }

    [Fact]
    public void A_direct_line_has_the_factor_of_its_plant()
    {
        ElectricityLine wind = new(Some.Activity("100 kWh", "wind"), Acquisition.DirectLine, PowerSource.NonFossil) { Proof = ["C"] };
        Instrument contract = new("C", InstrumentKind.Contract, Quantity.Parse("100 kWh"), Some.July, "CN", null) { Settlement = "S" };
        Scope2 account = Of([wind], [contract]);
        Assert.DoesNotContain(account.Lines, l => l.Account == Scope2.LocationAccount);
        Assert.Equal("100 kWh", account.NonFossilPhysical.ToString());
        ElectricityLine coal = new(Some.Activity("100 kWh", "coal"), Acquisition.DirectLine, PowerSource.Fossil)
        {
            Own = Some.Given("0.9 kgCO2/kWh"),
        };
        Assert.Equal([90_000_000_000, 90_000_000_000], Of([coal], []).Totals.Select(t => (long)t.Micrograms!.Value));
        Assert.Equal(
            "coal is fossil electricity over a direct line. Give the factor of its plant.",
            Assert.Throws<CarbonException>(() => Of([coal with { Own = null }], [])).Message
        );
        Assert.Equal(
            "wind comes from one plant, so it is non-fossil or fossil, not ordinary.",
            Assert.Throws<CarbonException>(() => Of([wind with { Attribute = PowerSource.Ordinary }], [])).Message
        );
    }

    [Fact]
    public void Exports_are_netted_in_one_view_only()
    {
        Scope2 account = Scope2.Of(
            Some.July,
            "CN",
            [Bought("main", "1000 kWh")],
            [new(Some.Activity("100 kWh", "roof to grid"), Residual)],
            [],
            Residual
        );
        Assert.Equal(550_000_000_000, Total(account, Scope2.LocationAccount));
        Assert.Equal(60_960_000_000, Total(account, Scope2.ExportAccount));
        Assert.Equal(550_000_000_000 - 60_960_000_000, account.Net.Micrograms);
        Assert.Equal(1000 * 609_600_000L, Total(account, Scope2.MarketAccount));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Equal(
            "main has no factor of its grid. Name the region: there is no default.",
            Refused([Bought("main", "1 kWh") with { Grid = null }])
        );
        Assert.Equal("main is there twice. Give each line a name of its own.", Refused([Bought("main", "1 kWh"), Bought("main", "2 kWh")]));
        Assert.Equal(
            "Factors of CO2 and of CO2e are mixed (0.6 kgCO2e/kWh, 0.6096 kgCO2/kWh). An account has one of them.",
            Refused([Bought("main", "1 kWh") with { Grid = Some.Given("0.6 kgCO2e/kWh") }])
        );
        Assert.Equal(
            "0.1229 kgce/kWh is no factor of emissions. Electricity takes kgCO2/kWh or kgCO2e/kWh.",
            Refused([Bought("main", "1 kWh") with { Grid = Some.Given("0.1229 kgce/kWh") }])
        );
        Assert.Equal("kg is not kWh: one is mass, the other energy.", Refused([Bought("main", "1 kg")]));
        Assert.Equal("green names the proof GEC-9, which is not among the instruments.", Refused([Green("green", "1 kWh", "GEC-9")]));
        Assert.Equal(
            "coal was purchased as fossil electricity. Give its factor, such as the region's fossil-only.",
            Refused([Bought("coal", "1 kWh") with { Attribute = PowerSource.Fossil }])
        );
        Assert.Equal(
            "GEC-1 has 0.1 kgCO2/kWh, so it does not prove that green is non-fossil.",
            Assert
                .Throws<CarbonException>(() =>
                    Of([Green("green", "1 kWh", "GEC-1")], [Certificate("GEC-1", "1 kWh") with { Factor = Some.Given("0.1 kgCO2/kWh") }])
                )
                .Message
        );

        static string Refused(IReadOnlyList<ElectricityLine> lines) => Assert.Throws<CarbonException>(() => Of(lines, [])).Message;
    }

    [Fact]
    public void Every_kilowatt_hour_is_accounted_once_and_no_instrument_gives_more_than_it_has() =>
        Gen.Select(Gen.Int[0, 5000].Array[1, 6], Gen.Int[1, 5000].Array[0, 6], Gen.Int[0, 2].Array[6])
            .Sample(
                (lines, energies, kinds) =>
                {
                    Instrument[] instruments =
                    [
                        .. energies.Select(
                            (e, i) =>
                                new Instrument(
                                    $"I{i}",
                                    (InstrumentKind)kinds[i],
                                    Quantity.Parse($"{e} Wh"),
                                    Some.July,
                                    "CN",
                                    Some.Given("0.1 kgCO2/kWh")
                                )
                                {
                                    Retired = new DateOnly(2026, 8, 1),
                                    Settlement = "S",
                                }
                        ),
                    ];
                    Scope2 account = Of([.. lines.Select((l, i) => Bought($"L{i}", $"{l} Wh"))], instruments);
                    Fraction used = account.Instruments.Aggregate(Fraction.Zero, (sum, u) => sum + u.Used.Value);
                    Fraction all = new(lines.Sum(), 1000),
                        most = new(energies.Sum(), 1000);
                    Assert.Equal(all < most ? all : most, used);
                    Assert.All(account.Instruments, u => Assert.False(u.Left.Value.IsNegative));

                    // 1 Wh is 100 000 or 609 600 µg: nothing is lost to rounding.
                    Assert.Equal(
                        (used * new Fraction(100_000_000)) + ((all - used) * new Fraction(609_600_000)),
                        new Fraction(Total(account, Scope2.MarketAccount))
                    );
                }
            );

    [Fact]
    public void Neither_units_nor_the_cut_into_lines_change_a_total() =>
        Gen.Select(Gen.Long[0, 1_000_000_000], Gen.Long[0, 1_000_000_000])
            .Sample(
                (a, b) =>
                {
                    // 0.5500 kg and 0.6096 kg a kilowatt-hour are whole micrograms a watt-hour, so that lines round nothing.
                    Scope2 one = Of([Bought("all", $"{a + b} Wh")], []),
                        two = Of([Bought("a", $"{a}e-6 MWh"), Bought("b", $"{b}e-3 kWh")], []);
                    Assert.Equal(one.Totals.Select(t => t.Micrograms), two.Totals.Select(t => t.Micrograms));
                }
            );

    private static Scope2 Of(IReadOnlyList<ElectricityLine> lines, IReadOnlyList<Instrument> instruments) =>
        Scope2.Of(Some.July, "CN", lines, [], instruments, Residual);

    private static ElectricityLine Bought(string name, string energy) =>
        new(Some.Activity(energy, name), Acquisition.Purchased, PowerSource.Ordinary) { Grid = East };

    private static ElectricityLine Green(string name, string energy, params string[] proof) =>
        Bought(name, energy) with
        {
            Attribute = PowerSource.NonFossil,
            Proof = proof,
        };

    private static Instrument Certificate(string id, string energy) =>
        new(id, InstrumentKind.Certificate, Quantity.Parse(energy), Some.July, "CN", null) { Retired = new DateOnly(2026, 8, 1) };

    private static long Total(Scope2 account, string name) =>
        (long)(account.Totals.SingleOrDefault(t => t.Account == name)?.Micrograms ?? -1);
}
