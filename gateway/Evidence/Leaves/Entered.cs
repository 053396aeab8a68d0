namespace EdgeGateway.Evidence.Leaves;

/// <summary>What manual entries and instruments state in the same way.</summary>
public sealed record Entered
{
    internal static LayoutRecord[] Layout { get; } =
    [
        new("from", LeafForm.Instant),
        new("to", LeafForm.Instant),
        new("amount", LeafForm.Quantity),
        new("by", LeafForm.Text),
        new("document", LeafForm.Text, Optional: true),
        new("sha256", LeafForm.Bytes, Optional: true),
    ];

    /// <summary>Begin of the period that it is for.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>End, not included.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>How much.</summary>
    public required LeafAmount Amount { get; init; }

    /// <summary>Who entered it.</summary>
    public required string By { get; init; }

    /// <summary>The document behind it, or null.</summary>
    public string? Document { get; init; }

    /// <summary>SHA-256 of that document, or null.</summary>
    public ReadOnlyMemory<byte>? Sha256 { get; init; }

    /// <summary>Further statements, named <c>topic/detail</c>.</summary>
    public IReadOnlyList<LeafRecord> Details { get; init; } = [];

    /// <summary>The text of a detail, or null.</summary>
    public string? Detail(string name)
    {
        foreach (LeafRecord detail in Details)
        {
            if (detail.Name == name)
            {
                return detail.Text;
            }
        }

        return null;
    }

    /// <summary>With what a correction says instead: an amount, details.</summary>
    public Entered CorrectedBy(CorrectionLeaf correction) =>
        this with
        {
            Amount = correction.Amount ?? Amount,
            Details = [.. Details.Where(d => correction.Details.All(c => c.Name != d.Name)), .. correction.Details],
        };

    internal static Entered Read(ref LeafCursor records) =>
        new()
        {
            From = records.Time("from"),
            To = records.Time("to"),
            Amount = records.Amount("amount"),
            By = records.Text("by"),
            Document = records.TextIfAny("document"),
            Sha256 = records.BytesIfAny("sha256"),
            Details = records.Rest(),
        };

    internal void AddTo(List<LeafRecord> records)
    {
        records.Add(LeafRecord.Of("from", From));
        records.Add(LeafRecord.Of("to", To));
        records.Add(Amount.As("amount"));
        records.Add(LeafRecord.Of("by", By));
        if (Document is not null)
        {
            records.Add(LeafRecord.Of("document", Document));
        }

        if (Sha256 is { } hash)
        {
            records.Add(new LeafRecord("sha256") { Data = hash });
        }

        records.AddRange(Details);
    }
}
