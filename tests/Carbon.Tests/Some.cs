using EdgeGateway.Carbon.Accounts;

namespace EdgeGateway.Carbon.Tests;

/// <summary>Values that a test does not care about.</summary>
internal static class Some
{
    public static Factor Factor(string value) =>
        new(new FactorKey("XX", 2023, "average", "organisation"), value)
        {
            Name = "Somewhere",
            Source = "a test",
            Confidence = "C",
        };

    /// <summary>Location-based, in micrograms.</summary>
    public static long Footprint(Quantity energy, Factor factor) =>
        RecordedMethod.OfEnergy(RecordedMethod.LocationBased, factor).Micrograms(energy);

    public static Period July { get; } = new(new DateOnly(2026, 7, 1), new DateOnly(2026, 8, 1));

    public static Activity Activity(string amount, string name = "source") =>
        new(name, Quantity.Parse(amount), "leaf 7", DataOrigin.Automatic);

    public static CitedFactor Given(string text) => CitedFactor.Given(text, "a test");

    public static CitedFactor Shipped(string region, string of, string kind, string? set = null) =>
        FactorLibrary.Shipped.Require(new FactorQuery(region, of, kind, "organisation", Set: set), July);

    public static FuelFactors Fuel(string fuel, string set) =>
        new(Shipped("CN", fuel, "ncv", set), Shipped("CN", fuel, "carbon-content", set), Shipped("CN", fuel, "oxidation", set));
}
