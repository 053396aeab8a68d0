using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Drivers;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Gateway.Tests.Keeping;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Signing;
using EdgeGateway.Simulation;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Recording;

/// <summary>
/// The recorder on the real line: simulated chips, real drivers, meters, registers, ledger and key. Only the clock is fake.
/// </summary>
public sealed class RecorderTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly ProcessStart FirstBoot = new("boot-a", "0.1.0");
    private static readonly CurrentTransformer Clamp = new(200, 333);
    private const string Imported = "in/1-0:1.8.0.255";
    private static readonly FactorKey East = new("CN-grid-east", 2023, "average", "organisation");

    private readonly string _folder = Directory.CreateTempSubdirectory("recorder").FullName;
    private readonly SteppedClock _time = new(Noon.AddSeconds(-0.5));
    private RecordedGroup _group = new(
        "boundary",
        ["in"],
        "1",
        [LeafRecord.Of("group", "boundary"), LeafRecord.Of("class", "1"), LeafRecord.Of("in/kind", "ade7953")]
    );
    private Thinning? _thinning;
    private SimulatedAde7953 _chip = null!;
    private DeviceKey _key = null!;
    private Ledger _ledger = null!;
    private RegisterFile _file = null!;
    private RegisterBook _book = null!;
    private BusWorker _worker = null!;
    private Recorder _recorder = null!;

    public ValueTask InitializeAsync()
    {
        Open(FirstBoot);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_log_begins_with_genesis_boot_start_config_and_factors()
    {
        List<Leaf> leaves = Leaves();
        Assert.Equal(["genesis", "boot", "start", "config", "factors"], leaves.Select(l => l.Head.Type));
        Assert.True(leaves[0].Head.Simulated);
        Assert.Equal(_key.DeviceId, leaves[0].Records.Single(r => r.Name == "device").Text);
        Assert.Equal(
            "0.5500 kgCO2/kWh; MEE and NBS: Announcement 2025 No. 47 of 2025-12-31; confidence C",
            leaves[4].Records.Single(r => r.Name == East.ToString()).Text
        );
    }

    [Fact]
    public void A_reading_leaf_holds_the_registers_at_the_slot_and_names_its_config()
    {
        Slot(Noon.AddMinutes(1));
        Leaf leaf = Leaves()[^1];
        Assert.Equal(("reading", "boundary", 3L, Noon.AddMinutes(1)), (leaf.Head.Type, leaf.Head.Group, leaf.Head.Config, leaf.Head.Time));
        Assert.Equal(["in/1-0:1.8.0.255", "in/1-0:2.8.0.255"], leaf.Records.Select(r => r.Name));
        Assert.All(leaf.Records, r => Assert.Equal(("Wh", -3), (r.Unit, r.Number!.Value.Exponent)));
    }

    [Fact]
    public void A_chip_that_does_not_answer_is_recorded_as_missing_and_the_line_goes_on()
    {
        Slot(Noon);
        _chip.Fault = BusFault.NoAnswer;
        Slot(Noon.AddMinutes(1));
        Assert.All(Leaves()[^1].Records, r => Assert.Equal(("no-answer", (DecimalFraction?)null), (r.Text, r.Number)));
        _chip.Fault = BusFault.None;
        Slot(Noon.AddMinutes(2));
        Assert.All(Leaves()[^1].Records, r => Assert.NotNull(r.Number));
    }

    [Fact]
    public void A_footprint_is_the_registers_difference_times_the_cited_factor_and_names_its_leaves()
    {
        for (int minute = 0; minute <= 15; minute++)
        {
            Slot(Noon.AddMinutes(minute));
        }

        List<Leaf> leaves = Leaves();
        Leaf carbon = leaves[^1];
        Assert.Equal(LeafType.Carbon, carbon.Head.Type);
        Assert.Equal(4, carbon.Head.Factors);
        Leaf[] from = [.. carbon.Head.ComputedFrom.Select(i => leaves[(int)i])];
        Assert.Equal([Noon, Noon.AddMinutes(15)], from.Select(l => l.Head.Time));
        long milliwattHours = from[1].Mantissa(Imported) - from[0].Mantissa(Imported);
        Assert.True(milliwattHours > 0);
        // 1 mWh × 0.5500 kg/kWh = 0.55 µg × 10⁻⁶·10⁹/10³: 10⁻⁶ kWh × 0.55 × 10⁹ µg = 550 µg
        Assert.Equal(new DecimalFraction(-9, milliwattHours * 550), carbon.Record("scope2-location").Number);
    }

    [Fact]
    public void Energy_of_slots_without_a_footprint_is_in_the_next_one()
    {
        Slot(Noon);
        _chip.Fault = BusFault.NoAnswer;
        Slot(Noon.AddMinutes(15));
        Leaf missing = Leaves()[^1];
        Assert.Equal("in:no-answer", missing.Record("scope2-location").Text);
        _chip.Fault = BusFault.None;
        Slot(Noon.AddMinutes(30));
        List<Leaf> leaves = Leaves();
        Assert.Equal([Noon, Noon.AddMinutes(30)], leaves[^1].Head.ComputedFrom.Select(i => leaves[(int)i].Head.Time));
    }

    [Fact]
    public async Task After_a_restart_registers_footprints_and_the_log_go_on()
    {
        Slot(Noon);
        Slot(Noon.AddMinutes(5));
        _recorder.Seal();
        long before = Leaves()[^1].Mantissa(Imported);
        await CloseAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        Open(FirstBoot);
        Slot(Noon.AddMinutes(15));
        List<Leaf> leaves = Leaves();
        Assert.Equal(["start", "gap", "reading", "carbon"], leaves.Skip(8).Select(l => l.Head.Type));
        Assert.Equal([("cause", "not-running"), ("from", null), ("to", null)], leaves[9].Records.Select(r => (r.Name, r.Text)));
        Assert.Equal(Noon.AddMinutes(5).ToUnixTimeSeconds(), leaves[9].Records[1].Number!.Value.Mantissa);
        Assert.True(leaves[^2].Mantissa(Imported) >= before);
        Assert.Equal(Noon, leaves[(int)leaves[^1].Head.ComputedFrom[0]].Head.Time);
        _recorder.Seal();
        BatchSequence sequence = new();
        for (long first = 0; first < _ledger.Size; first = sequence.End)
        {
            sequence.Add(BatchVerifier.Verify(_ledger.BatchFrom(first)!, TrustAnchors.FromPem(File.ReadAllText(_key.PublicKeyPath))));
        }
    }

    [Fact]
    public void What_a_chip_lost_is_a_leaf_of_its_own_before_the_reading_that_lacks_it()
    {
        Slot(Noon);
        _chip.Reset();
        Slot(Noon.AddMinutes(1));
        List<Leaf> leaves = Leaves();
        Assert.Equal(["gap", "reading"], leaves.TakeLast(2).Select(l => l.Head.Type));
        Leaf gap = leaves[^2];
        Assert.Equal("boundary", gap.Head.Group);
        Assert.Equal([("cause", "chip-reset"), ("meter", "in"), ("from", null), ("to", null)], gap.Records.Select(r => (r.Name, r.Text)));
        Assert.Equal(
            [Noon.ToUnixTimeSeconds(), Noon.AddMinutes(1).ToUnixTimeSeconds()],
            gap.Records.Skip(2).Select(r => r.Number!.Value.Mantissa)
        );
        Slot(Noon.AddMinutes(2));
        Assert.Equal("reading", Leaves()[^1].Head.Type);
        Assert.Equal("reading", Leaves()[^2].Head.Type);
    }

    [Fact]
    public async Task A_calibration_is_recorded_once_when_it_changes_with_the_one_before()
    {
        Slot(Noon);
        await ReopenWith(_group with { Calibrations = Calibration("ratio 1.02", "Installer 7") });
        await ReopenWith(_group);
        await ReopenWith(_group with { Calibrations = Calibration("ratio 1.03; 5 A 0.4° 0 %", "Installer 8") });
        await ReopenWith(_group with { Calibrations = new Dictionary<string, CalibrationLeaf>() });
        await ReopenWith(_group);
        Leaf[] calibrations = [.. Leaves().Where(l => l.Head.Type == LeafType.Calibration)];
        Assert.All(calibrations, l => Assert.Equal("boundary", l.Head.Group));
        Assert.Equal(
            [("ratio 1.02", "none"), ("ratio 1.03; 5 A 0.4° 0 %", "ratio 1.02"), ("none", "ratio 1.03; 5 A 0.4° 0 %")],
            calibrations.Select(l => (l.Records.Single(r => r.Name == "correction").Text, l.Records.Single(r => r.Name == "before").Text))
        );
        Assert.Equal("Installer 8", calibrations[1].Records.Single(r => r.Name == "by").Text);
    }

    [Fact]
    public async Task A_face_value_is_recorded_once_beside_where_the_register_was_recorded_after_it_was_read()
    {
        Slot(Noon);
        Slot(Noon.AddMinutes(5));
        LeafRecord recorded = Leaves()[^1].Record(Imported);
        Slot(Noon.AddMinutes(10));
        await ReopenWith(_group with { Indexes = [new RecordedIndex("in", ObisCode.ActiveImport, "12345.6 kWh", Noon.AddMinutes(4))] });
        await ReopenWith(_group);
        Leaf exchange = Assert.Single(Leaves(), l => l.Head.Type == LeafType.Exchange);
        Assert.Equal(["meter", "reading", "read", "in/1-0:1.8.0.255"], exchange.Records.Select(r => r.Name));
        Assert.Equal("12345.6 kWh", exchange.Record("reading").Text);
        Assert.Equal(Noon.AddMinutes(4).ToUnixTimeSeconds(), exchange.Record("read").Number!.Value.Mantissa);
        Assert.Equal((recorded.Number, Noon.AddMinutes(5)), (exchange.Record(Imported).Number, exchange.Record(Imported).Time));
        long before = recorded.Number!.Value.Mantissa;
        Slot(Noon.AddMinutes(15));
        Assert.True(Leaves()[^2].Mantissa(Imported) >= before, "the register goes on");
    }

    [Fact]
    public async Task A_face_value_read_after_the_last_recording_stands_beside_the_register_as_it_is()
    {
        Slot(Noon);
        Slot(Noon.AddMinutes(5));
        await ReopenWith(_group with { Indexes = [new RecordedIndex("in", ObisCode.ActiveImport, "7 kWh", Noon.AddMinutes(6))] });
        LeafRecord register = Assert.Single(Leaves(), l => l.Head.Type == LeafType.Exchange).Records[^1];
        Assert.Equal(_book.Starts[0].Register.Count, register.Number!.Value.Mantissa);
        Assert.True(register.Number.Value.Mantissa > 0);
    }

    [Fact]
    public async Task A_new_boot_is_recorded_and_counted()
    {
        await CloseAsync();
        Open(new ProcessStart("boot-b", "0.1.0"));
        Leaf[] leaves = [.. Leaves().Skip(5).Where(l => l.Head.Type != LeafType.Gap)];
        Assert.Equal([("boot", 2L), ("start", 2L)], leaves.Select(l => (l.Head.Type, l.Head.BootCount)));
    }

    [Fact]
    public async Task A_lost_register_file_goes_on_from_the_ledger_and_the_start_says_so()
    {
        Slot(Noon);
        Slot(Noon.AddMinutes(5));
        long before = Leaves()[^1].Mantissa(Imported);
        await CloseAsync();
        File.Delete(Path.Combine(_folder, "registers"));
        Open(FirstBoot);
        Leaf start = Leaves().Last(l => l.Head.Type == LeafType.Start);
        Assert.Equal(before, start.Records.Single(r => r.Name == "in/1-0:1.8.0.255").Number!.Value.Mantissa);
        Assert.Equal("ledger, not in the register file", start.Records.First(r => r.Name == "in/1-0:1.8.0.255/from").Text);
    }

    [Fact]
    public async Task A_wiped_ledger_starts_a_new_epoch()
    {
        await CloseAsync();
        foreach (string file in Directory.GetFiles(_folder, "ledger.db*"))
        {
            File.Delete(file);
        }

        Open(FirstBoot);
        Assert.EndsWith("/2", Leaves()[0].Record("origin").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ledger_of_another_device_is_refused()
    {
        await CloseAsync();
        File.Delete(Path.Combine(_folder, "device.key"));
        Assert.Equal(
            $"{_folder}/device.key is missing, and {_folder} belongs to a device that had one. "
                + "Restore it from where it was kept, or give a new device its own data folder.",
            Assert.Throws<InvalidDataException>(() => Open(FirstBoot)).Message
        );
        Assert.False(File.Exists(Path.Combine(_folder, "device.key")));
        File.Delete(Path.Combine(_folder, "device.pem"));
        File.Delete(Path.Combine(_folder, "device.crt"));
        Assert.Contains("own data folder", Assert.Throws<InvalidDataException>(() => Open(FirstBoot)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_is_set_back_is_recorded_and_nothing_is_lost()
    {
        Slot(Noon.AddMinutes(1));
        _time.Step = TimeSpan.FromHours(-1);
        Slot(Noon.AddMinutes(-58));
        List<Leaf> leaves = Leaves();
        Assert.Equal(["clockstep", "reading"], leaves.TakeLast(2).Select(l => l.Head.Type));
        Assert.Equal(LeafRecord.Of("step", TimeSpan.FromHours(-1)).Number, leaves[^2].Record("step").Number);
    }

    [Fact]
    public void A_step_of_the_clock_that_could_not_be_recorded_is_recorded_with_the_next_slot()
    {
        Slot(Noon.AddMinutes(1));
        _time.Step = TimeSpan.FromHours(-1);
        LedgerFile.Run(_folder, LedgerFile.Full);
        Assert.Throws<SqliteException>(() => Slot(Noon.AddMinutes(-58)));
        LedgerFile.Run(_folder, LedgerFile.NotFull);
        Slot(Noon.AddMinutes(-57));
        Slot(Noon.AddMinutes(-56));
        Assert.Equal(["clockstep", "reading", "reading"], Leaves().TakeLast(3).Select(l => l.Head.Type));
    }

    [Fact]
    public async Task Old_readings_are_thinned_but_no_hash_and_nothing_that_a_footprint_rests_on()
    {
        _thinning = new Thinning(TimeSpan.FromHours(1), TimeSpan.FromMinutes(15), ["desk"]);
        await ReopenWith(_group);
        DateTimeOffset first = Noon.AddMinutes(7),
            at = first;
        void Record(int minutes)
        {
            for (DateTimeOffset end = at.AddMinutes(minutes); at < end; at = at.AddMinutes(1))
            {
                Slot(at);
                _recorder.Seal();
            }
        }

        Record(330);
        Assert.DoesNotContain(null, _ledger.Leaves(0, 256)); // not delivered yet

        _ledger.MoveCursor("desk", 255);
        Record(1);
        Assert.DoesNotContain(null, _ledger.Leaves(0, 256)); // the last of the tile is not delivered yet

        _ledger.MoveCursor("desk", _ledger.Size);
        Record(2);
        IReadOnlyList<byte[]?> tile = _ledger.Leaves(0, 256);
        List<Leaf> left = [.. tile.OfType<byte[]>().Select(b => LeafCodec.Decode(b))];
        Assert.All(left.Where(l => l.Head.Type == LeafType.Reading && l.Head.Time != first), l => Assert.Equal(0, l.Head.Time.Minute % 15));
        Assert.InRange(tile.Count(b => b is null), 200, 240);
        Assert.DoesNotContain(null, _ledger.Leaves(256, 512)); // not so old, and not a full tile

        List<Leaf> footprints = [.. left.Where(l => l.Head.Type == LeafType.Carbon)];
        Assert.Contains(footprints, l =>
            l.Head.ComputedFrom.Select(i => tile[(int)i]).OfType<byte[]>().Any(b => LeafCodec.Decode(b).Head.Time == first)
        );
        Assert.All(footprints.SelectMany(l => l.Head.ComputedFrom), i => Assert.NotNull(tile[(int)i]));

        await ReopenWith(_group);
        BatchSequence sequence = new();
        TrustAnchors trust = TrustAnchors.FromPem(_key.Key.ExportSubjectPublicKeyInfoPem());
        while (_ledger.BatchFrom(sequence.End) is { } batch)
        {
            sequence.Add(BatchVerifier.Verify(batch, trust));
        }

        Assert.Equal(_ledger.LastCheckpoint!.Size, sequence.End);
    }

    [Theory]
    [InlineData(0, 100, false)]
    [InlineData(1, 59, false)]
    [InlineData(1, 60, true)]
    [InlineData(256, 1, true)]
    [InlineData(1, -3600, true)]
    public void A_checkpoint_is_due_by_time_by_leaves_or_after_a_step_back(long waiting, int seconds, bool due) =>
        Assert.Equal(due, RecorderLoop.SealIsDue(waiting, TimeSpan.FromSeconds(seconds), RecorderBuilder.Quarters));

    private void Open(ProcessStart start)
    {
        SimulatedBus bus = SimulatedBus.Open("sim:factory", _folder, seed: 1, repeat: false, _time);
        _chip = bus.AttachAde7953(Ade7953.I2cAddress, new WiredClamp("oven.L1", Clamp), null, 1001);
        _key = DeviceKey.Open(_folder);
        _ledger = Ledger.Open(Path.Combine(_folder, "ledger.db"));
        _file = RegisterFile.Open(Path.Combine(_folder, "registers"), _time, NullLogger.Instance);
        _book = new RegisterBook(_file.Found, LastRecorded.Registers(_ledger));
        Ade7953Meter meter = new(
            "in",
            new SharedAde7953(new Ade7953(bus.OpenI2c(Ade7953.I2cAddress), _time)),
            Ade7953ChannelName.A,
            new Ade7953Scale(Clamp, 1001),
            AccuracyClass.Class1,
            _book
        );
        Now now = new([meter], _time.GetUtcNow());
        _worker = new BusWorker("i2c-1", [meter], now, _book, _file, _time, NullLogger.Instance);
        (FactorSet set, Factor factor) = FactorLibrary.Shipped.Require(East);
        _recorder = new RecorderBuilder(_ledger, _key, _time)
        {
            Now = now,
            Groups = [_group],
            Accounts =
            [
                new CarbonAccount(
                    "scope2-location",
                    set,
                    RecordedMethod.OfEnergy(RecordedMethod.LocationBased, factor),
                    [new AccountMeter("in", ObisCode.ActiveImport, null)]
                ),
            ],
            Thinning = _thinning,
            TimeStatus = TimeStatus.Informative,
            Simulated = true,
        }.Build();
        _worker.Poll();
        _recorder.Start(start with { Registers = _book.Starts });
    }

    private async Task ReopenWith(RecordedGroup group)
    {
        await CloseAsync();
        _group = group;
        Open(FirstBoot);
    }

    private static Dictionary<string, CalibrationLeaf> Calibration(string correction, string by) =>
        new()
        {
            ["in"] = new CalibrationLeaf
            {
                Meter = "in",
                Correction = correction,
                Calibrated = Noon,
                By = by,
            },
        };

    private async Task CloseAsync()
    {
        await _worker.DisposeAsync();
        await _file.DisposeAsync();
        _ledger.Dispose();
        _key.Dispose();
    }

    private void Slot(DateTimeOffset at)
    {
        if (_time.GetUtcNow() < at)
        {
            _time.Advance(at - _time.GetUtcNow());
        }

        _worker.Poll();
        _recorder.Tick(at);
    }

    private List<Leaf> Leaves() => [.. _ledger.Leaves(0, _ledger.Size).Select(b => LeafCodec.Decode(b!))];

    /// <summary>A clock whose wall time can be set without its monotonic time.</summary>
    private sealed class SteppedClock(DateTimeOffset start) : FakeTimeProvider(start)
    {
        public TimeSpan Step { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Step;

        // The base takes its timestamps from GetUtcNow.
        public override long GetTimestamp() => base.GetTimestamp() - Step.Ticks;
    }
}
