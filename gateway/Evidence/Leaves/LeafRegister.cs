using EdgeGateway.Readings;

namespace EdgeGateway.Evidence.Leaves;

/// <summary>A register as a leaf has it: its count, or why there is none.</summary>
public readonly record struct LeafRegister
{
    private readonly LeafRecord _record;

    internal LeafRegister(LeafRecord record) => _record = record;

    /// <summary>A register that was read.</summary>
    /// <param name="meter">The meter.</param>
    /// <param name="register">Its register.</param>
    /// <param name="time">When it was read, where that is not the leaf's time; whole milliseconds.</param>
    public static LeafRegister Of(string meter, Register register, DateTimeOffset? time = null) =>
        new(
            new LeafRecord(RegisterName.Of(meter, register.Obis))
            {
                Unit = register.Quantum.Unit,
                Number = new DecimalFraction(register.Quantum.Exponent, register.Count),
                Time = time,
            }
        );

    /// <summary>Meter and OBIS code (<see cref="RegisterName"/>).</summary>
    public string Name => _record.Name;

    /// <summary>The meter.</summary>
    public string Meter => RegisterName.MeterOf(Name);

    /// <summary>What it counts.</summary>
    /// <exception cref="FormatException">The leaf names no OBIS code.</exception>
    public ObisCode Obis => RegisterName.ObisOf(Name);

    /// <summary>Whether there is a count.</summary>
    public bool IsCounted => _record.Number is not null;

    /// <summary>Why there is no count, for example <c>no-answer</c> (<see cref="MissingReasons"/>); null where there is one.</summary>
    public string? Missing => _record.Text;

    /// <summary>The count times what one is worth, and the unit.</summary>
    /// <exception cref="EvidenceException">There is no count.</exception>
    public LeafAmount Amount => LeafAmount.In(_record) ?? throw new EvidenceException($"The register {Name} has no count: {Missing}.");

    /// <summary>What one count is worth.</summary>
    /// <exception cref="EvidenceException">There is no count.</exception>
    public Quantum Quantum => new(Amount.Unit, Amount.Number.Exponent);

    /// <summary>Counts since the register began.</summary>
    /// <exception cref="EvidenceException">There is none.</exception>
    public long Count => Amount.Number.Mantissa;

    /// <summary>The register with its count.</summary>
    /// <exception cref="EvidenceException">There is no count.</exception>
    /// <exception cref="FormatException">The leaf names no OBIS code.</exception>
    public Register Register => new(Obis, Quantum, Count);

    /// <summary>What limits the trust in the count.</summary>
    public Quality Quality => _record.Quality;

    /// <summary>Accuracy class (<see cref="AccuracyClasses"/>); null: that of the group, which its config leaf states.</summary>
    public string? AccuracyClass => _record.AccuracyClass;

    /// <summary>When it was read, where that is not the leaf's time; else null.</summary>
    public DateTimeOffset? Time => _record.Time;

    /// <summary>The same in a leaf of another time, of which no group's class is known.</summary>
    /// <param name="time">Time of the leaf that has it here: when it was read, unless it has a time of its own.</param>
    public LeafRegister TakenFrom(DateTimeOffset time) => new(_record with { Time = _record.Time ?? time, AccuracyClass = null });

    internal LeafRecord Record => _record;
}
