using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>
/// Computes flow leaves again, from nothing but the readings that they name and the battery's content in the flow leaf before, and compares
/// statement by statement.
/// </summary>
/// <param name="settings">What an impulse is worth.</param>
/// <param name="shown">The leaves that were given.</param>
/// <param name="differences">Is told what differs.</param>
internal sealed class Flows(Settings settings, ShownLeaves shown, Differences differences)
{
    private const string Account = "flows";

    private readonly KeptSources _sources = new();
    private readonly List<StatedFlow> _waiting = [];
    private readonly SortedSet<long> _all = [];

    /// <summary>Flow leaves computed again.</summary>
    public long Computed { get; private set; }

    /// <summary>Of these, those that state a reason instead of flows.</summary>
    public long NotAttributed { get; private set; }

    /// <summary>Flow leaves whose leaves were not all given.</summary>
    public NotGiven NotGiven { get; private set; }

    /// <summary>The first look at a leaf.</summary>
    public void Plan(Leaf leaf)
    {
        if (leaf.Head.Type == LeafType.Flow)
        {
            _all.Add(leaf.Head.Index);
            _sources.Plan(leaf.Head.ComputedFrom);
        }
    }

    /// <summary>The second look at a leaf.</summary>
    public void Take(Leaf leaf)
    {
        if (leaf.Head.Type is LeafType.Reading or LeafType.Flow)
        {
            _sources.Take(leaf);
        }

        if (leaf.Head.Type != LeafType.Flow)
        {
            return;
        }

        StatedFlow flow = new(leaf.Head, FlowLeaf.Of(leaf));
        if (FirstMissing(flow) is null)
        {
            Compute(flow);
        }
        else
        {
            _waiting.Add(flow); // single leaves may come in any order
        }
    }

    /// <summary>All leaves have been seen.</summary>
    public void End()
    {
        foreach (StatedFlow flow in _waiting)
        {
            if (FirstMissing(flow) is not { } missing)
            {
                Compute(flow);
            }
            else if (shown.Refusal(flow.Index, missing) is { } refusal)
            {
                Computed++;
                Differ(flow, refusal);
            }
            else
            {
                NotGiven = NotGiven.With(missing);
            }
        }

        _waiting.Clear();
    }

    private void Differ(StatedFlow flow, string what) => differences.Add(new Difference(flow.Index, Account, what, IsFlow: true));

    private long? FirstMissing(StatedFlow flow)
    {
        foreach (long index in flow.Head.ComputedFrom)
        {
            if (_sources.Find(index) is not { } source)
            {
                return index;
            }

            if (source.Head.Config is { } config && !settings.HasConfig(config))
            {
                return config;
            }
        }

        return null;
    }

    private void Compute(StatedFlow flow)
    {
        Computed++;
        NotAttributed += flow.Leaf.Reason is null ? 0 : 1;
        try
        {
            Compare(StatementsOf(flow.Leaf), Again(flow).Statements);
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
            Differ(flow, e.Message);
        }

        _sources.Release(flow.Head.ComputedFrom);
    }

    private RecordedFlow Again(StatedFlow flow)
    {
        var plan = FlowPlan.Read(StatementsOf(flow.Leaf));
        Source? previous = PreviousOf(flow);
        FlowStatement[] before = previous is null ? [] : StatementsOf(previous.Flow!);
        DateTimeOffset from = flow.Head.Time;
        if (previous is not null)
        {
            from = RecordedFlow.Ends(before) ? previous.Flow!.To : previous.Flow!.From;
        }

        StretchReadings readings = ReadingsOf(flow, previous, from);
        if (plan.All.FirstOrDefault(r => Find(readings.Last, r) is null) is { } unread)
        {
            throw new EvidenceException($"it names no reading leaf of its end that has {unread}");
        }

        if (Array.Find(readings.Last, r => r.Time != flow.Head.Time) is { } late)
        {
            throw new EvidenceException($"leaf {late.Index} is not of its end");
        }

        return RecordedFlow.Of(
            plan,
            from,
            flow.Head.Time,
            register => Find(readings.First, register)?.Count,
            register => Find(readings.Last, register) is { } at ? new FlowCountAtEnd(at.Count, at.Missing) : default,
            RecordedFlow.StoredIn(before)
        );
    }

    private Source? PreviousOf(StatedFlow flow)
    {
        Source? previous = null;
        if (flow.Leaf.Previous is { } index)
        {
            bool named = flow.Head.ComputedFrom.Contains(index) && index < flow.Index;
            previous =
                named && _sources.Find(index) is { Flow: not null } found
                    ? found
                    : throw new EvidenceException(
                        $"leaf {index}, which it goes on from, is no earlier flow leaf among those that it rests on"
                    );
        }

        SortedSet<long> before = _all.GetViewBetween(0, flow.Index - 1);
        return before.Count == 0 || before.Max == previous?.Index
            ? previous
            : throw new EvidenceException($"it does not go on from leaf {before.Max}, the flow leaf before it");
    }

    // A slot's readings stand before its flow leaf, so those of the begin stand before the flow leaf before.
    private StretchReadings ReadingsOf(StatedFlow flow, Source? previous, DateTimeOffset from)
    {
        Source[] readings = _sources.All(flow.Head.ComputedFrom.Where(i => i != previous?.Index));
        if (Array.Find(readings, r => r.Reading is null || r.Index > flow.Index) is { } other)
        {
            throw new EvidenceException($"it names leaf {other.Index}, which is no earlier reading");
        }

        Source[] first = [.. readings.Where(r => r.Index < previous?.Index)],
            last = [.. readings.Except(first)];
        RequireTime("from", flow.Leaf.From, from);
        RequireTime("to", flow.Leaf.To, flow.Head.Time);
        if (Array.Find(first, r => r.Time != from || !previous!.Head.ComputedFrom.Contains(r.Index)) is { } elsewhere)
        {
            throw new EvidenceException($"it begins with leaf {elsewhere.Index}, where leaf {previous!.Index} before it did not leave off");
        }

        return new StretchReadings(first, last);
    }

    // The register in the first of the readings that has it, with or without a count.
    private ReadCount? Find(Source[] readings, string register)
    {
        foreach (Source reading in readings)
        {
            if (reading.Reading!.Find(register) is { } found)
            {
                return new ReadCount(found.IsCounted ? CountOf(found, reading) : null, found.Missing);
            }
        }

        return null;
    }

    private FlowCount CountOf(LeafRegister register, Source reading)
    {
        ImpulseConstant? constant = settings.ConstantIfAny(register.Name, reading.Head);
        return new FlowCount(
            register.Quantum,
            register.Count,
            constant is { Unit: "kWh" } perKilowattHour ? perKilowattHour.Impulses : null
        );
    }

    private static FlowStatement[] StatementsOf(FlowLeaf flow) =>
        [.. flow.Statements.Select(s => new FlowStatement(s.Name, s.Text, s.Unit, s.Number?.Exponent ?? 0, s.Number?.Mantissa ?? 0))];

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

    private static string Words(FlowStatement? statement)
    {
        if (statement is null)
        {
            return "nothing more";
        }

        return statement.Text is { } text
            ? $"{statement.Name} '{text}'"
            : $"{statement.Name} {new DecimalFraction(statement.Exponent, statement.Mantissa)} {statement.Unit}";
    }

    private static void RequireTime(string name, DateTimeOffset stated, DateTimeOffset time)
    {
        if (stated != time)
        {
            throw new EvidenceException($"its '{name}' is not the time of its readings, {time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}");
        }
    }

    // A flow leaf.
    private sealed record StatedFlow(LeafHead Head, FlowLeaf Leaf)
    {
        public long Index => Head.Index;
    }

    // The readings of a stretch's begin and of its end.
    private readonly record struct StretchReadings(Source[] First, Source[] Last);

    // A register in a reading: its count, or why there is none.
    private readonly record struct ReadCount(FlowCount? Count, string? Missing);
}
