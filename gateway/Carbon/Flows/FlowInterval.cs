namespace EdgeGateway.Carbon.Flows;

/// <summary>A generator on the site.</summary>
/// <param name="Name">The origin's name, for example <c>pv:roof</c>.</param>
/// <param name="NonFossil">Whether its electricity counts as green.</param>
public sealed record Generator(string Name, bool NonFossil);

/// <summary>How curtailed generation is known.</summary>
public enum Curtailment
{
    /// <summary>Not at all: there is no signal of the available power, and no model. It is no value then, not zero.</summary>
    Absent,

    /// <summary>From a signal of the power that was available.</summary>
    Measured,

    /// <summary>From a model, for example of irradiance.</summary>
    Modelled,
}

/// <summary>What stays the same from interval to interval.</summary>
public sealed record FlowSite
{
    /// <summary>The length of every interval, minutes: a divisor of a day.</summary>
    public required int LengthMinutes { get; init; }

    /// <summary>In the order of <see cref="FlowInterval.Generation"/>; their names differ.</summary>
    public required IReadOnlyList<Generator> Generators { get; init; }

    /// <summary>How <see cref="FlowInterval.Curtailed"/> is known.</summary>
    public Curtailment Curtailment { get; init; }

    /// <summary>Which part of an interval's turnover (sources or sinks, the larger) may be missing from the balance, millionths.</summary>
    public int ToleranceMillionths { get; init; } = 50_000;

    /// <summary>How much may be missing from the balance at any turnover, µWh: for counters with coarse steps.</summary>
    public long Tolerance { get; init; }

    /// <summary>
    /// Which part of a charge reaches the store, millionths: a statement about the battery's conversion, not a measurement. Null: none is
    /// stated.
    /// </summary>
    public int? ChargeEfficiencyMillionths { get; init; }

    /// <summary>What the battery held before the first interval, µWh, of unknown origin. Null: not known.</summary>
    public long? InitialContent { get; init; }
}

/// <summary>What the meters counted in one interval [start, start + length). Energies are µWh, 0 or above; null is not measured.</summary>
/// <remarks>Import and export, charge and discharge are the gross counts of each direction, never netted. All are taken at the site's bus
/// bar (AC side).</remarks>
public sealed record FlowInterval
{
    /// <summary>The largest energy of a meter in an interval, µWh: 10 GWh.</summary>
    public const long Most = 10_000_000_000_000_000;

    /// <summary>The largest carbon intensity, 10⁻⁶ gCO₂/kWh: 9999.999999 gCO₂/kWh, as for a <see cref="Factor"/>.</summary>
    public const long MostIntensity = 9_999_999_999;

    /// <summary>The start, UTC, a multiple of the length.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>From the grid.</summary>
    public long? Import { get; init; }

    /// <summary>To the grid.</summary>
    public long? Export { get; init; }

    /// <summary>One for each generator of the site.</summary>
    public IReadOnlyList<long?> Generation { get; init; } = [];

    /// <summary>Into the battery. 0 where there is none.</summary>
    public long? Charge { get; init; } = 0;

    /// <summary>Out of the battery. 0 where there is none.</summary>
    public long? Discharge { get; init; } = 0;

    /// <summary>All loads. Null: derived from the balance, losses included.</summary>
    public long? Load { get; init; }

    /// <summary>Losses of the site's own lines and transformers. Null: derived from the balance if the load is measured.</summary>
    public long? Losses { get; init; }

    /// <summary>What generators could have generated and were not allowed to.</summary>
    public long? Curtailed { get; init; }

    /// <summary>What the battery holds at the end of the interval.</summary>
    public long? Stored { get; init; }

    /// <summary>Reactive energy taken from the grid, µvarh.</summary>
    public long? Reactive { get; init; }

    /// <summary>Of the grid in this interval, 10⁻⁶ gCO₂/kWh.</summary>
    public long? Intensity { get; init; }

    /// <summary>Refuses what no meter can have counted.</summary>
    /// <exception cref="InvalidDataException">Something is negative or beyond all sites, or the generators are not those of the
    /// site.</exception>
    internal void Check(FlowSite site)
    {
        if (Generation.Count != site.Generators.Count)
        {
            throw new InvalidDataException($"The interval has {Generation.Count} generators, the site {site.Generators.Count}.");
        }

        for (int k = 0; k < Generation.Count; k++)
        {
            Check(site.Generators[k].Name, Generation[k], Most);
        }

        ReadOnlySpan<(string Name, long? Value)> energies =
        [
            ("import", Import),
            ("export", Export),
            ("charge", Charge),
            ("discharge", Discharge),
            ("load", Load),
            ("losses", Losses),
            ("curtailed", Curtailed),
            ("stored", Stored),
            ("reactive", Reactive),
        ];
        foreach ((string name, long? value) in energies)
        {
            Check(name, value, Most);
        }

        Check("intensity", Intensity, MostIntensity);
    }

    private static void Check(string name, long? value, long most)
    {
        if (value < 0)
        {
            throw new InvalidDataException(
                $"{name} is negative. Every direction has a counter of its own here, and counters do not step back: give gross values."
            );
        }

        if (value > most)
        {
            throw new InvalidDataException($"{name} is beyond any site (10 GWh in an interval, 9999.999999 gCO2/kWh). Is the unit right?");
        }
    }
}
