using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>
/// Footprints of what people enter. An entry has one footprint in an account; a correction of its amount gives another one, which replaces
/// that and nothing else.
/// </summary>
/// <param name="corrections">Of entries.</param>
internal sealed class EntryFootprints(Corrections corrections)
{
    private readonly HashSet<long> _replaced = [];
    private readonly Dictionary<long, FootprintOf> _replacedOf = []; // what those that others replace are of
    private readonly Dictionary<FootprintOf, long> _newest = []; // of entries only

    /// <summary>The first look at a footprint.</summary>
    public void Plan(CarbonLeaf carbon)
    {
        if (carbon.Replaces is { } replaced)
        {
            _replaced.Add(replaced);
        }
    }

    /// <summary>Refuses a footprint that replaces what it must not, or does not replace what it must.</summary>
    /// <param name="footprint">The footprint.</param>
    /// <param name="first">The first leaf that it rests on.</param>
    /// <exception cref="EvidenceException">It does.</exception>
    public void RequireReplaced(StatedFootprint footprint, Source first)
    {
        FootprintOf own = new(footprint.Account, first.Manual is null ? null : first.Index);
        if (_replaced.Contains(footprint.Index))
        {
            _replacedOf[footprint.Index] = own;
        }

        long? replaces = footprint.Carbon.Replaces;
        if (replaces is { } other && !footprint.IsRestated)
        {
            bool ofAnother = _replacedOf.TryGetValue(other, out FootprintOf of) && of != own;
            if (own.Entry is null || other >= footprint.Index || ofAnother)
            {
                throw new EvidenceException(
                    $"it replaces leaf {other}, which is no earlier footprint of the same entry in the same account"
                );
            }
        }

        if (own.Entry is null)
        {
            return;
        }

        if (_newest.TryGetValue(own, out long before) && before < footprint.Index && replaces != before)
        {
            throw new EvidenceException(
                $"leaf {before} is the footprint of leaf {own.Entry} in that account, and it does not replace that"
            );
        }

        _newest[own] = footprint.Index;
    }

    /// <summary>What an entry is of: its own amount, or that of the last correction before the footprint.</summary>
    /// <param name="footprint">The footprint.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="sources">What the footprint rests on: the entry, and that correction.</param>
    /// <exception cref="EvidenceException">It rests on others, or is of another time.</exception>
    public Quantity AmountOf(StatedFootprint footprint, ManualLeaf entry, Source[] sources)
    {
        long first = sources[0].Index;
        RequireTime("from", footprint.Carbon.From, entry.Entered.From);
        RequireTime("to", footprint.Carbon.To, entry.Entered.To);
        long last = corrections.ChainOf(first, footprint.Index).Where(c => c.OfAmount).Select(c => c.Leaf).LastOrDefault(first);
        if (sources[^1].Index != last || sources.Length != (last == first ? 1 : 2))
        {
            throw new EvidenceException(
                "it names more or less than its entry and the last correction of the amount before it: "
                    + (last == first ? "there is none" : $"that is leaf {last}")
            );
        }

        return Corrections.AmountOf(last, last == first ? entry.Entered.Amount : sources[^1].Correction?.Amount);

        void RequireTime(string name, DateTimeOffset stated, DateTimeOffset entered)
        {
            if (stated != entered)
            {
                throw new EvidenceException($"its '{name}' is not that of the entry, leaf {first}");
            }
        }
    }

    /// <summary>All footprints have been seen: those whose entry was corrected later, and which no other takes the place of.</summary>
    public IEnumerable<Difference> NotReplaced()
    {
        foreach ((FootprintOf of, long footprint) in _newest)
        {
            if (NotReplaced(of.Entry!.Value, footprint) is { } wrong)
            {
                yield return new Difference(footprint, of.Account, wrong);
            }
        }
    }

    private string? NotReplaced(long entry, long footprint)
    {
        try
        {
            CorrectionMark last = corrections.ChainOf(entry, long.MaxValue).LastOrDefault(c => c.OfAmount);
            return last.OfAmount && last.Leaf > footprint
                ? $"leaf {last.Leaf} corrects the amount of leaf {entry}, and no footprint takes its place"
                : null;
        }
        catch (EvidenceException e)
        {
            return e.Message;
        }
    }

    // What a footprint is of. No entry: of readings.
    private readonly record struct FootprintOf(string Account, long? Entry);
}
