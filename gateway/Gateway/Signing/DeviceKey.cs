using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;
using EdgeGateway.Site;

namespace EdgeGateway.Signing;

/// <summary>
/// The device's key, made on the device and never leaving it: in the TPM, in a PKCS#11 token, or in a file of the data folder (PKCS#8, mode
/// 0600). Beside it in the folder: <c>device.pem</c> (the device's first public key: what a verifier trusts, and which device this is),
/// <c>device.crt</c> (that key's self-signed certificate), <c>device.keys</c> (how the key has changed since) and <c>epoch</c>.
/// </summary>
/// <remarks>
/// The site file names the key to sign with, and the one that it takes over from. What is in force follows from <c>device.pem</c>,
/// <c>device.keys</c> and the ledger, never from the site file:
/// <code>
/// the key that the site file names is …
/// the one in force                                       it signs
/// a new one, and 'replaces' names the one in force       that one signs until the recorder has handed over (<see cref="Next"/>)
/// the one that was replaced last                         it signs in its overlap (<see cref="ReplacedBy"/>)
/// any other                                              refused
/// </code>
/// </remarks>
public sealed class DeviceKey : IDisposable
{
    private const string P256 = "1.2.840.10045.3.1.7"; // RFC 5480 §2.1.1.1

    private readonly string _folder;
    private readonly DeviceKeySettings _settings;

    private DeviceKey(
        string folder,
        DeviceKeySettings settings,
        DeviceKeyHistory history,
        UnsealedKeyChange? unsealed,
        ECDsa key,
        ECDsa? next
    )
    {
        _folder = folder;
        _settings = settings;
        History = history;
        Unsealed = unsealed;
        Key = key;
        Next = next;
    }

    /// <summary>The key that signs checkpoints: ECDSA on P-256.</summary>
    public ECDsa Key { get; private set; }

    /// <summary>The key that takes over once a leaf says so under a checkpoint of <see cref="Key"/>. Null when none is to.</summary>
    public ECDsa? Next { get; private set; }

    /// <summary>The key that the site file names.</summary>
    public ECDsa Configured => Next ?? Key;

    /// <summary>
    /// A change of the key whose leaf is recorded; <see cref="Key"/> has still to seal it before anything else is recorded.
    /// </summary>
    public UnsealedKeyChange? Unsealed { get; private set; }

    /// <summary>The change that has replaced <see cref="Key"/>, which signs in its overlap only. Null when it is in force.</summary>
    public DeviceKeyChange? ReplacedBy => History.IsInForce(Key) ? null : History.Changes[^1];

    /// <summary>How the key has changed.</summary>
    public DeviceKeyHistory History { get; }

    /// <summary>SHA-256 of the SPKI of the device's first key, hexadecimal.</summary>
    public string DeviceId => History.DeviceId;

    /// <summary>The public key to give to those who verify.</summary>
    public string PublicKeyPath => Path.Combine(_folder, "device.pem");

    /// <summary>Whether the site file still names a key to take over from, though that is done.</summary>
    public bool ReplacesIsDone => _settings.Replaces is not null && Next is null && ReplacedBy is null;

    /// <summary>The certificates that an authority has given the device, or null.</summary>
    public InstalledCertificates? Certificates { get; private set; }

    /// <summary>Opens the device's key, or makes one at the first start.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="settings">Where the key is kept. Null: in <c>device.key</c> of the folder.</param>
    /// <param name="ledger">The folder's ledger, which may have a change of the key that the folder's files lack. Null: the files alone
    /// count.</param>
    /// <exception cref="InvalidDataException">The key cannot be used, or is not the one of this folder. Nothing is changed
    /// then.</exception>
    public static DeviceKey Open(string folder, DeviceKeySettings? settings = null, Ledger? ledger = null)
    {
        settings ??= DeviceKeySettings.Default;
        List<ECDsa> opened = [];
        try
        {
            if (!File.Exists(Path.Combine(folder, "device.pem")) && !File.Exists(DeviceKeyHistory.PathIn(folder)))
            {
                Begin(folder, settings.Key);
            }

            DeviceKeyHistory history = DeviceKeyHistory.Read(folder);
            UnsealedKeyChange? unsealed = ledger is null ? null : history.Complete(ledger);
            ECDsa? key = Keep(OpenKey(folder, settings.Key, make: false));
            if (key is not null && (history.IsInForce(key) || (unsealed is null && history.IsReplacedLast(key))))
            {
                return new DeviceKey(folder, settings, history, unsealed, key, null);
            }

            ECDsa? before = settings.Replaces is { } replaces ? Keep(OpenKey(folder, replaces, make: false)) : null;
            bool takesOver = before is not null && history.IsInForce(before);
            key ??= Keep(OpenKey(folder, settings.Key, make: takesOver && unsealed is null))
                ?? throw new InvalidDataException(
                    $"{NameOf(folder, settings.Key)} is missing, and {folder} belongs to a device that had one. Restore it from "
                        + "where it was kept, or give a new device its own data folder."
                );
            bool awaited = unsealed is null
                ? !history.HasSigned(key)
                : key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(unsealed.Key.Span);
            return takesOver && awaited
                ? new DeviceKey(folder, settings, history, unsealed, before!, key)
                : throw new InvalidDataException(WhyNot(folder, settings, history, unsealed, key));
        }
        catch
        {
            opened.ForEach(k => k.Dispose());
            throw;
        }

        ECDsa? Keep(ECDsa? key)
        {
            opened.AddRange(key is null ? [] : [key]);
            return key;
        }
    }

    /// <summary>Takes the certificates of the site file into use, when it names any.</summary>
    /// <exception cref="InvalidDataException">They cannot be read, or are not those of this key.</exception>
    public void OpenCertificates(ILogger log) =>
        Certificates = _settings.Certificates is { } path
            ? InstalledCertificates.Open(path, _settings.RevocationList, DeviceId, Configured, log)
            : null;

    /// <summary>The certificate of a key, DER: the one that an authority has given, or else a self-signed one.</summary>
    public byte[] CertificateOf(ECDsa key)
    {
        if (Certificates?.Newest is { } given && given.IsOf(key))
        {
            return given.Chain[0].ToArray();
        }

        string path = Path.Combine(_folder, "device.crt");
        using X509Certificate2 own = X509Certificate2.CreateFromPem(
            Origin.DeviceIdOf(key) == DeviceId && File.Exists(path) ? File.ReadAllText(path) : SelfSigned(DeviceId, key)
        );
        return own.RawData;
    }

    /// <summary>A request for a certificate of the key that the site file names, for the device id (PKCS#10, RFC 2986), PEM.</summary>
    public string CertificateRequestPem() =>
        new CertificateRequest($"CN={DeviceId}", Configured, HashAlgorithmName.SHA256).CreateSigningRequestPem(
            X509SignatureGenerator.CreateForECDsa(Configured)
        );

    /// <summary>What the leaf states that says that <see cref="Next"/> signs.</summary>
    /// <param name="at">The leaf's time, from which the overlap counts.</param>
    public KeyRotationLeaf ChangeAt(DateTimeOffset at) =>
        new()
        {
            Key = Next!.ExportSubjectPublicKeyInfo(),
            Certificate = CertificateOf(Next),
            Until = at + _settings.Overlap,
        };

    /// <summary>Keeps the change that <see cref="Key"/> has sealed, and has <see cref="Next"/> sign from now on.</summary>
    public void HandOver(Ledger ledger)
    {
        Unsealed = History.Complete(ledger);
        if (Next is not null && History.IsInForce(Next))
        {
            Key.Dispose();
            Key = Next;
            Next = null;
        }
    }

    /// <summary>
    /// The epoch that a new log of this device has. It is kept apart from the ledger, so that a log that was begun again is seen to be one.
    /// </summary>
    public int NextEpoch =>
        File.Exists(EpochPath)
            ? int.Parse(File.ReadAllText(EpochPath), NumberStyles.None | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) + 1
            : 1;

    private string EpochPath => Path.Combine(_folder, "epoch");

    /// <summary>Keeps the epoch of the log that begins now.</summary>
    public void BeginEpoch(int epoch) => Write(EpochPath, $"{epoch}\n");

    /// <inheritdoc/>
    public void Dispose()
    {
        Key.Dispose();
        Next?.Dispose();
    }

    // At the first start. The key that is opened or made gives the device its id.
    private static void Begin(string folder, KeySettings place)
    {
        string certificatePath = Path.Combine(folder, "device.crt"),
            publicPath = Path.Combine(folder, "device.pem");
        using ECDsa key = OpenKey(folder, place, make: true)!;
        if (!File.Exists(certificatePath))
        {
            Write(certificatePath, SelfSigned(Origin.DeviceIdOf(key), key));
        }

        Write(publicPath, key.ExportSubjectPublicKeyInfoPem() + "\n");
    }

    private static string WhyNot(
        string folder,
        DeviceKeySettings settings,
        DeviceKeyHistory history,
        UnsealedKeyChange? unsealed,
        ECDsa key
    )
    {
        if (unsealed is not null)
        {
            return $"Leaf {unsealed.Leaf} of {unsealed.Origin} changes the key to {FingerprintOf(unsealed.Key)}, and the key "
                + "before it has not sealed that yet. "
                + "Name that key in the site file, with the one before it as replaces; the change is finished then. Or name the "
                + "one before it alone: it goes on until its overlap ends.";
        }

        if (history.HasSigned(key))
        {
            return $"{NameOf(folder, settings.Key)} has signed for this device before and was replaced: verifiers do not let it "
                + $"come back. Name the key in force, {InForce()}, or a new key with that as replaces.";
        }

        string replaces = settings.Replaces is { } place
            ? $" Nor is {NameOf(folder, place)} the one in force, which it is to take over from."
            : "";
        return $"{folder} belongs to the device whose public key is in {Path.Combine(folder, "device.pem")}, and the key that "
            + $"was opened is another one.{replaces} "
            + $"Give that device's key, {InForce()}; name it as replaces to change to another; or give a new data folder for a new device.";

        string InForce()
        {
            if (history.Changes.Count == 0)
            {
                return history.DeviceId;
            }

            DeviceKeyChange last = history.Changes[^1];
            return $"since leaf {last.Leaf} of {last.Origin} {FingerprintOf(last.Key)}";
        }
    }

    private static string FingerprintOf(ReadOnlyMemory<byte> spki) => Convert.ToHexStringLower(SHA256.HashData(spki.Span));

    private static string NameOf(string folder, KeySettings place) =>
        place switch
        {
            FileKeySettings file => Path.Combine(folder, file.File),
            TpmKeySettings tpm => $"The key at {tpm.Handle} of the TPM",
            Pkcs11KeySettings token => $"The key '{token.Label}' of the token '{token.Token}'",
            _ => throw new ArgumentException($"There is no key in {place.GetType().Name}.", nameof(place)),
        };

    // Null where the key is not there and none is to be made.
    private static ECDsa? OpenKey(string folder, KeySettings place, bool make)
    {
        ECDsa? key = place switch
        {
            TpmKeySettings tpm => OpenTpm(tpm),
            Pkcs11KeySettings token => Pkcs11Key.Open(token, make),
            FileKeySettings file => OpenFile(Path.Combine(folder, file.File), make),
            _ => throw new ArgumentException($"There is no key in {place.GetType().Name}.", nameof(place)),
        };
        if (key is null || key.ExportParameters(includePrivateParameters: false).Curve is { IsNamed: true, Oid.Value: P256 })
        {
            return key;
        }

        key.Dispose();
        throw new InvalidDataException($"{NameOf(folder, place)} is not an ECDSA key on P-256.");
    }

    private static ECDsa? OpenFile(string path, bool make)
    {
        if (!File.Exists(path))
        {
            if (!make)
            {
                return null;
            }

            using ECDsa made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            DurableFile.Write(
                path,
                Encoding.ASCII.GetBytes(made.ExportPkcs8PrivateKeyPem() + "\n"),
                UnixFileMode.UserRead | UnixFileMode.UserWrite
            );
        }

        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new InvalidDataException(
                $"The device key {path} cannot be read: {e.Message} Restore it from where it was kept. Without it this log "
                    + "cannot go on; a new folder starts a new device.",
                e
            );
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
            const string HowToMake = "To make a key there, once, as root (package tpm2-tools):";
            throw new InvalidDataException(
                $"""
                The key at {settings.Handle} of the TPM cannot be opened: {e.Message}.
                Is the package tpm2-openssl installed, and may the gateway use /dev/tpmrm0? {HowToMake}
                  tpm2_createprimary -c primary.ctx && tpm2_flushcontext -t
                  tpm2_create -C primary.ctx -G ecc:ecdsa -c key.ctx && tpm2_flushcontext -t
                  tpm2_evictcontrol -c key.ctx {settings.Handle}
                """,
                e
            );
        }
    }

    // Valid from 2000 on, because a device may make its key before it knows the time, to the end that IEEE 802.1AR §8.7 sets.
    private static string SelfSigned(string deviceId, ECDsa key)
    {
        CertificateRequest request = new($"CN={deviceId}", key, HashAlgorithmName.SHA256);

        // CreateSelfSigned would also put the private key into the certificate, which a TPM or token does not give.
        byte[] serial = SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..8];
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40); // a positive integer of 8 bytes
        using X509Certificate2 certificate = request.Create(
            request.SubjectName,
            X509SignatureGenerator.CreateForECDsa(key),
            new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero),
            serial
        );
        return certificate.ExportCertificatePem() + "\n";
    }

    private static void Write(string path, string text) => DurableFile.Write(path, Encoding.ASCII.GetBytes(text));
}
