using System.Numerics;
using EdgeGateway.Readings;

namespace EdgeGateway.Drivers;

/// <summary>
/// What register values of an ADE7953 channel mean behind its current transformer and voltage divider, by the chip's nominal full scale.
/// </summary>
public sealed class Ade7953Scale
{
    /// <summary>Below 2 % of full scale the voltage is too small to tell its frequency.</summary>
    internal const uint LeastRmsForFrequency = Ade7953.FullScaleRms / 50;

    private readonly double _fullScaleV;
    private readonly double _fullScaleA;

    /// <summary>Makes the scale of one channel.</summary>
    /// <param name="transformer">The channel's current transformer.</param>
    /// <param name="voltageDivider">Mains volts for one volt at the chip's input, for example 1001 for 1 MΩ over 1 kΩ. At least 1, at most
    /// 10⁶.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The transformer's secondary is beyond the input's range, the divider is impossible, or they have so many digits that the exact
    /// worth of a count does not fit 64 bits.
    /// </exception>
    public Ade7953Scale(CurrentTransformer transformer, decimal voltageDivider)
    {
        if ((double)transformer.SecondaryMv > Ade7953.FullScaleMv)
        {
            throw new ArgumentOutOfRangeException(
                nameof(transformer),
                transformer.SecondaryMv,
                "The chip's current input takes at most 353 mV (500 mV peak) from the secondary."
            );
        }

        if (voltageDivider is < 1 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(nameof(voltageDivider), voltageDivider, "The voltage divider is from 1 to 1 000 000.");
        }

        _fullScaleV = Ade7953.FullScaleMv / 1000 * (double)voltageDivider;
        _fullScaleA = Ade7953.FullScaleMv / 1000 * transformer.AmperesPerVolt;
        MilliwattHoursPerCount = WorthOfACount(transformer, voltageDivider);
    }

    /// <summary>
    /// What one count of the energy register is worth, in milliwatt-hours, exact: full-scale power in watts, (0.5 V)²/2 × divider ×
    /// amperes per volt, over 206 900 counts a second.
    /// </summary>
    public CountWorth MilliwattHoursPerCount { get; }

    /// <summary>Volts RMS of a VRMS value.</summary>
    public double VoltageV(uint rms) => rms * _fullScaleV / Ade7953.FullScaleRms;

    /// <summary>Amperes RMS of an IRMSA or IRMSB value.</summary>
    public double CurrentA(uint rms) => rms * _fullScaleA / Ade7953.FullScaleRms;

    /// <summary>Watts of an AWATT or BWATT value, import positive.</summary>
    public double ActivePowerW(int power) => power * _fullScaleV * _fullScaleA / Ade7953.FullScalePower;

    /// <summary>The largest current that the input shows as a sine, amperes RMS.</summary>
    public double FullScaleA => _fullScaleA;

    /// <summary>Below a thousandth of full-scale power a power factor is noise, volt-amperes.</summary>
    public double LeastApparentVA => _fullScaleV * _fullScaleA / 1000;

    /// <summary>Vars of an AVAR or BVAR value, lagging positive. Same scale as the active power.</summary>
    public double ReactivePowerVar(int power) => ActivePowerW(power);

    /// <summary>Hertz of a PERIOD value (datasheet, Period Measurement).</summary>
    public static double FrequencyHz(ushort period) => 223_750.0 / (period + 1);

    /// <summary>
    /// What a channel shows live. The frequency is null without a voltage, the power factor without a current or when |P| &gt; 1.05 S.
    /// </summary>
    public LiveValues Live(Ade7953Sample sample, Ade7953Channel channel)
    {
        double volts = VoltageV(sample.VoltageRms);
        double amperes = CurrentA(channel.CurrentRms);
        double watts = ActivePowerW(channel.ActivePower);
        double voltAmperes = volts * amperes;
        bool factorTells =
            channel.CurrentRms > Ade7953.FullScaleRms / 1000
            && sample.VoltageRms > LeastRmsForFrequency
            && Math.Abs(watts) <= 1.05 * voltAmperes;
        return new LiveValues(
            VoltageV: volts,
            CurrentA: amperes,
            ActivePowerW: watts,
            ApparentPowerVA: voltAmperes,
            PowerFactor: factorTells ? channel.PowerFactor / 32768.0 : null,
            FrequencyHz: sample.VoltageRms > LeastRmsForFrequency ? FrequencyHz(sample.Period) : null,
            ReactivePowerVar: ReactivePowerVar(channel.ReactivePower)
        );
    }

    //   V²      A      1000 mV        1 s       1 h     1000 mWh
    //  ─── · D ─── · ─────────── · ────────── · ────── · ────────  per count
    //   8      mV         V        206 900 ct   3600 s      Wh
    private static CountWorth WorthOfACount(CurrentTransformer transformer, decimal divider)
    {
        (BigInteger n1, BigInteger d1) = Fraction(divider);
        (BigInteger n2, BigInteger d2) = Fraction(transformer.PrimaryA);
        (BigInteger n3, BigInteger d3) = Fraction(transformer.SecondaryMv);
        BigInteger numerator = n1 * n2 * d3 * 1_000_000;
        BigInteger denominator = d1 * d2 * n3 * 8 * Ade7953.FullScaleCountsPerSecond * 3600;
        return Reduced(numerator, denominator, divider);
    }

    internal static CountWorth Reduced(BigInteger numerator, BigInteger denominator, decimal divider)
    {
        BigInteger common = BigInteger.GreatestCommonDivisor(numerator, denominator);
        numerator /= common;
        denominator /= common;
        return numerator <= long.MaxValue && denominator <= long.MaxValue
            ? new CountWorth((long)numerator, (long)denominator)
            : throw new ArgumentOutOfRangeException(
                nameof(divider),
                divider,
                "The divider and the transformer have too many digits: write at most four after the point."
            );
    }

    internal static (BigInteger Numerator, BigInteger Denominator) Fraction(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        BigInteger digits =
            ((BigInteger)unchecked((uint)parts[2]) << 64) | ((BigInteger)unchecked((uint)parts[1]) << 32) | unchecked((uint)parts[0]);
        return (digits, BigInteger.Pow(10, value.Scale));
    }
}
