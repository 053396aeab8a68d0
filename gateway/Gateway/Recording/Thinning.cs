using System.Globalization;
using EdgeGateway.Evidence;

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
    private const string Passed = "thinned", Kept = "kept";

    /// <summary>What is to be thinned with the next tick, and the facts that remember it.</summary>
    /// <param name="ledger">The ledger as it is.</param>
    /// <param name="now">The tick's time.</param>
    /// <returns>Indexes of leaves; none when no tile is due.</returns>
    public (IReadOnlyList<long> Leaves, IReadOnlyDictionary<string, string> Facts) Due(Ledger ledger, DateTimeOffset now)
    {
        long first = Number(ledger.Fact(Passed) ?? "0"), end = first + TiledTree.TileWidth;
        if (end > ledger.Size || end > ledger.FirstIndexAt(now - after) || readers.Any(r => ledger.Cursor(r) < end))
        {
            return ([], new Dictionary<string, string>());
        }

        HashSet<long> kept = [.. (ledger.Fact(Kept) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)];
        return (
            [.. ledger.Leaves(first, end).OfType<byte[]>().Select(b => LeafCodec.Decode(b).Head).Where(h => MayGo(h) && !kept.Contains(h.Index)).Select(h => h.Index)],
            new Dictionary<string, string> { [Passed] = end.ToString(CultureInfo.InvariantCulture) });
    }

    /// <summary>The facts that keep the leaves on which footprints will rest although they lie between two boundaries.</summary>
    /// <param name="ledger">The ledger as it is.</param>
    /// <param name="bases">Indexes of reading leaves at which footprints begin.</param>
    public static KeyValuePair<string, string> Keep(Ledger ledger, IEnumerable<long> bases) => KeyValuePair.Create(
        Kept,
        string.Join(' ', new SortedSet<long>([.. (ledger.Fact(Kept) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number), .. bases])
            .Select(i => i.ToString(CultureInfo.InvariantCulture))));

    private bool MayGo(LeafHead leaf) => leaf.Type == LeafType.Reading && leaf.Time.ToUnixTimeMilliseconds() % (long)slot.TotalMilliseconds != 0;

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
