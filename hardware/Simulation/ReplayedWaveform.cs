using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Simulation;

/// <summary>A voltage and a current of a recording, played from 0 on. After its end the inputs are dead, or it starts again.</summary>
/// <remarks>Between samples it goes straight. A sample that the recorder marked as missing holds the one before.</remarks>
public sealed class ReplayedWaveform : IWaveform
{
    // How long after its last whole cycle, and before its first, a voltage still has the frequency of those cycles.
    private const double LastCycleTells = 0.1;
    private const int CyclesForFrequency = 10;

    private readonly double[] _seconds;
    private readonly double[] _volts;
    private readonly double[] _amperes;
    private readonly double[] _joules;
    private readonly double[] _varSeconds;
    private readonly double[] _crossings;
    private readonly double _length;
    private readonly bool _repeat;

    /// <summary>Takes the channels of a source from a recording.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="source">Voltage and current channel, as in <c>VA_G1/IA_G1</c>, or a current channel alone, without a voltage.</param>
    /// <param name="repeat">Whether to start again after the end.</param>
    /// <exception cref="ArgumentException">The recording has no such channels; the text lists those it has.</exception>
    public ReplayedWaveform(Comtrade recording, string source, bool repeat)
    {
        _repeat = repeat;
        _seconds = recording.Seconds.ToArray();
        int slash = source.IndexOf('/', StringComparison.Ordinal);
        _volts = slash < 0 ? new double[_seconds.Length] : Values(recording, source[..slash], RecordedQuantity.Voltage);
        _amperes = Values(recording, source[(slash + 1)..], RecordedQuantity.Current);
        _length = _seconds.Length > 1 ? _seconds[^1] * _seconds.Length / (_seconds.Length - 1) : 0;
        _joules = Integrated(_seconds, _volts, _amperes);
        IReadOnlyList<WaveformWindow> cycles = WaveformMeter.Measure(new WaveformSettings { Cycles = 1 }, _seconds, _volts, _amperes);
        _crossings = [.. cycles.Where(c => c.FrequencyHz is not null).SelectMany(c => (double[])[c.StartSeconds, c.EndSeconds]).Distinct()];

        // The voltage a quarter of a cycle earlier stands at 90° to it: with it V·I·sin φ integrates as V·I·cos φ does with the voltage.
        double quarter = _crossings.Length < 2 ? 0 : (_crossings[^1] - _crossings[0]) / (_crossings.Length - 1) / 4;
        _varSeconds =
            quarter == 0 ? new double[_seconds.Length] : Integrated(_seconds, [.. _seconds.Select(t => At(t - quarter).Volts)], _amperes);
    }

    /// <summary>The current channels of a recording.</summary>
    public static IReadOnlyList<string> CurrentSources(Comtrade recording) => Ids(recording, RecordedQuantity.Current);

    /// <summary>Each voltage channel with each current channel.</summary>
    public static IReadOnlyList<string> PowerSources(Comtrade recording) =>
        [.. from v in Ids(recording, RecordedQuantity.Voltage) from i in Ids(recording, RecordedQuantity.Current) select $"{v}/{i}"];

    /// <inheritdoc/>
    public double Hertz(double at)
    {
        double within = Within(at);
        if (_crossings.Length < 2 || Over(at))
        {
            return 0;
        }

        // At the start the frequency is that of the cycles to come, as if the recorder had been running before.
        int last = within < _crossings[1] ? Math.Min(CyclesForFrequency, _crossings.Length - 1) : IndexBefore(_crossings, within);
        int first = Math.Max(0, last - CyclesForFrequency);
        bool gone = within < _crossings[0] - LastCycleTells || within > _crossings[last] + LastCycleTells;
        return gone ? 0 : (last - first) / (_crossings[last] - _crossings[first]);
    }

    /// <inheritdoc/>
    public WaveSample At(double at)
    {
        if (Over(at))
        {
            return default;
        }

        double within = Within(at);
        int i = IndexBefore(_seconds, within);
        int next = Math.Min(i + 1, _seconds.Length - 1);
        double share = next == i ? 0 : (within - _seconds[i]) / (_seconds[next] - _seconds[i]);
        return new WaveSample(_volts[i] + ((_volts[next] - _volts[i]) * share), _amperes[i] + ((_amperes[next] - _amperes[i]) * share), 1);
    }

    /// <inheritdoc/>
    public int Samples(double from, double to, Span<WaveSample> samples)
    {
        from = Math.Max(0, from);
        if (to <= from || _length == 0)
        {
            return 0;
        }

        if (Over(to))
        {
            samples[0] = new WaveSample(0, 0, to - from);
            return 1;
        }

        double end = Within(to);
        double begin = end - (to - from);
        int count = 0;
        if (begin < 0)
        {
            // The stretch began in the round before.
            count = Fill(Math.Max(0, begin + _length), _length, samples[..(samples.Length / 2)]);
            begin = 0;
        }

        return count + Fill(begin, end, samples[count..]);
    }

    /// <inheritdoc/>
    public double Joules(double from, double to) => Until(to, _joules) - Until(from, _joules);

    /// <inheritdoc/>
    public double VarSeconds(double from, double to) => Until(to, _varSeconds) - Until(from, _varSeconds);

    private static double[] Integrated(double[] seconds, double[] volts, double[] amperes)
    {
        var sum = new double[seconds.Length];
        for (int i = 1; i < sum.Length; i++)
        {
            sum[i] = sum[i - 1] + (((volts[i - 1] * amperes[i - 1]) + (volts[i] * amperes[i])) / 2 * (seconds[i] - seconds[i - 1]));
        }

        return sum;
    }

    private int Fill(double from, double to, Span<WaveSample> samples)
    {
        int last = Math.Min(IndexBefore(_seconds, to) + 1, _seconds.Length - 1);
        int count = 0;
        for (int i = last; i >= 0 && count < samples.Length; i--)
        {
            // A sample stands for the time up to half-way to its neighbours; at the ends of the stretch only for what lies inside.
            double left = i == 0 ? 0 : (_seconds[i - 1] + _seconds[i]) / 2;
            double right = i == _seconds.Length - 1 ? _length : (_seconds[i] + _seconds[i + 1]) / 2;
            double weight = Math.Min(right, to) - Math.Max(left, from);
            if (weight > 0)
            {
                samples[count++] = new WaveSample(_volts[i], _amperes[i], weight);
            }

            if (left <= from)
            {
                break;
            }
        }

        return count;
    }

    private double Until(double at, double[] sum)
    {
        if (at <= 0 || _length == 0)
        {
            return 0;
        }

        double within = Over(at) ? _seconds[^1] : Math.Min(Within(at), _seconds[^1]);
        int i = IndexBefore(_seconds, within);
        int next = Math.Min(i + 1, _seconds.Length - 1);
        double share = next == i ? 0 : (within - _seconds[i]) / (_seconds[next] - _seconds[i]);
        double here = sum[i] + ((sum[next] - sum[i]) * share);
        return _repeat ? here + (Math.Floor(at / _length) * sum[^1]) : here;
    }

    private bool Over(double at) => at < 0 || (!_repeat && at > _seconds[^1]);

    private double Within(double at) => _repeat && _length > 0 ? at % _length : at;

    // The last index whose time is not after the given one; 0 when all are after.
    private static int IndexBefore(double[] times, double at)
    {
        int i = Array.BinarySearch(times, at);
        return i >= 0 ? i : Math.Min(times.Length - 1, Math.Max(0, ~i - 1));
    }

    private static IReadOnlyList<string> Ids(Comtrade recording, RecordedQuantity quantity) =>
        [.. recording.Channels.Where(c => c.Quantity == quantity).Select(c => c.Id)];

    private static double[] Values(Comtrade recording, string id, RecordedQuantity quantity)
    {
        RecordedChannel channel = recording.Channels.FirstOrDefault(c => c.Id == id && c.Quantity == quantity)
            ?? throw new ArgumentException(
                $"{recording.File} has no {(quantity == RecordedQuantity.Voltage ? "voltage" : "current")} channel '{id}'. "
                    + $"It has {string.Join(", ", Ids(recording, quantity))}.",
                nameof(id)
            );
        var values = new double[channel.Values.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = channel.Values[i] ?? (i == 0 ? 0 : values[i - 1]);
        }

        return values;
    }
}
