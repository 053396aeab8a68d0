namespace EdgeGateway.Metering;

/// <summary>The rate of a pulse meter at an instant, from the times of its impulses.</summary>
/// <remarks>
/// Between impulses the rate is that of the last period, but never more than one impulse in the time since the last one: at a higher rate
/// another would have come.
/// <code>
///  rate   ‾‾‾‾‾‾‾‾‾‾‾‾‾\_
///                         ‾ ‾ ─ ─ __ __                 0
///  pulse  |   |   |   |                 … 10 periods    |‾‾‾
/// </code>
/// </remarks>
public sealed class PulseRate
{
    // After ten periods without an impulse the bound is a tenth of the last rate: the machine has rather stopped than slowed down so much.
    private const int PeriodsUntilZero = 10;

    private const long UntilZeroWithoutPeriodNs = 600_000_000_000;
    private const double NsPerHour = 3.6e12;

    private readonly double _perImpulse;
    private long _sinceNs;
    private long? _periodNs;
    private bool _any;

    /// <summary>Makes the rate of a meter of which no impulse was seen yet.</summary>
    /// <param name="impulsesPerUnit">Impulse constant, above 0.</param>
    /// <param name="unit">The unit of the impulse constant. The rate of energy in Wh, kWh or MWh is in watts, that of all else in units an
    /// hour.</param>
    /// <param name="startNs">The instant since which impulses are seen, ns.</param>
    /// <exception cref="ArgumentOutOfRangeException">The impulse constant is not positive.</exception>
    public PulseRate(decimal impulsesPerUnit, string unit, long startNs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(impulsesPerUnit);
        (double worth, Unit) = unit switch
        {
            "Wh" => (1.0, "W"),
            "kWh" => (1e3, "W"),
            "MWh" => (1e6, "W"),
            _ => (1.0, $"{unit}/h"),
        };
        _perImpulse = worth / (double)impulsesPerUnit;
        _sinceNs = startNs;
    }

    /// <summary>The unit of the rate, for example <c>m3/h</c> or <c>W</c>.</summary>
    public string Unit { get; }

    /// <summary>Notes that an impulse began.</summary>
    public void Note(long timeNs)
    {
        _periodNs = _any && timeNs > _sinceNs ? timeNs - _sinceNs : null;
        _sinceNs = timeNs;
        _any = true;
    }

    /// <summary>The rate at an instant, or null when it cannot be told yet: that takes two impulses, or a long silence.</summary>
    public double? At(long nowNs)
    {
        long silentNs = nowNs - _sinceNs;
        if (silentNs >= (_periodNs * PeriodsUntilZero ?? UntilZeroWithoutPeriodNs))
        {
            return 0;
        }

        return _periodNs is null ? null : _perImpulse * NsPerHour / Math.Max(_periodNs.Value, silentNs);
    }
}
