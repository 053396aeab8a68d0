using EdgeGateway.Carbon;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Accounting;

/// <summary>
/// One account's footprint of what people enter: each manual entry with its subject becomes a carbon leaf, and each correction of its
/// amount another.
/// </summary>
/// <param name="name">The account's name in the site file.</param>
/// <param name="subject">Of the entries that it takes.</param>
/// <param name="set">The factor set that the method cites.</param>
/// <param name="method">From amount to footprint.</param>
public sealed class EntryAccount(string name, string subject, FactorSet set, RecordedMethod method)
{
    /// <summary>The account's name in the site file.</summary>
    public string Name => name;

    /// <summary>Of the entries that it takes.</summary>
    public string Subject => subject;

    /// <summary>The factor set that the account cites.</summary>
    public FactorSet Set => set;

    /// <summary>From amount to footprint.</summary>
    public RecordedMethod Method => method;

    /// <summary>The footprint of an entry.</summary>
    /// <param name="entry">The entry, whose period it has.</param>
    /// <param name="amount">Its amount, or the one that a correction put in its place.</param>
    /// <param name="replaces">The carbon leaf that this one takes the place of, or null.</param>
    /// <exception cref="InvalidDataException">The amount is of another kind than the account is for.</exception>
    public CarbonLeaf FootprintOf(ManualLeaf entry, LeafAmount amount, long? replaces)
    {
        try
        {
            return Footprints.LeafOf(name, entry.Entered.From, entry.Entered.To, method) with
            {
                Micrograms = method.Micrograms(Footprints.QuantityOf(amount)),
                Set = Footprints.NameOf(set),
                Replaces = replaces,
            };
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException(
                $"The account {name} takes entries about {subject}, and this amount does not fit it: {e.Message}",
                e
            );
        }
    }
}
