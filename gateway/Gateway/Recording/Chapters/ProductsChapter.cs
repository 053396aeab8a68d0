using EdgeGateway.Accounting;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording.Chapters;

/// <summary>
/// What was made, by month of the site's calendar: between which readings each product's register was counted, slot by slot as the energy
/// of an account is. No leaf is written: the readings are there.
/// </summary>
/// <param name="products">The products that are counted.</param>
/// <param name="zone">In which months begin.</param>
internal sealed class ProductsChapter(IReadOnlyList<ProductCount> products, TimeZoneInfo zone) : IChapter
{
    /// <inheritdoc/>
    public void Start(OpenTick tick, ProcessStart start) => NoteGaps(tick);

    /// <inheritdoc/>
    public void Restore(OpenTick tick)
    {
        foreach (ProductCount product in products)
        {
            product.Base = NewestIn(tick, product);
        }
    }

    /// <inheritdoc/>
    public void Write(OpenTick tick)
    {
        NoteGaps(tick);
        foreach (ProductCount product in products)
        {
            if (tick.Readings.GetValueOrDefault(product.Meter.Register).Recorded is { } register)
            {
                Count(tick, product, register);
            }
        }
    }

    private void Count(OpenTick tick, ProductCount product, RecordedRegister register)
    {
        string name = product.Meter.Register;
        if (product.Base is { } from && from.GoesOnTo(register))
        {
            if (tick.SlotEnds)
            {
                SlotCount made = new(from.Time, 0, [new CountedStretch(name, from.Leaf, register.Leaf)]);
                Note(tick, product, MonthOf(tick.At.AddMilliseconds(-1)), made, tick.At, null);
                product.Base = register;
            }

            return;
        }

        // The end of a stretch of nothing is where the next slot goes on. A register that begins again has lost what it counted since.
        bool beginsAgain = product.Base is not null;
        SlotCount begins = new(tick.At, beginsAgain ? null : 0, [new CountedStretch(name, register.Leaf, register.Leaf)]);
        Note(tick, product, MonthOf(tick.At), begins, tick.At, beginsAgain ? register.Leaf : null);
        tick.Keep(register.Leaf);
        product.Base = register;
    }

    // Pieces may have passed uncounted in each month that a gap touches, once counting has begun.
    private void NoteGaps(OpenTick tick)
    {
        foreach (ProductCount product in products)
        {
            foreach (RecordedGap gap in tick.Gaps.Where(g => g.Concerns(product.Meter.Name) && SpansOf(tick, product).Any()))
            {
                foreach (string month in new[] { MonthOf(gap.Gap.From), MonthOf(gap.Gap.To) }.Distinct())
                {
                    AccountSpan? span = SpanOf(tick, product, month);
                    Note(tick, product, month, new SlotCount(span?.From ?? gap.Gap.To, null, []), span?.To ?? gap.Gap.To, gap.Leaf);
                }
            }
        }
    }

    private static void Note(OpenTick tick, ProductCount product, string month, SlotCount slot, DateTimeOffset end, long? uncounted)
    {
        AccountSpan? span = SpanOf(tick, product, month);
        AccountSpan with = AccountSpan.With(span, slot, end, uncounted ?? span?.Leaf ?? 0);
        tick.Remember(new MadeName(product.Product, month).ToString(), with.ToString());
    }

    private static AccountSpan? SpanOf(OpenTick tick, ProductCount product, string month) =>
        tick.Fact(new MadeName(product.Product, month).ToString()) is { } fact ? AccountSpan.Parse(fact) : null;

    // Where the newest stretch of a product ends, unless an impulse was worth something else there.
    private static RecordedRegister? NewestIn(OpenTick tick, ProductCount product)
    {
        AccountMeter meter = product.Meter;
        CountedStretch[] ends =
        [
            .. SpansOf(tick, product).SelectMany(s => s.Registers).Select(r => new CountedStretch(r.Key, r.Value[^1].From, r.Value[^1].To)),
        ];
        if (ends.Length == 0)
        {
            return null;
        }

        CountedStretch newest = ends.MaxBy(e => e.To);
        if (newest.Register != meter.Register || tick.LeafAt(newest.To) is not { Head.Config: { } config } leaf)
        {
            return null;
        }

        ImpulseConstant worth = new(meter.ImpulsesPerUnit!, meter.Unit);
        bool worthTheSame = tick.LeafAt(config) is { } settings && ConfigLeaf.Of(settings).ConstantOf(meter.Name) == worth;
        return worthTheSame ? RegisterReading.CountedIn(leaf, meter.Register) : null;
    }

    // Of all months, ascending. The name of a product may go on where that of another ends, with a colon between.
    private static IEnumerable<AccountSpan> SpansOf(OpenTick tick, ProductCount product) =>
        tick.FactsBefore(FactNames.MadeOf(product.Product))
            .Where(f => MadeName.Parse(f.Name).Product == product.Product)
            .Select(f => AccountSpan.Parse(f.Value));

    private string MonthOf(DateTimeOffset at) => CalendarPeriod.Of(AccountPeriod.Month, at, zone).Name;
}
