using EdgeGateway.Drivers;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Simulation;

/// <summary>A meter with a reed contact: closes for 60 ms at each impulse and bounces for a millisecond on the way in and out.</summary>
/// <remarks>Catches up with the clock when edges are taken. Counts every impulse of the rate: when they come too fast for the contact they
/// queue.</remarks>
public sealed class SimulatedPulseMeter : IPulseLine
{
    private const long ClosedNs = 60_000_000;
    private const long OpenNs = 40_000_000;

    private readonly Func<double, double> _ratePerHour;
    private readonly double _impulsesPerUnit;
    private readonly TimeProvider _time;
    private readonly long _openedAt;
    private readonly Queue<Edge> _edges = [];
    private long _impulses;
    private double _fraction;
    private double _until;
    private long _freeAtNs;

    /// <summary>Starts a meter between two impulses.</summary>
    /// <param name="ratePerHour">The rate in units an hour, 0 or above, as a function of seconds since now. Constant over
    /// <see cref="SimulatedFactory.StepSeconds"/>.</param>
    /// <param name="impulsesPerUnit">Impulse constant, above 0.</param>
    /// <param name="time">The clock that the meter follows.</param>
    public SimulatedPulseMeter(Func<double, double> ratePerHour, decimal impulsesPerUnit, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(impulsesPerUnit);
        _ratePerHour = ratePerHour;
        _impulsesPerUnit = (double)impulsesPerUnit;
        _time = time;
        _openedAt = time.GetTimestamp();
    }

    /// <inheritdoc/>
    public bool InitialHigh => false;

    /// <inheritdoc/>
    public long ReadClock() => _time.GetElapsedTime(_openedAt).Ticks * 100;

    /// <inheritdoc/>
    public bool TryTake(out Edge edge)
    {
        long now = ReadClock();
        CatchUp(now / 1e9);
        edge = default;
        return _edges.TryPeek(out Edge next) && next.TimeNs <= now && _edges.TryDequeue(out edge);
    }

    private void CatchUp(double now)
    {
        while (_until < now)
        {
            double end = Math.Min(now, _until + SimulatedFactory.StepSeconds);
            double perSecond = _ratePerHour(_until) * _impulsesPerUnit / 3600;
            double reached = _fraction + (perSecond * (end - _until));
            for (int k = 1; k <= reached; k++)
            {
                Put((long)((_until + ((k - _fraction) / perSecond)) * 1e9));
            }

            _fraction = reached - Math.Floor(reached);
            _until = end;
        }
    }

    private void Put(long atNs)
    {
        long t = Math.Max(atNs, _freeAtNs);

        // Not every contact bounces every time: the pattern comes from the number of the impulse.
        bool bounces = _impulses++ % 3 != 0;
        Move(t, high: true, bounces);
        Move(t + ClosedNs, high: false, bounces);
        _freeAtNs = t + ClosedNs + OpenNs;
    }

    private void Move(long t, bool high, bool bounces)
    {
        _edges.Enqueue(new Edge(t, high));
        if (bounces)
        {
            _edges.Enqueue(new Edge(t + 300_000, !high));
            _edges.Enqueue(new Edge(t + 900_000, high));
        }
    }
}
