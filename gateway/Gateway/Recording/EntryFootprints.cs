using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording;

/// <summary>
/// The footprints of what people entered: one for each entry and account of its subject, replaced when its amount or a factor is corrected.
/// </summary>
/// <param name="accounts">The accounts of entries.</param>
/// <param name="factors">The factor sets in force.</param>
internal sealed class EntryFootprints(IReadOnlyList<EntryAccount> accounts, FactorLeaves factors)
{
    /// <summary>Writes the footprints that follow from an entry, or from a correction of its amount.</summary>
    /// <param name="tick">The tick that writes it.</param>
    /// <param name="entered">The entry's own leaf.</param>
    /// <param name="amount">The amount that holds now.</param>
    /// <param name="leaf">The leaf that states it: the entry's, or that of the correction.</param>
    /// <exception cref="InvalidDataException">The amount does not fit an account.</exception>
    public void Write(OpenTick tick, Leaf entered, LeafAmount amount, long leaf)
    {
        var manual = ManualLeaf.Of(entered);
        long entry = entered.Head.Index;
        IReadOnlyList<long> from = leaf == entry ? [entry] : [entry, leaf];
        HashSet<string> written = [];
        foreach (EntryAccount account in accounts.Where(a => a.Subject == manual.Subject))
        {
            string fact = FactNames.Footprint(entry, account.Name);
            long? replaces = tick.FactBefore(fact) is { } before ? LeafFact.Parse(before) : null;
            Write(tick, fact, account.FootprintOf(manual, amount, replaces), from, factors[account.Set]);
            written.Add(fact);
        }

        foreach ((string fact, string footprint) in tick.FactsBefore(FactNames.FootprintsOf(entry)).Where(f => !written.Contains(f.Name)))
        {
            Correct(tick, fact, tick.LeafAt(LeafFact.Parse(footprint))!, amount, from);
        }
    }

    /// <summary>Accounts anew what was computed with factors that have been corrected since; what was recorded stays.</summary>
    /// <param name="sets">Names of the sets that are new.</param>
    /// <param name="tick">The tick that writes it.</param>
    public void RestateCorrected(IReadOnlyCollection<string> sets, OpenTick tick)
    {
        foreach ((string fact, string footprint) in tick.FactsBefore(FactNames.AllFootprints))
        {
            EntryAccount? account = accounts.FirstOrDefault(a => a.Name == FootprintName.Parse(fact).Account);
            if (account is null || !sets.Contains(account.Set.Name) || tick.LeafAt(LeafFact.Parse(footprint)) is not { } last)
            {
                continue;
            }

            if (!Settlement.IsCorrected(CarbonLeaf.Of(last), account.Method))
            {
                continue;
            }

            IReadOnlyList<long> from = last.Head.ComputedFrom;
            var manual = ManualLeaf.Of(tick.LeafAt(from[0])!);
            LeafAmount amount = from.Count == 1 ? manual.Entered.Amount : CorrectionLeaf.Of(tick.LeafAt(from[^1])!).Amount!.Value;
            Write(tick, fact, account.FootprintOf(manual, amount, last.Head.Index), from, factors[account.Set]);
        }
    }

    // Of an account that the site has no more: as it was computed then.
    private static void Correct(OpenTick tick, string fact, Leaf footprint, LeafAmount amount, IReadOnlyList<long> from)
    {
        var before = CarbonLeaf.Of(footprint);
        try
        {
            long micrograms = Footprints.MethodOf(before).Micrograms(Footprints.QuantityOf(amount));
            CarbonLeaf after = before with { Micrograms = micrograms, NoAmount = null, Replaces = footprint.Head.Index };
            Write(tick, fact, after, from, footprint.Head.Factors);
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException(
                $"The account {before.Account} has a footprint of it, which this amount does not fit: {e.Message}",
                e
            );
        }
    }

    private static void Write(OpenTick tick, string fact, CarbonLeaf footprint, IReadOnlyList<long> from, long? set)
    {
        long leaf = tick.Write(LeafType.Carbon, footprint.Records(), head => head with { ComputedFrom = from, Factors = set });
        tick.Remember(fact, LeafFact.Text(leaf));
    }
}
