using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeGateway.Evidence;

/// <summary>
/// Whom the person who verifies has decided to trust, and what he has at hand to judge by. Never anything found in what is verified:
/// certificates and revocation lists in a bundle count only as far as somebody named here has signed them.
/// </summary>
/// <remarks>
/// <code>
/// TrustAnchors trust = TrustAnchors.FromPem(File.ReadAllText("utility-ca.pem"), TimeProvider.System.GetUtcNow()) with
/// {
///     Witnesses = WitnessKey.ParseAll(File.ReadAllText("witness.key")),
///     RevocationLists = RevocationList.ReadAll(File.ReadAllBytes("utility-ca.crl")),
/// };
/// VerifiedBundle verified = BundleVerifier.Verify(bundle, trust);
/// </code>
/// </remarks>
public sealed record TrustAnchors
{
    private const string P256 = "1.2.840.10045.3.1.7"; // RFC 5480 §2.1.1.1. Other curves have keys of 256 bits too.
    private const string PublicKeyLabel = "PUBLIC KEY",
        CertificateLabel = "CERTIFICATE";

    private TrustAnchors() { }

    /// <summary>The trusted keys of devices, P-256. Nothing but a change that they sign themselves ends this trust.</summary>
    public IReadOnlyList<ECDsa> Keys { get; private init; } = [];

    /// <summary>Certificate authorities (basic constraints: CA) whose word it is which key a device has.</summary>
    public IReadOnlyList<X509Certificate2> Authorities { get; private init; } = [];

    /// <summary>
    /// The time of verification, which certificates are judged at. Of no use to keys, and null where only those are trusted.
    /// </summary>
    public DateTimeOffset? At { get; private init; }

    /// <summary>Witnesses whose cosignatures count.</summary>
    public IReadOnlyList<WitnessKey> Witnesses { get; init; } = [];

    /// <summary>Time-stamping authorities whose time stamps count: root certificates, or an authority's own one.</summary>
    public IReadOnlyList<X509Certificate2> TimeAuthorities { get; init; } = [];

    /// <summary>
    /// Certificates of devices and of authorities between, in any order. They are not trusted; an authority must vouch for them.
    /// </summary>
    public IReadOnlyList<X509Certificate2> Certificates { get; init; } = [];

    /// <summary>Revocation lists of the authorities, as new as there are.</summary>
    public IReadOnlyList<RevocationList> RevocationLists { get; init; } = [];

    /// <summary>Reads public keys and certificates of devices from PEM text (RFC 7468), one or more.</summary>
    /// <exception cref="EvidenceException">There is none, one is not P-256, is of a certificate authority, or the text is a private
    /// key.</exception>
    public static TrustAnchors FromPem(string pem)
    {
        TrustAnchors trust = Read(pem);
        return trust.Authorities.Count == 0
            ? trust
            : throw new EvidenceException(
                "It holds the certificate of a certificate authority. Here the key or the certificate of the device itself is needed."
            );
    }

    /// <summary>
    /// Reads public keys and certificates of devices, and certificates of authorities, from PEM text (RFC 7468), one or more.
    /// </summary>
    /// <param name="pem">A certificate with the basic constraint CA is an authority's; any other one stands for the device's key in
    /// it.</param>
    /// <param name="at">The time of verification.</param>
    /// <exception cref="EvidenceException">There is none, the key of a device is not P-256, or the text is a private key.</exception>
    public static TrustAnchors FromPem(string pem, DateTimeOffset at) => Read(pem) with { At = at };

    /// <summary>Trusts what any of several trusts, at the latest of their times.</summary>
    public static TrustAnchors Of(IEnumerable<TrustAnchors> several)
    {
        List<TrustAnchors> all = [.. several];
        return new TrustAnchors
        {
            Keys = [.. all.SelectMany(t => t.Keys)],
            Authorities = [.. all.SelectMany(t => t.Authorities)],
            At = all.Max(t => t.At),
            Witnesses = [.. all.SelectMany(t => t.Witnesses)],
            TimeAuthorities = [.. all.SelectMany(t => t.TimeAuthorities)],
            Certificates = [.. all.SelectMany(t => t.Certificates)],
            RevocationLists = [.. all.SelectMany(t => t.RevocationLists)],
        };
    }

    /// <summary>Reads certificates from PEM text (RFC 7468), one or more, for the members that take them.</summary>
    /// <exception cref="EvidenceException">There is none, or something else is in it.</exception>
    public static IReadOnlyList<X509Certificate2> CertificatesFromPem(string pem)
    {
        List<X509Certificate2> certificates = [.. Pem.Blocks(pem, CertificateLabel).Select(Certificate)];
        return certificates.Count > 0
            ? certificates
            : throw new EvidenceException("There is no certificate in it, which begins with -----BEGIN CERTIFICATE-----.");
    }

    /// <summary>Reads a certificate (RFC 5280), DER and nothing else.</summary>
    /// <exception cref="EvidenceException">It is none.</exception>
    internal static X509Certificate2 Certificate(byte[] der)
    {
        try
        {
            X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
            if (certificate.RawDataMemory.Span.SequenceEqual(der))
            {
                return certificate;
            }

            certificate.Dispose();
        }
        catch (CryptographicException e)
        {
            throw new EvidenceException($"A certificate in it cannot be read: {e.Message}", e);
        }

        throw new EvidenceException("A certificate in it is not DER, or bytes follow its end.");
    }

    /// <summary>Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) in the form in which devices write it.</summary>
    /// <exception cref="EvidenceException">It is not a P-256 key in that form.</exception>
    internal static ECDsa PublicKey(ReadOnlyMemory<byte> spki)
    {
        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(spki.Span, out _);
            if (IsP256(key) && key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(spki.Span))
            {
                return key;
            }
        }
        catch (CryptographicException)
        {
            // Said below.
        }

        key.Dispose();
        throw new EvidenceException("It does not name a public key on P-256.");
    }

    /// <summary>The P-256 key of a certificate, or null when its key is another one.</summary>
    internal static ECDsa? KeyOf(X509Certificate2 certificate)
    {
        try
        {
            return certificate.GetECDsaPublicKey() is { } key && IsP256(key) ? key : null;
        }
        catch (CryptographicException)
        {
            return null; // a curve that nobody knows
        }
    }

    private static bool IsP256(ECDsa key) =>
        key.ExportParameters(includePrivateParameters: false).Curve is { IsNamed: true, Oid.Value: P256 };

    private static TrustAnchors Read(string pem)
    {
        List<ECDsa> keys = [];
        List<X509Certificate2> authorities = [];
        foreach ((string label, string block) in Pem.Blocks(pem))
        {
            try
            {
                Import(label, block, keys, authorities);
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
            {
                throw new EvidenceException($"The {label} in it cannot be read: {e.Message}", e);
            }
        }

        return keys.Count + authorities.Count > 0
            ? new TrustAnchors { Keys = keys, Authorities = authorities }
            : throw new EvidenceException(
                "There is no PEM block in it. Give the device's public key, which begins with -----BEGIN PUBLIC KEY-----."
            );
    }

    private static void Import(string label, string block, List<ECDsa> keys, List<X509Certificate2> authorities)
    {
        ECDsa? key = null;
        switch (label)
        {
            case PublicKeyLabel:
                key = ECDsa.Create();
                key.ImportFromPem(block);
                key = IsP256(key) ? key : null;
                break;
            case CertificateLabel:
                X509Certificate2 certificate = X509Certificate2.CreateFromPem(block);
                if (IsAuthority(certificate))
                {
                    authorities.Add(certificate);
                    return;
                }

                key = KeyOf(certificate);
                break;
            default:
                throw new EvidenceException($"It holds a {label}. A trust anchor is a PUBLIC KEY or a CERTIFICATE.");
        }

        keys.Add(key ?? throw new EvidenceException($"The {label} is not an ECDSA key on P-256, which is what devices sign with."));
    }

    private static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(c => c.CertificateAuthority);
}
