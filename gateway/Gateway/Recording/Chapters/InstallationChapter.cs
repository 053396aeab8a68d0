using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;

namespace EdgeGateway.Recording.Chapters;

/// <summary>
/// What was done to meters: how channels are calibrated, and what the faces of pulse meters showed. Leaves of the types calibration and
/// exchange.
/// </summary>
/// <param name="groups">The groups.</param>
internal sealed class InstallationChapter(IReadOnlyList<RecordedGroup> groups) : IChapter
{
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
        if (!group.Calibrations.TryGetValue(meter, out CalibrationLeaf? calibration))
        {
            if (before is null)
            {
                return;
            }

            calibration = new CalibrationLeaf { Meter = meter, Correction = CalibrationLeaf.None };
        }

        tick.WriteOnce(
            fact,
            LeafType.Calibration,
            calibration.Records(),
            head => head with { Group = group.Name },
            () => (calibration with { Before = CorrectionIn(tick, before) }).Records()
        );
    }

    private static string CorrectionIn(OpenTick tick, string? fact)
    {
        if (fact is null)
        {
            return CalibrationLeaf.None;
        }

        long index = StatementFact.Parse(fact).Leaf;
        return tick.LeafAt(index) is { } leaf ? CalibrationLeaf.Of(leaf).Correction : $"as leaf {LeafFact.Text(index)} says";
    }

    private static void WriteIndex(OpenTick tick, RecordedGroup group, RecordedIndex index, IReadOnlyList<RegisterStart> registers)
    {
        ExchangeLeaf exchange = new()
        {
            Meter = index.Meter,
            Reading = index.Reading,
            Read = index.At,
        };
        tick.WriteOnce(
            FactNames.Index(index.Meter),
            LeafType.Exchange,
            exchange.Records(),
            head => head with { Group = group.Name },
            () => (exchange with { Registers = [RecordedAfter(tick, group, index) ?? RegisterNow(tick, index, registers)] }).Records()
        );
    }

    // The register where it was recorded next after the face was read: at most one reading slot lies between.
    private static LeafRegister? RecordedAfter(OpenTick tick, RecordedGroup group, RecordedIndex index)
    {
        string name = RegisterName.Of(index.Meter, index.Obis);
        foreach (Leaf leaf in tick.LeavesSince(index.At).Where(l => l.Head.Type == LeafType.Reading && l.Head.Group == group.Name))
        {
            if (ReadingLeaf.Of(leaf).FindCounted(name) is { } register)
            {
                return register.TakenFrom(leaf.Head.Time);
            }
        }

        return null;
    }

    private static LeafRegister RegisterNow(OpenTick tick, RecordedIndex index, IReadOnlyList<RegisterStart> registers)
    {
        Register now = registers.First(r => r.Meter == index.Meter && r.Register.Obis == index.Obis).Register;
        return LeafRegister.Of(index.Meter, now, DateTimeOffset.FromUnixTimeSeconds(tick.At.ToUnixTimeSeconds()));
    }
}
