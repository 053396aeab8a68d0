namespace EdgeGateway.Evidence.Leaves;

/// <summary>The intensity of a grid in a slot of time.</summary>
/// <param name="Slot">Name of the slot: its begin in UTC, for example <c>20260601T0500Z</c>.</param>
/// <param name="Value">With its unit, for example <c>543.2 gCO2/kWh</c>.</param>
public readonly record struct StatedIntensity(string Slot, string Value);

/// <summary>The carbon intensities of a grid in slots of time, as their publisher states them.</summary>
public sealed record IntensityLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new(
            [new("series", LeafForm.Text), new("source", LeafForm.Text), new("minutes", LeafForm.Count)],
            new(LeafLayout.IsPath, LeafForm.Text)
        );

    private const string Slot = "slot/";

    /// <summary>Name of the series in the site file.</summary>
    public required string Series { get; init; }

    /// <summary>Who publishes it.</summary>
    public required string Source { get; init; }

    /// <summary>Length of a slot, minutes.</summary>
    public required long Minutes { get; init; }

    /// <summary>The slots.</summary>
    public IReadOnlyList<StatedIntensity> Slots { get; init; } = [];

    /// <summary>What this version does not know.</summary>
    public IReadOnlyList<LeafRecord> Others { get; init; } = [];

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static IntensityLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Intensity);
        string series = records.Text("series"),
            source = records.Text("source");
        long minutes = records.Count("minutes");
        List<StatedIntensity> slots = new(leaf.Records.Count);
        List<LeafRecord> others = [];
        while (records.Next() is { } record)
        {
            string value = records.TextOf(record);
            if (record.Name.StartsWith(Slot, StringComparison.Ordinal))
            {
                slots.Add(new StatedIntensity(record.Name[Slot.Length..], value));
            }
            else
            {
                others.Add(record);
            }
        }

        return new IntensityLeaf
        {
            Series = series,
            Source = source,
            Minutes = minutes,
            Slots = slots,
            Others = others,
        };
    }

    /// <summary>The intensity of a slot, or null.</summary>
    public string? ValueOf(string slot)
    {
        foreach (StatedIntensity stated in Slots)
        {
            if (stated.Slot == slot)
            {
                return stated.Value;
            }
        }

        return null;
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records() =>
        [
            LeafRecord.Of("series", Series),
            LeafRecord.Of("source", Source),
            LeafRecord.Of("minutes", Minutes),
            .. Slots.Select(s => LeafRecord.Of(Slot + s.Slot, s.Value)),
            .. Others,
        ];
}
