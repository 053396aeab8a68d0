using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Metering;

/// <summary>Counts the impulses of a meter with an S0 output or a reed contact; shows its flow from the time between them.</summary>
public sealed class PulseMeter : IMeter
{
    private readonly IPulseLine _line;
    private readonly PulseFilter _filter;
    private readonly PulseFlow _flow;
    private long _lostEdges;

    /// <summary>Makes the meter of one line and opens its register.</summary>
    /// <param name="name">The meter's name.</param>
    /// <param name="line">Where it is wired.</param>
    /// <param name="obis">What it counts.</param>
    /// <param name="impulsesPerUnit">Impulse constant, above 0.</param>
    /// <param name="unit">The unit of the impulse constant, for example <c>m3</c> or <c>kWh</c>.</param>
    /// <param name="stable">How long a level must last to be believed.</param>
    /// <param name="book">Owns its register.</param>
    public PulseMeter(
        string name, IPulseLine line, ObisCode obis, decimal impulsesPerUnit, string unit, TimeSpan stable, RegisterBook book)
    {
        _line = line;
        _filter = new PulseFilter((long)stable.TotalNanoseconds, line.InitialHigh);
        _flow = new PulseFlow(impulsesPerUnit, unit, line.NowNs);
        Registers = book.Open(name, (obis, Quantum.Impulse));
    }

    /// <inheritdoc/>
    public MeterRegisters Registers { get; }

    /// <inheritdoc/>
    public AccuracyClass Accuracy => AccuracyClass.OfMeter;

    /// <inheritdoc/>
    public Reading Read(DateTimeOffset time)
    {
        long before = _filter.Count;
        long nowNs = _line.NowNs;
        while (_line.TryTake(out Edge edge))
        {
            Note(_filter.Push(edge));
            nowNs = Math.Max(nowNs, edge.TimeNs);
        }

        Note(_filter.AdvanceTo(nowNs));
        Registers.Add(_filter.Count - before);
        Quality quality = _filter.LostEdges > _lostEdges ? Quality.Lost : Quality.Measured;
        _lostEdges = _filter.LostEdges;
        return this.Measured(time, quality, new LiveValues(Flow: _flow.At(nowNs), FlowUnit: _flow.Unit));
    }

    private void Note(LevelChange? change)
    {
        if (change is { Counted: true } impulse)
        {
            _flow.Impulse(impulse.TimeNs);
        }
    }
}
