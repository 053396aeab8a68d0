using System.Globalization;
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
    private const string Passed = "thinned",
        Kept = "kept",
        Shortest = "thinned-slot";

    /// <summary>What is to be thinned with the next tick, and the facts that remember it.</summary>
    /// <param name="ledger">The ledger as it is.</param>
    /// <param name="now">The tick's time.</param>
    /// <returns>Indexes of leaves; none when no tile is due.</returns>
    public (IReadOnlyList<long> Leaves, IReadOnlyDictionary<string, string> Facts) Due(Ledger ledger, DateTimeOffset now)
    {
        // Footprints of before rest on the boundaries of shorter slots, if there were any.
        long own = (long)slot.TotalMilliseconds,
            boundary = ledger.Fact(Shortest) is { } known ? (long)BigInteger.GreatestCommonDivisor(Number(known), own) : own;
        Dictionary<string, string> facts = ledger.Fact(Shortest) == Text(boundary) ? [] : new() { [Shortest] = Text(boundary) };
        long first = Number(ledger.Fact(Passed) ?? "0"),
            end = first + TiledTree.TileWidth;
        if (end > ledger.Size || end > ledger.FirstIndexAt(now - after) || readers.Any(r => ledger.Cursor(r) < end))
        {
            return ([], facts);
        }

        HashSet<long> kept = [.. (ledger.Fact(Kept) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)];
        facts[Passed] = Text(end);
        return (
            [
                .. ledger
                    .Leaves(first, end)
                    .OfType<byte[]>()
                    .Select(b => LeafCodec.Decode(b).Head)
                    .Where(h => MayGo(h, boundary) && !kept.Contains(h.Index))
                    .Select(h => h.Index),
            ],
            facts
        );
    }

    /// <summary>The facts that keep the leaves on which footprints will rest although they lie between two boundaries.</summary>
    /// <param name="ledger">The ledger as it is.</param>
    /// <param name="bases">Indexes of reading leaves at which footprints begin.</param>
    public static KeyValuePair<string, string> Keep(Ledger ledger, IEnumerable<long> bases) =>
        KeyValuePair.Create(
            Kept,
            string.Join(
                ' ',
                new SortedSet<long>([
                    .. (ledger.Fact(Kept) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number),
                    .. bases,
                ]).Select(Text)
            )
        );

    private static bool MayGo(LeafHead leaf, long boundary) =>
        leaf.Type == LeafType.Reading && leaf.Time.ToUnixTimeMilliseconds() % boundary != 0;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
