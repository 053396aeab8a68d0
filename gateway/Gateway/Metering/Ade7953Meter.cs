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
    /// <param name="channel">The current input it counts.</param>
    /// <param name="scale">What its current transformer and voltage divider make of the chip's counts.</param>
    /// <param name="accuracy">The class that the installation may claim.</param>
    /// <param name="book">The book that keeps its registers.</param>
    /// <param name="calibration">How the channel was calibrated. Null: it was not.</param>
    public Ade7953Meter(
        string name,
        SharedAde7953 chip,
        Ade7953ChannelName channel,
        Ade7953Scale scale,
        AccuracyClass accuracy,
        RegisterBook book,
        ChannelCalibration? calibration = null
    )
    {
        _chip = chip;
        _channel = channel;
        _scale = scale;
        Accuracy = accuracy;
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
            // Reading the chip has taken this energy out of its registers, and it is not booked: it becomes a gap.
            _refused ??= _last ?? time;
            throw new ChipException(
                MissingReason.Implausible,
                "ADE7953",
                Ade7953.I2cAddress,
                $"of channel {_channel}",
                $"{wrong}. Nothing was booked."
            );
        }

        (long import, long export) = _energy.Add(_correction.Correct(channel.ActiveEnergy, channel.ReactiveEnergy, live, sample.Elapsed));
        Registers.Add(import, export);
        GapCause? cause = _refused is null ? sample.Gap : GapCause.Implausible;
        Gap? gap = cause is null ? null : new Gap(_refused ?? _last ?? time, time, cause.Value);
        _last = time;
        _refused = null;
        Quality quality =
            sample.Quality | (channel.Saturated ? Quality.Saturated : Quality.Measured) | (gap is null ? Quality.Measured : Quality.Lost);
        return this.Measured(time, quality, _calibration.Correct(live)) with { Gap = gap };
    }
}

/// <summary>One ADE7953 between the meters of its two channels.</summary>
public sealed class SharedAde7953(Ade7953 chip) : SharedChip<Ade7953Sample>(chip.Read, 2)
{
    /// <summary>The next sample for a channel.</summary>
    /// <exception cref="ChipException">The chip could not be read.</exception>
    public Ade7953Sample Read(Ade7953ChannelName channel) => Read((int)channel);
}
