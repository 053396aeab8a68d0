using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeGateway.Evidence;

namespace EdgeGateway.Site;

/// <summary>Reads the sections of a site file, each against those before it.</summary>
internal sealed partial class SiteSections(string file, SourceCheck? sources, FactorSource? packs)
{
    internal const string NameRule = "write 1 to 16 letters, digits and hyphens, beginning with a letter or digit";

    private static readonly string[] BrokerKeys = ["host", "port", "user", "passwordFile", "tls"];

    private static readonly string[] RootKeys =
    [
        "$schema",
        "site",
        "timeZone",
        "recording",
        "page",
        "simulation",
        "buses",
        "groups",
        "meters",
        "footprints",
        "flows",
        "targets",
        "products",
        "publishers",
        "key",
        "witnesses",
        "timestamps",
        "factorPacks",
        "intensities",
    ];

    private readonly List<Fault> _faults = [];
    private readonly Dictionary<string, BusSettings?> _buses = new(StringComparer.Ordinal);
    private readonly List<string> _groups = [];
    private readonly List<string> _groupPaths = [];

    /// <summary>All that is wrong, in the order of the file.</summary>
    public IReadOnlyList<Fault> Faults => _faults;

    /// <summary>Reads the site. Null when there are faults.</summary>
    public SiteFile? Read(JsonElement root)
    {
        if (Block.Of(root, "", RootKeys, _faults) is not { } block)
        {
            return null;
        }

        block.Text("$schema", Line(), "write site.schema.json", required: false);
        string? site = block.Text("site", Line(), "write what people call the site, 1 to 80 characters in one line");
        TimeZoneInfo? timeZone = TimeZone(block);
        RecordingSettings recording = Recording(
            block.Object("recording", ["readingSeconds", "carbonMinutes", "checkpointSeconds", "checkpointLeaves", "thinAfterDays"])
        );
        PageSettings page = Page(block.Object("page", ["listen"]));
        Buses(block);
        SimulationSettings? simulation = Simulation(block);
        Groups(block);
        var meters = new SiteMeters(_buses, _groups, sources, _faults);
        meters.Read(block);
        RequireUsedGroups(block, meters);

        List<FactorSigner> signers = SiteSigners.Read(block, Path.GetDirectoryName(file)!);
        FactorPacks factors = packs?.Invoke(simulation is not null, signers) ?? FactorPacks.None;
        List<IntensitySettings> intensities = SiteIntensities.Read(block, Path.GetDirectoryName(file)!);
        SiteFootprints accounts = new(meters, factors, intensities, recording.Carbon, _faults);
        List<FootprintSettings> footprints = accounts.Read(block);
        FlowSettings? flows = new SiteFlows(meters).Read(block, recording.Carbon);
        List<BudgetSettings> budgets = new SiteTargets(accounts.Names, footprints).Read(block);
        List<ProductSettings> products = new SiteProducts(meters, _faults).Read(block);
        List<PublisherSettings> publishers = Publishers(block);
        DeviceKeySettings key = SiteKey.Read(block);
        List<WitnessSettings> witnesses = Witnesses(block);
        TimeStampSettings? timeStamps = TimeStamps(block.Object("timestamps", ["url", "everyMinutes"]));
        return _faults.Count > 0
            ? null
            : new SiteFile
            {
                Path = file,
                Site = site!,
                TimeZone = timeZone!,
                Recording = recording,
                Page = page,
                Simulation = simulation,
                Buses = [.. _buses.Values.Select(b => b!)],
                Groups = _groups,
                Meters = meters.Settings,
                Footprints = footprints,
                FactorPacks = factors,
                Flows = flows,
                Intensities = intensities,
                Products = products,
                Budgets = budgets,
                Publishers = publishers,
                Key = key,
                Witnesses = witnesses,
                TimeStamps = timeStamps,
            };
    }

    private void RequireUsedGroups(Block root, SiteMeters meters)
    {
        if (!meters.CanTellGroups)
        {
            return;
        }

        foreach ((string group, string path) in _groups.Zip(_groupPaths).Where(g => !meters.UsedGroups.Contains(g.First)))
        {
            root.Fault(path, $"no meter is in the group {group}", "put a meter into it or remove it");
        }
    }

    private static TimeZoneInfo? TimeZone(Block block)
    {
        const string Right = "write a name of the IANA time zone database, such as Asia/Shanghai or Europe/Berlin (Debian package tzdata)";
        if (block.Text("timeZone", Line(), Right) is not { } name)
        {
            return null;
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone))
        {
            block.Fault("timeZone", $"this system knows no time zone \"{name}\"", Right);
        }

        return zone;
    }

    private static RecordingSettings Recording(Block? block)
    {
        int reading = block?.Integer("readingSeconds", 1, 900, " of seconds", 60) ?? 60;
        int carbon = block?.Integer("carbonMinutes", 1, 60, " of minutes", 15) ?? 15;
        int checkpoint = block?.Integer("checkpointSeconds", 1, 3600, " of seconds", 60) ?? 60;
        int leaves = block?.Integer("checkpointLeaves", 1, 65_536, "", 256) ?? 256;
        int? thin = block is not null && block.Has("thinAfterDays") ? block.Integer("thinAfterDays", 35, 10_950, " of days") : null;
        if (3600 % reading != 0)
        {
            block!.Fault(
                "readingSeconds",
                $"{reading} s does not divide an hour",
                "write 1, 2, 5, 10, 15, 30, 60, 300, 600, 900 or another divisor of 3600"
            );
        }
        else if (60 % carbon != 0)
        {
            block!.Fault("carbonMinutes", $"{carbon} min does not divide an hour", "write 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60");
        }
        else if (carbon * 60 % reading != 0)
        {
            block!.Fault(
                "carbonMinutes",
                $"a slot of {carbon} min does not begin and end with readings every {reading} s",
                $"write a multiple of {reading} s"
            );
        }

        return new RecordingSettings(
            TimeSpan.FromSeconds(reading),
            TimeSpan.FromMinutes(carbon),
            TimeSpan.FromSeconds(checkpoint),
            leaves,
            thin is { } days ? TimeSpan.FromDays(days) : null
        );
    }

    private static PageSettings Page(Block? block)
    {
        const string Default = "http://127.0.0.1:8080";
        const string Right = $"write http://ADDRESS:PORT, such as {Default}, or http://*:8080 for all addresses";
        if (block is null || !block.Has("listen"))
        {
            return new PageSettings(Default);
        }

        string listen = block.Text("listen", HttpUrl(), Right) ?? Default;
        if (int.Parse(listen[(listen.LastIndexOf(':') + 1)..].TrimEnd('/'), CultureInfo.InvariantCulture) > 65_535)
        {
            block.Fault("listen", $"\"{listen}\" has no possible port", "write a port up to 65535");
        }

        return new PageSettings(listen.TrimEnd('/'));
    }

    private void Buses(Block root)
    {
        HashSet<string> real = [];
        foreach ((JsonElement element, string path) in root.List("buses", 1, 32, required: true))
        {
            if (Block.Of(element, path, ["name", "device"], _faults) is { } block)
            {
                string? name = UniqueName(block, _buses.Keys);
                BusSettings? bus = Bus(block, name ?? path);
                if (bus is { IsSimulated: false } && !real.Add(bus.Device))
                {
                    block.Fault(
                        "device",
                        $"{bus.Device} is the device of another bus",
                        "name each device once; several meters can be on one bus"
                    );
                }

                if (name is not null)
                {
                    _buses[name] = bus;
                }
            }
        }

        if (
            _buses.Values.Any(b => b is { IsSimulated: true })
            && _buses.Values.FirstOrDefault(b => b is { IsSimulated: false }) is { } mixed
        )
        {
            root.Fault(
                "buses",
                $"{mixed.Name} is a real bus beside simulated ones",
                "make all of them real or all of them sim: and replay:"
            );
        }
    }

    private BusSettings? Bus(Block block, string name)
    {
        const string Right =
            "write /dev/i2c-N, /dev/spidevB.C, gpio:LABEL, sim:factory, replay:FILE.cfg (COMTRADE) or replay:FILE.csv (edges)";
        if (block.Text("device", Line(), Right) is not { } device)
        {
            return null;
        }

        if (device.StartsWith("/dev/gpio", StringComparison.Ordinal))
        {
            block.Fault(
                "device",
                $"{device} is another chip with another kernel",
                "write the chip's label, such as gpio:pinctrl-rp1; gpiodetect shows it"
            );
            return null;
        }

        if (!BusDevice().IsMatch(device))
        {
            block.Fault("device", $"there is no bus \"{device}\"", Right);
            return null;
        }

        if (!device.StartsWith("replay:", StringComparison.Ordinal))
        {
            return new BusSettings(name, device, KindOf(device), null);
        }

        string replayed = Path.GetFullPath(device["replay:".Length..], Path.GetDirectoryName(file)!);
        if (!File.Exists(replayed))
        {
            block.Fault("device", $"there is no file {replayed}", "write the path of a recording, relative to the site file");
        }

        bool capture = replayed.EndsWith(".csv", StringComparison.OrdinalIgnoreCase);
        return new BusSettings(name, device, capture ? BusKind.EdgeCapture : BusKind.Recording, replayed);
    }

    private static BusKind KindOf(string device)
    {
        if (device.StartsWith("gpio:", StringComparison.Ordinal))
        {
            return BusKind.Gpio;
        }

        if (device.StartsWith("sim:", StringComparison.Ordinal))
        {
            return BusKind.Factory;
        }

        return device.StartsWith("/dev/spidev", StringComparison.Ordinal) ? BusKind.Spi : BusKind.I2c;
    }

    private SimulationSettings? Simulation(Block root)
    {
        bool simulated = _buses.Values.Any(b => b is { IsSimulated: true });
        if (root.Has("simulation") && !simulated && _buses.Values.All(b => b is not null))
        {
            root.Fault("simulation", "no bus is simulated", "remove it, or use sim: and replay: buses");
        }

        Block? block = root.Object("simulation", ["seed", "speed", "start", "repeat"]);
        var settings = new SimulationSettings(1, 1, null, false);
        if (block is not null)
        {
            int? seed = block.Integer("seed", 0, int.MaxValue, "", 1);
            int? speed = block.Integer("speed", 1, 3600, " of simulated seconds in a second", 1);
            settings = new SimulationSettings(seed ?? 1, speed ?? 1, Time(block, "start", required: false), block.Flag("repeat"));
        }

        return simulated ? settings : null;
    }

    /// <summary>A time in UTC, whole seconds.</summary>
    internal static DateTimeOffset? Time(Block block, string key, bool required)
    {
        const string Right = "write a time in UTC as 2026-06-15T00:00:00Z";
        if (block.Text(key, UtcTime(), Right, required) is not { } text)
        {
            return null;
        }

        if (
            !DateTimeOffset.TryParseExact(
                text,
                "yyyy-MM-dd'T'HH:mm:ss'Z'",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out DateTimeOffset time
            )
        )
        {
            block.Fault(key, $"there is no time \"{text}\"", Right);
        }

        return time;
    }

    private void Groups(Block root)
    {
        foreach ((JsonElement element, string path) in root.List("groups", 1, 64, required: true))
        {
            if (Block.Of(element, path, ["name"], _faults) is { } block && UniqueName(block, _groups) is { } name)
            {
                _groups.Add(name);
                _groupPaths.Add(path);
            }
        }
    }

    private List<PublisherSettings> Publishers(Block root)
    {
        List<PublisherSettings> publishers = [];
        List<string> names = [];
        foreach ((JsonElement element, string path) in root.List("publishers", 0, 8, required: false))
        {
            if (Block.Of(element, path, _faults) is not { } block)
            {
                continue;
            }

            string? name = UniqueName(block, names);
            names.Add(name ?? path);
            string? kind = block.Choice("kind", ["directory", "tiles", "mqtt"]);
            if (kind is "directory" or "tiles")
            {
                block.Allow(["name", "kind", "path"]);
                string? folder = block.Text("path", FilePath(), "write the path of a directory, relative to the data folder or from /");
                publishers.Add(
                    kind == "tiles"
                        ? new TilesPublisherSettings(name ?? "", folder ?? "")
                        : new DirectoryPublisherSettings(name ?? "", folder ?? "")
                );
            }
            else if (kind == "mqtt")
            {
                block.Allow(["name", "kind", "fleet", "receiver", .. BrokerKeys]);
                publishers.Add(Mqtt(block, name ?? ""));
            }
        }

        return publishers;
    }

    private List<WitnessSettings> Witnesses(Block root)
    {
        List<WitnessSettings> witnesses = [];
        foreach ((JsonElement element, string path) in root.List("witnesses", 0, 8, required: false))
        {
            if (Block.Of(element, path, ["url", "key"], _faults) is not { } block)
            {
                continue;
            }

            Uri? url = Url(block, "write where the witness answers, such as https://witness.example/");
            WitnessKey? key = Key(
                block,
                "key",
                "copy the key that the witness shows when it starts: <name>+<8 hexadecimal digits>+<base64>",
                required: true
            );
            if (key is not null && witnesses.Any(w => w.Key.Name == key.Name))
            {
                block.Fault("key", $"a witness {key.Name} is there already", "name each witness once");
            }
            else if (key is not null && url is not null)
            {
                witnesses.Add(new WitnessSettings(url.AbsoluteUri.EndsWith('/') ? url : new Uri(url.AbsoluteUri + "/"), key));
            }
        }

        return witnesses;
    }

    private static WitnessKey? Key(Block block, string name, string right, bool required)
    {
        try
        {
            return block.Text(name, VerifierKey(), right, required) is { } text ? WitnessKey.Parse(text) : null;
        }
        catch (EvidenceException e)
        {
            block.Fault(name, e.Message.TrimEnd('.'), right);
            return null;
        }
    }

    private static TimeStampSettings? TimeStamps(Block? block)
    {
        Uri? url = block is null ? null : Url(block, "write where the time-stamping authority answers, such as https://tsa.example/tsr");
        int? minutes = block?.Integer("everyMinutes", 5, 1440, " of minutes", 60);
        return url is null || minutes is null ? null : new TimeStampSettings(url, TimeSpan.FromMinutes(minutes.Value));
    }

    /// <summary>The member <c>mqtt</c>: a topic of a broker. Not to be used when there are faults.</summary>
    internal static MqttInputSettings? MqttInput(Block block) =>
        block.Object("mqtt", ["topic", .. BrokerKeys]) is { } mqtt
            ? new MqttInputSettings(
                Broker(mqtt),
                mqtt.Text("topic", Topic(), "write the topic of the messages, without the wildcards + and #") ?? ""
            )
            : null;

    internal static Uri? Url(Block block, string right)
    {
        if (block.Text("url", ServerUrl(), right) is not { } text)
        {
            return null;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url))
        {
            block.Fault("url", $"\"{text}\" has no possible host or port", right);
        }

        return url;
    }

    private static MqttPublisherSettings Mqtt(Block block, string name)
    {
        MqttBroker broker = Broker(block);
        string? fleet = block.Text(
            "fleet",
            Fleet(),
            "write 1 to 32 letters, digits, hyphens and underscores: it is a level of the topic, without +, # and /"
        );
        WitnessKey? receiver = Key(
            block,
            "receiver",
            "copy the verifier key of whoever receives the batches: <name>+<8 hexadecimal digits>+<base64>",
            required: false
        );
        return new MqttPublisherSettings(name, broker, fleet ?? "", receiver);
    }

    /// <summary>A broker. Not to be used when there are faults.</summary>
    private static MqttBroker Broker(Block block)
    {
        string? host = block.Text("host", Host(), "write the name or address of the broker, without mqtt:// and port");
        int? port = block.Integer("port", 1, 65_535, "", 1883);
        string? user = block.Text("user", Line(), "write the user name at the broker", required: false);
        string? passwordFile = block.Text(
            "passwordFile",
            AbsolutePath(),
            "write the full path of a file that holds the password, such as /etc/edge-gateway/mqtt.password",
            required: false
        );
        if (block.Has("passwordFile") && !block.Has("user"))
        {
            block.Fault("user", "is missing beside passwordFile", "write the user that the password belongs to");
        }

        return new MqttBroker(host ?? "", port ?? 0, user, passwordFile, block.Flag("tls"));
    }

    internal static string? UniqueName(Block block, IEnumerable<string> names)
    {
        string? name = block.Text("name", Name(), NameRule);
        if (name is not null && names.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            block.Fault("name", $"{name} is there already", "give each its own name; capitals do not make a difference");
            return null;
        }

        return name;
    }

    [GeneratedRegex(@"^[^\u0000-\u001f\u007f]{1,80}\z")]
    internal static partial Regex Line();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9-]{0,15}\z")]
    internal static partial Regex Name();

    [GeneratedRegex(
        @"^(/dev/i2c-[0-9]{1,3}|/dev/spidev[0-9]{1,3}\.[0-9]{1,2}|gpio:[!-~]{1,31}|sim:factory|"
            + @"replay:.{1,200}\.([cC][fF][gG]|[cC][sS][vV]))\z"
    )]
    private static partial Regex BusDevice();

    [GeneratedRegex(@"^http://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]|\*):[0-9]{1,5}/?\z")]
    private static partial Regex HttpUrl();

    [GeneratedRegex(@"^https?://[A-Za-z0-9.\-\[\]:]{1,260}(/[A-Za-z0-9._~/-]{0,200})?\z")]
    private static partial Regex ServerUrl();

    [GeneratedRegex(@"^[^\s+]{1,255}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}\z")]
    private static partial Regex VerifierKey();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\z")]
    private static partial Regex UtcTime();

    [GeneratedRegex(@"^[^\u0000-\u001f\u007f]{1,200}\z")]
    internal static partial Regex FilePath();

    [GeneratedRegex(@"^/[^\u0000-\u001f\u007f]{1,200}\z")]
    internal static partial Regex AbsolutePath();

    [GeneratedRegex(@"^([A-Za-z0-9.-]{1,253}|[0-9A-Fa-f:.]{2,45})\z")]
    private static partial Regex Host();

    [GeneratedRegex(@"^[^\u0000-\u001f\u007f+#]{1,200}\z")]
    private static partial Regex Topic();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}\z")]
    private static partial Regex Fleet();
}
