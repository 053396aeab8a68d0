using System.Buffers.Binary;
using EdgeGateway.Drivers;

namespace EdgeGateway.Simulation;

/// <summary>A clamp on a conductor: its waveform, the transformer, and whether that was mounted the wrong way round.</summary>
/// <param name="Waveform">What it measures.</param>
/// <param name="Transformer">The current transformer.</param>
/// <param name="Reversed">K and L are swapped.</param>
public sealed record SimulatedClamp(IWaveform Waveform, CurrentTransformer Transformer, bool Reversed = false);

/// <summary>An ADE7953 at its registers: what comes over the wire is what the datasheet (Rev. B) says comes.</summary>
/// <remarks>It has no thread: at each access it catches up with the clock. Not for two threads at once, like the bus itself.</remarks>
public sealed class SimulatedAde7953 : SimulatedI2cDevice
{
    private const int LineCycleMode = 0x004;
    private const int LastOperation = 0x0FD;
    private const int Unlock = 0x0FE;
    private const int Version = 0x702;
    private const int Config = 0x102;
    private const int Period = 0x10E;
    private const int Reserved120 = 0x120;
    private const int LastAddress = 0x1FE;
    private const int Energy24 = 0x21E;
    private const int ReactiveEnergy24 = 0x220;
    private const int NoLoad24 = 0x203;
    private const int ReadWithReset = 0x40;

    // The length of the window of the RMS registers here, seconds. The chip has filters instead, which settle over several cycles.
    private const double Window = 0.2;
    private const double RefreshAfter = 0.01;

    private readonly Channel[] _channels;
    private readonly double _divider;
    private readonly TimeProvider _time;
    private readonly long _openedAt;
    private readonly Dictionary<int, uint> _written = [];
    private readonly WaveSample[] _samples = new WaveSample[8192];
    private int _pointer;
    private bool _unlocked;
    private byte _lastOperation;
    private ushort _lastAddress;
    private double _now;
    private double _refreshedAt = double.NegativeInfinity;
    private uint _voltageRms;
    private uint _voltagePeak;
    private ushort _period;

    /// <summary>Powers up a chip.</summary>
    /// <param name="a">The clamp on channel A, or null when nothing is wired there.</param>
    /// <param name="b">The clamp on channel B, or null. The voltage input is on the waveform of A, or of B when A has none.</param>
    /// <param name="voltageDivider">Mains volts for one volt at the voltage input.</param>
    /// <param name="time">The clock that the chip follows.</param>
    public SimulatedAde7953(SimulatedClamp? a, SimulatedClamp? b, decimal voltageDivider, TimeProvider time)
        : base(Ade7953.I2cAddress)
    {
        _divider = (double)voltageDivider;
        _time = time;
        _openedAt = time.GetTimestamp();
        _channels = [new Channel(a), new Channel(b)];
        Fault = BusFault.None;
        Reset();
    }

    /// <summary>Takes the chip's supply away for a moment: all registers fall back to what they are after power-up.</summary>
    public void Reset()
    {
        CatchUp();
        _written.Clear();
        _written[LineCycleMode] = ReadWithReset;
        _written[NoLoad24] = 0x00E419;
        _written[Config] = 0x8004;
        _unlocked = false;
        _lastOperation = 0;
        _lastAddress = 0;
        _voltagePeak = 0;
        _refreshedAt = double.NegativeInfinity;
        foreach (Channel channel in _channels)
        {
            channel.Counts = 0;
            channel.ReactiveCounts = 0;
            channel.PeakCode = 0;
        }
    }

    /// <summary>Sets the counts of an energy register, for example close to its turn. 0 is channel A, 1 is B.</summary>
    public void PresetEnergy(int channel, int counts) => _channels[channel].Counts = counts;

    /// <inheritdoc/>
    protected override void Receive(ReadOnlySpan<byte> data)
    {
        CatchUp();
        if (data.Length < 2)
        {
            return;
        }

        _pointer = BinaryPrimitives.ReadUInt16BigEndian(data);
        ReadOnlySpan<byte> value = data[2..];
        if (value.IsEmpty || value.Length != Width(_pointer))
        {
            return;
        }

        uint written = 0;
        foreach (byte b in value)
        {
            written = (written << 8) | b;
        }

        if (_pointer != Reserved120 || _unlocked)
        {
            _written[Memory(_pointer)] = written;
        }

        _unlocked = _pointer == Unlock && written == 0xAD;
        _lastOperation = 0xCA;
        _lastAddress = (ushort)_pointer;
    }

    /// <inheritdoc/>
    protected override void Reply(Span<byte> data)
    {
        CatchUp();
        uint value = Value(_pointer);
        for (int i = Width(_pointer) - 1; i >= 0; i--)
        {
            if (i < data.Length)
            {
                data[i] = (byte)(value & 0xFF);
            }

            value >>= 8;
        }

        // The chip remembers the last transfer; asking for that memory does not overwrite it.
        if (_pointer is not (LastOperation or LastAddress))
        {
            _lastOperation = 0x35;
            _lastAddress = (ushort)_pointer;
        }
    }

    // 0x2xx and 0x3xx are two paths to the same memory, 24 and 32 bits wide (page 60).
    private static int Memory(int address) => (address & 0xF00) == 0x300 ? address - 0x100 : address;

    private static int Width(int address) =>
        (address >> 8) switch
        {
            0 or 7 or 8 => 1,
            1 => 2,
            2 => 3,
            _ => 4,
        };

    private uint Value(int address)
    {
        int memory = Memory(address);
        return memory switch
        {
            LastOperation => _lastOperation,
            LastAddress => _lastAddress,
            Version => 0x01,
            0x10A or 0x10B => unchecked((ushort)_channels[memory - 0x10A].PowerFactor),
            Period => _period,
            0x212 or 0x213 => unchecked((uint)_channels[memory - 0x212].Power),
            0x214 or 0x215 => unchecked((uint)_channels[memory - 0x214].ReactivePower),
            0x21A or 0x21B => _channels[memory - 0x21A].CurrentRms,
            0x21C => _voltageRms,
            Energy24 or Energy24 + 1 => TakeEnergy(ref _channels[memory - Energy24].Counts),
            ReactiveEnergy24 or ReactiveEnergy24 + 1 => TakeEnergy(ref _channels[memory - ReactiveEnergy24].ReactiveCounts),
            0x226 => _voltagePeak,
            0x227 => Take(ref _voltagePeak),
            0x228 or 0x22A => _channels[(memory - 0x228) / 2].PeakCode,
            0x229 or 0x22B => Take(ref _channels[(memory - 0x229) / 2].PeakCode),
            _ => _written.GetValueOrDefault(memory),
        };
    }

    private static uint Take(ref uint register)
    {
        uint value = register;
        register = 0;
        return value;
    }

    // 24 bits that run round, sign-extended on the 32-bit path. With RSTREAD a read takes what it shows.
    private uint TakeEnergy(ref double counts)
    {
        double whole = Math.Floor(counts);
        int bits = (int)((long)whole & 0xFFFFFF);
        if ((_written[LineCycleMode] & ReadWithReset) != 0)
        {
            counts -= whole;
        }

        return unchecked((uint)(bits << 8 >> 8));
    }

    private void CatchUp()
    {
        double now = _time.GetElapsedTime(_openedAt).TotalSeconds;
        foreach (Channel channel in _channels)
        {
            if (channel.Clamp is { } clamp && now > _now)
            {
                channel.Counts += Accumulated(channel, clamp, clamp.Waveform.Joules(_now, now), now - _now);
                channel.ReactiveCounts += Accumulated(channel, clamp, clamp.Waveform.VarSeconds(_now, now), now - _now);
            }
        }

        _now = Math.Max(_now, now);
        if (_now - _refreshedAt >= RefreshAfter)
        {
            _refreshedAt = _now;
            Array.ForEach(_channels, Refresh);
        }
    }

    // No-load detection: below 1/10 000 of full scale nothing accumulates (AP_NOLOAD and VAR_NOLOAD after reset).
    private double Accumulated(Channel channel, SimulatedClamp clamp, double wattSeconds, double seconds)
    {
        double fullScaleW = FullScaleV * FullScaleA(clamp);
        return Math.Abs(wattSeconds) < fullScaleW / 10_000 * seconds
            ? 0
            : wattSeconds * channel.Sign / fullScaleW * Ade7953.FullScaleCountsPerSecond * channel.ClippedShare;
    }

    private double FullScaleV => Ade7953.FullScaleMv / 1000 * _divider;

    private static double FullScaleA(SimulatedClamp clamp) => Ade7953.FullScaleMv / 1000 * clamp.Transformer.AmperesPerVolt;

    private void Refresh(Channel channel)
    {
        if (channel.Clamp is not { } clamp)
        {
            return;
        }

        double hertz = clamp.Waveform.Hertz(_now);
        double span = hertz > 0 ? Math.Max(1, Math.Round(Window * hertz)) / hertz : Window;
        int count = clamp.Waveform.Samples(_now - span, _now, _samples);

        // Everything in peaks of full scale from here: the converters clip at ±1.
        double perVolt = 1 / (FullScaleV * Math.Sqrt(2));
        double perAmpere = channel.Sign / (FullScaleA(clamp) * Math.Sqrt(2));
        WindowSums sums = default;
        foreach (WaveSample sample in _samples.AsSpan(0, count))
        {
            sums.Add(sample.Volts * perVolt, sample.Amperes * perAmpere, 1, sample.Weight);
        }

        // A high-pass filter takes the DC out of currents, voltage and power (datasheet, Terminology, page 17). That it leaves the peaks
        // alone is not verified.
        WindowMeans means = sums.WithoutDc();

        // A full-scale sine has a mean square of 1/2.
        channel.CurrentRms = Code(Math.Sqrt(2 * means.II), Ade7953.FullScaleRms);
        channel.Power = PowerCode(means.VI);
        double vars = span > 0 ? clamp.Waveform.VarSeconds(_now - span, _now) / span : 0;
        channel.ReactivePower = PowerCode(vars * perVolt * perAmpere);
        channel.PowerFactor = FactorCode(means);
        channel.PeakCode = Math.Max(channel.PeakCode, Code(sums.PeakI, Ade7953.FullScalePeak));
        channel.ClippedShare = means.Unclipped == 0 ? 1 : means.VI / means.Unclipped;
        if (channel == _channels[0] || _channels[0].Clamp is null)
        {
            _voltageRms = Code(Math.Sqrt(2 * means.VV), Ade7953.FullScaleRms);
            _voltagePeak = Math.Max(_voltagePeak, Code(sums.PeakV, Ade7953.FullScalePeak));

            // Without zero crossings no new period is measured, and the register stays.
            _period = hertz > 0 ? (ushort)Math.Clamp(Math.Round(223_750 / hertz) - 1, 0, ushort.MaxValue) : _period;
        }
    }

    private static short FactorCode(WindowMeans means)
    {
        double squares = means.VV * means.II;
        return squares == 0 ? (short)0 : (short)Math.Clamp(Math.Round(means.VI / Math.Sqrt(squares) * 32768), -32768, 32767);
    }

    private static int PowerCode(double meanProduct) =>
        (int)Math.Clamp(Math.Round(2 * meanProduct * Ade7953.FullScalePower), -(1 << 23), (1 << 23) - 1);

    private static uint Code(double share, int fullScale) => (uint)Math.Round(share * fullScale);

    private sealed class Channel(SimulatedClamp? clamp)
    {
        public readonly SimulatedClamp? Clamp = clamp;
        public readonly int Sign = clamp is { Reversed: true } ? -1 : 1;
        public double Counts;
        public double ReactiveCounts;
        public double ClippedShare = 1;
        public uint CurrentRms;
        public int Power;
        public int ReactivePower;
        public short PowerFactor;
        public uint PeakCode;
    }
}
