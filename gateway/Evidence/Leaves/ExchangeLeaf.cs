namespace EdgeGateway.Evidence.Leaves;

/// <summary>What the face of a pulse meter showed where its register stood: it was connected or exchanged.</summary>
public sealed record ExchangeLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new(
            [new("meter", LeafForm.Text), new("reading", LeafForm.Text), new("read", LeafForm.Instant)],
            new(LeafLayout.IsMeterName, LeafForm.Quantity)
        )
        {
            Group = LeafLabel.Must,
            Measured = true,
        };

    /// <summary>The meter.</summary>
    public required string Meter { get; init; }

    /// <summary>What the face showed, with its unit, for example <c>12345.6 m3</c>.</summary>
    public required string Reading { get; init; }

    /// <summary>When it was read from the face.</summary>
    public required DateTimeOffset Read { get; init; }

    /// <summary>The meter's registers then, each with the time at which it was counted. Empty before it is recorded: what the face showed
    /// does not depend on it.</summary>
    public IReadOnlyList<LeafRegister> Registers { get; init; } = [];

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static ExchangeLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Exchange);
        string meter = records.Text("meter"),
            reading = records.Text("reading");
        DateTimeOffset read = records.Time("read");
        List<LeafRegister> registers = [];
        while (records.Next() is { } record)
        {
            registers.Add(LeafAmount.In(record) is not null ? new LeafRegister(record) : throw records.Wrong(record, "no register"));
        }

        return new ExchangeLeaf
        {
            Meter = meter,
            Reading = reading,
            Read = read,
            Registers = registers,
        };
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records() =>
        [LeafRecord.Of("meter", Meter), LeafRecord.Of("reading", Reading), LeafRecord.Of("read", Read), .. Registers.Select(r => r.Record)];
}
