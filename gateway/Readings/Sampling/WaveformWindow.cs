namespace EdgeGateway.Readings.Sampling;

/// <summary>What is to be known about a window beside its values.</summary>
[Flags]
public enum WaveformNote
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A sample was at the end of the voltage's or the current's range: the peaks beyond it are missing.</summary>
    Clipped = 1,

    /// <summary>
    /// The current was within the noise, or the power within the creep limit: it counts as no load, and current or powers are 0.
    /// </summary>
    NoLoad = 2,
}

/// <summary>What a voltage and a current did over a window of whole cycles.</summary>
/// <param name="StartSeconds">Where the window starts on the time axis of the samples.</param>
/// <param name="EndSeconds">Where it ends, which is where the next one starts.</param>
/// <param name="Samples">Samples inside it.</param>
/// <param name="VoltageV">RMS voltage without its DC offset, volts.</param>
/// <param name="CurrentA">RMS current without its DC offset, amperes.</param>
/// <param name="ActivePowerW">Active power, watts, all harmonics, import positive.</param>
/// <param name="FundamentalPowerW">Active power of the fundamental, P₁ = V₁·I₁·cos φ₁. Null where there is no frequency.</param>
/// <param name="ReactivePowerVar">
/// Reactive power of the fundamental, Q₁ = V₁·I₁·sin φ₁ (IEEE 1459-2010 §3.1.2), positive when the current lags. Null where there is no
/// frequency.
/// </param>
/// <param name="FrequencyHz">Cycles by the time between the crossings. Null when the voltage had no cycles to measure by.</param>
/// <param name="PeakV">The largest magnitude of the voltage about its DC offset.</param>
/// <param name="PeakA">The largest magnitude of the current about its DC offset.</param>
/// <param name="ThdV">
/// Total harmonic distortion of the voltage by subgroups (IEC 61000-4-7, THDS): the root of the sum of the squared subgroups 2 to 40, or to
/// as many as lie below half the sample rate, over the first. A subgroup is a harmonic's bin and the two beside it. Null when it was not
/// asked for, when the window has fewer than 10 cycles, or when the rate does not reach the fifth harmonic.
/// </param>
/// <param name="ThdA">The same of the current.</param>
/// <param name="Note">What limits the values.</param>
public readonly record struct WaveformWindow(
    double StartSeconds,
    double EndSeconds,
    int Samples,
    double VoltageV,
    double CurrentA,
    double ActivePowerW,
    double? FundamentalPowerW,
    double? ReactivePowerVar,
    double? FrequencyHz,
    double PeakV,
    double PeakA,
    double? ThdV,
    double? ThdA,
    WaveformNote Note
)
{
    /// <summary>Apparent power V·I, volt-amperes.</summary>
    public double ApparentPowerVA => VoltageV * CurrentA;

    /// <summary>
    /// Power factor P/S, −1 to 1. Null when there is no apparent power, or when the quotient is impossible (beyond ±1.05); it is never
    /// forced to 0.
    /// </summary>
    public double? PowerFactor =>
        ApparentPowerVA > 0 && Math.Abs(ActivePowerW / ApparentPowerVA) <= Plausibility.HighestPowerFactor
            ? Math.Clamp(ActivePowerW / ApparentPowerVA, -1, 1)
            : null;

    /// <summary>Peak over RMS of the voltage, √2 for a sine. Null without a voltage.</summary>
    public double? CrestFactorV => VoltageV > 0 ? PeakV / VoltageV : null;

    /// <summary>Peak over RMS of the current, √2 for a sine, 2 to 4 for a rectifier. Null without a current.</summary>
    public double? CrestFactorA => CurrentA > 0 ? PeakA / CurrentA : null;

    /// <summary>
    /// The window as it would have been measured with a current input that lags by so many degrees less: the fundamental's phasor is turned
    /// back, its harmonics stay. The samples are not needed, so a correction can be changed afterwards.
    /// </summary>
    /// <param name="degrees">By how much the measured current lags the true one at the fundamental.</param>
    public WaveformWindow WithoutLag(double degrees)
    {
        if (FundamentalPowerW is not { } p || ReactivePowerVar is not { } q || degrees == 0)
        {
            return this;
        }

        (double sin, double cos) = Math.SinCos(degrees * Math.PI / 180);
        double turned = (p * cos) + (q * sin);
        return this with { ActivePowerW = ActivePowerW - p + turned, FundamentalPowerW = turned, ReactivePowerVar = (q * cos) - (p * sin) };
    }
}
