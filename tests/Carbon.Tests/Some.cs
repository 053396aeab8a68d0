namespace EdgeGateway.Carbon.Tests;

/// <summary>Values that a test does not care about.</summary>
internal static class Some
{
    public static Factor Factor(string value) =>
        new(new FactorKey("XX", 2023, "average", "organisation"), value) { Name = "Somewhere", Source = "a test", Confidence = "C" };
}
