using System.Security.Cryptography;

namespace EdgeGateway.Evidence;

/// <summary>Textual encodings (RFC 7468).</summary>
internal static class Pem
{
    /// <summary>The bytes of all blocks of a text, which must have one label.</summary>
    /// <exception cref="EvidenceException">A block has another label.</exception>
    public static IEnumerable<byte[]> Blocks(string text, string label)
    {
        foreach ((string found, string block) in Blocks(text))
        {
            PemFields fields = PemEncoding.Find(block);
            yield return found == label
                ? Convert.FromBase64String(block[fields.Base64Data])
                : throw new EvidenceException($"It holds a {found} where each block is a {label}.");
        }
    }

    /// <summary>All blocks of a text, in their order.</summary>
    public static List<(string Label, string Block)> Blocks(string text)
    {
        List<(string, string)> blocks = [];
        ReadOnlySpan<char> rest = text;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            blocks.Add((rest[fields.Label].ToString(), rest[fields.Location].ToString()));
            rest = rest[fields.Location.End..];
        }

        return blocks;
    }
}
