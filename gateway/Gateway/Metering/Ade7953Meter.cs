using System.Runtime.ExceptionServices;
using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Calibration;

namespace EdgeGateway.Metering;

/// <summary>A current channel of the ADE7953.</summary>
public enum Ade7953ChannelName
{
    /// <summary>Channel A, the phase input.</summary>
    A,

    /// <summary>Channel B, the neutral input, here a second load.</summary>
    B,
}

/// <summary>Active energy and power of one channel of an ADE7953; import and export are separate registers.</summary>
public sealed class Ade7953Meter : IMeter
{
    // An overdriven input tends to a square wave, √2 of a full-scale sine.
    private const double MostOfFullScale = 1.5;

    private readonly SharedAde7953 _chip;
    private readonly Ade7953ChannelName _channel;
    private readonly Ade7953Scale _scale;
    private readonly ChannelCalibration _calibration;
    private readonly EnergyCorrection _correction;
    private readonly ExactEnergy _energy;
    private DateTimeOffset? _last;
    private DateTimeOffset? _refused;

    /// <summary>Makes the meter of one channel and opens its registers.</summary>
    /// <param name="name">The meter's name.</param>
    /// <param name="chip">The chip, one object for the meters of both channels.</param>
    /// <param name="channel">Which current input.</param>
    /// <param name="scale">Its current transformer and voltage divider.</param>
    /// <param name="accuracy">The class that the installation may claim.</param>
    /// <param name="book">Owns its registers.</param>
    /// <param name="calibration">How the channel was calibrated. Null: it was not.</param>
    public Ade7953Meter(
        string name, SharedAde7953 chip, Ade7953ChannelName channel, Ade7953Scale scale, AccuracyClass accuracy, RegisterBook book,
        ChannelCalibration? calibration = null)
    {
        (_chip, _channel, _scale, Accuracy) = (chip, channel, scale, accuracy);
        _calibration = calibration ?? ChannelCalibration.None;
        _correction = new EnergyCorrection(_calibration, scale.MilliwattHoursPerCount);
        _energy = new ExactEnergy(scale.MilliwattHoursPerCount, _calibration.Ratio);
        Registers = book.Open(name, (ObisCode.ActiveImport, Quantum.MilliwattHour), (ObisCode.ActiveExport, Quantum.MilliwattHour));
    }

    /// <inheritdoc/>
    public MeterRegisters Registers { get; }

    /// <inheritdoc/>
    public AccuracyClass Accuracy { get; }

    /// <inheritdoc/>
    public Reading Read(DateTimeOffset time)
    {
        Ade7953Sample sample = _chip.Read(_channel);
        Ade7953Channel channel = _channel == Ade7953ChannelName.A ? sample.A : sample.B;
        LiveValues live = _scale.Live(sample, channel);
        if (Plausibility.Of(live, MostOfFullScale * _scale.FullScaleA, _scale.LeastApparentVA) is { } wrong)
        {
            // The chip's registers were read, so this energy is gone: it is a gap, not a value.
            _refused ??= _last ?? time;
            throw new ChipException(MissingReason.Implausible, "ADE7953", Ade7953.I2cAddress, $"of channel {_channel}", $"{wrong}. Nothing was booked.");
        }

        (long import, long export) = _energy.Add(_correction.Correct(channel.ActiveEnergy, channel.ReactiveEnergy, live, sample.Elapsed));
        Registers.Add(import, export);
        GapCause? cause = _refused is null ? sample.Gap : GapCause.Implausible;
        Gap? gap = cause is { } why ? new Gap(_refused ?? _last ?? time, time, why) : null;
        (_last, _refused) = (time, null);
        Quality quality = sample.Quality | (channel.Saturated ? Quality.Saturated : Quality.Measured) | (gap is null ? Quality.Measured : Quality.Lost);
        return this.Measured(time, quality, _calibration.Correct(live)) with { Gap = gap };
    }
}

/// <summary>One ADE7953 between the meters of its two channels: each sample, or failure to get one, goes once to each of them.</summary>
/// <remarks>The chip is read when a channel asks for the second time, so once a poll however its meters are ordered.</remarks>
public sealed class SharedAde7953(Ade7953 chip)
{
    private readonly bool[] _taken = [true, true];
    private Ade7953Sample _sample;
    private ExceptionDispatchInfo? _fault;

    /// <summary>The next sample for a channel.</summary>
    /// <exception cref="ChipException">The chip could not be read.</exception>
    public Ade7953Sample Read(Ade7953ChannelName channel)
    {
        if (_taken[(int)channel])
        {
            (_sample, _fault) = ReadChip();
            _taken.AsSpan().Clear();
        }

        _taken[(int)channel] = true;
        _fault?.Throw();
        return _sample;
    }

    private (Ade7953Sample Sample, ExceptionDispatchInfo? Fault) ReadChip()
    {
        try
        {
            return (chip.Read(), null);
        }
        catch (ChipException e)
        {
            return (default, ExceptionDispatchInfo.Capture(e));
        }
    }
}
