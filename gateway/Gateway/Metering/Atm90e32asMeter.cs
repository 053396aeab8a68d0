using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Calibration;

namespace EdgeGateway.Metering;

/// <summary>Active energy and power of one phase of an ATM90E32AS; import and export are separate registers.</summary>
/// <remarks>
/// Energy is booked as the balance of the time between two readings. What the chip counted while its live values were impossible is held
/// until a reading with possible ones, and booked then. More energy than twice full scale in that time is refused, and the reading has a
/// gap.
/// </remarks>
public sealed class Atm90e32asMeter : IMeter
{
    private readonly SharedAtm90e32as _chip;
    private readonly Atm90e32asPhaseName _phase;
    private readonly Atm90e32asScale _scale;
    private readonly ChannelCalibration _calibration;
    private readonly EnergyCorrection _correction;
    private readonly ExactEnergy _energy;
    private DateTimeOffset? _countedUntil;
    private long _active;
    private long _reactive;
    private TimeSpan _elapsed;
    private GapCause? _lacks;
    private bool _saturated;

    /// <summary>Makes the meter of one phase and opens its registers.</summary>
    /// <param name="name">The meter's name.</param>
    /// <param name="chip">The chip, one object for the meters of all its phases.</param>
    /// <param name="phase">The phase it counts.</param>
    /// <param name="scale">What its current transformer and voltage divider make of the chip's counts.</param>
    /// <param name="accuracy">The class that the installation may claim.</param>
    /// <param name="book">The book that keeps its registers.</param>
    /// <param name="calibration">How the channel was calibrated. Null: it was not.</param>
    public Atm90e32asMeter(
        string name,
        SharedAtm90e32as chip,
        Atm90e32asPhaseName phase,
        Atm90e32asScale scale,
        AccuracyClass accuracy,
        RegisterBook book,
        ChannelCalibration? calibration = null
    )
    {
        _chip = chip;
        _phase = phase;
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
        Atm90e32asSample sample = _chip.Read(_phase);
        Atm90e32asPhase phase = sample[_phase];
        _active += phase.ActiveForward - phase.ActiveReverse;
        _reactive += phase.ReactiveForward - phase.ReactiveReverse;
        _elapsed += sample.Elapsed;
        _lacks ??= sample.Lacks;
        _saturated |= phase.Saturated;
        LiveValues live = _scale.Live(sample, phase);
        if (Plausibility.Of(live, _scale.MostA, _scale.LeastApparentVA) is { } wrong)
        {
            throw _chip.Chip.Implausible($"values of phase {_phase}", wrong);
        }

        if (Math.Abs(_active) > Atm90e32asScale.MostCounts(_elapsed))
        {
            _lacks = GapCause.Implausible;
        }
        else
        {
            (long import, long export) = _energy.Add(_correction.Correct(_active, _reactive, live, _elapsed));
            Registers.Add(import, export);
        }

        Quality quality = (_lacks is null ? Quality.Measured : Quality.Lost) | (_saturated ? Quality.Saturated : Quality.Measured);
        Gap? gap = _lacks is null || _countedUntil is null ? null : new Gap(_countedUntil.Value, time, _lacks.Value);
        _active = 0;
        _reactive = 0;
        _elapsed = TimeSpan.Zero;
        _lacks = null;
        _saturated = false;
        _countedUntil = time;
        return this.Measured(time, quality, _calibration.Correct(live)) with { Gap = gap };
    }
}

/// <summary>One ATM90E32AS between the meters of its three phases.</summary>
public sealed class SharedAtm90e32as(Atm90e32as chip) : SharedChip<Atm90e32asSample>(chip.Read, 3)
{
    /// <summary>The chip.</summary>
    public Atm90e32as Chip => chip;

    /// <summary>The next sample for a phase.</summary>
    /// <exception cref="ChipException">The chip could not be read.</exception>
    public Atm90e32asSample Read(Atm90e32asPhaseName phase) => Read((int)phase);
}
