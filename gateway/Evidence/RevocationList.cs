using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EdgeGateway.Evidence;

/// <summary>What a revocation list says of one certificate.</summary>
/// <param name="From">From when on its key is not to be trusted: the invalidity date of the entry, or when it was revoked if that is
/// earlier or alone.</param>
/// <param name="OnHold">Revoked for the time being (reason certificateHold).</param>
public readonly record struct Revocation(DateTimeOffset From, bool OnHold);

/// <summary>
/// A complete certificate revocation list (RFC 5280 §5), decoded strictly. It says nothing before its signature is checked.
/// </summary>
/// <remarks>
/// Entries are looked up in the list's bytes, so that a list costs no more memory than it is long. Delta lists, indirect lists and lists
/// for some reasons only are refused: each would need others to be read with.
/// </remarks>
public sealed class RevocationList
{
    /// <summary>The largest list that is read, bytes: about thirty thousand entries.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const string ReasonCode = "2.5.29.21",
        InvalidityDate = "2.5.29.24",
        DistributionPoint = "2.5.29.28";
    private const int Version2 = 1,
        CertificateHold = 6,
        RemoveFromList = 8;

    private readonly ReadOnlyMemory<byte> _signed,
        _signature,
        _entries;
    private readonly string _algorithm;

    private RevocationList(ReadOnlyMemory<byte> der)
    {
        Bytes = der;
        AsnReader outer = new(der, AsnEncodingRules.DER);
        AsnReader list = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        _signed = list.PeekEncodedValue();
        AsnReader signed = list.ReadSequence();
        ReadOnlyMemory<byte> algorithm = list.PeekEncodedValue();
        _algorithm = list.ReadSequence().ReadObjectIdentifier();
        _signature =
            list.TryReadPrimitiveBitString(out int unused, out ReadOnlyMemory<byte> signature) && unused == 0
                ? signature
                : throw new EvidenceException("Its signature is not a whole number of bytes.");
        list.ThrowIfNotEmpty();

        if (signed.PeekTag() == Asn1Tag.Integer && (!signed.TryReadInt32(out int version) || version != Version2))
        {
            throw new EvidenceException("Its version is not known: lists are of version 2, or state none.");
        }

        if (!signed.PeekEncodedValue().Span.SequenceEqual(algorithm.Span))
        {
            throw new EvidenceException("Its two statements of the signature's algorithm differ.");
        }

        signed.ReadEncodedValue();
        Issuer = new X500DistinguishedName(signed.ReadEncodedValue().Span);
        ThisUpdate = ReadTime(signed);
        NextUpdate = signed.HasData && IsTime(signed.PeekTag()) ? ReadTime(signed) : null;
        if (signed.HasData && signed.PeekTag() == Asn1Tag.Sequence)
        {
            _entries = signed.ReadEncodedValue();
        }

        if (signed.HasData)
        {
            AsnReader tagged = signed.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true));
            ReadExtensions(tagged.ReadSequence());
            tagged.ThrowIfNotEmpty();
        }

        signed.ThrowIfNotEmpty();
        foreach (var _ in Entries())
        {
            // Each entry is decoded once here, so that a damaged one is found whoever is looked up.
        }
    }

    /// <summary>The list, DER.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Who says that he has issued it.</summary>
    public X500DistinguishedName Issuer { get; }

    /// <summary>When it was issued.</summary>
    public DateTimeOffset ThisUpdate { get; }

    /// <summary>When the next one was to be issued at the latest, where it says so.</summary>
    public DateTimeOffset? NextUpdate { get; }

    /// <summary>
    /// It speaks for some of the issuer's certificates only (issuing distribution point): whoever is not in it may be in another one.
    /// </summary>
    public bool IsPartial { get; private set; }

    /// <summary>Reads a list.</summary>
    /// <exception cref="EvidenceException">The bytes are not a complete list in DER; the sentence says why.</exception>
    public static RevocationList Decode(ReadOnlyMemory<byte> der)
    {
        if (der.Length > MaxBytes)
        {
            throw new EvidenceException($"A revocation list has at most {MaxBytes} bytes; this one has {der.Length}.");
        }

        try
        {
            return new RevocationList(der);
        }
        catch (EvidenceException e)
        {
            throw new EvidenceException($"The revocation list cannot be used. {e.Message}", e);
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException or ArgumentException or InvalidOperationException)
        {
            throw new EvidenceException($"This is not a certificate revocation list (DER): {e.Message}", e);
        }
    }

    /// <summary>Reads the list of a DER file, or all those of a PEM file (RFC 7468 §6, X509 CRL).</summary>
    /// <exception cref="EvidenceException">One cannot be used, or there is none.</exception>
    public static IReadOnlyList<RevocationList> ReadAll(ReadOnlyMemory<byte> file)
    {
        const byte Sequence = 0x30;
        if (file.Length > 0 && file.Span[0] == Sequence)
        {
            return [Decode(file)];
        }

        List<RevocationList> lists = [.. Pem.Blocks(Encoding.UTF8.GetString(file.Span), "X509 CRL").Select(b => Decode(b))];
        return lists.Count > 0
            ? lists
            : throw new EvidenceException("There is no revocation list in it: DER, or PEM that begins with -----BEGIN X509 CRL-----.");
    }

    /// <summary>
    /// Whether this certificate's key signed the list, and may sign lists (key usage cRLSign, where it states its usage).
    /// </summary>
    /// <exception cref="EvidenceException">The algorithm cannot be checked.</exception>
    public bool IsSignedBy(X509Certificate2 issuer)
    {
        if (!issuer.SubjectName.RawData.AsSpan().SequenceEqual(Issuer.RawData))
        {
            return false;
        }

        // RFC 5758 §3.2 and RFC 8017 §A.2.4.
        (bool elliptic, HashAlgorithmName hash) = _algorithm switch
        {
            "1.2.840.10045.4.3.2" => (true, HashAlgorithmName.SHA256),
            "1.2.840.10045.4.3.3" => (true, HashAlgorithmName.SHA384),
            "1.2.840.10045.4.3.4" => (true, HashAlgorithmName.SHA512),
            "1.2.840.113549.1.1.11" => (false, HashAlgorithmName.SHA256),
            "1.2.840.113549.1.1.12" => (false, HashAlgorithmName.SHA384),
            "1.2.840.113549.1.1.13" => (false, HashAlgorithmName.SHA512),
            _ => throw new EvidenceException(
                $"{Name()} is signed with the algorithm {_algorithm}, which this version cannot check. ECDSA and RSA (PKCS #1 "
                    + "v1.5) with SHA-256, -384 or -512 can be."
            ),
        };
        try
        {
            if (issuer.Extensions.OfType<X509KeyUsageExtension>().Any(u => !u.KeyUsages.HasFlag(X509KeyUsageFlags.CrlSign)))
            {
                return false;
            }

            using ECDsa? ecdsa = elliptic ? issuer.GetECDsaPublicKey() : null;
            using RSA? rsa = elliptic ? null : issuer.GetRSAPublicKey();
            return ecdsa?.VerifyData(_signed.Span, _signature.Span, hash, DSASignatureFormat.Rfc3279DerSequence)
                ?? rsa?.VerifyData(_signed.Span, _signature.Span, hash, RSASignaturePadding.Pkcs1)
                ?? false;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>What the list says of a certificate of its issuer: null when it is not in it.</summary>
    public Revocation? Find(X509Certificate2 certificate)
    {
        BigInteger serial = new(certificate.SerialNumberBytes.Span, isBigEndian: true);
        Revocation? found = null;
        foreach ((BigInteger revoked, Revocation revocation) in Entries())
        {
            if (revoked == serial && (found is null || revocation.From < found.Value.From))
            {
                found = revocation;
            }
        }

        return found;
    }

    /// <summary>How the list is called in a sentence.</summary>
    internal string Name() => $"The revocation list of {Issuer.Name} of {ThisUpdate:u}";

    private IEnumerable<(BigInteger Serial, Revocation Revocation)> Entries()
    {
        if (_entries.IsEmpty)
        {
            yield break;
        }

        AsnReader entries = new AsnReader(_entries, AsnEncodingRules.DER).ReadSequence();
        while (entries.HasData)
        {
            AsnReader entry = entries.ReadSequence();
            BigInteger serial = entry.ReadInteger();
            DateTimeOffset from = ReadTime(entry);
            bool onHold = false;
            AsnReader? extensions = entry.HasData ? entry.ReadSequence() : null;
            entry.ThrowIfNotEmpty();
            while (extensions is { HasData: true })
            {
                (string id, bool critical, AsnReader value) = ReadExtension(extensions);
                switch (id)
                {
                    case ReasonCode:
                        int reason = (int)BigInteger.Min(new BigInteger(value.ReadEnumeratedBytes().Span, isBigEndian: true), int.MaxValue);
                        onHold = reason == CertificateHold;
                        if (reason == RemoveFromList)
                        {
                            throw new EvidenceException("An entry lifts a revocation (removeFromCRL), which only delta lists may.");
                        }

                        break;
                    case InvalidityDate:
                        DateTimeOffset invalid = value.ReadGeneralizedTime();
                        from = invalid < from ? invalid : from;
                        break;
                    case var _ when critical:
                        throw new EvidenceException($"An entry has the critical extension {id}, which this version does not know.");
                    default:
                        continue;
                }

                value.ThrowIfNotEmpty();
            }

            yield return (serial, new Revocation(from, onHold));
        }
    }

    private void ReadExtensions(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            (string id, bool critical, AsnReader value) = ReadExtension(extensions);
            if (id == DistributionPoint)
            {
                IsPartial = true;
                AsnReader scope = value.ReadSequence();
                while (scope.HasData)
                {
                    const int LastOfScope = 2; // [0] distribution point, [1] only of users, [2] only of authorities
                    if (scope.PeekTag().TagValue > LastOfScope)
                    {
                        throw new EvidenceException("It is indirect, or for some reasons or attribute certificates only.");
                    }

                    scope.ReadEncodedValue();
                }
            }
            else if (critical)
            {
                throw new EvidenceException($"It has the critical extension {id}, which this version does not know. Give a complete list.");
            }
        }
    }

    private static (string Id, bool Critical, AsnReader Value) ReadExtension(AsnReader extensions)
    {
        AsnReader extension = extensions.ReadSequence();
        string id = extension.ReadObjectIdentifier();
        bool critical = extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean();
        AsnReader value = new(extension.ReadOctetString(), AsnEncodingRules.DER);
        extension.ThrowIfNotEmpty();
        return (id, critical, value);
    }

    private static bool IsTime(Asn1Tag tag) => tag == Asn1Tag.UtcTime || tag == Asn1Tag.GeneralizedTime;

    // Two-digit years are those up to 2049 (RFC 5280 §5.1.2.4).
    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag() == Asn1Tag.UtcTime ? reader.ReadUtcTime(twoDigitYearMax: 2049) : reader.ReadGeneralizedTime();
}
