using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeGateway.Evidence;

namespace EdgeGateway.Recording;

/// <summary>
/// The device's key in files of its data folder, made on the device at the first start: <c>device.key</c> (PKCS#8, mode 0600, never leaves
/// the device), <c>device.pem</c> (public key, what a verifier trusts), <c>device.crt</c> (self-signed certificate) and <c>epoch</c>.
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

    /// <summary>Opens the key of a data folder, or makes one when the folder has none.</summary>
    /// <exception cref="InvalidDataException">The key file is there and cannot be used. It is left as it is.</exception>
    public static DeviceKey Open(string folder)
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
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new InvalidDataException(
                $"The device key {keyPath} cannot be read: {e.Message} Restore it from where it was kept. Without it this log cannot go on; a new folder starts a new device.", e);
        }

        if (key.KeySize != 256)
        {
            key.Dispose();
            throw new InvalidDataException($"The device key {keyPath} is not an ECDSA key on P-256.");
        }

        string certificatePath = Path.Combine(folder, "device.crt");
        if (!File.Exists(certificatePath))
        {
            WriteWhole(certificatePath, SelfSigned(key), PublicMode);
        }

        DeviceKey device = new(folder, key) { Certificate = X509Certificate2.CreateFromPem(File.ReadAllText(certificatePath)).RawData };
        if (!File.Exists(device.PublicKeyPath))
        {
            WriteWhole(device.PublicKeyPath, key.ExportSubjectPublicKeyInfoPem() + "\n", PublicMode);
        }

        return device;
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
        using X509Certificate2 certificate = request.CreateSelfSigned(
            new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero));
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
