using EdgeGateway.Drivers;

namespace EdgeGateway.Simulation;

/// <summary>
/// A signal as it reaches the converters of one device, with that device's errors, in volts and amperes of the mains by nominal values: a
/// simulated chip on it is a perfect chip behind an imperfect clamp, divider and converter.
/// </summary>
/// <remarks>
/// Energy is without what DC at both inputs makes together, as chips with a high-pass filter count it, and without noise, which has no
/// mean. Not for two threads at once: the noise comes from one generator.
/// </remarks>
public sealed class ModelledFrontEnd : IWaveform
{
    private const int SamplesPerStretch = 512;

    private readonly FrontEndErrors _errors;
    private readonly double _divider;
    private readonly CurrentTransformer _transformer;
    private readonly Random _noise;
    private Sine[] _voltage = [];
    private Sine[] _current = [];
    private double _activeW;
    private double _reactiveVar;

    /// <summary>Mounts a device on a signal.</summary>
    /// <param name="errors">The device's errors.</param>
    /// <param name="transformer">What is printed on its clamp.</param>
    /// <param name="voltageDivider">Nominal mains volts for one volt at the voltage input.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="signal">The signal to begin with.</param>
    public ModelledFrontEnd(FrontEndErrors errors, CurrentTransformer transformer, decimal voltageDivider, int seed, MainsSignal signal)
    {
        _errors = errors;
        _transformer = transformer;
        _divider = (double)voltageDivider;
        _noise = new Random(seed);
        Signal = signal;
    }

    /// <summary>The signal. Another one holds from then on, and for all of the past too.</summary>
    public MainsSignal Signal
    {
        get;
        set
        {
            field = value;
            double share = value.CurrentA / (double)_transformer.PrimaryA;
            double gain = _errors.GainAt(share);
            double lead = _errors.LeadAt(share);
            double leaked = _errors.Crosstalk / _divider * _transformer.AmperesPerVolt;
            _voltage = [.. value.Voltage.Select(v => Of(v, 1 + (_errors.VoltagePercent / 100), 0))];
            _current =
            [
                .. value.Current.Select(i => Of(i, gain, LeadAt(i.Order * value.Hertz))),
                .. value.Voltage.Select(v => Of(v, leaked, 0)),
            ];
            _activeW = 0;
            _reactiveVar = 0;
            foreach (Sine v in _voltage)
            {
                foreach (Sine i in _current.Where(i => i.Order == v.Order))
                {
                    (double sin, double cos) = Math.SinCos(v.Radians - i.Radians);
                    _activeW += v.Peak * i.Peak / 2 * cos;
                    _reactiveVar += v.Order == 1 ? v.Peak * i.Peak / 2 * sin : 0;
                }
            }

            double LeadAt(double hertz) => (lead * 50 / hertz) + (_errors.ChannelLeadDegrees * hertz / 50);

            static Sine Of(Harmonic h, double factor, double leadDegrees) =>
                new(h.Order, h.Rms * Math.Sqrt(2) * factor, (h.Degrees + leadDegrees) * Math.PI / 180);
        }
    }

    /// <summary>DC at both inputs beside the device's own, millivolts.</summary>
    public double AddedOffsetMv { get; set; }

    /// <inheritdoc/>
    public double Hertz(double at) => Signal.Hertz;

    /// <inheritdoc/>
    public WaveSample At(double at) => At(at, 1);

    /// <inheritdoc/>
    public int Samples(double from, double to, Span<WaveSample> samples)
    {
        if (to <= from)
        {
            return 0;
        }

        int count = Math.Min(SamplesPerStretch, samples.Length);
        for (int i = 0; i < count; i++)
        {
            samples[i] = At(from + ((to - from) * i / count), (to - from) / count);
        }

        return count;
    }

    /// <inheritdoc/>
    public double Joules(double from, double to) => _activeW * (to - from);

    /// <inheritdoc/>
    public double VarSeconds(double from, double to) => _reactiveVar * (to - from);

    private WaveSample At(double at, double weight)
    {
        double angle = 2 * Math.PI * Signal.Hertz * at;
        (double noiseV, double noiseI) = Noise();
        double volts = (_errors.VoltageOffsetMv + AddedOffsetMv + noiseV) / 1000 * _divider;
        double amperes = (_errors.CurrentOffsetMv + AddedOffsetMv + noiseI) / 1000 * _transformer.AmperesPerVolt;
        foreach (Sine v in _voltage)
        {
            volts += v.At(angle);
        }

        foreach (Sine i in _current)
        {
            amperes += i.At(angle);
        }

        return new WaveSample(volts, amperes, weight);
    }

    // Two independent normally distributed numbers, from two evenly distributed ones (Box and Muller).
    private (double V, double I) Noise()
    {
        if (_errors.NoiseMv == 0)
        {
            return (0, 0);
        }

        double size = _errors.NoiseMv * Math.Sqrt(-2 * Math.Log(1 - _noise.NextDouble()));
        (double sin, double cos) = Math.SinCos(2 * Math.PI * _noise.NextDouble());
        return (size * cos, size * sin);
    }

    private readonly record struct Sine(int Order, double Peak, double Radians)
    {
        public double At(double angle) => Peak * Math.Sin((Order * angle) + Radians);
    }
}
