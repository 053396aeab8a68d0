using EdgeGateway.Drivers;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Calibration;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;

namespace EdgeGateway.Bench.Accuracy;

/// <summary>What a calibrated device made of a signal.</summary>
/// <param name="Watts">Mean power by its registers, import positive; NaN when it refused to say.</param>
/// <param name="Warned">It said that an input was beyond its range, or refused the values.</param>
internal readonly record struct Shown(double Watts, bool Warned);

/// <summary>One drawn device of a kind, from the clamp to the register.</summary>
internal abstract class MeteredDevice
{
    public const decimal Divider = 1001;

    public static CurrentTransformer Transformer { get; } = new(100, 333);

    /// <summary>The largest sine current that the current input takes, amperes RMS.</summary>
    public abstract double FullScaleA { get; }

    /// <summary>What it shows live of a signal without any calibration, as commissioning takes it.</summary>
    public abstract LiveValues Live(MainsSignal signal);

    /// <summary>What its registers count of a signal with each of the calibrations.</summary>
    public abstract IReadOnlyList<Shown> Measure(SweepPoint point, IReadOnlyList<ChannelCalibration> calibrations);

    protected static LiveValues Mean(IReadOnlyList<LiveValues> live)
    {
        return new LiveValues(
            CurrentA: Of(l => l.CurrentA),
            ActivePowerW: Of(l => l.ActivePowerW),
            ReactivePowerVar: Of(l => l.ReactivePowerVar)
        );

        double Of(Func<LiveValues, double?> value) => live.Select(l => value(l)!.Value).Average();
    }
}

/// <summary>A chip that counts energy by itself, through its register twin, the driver and the product's meter.</summary>
internal abstract class ChipDevice(ModelledFrontEnd frontEnd, SteppedTime time) : MeteredDevice
{
    private const int LiveReadings = 4;

    protected SteppedTime Time { get; } = time;

    /// <summary>Seconds in which the registers count enough for their steps not to matter.</summary>
    protected abstract double SecondsFor(double watts);

    protected abstract double SecondsPerReading { get; }

    /// <summary>Meters of all phases, the one in question first.</summary>
    protected abstract IReadOnlyList<IMeter> Open(ChannelCalibration calibration);

    /// <summary>Puts a signal on the chip.</summary>
    protected abstract void Apply(SweepPoint point);

    public override LiveValues Live(MainsSignal signal)
    {
        Apply(new SweepPoint("", signal, 0));
        IMeter meter = Open(ChannelCalibration.None)[0];
        List<LiveValues> live = [];
        for (int i = 0; i < LiveReadings; i++)
        {
            Time.Advance(1);
            live.Add(meter.Read(Time.GetUtcNow()).Live);
        }

        return Mean(live);
    }

    public override IReadOnlyList<Shown> Measure(SweepPoint point, IReadOnlyList<ChannelCalibration> calibrations)
    {
        Apply(point);
        frontEnd.AddedOffsetMv = point.OffsetMv;
        List<Shown> shown = [.. calibrations.Select(c => Measure(point, Open(c)))];
        frontEnd.AddedOffsetMv = 0;
        return shown;
    }

    private Shown Measure(SweepPoint point, IReadOnlyList<IMeter> meters)
    {
        Time.Advance(1);
        bool warned = !TryRead(meters, out _);
        long before = Balance(meters);
        double seconds = 0;
        while (seconds < SecondsFor(Math.Abs(point.Signal.ActivePowerW)))
        {
            Time.Advance(SecondsPerReading);
            seconds += SecondsPerReading;
            warned |= !TryRead(meters, out Quality quality) || (quality & Quality.Saturated) != 0;
        }

        return new Shown((Balance(meters) - before) * 3.6 / seconds, warned);
    }

    private bool TryRead(IReadOnlyList<IMeter> meters, out Quality quality)
    {
        quality = Quality.Measured;
        bool all = true;
        foreach (IMeter meter in meters)
        {
            try
            {
                quality |= meter.Read(Time.GetUtcNow()).Quality;
            }
            catch (ChipException e) when (e.Reason == MissingReason.Implausible)
            {
                all = false;
            }
        }

        return all;
    }

    // Import less export, milliwatt-hours.
    private static long Balance(IReadOnlyList<IMeter> meters)
    {
        long balance = 0;
        foreach (IMeter meter in meters)
        {
            balance += meter.Registers.Now[0].Count - meter.Registers.Now[1].Count;
        }

        return balance;
    }
}

/// <summary>Channel A of an ADE7953.</summary>
internal sealed class Ade7953Device : ChipDevice
{
    private readonly ModelledFrontEnd _frontEnd;
    private readonly Ade7953 _driver;
    private readonly Ade7953Scale _scale = new(Transformer, Divider);

    private Ade7953Device(ModelledFrontEnd frontEnd, SteppedTime time)
        : base(frontEnd, time)
    {
        _frontEnd = frontEnd;
        _driver = new Ade7953(new SimulatedAde7953(new SimulatedClamp(frontEnd, Transformer), null, Divider, time), time);
    }

    public static Ade7953Device Make(FrontEndErrors errors, int seed) =>
        new(new ModelledFrontEnd(errors, Transformer, Divider, seed, SweepPoint.Idle), new SteppedTime());

    public override double FullScaleA => _scale.FullScaleA;

    protected override double SecondsPerReading => 30;

    protected override double SecondsFor(double watts) => 60;

    protected override void Apply(SweepPoint point) => _frontEnd.Signal = point.Signal;

    protected override IReadOnlyList<IMeter> Open(ChannelCalibration calibration) =>
        [
            new Ade7953Meter(
                "a",
                new SharedAde7953(_driver),
                Ade7953ChannelName.A,
                _scale,
                AccuracyClass.Class1,
                Registers.Empty,
                calibration
            ),
        ];
}

/// <summary>Phase A of an ATM90E32AS, with B and C beside it.</summary>
internal sealed class Atm90e32asDevice : ChipDevice
{
    // So many counts of 0.01 CF that one more or less is 0.025 %.
    private const double Counts = 4000;

    private readonly IReadOnlyList<ModelledFrontEnd> _phases;
    private readonly Atm90e32as _driver;
    private readonly Atm90e32asScale _scale = new(Transformer, Divider);
    private bool _alone;

    private Atm90e32asDevice(IReadOnlyList<ModelledFrontEnd> phases, SteppedTime time)
        : base(phases[0], time)
    {
        _phases = phases;
        _driver = new Atm90e32as(
            new SimulatedAtm90e32as([.. phases.Select(p => new SimulatedClamp(p, Transformer))], Divider, time),
            50,
            time
        );
    }

    public static Atm90e32asDevice Make(IReadOnlyList<FrontEndErrors> errors, int seed) =>
        new(
            [.. errors.Select((e, i) => new ModelledFrontEnd(e, Transformer, Divider, (3 * seed) + i, SweepPoint.Idle))],
            new SteppedTime()
        );

    public override double FullScaleA => 1.2 / Math.Sqrt(2) * Transformer.AmperesPerVolt;

    protected override double SecondsPerReading => 60;

    protected override double SecondsFor(double watts)
    {
        (long numerator, long denominator) = _scale.MilliwattHoursPerCount;
        return watts == 0 ? 60 : Counts * numerator / denominator * 3.6 / watts;
    }

    protected override void Apply(SweepPoint point)
    {
        _alone = point.OnePhase;
        _phases[0].Signal = point.Signal;
        foreach (ModelledFrontEnd other in _phases.Skip(1))
        {
            other.Signal = point.OnePhase ? point.Signal with { Current = [] } : point.Signal;
        }
    }

    protected override IReadOnlyList<IMeter> Open(ChannelCalibration calibration)
    {
        SharedAtm90e32as chip = new(_driver);
        return _alone
            ? [Of(Atm90e32asPhaseName.A, calibration), Of(Atm90e32asPhaseName.B, calibration), Of(Atm90e32asPhaseName.C, calibration)]
            : [Of(Atm90e32asPhaseName.A, calibration)];

        Atm90e32asMeter Of(Atm90e32asPhaseName phase, ChannelCalibration with) =>
            new(phase.ToString(), chip, phase, _scale, AccuracyClass.Class1, Registers.Empty, with);
    }
}

/// <summary>A voltage and a current sampled at once in 16 bits, through the streaming meter.</summary>
internal sealed class SampledDevice(FrontEndErrors errors, double samplesPerSecond, int seed) : MeteredDevice
{
    private const double RangeMv = 512;
    private const double Seconds = 1.2;

    private static readonly double VoltsPerStep = RangeMv / 1000 / 32768 * (double)Divider;
    private static readonly double AmperesPerStep = RangeMv / 1000 / 32768 * Transformer.AmperesPerVolt;

    private readonly ModelledFrontEnd _frontEnd = new(errors, Transformer, Divider, seed, SweepPoint.Idle);

    // The upper end of the range has one step less than the lower.
    private readonly WaveformSettings _settings = new() { ClipV = 32767 * VoltsPerStep, ClipA = 32767 * AmperesPerStep };

    public override double FullScaleA => RangeMv / 1000 / Math.Sqrt(2) * Transformer.AmperesPerVolt;

    public override LiveValues Live(MainsSignal signal) => Mean([.. Windows(signal).Select(Values)]);

    public override IReadOnlyList<Shown> Measure(SweepPoint point, IReadOnlyList<ChannelCalibration> calibrations)
    {
        _frontEnd.AddedOffsetMv = point.OffsetMv;
        IReadOnlyList<WaveformWindow> windows = Windows(point.Signal);
        _frontEnd.AddedOffsetMv = 0;
        bool warned = windows.Any(w => w.Note.HasFlag(WaveformNote.Clipped));
        return [.. calibrations.Select(c => new Shown(windows.Select(w => c.Correct(Values(w)).ActivePowerW!.Value).Average(), warned))];
    }

    private static LiveValues Values(WaveformWindow w) =>
        new(
            VoltageV: w.VoltageV,
            CurrentA: w.CurrentA,
            ActivePowerW: w.ActivePowerW,
            ApparentPowerVA: w.ApparentPowerVA,
            PowerFactor: w.PowerFactor,
            FrequencyHz: w.FrequencyHz,
            ReactivePowerVar: w.ReactivePowerVar
        );

    private IReadOnlyList<WaveformWindow> Windows(MainsSignal signal)
    {
        _frontEnd.Signal = signal;
        int count = (int)(Seconds * samplesPerSecond);
        (double[] seconds, double[] volts, double[] amperes) = (new double[count], new double[count], new double[count]);
        for (int i = 0; i < count; i++)
        {
            WaveSample sample = _frontEnd.At(seconds[i] = i / samplesPerSecond);
            (volts[i], amperes[i]) = (Quantised(sample.Volts, VoltsPerStep), Quantised(sample.Amperes, AmperesPerStep));
        }

        // The one before the first crossing is no whole number of cycles.
        return [.. WaveformMeter.Measure(_settings, seconds, volts, amperes).Where(w => w.FrequencyHz is not null)];
    }

    private static double Quantised(double value, double step) =>
        Math.Clamp(Math.Round(value / step), short.MinValue, short.MaxValue) * step;
}

/// <summary>A register book that begins with nothing.</summary>
internal static class Registers
{
    public static RegisterBook Empty => new(new Dictionary<RegisterKey, Register>(), new Dictionary<RegisterKey, Register>());
}
