namespace EdgeGateway.Evidence.Leaves;

/// <summary>The kernel has booted.</summary>
/// <param name="BootId">The kernel's random id of this boot, as in <c>/proc/sys/kernel/random/boot_id</c>.</param>
public sealed record BootLeaf(string BootId)
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } = new([new("boot-id", LeafForm.Text)]);

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static BootLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Boot);
        BootLeaf boot = new(records.Text("boot-id"));
        records.End();
        return boot;
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records() => [LeafRecord.Of("boot-id", BootId)];
}
