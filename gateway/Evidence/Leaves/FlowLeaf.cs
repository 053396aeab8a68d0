namespace EdgeGateway.Evidence.Leaves;

/// <summary>Who supplied whom on the site in one stretch of time, and what the battery holds after it.</summary>
public sealed record FlowLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new(
            [
                new("from", LeafForm.Instant),
                new("to", LeafForm.Instant),
                new("previous", LeafForm.Count, Optional: true),
                new("method", LeafForm.Text),
                new("slot", LeafForm.Instant),
                new("tolerance", LeafForm.Quantity),
                new("efficiency", LeafForm.Quantity, Optional: true),
                new("reason", LeafForm.Text, Optional: true),
                new("residual", LeafForm.Quantity, Optional: true),
                new("found", LeafForm.Quantity, Optional: true),
            ],
            new(LeafLayout.IsPath, LeafForm.QuantityOrReason)
        )
        {
            ComputedFrom = LeafLabel.May,
        };

    /// <summary>Where the stretch begins.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Where it ends; a slot's boundary.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Index of the flow leaf that it goes on from; null where it is the first.</summary>
    public long? Previous { get; init; }

    /// <summary>
    /// All else, in order: the convention (<c>method</c>, <c>slot</c>, <c>tolerance</c>, <c>efficiency</c>), why nothing is attributed
    /// (<c>reason</c>, <c>residual</c>, <c>found</c>), and what begins with <c>registers/</c>, <c>measured/</c>, <c>flow/</c> and
    /// <c>stored/</c>.
    /// </summary>
    public required IReadOnlyList<LeafRecord> Statements { get; init; }

    /// <summary>Why nothing is attributed, or null.</summary>
    public string? Reason
    {
        get
        {
            foreach (LeafRecord statement in Statements)
            {
                if (statement.Name == "reason")
                {
                    return statement.Text;
                }
            }

            return null;
        }
    }

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static FlowLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Flow);
        return new FlowLeaf
        {
            From = records.Time("from"),
            To = records.Time("to"),
            Previous = records.CountIfAny("previous"),
            Statements = records.Rest(),
        };
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records = new(3 + Statements.Count) { LeafRecord.Of("from", From), LeafRecord.Of("to", To) };
        if (Previous is { } previous)
        {
            records.Add(LeafRecord.Of("previous", previous));
        }

        records.AddRange(Statements);
        return records;
    }
}
