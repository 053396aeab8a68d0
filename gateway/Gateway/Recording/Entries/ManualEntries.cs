using EdgeGateway.Accounting;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

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
        ManualLeaf manual = entry.Manual!;
        RefuseCounted(manual);
        if (EnteredOnce.Claim(tick, entry) is { } known)
        {
            return known;
        }

        long leaf = tick.Write(Type, entry.Records, head => head with { Group = entry.Group });
        Leaf entered = tick.LeafAt(leaf)!;
        EnteredProduction.Note(tick, entered, manual.Entered.Amount, corrected: false, inOrder: entry.InOrder is not null);
        footprints.Write(tick, entered, manual.Entered.Amount, leaf);
        return leaf;
    }

    // What a meter counts would count twice if it were entered by hand too.
    private void RefuseCounted(ManualLeaf manual)
    {
        if (manual.Kind != "production")
        {
            return;
        }

        if (products.FirstOrDefault(p => p.Product.Equals(manual.Subject, StringComparison.OrdinalIgnoreCase)) is { } product)
        {
            throw new InvalidDataException(
                $"{product.Product} is counted by the meter {product.Meter.Name}, and what is entered too would count twice. "
                    + "Enter only what "
                    + "no meter counts, under another subject."
            );
        }
    }
}
