using System.Security.Cryptography;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Targets;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Site;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Publishing;
using EdgeGateway.Readings;
using EdgeGateway.Serving;
using EdgeGateway.Signing;
using EdgeGateway.Site;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Serving;

/// <summary>A small site on a real Kestrel with a real ledger; its clock stands still until a test moves it.</summary>
internal sealed class ServedSite : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 6, 15, 6, 0, 0, TimeSpan.Zero);

    /// <summary>The first midnight of the start's month at the site.</summary>
    public static readonly DateTimeOffset June = new(2026, 5, 31, 16, 0, 0, TimeSpan.Zero);

    private static readonly BusSettings Bus = new("i2c-1", "sim:factory", BusKind.Factory, null);
    private static readonly CtSettings Ct = new(200, 333);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("served-site-");
    private readonly ECDsa _first = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private ECDsa _key;
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();
    private readonly bool _flows;
    private readonly FactorStore _factors;
    private readonly IReadOnlyList<BudgetSettings> _budgets;
    private Task _delivering = Task.CompletedTask;

    public ServedSite(
        bool simulated = true,
        Func<string, ECDsa, InstalledCertificates>? certificates = null,
        bool flows = false,
        SiteWithPacks? packs = null,
        params IReadOnlyList<BudgetSettings> budgets
    )
    {
        _factors = packs is null
            ? new FactorStore("site.json", FactorPacks.None, FactorStore.FolderIn(_folder.FullName))
            : new FactorStore(packs.Path, packs.Read().FactorPacks, packs.Folder);
        (_flows, _budgets) = (flows, budgets);
        _key = _first;
        File.WriteAllText(Path.Combine(_folder.FullName, "device.pem"), _first.ExportSubjectPublicKeyInfoPem());
        Keys = DeviceKeyHistory.Read(_folder.FullName);
        Certificates = certificates?.Invoke(Keys.DeviceId, _first);
        Origin = new Origin(Origin.DeviceIdOf(_key), 1, simulated);
        Ledger = Ledger.Open(Path.Combine(_folder.FullName, "ledger.db"));
        RegisterBook book = new(new Dictionary<RegisterKey, Register>(), new Dictionary<RegisterKey, Register>());
        Now = new Now([.. Meters.Select(m => new NamedMeter(book.Open(m.Name, (m.Obis, Quantum.MilliwattHour))))], Start);
        Publisher = new DirectoryPublisher("desk", Delivered);
        Delivery = new Delivery(Ledger, Publisher, new Backoff(Time, new Random(1)), Time, NullLogger.Instance);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapServing(Model);
    }

    public static IReadOnlyList<MeterSettings> Meters { get; } =
    [
        Ade("in-L1"),
        Ade("in-L2"),
        Ade("in-L3"),
        new PulseMeterSettings
        {
            Name = "gas",
            Group = "boundary",
            Bus = Bus,
            Accuracy = AccuracyClass.OfMeter,
            Source = "gas",
            Line = 17,
            Medium = Medium.Gas,
            ImpulsesPerUnit = "10",
            Stable = TimeSpan.FromMilliseconds(30),
        },
        new PulseMeterSettings
        {
            Name = "compressor",
            Group = "hall-1",
            Bus = Bus,
            Accuracy = AccuracyClass.OfMeter,
            Source = "compressor",
            Line = 18,
            Medium = Medium.Electricity,
            ImpulsesPerUnit = "6400",
            Stable = TimeSpan.FromMilliseconds(30),
        },
        new Ads1115MeterSettings
        {
            Name = "press",
            Group = "hall-1",
            Bus = Bus,
            Accuracy = AccuracyClass.Indicative,
            Source = "press.L1",
            Address = 0x48,
            Input = "0-1",
            Ct = Ct,
            AssumedVoltageV = 230,
        },
    ];

    /// <summary>A budget of a year from the start's month on.</summary>
    public static BudgetSettings Budget(string account, string amount) =>
        new(
            [account],
            new Budget(new Period(new DateOnly(2026, 6, 1), new DateOnly(2027, 6, 1)), Quantity.Parse(amount), null, null, null),
            null,
            null
        );

    public FakeTimeProvider Time { get; } = new(Start);

    public Origin Origin { get; }

    public Ledger Ledger { get; }

    public Now Now { get; }

    public DeviceKeyHistory Keys { get; }

    public InstalledCertificates? Certificates { get; }

    public DirectoryPublisher Publisher { get; }

    public Delivery Delivery { get; }

    public string Delivered => Path.Combine(_folder.FullName, "delivered");

    public TrustAnchors Trust => TrustAnchors.FromPem(_first.ExportSubjectPublicKeyInfoPem());

    public Uri Address => new(_app.Urls.First());

    public ServingModel Model =>
        new()
        {
            Site = "Test <factory>",
            Origin = Origin,
            TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"),
            Meters = Meters,
            Now = Now,
            LongestAge = TimeSpan.FromSeconds(10),
            ReadingSlot = TimeSpan.FromMinutes(1),
            Checkpoint = TimeSpan.FromMinutes(1),
            Ledger = Ledger,
            Keys = Keys,
            Certificates = Certificates,
            Factors = _factors,
            Deliveries = [Delivery],
            Time = Time,
            RecordsFlows = _flows,
            WatchesDemand = _flows,
            Budgets = _budgets,
        };

    public async Task<HttpClient> ServeAsync()
    {
        await _app.StartAsync(TestContext.Current.CancellationToken);
        return new HttpClient { BaseAddress = Address };
    }

    public void Deliver() => _delivering = Delivery.RunAsync(_stop.Token);

    /// <summary>Stores a live reading of the clock's time.</summary>
    public void Show(string meter, LiveValues live, Quality quality = Quality.Measured, MissingReason? missing = null) =>
        Now.Store(
            new Reading
            {
                Meter = meter,
                Time = Time.GetUtcNow(),
                Registers = Now.Newest(meter, Start, TimeSpan.MaxValue).Registers,
                Accuracy = Meters.Single(m => m.Name == meter).Accuracy,
                Quality = quality,
                Missing = missing,
                Live = missing is null ? live : default,
            }
        );

    /// <summary>Moves the clock on to a minute after the start and records a reading leaf of a group there.</summary>
    public void Record(int minute, string group, params ReadOnlySpan<LeafRecord> records)
    {
        Advance(minute);
        Ledger.Append(new LedgerTick(Time.GetUtcNow(), [Leaf(LeafType.Reading, group, [.. records])], new Dictionary<string, string>()));
    }

    /// <summary>Remembers what is known of the demand, beside a reading.</summary>
    public void RecordDemand(DemandRecord demand) =>
        Ledger.Append(
            new LedgerTick(
                Time.GetUtcNow(),
                [Leaf(LeafType.Reading, "boundary", [Energy("in-L1", ObisCode.ActiveImport, 1)])],
                new Dictionary<string, string> { [FactNames.Demand] = demand.ToString() }
            )
        );

    /// <summary>Moves the clock on to a minute after the start and records a gap of a meter, or of a whole group, from then back.</summary>
    public void RecordGap(int minute, string? meter, Gap gap)
    {
        Advance(minute);
        IEnumerable<LeafRecord> records =
        [
            LeafRecord.Of("cause", gap.Cause.Code()),
            .. meter is null ? Array.Empty<LeafRecord>() : [LeafRecord.Of("meter", meter)],
            LeafRecord.Of("from", gap.From),
            LeafRecord.Of("to", gap.To),
            .. gap.Lost is { } lost ? [LeafRecord.Of("lost", lost)] : Array.Empty<LeafRecord>(),
        ];
        Ledger.Append(new LedgerTick(Time.GetUtcNow(), [Leaf(LeafType.Gap, "boundary", [.. records])], new Dictionary<string, string>()));
    }

    /// <summary>Records a location-based footprint that rests on one leaf.</summary>
    public void RecordFootprint(string account, long micrograms, long of) =>
        Ledger.Append(
            new LedgerTick(
                Time.GetUtcNow(),
                [
                    Leaf(
                        LeafType.Carbon,
                        null,
                        [
                            new LeafRecord(account) { Unit = "kg", Number = new DecimalFraction(-9, micrograms) },
                            LeafRecord.Of("from", Start),
                            LeafRecord.Of("to", Time.GetUtcNow()),
                            LeafRecord.Of("method", "location-based"),
                            LeafRecord.Of("factor", "CN-grid-east/2023/average/organisation"),
                            LeafRecord.Of("value", "0.5500 kgCO2/kWh"),
                            LeafRecord.Of("set", "cn-grid-2023/1"),
                            LeafRecord.Of("meters", $"in-L1/{ObisCode.ActiveImport}"),
                        ],
                        [of]
                    ),
                ],
                new Dictionary<string, string>()
            )
        );

    /// <summary>
    /// Records a location-based footprint of a month of the site's calendar up to now, as all that its account has of the month.
    /// </summary>
    public void RecordMonth(string account, string month, DateTimeOffset from, long micrograms)
    {
        long leaf = Ledger.Size;
        RecordFootprint(account, micrograms, 0);
        Ledger.Append(
            new LedgerTick(
                Time.GetUtcNow(),
                [Leaf(LeafType.Reading, "boundary", [Energy("in-L1", ObisCode.ActiveImport, 1)])],
                new Dictionary<string, string>
                {
                    [$"span:{account}:{month}:test"] = AccountSpan
                        .With(null, new SlotCount(from, micrograms, []), Time.GetUtcNow(), leaf)
                        .ToString(),
                }
            )
        );
    }

    /// <summary>Records the log's first leaf.</summary>
    public void Begin() =>
        Ledger.Append(
            new LedgerTick(
                Start,
                [
                    Leaf(
                        LeafType.Genesis,
                        null,
                        [
                            LeafRecord.Of("origin", Origin.ToString()),
                            LeafRecord.Of("device", Origin.DeviceId),
                            new LeafRecord("key") { Data = new byte[] { 0x30 } },
                        ]
                    ),
                ],
                new Dictionary<string, string>()
            )
        );

    public void Seal()
    {
        TreeHead head = Ledger.Head(Origin);
        Ledger.Seal(new StoredCheckpoint(head.Size, Time.GetUtcNow(), CheckpointNote.Sign(head, _key), CheckpointCose.Sign(head, _key)));
    }

    /// <summary>Has a new key sign from now on, and gives it.</summary>
    public ECDsa ChangeKey()
    {
        ECDsa next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] leaf = Leaf(
            LeafType.KeyRotation,
            null,
            [new LeafRecord("key") { Data = next.ExportSubjectPublicKeyInfo() }, LeafRecord.Of("until", Time.GetUtcNow().AddHours(1))]
        );
        Ledger.Append(
            new LedgerTick(
                Time.GetUtcNow(),
                [leaf],
                new Dictionary<string, string> { ["origin"] = $"{Origin}", [FactNames.KeyChanges] = $"{Ledger.Size}" }
            )
        );
        Seal();
        Assert.Null(Keys.Complete(Ledger));
        return _key = next;
    }

    /// <summary>Has the first key sign again, in its overlap.</summary>
    public void GoBack() => _key = _first;

    public void Advance(int minute) => Time.SetUtcNow(Start.AddMinutes(minute));

    public static LeafRecord Energy(string meter, ObisCode obis, long milli, string unit = "Wh") =>
        new($"{meter}/{obis}") { Unit = unit, Number = new DecimalFraction(-3, milli) };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _delivering;
        await _app.DisposeAsync();
        Ledger.Dispose();
        _first.Dispose();
        _key.Dispose();
        _stop.Dispose();
        _folder.Delete(recursive: true);
    }

    private static Ade7953MeterSettings Ade(string name) =>
        new()
        {
            Name = name,
            Group = "boundary",
            Bus = Bus,
            Accuracy = AccuracyClass.Class1,
            Source = "grid.L1",
            Channel = 'A',
            Ct = Ct,
            VoltageDivider = 1001,
        };

    private byte[] Leaf(string type, string? group, IReadOnlyList<LeafRecord> records, IReadOnlyList<long>? of = null) =>
        LeafCodec.Encode(
            new Leaf(
                new LeafHead
                {
                    Index = Ledger.Size,
                    Type = type,
                    Time = Time.GetUtcNow(),
                    TimeStatus = TimeStatus.Synchronised,
                    BootCount = 1,
                    MonotonicMs = Ledger.Size,
                    Salt = new byte[LeafCodec.SaltBytes],
                    Group = group,
                    Config = type == LeafType.Reading ? 0 : null,
                    ComputedFrom = of ?? [],
                    Simulated = type == LeafType.Genesis && Origin.Simulated,
                },
                records
            )
        );

    /// <summary>The snapshot wants meters for their names and registers; readings come from the test.</summary>
    private sealed class NamedMeter(MeterRegisters registers) : IMeter
    {
        public MeterRegisters Registers => registers;

        public AccuracyClass Accuracy => Meters.Single(m => m.Name == registers.Meter).Accuracy;

        public Reading Read(DateTimeOffset time) => throw new NotSupportedException("This meter is not polled.");
    }
}
