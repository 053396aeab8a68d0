using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Inputs;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Publishing;
using EdgeGateway.Signing;
using EdgeGateway.Site;

namespace EdgeGateway.Serving;

/// <summary>
/// What the page and the interface for pulls read. Nothing here is written by them. <see cref="ServingEndpoints"/> hands each endpoint what
/// it needs of it; the page alone shows all of it.
/// </summary>
public sealed record ServingModel
{
    /// <summary>What people call the site.</summary>
    public required string Site { get; init; }

    /// <summary>Which log is served: the device, and whether its readings are simulated.</summary>
    public required Origin Origin { get; init; }

    /// <summary>The site's time zone, in which the page tells the time.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>The site's meters, in the order in which they are shown.</summary>
    public required IReadOnlyList<MeterSettings> Meters { get; init; }

    /// <summary>Their disclosure groups.</summary>
    public IReadOnlyList<string> Groups => [.. Meters.Select(m => m.Group).Distinct()];

    /// <summary>Live values.</summary>
    public required Now Now { get; init; }

    /// <summary>A live value that is older is shown as missing.</summary>
    public required TimeSpan LongestAge { get; init; }

    /// <summary>Length of a reading slot.</summary>
    public required TimeSpan ReadingSlot { get; init; }

    /// <summary>Longest time between two checkpoints.</summary>
    public required TimeSpan Checkpoint { get; init; }

    /// <summary>Whether the site's energy flows are recorded.</summary>
    public bool RecordsFlows { get; init; }

    /// <summary>Whether it is warned before a new peak of demand.</summary>
    public bool WatchesDemand { get; init; }

    /// <summary>What some accounts may emit in a year. None: the site has no targets.</summary>
    public IReadOnlyList<BudgetSettings> Budgets { get; init; } = [];

    /// <summary>What is recorded.</summary>
    public required Ledger Ledger { get; init; }

    /// <summary>How the device's key has changed. Null: it has not.</summary>
    public DeviceKeyHistory? Keys { get; init; }

    /// <summary>The device's certificates, or null.</summary>
    public InstalledCertificates? Certificates { get; init; }

    /// <summary>Where what people enter comes into the log.</summary>
    public CommandDoor? Door { get; init; }

    /// <summary>The site's series of intensities.</summary>
    public IReadOnlyList<IntensitySettings> Intensities { get; init; } = [];

    /// <summary>What comes in by itself beside the meters.</summary>
    public IReadOnlyList<Feed> Feeds { get; init; } = [];

    /// <summary>The factor sets that hold, and where packs of others are kept.</summary>
    public required FactorStore Factors { get; init; }

    /// <summary>Where it is delivered.</summary>
    public required IReadOnlyCollection<Delivery> Deliveries { get; init; }

    /// <summary>Who cosigns it.</summary>
    public IReadOnlyList<WitnessClient> Witnesses { get; init; } = [];

    /// <summary>Who stamps it with the time, or null when nobody is asked.</summary>
    public TimeStampClient? TimeStamps { get; init; }

    /// <summary>What the gateway does as long as it runs, and whether it does.</summary>
    public IReadOnlyList<Loop> Loops { get; init; } = [];

    /// <summary>The clock by which everything above is dated.</summary>
    public required TimeProvider Time { get; init; }
}
