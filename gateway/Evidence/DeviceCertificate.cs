using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeGateway.Evidence;

/// <summary>What is known of the revocation of one certificate of a path.</summary>
/// <param name="Issuer">Subject of the authority that would revoke it.</param>
/// <param name="List">The newest list of that authority for all its certificates, or null when none was given: not checked.</param>
/// <param name="IsStale">A newer list was due by the time of verification.</param>
public sealed record RevocationCheck(string Issuer, RevocationList? List, bool IsStale);

/// <summary>How long a device's certificate is good.</summary>
/// <param name="Until">The earliest end in its path: that of a certificate's validity, or the one that a revocation sets.</param>
/// <param name="Why">What ends then, in words.</param>
/// <param name="IsRevoked">It ends by a revocation.</param>
/// <param name="Revocation">What was looked up, for each certificate of the path but the trusted one.</param>
public sealed record CertificateValidity(DateTimeOffset Until, string Why, bool IsRevoked, IReadOnlyList<RevocationCheck> Revocation);

/// <summary>
/// A certificate by which an authority that the user trusts vouches for a device's key: common name = device id, key on P-256.
/// </summary>
/// <remarks>
/// The path is the platform's (RFC 5280 §6), built from what is given: nothing is fetched. Times and revocations are not looked at there;
/// <see cref="ValidityBy"/> says how long the path is good, because what somebody saw before that stays good.
/// </remarks>
public sealed class DeviceCertificate
{
    // Judged here, or of no meaning: an authority between may be the one that is trusted, with nothing above it.
    private const X509ChainStatusFlags NotLookedAt =
        X509ChainStatusFlags.NotTimeValid
        | X509ChainStatusFlags.PartialChain
        | X509ChainStatusFlags.UntrustedRoot
        | X509ChainStatusFlags.RevocationStatusUnknown
        | X509ChainStatusFlags.OfflineRevocation;

    private const string CommonName = "2.5.4.3";

    private DeviceCertificate(ECDsa key, List<X509Certificate2> path) => (Key, Path) = (key, path);

    /// <summary>The device's key, P-256.</summary>
    public ECDsa Key { get; }

    /// <summary>The device's certificate first, each issued by the next, the trusted authority's last.</summary>
    public IReadOnlyList<X509Certificate2> Path { get; }

    /// <summary>Serial number of the device's certificate, hexadecimal as openssl shows it.</summary>
    public string Serial => SerialOf(Path[0]);

    /// <summary>Serial number and issuer of the device's certificate, in words.</summary>
    public string Name => $"{Serial} of {Path[0].Issuer}";

    /// <summary>Whether a certificate says that it is of this device; nothing of it is verified.</summary>
    internal static bool Names(X509Certificate2 certificate, string deviceId)
    {
        try
        {
            return certificate
                    .SubjectName.EnumerateRelativeDistinguishedNames()
                    .Where(n => !n.HasMultipleElements && n.GetSingleElementType().Value == CommonName)
                    .ToList()
                    is [var name]
                && name.GetSingleElementValue() == deviceId;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Finds the path from a device's certificate to a trusted authority.</summary>
    /// <param name="certificate">The device's.</param>
    /// <param name="deviceId">Whose it must be.</param>
    /// <param name="between">Where authorities between may be found; none of them is trusted.</param>
    /// <param name="trust">Authorities and the time.</param>
    /// <exception cref="EvidenceException">There is none, or it is not such a certificate; the sentence says why.</exception>
    internal static DeviceCertificate Find(
        X509Certificate2 certificate,
        string deviceId,
        IEnumerable<X509Certificate2> between,
        TrustAnchors trust
    )
    {
        try
        {
            return FindPath(certificate, deviceId, between, trust);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new EvidenceException($"A certificate of the device {deviceId} cannot be judged: {e.Message}", e);
        }
    }

    /// <summary>How long this certificate is good, by what is known of revocations.</summary>
    /// <param name="lists">Lists of whomever. Those that name an authority of the path must be signed by it.</param>
    /// <param name="trust">Authorities and the time.</param>
    /// <exception cref="EvidenceException">A list in the name of an authority of the path is not signed by it.</exception>
    internal CertificateValidity ValidityBy(IReadOnlyList<RevocationList> lists, TrustAnchors trust)
    {
        X509Certificate2 first = Path.MinBy(c => c.NotAfter)!;
        DateTimeOffset until = Utc(first.NotAfter);
        string why = ReferenceEquals(first, Path[0]) ? "it expired" : $"the certificate of its authority {first.Subject} expired";
        bool revoked = false;
        List<RevocationCheck> checks = [];
        for (int i = 0; i + 1 < Path.Count; i++)
        {
            (X509Certificate2 certificate, X509Certificate2 issuer) = (Path[i], Path[i + 1]);
            List<RevocationList> speaking = [.. lists.Where(l => IsOf(l, issuer, trust)).OrderByDescending(l => l.ThisUpdate)];
            RevocationList? newest = speaking.Find(l => !l.IsPartial);
            checks.Add(new RevocationCheck(issuer.Subject, newest, newest?.NextUpdate < trust.At));
            if (RevocationOf(certificate, speaking) is { } found && found.From <= until)
            {
                (until, revoked) = (found.From, true);
                why =
                    $"{(i == 0 ? "it" : $"the certificate of its authority {certificate.Subject}")} was "
                    + $"{(found.OnHold ? "put on hold" : "revoked")}";
            }
        }

        return new CertificateValidity(until, why, revoked, checks);
    }

    /// <summary>Whether a list is in the name of an authority of the path.</summary>
    public bool IsNamedBy(RevocationList list) => Path.Skip(1).Any(c => c.SubjectName.RawData.AsSpan().SequenceEqual(list.Issuer.RawData));

    // A revocation is for good, so an older list that has it counts although newer ones leave expired certificates out; only a hold is
    // lifted by them.
    private static Revocation? RevocationOf(X509Certificate2 certificate, List<RevocationList> newestFirst)
    {
        bool unlisted = false;
        foreach (RevocationList list in newestFirst)
        {
            if (list.Find(certificate) is { } found && !(found.OnHold && unlisted))
            {
                return found;
            }

            unlisted |= !list.IsPartial;
        }

        return null;
    }

    // An authority that has changed its own key signs its lists with the new one; then both its certificates are trusted.
    private static bool IsOf(RevocationList list, X509Certificate2 issuer, TrustAnchors trust)
    {
        if (!issuer.SubjectName.RawData.AsSpan().SequenceEqual(list.Issuer.RawData))
        {
            return false;
        }

        return list.IsSignedBy(issuer) || trust.Authorities.Any(list.IsSignedBy)
            ? true
            : throw new EvidenceException($"{list.Name()} is not signed by it: it was altered, or somebody else has made it.");
    }

    private static DeviceCertificate FindPath(
        X509Certificate2 certificate,
        string deviceId,
        IEnumerable<X509Certificate2> between,
        TrustAnchors trust
    )
    {
        string name = $"The certificate {SerialOf(certificate)} of {certificate.Issuer}";
        if (!Names(certificate, deviceId))
        {
            throw new EvidenceException($"{name} is of {certificate.Subject}, not of the device {deviceId}.");
        }

        if (certificate.Extensions.OfType<X509KeyUsageExtension>().Any(u => !u.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature)))
        {
            throw new EvidenceException($"{name} is not for signatures: its key usage lacks digitalSignature.");
        }

        ECDsa key = TrustAnchors.KeyOf(certificate)
            ?? throw new EvidenceException($"{name} has no ECDSA key on P-256, which is what devices sign with.");
        List<X509Certificate2> path = PathOf(certificate, between, trust, name);
        return path.Find(c => trust.At < Utc(c.NotBefore)) is { } early
            ? throw new EvidenceException($"{name} cannot be used yet: {early.Subject} is valid from {Utc(early.NotBefore):u} on.")
            : new DeviceCertificate(key, path);
    }

    private static List<X509Certificate2> PathOf(
        X509Certificate2 certificate,
        IEnumerable<X509Certificate2> between,
        TrustAnchors trust,
        string name
    )
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trust.Authorities.ToArray());
        chain.ChainPolicy.ExtraStore.AddRange(between.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = trust.At!.Value.UtcDateTime;
        chain.Build(certificate);
        List<X509Certificate2> path = [];
        foreach (X509ChainElement element in chain.ChainElements)
        {
            path.Add(element.Certificate);
            if (
                element.ChainElementStatus.Where(s => (s.Status & ~NotLookedAt) != X509ChainStatusFlags.NoError).ToList() is [var fault, ..]
            )
            {
                throw new EvidenceException(
                    $"{name} does not hold: {fault.Status} at {element.Certificate.Subject}, {fault.StatusInformation.Trim().TrimEnd('.')}."
                );
            }

            if (trust.Authorities.Any(a => a.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)))
            {
                return path;
            }
        }

        throw new EvidenceException($"{name} does not lead to a certificate authority that you trust; it ends at {path[^1].Issuer}.");
    }

    // The platform shows the zero that DER puts before a first byte of 80 and above.
    private static string SerialOf(X509Certificate2 certificate) =>
        certificate.SerialNumber is ['0', '0', _, ..] serial ? serial[2..] : certificate.SerialNumber;

    private static DateTimeOffset Utc(DateTime local) => new(local.ToUniversalTime());
}
