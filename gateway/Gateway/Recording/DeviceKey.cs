using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeGateway.Evidence;
using EdgeGateway.Site;

namespace EdgeGateway.Recording;

/// <summary>
/// The device's key, made on the device and never leaving it: in the TPM, in a PKCS#11 token, or in the file <c>device.key</c> of the data
/// folder (PKCS#8, mode 0600). Beside it in the folder: <c>device.pem</c> (public key, what a verifier trusts), <c>device.crt</c> (self-signed certificate) and <c>epoch</c>.
/// </summary>
public sealed class DeviceKey : IDisposable
{
    private readonly string _folder;

    private DeviceKey(string folder, ECDsa key)
    {
        (_folder, Key) = (folder, key);
        DeviceId = Origin.DeviceIdOf(key);
    }

    /// <summary>Signs checkpoints. P-256.</summary>
    public ECDsa Key { get; }

    /// <summary>SHA-256 of the public key's SPKI, hexadecimal.</summary>
    public string DeviceId { get; }

    /// <summary>The public key to give to those who verify.</summary>
    public string PublicKeyPath => Path.Combine(_folder, "device.pem");

    /// <summary>The certificate, DER.</summary>
    public byte[] Certificate { get; private init; } = [];

    /// <summary>Opens the device's key, or makes one at the first start.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="settings">Where the key is kept. Null: in <c>device.key</c> of the folder.</param>
    /// <exception cref="InvalidDataException">The key cannot be used, or is not the one of this folder. Nothing is changed then.</exception>
    public static DeviceKey Open(string folder, KeySettings? settings = null)
    {
        ECDsa key = settings switch
        {
            TpmKeySettings tpm => OpenTpm(tpm),
            Pkcs11KeySettings token => Pkcs11Key.Open(token),
            _ => OpenFile(folder),
        };
        try
        {
            return Open(folder, key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static DeviceKey Open(string folder, ECDsa key)
    {
        if (key.KeySize != 256)
        {
            throw new InvalidDataException($"The device key of {folder} is not an ECDSA key on P-256.");
        }

        string certificatePath = Path.Combine(folder, "device.crt"), publicPath = Path.Combine(folder, "device.pem"), pem = key.ExportSubjectPublicKeyInfoPem() + "\n";
        if (File.Exists(publicPath) && File.ReadAllText(publicPath) != pem)
        {
            throw new InvalidDataException(
                $"{folder} belongs to the device whose public key is in {publicPath}, and the key that was opened is another one. Give that device's key, or a new data folder for a new device.");
        }

        if (!File.Exists(certificatePath))
        {
            WriteWhole(certificatePath, SelfSigned(key), PublicMode);
        }

        if (!File.Exists(publicPath))
        {
            WriteWhole(publicPath, pem, PublicMode);
        }

        return new DeviceKey(folder, key) { Certificate = X509Certificate2.CreateFromPem(File.ReadAllText(certificatePath)).RawData };
    }

    private static ECDsa OpenFile(string folder)
    {
        string keyPath = Path.Combine(folder, "device.key");
        if (!File.Exists(keyPath))
        {
            if (File.Exists(Path.Combine(folder, "device.pem")))
            {
                throw new InvalidDataException(
                    $"{keyPath} is missing, and {folder} belongs to a device that had one. Restore it from where it was kept, or give a new device its own data folder.");
            }

            using ECDsa made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            WriteWhole(keyPath, made.ExportPkcs8PrivateKeyPem() + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(keyPath));
            return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new InvalidDataException(
                $"The device key {keyPath} cannot be read: {e.Message} Restore it from where it was kept. Without it this log cannot go on; a new folder starts a new device.", e);
        }
    }

    // OpenSSL's tpm2 provider reaches the TPM as TPM2OPENSSL_TCTI says, by default through /dev/tpmrm0.
    private static ECDsaOpenSsl OpenTpm(TpmKeySettings settings)
    {
        try
        {
            using SafeEvpPKeyHandle handle = SafeEvpPKeyHandle.OpenKeyFromProvider("tpm2", $"handle:{settings.Handle}");
            return new ECDsaOpenSsl(handle);
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException(
                $"""
                The key at {settings.Handle} of the TPM cannot be opened: {e.Message}.
                Is the package tpm2-openssl installed, and may the gateway use /dev/tpmrm0? To make a key there, once, as root (package tpm2-tools):
                  tpm2_createprimary -c primary.ctx && tpm2_flushcontext -t
                  tpm2_create -C primary.ctx -G ecc:ecdsa -c key.ctx && tpm2_flushcontext -t
                  tpm2_evictcontrol -c key.ctx {settings.Handle}
                """, e);
        }
    }

    /// <summary>The epoch that a new log of this device has. A wiped store must be seen, so it is kept apart from the ledger.</summary>
    public int NextEpoch => File.Exists(EpochPath)
        ? int.Parse(File.ReadAllText(EpochPath), NumberStyles.None | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) + 1
        : 1;

    private string EpochPath => Path.Combine(_folder, "epoch");

    /// <summary>Keeps the epoch of the log that begins now.</summary>
    public void BeginEpoch(int epoch) => WriteWhole(EpochPath, $"{epoch}\n", PublicMode);

    /// <inheritdoc/>
    public void Dispose() => Key.Dispose();

    private const UnixFileMode PublicMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    // A device may make its key before it knows the time, so the certificate does not depend on it (IEEE 802.1AR §8.7 sets this end).
    private static string SelfSigned(ECDsa key)
    {
        CertificateRequest request = new($"CN={Origin.DeviceIdOf(key)}", key, HashAlgorithmName.SHA256);

        // Not CreateSelfSigned: it wants a certificate with its private key, which hardware does not give.
        byte[] serial = SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..8];
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40); // a positive integer of 8 bytes
        using X509Certificate2 certificate = request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key),
            new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero), serial);
        return certificate.ExportCertificatePem() + "\n";
    }

    private static void WriteWhole(string path, string text, UnixFileMode mode)
    {
        string temporary = path + ".new";
        using (FileStream file = new(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = mode }))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
