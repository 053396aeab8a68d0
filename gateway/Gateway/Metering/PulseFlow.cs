namespace EdgeGateway.Metering;

/// <summary>The flow through a pulse meter at an instant, from the times of its impulses.</summary>
/// <remarks>
/// Between impulses the flow is the last rate, but never more than one impulse in the time since the last one: had it been more,
/// another would have come.
/// <code>
///  flow   ‾‾‾‾‾‾‾‾‾‾‾‾‾\_
///                         ‾ ‾ ─ ─ __ __                 0
///  pulse  |   |   |   |                 … 10 periods    |‾‾‾
/// </code>
/// </remarks>
public sealed class PulseFlow
{
    // By then the bound is a tenth of the last rate, and a machine that stopped is a better guess than one that crawls.
    private const int PeriodsUntilZero = 10;

    private const long UntilZeroWithoutPeriodNs = 600_000_000_000;
    private const double NsPerHour = 3.6e12;

    private readonly double _perImpulse;
    private long _sinceNs;
    private long? _periodNs;
    private bool _any;

    /// <summary>Makes the flow of a meter of which no impulse was seen yet.</summary>
    /// <param name="impulsesPerUnit">Impulse constant, above 0.</param>
    /// <param name="unit">The unit of the impulse constant. Energy in Wh, kWh or MWh flows in watts, all else in units an hour.</param>
    /// <param name="startNs">Since when impulses would have been seen.</param>
    /// <exception cref="ArgumentOutOfRangeException">The impulse constant is not positive.</exception>
    public PulseFlow(decimal impulsesPerUnit, string unit, long startNs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(impulsesPerUnit);
        (double worth, Unit) = unit switch
        {
            "Wh" => (1.0, "W"),
            "kWh" => (1e3, "W"),
            "MWh" => (1e6, "W"),
            _ => (1.0, $"{unit}/h"),
        };
        (_perImpulse, _sinceNs) = (worth / (double)impulsesPerUnit, startNs);
    }

    /// <summary>The unit of the flow.</summary>
    public string Unit { get; }

    /// <summary>An impulse began.</summary>
    public void Impulse(long timeNs)
    {
        _periodNs = _any && timeNs > _sinceNs ? timeNs - _sinceNs : null;
        (_sinceNs, _any) = (timeNs, true);
    }

    /// <summary>The flow at an instant, or null when it cannot be told yet: a rate needs two impulses, or a long silence.</summary>
    public double? At(long nowNs)
    {
        long silentNs = nowNs - _sinceNs;
        if (silentNs >= (_periodNs * PeriodsUntilZero ?? UntilZeroWithoutPeriodNs))
        {
            return 0;
        }

        return _periodNs is { } period ? _perImpulse * NsPerHour / Math.Max(period, silentNs) : null;
    }
}
