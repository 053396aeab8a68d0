using EdgeGateway.Readings;

namespace EdgeGateway.Evidence.Leaves;

/// <summary>A stretch of time for which a meter's registers, a whole group's, or the log itself lack something.</summary>
public sealed record GapLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new([
            new("cause", LeafForm.Text),
            new("meter", LeafForm.Text, Optional: true),
            new("from", LeafForm.Instant),
            new("to", LeafForm.Instant),
            new("lost", LeafForm.Count, Optional: true),
            new("log", LeafForm.Text, Optional: true),
            new("witnessed", LeafForm.Count, Optional: true),
            new("recorded", LeafForm.Count, Optional: true),
        ])
        {
            Group = LeafLabel.May,
        };

    /// <summary>Why (<see cref="GapCauses"/>); a later version may write causes that this one does not know.</summary>
    public required string Cause { get; init; }

    /// <summary>The meter; null: all of the leaf's group, or the log.</summary>
    public string? Meter { get; init; }

    /// <summary>The last instant up to which all is counted.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The first instant from which all is counted again.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>How many edges or samples are known to be lost; null where nobody can tell.</summary>
    public long? Lost { get; init; }

    /// <summary>Origin of the log that was lost; null where none was.</summary>
    public string? Log { get; init; }

    /// <summary>Leaves of that log that others have seen.</summary>
    public long? Witnessed { get; init; }

    /// <summary>Leaves of that log that the device had when it learnt of it.</summary>
    public long? Recorded { get; init; }

    /// <summary>The gap; null where its cause is none that this version knows.</summary>
    public Gap? Gap => GapCauses.TryParse(Cause, out GapCause cause) ? new Gap(From, To, cause, Lost) : null;

    /// <summary>A gap of a meter, or of a whole group.</summary>
    /// <param name="meter">The meter; null: all of the leaf's group.</param>
    /// <param name="gap">What is lacking.</param>
    public static GapLeaf Of(string? meter, Gap gap) =>
        new()
        {
            Cause = gap.Cause.Code(),
            Meter = meter,
            From = gap.From,
            To = gap.To,
            Lost = gap.Lost,
        };

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static GapLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Gap);
        GapLeaf gap = new()
        {
            Cause = records.Text("cause"),
            Meter = records.TextIfAny("meter"),
            From = records.Time("from"),
            To = records.Time("to"),
            Lost = records.CountIfAny("lost"),
            Log = records.TextIfAny("log"),
            Witnessed = records.CountIfAny("witnessed"),
            Recorded = records.CountIfAny("recorded"),
        };
        records.End();
        return gap;
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records = [LeafRecord.Of("cause", Cause)];
        if (Meter is not null)
        {
            records.Add(LeafRecord.Of("meter", Meter));
        }

        records.Add(LeafRecord.Of("from", From));
        records.Add(LeafRecord.Of("to", To));
        AddCount(records, "lost", Lost);
        if (Log is not null)
        {
            records.Add(LeafRecord.Of("log", Log));
        }

        AddCount(records, "witnessed", Witnessed);
        AddCount(records, "recorded", Recorded);
        return records;
    }

    private static void AddCount(List<LeafRecord> records, string name, long? count)
    {
        if (count is { } number)
        {
            records.Add(LeafRecord.Of(name, number));
        }
    }
}
