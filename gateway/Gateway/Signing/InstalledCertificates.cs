using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeGateway.Evidence;

namespace EdgeGateway.Signing;

/// <summary>The device's certificate, those it is under, and revocation lists.</summary>
/// <param name="Key">The SPKI that the device's certificate is for.</param>
/// <param name="Chain">Certificates, DER: the device's first, each signed by the next.</param>
/// <param name="RevocationLists">Revocation lists, DER.</param>
public sealed record CertificateChain(
    byte[] Key,
    IReadOnlyList<ReadOnlyMemory<byte>> Chain,
    IReadOnlyList<ReadOnlyMemory<byte>> RevocationLists
)
{
    /// <summary>Whether the device's certificate is for this key.</summary>
    public bool IsOf(ECDsa key) => key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(Key);

    /// <summary>Whether the certified key has signed a checkpoint.</summary>
    public bool HasSigned(CheckpointNote note)
    {
        using ECDsa key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(Key, out _);
        return note.IsSignedBy(key);
    }
}

/// <summary>
/// The certificates that an authority has given the device, from files that other programs refresh. Verifiers judge what they are worth;
/// here they are only checked to be this device's, so that a mistake is noticed where it is made.
/// </summary>
public sealed class InstalledCertificates
{
    private const int MostCertificates = 16;
    private const int MostBytes = 1024 * 1024;
    private const int MostCertificateBytes = 16 * 1024; // it is recorded in a leaf, which has at most 64 KiB
    private const X509ChainStatusFlags NotJudgedHere =
        X509ChainStatusFlags.PartialChain
        | X509ChainStatusFlags.UntrustedRoot
        | X509ChainStatusFlags.NotTimeValid
        | X509ChainStatusFlags.RevocationStatusUnknown
        | X509ChainStatusFlags.OfflineRevocation;

    private readonly string _path;
    private readonly string? _revocationPath;
    private readonly string _deviceId;
    private readonly ILogger _log;
    private readonly Lock _one = new();
    private readonly byte[] _key;
    private CertificateChain _newest;
    private FileStates _seen;

    private InstalledCertificates(string path, string? revocationPath, string deviceId, ECDsa key, ILogger log)
    {
        _path = path;
        _revocationPath = revocationPath;
        _deviceId = deviceId;
        _key = key.ExportSubjectPublicKeyInfo();
        _log = log;
        _seen = ReadStates();
        _newest = Read();
    }

    /// <summary>The last good content of the files, which are read again when they have changed. Any thread may ask.</summary>
    public CertificateChain Newest
    {
        get
        {
            lock (_one)
            {
                FileStates state = ReadStates();
                if (state != _seen)
                {
                    _seen = state;
                    try
                    {
                        _newest = Read();
                        _log.LogInformation("{Path} has changed: bundles have its {Count} certificates now.", _path, _newest.Chain.Count);
                    }
                    catch (InvalidDataException e)
                    {
                        _log.LogWarning("{Reason} The certificates from before are kept.", e.Message);
                    }
                }

                return _newest;
            }
        }
    }

    /// <summary>Reads and checks the files.</summary>
    /// <param name="path">The file with the certificates, PEM: the device's first, each signed by the next.</param>
    /// <param name="revocationPath">The file with revocation lists, PEM, or one as DER. Null: there is none.</param>
    /// <param name="deviceId">The device's id.</param>
    /// <param name="key">The device's key. It is not kept.</param>
    /// <param name="log">The log that changes of the files are told to.</param>
    /// <exception cref="InvalidDataException">They cannot be read, or are not those of this device and key.</exception>
    public static InstalledCertificates Open(string path, string? revocationPath, string deviceId, ECDsa key, ILogger log) =>
        new(path, revocationPath, deviceId, key, log);

    private FileStates ReadStates() => new(FileState.Of(_path), _revocationPath is null ? default : FileState.Of(_revocationPath));

    private CertificateChain Read()
    {
        X509Certificate2Collection chain = [];
        try
        {
            chain.ImportFromPem(Encoding.Latin1.GetString(ReadBytes(_path)));
            Check(chain);
            return new CertificateChain(
                _key,
                [.. chain.Select(c => (ReadOnlyMemory<byte>)c.RawData)],
                _revocationPath is null ? [] : ReadRevocationLists(ReadBytes(_revocationPath))
            );
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException($"{_path} cannot be read as certificates in PEM: {e.Message}", e);
        }
        finally
        {
            foreach (X509Certificate2 certificate in chain)
            {
                certificate.Dispose();
            }
        }
    }

    private void Check(X509Certificate2Collection given)
    {
        if (given.Count is 0 or > MostCertificates || given.Any(c => c.RawDataMemory.Length > MostCertificateBytes))
        {
            throw new InvalidDataException(
                $"{_path} has {given.Count} certificates. There are 1 to {MostCertificates} of at most {MostCertificateBytes} "
                    + "bytes, the device's first."
            );
        }

        if (!given[0].PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(_key))
        {
            throw new InvalidDataException(
                $"The first certificate in {_path} is for another key than the device's. Request one for this key: edge-gateway "
                    + "--request-certificate"
            );
        }

        string[] names =
        [
            .. given[0]
                .SubjectName.EnumerateRelativeDistinguishedNames()
                .Where(n => !n.HasMultipleElements && n.GetSingleElementType().Value == "2.5.4.3")
                .Select(n => n.GetSingleElementValue() ?? ""),
        ];
        if (names is not [var name] || name != _deviceId)
        {
            throw new InvalidDataException(
                $"The first certificate in {_path} is for {given[0].Subject}, but this is the device CN={_deviceId}."
            );
        }

        using X509Chain built = new();
        built.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        built.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        built.ChainPolicy.DisableCertificateDownloads = true;
        built.ChainPolicy.CustomTrustStore.Add(given[^1]);
        built.ChainPolicy.ExtraStore.AddRange(given);
        built.Build(given[0]);
        X509ChainStatus[] wrong = [.. built.ChainStatus.Where(s => (s.Status & ~NotJudgedHere) != 0)];
        bool complete = built
            .ChainElements.Select(e => e.Certificate.RawData)
            .SequenceEqual(given.Select(c => c.RawData), EqualityComparer<byte[]>.Create((a, b) => a.AsSpan().SequenceEqual(b)));
        if (!complete || wrong.Length > 0)
        {
            string reason = wrong.Length > 0 ? $": {wrong[0].StatusInformation.Trim()}" : "";
            throw new InvalidDataException(
                $"The certificates in {_path} are not each signed by the next{reason}. Write the device's first, "
                    + "then the one that signed it, and so on."
            );
        }
    }

    private List<ReadOnlyMemory<byte>> ReadRevocationLists(byte[] bytes)
    {
        List<ReadOnlyMemory<byte>> lists = [];
        try
        {
            if (!bytes.AsSpan().StartsWith("-----BEGIN "u8))
            {
                lists.Add(bytes);
            }

            ReadOnlySpan<char> rest = lists.Count > 0 ? "" : Encoding.Latin1.GetString(bytes);
            while (PemEncoding.TryFind(rest, out PemFields fields))
            {
                if (rest[fields.Label] is "X509 CRL")
                {
                    lists.Add(Convert.FromBase64String(rest[fields.Base64Data].ToString()));
                }

                rest = rest[fields.Location.End..];
            }

            foreach (ReadOnlyMemory<byte> list in lists)
            {
                CertificateRevocationListBuilder.Load(list.Span, out BigInteger _, out int length);
                if (length != list.Length)
                {
                    throw new CryptographicException("bytes follow its end");
                }
            }
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException($"{_revocationPath} cannot be read as a revocation list: {e.Message}", e);
        }

        return lists.Count is > 0 and <= MostCertificates
            ? lists
            : throw new InvalidDataException(
                $"{_revocationPath} has {lists.Count} revocation lists. There are 1 to {MostCertificates}, PEM (X509 CRL) or DER."
            );
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MostBytes
                ? File.ReadAllBytes(path)
                : throw new InvalidDataException($"{path} is larger than 1 MiB.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path} cannot be read: {e.Message}", e);
        }
    }

    // By these a change of a file is noticed. Default: there is no such file.
    private readonly record struct FileState(DateTime Written, long Length)
    {
        public static FileState Of(string path)
        {
            FileInfo file = new(path);
            return file.Exists ? new FileState(file.LastWriteTimeUtc, file.Length) : default;
        }
    }

    private readonly record struct FileStates(FileState Certificates, FileState RevocationLists);
}
