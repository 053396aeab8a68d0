using System.Buffers.Binary;
using EdgeGateway.Drivers;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Simulation;

/// <summary>
/// An ADS1115 at its registers (SBAS444): pointer, config, thresholds, single-shot and continuous conversions, ranges, inputs, and its
/// ALERT/RDY pin. A conversion is the mean over its time.
/// </summary>
/// <remarks>
/// Every transfer takes the time it would take on a bus at 400 kHz, 22.5 µs a byte, on the chip's own clock. That clock never runs behind
/// the given one; it runs ahead of it while a driver polls, so that a poll for the end of a conversion ends however fast the caller is.
/// </remarks>
public sealed class SimulatedAds1115 : SimulatedI2cDevice
{
    private const ushort ConfigAtReset = 0x8583;
    private const ushort OperationalStatus = 0x8000;
    private const ushort SingleShot = 0x0100;
    private const ushort ComparatorOff = 0x0003;
    private const double SecondsPerByte = 9 / 400e3;
    private const long ReadyPulseNs = 8_000;

    // The number of points at which a conversion takes the input for its mean.
    private const int Points = 8;
    private static readonly int[] SamplesPerSecond = [8, 16, 32, 64, 128, 250, 475, 860];

    private readonly Dictionary<Ads1115Input, SimulatedClamp> _inputs = [];
    private readonly double _biasV;
    private readonly double _clockFast;
    private readonly ReadyPin _ready;
    private readonly TimeProvider _time;
    private readonly long _openedAt;
    private byte _pointer;
    private ushort _config = ConfigAtReset;
    private short _conversion;
    private ushort _low = 0x8000;
    private ushort _high = 0x7FFF;
    private double _now;
    private double _doneAt = double.PositiveInfinity;

    /// <summary>Powers up a chip with nothing wired to its inputs.</summary>
    /// <param name="address">The I2C address, 0x48 to 0x4B.</param>
    /// <param name="time">The clock that the chip follows.</param>
    /// <param name="biasV">Mid-rail bias that the single-ended inputs carry, volts. Differential inputs do not see it.</param>
    /// <param name="clockFast">By how much the chip's own clock is fast, −0.1 to 0.1 (±10 %, Electrical Characteristics).</param>
    public SimulatedAds1115(int address, TimeProvider time, double biasV = 0, double clockFast = 0)
        : base(address)
    {
        _time = time;
        _openedAt = time.GetTimestamp();
        _biasV = biasV;
        _clockFast = clockFast;
        _ready = new ReadyPin(this);
        Fault = BusFault.None;
    }

    /// <summary>
    /// The ALERT/RDY pin, wired to a GPIO line whose active level is low. The kernel's buffer behind it holds 1024 edges.
    /// </summary>
    public IPulseLine Ready => _ready;

    /// <summary>Wires a clamp to an input.</summary>
    /// <exception cref="InvalidOperationException">The input is taken.</exception>
    public void Connect(Ads1115Input input, SimulatedClamp clamp)
    {
        if (!_inputs.TryAdd(input, clamp))
        {
            throw new InvalidOperationException(
                $"Input {input} of the ADS1115 at 0x{ConnectionSettings.DeviceAddress:X2} is wired already."
            );
        }
    }

    /// <summary>Takes the chip's supply away for a moment.</summary>
    public void Reset()
    {
        _pointer = 0;
        _config = ConfigAtReset;
        _low = 0x8000;
        _high = 0x7FFF;
        _conversion = 0;
        _doneAt = double.PositiveInfinity;
    }

    /// <inheritdoc/>
    protected override void Receive(ReadOnlySpan<byte> data)
    {
        CatchUp(data.Length);
        if (data.IsEmpty)
        {
            return;
        }

        _pointer = (byte)(data[0] & 3);
        if (_pointer >= 2 && data.Length == 3)
        {
            ushort threshold = BinaryPrimitives.ReadUInt16BigEndian(data[1..]);
            if (_pointer == 2)
            {
                _low = threshold;
            }
            else
            {
                _high = threshold;
            }
        }
        else if (_pointer == 1 && data.Length == 3)
        {
            ushort written = BinaryPrimitives.ReadUInt16BigEndian(data[1..]);
            bool idle = double.IsPositiveInfinity(_doneAt);
            _config = (ushort)(written & ~OperationalStatus);
            bool continuous = (written & SingleShot) == 0;
            if (continuous || (idle && (written & OperationalStatus) != 0))
            {
                _doneAt = _now + ConversionTime;
            }
        }
    }

    /// <inheritdoc/>
    protected override void Reply(Span<byte> data)
    {
        CatchUp(data.Length);
        ushort value = _pointer switch
        {
            0 => unchecked((ushort)_conversion),
            1 => (ushort)(_config | (double.IsPositiveInfinity(_doneAt) ? OperationalStatus : 0)),
            2 => _low,
            _ => _high,
        };
        Span<byte> both = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(both, value);
        both[..Math.Min(2, data.Length)].CopyTo(data);
    }

    private double ConversionTime => 1.0 / SamplesPerSecond[(_config >> 5) & 7] / (1 + _clockFast);

    // The highest bits of the thresholds make the pin a conversion-ready pin, unless the comparator is off.
    private bool ShowsReady => (_config & ComparatorOff) != ComparatorOff && (_high & 0x8000) != 0 && (_low & 0x8000) == 0;

    private void CatchUp(int bytes) =>
        Advance(Math.Max(_now, _time.GetElapsedTime(_openedAt).TotalSeconds) + ((bytes + 1) * SecondsPerByte));

    private void Advance(double now)
    {
        _now = Math.Max(_now, now);
        if (_now < _doneAt)
        {
            return;
        }

        bool continuous = (_config & SingleShot) == 0;
        if (continuous && ShowsReady)
        {
            _ready.Pulse(_doneAt, ConversionTime, _now);
        }

        double last = continuous ? _doneAt + (Math.Floor((_now - _doneAt) / ConversionTime) * ConversionTime) : _doneAt;
        _conversion = Convert(last);
        _doneAt = continuous ? last + ConversionTime : double.PositiveInfinity;
    }

    private short Convert(double at)
    {
        var input = (Ads1115Input)((_config >> 12) & 7);
        double volts = input >= Ads1115Input.Ain0 ? _biasV : 0;
        if (_inputs.TryGetValue(input, out SimulatedClamp? clamp))
        {
            double amperes = 0;
            for (int i = 0; i < Points; i++)
            {
                amperes += clamp.Waveform.At(at - ((i + 0.5) / Points * ConversionTime)).Amperes / Points;
            }

            volts += amperes / clamp.Transformer.AmperesPerVolt * (clamp.Reversed ? -1 : 1);
        }

        // The two highest codes of PGA[2:0] are the smallest range again (Table 8-3).
        var range = (Ads1115Range)Math.Min((_config >> 9) & 7, (int)Ads1115Range.Mv256);
        return (short)Math.Clamp(Math.Round(volts * 1000 / range.FullScaleMv() * 32768), short.MinValue, short.MaxValue);
    }

    private sealed class ReadyPin(SimulatedAds1115 chip) : IPulseLine
    {
        private const int Buffer = 1024;

        private readonly Queue<Edge> _edges = [];
        private int _dropped;

        public bool InitialHigh => false;

        public long ReadClock() => chip._time.GetElapsedTime(chip._openedAt).Ticks * 100;

        public bool TryTake(out Edge edge)
        {
            long now = ReadClock();
            chip.Advance(now / 1e9);
            edge = default;
            if (!_edges.TryPeek(out Edge next) || next.TimeNs > now)
            {
                return false;
            }

            edge = _edges.Dequeue() with { LostBefore = _dropped };
            _dropped = 0;
            return true;
        }

        public void Pulse(double first, double every, double until)
        {
            for (double at = first; at <= until; at += every)
            {
                Put(new Edge((long)(at * 1e9), true));
                Put(new Edge((long)(at * 1e9) + ReadyPulseNs, false));
            }
        }

        // As the kernel does, a full buffer drops its oldest edge.
        private void Put(Edge edge)
        {
            if (_edges.Count == Buffer)
            {
                _edges.Dequeue();
                _dropped++;
            }

            _edges.Enqueue(edge);
        }
    }
}
