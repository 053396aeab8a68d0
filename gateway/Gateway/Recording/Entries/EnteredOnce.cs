using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording.Entries;

/// <summary>That nothing is entered twice.</summary>
internal static class EnteredOnce
{
    /// <summary>Remembers an entry, whose leaf is written next.</summary>
    /// <returns>The leaf that it has already: a report that came again because the power failed before it was acknowledged. Null: it is
    /// new.</returns>
    /// <exception cref="InvalidDataException">Somebody has entered it already.</exception>
    public static long? Claim(OpenTick tick, Entry entry)
    {
        string fact = FactNames.Entered(entry.Type, entry.Identity!);
        if (EnteredFact.Parse(tick.FactBefore(fact)) is not { } known)
        {
            tick.Remember(fact, new EnteredFact(tick.NextIndex, entry.InOrder is not null).ToString());
            return null;
        }

        if (entry.InOrder is not null)
        {
            return known.Leaf;
        }

        string advice =
            entry.Type == LeafType.Instrument
                ? "An instrument is claimed once; if that leaf is wrong, correct it."
                : "If it happened twice, name its document.";
        throw new InvalidDataException($"It is entered already, as leaf {known.Leaf}. {advice}");
    }

    /// <summary>
    /// Remembers that an entry's amount was corrected. What is for nothing any more is free: an instrument with a wrong period can be
    /// entered anew.
    /// </summary>
    /// <param name="tick">The tick that writes it.</param>
    /// <param name="first">The entry's own leaf.</param>
    /// <param name="amount">The amount that holds now.</param>
    /// <exception cref="InvalidDataException">It was entered anew in the meantime.</exception>
    public static void Correct(OpenTick tick, Leaf first, LeafAmount amount)
    {
        string fact = FactNames.Entered(first.Head.Type, Entry.IdentityOf(first));
        EnteredFact? known = EnteredFact.Parse(tick.FactBefore(fact));
        if (known is { } claimed && claimed.Leaf != first.Head.Index)
        {
            throw new InvalidDataException($"Leaf {first.Head.Index} was entered anew, as leaf {claimed.Leaf}. Correct that one.");
        }

        if (known is { Reported: true })
        {
            return; // a machine may give its report again, whatever was corrected of it
        }

        tick.Remember(
            fact,
            amount.Number.Mantissa == 0 ? EnteredFact.Withdrawn : new EnteredFact(first.Head.Index, Reported: false).ToString()
        );
    }
}
