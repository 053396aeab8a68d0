using System.Globalization;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Evidence;
using EdgeGateway.Readings;

namespace EdgeGateway.Accounting;

/// <summary>A register as a reading leaf has it.</summary>
/// <param name="Leaf">Index of the leaf.</param>
/// <param name="Register">The register there, or null: it is missing.</param>
/// <param name="Missing">Why.</param>
public readonly record struct FlowReading(long Leaf, Register? Register, string? Missing);

/// <summary>
/// The energy flows of the site, slot by slot: from two recorded readings of each register and the flow leaf before, whose battery content
/// it goes on from. <see cref="RecordedFlow"/> tells what is recorded when a reading is missing. Pure.
/// </summary>
/// <param name="plan">Which register counts what.</param>
/// <param name="impulseConstants">Impulses a kilowatt-hour, by register, of those that count impulses.</param>
public sealed class FlowAccount(FlowPlan plan, IReadOnlyDictionary<string, string> impulseConstants)
{
    private readonly HashSet<string> _all = [.. plan.All];
    private Dictionary<string, FlowReading> _bases = [];
    private (long Leaf, DateTimeOffset From, IReadOnlyList<(string Origin, long Energy)> Stored)? _before;

    /// <summary>Which register counts what.</summary>
    public FlowPlan Plan => plan;

    /// <summary>
    /// What must be remembered over a restart: the newest flow leaf, and the reading leaves where the next stretch begins.
    /// </summary>
    public string Fact =>
        string.Join(
            ' ',
            new SortedSet<long>(_bases.Values.Select(b => b.Leaf))
                .Prepend(_before?.Leaf ?? 0)
                .Select(i => i.ToString(CultureInfo.InvariantCulture))
        );

    /// <summary>
    /// The records of the flow leaf at a slot's end, the leaves it rests on, and the state after it. Changes nothing: see
    /// <see cref="Close"/>.
    /// </summary>
    /// <param name="end">The slot's end.</param>
    /// <param name="now">The registers of the slot's reading leaves, by name.</param>
    public (IReadOnlyList<LeafRecord> Records, IReadOnlyList<long> ComputedFrom) At(
        DateTimeOffset end,
        IReadOnlyDictionary<string, FlowReading> now
    )
    {
        RecordedFlow flow = RecordedFlow.Of(plan, _before?.From ?? end, end, StartOf, EndOf, _before?.Stored ?? []);
        return (
            [
                LeafRecord.Of("from", _before?.From ?? end),
                LeafRecord.Of("to", end),
                .. _before is { } before ? [LeafRecord.Of("previous", before.Leaf)] : Array.Empty<LeafRecord>(),
                .. flow.Statements.Select(RecordOf),
            ],
            [
                .. new SortedSet<long>([
                    .. _bases.Where(b => _all.Contains(b.Key)).Select(b => b.Value.Leaf),
                    .. _before is { } b ? [b.Leaf] : Array.Empty<long>(),
                    .. now.Where(n => _all.Contains(n.Key)).Select(n => n.Value.Leaf),
                ]),
            ]
        );

        FlowCount? StartOf(string register) => CountOf(register, _bases.GetValueOrDefault(register));
        FlowCountAtEnd EndOf(string register)
        {
            FlowReading at = now.GetValueOrDefault(register);
            return new(CountOf(register, at), at.Missing);
        }
    }

    /// <summary>The leaf is recorded: the next goes on from it.</summary>
    /// <param name="leaf">Its index.</param>
    /// <param name="records">Its records.</param>
    /// <param name="end">The slot's end.</param>
    /// <param name="now">As given to <see cref="At"/>.</param>
    public void Close(long leaf, IReadOnlyList<LeafRecord> records, DateTimeOffset end, IReadOnlyDictionary<string, FlowReading> now)
    {
        FlowStatement[] statements = [.. records.Select(StatementOf)];
        bool ends = RecordedFlow.Ends(statements);
        _before = (leaf, ends ? end : _before?.From ?? end, RecordedFlow.StoredIn(statements));
        _bases = ends
            ? now.Where(n => _all.Contains(n.Key) && n.Value.Register is not null).ToDictionary(n => n.Key, n => n.Value)
            : _bases;
    }

    /// <summary>Goes on from what is recorded.</summary>
    /// <param name="fact">As <see cref="Fact"/> was, or null: it begins anew.</param>
    /// <param name="leafAt">Gives a leaf, or null where its bytes are gone.</param>
    public void Restore(string? fact, Func<long, Leaf?> leafAt)
    {
        (_bases, _before) = ([], null);
        long[] indexes =
        [
            .. (fact ?? "")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(i => long.Parse(i, NumberStyles.None, CultureInfo.InvariantCulture)),
        ];
        if (indexes.Length == 0 || leafAt(indexes[0]) is not { } leaf)
        {
            return;
        }

        FlowStatement[] statements = [.. leaf.Records.Select(StatementOf)];
        _before = (leaf.Head.Index, TimeOf(leaf, RecordedFlow.Ends(statements) ? "to" : "from"), RecordedFlow.StoredIn(statements));
        foreach (Leaf reading in indexes.Skip(1).Select(leafAt).OfType<Leaf>())
        {
            foreach ((string name, FlowReading at) in ReadingsIn(reading).Where(r => r.Reading.Register is not null))
            {
                _bases[name] = at;
            }
        }
    }

    /// <summary>The registers that a reading leaf has, with those that are missing.</summary>
    public static IEnumerable<(string Name, FlowReading Reading)> ReadingsIn(Leaf leaf) =>
        [
            .. leaf.Records.Where(r => r.Text is not null).Select(r => (r.Name, new FlowReading(leaf.Head.Index, null, r.Text))),
            .. GroupLeaf
                .RegistersOf(leaf)
                .Select(r => (GroupLeaf.NameOf(r.Meter, r.Register.Obis), new FlowReading(leaf.Head.Index, r.Register, null))),
        ];

    /// <summary>The statements of a flow leaf.</summary>
    public static FlowStatement StatementOf(LeafRecord record) =>
        new(record.Name, record.Text, record.Unit, record.Number?.Exponent ?? 0, record.Number?.Mantissa ?? 0);

    /// <summary>A time that a flow leaf states.</summary>
    public static DateTimeOffset TimeOf(Leaf leaf, string name) =>
        leaf.Records.First(r => r.Name == name).Number is { Exponent: 0 } seconds
            ? DateTimeOffset.FromUnixTimeSeconds(seconds.Mantissa)
            : throw new InvalidDataException($"Leaf {leaf.Head.Index} states no whole second as '{name}'.");

    private static LeafRecord RecordOf(FlowStatement statement) =>
        new(statement.Name)
        {
            Text = statement.Text,
            Unit = statement.Unit,
            Number = statement.Text is null ? new DecimalFraction(statement.Exponent, statement.Mantissa) : null,
        };

    private FlowCount? CountOf(string name, FlowReading at) =>
        at.Register is { } register ? new(register.Quantum, register.Count, impulseConstants.GetValueOrDefault(name)) : null;
}
