namespace EdgeGateway.Evidence.Leaves;

/// <summary>The first leaf of a log: whose log it is, and the key that signs it.</summary>
public sealed record GenesisLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new([
            new("origin", LeafForm.Text),
            new("device", LeafForm.Text),
            new("key", LeafForm.Bytes),
            new("cert", LeafForm.Bytes, Optional: true),
        ]);

    /// <summary>Name of the log.</summary>
    public required Origin Origin { get; init; }

    /// <summary>SHA-256 of the SPKI of the device's first key, hexadecimal.</summary>
    public required string DeviceId { get; init; }

    /// <summary>SPKI (RFC 5280 §4.1.2.7) of the key that signs from here on, DER.</summary>
    public required ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>Certificate of that key (RFC 5280), DER; null where none is recorded.</summary>
    public ReadOnlyMemory<byte>? Certificate { get; init; }

    /// <summary>What a leaf names as its log, whether or not that is a name of one.</summary>
    /// <exception cref="EvidenceException">It is of another type, or names nothing.</exception>
    public static string LogNamedIn(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Genesis);
        return records.Text("origin");
    }

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static GenesisLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Genesis);
        GenesisLeaf genesis = new()
        {
            Origin = Origin.Parse(records.Text("origin")),
            DeviceId = records.Text("device"),
            Key = records.Bytes("key"),
            Certificate = records.BytesIfAny("cert"),
        };
        records.End();
        return genesis;
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records =
        [
            LeafRecord.Of("origin", Origin.ToString()),
            LeafRecord.Of("device", DeviceId),
            new LeafRecord("key") { Data = Key },
        ];
        if (Certificate is { } certificate)
        {
            records.Add(new LeafRecord("cert") { Data = certificate });
        }

        return records;
    }
}
