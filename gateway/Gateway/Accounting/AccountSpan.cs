using System.Globalization;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Accounting;

/// <summary>Over which time an account's footprints belong together, in the site's time zone.</summary>
public enum AccountPeriod
{
    Month,
    Year,
}

/// <summary>
/// What an account has recorded in a period, kept as a fact of the ledger: its total, and between which readings each register was counted.
/// So the period can be accounted again from the readings alone, when instruments come or a factor is corrected, without its slots.
/// </summary>
/// <remarks>
/// <code>
///   slot leaves   |--|--|--|  gap: covered by the next  |------|--|    to the period in which a slot ends
///   a register     12 ─────────────────────────────────────► 2990      one stretch of reading leaves
///   restarted      12 ──────► 400   401 ───────────────────► 2990      two
/// </code>
/// </remarks>
public sealed record AccountSpan
{
    private const string None = "-";

    private AccountSpan() { }

    /// <summary>Start of the first slot.</summary>
    public DateTimeOffset From { get; private init; }

    /// <summary>End of the last slot.</summary>
    public DateTimeOffset To { get; private init; }

    /// <summary>Sum of the amounts that count, CO₂.</summary>
    public long Micrograms { get; private init; }

    /// <summary>How many stretches were counted that have no amount: then the sum is not that of all.</summary>
    public long Blocked { get; private init; }

    /// <summary>The newest carbon leaf of it.</summary>
    public long Leaf { get; private init; }

    /// <summary>The newest leaf that accounted it anew, or null.</summary>
    public long? Anew { get; private init; }

    /// <summary>The carbon leaves of its slots, from and to: of the account's slots, those in between are all its own.</summary>
    public IReadOnlyList<LeafRange> Slots { get; private init; } = [];

    /// <summary>For each register the reading leaves between which it was counted.</summary>
    public IReadOnlyDictionary<string, LeafRange[]> Registers { get; private init; } = new Dictionary<string, LeafRange[]>();

    /// <summary>All those leaves.</summary>
    public IEnumerable<long> Readings => Registers.Values.SelectMany(s => s).SelectMany(s => (long[])[s.From, s.To]);

    /// <summary>With one more slot.</summary>
    /// <param name="span">So far; null before the first.</param>
    /// <param name="slot">What was counted.</param>
    /// <param name="end">Its end.</param>
    /// <param name="leaf">The slot's carbon leaf.</param>
    /// <param name="worthTheSame">Whether a count of a register is worth the same at two of its readings. Null: it always is. Else a
    /// stretch must end there.</param>
    public static AccountSpan With(
        AccountSpan? span,
        SlotCount slot,
        DateTimeOffset end,
        long leaf,
        Func<string, long, long, bool>? worthTheSame = null
    )
    {
        SortedDictionary<string, LeafRange[]> registers = new(
            (span?.Registers ?? new Dictionary<string, LeafRange[]>()).ToDictionary(),
            StringComparer.Ordinal
        );

        // Where the clock was set back, a stretch is kept apart: its ends show all the times that are in the period.
        bool back = slot.From >= end;
        foreach ((string register, long from, long to) in slot.Counted)
        {
            LeafRange[] stretches = registers.GetValueOrDefault(register) ?? [];
            bool goesOn = stretches.Length > 0 && stretches[^1].To == from && !back;
            if (goesOn && worthTheSame?.Invoke(register, from, to) != false)
            {
                registers[register] = [.. stretches[..^1], new LeafRange(stretches[^1].From, to)];
            }
            else
            {
                registers[register] = [.. stretches, new LeafRange(from, to)];
            }

            if (back && from != to)
            {
                registers[register] = [.. registers[register], new LeafRange(to, to)];
            }
        }

        return new AccountSpan
        {
            From = span is null || slot.From < span.From ? slot.From : span.From,
            To = span is null || end > span.To ? end : span.To,
            Micrograms = checked((span?.Micrograms ?? 0) + (slot.Micrograms ?? 0)),
            Blocked = (span?.Blocked ?? 0) + (slot.Micrograms is null ? 1 : 0),
            Leaf = leaf,
            Registers = registers,
            Anew = span?.Anew,
            Slots = span?.Slots ?? [],
        };
    }

    /// <summary>With the newest slot's carbon leaf.</summary>
    /// <param name="goesOn">The account's slot before is of this span too.</param>
    public AccountSpan WithSlot(bool goesOn)
    {
        bool same = goesOn && Slots.Count > 0;
        return this with
        {
            Slots = same ? [.. Slots.SkipLast(1), new LeafRange(Slots[^1].From, Leaf)] : [.. Slots, new LeafRange(Leaf, Leaf)],
        };
    }

    /// <summary>After it was accounted anew by one leaf.</summary>
    public AccountSpan Restated(long? micrograms, long leaf) =>
        this with
        {
            Micrograms = micrograms ?? 0,
            Blocked = micrograms is null ? 1 : 0,
            Leaf = leaf,
            Anew = leaf,
        };

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static AccountSpan Parse(string fact)
    {
        string[] parts = fact.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new AccountSpan
        {
            From = DateTimeOffset.FromUnixTimeMilliseconds(Number(parts[0])),
            To = DateTimeOffset.FromUnixTimeMilliseconds(Number(parts[1])),
            Micrograms = Number(parts[2]),
            Blocked = Number(parts[3]),
            Leaf = Number(parts[4]),
            Anew = parts[5] == None ? null : Number(parts[5]),
            Slots = parts[6] == None ? [] : Stretches(parts[6]),
            Registers = parts[7..].Select(p => p.Split('=')).ToDictionary(p => p[0], p => Stretches(p[1])),
        };
    }

    /// <summary>Reads it from a leaf that accounts it anew.</summary>
    /// <exception cref="InvalidDataException">Its stretches cannot be read.</exception>
    public static AccountSpan In(Leaf carbon)
    {
        var anew = CarbonLeaf.Of(carbon);
        Dictionary<string, LeafRange[]> registers = [];
        foreach (CountedStretches counted in anew.Stretches)
        {
            registers[counted.Register] =
            [
                .. counted.Ranges ?? throw new InvalidDataException($"{counted.Stretches} are no stretches of {counted.Register}."),
            ];
        }

        return new AccountSpan
        {
            From = anew.From,
            To = anew.To,
            Leaf = carbon.Head.Index,
            Registers = registers,
        };
    }

    /// <summary>
    /// What a leaf that accounts it anew states of it: the slots that it takes the place of, and the stretches of each register, both such
    /// as <c>12-400 401-2990</c>; and which leaf it replaces that did the same before.
    /// </summary>
    public CarbonLeaf Restate(CarbonLeaf footprint) =>
        footprint with
        {
            Slots = LeafRange.Text(Slots),
            Stretches = [.. Registers.Select(r => new CountedStretches(r.Key, LeafRange.Text(r.Value)))],
            Replaces = Anew,
        };

    /// <summary>What was counted in it.</summary>
    /// <param name="leafAt">Gives a leaf of the log.</param>
    /// <exception cref="InvalidDataException">A leaf is not there, or does not state what it must.</exception>
    public Quantity Amount(Func<long, Leaf?> leafAt)
    {
        Quantity? amount = null;
        foreach ((string register, LeafRange[] stretches) in Registers)
        {
            foreach ((long from, long to) in stretches)
            {
                Quantity more = Between(register, leafAt(from), leafAt(to), leafAt);
                amount = amount is null ? more : amount + more;
            }
        }

        return amount ?? throw new InvalidDataException("Nothing was counted in the period.");
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{From.ToUnixTimeMilliseconds()} {To.ToUnixTimeMilliseconds()} {Micrograms} {Blocked} {Leaf} "
                + $"{Anew?.ToString(CultureInfo.InvariantCulture) ?? None} "
                + $"{(Slots.Count == 0 ? None : string.Join(',', Slots))} "
                + $"{string.Join(' ', Registers.Select(r => $"{r.Key}={string.Join(',', r.Value)}"))}"
        );

    private static Quantity Between(string register, Leaf? from, Leaf? to, Func<long, Leaf?> leafAt)
    {
        if (
            RegisterReading.CountedIn(from, register) is not { Register: var start }
            || RegisterReading.CountedIn(to, register) is not { Register: var end }
            || start.Quantum != end.Quantum
        )
        {
            throw new InvalidDataException(
                $"The readings of {register} in leaf {from?.Head.Index} and leaf {to?.Head.Index} are not there in one unit."
            );
        }

        if (end.Quantum.Unit == "Wh")
        {
            return MeteredAmount.FromCounts(end.Count - start.Count, end.Quantum);
        }

        Leaf? config = to!.Head.Config is { } index ? leafAt(index) : null;
        ImpulseConstant constant = (config is null ? null : ConfigLeaf.Of(config).ConstantOf(RegisterName.MeterOf(register)))
            ?? throw new InvalidDataException($"No settings in the log say what an impulse of {register} is worth.");
        return MeteredAmount.FromImpulses(end.Count - start.Count, constant.Impulses, Unit.Parse(constant.Unit));
    }

    private static LeafRange[] Stretches(string text) =>
        [.. text.Split(',').Select(s => s.Split('-')).Select(s => new LeafRange(Number(s[0]), Number(s[1])))];

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
