using EdgeGateway.Evidence;
using EdgeGateway.Keeping;

namespace EdgeGateway.Recording.Chapters;

/// <summary>The settings of each group, stated when they change: leaves of the type config.</summary>
/// <param name="groups">The groups.</param>
internal sealed class SettingsChapter(IReadOnlyList<RecordedGroup> groups) : IChapter
{
    private readonly Dictionary<string, long> _inForce = [];

    /// <summary>Index of the leaf with the settings of a group that are in force.</summary>
    public long LeafOf(RecordedGroup group) => _inForce[group.Name];

    /// <inheritdoc/>
    public void Start(OpenTick tick, ProcessStart start)
    {
        foreach (RecordedGroup group in groups)
        {
            string fact = FactNames.Config(group.Name);
            _inForce[group.Name] = tick.WriteOnce(fact, LeafType.Config, group.Settings, head => head with { Group = group.Name });
        }
    }
}
