using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Calibration;

namespace EdgeGateway.Metering;

/// <summary>
/// Indicative current of a clamp on an ADS1115, and apparent power with a voltage that is assumed: volt-amperes, never watts.
/// </summary>
public sealed class Ads1115Meter : IMeter
{
    // A window of whole cycles of 50 Hz, at 860 samples a second, gives the same RMS wherever in a cycle it begins.
    private const double MainsHz = 50;
    private const double SamplesPerCycle = Ads1115.NominalRate / MainsHz;
    private const int CyclesPerSecondOfBus = 20;

    // Polls are a second apart. Over a few missed ones the power is taken to have changed evenly; over a longer time nobody knows it.
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(5);

    private readonly Ads1115 _chip;
    private readonly Ads1115Input _input;
    private readonly Ads1115Range _range;
    private readonly CurrentTransformer _transformer;
    private readonly double _assumedVoltageV;
    private readonly int _samples;
    private readonly TimeProvider _time;
    private readonly ChannelCalibration _calibration;
    private LastPoll? _last;
    private double _restMvah;

    /// <summary>Makes the meter of one input and opens its register.</summary>
    /// <param name="name">The meter's name.</param>
    /// <param name="chip">The chip.</param>
    /// <param name="input">The input that its clamp is wired to.</param>
    /// <param name="transformer">The clamp.</param>
    /// <param name="assumedVoltageV">The voltage to take for the apparent power, volts RMS.</param>
    /// <param name="inputsOnBus">How many such meters share the bus. More of them sample for less time each, so that a poll fits a
    /// second.</param>
    /// <param name="book">The book that keeps its register.</param>
    /// <param name="time">Measures the time between polls.</param>
    /// <param name="calibration">How the channel was calibrated. Null: it was not.</param>
    public Ads1115Meter(
        string name,
        Ads1115 chip,
        Ads1115Input input,
        CurrentTransformer transformer,
        decimal assumedVoltageV,
        int inputsOnBus,
        RegisterBook book,
        TimeProvider time,
        ChannelCalibration? calibration = null
    )
    {
        _calibration = calibration ?? ChannelCalibration.None;
        _chip = chip;
        _input = input;
        _transformer = transformer;
        _time = time;
        _range = Ads1115Settings.RangeFor(transformer, input);
        _assumedVoltageV = (double)assumedVoltageV;
        _samples = (int)Math.Round(SamplesPerCycle * Math.Clamp(CyclesPerSecondOfBus / inputsOnBus, 1, 10));
        Registers = book.Open(name, (ObisCode.ApparentImport, Quantum.MillivoltAmpereHour));
    }

    /// <inheritdoc/>
    public MeterRegisters Registers { get; }

    /// <inheritdoc/>
    public AccuracyClass Accuracy => AccuracyClass.Indicative;

    /// <inheritdoc/>
    public Reading Read(DateTimeOffset time)
    {
        Ads1115Window window = _chip.SampleWindow(_input, _range, _samples);
        long at = _time.GetTimestamp();
        double amperes = _calibration.CurrentA(window.RmsA(_transformer) / Ads1115.Passes(MainsHz, Ads1115.NominalRate));
        double va = amperes * _assumedVoltageV;
        Quality quality = Quality.Estimated | (window.Clipped ? Quality.Saturated : Quality.Measured);
        if (_last is { } last)
        {
            TimeSpan elapsed = _time.GetElapsedTime(last.At, at);
            if (elapsed <= LongestGap)
            {
                Book((last.Va + va) / 2 * elapsed.TotalHours * 1000);
            }
            else
            {
                quality |= Quality.Lost;
            }
        }

        _last = new LastPoll(va, at);
        return this.Measured(time, quality, new LiveValues(CurrentA: amperes, ApparentPowerVA: va));
    }

    private void Book(double mvah)
    {
        _restMvah += mvah;
        long whole = (long)_restMvah;
        _restMvah -= whole;
        Registers.Add(whole);
    }

    // The apparent power at the last poll, VA, and when it was, as a time stamp.
    private readonly record struct LastPoll(double Va, long At);
}
