namespace EdgeGateway.Evidence.Leaves;

/// <summary>Reads the records of one leaf in the order in which its type has them. Names and places are known to the views only.</summary>
internal struct LeafCursor
{
    private readonly Leaf _leaf;
    private int _next;

    private LeafCursor(Leaf leaf) => _leaf = leaf;

    /// <summary>Begins with the first record.</summary>
    /// <exception cref="EvidenceException">The leaf is of another type.</exception>
    public static LeafCursor Of(Leaf leaf, string type) =>
        leaf.Head.Type == type
            ? new LeafCursor(leaf)
            : throw new EvidenceException($"Leaf {leaf.Head.Index} is of type '{leaf.Head.Type}', not '{type}'.");

    /// <summary>The next record, whatever its name is; null at the end.</summary>
    public LeafRecord? Next() => _next < _leaf.Records.Count ? _leaf.Records[_next++] : null;

    /// <summary>The next record, if it has this name; null if it is another one.</summary>
    public LeafRecord? NextIf(string name) => _next < _leaf.Records.Count && _leaf.Records[_next].Name == name ? Next() : null;

    /// <summary>The text that must come next.</summary>
    public string Text(string name) => TextOf(Required(name));

    /// <summary>The text, where the leaf has it.</summary>
    public string? TextIfAny(string name) => NextIf(name) is { } record ? TextOf(record) : null;

    /// <summary>The whole number that must come next.</summary>
    public long Count(string name) => CountOf(Required(name));

    /// <summary>The whole number, where the leaf has it.</summary>
    public long? CountIfAny(string name) => NextIf(name) is { } record ? CountOf(record) : null;

    /// <summary>The instant that must come next.</summary>
    public DateTimeOffset Time(string name) => Required(name).AsTime();

    /// <summary>The instant, where the leaf has it.</summary>
    public DateTimeOffset? TimeIfAny(string name) => NextIf(name)?.AsTime();

    /// <summary>The bytes that must come next.</summary>
    public ReadOnlyMemory<byte> Bytes(string name) => BytesOf(Required(name));

    /// <summary>The bytes, where the leaf has them.</summary>
    public ReadOnlyMemory<byte>? BytesIfAny(string name) => NextIf(name) is { } record ? BytesOf(record) : default(ReadOnlyMemory<byte>?);

    /// <summary>The number with its unit that must come next.</summary>
    public LeafAmount Amount(string name)
    {
        LeafRecord record = Required(name);
        return LeafAmount.In(record) ?? throw Wrong(record, "no number with a unit");
    }

    /// <summary>The record that must come next.</summary>
    public LeafRecord Required(string name) =>
        NextIf(name) ?? throw new EvidenceException($"Leaf {_leaf.Head.Index} of type '{_leaf.Head.Type}' has no '{name}' in its place.");

    /// <summary>All records that are left.</summary>
    public IReadOnlyList<LeafRecord> Rest()
    {
        if (_next == _leaf.Records.Count)
        {
            return [];
        }

        List<LeafRecord> rest = new(_leaf.Records.Count - _next);
        while (Next() is { } record)
        {
            rest.Add(record);
        }

        return rest;
    }

    /// <summary>Nothing may be left.</summary>
    /// <exception cref="EvidenceException">Something is.</exception>
    public void End()
    {
        if (Next() is { } record)
        {
            throw Wrong(record, "nothing that this version knows");
        }
    }

    /// <summary>The text of a record.</summary>
    public readonly string TextOf(LeafRecord record) => record.Text ?? throw Wrong(record, "no text");

    /// <summary>That a record states something else than it should.</summary>
    public readonly EvidenceException Wrong(LeafRecord record, string what) =>
        new($"'{record.Name}' of leaf {_leaf.Head.Index}, which is of type '{_leaf.Head.Type}', states {what}.");

    private readonly long CountOf(LeafRecord record) =>
        record is { Number: { Exponent: 0, Mantissa: var count }, Unit: null } ? count : throw Wrong(record, "no whole number");

    private readonly ReadOnlyMemory<byte> BytesOf(LeafRecord record) => record.Data ?? throw Wrong(record, "no bytes");
}
