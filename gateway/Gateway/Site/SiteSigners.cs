using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeGateway.Evidence;

namespace EdgeGateway.Site;

/// <summary>Reads whose factor packs the device uses.</summary>
internal static class SiteSigners
{
    private const int MostBytes = 16 * 1024;
    private const string Right =
        "write the path of a PEM file with one public key on P-256, relative to the site file or from /, such as "
        + "/etc/edge-gateway/factor-signer.pem";

    /// <summary>Reads the section <c>factorPacks</c>. Incomplete when there are faults.</summary>
    public static List<FactorSigner> Read(Block root, string folder)
    {
        List<FactorSigner> signers = [];
        if (root.Object("factorPacks", ["signers"]) is not { } block)
        {
            return signers;
        }

        int i = 0;
        foreach ((JsonElement element, string _) in block.List("signers", 1, 8, required: true))
        {
            string at = $"signers[{i++}]";
            if (element.ValueKind != JsonValueKind.String || !SiteSections.FilePath().IsMatch(element.GetString()!))
            {
                block.Fault(at, $"{Block.Described(element)} is not allowed", Right);
            }
            else if (Signer(block, at, Path.GetFullPath(element.GetString()!, folder)) is { } signer)
            {
                if (signers.Exists(s => s.Id == signer.Id))
                {
                    block.Fault(at, $"{signer.Path} holds a key that is there already", "name each signer once");
                }

                signers.Add(signer);
            }
        }

        return signers;
    }

    private static FactorSigner? Signer(Block block, string at, string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] bytes = new byte[MostBytes + 1];
            int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            string pem =
                read <= MostBytes
                    ? Encoding.Latin1.GetString(bytes, 0, read)
                    : throw new EvidenceException($"It is longer than {MostBytes} bytes.");
            TrustAnchors trust = TrustAnchors.FromPem(pem);
            return trust.Keys is [var key] && pem[PemEncoding.Find(pem).Label] == "PUBLIC KEY"
                ? new FactorSigner(path, key)
                : throw new EvidenceException("It holds something else than one PUBLIC KEY.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            block.Fault(at, $"there is no file {path}", Right);
        }
        catch (Exception e) when (e is EvidenceException or IOException or UnauthorizedAccessException)
        {
            block.Fault(at, $"{path} cannot be used ({e.Message.TrimEnd('.')})", Right);
        }

        return null;
    }
}
