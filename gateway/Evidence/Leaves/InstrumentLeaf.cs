namespace EdgeGateway.Evidence.Leaves;

/// <summary>A certificate, a contract or a settlement that market-based accounts rest on.</summary>
/// <param name="Kind"><c>certificate</c>, <c>contract</c> or <c>settlement</c>.</param>
/// <param name="Id">Its number, as its register or the parties name it.</param>
/// <param name="Entered">Its period, its amount and what stands behind it.</param>
public sealed record InstrumentLeaf(string Kind, string Id, Entered Entered)
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new([new("kind", LeafForm.Text), new("id", LeafForm.Text), .. Entered.Layout], new(LeafLayout.IsPath, LeafForm.Statement))
        {
            Group = LeafLabel.May,
        };

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static InstrumentLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Instrument);
        return new InstrumentLeaf(records.Text("kind"), records.Text("id"), Entered.Read(ref records));
    }

    /// <summary>With what a correction says instead: an amount, details.</summary>
    public InstrumentLeaf CorrectedBy(CorrectionLeaf correction) => this with { Entered = Entered.CorrectedBy(correction) };

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records = [LeafRecord.Of("kind", Kind), LeafRecord.Of("id", Id)];
        Entered.AddTo(records);
        return records;
    }
}
