using EdgeGateway.Evidence;

namespace EdgeGateway.Gateway.Tests;

/// <summary>Records of a leaf by their names.</summary>
internal static class LeafRecords
{
    /// <summary>The one record of this name.</summary>
    public static LeafRecord Record(this Leaf leaf, string name) => Assert.Single(leaf.Records, r => r.Name == name);

    /// <summary>The mantissa of the number of the one record of this name.</summary>
    public static long Mantissa(this Leaf leaf, string name) => leaf.Record(name).Number!.Value.Mantissa;
}
