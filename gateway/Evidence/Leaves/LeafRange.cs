using System.Globalization;

namespace EdgeGateway.Evidence.Leaves;

/// <summary>Leaves from one to another, by their indexes, both included; written <c>12-400</c>.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last.</param>
public readonly record struct LeafRange(long From, long To)
{
    /// <summary>Reads ranges with a space between, such as <c>12-400 401-2990</c>. Their order is not judged.</summary>
    /// <returns>The ranges, or null where the text is none of these.</returns>
    public static IReadOnlyList<LeafRange>? ParseAll(string text)
    {
        string[] parts = text.Split(' ');
        List<LeafRange> ranges = new(parts.Length);
        foreach (string part in parts)
        {
            int dash = part.IndexOf('-', StringComparison.Ordinal);
            if (dash < 0 || Index(part.AsSpan(0, dash)) is not { } from || Index(part.AsSpan(dash + 1)) is not { } to)
            {
                return null;
            }

            ranges.Add(new LeafRange(from, to));
        }

        return ranges;
    }

    /// <summary>Writes ranges with a space between.</summary>
    public static string Text(IEnumerable<LeafRange> ranges) => string.Join(' ', ranges);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From}-{To}");

    private static long? Index(ReadOnlySpan<char> text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? index : null;
}
