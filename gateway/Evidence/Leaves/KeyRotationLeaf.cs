namespace EdgeGateway.Evidence.Leaves;

/// <summary>Another key signs from the next checkpoint on.</summary>
public sealed record KeyRotationLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new([new("key", LeafForm.Bytes), new("cert", LeafForm.Bytes, Optional: true), new("until", LeafForm.Instant)]);

    /// <summary>SPKI (RFC 5280 §4.1.2.7) of the key that takes over, DER.</summary>
    public required ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>Certificate of that key (RFC 5280), DER; null where none is recorded.</summary>
    public ReadOnlyMemory<byte>? Certificate { get; init; }

    /// <summary>Until then the key before it may sign too.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static KeyRotationLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.KeyRotation);
        KeyRotationLeaf rotation = new()
        {
            Key = records.Bytes("key"),
            Certificate = records.BytesIfAny("cert"),
            Until = records.Time("until"),
        };
        records.End();
        return rotation;
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records = [new LeafRecord("key") { Data = Key }];
        if (Certificate is { } certificate)
        {
            records.Add(new LeafRecord("cert") { Data = certificate });
        }

        records.Add(LeafRecord.Of("until", Until));
        return records;
    }
}
