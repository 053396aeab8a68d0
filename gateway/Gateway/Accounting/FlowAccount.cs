using EdgeGateway.Carbon.Flows;
using EdgeGateway.Evidence;

namespace EdgeGateway.Accounting;

/// <summary>The records of a slot's flow leaf, and what it rests on.</summary>
/// <param name="Records">Of the leaf.</param>
/// <param name="ComputedFrom">Indexes of the reading leaves and of the flow leaf before, ascending.</param>
public sealed record FlowSlot(IReadOnlyList<LeafRecord> Records, IReadOnlyList<long> ComputedFrom);

/// <summary>
/// The energy flows of the site, slot by slot: from two recorded readings of each register and the flow leaf before, whose battery content
/// it goes on from. <see cref="RecordedFlow"/> tells what is recorded when a reading is missing. Pure.
/// </summary>
/// <param name="plan">Which register counts what.</param>
/// <param name="impulseConstants">Impulses a kilowatt-hour, by register, of those that count impulses.</param>
public sealed class FlowAccount(FlowPlan plan, IReadOnlyDictionary<string, string> impulseConstants)
{
    private readonly HashSet<string> _all = [.. plan.All];
    private Dictionary<string, RegisterReading> _bases = [];
    private FlowBefore? _before;

    /// <summary>Which register counts what.</summary>
    public FlowPlan Plan => plan;

    /// <summary>
    /// What must be remembered over a restart: the newest flow leaf, and the reading leaves where the next stretch begins.
    /// </summary>
    public IEnumerable<long> Remembered => new SortedSet<long>(_bases.Values.Select(b => b.Leaf)).Prepend(_before?.Leaf ?? 0);

    /// <summary>
    /// The records of the flow leaf at a slot's end, the leaves it rests on, and the state after it. Changes nothing: see
    /// <see cref="Close"/>.
    /// </summary>
    /// <param name="end">The slot's end.</param>
    /// <param name="now">The registers of the slot's reading leaves, by name.</param>
    public FlowSlot At(DateTimeOffset end, IReadOnlyDictionary<string, RegisterReading> now)
    {
        DateTimeOffset from = _before?.From ?? end;
        RecordedFlow flow = RecordedFlow.Of(plan, from, end, StartOf, EndOf, _before?.Stored ?? []);
        List<LeafRecord> records = [LeafRecord.Of("from", from), LeafRecord.Of("to", end)];
        SortedSet<long> rests =
        [
            .. _bases.Where(b => _all.Contains(b.Key)).Select(b => b.Value.Leaf),
            .. now.Where(n => _all.Contains(n.Key)).Select(n => n.Value.Leaf),
        ];
        if (_before is { } before)
        {
            records.Add(LeafRecord.Of("previous", before.Leaf));
            rests.Add(before.Leaf);
        }

        records.AddRange(flow.Statements.Select(RecordOf));
        return new FlowSlot(records, [.. rests]);

        FlowCount? StartOf(string register) => CountOf(register, _bases.GetValueOrDefault(register));
        (FlowCount?, string?) EndOf(string register)
        {
            RegisterReading at = now.GetValueOrDefault(register);
            return (CountOf(register, at), at.Missing);
        }
    }

    /// <summary>The leaf is recorded: the next goes on from it.</summary>
    /// <param name="leaf">Its index.</param>
    /// <param name="records">Its records.</param>
    /// <param name="end">The slot's end.</param>
    /// <param name="now">As given to <see cref="At"/>.</param>
    public void Close(long leaf, IReadOnlyList<LeafRecord> records, DateTimeOffset end, IReadOnlyDictionary<string, RegisterReading> now)
    {
        FlowStatement[] statements = [.. records.Select(StatementOf)];
        bool ends = RecordedFlow.Ends(statements);
        DateTimeOffset begin = ends ? end : _before?.From ?? end;
        _before = new FlowBefore(leaf, begin, RecordedFlow.StoredIn(statements));
        _bases = ends
            ? now.Where(n => _all.Contains(n.Key) && n.Value.Register is not null).ToDictionary(n => n.Key, n => n.Value)
            : _bases;
    }

    /// <summary>Goes on from what is recorded.</summary>
    /// <param name="remembered">As <see cref="Remembered"/> was; none: it begins anew.</param>
    /// <param name="leafAt">Gives a leaf, or null where its bytes are gone.</param>
    public void Restore(IReadOnlyList<long> remembered, Func<long, Leaf?> leafAt)
    {
        _bases = [];
        _before = null;
        if (remembered.Count == 0 || leafAt(remembered[0]) is not { } leaf)
        {
            return;
        }

        FlowStatement[] statements = [.. leaf.Records.Select(StatementOf)];
        DateTimeOffset begin = TimeOf(leaf, RecordedFlow.Ends(statements) ? "to" : "from");
        _before = new FlowBefore(leaf.Head.Index, begin, RecordedFlow.StoredIn(statements));
        foreach (Leaf reading in remembered.Skip(1).Select(leafAt).OfType<Leaf>())
        {
            foreach ((string name, RegisterReading at) in RegisterReading.AllIn(reading).Where(r => r.Value.Register is not null))
            {
                _bases[name] = at;
            }
        }
    }

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

    private FlowCount? CountOf(string name, RegisterReading at) =>
        at.Register is { } register ? new(register.Quantum, register.Count, impulseConstants.GetValueOrDefault(name)) : null;

    /// <summary>The flow leaf before: its index, where the next stretch begins, and what the battery held.</summary>
    private sealed record FlowBefore(long Leaf, DateTimeOffset From, IReadOnlyList<(string Origin, long Energy)> Stored);
}
