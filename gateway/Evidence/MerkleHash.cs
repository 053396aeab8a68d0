using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace EdgeGateway.Evidence;

/// <summary>A SHA-256 hash of a leaf or a node of the log's Merkle tree (RFC 9162 §2.1.1). 32 bytes.</summary>
[InlineArray(Size)]
public struct MerkleHash : IEquatable<MerkleHash>
{
    /// <summary>Bytes in a hash.</summary>
    public const int Size = 32;

    private byte _first;

    /// <summary>The root of a tree without leaves: the hash of nothing.</summary>
    public static MerkleHash OfNothing { get; } = Digest([]);

    /// <summary>Takes a hash from its 32 bytes.</summary>
    /// <exception cref="EvidenceException">It is not 32 bytes long.</exception>
    public static MerkleHash From(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new EvidenceException($"A hash has {Size} bytes; this one has {bytes.Length}.");
        }

        return MemoryMarshal.Read<MerkleHash>(bytes);
    }

    /// <summary>The hash of a leaf: H(0x00 ‖ leaf).</summary>
    public static MerkleHash OfLeaf(ReadOnlySpan<byte> leaf)
    {
        byte[]? rented = leaf.Length < 2048 ? null : new byte[leaf.Length + 1];
        Span<byte> input = rented ?? stackalloc byte[leaf.Length + 1];
        input[0] = 0x00;
        leaf.CopyTo(input[1..]);
        return Digest(input);
    }

    /// <summary>The hash of an inner node: H(0x01 ‖ left ‖ right).</summary>
    public static MerkleHash OfNode(in MerkleHash left, in MerkleHash right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Size)];
        input[0] = 0x01;
        left.AsSpan().CopyTo(input[1..]);
        right.AsSpan().CopyTo(input[(1 + Size)..]);
        return Digest(input);
    }

    /// <summary>The 32 bytes.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> AsSpan() => this;

    /// <inheritdoc/>
    public readonly bool Equals(MerkleHash other) => AsSpan().SequenceEqual(other);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is MerkleHash other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => MemoryMarshal.Read<int>(AsSpan());

    /// <summary>Lower-case hexadecimal.</summary>
    public override readonly string ToString() => Convert.ToHexStringLower(AsSpan());

    /// <summary>Compares all 32 bytes.</summary>
    public static bool operator ==(in MerkleHash left, in MerkleHash right) => left.Equals(right);

    /// <summary>Compares all 32 bytes.</summary>
    public static bool operator !=(in MerkleHash left, in MerkleHash right) => !left.Equals(right);

    private static MerkleHash Digest(ReadOnlySpan<byte> input)
    {
        MerkleHash hash = default;
        SHA256.HashData(input, hash);
        return hash;
    }
}
