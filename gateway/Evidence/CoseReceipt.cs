using System.Formats.Cbor;
using System.Security.Cryptography;

namespace EdgeGateway.Evidence;

/// <summary>That a leaf is in the log of the receipt's size (RFC 9162 §2.1.3).</summary>
/// <param name="Index">The leaf's index.</param>
/// <param name="Path">Hashes from the leaf's neighbour up (<see cref="MerkleProof.Inclusion"/>).</param>
public sealed record InclusionProof(long Index, IReadOnlyList<MerkleHash> Path);

/// <summary>That the log of the receipt's size continues an older one (RFC 9162 §2.1.4).</summary>
/// <param name="OlderSize">Leaves of the older log, 1 or more.</param>
/// <param name="Path">The proof's hashes (<see cref="MerkleProof.Consistency"/>).</param>
public sealed record ConsistencyProof(long OlderSize, IReadOnlyList<MerkleHash> Path);

/// <summary>
/// A COSE receipt (RFC 9942): a checkpoint's COSE_Sign1 with proofs in its unprotected header. It has the checkpoint's own signature, so a
/// receipt of any leaf can be cut at any time without the key.
/// </summary>
/// <remarks>
/// <code>
/// 18([ h'protected', { 396: { -1: [ h'[size, index, [hash, …]]', … ] } }, null, h'signature' ])      inclusion of one leaf or several
/// 18([ h'protected', { 396: { -2: [ h'[older, size, [hash, …]]' ] } }, null, h'signature' ])         consistency
/// </code>
/// The payload is the root, detached: whoever verifies computes it. RFC 9942 does not authenticate the size in a proof; the protected
/// header does here (<see cref="CheckpointCose"/>), and a proof of another size is refused.
/// </remarks>
/// <param name="Checkpoint">The COSE_Sign1 without proofs.</param>
/// <param name="Inclusions">Inclusion proofs, or none.</param>
/// <param name="Consistency">A consistency proof, or null. A receipt has either this or inclusions.</param>
public sealed record CoseReceipt(ReadOnlyMemory<byte> Checkpoint, IReadOnlyList<InclusionProof> Inclusions, ConsistencyProof? Consistency)
{
    /// <summary>Inclusion proofs that one receipt can have at most.</summary>
    public const int MaxProofs = 4096;

    private const int Proofs = 396,
        Inclusion = -1,
        ConsistencyLabel = -2;

    /// <summary>The receipt's bytes.</summary>
    public byte[] Encode()
    {
        (byte[] header, byte[] signature) = Parts(Checkpoint);
        (_, long size) = CheckpointCose.Claims(header);
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteTag((CborTag)18);
        writer.WriteStartArray(4);
        writer.WriteByteString(header);
        writer.WriteStartMap(1);
        writer.WriteInt32(Proofs);
        writer.WriteStartMap(1);
        if (Consistency is { } consistency)
        {
            writer.WriteInt32(ConsistencyLabel);
            writer.WriteStartArray(1);
            writer.WriteByteString(EncodeProof(consistency.OlderSize, size, consistency.Path));
        }
        else
        {
            writer.WriteInt32(Inclusion);
            writer.WriteStartArray(Inclusions.Count);
            foreach (InclusionProof proof in Inclusions)
            {
                writer.WriteByteString(EncodeProof(size, proof.Index, proof.Path));
            }
        }

        writer.WriteEndArray();
        writer.WriteEndMap();
        writer.WriteEndMap();
        writer.WriteNull();
        writer.WriteByteString(signature);
        writer.WriteEndArray();
        return writer.Encode();
    }

    /// <summary>Reads a receipt and refuses whatever <see cref="Encode"/> would not have written. Nothing is verified yet.</summary>
    /// <exception cref="EvidenceException">The bytes are not a receipt of a gateway's log.</exception>
    public static CoseReceipt Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            CborReader reader = new(bytes, CborConformanceMode.Canonical);
            if (reader.ReadTag() != (CborTag)18 || reader.ReadStartArray() != 4)
            {
                throw new EvidenceException("A receipt is a COSE_Sign1 (tag 18, four parts).");
            }

            byte[] header = reader.ReadByteString();
            long size = CheckpointCose.Claims(header).Size;
            if (reader.ReadStartMap() != 1 || reader.ReadInt32() != Proofs || reader.ReadStartMap() != 1)
            {
                throw new EvidenceException("The unprotected header of a receipt holds proofs (396) and nothing else.");
            }

            List<InclusionProof> inclusions = [];
            ConsistencyProof? consistency = null;
            int kind = reader.ReadInt32();
            int count = reader.ReadStartArray() ?? 0;
            if (kind is not (Inclusion or ConsistencyLabel) || count < 1 || count > (kind == Inclusion ? MaxProofs : 1))
            {
                throw new EvidenceException("A receipt has inclusion proofs (-1) or one consistency proof (-2).");
            }

            for (int i = 0; i < count; i++)
            {
                (long first, long second, List<MerkleHash> path) = DecodeProof(reader.ReadByteString());
                if ((kind == Inclusion ? first : second) != size)
                {
                    throw new EvidenceException(
                        $"The proof is for a log of {(kind == Inclusion ? first : second)} leaves, but {size} are signed. The "
                            + "size was altered, or the proof is of another checkpoint."
                    );
                }

                if (kind == Inclusion)
                {
                    inclusions.Add(new InclusionProof(second, path));
                }
                else
                {
                    consistency = new ConsistencyProof(first, path);
                }
            }

            reader.ReadEndArray();
            reader.ReadEndMap();
            reader.ReadEndMap();
            reader.ReadNull();
            byte[] signature = reader.ReadByteString();
            reader.ReadEndArray();
            return reader.BytesRemaining == 0
                ? new CoseReceipt(CheckpointCose.Envelope(header, signature), inclusions, consistency)
                : throw new EvidenceException($"{reader.BytesRemaining} bytes follow the end of the receipt.");
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new EvidenceException($"This is not a receipt of a gateway's log: {e.Message}", e);
        }
    }

    /// <summary>The log and its size, as the receipt claims. Trust them only after verification.</summary>
    public (Origin Origin, long Size) Claims() => CheckpointCose.Claims(Parts(Checkpoint).Header);

    /// <summary>Verifies that these leaves are in the log that the key signed, each at its proof's index.</summary>
    /// <param name="leaves">The leaves' bytes, in the order of the proofs.</param>
    /// <param name="key">The log's signing key, which the caller trusts.</param>
    /// <returns>The signed state of the log.</returns>
    /// <exception cref="EvidenceException">Something does not hold; the sentence says what.</exception>
    public TreeHead VerifyInclusion(IReadOnlyList<ReadOnlyMemory<byte>> leaves, ECDsa key)
    {
        if (leaves.Count == 0 || leaves.Count != Inclusions.Count)
        {
            throw new EvidenceException($"The receipt has {Inclusions.Count} inclusion proofs for {leaves.Count} leaves.");
        }

        (Origin origin, long size) = Claims();
        MerkleHash? root = null;
        for (int i = 0; i < leaves.Count; i++)
        {
            MerkleHash follows = MerkleProof.RootOf(MerkleHash.OfLeaf(leaves[i].Span), Inclusions[i].Index, size, Inclusions[i].Path);
            root ??= follows;
            if (follows != root)
            {
                throw new EvidenceException(
                    $"The proofs of leaves {Inclusions[0].Index} and {Inclusions[i].Index} lead to different roots: a leaf or a "
                        + "path was altered."
                );
            }
        }

        TreeHead head = new(origin, size, root!.Value);
        CheckpointCose.Verify(Checkpoint, head, key);
        return head;
    }

    /// <summary>Verifies that the log that the key signed with <paramref name="root"/> continues an older one.</summary>
    /// <param name="older">The older state, which the caller has verified before.</param>
    /// <param name="root">The newer root, from the newer note.</param>
    /// <param name="key">The log's signing key, which the caller trusts.</param>
    /// <returns>The newer state.</returns>
    /// <exception cref="EvidenceException">Something does not hold; the sentence says what.</exception>
    public TreeHead VerifyConsistency(TreeHead older, in MerkleHash root, ECDsa key)
    {
        (Origin origin, long size) = Claims();
        if (Consistency is not { } proof || proof.OlderSize != older.Size || origin != older.Origin)
        {
            throw new EvidenceException($"The receipt has no consistency proof from size {older.Size} of the log {older.Origin}.");
        }

        TreeHead head = new(origin, size, root);
        CheckpointCose.Verify(Checkpoint, head, key);
        MerkleProof.VerifyConsistency(older.Size, older.Root, size, root, proof.Path);
        return head;
    }

    private static byte[] EncodeProof(long first, long second, IReadOnlyList<MerkleHash> path)
    {
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartArray(3);
        writer.WriteInt64(first);
        writer.WriteInt64(second);
        writer.WriteStartArray(path.Count);
        foreach (MerkleHash hash in path)
        {
            writer.WriteByteString(hash.AsSpan());
        }

        writer.WriteEndArray();
        writer.WriteEndArray();
        return writer.Encode();
    }

    private static (long First, long Second, List<MerkleHash> Path) DecodeProof(byte[] bytes)
    {
        CborReader reader = new(bytes, CborConformanceMode.Canonical);
        if (reader.ReadStartArray() != 3)
        {
            throw new EvidenceException("A proof is an array of three: two numbers and a path.");
        }

        long first = checked((long)reader.ReadUInt64()),
            second = checked((long)reader.ReadUInt64());
        int count = reader.ReadStartArray() ?? 0;
        if (count > MerkleProof.MaxHashes)
        {
            throw new EvidenceException($"A proof has at most {MerkleProof.MaxHashes} hashes; this one has {count}.");
        }

        List<MerkleHash> path = [];
        for (int i = 0; i < count; i++)
        {
            path.Add(MerkleHash.From(reader.ReadByteString()));
        }

        reader.ReadEndArray();
        reader.ReadEndArray();
        return reader.BytesRemaining == 0 ? (first, second, path) : throw new EvidenceException("Bytes follow the end of a proof.");
    }

    private static (byte[] Header, byte[] Signature) Parts(ReadOnlyMemory<byte> checkpoint)
    {
        CborReader reader = new(checkpoint, CborConformanceMode.Canonical);
        reader.ReadTag();
        reader.ReadStartArray();
        byte[] header = reader.ReadByteString();
        reader.SkipValue();
        reader.ReadNull();
        return (header, reader.ReadByteString());
    }
}
