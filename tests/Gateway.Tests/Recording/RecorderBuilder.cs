using System.Security.Cryptography;
using EdgeGateway.Accounting;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Recording;
using EdgeGateway.Signing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeGateway.Gateway.Tests.Recording;

/// <summary>
/// Builds a recorder. A test sets what it is about; without that, nothing is metered and nothing accounted, slots and checkpoints are due
/// as in <see cref="Quarters"/>, the wall time is synchronised and readings are real.
/// </summary>
/// <param name="ledger">Where leaves go.</param>
/// <param name="key">Signs.</param>
/// <param name="time">Wall and monotonic time.</param>
internal sealed class RecorderBuilder(Ledger ledger, DeviceKey key, TimeProvider time)
{
    /// <summary>Readings and checkpoints each minute, footprints each quarter of an hour.</summary>
    public static Rhythm Quarters { get; } = new(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(1), 256);

    /// <summary>The meters' newest readings; no meters by default.</summary>
    public Now Now { get; init; } = new([], time.GetUtcNow());

    public IReadOnlyList<RecordedGroup> Groups { get; init; } = [];

    public IReadOnlyList<CarbonAccount> Accounts { get; init; } = [];

    public IReadOnlyList<EntryAccount> EntryAccounts { get; init; } = [];

    public IReadOnlyList<ProductCount> Products { get; init; } = [];

    public FlowAccount? Flows { get; init; }

    public DemandWatch? Demand { get; init; }

    public Rhythm Rhythm { get; init; } = Quarters;

    public Thinning? Thinning { get; init; }

    /// <summary>What an earlier ledger lost.</summary>
    public LostLog? Lost { get; init; }

    public TimeStatus TimeStatus { get; init; } = TimeStatus.Synchronised;

    public bool Simulated { get; init; }

    /// <summary>Where salts come from; set it where the same leaves must come again.</summary>
    public RandomNumberGenerator Salts { get; init; } = RandomNumberGenerator.Create();

    public ILogger<Recorder> Log { get; init; } = NullLogger<Recorder>.Instance;

    /// <summary>The recorder, which has recorded nothing yet.</summary>
    public Recorder Build() =>
        new(Plan, ledger, key, Now, time, new Pen(time, () => TimeStatus, Salts), Recorder.OriginOf(ledger, key, Simulated), Log, Lost);

    private RecordingPlan Plan =>
        new(Groups, Rhythm)
        {
            Accounts = Accounts,
            EntryAccounts = EntryAccounts,
            Products = Products,
            Flows = Flows,
            Demand = Demand,
            Thinning = Thinning,
        };
}
