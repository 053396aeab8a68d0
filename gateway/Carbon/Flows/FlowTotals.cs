namespace EdgeGateway.Carbon.Flows;

/// <summary>An interval that was not attributed.</summary>
/// <param name="Start">Its start.</param>
/// <param name="Residual">Sources less sinks, µWh. 0 where a value is missing.</param>
/// <param name="Reason">Why.</param>
public sealed record Unsolvable(DateTimeOffset Start, Int128 Residual, string Reason);

/// <summary>Carbon of the grid's energy in one sink.</summary>
/// <param name="Femtograms">Of the energy whose carbon intensity is known, 10⁻¹⁵ g CO₂.</param>
/// <param name="WithoutIntensity">Energy whose carbon intensity is not known, µWh.</param>
public readonly record struct CarbonFlow(Int128 Femtograms, Int128 WithoutIntensity)
{
    internal CarbonFlow Plus(Int128 femtograms, Int128 withoutIntensity) =>
        new(Femtograms + femtograms, WithoutIntensity + withoutIntensity);
}

/// <summary>Sums over a period. Whole numbers, so that periods add up to the period that they make up.</summary>
public sealed class FlowTotals
{
    internal FlowTotals(FlowSite site)
    {
        Flows = new FlowMatrix(site.Generators);
        BatteryLosses = BatteryContent.Empty(site.Generators.Count);
        Generated = new Int128[site.Generators.Count];
    }

    /// <summary>Who supplied whom in the attributed intervals.</summary>
    public FlowMatrix Flows { get; }

    /// <summary>How many intervals were attributed.</summary>
    public long Solved { get; internal set; }

    /// <summary>How many intervals were not attributed.</summary>
    public long NotSolved { get; internal set; }

    /// <summary>In how many attributed intervals the load is derived from the balance.</summary>
    public long LoadDerived { get; internal set; }

    /// <summary>Sum of the residuals' sizes of attributed intervals with a measured load, µWh.</summary>
    public Int128 Residuals { get; internal set; }

    /// <summary>Curtailed in attributed intervals, µWh.</summary>
    public Int128 Curtailed { get; internal set; }

    /// <summary>In how many attributed intervals it is not known what was curtailed.</summary>
    public long WithoutCurtailed { get; internal set; }

    /// <summary>
    /// Carbon of what came straight from the grid (and of the difference, which counts as the grid's), by <see cref="FlowSink"/>.
    /// </summary>
    public CarbonFlow[] DirectCarbon { get; } = new CarbonFlow[FlowMatrix.Sinks];

    /// <summary>
    /// Carbon of what the battery gave out and had got from the grid or from an unknown origin, by <see cref="FlowSink"/>.
    /// </summary>
    public CarbonFlow[] BatteryCarbon { get; } = new CarbonFlow[FlowMatrix.Sinks];

    /// <summary>All that was charged, in all intervals, µWh.</summary>
    public Int128 Charged { get; internal set; }

    /// <summary>All that was discharged, in all intervals, µWh.</summary>
    public Int128 Discharged { get; internal set; }

    /// <summary>Losses of the battery by origin: by the stated efficiency and by the measured content.</summary>
    public BatteryContent BatteryLosses { get; }

    /// <summary>
    /// What came out of the battery or was measured in it, and is not in the books: content from before, of unknown origin. µWh.
    /// </summary>
    public Int128 Found { get; internal set; }

    /// <summary>Import of the intervals that were not attributed, as far as it was measured, µWh.</summary>
    public Int128 ImportNotAttributed { get; internal set; }

    /// <summary>Export of the intervals that were not attributed, as far as it was measured, µWh.</summary>
    public Int128 ExportNotAttributed { get; internal set; }

    /// <summary>Import in all intervals, µWh.</summary>
    public Int128 Import { get; internal set; }

    /// <summary>Reactive energy in all intervals, µvarh.</summary>
    public Int128 Reactive { get; internal set; }

    /// <summary>In how many intervals import or reactive energy is missing.</summary>
    public long WithoutReactive { get; internal set; }

    /// <summary>Generation of each generator in attributed intervals, µWh.</summary>
    public Int128[] Generated { get; }
}
