using System.IO.Compression;

namespace EdgeGateway.Evidence;

/// <summary>
/// Batches and bundles packed with deflate in zlib's frame (RFC 1951, RFC 1950), as HTTP's content coding <c>deflate</c> is.
/// </summary>
public static class Zlib
{
    private const byte Deflate32K = 0x78;

    /// <summary>Whether bytes begin as a packed file does. No batch, bundle or JSON text begins so.</summary>
    public static bool IsPacked(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 2 && bytes[0] == Deflate32K && ((bytes[0] << 8) | bytes[1]) % 31 == 0;

    /// <summary>Packs bytes.</summary>
    public static byte[] Pack(ReadOnlySpan<byte> bytes)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>Unpacks bytes.</summary>
    /// <param name="packed">All of the packed bytes; bytes after their end are refused.</param>
    /// <param name="maxBytes">What it may become at most. More than that and a piece is never in memory.</param>
    /// <exception cref="EvidenceException">The bytes are damaged, cut short, followed by others, or would become more than
    /// allowed.</exception>
    public static byte[] Unpack(ReadOnlyMemory<byte> packed, int maxBytes)
    {
        try
        {
            using MemoryStream source = new(packed.ToArray(), writable: false);
            using ZLibStream zlib = new(source, CompressionMode.Decompress);
            using MemoryStream unpacked = new();
            byte[] piece = new byte[81_920];
            for (int read; (read = zlib.Read(piece)) > 0; )
            {
                if (unpacked.Length + read > maxBytes)
                {
                    throw new EvidenceException($"Unpacked it has more than {maxBytes} bytes, which is the most that is read.");
                }

                unpacked.Write(piece, 0, read);
            }

            byte[] whole = unpacked.ToArray();

            // The platform does not tell of a missing end, nor of bytes after it: what was packed packs to a stream that ends with its
            // Adler-32.
            return packed.Length > 4 && packed.Span[^4..].SequenceEqual(Adler32(whole))
                ? whole
                : throw new EvidenceException("The packed bytes are cut short, or others follow them.");
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new EvidenceException($"The packed bytes are damaged: {e.Message}", e);
        }
    }

    // RFC 1950 §8.2, big-endian.
    private static byte[] Adler32(ReadOnlySpan<byte> bytes)
    {
        const uint Prime = 65_521;
        (uint a, uint b) = (1, 0);
        foreach (byte x in bytes)
        {
            a = (a + x) % Prime;
            b = (b + a) % Prime;
        }

        return [(byte)(b >> 8), (byte)(b & 0xFF), (byte)(a >> 8), (byte)(a & 0xFF)];
    }
}
