using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Metering;
using EdgeGateway.Recording.Chapters;
using EdgeGateway.Recording.Entries;
using EdgeGateway.Signing;

namespace EdgeGateway.Recording;

/// <summary>What the log contains: a new kind of leaf is a chapter, or a taker where people enter it, and a line here.</summary>
/// <param name="Chapters">In the order of their leaves in a tick.</param>
/// <param name="Takers">By the type of their leaves.</param>
internal sealed record Contents(IReadOnlyList<IChapter> Chapters, IReadOnlyDictionary<string, IEntryTaker> Takers)
{
    /// <summary>The chapters and takers of a site.</summary>
    public static Contents Of(
        RecordingPlan plan,
        Origin origin,
        DeviceKey key,
        Now now,
        TimeProvider time,
        Pen pen,
        ILogger log,
        LostLog? lost
    )
    {
        TimeZoneInfo zone = plan.Rhythm.Zone;
        FactorLeaves factors = new(plan.Accounts.Select(a => a.Set).OfType<FactorSet>().Concat(plan.EntryAccounts.Select(a => a.Set)));
        EntryFootprints footprints = new(plan.EntryAccounts, factors);
        Settlement settlement = new(plan.Accounts, zone, factors, log);
        SettingsChapter settings = new(plan.Groups);
        IChapter?[] chapters =
        [
            new ProcessChapter(origin, key, pen, time),
            settings,
            new GapsChapter(plan.Groups, now, lost),
            new InstallationChapter(plan.Groups),
            new ReadingsChapter(plan.Groups, now, plan.Rhythm.ReadingSlot, settings),
            new FootprintsChapter(plan.Accounts, zone, factors, settlement, footprints),
            plan.Flows is null ? null : new FlowsChapter(plan.Flows),
            plan.Demand is null ? null : new DemandChapter(plan.Demand),
            new ProductsChapter(plan.Products, zone),
        ];
        IEntryTaker[] takers =
        [
            new ManualEntries(plan.Products, footprints),
            new Instruments(settlement),
            new Corrections(footprints, settlement),
            new Intensities(plan.Accounts, settlement),
        ];
        return new Contents([.. chapters.OfType<IChapter>()], takers.ToDictionary(taker => taker.Type));
    }
}
