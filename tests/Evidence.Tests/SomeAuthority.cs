using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeGateway.Evidence.Tests;

/// <summary>A certificate authority, made by the platform.</summary>
internal sealed class SomeAuthority
{
    private static int _serial;
    private readonly ECDsa _key;

    private SomeAuthority(X509Certificate2 certificate, ECDsa key) => (Certificate, _key) = (certificate, key);

    public static DateTimeOffset From { get; } = Some.Time.AddDays(-100);

    public static DateTimeOffset Until { get; } = Some.Time.AddYears(20);

    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem();

    public static SomeAuthority Root(
        string name = "Plant Root",
        int? pathLength = null,
        X509KeyUsageFlags usage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign
    )
    {
        ECDsa key = Some.Key();
        CertificateRequest request = Request($"CN={name}", key, authority: true, pathLength, usage);
        return new SomeAuthority(
            request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), From, Until, NextSerial()),
            key
        );
    }

    public SomeAuthority Between(string name = "Plant Devices", bool authority = true, DateTimeOffset? until = null)
    {
        ECDsa key = Some.Key();
        return new SomeAuthority(
            Sign(
                Request($"CN={name}", key, authority, null, X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign),
                From,
                until ?? Until
            ),
            key
        );
    }

    /// <summary>A certificate of a device.</summary>
    public X509Certificate2 Issue(
        string name,
        ECDsa key,
        DateTimeOffset? until = null,
        DateTimeOffset? from = null,
        X509KeyUsageFlags usage = X509KeyUsageFlags.DigitalSignature,
        X509Extension? more = null
    )
    {
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        if (more is not null)
        {
            request.CertificateExtensions.Add(more);
        }

        return Sign(request, from ?? From, until ?? Until);
    }

    /// <summary>A revocation list.</summary>
    public RevocationList List(params (X509Certificate2 Certificate, DateTimeOffset At, X509RevocationReason Reason)[] revoked) =>
        List(Some.Time.AddDays(300), revoked);

    public RevocationList List(
        DateTimeOffset thisUpdate,
        params (X509Certificate2 Certificate, DateTimeOffset At, X509RevocationReason Reason)[] revoked
    )
    {
        CertificateRevocationListBuilder builder = new();
        foreach ((X509Certificate2 certificate, DateTimeOffset at, X509RevocationReason reason) in revoked)
        {
            builder.AddEntry(certificate, at, reason);
        }

        return RevocationList.Decode(
            builder.Build(
                Certificate.SubjectName,
                X509SignatureGenerator.CreateForECDsa(_key),
                1,
                thisUpdate.AddDays(30),
                HashAlgorithmName.SHA256,
                X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false),
                thisUpdate
            )
        );
    }

    /// <summary>A revocation list with whatever stands in its entries and extensions.</summary>
    public byte[] RawList(Action<AsnWriter>? entries, Action<AsnWriter>? extensions)
    {
        AsnWriter list = new(AsnEncodingRules.DER);
        using (list.PushSequence())
        {
            list.WriteInteger(1);
            Algorithm(list);
            list.WriteEncodedValue(Certificate.SubjectName.RawData);
            list.WriteUtcTime(Some.Time.AddDays(300));
            if (entries is not null)
            {
                using (list.PushSequence())
                {
                    entries(list);
                }
            }

            if (extensions is not null)
            {
                using (list.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                using (list.PushSequence())
                {
                    extensions(list);
                }
            }
        }

        byte[] signed = list.Encode();
        AsnWriter whole = new(AsnEncodingRules.DER);
        using (whole.PushSequence())
        {
            whole.WriteEncodedValue(signed);
            Algorithm(whole);
            whole.WriteBitString(_key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        return whole.Encode();

        static void Algorithm(AsnWriter writer)
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.2.840.10045.4.3.2");
            }
        }
    }

    public static void Extension(AsnWriter writer, string id, bool critical, Action<AsnWriter> value)
    {
        AsnWriter inner = new(AsnEncodingRules.DER);
        value(inner);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(id);
            if (critical)
            {
                writer.WriteBoolean(true);
            }

            writer.WriteOctetString(inner.Encode());
        }
    }

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset from, DateTimeOffset until)
    {
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
                Certificate,
                includeKeyIdentifier: true,
                includeIssuerAndSerial: false
            )
        );
        return request.Create(Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), from, until, NextSerial());
    }

    private static CertificateRequest Request(string name, ECDsa key, bool authority, int? pathLength, X509KeyUsageFlags usage)
    {
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, pathLength is not null, pathLength ?? 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private static byte[] NextSerial() => [0x40, .. BitConverter.GetBytes(Interlocked.Increment(ref _serial))];
}
