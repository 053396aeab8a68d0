using System.Text;
using EdgeGateway.Accounting;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Signing;
using EdgeGateway.Site;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Recording;

/// <summary>A recorder with one meter, which counts what the test says, and one account of it.</summary>
public abstract class RecordedMeter : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recorded").FullName;
    private readonly DeviceKey _key;
    private Now _now = null!;

    protected RecordedMeter(DateTimeOffset begin)
    {
        Time = new FakeTimeProvider(begin);
        Ledger = Ledger.Open(Path.Combine(_folder, "ledger.db"));
        _key = DeviceKey.Open(_folder);
    }

    protected static TimeZoneInfo Shanghai { get; } = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    protected FakeTimeProvider Time { get; private set; }

    /// <summary>The device starts again with its clock at an earlier time.</summary>
    protected void BackTo(DateTimeOffset time) => Time = new FakeTimeProvider(time);

    protected Ledger Ledger { get; }

    protected Recorder Recorder { get; private set; } = null!;

    protected long MilliwattHours { get; private set; }

    /// <summary>Impulses a kilowatt-hour. Null: the meter counts milliwatt-hours.</summary>
    protected string? Constant { get; set; }

    /// <summary>The series of the site file.</summary>
    protected IReadOnlyList<IntensitySettings> Series { get; init; } = [];

    public void Dispose()
    {
        Ledger.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected void Open(CarbonAccount account)
    {
        _now = new Now([new Counter(Counted)], Time.GetUtcNow());
        Recorder = new RecorderBuilder(Ledger, _key, Time)
        {
            Now = _now,
            Groups =
            [
                new RecordedGroup(
                    "boundary",
                    ["in"],
                    "1",
                    [
                        LeafRecord.Of("group", "boundary"),
                        LeafRecord.Of("class", "1"),
                        LeafRecord.Of("in/constant", $"{Constant ?? "no"} imp/kWh"),
                    ]
                ),
            ],
            Accounts = [account],
            Rhythm = RecorderBuilder.Quarters with { Zone = Shanghai },
        }.Build();
        bool isNew = Ledger.Size == 0;
        Recorder.Start(new ProcessStart("boot", "1.0.0"));
        if (isNew)
        {
            Tick();
        }
    }

    protected void Count(int minutes, int each15)
    {
        for (int i = 0; i < minutes; i++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            if (Time.GetUtcNow().Minute % 15 == 0)
            {
                MilliwattHours += each15 * 1000L;
            }

            Tick();
        }
    }

    protected void Tick()
    {
        _now.Store(new Counter(Counted).At(Time.GetUtcNow(), MilliwattHours));
        Recorder.Tick(Time.GetUtcNow());
    }

    /// <summary>By when an entry's period must be over.</summary>
    protected DateTimeOffset EnteredAt { get; set; } = new(2026, 8, 29, 16, 0, 0, TimeSpan.Zero);

    protected void Enter(string json) =>
        Recorder.Enter(Entry.Parse(Encoding.UTF8.GetBytes(json), EnteredAt, Shanghai, ["boundary"], Series));

    protected string Refused(string json)
    {
        long before = Ledger.Size;
        string reason = Assert.Throws<InvalidDataException>(() => Enter(json)).Message;
        Assert.Equal(before, Ledger.Size);
        return reason;
    }

    protected Leaf LeafAt(long index) => LeafCodec.Decode(Ledger.Leaves(index, index + 1)[0]!);

    protected IEnumerable<Leaf> Leaves() => Enumerable.Range(0, (int)Ledger.Size).Select(i => LeafAt(i));

    protected Leaf[] Carbon() =>
        [.. Leaves().Where(l => l.Head.Type == LeafType.Carbon && (l.Records[0].Number is not null || l.Head.ComputedFrom.Count > 0))];

    protected long Index(string type) => Leaves().Last(l => l.Head.Type == type).Head.Index;

    protected static long Micrograms(Leaf leaf) => leaf.Records[0].Number!.Value.Mantissa;

    protected static string? Said(Leaf leaf, string name) => leaf.Records.FirstOrDefault(r => r.Name == name)?.Text;

    protected static DateTimeOffset TimeIn(Leaf leaf, string name) => leaf.Records.First(r => r.Name == name).AsTime();

    private Quantum Counted => Constant is null ? Quantum.MilliwattHour : Quantum.Impulse;

    /// <summary>A meter whose register stands where the test says.</summary>
    private sealed class Counter(Quantum quantum) : IMeter
    {
        public MeterRegisters Registers { get; } =
            new RegisterBook(new Dictionary<RegisterKey, Register>(), new Dictionary<RegisterKey, Register>()).Open(
                "in",
                (ObisCode.ActiveImport, quantum)
            );

        public AccuracyClass Accuracy => AccuracyClass.Class1;

        public Reading Read(DateTimeOffset time) => throw new NotSupportedException();

        public Reading At(DateTimeOffset time, long count) =>
            new()
            {
                Meter = "in",
                Time = time,
                Accuracy = Accuracy,
                Registers = [new Register(ObisCode.ActiveImport, quantum, count)],
            };
    }
}
