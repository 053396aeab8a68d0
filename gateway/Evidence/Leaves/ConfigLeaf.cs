namespace EdgeGateway.Evidence.Leaves;

/// <summary>One setting of a meter, as a text.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="Name">Of the setting, for example <c>ct</c>.</param>
/// <param name="Value">With its unit.</param>
public readonly record struct MeterSetting(string Meter, string Name, string Value);

/// <summary>How many impulses of a pulse meter are one of a unit.</summary>
/// <param name="Impulses">A decimal number, as the meter's face states it.</param>
/// <param name="Unit">For example <c>kWh</c>, <c>m3</c> or <c>pieces</c>.</param>
public readonly record struct ImpulseConstant(string Impulses, string Unit)
{
    private const string Per = " imp/";

    /// <summary>Reads <c>6400 imp/kWh</c>. The number and the unit are not judged.</summary>
    /// <returns>The constant, or null where the text is none.</returns>
    public static ImpulseConstant? Parse(string text)
    {
        int per = text.IndexOf(Per, StringComparison.Ordinal);
        return per > 0 ? new ImpulseConstant(text[..per], text[(per + Per.Length)..]) : null;
    }

    /// <summary>As it is recorded, for example <c>6400 imp/kWh</c>.</summary>
    public override string ToString() => $"{Impulses}{Per}{Unit}";
}

/// <summary>The settings of one disclosure group and its meters, in force from here on.</summary>
public sealed record ConfigLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new([new("group", LeafForm.Text), new("class", LeafForm.Text)], new(LeafLayout.IsMeterName, LeafForm.Text))
        {
            Group = LeafLabel.Must,
        };

    /// <summary>Name of the setting that has a pulse meter's impulse constant.</summary>
    public const string Constant = "constant";

    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>Accuracy class of most of its meters; the registers of a reading leaf state theirs only where it differs.</summary>
    public required string AccuracyClass { get; init; }

    /// <summary>What is set of its meters.</summary>
    public IReadOnlyList<MeterSetting> Settings { get; init; } = [];

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static ConfigLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Config);
        string group = records.Text("group"),
            accuracyClass = records.Text("class");
        List<MeterSetting> settings = new(leaf.Records.Count);
        while (records.Next() is { } record)
        {
            string value = records.TextOf(record);
            int slash = record.Name.IndexOf('/', StringComparison.Ordinal);
            settings.Add(
                slash > 0
                    ? new MeterSetting(record.Name[..slash], record.Name[(slash + 1)..], value)
                    : throw records.Wrong(record, "a setting of no meter")
            );
        }

        return new ConfigLeaf
        {
            Group = group,
            AccuracyClass = accuracyClass,
            Settings = settings,
        };
    }

    /// <summary>The text of a meter's setting, or null.</summary>
    public string? SettingOf(string meter, string name)
    {
        foreach (MeterSetting setting in Settings)
        {
            if (setting.Meter == meter && setting.Name == name)
            {
                return setting.Value;
            }
        }

        return null;
    }

    /// <summary>What an impulse of a pulse meter is worth; null where the settings state none.</summary>
    public ImpulseConstant? ConstantOf(string meter) => SettingOf(meter, Constant) is { } text ? ImpulseConstant.Parse(text) : null;

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records = new(2 + Settings.Count) { LeafRecord.Of("group", Group), LeafRecord.Of("class", AccuracyClass) };
        foreach (MeterSetting setting in Settings)
        {
            records.Add(LeafRecord.Of($"{setting.Meter}/{setting.Name}", setting.Value));
        }

        return records;
    }
}
