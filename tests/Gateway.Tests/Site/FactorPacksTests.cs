using EdgeGateway.Carbon.Tests;
using EdgeGateway.Site;

namespace EdgeGateway.Gateway.Tests.Site;

public sealed class FactorPacksTests : IDisposable
{
    private const string Shipped = "cn-grid-2023/1 0.5500 kgCO2/kWh";

    private readonly SiteWithPacks _site = new();

    public void Dispose() => _site.Dispose();

    [Fact]
    public void Without_packs_what_ships_holds()
    {
        Assert.Equal(Shipped, _site.Used());
        Directory.CreateDirectory(_site.Folder);
        Assert.Equal(Shipped, _site.Used());
        Assert.Equal(FactorPacks.None.Library, _site.Read().FactorPacks.Library);
    }

    [Fact]
    public void A_later_version_in_a_pack_corrects_a_set_that_ships()
    {
        _site.Put("cn-grid-2023.2.csv", OpenSslSigner.Grid("cn-grid-2023", "2", "0.5501"));
        Assert.Equal("cn-grid-2023/2 0.5501 kgCO2/kWh", _site.Used());
        Assert.Equal(_site.Signer.PublicKey, _site.Read().FactorPacks.SignedBy["cn-grid-2023"].Path);
    }

    [Fact]
    public void A_footprint_can_use_a_factor_that_only_a_pack_holds()
    {
        using SiteWithPacks site = new("plant");
        Assert.Equal(
            "footprints[0].factor: there is no emission factor CN-grid-east/2023/average/organisation in plant",
            site.Faults().Single().ToString().Split(';')[0]
        );
        site.Put("plant.1.csv", OpenSslSigner.Grid("plant", "1", "0.1234"));
        Assert.Equal("plant/1 0.1234 kgCO2/kWh", site.Used());
    }

    [Fact]
    public void Where_two_sets_hold_a_factor_one_must_be_named()
    {
        _site.Put("plant.1.csv", OpenSslSigner.Grid("plant", "1", "0.1234"));
        Assert.Equal(
            "footprints[0].factor: cn-grid-2023 and plant both hold CN-grid-east/2023/average/organisation; name one of them with set",
            _site.Faults().Single().ToString()
        );
    }

    [Fact]
    public void A_set_that_ships_as_late_or_later_wins_over_a_pack()
    {
        _site.Put("cn-grid-2023.1.0.csv", OpenSslSigner.Grid("cn-grid-2023", "1.0", "0.5501"));
        Assert.Equal(Shipped, _site.Used());
        Assert.Equal(
            ["The factor pack cn-grid-2023.1.0.csv is not used: this gateway ships cn-grid-2023 in version 1"],
            _site.Read().FactorPacks.Overtaken
        );
    }

    [Fact]
    public void Of_two_versions_that_an_interrupted_load_has_left_the_later_one_holds()
    {
        _site.Put("cn-grid-2023.9.csv", OpenSslSigner.Grid("cn-grid-2023", "9", "0.5509"));
        _site.Put("cn-grid-2023.10.csv", OpenSslSigner.Grid("cn-grid-2023", "10", "0.5510"));
        Assert.Equal("cn-grid-2023/10 0.5510 kgCO2/kWh", _site.Used());
        Assert.Empty(_site.Read().FactorPacks.Overtaken);
        File.Delete(Path.Combine(_site.Folder, "cn-grid-2023.10.csv")); // its signature alone is no pack
        Assert.Equal("cn-grid-2023/9 0.5509 kgCO2/kWh", _site.Used());
    }

    [Fact]
    public void A_refused_pack_that_may_correct_a_used_set_ends_the_start()
    {
        _site.Put("cn-grid-2023.9.csv", OpenSslSigner.Grid("cn-grid-2023", "9", "0.5509"));
        _site.Put("cn-grid-2023.10.csv", OpenSslSigner.Grid("cn-grid-2023", "10", "0.5510"));
        File.AppendAllText(Path.Combine(_site.Folder, "cn-grid-2023.10.csv"), "\n");
        Assert.Equal(
            "footprints[0].factor: what may be a correction of cn-grid-2023, version 9, is not used: cn-grid-2023.10.csv is not "
                + "as a trusted signer signed it: it was changed, or signed by another key; "
                + "put its signer into factorPacks, or load a good pack of this set, or take the file out of the folder factors "
                + "of the data folder",
            _site.Faults().Single().ToString()
        );
    }

    [Fact]
    public void A_refused_pack_that_no_footprint_needs_is_told_and_ends_nothing()
    {
        _site.Put("plant.1.csv", OpenSslSigner.Grid("plant", "1", "0.1234"));
        File.Delete(Path.Combine(_site.Folder, "plant.1.csv.sig"));
        _site.Put("cn-grid-2023.1.csv", "damaged, but not later than what ships");
        _site.Put("renamed.csv", OpenSslSigner.Grid("other", "1", "0.1234"));
        Assert.Equal(Shipped, _site.Used());
        Assert.Equal(
            [
                "cn-grid-2023.1.csv, line 1: must be set=NAME,version=N,validFrom=YYYY-MM-DD or empty,validUntil=YYYY-MM-DD or empty",
                "plant.1.csv is not signed: there is no file with its signature beside it, which is called as it is with .sig behind",
                "renamed.csv holds version 1 of other, which would be called other.1.csv here; packs are put here by edgectl factors load",
            ],
            _site.Read().FactorPacks.Refused.Select(r => r.Why)
        );
    }

    [Fact]
    public void A_footprint_whose_pack_is_refused_says_why()
    {
        using SiteWithPacks site = new("plant");
        site.Put("plant.1.csv", OpenSslSigner.Grid("plant", "1", "0.1234"));
        File.WriteAllText(
            site.Path,
            File.ReadAllText(site.Path)
                .Replace(",\"factorPacks\":{\"signers\":[\"" + site.Signer.PublicKey + "\"]}", "", StringComparison.Ordinal)
        );
        Assert.Equal(
            "footprints[0].factor: there is no emission factor CN-grid-east/2023/average/organisation in plant; for "
                + "CN-grid-east there is CN-grid-east/2021/average/organisation and CN-grid-east/2022/average/organisation "
                + "and CN-grid-east/2023/average/organisation; plant.1.csv is not used, because no signer of factor packs "
                + "is trusted here. The site file names them under factorPacks",
            site.Faults().Single().ToString()
        );
    }

    [Fact]
    public void A_simulated_site_asks_for_the_packs_of_its_own_folder()
    {
        bool? simulated = null;
        SiteReader.TryRead(Path.Combine(Corpus.Folder, "valid-every-key.json"), null, out _, out _, (s, signers) =>
        {
            simulated = s;
            Assert.Equal(Path.Combine(Corpus.Folder, "factor-signer.pem"), signers.Single().Path);
            return FactorPacks.None;
        });
        Assert.True(simulated);
    }
}
