namespace EdgeGateway.Carbon.Flows;

/// <summary>Who supplied whom in one interval. The README tells the convention and its reasons.</summary>
internal static class Attribution
{
    /// <summary>The energy that is not told apart inside an interval, in the order of <see cref="FlowSink"/>.</summary>
    public sealed record Groups(Int128[] Grid, Int128[] Own, Int128[] Battery);

    /// <summary>Shares out three groups of sources. Sources and sinks have the same total.</summary>
    public static Groups Share(
        Int128 grid,
        Int128 own,
        Int128 battery,
        Int128 losses,
        Int128 difference,
        Int128 export,
        Int128 charge,
        Int128 load
    )
    {
        // Only what nothing else can have supplied runs through: the grid's to the grid, or the battery's to the battery. Never both.
        Int128 throughSite = Int128.Max(0, export - own - battery),
            throughBattery = Int128.Max(0, charge - grid - own);
        grid -= throughSite;
        export -= throughSite;
        battery -= throughBattery;
        charge -= throughBattery;

        // What the battery cannot have exported, and what the grid cannot have charged, was generated here.
        Int128 ownExport = Int128.Max(0, export - battery),
            ownCharge = Int128.Max(0, charge - grid);

        // The rest that was generated here is in every sink alike.
        Int128[] parts = Split.Proportional(
            own - ownExport - ownCharge,
            [export - ownExport, charge - ownCharge, losses + difference + load]
        );
        ownExport += parts[0];
        ownCharge += parts[1];

        // The rest of the export is the battery's, the rest of the charge the grid's; what is left of all three is used.
        Int128 batteryExport = export - ownExport,
            gridCharge = charge - ownCharge;
        Int128[][] use = Split.Table([grid - gridCharge, parts[2], battery - batteryExport], [losses, difference, load]);
        return new(
            [use[0][0], use[0][1], throughSite, gridCharge, use[0][2]],
            [use[1][0], use[1][1], ownExport, ownCharge, use[1][2]],
            [use[2][0], use[2][1], batteryExport, throughBattery, use[2][2]]
        );
    }
}
