using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary>A register in a reading of the log.</summary>
/// <param name="Leaf">Index of the reading's leaf.</param>
/// <param name="Time">That leaf's time.</param>
/// <param name="Register">Its count there; null where that leaf was not given.</param>
internal readonly record struct ReadingMark(long Leaf, DateTimeOffset Time, LeafRecord? Register)
{
    /// <summary>Whether what a later reading has more was counted since this one: not where the register has begun again.</summary>
    public bool GoesOnTo(ReadingMark later) =>
        Register?.Number is not { } from || later.Register?.Number is not { } to || (Register.Unit == later.Register.Unit && from.Exponent == to.Exponent && from.Mantissa <= to.Mantissa);
}

/// <summary>A stretch of a register that an account did not add up, because its meters were others then.</summary>
/// <param name="Account">The account.</param>
/// <param name="Register">The register.</param>
/// <param name="From">Index of the reading where it stopped.</param>
/// <param name="To">Index of the reading where it went on.</param>
internal sealed record NotAdded(string Account, string Register, long From, long To);

/// <summary>
/// Between which readings the footprints of slots count each register of an account: each goes on where the one before ended, so that nothing is left out
/// or counted twice; and a leaf that accounts a whole period anew, in the place of its slots, counts all that they did.
/// </summary>
/// <remarks>
/// <code>
///   slots of a register    12 ──►──►──► 400   401 ──►──►──►──►──►──► 2990     two runs: it began again in leaf 401
///   a leaf for all         12 ────────► 400   401 ────────────────► 2990     nothing left out
///   a leaf for all         12 ────────► 400              1500 ────► 2990     401 to 1500 left out
/// </code>
/// The registers of one tick stand in several leaves of the same time: between those nothing was counted.
/// </remarks>
/// <param name="shown">The leaves that were given: where some are not, a slot may be among them.</param>
internal sealed class CountedSlots(ShownLeaves shown)
{
    private readonly Dictionary<string, Account> _accounts = [];

    /// <summary>What accounts did not add up.</summary>
    public List<NotAdded> NotAdded { get; } = [];

    /// <summary>A slot of an account begins: its registers are added next.</summary>
    /// <param name="account">The account.</param>
    /// <param name="leaf">Index of the slot's carbon leaf.</param>
    public void Begin(string account, long leaf)
    {
        Account of = Of(account);
        (of.InOrder, of.Leaf, of.Slots) = (leaf > of.Leaf, leaf, of.Slots + 1);
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
        if (counted.Runs.Count > 0 && counted.Runs[^1].To.Leaf == from.Leaf)
        {
            counted.Runs[^1] = (counted.Runs[^1].From, to);
        }
        else
        {
            counted.Runs.Add((from, to));
        }

        return wrong;
    }

    /// <summary>What slots of an account counted and a leaf for the whole time does not, in words; null when it has all.</summary>
    /// <param name="account">The account.</param>
    /// <param name="stretches">Of the leaf: each register with the readings between which it counts it, ascending.</param>
    public string? LeftOut(string account, IReadOnlyDictionary<string, List<(ReadingMark From, ReadingMark To)>> stretches)
    {
        ReadingMark begin = stretches.Values.Select(s => s[0].From).MinBy(m => m.Leaf), end = stretches.Values.Select(s => s[^1].To).MaxBy(m => m.Leaf);
        foreach ((string register, Counted counted) in Of(account).Registers)
        {
            ReadingMark from = begin;
            foreach ((ReadingMark next, ReadingMark to) in (stretches.GetValueOrDefault(register) ?? []).Append((end, end)))
            {
                foreach ((ReadingMark first, ReadingMark last) in counted.Runs)
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

    /// <summary>What a leaf for the whole time counts and no slot of its account did, in words; null when there is nothing, or slots may not have been given.</summary>
    /// <param name="account">The account.</param>
    /// <param name="stretches">Of the leaf that was shown last: each register with the readings between which it counts it, ascending.</param>
    public string? Invented(string account, IReadOnlyDictionary<string, List<(ReadingMark From, ReadingMark To)>> stretches)
    {
        foreach ((string register, (ReadingMark from, ReadingMark to)) in stretches.SelectMany(s => s.Value.Select(t => (s.Key, t))).Where(s => shown.Since <= s.t.From.Leaf))
        {
            long counted = from.Leaf;
            foreach ((ReadingMark first, ReadingMark last) in Of(account).Registers.GetValueOrDefault(register)?.Runs ?? [])
            {
                counted = first.Leaf <= counted && counted < last.Leaf ? last.Leaf : counted;
            }

            if (counted < to.Leaf)
            {
                return $"it counts {register} between leaf {counted} and leaf {to.Leaf}, which no slot of it counted";
            }
        }

        return null;
    }

    private Account Of(string account) => _accounts.TryGetValue(account, out Account? known) ? known : _accounts[account] = new Account();

    private sealed class Account
    {
        public Dictionary<string, Counted> Registers { get; } = [];

        public long Leaf { get; set; } = -1;

        public bool InOrder { get; set; }

        public long Slots { get; set; }
    }

    private sealed class Counted
    {
        public List<(ReadingMark From, ReadingMark To)> Runs { get; } = [];

        public ReadingMark? End { get; set; }

        public long Slot { get; set; }
    }
}
