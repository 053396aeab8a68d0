using EdgeGateway.Drivers;

namespace EdgeGateway.Simulation;

/// <summary>An ATM90E32AS at its registers, as far as the driver's sources tell what comes over the wire.</summary>
/// <remarks>It has no thread: at each access it catches up with the clock. Not for two threads at once, like the bus itself.</remarks>
public sealed class SimulatedAtm90e32as : SimulatedSpiDevice
{
    private const int MeterEn = 0x00;
    private const int SagPeakDetCfg = 0x05;
    private const int PlConstH = 0x31;
    private const int PlConstL = 0x32;
    private const int MMode0 = 0x33;
    private const int PPhaseTh = 0x38;
    private const int QPhaseTh = 0x39;
    private const int UGainA = 0x61;
    private const int IGainA = 0x62;
    private const int SoftReset = 0x70;
    private const int LastSpiData = 0x78;
    private const int CfgRegAccEn = 0x7F;
    private const int FirstEnergy = 0x81;
    private const int LastEnergy = 0x8F;
    private const int Freq = 0xF8;
    private const int ReadFlag = 0x8000;

    // The converters clip at 1.2 V, which is 2¹⁵ steps; with a gain of 2¹⁵ a step is 4/100 V or 4/1000 A of peak.
    private const double ConverterV = 1.2;
    private const double VoltsPerInputV = 1310.72 / ConverterV;
    private const double AmperesPerInputV = 131.072 / ConverterV;
    private const double PowerStepW = 0.00032;

    // 450 · 10⁹ is a kilowatt-hour, in hundredths.
    private const double JoulesPerPlConstant = 3_600_000 / 450e9 / 100;

    private const double Window = 0.2;
    private const double RefreshAfter = 0.01;
    private const int ReactiveSamples = 64;

    private readonly Phase[] _phases;
    private readonly double _divider;
    private readonly TimeProvider _time;
    private readonly long _openedAt;
    private readonly Dictionary<int, ushort> _written = [];
    private readonly WaveSample[] _samples = new WaveSample[8192];
    private ushort _lastData;
    private double _now;
    private double _refreshedAt = double.NegativeInfinity;

    /// <summary>Powers up a chip.</summary>
    /// <param name="clamps">What is wired to phases A, B and C; null where nothing is. The voltage input is on the clamp's
    /// waveform.</param>
    /// <param name="voltageDivider">Mains volts for one volt at the voltage inputs.</param>
    /// <param name="time">The clock that the chip follows.</param>
    /// <param name="bus">Number of the SPI bus.</param>
    /// <param name="chipSelect">Number of the chip-select line.</param>
    /// <exception cref="ArgumentException">There are not three phases.</exception>
    public SimulatedAtm90e32as(
        IReadOnlyList<SimulatedClamp?> clamps,
        decimal voltageDivider,
        TimeProvider time,
        int bus = 0,
        int chipSelect = 0
    )
        : base(bus, chipSelect)
    {
        if (clamps.Count != 3)
        {
            throw new ArgumentException($"The chip has three phases, not {clamps.Count}.", nameof(clamps));
        }

        _divider = (double)voltageDivider;
        _time = time;
        _openedAt = time.GetTimestamp();
        _phases = [.. clamps.Select(c => new Phase(c))];
        PowerUp();
    }

    /// <summary>
    /// All counts that a phase's energy registers ever took, cleared or not: active forward, active reverse, reactive forward and reverse.
    /// </summary>
    public IReadOnlyList<long> Counted(Atm90e32asPhaseName phase) => _phases[(int)phase].Counted;

    /// <summary>
    /// The chip loses its supply for a moment: all registers fall back to what they are after power-up, and it does not count.
    /// </summary>
    public void Reset()
    {
        CatchUp();
        PowerUp();
    }

    /// <inheritdoc/>
    protected override ushort Answer(ushort command, ushort data)
    {
        CatchUp();
        int address = command & 0x3FF;
        if ((command & ReadFlag) != 0)
        {
            ushort value = Value(address);
            _lastData = value;
            return value;
        }

        _lastData = data;
        if (address == SoftReset && data == 0x789A)
        {
            Reset();
        }
        else if (address == CfgRegAccEn || _written.GetValueOrDefault(CfgRegAccEn) == 0x55AA)
        {
            _written[address] = data;
            _refreshedAt = double.NegativeInfinity;
        }

        return 0;
    }

    private void PowerUp()
    {
        _written.Clear();
        _written[SagPeakDetCfg] = 0x143F;
        _written[PlConstH] = 0x0861;
        _written[PlConstL] = 0xC468;
        _written[MMode0] = 0x0087;
        for (int phase = 0; phase < 3; phase++)
        {
            _written[UGainA + (4 * phase)] = 0x8000;
            _written[IGainA + (4 * phase)] = 0x8000;
            Array.Clear(_phases[phase].Energies);
            Array.Clear(_phases[phase].Rests);
        }

        _lastData = 0;
        _refreshedAt = double.NegativeInfinity;
    }

    private ushort Value(int address)
    {
        int phase = (address & 3) - 1;
        return address switch
        {
            LastSpiData => _lastData,
            Freq => Frequency(),
            >= FirstEnergy and <= LastEnergy when phase >= 0 => Take(ref _phases[phase].Energies[(address - FirstEnergy) / 4]),
            >= 0xB1 and <= 0xBB when phase >= 0 => unchecked((ushort)(_phases[phase].Powers[(address - 0xB0) / 4] >> 16)),
            >= 0xBD and <= 0xBF => unchecked((ushort)_phases[phase].PowerFactor),
            >= 0xC1 and <= 0xCB when phase >= 0 => unchecked((ushort)_phases[phase].Powers[(address - 0xC0) / 4]),
            >= 0xD9 and <= 0xDB => (ushort)(_phases[phase].VoltageRms >> 8),
            >= 0xDD and <= 0xDF => (ushort)(_phases[phase].CurrentRms >> 8),
            >= 0xE9 and <= 0xEB => (ushort)((_phases[phase].VoltageRms & 0xFF) << 8),
            >= 0xED and <= 0xEF => (ushort)((_phases[phase].CurrentRms & 0xFF) << 8),
            >= 0xF1 and <= 0xF3 => _phases[phase].VoltagePeak,
            >= 0xF5 and <= 0xF7 => _phases[phase].CurrentPeak,
            >= 0xF9 and <= 0xFB => unchecked((ushort)_phases[phase].Angle),
            _ => _written.GetValueOrDefault(address),
        };
    }

    private static ushort Take(ref ushort register)
    {
        ushort value = register;
        register = 0;
        return value;
    }

    // The frequency of the first of the phases A, C and B that has a voltage (90E32AS datasheet §3.6.6).
    private ushort Frequency()
    {
        foreach (int phase in (ReadOnlySpan<int>)[0, 2, 1])
        {
            if (_phases[phase] is { Clamp: { } clamp, VoltageRms: > 0 })
            {
                return (ushort)Math.Clamp(Math.Round(clamp.Waveform.Hertz(_now) * 100), 0, ushort.MaxValue);
            }
        }

        return 0;
    }

    private void CatchUp()
    {
        double now = _time.GetElapsedTime(_openedAt).TotalSeconds;
        for (int i = 0; i < _phases.Length; i++)
        {
            Phase phase = _phases[i];
            if (phase.Clamp is { } clamp && now > _now && _written.GetValueOrDefault(MeterEn) != 0)
            {
                double active = clamp.Waveform.Joules(_now, now) * phase.Sign * ChipWattsPerWatt(clamp, i) * phase.ClippedShare;
                double reactive = phase.Powers[1] * PowerStepW * (now - _now);
                Count(phase, 0, active, PPhaseTh, now - _now);
                Count(phase, 2, reactive, QPhaseTh, now - _now);
            }
        }

        _now = Math.Max(_now, now);
        if (_now - _refreshedAt >= RefreshAfter)
        {
            _refreshedAt = _now;
            for (int i = 0; i < _phases.Length; i++)
            {
                Refresh(_phases[i], i);
            }
        }
    }

    // Energy nets in and out below 0.01 CF; each whole one goes to the forward or the reverse register (90E32 datasheet §3.4.1).
    private void Count(Phase phase, int forward, double joules, int threshold, double seconds)
    {
        if (Math.Abs(joules) < _written.GetValueOrDefault(threshold) * PowerStepW * seconds)
        {
            return;
        }

        uint constant = ((uint)_written[PlConstH] << 16) | _written[PlConstL];
        double total = phase.Rests[forward / 2] + (joules / (constant * JoulesPerPlConstant));
        long whole = (long)total;
        phase.Rests[forward / 2] = total - whole;
        int register = whole >= 0 ? forward : forward + 1;
        phase.Energies[register] = unchecked((ushort)(phase.Energies[register] + Math.Abs(whole)));
        phase.Counted[register] += Math.Abs(whole);
    }

    // How many of the chip's own volts and amperes one of the mains is.
    private double ChipVolts(int phase) => VoltsPerInputV * _written.GetValueOrDefault(UGainA + (4 * phase)) / 32768 / _divider;

    private double ChipAmperes(SimulatedClamp clamp, int phase) =>
        AmperesPerInputV * _written.GetValueOrDefault(IGainA + (4 * phase)) / 32768 / clamp.Transformer.AmperesPerVolt;

    private double ChipWattsPerWatt(SimulatedClamp clamp, int phase) => ChipVolts(phase) * ChipAmperes(clamp, phase);

    private void Refresh(Phase phase, int index)
    {
        if (phase.Clamp is not { } clamp)
        {
            return;
        }

        double hertz = clamp.Waveform.Hertz(_now);
        double span = hertz > 0 ? Math.Max(1, Math.Round(Window * hertz)) / hertz : Window;
        int count = clamp.Waveform.Samples(_now - span, _now, _samples);
        WindowSums sums = default;
        foreach (WaveSample sample in _samples.AsSpan(0, count))
        {
            sums.Add(InputV(sample), InputI(sample), ConverterV, sample.Weight);
        }

        // A high-pass filter takes the DC out of currents, voltages and powers. Not verified on a chip; its energies must be without it.
        WindowMeans means = sums.WithoutDc();

        double volts = VoltsPerInputV * _written[UGainA + (4 * index)] / 32768;
        double amperes = AmperesPerInputV * _written[IGainA + (4 * index)] / 32768;
        double reactive = hertz > 0 ? Reactive(_now, 1 / hertz) : 0;
        double apparent = Math.Sqrt(means.VV * means.II);
        phase.VoltageRms = Code(Math.Sqrt(means.VV) * volts * 25_600);
        phase.CurrentRms = Code(Math.Sqrt(means.II) * amperes * 256_000);
        phase.Powers[0] = (int)Math.Round(means.VI * volts * amperes / PowerStepW);
        phase.Powers[1] = (int)Math.Round(reactive * volts * amperes / PowerStepW);
        phase.Powers[2] = (int)Math.Round(apparent * volts * amperes / PowerStepW);
        phase.PowerFactor = apparent == 0 ? (short)0 : (short)Math.Round(means.VI / apparent * 1000);
        phase.Angle = (short)Math.Round(Math.Atan2(reactive, means.VI) * 1800 / Math.PI);
        phase.VoltagePeak = PeakCode(sums.PeakV);
        phase.CurrentPeak = PeakCode(sums.PeakI);
        phase.ClippedShare = means.Unclipped == 0 ? 1 : means.VI / means.Unclipped;

        double InputV(WaveSample sample) => sample.Volts / _divider;
        double InputI(WaveSample sample) => sample.Amperes * phase.Sign / clamp.Transformer.AmperesPerVolt;

        // Reactive power: the mean of the voltage a quarter of a period ago times the current, over the last whole period.
        double Reactive(double end, double period)
        {
            double sum = 0,
                sumV = 0,
                sumI = 0;
            for (int k = 0; k < ReactiveSamples; k++)
            {
                double at = end - (period * k / ReactiveSamples);
                double v = Clip(InputV(clamp.Waveform.At(at - (period / 4)))),
                    i = Clip(InputI(clamp.Waveform.At(at)));
                sum += v * i;
                sumV += v;
                sumI += i;
            }

            return (sum - (sumV * sumI / ReactiveSamples)) / ReactiveSamples;
        }
    }

    private static double Clip(double inputV) => Math.Clamp(inputV, -ConverterV, ConverterV);

    private static uint Code(double value) => (uint)Math.Min(Math.Round(value), 0xFF_FFFF);

    private static ushort PeakCode(double inputV) => (ushort)Math.Min(Math.Round(inputV / ConverterV * 32768), short.MaxValue);

    private sealed class Phase(SimulatedClamp? clamp)
    {
        public readonly SimulatedClamp? Clamp = clamp;
        public readonly int Sign = clamp is { Reversed: true } ? -1 : 1;
        public readonly ushort[] Energies = new ushort[4];
        public readonly long[] Counted = new long[4];
        public readonly double[] Rests = new double[2];
        public readonly int[] Powers = new int[3];
        public double ClippedShare = 1;
        public uint VoltageRms;
        public uint CurrentRms;
        public short PowerFactor;
        public short Angle;
        public ushort VoltagePeak;
        public ushort CurrentPeak;
    }
}
