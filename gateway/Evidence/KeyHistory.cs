using System.Formats.Cbor;

namespace EdgeGateway.Evidence;

/// <summary>A leaf that says which key signs from then on, with the receipt under the key before it.</summary>
/// <param name="Leaf">The <c>keyrot</c> leaf.</param>
/// <param name="Receipt">Its COSE receipt (<see cref="CoseReceipt"/>).</param>
public readonly record struct KeyChange(ReadOnlyMemory<byte> Leaf, ReadOnlyMemory<byte> Receipt);

/// <summary>
/// The changes of a device's key, ascending: <c>[[h'leaf', h'receipt'], …]</c>, deterministic CBOR. A bundle has them as <c>keys</c>.
/// </summary>
public static class KeyHistory
{
    /// <summary>The largest history that is read, bytes: more than a thousand changes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The bytes of a history.</summary>
    public static byte[] Encode(IReadOnlyList<KeyChange> changes)
    {
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartArray(changes.Count);
        foreach (KeyChange change in changes)
        {
            writer.WriteStartArray(2);
            writer.WriteByteString(change.Leaf.Span);
            writer.WriteByteString(change.Receipt.Span);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        return writer.Encode();
    }

    /// <summary>Reads a history. Nothing is verified yet: <see cref="LogKeys.Accept(KeyChange)"/> does.</summary>
    /// <exception cref="EvidenceException">The bytes are none, or one without a change.</exception>
    public static IReadOnlyList<KeyChange> Decode(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new EvidenceException($"The changes of a device's key have at most {MaxBytes} bytes.");
        }

        try
        {
            CborReader reader = new(bytes, CborConformanceMode.Canonical);
            List<KeyChange> changes = [];
            for (int left = reader.ReadStartArray() ?? 0; left > 0; left--)
            {
                if (reader.ReadStartArray() != 2)
                {
                    throw new EvidenceException("A change of the key is a leaf and its receipt.");
                }

                changes.Add(new KeyChange(reader.ReadByteString(), reader.ReadByteString()));
                reader.ReadEndArray();
            }

            reader.ReadEndArray();
            if (changes.Count == 0)
            {
                throw new EvidenceException("There is no change of the key in it.");
            }

            return reader.BytesRemaining == 0 ? changes : throw new EvidenceException("Bytes follow the last change of the key.");
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException)
        {
            throw new EvidenceException($"These are not the changes of a device's key: {e.Message}", e);
        }
    }
}
