using System.Globalization;
using System.Text;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Entering;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Signing;
using EdgeGateway.Site;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Recording;

/// <summary>
/// A few hours of whole sites, with everything that a site file can ask for: what they record is what earlier versions recorded.
/// </summary>
public sealed class SiteLifeTests : IDisposable
{
    private const string EveryKey = "tests/Gateway.Tests/Site/corpus/valid-every-key.json";

    private readonly string _folder = Directory.CreateTempSubdirectory("site-life").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_ledger_of_the_version_before_opens_and_goes_on_as_it_would_have()
    {
        string earlier = Path.Combine(ArchitectureTests.Root, "tests", "Gateway.Tests", "Recording", "earlier");
        foreach (string file in Directory.GetFiles(earlier).Where(f => !f.EndsWith(".md", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        using SiteLife life = new(Path.Combine(ArchitectureTests.Root, EveryKey), _folder);
        life.Run(120);
        Golden.Compare("earlier-goes-on", life.Ledger, _folder);
    }

    [Theory]
    [InlineData("demo", "hardware/sites/demo.json", 400)]
    [InlineData("every-key", EveryKey, 500)]
    public void A_site_records_what_it_always_did(string name, string site, int ticks)
    {
        using SiteLife life = new(Path.Combine(ArchitectureTests.Root, site), _folder);
        life.Run(ticks);
        Golden.Compare($"site-{name}", life.Ledger, _folder);
    }
}

/// <summary>
/// A site's life with counts that a seed makes up: it is off now and then, meters are missing, gaps come, people enter things.
/// </summary>
internal sealed class SiteLife : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 30, 12, 0, 0, TimeSpan.Zero);

    private readonly SiteFile _site;
    private readonly DeviceKey _key;
    private readonly Random _random = new(7);
    private readonly SeededSalts _salts = new(7);
    private readonly Dictionary<string, long[]> _counts = [];
    private readonly Dictionary<string, CountedMeter> _meters = [];
    private FakeTimeProvider _time;
    private Recorder _recorder = null!;
    private Now _now = null!;
    private int _boots;

    public SiteLife(string site, string folder)
    {
        Assert.True(SiteReader.TryRead(site, null, out SiteFile? read, out IReadOnlyList<Fault> faults), string.Join('\n', faults));
        _site = read;
        Ledger = Ledger.Open(Path.Combine(folder, "ledger.db"));
        _key = DeviceKey.Open(folder);

        // The end of June in Shanghai falls into the middle of the life.
        DateTimeOffset begin = Noon.AddHours(4) - (200 * _site.Recording.Reading);
        _time = new FakeTimeProvider(
            Ledger.Size == 0 ? begin : LeafCodec.Decode(Ledger.Leaves(Ledger.Size - 1, Ledger.Size)[0]!).Head.Time.AddMinutes(5)
        );
        Open();
    }

    public Ledger Ledger { get; }

    public void Dispose()
    {
        Ledger.Dispose();
        _key.Dispose();
    }

    public void Run(int ticks)
    {
        for (int tick = 1; tick <= ticks; tick++)
        {
            Happen(tick);
            _time.Advance(Interval.SlotOf(_time.GetUtcNow(), _site.Recording.Reading).End - _time.GetUtcNow());
            Tick();
        }

        _recorder.Seal();
    }

    private void Happen(int tick)
    {
        string day = tick % 2 == 0 ? "2026-06-01" : "2026-06-02";
        switch (tick % 50)
        {
            case 7:
                Enter(
                    EntryJson.Manual(
                        "fuel",
                        "diesel",
                        from: day,
                        to: $"2026-06-{10 + (tick / 50)}",
                        amount: $"{tick}.50",
                        unit: "kg",
                        document: $"INV-{tick}"
                    )
                );
                break;
            case 9:
                Enter(
                    EntryJson.Manual("production", "cell", from: day, to: $"2026-06-{10 + (tick / 50)}", amount: $"{tick}", unit: "count")
                );
                break;
            case 11:
                Enter(
                    EntryJson.Instrument(
                        "certificate",
                        $"GEC-{tick}",
                        "2026-06-01",
                        "2026-07-01",
                        $"{tick}",
                        "Wh",
                        ("market/name", "CN"),
                        ("market/retired", "2026-07-02")
                    )
                );
                break;
            case 13:
                Enter(EntryJson.Correction(Newest(), "misread", $"{tick}", tick % 100 > 50 ? "kg" : "Wh"));
                break;
            case 15:
                Report(tick);
                break;
            case 17:
                State();
                break;
            case 21:
                _now.Note(
                    _site.Meters[tick % _site.Meters.Count].Name,
                    new Gap(_time.GetUtcNow().AddSeconds(-3), _time.GetUtcNow(), GapCause.EdgesLost, tick)
                );
                break;
            case 29:
                _time.Advance((_random.Next(1, 4) * _site.Recording.Reading) + TimeSpan.FromMilliseconds(250)); // off
                Open();
                break;
            case 37:
                _time = new FakeTimeProvider(_time.GetUtcNow() - TimeSpan.FromMinutes(2)); // its clock is set back
                Open();
                break;
            case 43:
                _counts[_site.Meters[^1].Name][0] /= 2; // a register begins again
                Open();
                break;
            default:
                break;
        }
    }

    private void Tick()
    {
        DateTimeOffset at = _time.GetUtcNow();
        foreach (MeterSettings meter in _site.Meters)
        {
            long[] counts = _counts[meter.Name];
            for (int i = 0; i < counts.Length; i++)
            {
                counts[i] += _random.Next(meter is PulseMeterSettings ? 20 : 30_000);
            }

            _now.Store(
                _meters[meter.Name]
                    .At(
                        at,
                        counts,
                        _random.Next(400) == 0 ? MissingReason.NoAnswer : null,
                        _random.Next(30) == 0 ? Quality.Saturated : Quality.Measured
                    )
            );
        }

        _recorder.Tick(at);
    }

    private void Open()
    {
        RegisterBook book = new(new Dictionary<RegisterKey, Register>(), LastRecorded.Registers(Ledger));
        foreach (MeterSettings meter in _site.Meters)
        {
            CountedMeter counted = _meters[meter.Name] = new CountedMeter(book, meter);
            _counts.TryAdd(meter.Name, new long[counted.Count]);
        }

        _now = new Now([.. _site.Meters.Select(m => _meters[m.Name])], _time.GetUtcNow());
        _recorder = new RecorderBuilder(Ledger, _key, _time)
        {
            Now = _now,
            Groups = SitePlan.GroupsOf(_site),
            Accounts = SitePlan.AccountsOf(_site),
            EntryAccounts = SitePlan.EntryAccountsOf(_site),
            Products = SitePlan.ProductsOf(_site),
            Flows = SitePlan.FlowsOf(_site),
            Demand = SitePlan.DemandOf(_site),
            Rhythm = SitePlan.RhythmOf(_site),
            Thinning = SitePlan.ThinningOf(_site),
            Simulated = true,
            Salts = _salts,
        }.Build();
        _recorder.Start(new ProcessStart($"boot-{_boots++ / 2}", "1.0.0") { Registers = book.Starts });
        Tick();
    }

    private void Report(int tick)
    {
        DateTimeOffset from = _time.GetUtcNow().AddMinutes(-tick),
            to = from.AddMinutes(30);
        string report = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"from":"{{from:yyyy-MM-dd'T'HH:mm'Z'}}","to":"{{to:yyyy-MM-dd'T'HH:mm'Z'}}","amount":"{{tick}}","unit":"count"}"""
        );
        Try(() => Entry.OfProduction("cell", "MQTT topic mes/cells", report, _time.GetUtcNow(), _site.TimeZone));
    }

    private void State()
    {
        if (_site.Intensities.Count == 0)
        {
            return;
        }

        IntensitySettings series = _site.Intensities[0];
        DateTimeOffset from = new(_time.GetUtcNow().AddHours(-1).UtcTicks / series.Slot.Ticks * series.Slot.Ticks, TimeSpan.Zero);
        StringBuilder table = new("from,until,gCO2/kWh");
        for (int i = 0; i < 3; i++, from += series.Slot)
        {
            table.Append(
                CultureInfo.InvariantCulture,
                $"\n{from:yyyy-MM-dd'T'HH:mm'Z'},{from + series.Slot:yyyy-MM-dd'T'HH:mm'Z'},{_random.Next(800)}"
            );
        }

        Try(() => Entry.OfIntensities(series, table.ToString(), _time.GetUtcNow()));
    }

    private void Enter(string json) =>
        Try(() => Entry.Parse(Encoding.UTF8.GetBytes(json), Noon.AddDays(60), _site.TimeZone, _site.Groups, _site.Intensities));

    private void Try(Func<Entry> entry)
    {
        try
        {
            _recorder.Enter(entry());
        }
        catch (InvalidDataException)
        {
            // Refused: nothing was written.
        }
    }

    private long Newest()
    {
        long newest = Ledger.Size - 1;
        while (
            newest > 0
            && !(
                Ledger.Leaves(newest, newest + 1)[0] is { } leaf
                && LeafCodec.Decode(leaf).Head.Type is LeafType.Manual or LeafType.Instrument or LeafType.Correction
            )
        )
        {
            newest--;
        }

        return newest;
    }

    /// <summary>A meter with the registers of its kind.</summary>
    private sealed class CountedMeter : IMeter
    {
        private readonly (ObisCode Obis, Quantum Quantum)[] _registers;

        public CountedMeter(RegisterBook book, MeterSettings meter)
        {
            _registers = meter switch
            {
                PulseMeterSettings pulse => [(pulse.Obis, Quantum.Impulse)],
                Ads1115MeterSettings => [(ObisCode.ApparentImport, Quantum.MillivoltAmpereHour)],
                _ => [(ObisCode.ActiveImport, Quantum.MilliwattHour), (ObisCode.ActiveExport, Quantum.MilliwattHour)],
            };
            Registers = book.Open(meter.Name, _registers);
            Accuracy = meter.Accuracy;
        }

        public int Count => _registers.Length;

        public MeterRegisters Registers { get; }

        public AccuracyClass Accuracy { get; }

        public Reading Read(DateTimeOffset time) => throw new NotSupportedException();

        public Reading At(DateTimeOffset time, long[] counts, MissingReason? missing, Quality quality) =>
            new()
            {
                Meter = Registers.Meter,
                Time = time,
                Accuracy = Accuracy,
                Registers = [.. _registers.Select((r, i) => new Register(r.Obis, r.Quantum, counts[i]))],
                Missing = missing,
                Quality = quality,
            };
    }
}
