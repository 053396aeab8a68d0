using System.Device.I2c;
using System.Device.Spi;
using EdgeGateway.Drivers;

namespace EdgeGateway.Simulation;

/// <summary>
/// One bus of a site file that is not real: <c>sim:factory</c>, or a recording behind <c>replay:</c>. Chips are attached to it, then
/// opened.
/// </summary>
public sealed class SimulatedBus
{
    private const string Replay = "replay:";
    private const string Edges = "edges";

    private readonly Dictionary<int, SimulatedI2cDevice> _chips = [];
    private readonly Dictionary<int, IPulseLine> _lines = [];
    private SimulatedAtm90e32as? _spi;
    private readonly Func<string, IWaveform> _waveform;
    private readonly Func<string, decimal, IPulseLine> _pulses;
    private readonly TimeProvider _time;
    private readonly string _device;

    private SimulatedBus(string device, TimeProvider time, Func<string, IWaveform> waveform, Func<string, decimal, IPulseLine> pulses)
    {
        _device = device;
        _time = time;
        _waveform = waveform;
        _pulses = pulses;
    }

    /// <summary>What can stand as <c>source</c> of an ADE7953 channel or an ATM90E32AS phase.</summary>
    public required IReadOnlyList<string> PowerSources { get; init; }

    /// <summary>What can stand as <c>source</c> of an ADS1115 input.</summary>
    public required IReadOnlyList<string> CurrentSources { get; init; }

    /// <summary>What can stand as <c>source</c> of a pulse line.</summary>
    public required IReadOnlyList<string> PulseSources { get; init; }

    /// <summary>Whether this class opens a device.</summary>
    public static bool IsSimulated(string device) =>
        device.StartsWith("sim:", StringComparison.Ordinal) || device.StartsWith(Replay, StringComparison.Ordinal);

    /// <summary>Opens a bus. A recording starts to play for a chip or line when that is attached.</summary>
    /// <param name="device"><c>sim:factory</c>, <c>replay:FILE.cfg</c> or <c>replay:FILE.csv</c>.</param>
    /// <param name="folder">The folder that a relative FILE is in.</param>
    /// <param name="seed">Seed of the factory. Buses with the same seed show the same factory.</param>
    /// <param name="repeat">A recording starts again when it ends; otherwise its inputs are dead from then on.</param>
    /// <param name="time">The clock of everything on the bus.</param>
    /// <exception cref="ArgumentException">There is no such simulated bus.</exception>
    /// <exception cref="RecordingException">The recording cannot be read.</exception>
    public static SimulatedBus Open(string device, string folder, int seed, bool repeat, TimeProvider time)
    {
        if (device == "sim:factory")
        {
            var factory = new SimulatedFactory(seed);
            DateTimeOffset start = time.GetUtcNow();
            return new SimulatedBus(
                device,
                time,
                source => factory.Waveform(source, start),
                (source, impulsesPerUnit) => new SimulatedPulseMeter(factory.RatePerHour(source, start), impulsesPerUnit, time)
            )
            {
                PowerSources = SimulatedFactory.ElectricalSources,
                CurrentSources = SimulatedFactory.ElectricalSources,
                PulseSources = SimulatedFactory.PulseSources,
            };
        }

        if (device.StartsWith(Replay, StringComparison.Ordinal))
        {
            string file = Path.Combine(folder, device[Replay.Length..]);
            return file.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)
                ? OfCapture(device, EdgeCapture.Read(file), repeat, time)
                : OfRecording(device, Comtrade.Read(file), repeat, time);
        }

        throw new ArgumentException(
            $"'{device}' is no simulated bus. Write sim:factory, replay:FILE.cfg for a COMTRADE recording or replay:FILE.csv "
                + "for an edge capture.",
            nameof(device)
        );
    }

    private static SimulatedBus OfRecording(string device, Comtrade recording, bool repeat, TimeProvider time) =>
        new(
            device,
            time,
            source => new ReplayedWaveform(recording, source, repeat),
            (source, _) => throw NoSource(device, source, "a waveform has no pulses; use replay:FILE.csv for a pulse line")
        )
        {
            PowerSources = ReplayedWaveform.PowerSources(recording),
            CurrentSources = ReplayedWaveform.CurrentSources(recording),
            PulseSources = [],
        };

    private static SimulatedBus OfCapture(string device, EdgeCapture capture, bool repeat, TimeProvider time) =>
        new(
            device,
            time,
            source => throw NoSource(device, source, "an edge capture has no waveform; use replay:FILE.cfg for I2C chips"),
            (source, _) =>
                source == Edges
                    ? new ReplayedEdges(capture, repeat, time)
                    : throw NoSource(device, source, $"an edge capture has the source {Edges}")
        )
        {
            PowerSources = [],
            CurrentSources = [],
            PulseSources = [Edges],
        };

    private static ArgumentException NoSource(string device, string source, string why) =>
        new($"{device} has no source '{source}': {why}.", nameof(source));

    /// <summary>Wires an ADE7953.</summary>
    /// <param name="address">Its address, always 0x38.</param>
    /// <param name="a">Source and transformer of channel A, or null when nothing is wired there.</param>
    /// <param name="b">Source and transformer of channel B, or null. The chip has one voltage input: both sources have the same
    /// voltage.</param>
    /// <param name="voltageDivider">Mains volts for one volt at the voltage input.</param>
    /// <exception cref="ArgumentException">An unknown source, two voltages on one chip, nothing wired at all, or the address is
    /// taken.</exception>
    public SimulatedAde7953 AttachAde7953(int address, WiredClamp? a, WiredClamp? b, decimal voltageDivider)
    {
        if (address != Ade7953.I2cAddress)
        {
            throw new ArgumentException($"An ADE7953 is always at address 0x38 (56), not 0x{address:X2} ({address}).", nameof(address));
        }

        if ((a ?? b) is null)
        {
            throw new ArgumentException($"The ADE7953 on {_device} has neither channel wired.", nameof(a));
        }

        var chip = new SimulatedAde7953(Clamp(a), Clamp(b), voltageDivider, _time);
        foreach (string source in new[] { a, b }.OfType<WiredClamp>().Select(c => c.Source).Where(s => !PowerSources.Contains(s)))
        {
            throw NoSource(_device, source, $"an ADE7953 needs a voltage and a current, one of {string.Join(", ", PowerSources)}");
        }

        if (a is not null && b is not null && VoltageOf(a.Source) != VoltageOf(b.Source))
        {
            throw new ArgumentException(
                $"The ADE7953 on {_device} has one voltage input, but channel A is on {a.Source} and channel B on {b.Source}. "
                    + "Put both on the same phase, or the second on another chip.",
                nameof(b)
            );
        }

        return Attach(address, chip);
    }

    /// <summary>Wires an input of an ADS1115, and the chip itself with its first input.</summary>
    /// <exception cref="ArgumentException">An unknown source, or another chip is at the address.</exception>
    /// <exception cref="InvalidOperationException">The input is wired already.</exception>
    public SimulatedAds1115 AttachAds1115(int address, Ads1115Input input, WiredClamp clamp)
    {
        SimulatedAds1115 chip =
            _chips.GetValueOrDefault(address) as SimulatedAds1115
            ?? Attach(address, new SimulatedAds1115(address, _time, Ads1115Settings.MidRailMv / 1000.0));
        chip.Connect(input, Clamp(clamp)!);
        return chip;
    }

    /// <summary>Wires an ATM90E32AS to the bus's chip-select line.</summary>
    /// <param name="phases">Source and transformer of phases A, B and C; null where nothing is wired.</param>
    /// <param name="voltageDivider">Mains volts for one volt at the voltage inputs.</param>
    /// <exception cref="ArgumentException">An unknown source, nothing wired at all, or the line is taken.</exception>
    public SimulatedAtm90e32as AttachAtm90e32as(IReadOnlyList<WiredClamp?> phases, decimal voltageDivider)
    {
        List<string> sources = [.. phases.OfType<WiredClamp>().Select(c => c.Source)];
        if (sources.Count == 0)
        {
            throw new ArgumentException($"The ATM90E32AS on {_device} has no phase wired.", nameof(phases));
        }

        if (sources.Find(s => !PowerSources.Contains(s)) is { } source)
        {
            throw NoSource(_device, source, $"an ATM90E32AS needs a voltage and a current, one of {string.Join(", ", PowerSources)}");
        }

        return _spi = _spi is null
            ? new SimulatedAtm90e32as([.. phases.Select(Clamp)], voltageDivider, _time)
            : throw new ArgumentException($"The chip-select line of {_device} is taken by another chip.", nameof(phases));
    }

    /// <summary>Wires a pulse meter to a line.</summary>
    /// <param name="line">The line's number.</param>
    /// <param name="source">What the meter counts.</param>
    /// <param name="impulsesPerUnit">Its impulse constant. A recorded capture has its own.</param>
    /// <exception cref="ArgumentException">An unknown source, or the line is taken.</exception>
    public IPulseLine AttachPulseLine(int line, string source, decimal impulsesPerUnit)
    {
        IPulseLine pulses = _pulses(source, impulsesPerUnit);
        return _lines.TryAdd(line, pulses)
            ? pulses
            : throw new ArgumentException($"Line {line} of {_device} is wired already.", nameof(line));
    }

    /// <summary>The device at an address. One where nothing is wired does not answer.</summary>
    public I2cDevice OpenI2c(int address) => _chips.GetValueOrDefault(address) ?? new SimulatedI2cDevice(address);

    /// <summary>The device on the bus's chip-select line. One where nothing is wired does not answer.</summary>
    public SpiDevice OpenSpi() => _spi ?? new SimulatedSpiDevice(0, 0);

    private T Attach<T>(int address, T chip)
        where T : SimulatedI2cDevice =>
        _chips.TryAdd(address, chip)
            ? chip
            : throw new ArgumentException($"Address 0x{address:X2} of {_device} is taken by another chip.", nameof(address));

    private SimulatedClamp? Clamp(WiredClamp? wired) =>
        wired is null ? null : new SimulatedClamp(_waveform(wired.Source), wired.Transformer, wired.Reversed);

    // press.L1 → L1, VA_G1/IA_G1 → VA_G1.
    private static string VoltageOf(string source) =>
        source.Contains('/', StringComparison.Ordinal)
            ? source[..source.IndexOf('/', StringComparison.Ordinal)]
            : source[(source.LastIndexOf('.') + 1)..];
}

/// <summary>A source by its name, and the clamp on it.</summary>
/// <param name="Source">For example <c>press.L1</c>, <c>VA_G1/IA_G1</c>.</param>
/// <param name="Transformer">The current transformer.</param>
/// <param name="Reversed">K and L are swapped.</param>
public sealed record WiredClamp(string Source, CurrentTransformer Transformer, bool Reversed = false);
