using System.Buffers.Binary;
using EdgeGateway.Drivers;

namespace EdgeGateway.Simulation;

/// <summary>An ADS1115 at its registers (SBAS444): pointer, config, single-shot and continuous conversions, ranges, inputs.</summary>
/// <remarks>
/// Every transfer takes the time it would take on a bus at 400 kHz, 22.5 µs a byte, on the chip's own clock. That clock never runs behind
/// the given one; it runs ahead of it while a driver polls, so that a poll for the end of a conversion ends however fast the caller is.
/// </remarks>
public sealed class SimulatedAds1115 : SimulatedI2cDevice
{
    private const ushort ConfigAtReset = 0x8583;
    private const ushort Ready = 0x8000;
    private const ushort SingleShot = 0x0100;
    private const double SecondsPerByte = 9 / 400e3;
    private static readonly int[] SamplesPerSecond = [8, 16, 32, 64, 128, 250, 475, 860];

    private readonly Dictionary<Ads1115Input, SimulatedClamp> _inputs = [];
    private readonly double _biasV;
    private readonly TimeProvider _time;
    private readonly long _openedAt;
    private byte _pointer;
    private ushort _config = ConfigAtReset;
    private short _conversion;
    private double _now;
    private double _doneAt = double.PositiveInfinity;

    /// <summary>Powers up a chip with nothing wired to its inputs.</summary>
    /// <param name="address">0x48 to 0x4B.</param>
    /// <param name="time">The clock that the chip follows.</param>
    /// <param name="biasV">Mid-rail bias that the single-ended inputs carry, volts. Differential inputs do not see it.</param>
    public SimulatedAds1115(int address, TimeProvider time, double biasV = 0)
        : base(address)
    {
        (_time, _openedAt, _biasV) = (time, time.GetTimestamp(), biasV);
        Fault = BusFault.None;
    }

    /// <summary>Wires a clamp to an input.</summary>
    /// <exception cref="InvalidOperationException">The input is taken.</exception>
    public void Connect(Ads1115Input input, SimulatedClamp clamp)
    {
        if (!_inputs.TryAdd(input, clamp))
        {
            throw new InvalidOperationException($"Input {input} of the ADS1115 at 0x{ConnectionSettings.DeviceAddress:X2} is wired already.");
        }
    }

    /// <summary>The chip loses its supply for a moment.</summary>
    public void Reset() => (_pointer, _config, _conversion, _doneAt) = (0, ConfigAtReset, 0, double.PositiveInfinity);

    /// <inheritdoc/>
    protected override void Receive(ReadOnlySpan<byte> data)
    {
        CatchUp(data.Length);
        if (data.IsEmpty)
        {
            return;
        }

        _pointer = (byte)(data[0] & 3);
        if (_pointer == 1 && data.Length == 3)
        {
            ushort written = BinaryPrimitives.ReadUInt16BigEndian(data[1..]);
            bool idle = double.IsPositiveInfinity(_doneAt);
            _config = (ushort)(written & ~Ready);
            bool continuous = (written & SingleShot) == 0;
            if (continuous || (idle && (written & Ready) != 0))
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
            1 => (ushort)(_config | (double.IsPositiveInfinity(_doneAt) ? Ready : 0)),
            2 => 0x8000,
            _ => 0x7FFF,
        };
        Span<byte> both = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(both, value);
        both[..Math.Min(2, data.Length)].CopyTo(data);
    }

    private double ConversionTime => 1.0 / SamplesPerSecond[(_config >> 5) & 7];

    private void CatchUp(int bytes)
    {
        _now = Math.Max(_now, _time.GetElapsedTime(_openedAt).TotalSeconds) + ((bytes + 1) * SecondsPerByte);
        if (_now < _doneAt)
        {
            return;
        }

        bool continuous = (_config & SingleShot) == 0;
        double last = continuous ? _doneAt + (Math.Floor((_now - _doneAt) / ConversionTime) * ConversionTime) : _doneAt;
        _conversion = Converted(last);
        _doneAt = continuous ? last + ConversionTime : double.PositiveInfinity;
    }

    private short Converted(double at)
    {
        var input = (Ads1115Input)((_config >> 12) & 7);
        double volts = input >= Ads1115Input.Ain0 ? _biasV : 0;
        if (_inputs.TryGetValue(input, out SimulatedClamp? clamp))
        {
            volts += clamp.Feed.At(at).Amperes / clamp.Transformer.AmperesPerVolt * (clamp.Reversed ? -1 : 1);
        }

        // The two highest codes of PGA[2:0] are the smallest range again (Table 8-3).
        var range = (Ads1115Range)Math.Min((_config >> 9) & 7, (int)Ads1115Range.Mv256);
        return (short)Math.Clamp(Math.Round(volts * 1000 / range.FullScaleMv() * 32768), short.MinValue, short.MaxValue);
    }
}
