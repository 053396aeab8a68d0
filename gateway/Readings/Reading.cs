namespace EdgeGateway.Readings;

/// <summary>One meter at one instant: its cumulative registers, or the reason why there are none, and what it shows live.</summary>
public sealed record Reading
{
    /// <summary>The meter's short name in the site file.</summary>
    public required string Meter { get; init; }

    /// <summary>When it was read, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>
    /// The meter's registers in a fixed order. When <see cref="Missing"/> is set they name what is missing, and their counts are the
    /// last ones known: they must not be recorded or shown as values of <see cref="Time"/>.
    /// </summary>
    public required IReadOnlyList<Register> Registers { get; init; }

    /// <summary>Why the meter could not be read, or null when it could.</summary>
    public MissingReason? Missing { get; init; }

    /// <summary>What limits the trust in the values.</summary>
    public Quality Quality { get; init; }

    /// <summary>What the registers lack since the meter's last reading, or null when they lack nothing.</summary>
    public Gap? Gap { get; init; }

    /// <summary>How accurate the channel may claim to be.</summary>
    public required AccuracyClass Accuracy { get; init; }

    /// <summary>Instantaneous values. Shown live, never recorded. Empty when <see cref="Missing"/> is set.</summary>
    public LiveValues Live { get; init; }
}

/// <summary>What a channel shows at an instant. Null: this front end does not measure it, or it cannot be told now.</summary>
/// <param name="VoltageV">RMS voltage, volts.</param>
/// <param name="CurrentA">RMS current, amperes.</param>
/// <param name="ActivePowerW">Active power, watts, import positive.</param>
/// <param name="ApparentPowerVA">Apparent power, volt-amperes.</param>
/// <param name="PowerFactor">−1 to 1.</param>
/// <param name="FrequencyHz">Hertz.</param>
/// <param name="ReactivePowerVar">Reactive power of the fundamental, vars, positive when the current lags.</param>
/// <param name="Rate">Rate of a pulse meter, in <paramref name="RateUnit"/>.</param>
/// <param name="RateUnit">For example <c>m3/h</c> or <c>W</c>.</param>
public readonly record struct LiveValues(
    double? VoltageV = null,
    double? CurrentA = null,
    double? ActivePowerW = null,
    double? ApparentPowerVA = null,
    double? PowerFactor = null,
    double? FrequencyHz = null,
    double? ReactivePowerVar = null,
    double? Rate = null,
    string? RateUnit = null
);
