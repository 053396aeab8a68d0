using System.Diagnostics;
using System.Text;

namespace EdgeGateway.Carbon.Tests;

/// <summary>Whoever publishes factor packs, with openssl and nothing of ours. His keys and packs lie in a folder of their own.</summary>
internal sealed class OpenSslSigner : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("signer-");

    public OpenSslSigner()
    {
        OpenSsl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", At("signer.key"));
        OpenSsl("pkey", "-in", At("signer.key"), "-pubout", "-out", PublicKey);
    }

    /// <summary>The path of the public key, PEM.</summary>
    public string PublicKey => At("signer.pem");

    public string At(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>A set with the factor of the grid in the east of China, as its publication has it or corrected.</summary>
    public static string Grid(string set, string version, string value) =>
        $"""
            set={set},version={version},validFrom=2025-12-31,validUntil=
            region,of,name,kind,purpose,year,value,unit,uncertainty,mark,confidence,source
            CN-grid-east,electricity,East,average,organisation,2023,{value},kgCO2/kWh,,,C,a test

            """;

    /// <summary>Writes a pack, signs it, and gives its path.</summary>
    public string Pack(string name, string text) => Pack(name, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a pack, signs it, and gives its path.</summary>
    public string Pack(string name, byte[] bytes)
    {
        File.WriteAllBytes(At(name), bytes);
        OpenSsl("dgst", "-sha256", "-sign", At("signer.key"), "-out", At(name + ".sig"), At(name));
        return At(name);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void OpenSsl(params string[] arguments)
    {
        using Process openssl = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardError = true })
            ?? throw new InvalidOperationException("openssl cannot be started. Run tools/test --install.");
        string said = openssl.StandardError.ReadToEnd();
        openssl.WaitForExit();
        Assert.True(openssl.ExitCode == 0, said);
    }
}
