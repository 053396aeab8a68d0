using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EdgeGateway.Evidence;

/// <summary>The state of a log: its origin, how many leaves it has, and the root over them.</summary>
public sealed record TreeHead(Origin Origin, long Size, MerkleHash Root)
{
    /// <summary>The text of the C2SP tlog-checkpoint: origin, size and base64 root, a line each. What is signed.</summary>
    public string NoteText() => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root.AsSpan())}\n");
}

/// <summary>
/// A checkpoint as a C2SP signed note with an ECDSA P-256 signature (signature type 0x02), which plain
/// <c>openssl dgst -sha256 -verify</c> checks over the text, and which witnesses can cosign.
/// </summary>
/// <remarks>
/// <code>
/// &lt;origin&gt;\n
/// &lt;size&gt;\n
/// &lt;base64 root&gt;\n                                          ← the signed text ends here
/// \n
/// — &lt;origin&gt; &lt;base64( key id, 4 bytes ‖ signature, DER )&gt;\n    key id = first 4 bytes of SHA-256(SPKI of the key)
/// — &lt;witness&gt; …\n                                         ← cosignatures, any number
/// </code>
/// </remarks>
public sealed class CheckpointNote
{
    /// <summary>The largest note that is read, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int KeyIdBytes = 4;
    private readonly List<(string KeyName, byte[] KeyId, byte[] Signature)> _signatures;

    private CheckpointNote(TreeHead head, List<(string, byte[], byte[])> signatures) => (Head, _signatures) = (head, signatures);

    /// <summary>What the note states. Trust it only after <see cref="IsSignedBy"/>.</summary>
    public TreeHead Head { get; }

    /// <summary>Signature lines beside the log's own: cosignatures of witnesses, not checked here.</summary>
    public int OtherSignatures => _signatures.Count(s => s.KeyName != Head.Origin.ToString());

    /// <summary>Signature lines beside the log's own: whose they say they are, key id and signature. Nothing of them is verified.</summary>
    public IEnumerable<(string KeyName, ReadOnlyMemory<byte> KeyId, ReadOnlyMemory<byte> Signature)> Others =>
        _signatures
            .Where(s => s.KeyName != Head.Origin.ToString())
            .Select(s => (s.KeyName, (ReadOnlyMemory<byte>)s.KeyId, (ReadOnlyMemory<byte>)s.Signature));

    /// <summary>The note with the log's own signature lines alone, as the device signed it. This is what is time-stamped.</summary>
    public string WithoutCosignatures() =>
        Head.NoteText()
        + "\n"
        + string.Concat(
            _signatures
                .Where(s => s.KeyName == Head.Origin.ToString())
                .Select(s => $"— {s.KeyName} {Convert.ToBase64String([.. s.KeyId, .. s.Signature])}\n")
        );

    /// <summary>Signs a tree head.</summary>
    /// <param name="head">The log's state.</param>
    /// <param name="key">The device's signing key, P-256.</param>
    public static string Sign(TreeHead head, ECDsa key)
    {
        string text = head.NoteText();
        byte[] signature = key.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return $"{text}\n— {head.Origin} {Convert.ToBase64String([.. KeyId(key), .. signature])}\n";
    }

    /// <summary>Reads a note and refuses what is not written in its only form.</summary>
    /// <exception cref="EvidenceException">The text is not a checkpoint note.</exception>
    public static CheckpointNote Parse(string note)
    {
        int blank = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (note.Length > MaxBytes || blank < 0 || blank + 2 >= note.Length || !note.EndsWith('\n'))
        {
            throw new EvidenceException(
                "The checkpoint is not a signed note: text, an empty line, signature lines, each ended by a newline."
            );
        }

        TreeHead head = ParseText(note[..(blank + 1)]);
        List<(string, byte[], byte[])> signatures = [];
        foreach (string line in note[(blank + 2)..^1].Split('\n'))
        {
            string[] parts = line.Split(' ');
            if (parts is not ["—", { Length: > 0 } name, var base64] || name.Any(char.IsControl) || name.Contains('+'))
            {
                throw new EvidenceException("A signature line of the checkpoint is not an em dash, a key name and a base64 signature.");
            }

            byte[] bytes = Base64.Decode(base64);
            if (bytes.Length <= KeyIdBytes)
            {
                throw new EvidenceException("A signature of the checkpoint is shorter than its key id.");
            }

            signatures.Add((name, bytes[..KeyIdBytes], bytes[KeyIdBytes..]));
        }

        return new CheckpointNote(head, signatures);
    }

    /// <summary>Whether the log's own signature line was made by this key over exactly this text.</summary>
    public bool IsSignedBy(ECDsa key)
    {
        byte[] id = KeyId(key);
        byte[] text = Encoding.UTF8.GetBytes(Head.NoteText());
        var own = _signatures.Where(s => s.KeyName == Head.Origin.ToString() && s.KeyId.AsSpan().SequenceEqual(id)).ToList();
        return own.Count > 0
            && own.TrueForAll(s =>
                IsDer(s.Signature) && key.VerifyData(text, s.Signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)
            );
    }

    private static TreeHead ParseText(string text)
    {
        if (text.Split('\n') is not [var origin, var sizeText, var root, ""])
        {
            throw new EvidenceException("A checkpoint has three lines: origin, size, root.");
        }

        if (
            !long.TryParse(sizeText, NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            || size.ToString(CultureInfo.InvariantCulture) != sizeText
        )
        {
            throw new EvidenceException($"'{sizeText}' is not the size of a log: decimal digits without leading zeros.");
        }

        return new TreeHead(Origin.Parse(origin), size, MerkleHash.From(Base64.Decode(root)));
    }

    // SEQUENCE { INTEGER r, INTEGER s } has one DER form; the platform's verification also takes longer ones.
    private static bool IsDer(byte[] signature)
    {
        try
        {
            System.Formats.Asn1.AsnReader outer = new(signature, System.Formats.Asn1.AsnEncodingRules.DER);
            System.Formats.Asn1.AsnReader pair = outer.ReadSequence();
            _ = pair.ReadInteger();
            _ = pair.ReadInteger();
            pair.ThrowIfNotEmpty();
            outer.ThrowIfNotEmpty();
            return true;
        }
        catch (System.Formats.Asn1.AsnContentException)
        {
            return false;
        }
    }

    private static byte[] KeyId(ECDsa key) => SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..KeyIdBytes];
}
