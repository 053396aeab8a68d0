using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Carbon.Targets;
using EdgeGateway.Evidence;

namespace EdgeGateway.Site;

/// <summary>A validated site file: what is measured where, by what, and where it goes. Only <see cref="SiteReader"/> makes one.</summary>
public sealed record SiteFile
{
    internal SiteFile() { }

    /// <summary>Full path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>What people call the site.</summary>
    public required string Site { get; init; }

    /// <summary>The time zone of billing days and of the page. Everything recorded is in UTC.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    public required RecordingSettings Recording { get; init; }

    public required PageSettings Page { get; init; }

    /// <summary>How simulated buses run. Null on real buses: a site is either real or simulated.</summary>
    public required SimulationSettings? Simulation { get; init; }

    public required IReadOnlyList<BusSettings> Buses { get; init; }

    /// <summary>Disclosure groups: the meters that may be shown to one party together. Each has a meter.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    public required IReadOnlyList<MeterSettings> Meters { get; init; }

    public required IReadOnlyList<FootprintSettings> Footprints { get; init; }

    /// <summary>The factor sets that the footprints could choose from.</summary>
    public required FactorPacks FactorPacks { get; init; }

    /// <summary>Which meters count the site's energy flows, or null: none are recorded.</summary>
    public required FlowSettings? Flows { get; init; }

    /// <summary>Series of the grid's carbon intensities. No name twice.</summary>
    public required IReadOnlyList<IntensitySettings> Intensities { get; init; }

    /// <summary>The products that are counted or reported. No product and no meter twice.</summary>
    public required IReadOnlyList<ProductSettings> Products { get; init; }

    /// <summary>What accounts may emit in a year. Empty where the site has no targets.</summary>
    public required IReadOnlyList<BudgetSettings> Budgets { get; init; }

    public required IReadOnlyList<PublisherSettings> Publishers { get; init; }

    /// <summary>The device's key.</summary>
    public required DeviceKeySettings Key { get; init; }

    /// <summary>Who is asked to cosign the log. No name twice.</summary>
    public required IReadOnlyList<WitnessSettings> Witnesses { get; init; }

    /// <summary>Who stamps the log with the time. Null: nobody.</summary>
    public required TimeStampSettings? TimeStamps { get; init; }
}

/// <summary>The key that the device signs with.</summary>
/// <param name="Key">Where it is kept.</param>
public sealed record DeviceKeySettings(KeySettings Key)
{
    /// <summary>A key in the file <c>device.key</c>.</summary>
    public static DeviceKeySettings Default { get; } = new(new FileKeySettings("device.key"));

    /// <summary>Where the key is kept that it takes over from, or null.</summary>
    public KeySettings? Replaces { get; init; }

    /// <summary>How long the replaced key may still sign, 0 to 720 h.</summary>
    public TimeSpan Overlap { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Full path of a PEM file with the device's certificate and those it is under, or null.</summary>
    public string? Certificates { get; init; }

    /// <summary>Full path of a file with revocation lists, PEM or DER, or null. Not without <see cref="Certificates"/>.</summary>
    public string? RevocationList { get; init; }
}

/// <summary>Where a key is kept.</summary>
public abstract record KeySettings;

/// <summary>A key in a file of the data folder.</summary>
/// <param name="File">The file's name: <c>device.key</c>, <c>device-2.key</c>.</param>
public sealed record FileKeySettings(string File) : KeySettings;

/// <summary>A key in the TPM 2.0.</summary>
/// <param name="Handle">Its persistent handle, as written: <c>0x81010001</c>.</param>
public sealed record TpmKeySettings(string Handle) : KeySettings;

/// <summary>A key in a PKCS#11 token.</summary>
/// <param name="Library">Full path of the token's library.</param>
/// <param name="Token">The token's label.</param>
/// <param name="Label">The key's label.</param>
/// <param name="PinFile">Full path of a file with the user's PIN, readable by the gateway alone.</param>
public sealed record Pkcs11KeySettings(string Library, string Token, string Label, string PinFile) : KeySettings;

/// <summary>A witness (C2SP tlog-witness).</summary>
/// <param name="Url">Where it answers, without <c>/add-checkpoint</c>.</param>
/// <param name="Key">Its verifier key, which was got from whoever runs it.</param>
public sealed record WitnessSettings(Uri Url, WitnessKey Key);

/// <summary>A time-stamping authority (RFC 3161).</summary>
/// <param name="Url">Where it answers.</param>
/// <param name="Every">Time between two time stamps, 5 min to 1 day.</param>
public sealed record TimeStampSettings(Uri Url, TimeSpan Every);

/// <summary>How often what is recorded.</summary>
/// <param name="Reading">Length of a reading slot, 1 s to 15 min, a divisor of an hour.</param>
/// <param name="Carbon">Length of a footprint slot, 1 min to 1 h, a divisor of an hour and a multiple of a reading slot.</param>
/// <param name="Checkpoint">Longest time between two checkpoints, 1 s to 1 h.</param>
/// <param name="CheckpointLeaves">Most leaves between two checkpoints, 1 to 65 536.</param>
/// <param name="ThinAfter">Age from which readings between footprint slots lose their bytes, 35 days to 30 years. Null: never.</param>
public sealed record RecordingSettings(TimeSpan Reading, TimeSpan Carbon, TimeSpan Checkpoint, int CheckpointLeaves, TimeSpan? ThinAfter);

/// <summary>The maintenance page and the interface for pulls.</summary>
/// <param name="Listen">For example <c>http://127.0.0.1:8080</c>. Port 0: any free one.</param>
public sealed record PageSettings(string Listen);

/// <summary>How simulated buses run.</summary>
/// <param name="Seed">The same seed gives the same factory.</param>
/// <param name="Speed">Simulated seconds in a second, 1 to 3600.</param>
/// <param name="Start">When the simulation begins, UTC. Null: now.</param>
/// <param name="Repeat">Whether a recording begins again at its end.</param>
public sealed record SimulationSettings(int Seed, int Speed, DateTimeOffset? Start, bool Repeat);

/// <summary>What stands behind a bus.</summary>
public enum BusKind
{
    /// <summary>An I2C adapter of the kernel.</summary>
    I2c,

    /// <summary>A GPIO chip of the kernel, with pulse lines.</summary>
    Gpio,

    /// <summary>A chip-select line of an SPI bus of the kernel, with one chip.</summary>
    Spi,

    /// <summary>The simulated factory: chips or pulse lines, by the meters on it.</summary>
    Factory,

    /// <summary>Simulated chips driven by a COMTRADE recording.</summary>
    Recording,

    /// <summary>A pulse line driven by an edge capture.</summary>
    EdgeCapture,
}

/// <summary>A bus with chips or pulse lines.</summary>
/// <param name="Name">Unique in the site.</param>
/// <param name="Device">As written, for example <c>/dev/i2c-1</c>, <c>/dev/spidev0.0</c>, <c>gpio:pinctrl-rp1</c>, <c>sim:factory</c>,
/// <c>replay:FILE.cfg</c>.</param>
/// <param name="Kind">What the device is.</param>
/// <param name="File">Full path of the recording or capture. Null for the other kinds.</param>
public sealed record BusSettings(string Name, string Device, BusKind Kind, string? File)
{
    /// <summary>Whether the bus is simulated or replayed, so that nothing on it is measured.</summary>
    public bool IsSimulated => Kind is not (BusKind.I2c or BusKind.Spi or BusKind.Gpio);
}

/// <summary>A footprint account: what its meters count, or what is entered about its subject, by one method.</summary>
/// <param name="Account">For example <c>scope2-location</c>.</param>
/// <param name="Meters">Names of meters of one medium, none twice. None: it takes entries.</param>
/// <param name="Entries">The subject of the manual entries, or null: it has meters.</param>
/// <param name="Set">The factor set that the method cites; null of a market without residual mix.</param>
/// <param name="Method">The method, with its factors.</param>
/// <param name="SettledYearly">Whether the instruments of a market are for a calendar year, not a month.</param>
public sealed record FootprintSettings(
    string Account,
    IReadOnlyList<string> Meters,
    string? Entries,
    FactorSet? Set,
    RecordedMethod Method,
    bool SettledYearly = false
);

/// <summary>The site's energy flows.</summary>
/// <param name="Plan">Which register counts what. No register twice.</param>
/// <param name="WatchDemand">Whether to warn before a new peak of demand.</param>
/// <param name="LimitKw">The contracted demand, kW, above 0. Null: the month's peak so far is the limit.</param>
public sealed record FlowSettings(FlowPlan Plan, bool WatchDemand, decimal? LimitKw);

/// <summary>A product whose number is counted by a meter or reported, so that nobody has to enter it.</summary>
/// <param name="Product">Its name, as the subject of manual entries of production would have it.</param>
/// <param name="Meter">A meter of the medium product, or null.</param>
/// <param name="Reports">Where others report it, or null: it has a meter.</param>
public sealed record ProductSettings(string Product, PulseMeterSettings? Meter, MqttInputSettings? Reports);

/// <summary>What accounts may emit in a year.</summary>
/// <param name="Accounts">The accounts whose totals are added. None twice, and no meter in two of them.</param>
/// <param name="Budget">The budget of a year that begins with a month of the site's calendar, without what was used.</param>
/// <param name="Before">What was emitted in the year before an account was recorded, or null.</param>
/// <param name="BeforeSource">Where that amount is from; null without it.</param>
public sealed record BudgetSettings(IReadOnlyList<string> Accounts, Budget Budget, Quantity? Before, string? BeforeSource);

/// <summary>Where batches are delivered.</summary>
/// <param name="Name">Unique in the site.</param>
public abstract record PublisherSettings(string Name);

/// <summary>The log as C2SP tlog-tiles, for any web server or a USB stick.</summary>
/// <param name="Name">Unique in the site.</param>
/// <param name="Path">The directory as written. A relative one is in the gateway's data folder.</param>
public sealed record TilesPublisherSettings(string Name, string Path) : PublisherSettings(Name);

/// <summary>Batches as files.</summary>
/// <param name="Name">Unique in the site.</param>
/// <param name="Path">The directory as written. A relative one is in the gateway's data folder.</param>
public sealed record DirectoryPublisherSettings(string Name, string Path) : PublisherSettings(Name);

/// <summary>Batches to a broker.</summary>
/// <param name="Name">Unique in the site.</param>
/// <param name="Broker">The broker.</param>
/// <param name="Fleet">The topic's second level: without wildcards and slashes.</param>
/// <param name="Receiver">The key with which the receiver signs that it keeps a batch. Null: the broker's acknowledgement counts.</param>
public sealed record MqttPublisherSettings(string Name, MqttBroker Broker, string Fleet, WitnessKey? Receiver = null)
    : PublisherSettings(Name);

/// <summary>An MQTT broker.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">1 to 65 535.</param>
/// <param name="User">User name, or null.</param>
/// <param name="PasswordFile">Full path of the file that holds the password, or null. Secrets never stand in the site file.</param>
/// <param name="Tls">Whether the connection is encrypted and the broker's certificate checked.</param>
public sealed record MqttBroker(string Host, int Port, string? User, string? PasswordFile, bool Tls);

/// <summary>A series of the grid's carbon intensities.</summary>
/// <param name="Name">Unique in the site.</param>
/// <param name="Slot">Length of its slots: 15, 30 or 60 min.</param>
/// <param name="Source">Who publishes it.</param>
/// <param name="Input">Where its tables come from. Null: people enter them.</param>
public sealed record IntensitySettings(string Name, TimeSpan Slot, string Source, InputSettings? Input);

/// <summary>Where something comes from that no meter reads.</summary>
public abstract record InputSettings;

/// <summary>A file that others write.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Every">Time between two looks at it, 1 min to 1 day.</param>
public sealed record FileInputSettings(string Path, TimeSpan Every) : InputSettings;

/// <summary>A document on a web server.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Every">Time between two requests, 1 min to 1 day.</param>
public sealed record HttpInputSettings(Uri Url, TimeSpan Every) : InputSettings;

/// <summary>Messages on a topic.</summary>
/// <param name="Broker">The broker.</param>
/// <param name="Topic">The topic, without wildcards.</param>
public sealed record MqttInputSettings(MqttBroker Broker, string Topic) : InputSettings;
