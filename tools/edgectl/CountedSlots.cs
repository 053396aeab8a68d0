using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary>A reading in the log.</summary>
/// <param name="Leaf">Index of its leaf.</param>
/// <param name="Time">That leaf's time.</param>
internal readonly record struct ReadingMark(long Leaf, DateTimeOffset Time)
{
    public static ReadingMark Of(Leaf reading) => new(reading.Head.Index, reading.Head.Time);
}

/// <summary>
/// Between which readings the footprints of slots counted each register of an account. A leaf that accounts a whole period anew takes their place, so it
/// must count all that they did.
/// </summary>
/// <remarks>
/// <code>
///   slots of a register    12 ──►──►──► 400   401 ──►──►──►──►──►──► 2990     two runs: it began again in leaf 401
///   a leaf for all         12 ────────► 400   401 ────────────────► 2990     nothing left out
///   a leaf for all         12 ────────► 400              1500 ────► 2990     401 to 1500 left out
/// </code>
/// The registers of one tick stand in several leaves of the same time: between those nothing was counted.
/// </remarks>
internal sealed class CountedSlots
{
    private readonly Dictionary<string, Dictionary<string, List<(ReadingMark From, ReadingMark To)>>> _runs = []; // by account and register

    /// <summary>Keeps what is counted for an account; for others nothing is.</summary>
    public void Watch(string account) => _runs.TryAdd(account, []);

    /// <summary>Adds what one slot counted of one register.</summary>
    public void Add(string account, string register, ReadingMark from, ReadingMark to)
    {
        if (!_runs.TryGetValue(account, out var registers))
        {
            return;
        }

        if (!registers.TryGetValue(register, out var runs))
        {
            registers[register] = runs = [];
        }

        if (runs.Count > 0 && runs[^1].To.Leaf == from.Leaf)
        {
            runs[^1] = (runs[^1].From, to);
        }
        else
        {
            runs.Add((from, to));
        }
    }

    /// <summary>What slots of an account counted and a leaf for the whole time does not, in words; null when it has all.</summary>
    /// <param name="account">The account.</param>
    /// <param name="stretches">Of the leaf: each register with the readings between which it counts it, ascending.</param>
    public string? LeftOut(string account, IReadOnlyDictionary<string, List<(ReadingMark From, ReadingMark To)>> stretches)
    {
        ReadingMark begin = stretches.Values.Select(s => s[0].From).MinBy(m => m.Leaf), end = stretches.Values.Select(s => s[^1].To).MaxBy(m => m.Leaf);
        foreach ((string register, var runs) in _runs.GetValueOrDefault(account) ?? [])
        {
            ReadingMark from = begin;
            foreach ((ReadingMark next, ReadingMark to) in (stretches.GetValueOrDefault(register) ?? []).Append((end, end)))
            {
                foreach ((ReadingMark first, ReadingMark last) in runs)
                {
                    (ReadingMark lost, ReadingMark until) = (first.Leaf > from.Leaf ? first : from, last.Leaf < next.Leaf ? last : next);
                    if (lost.Leaf < until.Leaf && lost.Time != until.Time)
                    {
                        return $"it leaves out what its slots counted of {register} between leaf {lost.Leaf} and leaf {until.Leaf}";
                    }
                }

                from = to;
            }
        }

        return null;
    }
}
