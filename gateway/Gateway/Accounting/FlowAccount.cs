using EdgeGateway.Carbon.Flows;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Accounting;

/// <summary>The flows of a slot, and what they rest on.</summary>
/// <param name="Leaf">What the leaf states.</param>
/// <param name="ComputedFrom">Indexes of the reading leaves and of the flow leaf before, ascending.</param>
public sealed record FlowSlot(FlowLeaf Leaf, IReadOnlyList<long> ComputedFrom);

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
        SortedSet<long> rests =
        [
            .. _bases.Where(b => _all.Contains(b.Key)).Select(b => b.Value.Leaf),
            .. now.Where(n => _all.Contains(n.Key)).Select(n => n.Value.Leaf),
        ];
        if (_before is { } before)
        {
            rests.Add(before.Leaf);
        }

        FlowLeaf leaf = new()
        {
            From = from,
            To = end,
            Previous = _before?.Leaf,
            Statements = [.. flow.Statements.Select(RecordOf)],
        };
        return new FlowSlot(leaf, [.. rests]);

        FlowCount? StartOf(string register) => CountOf(register, _bases.GetValueOrDefault(register));
        FlowCountAtEnd EndOf(string register)
        {
            RegisterReading at = now.GetValueOrDefault(register);
            return new(CountOf(register, at), at.Missing);
        }
    }

    /// <summary>The leaf is recorded: the next goes on from it.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="leaf">What it states.</param>
    /// <param name="now">As given to <see cref="At"/>.</param>
    public void Close(long index, FlowLeaf leaf, IReadOnlyDictionary<string, RegisterReading> now)
    {
        FlowStatement[] statements = [.. leaf.Statements.Select(StatementOf)];
        bool ends = RecordedFlow.Ends(statements);
        _before = new FlowBefore(index, ends ? leaf.To : leaf.From, RecordedFlow.StoredIn(statements));
        if (ends)
        {
            _bases = now.Where(n => _all.Contains(n.Key) && n.Value.Register is not null).ToDictionary();
        }
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

        var flow = FlowLeaf.Of(leaf);
        FlowStatement[] statements = [.. flow.Statements.Select(StatementOf)];
        DateTimeOffset begin = RecordedFlow.Ends(statements) ? flow.To : flow.From;
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
