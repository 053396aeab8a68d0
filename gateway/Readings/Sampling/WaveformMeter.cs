namespace EdgeGateway.Readings.Sampling;

/// <summary>What a sampled voltage and current input can show.</summary>
public sealed record WaveformSettings
{
    /// <summary>Cycles a window, 1 to 1000. Ten of 50 Hz and twelve of 60 Hz are 0.2 s, as in IEC 61000-4-30.</summary>
    public int Cycles { get; init; } = 10;

    /// <summary>The end of the voltage's range, in the samples' unit. A sample there is clipped.</summary>
    public double ClipV { get; init; } = double.PositiveInfinity;

    /// <summary>The end of the current's range, in the samples' unit. A sample there is clipped.</summary>
    public double ClipA { get; init; } = double.PositiveInfinity;

    /// <summary>RMS current of the input's own noise: up to here there is no load.</summary>
    public double NoiseA { get; init; }

    /// <summary>Active power below which nothing is counted: a meter must not creep.</summary>
    public double CreepW { get; init; }

    /// <summary>A longer time between two samples is a gap: the window it falls into is given up.</summary>
    public double LongestStepSeconds { get; init; } = double.PositiveInfinity;

    /// <summary>Whether to compute the harmonic distortion, which takes several times as long as all the rest.</summary>
    public bool Harmonics { get; init; }
}

/// <summary>Measures a sampled voltage and current, sample after sample.</summary>
/// <remarks>
/// <para>
/// Windows reach from one rising zero crossing of the voltage to another, both interpolated between samples; a sample's weight is the
/// time it stands for, and the pieces at the ends are weighted by their length. No time lies between windows:
/// </para>
/// <code>
///    v   .·˙·.       .·˙·.       .·˙·.
///   ----/-----\-----/-----\-----/-----\---
///      ^       ˙·.·˙ ^     ˙·.·˙ ^            ^ crossing
///      |---- window of 2 cycles -|--- next ---
/// </code>
/// <para>
/// A crossing counts only after the voltage was an eighth of its recent peak below zero, and at the earliest 5 ms after the last one:
/// neither noise nor a notch makes a cycle. DC on the voltage may be half its amplitude. Frequencies from 10 to 100 Hz. When no crossing
/// came for 0.1 s the voltage is gone: the time since the last window is given as a window without a frequency.
/// </para>
/// <para>
/// Sums are doubles. They hold integers below 2⁵³ exactly, so converter counts of 16 bits are summed without rounding, as integers would.
/// The samples of one window are kept in a buffer that is used again; nothing is allocated for a sample.
/// </para>
/// </remarks>
public sealed class WaveformMeter
{
    private const double SlowestCycleSeconds = 0.1;
    private const double QuickestArmSeconds = 0.005;
    private const double PeakDecaySeconds = 0.1;
    private const double LearnSeconds = 0.05;
    private const double HysteresisOfPeak = 0.125;

    private readonly WaveformSettings _settings;
    private readonly Harmonics? _harmonics;
    private double[] _seconds = new double[1024];
    private double[] _volts = new double[1024];
    private double[] _amperes = new double[1024];
    private int _count;
    private int _examined;
    private bool _learned;
    private double _peak;
    private Boundary? _start;
    private double _lastCrossing = double.NegativeInfinity;
    private int _whole;
    private bool _startsAtCrossing;
    private bool _armed;

    /// <summary>Makes a meter that has seen nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The cycles are not 1 to 1000.</exception>
    public WaveformMeter(WaveformSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Cycles, 1, nameof(settings));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.Cycles, 1000, nameof(settings));
        _settings = settings;
        _harmonics = settings is { Harmonics: true, Cycles: >= Harmonics.LeastCycles } ? new Harmonics(settings.Cycles) : null;
    }

    /// <summary>Measures a whole recording. What lies before the first crossing and after the last whole window is in none.</summary>
    /// <param name="settings">What the inputs can show.</param>
    /// <param name="seconds">When the samples were taken, increasing.</param>
    /// <param name="volts">The voltage at those times.</param>
    /// <param name="amperes">The current at those times.</param>
    /// <exception cref="ArgumentException">The spans differ in length, or a time does not come after the one before.</exception>
    public static IReadOnlyList<WaveformWindow> Measure(
        WaveformSettings settings,
        ReadOnlySpan<double> seconds,
        ReadOnlySpan<double> volts,
        ReadOnlySpan<double> amperes
    )
    {
        if (volts.Length != seconds.Length || amperes.Length != seconds.Length)
        {
            throw new ArgumentException($"{seconds.Length} times need as many voltages ({volts.Length}) and currents ({amperes.Length}).");
        }

        WaveformMeter meter = new(settings);
        List<WaveformWindow> windows = [];
        for (int i = 0; i < seconds.Length; i++)
        {
            meter.Add(seconds[i], volts[i], amperes[i]);
            Take();
        }

        meter._learned = true;
        Take();
        return windows;

        void Take()
        {
            while (meter.TryTake(out WaveformWindow window))
            {
                windows.Add(window);
            }
        }
    }

    /// <summary>Adds a sample of both inputs.</summary>
    /// <param name="seconds">When it was taken, on an axis that only rises.</param>
    /// <param name="volts">The voltage, in volts or in any unit of its own: results come in the same.</param>
    /// <param name="amperes">The current.</param>
    /// <exception cref="ArgumentException">The time does not come after the one before.</exception>
    public void Add(double seconds, double volts, double amperes)
    {
        if (_count > 0)
        {
            double step = seconds - _seconds[_count - 1];
            if (!(step > 0))
            {
                throw new ArgumentException(
                    $"A sample at {seconds} s does not come after the one before at {_seconds[_count - 1]} s.",
                    nameof(seconds)
                );
            }

            if (step > _settings.LongestStepSeconds)
            {
                Restart();
            }
        }

        if (_count == _seconds.Length)
        {
            Array.Resize(ref _seconds, 2 * _count);
            Array.Resize(ref _volts, 2 * _count);
            Array.Resize(ref _amperes, 2 * _count);
        }

        _seconds[_count] = seconds;
        _volts[_count] = volts;
        _amperes[_count] = amperes;
        _count++;
        _learned |= seconds - _seconds[0] >= LearnSeconds;
    }

    /// <summary>Takes the next window that is complete. Call it after each sample until it says false.</summary>
    public bool TryTake(out WaveformWindow window)
    {
        window = default;
        if (!_learned)
        {
            return false;
        }

        if (_peak == 0)
        {
            // Without the largest voltage of the first cycles the noise at the start would look like a voltage.
            _peak = FirstPeak();
        }

        while (_examined < _count)
        {
            if (Examine(_examined++, ref window))
            {
                return true;
            }
        }

        Forget();
        return false;
    }

    /// <summary>
    /// Gives up what was added and not yet measured: samples are missing here. The next window begins at a crossing to come.
    /// </summary>
    public void Restart()
    {
        _count = 0;
        _examined = 0;
        _start = null;
        _lastCrossing = double.NegativeInfinity;
        _whole = 0;
        _startsAtCrossing = false;
        _armed = false;
    }

    private bool Examine(int i, ref WaveformWindow window)
    {
        bool complete = false;
        if (i > 0)
        {
            _peak *= Math.Max(0, 1 - ((_seconds[i] - _seconds[i - 1]) / PeakDecaySeconds));
        }

        _peak = Math.Max(_peak, Math.Abs(_volts[i]));
        if (_armed && _volts[i] >= 0)
        {
            _armed = false;
            double part = -_volts[i - 1] / (_volts[i] - _volts[i - 1]);
            Boundary crossing = Boundary.Between(_seconds, i, part);
            _lastCrossing = crossing.Seconds;
            _whole++;
            if (_start is not null && (!_startsAtCrossing || _whole == _settings.Cycles))
            {
                window = Of(_start.Value, crossing, _startsAtCrossing ? _settings.Cycles : null);
                complete = true;
                _start = null;
            }

            if (_start is null)
            {
                _start = crossing;
                _startsAtCrossing = true;
                _whole = 0;
            }
        }
        else if (_volts[i] < -HysteresisOfPeak * _peak && _seconds[i] - _lastCrossing >= QuickestArmSeconds)
        {
            _armed = true;
        }

        double waitedSince = Math.Max(_lastCrossing, _start?.Seconds ?? _seconds[0]);
        if (!complete && _seconds[i] - waitedSince >= SlowestCycleSeconds)
        {
            Boundary here = Boundary.At(_seconds, i);
            window = Of(_start ?? Boundary.At(_seconds, 0), here, cycles: null);
            complete = true;
            _start = here;
            _startsAtCrossing = false;
            _armed = false;
        }

        return complete;
    }

    private double FirstPeak()
    {
        double peak = double.Epsilon;
        for (int i = 0; i < _count && _seconds[i] - _seconds[0] < LearnSeconds; i++)
        {
            peak = Math.Max(peak, Math.Abs(_volts[i]));
        }

        return peak;
    }

    // Drops the samples before the one that the start was interpolated from: no window to come needs them.
    private void Forget()
    {
        int past = Math.Min((_start?.Before ?? 0) - 1, _count - 1);
        if (past < _seconds.Length / 4 || _start is not { } start)
        {
            return;
        }

        _count -= past;
        _examined -= past;
        Array.Copy(_seconds, past, _seconds, 0, _count);
        Array.Copy(_volts, past, _volts, 0, _count);
        Array.Copy(_amperes, past, _amperes, 0, _count);
        _start = start with { Before = start.Before - past };
    }

    private WaveformWindow Of(Boundary from, Boundary to, int? cycles)
    {
        double length = to.Seconds - from.Seconds;
        double? frequency = cycles / length;
        Sums sums = Sum(from, to, frequency);
        int samples = to.Before - from.Before;
        HarmonicDistortion distortion = frequency is null || _harmonics is null ? default : _harmonics.Distortion(samples);

        // The phasors are V = Vc − j·Vs and I = Ic − j·Is with amplitudes 2/T·∫, so P₁ + j·Q₁ = V·I*/2.
        double fundamental = 2 * ((sums.VCos * sums.ICos) + (sums.VSin * sums.ISin)) / (length * length);
        double reactive = 2 * ((sums.VCos * sums.ISin) - (sums.VSin * sums.ICos)) / (length * length);
        WaveformWindow window = new(
            from.Seconds,
            to.Seconds,
            samples,
            Math.Sqrt(sums.VV / length),
            Math.Sqrt(sums.II / length),
            sums.VI / length,
            frequency is null ? null : fundamental,
            frequency is null ? null : reactive,
            frequency,
            sums.PeakV,
            sums.PeakI,
            distortion.Voltage,
            distortion.Current,
            sums.Clipped ? WaveformNote.Clipped : WaveformNote.None
        );
        return window.CurrentA <= _settings.NoiseA || Math.Abs(window.ActivePowerW) < _settings.CreepW ? WithoutLoad(window) : window;
    }

    private Sums Sum(Boundary from, Boundary to, double? frequency)
    {
        double length = to.Seconds - from.Seconds;
        double omega = 2 * Math.PI * (frequency ?? 0);

        // First the DC offsets, then everything about them: a large offset then costs no digits.
        double dcV = 0,
            dcI = 0;
        foreach (Piece p in new Pieces(_seconds, from, to))
        {
            dcV += p.Weight * p.Of(_volts);
            dcI += p.Weight * p.Of(_amperes);
        }

        dcV /= length;
        dcI /= length;
        Sums sums = default;
        _harmonics?.Begin();
        foreach (Piece p in new Pieces(_seconds, from, to))
        {
            double rawV = p.Of(_volts),
                rawI = p.Of(_amperes);
            sums.Clipped |= Math.Abs(rawV) >= _settings.ClipV || Math.Abs(rawI) >= _settings.ClipA;
            double v = rawV - dcV,
                i = rawI - dcI;
            (double sin, double cos) = Math.SinCos(omega * (p.Seconds - from.Seconds));
            sums.Add(p.Weight, v, i, sin, cos);
            if (frequency is not null)
            {
                _harmonics?.Add((p.Seconds - from.Seconds) / length, p.Weight * v, p.Weight * i);
            }
        }

        return sums;
    }

    private WaveformWindow WithoutLoad(WaveformWindow window) =>
        window with
        {
            CurrentA = window.CurrentA <= _settings.NoiseA ? 0 : window.CurrentA,
            ActivePowerW = 0,
            FundamentalPowerW = window.FundamentalPowerW is null ? null : 0,
            ReactivePowerVar = window.ReactivePowerVar is null ? null : 0,
            Note = window.Note | WaveformNote.NoLoad,
        };

    /// <summary>
    /// Sums over a window: of squares and of the product of voltage and current, and of each with cosine and sine of the fundamental; each
    /// product times the weight in seconds.
    /// </summary>
    private struct Sums
    {
        public double VV;
        public double II;
        public double VI;
        public double VCos;
        public double VSin;
        public double ICos;
        public double ISin;
        public double PeakV;
        public double PeakI;
        public bool Clipped;

        public void Add(double weight, double v, double i, double sin, double cos)
        {
            PeakV = Math.Max(PeakV, Math.Abs(v));
            PeakI = Math.Max(PeakI, Math.Abs(i));
            VV += weight * v * v;
            II += weight * i * i;
            VI += weight * v * i;
            VCos += weight * v * cos;
            VSin += weight * v * sin;
            ICos += weight * i * cos;
            ISin += weight * i * sin;
        }
    }

    /// <summary>
    /// A place between two samples: after <paramref name="Before"/> whole samples, <paramref name="Part"/> of the way to the next.
    /// </summary>
    private readonly record struct Boundary(double Seconds, int Before, double Part)
    {
        public static Boundary At(ReadOnlySpan<double> seconds, int sample) => new(seconds[sample], sample, 1);

        /// <summary>Between the samples <paramref name="next"/> − 1 and <paramref name="next"/>.</summary>
        public static Boundary Between(ReadOnlySpan<double> seconds, int next, double part) =>
            new(seconds[next - 1] + (part * (seconds[next] - seconds[next - 1])), next, part);
    }

    /// <summary>A point of the trapezoidal rule: a sample, or a value interpolated at an end of the window.</summary>
    private readonly record struct Piece(double Seconds, double Weight, int Next, double Part)
    {
        public double Of(ReadOnlySpan<double> x) => Part >= 1 ? x[Next] : x[Next - 1] + (Part * (x[Next] - x[Next - 1]));
    }

    /// <summary>The points of a window with their weights, seconds; the weights add up to the window's length.</summary>
    private ref struct Pieces(ReadOnlySpan<double> seconds, Boundary from, Boundary to)
    {
        private readonly ReadOnlySpan<double> _seconds = seconds;
        private int _at = from.Before - 2;

        public Piece Current { get; private set; }

        public readonly Pieces GetEnumerator() => this;

        public bool MoveNext()
        {
            _at++;
            if (_at > to.Before)
            {
                return false;
            }

            double here = Place(_at);
            double left = _at == from.Before - 1 ? here : Place(_at - 1);
            double right = _at == to.Before ? here : Place(_at + 1);
            Current = new(here, (right - left) / 2, Next(_at), PartOf(_at));
            return true;
        }

        // Point numbers: from.Before − 1 is the start, then the samples from.Before … to.Before − 1, then to.Before is the end.
        private readonly double Place(int point)
        {
            if (point < from.Before)
            {
                return from.Seconds;
            }

            return point >= to.Before ? to.Seconds : _seconds[point];
        }

        private readonly int Next(int point) => point < from.Before ? from.Before : point;

        private readonly double PartOf(int point)
        {
            if (point < from.Before)
            {
                return from.Part;
            }

            return point >= to.Before ? to.Part : 1;
        }
    }
}
