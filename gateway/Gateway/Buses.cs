using System.Device.I2c;
using System.Device.Spi;
using System.Globalization;
using EdgeGateway.Drivers;
using EdgeGateway.Metering;
using EdgeGateway.Readings.Calibration;
using EdgeGateway.Site;

namespace EdgeGateway;

/// <summary>Opens the buses of a site file and makes the meters on them.</summary>
/// <param name="site">The site.</param>
/// <param name="book">Owns the meters' registers.</param>
/// <param name="time">The clock, simulated with the buses.</param>
internal sealed class Buses(SiteFile site, RegisterBook book, TimeProvider time)
{
    /// <summary>What samples continuously on the buses opened so far. The caller starts and disposes it.</summary>
    public List<Ads1115Sampler> Samplers { get; } = [];

    /// <summary>The meters of a bus, in the order of the site file.</summary>
    public IReadOnlyList<IMeter> MetersOn(BusSettings bus)
    {
        IReadOnlyList<MeterSettings> meters = [.. site.Meters.Where(m => m.Bus == bus)];
        OpenBus open = bus.IsSimulated ? Simulated(bus, meters) : Real(bus);
        BusChips chips = new(open, time);
        int clamps = meters.Count(m => m is Ads1115MeterSettings);
        if (meters.Any(m => m is Ads1115MeterSettings { Ready: not null }))
        {
            Samplers.Add(new Ads1115Sampler(bus.Name, chips.ContinuousInputs, new Progress(BusWorker.LongestPoll, TimeProvider.System)));
        }

        return [.. meters.Select(meter => MeterOf(meter, chips, open, clamps))];
    }

    private IMeter MeterOf(MeterSettings meter, BusChips chips, OpenBus open, int clamps) =>
        meter switch
        {
            Ade7953MeterSettings m => new Ade7953Meter(
                m.Name,
                chips.Ade7953(),
                m.Channel == 'A' ? Ade7953ChannelName.A : Ade7953ChannelName.B,
                new Ade7953Scale(TransformerOf(m.Ct), m.VoltageDivider),
                m.Accuracy,
                book,
                CalibrationOf(m, m.Ct)
            ),
            Ads1115MeterSettings { Ready: { } ready } m => new Ads1115ContinuousMeter(
                m.Name,
                chips.Continuous(m, ready),
                TransformerOf(m.Ct),
                m.AssumedVoltageV,
                book,
                CalibrationOf(m, m.Ct)
            ),
            Ads1115MeterSettings m => new Ads1115Meter(
                m.Name,
                chips.Ads1115(m.Address),
                InputOf(m),
                TransformerOf(m.Ct),
                m.AssumedVoltageV,
                clamps,
                book,
                time,
                CalibrationOf(m, m.Ct)
            ),
            Atm90e32asMeterSettings m => new Atm90e32asMeter(
                m.Name,
                chips.Atm90e32as(m.LineHz),
                (Atm90e32asPhaseName)(m.Phase - 'A'),
                new Atm90e32asScale(TransformerOf(m.Ct), m.VoltageDivider),
                m.Accuracy,
                book,
                CalibrationOf(m, m.Ct)
            ),
            PulseMeterSettings m => new PulseMeter(
                m.Name,
                open.PulseLine(m),
                m.Obis,
                decimal.Parse(m.ImpulsesPerUnit, CultureInfo.InvariantCulture),
                m.Unit,
                m.Stable,
                m.MinimumPeriod,
                m.Accuracy,
                book
            ),
            _ => throw new InvalidOperationException($"Meter {meter.Name} is of a kind that has no driver."),
        };

    private static CurrentTransformer TransformerOf(CtSettings ct) => new(ct.PrimaryA, ct.SecondaryMv);

    private static ChannelCalibration CalibrationOf(MeterSettings meter, CtSettings ct) =>
        (meter.Calibration?.Correction ?? ChannelCalibration.None) with
        {
            Reversed = ct.Reversed,
        };

    private static Ads1115Input InputOf(Ads1115MeterSettings meter) =>
        Ads1115Settings.TryParseInput(meter.Input, out Ads1115Input input)
            ? input
            : throw new InvalidOperationException($"Meter {meter.Name}: '{meter.Input}' is no input of an ADS1115.");

    private static OpenBus Real(BusSettings bus) =>
        new(
            address =>
                File.Exists(bus.Device)
                    ? I2cDevice.Create(
                        new I2cConnectionSettings(int.Parse(bus.Device.AsSpan("/dev/i2c-".Length), CultureInfo.InvariantCulture), address)
                    )
                    : throw new FileNotFoundException(
                        $"Bus {bus.Name}: there is no {bus.Device}. Switch I2C on in the device tree (dtparam=i2c_arm=on), or "
                            + "name a bus that is there."
                    ),
            () => RealSpi(bus),
            meter =>
                GpioLine.Open(bus.Device["gpio:".Length..], meter.Line, Enum.Parse<GpioBias>(meter.Bias, ignoreCase: true), meter.ActiveLow)
        );

    private static SpiDevice RealSpi(BusSettings bus)
    {
        if (!File.Exists(bus.Device))
        {
            throw new FileNotFoundException(
                $"Bus {bus.Name}: there is no {bus.Device}. Switch SPI on in the device tree (dtparam=spi=on), or name a bus that is there."
            );
        }

        int[] numbers = [.. bus.Device["/dev/spidev".Length..].Split('.').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        return SpiDevice.Create(
            new SpiConnectionSettings(numbers[0], numbers[1]) { Mode = SpiMode.Mode3, ClockFrequency = Atm90e32as.MostClockHz }
        );
    }

#if SIMULATION
    /// <summary>Whether this gateway can simulate.</summary>
    public const bool CanSimulate = true;

    /// <summary>Tells, for the site file's validation, whether a source drives a kind of meter on a simulated bus.</summary>
    public static SourceCheck SourceCheck()
    {
        Dictionary<string, Simulation.SimulatedBus> opened = [];
        return (bus, kind, source) =>
        {
            try
            {
                string device = bus.File is { } file ? $"replay:{file}" : bus.Device;
                if (!opened.TryGetValue(device, out Simulation.SimulatedBus? simulated))
                {
                    opened[device] = simulated = Simulation.SimulatedBus.Open(device, "", seed: 1, repeat: false, TimeProvider.System);
                }

                IReadOnlyList<string> known = kind switch
                {
                    "ade7953" or "atm90e32as" => simulated.PowerSources,
                    "ads1115" => simulated.CurrentSources,
                    _ => simulated.PulseSources,
                };
                return known.Contains(source) ? null : $"{bus.Device} has {string.Join(", ", known)}";
            }
            catch (Exception e) when (e is Simulation.RecordingException or ArgumentException)
            {
                return e.Message;
            }
        };
    }

    private OpenBus Simulated(BusSettings bus, IReadOnlyList<MeterSettings> meters)
    {
        Simulation.SimulatedBus simulated = Simulation.SimulatedBus.Open(
            bus.Device,
            Path.GetDirectoryName(site.Path)!,
            site.Simulation?.Seed ?? 1,
            site.Simulation?.Repeat ?? false,
            time
        );
        List<Ade7953MeterSettings> channels = [.. meters.OfType<Ade7953MeterSettings>()];
        if (channels.Count > 0)
        {
            simulated.AttachAde7953(Ade7953.I2cAddress, ClampOf('A'), ClampOf('B'), channels[0].VoltageDivider);
        }

        foreach (Ads1115MeterSettings meter in meters.OfType<Ads1115MeterSettings>())
        {
            simulated.AttachAds1115(meter.Address, InputOf(meter), new Simulation.WiredClamp(meter.Source!, TransformerOf(meter.Ct)));
        }

        List<Atm90e32asMeterSettings> phases = [.. meters.OfType<Atm90e32asMeterSettings>()];
        if (phases.Count > 0)
        {
            simulated.AttachAtm90e32as([PhaseOf('A'), PhaseOf('B'), PhaseOf('C')], phases[0].VoltageDivider);
        }

        return new OpenBus(simulated.OpenI2c, simulated.OpenSpi, meter =>
            simulated.AttachPulseLine(meter.Line, meter.Source!, decimal.Parse(meter.ImpulsesPerUnit, CultureInfo.InvariantCulture))
        );

        Simulation.WiredClamp? PhaseOf(char phase) =>
            phases.Find(p => p.Phase == phase) is { } meter ? new Simulation.WiredClamp(meter.Source!, TransformerOf(meter.Ct)) : null;

        Simulation.WiredClamp? ClampOf(char channel) =>
            channels.Find(c => c.Channel == channel) is { } meter
                ? new Simulation.WiredClamp(meter.Source!, TransformerOf(meter.Ct))
                : null;
    }
#else
    /// <summary>Whether this gateway can simulate.</summary>
    public const bool CanSimulate = false;

    /// <summary>Without the simulation there are no sources to check.</summary>
    public static SourceCheck? SourceCheck() => null;

    private static OpenBus Simulated(BusSettings bus, IReadOnlyList<MeterSettings> meters) =>
        throw new InvalidDataException($"Bus {bus.Name} is simulated, and this gateway was built without the simulation.");
#endif

    /// <summary>The chips of a bus, each opened once however many meters read it.</summary>
    private sealed class BusChips(OpenBus open, TimeProvider time)
    {
        private readonly Dictionary<int, Ads1115> _ads1115 = [];
        private SharedAde7953? _ade7953;
        private SharedAtm90e32as? _atm90e32as;

        /// <summary>What is sampled continuously.</summary>
        public List<Ads1115ContinuousInput> ContinuousInputs { get; } = [];

        public SharedAde7953 Ade7953() => _ade7953 ??= new SharedAde7953(new Ade7953(open.I2c(Drivers.Ade7953.I2cAddress), time));

        public SharedAtm90e32as Atm90e32as(int lineHz) => _atm90e32as ??= new SharedAtm90e32as(new Atm90e32as(open.Spi(), lineHz, time));

        public Ads1115 Ads1115(int address)
        {
            if (!_ads1115.TryGetValue(address, out Ads1115? chip))
            {
                _ads1115[address] = chip = new Ads1115(open.I2c(address));
            }

            return chip;
        }

        public Ads1115ContinuousInput Continuous(Ads1115MeterSettings meter, ReadySettings ready)
        {
            GpioLine line = GpioLine.Open(ready.Bus.Device["gpio:".Length..], ready.Line, GpioBias.Up, activeLow: true);
            Ads1115Input input = InputOf(meter);
            Ads1115ContinuousInput made = new(
                new Ads1115(open.I2c(meter.Address)),
                input,
                Ads1115Settings.RangeFor(TransformerOf(meter.Ct), input),
                line
            );
            ContinuousInputs.Add(made);
            return made;
        }
    }

    private sealed record OpenBus(Func<int, I2cDevice> I2c, Func<SpiDevice> Spi, Func<PulseMeterSettings, IPulseLine> PulseLine);
}
