using System.Buffers.Binary;
using System.Device.I2c;
using EdgeGateway.Readings;

namespace EdgeGateway.Drivers;

/// <summary>One reading of the chip: registers as they stood, in register units.</summary>
/// <param name="VoltageRms">VRMS, 9 032 007 at full scale.</param>
/// <param name="Period">PERIOD, in steps of 1/223 750 s, less one.</param>
/// <param name="A">Current channel A.</param>
/// <param name="B">Current channel B.</param>
/// <param name="Quality">
/// Lost: the chip was reset since the last reading, and what it had counted until then is gone. Estimated: the last reading is so long
/// ago that the energy register may have lapped; whole laps were taken from the power.
/// </param>
/// <param name="Gap">Why energy since the last reading is missing, where some is: quality is lost then.</param>
/// <param name="Elapsed">Time since the last reading, by a clock that is never set.</param>
public readonly record struct Ade7953Sample(
    uint VoltageRms,
    ushort Period,
    Ade7953Channel A,
    Ade7953Channel B,
    Quality Quality,
    GapCause? Gap,
    TimeSpan Elapsed
);

/// <summary>One current channel of a reading.</summary>
/// <param name="CurrentRms">IRMSA or IRMSB, 9 032 007 at full scale.</param>
/// <param name="ActivePower">AWATT or BWATT, ±4 862 401 at full scale, import positive.</param>
/// <param name="ReactivePower">AVAR or BVAR, in the steps of the active power, lagging current positive.</param>
/// <param name="PowerFactor">PFA or PFB, in steps of 2⁻¹⁵.</param>
/// <param name="ActiveEnergy">Counts of AENERGYA or AENERGYB since the last reading, import positive. Every count comes in exactly one
/// reading.</param>
/// <param name="ReactiveEnergy">Counts of RENERGYA or RENERGYB since the last reading, lagging positive.</param>
/// <param name="Saturated">Whether the current or the voltage input was at the end of its range since the last reading.</param>
public readonly record struct Ade7953Channel(
    uint CurrentRms,
    int ActivePower,
    int ReactivePower,
    short PowerFactor,
    long ActiveEnergy,
    long ReactiveEnergy,
    bool Saturated
);

/// <summary>
/// Analog Devices ADE7953: one voltage and two current inputs, RMS values, signed active and reactive power and energy. ADE7953 datasheet
/// Rev. B.
/// </summary>
/// <remarks>
/// The wire, most significant byte first (I2C Interface, pages 53–54); the register's address says how long it is:
/// <code>
/// write  S  0x38 W | addr 15..8 | addr 7..0 | data …            P
/// read   S  0x38 W | addr 15..8 | addr 7..0 | S  0x38 R | data … P      0x0xx, 0x7xx 1 byte · 0x1xx 2 · 0x2xx 3 · 0x3xx 4
/// </code>
/// After power-up the energy registers clear when they are read (LCYCMODE bit 6, RSTREAD), so a reply lost on the wire would
/// lose its energy. The driver clears that bit and takes differences of the running 24-bit registers instead. At full scale they count
/// 206.9 kHz (page 25), so half a turn takes 40 s: many readings may fail in a row and the next one still has all the energy.
/// A chip that has reset itself shows the bit set again.
/// <para>
/// A difference that no load can make (more than twice full scale since the last reading) is not booked. The registers are read again: a
/// bit that was disturbed on the wire is right then. When the difference stays, the register has stepped, and the driver goes on from where
/// it stands, with a gap.
/// </para>
/// </remarks>
public sealed class Ade7953
{
    /// <summary>The chip's only I2C address.</summary>
    public const int I2cAddress = 0x38;

    /// <summary>VRMS, IRMSA and IRMSB with a full-scale sine.</summary>
    public const int FullScaleRms = 9_032_007;

    /// <summary>AWATT and BWATT with full-scale sines in phase (datasheet, Specifications).</summary>
    public const int FullScalePower = 4_862_401;

    /// <summary>VPEAK, IAPEAK and IBPEAK of a full-scale sine.</summary>
    public const int FullScalePeak = 6_500_000;

    /// <summary>Energy counts a second with full-scale sines in phase (Active Energy Calculation, page 25).</summary>
    public const int FullScaleCountsPerSecond = 206_900;

    /// <summary>Full scale of the inputs at gain 1, millivolts RMS of a sine: 500 mV peak.</summary>
    public const double FullScaleMv = 353.553390593;

    private const string Chip = "ADE7953";
    private const int EnergyModulus = 1 << 24;
    private const byte UnlockKey = 0xAD;
    private const ushort RequiredSetting = 0x0030;
    private const byte LastOperationWasWrite = 0xCA;
    private const uint ActiveNoLoadAtReset = 0x00E419;

    // Twice full scale, and half a second for the time between the chip's answer and the clock.
    private const double MostPerSecond = 2.0 * FullScaleCountsPerSecond;
    private const double LateSeconds = 0.5;
    private const int ReadingsUntilBelieved = 3;

    // Half a turn of the energy register at full scale: up to here a difference has only one meaning.
    private static readonly TimeSpan HalfTurn = TimeSpan.FromSeconds((double)(EnergyModulus / 2) / FullScaleCountsPerSecond);

    private readonly I2cDevice _device;
    private readonly TimeProvider _time;
    private bool _initialized;
    private GapCause? _gap;
    private int _impossible;
    private Counters _last;
    private long _readAt;

    /// <summary>Speaks to the chip behind an I2C device.</summary>
    /// <param name="device">The device at address 0x38. Not disposed by the driver.</param>
    /// <param name="time">Tells how long ago the last reading was.</param>
    public Ade7953(I2cDevice device, TimeProvider time)
    {
        _device = device;
        _time = time;
    }

    /// <summary>
    /// Makes sure that the chip is an ADE7953, sets it up and starts counting energy from here. <see cref="Read()"/> does it by itself when
    /// it was not done yet.
    /// </summary>
    /// <exception cref="ChipException">The chip does not answer, or it is another one.</exception>
    public void Initialize()
    {
        Configure();
        _last = new Counters(ReadEnergies(), ReadPowers());
        _readAt = _time.GetTimestamp();
        _initialized = true;
        _gap = null;
    }

    /// <summary>Reads all values. When it fails nothing is lost: the next reading has the energy since the last good one.</summary>
    /// <exception cref="ChipException">The chip did not answer, is another one, or gave an impossible answer.</exception>
    public Ade7953Sample Read()
    {
        if (!_initialized)
        {
            Initialize();
        }

        if (Read8(Register.LCYCMODE) != 0)
        {
            Configure();
            _last = _last with { Energies = default };
            _gap = GapCause.ChipReset;
        }

        uint voltage = ReadRms(Register.VRMS);
        ushort period = Read16(Register.PERIOD);
        RequirePlausibleFrequency(voltage, period);
        (uint currentA, uint currentB) = (ReadRms(Register.IRMSA), ReadRms(Register.IRMSB));
        FourOf<int> powers = ReadPowers();
        (short factorA, short factorB) = unchecked(((short)Read16(Register.PFA), (short)Read16(Register.PFB)));
        bool voltageSaturated = IsSaturated(Register.RSTVPEAK);
        (bool saturatedA, bool saturatedB) = (IsSaturated(Register.RSTIAPEAK), IsSaturated(Register.RSTIBPEAK));
        Counters now = new(ReadEnergies(), powers);
        if (Read8(Register.LCYCMODE) != 0)
        {
            throw new ChipException(
                MissingReason.Implausible,
                Chip,
                Address,
                nameof(Register.LCYCMODE),
                "the chip was reset while it was read. If this happens again look at its 3.3 V supply."
            );
        }

        TimeSpan elapsed = _time.GetElapsedTime(_readAt);
        FourOf<long> counts = now.Since(_last, elapsed);
        RequirePossible(counts, elapsed, now);
        Quality quality = (_gap is null ? Quality.Measured : Quality.Lost) | (elapsed > HalfTurn ? Quality.Estimated : Quality.Measured);
        Ade7953Sample sample = new(
            voltage,
            period,
            new(currentA, powers.ActiveA, powers.ReactiveA, factorA, counts.ActiveA, counts.ReactiveA, voltageSaturated | saturatedA),
            new(currentB, powers.ActiveB, powers.ReactiveB, factorB, counts.ActiveB, counts.ReactiveB, voltageSaturated | saturatedB),
            quality,
            _gap,
            elapsed
        );
        _last = now;
        _gap = null;
        _impossible = 0;
        _readAt = _time.GetTimestamp();
        return sample;
    }

    private void RequirePossible(FourOf<long> counts, TimeSpan elapsed, Counters now)
    {
        double most = MostPerSecond * (elapsed.TotalSeconds + LateSeconds);
        if (!counts.Any(c => Math.Abs(c) > most))
        {
            return;
        }

        if (++_impossible == ReadingsUntilBelieved)
        {
            _last = now;
            _gap = GapCause.Implausible;
            _impossible = 0;
            _readAt = _time.GetTimestamp();
        }

        throw Implausible(
            Register.AENERGYA,
            $"the energy registers stepped by more than full power makes in {elapsed.TotalSeconds:0.0} s, and nothing was booked"
        );
    }

    private int Address => _device.ConnectionSettings.DeviceAddress;

    // Register 0x120 takes only the write that follows the key directly.
    private void Configure()
    {
        Write(Register.UNLOCK, [UnlockKey]);
        Write(Register.RESERVED_120, [RequiredSetting >> 8, RequiredSetting & 0xFF]);
        Require(Register.LAST_OP, Read8(Register.LAST_OP), LastOperationWasWrite);
        Require(Register.RESERVED_120, Read16(Register.RESERVED_120), RequiredSetting);
        Require(Register.AP_NOLOAD, Read32(Register.AP_NOLOAD), ActiveNoLoadAtReset);
        Write(Register.LCYCMODE, [0]);
        Require(Register.LCYCMODE, Read8(Register.LCYCMODE), 0);
    }

    private void Require(Register register, uint value, uint expected)
    {
        if (value != expected)
        {
            throw new ChipException(
                MissingReason.WrongChip,
                Chip,
                Address,
                register.ToString(),
                $"it reads 0x{value:X} where an ADE7953 has 0x{expected:X}. Another chip is at this address, or the wires disturb the bus."
            );
        }
    }

    // An overdriven input tends to a square wave of full-scale peaks, whose RMS is √2 of a full-scale sine. More is impossible.
    private uint ReadRms(Register register)
    {
        uint value = Read32(register);
        return value <= FullScaleRms * 1.5
            ? value
            : throw Implausible(register, $"{value} is beyond the chip's full scale of {FullScaleRms}");
    }

    // Without a voltage there are no zero crossings, and the period means nothing.
    private void RequirePlausibleFrequency(uint voltage, ushort period)
    {
        double hertz = Ade7953Scale.FrequencyHz(period);
        if (voltage > Ade7953Scale.LeastRmsForFrequency && (hertz is < 40 or > 70))
        {
            throw Implausible(Register.PERIOD, $"{hertz:0.0} Hz is no mains frequency");
        }
    }

    private ChipException Implausible(Register register, string what) =>
        new(
            MissingReason.Implausible,
            Chip,
            Address,
            register.ToString(),
            $"{what}. Look for disturbances on the bus wires and the supply."
        );

    private bool IsSaturated(Register register) => Read32(register) >= FullScalePeak;

    private FourOf<int> ReadEnergies() =>
        new(ReadSigned(Register.AENERGYA), ReadSigned(Register.AENERGYB), ReadSigned(Register.RENERGYA), ReadSigned(Register.RENERGYB));

    private FourOf<int> ReadPowers() =>
        new(ReadSigned(Register.AWATT), ReadSigned(Register.BWATT), ReadSigned(Register.AVAR), ReadSigned(Register.BVAR));

    // 32-bit registers carry 24 bits; the upper 8 repeat the sign (ADE7953 Registers, page 60). When they do not, the answer is broken.
    private int ReadSigned(Register register)
    {
        int value = unchecked((int)Read32(register));
        if (value is < -EnergyModulus / 2 or >= EnergyModulus / 2)
        {
            throw Implausible(register, $"0x{value:X8} is not a sign-extended 24-bit value");
        }

        return value;
    }

    private byte Read8(Register register)
    {
        Span<byte> answer = stackalloc byte[1];
        Read(register, answer);
        return answer[0];
    }

    private ushort Read16(Register register)
    {
        Span<byte> answer = stackalloc byte[2];
        Read(register, answer);
        return BinaryPrimitives.ReadUInt16BigEndian(answer);
    }

    private uint Read32(Register register)
    {
        Span<byte> answer = stackalloc byte[4];
        Read(register, answer);
        return BinaryPrimitives.ReadUInt32BigEndian(answer);
    }

    private void Read(Register register, Span<byte> answer)
    {
        try
        {
            _device.WriteRead([(byte)((int)register >> 8), (byte)((int)register & 0xFF)], answer);
        }
        catch (IOException fault)
        {
            throw ChipException.OfTransfer(fault, Chip, Address, register.ToString());
        }
    }

    private void Write(Register register, ReadOnlySpan<byte> data)
    {
        Span<byte> sent = stackalloc byte[2 + data.Length];
        BinaryPrimitives.WriteUInt16BigEndian(sent, (ushort)register);
        data.CopyTo(sent[2..]);
        try
        {
            _device.Write(sent);
        }
        catch (IOException fault)
        {
            throw ChipException.OfTransfer(fault, Chip, Address, register.ToString());
        }
    }

    /// <summary>Active and reactive values of both channels.</summary>
    private readonly record struct FourOf<T>(T ActiveA, T ActiveB, T ReactiveA, T ReactiveB)
    {
        public bool Any(Func<T, bool> test) => test(ActiveA) || test(ActiveB) || test(ReactiveA) || test(ReactiveB);
    }

    /// <summary>Energy registers at one instant, and the powers by which they moved.</summary>
    private readonly record struct Counters(FourOf<int> Energies, FourOf<int> Powers)
    {
        public FourOf<long> Since(Counters before, TimeSpan elapsed)
        {
            FourOf<int> energies = before.Energies;
            FourOf<int> powers = before.Powers;
            return new(
                CountsBetween(energies.ActiveA, Energies.ActiveA, powers.ActiveA, Powers.ActiveA, elapsed),
                CountsBetween(energies.ActiveB, Energies.ActiveB, powers.ActiveB, Powers.ActiveB, elapsed),
                CountsBetween(energies.ReactiveA, Energies.ReactiveA, powers.ReactiveA, Powers.ReactiveA, elapsed),
                CountsBetween(energies.ReactiveB, Energies.ReactiveB, powers.ReactiveB, Powers.ReactiveB, elapsed)
            );
        }

        // The counts between two readings of a register that runs round at 2^24. After more than half a turn the difference stands for
        // several numbers of counts, 2^24 apart; the one nearest to the mean power is taken.
        private static long CountsBetween(int before, int now, int powerBefore, int powerNow, TimeSpan elapsed)
        {
            long counts = (now - before) << 8 >> 8;
            if (elapsed <= HalfTurn)
            {
                return counts;
            }

            double meanPower = (powerBefore + (double)powerNow) / 2 / FullScalePower;
            double expected = meanPower * FullScaleCountsPerSecond * elapsed.TotalSeconds;
            return counts + ((long)Math.Round((expected - counts) / EnergyModulus) * EnergyModulus);
        }
    }

    // Tables 13 to 15, pages 60 to 63. Where those do not show an address (AVAR, BVAR, RENERGYA, RENERGYB) public drivers agree on it.
    // The datasheet does not say that a lagging current makes them positive.
    private enum Register
    {
        LCYCMODE = 0x004,
        LAST_OP = 0x0FD,
        UNLOCK = 0x0FE,
        PFA = 0x10A,
        PFB = 0x10B,
        PERIOD = 0x10E,
        RESERVED_120 = 0x120,
        AP_NOLOAD = 0x303,
        AWATT = 0x312,
        BWATT = 0x313,
        AVAR = 0x314,
        BVAR = 0x315,
        IRMSA = 0x31A,
        IRMSB = 0x31B,
        VRMS = 0x31C,
        AENERGYA = 0x31E,
        AENERGYB = 0x31F,
        RENERGYA = 0x320,
        RENERGYB = 0x321,
        RSTVPEAK = 0x327,
        RSTIAPEAK = 0x329,
        RSTIBPEAK = 0x32B,
    }
}
