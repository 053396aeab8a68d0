using EdgeGateway.Accounting;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;

namespace EdgeGateway.Recording.Chapters;

/// <summary>
/// What was done to meters: how channels are calibrated, and what the faces of pulse meters showed. Leaves of the types calibration and exchange.
/// </summary>
/// <param name="groups">The groups.</param>
internal sealed class InstallationChapter(IReadOnlyList<RecordedGroup> groups) : IChapter
{
    private const string NoCorrection = "none";

    /// <inheritdoc/>
    public void Start(OpenTick tick, ProcessStart start)
    {
        foreach (RecordedGroup group in groups)
        {
            foreach (string meter in group.Meters)
            {
                WriteCalibration(tick, group, meter);
            }

            foreach (RecordedIndex index in group.Indexes)
            {
                WriteIndex(tick, group, index, start.Registers);
            }
        }
    }

    // A calibration that the site file has no more is taken back.
    private static void WriteCalibration(OpenTick tick, RecordedGroup group, string meter)
    {
        string fact = FactNames.Calibration(meter);
        string? before = tick.FactBefore(fact);
        if (!group.Calibrations.TryGetValue(meter, out IReadOnlyList<LeafRecord>? records) && before is null)
        {
            return;
        }

        tick.WriteOnce(
            fact,
            LeafType.Calibration,
            records ?? [LeafRecord.Of("meter", meter), LeafRecord.Of("correction", NoCorrection)],
            head => head with { Group = group.Name },
            () => LeafRecord.Of("before", CorrectionIn(tick, before))
        );
    }

    private static string CorrectionIn(OpenTick tick, string? fact)
    {
        if (fact is null)
        {
            return NoCorrection;
        }

        long leaf = StatementFact.Parse(fact).Leaf;
        string? said = tick.LeafAt(leaf)?.Records.FirstOrDefault(r => r.Name == "correction")?.Text;
        return said ?? $"as leaf {LeafFact.Text(leaf)} says";
    }

    private static void WriteIndex(OpenTick tick, RecordedGroup group, RecordedIndex index, IReadOnlyList<RegisterStart> registers) =>
        tick.WriteOnce(
            FactNames.Index(index.Meter),
            LeafType.Exchange,
            [LeafRecord.Of("meter", index.Meter), LeafRecord.Of("reading", index.Reading), LeafRecord.Of("read", index.At)],
            head => head with { Group = group.Name },
            () => RecordedAfter(tick, group, index) ?? RegisterNow(tick, index, registers)
        );

    // The register where it was recorded next after the face was read: at most one reading slot lies between.
    private static LeafRecord? RecordedAfter(OpenTick tick, RecordedGroup group, RecordedIndex index)
    {
        string name = GroupLeaf.NameOf(index.Meter, index.Obis);
        foreach (Leaf leaf in tick.LeavesSince(index.At).Where(l => l.Head.Type == LeafType.Reading && l.Head.Group == group.Name))
        {
            if (leaf.Records.FirstOrDefault(r => r.Name == name && r.Number is not null) is { } record)
            {
                return record with { Time = record.Time ?? leaf.Head.Time, AccuracyClass = null };
            }
        }

        return null;
    }

    private static LeafRecord RegisterNow(OpenTick tick, RecordedIndex index, IReadOnlyList<RegisterStart> registers)
    {
        Register now = registers.First(r => r.Meter == index.Meter && r.Register.Obis == index.Obis).Register;
        DateTimeOffset second = DateTimeOffset.FromUnixTimeSeconds(tick.At.ToUnixTimeSeconds());
        return GroupLeaf.CountOf(GroupLeaf.NameOf(index.Meter, index.Obis), now) with { Time = second };
    }
}
