using EdgeGateway.Accounting;
using EdgeGateway.Metering;

namespace EdgeGateway.Recording;

/// <summary>How often things are recorded and signed.</summary>
/// <param name="ReadingSlot">Length of a reading's slot.</param>
/// <param name="CarbonSlot">Length of a footprint's slot; a multiple of the reading's.</param>
/// <param name="CheckpointEvery">The longest time that a leaf waits for its checkpoint.</param>
/// <param name="CheckpointLeaves">As many new leaves are signed at once.</param>
public sealed record Rhythm(TimeSpan ReadingSlot, TimeSpan CarbonSlot, TimeSpan CheckpointEvery, int CheckpointLeaves)
{
    /// <summary>Where months and years begin.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Whether a footprint's slot ends at an instant.</summary>
    public bool EndsCarbonSlot(DateTimeOffset at) => at.ToUnixTimeMilliseconds() % (long)CarbonSlot.TotalMilliseconds == 0;
}

/// <summary>What the recorder learns when the process starts.</summary>
/// <param name="BootId">Changes with every boot of the kernel.</param>
/// <param name="Version">The gateway's version.</param>
public sealed record ProcessStart(string BootId, string Version)
{
    /// <summary>Where each register went on from.</summary>
    public IReadOnlyList<RegisterStart> Registers { get; init; } = [];
}

/// <summary>What a site asks the recorder to do.</summary>
/// <param name="Groups">The disclosure groups, in the order of their reading leaves.</param>
/// <param name="Rhythm">How often things are recorded and signed.</param>
public sealed record RecordingPlan(IReadOnlyList<RecordedGroup> Groups, Rhythm Rhythm)
{
    /// <summary>The footprint accounts of meters, in the order of their carbon leaves.</summary>
    public IReadOnlyList<CarbonAccount> Accounts { get; init; } = [];

    /// <summary>The footprint accounts of what people enter.</summary>
    public IReadOnlyList<EntryAccount> EntryAccounts { get; init; } = [];

    /// <summary>The site's energy flows, or null: none are recorded.</summary>
    public FlowAccount? Flows { get; init; }

    /// <summary>Who warns before a new peak of demand, or null: nobody is asked to.</summary>
    public DemandWatch? Demand { get; init; }

    /// <summary>The products that are counted.</summary>
    public IReadOnlyList<ProductCount> Products { get; init; } = [];

    /// <summary>Which readings lose their bytes when they are old, or null: none does.</summary>
    public Thinning? Thinning { get; init; }
}
