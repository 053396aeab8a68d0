using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Recomputing;

/// <summary>A footprint as its leaf states it.</summary>
/// <param name="Head">What the leaf says about itself.</param>
/// <param name="Carbon">What it states.</param>
internal sealed record StatedFootprint(LeafHead Head, CarbonLeaf Carbon)
{
    public long Index => Head.Index;

    public string Account => Carbon.Account;

    /// <summary>It accounts slots anew.</summary>
    public bool IsRestated => Carbon.Restates is not null;
}
