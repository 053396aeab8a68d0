namespace EdgeGateway.Evidence.Leaves;

/// <summary>What people enter: an invoice, a delivery of fuel, a count of products.</summary>
/// <param name="Kind"><c>invoice</c>, <c>fuel</c>, <c>production</c>, <c>heat</c> or <c>reading</c>.</param>
/// <param name="Subject">What it is about, as accounts and products name it.</param>
/// <param name="Entered">Its period, its amount and what stands behind it.</param>
public sealed record ManualLeaf(string Kind, string Subject, Entered Entered)
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new([new("kind", LeafForm.Text), new("subject", LeafForm.Text), .. Entered.Layout], new(LeafLayout.IsPath, LeafForm.Statement))
        {
            Group = LeafLabel.May,
        };

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static ManualLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Manual);
        return new ManualLeaf(records.Text("kind"), records.Text("subject"), Entered.Read(ref records));
    }

    /// <summary>All that it states but who entered it, a line each: two entries that state the same are one.</summary>
    public string Statement =>
        string.Join(
            '\n',
            Records()
                .Where(r => r.Name != "by")
                .Select(r => $"{r.Name}={r.Text}{r.Number}{r.Unit}{(r.Data is { } data ? Convert.ToHexString(data.Span) : "")}")
        );

    /// <summary>With what a correction says instead: an amount, details.</summary>
    public ManualLeaf CorrectedBy(CorrectionLeaf correction) => this with { Entered = Entered.CorrectedBy(correction) };

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records = [LeafRecord.Of("kind", Kind), LeafRecord.Of("subject", Subject)];
        Entered.AddTo(records);
        return records;
    }
}
