using EdgeGateway.Accounting;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Site;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Site;

namespace EdgeGateway.Gateway.Tests;

public class SitePlanTests
{
    private static readonly SiteFile Everything = ReadEverything();
    private static readonly IReadOnlyList<RecordedGroup> Groups = SitePlan.GroupsOf(Everything);

    [Fact]
    public void A_calibration_leaf_says_what_it_corrects_and_what_stands_behind_it()
    {
        IReadOnlyList<LeafRecord> records = Groups[0].Calibrations["in-L1"].Records();
        Assert.Equal(
            [
                ("meter", "in-L1"),
                ("correction", "ratio 1.00342; 5 A 0.4° -0.05 %; 100 A 0.1° 0 %; offset -120 mW; noise 0.02 A"),
                ("calibrated", null),
                ("by", "Installer 7"),
                ("reference", "Portable meter class 0.2, number 4711"),
                ("uncertainty", "0.3 %"),
            ],
            records.Select(r => (r.Name, r.Text))
        );
        Assert.Equal(new DateTimeOffset(2026, 6, 1, 8, 30, 0, TimeSpan.Zero).ToUnixTimeSeconds(), records[2].Number!.Value.Mantissa);
        Assert.Equal("ratio 0.99; 5 A 0° 1.5 %", Groups[1].Calibrations["press"].Correction);
        Assert.Equal(["in-L1", "in-L2"], Groups[0].Calibrations.Keys);
    }

    [Fact]
    public void The_settings_say_what_is_corrected_and_that_a_clamp_is_reversed()
    {
        Assert.Equal("200 A/333 mV reversed", Groups[0].Settings.Single(r => r.Name == "in-L1/ct").Text);
        Assert.Equal(Groups[0].Calibrations["in-L1"].Correction, Groups[0].Settings.Single(r => r.Name == "in-L1/correction").Text);
        Assert.DoesNotContain(Groups[0].Settings, r => r.Name == "main/correction");
    }

    [Fact]
    public void The_face_of_a_pulse_meter_is_recorded_with_its_unit() =>
        Assert.Equal(
            new RecordedIndex("gas", ObisCode.Gas, "0012345.6 m3", new DateTimeOffset(2026, 6, 1, 8, 30, 0, TimeSpan.Zero)),
            Assert.Single(Groups[0].Indexes)
        );

    [Fact]
    public void The_settings_of_an_ATM90E32AS_phase_stand_in_the_leaf_of_its_group()
    {
        RecordedGroup group = Groups[0];
        Assert.Equal(
            [
                "bus sim:factory",
                "class 0.5S",
                "kind atm90e32as",
                "input B",
                "ct 200 A/333 mV",
                "voltage-divider 1001",
                "line 50 Hz",
                "correction ratio 1.01; 5 A 0.2° 0 %",
                "source grid.L2",
            ],
            group
                .Settings.Where(s => s.Name.StartsWith("in-L2/", StringComparison.Ordinal))
                .Select(s => $"{s.Name["in-L2/".Length..]} {s.Text}")
        );
    }

    [Fact]
    public void An_ATM90E32AS_phase_counts_active_energy_for_a_footprint()
    {
        CarbonAccount account = SitePlan.AccountsOf(Everything)[0];
        Assert.Contains("in-L2/1-0:1.8.0.255", account.Meters.Select(m => m.Register));
        Assert.DoesNotContain("press", account.Meters.Select(m => m.Name));
    }

    [Fact]
    public void Accounts_of_meters_and_of_entries_are_apart()
    {
        Assert.Equal(
            ["scope2-location", "scope1-gas", "scope2-market", "scope2-hourly"],
            SitePlan.AccountsOf(Everything).Select(a => a.Name)
        );
        Assert.Equal(TimeSpan.FromMinutes(30), SitePlan.AccountsOf(Everything)[3].IntensitySlot);
        Assert.Equal([("gas", ObisCode.Gas)], SitePlan.AccountsOf(Everything)[1].Meters.Select(m => (m.Name, m.Obis)));
        Assert.Equal(
            [("scope1-gas-billed", "gas bill"), ("scope1-diesel", "diesel"), ("scope2-heat", "steam")],
            SitePlan.EntryAccountsOf(Everything).Select(a => (a.Name, a.Subject))
        );
    }

    [Fact]
    public void A_product_is_counted_by_the_impulses_of_its_meter()
    {
        ProductCount product = Assert.Single(SitePlan.ProductsOf(Everything));
        Assert.Equal(
            ("battery pack", "presses/0-0:96.15.0.255", new AccountMeter("presses", ObisCode.Pieces, "1", "pieces")),
            (product.Product, product.Meter.Register, product.Meter)
        );
        Assert.Equal("1 imp/pieces", Groups[1].Settings.Single(r => r.Name == "presses/constant").Text);
    }

    private static SiteFile ReadEverything() =>
        SiteReader.TryRead(Path.Combine(Corpus.Folder, "valid-every-key.json"), null, out SiteFile? site, out _)
            ? site
            : throw new InvalidOperationException("The file with every key is not valid.");
}
