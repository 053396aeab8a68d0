using System.Numerics;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording;

/// <summary>
/// Which readings lose their bytes once they are old: those between the footprint slots' boundaries that no footprint rests on. Their
/// hashes stay, so that what remains verifies, and every footprint can still be computed again.
/// </summary>
/// <remarks>
/// Whole hash tiles of 256 leaves are thinned, at most one each tick, and only once every publisher has delivered them.
/// <code>
///   0 … | thinned tile | … | tiles all delivered and older than 'after' | newer leaves, or not yet delivered
///                          ^ fact "thinned"
/// </code>
/// </remarks>
/// <param name="after">Age from which leaves are thinned.</param>
/// <param name="slot">Length of a footprint's slot.</param>
/// <param name="readers">The cursors that must have passed.</param>
public sealed class Thinning(TimeSpan after, TimeSpan slot, IReadOnlyList<string> readers)
{
    /// <summary>What is to be thinned with a tick. What must be remembered of it is remembered with the tick.</summary>
    /// <param name="ledger">The ledger as it is.</param>
    /// <param name="tick">The tick.</param>
    /// <returns>Indexes of leaves; none when no tile is due.</returns>
    public IReadOnlyList<long> Due(Ledger ledger, OpenTick tick)
    {
        long boundary = BoundaryMs(tick);
        long first = LeafFact.Parse(tick.FactBefore(FactNames.Thinned) ?? "0");
        long end = first + TiledTree.TileWidth;
        if (end > ledger.Size || end > ledger.FirstIndexAt(tick.At - after) || readers.Any(r => ledger.Cursor(r) < end))
        {
            return [];
        }

        tick.Remember(FactNames.Thinned, LeafFact.Text(end));
        HashSet<long> kept = [.. LeafListFact.Parse(tick.FactBefore(FactNames.Kept))];
        IEnumerable<LeafHead> heads = ledger.Leaves(first, end).OfType<byte[]>().Select(b => LeafCodec.Decode(b).Head);
        return [.. heads.Where(h => MayGo(h, boundary) && !kept.Contains(h.Index)).Select(h => h.Index)];
    }

    // Footprints of before rest on the boundaries of shorter slots, if there were any.
    private long BoundaryMs(OpenTick tick)
    {
        long own = (long)slot.TotalMilliseconds;
        string? known = tick.FactBefore(FactNames.ThinnedSlot);
        long boundary = known is null ? own : (long)BigInteger.GreatestCommonDivisor(LeafFact.Parse(known), own);
        if (known != LeafFact.Text(boundary))
        {
            tick.Remember(FactNames.ThinnedSlot, LeafFact.Text(boundary));
        }

        return boundary;
    }

    private static bool MayGo(LeafHead leaf, long boundaryMs) =>
        leaf.Type == LeafType.Reading && leaf.Time.ToUnixTimeMilliseconds() % boundaryMs != 0;
}
