namespace EdgeGateway.Evidence.Leaves;

/// <summary>How a meter's channel is corrected from here on, what it was before, and what stands behind that.</summary>
public sealed record CalibrationLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new([
            new("meter", LeafForm.Text),
            new("correction", LeafForm.Text),
            new("calibrated", LeafForm.Instant, Optional: true),
            new("by", LeafForm.Text, Optional: true),
            new("reference", LeafForm.Text, Optional: true),
            new("uncertainty", LeafForm.Text, Optional: true),
            new("before", LeafForm.Text),
        ])
        {
            Group = LeafLabel.Must,
        };

    /// <summary>What stands for a channel that is not corrected.</summary>
    public const string None = "none";

    /// <summary>The meter.</summary>
    public required string Meter { get; init; }

    /// <summary>The correction in words, or <see cref="None"/>.</summary>
    public required string Correction { get; init; }

    /// <summary>When the comparison behind it was made; null where there is none.</summary>
    public DateTimeOffset? Calibrated { get; init; }

    /// <summary>Who made it.</summary>
    public string? By { get; init; }

    /// <summary>With what it was compared.</summary>
    public string? Reference { get; init; }

    /// <summary>How far the reference can be wrong, with its unit.</summary>
    public string? Uncertainty { get; init; }

    /// <summary>The correction before this one. Null before it is recorded: what holds now does not depend on it.</summary>
    public string? Before { get; init; }

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static CalibrationLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Calibration);
        CalibrationLeaf calibration = new()
        {
            Meter = records.Text("meter"),
            Correction = records.Text("correction"),
            Calibrated = records.TimeIfAny("calibrated"),
            By = records.TextIfAny("by"),
            Reference = records.TextIfAny("reference"),
            Uncertainty = records.TextIfAny("uncertainty"),
            Before = records.Text("before"),
        };
        records.End();
        return calibration;
    }

    /// <summary>What is recorded; without <see cref="Before"/> what holds now.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records = [LeafRecord.Of("meter", Meter), LeafRecord.Of("correction", Correction)];
        if (Calibrated is { } calibrated)
        {
            records.Add(LeafRecord.Of("calibrated", calibrated));
        }

        AddText(records, "by", By);
        AddText(records, "reference", Reference);
        AddText(records, "uncertainty", Uncertainty);
        AddText(records, "before", Before);
        return records;
    }

    private static void AddText(List<LeafRecord> records, string name, string? text)
    {
        if (text is not null)
        {
            records.Add(LeafRecord.Of(name, text));
        }
    }
}
