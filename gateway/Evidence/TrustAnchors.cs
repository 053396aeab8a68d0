using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeGateway.Evidence;

/// <summary>The public keys that the person who verifies has decided to trust. Never a key found in what is verified.</summary>
public sealed class TrustAnchors
{
    private const string P256 = "1.2.840.10045.3.1.7"; // RFC 5480 §2.1.1.1. Other curves have keys of 256 bits too.

    private TrustAnchors(IReadOnlyList<ECDsa> keys) => Keys = keys;

    /// <summary>The trusted keys, P-256.</summary>
    public IReadOnlyList<ECDsa> Keys { get; }

    /// <summary>Reads public keys and certificates from PEM text (RFC 7468), one or more.</summary>
    /// <exception cref="EvidenceException">There is none, one is not P-256, or the text is a private key.</exception>
    public static TrustAnchors FromPem(string pem)
    {
        List<ECDsa> keys = [];
        ReadOnlySpan<char> rest = pem;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            string label = rest[fields.Label].ToString();
            keys.Add(Import(label, rest[fields.Location].ToString()));
            rest = rest[fields.Location.End..];
        }

        return keys.Count > 0
            ? new TrustAnchors(keys)
            : throw new EvidenceException("There is no PEM block in it. Give the device's public key, which begins with -----BEGIN PUBLIC KEY-----.");
    }

    /// <summary>Trusts what any of several trusts.</summary>
    public static TrustAnchors Of(IEnumerable<TrustAnchors> several) => new([.. several.SelectMany(t => t.Keys)]);

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

    private static bool IsP256(ECDsa key) => key.ExportParameters(includePrivateParameters: false).Curve is { IsNamed: true, Oid.Value: P256 };

    private static ECDsa Import(string label, string block)
    {
        try
        {
            ECDsa? key = label switch
            {
                "PUBLIC KEY" => ECDsa.Create(),
                "CERTIFICATE" => X509Certificate2.CreateFromPem(block).GetECDsaPublicKey(),
                _ => throw new EvidenceException($"It holds a {label}. A trust anchor is a PUBLIC KEY or a CERTIFICATE."),
            };
            if (label == "PUBLIC KEY")
            {
                key!.ImportFromPem(block);
            }

            return key is not null && IsP256(key) ? key : throw new EvidenceException($"The {label} is not an ECDSA key on P-256, which is what devices sign with.");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new EvidenceException($"The {label} in it cannot be read: {e.Message}", e);
        }
    }
}
