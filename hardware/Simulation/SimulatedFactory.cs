namespace EdgeGateway.Simulation;

/// <summary>
/// A factory with three phases, machines, a solar roof, a battery, gas, water, heat and compressed air. What it does at an instant depends
/// on the seed and the instant alone, so that two buses, or two runs, see the same factory.
/// </summary>
/// <remarks>
/// Everything changes in steps of <see cref="StepSeconds"/> and is constant between them; energies are exact sums of steps. Consumption is
/// positive: <c>pv</c> is negative when the sun shines, <c>battery</c> is positive when it charges, <c>grid</c> is the sum of all and
/// negative when the factory exports. The factory's clock is UTC+8.
/// </remarks>
public sealed class SimulatedFactory
{
    /// <summary>Length of a step, seconds.</summary>
    public const double StepSeconds = 0.5;

    private const long StepsPerDay = 172_800;
    private const int StepsPerStroke = 13;
    private const double LocalOffsetHours = 8;
    private const double BatteryW = 12_000;
    private const double BatteryWh = 40_000;

    private static readonly Load[] Loads =
    [
        new("press", 0.334, 0.333, 0.333, 0.80),
        new("oven", 0.340, 0.330, 0.330, 0.00),
        new("compressor", 0.333, 0.334, 0.333, 0.65),
        new("lighting", 0.400, 0.350, 0.250, 0.20),
        new("robots", 0.300, 0.350, 0.350, 0.40),
        new("charger", 0.200, 0.600, 0.200, 0.10),
        new("pv", 0.333, 0.333, 0.334, 0.00),
        new("battery", 0.333, 0.333, 0.334, 0.00),
    ];

    private const int Pv = 6;
    private const int Battery = 7;
    private const int Grid = 8;

    private readonly ulong _seed;
    private BatteryDay? _day;

    /// <summary>Makes the factory of a seed.</summary>
    public SimulatedFactory(int seed) => _seed = unchecked((ulong)seed * 0x9E3779B97F4A7C15UL);

    /// <summary>Where a clamp can be mounted: a load and a phase, for example <c>press.L1</c>.</summary>
    public static IReadOnlyList<string> ElectricalSources { get; } =
    [.. from load in Loads.Select(l => l.Name).Append("grid") from phase in (string[])["L1", "L2", "L3"] select $"{load}.{phase}"];

    /// <summary>
    /// What a pulse meter can count: gas, water and air in m³, heat and imported electricity in kWh, pieces that the press makes.
    /// </summary>
    public static IReadOnlyList<string> PulseSources { get; } = ["electricity", "gas", "heat", "water", "air", "product"];

    /// <summary>The waveform of an electrical source, from an instant on.</summary>
    /// <exception cref="ArgumentException">There is no such source; the text lists those there are.</exception>
    public IWaveform Waveform(string source, DateTimeOffset from)
    {
        int i = IndexOf(ElectricalSources, source);
        return new FactoryWaveform(this, i / 3, i % 3, SecondsOf(from));
    }

    /// <summary>The rate of a medium as a function of seconds since an instant, in its unit an hour.</summary>
    /// <exception cref="ArgumentException">There is no such medium; the text lists those there are.</exception>
    public Func<double, double> RatePerHour(string medium, DateTimeOffset from)
    {
        int i = IndexOf(PulseSources, medium);
        double start = SecondsOf(from);
        return at => RateOf(i, StepAt(start + at));
    }

    private static int IndexOf(IReadOnlyList<string> sources, string source)
    {
        for (int i = 0; i < sources.Count; i++)
        {
            if (sources[i] == source)
            {
                return i;
            }
        }

        throw new ArgumentException(
            $"The simulated factory has no source '{source}'. It has {string.Join(", ", sources)}.",
            nameof(source)
        );
    }

    private static double SecondsOf(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).TotalSeconds;

    internal static long StepAt(double unixSeconds) => (long)Math.Floor(unixSeconds / StepSeconds);

    /// <summary>Active and reactive power of a load on a phase.</summary>
    internal (double Watts, double Vars) Power(int load, int phase, long step)
    {
        if (load < Grid)
        {
            double watts = LoadW(load, step) * Loads[load].ShareOf(phase);
            return (watts, watts * Loads[load].TanPhi);
        }

        double w = 0,
            v = 0;
        for (int i = 0; i < Grid; i++)
        {
            (double watts, double vars) = Power(i, phase, step);
            w += watts;
            v += vars;
        }

        return (w, v);
    }

    /// <summary>RMS voltage of a phase: 230 V with slow changes of some volts.</summary>
    internal double Voltage(int phase, long step) =>
        230 + (4 * (Smooth(20 + phase, step, 600) - 0.5)) + (1.5 * (Smooth(23 + phase, step, 40) - 0.5));

    private double LoadW(int load, long step)
    {
        double hour = HourAt(step);
        bool shift = Shift(step, hour);
        return load switch
        {
            0 => PressW(step, shift),
            1 => OvenHeats(step, hour, shift) ? 24_000 : 180,
            2 => CompressorW(step, shift),
            3 => (shift ? 6_200 : 450) + (60 * Smooth(3, step, 900)),
            4 => shift ? 2_000 + (5_000 * Smooth(4, step, 20)) : 800,
            5 => ChargerW(step, hour),
            Pv => -SunW(step, hour),
            _ => BatteryAt(step),
        };
    }

    // A quarter to six in the morning to ten in the evening, not on Sundays. 1970-01-01 was a Thursday.
    private static bool Shift(long step, double hour) => hour is >= 5.75 and < 22 && (LocalStep(step) / StepsPerDay) % 7 != 3;

    // A stroke every 6.5 s, and a stop of some minutes now and then to change the tool.
    private double PressW(long step, bool shift)
    {
        if (!shift)
        {
            return 120;
        }

        if (PressStops(step))
        {
            return 1_500;
        }

        return step % StepsPerStroke < 3 ? 22_000 + (3_000 * Random(1, step / StepsPerStroke)) : 4_300;
    }

    private bool PressStops(long step) => Random(0, step / 600) < 0.15;

    // A thermostat: full on in the first half hour, then on for 40 to 65 % of each three minutes.
    private bool OvenHeats(long step, double hour, bool shift) =>
        shift && (hour < 6.25 || step % 360 < 360 * (0.4 + (0.25 * Random(2, step / 360))));

    private double CompressorW(long step, bool shift)
    {
        if (CompressorLoads(step, shift))
        {
            return 15_000;
        }

        return shift ? 4_200 : 350;
    }

    // Load and unload between two pressures: the busier the shop, the longer under load. At night it only covers the leaks.
    private bool CompressorLoads(long step, bool shift) => step % 150 < 150 * (shift ? 0.45 + (0.35 * Smooth(5, step, 1200)) : 0.06);

    private double ChargerW(long step, double hour)
    {
        long day = LocalStep(step) / StepsPerDay;
        double start = 16.5 + (1.5 * Random(6, day));
        return hour >= start && hour < start + 2 + (1.5 * Random(7, day)) ? 18_000 : 40;
    }

    // A clear-sky half wave from six to half past six, with thin clouds over minutes and thick ones over the better part of an hour.
    private double SunW(long step, double hour)
    {
        if (hour is <= 6 or >= 18.5)
        {
            return 0;
        }

        double height = Math.Sin((hour - 6) / 12.5 * Math.PI);
        double thin = 1 - (0.25 * Smooth(8, step, 240));
        double thick = Smooth(9, step, 2700) < 0.7 ? 1 : 0.35;
        return 70_000 * Math.Pow(height, 1.3) * thin * thick;
    }

    private double BatteryAt(long step)
    {
        long day = LocalStep(step) / StepsPerDay;
        BatteryDay? plan = Volatile.Read(ref _day);
        if (plan is null || plan.Day != day)
        {
            plan = PlanOf(day);
            Volatile.Write(ref _day, plan);
        }

        return plan.Watts[(LocalStep(step) % StepsPerDay) / 120];
    }

    // Minute by minute: charge from the surplus, discharge in the expensive hours of the evening. Each day begins with the same content, so
    // that a day does not depend on all days before it.
    private BatteryDay PlanOf(long day)
    {
        var watts = new double[StepsPerDay / 120];
        double stored = BatteryWh * 0.2;
        for (int minute = 0; minute < watts.Length; minute++)
        {
            long step = (day * StepsPerDay) + (minute * 120) - (long)(LocalOffsetHours * 3600 / StepSeconds);
            double rest = 0;
            for (int load = 0; load < Battery; load++)
            {
                rest += LoadW(load, step);
            }

            if (rest < 0)
            {
                watts[minute] = Math.Min(Math.Min(-rest, BatteryW), (BatteryWh - stored) * 60);
            }
            else if (HourAt(step) is >= 17 and < 21)
            {
                watts[minute] = -Math.Min(Math.Min(rest, BatteryW), stored * 60);
            }
            stored += watts[minute] / 60;
        }

        return new BatteryDay(day, watts);
    }

    private double RateOf(int medium, long step)
    {
        double hour = HourAt(step);
        bool shift = Shift(step, hour);
        return medium switch
        {
            0 => Math.Max(0, (Power(Grid, 0, step).Watts + Power(Grid, 1, step).Watts + Power(Grid, 2, step).Watts) / 1000),
            1 => OvenHeats(step, hour, shift) ? 13 + (2 * Random(10, step / 360)) : 1.2,
            2 => shift ? 18 + (14 * Smooth(11, step, 1800)) : 6,
            3 => shift ? 0.4 + (3 * Smooth(12, step, 300)) : 0.05,
            4 => CompressorLoads(step, shift) ? 150 : 0,
            _ => shift && !PressStops(step) ? 3600 / (StepsPerStroke * StepSeconds) : 0, // a piece a stroke
        };
    }

    private static long LocalStep(long step) => step + (long)(LocalOffsetHours * 3600 / StepSeconds);

    private static double HourAt(long step) => LocalStep(step) % StepsPerDay * StepSeconds / 3600;

    // A value from 0 to 1 that glides from one random value to the next in so many seconds.
    private double Smooth(int stream, long step, int seconds)
    {
        long steps = (long)(seconds / StepSeconds);
        (long index, long within) = Math.DivRem(step, steps);
        double from = Random(stream, index);
        double x = within / (double)steps;
        return from + ((Random(stream, index + 1) - from) * x * x * (3 - (2 * x)));
    }

    // SplitMix64 (Steele, Lea, Flood 2014) over seed, stream and index: 0 to below 1.
    private double Random(int stream, long index)
    {
        unchecked
        {
            ulong z = _seed + ((ulong)stream * 0xD1B54A32D192ED03UL) + ((ulong)index * 0x9E3779B97F4A7C15UL);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
        }
    }

    // A load: the share of its power on each phase, and its reactive power for one of active power.
    private sealed record Load(string Name, double L1, double L2, double L3, double TanPhi)
    {
        public double ShareOf(int phase) =>
            phase switch
            {
                0 => L1,
                1 => L2,
                _ => L3,
            };
    }

    private sealed record BatteryDay(long Day, double[] Watts);
}
