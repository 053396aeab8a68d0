using EdgeGateway.Entering;
using EdgeGateway.Evidence;

namespace EdgeGateway.Recording.Entries;

/// <summary>
/// Certificates, contracts and settlements: leaves of the type instrument, and the periods that are settled anew with them.
/// </summary>
/// <param name="settlement">Accounts anew.</param>
internal sealed class Instruments(Settlement settlement) : IEntryTaker
{
    /// <inheritdoc/>
    public string Type => LeafType.Instrument;

    /// <inheritdoc/>
    public long Enter(Entry entry, OpenTick tick)
    {
        if (EnteredOnce.Claim(tick, entry) is { } known)
        {
            return known;
        }

        long leaf = tick.Write(Type, entry.Records, head => head with { Group = entry.Group });
        settlement.Claim(tick, leaf);
        return leaf;
    }
}
