using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace EdgeGateway.Carbon;

/// <summary>
/// A factor set in a file of its own, with a detached signature in the file <c>NAME.csv.sig</c> beside it: ECDSA on P-256 over the SHA-256
/// of the file's bytes, in DER (RFC 3279 §2.2.3), as <c>openssl dgst -sha256 -sign</c> writes it.
/// </summary>
/// <param name="Set">The set.</param>
/// <param name="Signer">The position of the signer's key among the trusted ones, from 0.</param>
public sealed record FactorPack(FactorSet Set, int Signer)
{
    /// <summary>Longest file, 1 MiB.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>Longest signature: a DER sequence of two integers of 33 bytes.</summary>
    public const int MostSignatureBytes = 72;

    /// <summary>What the name of the signature's file has behind the name of the pack.</summary>
    public const string SignatureSuffix = ".sig";

    // A set is recorded whole in one leaf, which has at most 65 535 bytes with its head. CBOR adds at most 9 to a name and a text.
    private const int MostRecordedBytes = 65_000,
        OverheadOfRecord = 9;

    private static readonly UTF8Encoding WithByteOrderMark = new(encoderShouldEmitUTF8Identifier: true);

    /// <summary>Checks the signature, and then all that a set is checked for.</summary>
    /// <param name="fileName">What the file is called, for the reasons.</param>
    /// <param name="file">Its bytes.</param>
    /// <param name="signature">The bytes of the file beside it; none when there is no such file.</param>
    /// <param name="signers">The keys that are trusted.</param>
    /// <exception cref="FormatException">The pack is not to be used; the text says why.</exception>
    public static FactorPack Open(string fileName, byte[] file, byte[] signature, IReadOnlyList<ECDsa> signers)
    {
        if (file.Length > MostBytes)
        {
            throw new FormatException($"{fileName} is longer than the {MostBytes} bytes that a factor pack may have.");
        }

        if (signers.Count == 0)
        {
            throw new FormatException(
                $"{fileName} is not used, because no signer of factor packs is trusted here. The site file names them under factorPacks."
            );
        }

        if (signature.Length == 0)
        {
            throw new FormatException(
                $"{fileName} is not signed: there is no file with its signature beside it, which is called as it is with "
                    + $"{SignatureSuffix} behind."
            );
        }

        int signer = signers.Select((key, i) => (key, i)).Where(s => Holds(s.key)).Select(s => s.i).FirstOrDefault(-1);
        if (signer < 0)
        {
            throw new FormatException($"{fileName} is not as a trusted signer signed it: it was changed, or signed by another key.");
        }

        if (!Utf8.IsValid(file))
        {
            throw new FormatException($"{fileName} is not UTF-8 text.");
        }

        using StreamReader text = new(new MemoryStream(file), WithByteOrderMark, detectEncodingFromByteOrderMarks: false);
        FactorSet set = FactorSet.Parse(fileName, text);
        int recorded = set.Records().Sum(r => Encoding.UTF8.GetByteCount(r.Name) + Encoding.UTF8.GetByteCount(r.Text) + OverheadOfRecord);
        return recorded <= MostRecordedBytes
            ? new FactorPack(set, signer)
            : throw new FormatException(
                $"{fileName} holds more than one leaf of the log can: {recorded} bytes of {MostRecordedBytes}. Split it into "
                    + "sets of fewer factors."
            );

        bool Holds(ECDsa key)
        {
            try
            {
                return signature.Length <= MostSignatureBytes
                    && key.VerifyData(file, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
            }
            catch (CryptographicException)
            {
                return false; // the signature is not in DER
            }
        }
    }
}
