using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>Which leaves of a log were given, in stretches.</summary>
internal sealed class ShownLeaves
{
    private readonly List<LeafRange> _stretches = [];

    /// <summary>Since which leaf all were given, up to the newest.</summary>
    public long Since => _stretches[^1].From;

    /// <summary>Whether all leaves of a stretch were given.</summary>
    public bool Has(LeafRange leaves) => _stretches.Exists(s => s.From <= leaves.From && leaves.To <= s.To);

    /// <summary>Whether a leaf was given.</summary>
    public bool Has(long leaf) => Has(new LeafRange(leaf, leaf));

    /// <summary>A leaf is given.</summary>
    public void Add(long leaf)
    {
        if (_stretches.Count > 0 && _stretches[^1].To + 1 == leaf)
        {
            _stretches[^1] = _stretches[^1] with { To = leaf };
        }
        else
        {
            _stretches.Add(new LeafRange(leaf, leaf));
        }
    }

    /// <summary>
    /// Why what a leaf rests on is not there: null when it was not given. Else the leaf names what nothing can rest on, so that nobody can
    /// compute it.
    /// </summary>
    /// <param name="leaf">Index of the leaf.</param>
    /// <param name="missing">What it rests on and what was not found among the leaves of its kind.</param>
    public string? Refusal(long leaf, long missing)
    {
        if (missing >= leaf)
        {
            return $"it rests on leaf {missing}, which is not before it";
        }

        return Has(missing) ? $"it rests on leaf {missing}, which is of a type that it cannot rest on" : null;
    }
}
