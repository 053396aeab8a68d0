using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeGateway.Readings;

namespace EdgeGateway.Site;

/// <summary>A meter that a site file names.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Known">Whether it is known what it counts: its kind is not faulty.</param>
/// <param name="Counts">What it counts, where that is known; electricity is active energy.</param>
/// <param name="Settings">Its settings. Null: they have faults.</param>
internal sealed record NamedMeter(string Name, bool Known, Medium? Counts, MeterSettings? Settings);

/// <summary>Reads the meters of a site file against its buses and groups.</summary>
internal sealed partial class SiteMeters(
    IReadOnlyDictionary<string, BusSettings?> buses,
    IReadOnlyList<string> groups,
    SourceCheck? sources,
    List<Fault> faults
)
{
    private static readonly string[] Kinds = ["ade7953", "ads1115", "atm90e32as", "pulse"];
    private static readonly string[] CommonKeys = ["name", "group", "kind", "bus", "accuracy", "source"];
    private static readonly string[] PulseKeys =
    [
        .. CommonKeys,
        "line",
        "medium",
        "impulsesPerUnit",
        "unit",
        "stableMs",
        "bias",
        "activeLow",
        "mostPerSecond",
        "index",
    ];
    private const string I2cChips = "I2C chips";
    private const string SpiChip = "an ATM90E32AS";
    private const string Lines = "pulse lines";
    private static readonly string[] Inputs = ["0-1", "0-3", "1-3", "2-3", "0", "1", "2", "3"];
    private static readonly string[] Biases = ["up", "down", "none"];
    private static readonly string[] Media = [.. Enum.GetNames<Medium>().Select(m => m.ToLowerInvariant())];

    // Every meter that has a name, also a faulty one.
    private readonly Dictionary<string, Counting> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _places = [];
    private readonly Dictionary<string, bool> _readyChips = [];
    private readonly Dictionary<string, VoltageInput> _chips = [];
    private readonly Dictionary<string, ThreePhaseChip> _threePhaseChips = [];
    private readonly Dictionary<string, string> _carried = [];

    /// <summary>The meters. Incomplete when there are faults.</summary>
    public List<MeterSettings> Settings { get; } = [];

    /// <summary>The groups that a meter is in.</summary>
    public HashSet<string> UsedGroups { get; } = [];

    /// <summary>Whether every meter's group is known.</summary>
    public bool CanTellGroups { get; private set; } = true;

    /// <summary>Reads the section.</summary>
    public void Read(Block root)
    {
        foreach ((JsonElement element, string path) in root.List("meters", 1, 256, required: true))
        {
            if (Block.Of(element, path, faults) is { } block)
            {
                ReadMeter(block);
            }
        }
    }

    /// <summary>A meter by its name, also a faulty one, or null.</summary>
    public NamedMeter? Find(string name)
    {
        if (!_names.TryGetValue(name, out Counting counting))
        {
            return null;
        }

        MeterSettings? settings = Settings.Find(m => m.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return new NamedMeter(settings?.Name ?? name, counting.Known, counting.Medium, settings);
    }

    /// <summary>
    /// The names in a footprint's <c>meters</c>, all of them of meters that count one medium; of electricity active energy.
    /// </summary>
    public List<string> FindCounting(Medium medium, Block footprint)
    {
        List<string> names = [];
        int i = 0;
        foreach ((JsonElement element, string _) in footprint.List("meters", 1, 256, required: true))
        {
            string at = $"meters[{i++}]";
            string? name = element.ValueKind == JsonValueKind.String ? element.GetString() : null;
            if (name is null || !_names.TryGetValue(name, out Counting meter))
            {
                footprint.Fault(at, $"{Block.Described(element)} is not one of the meters", "write the name of a meter of this site");
            }
            else if (names.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                footprint.Fault(at, $"{name} is in the list already", "count its energy once");
            }
            else if (meter.Known && meter.Medium != medium)
            {
                FaultOfMedium(footprint, at, name, medium);
            }
            else
            {
                names.Add(name);
            }
        }

        return names;
    }

    private static void FaultOfMedium(Block footprint, string at, string name, Medium medium)
    {
        if (medium == Medium.Electricity)
        {
            footprint.Fault(at, $"{name} does not count active energy", "name ade7953, atm90e32as and electricity pulse meters only");
        }
        else
        {
            string word = medium.ToString().ToLowerInvariant();
            footprint.Fault(at, $"{name} does not count {word}", $"name pulse meters of the medium {word} only");
        }
    }

    private void ReadMeter(Block block)
    {
        string? name = block.Text("name", SiteSections.Name(), SiteSections.NameRule);
        if (name is not null && _names.ContainsKey(name))
        {
            block.Fault("name", $"{name} is there already", "give each meter its own name; capitals do not make a difference");
        }

        string? group = block.Choice("group", groups, $"write one of the groups of this site: {Block.Either(groups)}");
        CanTellGroups &= group is not null;
        if (group is not null)
        {
            UsedGroups.Add(group);
        }

        string? busName = block.Choice("bus", [.. buses.Keys], $"write one of the buses of this site: {Block.Either(buses.Keys)}");
        BusSettings? bus = busName is null ? null : buses[busName];
        string? kind = block.Choice("kind", Kinds);
        if (kind is null)
        {
            Remember(name, known: false, null);
            return;
        }

        string what = kind switch
        {
            "pulse" => Lines,
            "atm90e32as" => SpiChip,
            _ => I2cChips,
        };
        string? source = Carries(block, bus, what) ? Source(block, bus!, kind) : null;
        MeterSettings? settings = kind switch
        {
            "ade7953" => Ade7953(block, name, group, bus, source),
            "ads1115" => Ads1115(block, name, group, bus, source),
            "atm90e32as" => Atm90e32as(block, name, group, bus, source),
            _ => Pulse(block, name, group, bus, source),
        };
        Remember(
            name,
            settings is not null || kind == "ads1115",
            settings switch
            {
                PulseMeterSettings pulse => pulse.Medium,
                { Obis: var obis } when obis == ObisCode.ActiveImport => Medium.Electricity,
                _ => null,
            }
        );
        if (settings is not null)
        {
            Settings.Add(settings);
        }
    }

    private void Remember(string? name, bool known, Medium? counts)
    {
        if (name is not null)
        {
            _names.TryAdd(name, new Counting(known, counts));
        }
    }

    private Ade7953MeterSettings? Ade7953(Block block, string? name, string? group, BusSettings? bus, string? source)
    {
        block.Allow([.. CommonKeys, "address", "channel", "ct", "voltageDivider", "calibration"]);
        AccuracyClass? accuracy = Accuracy(
            block,
            "indicative",
            ["indicative", "1"],
            "this chip may claim class 1 at most: write 1 once that has been shown, or leave it out"
        );
        decimal? address = block.Number(
            "address",
            Ade7953MeterSettings.Address,
            Ade7953MeterSettings.Address,
            "is not an address of this chip",
            "write 56 (0x38), its only address",
            0
        );
        string? channel = block.Choice("channel", ["A", "B"]);
        CtSettings? ct = Ct(block, Ade7953MeterSettings.MostSecondaryMv, "the chip's input", hasDirection: true);
        decimal? divider = VoltageDivider(block);
        CalibrationSettings? calibration = SiteCalibration.Read(block, accuracy, ct, measuresVoltage: true);
        if (bus is not null)
        {
            RequireUnique(
                block,
                "channel",
                channel is null ? null : $"{bus.Name} channel {channel}",
                $"channel {channel} of the chip on {bus.Name}",
                name
            );
            RequireOneVoltage(block, bus, divider, source);
        }

        return
            name is null
            || group is null
            || bus is null
            || accuracy is null
            || address is null
            || channel is null
            || ct is null
            || divider is null
            ? null
            : new Ade7953MeterSettings
            {
                Name = name,
                Group = group,
                Bus = bus,
                Accuracy = accuracy.Value,
                Source = source,
                Channel = channel[0],
                Ct = ct,
                VoltageDivider = divider.Value,
                Calibration = calibration,
            };
    }

    private Ads1115MeterSettings? Ads1115(Block block, string? name, string? group, BusSettings? bus, string? source)
    {
        block.Allow([.. CommonKeys, "address", "input", "ct", "assumedVoltageV", "ready", "calibration"]);
        AccuracyClass? accuracy = Accuracy(
            block,
            "indicative",
            ["indicative"],
            "this chip sees no voltage and never claims more: write indicative or leave it out"
        );
        decimal? address = block.Number("address", 0x48, 0x4B, "is not an address of this chip", "write 72 to 75 (0x48 to 0x4B)", 0);
        string? input = block.Choice("input", Inputs);
        CtSettings? ct = Ct(block, Ads1115MeterSettings.MostSecondaryMv, "an input biased to the middle of 3.3 V", hasDirection: false);
        decimal? volts = block.Number("assumedVoltageV", 50, 1000, "is not a mains voltage", "write volts, 50 to 1000, such as 230");
        CalibrationSettings? calibration = SiteCalibration.Read(block, accuracy, ct, measuresVoltage: false);
        ReadySettings? ready = Ready(block, bus, name);
        if (bus is not null && address is not null && input is not null)
        {
            RequireUnique(block, "input", $"{bus.Name} {address} {input}", $"input {input} of the chip at {address} on {bus.Name}", name);
            RequireAloneWithReady(block, $"{bus.Name} {address}", ready is not null);
        }

        return
            name is null
            || group is null
            || bus is null
            || accuracy is null
            || address is null
            || input is null
            || ct is null
            || volts is null
            ? null
            : new Ads1115MeterSettings
            {
                Name = name,
                Group = group,
                Bus = bus,
                Accuracy = accuracy.Value,
                Source = source,
                Address = (int)address.Value,
                Input = input,
                Ct = ct,
                AssumedVoltageV = volts.Value,
                Ready = ready,
                Calibration = calibration,
            };
    }

    private ReadySettings? Ready(Block meter, BusSettings? bus, string? name)
    {
        if (meter.Object("ready", ["bus", "line"]) is not { } block)
        {
            return null;
        }

        if (bus is { IsSimulated: true })
        {
            meter.Fault("ready", $"{bus.Name} is simulated, and its chips are sampled one conversion at a time", "remove it");
        }

        IEnumerable<string> chips = buses.Where(b => b.Value?.Kind == BusKind.Gpio).Select(b => b.Key);
        string? lines = block.Choice("bus", [.. chips], "write the name of a gpio:LABEL bus of this site");
        int? line = block.Integer("line", 0, 63, " for the offset of the line");
        if (lines is null || line is null)
        {
            return null;
        }

        RequireUnique(block, "line", $"{lines} line {line}", $"line {line} of {lines}", name);
        return new ReadySettings(buses[lines]!, line.Value);
    }

    // A chip that converts one input continuously has no time for another.
    private void RequireAloneWithReady(Block block, string chip, bool ready)
    {
        if (!_readyChips.TryAdd(chip, ready) && (ready || _readyChips[chip]))
        {
            block.Fault(
                "ready",
                "the chip has another input in use, and samples only one continuously",
                "leave ready out of both meters, or give each its own chip"
            );
        }
    }

    private Atm90e32asMeterSettings? Atm90e32as(Block block, string? name, string? group, BusSettings? bus, string? source)
    {
        block.Allow([.. CommonKeys, "phase", "ct", "voltageDivider", "lineHz", "calibration"]);
        AccuracyClass? accuracy = Accuracy(
            block,
            "indicative",
            ["indicative", "1", "0.5S"],
            "this chip may claim class 0.5S at most: write 1 or 0.5S once that has been shown, or leave it out"
        );
        string? phase = block.Choice("phase", ["A", "B", "C"]);
        CtSettings? ct = Ct(block, Atm90e32asMeterSettings.MostSecondaryMv, "the chip's input", hasDirection: true);
        decimal? divider = VoltageDivider(block);
        int? lineHz = LineHz(block);
        CalibrationSettings? calibration = SiteCalibration.Read(block, accuracy, ct, measuresVoltage: true);
        if (bus is not null)
        {
            RequireUnique(
                block,
                "phase",
                phase is null ? null : $"{bus.Name} phase {phase}",
                $"phase {phase} of the chip on {bus.Name}",
                name
            );
            RequireOneSetting(block, bus, divider, lineHz);
        }

        return
            name is null
            || group is null
            || bus is null
            || accuracy is null
            || phase is null
            || ct is null
            || divider is null
            || lineHz is null
            ? null
            : new Atm90e32asMeterSettings
            {
                Name = name,
                Group = group,
                Bus = bus,
                Accuracy = accuracy.Value,
                Source = source,
                Phase = phase[0],
                Ct = ct,
                VoltageDivider = divider.Value,
                LineHz = lineHz.Value,
                Calibration = calibration,
            };
    }

    private static decimal? VoltageDivider(Block block) =>
        block.Number(
            "voltageDivider",
            1,
            1_000_000,
            "is not a voltage divider",
            "write mains volts for one volt at the chip, 1 to 1000000, such as 1001"
        );

    private static int? LineHz(Block block)
    {
        const string Wrong = "is not a nominal mains frequency";
        const string Right = "write 50 or 60";
        decimal? hertz = block.Has("lineHz") ? block.Number("lineHz", 50, 60, Wrong, Right, 0) : 50;
        if (hertz is > 50 and < 60)
        {
            block.Fault("lineHz", $"{hertz.Value.ToString(CultureInfo.InvariantCulture)} {Wrong}", Right);
            return null;
        }

        return (int?)hertz;
    }

    private PulseMeterSettings? Pulse(Block block, string? name, string? group, BusSettings? bus, string? source)
    {
        block.Allow(PulseKeys);
        AccuracyClass? accuracy = Accuracy(block, "meter", AccuracyClasses.All, $"write {Block.Either(AccuracyClasses.All)}");
        int? line = block.Integer("line", 0, 63, " for the offset of the line");
        string? mediumName = block.Choice("medium", Media);
        Medium medium = mediumName is null ? default : Enum.Parse<Medium>(mediumName, ignoreCase: true);
        string? impulses = block.Text(
            "impulsesPerUnit",
            ImpulseConstant(),
            "write the impulse constant on the meter's plate as a text, a decimal above 0, such as \"6400\" or \"0.1\""
        );
        string? unit = block.Choice("unit", ["kWh", "m3", "pieces"]);
        if (mediumName is not null && unit is not null && unit != PulseMeterSettings.UnitOf(medium))
        {
            block.Fault("unit", $"{mediumName} is not counted in {unit}", $"write {PulseMeterSettings.UnitOf(medium)}");
        }

        int? stable = block.Integer("stableMs", 1, 1000, " of milliseconds");
        string? bias = block.Has("bias") ? block.Choice("bias", Biases) : "up";
        bool activeLow = block.Flag("activeLow", absent: true);
        decimal? most = MostPerSecond(block, stable);
        IndexSettings? index = SiteCalibration.Index(block);
        if (bus is not null && line is not null)
        {
            RequireUnique(block, "line", $"{bus.Name} line {line}", $"line {line} of {bus.Name}", name);
        }

        return
            name is null
            || group is null
            || bus is null
            || accuracy is null
            || line is null
            || mediumName is null
            || impulses is null
            || stable is null
            || bias is null
            ? null
            : new PulseMeterSettings
            {
                Name = name,
                Group = group,
                Bus = bus,
                Accuracy = accuracy.Value,
                Source = source,
                Line = line.Value,
                Medium = medium,
                ImpulsesPerUnit = impulses,
                Stable = TimeSpan.FromMilliseconds(stable.Value),
                Bias = bias,
                ActiveLow = activeLow,
                MostPerSecond = most,
                Index = index,
            };
    }

    private static decimal? MostPerSecond(Block block, int? stableMs)
    {
        decimal? most = block.Number(
            "mostPerSecond",
            0.001m,
            500,
            "is no rate that can be counted",
            "write the most impulses a second that the meter gives, 0.001 to 500",
            required: false
        );
        if (most * 2 * stableMs > 1000)
        {
            block.Fault(
                "mostPerSecond",
                $"so many impulses cannot each be stable for {stableMs} ms on and off",
                $"write a shorter stableMs, or at most {500m / stableMs:0.###}"
            );
        }

        return most;
    }

    private static AccuracyClass? Accuracy(Block block, string absent, IReadOnlyList<string> allowed, string right)
    {
        string? code = block.Has("accuracy") ? block.Choice("accuracy", allowed, right) : absent;
        return code is not null && AccuracyClasses.TryParse(code, out AccuracyClass accuracy) ? accuracy : null;
    }

    private static CtSettings? Ct(Block meter, decimal mostMv, string input, bool hasDirection)
    {
        Block? block = meter.Object(
            "ct",
            hasDirection ? ["primaryA", "secondaryMv", "reversed"] : ["primaryA", "secondaryMv"],
            required: true
        );
        decimal? primary = block?.Number(
            "primaryA",
            1,
            10_000,
            "is not a rated current",
            "write the clamp's rated primary current in amperes, 1 to 10000"
        );
        decimal? secondary = block?.Number(
            "secondaryMv",
            1,
            mostMv,
            "is not a possible secondary voltage",
            $"write millivolts at the rated current, 1 to {mostMv}: {input} takes no more"
        );
        bool reversed = hasDirection && block?.Flag("reversed") == true;
        return primary is null || secondary is null ? null : new CtSettings(primary.Value, secondary.Value, reversed);
    }

    private string? Source(Block block, BusSettings bus, string kind)
    {
        if (!bus.IsSimulated)
        {
            if (block.Has("source"))
            {
                block.Fault(
                    "source",
                    $"{bus.Name} is a real bus",
                    kind == "pulse"
                        ? "remove it: on real buses the meter is the source"
                        : "remove it: on real buses the clamp is the source"
                );
            }

            return null;
        }

        (Regex form, string right) = (bus.Kind, kind) switch
        {
            (BusKind.Factory, "pulse") => (Word(), "write a medium of the simulated factory, such as gas"),
            (BusKind.Factory, _) => (LoadAndPhase(), "write a load of the simulated factory and its phase, such as press.L1"),
            (BusKind.Recording, "ade7953" or "atm90e32as") => (
                TwoChannels(),
                "write the recording's channels for voltage and current, such as VA/IA"
            ),
            (BusKind.Recording, _) => (OneChannel(), "write the recording's channel for the current, such as IA"),
            _ => (Edges(), "write edges"),
        };
        string? source = block.Text("source", form, right);
        if (source is not null && sources?.Invoke(bus, kind, source) is { } better)
        {
            block.Fault("source", $"{bus.Device} has no source \"{source}\"", better);
        }

        return source;
    }

    /// <summary>Whether a bus that is known can carry I2C chips, an ATM90E32AS or pulse lines.</summary>
    private bool Carries(Block block, BusSettings? bus, string what)
    {
        if (bus is null)
        {
            return false;
        }

        string? wrong = (bus.Kind, what) switch
        {
            (BusKind.I2c, Lines) => "is an I2C bus, which has no pulse lines",
            (BusKind.I2c, SpiChip) => "is an I2C bus, and this chip has SPI",
            (BusKind.Spi, not SpiChip) => "is an SPI bus, for one ATM90E32AS",
            (BusKind.Gpio, not Lines) => "has GPIO lines, which pulse meters are wired to",
            (BusKind.Recording, Lines) => "replays waveforms, which have no pulses",
            (BusKind.EdgeCapture, not Lines) => "replays edges, which drive pulse meters only",
            _ => WrongMixture(bus, what),
        };
        if (wrong is not null)
        {
            block.Fault(
                "bus",
                $"{bus.Name} {wrong}",
                what switch
                {
                    Lines => "put pulse meters on a gpio:LABEL, sim:factory or replay:FILE.csv bus of their own",
                    SpiChip => "put the phases of each ATM90E32AS on a bus of their own",
                    _ => "put chips on a bus of their own",
                }
            );
        }

        return wrong is null;
    }

    // A bus carries what its first meter is, and nothing else.
    private string? WrongMixture(BusSettings bus, string what)
    {
        if (_carried.TryAdd(bus.Name, what) || _carried[bus.Name] == what)
        {
            return null;
        }

        return what == Lines || _carried[bus.Name] == Lines ? "has both chips and pulse lines" : "has both I2C chips and an ATM90E32AS";
    }

    private void RequireUnique(Block block, string key, string? place, string words, string? name)
    {
        if (place is not null && !_places.TryAdd(place, name ?? "another meter"))
        {
            block.Fault(key, $"{words} is taken by {_places[place]}", "write the place where this meter's clamp or wire really ends");
        }
    }

    // Gains, thresholds and the mode of an ATM90E32AS are settings of the chip, so they are the same for all its phases.
    private void RequireOneSetting(Block block, BusSettings bus, decimal? divider, int? lineHz)
    {
        if (_threePhaseChips.TryAdd(bus.Name, new ThreePhaseChip(divider, lineHz)))
        {
            return;
        }

        (decimal? otherDivider, int? otherHz) = _threePhaseChips[bus.Name];
        if (divider is not null && otherDivider is not null && divider != otherDivider)
        {
            string written = otherDivider.Value.ToString(CultureInfo.InvariantCulture);
            block.Fault(
                "voltageDivider",
                $"another phase of the chip says {written}",
                "write the same: build the three voltage inputs alike"
            );
        }

        if (lineHz is not null && otherHz is not null && lineHz != otherHz)
        {
            block.Fault("lineHz", $"another phase of the chip says {otherHz}", "write the same: the chip has one mode for all phases");
        }
    }

    // The two current channels of an ADE7953 share its one voltage input.
    private void RequireOneVoltage(Block block, BusSettings bus, decimal? divider, string? source)
    {
        string? voltage = bus.Kind switch
        {
            BusKind.Factory => source?.Split('.')[^1],
            BusKind.Recording => source?.Split('/')[0],
            _ => null,
        };
        if (!_chips.TryAdd(bus.Name, new VoltageInput(divider, voltage)))
        {
            (decimal? otherDivider, string? otherVoltage) = _chips[bus.Name];
            if (divider is not null && otherDivider is not null && divider != otherDivider)
            {
                string written = otherDivider.Value.ToString(CultureInfo.InvariantCulture);
                block.Fault("voltageDivider", $"the chip's other channel says {written}", "write the same: the chip has one voltage input");
            }

            if (voltage is not null && otherVoltage is not null && voltage != otherVoltage)
            {
                block.Fault(
                    "source",
                    $"the chip's other channel has the voltage {otherVoltage}",
                    $"use {otherVoltage} here too: the chip has one voltage input"
                );
            }
        }
    }

    [GeneratedRegex(@"^(?!0*(\.0*)?\z)(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?\z")]
    private static partial Regex ImpulseConstant();

    [GeneratedRegex(@"^[a-z]{1,32}\z")]
    private static partial Regex Word();

    [GeneratedRegex(@"^[a-z0-9-]{1,32}\.L[123]\z")]
    private static partial Regex LoadAndPhase();

    [GeneratedRegex(@"^[^/\u0000-\u001f]{1,64}/[^/\u0000-\u001f]{1,64}\z")]
    private static partial Regex TwoChannels();

    [GeneratedRegex(@"^[^/\u0000-\u001f]{1,64}\z")]
    private static partial Regex OneChannel();

    [GeneratedRegex(@"^edges\z")]
    private static partial Regex Edges();

    // What a meter counts; electricity is active energy. Not known: its kind is faulty.
    private readonly record struct Counting(bool Known, Medium? Medium);

    // Of an ADE7953: mains volts for a volt at its voltage input, and the phase or channel of the recording that drives it.
    private readonly record struct VoltageInput(decimal? Divider, string? Voltage);

    // Of an ATM90E32AS: mains volts for a volt at its voltage inputs, and the nominal mains frequency.
    private readonly record struct ThreePhaseChip(decimal? Divider, int? LineHz);
}
