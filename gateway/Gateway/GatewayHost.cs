using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
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
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Console;

namespace EdgeGateway;

/// <summary>
/// The line put together: bus workers → Now → recorder → ledger → publishers, pulls and page. It is started in this order, and stopped in
/// the reverse one:
/// <code>
/// samplers, buses │ first leaf sealed, recorder │ page and pulls │ announced │ deliveries, witnesses, time stamps, feeds │ READY
/// </code>
/// </summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    // The first readings are recorded at once; a bus that has not answered by then is recorded as missing.
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(300);
    private const int LongestSocketPath = 107; // sun_path has 108 with its end, unix(7)
    private static readonly TimeSpan StopBus = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ForCosignature = TimeSpan.FromSeconds(10);

    // Beside the slots that it waits for: a card may be busy with itself for long.
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(30);
    private static readonly string Version = typeof(GatewayHost)
        .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion.Split('+')[0];

    private readonly SiteFile _site;
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly string? _doorPath;
    private readonly ILoggerFactory _log;
    private readonly FactorStore _factors;
    private readonly DeviceKey _key;
    private readonly Ledger _ledger;
    private readonly LostLog? _lost;
    private readonly Origin _origin;
    private readonly RegisterFile _registers;
    private readonly RegisterBook _book;
    private readonly CommandDoor _door = new();
    private readonly Now _now;
    private readonly IReadOnlyList<Ads1115Sampler> _samplers;
    private readonly List<BusWorker> _workers = [];
    private readonly Recorder _recorder;
    private readonly Progress _recorded;
    private readonly ConcurrentQueue<IPublisher> _publishers = new();
    private readonly ConcurrentQueue<Delivery> _deliveries = new();
    private readonly List<WitnessClient> _witnesses = [];
    private readonly List<Feed> _feeds = [];
    private readonly TimeStampClient? _timeStamps;
    private readonly List<Loop> _loops = [];
    private readonly WebApplication _web;
    private volatile bool _beginsAgain;

    // Answers of a witness are lines of text; who sends more is not listened to.
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(15), MaxResponseContentBufferSize = 64 * 1024 };

    /// <summary>Opens everything that the site names. Nothing is recorded before <see cref="RunAsync"/>.</summary>
    /// <param name="site">The site.</param>
    /// <param name="folder">The data folder, made when it is not there.</param>
    /// <exception cref="IOException">Something cannot be opened; the sentence says what.</exception>
    /// <exception cref="InvalidDataException">The data folder does not fit this site, or is damaged.</exception>
    public GatewayHost(SiteFile site, string folder)
    {
        _site = site;
        _folder = folder;
        _time = ClockOf(site);
        _log = LoggerFactory.Create(AddConsole);
        Directory.CreateDirectory(folder);
        _doorPath = DoorIn(folder);
        _factors = new FactorStore(site.Path, site.FactorPacks, FactorStore.FolderIn(folder));
        _factors.Tell(_log.CreateLogger<FactorStore>());
        _ledger = LostLog.OpenLedger(folder, out _lost);
        _key = DeviceKey.Open(folder, site.Key, _ledger);
        _key.OpenCertificates(_log.CreateLogger<InstalledCertificates>());
        _origin = Recorder.OriginOf(_ledger, _key, site.Simulation is not null);
        _registers = RegisterFile.Open(Path.Combine(folder, "registers"), _time, _log.CreateLogger<RegisterFile>());
        _book = new RegisterBook(_registers.Found, LastRecorded.Registers(_ledger));
        _recorded = new Progress((2 * site.Recording.Reading) + LongestTick, TimeProvider.System);
        Buses buses = new(site, _book, _time);
        _now = OpenBuses(buses);
        _samplers = buses.Samplers;
        _recorder = NewRecorder();
        _timeStamps = site.TimeStamps is { } authority ? NewTimeStamps(authority) : null;

        IHostedService[] first = [.. MeteringLoops(), new Step(RecordFirstAsync), RecordingLoop()];
        IHostedService[] last =
        [
            new Step(OpenDoorAsync),
            new Step(AnnounceAsync),
            .. DeliveryLoops(),
            .. WitnessLoops(),
            .. FeedLoops(),
            .. SystemdLoop(),
        ];
        _loops.AddRange(first.Concat(last).OfType<Loop>());
        _web = BuildWeb(first, last);
        MapServing();
    }

    /// <summary>Measures, records, delivers and serves until the process is asked to stop.</summary>
    /// <returns>Whether to begin again: the log cannot go on, and a new epoch begins when the folder is opened next.</returns>
    /// <exception cref="IOException">It cannot begin; the sentence says why.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        using CancellationTokenRegistration stop = cancellation.Register(_web.Lifetime.StopApplication);
        if (_doorPath is not null)
        {
            File.Delete(_doorPath); // left there by a power cut; the ledger is ours, so no other gateway listens on it
        }

        try
        {
            await _web.StartAsync(CancellationToken.None);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _web.Lifetime.ApplicationStopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException) when (_web.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // It was stopped while it started.
        }
        finally
        {
            await _web.StopAsync(CancellationToken.None);
        }

        return _beginsAgain;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
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
        _log.Dispose();
    }

    private TimeStatus TimeStatusNow() => _site.Simulation is null ? KernelClock.Status() : TimeStatus.Informative;

    private static Backoff NewBackoff(TimeProvider time) => new(time, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)));

    // A broken loop is not healed by a fast simulation: its pauses are in real seconds.
    private Loop NewLoop(string name, Duty duty, Func<CancellationToken, Task> body, Progress? progress = null) =>
        new(name, duty, body, NewBackoff(TimeProvider.System), TimeProvider.System, _log.CreateLogger<Loop>(), progress);

    private string? DoorIn(string folder)
    {
        string path = Path.Combine(Path.GetFullPath(folder), "door");
        if (Encoding.UTF8.GetByteCount(path) <= LongestSocketPath)
        {
            return path;
        }

        _log.CreateLogger<CommandDoor>()
            .LogWarning(
                "Nothing can be entered on this device: the path {Door} is longer than the {Most} bytes of a socket's. "
                    + "Give a shorter --data",
                path,
                LongestSocketPath
            );
        return null;
    }

    private Now OpenBuses(Buses buses)
    {
        List<(BusSettings Bus, IReadOnlyList<IMeter> Meters)> opened =
        [
            .. _site.Buses.Select(b => (b, buses.MetersOn(b))).Where(o => o.Item2.Count > 0),
        ];
        Dictionary<string, IMeter> meters = opened.SelectMany(o => o.Meters).ToDictionary(m => m.Registers.Meter);
        Now now = new([.. _site.Meters.Select(m => meters[m.Name])], _time.GetUtcNow());
        foreach ((BusSettings bus, IReadOnlyList<IMeter> its) in opened)
        {
            Progress progress = new(BusWorker.LongestPoll, TimeProvider.System);
            ILogger log = _log.CreateLogger<BusWorker>();
            _workers.Add(new BusWorker(bus.Name, its, now, _book, _registers, _time, log, progress));
        }

        return now;
    }

    private Recorder NewRecorder()
    {
        // Each leaf says how far its time can be trusted. That the recorder asks for it shows that it goes on, also while a full card takes
        // nothing: a restart would not empty it.
        Pen pen = new(
            _time,
            () =>
            {
                _recorded.Made();
                return TimeStatusNow();
            },
            RandomNumberGenerator.Create()
        );
        return new Recorder(SitePlan.Of(_site), _ledger, _key, _now, _time, pen, _origin, _log.CreateLogger<Recorder>(), _lost);
    }

    private IEnumerable<Loop> MeteringLoops() =>
        [
            .. _samplers.Select(s => NewLoop($"sampling of {s.Bus}", Duty.Measures, s.RunAsync, s.Progress)),
            .. _workers.Select(w => NewLoop($"bus {w.Bus}", Duty.Measures, c => w.RunAsync(StopBus, c), w.Progress)),
        ];

    private Loop RecordingLoop()
    {
        RecorderLoop loop = new(_recorder, _ledger, SitePlan.RhythmOf(_site), _door, _time, _log.CreateLogger<RecorderLoop>());
        return NewLoop("recorder", Duty.Records, loop.RunAsync, _recorded);
    }

    // Nothing is served or delivered before the first leaf is sealed.
    private async Task RecordFirstAsync(CancellationToken cancellation)
    {
        string boot = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id", cancellation)).Trim();
        try
        {
            _recorder.Start(new ProcessStart(boot, Version) { Registers = _book.Starts });
            await BusWorker.WaitForFirstPollAsync(_workers, FirstPoll, TimeProvider.System);
            _recorder.Tick(_time.GetUtcNow());
            _recorder.Seal();
        }
        catch (SqliteException e)
        {
            throw new IOException($"The first readings could not be recorded: {e.Message} Is the card full or read-only?", e);
        }
    }

    // Whoever may write to the socket may enter: the gateway's own user and group.
    private Task OpenDoorAsync(CancellationToken cancellation)
    {
        if (_doorPath is not null)
        {
            File.SetUnixFileMode(
                _doorPath,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
            );
        }

        return Task.CompletedTask;
    }

    private Task AnnounceAsync(CancellationToken cancellation)
    {
        Banner.Write(
            Version,
            _site,
            _folder,
            _web.Urls.Where(u => !u.StartsWith("http://unix:", StringComparison.Ordinal)),
            _key,
            _recorder.Origin,
            _ledger.Size,
            _deliveries.Select(d => d.State)
        );
        return Task.CompletedTask;
    }

    private List<Loop> DeliveryLoops()
    {
        List<Loop> loops = [];
        foreach (PublisherSettings settings in _site.Publishers)
        {
            Delivery? delivery = TryDelivery(settings);
            loops.Add(NewLoop($"delivery {settings.Name}", Duty.Delivers, c => (delivery ??= NewDelivery(settings)).RunAsync(c)));
        }

        return loops;
    }

    // Null where its publisher cannot be made: the rest goes on, and its loop makes it again and tells why it cannot be.
    private Delivery? TryDelivery(PublisherSettings settings)
    {
        try
        {
            return NewDelivery(settings);
        }
#pragma warning disable CA1031 // The loop tells of whatever it is, as soon as it begins.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    private Delivery NewDelivery(PublisherSettings settings)
    {
        // A broker's deadlines are in real seconds, however fast a simulation runs.
        IPublisher publisher = Publishers.Make(settings, _folder, _key.DeviceId, Version, TimeProvider.System, _key.History);
        _publishers.Enqueue(publisher);
        TimeSpan forCosignature = _site.Witnesses.Count > 0 ? ForCosignature : TimeSpan.Zero;
        Delivery delivery = new(_ledger, publisher, NewBackoff(_time), _time, _log.CreateLogger<Delivery>(), forCosignature);
        _deliveries.Enqueue(delivery);
        return delivery;
    }

    private List<Loop> WitnessLoops()
    {
        List<Loop> loops = [];
        foreach (WitnessSettings settings in _site.Witnesses)
        {
            WitnessClient witness = new(_ledger, settings, NewBackoff(_time), _http, _time, _log.CreateLogger<WitnessClient>(), BeginAgain);
            _witnesses.Add(witness);
            loops.Add(NewLoop($"witness {settings.Key.Name}", Duty.Records, c => WitnessAsync(witness, c)));
        }

        if (_timeStamps is not null)
        {
            loops.Add(NewLoop("time stamps", Duty.Records, _timeStamps.RunAsync));
        }

        return loops;
    }

    // It ends by itself only when the log is lost: nothing is left to witness in this epoch.
    private static async Task WitnessAsync(WitnessClient witness, CancellationToken cancellation)
    {
        await witness.RunAsync(cancellation);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
    }

    // In the same process: a new epoch begins when the folder is opened next.
    private void BeginAgain(long witnessed)
    {
        LostLog.Declare(_folder, _ledger, _origin, witnessed);
        _beginsAgain = true;
        _web.Lifetime.StopApplication();
    }

    // An authority stamps real time.
    private TimeStampClient NewTimeStamps(TimeStampSettings authority) =>
        new(
            _ledger,
            authority,
            NewBackoff(TimeProvider.System),
            _http,
            TimeProvider.System,
            RandomNumberGenerator.Create(),
            _log.CreateLogger<TimeStampClient>()
        );

    private IEnumerable<Loop> FeedLoops()
    {
        foreach (IntensitySettings series in _site.Intensities.Where(i => i.Input is not null))
        {
            _feeds.Add(NewFeed($"Intensities {series.Name}", series.Input!, (table, now) => Entry.OfIntensities(series, table, now)));
        }

        foreach (ProductSettings product in _site.Products.Where(p => p.Reports is not null))
        {
            string source = $"MQTT topic {product.Reports!.Topic}";
            _feeds.Add(
                NewFeed($"Production of {product.Product}", product.Reports, (report, now) =>
                    Entry.OfProduction(product.Product, source, report, now, _site.TimeZone)
                )
            );
        }

        return _feeds.Select(f => NewLoop(f.State.Name, Duty.Records, f.RunAsync));
    }

    private Feed NewFeed(string name, InputSettings input, Func<string, DateTimeOffset, Entry> read)
    {
        // A broker keeps messages under a name, which must be another one for another topic.
        byte[] topic = Encoding.UTF8.GetBytes($"{name}\n{(input as MqttInputSettings)?.Topic}");
        string id = Convert.ToHexStringLower(SHA256.HashData(topic))[..8];
        return new Feed(
            name,
            InputFactory.Make(input, $"gw-{_key.DeviceId}-{id}", _http, TimeProvider.System),
            read,
            () => (_time.GetUtcNow(), TimeStatusNow() != TimeStatus.Unknown),
            _door,
            NewBackoff(TimeProvider.System),
            TimeProvider.System,
            _log.CreateLogger<Feed>()
        );
    }

    // The last to start and the first to stop: systemd then knows that everything else runs, or is about to stop.
    private IEnumerable<Loop> SystemdLoop()
    {
        SystemdNotifier socket = new();
        if (!socket.IsEnabled)
        {
            return [];
        }

        Systemd systemd = new(
            state => socket.Notify(new ServiceState(state)),
            Systemd.WatchdogOf(
                Environment.GetEnvironmentVariable("WATCHDOG_USEC"),
                Environment.GetEnvironmentVariable("WATCHDOG_PID"),
                Environment.ProcessId
            ),
            _recorded,
            [.. _workers.Select(w => w.Progress).OfType<Progress>()],
            () => HealthEndpoint.InWords(_loops),
            () => !_beginsAgain,
            TimeProvider.System
        );
        return [NewLoop("systemd", Duty.Records, systemd.RunAsync)];
    }

    private static void AddConsole(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // a start that fails is told by Program, in one sentence
        if (SystemdHelpers.IsSystemdService())
        {
            logging.AddSystemdConsole(); // the journal dates lines itself, and is told how grave each is
            return;
        }

        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
    }

    // Hosted services start in the order in which they are registered and stop in the reverse one, and the web server is registered when
    // the application is built; what is registered with the container afterwards starts after it.
    private WebApplication BuildWeb(IReadOnlyList<IHostedService> beforeWeb, IReadOnlyList<IHostedService> afterWeb)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory }
        );
        builder.Services.AddSingleton(_log);
        foreach (IHostedService service in beforeWeb)
        {
            builder.Services.AddSingleton(service);
        }

        builder.Host.ConfigureContainer<IServiceCollection>(
            (_, services) =>
            {
                foreach (IHostedService service in afterWeb)
                {
                    services.AddSingleton(service);
                }
            }
        );
        builder
            .WebHost.UseUrls(_doorPath is null ? [_site.Page.Listen] : [_site.Page.Listen, $"http://unix:{_doorPath}"])
            .ConfigureKestrel(k => k.AddServerHeader = false);
        return builder.Build();
    }

    private void MapServing() =>
        _web.MapServing(
            new ServingModel
            {
                Site = _site.Site,
                Origin = _origin,
                TimeZone = _site.TimeZone,
                Meters = _site.Meters,
                Now = _now,
                LongestAge = 5 * BusWorker.Period,
                ReadingSlot = _site.Recording.Reading,
                Checkpoint = _site.Recording.Checkpoint,
                RecordsFlows = _site.Flows is not null,
                WatchesDemand = _site.Flows is { WatchDemand: true },
                Budgets = _site.Budgets,
                Ledger = _ledger,
                Keys = _key.History,
                Certificates = _key.Certificates,
                Door = _door,
                Intensities = _site.Intensities,
                Feeds = _feeds,
                Factors = _factors,
                Deliveries = _deliveries,
                Witnesses = _witnesses,
                TimeStamps = _timeStamps,
                Loops = _loops,
                Time = _time,
            }
        );

#if SIMULATION
    private static TimeProvider ClockOf(SiteFile site) =>
        site.Simulation is { } simulation && (simulation.Speed != 1 || simulation.Start is not null)
            ? new Simulation.ScaledTimeProvider(simulation.Start ?? TimeProvider.System.GetUtcNow(), simulation.Speed, TimeProvider.System)
            : TimeProvider.System;
#else
    private static TimeProvider ClockOf(SiteFile site) => TimeProvider.System;
#endif

    /// <summary>What is done once, when its turn comes in the order of the start.</summary>
    private sealed class Step(Func<CancellationToken, Task> start) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => start(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
