namespace EdgeGateway.Evidence.Leaves;

/// <summary>The wall clock was moved by more than a second against the monotonic one.</summary>
/// <param name="Step">By how much, whole milliseconds; negative: it was set back.</param>
public sealed record ClockStepLeaf(TimeSpan Step)
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } = new([new("step", LeafForm.Instant)]);

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static ClockStepLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.ClockStep);
        ClockStepLeaf step = new(records.Time("step") - DateTimeOffset.UnixEpoch);
        records.End();
        return step;
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records() => [LeafRecord.Of("step", Step)];
}
