namespace EdgeGateway.Evidence.Leaves;

/// <summary>What an earlier leaf stated wrongly, and what is right. The earlier leaf stays.</summary>
public sealed record CorrectionLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new([new("supersedes", LeafForm.Count), new("reason", LeafForm.Text), new("by", LeafForm.Text)], new(_ => true, LeafForm.Statement))
        {
            Group = LeafLabel.May,
        };

    private const string AmountName = "amount";

    /// <summary>Index of the leaf that is wrong: an entry, or a correction of it.</summary>
    public required long Supersedes { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>Who says so.</summary>
    public required string By { get; init; }

    /// <summary>The right amount; null where that was not wrong.</summary>
    public LeafAmount? Amount { get; init; }

    /// <summary>All else that is right. What is called an amount and is none stands here too.</summary>
    public IReadOnlyList<LeafRecord> Details { get; init; } = [];

    /// <summary>Whether it says anything of the amount: <see cref="Amount"/>, or what is none.</summary>
    public bool StatesAmount => Amount is not null || Details.Any(d => d.Name == AmountName);

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static CorrectionLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Correction);
        long supersedes = records.Count("supersedes");
        string reason = records.Text("reason"),
            by = records.Text("by");
        LeafAmount? amount = null;
        List<LeafRecord> details = [];
        while (records.Next() is { } record)
        {
            if (record.Name == AmountName && LeafAmount.In(record) is { } stated)
            {
                amount = stated;
            }
            else
            {
                details.Add(record);
            }
        }

        return new CorrectionLeaf
        {
            Supersedes = supersedes,
            Reason = reason,
            By = by,
            Amount = amount,
            Details = details,
        };
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records = [LeafRecord.Of("supersedes", Supersedes), LeafRecord.Of("reason", Reason), LeafRecord.Of("by", By)];
        if (Amount is { } amount)
        {
            records.Add(amount.As(AmountName));
        }

        records.AddRange(Details);
        return records;
    }
}
