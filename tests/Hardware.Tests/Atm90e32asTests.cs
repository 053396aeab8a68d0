using CsCheck;
using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Hardware.Tests;

public sealed class Atm90e32asTests : IDisposable
{
    private static readonly CurrentTransformer Clamp100 = new(100, 333);
    private static readonly Atm90e32asPhaseName[] Phases = Enum.GetValues<Atm90e32asPhaseName>();

    private readonly FakeTimeProvider _time = new();
    private readonly SineWaveform _waveform = new(230, 40, degrees: 30);
    private readonly SimulatedAtm90e32as _chip;
    private readonly Atm90e32as _driver;
    private readonly Atm90e32asScale _scale = new(Clamp100, 1001);
    private readonly long[] _booked = new long[12];

    public Atm90e32asTests() => (_chip, _driver) = Wired(new(_waveform, Clamp100), new(_waveform, Clamp100, Reversed: true), null);

    public void Dispose() => _chip.Dispose();

    private (SimulatedAtm90e32as Chip, Atm90e32as Driver) Wired(params SimulatedClamp?[] clamps)
    {
        var chip = new SimulatedAtm90e32as(clamps, 1001, _time);
        return (chip, new Atm90e32as(chip, 50, _time));
    }

    private Atm90e32asSample Read()
    {
        Atm90e32asSample sample = _driver.Read();
        foreach (Atm90e32asPhaseName name in Phases)
        {
            Atm90e32asPhase phase = sample[name];
            ReadOnlySpan<long> energies = [phase.ActiveForward, phase.ActiveReverse, phase.ReactiveForward, phase.ReactiveReverse];
            for (int i = 0; i < energies.Length; i++)
            {
                _booked[((int)name * 4) + i] += energies[i];
            }
        }

        return sample;
    }

    private Atm90e32asSample ReadAfter(double seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        return Read();
    }

    private long[] Counted() => [.. Phases.SelectMany(p => _chip.Counted(p))];

    // The only access of a test to a register by hand: 0x80 reads.
    private static ushort Register(SimulatedAtm90e32as chip, byte address)
    {
        Span<byte> reply = stackalloc byte[4];
        chip.TransferFullDuplex([0x80, address, 0, 0], reply);
        return (ushort)((reply[2] << 8) | reply[3]);
    }

    [Fact]
    public void Full_scale_inputs_read_600_V_60_A_and_36_kW()
    {
        var full = new SimulatedClamp(new SineWaveform(720, 720), new CurrentTransformer(1000, 1000m));
        var driver = new Atm90e32as(new SimulatedAtm90e32as([full, full, full], 1000, _time), 50, _time);
        driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(1));
        Atm90e32asSample sample = driver.Read();
        Assert.Equal(5000, sample.Frequency);
        foreach (Atm90e32asPhaseName phase in Phases)
        {
            Assert.InRange(sample[phase].VoltageRms, 15_359_999u, 15_360_001u);
            Assert.InRange(sample[phase].CurrentRms, 15_359_999u, 15_360_001u);
            Assert.InRange(sample[phase].ActivePower, 112_499_999, 112_500_001);
            Assert.Equal(1000, sample[phase].PowerFactor);
            Assert.InRange(sample[phase].ActiveForward, 799, 800);
            Assert.True(sample[phase].Saturated);
        }
    }

    [Fact]
    public void Values_come_out_as_they_are_on_the_mains()
    {
        _driver.Initialize();
        Atm90e32asSample sample = ReadAfter(1);
        LiveValues live = _scale.Live(sample, sample.A);
        Assert.Equal(230, live.VoltageV!.Value, 0.01);
        Assert.Equal(40, live.CurrentA!.Value, 0.01);
        Assert.Equal(_waveform.Watts, live.ActivePowerW!.Value, 0.5);
        Assert.Equal(9200, live.ApparentPowerVA!.Value, 0.5);
        Assert.Equal(4600, live.ReactivePowerVar!.Value, 0.5);
        Assert.Equal(0.866, live.PowerFactor!.Value, 3);
        Assert.Equal(50, live.FrequencyHz!.Value, 0.001);
        Assert.Equal(300, sample.A.PhaseAngle);
        Assert.False(sample.A.Saturated);
        Assert.Null(sample.Lacks);
        Assert.Equal(TimeSpan.FromSeconds(1), sample.Elapsed);
    }

    [Fact]
    public void Energy_is_power_times_time_in_both_directions_active_and_reactive()
    {
        _driver.Initialize();
        for (int i = 0; i < 100; i++)
        {
            ReadAfter(1);
        }

        (long numerator, long denominator) = _scale.MilliwattHoursPerCount;
        double count = (double)numerator / denominator;
        Assert.Equal(_waveform.Watts * 100 / 3.6, _booked[0] * count, 2 * count);
        Assert.Equal(0, _booked[1]);
        Assert.Equal(4600 * 100 / 3.6, _booked[2] * count, 4 * count);
        Assert.Equal(0, _booked[4]);
        Assert.Equal(_booked[0], _booked[5]);
        Assert.Equal(_booked[2], _booked[7]);
        Assert.Equal([0, 0, 0, 0], _booked[8..]);
    }

    [Fact]
    public void A_phase_without_wires_has_no_frequency_and_no_power_factor()
    {
        Atm90e32asSample sample = Read();
        LiveValues live = _scale.Live(sample, sample.C);
        Assert.Equal((0, 0), (live.VoltageV!.Value, live.ActivePowerW!.Value));
        Assert.Null(live.FrequencyHz);
        Assert.Null(live.PowerFactor);
    }

    [Fact]
    public void Below_the_no_load_threshold_nothing_counts()
    {
        _waveform.Amperes = 0.05;
        _driver.Initialize();
        ReadAfter(3600);
        Assert.Equal(0, _booked[0]);
    }

    [Fact]
    public void An_energy_register_is_empty_after_it_was_read_and_the_last_data_still_tells()
    {
        _driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(10));
        ushort energy = Register(_chip, 0x81);
        Assert.NotEqual(0, energy);
        Assert.Equal(energy, Register(_chip, 0x78));
        Assert.Equal(energy, Register(_chip, 0x78));
        Assert.Equal(0, Register(_chip, 0x81));
    }

    [Fact]
    public void The_chip_is_write_protected_once_it_is_set_up()
    {
        _driver.Initialize();
        Span<byte> reply = stackalloc byte[4];
        _chip.TransferFullDuplex([0x00, 0x61, 0x12, 0x34], reply);
        Assert.Equal(25_000, Register(_chip, 0x61));
        Assert.Equal((0x0087, 0x2187, 0x11A0), (Register(_chip, 0x33), Register(_chip, 0x31), Register(_chip, 0x32)));
    }

    [Fact]
    public void Sixty_hertz_is_bit_12_of_the_mode()
    {
        new Atm90e32as(_chip, 60, _time).Initialize();
        Assert.Equal(0x1087, Register(_chip, 0x33));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Atm90e32as(_chip, 16, _time));
    }

    [Theory]
    [InlineData(SpiFault.NoAnswerHigh)]
    [InlineData(SpiFault.NoAnswerLow)]
    [InlineData(SpiFault.FailsBeforeClock)]
    [InlineData(SpiFault.FailsAfterClock)]
    public void Readings_that_fail_lose_no_energy_and_double_none(SpiFault fault)
    {
        _driver.Initialize();
        for (int i = 0; i < 21; i++)
        {
            _chip.NextFault = () => i % 3 == 1 ? fault : SpiFault.None;
            if (i % 3 == 1)
            {
                ChipException thrown = Assert.Throws<ChipException>(() => ReadAfter(1));
                Assert.Equal(MissingReason.NoAnswer, thrown.Reason);
                Assert.StartsWith("ATM90E32AS at spidev0.0, register ", thrown.Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.Null(ReadAfter(1).Lacks);
            }
        }

        _chip.NextFault = () => SpiFault.None;
        Read();
        Assert.Equal(Counted(), _booked);
    }

    [Fact]
    public void A_lost_reply_of_any_transfer_loses_no_energy_however_long_the_bus_stays_dead_after_it()
    {
        _driver.Initialize();
        for (int lost = 0; lost < 250; lost++)
        {
            int transfer = 0;
            _chip.NextFault = () =>
                transfer++ == lost ? SpiFault.LostReply
                : transfer > lost ? SpiFault.NoAnswerHigh
                : SpiFault.None;
            for (int poll = 0; poll < 3; poll++)
            {
                try
                {
                    ReadAfter(1);
                }
                catch (ChipException)
                {
                    Assert.True(transfer > lost);
                }
            }

            _chip.NextFault = () => SpiFault.None;
            Read();
        }

        Assert.Equal(Counted(), _booked);
        Assert.True(_booked[0] > 1000);
    }

    [Fact]
    public void Whatever_goes_wrong_with_whichever_transfers_every_count_is_booked_once()
    {
        var bursts = Gen.Select(Gen.Int[0, 3000], Gen.Int[1, 3], Gen.Int[1, 6].Select(f => (SpiFault)f)).Array[0, 100];
        Gen.Select(bursts, Gen.Double[0.1, 5].Array[12])
            .Sample(
                (faults, waits) =>
                {
                    var pattern = new SpiFault[3003];
                    foreach ((int at, int length, SpiFault fault) in faults)
                    {
                        pattern.AsSpan(at, length).Fill(fault);
                    }

                    var time = new FakeTimeProvider();
                    var waveform = new SineWaveform(230, 90, degrees: 30);
                    using SimulatedAtm90e32as chip = new(
                        [new(waveform, Clamp100), new(waveform, Clamp100, Reversed: true), new(waveform, Clamp100)],
                        1001,
                        time
                    );
                    var driver = new Atm90e32as(chip, 50, time);
                    driver.Initialize();
                    (int transfer, long[] booked) = (0, new long[12]);
                    chip.NextFault = () => transfer < pattern.Length ? pattern[transfer++] : SpiFault.None;
                    foreach (double seconds in waits.Append(0).Append(0))
                    {
                        time.Advance(TimeSpan.FromSeconds(seconds));
                        try
                        {
                            Book(driver.Read(), booked);
                        }
                        catch (ChipException)
                        {
                            // The next reading has it all.
                        }
                    }

                    transfer = pattern.Length;
                    Book(driver.Read(), booked);
                    Assert.Equal(Phases.SelectMany(p => chip.Counted(p)), booked);
                },
                iter: 300
            );

        static void Book(Atm90e32asSample sample, long[] booked)
        {
            foreach (Atm90e32asPhaseName name in Phases)
            {
                Atm90e32asPhase phase = sample[name];
                booked[(int)name * 4] += phase.ActiveForward;
                booked[((int)name * 4) + 1] += phase.ActiveReverse;
                booked[((int)name * 4) + 2] += phase.ReactiveForward;
                booked[((int)name * 4) + 3] += phase.ReactiveReverse;
            }
        }
    }

    [Fact]
    public void A_line_that_falls_low_with_a_clearing_read_is_the_one_loss_unseen_and_the_next_reading_says_it_may_lack_something()
    {
        _driver.Initialize();
        Read();
        _time.Advance(TimeSpan.FromSeconds(10));
        var shorted = new ShortedLine(_chip, address => address == 0x81);
        var driver = new Atm90e32as(shorted, 50, _time);
        driver.Initialize();
        Assert.Equal(MissingReason.NoAnswer, Assert.Throws<ChipException>(() => driver.Read()).Reason);
        shorted.Healed = true;
        Assert.Equal(GapCause.NotSampled, driver.Read().Lacks);
        Assert.Null(driver.Read().Lacks);
    }

    [Fact]
    public void A_chip_that_reset_itself_is_set_up_again_counts_on_from_zero_and_says_so()
    {
        _driver.Initialize();
        ReadAfter(10);
        _chip.Reset();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(GapCause.ChipReset, Read().Lacks);
        Atm90e32asSample sample = ReadAfter(1);
        Assert.Null(sample.Lacks);
        Assert.NotEqual(0, sample.A.ActiveForward);
        Assert.Equal(25_000, Register(_chip, 0x61));
        Assert.Equal(Counted(), _booked);
    }

    [Fact]
    public void A_reset_in_the_middle_of_a_reading_books_nothing_twice_and_is_told_by_the_next()
    {
        _driver.Initialize();
        int transfer = 0;
        _chip.NextFault = () =>
        {
            if (transfer++ == 150)
            {
                _chip.Reset();
            }

            return SpiFault.None;
        };
        Assert.Equal(MissingReason.Implausible, Assert.Throws<ChipException>(() => ReadAfter(10)).Reason);
        Assert.Equal(GapCause.ChipReset, Read().Lacks);
        Assert.True(_booked.Zip(Counted(), (booked, counted) => booked <= counted).All(b => b));
        Assert.Null(ReadAfter(1).Lacks);
    }

    [Fact]
    public void After_longer_than_a_register_holds_at_full_scale_the_reading_says_that_it_may_lack_something()
    {
        _driver.Initialize();
        Assert.Null(ReadAfter(81).Lacks);
        Assert.Equal(GapCause.NotSampled, ReadAfter(83).Lacks);
        Assert.Null(ReadAfter(1).Lacks);
    }

    [Fact]
    public void Another_chip_and_none_are_told_apart()
    {
        Assert.Equal(
            MissingReason.WrongChip,
            Assert.Throws<ChipException>(() => new Atm90e32as(new OtherChip(0x1234), 50, _time).Read()).Reason
        );
        Assert.Equal(MissingReason.NoAnswer, Assert.Throws<ChipException>(() => new Atm90e32as(new OtherChip(0), 50, _time).Read()).Reason);
        Assert.Equal(
            MissingReason.NoAnswer,
            Assert.Throws<ChipException>(() => new Atm90e32as(new SimulatedSpiDevice(1, 0), 50, _time).Read()).Reason
        );
    }

    [Fact]
    public void A_chip_with_other_reset_values_is_another_chip()
    {
        var other = new ShortedLine(_chip, _ => false) { Spoilt = 0x31 };
        ChipException thrown = Assert.Throws<ChipException>(() => new Atm90e32as(other, 50, _time).Initialize());
        Assert.Equal((MissingReason.WrongChip, "PLconstH"), (thrown.Reason, thrown.Register));
    }

    [Fact]
    public void A_chip_absent_at_the_start_is_read_once_it_is_there()
    {
        _chip.NextFault = () => SpiFault.NoAnswerHigh;
        Assert.Throws<ChipException>(() => _driver.Read());
        _chip.NextFault = () => SpiFault.None;
        Assert.Equal(230, _scale.VoltageV(_driver.Read().A.VoltageRms), 0.01);
    }

    [Fact]
    public void An_input_beyond_its_range_is_clipped_and_reported()
    {
        _waveform.Amperes = 400;
        _driver.Initialize();
        Atm90e32asSample sample = ReadAfter(1);
        Assert.True(sample.A.Saturated);
        Assert.False(sample.C.Saturated);
        _waveform.Amperes = 40;
        Assert.False(ReadAfter(1).A.Saturated);
    }

    /// <summary>A wire between the driver and a chip that a test spoils: MISO low from an address on, or one register's value.</summary>
    private sealed class ShortedLine(SimulatedAtm90e32as chip, Func<int, bool> shortens) : SimulatedSpiDevice(0, 0)
    {
        private bool _low;
        private bool _spoil;

        public bool Healed { get; set; }

        public int Spoilt { get; init; } = -1;

        protected override ushort Answer(ushort command, ushort data)
        {
            Span<byte> reply = stackalloc byte[4];
            chip.TransferFullDuplex([(byte)(command >> 8), (byte)(command & 0xFF), (byte)(data >> 8), (byte)(data & 0xFF)], reply);
            _low |= shortens(command & 0x3FF);
            _spoil = (command & 0x3FF) == Spoilt || (_spoil && (command & 0x3FF) == 0x78);
            return _low && !Healed ? (ushort)0
                : _spoil ? (ushort)0x4242
                : (ushort)((reply[2] << 8) | reply[3]);
        }
    }

    private sealed class OtherChip(ushort answer) : SimulatedSpiDevice(0, 0)
    {
        protected override ushort Answer(ushort command, ushort data) => answer;
    }
}
