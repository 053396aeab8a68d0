using System.Text;
using CsCheck;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Entering;
using EdgeGateway.Gateway.Tests.Keeping;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Reporting;
using EdgeGateway.Signing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Recording;

/// <summary>
/// Products that a pulse meter counts: by month, over restarts and registers that begin again, and set against an account.
/// </summary>
public sealed class ProductTests : IDisposable
{
    private static readonly string ByHand = EntryJson.Manual(
        "production",
        "vehicle",
        from: "2026-06-01",
        to: "2026-07-01",
        amount: "5",
        unit: "count"
    );
    private static readonly TimeZoneInfo Shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");
    private static readonly DateTimeOffset July = new(2026, 6, 30, 16, 0, 0, TimeSpan.Zero); // midnight in Shanghai

    private readonly List<string> _folders = [];
    private readonly List<IDisposable> _open = [];
    private FakeTimeProvider _time = null!;
    private Ledger _ledger = null!;
    private DeviceKey _key = null!;
    private Recorder _recorder = null!;
    private Now _now = null!;
    private Meter _energy = null!,
        _pieces = null!;
    private long _counted,
        _impulses;

    public ProductTests() => New();

    public void Dispose()
    {
        _open.ForEach(o => o.Dispose());
        _folders.ForEach(f => Directory.Delete(f, recursive: true));
    }

    [Fact]
    public void Pieces_belong_to_the_month_in_which_their_slot_ends_and_the_running_month_counts_to_its_last_slot()
    {
        Open();
        Run(minutes: 75, each: 1);
        Assert.Equal(
            [("2026-06", "60 pieces", "0.036666667", null), ("2026-07", "15 pieces", "0.036666667", null)],
            Intensities().Select(i => (i.Period, i.Amount, i.KilogramsPerUnit!, i.Gap))
        );
        Run(minutes: 7, each: 1);
        ProductIntensity july = Intensities()[1];
        Assert.Equal("15 pieces", july.Amount);
        Assert.Equal(
            ["made/0-0:96.15.0.255", "made/0-0:96.15.0.255"],
            july.Leaves.Select(LeafAt).Where(l => l.Head.Type == LeafType.Reading).Select(l => l.Records[1].Name)
        );
        Assert.Contains(july.Leaves, l => LeafAt(l).Head.Type == LeafType.Carbon);
        Assert.Contains("2026-06  scope2 per vehicle: 0.036666667 kg CO2, of 60 pieces\n", Totals().ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_restart_goes_on_with_the_register_and_the_month_says_that_nobody_counted_meanwhile()
    {
        Open();
        Run(minutes: 20, each: 1);
        _time.Advance(TimeSpan.FromMinutes(2));
        Open();
        Run(minutes: 38, each: 1);
        ProductIntensity june = Assert.Single(Intensities());
        long off = Leaves().Single(l => l.Head.Type == LeafType.Gap).Head.Index;
        Assert.Equal(("58 pieces", $"a gap in the count, leaf {off}"), (june.Amount, june.Gap));
        Assert.NotNull(june.KilogramsPerUnit);
        Assert.Contains(off, june.Leaves);
        Assert.EndsWith($", of 58 pieces; a gap in the count, leaf {off}\n", Totals().ToText(), StringComparison.Ordinal);
        Assert.Single(AccountSpan.Parse(_ledger.Fact("made:vehicle:2026-06")!).Registers.Single().Value);
    }

    [Fact]
    public void A_gap_over_the_months_end_is_one_of_both()
    {
        Open();
        Run(minutes: 50, each: 1);
        _time.Advance(TimeSpan.FromMinutes(20));
        Open();
        Run(minutes: 5, each: 1);
        Assert.Equal(
            [("2026-06", "45 pieces", true), ("2026-07", "10 pieces", true)],
            Intensities().Select(i => (i.Period, i.Amount, i.Gap is not null))
        );
    }

    [Fact]
    public void A_register_that_begins_again_loses_only_what_was_not_in_a_slot_and_says_so()
    {
        Open();
        Run(minutes: 20, each: 3);
        _impulses = 0; // 15 pieces since the last slot are gone with the old register
        Run(minutes: 40, each: 3);
        ProductIntensity june = Assert.Single(Intensities());
        Assert.Equal("162 pieces", june.Amount); // 45, and all but the first minute of 40
        Assert.Equal("a gap in the count, leaf 28", june.Gap);
        Assert.Equal(2, AccountSpan.Parse(_ledger.Fact("made:vehicle:2026-06")!).Registers.Single().Value.Length);
    }

    [Fact]
    public void Lost_impulses_are_a_gap_of_the_product_they_are_of()
    {
        Open();
        Run(minutes: 20, each: 1);
        _now.Note("in", new Gap(_time.GetUtcNow(), _time.GetUtcNow(), GapCause.ChipReset));
        _now.Note("made", new Gap(_time.GetUtcNow().AddSeconds(-9), _time.GetUtcNow(), GapCause.EdgesLost, 4));
        Run(minutes: 20, each: 1);
        _now.Note("made", new Gap(_time.GetUtcNow().AddSeconds(-9), _time.GetUtcNow(), GapCause.EdgesLost, 4));
        Run(minutes: 20, each: 1);
        ProductIntensity june = Assert.Single(Intensities());
        Assert.Equal(
            ("60 pieces", $"2 gaps in the count, the newest in leaf {Leaves().Last(l => l.Head.Type == LeafType.Gap).Head.Index}"),
            (june.Amount, june.Gap)
        );
    }

    [Fact]
    public void Of_no_production_there_is_no_value()
    {
        Open();
        Run(minutes: 30, each: 0);
        ProductIntensity june = Assert.Single(Intensities());
        Assert.Equal(
            ("0 pieces", null, "nothing was produced of vehicle", null),
            (june.Amount, june.KilogramsPerUnit, june.NoValue, june.Gap)
        );
    }

    [Fact]
    public void While_the_counter_is_missing_there_is_no_value_and_afterwards_it_has_all()
    {
        Open();
        Run(minutes: 20, each: 1);
        Run(minutes: 20, each: 1, missing: true);
        ProductIntensity june = Assert.Single(Intensities());
        Assert.Equal(
            (
                null,
                "vehicle was counted from 2026-06-30T15:00Z to 2026-06-30T15:15Z, and scope2 is from 2026-06-30T15:00Z to 2026-06-30T15:30Z"
            ),
            (june.KilogramsPerUnit, june.NoValue)
        );
        Run(minutes: 5, each: 1);
        june = Assert.Single(Intensities());
        Assert.Equal(("45 pieces", null, null), (june.Amount, june.NoValue, june.Gap));
    }

    [Fact]
    public void A_counter_that_came_later_than_the_account_gives_no_value_for_that_month()
    {
        Open(counts: false);
        Run(minutes: 30, each: 1);
        Open();
        Run(minutes: 45, each: 1);
        IReadOnlyList<ProductIntensity> intensities = Intensities();
        Assert.Equal([("29 pieces", false), ("15 pieces", true)], intensities.Select(i => (i.Amount, i.KilogramsPerUnit is not null)));
        long begin = intensities[0].Leaves.First(l => LeafAt(l).Head.Type == LeafType.Reading);
        Assert.Contains(Text(begin), _ledger.Fact("kept")!.Split(' ')); // it is at no slot's boundary
        Assert.Equal(
            "vehicle was counted from 2026-06-30T15:31Z to 2026-06-30T16:00Z, and scope2 is from 2026-06-30T15:00Z "
                + "to 2026-06-30T16:00Z",
            intensities[0].NoValue
        );
    }

    [Fact]
    public void What_is_counted_is_not_entered_too_and_what_was_entered_before_is_not_added()
    {
        Open(counts: false);
        Enter(
            ByHand
                .Replace("2026-06-01", "2026-05-01", StringComparison.Ordinal)
                .Replace("2026-07-01", "2026-06-01", StringComparison.Ordinal)
        );
        Enter(ByHand);
        Open();
        Run(minutes: 60, each: 1);
        long size = _ledger.Size;
        string refused = Assert
            .Throws<InvalidDataException>(() =>
                Enter(ByHand.Replace("vehicle", "Vehicle", StringComparison.Ordinal).Replace("\"5\"", "\"6\"", StringComparison.Ordinal))
            )
            .Message;
        Assert.Equal(
            "vehicle is counted by the meter made, and what is entered too would count twice. Enter only what no meter counts, "
                + "under another subject.",
            refused
        );
        Assert.Equal(size, _ledger.Size);
        Enter(ByHand.Replace("vehicle", "trailer", StringComparison.Ordinal));
        Enter(ByHand.Replace("production", "reading", StringComparison.Ordinal));
        Assert.Equal([("trailer", "5 pieces"), ("vehicle", "59 pieces")], Intensities().Select(i => (i.Product, i.Amount)));
    }

    [Theory]
    [InlineData(LedgerFile.Full, LedgerFile.NotFull)]
    [InlineData("ALTER TABLE leaf RENAME TO gone", "ALTER TABLE gone RENAME TO leaf")] // nor can it be read
    public void A_slot_that_could_not_be_recorded_is_counted_with_the_next(string fail, string mend)
    {
        Open();
        Run(minutes: 29, each: 1);
        LedgerFile.Run(_folders[^1], fail);
        Assert.Throws<SqliteException>(() => Run(minutes: 1, each: 1));
        LedgerFile.Run(_folders[^1], mend);
        Run(minutes: 15, each: 1);
        Assert.Equal("45 pieces", Assert.Single(Intensities()).Amount);
        Assert.Single(AccountSpan.Parse(_ledger.Fact("made:vehicle:2026-06")!).Registers.Single().Value);
    }

    [Fact]
    public void Another_impulse_constant_begins_a_new_stretch()
    {
        Open(constant: "1");
        Run(minutes: 15, each: 2);
        _time.Advance(TimeSpan.FromMinutes(1));
        Open(constant: "2");
        Run(minutes: 14, each: 2);
        ProductIntensity june = Assert.Single(Intensities());
        Assert.Equal("43 pieces", june.Amount); // 30 at one impulse a piece; 26 impulses at two, since the first reading after the change
        Assert.NotNull(june.Gap);
    }

    [Fact]
    public void A_product_may_have_the_name_of_another_with_more_behind_it()
    {
        Open(product: "a:2026-05");
        Run(minutes: 15, each: 1);
        Open(product: "a");
        Run(minutes: 15, each: 1);
        Assert.Equal([("a", "14 pieces"), ("a:2026-05", "15 pieces")], Intensities().Select(i => (i.Product, i.Amount)));
    }

    [Fact]
    public void After_a_clock_that_was_ahead_nothing_is_counted_twice()
    {
        DateTimeOffset right = _time.GetUtcNow();
        Open();
        _time = new FakeTimeProvider(right.AddDays(2)); // in the next month
        Open();
        Run(minutes: 30, each: 1);
        _time = new FakeTimeProvider(right);
        Open();
        Run(minutes: 15, each: 1);
        Open();
        Run(minutes: 15, each: 1);
        AccountSpan[] spans = [.. _ledger.Facts("made:").Select(f => AccountSpan.Parse(f.Value))];
        Assert.Equal("60 pieces", spans.Select(s => s.Amount(LeafAt)).Aggregate((a, b) => a + b).ToString());
    }

    [Fact]
    public void Over_all_months_as_many_are_counted_as_the_register_went_on_whatever_happened() =>
        Gen.Select(Gen.Int[0, 5], Gen.Frequency((6, Gen.Const(0)), (2, Gen.Const(1)), (1, Gen.Const(2))))
            .Array[60, 100]
            .Sample(
                minutes =>
                {
                    New();
                    Open();
                    foreach ((int pieces, int what) in minutes)
                    {
                        if (what == 2)
                        {
                            Open();
                        }

                        Run(minutes: 1, pieces, missing: what == 1);
                    }

                    _now.Note("made", new Gap(_time.GetUtcNow(), _time.GetUtcNow(), GapCause.EdgesLost, 1));
                    Run(minutes: 15 - (_time.GetUtcNow().Minute % 15), each: 1);
                    AccountSpan[] spans = [.. _ledger.Facts("made:").Select(f => AccountSpan.Parse(f.Value))];
                    Assert.Equal(2, spans.Length);
                    Assert.Equal(Text(_counted) + " pieces", spans.Select(s => s.Amount(LeafAt)).Aggregate((a, b) => a + b).ToString());
                    Assert.True(spans[^1].Blocked > 0 && LeafAt(spans[^1].Leaf).Head.Type == LeafType.Gap);
                },
                iter: 30,
                threads: 1
            );

    private void New()
    {
        string folder = Directory.CreateTempSubdirectory("product").FullName;
        _folders.Add(folder);
        _open.Add(_ledger = Ledger.Open(Path.Combine(folder, "ledger.db")));
        _open.Add(_key = DeviceKey.Open(folder));
        _time = new FakeTimeProvider(July.AddHours(-1));
        _counted = 0;
        _impulses = 0;
    }

    private void Open(bool counts = true, string constant = "1", string product = "vehicle")
    {
        (FactorSet set, Factor east) = FactorLibrary.Shipped.Require(new FactorKey("CN-grid-east", 2023, "average", "organisation"));
        (_energy, _pieces) = (
            new Meter("in", ObisCode.ActiveImport, Quantum.MilliwattHour),
            new Meter("made", ObisCode.Pieces, Quantum.Impulse)
        );
        _now = new Now([_energy, _pieces], _time.GetUtcNow());
        LeafRecord[] settings =
        [
            LeafRecord.Of("group", "hall"),
            LeafRecord.Of("class", "1"),
            LeafRecord.Of("made/constant", $"{constant} imp/pieces"),
        ];
        _recorder = new RecorderBuilder(_ledger, _key, _time)
        {
            Now = _now,
            Groups = [new RecordedGroup("hall", ["in", "made"], "1", settings)],
            Accounts =
            [
                new CarbonAccount(
                    "scope2",
                    set,
                    RecordedMethod.OfEnergy(RecordedMethod.LocationBased, east),
                    [new AccountMeter("in", ObisCode.ActiveImport, null)]
                ),
            ],
            Products = counts ? [new ProductCount(product, new AccountMeter("made", ObisCode.Pieces, constant, "pieces"))] : [],
            Rhythm = RecorderBuilder.Quarters with { Zone = Shanghai },
        }.Build();
        bool isNew = _ledger.Size == 0;
        _recorder.Start(new ProcessStart("boot", "1.0.0"));
        if (isNew)
        {
            Tick(missing: false);
        }
    }

    // 1 kWh in 15 min.
    private void Run(int minutes, int each, bool missing = false)
    {
        for (int i = 0; i < minutes; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            (_counted, _impulses) = (_counted + each, _impulses + each);
            Tick(missing);
        }
    }

    private void Tick(bool missing)
    {
        DateTimeOffset at = _time.GetUtcNow();
        _now.Store(_energy.At(at, (at - July.AddHours(-1)).Ticks * 1_000_000 / (TimeSpan.TicksPerMinute * 15)));
        _now.Store(missing ? _pieces.At(at, 0) with { Missing = MissingReason.NoAnswer } : _pieces.At(at, _impulses));
        _recorder.Tick(at);
    }

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void Enter(string json) => _recorder.Enter(Entry.Parse(Encoding.UTF8.GetBytes(json), July.AddDays(60), Shanghai, ["hall"], []));

    private CarbonTotals Totals() => CarbonTotals.Of(_ledger, _recorder.Origin, Shanghai);

    private IReadOnlyList<ProductIntensity> Intensities() => Totals().Intensities;

    private Leaf LeafAt(long index) => LeafCodec.Decode(_ledger.Leaves(index, index + 1)[0]!);

    private IEnumerable<Leaf> Leaves() => Enumerable.Range(0, (int)_ledger.Size).Select(i => LeafAt(i));

    /// <summary>A meter whose register stands where the test says.</summary>
    private sealed class Meter(string name, ObisCode obis, Quantum quantum) : IMeter
    {
        public MeterRegisters Registers { get; } =
            new RegisterBook(new Dictionary<RegisterKey, Register>(), new Dictionary<RegisterKey, Register>()).Open(name, (obis, quantum));

        public AccuracyClass Accuracy => AccuracyClass.Class1;

        public Reading Read(DateTimeOffset time) => throw new NotSupportedException();

        public Reading At(DateTimeOffset time, long count) =>
            new()
            {
                Meter = name,
                Time = time,
                Accuracy = Accuracy,
                Registers = [new Register(obis, quantum, count)],
            };
    }
}
