using EdgeGateway.Readings;

namespace EdgeGateway.Evidence.Leaves;

/// <summary>A register that did not go on from the register file when the process started.</summary>
/// <param name="Name">Meter and OBIS code (<see cref="RegisterName"/>).</param>
/// <param name="Quantum">What one count is worth.</param>
/// <param name="Count">Where it goes on.</param>
/// <param name="From">From what it goes on, in words.</param>
public readonly record struct StartedRegister(string Name, Quantum Quantum, long Count, string From);

/// <summary>The gateway's process has started; where each register was continued from.</summary>
public sealed record StartLeaf
{
    /// <summary>What the leaf holds.</summary>
    internal static LeafLayout Layout { get; } =
        new([new("version", LeafForm.Text), new("registers-from-file", LeafForm.Count)], new(LeafLayout.IsPath, LeafForm.QuantityOrReason));

    private const string From = "/from";

    /// <summary>Version of the gateway.</summary>
    public required string Version { get; init; }

    /// <summary>How many registers went on from the register file.</summary>
    public required long RegistersFromFile { get; init; }

    /// <summary>The others.</summary>
    public IReadOnlyList<StartedRegister> Registers { get; init; } = [];

    /// <summary>Reads a leaf.</summary>
    /// <exception cref="EvidenceException">It is of another type, or not laid out as this type is.</exception>
    public static StartLeaf Of(Leaf leaf)
    {
        LeafCursor records = LeafCursor.Of(leaf, LeafType.Start);
        string version = records.Text("version");
        long fromFile = records.Count("registers-from-file");
        List<StartedRegister> registers = [];
        while (records.Next() is { } register)
        {
            LeafAmount amount = LeafAmount.In(register) ?? throw records.Wrong(register, "no count of a register");
            registers.Add(
                new StartedRegister(
                    register.Name,
                    new Quantum(amount.Unit, amount.Number.Exponent),
                    amount.Number.Mantissa,
                    records.Text(register.Name + From)
                )
            );
        }

        return new StartLeaf
        {
            Version = version,
            RegistersFromFile = fromFile,
            Registers = registers,
        };
    }

    /// <summary>What is recorded.</summary>
    public IReadOnlyList<LeafRecord> Records()
    {
        List<LeafRecord> records = [LeafRecord.Of("version", Version), LeafRecord.Of("registers-from-file", RegistersFromFile)];
        foreach (StartedRegister register in Registers)
        {
            records.Add(
                new LeafRecord(register.Name)
                {
                    Unit = register.Quantum.Unit,
                    Number = new DecimalFraction(register.Quantum.Exponent, register.Count),
                }
            );
            records.Add(LeafRecord.Of(register.Name + From, register.From));
        }

        return records;
    }
}
