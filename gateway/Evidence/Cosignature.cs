using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace EdgeGateway.Evidence;

/// <summary>A witness that somebody trusts: a name and an Ed25519 key (C2SP tlog-cosignature).</summary>
/// <remarks>Written as a verifier key of C2SP signed-note: <c>&lt;name&gt;+&lt;key id, 8 hexadecimal digits&gt;+&lt;base64 of 0x04 ‖
/// key&gt;</c>.</remarks>
public sealed record WitnessKey
{
    internal const byte Ed25519Cosignature = 0x04;

    private readonly byte[] _key;

    private WitnessKey(string name, byte[] key) => (Name, _key, Id) = (name, key, IdOf(name, key));

    /// <summary>The witness's name: a URL without its scheme, as a rule.</summary>
    public string Name { get; }

    /// <summary>The key id that begins its signatures, 4 bytes.</summary>
    public ReadOnlyMemory<byte> Id { get; }

    /// <summary>A key from its 32 bytes.</summary>
    /// <exception cref="EvidenceException">The name cannot stand in a note, or the key is no point of the curve.</exception>
    public static WitnessKey Of(string name, ReadOnlySpan<byte> key)
    {
        if (name.Length is 0 or > 255 || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) || name.Contains('+'))
        {
            throw new EvidenceException($"'{name}' is not a witness's name: 1 to 255 characters without spaces and +.");
        }

        return key.Length == Ed25519.PublicKeySize && Ed25519.ValidatePublicKeyFull(key.ToArray(), 0)
            ? new WitnessKey(name, key.ToArray())
            : throw new EvidenceException($"The key of the witness {name} is not an Ed25519 key.");
    }

    /// <summary>Reads a verifier key.</summary>
    /// <exception cref="EvidenceException">The text is not one, or its key id is not that of its key.</exception>
    public static WitnessKey Parse(string text)
    {
        // Base64 may hold a plus sign too.
        if (text.Split('+', 3) is not [var name, var id, var base64])
        {
            throw new EvidenceException($"'{text}' is not a witness's key, which is <name>+<8 hexadecimal digits>+<base64>.");
        }

        byte[] typed = Base64.Decode(base64);
        if (typed.Length != 1 + Ed25519.PublicKeySize || typed[0] != Ed25519Cosignature)
        {
            throw new EvidenceException($"The key of {name} is not an Ed25519 key for cosignatures (type 4).");
        }

        WitnessKey key = Of(name, typed.AsSpan(1));
        return Convert.ToHexStringLower(key.Id.Span) == id
            ? key
            : throw new EvidenceException(
                $"The key id of {name} is {Convert.ToHexStringLower(key.Id.Span)}, not {id}: the key or the name was altered."
            );
    }

    /// <summary>Reads the verifier keys of a text, one a line; lines that are empty or begin with # are passed over.</summary>
    /// <exception cref="EvidenceException">A line is no verifier key, or there is none.</exception>
    public static IReadOnlyList<WitnessKey> ParseAll(string text)
    {
        List<WitnessKey> keys = [.. text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#').Select(Parse)];
        return keys.Count > 0
            ? keys
            : throw new EvidenceException("There is no witness's key in it, which is <name>+<8 hexadecimal digits>+<base64>.");
    }

    /// <summary>When this witness cosigned a checkpoint, or null when it did not, or no valid line of it is there.</summary>
    public DateTimeOffset? CosignedAt(CheckpointNote note)
    {
        foreach ((string name, ReadOnlyMemory<byte> id, ReadOnlyMemory<byte> signature) in note.Others)
        {
            if (name == Name && id.Span.SequenceEqual(Id.Span) && Verifies(signature.Span, note.Head) is { } time)
            {
                return time;
            }
        }

        return null;
    }

    /// <summary>The verifier key.</summary>
    public override string ToString() =>
        $"{Name}+{Convert.ToHexStringLower(Id.Span)}+{Convert.ToBase64String([Ed25519Cosignature, .. _key])}";

    // 8 bytes of POSIX time, big-endian, and 64 of signature.
    private DateTimeOffset? Verifies(ReadOnlySpan<byte> signature, TreeHead head)
    {
        if (signature.Length != sizeof(ulong) + Ed25519.SignatureSize)
        {
            return null;
        }

        ulong seconds = BinaryPrimitives.ReadUInt64BigEndian(signature);
        const ulong Year10000 = 253_402_300_800;
        byte[] message = Cosigner.Message(head, seconds);
        return seconds < Year10000 && Ed25519.Verify(signature[sizeof(ulong)..].ToArray(), 0, _key, 0, message, 0, message.Length)
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : null;
    }

    private static byte[] IdOf(string name, byte[] key) =>
        SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', Ed25519Cosignature, .. key])[..4];
}

/// <summary>Signs as a witness: cosignature/v1 of C2SP tlog-cosignature.</summary>
/// <remarks>
/// The platform has no Ed25519. Signed is
/// <code>
/// cosignature/v1
/// time 1679315147
/// &lt;the three lines of the checkpoint&gt;
/// </code>
/// </remarks>
public sealed class Cosigner
{
    private readonly byte[] _seed;

    /// <summary>A cosigner from its seed, 32 secret bytes.</summary>
    /// <exception cref="EvidenceException">The name cannot stand in a note, or the seed has another length.</exception>
    public Cosigner(string name, ReadOnlySpan<byte> seed)
    {
        if (seed.Length != Ed25519.SecretKeySize)
        {
            throw new EvidenceException($"The seed of an Ed25519 key has {Ed25519.SecretKeySize} bytes; this one has {seed.Length}.");
        }

        _seed = seed.ToArray();
        byte[] key = new byte[Ed25519.PublicKeySize];
        Ed25519.GeneratePublicKey(_seed, 0, key, 0);
        Key = WitnessKey.Of(name, key);
    }

    /// <summary>What those who trust this witness need.</summary>
    public WitnessKey Key { get; }

    /// <summary>The signature line over a checkpoint, with its newline.</summary>
    public string Sign(TreeHead head, DateTimeOffset time)
    {
        byte[] blob = new byte[4 + sizeof(ulong) + Ed25519.SignatureSize];
        ulong seconds = checked((ulong)time.ToUnixTimeSeconds());
        byte[] message = Message(head, seconds);
        Key.Id.Span.CopyTo(blob);
        BinaryPrimitives.WriteUInt64BigEndian(blob.AsSpan(4), seconds);
        Ed25519.Sign(_seed, 0, message, 0, message.Length, blob, 4 + sizeof(ulong));
        return $"— {Key.Name} {Convert.ToBase64String(blob)}\n";
    }

    internal static byte[] Message(TreeHead head, ulong seconds) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n{head.NoteText()}"));
}

/// <summary>
/// What is sent to a witness: the size it has last cosigned, a consistency proof from there, and a checkpoint (C2SP tlog-witness).
/// </summary>
/// <param name="OldSize">0 when it has not cosigned this log.</param>
/// <param name="Proof">Hashes of the consistency proof; none from 0.</param>
/// <param name="Note">The checkpoint.</param>
public sealed record AddCheckpoint(long OldSize, IReadOnlyList<MerkleHash> Proof, string Note)
{
    /// <summary>The largest request, bytes: an old size line, 63 hashes, an empty line, a note.</summary>
    public const int MaxBytes = 32 + (MaxProofLines * 45) + CheckpointNote.MaxBytes;

    private const int MaxProofLines = 63;

    /// <summary>The body of the request.</summary>
    public string Encode() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"old {OldSize}\n{string.Concat(Proof.Select(h => Convert.ToBase64String(h.AsSpan()) + "\n"))}\n{Note}"
        );

    /// <summary>Reads a request. Nothing of the note is looked at yet.</summary>
    /// <exception cref="EvidenceException">The body is not such a request.</exception>
    public static AddCheckpoint Parse(string body)
    {
        int blank = body.IndexOf("\n\n", StringComparison.Ordinal);
        if (
            blank < 0
            || body[..blank].Split('\n') is not [var first, .. var hashes]
            || !first.StartsWith("old ", StringComparison.Ordinal)
            || !long.TryParse(first[4..], NumberStyles.None, CultureInfo.InvariantCulture, out long old)
            || old.ToString(CultureInfo.InvariantCulture) != first[4..]
        )
        {
            throw new EvidenceException("The request is not 'old <size>', hashes of a proof, an empty line and a checkpoint.");
        }

        return hashes.Length <= MaxProofLines
            ? new AddCheckpoint(old, [.. hashes.Select(h => MerkleHash.From(Base64.Decode(h)))], body[(blank + 2)..])
            : throw new EvidenceException($"A proof has at most {MaxProofLines} hashes; this one has {hashes.Length}.");
    }
}
