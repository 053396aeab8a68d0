using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording;

/// <summary>The footprints of what people entered: one for each entry and account of its subject, replaced when its amount or a factor is corrected.</summary>
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
    public void Write(OpenTick tick, Leaf entered, LeafRecord amount, long leaf)
    {
        long entry = entered.Head.Index;
        IReadOnlyList<long> from = leaf == entry ? [entry] : [entry, leaf];
        string? subject = entered.Records.First(r => r.Name == "subject").Text;
        HashSet<string> written = [];
        foreach (EntryAccount account in accounts.Where(a => a.Subject == subject))
        {
            string fact = FactNames.Footprint(entry, account.Name);
            long? replaces = tick.FactBefore(fact) is { } before ? LeafFact.Parse(before) : null;
            Write(tick, fact, account.RecordsOf(entered.Records, amount, replaces), from, factors[account.Set]);
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

            if (Settlement.IsCorrected(last, account.Method))
            {
                IReadOnlyList<long> from = last.Head.ComputedFrom;
                LeafRecord amount = tick.LeafAt(from[^1])!.Records.First(r => r.Name == "amount");
                Write(tick, fact, account.RecordsOf(tick.LeafAt(from[0])!.Records, amount, last.Head.Index), from, factors[account.Set]);
            }
        }
    }

    // Of an account that the site has no more: as it was computed then.
    private static void Correct(OpenTick tick, string fact, Leaf footprint, LeafRecord amount, IReadOnlyList<long> from)
    {
        string account = footprint.Records[0].Name;
        try
        {
            Quantity quantity = MeteredAmount.FromRecord(amount.Number!.Value.Mantissa, amount.Number.Value.Exponent, amount.Unit!);
            LeafRecord[] records =
            [
                FootprintLeaf.AmountOf(account, Settlement.MethodOf(footprint).Micrograms(quantity)),
                .. footprint.Records.Skip(1).Where(r => r.Name != "replaces"),
                LeafRecord.Of("replaces", footprint.Head.Index),
            ];
            Write(tick, fact, records, from, footprint.Head.Factors);
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException($"The account {account} has a footprint of it, which this amount does not fit: {e.Message}", e);
        }
    }

    private static void Write(OpenTick tick, string fact, IReadOnlyList<LeafRecord> records, IReadOnlyList<long> from, long? set)
    {
        long leaf = tick.Write(LeafType.Carbon, records, head => head with { ComputedFrom = from, Factors = set });
        tick.Remember(fact, LeafFact.Text(leaf));
    }
}
