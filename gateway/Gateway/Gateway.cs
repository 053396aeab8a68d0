using System.Reflection;
using System.Security.Cryptography;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Inputs;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Publishing;
using EdgeGateway.Recording;
using EdgeGateway.Serving;
using EdgeGateway.Signing;
using EdgeGateway.Site;
using Microsoft.Extensions.Logging.Console;

namespace EdgeGateway;

/// <summary>The line put together: bus workers → Now → recorder → ledger → publishers, pulls and page.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    // The first readings are recorded at once; a bus that has not answered by then is recorded as missing.
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(300);
    private const int LongestSocketPath = 107; // sun_path has 108 with its end, unix(7)
    private static readonly TimeSpan StopBus = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ForCosignature = TimeSpan.FromSeconds(10);
    private static readonly string Version = typeof(Gateway)
        .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion.Split('+')[0];

    private readonly SiteFile _site;
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly string? _doorPath;
    private readonly WebApplication _web;
    private readonly DeviceKey _key;
    private readonly Ledger _ledger;
    private readonly RegisterFile _registers;
    private readonly RegisterBook _book;
    private readonly IReadOnlyList<Ads1115Sampler> _samplers;
    private readonly IReadOnlyList<BusWorker> _workers;
    private readonly Recorder _recorder;
    private readonly IReadOnlyList<IPublisher> _publishers;
    private readonly IReadOnlyList<Delivery> _deliveries;
    private readonly IReadOnlyList<WitnessClient> _witnesses;
    private readonly TimeStampClient? _timeStamps;
    private readonly IReadOnlyList<Feed> _feeds;

    // Answers of a witness are lines of text; who sends more is not listened to.
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(15), MaxResponseContentBufferSize = 64 * 1024 };
    private readonly CancellationTokenSource _lost = new();

    /// <summary>Opens everything that the site names. Nothing is recorded before <see cref="RunAsync"/>.</summary>
    /// <param name="site">The site.</param>
    /// <param name="folder">The data folder, made when it is not there.</param>
    /// <exception cref="IOException">Something cannot be opened; the sentence says what.</exception>
    /// <exception cref="InvalidDataException">The data folder does not fit this site, or is damaged.</exception>
    public Gateway(SiteFile site, string folder)
    {
        (_site, _folder) = (site, folder);
        Directory.CreateDirectory(folder);
        string doorPath = Path.Combine(Path.GetFullPath(folder), "door");
        _doorPath = System.Text.Encoding.UTF8.GetByteCount(doorPath) <= LongestSocketPath ? doorPath : null;
        _web = BuildWeb(site, _doorPath);
        ILoggerFactory log = _web.Services.GetRequiredService<ILoggerFactory>();
        if (_doorPath is null)
        {
            log.CreateLogger<Gateway>()
                .LogWarning(
                    "Nothing can be entered on this device: the path {Door} is longer than the {Most} bytes of a socket's. Give "
                        + "a shorter --data",
                    doorPath,
                    LongestSocketPath
                );
        }

        FactorStore factors = new(site.Path, site.FactorPacks, FactorStore.FolderIn(folder));
        factors.Tell(log.CreateLogger<FactorStore>());
        _time = ClockOf(site);
        _ledger = LostLog.OpenLedger(folder, out LostLog? lost);
        _key = DeviceKey.Open(folder, site.Key, _ledger);
        _key.OpenCertificates(log.CreateLogger<InstalledCertificates>());
        Origin origin = Recorder.OriginOf(_ledger, _key, site.Simulation is not null);
        _registers = RegisterFile.Open(Path.Combine(folder, "registers"), _time, log.CreateLogger<RegisterFile>());
        _book = new RegisterBook(_registers.Found, LastRecorded.Registers(_ledger));

        Buses buses = new(site, _book, _time);
        List<(BusSettings Bus, IReadOnlyList<IMeter> Meters)> opened =
        [
            .. site.Buses.Select(b => (b, buses.MetersOn(b))).Where(o => o.Item2.Count > 0),
        ];
        Dictionary<string, IMeter> meters = opened.SelectMany(o => o.Meters).ToDictionary(m => m.Registers.Meter);
        Now now = new([.. site.Meters.Select(m => meters[m.Name])], _time.GetUtcNow());
        _samplers = buses.Samplers;
        _workers =
        [
            .. opened.Select(o => new BusWorker(o.Bus.Name, o.Meters, now, _book, _registers, _time, log.CreateLogger<BusWorker>())),
        ];

        CommandDoor door = new();
        Func<TimeStatus> timeStatus = site.Simulation is null ? KernelClock.Status : () => TimeStatus.Informative;
        Pen pen = new(_time, timeStatus, RandomNumberGenerator.Create());
        _recorder = new Recorder(
            _ledger,
            _key,
            now,
            SitePlan.GroupsOf(site),
            SitePlan.AccountsOf(site),
            SitePlan.RhythmOf(site),
            _time,
            pen,
            origin,
            log.CreateLogger<Recorder>(),
            lost,
            SitePlan.ThinningOf(site),
            door,
            SitePlan.EntryAccountsOf(site),
            SitePlan.FlowsOf(site),
            SitePlan.DemandOf(site),
            SitePlan.ProductsOf(site)
        );

        // A broker's deadlines are in real seconds, however fast a simulation runs.
        _publishers =
        [
            .. site.Publishers.Select(p => Publishers.Make(p, folder, _key.DeviceId, Version, TimeProvider.System, _key.History)),
        ];
        TimeSpan forCosignature = site.Witnesses.Count > 0 ? ForCosignature : TimeSpan.Zero;
        _deliveries =
        [
            .. _publishers.Select(p => new Delivery(_ledger, p, NewBackoff(), _time, log.CreateLogger<Delivery>(), forCosignature)),
        ];
        _witnesses =
        [
            .. site.Witnesses.Select(w => new WitnessClient(
                _ledger,
                w,
                NewBackoff(),
                _http,
                _time,
                log.CreateLogger<WitnessClient>(),
                size =>
                {
                    LostLog.Declare(folder, _ledger, origin, size);
                    _lost.Cancel();
                }
            )),
        ];

        // Nor does an authority hurry.
        _timeStamps = site.TimeStamps is { } authority
            ? new TimeStampClient(
                _ledger,
                authority,
                NewBackoff(TimeProvider.System),
                _http,
                TimeProvider.System,
                RandomNumberGenerator.Create(),
                log.CreateLogger<TimeStampClient>()
            )
            : null;

        _feeds =
        [
            .. site
                .Intensities.Where(i => i.Input is not null)
                .Select(i => NewFeed($"Intensities {i.Name}", i.Input!, (table, now) => Entry.OfIntensities(i, table, now))),
            .. site
                .Products.Where(p => p.Reports is not null)
                .Select(p =>
                    NewFeed($"Production of {p.Product}", p.Reports!, (report, now) =>
                        Entry.OfProduction(p.Product, $"MQTT topic {p.Reports!.Topic}", report, now, site.TimeZone)
                    )
                ),
        ];

        _web.MapServing(
            new ServingModel
            {
                Site = site.Site,
                Origin = origin,
                TimeZone = site.TimeZone,
                Meters = site.Meters,
                Now = now,
                LongestAge = 5 * BusWorker.Period,
                ReadingSlot = site.Recording.Reading,
                Checkpoint = site.Recording.Checkpoint,
                RecordsFlows = site.Flows is not null,
                WatchesDemand = site.Flows is { WatchDemand: true },
                Budgets = site.Budgets,
                Ledger = _ledger,
                Keys = _key.History,
                Certificates = _key.Certificates,
                Door = door,
                Intensities = site.Intensities,
                Feeds = _feeds,
                Factors = factors,
                Deliveries = _deliveries,
                Witnesses = _witnesses,
                TimeStamps = _timeStamps,
                Time = _time,
            }
        );

        // A broker keeps messages under a name, which must be another one for another topic.
        Feed NewFeed(string name, InputSettings input, Func<string, DateTimeOffset, Entry> read)
        {
            string id = Convert.ToHexStringLower(
                SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{name}\n{(input as MqttInputSettings)?.Topic}"))
            )[..8];
            return new Feed(
                name,
                InputFactory.Make(input, $"gw-{_key.DeviceId}-{id}", _http, TimeProvider.System),
                read,
                () => (_time.GetUtcNow(), timeStatus() != TimeStatus.Unknown),
                door,
                NewBackoff(TimeProvider.System),
                TimeProvider.System,
                log.CreateLogger<Feed>()
            );
        }
    }

    /// <summary>Measures, records, delivers and serves until the process is asked to stop.</summary>
    /// <returns>Whether to begin again: the log cannot go on, and a new epoch begins when the folder is opened next.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        foreach (Ads1115Sampler sampler in _samplers)
        {
            sampler.Start();
        }

        foreach (BusWorker worker in _workers)
        {
            worker.Start();
        }

        if (_doorPath is not null)
        {
            File.Delete(_doorPath); // left there by a power cut; the ledger is ours, so no other gateway listens on it
        }

        await _web.StartAsync(cancellation);
        if (_doorPath is not null)
        {
            File.SetUnixFileMode(
                _doorPath,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
            );
        }

        _recorder.Start(
            new ProcessStart((await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id", cancellation)).Trim(), Version),
            _book.Starts
        );
        await BusWorker.WaitForFirstPollAsync(_workers, FirstPoll, TimeProvider.System);
        _recorder.Tick(_time.GetUtcNow());
        _recorder.Seal();
        Announce();

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(
            cancellation,
            _web.Lifetime.ApplicationStopping,
            _lost.Token
        );
        Task[] deliveries =
        [
            .. _deliveries.Select(d => d.RunAsync(stop.Token)),
            .. _witnesses.Select(w => w.RunAsync(stop.Token)),
            _timeStamps?.RunAsync(stop.Token) ?? Task.CompletedTask,
            .. _feeds.Select(f => f.RunAsync(stop.Token)),
        ];
        await _recorder.RunAsync(stop.Token);
        await Task.WhenAll(deliveries);
        foreach (BusWorker worker in _workers)
        {
            worker.Stop(StopBus);
        }

        await _web.StopAsync(CancellationToken.None);
        return _lost.IsCancellationRequested;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (IPublisher publisher in _publishers)
        {
            await publisher.DisposeAsync();
        }

        foreach (BusWorker worker in _workers)
        {
            await worker.DisposeAsync();
        }

        foreach (Ads1115Sampler sampler in _samplers)
        {
            sampler.Dispose();
        }

        await _registers.DisposeAsync();
        _ledger.Dispose();
        _key.Dispose();
        _http.Dispose();
        _lost.Dispose();
        await _web.DisposeAsync();
    }

    private Backoff NewBackoff(TimeProvider? time = null) => new(time ?? _time, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)));

    private static WebApplication BuildWeb(SiteFile site, string? door)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory }
        );
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(o =>
            (o.SingleLine, o.TimestampFormat, o.UseUtcTimestamp, o.ColorBehavior) = (
                true,
                "yyyy-MM-ddTHH:mm:ssZ ",
                true,
                LoggerColorBehavior.Disabled
            )
        );
        builder
            .Logging.SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // a start that fails is told by Program, in one sentence
        builder.Services.AddSystemd();
        builder
            .WebHost.UseUrls(door is null ? [site.Page.Listen] : [site.Page.Listen, $"http://unix:{door}"])
            .ConfigureKestrel(k => k.AddServerHeader = false);
        return builder.Build();
    }

#if SIMULATION
    private static TimeProvider ClockOf(SiteFile site) =>
        site.Simulation is { } simulation && (simulation.Speed != 1 || simulation.Start is not null)
            ? new Simulation.ScaledTimeProvider(simulation.Start ?? TimeProvider.System.GetUtcNow(), simulation.Speed, TimeProvider.System)
            : TimeProvider.System;
#else
    private static TimeProvider ClockOf(SiteFile site) => TimeProvider.System;
#endif

    private void Announce()
    {
        Console.WriteLine($"EdgeGateway {Version}");
        if (_site.Simulation is { } simulation)
        {
            Console.WriteLine(
                $"""

                SIMULATION  Nothing here is measured. The readings are made up or replayed ({string.Join(
                    ", ",
                    _site.Buses.Select(b => b.Device).Distinct()
                )}, seed {simulation.Seed}),
                            and whatever is signed says so.

                """
            );
        }

        Console.WriteLine(
            $"""
            Site        {_site.Site} ({_site.Path}), {_site.Meters.Count} meters
            Page        {string.Join(" ", _web.Urls.Where(u => !u.StartsWith("http://unix:", StringComparison.Ordinal)))}
            Data        {_folder}
            Device      {_key.DeviceId}
            Public key  {_key.PublicKeyPath}{(
                _key.History.Changes is [.., var change] ? $", changed since by leaf {change.Leaf} of {change.Origin}" : ""
            )}
            Log         {_recorder.Origin}, {_ledger.Size} leaves
            """
        );
        foreach (Delivery delivery in _deliveries)
        {
            Console.WriteLine($"Delivering  {delivery.State.Name} → {delivery.State.Destination}");
        }

        foreach (WitnessSettings witness in _site.Witnesses)
        {
            Console.WriteLine($"Witness     {witness.Key.Name} at {witness.Url}");
        }

        if (_site.TimeStamps is { } timeStamps)
        {
            Console.WriteLine($"Time stamps {timeStamps.Url}, every {timeStamps.Every.TotalMinutes} min");
        }
    }
}
