namespace EdgeGateway.Readings.Sampling;

/// <summary>What a voltage and a current did over a window of whole cycles.</summary>
/// <param name="StartSeconds">Where the window starts on the time axis of the samples.</param>
/// <param name="EndSeconds">Where it ends, which is where the next one starts.</param>
/// <param name="Samples">Samples inside it.</param>
/// <param name="VoltageV">RMS voltage without its DC offset, volts.</param>
/// <param name="CurrentA">RMS current without its DC offset, amperes.</param>
/// <param name="ActivePowerW">Active power, watts, all harmonics, import positive.</param>
/// <param name="ReactivePowerVar">
/// Reactive power of the fundamental, Q₁ = V₁·I₁·sin φ₁ (IEEE 1459-2010 §3.1.2), positive when the current lags. Null where there is no
/// frequency.
/// </param>
/// <param name="ApparentPowerVA">V·I, volt-amperes.</param>
/// <param name="PowerFactor">P/S, −1 to 1. Null when there is no apparent power, or when the quotient cannot be (beyond ±1.05).</param>
/// <param name="FrequencyHz">Cycles by the time between the crossings. Null when the voltage had no cycles to measure by.</param>
public readonly record struct WaveformWindow(
    double StartSeconds,
    double EndSeconds,
    int Samples,
    double VoltageV,
    double CurrentA,
    double ActivePowerW,
    double? ReactivePowerVar,
    double ApparentPowerVA,
    double? PowerFactor,
    double? FrequencyHz);

/// <summary>Measures a sampled voltage and current.</summary>
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
/// </para>
/// </remarks>
public static class Waveform
{
    private const double SlowestCycleSeconds = 0.1;
    private const double QuickestArmSeconds = 0.005;
    private const double PeakDecaySeconds = 0.1;
    private const double LearnSeconds = 0.05;
    private const double HysteresisOfPeak = 0.125;

    /// <summary>Measures window after window.</summary>
    /// <param name="seconds">When the samples were taken, increasing.</param>
    /// <param name="volts">The voltage at those times.</param>
    /// <param name="amperes">The current at those times.</param>
    /// <param name="cycles">Cycles a window, 1 or more.</param>
    /// <returns>The windows in order. What lies before the first crossing and after the last whole window is in none.</returns>
    /// <exception cref="ArgumentException">The spans differ in length, or a time does not come after the one before.</exception>
    public static IReadOnlyList<WaveformWindow> Measure(
        ReadOnlySpan<double> seconds, ReadOnlySpan<double> volts, ReadOnlySpan<double> amperes, int cycles)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cycles, 1);
        if (volts.Length != seconds.Length || amperes.Length != seconds.Length)
        {
            throw new ArgumentException($"{seconds.Length} times need as many voltages ({volts.Length}) and currents ({amperes.Length}).");
        }

        List<WaveformWindow> windows = [];
        double peak = FirstPeak(seconds, volts);
        Boundary? start = null;
        double lastCrossing = double.NegativeInfinity;
        int whole = 0;
        bool startsAtCrossing = false;
        bool armed = false;
        for (int i = 0; i < seconds.Length; i++)
        {
            if (i > 0)
            {
                double step = seconds[i] - seconds[i - 1];
                if (!(step > 0))
                {
                    throw new ArgumentException($"Sample {i} at {seconds[i]} s does not come after the one before at {seconds[i - 1]} s.");
                }

                peak *= Math.Max(0, 1 - (step / PeakDecaySeconds));
            }

            peak = Math.Max(peak, Math.Abs(volts[i]));
            if (armed && volts[i] >= 0)
            {
                armed = false;
                double part = -volts[i - 1] / (volts[i] - volts[i - 1]);
                Boundary crossing = Boundary.Between(seconds, i, part);
                lastCrossing = crossing.Seconds;
                whole++;
                if (start is { } from && (!startsAtCrossing || whole == cycles))
                {
                    windows.Add(Of(seconds, volts, amperes, from, crossing, startsAtCrossing ? cycles : null));
                    start = null;
                }

                if (start is null)
                {
                    (start, startsAtCrossing, whole) = (crossing, true, 0);
                }
            }
            else if (volts[i] < -HysteresisOfPeak * peak && seconds[i] - lastCrossing >= QuickestArmSeconds)
            {
                armed = true;
            }

            double waitedSince = Math.Max(lastCrossing, start?.Seconds ?? seconds[0]);
            if (seconds[i] - waitedSince >= SlowestCycleSeconds)
            {
                Boundary here = Boundary.At(seconds, i);
                windows.Add(Of(seconds, volts, amperes, start ?? Boundary.At(seconds, 0), here, cycles: null));
                (start, startsAtCrossing, armed) = (here, false, false);
            }
        }

        return windows;
    }

    /// <summary>The largest voltage of the first cycle or more: without it the noise at the start of a recording would look like a voltage.</summary>
    private static double FirstPeak(ReadOnlySpan<double> seconds, ReadOnlySpan<double> volts)
    {
        double peak = 0;
        for (int i = 0; i < seconds.Length && seconds[i] - seconds[0] < LearnSeconds; i++)
        {
            peak = Math.Max(peak, Math.Abs(volts[i]));
        }

        return peak;
    }

    private static WaveformWindow Of(
        ReadOnlySpan<double> seconds, ReadOnlySpan<double> volts, ReadOnlySpan<double> amperes, Boundary from, Boundary to, int? cycles)
    {
        double length = to.Seconds - from.Seconds;
        double? frequency = cycles / length;
        double omega = 2 * Math.PI * (frequency ?? 0);

        // First the DC offsets, then everything about them: a large offset then costs no digits.
        double dcV = 0, dcI = 0;
        foreach (Piece p in new Pieces(seconds, from, to))
        {
            dcV += p.Weight * p.Of(volts);
            dcI += p.Weight * p.Of(amperes);
        }

        (dcV, dcI) = (dcV / length, dcI / length);
        double vv = 0, ii = 0, vi = 0, vCos = 0, vSin = 0, iCos = 0, iSin = 0;
        foreach (Piece p in new Pieces(seconds, from, to))
        {
            double v = p.Of(volts) - dcV;
            double i = p.Of(amperes) - dcI;
            vv += p.Weight * v * v;
            ii += p.Weight * i * i;
            vi += p.Weight * v * i;
            (double sin, double cos) = Math.SinCos(omega * (p.Seconds - from.Seconds));
            vCos += p.Weight * v * cos;
            vSin += p.Weight * v * sin;
            iCos += p.Weight * i * cos;
            iSin += p.Weight * i * sin;
        }

        double rmsV = Math.Sqrt(vv / length);
        double rmsI = Math.Sqrt(ii / length);
        double active = vi / length;
        double apparent = rmsV * rmsI;

        // The phasors are V = Vc − j·Vs and I = Ic − j·Is with amplitudes 2/T·∫, so Q₁ = Im(V·I*)/2 = (Vc·Is − Vs·Ic)/2.
        double? reactive = frequency is null ? null : 2 * ((vCos * iSin) - (vSin * iCos)) / (length * length);
        double? factor = apparent > 0 && Math.Abs(active / apparent) is <= 1.05 ? Math.Clamp(active / apparent, -1, 1) : null;
        return new(from.Seconds, to.Seconds, to.Before - from.Before, rmsV, rmsI, active, reactive, apparent, factor, frequency);
    }

    /// <summary>A place between two samples: after <paramref name="Before"/> whole samples, <paramref name="Part"/> of the way to the next.</summary>
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
        private readonly double Place(int point) => point < from.Before ? from.Seconds : point >= to.Before ? to.Seconds : _seconds[point];

        private readonly int Next(int point) => point < from.Before ? from.Before : point;

        private readonly double PartOf(int point) => point < from.Before ? from.Part : point >= to.Before ? to.Part : 1;
    }
}
