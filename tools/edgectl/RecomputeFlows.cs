using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Evidence;
using EdgeGateway.Readings;

namespace EdgeGateway.Edgectl;

/// <summary>
/// Computes every flow leaf of a log again, from nothing but the readings that it names and the battery's content in the flow leaf before,
/// and compares statement by statement.
/// </summary>
/// <remarks>As <see cref="Recompute"/> it sees the leaves twice, and keeps only those that are still needed.</remarks>
/// <param name="shown">The leaves that were given.</param>
/// <param name="differ">Is told what differs.</param>
internal sealed class RecomputeFlows(ShownLeaves shown, Action<Leaf, string> differ)
{
    private readonly Dictionary<long, int> _uses = [];
    private readonly Dictionary<long, Leaf> _kept = [];
    private readonly Dictionary<long, Leaf> _configs = []; // few
    private readonly List<Leaf> _waiting = [];
    private readonly SortedSet<long> _all = [];

    /// <summary>Flow leaves computed again.</summary>
    public long Computed { get; private set; }

    /// <summary>Of these, those that state a reason instead of flows.</summary>
    public long NotAttributed { get; private set; }

    /// <summary>Flow leaves whose leaves were not all given, and the first leaf that is missing.</summary>
    public (long Count, long FirstMissing) NotGiven { get; private set; }

    /// <summary>The first look at a leaf.</summary>
    public void Plan(Leaf leaf)
    {
        if (leaf.Head.Type == LeafType.Flow)
        {
            _all.Add(leaf.Head.Index);
        }

        foreach (long index in leaf.Head.Type == LeafType.Flow ? leaf.Head.ComputedFrom : [])
        {
            _uses[index] = _uses.GetValueOrDefault(index) + 1;
        }
    }

    /// <summary>The second look at a leaf.</summary>
    public void Take(Leaf leaf)
    {
        if (leaf.Head.Type == LeafType.Config)
        {
            _configs[leaf.Head.Index] = leaf;
        }

        if (leaf.Head.Type is LeafType.Reading or LeafType.Flow && _uses.ContainsKey(leaf.Head.Index))
        {
            _kept[leaf.Head.Index] = leaf;
        }

        if (leaf.Head.Type == LeafType.Flow && FirstMissing(leaf) is null)
        {
            Compute(leaf);
        }
        else if (leaf.Head.Type == LeafType.Flow)
        {
            _waiting.Add(leaf); // single leaves may come in any order
        }
    }

    /// <summary>All leaves have been seen.</summary>
    public void End()
    {
        foreach (Leaf leaf in _waiting)
        {
            if (FirstMissing(leaf) is not { } missing)
            {
                Compute(leaf);
            }
            else if (shown.Refusal(leaf, missing) is { } refusal)
            {
                Computed++;
                differ(leaf, refusal);
            }
            else
            {
                NotGiven = (NotGiven.Count + 1, NotGiven.Count == 0 ? missing : NotGiven.FirstMissing);
            }
        }

        _waiting.Clear();
    }

    private long? FirstMissing(Leaf flow)
    {
        foreach (long index in flow.Head.ComputedFrom)
        {
            if (!_kept.TryGetValue(index, out Leaf? leaf))
            {
                return index;
            }

            if (leaf.Head.Config is { } config && !_configs.ContainsKey(config))
            {
                return config;
            }
        }

        return null;
    }

    private void Compute(Leaf flow)
    {
        Computed++;
        NotAttributed += flow.Records.Any(r => r.Name == "reason") ? 1 : 0;
        try
        {
            Compare([.. flow.Records.Where(r => r.Name is not ("from" or "to" or "previous")).Select(StatementOf)], Again(flow).Statements);
        }
        catch (Exception e)
            when (e
                    is EvidenceException
                        or CarbonException
                        or InvalidDataException
                        or FormatException
                        or ArgumentException
                        or OverflowException
            )
        {
            differ(flow, e.Message);
        }

        foreach (long index in flow.Head.ComputedFrom)
        {
            if (--_uses[index] == 0)
            {
                _uses.Remove(index);
                _kept.Remove(index);
            }
        }
    }

    private RecordedFlow Again(Leaf flow)
    {
        var plan = FlowPlan.Read([.. flow.Records.Select(StatementOf)]);
        Leaf? previous = PreviousOf(flow);
        if (_all.GetViewBetween(0, flow.Head.Index - 1) is { Count: > 0 } before && before.Max != previous?.Head.Index)
        {
            throw new EvidenceException($"it does not go on from leaf {before.Max}, the flow leaf before it");
        }

        Leaf[] readings = [.. flow.Head.ComputedFrom.Where(i => i != previous?.Head.Index).Select(i => _kept[i])];
        if (Array.Find(readings, r => r.Head.Type != LeafType.Reading || r.Head.Index > flow.Head.Index) is { } other)
        {
            throw new EvidenceException($"it names leaf {other.Head.Index}, which is no earlier reading");
        }

        // A slot's readings stand before its flow leaf, so those of the begin stand before the flow leaf before.
        Leaf[] first = [.. readings.Where(r => r.Head.Index < previous?.Head.Index)],
            last = [.. readings.Except(first)];
        DateTimeOffset from = previous is null
            ? flow.Head.Time
            : TimeIn(previous, RecordedFlow.Ends(previous.Records.Select(StatementOf)) ? "to" : "from");
        RequireTime(flow, "from", from);
        RequireTime(flow, "to", flow.Head.Time);
        if (Array.Find(first, r => r.Head.Time != from || !previous!.Head.ComputedFrom.Contains(r.Head.Index)) is { } elsewhere)
        {
            throw new EvidenceException(
                $"it begins with leaf {elsewhere.Head.Index}, where leaf {previous!.Head.Index} before it did not leave off"
            );
        }

        if (plan.All.FirstOrDefault(r => RecordIn(last, r) is null) is { } unread)
        {
            throw new EvidenceException($"it names no reading leaf of its end that has {unread}");
        }

        if (Array.Find(last, r => r.Head.Time != flow.Head.Time) is { } late)
        {
            throw new EvidenceException($"leaf {late.Head.Index} is not of its end");
        }

        return RecordedFlow.Of(
            plan,
            from,
            flow.Head.Time,
            r => RecordIn(first, r) is var at && at?.Record.Number is not null ? CountOf(r, at.Value) : null,
            r =>
                RecordIn(last, r) is { } at
                    ? new FlowCountAtEnd(at.Record.Number is null ? null : CountOf(r, at), at.Record.Text)
                    : default,
            previous is null ? [] : RecordedFlow.StoredIn(previous.Records.Select(StatementOf))
        );
    }

    private Leaf? PreviousOf(Leaf flow)
    {
        if (flow.Records.FirstOrDefault(r => r.Name == "previous")?.Number?.Mantissa is not { } index)
        {
            return null;
        }

        return flow.Head.ComputedFrom.Contains(index) && _kept[index] is { Head.Type: LeafType.Flow } previous && index < flow.Head.Index
            ? previous
            : throw new EvidenceException($"leaf {index}, which it goes on from, is no earlier flow leaf among those that it rests on");
    }

    private FlowCount CountOf(string register, (LeafRecord Record, Leaf Reading) at)
    {
        const string Per = " imp/kWh";
        if (at.Reading.Head.Config is { } named && (named > at.Reading.Head.Index || _configs[named].Head.Group != at.Reading.Head.Group))
        {
            throw new EvidenceException(
                $"leaf {at.Reading.Head.Index} names leaf {named}, which is not the settings of its group before it"
            );
        }

        string? constant = at.Reading.Head.Config is { } config
            ? _configs[config].Records.FirstOrDefault(r => r.Name == $"{register.Split('/')[0]}/constant")?.Text
            : null;
        return new FlowCount(
            new Quantum(at.Record.Unit ?? "", at.Record.Number!.Value.Exponent),
            at.Record.Number.Value.Mantissa,
            constant is not null && constant.EndsWith(Per, StringComparison.Ordinal) ? constant[..^Per.Length] : null
        );
    }

    private static (LeafRecord Record, Leaf Reading)? RecordIn(Leaf[] readings, string register)
    {
        foreach (Leaf reading in readings)
        {
            if (reading.Records.FirstOrDefault(r => r.Name == register) is { } record)
            {
                return (record, reading);
            }
        }

        return null;
    }

    private static void Compare(FlowStatement[] stated, IReadOnlyList<FlowStatement> computed)
    {
        for (int i = 0; i < Math.Max(stated.Length, computed.Count); i++)
        {
            FlowStatement? said = stated.ElementAtOrDefault(i),
                gives = computed.ElementAtOrDefault(i);
            if (said != gives)
            {
                throw new EvidenceException($"it states {Words(said)}, its leaves give {Words(gives)}");
            }
        }
    }

    private static string Words(FlowStatement? statement) =>
        statement is null ? "nothing more"
        : statement.Text is { } text ? $"{statement.Name} '{text}'"
        : $"{statement.Name} {new DecimalFraction(statement.Exponent, statement.Mantissa)} {statement.Unit}";

    private static FlowStatement StatementOf(LeafRecord record) =>
        new(record.Name, record.Text, record.Unit, record.Number?.Exponent ?? 0, record.Number?.Mantissa ?? 0);

    private static DateTimeOffset TimeIn(Leaf leaf, string name)
    {
        DecimalFraction time = leaf.Records.First(r => r.Name == name).Number!.Value;
        return DateTimeOffset.FromUnixTimeMilliseconds(time.Exponent == 0 ? time.Mantissa * 1000 : time.Mantissa);
    }

    private static void RequireTime(Leaf flow, string name, DateTimeOffset time)
    {
        if (TimeIn(flow, name) != time)
        {
            throw new EvidenceException($"its '{name}' is not the time of its readings, {time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}");
        }
    }
}
