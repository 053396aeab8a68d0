namespace EdgeGateway.Evidence.Leaves;

/// <summary>One factor of a set.</summary>
/// <param name="Key">Its name in the set, for example <c>CN/2023/average/organisation</c>.</param>
/// <param name="Text">Its value with unit, and after a semicolon who published it and how sure it is.</param>
public readonly record struct StatedFactor(string Key, string Text)
{
    /// <summary>The value with its unit, for example <c>0.5568 kg/kWh</c>.</summary>
    public string Value => Text.Split(';', 2)[0];

    /// <summary>What is said of it beside the value; the whole text where there is nothing else.</summary>
    public string Source => Text[(Text.IndexOf(';', StringComparison.Ordinal) + 1)..].Trim();
}

/// <summary>The emission factors that carbon leaves name.</summary>
public sealed record FactorsLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new(
            [new("set", LeafForm.Text), new("version", LeafForm.Text), new("validFrom", LeafForm.Text), new("validUntil", LeafForm.Text)],
            new(LeafLayout.IsPath, LeafForm.Text)
        );

    /// <summary>Name of the set.</summary>
    public required string Set { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>First day for which it is meant, ISO 8601; empty: not stated.</summary>
    public required string ValidFrom { get; init; }

    /// <summary>Last day, ISO 8601; empty: not stated.</summary>
    public required string ValidUntil { get; init; }

    /// <summary>The factors.</summary>
    public IReadOnlyList<StatedFactor> Factors { get; init; } = [];

    /// <summary>Set and version as carbon leaves name them, for example <c>cn/2023</c>.</summary>
    public string Name => $"{Set}/{Version}";

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static FactorsLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Factors);
        string set = records.Text("set"),
            version = records.Text("version"),
            validFrom = records.Text("validFrom"),
            validUntil = records.Text("validUntil");
        List<StatedFactor> factors = new(leaf.Records.Count);
        while (records.Next() is { } record)
        {
            factors.Add(new StatedFactor(record.Name, records.TextOf(record)));
        }

        return new FactorsLeaf
        {
            Set = set,
            Version = version,
            ValidFrom = validFrom,
            ValidUntil = validUntil,
            Factors = factors,
        };
    }

    /// <summary>The text of a factor, or null.</summary>
    public string? TextOf(string key)
    {
        foreach (StatedFactor factor in Factors)
        {
            if (factor.Key == key)
            {
                return factor.Text;
            }
        }

        return null;
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records() =>
        [
            LeafRecord.Of("set", Set),
            LeafRecord.Of("version", Version),
            LeafRecord.Of("validFrom", ValidFrom),
            LeafRecord.Of("validUntil", ValidUntil),
            .. Factors.Select(f => LeafRecord.Of(f.Key, f.Text)),
        ];
}
