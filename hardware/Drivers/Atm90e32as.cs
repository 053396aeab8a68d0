using System.Buffers.Binary;
using System.Device.Spi;
using EdgeGateway.Readings;

namespace EdgeGateway.Drivers;

/// <summary>A phase of the ATM90E32AS.</summary>
public enum Atm90e32asPhaseName
{
    /// <summary>Phase A.</summary>
    A,

    /// <summary>Phase B.</summary>
    B,

    /// <summary>Phase C.</summary>
    C,
}

/// <summary>One reading of the chip: registers as they stood, in register units.</summary>
/// <param name="Frequency">Freq, hundredths of a hertz: that of phase A, or of C or B when A has no voltage. 0 without any voltage.</param>
/// <param name="A">Phase A.</param>
/// <param name="B">Phase B.</param>
/// <param name="C">Phase C.</param>
/// <param name="Elapsed">The time that the energies are of.</param>
/// <param name="Lacks">
/// Why the energies may lack something, or null. ChipReset: what the chip had counted since its last reading is gone. NotSampled: the last
/// reading is so long ago that a register may have turned over, or a reply can have been lost unseen.
/// </param>
public readonly record struct Atm90e32asSample(
    ushort Frequency,
    Atm90e32asPhase A,
    Atm90e32asPhase B,
    Atm90e32asPhase C,
    TimeSpan Elapsed,
    GapCause? Lacks
)
{
    /// <summary>A phase by its name.</summary>
    public Atm90e32asPhase this[Atm90e32asPhaseName phase] =>
        phase switch
        {
            Atm90e32asPhaseName.A => A,
            Atm90e32asPhaseName.B => B,
            _ => C,
        };
}

/// <summary>One phase of a reading.</summary>
/// <param name="VoltageRms">Urms with its lower word, 15 360 000 at full scale.</param>
/// <param name="CurrentRms">Irms with its lower word, 15 360 000 at full scale.</param>
/// <param name="ActivePower">Pmean with its lower word, ±112 500 000 at full scale, import positive.</param>
/// <param name="ReactivePower">Qmean with its lower word, in the same steps, positive when the current lags.</param>
/// <param name="ApparentPower">Smean with its lower word, in the same steps.</param>
/// <param name="PowerFactor">PFmean, thousandths, −1000 to 1000.</param>
/// <param name="PhaseAngle">PAngle, tenths of a degree, −1800 to 1800.</param>
/// <param name="ActiveForward">Counts of APenergy since the last reading. Every count comes in exactly one reading.</param>
/// <param name="ActiveReverse">Counts of ANenergy since the last reading.</param>
/// <param name="ReactiveForward">Counts of RPenergy since the last reading.</param>
/// <param name="ReactiveReverse">Counts of RNenergy since the last reading.</param>
/// <param name="Saturated">Whether the voltage or the current input was beyond its range in the last quarter of a second.</param>
public readonly record struct Atm90e32asPhase(
    uint VoltageRms,
    uint CurrentRms,
    int ActivePower,
    int ReactivePower,
    int ApparentPower,
    short PowerFactor,
    short PhaseAngle,
    long ActiveForward,
    long ActiveReverse,
    long ReactiveForward,
    long ReactiveReverse,
    bool Saturated
);

/// <summary>
/// Microchip (Atmel) ATM90E32AS: three phases with voltage and current, RMS values, signed active and reactive power and energy.
/// </summary>
/// <remarks>
/// The wire, SPI mode 3, most significant bit first, one register of 16 bits in each frame of 32 clocks (datasheet Atmel-46003 §4.2.2 as
/// cited in esphome pull request 10258: "Each transaction can only access one register"):
/// <code>
/// CS    ‾‾\________________________________________________________/‾‾
/// MOSI     | R  0 0 0 0 0  a9 a8 | a7 … a0 | d15 … d8 | d7 … d0 |       R: 1 reads (data bits 0), 0 writes
/// MISO     |          –          |    –    | d15 … d8 | d7 … d0 |
/// </code>
/// The energy registers (R/C) clear when they are read, so the reply is the only copy but one: LastSPIData holds the data of the last
/// access. A reply may be lost on the wire, and the transfer itself may fail before or after the chip saw it. Each clearing read therefore
/// stands between two known things, and nothing touches the chip again until its outcome is known, however many readings that takes:
/// <code>
///   1  read SagPeakDetCfg       → 0xFF3F        now LastSPIData is a mark that no energy can be
///   2  read LastSPIData         → 0xFF3F        the chip hears and is heard
///   3  read APenergyA           → n             the register is 0, LastSPIData is n: both or neither
///   4  read LastSPIData         → n             seen twice alike (n = 0: eight times): n is counted, back to 1
///                               → 0xFF3F        step 3 never reached the chip: the energy is still in its register
///                               → 0xFFFF, other no reply: ask again, in the next reading if need be, and do nothing before
/// </code>
/// Reading LastSPIData leaves it as it is, whether or not the chip counts that as an access: the data is the same. A MISO line needs a
/// pull-up, so that a broken one reads 0xFFFF. One that is shorted to ground from step 3 on looks like n = 0; step 1 of the next register
/// then fails and the next reading says that it may lack energy. A register that clears does so "only after the LastSPIData register is
/// updated" (esphome's atm90e32.cpp); that nothing but one of the two can happen is not verified on a chip. An address that noise on MOSI
/// turns into that of another clearing register is not noticed.
/// <para>
/// Register addresses, Urms 0.01 V, Irms 0.001 A, power 0.00032 W in 32 bits of two's complement, PF 0.001, Freq 0.01 Hz, PAngle 0.1° and
/// energy 0.01 CF agree in the public drivers of esphome, CircuitSetup and Zephyr; energies net in and out below 0.01 CF and PL_Constant is
/// the worth of 0.01 CF (90E32 datasheet §3.4.1). Not verified: what the inputs' millivolts are in register units (see
/// <see cref="FullScaleMv"/>), and that an energy register turns over past 0xFFFF.
/// </para>
/// </remarks>
public sealed class Atm90e32as
{
    /// <summary>The fastest clock that the public drivers use, hertz.</summary>
    public const int MostClockHz = 200_000;

    /// <summary>
    /// Full scale of the inputs at PGA gain 1, millivolts RMS of a sine. Not verified, and nor is what the chip shows for it: that follows
    /// from 1.2 V peak at 2¹⁵ converter steps and the formulas of public drivers, UPeak = steps · Ugain / (100 · 2¹³) and IPeak = steps ·
    /// Igain / (1000 · 2¹³). Gains that CircuitSetup publishes for its clamps lie within some 5 % of it. Calibration takes the rest out.
    /// </summary>
    public const int FullScaleMv = 720;

    /// <summary>
    /// Urms (600 V) and Irms (60 A) of a full-scale sine with the gains written here, in 1/256 of the upper register's step.
    /// </summary>
    public const int FullScaleRms = 15_360_000;

    /// <summary>Pmean of full-scale sines in phase, 36 kW in steps of 0.00032 W.</summary>
    public const int FullScalePower = 112_500_000;

    /// <summary>Energy counts a second of full-scale sines in phase: 36 kW over 45 J.</summary>
    public const int FullScaleCountsPerSecond = 800;

    private const string Chip = "ATM90E32AS";
    private const int Energies = 12;
    private const ushort ReadFlag = 0x8000;
    private const ushort ResetKey = 0x789A;
    private const ushort AccessKey = 0x55AA;
    private const ushort Metering = 0x0001;

    // MMode0. CF2 counts reactive energy; phases A, B and C count into the sums.
    private const ushort Mode3P4W = 0x0087;
    private const ushort Line60Hz = 0x1000;
    private const ushort NoReply = 0xFFFF;

    // SagPeakDetCfg: peaks over 255 ms, sags over 63 ms. After a reset it is 0x143F.
    private const ushort Mark = 0xFF3F;
    private const ushort ResetMark = 0x143F;

    // 450 · 10⁹ / 800 imp/kWh: 0.01 CF is 45 J of the chip's own watts. The reset value, 0x0861C468, is 450 · 10⁹ / 3200.
    private const uint PlConstant = 562_500_000;
    private const uint PlConstantAtReset = 0x0861_C468;

    // 720 mV show as 600 V and 60 A.
    private const ushort Gain = 25_000;

    // 1/10 000 of full scale, 3.6 W in steps of 0.00032 W.
    private const ushort NoLoad = 11_250;

    // Peak of a full-scale sine in converter steps, 720 mV · √2 / 1.2 V · 2¹⁵.
    private const int FullScalePeak = 27_804;

    // The chip does not hear for 5 ms after a soft reset (esphome waits 6 ms). At 200 kHz an attempt takes 0.4 ms. Not verified: that
    // asking meanwhile does no harm.
    private const int AttemptsToWake = 100;
    private const int Attempts = 4;
    private const int ZerosAlike = 8;
    private const int RepliesAsked = 24;

    // How long a register takes to its end at full scale.
    private static readonly TimeSpan FullAfter = TimeSpan.FromSeconds(65_535.0 / FullScaleCountsPerSecond);

    private readonly SpiDevice _device;
    private readonly TimeProvider _time;
    private readonly Setting[] _settings;
    private readonly long[] _taken = new long[Energies];
    private bool _started;
    private bool _configured;
    private readonly long[] _clearedAt = new long[Energies];
    private int? _pending;
    private long _pendingAt;
    private bool _zeroUnproven;
    private GapCause? _lacks;
    private long _takenAt;

    /// <summary>Speaks to the chip behind an SPI device.</summary>
    /// <param name="device">The device, mode 3, at most <see cref="MostClockHz"/>. Not disposed by the driver.</param>
    /// <param name="lineHz">Nominal mains frequency, 50 or 60.</param>
    /// <param name="time">Tells how long ago the last reading was.</param>
    /// <exception cref="ArgumentOutOfRangeException">The mains frequency is neither 50 nor 60 Hz.</exception>
    public Atm90e32as(SpiDevice device, int lineHz, TimeProvider time)
    {
        if (lineHz is not (50 or 60))
        {
            throw new ArgumentOutOfRangeException(nameof(lineHz), lineHz, "The mains frequency is 50 or 60 Hz.");
        }

        _device = device;
        _time = time;
        _settings = SettingsFor(lineHz);
    }

    /// <summary>
    /// Makes sure that the chip is an ATM90E32AS, sets it up and starts counting energy from here. <see cref="Read()"/> does it by itself
    /// when it was not done yet.
    /// </summary>
    /// <exception cref="ChipException">The chip does not answer, or it is another one.</exception>
    public void Initialize()
    {
        Configure();
        Array.Clear(_taken);
        _pending = null;
        _zeroUnproven = false;
        _lacks = null;
        _takenAt = _time.GetTimestamp();
        _clearedAt.AsSpan().Fill(_takenAt);
        _started = true;
    }

    /// <summary>Reads all values. When it fails nothing is lost: the next reading has the energy since the last good one.</summary>
    /// <exception cref="ChipException">The chip did not answer, is another one, or gave an impossible answer.</exception>
    public Atm90e32asSample Read()
    {
        if (!_started)
        {
            Initialize();
        }

        Settle();
        ushort mark = _configured ? ReadConfirmed(Register.SagPeakDetCfg) : ResetMark;
        if (mark != Mark)
        {
            RequireReply(Register.SagPeakDetCfg, mark);
            _lacks = GapCause.ChipReset;
            Configure();
            _clearedAt.AsSpan().Fill(_time.GetTimestamp());
        }

        ushort frequency = ReadConfirmed(Register.Freq);
        Span<Atm90e32asPhase> phases = [ReadPhase(0), ReadPhase(1), ReadPhase(2)];
        for (int energy = 0; energy < Energies; energy++)
        {
            TakeEnergy(energy);
        }

        Arm();
        TimeSpan elapsed = _time.GetElapsedTime(_takenAt);
        for (int phase = 0; phase < phases.Length; phase++)
        {
            phases[phase] = phases[phase] with
            {
                ActiveForward = _taken[phase],
                ActiveReverse = _taken[3 + phase],
                ReactiveForward = _taken[6 + phase],
                ReactiveReverse = _taken[9 + phase],
            };
        }

        var sample = new Atm90e32asSample(frequency, phases[0], phases[1], phases[2], elapsed, _lacks);
        Array.Clear(_taken);
        _lacks = null;
        _takenAt = _time.GetTimestamp();
        return sample;
    }

    /// <summary>Names values of this chip that are impossible.</summary>
    /// <param name="register">The registers they came from.</param>
    /// <param name="what">What is wrong with them, as a clause.</param>
    public ChipException Implausible(string register, string what) =>
        Fault(MissingReason.Implausible, register, $"{what}. Look for disturbances on the bus wires and the supply.");

    // The four energies of three phases in the order of their registers.
    private static Register EnergyRegister(int energy) => Register.APenergyA + (energy / 3 * 4) + (energy % 3);

    private static Setting[] SettingsFor(int lineHz)
    {
        ushort mode = lineHz == 60 ? (ushort)(Mode3P4W | Line60Hz) : Mode3P4W;
        List<Setting> settings =
        [
            new(Register.SagPeakDetCfg, Mark),
            new(Register.PLconstH, (ushort)(PlConstant >> 16)),
            new(Register.PLconstL, (ushort)(PlConstant & 0xFFFF)),
            new(Register.MMode0, mode),
            new(Register.MMode1, 0),
            new(Register.PStartTh, 0),
            new(Register.QStartTh, 0),
            new(Register.SStartTh, 0),
            new(Register.PPhaseTh, NoLoad),
            new(Register.QPhaseTh, NoLoad),
            new(Register.SPhaseTh, NoLoad),
        ];
        for (int phase = 0; phase < 3; phase++)
        {
            settings.AddRange([
                new(Register.PoffsetA + (2 * phase), 0),
                new(Register.QoffsetA + (2 * phase), 0),
                new(Register.PQGainA + (2 * phase), 0),
                new(Register.PhiA + (2 * phase), 0),
                new(Register.UgainA + (4 * phase), Gain),
                new(Register.IgainA + (4 * phase), Gain),
                new(Register.UoffsetA + (4 * phase), 0),
                new(Register.IoffsetA + (4 * phase), 0),
            ]);
        }

        return [.. settings];
    }

    // MeterEn goes last: a chip that is not set up to the end does not count.
    private void Configure()
    {
        _configured = false;
        Transfer(Register.SoftReset, ResetKey);
        Wake();
        Require(Register.PLconstH, (ushort)(PlConstantAtReset >> 16));
        Require(Register.PLconstL, (ushort)(PlConstantAtReset & 0xFFFF));
        foreach ((Register register, ushort value) in _settings)
        {
            Write(register, value);
        }

        foreach ((Register register, ushort value) in _settings)
        {
            Require(register, value);
        }

        Write(Register.MeterEn, Metering);
        Write(Register.CfgRegAccEn, 0);
        _configured = true;
    }

    // Writes the key until the chip repeats it.
    private void Wake()
    {
        ushort seen = 0;
        for (int attempt = 0; attempt < AttemptsToWake; attempt++)
        {
            Transfer(Register.CfgRegAccEn, AccessKey);
            seen = Transfer(Register.LastSPIData);
            if (seen == AccessKey)
            {
                return;
            }
        }

        RequireReply(Register.LastSPIData, seen);
        throw WrongChip(Register.LastSPIData, seen, AccessKey);
    }

    private void Write(Register register, ushort value)
    {
        ushort seen = 0;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Transfer(register, value);
            seen = Transfer(Register.LastSPIData);
            if (seen == value)
            {
                return;
            }
        }

        throw Implausible(register.ToString(), $"0x{value:X4} was written and arrived as 0x{seen:X4}");
    }

    private void Require(Register register, ushort expected)
    {
        ushort value = ReadConfirmed(register);
        if (value != expected)
        {
            RequireReply(register, value);
            throw WrongChip(register, value, expected);
        }
    }

    private Atm90e32asPhase ReadPhase(int phase)
    {
        uint voltage = ((uint)ReadConfirmed(Register.UrmsA + phase) << 8) | ((uint)ReadConfirmed(Register.UrmsALSB + phase) >> 8);
        uint current = ((uint)ReadConfirmed(Register.IrmsA + phase) << 8) | ((uint)ReadConfirmed(Register.IrmsALSB + phase) >> 8);
        int angle = unchecked((short)ReadConfirmed(Register.PAngleA + phase));
        bool saturated = ReadPeak(Register.UPeakA + phase) >= FullScalePeak || ReadPeak(Register.IPeakA + phase) >= FullScalePeak;
        return new Atm90e32asPhase(
            voltage,
            current,
            ReadPower(Register.PmeanA + phase, Register.PmeanALSB + phase),
            ReadPower(Register.QmeanA + phase, Register.QmeanALSB + phase),
            ReadPower(Register.SmeanA + phase, Register.SmeanALSB + phase),
            PowerFactor(ReadConfirmed(Register.PFmeanA + phase)),
            (short)(angle > 1800 ? angle - 3600 : angle),
            0,
            0,
            0,
            0,
            saturated
        );
    }

    private int ReadPeak(Register register) => Math.Abs((int)unchecked((short)ReadConfirmed(register)));

    // "Signed, MSB as the sign bit" (90E32 datasheet, table 11): esphome takes it for two's complement, CircuitSetup for a sign and a
    // magnitude. The two do not overlap within −1000 to 1000.
    private static short PowerFactor(ushort value)
    {
        short complement = unchecked((short)value);
        if (complement is >= -1000 and <= 1000)
        {
            return complement;
        }

        return (short)((value & 0x8000) != 0 ? -(value & 0x7FFF) : value);
    }

    // The two words are read in two transfers, so the upper one is read again: it must not have changed meanwhile.
    private int ReadPower(Register upper, Register lower)
    {
        ushort high = ReadConfirmed(upper);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            ushort low = ReadConfirmed(lower);
            ushort again = ReadConfirmed(upper);
            if (again == high)
            {
                return unchecked((int)(((uint)high << 16) | low));
            }

            high = again;
        }

        throw Implausible(upper.ToString(), "it changes from one transfer to the next");
    }

    private void TakeEnergy(int energy)
    {
        Arm();
        _pending = energy;
        _pendingAt = _time.GetTimestamp();
        Settle(Transfer(EnergyRegister(energy)));
    }

    private void Arm()
    {
        ushort seen = 0;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Transfer(Register.SagPeakDetCfg);
            seen = Transfer(Register.LastSPIData);
            if (seen == Mark)
            {
                _zeroUnproven = false;
                return;
            }
        }

        if (_zeroUnproven)
        {
            _lacks ??= GapCause.NotSampled;
            _zeroUnproven = false;
        }

        RequireReply(Register.SagPeakDetCfg, seen);
        throw Implausible(
            nameof(Register.SagPeakDetCfg),
            seen == ResetMark ? "the chip was reset while it was read" : $"it reads 0x{seen:X4} and not 0x{Mark:X4}"
        );
    }

    // Finds out what became of the last clearing read. Until that is known, any other access would overwrite the only copy of the energy.
    private void Settle(ushort last = NoReply)
    {
        if (_pending is not { } energy)
        {
            return;
        }

        // A register that may have turned over can hold any value, also the one that stands for no reply. So that one counts as an answer
        // then.
        bool mayHaveTurned = _time.GetElapsedTime(_clearedAt[energy], _pendingAt) > FullAfter;
        int alike = 1;
        for (int reply = 0; reply < RepliesAsked; reply++)
        {
            ushort now = Transfer(Register.LastSPIData);
            alike = now == last ? alike + 1 : 1;
            last = now;
            bool certain = alike >= (now is 0 or NoReply ? ZerosAlike : 2);
            if (certain && (now != NoReply || mayHaveTurned))
            {
                Book(energy, now, mayHaveTurned);
                return;
            }
        }

        RequireReply(Register.LastSPIData, NoReply);
    }

    private void Book(int energy, ushort last, bool mayHaveTurned)
    {
        _pending = null;
        _zeroUnproven = last == 0;
        if (last == Mark)
        {
            return;
        }

        _taken[energy] += last == NoReply ? 0 : last;
        _clearedAt[energy] = _pendingAt;
        _lacks ??= mayHaveTurned ? GapCause.NotSampled : null;
    }

    // Reads a register until LastSPIData confirms its value.
    private ushort ReadConfirmed(Register register)
    {
        ushort value = 0;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            value = Transfer(register);
            if (Transfer(Register.LastSPIData) == value)
            {
                return value;
            }
        }

        throw Implausible(register.ToString(), $"it reads 0x{value:X4} and the chip says that it sent something else");
    }

    private void RequireReply(Register register, ushort seen)
    {
        if (seen is 0 or NoReply)
        {
            throw Fault(
                MissingReason.NoAnswer,
                register.ToString(),
                $"no answer, MISO reads 0x{seen:X4}. Check the chip's supply, its PM0 and PM1 pins (both high) and the bus wires."
            );
        }
    }

    private ChipException WrongChip(Register register, ushort value, ushort expected) =>
        Fault(
            MissingReason.WrongChip,
            register.ToString(),
            $"it reads 0x{value:X4} where an ATM90E32AS has 0x{expected:X4}. Another chip is on this chip-select line, or the "
                + "wires disturb the bus."
        );

    private ChipException Fault(MissingReason reason, string register, string sentence) =>
        new(reason, Chip, _device.ConnectionSettings, register, sentence);

    private ushort Transfer(Register register) => Transfer((ushort)((int)register | ReadFlag), 0, register);

    private void Transfer(Register register, ushort value) => Transfer((ushort)register, value, register);

    private ushort Transfer(ushort command, ushort value, Register register)
    {
        Span<byte> sent = stackalloc byte[4];
        Span<byte> received = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(sent, command);
        BinaryPrimitives.WriteUInt16BigEndian(sent[2..], value);
        try
        {
            _device.TransferFullDuplex(sent, received);
        }
        catch (IOException fault)
        {
            throw new ChipException(
                MissingReason.NoAnswer,
                Chip,
                _device.ConnectionSettings,
                register.ToString(),
                "the kernel did not do the transfer. Look at its log, and at the SPI settings of the device tree.",
                fault
            );
        }

        return BinaryPrimitives.ReadUInt16BigEndian(received[2..]);
    }

    private readonly record struct Setting(Register Register, ushort Value);

    // Names and addresses as in esphome's atm90e32_reg.h.
    private enum Register
    {
        MeterEn = 0x00,
        SagPeakDetCfg = 0x05,
        PLconstH = 0x31,
        PLconstL = 0x32,
        MMode0 = 0x33,
        MMode1 = 0x34,
        PStartTh = 0x35,
        QStartTh = 0x36,
        SStartTh = 0x37,
        PPhaseTh = 0x38,
        QPhaseTh = 0x39,
        SPhaseTh = 0x3A,
        PoffsetA = 0x41,
        QoffsetA = 0x42,
        PQGainA = 0x47,
        PhiA = 0x48,
        UgainA = 0x61,
        IgainA = 0x62,
        UoffsetA = 0x63,
        IoffsetA = 0x64,
        SoftReset = 0x70,
        LastSPIData = 0x78,
        CfgRegAccEn = 0x7F,
        APenergyA = 0x81,
        PmeanA = 0xB1,
        QmeanA = 0xB5,
        SmeanA = 0xB9,
        PFmeanA = 0xBD,
        PmeanALSB = 0xC1,
        QmeanALSB = 0xC5,
        SmeanALSB = 0xC9,
        UrmsA = 0xD9,
        IrmsA = 0xDD,
        UrmsALSB = 0xE9,
        IrmsALSB = 0xED,
        UPeakA = 0xF1,
        IPeakA = 0xF5,
        Freq = 0xF8,
        PAngleA = 0xF9,
    }
}
