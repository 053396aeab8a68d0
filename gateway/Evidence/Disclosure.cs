namespace EdgeGateway.Evidence;

/// <summary>
/// What of a log one party may see: all leaves of its disclosure groups, and what the log needs to be understood. The rest are hashes.
/// </summary>
/// <remarks>
/// Shown to everybody: genesis, boot, clockstep, factors, intensity and keyrot, which say nothing of a meter, and a gap of the whole log.
/// Shown to those of a group: whatever carries its name. Shown to nobody else: <c>start</c>, which lists the registers of the whole site,
/// and carbon leaves unless every reading they rest on is shown, because a sum of groups tells of each. Leaves of other types without a
/// group stay hidden.
/// <para>A hidden leaf cannot be guessed from its hash: each has a salt of 16 random bytes.</para>
/// </remarks>
/// <param name="groups">The groups that may be shown.</param>
/// <param name="headOf">The head of a leaf that is in none of the batches given; null when it is not known.</param>
public sealed class Disclosure(IReadOnlyCollection<string> groups, Func<long, LeafHead?>? headOf = null)
{
    private readonly HashSet<long> _shown = [];

    /// <summary>
    /// The batch as the party may see it. Give the batches of a log in order, so that footprints are known by their readings.
    /// </summary>
    /// <exception cref="EvidenceException">A leaf cannot be read.</exception>
    public Batch Of(Batch batch) =>
        batch with
        {
            Elements =
            [
                .. batch.Elements.Select(e => e.Leaf is { } bytes && !Shows(LeafCodec.Decode(bytes)) ? BatchElement.Withheld(e.Hash) : e),
            ],
        };

    private bool Shows(Leaf leaf)
    {
        LeafHead head = leaf.Head;
        bool shows = head.Type switch
        {
            LeafType.Genesis or LeafType.Boot or LeafType.ClockStep or LeafType.Factors or LeafType.Intensity or LeafType.KeyRotation =>
                true,
            LeafType.Carbon => head.ComputedFrom.Count > 0
                && head.ComputedFrom.All(i =>
                    _shown.Contains(i)
                    || (headOf?.Invoke(i) is { } of && (of.Type == LeafType.Intensity || (of.Group is { } group && groups.Contains(group))))
                ),
            LeafType.Gap => head.Group is null || groups.Contains(head.Group),
            _ => head.Group is { } own && groups.Contains(own),
        };
        if (shows && head.Type is (LeafType.Reading or LeafType.Manual or LeafType.Correction or LeafType.Intensity))
        {
            _shown.Add(head.Index);
        }

        return shows;
    }
}
