using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CsCheck;

namespace EdgeGateway.Evidence.Tests;

/// <summary>Time stamps of <c>openssl ts</c>; and of authorities that it refuses to be, whose tokens are made here.</summary>
public sealed class TimeStampTests(TimeStampTests.Authority authority) : IClassFixture<TimeStampTests.Authority>
{
    private static readonly ECDsa Key = Some.Key();
    private static readonly CheckpointNote Note = NoteOf(7);
    private static readonly byte[] Nonce = [0xf1, 2, 3, 4, 5, 6, 7, 8];

    private StampingAuthority Openssl => authority.Openssl;

    [Fact]
    public void What_openssl_stamps_verifies_and_openssl_says_so_too()
    {
        (byte[] token, DateTimeOffset time) = TimeStamp.TokenOf(
            TimeStamp.Request(Note, Nonce),
            Openssl.Answer(TimeStamp.Request(Note, Nonce).Encode())
        );
        TimeStamp stamp = TimeStamp.Verify(token, Note, [Openssl.Root]);
        Assert.Equal(
            ("CN=Stamping Authority, O=Example", StampingAuthority.Policy, TimeSpan.FromSeconds(1.5)),
            (stamp.Authority, stamp.Policy, stamp.Accuracy)
        );
        Assert.Equal(stamp.Time, time);
        Assert.InRange(stamp.Time, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(1));
        Assert.Equal(stamp, TimeStamp.Verify(token, Note, [Openssl.Certificate]));
        Assert.Contains("Verification: OK", Openssl.Judgement(token, Note.WithoutCosignatures()).Split('\n'));
        Assert.Contains("Verification: FAILED", Openssl.Judgement(token, NoteOf(8).WithoutCosignatures()).Split('\n'));
    }

    [Fact]
    public void A_token_of_another_checkpoint_is_refused() =>
        Refused("its hash is not that of this checkpoint", () => TimeStamp.Verify(authority.Token, NoteOf(8), [Openssl.Root]));

    [Fact]
    public void A_token_covers_the_signature_and_no_cosignature()
    {
        string note = Note.WithoutCosignatures();
        CheckpointNote signedAgain = CheckpointNote.Parse(CheckpointNote.Sign(Note.Head, Key));
        CheckpointNote cosigned = CheckpointNote.Parse(note + $"— witness {Convert.ToBase64String(new byte[76])}\n");
        Refused("its hash is not that of this checkpoint", () => TimeStamp.Verify(authority.Token, signedAgain, [Openssl.Root]));
        Assert.Equal(TimeStamp.Verify(authority.Token, Note, [Openssl.Root]), TimeStamp.Verify(authority.Token, cosigned, [Openssl.Root]));
    }

    [Fact]
    public void An_authority_that_is_not_trusted_is_refused()
    {
        using Issuer other = new("CN=Stamping Root");
        Refused("no trusted authority vouches for", () => TimeStamp.Verify(authority.Token, Note, [other.Root]));
        Refused("no trusted authority vouches for", () => TimeStamp.Verify(authority.Token, Note, []));
    }

    [Fact]
    public void A_response_to_another_request_is_refused()
    {
        byte[] answer = Openssl.Answer(TimeStamp.Request(Note, Nonce).Encode());
        Refused("its nonce is not", () => TimeStamp.TokenOf(TimeStamp.Request(Note, new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 }), answer));
        Refused("its hash is not", () => TimeStamp.TokenOf(TimeStamp.Request(NoteOf(8), Nonce), answer));
    }

    [Fact]
    public void A_response_that_grants_nothing_tells_why()
    {
        Rfc3161TimestampRequest sha512 = Rfc3161TimestampRequest.CreateFromData(
            "x"u8,
            HashAlgorithmName.SHA512,
            nonce: Nonce,
            requestSignerCertificates: true
        );
        Refused("grants no time stamp: rejection, Message digest algorithm is not supported., badAlg.", () =>
            TimeStamp.TokenOf(sha512, Openssl.Answer(sha512.Encode()))
        );
        Refused("grants no time stamp: waiting.", () => TimeStamp.TokenOf(sha512, Convert.FromHexString("30053003020103")));
        Refused("This is not the response", () => TimeStamp.TokenOf(sha512, Convert.FromHexString("30053003020100")));
    }

    [Fact]
    public void Nothing_large_is_looked_at()
    {
        Refused("at most 65536 bytes; this one has 65537", () => TimeStamp.Verify(new byte[TimeStamp.MaxBytes + 1], Note, [Openssl.Root]));
        Refused("at most 65536 bytes; this one has 65537", () =>
            TimeStamp.TokenOf(TimeStamp.Request(Note, Nonce), new byte[TimeStamp.MaxBytes + 1])
        );
    }

    [Fact]
    public void An_altered_byte_is_refused_or_changes_nothing_that_is_told()
    {
        TimeStamp stamp = TimeStamp.Verify(authority.Token, Note, [Openssl.Root]);
        int refused = 0;
        for (int i = 0; i < authority.Token.Length; i++)
        {
            byte[] altered = [.. authority.Token];
            altered[i] ^= (byte)(1 << (i % 8));
            try
            {
                Assert.Equal(stamp, TimeStamp.Verify(altered, Note, [Openssl.Root]));
            }
            catch (EvidenceException)
            {
                refused++;
            }
        }

        // The rest is around the signature: the root that comes with it and is not taken from there, and lists that name things twice.
        Assert.InRange(refused, authority.Token.Length / 2, authority.Token.Length);
    }

    [Fact]
    public void Whatever_the_bytes_are_the_end_is_a_sentence() =>
        HostileInputTests.Mutations.Sample(
            mutations =>
            {
                Judge(() => TimeStamp.Verify(HostileInputTests.Mutate(authority.Token, mutations), Note, [Openssl.Root]));
                Judge(() => TimeStamp.TokenOf(TimeStamp.Request(Note, Nonce), HostileInputTests.Mutate(authority.Response, mutations)));
            },
            iter: 3_000
        );

    [Fact]
    public void Trailing_and_missing_bytes_are_refused()
    {
        Refused("This is not the token", () => TimeStamp.Verify(Array.Empty<byte>(), Note, [Openssl.Root]));
        Refused("This is not the token", () => TimeStamp.Verify(authority.Token.AsMemory()[..^1], Note, [Openssl.Root]));
        Refused("1 bytes follow", () => TimeStamp.Verify(authority.Token.Append((byte)0).ToArray(), Note, [Openssl.Root]));
    }

    [Fact]
    public void Tokens_made_here_are_good_unless_something_is_wrong_with_them()
    {
        using Issuer issuer = new("CN=Root");
        X509Certificate2 certificate = issuer.Issue();
        TimeStamp stamp = TimeStamp.Verify(issuer.Stamp(Note, certificate), Note, [issuer.Root]);
        Assert.Equal(new TimeStamp(Some.Time, null, "CN=Authority", StampingAuthority.Policy), stamp);
        Assert.Equal(stamp, TimeStamp.Verify(issuer.Stamp(Note, certificate, include: X509IncludeOption.None), Note, [certificate]));
    }

    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.8", false)]
    [InlineData("1.3.6.1.5.5.7.3.1", true)]
    [InlineData("1.3.6.1.5.5.7.3.8 1.3.6.1.5.5.7.3.1", true)]
    [InlineData("", true)]
    public void A_certificate_that_is_not_for_time_stamps_alone_is_refused(string purposes, bool critical)
    {
        using Issuer issuer = new("CN=Root");
        X509Certificate2 certificate = issuer.Issue(purposes: purposes, critical: critical);
        Refused("must be timeStamping alone, and critical", () => TimeStamp.Verify(issuer.Stamp(Note, certificate), Note, [issuer.Root]));
        Refused("must be timeStamping alone, and critical", () => TimeStamp.Verify(issuer.Stamp(Note, certificate), Note, [certificate]));
    }

    [Fact]
    public void A_certificate_that_had_ended_when_it_stamped_is_refused_and_one_that_ends_later_is_not()
    {
        using Issuer issuer = new("CN=Root");
        X509Certificate2 certificate = issuer.Issue(until: Some.Time.AddDays(1));
        byte[] late = issuer.Stamp(Note, certificate, Some.Time.AddDays(2));
        Refused("when the authority's certificate was not valid", () => TimeStamp.Verify(late, Note, [issuer.Root]));
        Refused("when the authority's certificate was not valid", () => TimeStamp.Verify(late, Note, [certificate]));
        Assert.Equal(Some.Time, TimeStamp.Verify(issuer.Stamp(Note, certificate), Note, [issuer.Root]).Time);
    }

    [Fact]
    public void A_root_that_had_ended_when_it_was_stamped_is_refused()
    {
        using Issuer issuer = new("CN=Root", until: Some.Time.AddDays(10));
        X509Certificate2 certificate = issuer.Issue();
        Assert.Equal(Some.Time, TimeStamp.Verify(issuer.Stamp(Note, certificate), Note, [issuer.Root]).Time);
        Refused("no trusted authority vouches for", () =>
            TimeStamp.Verify(issuer.Stamp(Note, certificate, Some.Time.AddDays(11)), Note, [issuer.Root])
        );
    }

    [Fact]
    public void The_certificate_must_be_the_one_that_the_signature_names()
    {
        using Issuer issuer = new("CN=Root");
        X509Certificate2 certificate = issuer.Issue();
        Refused("names another certificate", () =>
            TimeStamp.Verify(issuer.Stamp(Note, certificate, named: issuer.Root), Note, [issuer.Root])
        );
        Refused("altered", () => TimeStamp.Verify(issuer.Stamp(Note, certificate, names: false), Note, [issuer.Root]));
        Refused("does not bring its authority's certificate", () =>
            TimeStamp.Verify(issuer.Stamp(Note, certificate, include: X509IncludeOption.None), Note, [issuer.Root])
        );
    }

    [Fact]
    public void A_weak_hash_and_an_extension_that_must_be_understood_are_refused()
    {
        using Issuer issuer = new("CN=Root");
        Refused("other than SHA-256", () =>
            TimeStamp.Verify(issuer.Stamp(Note, issuer.Issue(), digest: "1.3.14.3.2.26"), Note, [issuer.Root])
        );
        X509Extension unknown = new("1.2.3.4", [5, 0], critical: true);
        Refused("critical extension", () => TimeStamp.Verify(issuer.Stamp(Note, issuer.Issue(), extension: unknown), Note, [issuer.Root]));
    }

    private static CheckpointNote NoteOf(long size) =>
        CheckpointNote.Parse(CheckpointNote.Sign(new TreeHead(Some.OriginOf(Key), size, MerkleHash.OfNothing), Key));

    private static void Refused(string why, Action judge) =>
        Assert.Contains(why, Assert.Throws<EvidenceException>(judge).Message, StringComparison.Ordinal);

    private static void Judge(Action judge)
    {
        try
        {
            judge();
        }
        catch (EvidenceException) { }
    }

    /// <summary>openssl's authority and one of its tokens, made once.</summary>
    public sealed class Authority : IDisposable
    {
        public Authority()
        {
            Rfc3161TimestampRequest request = TimeStamp.Request(Note, Nonce);
            Response = Openssl.Answer(request.Encode());
            Token = TimeStamp.TokenOf(request, Response).Token;
        }

        internal StampingAuthority Openssl { get; } = new();

        internal byte[] Response { get; }

        internal byte[] Token { get; }

        public void Dispose() => Openssl.Dispose();
    }

    /// <summary>An authority that does what openssl refuses to do.</summary>
    private sealed class Issuer : IDisposable
    {
        private static readonly DateTimeOffset From = Some.Time.AddYears(-1),
            Until = Some.Time.AddYears(1);
        private readonly ECDsa _key = Some.Key();

        public Issuer(string name, DateTimeOffset? until = null)
        {
            CertificateRequest request = new(name, _key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            Root = request.CreateSelfSigned(From, until ?? Until);
        }

        public X509Certificate2 Root { get; }

        public X509Certificate2 Issue(string purposes = "1.3.6.1.5.5.7.3.8", bool critical = true, DateTimeOffset? until = null)
        {
            // The certificate may outlive its issuer.
            CertificateRequest request = new(new X500DistinguishedName("CN=Authority"), _key, HashAlgorithmName.SHA256);
            OidCollection oids = [];
            foreach (string purpose in purposes.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                oids.Add(new Oid(purpose));
            }

            if (oids.Count > 0)
            {
                request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, critical));
            }

            return request
                .Create(Root.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), From, until ?? Until, [2])
                .CopyWithPrivateKey(_key);
        }

        public byte[] Stamp(
            CheckpointNote note,
            X509Certificate2 certificate,
            DateTimeOffset? time = null,
            bool names = true,
            X509Certificate2? named = null,
            X509IncludeOption include = X509IncludeOption.EndCertOnly,
            string digest = "2.16.840.1.101.3.4.2.1",
            X509Extension? extension = null
        )
        {
            byte[] imprint = SHA256.HashData(Encoding.UTF8.GetBytes(note.WithoutCosignatures()));
            Rfc3161TimestampTokenInfo info = new(
                new Oid(StampingAuthority.Policy),
                new Oid("2.16.840.1.101.3.4.2.1"),
                imprint,
                new byte[] { 1 },
                time ?? Some.Time,
                extensions: extension is null ? null : [extension]
            );
            SignedCms cms = new(new ContentInfo(new Oid("1.2.840.113549.1.9.16.1.4"), info.Encode()), detached: false);
            CmsSigner signer = new(SubjectIdentifierType.IssuerAndSerialNumber, certificate)
            {
                DigestAlgorithm = new Oid(digest),
                IncludeOption = include,
            };
            if (names)
            {
                signer.SignedAttributes.Add(new AsnEncodedData(new Oid("1.2.840.113549.1.9.16.2.47"), CertificateId(named ?? certificate)));
            }

            cms.ComputeSignature(signer);
            return cms.Encode();
        }

        public void Dispose() => _key.Dispose();

        // SigningCertificateV2 ::= SEQUENCE { SEQUENCE OF ESSCertIDv2 { certHash } }, with SHA-256 as the default (RFC 5035 §3).
        private static byte[] CertificateId(X509Certificate2 certificate)
        {
            AsnWriter writer = new(AsnEncodingRules.DER);
            using (writer.PushSequence())
            using (writer.PushSequence())
            using (writer.PushSequence())
            {
                writer.WriteOctetString(SHA256.HashData(certificate.RawDataMemory.Span));
            }

            return writer.Encode();
        }
    }
}
