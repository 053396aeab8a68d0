using CsCheck;
using EdgeGateway.Carbon.Flows;

namespace EdgeGateway.Carbon.Tests;

/// <summary>Sites and intervals that a test does not care about, in whole kilowatt-hours or at random.</summary>
internal static class FlowsSome
{
    public const long Kwh = 1_000_000_000;
    public static readonly DateTimeOffset Midnight = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static FlowSite Site(params string[] generators) =>
        new()
        {
            LengthMinutes = 15,
            Generators = [.. generators.Select(g => new Generator(g, !g.StartsWith("fossil", StringComparison.Ordinal)))],
        };

    /// <summary>The quarter-hour with that number, in kilowatt-hours.</summary>
    public static FlowInterval Interval(
        int number,
        long import = 0,
        long export = 0,
        long pv = 0,
        long charge = 0,
        long discharge = 0,
        long? load = null,
        long? curtailed = null,
        long? intensity = null
    ) =>
        new()
        {
            Start = Midnight.AddMinutes(15 * number),
            Import = import * Kwh,
            Export = export * Kwh,
            Generation = [pv * Kwh],
            Charge = charge * Kwh,
            Discharge = discharge * Kwh,
            Load = load * Kwh,
            Curtailed = curtailed * Kwh,
            Intensity = intensity * 1_000_000,
        };

    public static FlowLedger Run(FlowSite site, params FlowInterval[] intervals) => Run(site, null, intervals);

    public static FlowLedger Run(FlowSite site, BatteryState? state, IEnumerable<FlowInterval> intervals)
    {
        FlowLedger ledger = new(site, state);
        foreach (FlowInterval interval in intervals)
        {
            ledger.Take(interval);
        }

        return ledger;
    }

    public static FlowFigure Figure(FlowLedger ledger, string name) => FlowFigures.Of(ledger).Single(f => f.Name == name);

    /// <summary>Small and large energies, and often none.</summary>
    private static readonly Gen<long> Energies = Gen.OneOf(
        Gen.Const(0L),
        Gen.Long[0, 5],
        Gen.Long[0, 1_000],
        Gen.Long[0, 50 * Kwh],
        Gen.Long[0, 1_000_000 * Kwh]
    );

    /// <summary>Random intervals with two generators, one of them on fuel. Now and then a balance is off or a value is missing.</summary>
    public static readonly Gen<FlowInterval[]> Intervals = Gen.Select(
            Gen.Select(Energies, Energies, Energies, Energies, Energies),
            Gen.Select(Energies, Energies, Gen.Int[0, 9], Gen.Long[0, FlowInterval.MostIntensity], Energies),
            (a, b) =>
                new FlowInterval
                {
                    Start = Midnight,
                    Import = b.Item3 == 9 ? null : a.Item1,
                    Export = a.Item2,
                    Generation = [a.Item3, a.Item4],
                    Charge = a.Item5,
                    Discharge = b.Item1,
                    Load = b.Item3 is 0 or 1 or 8
                        ? Math.Max(0, a.Item1 + a.Item3 + a.Item4 + b.Item1 - a.Item2 - a.Item5 + (b.Item3 == 8 ? b.Item2 : -(b.Item2 % 3)))
                        : null,
                    Losses = b.Item3 is 1 or 2 or 8 ? b.Item2 % 7 : null,
                    Curtailed = b.Item3 == 5 ? null : b.Item2,
                    Intensity = b.Item3 is 3 or 5 ? null : b.Item4,
                    Stored = b.Item3 == 7 ? b.Item5 : null,
                }
        )
        .Array[1, 12]
        .Select(all => all.Select((interval, n) => interval with { Start = Midnight.AddMinutes(15 * n) }).ToArray());
}
