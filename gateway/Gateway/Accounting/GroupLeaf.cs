using EdgeGateway.Evidence;
using EdgeGateway.Readings;

namespace EdgeGateway.Accounting;

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

    /// <summary>The meter in the name of a register.</summary>
    public static string MeterIn(string register) => register[..register.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>A record that states a count.</summary>
    /// <param name="name">The record's name.</param>
    /// <param name="register">What is counted.</param>
    public static LeafRecord CountOf(string name, Register register) =>
        new(name) { Unit = register.Quantum.Unit, Number = new DecimalFraction(register.Quantum.Exponent, register.Count) };

    /// <summary>What an impulse of a meter is worth by the settings of its group, for example <c>1000 imp/kWh</c>; null where they do not say.</summary>
    /// <param name="config">The config leaf, or null.</param>
    /// <param name="meter">The meter.</param>
    public static string? ConstantIn(Leaf? config, string meter) =>
        config?.Records.FirstOrDefault(r => r.Name == $"{meter}/constant")?.Text;

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
