using EdgeGateway.Accounting;
using EdgeGateway.Entering;
using EdgeGateway.Readings;

namespace EdgeGateway.Recording;

/// <content>
/// What was made, by month of the site's calendar: between which readings each product's register was counted, slot by slot as the energy
/// of an account is. No leaf is written: the readings are there.
/// </content>
public sealed partial class Recorder
{
    private readonly IReadOnlyList<ProductCount> _products;

    private void CountProducts(
        DateTimeOffset at,
        IReadOnlyDictionary<string, (RecordedRegister? Register, string? Missing)> now,
        IReadOnlyList<(string Meter, Gap Gap, long Leaf)> gaps,
        Dictionary<string, string> facts,
        List<long> begun
    )
    {
        bool slotEnds = at.ToUnixTimeMilliseconds() % (long)_rhythm.CarbonSlot.TotalMilliseconds == 0;
        foreach (ProductCount product in _products)
        {
            foreach ((_, Gap gap, long leaf) in gaps.Where(g => g.Meter == product.Meter.Name))
            {
                NoteUncounted(product, gap, leaf, facts);
            }

            if (now.GetValueOrDefault(product.Meter.Name).Register is not { } register)
            {
                continue;
            }

            if (product.Base is { } from && CarbonAccount.GoesOn(from, register))
            {
                if (slotEnds)
                {
                    NoteMade(
                        product,
                        MonthOf(at.AddMilliseconds(-1)),
                        new AccountSlot([], from.Time, 0, [(product.Register, from.Leaf, register.Leaf)]),
                        at,
                        null,
                        facts
                    );
                    product.Base = register;
                }

                continue;
            }

            // The end of a stretch of nothing is where the next slot goes on. A register that begins again has lost what it counted since.
            bool again = product.Base is not null;
            NoteMade(
                product,
                MonthOf(at),
                new AccountSlot([], at, again ? null : 0, [(product.Register, register.Leaf, register.Leaf)]),
                at,
                again ? register.Leaf : null,
                facts
            );
            begun.Add(register.Leaf);
            product.Base = register;
        }
    }

    // In each month that the gap touches, once counting has begun.
    private void NoteUncounted(ProductCount product, Gap gap, long leaf, Dictionary<string, string> facts)
    {
        if (!SpansOf(product).Any())
        {
            return;
        }

        foreach (string month in new[] { MonthOf(gap.From), MonthOf(gap.To) }.Distinct())
        {
            AccountSpan? span = FactOf(facts, product.Fact(month)) is { } fact ? AccountSpan.Parse(fact) : null;
            NoteMade(product, month, new AccountSlot([], span?.From ?? gap.To, null, []), span?.To ?? gap.To, leaf, facts);
        }
    }

    private void NoteMade(
        ProductCount product,
        string month,
        AccountSlot slot,
        DateTimeOffset end,
        long? uncounted,
        Dictionary<string, string> facts
    )
    {
        AccountSpan? span = FactOf(facts, product.Fact(month)) is { } fact ? AccountSpan.Parse(fact) : null;
        facts[product.Fact(month)] = AccountSpan.With(span, slot, end, uncounted ?? span?.Leaf ?? 0).ToString();
    }

    // Where its newest stretch ends, unless an impulse was worth something else there.
    private void RestoreProducts()
    {
        foreach (ProductCount product in _products)
        {
            product.Base = null;
            if (
                SpansOf(product)
                    .SelectMany(s => s.Registers)
                    .Select(r => (KeyValuePair<string, (long From, long To)[]>?)r)
                    .MaxBy(r => r!.Value.Value[^1].To)
                    is { } register
                && register.Key == product.Register
                && LeafAt(register.Value[^1].To) is { Head.Config: { } config } leaf
                && LeafAt(config)?.Records.FirstOrDefault(r => r.Name == $"{product.Meter.Name}/constant")?.Text
                    == $"{product.Meter.ImpulsesPerUnit} imp/{product.Meter.Unit}"
            )
            {
                product.Base = new RecordedRegister(
                    leaf.Head.Index,
                    leaf.Head.Time,
                    GroupLeaf.RegistersOf(leaf).First(r => r.Meter == product.Meter.Name && r.Register.Obis == product.Meter.Obis).Register
                );
            }
        }
    }

    // Of all months, ascending. A product may be named as another one with more behind it.
    private IEnumerable<AccountSpan> SpansOf(ProductCount product) =>
        _ledger
            .Facts(product.Fact(""))
            .Where(f => ProductCount.In(f.Name).Product == product.Product)
            .Select(f => AccountSpan.Parse(f.Value));

    // By hand too it would be counted twice.
    private void RefuseCounted(Entry entry)
    {
        string? subject = entry.Records.FirstOrDefault(r => r.Name == "subject")?.Text;
        if (
            entry.Records.Any(r => r is { Name: "kind", Text: "production" })
            && _products.FirstOrDefault(p => p.Product.Equals(subject, StringComparison.OrdinalIgnoreCase)) is { } product
        )
        {
            throw new InvalidDataException(
                $"{product.Product} is counted by the meter {product.Meter.Name}, and what is entered too would count twice. "
                    + "Enter only what no meter counts, under another subject."
            );
        }
    }

    private string MonthOf(DateTimeOffset at) => CalendarPeriod.Of(AccountPeriod.Month, at, _rhythm.Zone).Name;
}
