using EdgeGateway.Drivers;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Simulation;

/// <summary>A meter with a reed contact: closes for 60 ms at each impulse and bounces for a millisecond on the way in and out.</summary>
/// <remarks>Catches up with the clock when edges are taken. Counts every impulse of the flow: when they come too fast for the contact they
/// queue.</remarks>
public sealed class SimulatedPulseMeter : IPulseLine
{
    private const long ClosedNs = 60_000_000;
    private const long OpenNs = 40_000_000;

    private readonly Func<double, double> _flowPerHour;
    private readonly double _impulsesPerUnit;
    private readonly TimeProvider _time;
    private readonly long _openedAt;
    private readonly Queue<Edge> _edges = [];
    private long _impulses;
    private double _fraction;
    private double _until;
    private long _freeAtNs;

    /// <summary>Starts a meter between two impulses.</summary>
    /// <param name="flowPerHour">Rate in units an hour, 0 or above, by seconds since now. Constant over
    /// <see cref="SimulatedFactory.StepSeconds"/>.</param>
    /// <param name="impulsesPerUnit">Impulse constant, above 0.</param>
    /// <param name="time">The clock that the meter follows.</param>
    public SimulatedPulseMeter(Func<double, double> flowPerHour, decimal impulsesPerUnit, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(impulsesPerUnit);
        (_flowPerHour, _impulsesPerUnit, _time, _openedAt) = (flowPerHour, (double)impulsesPerUnit, time, time.GetTimestamp());
    }

    /// <inheritdoc/>
    public bool InitialHigh => false;

    /// <inheritdoc/>
    public long NowNs => _time.GetElapsedTime(_openedAt).Ticks * 100;

    /// <inheritdoc/>
    public bool TryTake(out Edge edge)
    {
        long now = NowNs;
        CatchUp(now / 1e9);
        edge = default;
        return _edges.TryPeek(out Edge next) && next.TimeNs <= now && _edges.TryDequeue(out edge);
    }

    private void CatchUp(double now)
    {
        while (_until < now)
        {
            double end = Math.Min(now, _until + SimulatedFactory.StepSeconds);
            double perSecond = _flowPerHour(_until) * _impulsesPerUnit / 3600;
            double reached = _fraction + (perSecond * (end - _until));
            for (int k = 1; k <= reached; k++)
            {
                Impulse((long)((_until + ((k - _fraction) / perSecond)) * 1e9));
            }

            (_fraction, _until) = (reached - Math.Floor(reached), end);
        }
    }

    private void Impulse(long atNs)
    {
        long t = Math.Max(atNs, _freeAtNs);

        // Not every contact bounces every time: the pattern comes from the number of the impulse.
        bool bounces = _impulses++ % 3 != 0;
        Swing(t, high: true, bounces);
        Swing(t + ClosedNs, high: false, bounces);
        _freeAtNs = t + ClosedNs + OpenNs;
    }

    private void Swing(long t, bool high, bool bounces)
    {
        _edges.Enqueue(new Edge(t, high));
        if (bounces)
        {
            _edges.Enqueue(new Edge(t + 300_000, !high));
            _edges.Enqueue(new Edge(t + 900_000, high));
        }
    }
}
