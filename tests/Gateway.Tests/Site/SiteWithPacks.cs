using System.Text.Json.Nodes;
using EdgeGateway.Carbon.Tests;
using EdgeGateway.Site;

namespace EdgeGateway.Gateway.Tests.Site;

/// <summary>A site with one footprint and one signer of factor packs, and its data folder.</summary>
internal sealed class SiteWithPacks : IDisposable
{
    public SiteWithPacks(string? set = null)
    {
        JsonNode site = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(Corpus.Folder, "valid-least.json")))!;
        site["factorPacks"] = new JsonObject { ["signers"] = new JsonArray(Signer.PublicKey) };
        site["footprints"] = new JsonArray(
            new JsonObject
            {
                ["account"] = "scope2-location",
                ["meters"] = new JsonArray("m"),
                ["factor"] = new JsonObject
                {
                    ["region"] = "CN-grid-east",
                    ["year"] = 2023,
                    ["kind"] = "average",
                    ["purpose"] = "organisation",
                },
            }
        );
        if (set is not null)
        {
            site["footprints"]![0]!["factor"]!["set"] = set;
        }

        File.WriteAllText(Path, site.ToJsonString());
    }

    public OpenSslSigner Signer { get; } = new();

    /// <summary>The site file.</summary>
    public string Path => Signer.At("site.json");

    /// <summary>The folder of the packs.</summary>
    public string Folder => FactorStore.FolderIn(Signer.At("data"));

    /// <summary>The names of the files in it.</summary>
    public string[] Files => [.. Directory.GetFiles(Folder).Select(f => System.IO.Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    /// <summary>What is wrong with the site at its next start.</summary>
    public IReadOnlyList<Fault> Faults()
    {
        TryRead(out _, out IReadOnlyList<Fault> faults);
        return faults;
    }

    /// <summary>The site at its next start.</summary>
    public SiteFile Read()
    {
        Assert.True(TryRead(out SiteFile? site, out IReadOnlyList<Fault> faults), string.Join("\n", faults));
        return site!;
    }

    /// <summary>Set, version and value of the footprint's factor at the next start.</summary>
    public string Used() => Read().Footprints[0] is { } f ? $"{f.Set!.Name}/{f.Set!.Version} {f.Method.Factors.Single().Value}" : "";

    /// <summary>Puts a signed pack into the folder under a name.</summary>
    public void Put(string name, string text)
    {
        Directory.CreateDirectory(Folder);
        string path = Signer.Pack(name, text);
        File.Copy(path, System.IO.Path.Combine(Folder, name), overwrite: true);
        File.Copy(path + ".sig", System.IO.Path.Combine(Folder, name + ".sig"), overwrite: true);
    }

    public void Dispose() => Signer.Dispose();

    private bool TryRead(out SiteFile? site, out IReadOnlyList<Fault> faults) =>
        SiteReader.TryRead(Path, null, out site, out faults, (simulated, signers) =>
        {
            Assert.False(simulated);
            return FactorPacks.Read(Folder, signers);
        });
}
