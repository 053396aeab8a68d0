using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Calibration;

namespace EdgeGateway.Metering;

/// <summary>
/// Indicative current of a clamp on an ADS1115 that converts continuously, and apparent power with a voltage that is assumed: volt-amperes,
/// never watts. Every moment is sampled, so only the voltage is an estimate.
/// </summary>
public sealed class Ads1115ContinuousMeter : IMeter
{
    private readonly Ads1115ContinuousInput _stream;
    private readonly CurrentTransformer _transformer;
    private readonly double _assumedVoltageV;
    private readonly ChannelCalibration _calibration;
    private double? _amperes;
    private double _restMvah;

    /// <summary>Makes the meter of one input and opens its register.</summary>
    /// <param name="name">The meter's name.</param>
    /// <param name="stream">The input's samples.</param>
    /// <param name="transformer">The clamp.</param>
    /// <param name="assumedVoltageV">The voltage to take for the apparent power, volts RMS.</param>
    /// <param name="book">The book that keeps its register.</param>
    /// <param name="calibration">How the channel was calibrated. Null: it was not.</param>
    public Ads1115ContinuousMeter(
        string name,
        Ads1115ContinuousInput stream,
        CurrentTransformer transformer,
        decimal assumedVoltageV,
        RegisterBook book,
        ChannelCalibration? calibration = null
    )
    {
        _stream = stream;
        _transformer = transformer;
        _assumedVoltageV = (double)assumedVoltageV;
        _calibration = calibration ?? ChannelCalibration.None;
        Registers = book.Open(name, (ObisCode.ApparentImport, Quantum.MillivoltAmpereHour));
    }

    /// <inheritdoc/>
    public MeterRegisters Registers { get; }

    /// <inheritdoc/>
    public AccuracyClass Accuracy => AccuracyClass.Indicative;

    /// <inheritdoc/>
    public Reading Read(DateTimeOffset time)
    {
        Ads1115Taken taken = _stream.Take();
        if (taken.RmsV is { } newest)
        {
            _amperes = _calibration.CurrentA(newest * _transformer.AmperesPerVolt);

            // All windows since the last reading are corrected as the newest one is.
            double seconds = taken.VoltSeconds / newest;
            Book(newest == 0 ? 0 : _amperes.Value * seconds * _assumedVoltageV * 1000 / 3600);
        }

        Gap? gap = taken.Gap is { } gapNs ? new Gap(At(gapNs.FromNs), At(gapNs.ToNs), GapCause.NotSampled, taken.LostSamples) : null;
        Quality quality =
            Quality.Estimated | (taken.Clipped ? Quality.Saturated : Quality.Measured) | (gap is null ? Quality.Measured : Quality.Lost);
        return this.Measured(time, quality, new LiveValues(CurrentA: _amperes, ApparentPowerVA: _amperes * _assumedVoltageV)) with
        {
            Gap = gap,
        };

        DateTimeOffset At(long ns) => time - TimeSpan.FromMicroseconds((taken.NowNs - ns) / 1000);
    }

    private void Book(double mvah)
    {
        _restMvah += mvah;
        long whole = (long)_restMvah;
        _restMvah -= whole;
        Registers.Add(whole);
    }
}
