using EdgeGateway.Readings;

namespace EdgeGateway.Evidence.Leaves;

/// <summary>The cumulative registers of one disclosure group at a slot boundary.</summary>
/// <remarks>It is a view of the records, which it shares: making it takes one allocation whatever the number of registers is.</remarks>
public sealed record ReadingLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new([], new(LeafLayout.IsMeterName, LeafForm.QuantityOrReason))
        {
            Group = LeafLabel.Must,
            Config = LeafLabel.Must,
            Measured = true,
        };

    // A register polled within the slot's own second is of the slot; another one says when it was read.
    private static readonly TimeSpan SameTime = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<LeafRecord> _records;

    private ReadingLeaf(IReadOnlyList<LeafRecord> records) => _records = records;

    /// <summary>The registers, in the order of the leaf: those with a count, and those without one.</summary>
    public IEnumerable<LeafRegister> Registers
    {
        get
        {
            foreach (LeafRecord record in _records)
            {
                yield return new LeafRegister(record);
            }
        }
    }

    /// <summary>Those that have a count.</summary>
    public IEnumerable<LeafRegister> Counted => Registers.Where(r => r.IsCounted);

    /// <summary>Those that have none, each with its reason.</summary>
    public IEnumerable<LeafRegister> Missing => Registers.Where(r => !r.IsCounted);

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static ReadingLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Reading);
        while (records.Next() is { } record)
        {
            bool either = (record.Number is not null && record.Unit is not null) || record.Text is not null;
            if (!either || !record.Name.Contains('/', StringComparison.Ordinal))
            {
                throw records.Wrong(record, "neither a register nor why it is missing");
            }
        }

        return new ReadingLeaf(leaf.Records);
    }

    /// <summary>What is recorded of readings.</summary>
    /// <param name="at">The leaf's time.</param>
    /// <param name="readings">The group's newest readings.</param>
    /// <param name="groupClass">The group's accuracy class (<see cref="ConfigLeaf.AccuracyClass"/>).</param>
    public static ReadingLeaf Of(DateTimeOffset at, IReadOnlyList<Reading> readings, string groupClass)
    {
        List<LeafRecord> records = new(readings.Count);
        foreach (Reading reading in readings)
        {
            foreach (Register register in reading.Registers)
            {
                records.Add(RecordOf(at, reading, register, groupClass));
            }
        }

        return new ReadingLeaf(records);
    }

    /// <summary>A register that the leaf has, with or without a count; null where it has none of that name.</summary>
    /// <param name="name">Its name (<see cref="RegisterName"/>).</param>
    public LeafRegister? Find(string name)
    {
        for (int i = 0; i < _records.Count; i++)
        {
            if (_records[i].Name == name)
            {
                return new LeafRegister(_records[i]);
            }
        }

        return null;
    }

    /// <summary>A register that the leaf has a count of, or null.</summary>
    /// <param name="name">Its name (<see cref="RegisterName"/>).</param>
    public LeafRegister? FindCounted(string name) => Find(name) is { IsCounted: true } found ? found : null;

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records() => _records;

    private static LeafRecord RecordOf(DateTimeOffset at, Reading reading, Register register, string groupClass)
    {
        string name = RegisterName.Of(reading.Meter, register.Obis);
        if (reading.Missing is { } reason)
        {
            return LeafRecord.Of(name, reason.Code());
        }

        string accuracy = reading.Accuracy.Code();
        bool ofTheSlot = (reading.Time - at).Duration() < SameTime;
        return new LeafRecord(name)
        {
            Unit = register.Quantum.Unit,
            Number = new DecimalFraction(register.Quantum.Exponent, register.Count),
            Time = ofTheSlot ? null : DateTimeOffset.FromUnixTimeSeconds(reading.Time.ToUnixTimeSeconds()),
            Quality = reading.Quality,
            AccuracyClass = accuracy == groupClass ? null : accuracy,
        };
    }
}
