using System.Globalization;
using System.Numerics;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>The footprint of an account over its leaves.</summary>
/// <param name="Stated">Leaves that state an amount.</param>
/// <param name="NotStated">Leaves that state why there is none.</param>
/// <param name="Micrograms">Sum of the amounts, CO₂, without those that another leaf takes the place of.</param>
/// <param name="Replaced">Leaves that another one takes the place of, because what they rest on was corrected or settled.</param>
public sealed record AccountSum(long Stated, long NotStated, BigInteger Micrograms, long Replaced)
{
    /// <summary>The sum in kilograms with all its nine decimals.</summary>
    public string Kilograms
    {
        get
        {
            const int Decimals = 9;
            string digits = BigInteger.Abs(Micrograms).ToString(CultureInfo.InvariantCulture).PadLeft(Decimals + 1, '0');
            return $"{(Micrograms.Sign < 0 ? "-" : "")}{digits[..^Decimals]}.{digits[^Decimals..]}";
        }
    }
}

/// <summary>Adds up the footprints of each account, each time once: those that another one takes the place of do not count.</summary>
internal sealed class AccountSums
{
    private readonly Dictionary<string, Footprints> _footprints = [];

    /// <summary>By account.</summary>
    public SortedDictionary<string, AccountSum> All { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a carbon leaf. Leaves may come in any order: what takes the place of another may come before it.</summary>
    public void Add(Leaf leaf)
    {
        var carbon = CarbonLeaf.Of(leaf);
        if (!_footprints.TryGetValue(carbon.Account, out Footprints? all))
        {
            _footprints[carbon.Account] = all = new Footprints();
        }

        AccountSum sum = All.GetValueOrDefault(carbon.Account) ?? new AccountSum(0, 0, 0, 0);
        if (carbon.Replaces is { } replaced)
        {
            all.Replaced.Add(replaced);
            sum = all.Without(new LeafRange(replaced, replaced), slotsOnly: false, sum);
        }

        foreach (LeafRange slots in carbon.SlotRanges ?? [])
        {
            all.Taken.Add(slots);
            sum = all.Without(slots, slotsOnly: true, sum);
        }

        Footprint footprint = new(leaf.Head.Index, carbon.Meters is not null, carbon.Micrograms);
        All[carbon.Account] = all.With(footprint, sum);
    }

    // Of a leaf. No amount: it states none.
    private readonly record struct Footprint(long Leaf, bool IsSlot, long? Micrograms) : IComparable<Footprint>
    {
        public int CompareTo(Footprint other) => Leaf.CompareTo(other.Leaf);
    }

    // Of an account.
    private sealed class Footprints
    {
        private readonly SortedSet<Footprint> _counting = [];

        public HashSet<long> Replaced { get; } = [];

        // What leaves that account slots anew take the place of.
        public List<LeafRange> Taken { get; } = [];

        public AccountSum With(Footprint footprint, AccountSum sum)
        {
            bool taken = footprint.IsSlot && Taken.Exists(r => r.From <= footprint.Leaf && footprint.Leaf <= r.To);
            if (taken || Replaced.Contains(footprint.Leaf))
            {
                return sum with { Replaced = sum.Replaced + 1 };
            }

            _counting.Add(footprint);
            return footprint.Micrograms is { } micrograms
                ? sum with
                {
                    Stated = sum.Stated + 1,
                    Micrograms = sum.Micrograms + micrograms,
                }
                : sum with
                {
                    NotStated = sum.NotStated + 1,
                };
        }

        public AccountSum Without(LeafRange leaves, bool slotsOnly, AccountSum sum)
        {
            if (leaves.From > leaves.To)
            {
                return sum;
            }

            SortedSet<Footprint> among = _counting.GetViewBetween(
                new Footprint(leaves.From, false, null),
                new Footprint(leaves.To, false, null)
            );
            foreach (Footprint footprint in among.Where(f => f.IsSlot || !slotsOnly).ToArray())
            {
                _counting.Remove(footprint);
                sum = footprint.Micrograms is { } micrograms
                    ? sum with
                    {
                        Stated = sum.Stated - 1,
                        Micrograms = sum.Micrograms - micrograms,
                        Replaced = sum.Replaced + 1,
                    }
                    : sum with
                    {
                        NotStated = sum.NotStated - 1,
                        Replaced = sum.Replaced + 1,
                    };
            }

            return sum;
        }
    }
}
