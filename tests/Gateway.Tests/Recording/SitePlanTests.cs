using EdgeGateway.Gateway.Tests.Site;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Site;

namespace EdgeGateway.Tests.Recording;

public class SitePlanTests
{
    private static readonly SiteFile Everything =
        SiteReader.TryRead(Path.Combine(Corpus.Folder, "valid-every-key.json"), null, out SiteFile? site, out _) ? site : throw new InvalidDataException();

    [Fact]
    public void The_settings_of_an_ATM90E32AS_phase_stand_in_the_leaf_of_its_group()
    {
        RecordedGroup group = Assert.Single(SitePlan.GroupsOf(Everything), g => g.Name == "boundary");
        Assert.Equal(
            ["bus sim:factory", "class 0.5S", "kind atm90e32as", "input B", "ct 200 A/333 mV", "voltage-divider 1001", "line 50 Hz", "source grid.L2"],
            group.Settings.Where(s => s.Name.StartsWith("in-L2/", StringComparison.Ordinal)).Select(s => $"{s.Name["in-L2/".Length..]} {s.Text}"));
    }

    [Fact]
    public void An_ATM90E32AS_phase_counts_active_energy_for_a_footprint()
    {
        CarbonAccount account = Assert.Single(SitePlan.AccountsOf(Everything));
        Assert.True(account.Counts("in-L2", ObisCode.ActiveImport));
        Assert.False(account.Counts("press", ObisCode.ApparentImport));
    }
}
