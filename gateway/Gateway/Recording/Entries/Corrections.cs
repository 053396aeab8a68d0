using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording.Entries;

/// <summary>
/// What was entered wrongly, and what is right: leaves of the type correction, and what follows from the amount that holds then.
/// </summary>
/// <param name="footprints">The footprints of entries.</param>
/// <param name="settlement">Accounts anew.</param>
internal sealed class Corrections(EntryFootprints footprints, Settlement settlement) : IEntryTaker
{
    /// <inheritdoc/>
    public string Type => LeafType.Correction;

    /// <inheritdoc/>
    public long Enter(Entry entry, OpenTick tick)
    {
        CorrectionLeaf correction = entry.Correction!;
        long wrong = correction.Supersedes;
        RequireEntered(tick, wrong);

        // A correction is of an entry, or of a correction of it.
        long first = tick.FactBefore(FactNames.EntryOf(wrong)) is { } fact ? LeafFact.Parse(fact) : wrong;
        Leaf entered = tick.LeafAt(first)!;
        LeafAmount? amount = correction.Amount;
        if (amount is { } right)
        {
            EnteredOnce.Correct(tick, entered, right);
        }

        long leaf = tick.Write(Type, entry.Records, head => head with { Group = entry.Group });
        tick.Remember(FactNames.Superseded(wrong), LeafFact.Text(leaf));
        tick.Remember(FactNames.EntryOf(leaf), LeafFact.Text(first));
        if (entered.Head.Type == LeafType.Instrument)
        {
            settlement.Claim(tick, first);
        }
        else if (amount is { } manual)
        {
            EnteredProduction.Note(tick, entered, manual, corrected: true, inOrder: false);
            footprints.Write(tick, entered, manual, leaf);
        }

        return leaf;
    }

    private static void RequireEntered(OpenTick tick, long wrong)
    {
        if (tick.FactBefore(FactNames.Superseded(wrong)) is { } by)
        {
            throw new InvalidDataException($"Leaf {wrong} is superseded already, by leaf {by}. If that is wrong too, correct leaf {by}.");
        }

        Leaf leaf = tick.LeafAt(wrong) ?? throw new InvalidDataException($"There is no leaf {wrong} in this log; it has {tick.First}.");
        if (leaf.Head.Type is not (LeafType.Manual or LeafType.Instrument or LeafType.Correction))
        {
            throw new InvalidDataException(
                $"Leaf {wrong} is of type {leaf.Head.Type}, which nobody entered. Corrected are entries, and corrections of them."
            );
        }
    }
}
