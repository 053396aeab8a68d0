using EdgeGateway.Evidence;
using EdgeGateway.Readings;

namespace EdgeGateway.Accounting;

/// <summary>A disclosure group as it is recorded.</summary>
/// <param name="Name">Its name in the site file.</param>
/// <param name="Meters">Its meters, in the order of the site file.</param>
/// <param name="AccuracyClass">The class of most of its meters. Records state theirs only where it differs.</param>
/// <param name="Settings">What the config leaf says of the group and its meters.</param>
public sealed record RecordedGroup(string Name, IReadOnlyList<string> Meters, string AccuracyClass, IReadOnlyList<LeafRecord> Settings)
{
    /// <summary>
    /// What the calibration leaves of its meters say, without what was before. Meters without a calibration are not in it.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<LeafRecord>> Calibrations { get; init; } =
        new Dictionary<string, IReadOnlyList<LeafRecord>>();

    /// <summary>What the faces of its pulse meters showed.</summary>
    public IReadOnlyList<RecordedIndex> Indexes { get; init; } = [];
}

/// <summary>What the face of a pulse meter showed.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="Obis">Its register.</param>
/// <param name="Reading">With its unit, for example <c>12345.6 m3</c>.</param>
/// <param name="At">When, UTC.</param>
public sealed record RecordedIndex(string Meter, ObisCode Obis, string Reading, DateTimeOffset At);

/// <summary>Turns readings into the records of a reading leaf, and back. Pure.</summary>
public static class GroupLeaf
{
    // A register polled within the slot's own second is of the slot; another one says when it was read.
    private static readonly TimeSpan SameTime = TimeSpan.FromSeconds(1);

    /// <summary>A record for each register: its count, or why there is none.</summary>
    /// <param name="at">The leaf's time.</param>
    /// <param name="readings">The group's newest readings.</param>
    /// <param name="defaultClass">The group's accuracy class.</param>
    public static IReadOnlyList<LeafRecord> RecordsOf(DateTimeOffset at, IEnumerable<Reading> readings, string defaultClass) =>
        [.. readings.SelectMany(reading => reading.Registers.Select(register => RecordOf(at, reading, register, defaultClass)))];

    /// <summary>The record name of a register, for example <c>in-L1/1-0:1.8.0.255</c>.</summary>
    public static string NameOf(string meter, ObisCode obis) => $"{meter}/{obis}";

    /// <summary>The registers that a reading leaf has values for, by record name.</summary>
    public static IEnumerable<(string Meter, Register Register)> RegistersOf(Leaf leaf)
    {
        foreach (LeafRecord record in leaf.Records)
        {
            if (record is { Number: { } number, Unit: { } unit } && record.Name.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
            {
                yield return (
                    record.Name[..slash],
                    new Register(ObisCode.Parse(record.Name[(slash + 1)..]), new Quantum(unit, number.Exponent), number.Mantissa)
                );
            }
        }
    }

    private static LeafRecord RecordOf(DateTimeOffset at, Reading reading, Register register, string defaultClass)
    {
        LeafRecord record = new(NameOf(reading.Meter, register.Obis));
        if (reading.Missing is { } reason)
        {
            return record with { Text = reason.Code() };
        }

        string accuracy = reading.Accuracy.Code();
        return record with
        {
            Unit = register.Quantum.Unit,
            Number = new DecimalFraction(register.Quantum.Exponent, register.Count),
            Time = (reading.Time - at).Duration() < SameTime ? null : DateTimeOffset.FromUnixTimeSeconds(reading.Time.ToUnixTimeSeconds()),
            Quality = reading.Quality,
            AccuracyClass = accuracy == defaultClass ? null : accuracy,
        };
    }
}
