using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>A register in a reading of the log.</summary>
/// <param name="Leaf">Index of the reading's leaf.</param>
/// <param name="Register">Its count there.</param>
/// <param name="Worth">What an impulse was worth then; null where it counts energy.</param>
internal readonly record struct ReadingMark(long Leaf, LeafRegister Register, string? Worth)
{
    /// <summary>Whether what a later reading has more was counted since this one: not where the register has begun again.</summary>
    public bool GoesOnTo(ReadingMark later) => Register.Quantum == later.Register.Quantum && Register.Count <= later.Register.Count;
}

/// <summary>What a register has counted between two readings.</summary>
/// <param name="settings">What an impulse is worth.</param>
internal sealed class RegisterCounts(Settings settings)
{
    private const string WattHour = "Wh";

    /// <summary>A register where it was read.</summary>
    public ReadingMark Mark(Source reading, string register)
    {
        LeafRegister read = reading.RegisterOf(register)!.Value;
        string? worth = read.Amount.Unit == WattHour ? null : settings.ConstantOf(register, reading.Head);
        return new ReadingMark(reading.Index, read, worth);
    }

    /// <summary>What was counted from one reading to a later one.</summary>
    /// <exception cref="EvidenceException">Its unit is another one, or nothing says what an impulse is worth.</exception>
    public Quantity Between(string register, Source from, Source to)
    {
        LeafRegister first = from.RegisterOf(register)!.Value,
            last = to.RegisterOf(register)!.Value;
        if (first.Quantum != last.Quantum)
        {
            throw new EvidenceException($"the register {register} changed its unit in between");
        }

        long counts = last.Count - first.Count;
        if (last.Quantum.Unit == WattHour)
        {
            return MeteredAmount.FromCounts(counts, last.Quantum);
        }

        string stated = settings.ConstantOf(register, to.Head);
        return ImpulseConstant.Parse(stated) is { } constant
            ? MeteredAmount.FromImpulses(counts, constant.Impulses, Unit.Parse(constant.Unit))
            : throw new EvidenceException($"the register {register} counts {stated}, which is no impulse constant");
    }
}
