using System.Collections;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EdgeGateway.Evidence;

/// <summary>
/// What a time-stamping authority said of a checkpoint: that it was there, signed, by a time (RFC 3161). Over the SHA-256 of the note with
/// the log's own signature (<see cref="CheckpointNote.WithoutCosignatures"/>), so that <c>openssl ts -verify -data</c> checks it too.
/// </summary>
/// <param name="Time">By then the checkpoint was there, UTC; by the authority's clock (<c>genTime</c>).</param>
/// <param name="Accuracy">How far <paramref name="Time"/> may be off either way, or null when the authority does not say.</param>
/// <param name="Authority">Subject of the authority's certificate.</param>
/// <param name="Policy">Object identifier of the policy that it stamps under.</param>
public sealed record TimeStamp(DateTimeOffset Time, TimeSpan? Accuracy, string Authority, string Policy)
{
    /// <summary>The largest token, and the largest response, in bytes. Usual ones have 1 to 8 kB.</summary>
    public const int MaxBytes = 64 * 1024;

    private const string TimeStamping = "1.3.6.1.5.5.7.3.8"; // id-kp-timeStamping, RFC 5280 §4.2.1.12
    private const string TokenContent = "1.2.840.113549.1.9.16.1.4"; // id-ct-TSTInfo, RFC 3161 §2.4.2

    // SHA-256, SHA-384, SHA-512: an authority's signature over a weaker hash proves too little for years to come.
    private static readonly string[] Digests = ["2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"];

    // PKIFailureInfo by its bits, RFC 3161 §2.4.2.
    private static readonly Dictionary<int, string> Failures = new()
    {
        [0] = "badAlg",
        [2] = "badRequest",
        [5] = "badDataFormat",
        [14] = "timeNotAvailable",
        [15] = "unacceptedPolicy",
        [16] = "unacceptedExtension",
        [17] = "addInfoNotAvailable",
        [25] = "systemFailure",
    };

    /// <summary>What an authority is asked for a checkpoint: a token over it, with the authority's certificate (RFC 3161 §2.4.1).</summary>
    /// <param name="note">The checkpoint.</param>
    /// <param name="nonce">Random and used once, 8 bytes or more: an older response does not answer it.</param>
    public static Rfc3161TimestampRequest Request(CheckpointNote note, ReadOnlyMemory<byte> nonce) =>
        Rfc3161TimestampRequest.CreateFromHash(
            ImprintOf(note),
            HashAlgorithmName.SHA256,
            requestedPolicyId: null,
            nonce,
            requestSignerCertificates: true
        );

    /// <summary>Takes the token out of an authority's response, as it stands there, DER; and the time that it states.</summary>
    /// <remarks>Its signature is checked with the certificate in it. Whether that is one to trust is for those to say who
    /// <see cref="Verify"/>.</remarks>
    /// <param name="request">What was asked.</param>
    /// <param name="response">A <c>TimeStampResp</c> (RFC 3161 §2.4.2), DER.</param>
    /// <exception cref="EvidenceException">It is refused or malformed, or it answers another request; the sentence says what.</exception>
    public static (byte[] Token, DateTimeOffset Time) TokenOf(Rfc3161TimestampRequest request, ReadOnlyMemory<byte> response) =>
        Judged("response", response, () =>
        {
            AsnReader whole = new(response, AsnEncodingRules.DER);
            AsnReader answer = whole.ReadSequence();
            whole.ThrowIfNotEmpty();
            AsnReader status = answer.ReadSequence();
            if (!status.TryReadInt32(out int granted) || granted is not (0 or 1))
            {
                throw new EvidenceException($"The authority grants no time stamp: {Refusal(granted, status)}.");
            }

            byte[] token = answer.ReadEncodedValue().ToArray();
            answer.ThrowIfNotEmpty();
            Rfc3161TimestampToken read = Read(token, request.GetMessageHash(), [], out _);
            return request.GetNonce() is not { } nonce || read.TokenInfo.GetNonce()?.Span.SequenceEqual(nonce.Span) == true
                ? (token, read.TokenInfo.Timestamp)
                : throw new EvidenceException("The time stamp answers another request: its nonce is not the one that was sent.");
        });

    /// <summary>
    /// Verifies a token for a checkpoint. Nothing is fetched, and the certificates are judged as of the token's own time.
    /// </summary>
    /// <param name="token">As <see cref="Bundle.TimeStamps"/> has it.</param>
    /// <param name="note">The checkpoint. Whether the log's key signed it is not looked at.</param>
    /// <param name="authorities">Whom the caller trusts: root certificates, or an authority's own one. Never one found in the
    /// token.</param>
    /// <exception cref="EvidenceException">It is malformed, altered, of another checkpoint, or of an authority that is not trusted; the
    /// sentence says what.</exception>
    public static TimeStamp Verify(ReadOnlyMemory<byte> token, CheckpointNote note, X509Certificate2Collection authorities) =>
        Judged("token", token, () =>
        {
            Rfc3161TimestampToken read = Read(token, ImprintOf(note), authorities, out X509Certificate2 authority);
            Rfc3161TimestampTokenInfo info = read.TokenInfo;
            CheckTrust(authority, read.AsSignedCms().Certificates, authorities, info.Timestamp);
            return new TimeStamp(
                info.Timestamp,
                info.AccuracyInMicroseconds is { } micros ? TimeSpan.FromMicroseconds(micros) : null,
                Clean(authority.Subject),
                info.PolicyId.Value!
            );
        });

    private static byte[] ImprintOf(CheckpointNote note) => SHA256.HashData(Encoding.UTF8.GetBytes(note.WithoutCosignatures()));

    private static T Judged<T>(string what, ReadOnlyMemory<byte> bytes, Func<T> judge)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new EvidenceException(
                $"The {what} of a time-stamping authority has at most {MaxBytes} bytes; this one has {bytes.Length}."
            );
        }

        try
        {
            return judge();
        }
        catch (Exception e)
            when (e
                    is CryptographicException
                        or AsnContentException
                        or ArgumentException
                        or InvalidOperationException
                        or FormatException
                        or OverflowException
                        or NotSupportedException
            )
        {
            throw new EvidenceException($"This is not the {what} of a time-stamping authority (RFC 3161): {e.Message}", e);
        }
    }

    /// <summary>Everything but trust. The platform checks the signature, ESSCertID, validity and purpose of the certificate.</summary>
    private static Rfc3161TimestampToken Read(
        ReadOnlyMemory<byte> token,
        ReadOnlyMemory<byte> imprint,
        X509Certificate2Collection candidates,
        out X509Certificate2 authority
    )
    {
        if (!Rfc3161TimestampToken.TryDecode(token, out Rfc3161TimestampToken? read, out int bytes))
        {
            throw new EvidenceException(WhyNot(token));
        }

        if (bytes != token.Length)
        {
            throw new EvidenceException($"{token.Length - bytes} bytes follow the end of the time stamp.");
        }

        Rfc3161TimestampTokenInfo info = read.TokenInfo;
        if (info.Version != 1 || info.GetExtensions().Any(e => e.Critical))
        {
            throw new EvidenceException(
                "The time stamp has a version or a critical extension that is not known here. A later version needs a later verifier."
            );
        }

        if (!read.VerifySignatureForHash(imprint.Span, HashAlgorithmName.SHA256, out X509Certificate2? signer, candidates))
        {
            throw new EvidenceException(
                info.HashAlgorithmId.Value == Digests[0] && info.GetMessageHash().Span.SequenceEqual(imprint.Span)
                    ? "The time stamp does not bring its authority's certificate, and none that is trusted has signed it."
                    : "The time stamp is of something else: its hash is not that of this checkpoint."
            );
        }

        if (!Digests.Contains(read.AsSignedCms().SignerInfos[0].DigestAlgorithm.Value))
        {
            throw new EvidenceException("The time stamp is signed over a hash other than SHA-256, SHA-384 or SHA-512.");
        }

        // RFC 3161 §2.3: the key is reserved for time stamps. The platform lets other purposes stand beside it.
        authority = signer;
        return Unfit(signer) is { } unfit ? throw new EvidenceException(unfit) : read;
    }

    private static string WhyNot(ReadOnlyMemory<byte> token)
    {
        SignedCms cms = new();
        cms.Decode(token.Span);
        if (
            cms.ContentInfo.ContentType.Value != TokenContent
            || cms.SignerInfos.Count != 1
            || !Rfc3161TimestampTokenInfo.TryDecode(cms.ContentInfo.Content, out Rfc3161TimestampTokenInfo? info, out _)
        )
        {
            return "This is not a time stamp: a token of RFC 3161 with the signature of one authority.";
        }

        return cms.SignerInfos[0].Certificate is not { } authority
                ? "The time stamp is malformed: it does not say which certificate it is signed with."
            : Unfit(authority) is { } unfit ? unfit
            : info.Timestamp < authority.NotBefore || info.Timestamp > authority.NotAfter
                ? $"The time stamp is of {info.Timestamp:u}, when the authority's certificate was not valid: "
                    + $"{authority.NotBefore.ToUniversalTime():u} to {authority.NotAfter.ToUniversalTime():u}."
            : "The time stamp was altered: its signature does not hold, or names another certificate.";
    }

    private static string? Unfit(X509Certificate2 authority) =>
        authority.Extensions.OfType<X509EnhancedKeyUsageExtension>().ToList()
            is [{ Critical: true, EnhancedKeyUsages: [{ Value: TimeStamping }] }]
            ? null
            : $"The certificate of {Clean(authority.Subject)} is not one of a time-stamping authority: its extended key usage "
                + "must be timeStamping alone, and critical.";

    private static void CheckTrust(
        X509Certificate2 authority,
        X509Certificate2Collection sent,
        X509Certificate2Collection trusted,
        DateTimeOffset time
    )
    {
        if (trusted.Any(t => t.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span)))
        {
            return;
        }

        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(TimeStamping));
        chain.ChainPolicy.VerificationTime = time.UtcDateTime;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        if (!chain.Build(authority))
        {
            throw new EvidenceException(
                $"The time stamp is signed by {Clean(authority.Subject)}, which no trusted authority vouches for at {time:u}: "
                    + $"{string.Join(", ", chain.ChainStatus.Select(s => s.StatusInformation.Trim().TrimEnd('.')).Distinct())}."
            );
        }
    }

    private static string Refusal(int status, AsnReader info)
    {
        List<string> words =
        [
            status switch
            {
                2 => "rejection",
                3 => "waiting",
                4 => "revocationWarning",
                5 => "revocationNotification",
                _ => $"status {status}",
            },
        ];
        if (info.HasData && info.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            for (AsnReader texts = info.ReadSequence(); texts.HasData; )
            {
                words.Add(texts.ReadCharacterString(UniversalTagNumber.UTF8String));
            }
        }

        if (info.HasData)
        {
            BitArray failure = info.ReadNamedBitList();
            words.AddRange(Failures.Where(f => f.Key < failure.Length && failure[f.Key]).Select(f => f.Value));
        }

        return Clean(string.Join(", ", words));
    }

    // Said by somebody else, for a log or a report: one line, and not a long one.
    private static string Clean(string text) =>
        string.Concat(text.Take(200).Select(c => char.IsControl(c) ? '\uFFFD' : c)) + (text.Length > 200 ? "…" : "");
}
