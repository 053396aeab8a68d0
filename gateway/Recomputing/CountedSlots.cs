using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>A register from one of its readings to a later one.</summary>
/// <param name="From">Where it begins.</param>
/// <param name="To">Where it ends.</param>
internal readonly record struct CountedStretch(ReadingMark From, ReadingMark To);

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
    public void Cut(string account, LeafRange slots) => Of(account).Cuts.UnionWith([slots.From, slots.To + 1]);

    /// <summary>A slot of an account begins: its registers are added next.</summary>
    /// <param name="slot">The slot's footprint.</param>
    public void Begin(StatedFootprint slot)
    {
        Account of = Of(slot.Account);
        long leaf = slot.Index;
        of.IsCut = of.Cuts.GetViewBetween(Math.Min(of.Leaf + 1, leaf), leaf).Count > 0;
        of.InOrder = leaf > of.Leaf;
        of.Leaf = leaf;
        of.Slots++;
        of.From = slot.Carbon.From;
        of.To = slot.Carbon.To;
    }

    /// <summary>Adds what the slot counts of one register; nothing where both readings are the same, from which it counts on.</summary>
    /// <returns>What is wrong with it, in words; null when it goes on where the slot before ended.</returns>
    public string? Add(string account, string register, CountedStretch stretch)
    {
        Account of = Of(account);
        if (!of.Registers.TryGetValue(register, out Counted? counted))
        {
            of.Registers[register] = counted = new Counted();
        }

        string? wrong = counted.End is { } end ? Broken(account, of, register, counted.Slot, end, stretch.From) : null;
        counted.End = stretch.To;
        counted.Slot = of.Slots;
        if (counted.Runs.Count > 0 && !of.IsCut && counted.Runs[^1].GoesOn(stretch))
        {
            Run run = counted.Runs[^1];
            counted.Runs[^1] = run with
            {
                To = stretch.To,
                Begin = of.From < run.Begin ? of.From : run.Begin,
                End = of.To > run.End ? of.To : run.End,
            };
        }
        else
        {
            counted.Runs.Add(new Run(of.Leaf, stretch.From, stretch.To, of.From, of.To));
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
        IReadOnlyList<LeafRange> slots,
        IReadOnlyDictionary<string, List<CountedStretch>> stretches,
        bool all
    )
    {
        foreach ((string register, Counted counted) in Of(account).Registers)
        {
            IReadOnlyList<CountedStretch> anew = stretches.TryGetValue(register, out List<CountedStretch>? known) ? known : [];
            foreach (Run run in RunsOf(counted, slots))
            {
                if (LeftOut(run, anew) is { } missing)
                {
                    return $"it leaves out what its slots counted of {register} between leaf {missing.From} and leaf {missing.To}";
                }
            }
        }

        foreach ((string register, List<CountedStretch> counted) in all ? stretches : new Dictionary<string, List<CountedStretch>>())
        {
            Run[] runs = Of(account).Registers.TryGetValue(register, out Counted? known) ? [.. RunsOf(known, slots)] : [];
            foreach (CountedStretch stretch in counted)
            {
                if (Added(stretch, runs) is { } more)
                {
                    string worth = stretch.To.Worth is null ? "" : $" at {stretch.To.Worth}";
                    return $"it counts {register} between leaf {more.From} and leaf {more.To}{worth}, which none of its slots did";
                }
            }
        }

        return null;
    }

    /// <summary>When the first of some slots begins and the last ends; null where there are none.</summary>
    public CountedTime? TimeOf(string account, IReadOnlyList<LeafRange> slots)
    {
        Run[] runs = [.. Of(account).Registers.Values.SelectMany(r => RunsOf(r, slots))];
        return runs.Length == 0 ? null : new CountedTime(runs.Min(r => r.Begin), runs.Max(r => r.End));
    }

    // Of a register of the slot: what is wrong with where it begins.
    private string? Broken(string account, Account of, string register, long slot, ReadingMark end, ReadingMark from)
    {
        bool restarted = from.Leaf > end.Leaf && !end.GoesOnTo(from);
        if (!of.InOrder || from.Leaf == end.Leaf || restarted)
        {
            return null;
        }

        if (from.Leaf < end.Leaf)
        {
            return $"it counts {register} from leaf {from.Leaf} on, which the footprint before it counts up to leaf {end.Leaf}";
        }

        if (slot < of.Slots - 1)
        {
            NotAdded.Add(new NotAdded(account, register, end.Leaf, from.Leaf));
            return null;
        }

        return shown.Since <= end.Leaf
            ? $"it counts {register} from leaf {from.Leaf} on, and what was counted since leaf {end.Leaf} is in no footprint"
            : null;
    }

    // The first part of a run that no stretch covers.
    private static LeafRange? LeftOut(Run run, IReadOnlyList<CountedStretch> stretches)
    {
        long at = run.From.Leaf;
        foreach (CountedStretch stretch in stretches)
        {
            if (stretch.From.Leaf <= at && at < stretch.To.Leaf)
            {
                at = Math.Min(stretch.To.Leaf, run.To.Leaf);
            }
        }

        if (at >= run.To.Leaf)
        {
            return null;
        }

        long until = stretches.Select(t => t.From.Leaf).Where(f => f > at).Append(run.To.Leaf).Min();
        return new LeafRange(at, until);
    }

    // The first part of a stretch that no run covers at the same worth.
    private static LeafRange? Added(CountedStretch stretch, Run[] runs)
    {
        long at = stretch.From.Leaf;
        foreach (Run run in runs)
        {
            if (run.From.Leaf <= at && at < run.To.Leaf && run.To.Worth == stretch.To.Worth)
            {
                at = run.To.Leaf;
            }
        }

        return at < stretch.To.Leaf ? new LeafRange(at, stretch.To.Leaf) : null;
    }

    private static IEnumerable<Run> RunsOf(Counted counted, IReadOnlyList<LeafRange> slots) =>
        counted.Runs.Where(r => slots.Any(s => s.From <= r.Slot && r.Slot <= s.To));

    private Account Of(string account) => _accounts.TryGetValue(account, out Account? known) ? known : _accounts[account] = new Account();

    // The first slot of it says to which slots all of it belongs.
    private readonly record struct Run(long Slot, ReadingMark From, ReadingMark To, DateTimeOffset Begin, DateTimeOffset End)
    {
        public bool GoesOn(CountedStretch next) => To.Leaf == next.From.Leaf && To.Worth == next.To.Worth;
    }

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

/// <summary>From when to when something was counted.</summary>
internal readonly record struct CountedTime(DateTimeOffset From, DateTimeOffset To);
