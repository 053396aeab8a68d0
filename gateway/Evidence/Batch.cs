using System.Formats.Cbor;

namespace EdgeGateway.Evidence;

/// <summary>
/// The leaves between two checkpoints, with what is needed to verify them alone: CBOR
/// <c>[note, COSE_Sign1, first, edge, [element, …]]</c>.
/// </summary>
/// <param name="Note">The checkpoint after the last leaf, as a signed note (<see cref="CheckpointNote"/>).</param>
/// <param name="Cose">The same checkpoint as tagged COSE_Sign1 (<see cref="CheckpointCose"/>).</param>
/// <param name="First">Index of the first leaf.</param>
/// <param name="Edge">The edge of the tree of size <paramref name="First"/> (<see cref="Frontier"/>), largest subtree first.</param>
/// <param name="Elements">The leaves in order, none left out.</param>
public sealed record Batch(
    string Note,
    ReadOnlyMemory<byte> Cose,
    long First,
    IReadOnlyList<MerkleHash> Edge,
    IReadOnlyList<BatchElement> Elements
)
{
    /// <summary>The largest batch that is read, in bytes.</summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    /// <summary>The batch's bytes.</summary>
    public byte[] Encode()
    {
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartArray(5);
        writer.WriteTextString(Note);
        writer.WriteEncodedValue(Cose.Span);
        writer.WriteInt64(First);
        writer.WriteStartArray(Edge.Count);
        foreach (MerkleHash hash in Edge)
        {
            writer.WriteByteString(hash.AsSpan());
        }

        writer.WriteEndArray();
        writer.WriteStartArray(Elements.Count);
        foreach (BatchElement element in Elements)
        {
            if (element.Leaf is { } leaf)
            {
                writer.WriteByteString(leaf.Span);
            }
            else
            {
                writer.WriteStartArray(1);
                writer.WriteByteString(element.Hash.AsSpan());
                writer.WriteEndArray();
            }
        }

        writer.WriteEndArray();
        writer.WriteEndArray();
        return writer.Encode();
    }

    /// <summary>
    /// Reads one batch from the front of <paramref name="bytes"/>: a file may hold several, one after another (RFC 8742).
    /// </summary>
    /// <param name="bytes">At most <see cref="MaxBytes"/>.</param>
    /// <param name="length">How many bytes the batch took.</param>
    /// <exception cref="EvidenceException">The bytes do not begin with a batch.</exception>
    public static Batch Decode(ReadOnlyMemory<byte> bytes, out int length)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new EvidenceException($"A batch has at most {MaxBytes} bytes; this one has {bytes.Length}.");
        }

        try
        {
            CborReader reader = new(bytes, CborConformanceMode.Canonical, allowMultipleRootLevelValues: true);
            if (reader.ReadStartArray() != 5)
            {
                throw new EvidenceException("A batch is an array of five: note, COSE_Sign1, first, edge, elements.");
            }

            string note = reader.ReadTextString();
            ReadOnlyMemory<byte> cose = reader.ReadEncodedValue();
            long first = checked((long)reader.ReadUInt64());
            List<MerkleHash> edge = [];
            ReadArray(reader, () => edge.Add(MerkleHash.From(reader.ReadByteString())));
            List<BatchElement> elements = [];
            ReadArray(reader, () => elements.Add(ReadElement(reader, elements.Count)));
            reader.ReadEndArray();
            length = bytes.Length - reader.BytesRemaining;
            return new Batch(note, cose, first, edge, elements);
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new EvidenceException($"This is not a batch of a gateway's log: {e.Message}", e);
        }
    }

    private static BatchElement ReadElement(CborReader reader, int index)
    {
        if (reader.PeekState() == CborReaderState.ByteString)
        {
            ReadOnlyMemory<byte> leaf = reader.ReadDefiniteLengthByteString();
            return leaf.Length >= LeafCodec.MinBytes
                ? BatchElement.Of(leaf)
                : throw new EvidenceException($"A leaf has at least {LeafCodec.MinBytes} bytes; element {index} has {leaf.Length}.");
        }

        if (reader.ReadStartArray() != 1)
        {
            throw new EvidenceException("An element of a batch is a leaf or an array of one hash.");
        }

        BatchElement element = BatchElement.Withheld(MerkleHash.From(reader.ReadByteString()));
        reader.ReadEndArray();
        return element;
    }

    private static void ReadArray(CborReader reader, Action readItem)
    {
        for (int left = reader.ReadStartArray() ?? 0; left > 0; left--)
        {
            readItem();
        }

        reader.ReadEndArray();
    }
}

/// <summary>A leaf of a batch, or the hash of one that is withheld or thinned.</summary>
public readonly record struct BatchElement
{
    private BatchElement(ReadOnlyMemory<byte>? leaf, MerkleHash hash) => (Leaf, Hash) = (leaf, hash);

    /// <summary>The leaf's bytes, or null when only its hash is given.</summary>
    public ReadOnlyMemory<byte>? Leaf { get; }

    /// <summary>The leaf's hash.</summary>
    public MerkleHash Hash { get; }

    /// <summary>An element with its leaf.</summary>
    public static BatchElement Of(ReadOnlyMemory<byte> leaf) => new(leaf, MerkleHash.OfLeaf(leaf.Span));

    /// <summary>An element of which only the hash is given.</summary>
    public static BatchElement Withheld(in MerkleHash hash) => new(null, hash);
}
