using System.Text;
using System.Text.Json;
using EdgeGateway.Carbon.Tests;
using EdgeGateway.Site;

namespace EdgeGateway.Gateway.Tests.Site;

public sealed class FactorStoreTests : IDisposable
{
    private readonly SiteWithPacks _site = new();
    private readonly FactorStore _store;

    public FactorStoreTests() => _store = Started();

    public void Dispose() => _site.Dispose();

    [Fact]
    public void A_loaded_correction_holds_from_the_next_start_on_and_is_the_only_one_of_its_name()
    {
        Load("2", "0.5502");
        Assert.DoesNotContain("\"version\":\"2\"", Encoding.UTF8.GetString(_store.ToJson()), StringComparison.Ordinal);
        Assert.Equal("cn-grid-2023/2 0.5502 kgCO2/kWh", _site.Used());
        Load("10", "0.5510");
        Assert.Equal("cn-grid-2023/10 0.5510 kgCO2/kWh", _site.Used());
        Assert.Equal(["cn-grid-2023.10.csv", "cn-grid-2023.10.csv.sig"], _site.Files);
        using JsonDocument json = JsonDocument.Parse(Started().ToJson());
        JsonElement set = json
            .RootElement.GetProperty("sets")
            .EnumerateArray()
            .Single(s => s.GetProperty("set").GetString() == "cn-grid-2023");
        Assert.Equal(
            ("10", "2025-12-31", 1, _site.Read().FactorPacks.Signers[0].Id),
            (
                set.GetProperty("version").GetString(),
                set.GetProperty("validFrom").GetString(),
                set.GetProperty("factors").GetInt32(),
                set.GetProperty("signer").GetString()
            )
        );
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("sets")[0].GetProperty("signer").ValueKind);
    }

    [Fact]
    public void Loading_the_same_pack_again_changes_nothing()
    {
        string path = _site.Signer.Pack("x.csv", OpenSslSigner.Grid("cn-grid-2023", "2", "0.5502"));
        byte[] first = Load(path),
            kept = File.ReadAllBytes(Path.Combine(_site.Folder, "cn-grid-2023.2.csv.sig"));
        Assert.Equal(first, Load(path));
        // Signed again: another signature.
        Assert.Equal(first, Load(_site.Signer.Pack("x.csv", OpenSslSigner.Grid("cn-grid-2023", "2", "0.5502"))));
        Assert.Equal(kept, File.ReadAllBytes(Path.Combine(_site.Folder, "cn-grid-2023.2.csv.sig")));
    }

    [Fact]
    public void What_is_not_later_is_refused_and_what_held_holds_on()
    {
        Refused(
            "The factor set cn-grid-2023 is there in version 1, and version 1 is not later. A correction has a later version.",
            "1",
            "0.5502"
        );
        Load("2.1", "0.5502");
        Refused(
            "The factor set cn-grid-2023 is there in version 2.1, and version 2.1 is not later. A correction has a " + "later version.",
            "2.1",
            "0.5503"
        );
        Refused(
            "The factor set cn-grid-2023 is there in version 2.1, and version 2 is not later. A correction has a " + "later version.",
            "2",
            "0.5502"
        );
        Assert.Equal("cn-grid-2023/2.1 0.5502 kgCO2/kWh", _site.Used());
        Assert.Equal(2, _site.Files.Length);
    }

    [Fact]
    public void A_pack_of_another_signer_an_unsigned_or_a_wrong_one_is_refused_in_a_sentence()
    {
        using OpenSslSigner other = new();
        byte[] file = File.ReadAllBytes(other.Pack("x.csv", OpenSslSigner.Grid("cn-grid-2023", "2", "0.5502"))),
            signature = File.ReadAllBytes(other.At("x.csv.sig"));
        Assert.Equal(
            "The pack is not as a trusted signer signed it: it was changed, or signed by another key.",
            Assert.Throws<InvalidDataException>(() => _store.Load(file, signature)).Message
        );
        Assert.Equal(
            "The pack is not signed: there is no file with its signature beside it, which is called as it is with .sig behind.",
            Assert.Throws<InvalidDataException>(() => _store.Load(file, [])).Message
        );
        Refused("The pack, line 3: 9 kgCO2/kWh is outside 0 to 2 kgCO2/kWh: is it in g/kWh?.", "2", "9");
        Assert.False(Directory.Exists(_site.Folder));
    }

    [Fact]
    public void A_pack_with_which_the_gateway_would_not_start_is_refused()
    {
        string without = _site.Signer.Pack(
            "x.csv",
            OpenSslSigner.Grid("cn-grid-2023", "2", "0.5502").Replace("CN-grid-east", "CN-grid-west", StringComparison.Ordinal)
        );
        Assert.Equal(
            "With cn-grid-2023, version 2, the gateway would not start: footprints[0].factor: there is no emission "
                + "factor CN-grid-east/2023/average/organisation; for CN-grid-east there is "
                + "CN-grid-east/2021/average/organisation and CN-grid-east/2022/average/organisation.",
            Assert.Throws<InvalidDataException>(() => Load(without)).Message
        );
        string second = _site.Signer.Pack("x.csv", OpenSslSigner.Grid("plant", "1", "0.5502"));
        Assert.Equal(
            "With plant, version 1, the gateway would not start: footprints[0].factor: cn-grid-2023 and plant both "
                + "hold CN-grid-east/2023/average/organisation; name one of them with set.",
            Assert.Throws<InvalidDataException>(() => Load(second)).Message
        );
        Assert.False(Directory.Exists(_site.Folder));
    }

    [Fact]
    public void A_load_that_ends_between_its_two_files_leaves_the_old_pair_and_can_be_repeated()
    {
        Load("2", "0.5502");
        string obstacle = Path.Combine(_site.Folder, ".cn-grid-2023.3.csv.tmp"); // the signature can be written, the pack cannot
        Directory.CreateDirectory(obstacle);
        Assert.Throws<InvalidDataException>(() => Load("3", "0.5503"));
        Assert.Equal(["cn-grid-2023.2.csv", "cn-grid-2023.2.csv.sig", "cn-grid-2023.3.csv.sig"], _site.Files);
        Assert.Equal("cn-grid-2023/2 0.5502 kgCO2/kWh", _site.Used());
        Assert.Empty(_site.Read().FactorPacks.Refused);
        Directory.Delete(obstacle);
        Load("3", "0.5503");
        Assert.Equal("cn-grid-2023/3 0.5503 kgCO2/kWh", _site.Used());
        Assert.Equal(2, _site.Files.Length);
    }

    [Fact]
    public void A_good_pack_replaces_a_damaged_one_of_its_name()
    {
        Load("3", "0.5503");
        File.WriteAllText(Path.Combine(_site.Folder, "cn-grid-2023.3.csv"), "torn");
        Assert.NotEmpty(_site.Faults());
        Load("3", "0.5503");
        Assert.Equal("cn-grid-2023/3 0.5503 kgCO2/kWh", _site.Used());
    }

    [Fact]
    public void There_are_64_packs_at_most_and_a_correction_of_one_is_no_65th()
    {
        for (int i = 1; i <= 64; i++)
        {
            Load(
                _site.Signer.Pack(
                    "x.csv",
                    OpenSslSigner.Grid($"plant-{i}", "1", "0.1").Replace("CN-grid-east", "XX", StringComparison.Ordinal)
                )
            );
        }

        string more = _site.Signer.Pack(
            "x.csv",
            OpenSslSigner.Grid("plant-65", "1", "0.1").Replace("CN-grid-east", "XX", StringComparison.Ordinal)
        );
        Assert.StartsWith("There are 64 factor packs already; remove one", Assert.Throws<InvalidDataException>(() => Load(more)).Message);
        Load(
            _site.Signer.Pack("x.csv", OpenSslSigner.Grid("plant-64", "2", "0.1").Replace("CN-grid-east", "XX", StringComparison.Ordinal))
        );
    }

    private FactorStore Started() => new(_site.Path, _site.Read().FactorPacks, _site.Folder);

    private void Load(string version, string value) => Load(_site.Signer.Pack("x.csv", OpenSslSigner.Grid("cn-grid-2023", version, value)));

    private byte[] Load(string path) => _store.Load(File.ReadAllBytes(path), File.ReadAllBytes(path + ".sig"));

    private void Refused(string says, string version, string value) =>
        Assert.Equal(says, Assert.Throws<InvalidDataException>(() => Load(version, value)).Message);
}
