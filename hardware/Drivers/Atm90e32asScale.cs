using System.Numerics;
using EdgeGateway.Readings;

namespace EdgeGateway.Drivers;

/// <summary>
/// What register values of an ATM90E32AS phase mean behind its current transformer and voltage divider, by the chip's nominal full scale.
/// </summary>
/// <remarks>
/// The nominal full scale (<see cref="Atm90e32as.FullScaleMv"/>) is not exact: a channel may claim a class only after its calibration.
/// </remarks>
public sealed class Atm90e32asScale
{
    // Below 2 % of full scale the voltage is too small to tell its frequency.
    private const uint LeastRmsForFrequency = Atm90e32as.FullScaleRms / 50;

    private readonly double _fullScaleV;
    private readonly double _fullScaleA;

    /// <summary>Makes the scale of one phase.</summary>
    /// <param name="transformer">The phase's current transformer.</param>
    /// <param name="voltageDivider">Mains volts for one volt at the chip's input, for example 1001 for 1 MΩ over 1 kΩ. At least 1, at most
    /// 10⁶.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The transformer's secondary is beyond the input's range, the divider is impossible, or they have so many digits that the exact
    /// worth of a count does not fit 64 bits.
    /// </exception>
    public Atm90e32asScale(CurrentTransformer transformer, decimal voltageDivider)
    {
        if (transformer.SecondaryMv > Atm90e32as.FullScaleMv)
        {
            throw new ArgumentOutOfRangeException(
                nameof(transformer),
                transformer.SecondaryMv,
                "The chip's current input takes at most 720 mV RMS from the secondary."
            );
        }

        if (voltageDivider is < 1 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(nameof(voltageDivider), voltageDivider, "The voltage divider is from 1 to 1 000 000.");
        }

        _fullScaleV = Atm90e32as.FullScaleMv / 1000.0 * (double)voltageDivider;
        _fullScaleA = Atm90e32as.FullScaleMv / 1000.0 * transformer.AmperesPerVolt;
        MilliwattHoursPerCount = WorthOfACount(transformer, voltageDivider);
    }

    /// <summary>
    /// What one count of an energy register is worth, in milliwatt-hours (of a reactive one in millivar-hours), exact: full-scale power in
    /// watts, (0.72 V)² × divider × amperes per volt, over 800 counts a second.
    /// </summary>
    public CountWorth MilliwattHoursPerCount { get; }

    /// <summary>The largest current that the register can show, amperes RMS: 65.535 A where full scale is 60 A.</summary>
    public double MostA => _fullScaleA * 65.535 / 60;

    /// <summary>Below this the power factor is noise, volt-amperes: 1/2000 of full scale.</summary>
    public double LeastApparentVA => _fullScaleV * _fullScaleA / 2000;

    /// <summary>Volts RMS of a Urms value.</summary>
    public double VoltageV(uint rms) => rms * _fullScaleV / Atm90e32as.FullScaleRms;

    /// <summary>Amperes RMS of an Irms value.</summary>
    public double CurrentA(uint rms) => rms * _fullScaleA / Atm90e32as.FullScaleRms;

    /// <summary>Watts, vars or volt-amperes of a Pmean, Qmean or Smean value.</summary>
    public double Power(int power) => power * _fullScaleV * _fullScaleA / Atm90e32as.FullScalePower;

    /// <summary>What a phase shows live. The frequency is null without a voltage, the power factor without a current too.</summary>
    public LiveValues Live(Atm90e32asSample sample, Atm90e32asPhase phase)
    {
        bool hasVoltage = phase.VoltageRms > LeastRmsForFrequency;
        return new LiveValues(
            VoltageV: VoltageV(phase.VoltageRms),
            CurrentA: CurrentA(phase.CurrentRms),
            ActivePowerW: Power(phase.ActivePower),
            ApparentPowerVA: Power(phase.ApparentPower),
            PowerFactor: hasVoltage && phase.CurrentRms > Atm90e32as.FullScaleRms / 1000 ? phase.PowerFactor / 1000.0 : null,
            FrequencyHz: hasVoltage ? sample.Frequency / 100.0 : null,
            ReactivePowerVar: Power(phase.ReactivePower)
        );
    }

    /// <summary>
    /// More counts than this, both directions together, cannot come in so much time: twice full scale, and one second for the poll's
    /// jitter.
    /// </summary>
    public static double MostCounts(TimeSpan elapsed) => 2.0 * Atm90e32as.FullScaleCountsPerSecond * (elapsed.TotalSeconds + 1);

    //              A      1000 mV        1 s      1 h     1000 mWh    18     D · A
    //  0.5184 V² · ─── · ───────── · D · ────── · ────── · ────────  = ─── · ─────  per count
    //              mV       V           800 ct   3600 s     Wh        100     mV
    private static CountWorth WorthOfACount(CurrentTransformer transformer, decimal divider)
    {
        (BigInteger n1, BigInteger d1) = Ade7953Scale.Fraction(divider);
        (BigInteger n2, BigInteger d2) = Ade7953Scale.Fraction(transformer.PrimaryA);
        (BigInteger n3, BigInteger d3) = Ade7953Scale.Fraction(transformer.SecondaryMv);
        return Ade7953Scale.Reduced(n1 * n2 * d3 * 18, d1 * d2 * n3 * 100, divider);
    }
}
