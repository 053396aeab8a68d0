using EdgeGateway.Accounting;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;

namespace EdgeGateway.Recording.Entries;

/// <summary>Invoices, deliveries of fuel, counts of products: leaves of the type manual, and the footprints that rest on them.</summary>
/// <param name="products">The products that meters count.</param>
/// <param name="footprints">The footprints of entries.</param>
internal sealed class ManualEntries(IReadOnlyList<ProductCount> products, EntryFootprints footprints) : IEntryTaker
{
    /// <inheritdoc/>
    public string Type => LeafType.Manual;

    /// <inheritdoc/>
    public long Enter(Entry entry, OpenTick tick)
    {
        RefuseCounted(entry);
        if (EnteredOnce.Claim(tick, entry) is { } known)
        {
            return known;
        }

        long leaf = tick.Write(Type, entry.Records, head => head with { Group = entry.Group });
        Leaf entered = tick.LeafAt(leaf)!;
        LeafRecord amount = entry.Records.First(r => r.Name == "amount");
        EnteredProduction.Note(tick, entered, amount.Number!.Value, corrected: false, inOrder: entry.InOrder is not null);
        footprints.Write(tick, entered, amount, leaf);
        return leaf;
    }

    // What a meter counts would count twice if it were entered by hand too.
    private void RefuseCounted(Entry entry)
    {
        if (!entry.Records.Any(r => r is { Name: "kind", Text: "production" }))
        {
            return;
        }

        string? subject = entry.Records.FirstOrDefault(r => r.Name == "subject")?.Text;
        if (products.FirstOrDefault(p => p.Product.Equals(subject, StringComparison.OrdinalIgnoreCase)) is { } product)
        {
            throw new InvalidDataException(
                $"{product.Product} is counted by the meter {product.Meter.Name}, and what is entered too would count twice. Enter only what "
                    + "no meter counts, under another subject."
            );
        }
    }
}
