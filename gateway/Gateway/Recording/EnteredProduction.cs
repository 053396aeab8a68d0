using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording;

/// <summary>
/// What machines report of a product, and people enter of it too: it counts for each time once. Reports follow each other, so for them one
/// comparison with the end of all that is recorded is enough; only what people enter is compared with every entry.
/// </summary>
internal static class EnteredProduction
{
    /// <summary>Remembers what an entry of production says, or a correction of its amount.</summary>
    /// <param name="tick">The tick that writes it.</param>
    /// <param name="first">The entry's own leaf.</param>
    /// <param name="amount">The amount that holds now.</param>
    /// <param name="corrected">It is stated by a correction.</param>
    /// <param name="inOrder">A machine reported it.</param>
    /// <exception cref="InvalidDataException">What was made in that time is recorded already.</exception>
    public static void Note(OpenTick tick, Leaf first, LeafAmount amount, bool corrected, bool inOrder)
    {
        var manual = ManualLeaf.Of(first);
        if (manual.Kind != "production")
        {
            return;
        }

        ProductionFact made = new(manual.Entered.From, manual.Entered.To, manual.Subject);
        string fact = FactNames.Production(first.Head.Index);
        bool counts = !corrected || amount.Number.Mantissa != 0;
        bool counted = ProductionFact.Parse(tick.FactBefore(fact)) is not null;
        tick.Remember(fact, counts ? made.ToString() : ProductionFact.Withdrawn);
        ReportedFact? reported = ReportedFact.Parse(tick.FactBefore(FactNames.ReportedTo(made.Product)));
        if (counts != counted && (inOrder || reported is not null))
        {
            MoveEnd(tick, made, first.Head.Index, counts, inOrder, reported);
        }
    }

    private static void MoveEnd(OpenTick tick, ProductionFact made, long leaf, bool counts, bool inOrder, ReportedFact? reported)
    {
        ReportedFact end = reported ?? NewestOf(tick, made.Product, except: null);
        if (!counts)
        {
            ReportedFact before = NewestOf(tick, made.Product, except: leaf);
            tick.Remember(FactNames.ReportedTo(made.Product), before.ToString());
        }
        else if (made.From < end.End && inOrder)
        {
            throw new InvalidDataException(
                $"It begins at {made.From:u}, and what was made of {made.Product} is recorded up to {end.End:u} already, in "
                    + $"leaf {end.Leaf}. "
                    + "Reports follow each other; if that one is wrong, correct it to 0 with edgectl enter correction."
            );
        }
        else if (made.From < end.End && OverlappingLeaf(tick, made) is { } other)
        {
            throw new InvalidDataException(
                $"It is of {made.From:u} to {made.To:u}, and leaf {other} tells what was made of {made.Product} in some of that "
                    + "time already. "
                    + "If that leaf is wrong, correct it to 0 with edgectl enter correction."
            );
        }
        else if (made.To >= end.End)
        {
            tick.Remember(FactNames.ReportedTo(made.Product), new ReportedFact(made.To, leaf).ToString());
        }
    }

    private static ReportedFact NewestOf(OpenTick tick, string product, long? except)
    {
        ReportedFact newest = new(DateTimeOffset.UnixEpoch, 0);
        foreach ((long leaf, ProductionFact made) in ProductionOf(tick, product).Where(p => p.Key != except))
        {
            newest = made.To > newest.End ? new ReportedFact(made.To, leaf) : newest;
        }

        return newest;
    }

    private static long? OverlappingLeaf(OpenTick tick, ProductionFact made)
    {
        foreach ((long leaf, ProductionFact other) in ProductionOf(tick, made.Product))
        {
            if (other.From < made.To && made.From < other.To)
            {
                return leaf;
            }
        }

        return null;
    }

    private static IEnumerable<KeyValuePair<long, ProductionFact>> ProductionOf(OpenTick tick, string product)
    {
        foreach ((string name, string value) in tick.FactsBefore(FactNames.AllProduction))
        {
            if (ProductionFact.Parse(value) is { } made && made.Product == product)
            {
                yield return KeyValuePair.Create(LeafFact.InName(name), made);
            }
        }
    }
}
