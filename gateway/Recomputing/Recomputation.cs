using EdgeGateway.Evidence;

namespace EdgeGateway.Recomputing;

/// <summary>
/// Computes every footprint and every slot of energy flows of a log again, from nothing but its leaves, and tells what differs from what
/// the log states. The leaves must have been verified before: this says whether the device has computed rightly, not who has signed.
/// </summary>
/// <remarks>
/// It sees the leaves twice: first to learn which are named by others, then to keep only those, and each only until the last leaf that
/// names it. So a log of years needs little memory. Give the leaves ascending; single ones may come in any order.
/// <code>
///   Plan(leaf) for each leaf        Take(leaf) for each leaf        End()        Differences
/// </code>
/// Not for several threads.
/// </remarks>
public sealed class Recomputation
{
    private readonly Settings _settings = new();
    private readonly ShownLeaves _shown = new();
    private readonly Differences _differences = new();
    private readonly Footprints _footprints;
    private readonly Flows _flows;

    /// <summary>Begins with no leaves.</summary>
    public Recomputation()
    {
        _footprints = new Footprints(_settings, _shown, _differences);
        _flows = new Flows(_settings, _shown, _differences);
    }

    /// <summary>Footprints computed again.</summary>
    public long Computed => _footprints.Computed;

    /// <summary>Footprints that state a reason instead of an amount, and rest on nothing.</summary>
    public long NotStated => _footprints.NotStated;

    /// <summary>Footprints that could not be computed again, because leaves were not given. That is no difference.</summary>
    public NotGiven NotGiven => _footprints.NotGiven;

    /// <summary>Flow leaves computed again.</summary>
    public long FlowsComputed => _flows.Computed;

    /// <summary>Of these, those that state a reason instead of flows.</summary>
    public long FlowsNotAttributed => _flows.NotAttributed;

    /// <summary>Flow leaves that could not be computed again, because leaves were not given. That is no difference.</summary>
    public NotGiven FlowsNotGiven => _flows.NotGiven;

    /// <summary>What differs, the first thousand; empty where all is the same to the last digit.</summary>
    public IReadOnlyList<Difference> Differences => _differences.All;

    /// <summary>What accounts did not add up, because their meters were others then. That is no difference.</summary>
    public IReadOnlyList<NotAdded> NotAdded => _footprints.NotAdded;

    /// <summary>Computes a log again whose leaves can be read twice.</summary>
    /// <param name="leaves">Verified leaves, as <see cref="LeafCodec.Decode"/> reads them.</param>
    /// <exception cref="EvidenceException">A leaf is not laid out as its type is; leaves that were decoded are.</exception>
    public static Recomputation Of(IEnumerable<Leaf> leaves)
    {
        Recomputation again = new();
        foreach (Leaf leaf in leaves)
        {
            again.Plan(leaf);
        }

        foreach (Leaf leaf in leaves)
        {
            again.Take(leaf);
        }

        again.End();
        return again;
    }

    /// <summary>The first look at a leaf.</summary>
    /// <exception cref="EvidenceException">The leaf is not laid out as its type is; leaves that were decoded are.</exception>
    public void Plan(Leaf leaf)
    {
        _settings.Plan(leaf);
        _flows.Plan(leaf);
        _footprints.Plan(leaf);
    }

    /// <summary>The second look at a leaf, after all have been planned.</summary>
    /// <exception cref="EvidenceException">The leaf is not laid out as its type is; leaves that were decoded are.</exception>
    public void Take(Leaf leaf)
    {
        _shown.Add(leaf.Head.Index);
        _settings.Take(leaf);
        _flows.Take(leaf);
        _footprints.Take(leaf);
    }

    /// <summary>All leaves have been taken.</summary>
    public void End()
    {
        _flows.End();
        _footprints.End();
    }
}
