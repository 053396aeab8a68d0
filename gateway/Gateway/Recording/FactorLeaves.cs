using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording;

/// <summary>The factor sets that accounts cite, each stated by a leaf of the type factors when it changes.</summary>
/// <param name="sets">The sets, each once.</param>
internal sealed class FactorLeaves(IEnumerable<FactorSet> sets)
{
    private readonly FactorSet[] _sets = [.. sets.DistinctBy(s => s.Name)];
    private readonly Dictionary<string, long> _inForce = [];

    /// <summary>Index of the leaf that states a set.</summary>
    public long this[FactorSet set] => _inForce[set.Name];

    /// <summary>States the sets that are not in force yet.</summary>
    /// <returns>Their names.</returns>
    public HashSet<string> Write(OpenTick tick)
    {
        HashSet<string> stated = [];
        foreach (FactorSet set in _sets)
        {
            LeafRecord[] records = [.. set.Records().Select(r => LeafRecord.Of(r.Name, r.Text))];
            long leaf = tick.WriteOnce(FactNames.Factors(set.Name), LeafType.Factors, records);
            _inForce[set.Name] = leaf;
            if (tick.Has(leaf))
            {
                stated.Add(set.Name);
            }
        }

        return stated;
    }
}
