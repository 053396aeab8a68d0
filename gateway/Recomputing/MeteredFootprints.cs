using EdgeGateway.Carbon;
using EdgeGateway.Evidence;

namespace EdgeGateway.Recomputing;

/// <summary>What the footprints of slots count, from the readings that they name.</summary>
/// <param name="counts">Of registers.</param>
/// <param name="slots">Is told what each slot counts.</param>
internal sealed class MeteredFootprints(RegisterCounts counts, CountedSlots slots)
{
    /// <summary>What a slot's meters counted together.</summary>
    /// <exception cref="EvidenceException">The footprint does not follow from its readings, or not on the slot before.</exception>
    public Quantity AmountOf(StatedFootprint slot, Source[] readings)
    {
        IReadOnlyList<string> meters = slot.Carbon.Meters ?? throw new EvidenceException($"leaf {slot.Index} has no record 'meters'");
        if (meters.Distinct().Count() < meters.Count)
        {
            throw new EvidenceException("it adds up a meter twice");
        }

        Quantity? amount = null;
        string? wrong = null;
        DateTimeOffset from = slot.Head.Time; // where the clock was set back, its readings are of later
        slots.Begin(slot);
        foreach (string meter in meters)
        {
            Counted counted = Count(slot, meter, readings);
            wrong = counted.Wrong ?? wrong;
            from = counted.From < from ? counted.From.Value : from;
            if (counted.Amount is { } more)
            {
                amount = amount is null ? more : amount + more;
            }
        }

        if (amount is null)
        {
            throw new EvidenceException("none of its meters is in two of its readings");
        }

        RequireTime("from", slot.Carbon.From, from);
        RequireTime("to", slot.Carbon.To, slot.Head.Time);
        return wrong is null ? amount : throw new EvidenceException(wrong);
    }

    private Counted Count(StatedFootprint slot, string meter, Source[] readings)
    {
        Source[] with = [.. readings.Where(r => r.RegisterOf(meter) is not null)];
        long? basedOn = slot.Carbon.BaseOf(meter);
        Source? first = basedOn is null ? with.FirstOrDefault() : Array.Find(with, r => r.Index == basedOn);
        if (first is not null && with[^1] != first)
        {
            Source last = with[^1];
            string? late = last.Time == slot.Head.Time ? null : $"it counts {meter} up to leaf {last.Index}, which is not of its time";
            Quantity amount = counts.Between(meter, first, last);
            string? broken = slots.Add(slot.Account, meter, new CountedStretch(counts.Mark(first, meter), counts.Mark(last, meter)));
            return new Counted(amount, first.Time, broken ?? late);
        }

        if (basedOn is not { } begins)
        {
            return new Counted(null, null, $"it counts nothing of {meter}, and does not say that it begins with it");
        }

        if (first is null)
        {
            return new Counted(null, null, $"it begins with leaf {begins} of {meter}, on which it does not rest");
        }

        // A meter that is new in the account: what it counts from there on belongs to the next footprint.
        ReadingMark mark = counts.Mark(first, meter);
        return new Counted(null, null, slots.Add(slot.Account, meter, new CountedStretch(mark, mark)));
    }

    private static void RequireTime(string name, DateTimeOffset stated, DateTimeOffset time)
    {
        if (stated != time)
        {
            throw new EvidenceException($"its '{name}' is not the time of its readings, {time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}");
        }
    }

    // What a slot counts of one register, since when, and what is wrong with it.
    private readonly record struct Counted(Quantity? Amount, DateTimeOffset? From, string? Wrong);
}
