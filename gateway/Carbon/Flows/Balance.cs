using Fractions;

namespace EdgeGateway.Carbon.Flows;

/// <summary>The balance of an interval: import + generation + discharge = load + export + charge + losses.</summary>
/// <param name="Load">As measured, or else what the other terms leave over, µWh.</param>
/// <param name="Losses">As measured, or else, where the load is measured, what the other terms leave over, µWh.</param>
/// <param name="Surplus">What the sources gave more than all measured sinks took, within the tolerance, µWh.</param>
/// <param name="Deficit">What the sinks took more than the sources gave, within the tolerance, µWh.</param>
/// <param name="Residual">Sources less sinks before anything was derived, µWh.</param>
/// <param name="Reason">Why it cannot be solved. Null: it is.</param>
internal sealed record Balance(Int128 Load, Int128 Losses, Int128 Surplus, Int128 Deficit, Int128 Residual, string? Reason)
{
    public static Balance Of(FlowSite site, FlowInterval interval)
    {
        if (Missing(site, interval) is { } missing)
        {
            return new(0, 0, 0, 0, 0, $"{missing} is missing");
        }

        Int128 sources = (Int128)interval.Import!.Value + interval.Discharge!.Value;
        foreach (long? generated in interval.Generation)
        {
            sources += generated!.Value;
        }

        Int128 load = interval.Load ?? 0,
            losses = interval.Losses ?? 0;
        Int128 sinks = (Int128)interval.Export!.Value + interval.Charge!.Value + load + losses;
        Int128 residual = sources - sinks;
        if (interval.Load is null && residual >= 0)
        {
            return new(residual, losses, 0, 0, residual, null);
        }

        Int128 tolerance = Int128.Max(site.Tolerance, Int128.Max(sources, sinks) * site.ToleranceMillionths / 1_000_000);
        if (Int128.Abs(residual) > tolerance)
        {
            string off =
                residual < 0
                    ? $"sinks took {Kilowatthours(-residual)} kWh more than sources gave"
                    : $"sources gave {Kilowatthours(residual)} kWh more than sinks took";
            return new(0, 0, 0, 0, residual, $"{off}, {Kilowatthours(tolerance)} kWh are tolerated");
        }

        if (residual < 0)
        {
            return new(load, losses, 0, -residual, residual, null);
        }

        return interval.Losses is null ? new(load, residual, 0, 0, residual, null) : new(load, losses, residual, 0, residual, null);
    }

    /// <summary>An energy in kWh with all its digits.</summary>
    public static string Kilowatthours(Int128 microwattHours) => Exact.Text(new Fraction(microwattHours, 1_000_000_000));

    private static string? Missing(FlowSite site, FlowInterval interval)
    {
        for (int k = 0; k < interval.Generation.Count; k++)
        {
            if (interval.Generation[k] is null)
            {
                return site.Generators[k].Name;
            }
        }

        if (interval.Import is null)
        {
            return "import";
        }

        if (interval.Export is null)
        {
            return "export";
        }

        if (interval.Charge is null)
        {
            return "charge";
        }

        return interval.Discharge is null ? "discharge" : null;
    }
}
