using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Readings;

namespace EdgeGateway.Accounting;

/// <summary>A register's count together with the leaf that records it.</summary>
/// <param name="Leaf">Index of the reading leaf.</param>
/// <param name="Time">That leaf's time.</param>
/// <param name="Register">The register there.</param>
public readonly record struct RecordedRegister(long Leaf, DateTimeOffset Time, Register Register)
{
    /// <summary>
    /// Whether what a later reading has more was counted since this one. A register that was lost with ledger and register file begins
    /// again at less: what it counted before cannot be known.
    /// </summary>
    public bool GoesOnTo(RecordedRegister later) => Register.Quantum == later.Register.Quantum && Register.Count <= later.Register.Count;
}

/// <summary>What a reading leaf says of a register.</summary>
/// <param name="Leaf">Index of the leaf.</param>
/// <param name="Time">That leaf's time.</param>
/// <param name="Register">The register there, or null: it is missing.</param>
/// <param name="Missing">Why.</param>
public readonly record struct RegisterReading(long Leaf, DateTimeOffset Time, Register? Register, string? Missing)
{
    /// <summary>The register with its leaf, or null: it is missing.</summary>
    public RecordedRegister? Recorded => Register is { } register ? new RecordedRegister(Leaf, Time, register) : null;

    /// <summary>All that a reading leaf says, by the names of the registers.</summary>
    public static IEnumerable<KeyValuePair<string, RegisterReading>> AllIn(Leaf leaf)
    {
        LeafHead head = leaf.Head;
        foreach (LeafRegister register in ReadingLeaf.Of(leaf).Registers)
        {
            Register? counted = register.IsCounted ? register.Register : null;
            yield return KeyValuePair.Create(register.Name, new RegisterReading(head.Index, head.Time, counted, register.Missing));
        }
    }

    /// <summary>What a reading leaf counts of a register; null where it does not.</summary>
    /// <param name="leaf">A leaf, or null.</param>
    /// <param name="register">The register's name.</param>
    public static RecordedRegister? CountedIn(Leaf? leaf, string register)
    {
        if (leaf is not { Head.Type: LeafType.Reading } || ReadingLeaf.Of(leaf).FindCounted(register) is not { } counted)
        {
            return null;
        }

        return new RecordedRegister(leaf.Head.Index, leaf.Head.Time, counted.Register);
    }
}
