using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.Cose;

namespace EdgeGateway.Evidence;

/// <summary>
/// The same checkpoint as COSE_Sign1 (RFC 9052 §4.2) in the shape of a COSE receipt (RFC 9942): ES256, detached payload = root.
/// </summary>
/// <remarks>
/// Protected header, labels ascending:
/// <code>
///   1: -7                      alg ES256
///   4: h'…32 bytes…'           kid: SHA-256 of the key's SPKI
///  15: { 2: origin,            CWT claims (RFC 9597): sub
///        -65537: size }        tree size ◆, because a receipt alone does not authenticate it
/// 395: 1                       verifiable data structure RFC9162_SHA256
/// </code>
/// The unprotected header is empty in a checkpoint; a receipt puts its proofs there (396) and nothing else.
/// </remarks>
public static class CheckpointCose
{
    private const int Kid = 4,
        CwtClaims = 15,
        VerifiableDataStructure = 395;
    private const int Subject = 2,
        TreeSize = -65537;
    private const int Rfc9162Sha256 = 1,
        Es256 = -7,
        SignatureBytes = 64;

    /// <summary>Signs a tree head.</summary>
    public static byte[] Sign(TreeHead head, ECDsa key)
    {
        CborWriter claims = new(CborConformanceMode.Canonical);
        claims.WriteStartMap(2);
        claims.WriteInt32(Subject);
        claims.WriteTextString(head.Origin.ToString());
        claims.WriteInt32(TreeSize);
        claims.WriteInt64(head.Size);
        claims.WriteEndMap();

        // The platform writes headers in the order they are added; ascending is the deterministic one.
        CoseHeaderMap headers = [];
        headers.Add(CoseHeaderLabel.Algorithm, CoseHeaderValue.FromInt32(Es256));
        headers.Add(new CoseHeaderLabel(Kid), CoseHeaderValue.FromBytes(KeyId(key)));
        headers.Add(new CoseHeaderLabel(CwtClaims), CoseHeaderValue.FromEncodedValue(claims.Encode()));
        headers.Add(new CoseHeaderLabel(VerifiableDataStructure), CoseHeaderValue.FromInt32(Rfc9162Sha256));
        return CoseSign1Message.SignDetached(head.Root.AsSpan().ToArray(), new CoseSigner(key, HashAlgorithmName.SHA256, headers));
    }

    /// <summary>Checks that this key signed exactly this tree head, and that nothing else is in the envelope.</summary>
    /// <exception cref="EvidenceException">It is not so; the sentence says why.</exception>
    public static void Verify(ReadOnlyMemory<byte> cose, TreeHead head, ECDsa key)
    {
        try
        {
            CheckShape(cose, head, KeyId(key));
            if (!CoseMessage.DecodeSign1(cose.Span).VerifyDetached(key, head.Root.AsSpan()))
            {
                throw new EvidenceException("The COSE signature of the checkpoint is not this key's signature over this root and size.");
            }
        }
        catch (Exception e)
            when (e is CborContentException or InvalidOperationException or OverflowException or CryptographicException or ArgumentException
            )
        {
            throw new EvidenceException($"The checkpoint's COSE envelope is not as this log writes it: {e.Message}", e);
        }
    }

    /// <summary>A COSE_Sign1 with detached payload and nothing in its unprotected header.</summary>
    internal static byte[] Envelope(byte[] protectedHeader, byte[] signature)
    {
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteTag((CborTag)18);
        writer.WriteStartArray(4);
        writer.WriteByteString(protectedHeader);
        writer.WriteStartMap(0);
        writer.WriteEndMap();
        writer.WriteNull();
        writer.WriteByteString(signature);
        writer.WriteEndArray();
        return writer.Encode();
    }

    /// <summary>Origin and size in a protected header, not verified. <see cref="Verify"/> checks the rest of it.</summary>
    internal static (Origin Origin, long Size) Claims(byte[] protectedHeader)
    {
        CborReader labels = new(protectedHeader, CborConformanceMode.Canonical);
        int count = labels.ReadStartMap() ?? 0;
        for (int i = 0; i < count; i++)
        {
            if (labels.ReadInt32() != CwtClaims)
            {
                labels.SkipValue();
                continue;
            }

            if (labels.ReadStartMap() == 2 && labels.ReadInt32() == Subject)
            {
                Origin origin = Origin.Parse(labels.ReadTextString());
                if (labels.ReadInt32() == TreeSize)
                {
                    return (origin, labels.ReadInt64());
                }
            }

            break;
        }

        throw new EvidenceException("The protected header of the COSE signature does not name origin and size of a log.");
    }

    // The platform ignores crit (label 2) and further labels; here every label must be one of ours, with our value.
    private static void CheckShape(ReadOnlyMemory<byte> cose, TreeHead head, byte[] keyId)
    {
        CborReader reader = new(cose, CborConformanceMode.Canonical);
        if (reader.ReadTag() != (CborTag)18 || reader.ReadStartArray() != 4)
        {
            throw new EvidenceException("The checkpoint's COSE envelope is not a COSE_Sign1 (tag 18, four parts).");
        }

        byte[] protectedHeader = reader.ReadByteString();
        if (reader.ReadStartMap() != 0)
        {
            throw new EvidenceException("The unprotected header of a checkpoint is empty; this one is not.");
        }

        reader.ReadEndMap();
        reader.ReadNull();
        if (reader.ReadByteString().Length != SignatureBytes)
        {
            throw new EvidenceException($"An ES256 signature has {SignatureBytes} bytes.");
        }

        reader.ReadEndArray();

        CborReader labels = new(protectedHeader, CborConformanceMode.Canonical);
        bool ours =
            labels.ReadStartMap() == 4
            && labels.ReadInt32() == 1
            && labels.ReadInt32() == Es256
            && labels.ReadInt32() == Kid
            && labels.ReadByteString().AsSpan().SequenceEqual(keyId)
            && labels.ReadInt32() == CwtClaims
            && labels.ReadStartMap() == 2
            && labels.ReadInt32() == Subject
            && labels.ReadTextString() == head.Origin.ToString()
            && labels.ReadInt32() == TreeSize
            && labels.ReadInt64() == head.Size;
        if (!ours)
        {
            throw new EvidenceException(
                "The protected header of the checkpoint's COSE signature is not algorithm, key id, origin and size of this log, "
                    + "or has labels that this version does not know."
            );
        }

        labels.ReadEndMap();
        if (labels.ReadInt32() != VerifiableDataStructure || labels.ReadInt32() != Rfc9162Sha256)
        {
            throw new EvidenceException("The checkpoint's COSE signature does not name RFC9162_SHA256 as its data structure.");
        }

        labels.ReadEndMap();
        if (labels.BytesRemaining != 0 || reader.BytesRemaining != 0)
        {
            throw new EvidenceException("Bytes follow the end of the checkpoint's COSE signature.");
        }
    }

    private static byte[] KeyId(ECDsa key) => SHA256.HashData(key.ExportSubjectPublicKeyInfo());
}
