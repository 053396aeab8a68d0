using System.Security.Cryptography;
using System.Text;

namespace EdgeGateway.Carbon.Tests;

public sealed class FactorPackTests : IDisposable
{
    private readonly OpenSslSigner _signer = new(),
        _other = new();
    private readonly ECDsa _key = ECDsa.Create(),
        _otherKey = ECDsa.Create();

    public FactorPackTests()
    {
        _key.ImportFromPem(File.ReadAllText(_signer.PublicKey));
        _otherKey.ImportFromPem(File.ReadAllText(_other.PublicKey));
    }

    public void Dispose()
    {
        _signer.Dispose();
        _other.Dispose();
        _key.Dispose();
        _otherKey.Dispose();
    }

    [Fact]
    public void What_openssl_signed_is_opened_and_says_whose_key_it_was()
    {
        string path = _signer.Pack("grid.csv", OpenSslSigner.Grid("grid", "2026.1", "0.5400"));
        FactorPack pack = Open(path, _otherKey, _key);
        Assert.Equal(("grid", "2026.1", "0.5400", 1), (pack.Set.Name, pack.Set.Version, pack.Set.Factors.Single().Value, pack.Signer));
        Assert.Equal(0, Open(path, _key, _otherKey).Signer);
        Assert.Equal("grid", Open(_signer.Pack("mark.csv", [.. Encoding.UTF8.Preamble, .. File.ReadAllBytes(path)])).Set.Name);
    }

    [Fact]
    public void Every_altered_byte_of_a_pack_or_its_signature_is_refused()
    {
        string path = _signer.Pack("grid.csv", OpenSslSigner.Grid("grid", "1", "0.5400"));
        byte[] file = File.ReadAllBytes(path),
            signature = File.ReadAllBytes(path + ".sig");
        Assert.All(Enumerable.Range(0, file.Length), i => Refused("was changed, or signed by another key", Altered(file, i), signature));
        Assert.All(Enumerable.Range(0, signature.Length), i =>
            Refused("was changed, or signed by another key", file, Altered(signature, i))
        );
        Refused("was changed", [.. file, (byte)'\n'], signature);
        Refused("was changed", file, signature[..^1]);
        Refused("was changed", file, [.. signature, 0]);
        Refused("was changed", file, new byte[FactorPack.MostSignatureBytes + 1]);
        Refused("was changed", file, "not DER"u8.ToArray());

        static byte[] Altered(byte[] bytes, int at) => [.. bytes[..at], (byte)(bytes[at] ^ 1), .. bytes[(at + 1)..]];
    }

    [Fact]
    public void Who_did_not_sign_or_is_not_trusted_is_refused()
    {
        string path = _other.Pack("grid.csv", OpenSslSigner.Grid("grid", "1", "0.5400"));
        byte[] file = File.ReadAllBytes(path),
            signature = File.ReadAllBytes(path + ".sig");
        Refused("x.csv is not as a trusted signer signed it", file, signature);
        Refused("x.csv is not signed: there is no file with its signature beside it", file, []);
        Assert.Equal(
            "grid.csv is not used, because no signer of factor packs is trusted here. The site file names them under " + "factorPacks.",
            Assert.Throws<FormatException>(() => Open(path, [])).Message
        );
    }

    [Theory]
    [InlineData(
        "electricity,East,average,organisation,2023,0.5400,kgCO2/kWh",
        "coal,Coal,carbon-content,any,,0.936,tC/GJ(NCV)",
        "line 3: 0.936 tC/GJ(NCV) is outside 0.010 to 0.035 tC/GJ(NCV): "
            + "is it CO2 instead of carbon (44/12 times as much), or per TJ? Process gases have the mark process-gas"
    )]
    [InlineData("0.5400", "-0.5400", "line 3: '-0.5400' is not an emission factor, write digits as in 0.5500")]
    [InlineData(
        "a test",
        "a test\nCN-grid-east,electricity,East,average,organisation,2023,0.5401,kgCO2/kWh,,,C,a test",
        "line 4: gives CN-grid-east/2023/average/organisation a second time"
    )]
    [InlineData(
        "CN-grid-east",
        "CN/grid",
        "line 3: must have region and of in letters, digits, hyphens and underscores, and no control characters"
    )]
    [InlineData(
        "electricity",
        "élec",
        "line 3: must have region and of in letters, digits, hyphens and underscores, and no control characters"
    )]
    [InlineData(
        "a test",
        "a\ttest",
        "line 3: must have region and of in letters, digits, hyphens and underscores, and no control characters"
    )]
    public void A_signature_is_no_excuse_for_a_set_that_cannot_be(string good, string bad, string says)
    {
        string path = _signer.Pack("grid.csv", OpenSslSigner.Grid("grid", "1", "0.5400").Replace(good, bad));
        Assert.Equal($"grid.csv, {says}", Assert.Throws<FormatException>(() => Open(path)).Message);
    }

    [Fact]
    public void What_is_no_text_is_refused() =>
        Assert.Equal(
            "x.csv is not UTF-8 text.",
            Assert
                .Throws<FormatException>(() =>
                    Open(_signer.Pack("x.csv", [.. Encoding.UTF8.GetBytes(OpenSslSigner.Grid("grid", "1", "0.5")), 0xB9]))
                )
                .Message
        );

    [Fact]
    public void A_megabyte_is_the_end() =>
        Assert.Equal(
            "x.csv is longer than the 1048576 bytes that a factor pack may have.",
            Assert.Throws<FormatException>(() => Open(_signer.Pack("x.csv", new byte[FactorPack.MostBytes + 1]))).Message
        );

    [Fact]
    public void What_no_leaf_can_hold_is_refused()
    {
        Assert.Equal(500, Open(_signer.Pack("many.csv", Many(500))).Set.Factors.Count);
        Assert.Equal(
            "many.csv holds more than one leaf of the log can: 114481 bytes of 65000. Split it into sets of fewer factors.",
            Assert.Throws<FormatException>(() => Open(_signer.Pack("many.csv", Many(1500)))).Message
        );

        static string Many(int factors) =>
            OpenSslSigner.Grid("grid", "1", "0.5400")
            + string.Concat(
                Enumerable
                    .Range(1, factors - 1)
                    .Select(i => $"XX-{i},electricity,Somewhere,average,organisation,2023,0.1,kgCO2/kWh,,,S,a test\n")
            );
    }

    private FactorPack Open(string path) => Open(path, _key);

    private static FactorPack Open(string path, params ECDsa[] signers) =>
        FactorPack.Open(Path.GetFileName(path), File.ReadAllBytes(path), File.ReadAllBytes(path + ".sig"), signers);

    private void Refused(string says, byte[] file, byte[] signature) =>
        Assert.Contains(says, Assert.Throws<FormatException>(() => FactorPack.Open("x.csv", file, signature, [_key])).Message);
}
