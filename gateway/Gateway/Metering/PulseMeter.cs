using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Metering;

/// <summary>Counts the impulses of a meter with an S0 output or a reed contact; shows its rate from the time between them.</summary>
public sealed class PulseMeter : IMeter
{
    private readonly IPulseLine _line;
    private readonly PulseFilter _filter;
    private readonly PulseRate _rate;
    private long _booked;
    private long _toldLost;
    private long _readToNs;

    /// <summary>Makes the meter of one line and opens its register.</summary>
    /// <param name="name">The meter's name.</param>
    /// <param name="line">The line that it is wired to.</param>
    /// <param name="obis">What it counts.</param>
    /// <param name="impulsesPerUnit">Impulse constant, above 0.</param>
    /// <param name="unit">The unit of the impulse constant, for example <c>m3</c> or <c>kWh</c>.</param>
    /// <param name="stable">How long a level must last to be believed.</param>
    /// <param name="minimumPeriod">Impulses closer together are not counted: what the meter's greatest rate allows, zero for no
    /// limit.</param>
    /// <param name="accuracy">The class of the connected meter.</param>
    /// <param name="book">The book that keeps its register.</param>
    public PulseMeter(
        string name,
        IPulseLine line,
        ObisCode obis,
        decimal impulsesPerUnit,
        string unit,
        TimeSpan stable,
        TimeSpan minimumPeriod,
        AccuracyClass accuracy,
        RegisterBook book
    )
    {
        _line = line;
        _filter = new PulseFilter((long)stable.TotalNanoseconds, line.InitialHigh, (long)minimumPeriod.TotalNanoseconds);
        _readToNs = line.ReadClock();
        _rate = new PulseRate(impulsesPerUnit, unit, _readToNs);
        Accuracy = accuracy;
        Registers = book.Open(name, (obis, Quantum.Impulse));
    }

    /// <inheritdoc/>
    public MeterRegisters Registers { get; }

    /// <inheritdoc/>
    public AccuracyClass Accuracy { get; }

    /// <inheritdoc/>
    public Reading Read(DateTimeOffset time)
    {
        long nowNs = _line.ReadClock();
        while (_line.TryTake(out Edge edge))
        {
            Note(_filter.Push(edge));
            nowNs = Math.Max(nowNs, edge.TimeNs);
        }

        Note(_filter.AdvanceTo(nowNs));
        Registers.Add(_filter.Count - _booked);
        _booked = _filter.Count;
        long lost = _filter.LostEdges - _toldLost;
        _toldLost = _filter.LostEdges;
        DateTimeOffset readTo = time - TimeSpan.FromMicroseconds((nowNs - _readToNs) / 1000);
        _readToNs = nowNs;
        return this.Measured(
            time,
            lost > 0 ? Quality.Lost : Quality.Measured,
            new LiveValues(Rate: _rate.At(nowNs), RateUnit: _rate.Unit)
        ) with
        {
            Gap = lost > 0 ? new Gap(readTo, time, GapCause.EdgesLost, lost) : null,
        };
    }

    private void Note(LevelChange? change)
    {
        if (change is { Counted: true } impulse)
        {
            _rate.Note(impulse.TimeNs);
        }
    }
}
