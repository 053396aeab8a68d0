using System.Globalization;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary>Slots of an account, by the indexes of their carbon leaves.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last; of the account's slots in between, all.</param>
internal readonly record struct SlotRange(long From, long To)
{
    /// <summary>
    /// The slots that a leaf takes the place of, as <c>12-400 401-2990</c>; empty where it takes that of none, null where its text is none
    /// of these.
    /// </summary>
    public static SlotRange[]? In(Leaf carbon)
    {
        List<SlotRange> ranges = [];
        foreach (string[] range in carbon.Records.FirstOrDefault(r => r.Name == "slots")?.Text?.Split(' ').Select(r => r.Split('-')) ?? [])
        {
            if (
                range.Length != 2
                || Index(range[0]) is not { } from
                || Index(range[1]) is not { } to
                || from > to
                || (ranges.Count > 0 && ranges[^1].To >= from)
            )
            {
                return null;
            }

            ranges.Add(new SlotRange(from, to));
        }

        return [.. ranges];

        static long? Index(string text) =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? index : null;
    }
}

/// <summary>A register in a reading of the log.</summary>
/// <param name="Leaf">Index of the reading's leaf.</param>
/// <param name="Register">Its count there.</param>
/// <param name="Worth">What an impulse was worth then; null where it counts energy.</param>
internal readonly record struct ReadingMark(long Leaf, LeafRecord Register, string? Worth)
{
    /// <summary>Whether what a later reading has more was counted since this one: not where the register has begun again.</summary>
    public bool GoesOnTo(ReadingMark later) =>
        Register.Unit == later.Register.Unit
        && Register.Number!.Value.Exponent == later.Register.Number!.Value.Exponent
        && Register.Number.Value.Mantissa <= later.Register.Number.Value.Mantissa;
}

/// <summary>A stretch of a register that an account did not add up, because its meters were others then.</summary>
/// <param name="Account">The account.</param>
/// <param name="Register">The register.</param>
/// <param name="From">Index of the reading where it stopped.</param>
/// <param name="To">Index of the reading where it went on.</param>
internal sealed record NotAdded(string Account, string Register, long From, long To);

/// <summary>
/// Between which readings the footprints of slots count each register of an account: each goes on where the one before ended, so that
/// nothing is left out or counted twice; and a leaf that accounts slots anew, in their place, counts what they did.
/// </summary>
/// <remarks>
/// <code>
///   slots of a register    12 ──►──►──► 400   401 ──►──►──►──►──►──► 2990     two runs: it began again in leaf 401
///   a leaf for all         12 ────────► 400   401 ────────────────► 2990     nothing left out
///   a leaf for all         12 ────────► 400              1500 ────► 2990     401 to 1500 left out
/// </code>
/// A run ends too where impulses have another worth from there on, and where a leaf takes the place of a part of the slots only.
/// </remarks>
/// <param name="shown">The leaves that were given: where some are not, a slot may be among them.</param>
internal sealed class CountedSlots(ShownLeaves shown)
{
    private readonly Dictionary<string, Account> _accounts = [];

    /// <summary>What accounts did not add up.</summary>
    public List<NotAdded> NotAdded { get; } = [];

    /// <summary>Slots of which a leaf takes the place, told before they are added: no run lies across their bounds.</summary>
    public void Cut(string account, SlotRange range) => Of(account).Cuts.UnionWith([range.From, range.To + 1]);

    /// <summary>A slot of an account begins: its registers are added next.</summary>
    /// <param name="account">The account.</param>
    /// <param name="leaf">Index of the slot's carbon leaf.</param>
    /// <param name="from">When it begins.</param>
    /// <param name="to">When it ends.</param>
    public void Begin(string account, long leaf, DateTimeOffset from, DateTimeOffset to)
    {
        Account of = Of(account);
        of.IsCut = of.Cuts.GetViewBetween(Math.Min(of.Leaf + 1, leaf), leaf).Count > 0;
        (of.InOrder, of.Leaf, of.Slots, of.From, of.To) = (leaf > of.Leaf, leaf, of.Slots + 1, from, to);
    }

    /// <summary>Adds what the slot counts of one register; nothing where both readings are the same, from which it counts on.</summary>
    /// <returns>What is wrong with it, in words; null when it goes on where the slot before ended.</returns>
    public string? Add(string account, string register, ReadingMark from, ReadingMark to)
    {
        Account of = Of(account);
        if (!of.Registers.TryGetValue(register, out Counted? counted))
        {
            of.Registers[register] = counted = new Counted();
        }

        string? wrong = null;
        if (counted.End is { } end && of.InOrder && from.Leaf != end.Leaf && (from.Leaf < end.Leaf || end.GoesOnTo(from)))
        {
            if (from.Leaf < end.Leaf)
            {
                wrong = $"it counts {register} from leaf {from.Leaf} on, which the footprint before it counts up to leaf {end.Leaf}";
            }
            else if (counted.Slot < of.Slots - 1)
            {
                NotAdded.Add(new NotAdded(account, register, end.Leaf, from.Leaf));
            }
            else if (shown.Since <= end.Leaf)
            {
                wrong = $"it counts {register} from leaf {from.Leaf} on, and what was counted since leaf {end.Leaf} is in no footprint";
            }
        }

        (counted.End, counted.Slot) = (to, of.Slots);
        if (counted.Runs.Count > 0 && counted.Runs[^1] is var run && run.To.Leaf == from.Leaf && run.To.Worth == to.Worth && !of.IsCut)
        {
            counted.Runs[^1] = run with
            {
                To = to,
                Begin = of.From < run.Begin ? of.From : run.Begin,
                End = of.To > run.End ? of.To : run.End,
            };
        }
        else
        {
            counted.Runs.Add(new Run(of.Leaf, from, to, of.From, of.To));
        }

        return wrong;
    }

    /// <summary>
    /// What slots count and a leaf in their place does not, or the other way round, in words; null when both are the same.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="slots">Which slots.</param>
    /// <param name="stretches">Of the leaf: each register with the readings between which it counts it, ascending.</param>
    /// <param name="all">All of the slots were computed: what the leaf has more, no slot counted.</param>
    public string? Differing(
        string account,
        IReadOnlyList<SlotRange> slots,
        IReadOnlyDictionary<string, List<(ReadingMark From, ReadingMark To)>> stretches,
        bool all
    )
    {
        foreach ((string register, Counted counted) in Of(account).Registers)
        {
            foreach (Run run in RunsOf(counted, slots))
            {
                long at = run.From.Leaf;
                foreach ((ReadingMark from, ReadingMark to) in stretches.GetValueOrDefault(register) ?? [])
                {
                    at = from.Leaf <= at && at < to.Leaf ? Math.Min(to.Leaf, run.To.Leaf) : at;
                }

                if (at < run.To.Leaf)
                {
                    long until = (stretches.GetValueOrDefault(register) ?? [])
                        .Select(t => t.From.Leaf)
                        .Where(f => f > at)
                        .Append(run.To.Leaf)
                        .Min();
                    return $"it leaves out what its slots counted of {register} between leaf {at} and leaf {until}";
                }
            }
        }

        foreach (
            (string register, (ReadingMark from, ReadingMark to)) in stretches
                .SelectMany(s => s.Value.Select(t => (s.Key, t)))
                .Where(_ => all)
        )
        {
            long at = from.Leaf;
            foreach (Run run in Of(account).Registers.TryGetValue(register, out Counted? counted) ? RunsOf(counted, slots) : [])
            {
                at = run.From.Leaf <= at && at < run.To.Leaf && run.To.Worth == to.Worth ? run.To.Leaf : at;
            }

            if (at < to.Leaf)
            {
                return $"it counts {register} between leaf {at} and leaf "
                    + $"{to.Leaf}{(to.Worth is null ? "" : $" at {to.Worth}")}, which none of its slots did";
            }
        }

        return null;
    }

    /// <summary>When the first of some slots begins and the last ends; null where there are none.</summary>
    public (DateTimeOffset From, DateTimeOffset To)? TimeOf(string account, IReadOnlyList<SlotRange> slots) =>
        Of(account).Registers.Values.SelectMany(r => RunsOf(r, slots)).ToArray() is { Length: > 0 } runs
            ? (runs.Min(r => r.Begin), runs.Max(r => r.End))
            : null;

    private static IEnumerable<Run> RunsOf(Counted counted, IReadOnlyList<SlotRange> slots) =>
        counted.Runs.Where(r => slots.Any(s => s.From <= r.Slot && r.Slot <= s.To));

    private Account Of(string account) => _accounts.TryGetValue(account, out Account? known) ? known : _accounts[account] = new Account();

    // The first slot of it says to which slots all of it belongs.
    private readonly record struct Run(long Slot, ReadingMark From, ReadingMark To, DateTimeOffset Begin, DateTimeOffset End);

    private sealed class Account
    {
        public Dictionary<string, Counted> Registers { get; } = [];

        public SortedSet<long> Cuts { get; } = [];

        public long Leaf { get; set; } = -1;

        public DateTimeOffset From { get; set; }

        public DateTimeOffset To { get; set; }

        public bool InOrder { get; set; }

        public bool IsCut { get; set; }

        public long Slots { get; set; }
    }

    private sealed class Counted
    {
        public List<Run> Runs { get; } = [];

        public ReadingMark? End { get; set; }

        public long Slot { get; set; }
    }
}
