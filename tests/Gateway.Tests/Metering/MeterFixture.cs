using EdgeGateway.Drivers;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;

namespace EdgeGateway.Gateway.Tests.Metering;

/// <summary>Sines of a constant voltage and a current in phase with it, or lagging it; a negative current is export.</summary>
internal sealed class SteadyWaveform(double volts, double amperes, double lagDegrees = 0) : IWaveform
{
    private const int SamplesPerWindow = 64;

    private readonly double _lag = lagDegrees * Math.PI / 180;

    public double Amperes { get; set; } = amperes;

    /// <summary>How many times the energy that voltage and current tell.</summary>
    public double JoulesTimes { get; set; } = 1;

    public double Frequency { get; set; } = 50;

    public double Hertz(double at) => Frequency;

    public WaveSample At(double at) => Sine(at, 1);

    public int Samples(double from, double to, Span<WaveSample> samples)
    {
        for (int i = 0; i < SamplesPerWindow; i++)
        {
            samples[i] = Sine(i / (50.0 * SamplesPerWindow), (to - from) / SamplesPerWindow);
        }

        return SamplesPerWindow;
    }

    public double Joules(double from, double to) => volts * Amperes * Math.Cos(_lag) * (to - from) * JoulesTimes;

    public double VarSeconds(double from, double to) => volts * Amperes * Math.Sin(_lag) * (to - from);

    private WaveSample Sine(double at, double weight)
    {
        double angle = 2 * Math.PI * 50 * at;
        return new WaveSample(volts * Math.Sqrt(2) * Math.Sin(angle), Amperes * Math.Sqrt(2) * Math.Sin(angle - _lag), weight);
    }
}

/// <summary>A line on which a test puts edges; a read of it can be noticed, and held up.</summary>
internal sealed class TestLine(TimeProvider time) : IPulseLine
{
    private readonly long _start = time.GetTimestamp();
    private readonly Queue<Edge> _edges = [];

    public bool InitialHigh => false;

    public long ReadClock() => time.GetElapsedTime(_start).Ticks * 100;

    /// <summary>Released by every read of the line.</summary>
    public SemaphoreSlim Reads { get; } = new(0);

    /// <summary>When the line was read.</summary>
    public List<DateTimeOffset> ReadAt { get; } = [];

    /// <summary>Closed: a read does not return.</summary>
    public ManualResetEventSlim Gate { get; } = new(true);

    /// <summary>When set a read fails with it.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Closes the contact for 50 ms, from that long ago.</summary>
    public void Impulse(double secondsAgo)
    {
        long at = ReadClock() - (long)(secondsAgo * 1e9);
        Put(new Edge(at, true));
        Put(new Edge(at + 50_000_000, false));
    }

    public void Put(Edge edge) => _edges.Enqueue(edge);

    public bool TryTake(out Edge edge)
    {
        if (_edges.TryDequeue(out edge))
        {
            return true;
        }

        // The test may close the gate for the next read as soon as it knows of this one.
        bool open = Gate.IsSet;
        ReadAt.Add(time.GetUtcNow());
        Reads.Release();
        if (!open)
        {
            Gate.Wait();
        }

        return Fault is null ? false : throw Fault;
    }
}

/// <summary>A book with nothing known.</summary>
internal static class Books
{
    public static RegisterBook Empty() => new(new Dictionary<RegisterKey, Register>(), new Dictionary<RegisterKey, Register>());
}
