namespace EdgeGateway.Recomputing;

/// <summary>A recorded figure that is not what its own leaves give.</summary>
/// <param name="Leaf">Index of the carbon or flow leaf.</param>
/// <param name="Account">Its account; of flows <c>flows</c>. Not shown before it is cleaned: the device wrote it.</param>
/// <param name="What">What differs, in words. It repeats texts of the log, so the same holds for it.</param>
/// <param name="IsFlow">It is a flow leaf.</param>
public sealed record Difference(long Leaf, string Account, string What, bool IsFlow = false);

/// <summary>Leaves that could not be computed again, because what they rest on was not shown.</summary>
/// <param name="Count">How many.</param>
/// <param name="FirstMissing">The first leaf that is missing, to be asked for; 0 where none is.</param>
public readonly record struct NotGiven(long Count, long FirstMissing)
{
    internal NotGiven With(long missing) => Count == 0 ? new NotGiven(1, missing) : this with { Count = Count + 1 };
}

/// <summary>A stretch of a register that an account did not add up, because its meters were others then.</summary>
/// <param name="Account">The account.</param>
/// <param name="Register">The register.</param>
/// <param name="From">Index of the reading where it stopped.</param>
/// <param name="To">Index of the reading where it went on.</param>
public sealed record NotAdded(string Account, string Register, long From, long To);

/// <summary>What differs, up to a number that a reader can still take in.</summary>
internal sealed class Differences
{
    private const int Most = 1000;

    private readonly List<Difference> _all = [];

    /// <summary>The first thousand.</summary>
    public IReadOnlyList<Difference> All => _all;

    /// <summary>A footprint differs.</summary>
    public void Add(StatedFootprint footprint, string what) => Add(new Difference(footprint.Index, footprint.Account, what));

    /// <summary>A leaf differs.</summary>
    public void Add(Difference difference)
    {
        if (_all.Count < Most)
        {
            _all.Add(difference);
        }
    }
}
