using System.Globalization;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;

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
    public IReadOnlyList<(long From, long To)> Slots { get; private init; } = [];

    /// <summary>For each register the reading leaves between which it was counted.</summary>
    public IReadOnlyDictionary<string, (long From, long To)[]> Registers { get; private init; } =
        new Dictionary<string, (long From, long To)[]>();

    /// <summary>All those leaves.</summary>
    public IEnumerable<long> Readings => Registers.Values.SelectMany(s => s).SelectMany(s => new[] { s.From, s.To });

    /// <summary>With one more slot.</summary>
    /// <param name="span">So far; null before the first.</param>
    /// <param name="slot">What was counted.</param>
    /// <param name="end">Its end.</param>
    /// <param name="leaf">The slot's carbon leaf.</param>
    /// <param name="worthTheSame">Whether a count of a register is worth the same at two of its readings. Null: it always is. Else a
    /// stretch must end there.</param>
    public static AccountSpan With(
        AccountSpan? span,
        AccountSlot slot,
        DateTimeOffset end,
        long leaf,
        Func<string, long, long, bool>? worthTheSame = null
    )
    {
        SortedDictionary<string, (long From, long To)[]> registers = new(
            (span?.Registers ?? new Dictionary<string, (long From, long To)[]>()).ToDictionary(),
            StringComparer.Ordinal
        );

        // Where the clock was set back, a stretch is kept apart: its ends show all the times that are in the period.
        bool back = slot.From >= end;
        foreach ((string register, long from, long to) in slot.Counted)
        {
            registers[register] = registers.GetValueOrDefault(register) switch
            {
                [.. var before, var last] when last.To == from && !back && worthTheSame?.Invoke(register, last.To, to) != false =>
                [
                    .. before,
                    (last.From, to),
                ],
                { } before => [.. before, (from, to)],
                null => [(from, to)],
            };
            registers[register] = back && from != to ? [.. registers[register], (to, to)] : registers[register];
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
    public AccountSpan WithSlot(bool goesOn) =>
        this with
        {
            Slots = goesOn && Slots.Count > 0 ? [.. Slots.SkipLast(1), (Slots[^1].From, Leaf)] : [.. Slots, (Leaf, Leaf)],
        };

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
            Slots = parts[6] == None ? [] : [.. Stretches(parts[6])],
            Registers = parts[7..].Select(p => p.Split('=')).ToDictionary(p => p[0], p => Stretches(p[1]).ToArray()),
        };
    }

    /// <summary>Reads it from a leaf that accounts it anew.</summary>
    public static AccountSpan In(Leaf carbon, Func<long, Leaf?> leafAt)
    {
        Leaf[] readings = [.. carbon.Head.ComputedFrom.Select(leafAt).OfType<Leaf>().Where(l => l.Head.Type == LeafType.Reading)];
        return new AccountSpan
        {
            From = carbon.Records[1].AsTime(),
            To = carbon.Records[2].AsTime(),
            Leaf = carbon.Head.Index,
            Registers = carbon
                .Records.Where(r => r.Text is not null && readings.Any(l => l.Records.Any(x => x.Name == r.Name)))
                .ToDictionary(r => r.Name, r => Stretches(r.Text!.Replace(' ', ',')).ToArray()),
        };
    }

    /// <summary>
    /// What a leaf that accounts it anew states of it: the slots that it takes the place of, and the stretches of each register, both such
    /// as <c>12-400 401-2990</c>; and which leaf it replaces that did the same before.
    /// </summary>
    public IEnumerable<LeafRecord> Records() =>
        [
            LeafRecord.Of("slots", string.Join(' ', Slots.Select(Text))),
            .. Registers.Select(r => LeafRecord.Of(r.Key, string.Join(' ', r.Value.Select(Text)))),
            .. Anew is { } leaf ? [LeafRecord.Of("replaces", leaf)] : Array.Empty<LeafRecord>(),
        ];

    /// <summary>What was counted in it.</summary>
    /// <param name="leafAt">Gives a leaf of the log.</param>
    /// <exception cref="InvalidDataException">A leaf is not there, or does not state what it must.</exception>
    public Quantity Amount(Func<long, Leaf?> leafAt)
    {
        Quantity? amount = null;
        foreach ((string register, (long From, long To)[] stretches) in Registers)
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
                + $"{(Slots.Count == 0 ? None : string.Join(',', Slots.Select(Text)))} "
                + $"{string.Join(' ', Registers.Select(r => $"{r.Key}={string.Join(',', r.Value.Select(Text))}"))}"
        );

    private static Quantity Between(string register, Leaf? from, Leaf? to, Func<long, Leaf?> leafAt)
    {
        if (
            In(from) is not { Number: { } start, Unit: { } unit }
            || In(to) is not { Number: { } end } other
            || other.Unit != unit
            || end.Exponent != start.Exponent
        )
        {
            throw new InvalidDataException(
                $"The readings of {register} in leaf {from?.Head.Index} and leaf {to?.Head.Index} are not there in one unit."
            );
        }

        if (unit == "Wh")
        {
            return MeteredAmount.FromCounts(end.Mantissa - start.Mantissa, new Readings.Quantum("Wh", end.Exponent));
        }

        string? constant = to!.Head.Config is { } config
            ? leafAt(config)?.Records.FirstOrDefault(r => r.Name == $"{register.Split('/')[0]}/constant")?.Text
            : null;
        return constant?.Split(" imp/") is [{ } impulses, { } per]
            ? MeteredAmount.FromImpulses(end.Mantissa - start.Mantissa, impulses, Unit.Parse(per))
            : throw new InvalidDataException($"No settings in the log say what an impulse of {register} is worth.");

        LeafRecord? In(Leaf? leaf) => leaf?.Records.FirstOrDefault(r => r.Name == register && r.Number is not null);
    }

    private static IEnumerable<(long From, long To)> Stretches(string text) =>
        text.Split(',').Select(s => s.Split('-')).Select(s => (Number(s[0]), Number(s[1])));

    private static string Text((long From, long To) stretch) => string.Create(CultureInfo.InvariantCulture, $"{stretch.From}-{stretch.To}");

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
