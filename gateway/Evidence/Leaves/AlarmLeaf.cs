namespace EdgeGateway.Evidence.Leaves;

/// <summary>A condition that maintenance should know of has begun or ended.</summary>
public sealed record AlarmLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new([
            new("alarm", LeafForm.Text),
            new("state", LeafForm.State),
            new("meter", LeafForm.Text, Optional: true),
            new("text", LeafForm.Text, Optional: true),
        ])
        {
            Group = LeafLabel.May,
        };

    private const string BeganState = "began",
        EndedState = "ended";

    /// <summary>Which condition, for example <c>demand</c>.</summary>
    public required string Alarm { get; init; }

    /// <summary>Whether it has begun; else it has ended.</summary>
    public required bool Began { get; init; }

    /// <summary>The meter that it is about, or null.</summary>
    public string? Meter { get; init; }

    /// <summary>What it says, for people; or null.</summary>
    public string? Text { get; init; }

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static AlarmLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Alarm);
        string name = records.Text("alarm");
        LeafRecord state = records.Required("state");
        if (state.Text is not (BeganState or EndedState))
        {
            throw records.Wrong(state, $"neither '{BeganState}' nor '{EndedState}'");
        }

        AlarmLeaf alarm = new()
        {
            Alarm = name,
            Began = state.Text == BeganState,
            Meter = records.TextIfAny("meter"),
            Text = records.TextIfAny("text"),
        };
        records.End();
        return alarm;
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records = [LeafRecord.Of("alarm", Alarm), LeafRecord.Of("state", Began ? BeganState : EndedState)];
        if (Meter is not null)
        {
            records.Add(LeafRecord.Of("meter", Meter));
        }

        if (Text is not null)
        {
            records.Add(LeafRecord.Of("text", Text));
        }

        return records;
    }
}
