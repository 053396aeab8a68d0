using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Accounts;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Signing;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;
using Recorder = EdgeGateway.Recording.Recorder;

namespace EdgeGateway.Bench;

/// <summary>
/// What accounting costs: a year of 64 meters from the ledger's bytes to monthly accounts and flows, and a footprint in the gateway.
/// </summary>
internal static class CarbonBench
{
    private const int Accounts = 16,
        Meters = 64,
        SlotsOfADay = 96;
    private const long Mwh = 1_000_000; // milliwatt-hours of a kilowatt-hour
    private static readonly DateTimeOffset Start = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Origin Origin = new(new string('0', 64), 1, Simulated: true);

    // Grid on meters 0 to 2, export 3, photovoltaics 4 to 6, battery in 7 and out 8; the others are loads behind them.
    private static readonly FlowSite Site = new()
    {
        LengthMinutes = 15,
        Generators = [new Generator("pv", NonFossil: true)],
        InitialContent = 0,
    };

    /// <summary>Measures with a ledger of so many days of 2025, and a recorder over so many slots.</summary>
    public static async Task<int> RunAsync(int days, int rounds)
    {
        string folder = Directory.CreateTempSubdirectory("carbon-bench-").FullName;
        try
        {
            Console.WriteLine($"Making a ledger with {days} days of {Meters} meters, a leaf each quarter hour");
            Make(folder, days);
            using Process year = Process.Start(
                new ProcessStartInfo("taskset", ["-c", "0", Environment.ProcessPath!, "carbon-year", folder])
                {
                    RedirectStandardOutput = true,
                }
            )!;
            string[] said = (await year.StandardOutput.ReadToEndAsync()).TrimEnd('\n').Split('\n');
            await year.WaitForExitAsync();
            if (year.ExitCode != 0)
            {
                return year.ExitCode;
            }

            (double seconds, double megabytes) = (Number(said[^2]), Number(said[^1]));
            Array.ForEach(said[..^2], Console.WriteLine);
            (double slot, double whole) = Slot(20 * rounds);
            Table table = new Table().AddColumns("figure", "measured", "limit", "");
            bool good = Row(
                table,
                $"{days} days of {Meters} meters, {Meters * days * SlotsOfADay / 1e6:0.00} million intervals, to monthly accounts with "
                    + "flows, on one core, s",
                seconds,
                10
            );
            good &= Row(table, "most memory of that process, MB", megabytes, 100);
            good &= Row(table, "a footprint of three meters: what it computes, µs", slot, 100);
            good &= Row(table, "and its leaf, encoded and hashed, µs", whole, 100);
            good &= Row(
                table,
                $"an account in the recorder, {Accounts} beside each other against none: its slot with ledger and facts, µs",
                (Tick(folder, Accounts, rounds) - Tick(folder, 0, rounds)) / Accounts,
                100
            );
            AnsiConsole.Write(table);
            return good ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// The process that is measured: reads the ledger strictly and accounts. Its last two lines are seconds and megabytes.
    /// </summary>
    public static int Year(string folder)
    {
        long began = Stopwatch.GetTimestamp();
        using Ledger ledger = Ledger.Open(Path.Combine(folder, "ledger.db"));
        FlowLedger flows = new(Site);
        RecordedMethod grid = RecordedMethod.OfEnergy(
            RecordedMethod.LocationBased,
            FactorLibrary.Shipped.Require(new FactorKey("CN-grid-east", 2023, "average", "organisation")).Factor
        );
        long[] before = new long[Meters],
            month = new long[Meters];
        long location = 0,
            market = 0,
            slots = 0,
            intervals = 0;
        int current = 1;
        for (long next = 1; next < ledger.Size; )
        {
            IReadOnlyList<byte[]?> page = ledger.Leaves(next, ledger.Size);
            next += page.Count;
            foreach (byte[]? bytes in page)
            {
                Leaf leaf = LeafCodec.Decode(bytes);
                if (leaf.Head.Time == Start)
                {
                    Take(leaf, before, null);
                    continue;
                }

                long[] energy = new long[Meters];
                Take(leaf, before, energy);
                DateTimeOffset start = leaf.Head.Time.AddMinutes(-15);
                if (start.Month != current)
                {
                    market += Account(current, month);
                    Array.Clear(month);
                    current = start.Month;
                }

                for (int m = 0; m < Meters; m++)
                {
                    month[m] += energy[m];
                    intervals++;
                }

                long import = energy[0] + energy[1] + energy[2];
                location += grid.Micrograms(MeteredAmount.FromCounts(import, Quantum.MilliwattHour));
                flows.Take(
                    new FlowInterval
                    {
                        Start = start,
                        Import = import * 1000,
                        Export = energy[3] * 1000,
                        Generation = [(energy[4] + energy[5] + energy[6]) * 1000],
                        Charge = energy[7] * 1000,
                        Discharge = energy[8] * 1000,
                        Intensity = 550_000_000,
                    }
                );
                slots++;
            }
        }

        market += Account(current, month);
        string share = FlowFigures.Of(flows).First(f => f.Name == "selfSufficiency").Shown ?? "no value";
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        string peak = File.ReadLines("/proc/self/status")
            .First(l => l.StartsWith("VmHWM", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{intervals:N0} intervals in {slots:N0} slots: {location / 1e9:N3} kg location-based, {market / 1e9:N3} kg "
                    + $"market-based, self-sufficiency {share} %"
            )
        );
        Console.WriteLine(seconds.ToString(CultureInfo.InvariantCulture));
        Console.WriteLine((double.Parse(peak, CultureInfo.InvariantCulture) / 1024).ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private static long Account(int month, long[] energy)
    {
        Period period = new(new DateOnly(2025, month, 1), new DateOnly(2025, month, 1).AddMonths(1));
        CitedFactor east = FactorLibrary.Shipped.Require(
            new FactorQuery("CN-grid-east", "electricity", "average", "organisation", Set: "cn-grid-2023"),
            period
        );
        CitedFactor residual = FactorLibrary.Shipped.Require(
            new FactorQuery("CN", "electricity", "excluding-traded-non-fossil", "organisation", Set: "cn-grid-2023"),
            period
        );
        EdgeGateway.Carbon.Accounts.Activity Of(string name, long milliwattHours) =>
            new(name, MeteredAmount.FromCounts(milliwattHours, Quantum.MilliwattHour), "readings", DataOrigin.Automatic);
        var account = Scope2.Of(
            period,
            "CN",
            [
                new ElectricityLine(Of("grid", energy[0] + energy[1] + energy[2]), Acquisition.Purchased, PowerSource.Ordinary)
                {
                    Grid = east,
                },
                new ElectricityLine(Of("pv", energy[4] + energy[5] + energy[6]), Acquisition.SelfGenerated, PowerSource.NonFossil)
                {
                    Proof = ["record"],
                },
            ],
            [new ExportLine(Of("export", energy[3]), east)],
            [
                new Instrument(
                    "record",
                    InstrumentKind.GenerationRecord,
                    MeteredAmount.FromCounts(energy[4] + energy[5] + energy[6], Quantum.MilliwattHour),
                    period,
                    "CN",
                    null
                ),
                new Instrument("certificates", InstrumentKind.Certificate, Quantity.Parse("100 MWh"), period, "CN", null)
                {
                    Retired = period.Until,
                },
            ],
            residual
        );
        return (long)(
            account.Totals.Single(t => t.Account == Scope2.MarketAccount).Micrograms
            ?? throw new InvalidOperationException(string.Join("; ", account.Blocked))
        );
    }

    private static void Take(Leaf leaf, long[] before, long[]? energy)
    {
        for (int m = 0; m < Meters; m++)
        {
            long count = leaf.Records[m].Number!.Value.Mantissa;
            if (energy is not null)
            {
                energy[m] =
                    count >= before[m]
                        ? count - before[m]
                        : throw new InvalidDataException($"{leaf.Records[m].Name} steps back at {leaf.Head.Time:u}.");
            }

            before[m] = count;
        }
    }

    private static void Make(string folder, int days)
    {
        using Ledger ledger = Ledger.Open(Path.Combine(folder, "ledger.db"));
        ledger.Append(new LedgerTick(Start, [EvidenceBench.LeafOf(0, Origin, 1)], new Dictionary<string, string>()));
        long[] counts = [.. Enumerable.Range(0, Meters).Select(m => 9_000_000_000L + m)];
        for (int day = 0; day <= days; day++)
        {
            List<byte[]> leaves = [];
            for (int slot = day == 0 ? 0 : ((day - 1) * SlotsOfADay) + 1; slot <= day * SlotsOfADay; slot++)
            {
                for (int m = 0; m < Meters; m++)
                {
                    counts[m] += Energy(m, slot);
                }

                leaves.Add(Reading(slot, counts));
            }

            ledger.Append(new LedgerTick(Start.AddDays(day), leaves, new Dictionary<string, string>()));
        }
    }

    private static long Energy(int meter, int slot)
    {
        int ofDay = slot % SlotsOfADay;
        bool sun = ofDay is >= 32 and < 72;
        return meter switch
        {
            < 3 => (60 * Mwh) + (slot % 977 * 1000) + meter,
            3 => sun ? 2 * Mwh : 0,
            < 7 => sun ? (20 * Mwh) + (slot % 613 * 100) : 0,
            7 => sun ? 5 * Mwh : 0,
            8 => ofDay >= 80 ? 12 * Mwh : 0,
            _ => (2 * Mwh) + (slot % 311 * meter),
        };
    }

    private static byte[] Reading(int slot, long[] counts) =>
        LeafCodec.Encode(
            new Leaf(
                EvidenceBench.HeadOf(slot + 1, Start.AddMinutes(15 * slot)),
                [
                    .. counts.Select(
                        (c, m) => new LeafRecord($"meter-{m:D2}/1-0:1.8.0.255") { Unit = "Wh", Number = new DecimalFraction(-3, c) }
                    ),
                ]
            )
        );

    // Three meters of three phases, as a boundary has: the account's judgement, and then with the leaf that it becomes.
    private static (double Microseconds, double WithLeaf) Slot(int rounds)
    {
        (FactorSet set, Factor factor) = FactorLibrary.Shipped.Require(new FactorKey("CN-grid-east", 2023, "average", "organisation"));
        CarbonAccount account = new(
            "scope2-location",
            set,
            RecordedMethod.OfEnergy(RecordedMethod.LocationBased, factor),
            [.. Enumerable.Range(1, 3).Select(m => new AccountMeter($"in-L{m}", ObisCode.ActiveImport, null))]
        );
        double computing = 0,
            whole = 0;
        for (int pass = 0; pass < 2; pass++) // the first one warms up
        {
            account.Forget();
            long inAccount = 0,
                began = Stopwatch.GetTimestamp();
            for (int i = 0; i < rounds; i++)
            {
                DateTimeOffset at = Start.AddMinutes(15 * i);
                Dictionary<string, RegisterReading> now = account.Meters.ToDictionary(m => m.Register, m => ReadingOf(i, at, m));
                long from = Stopwatch.GetTimestamp();
                AccountSlot slot = account.At(at, now);
                account.Close(now);
                inAccount += Stopwatch.GetTimestamp() - from;
                MerkleHash.OfLeaf(
                    LeafCodec.Encode(
                        new Leaf(
                            EvidenceBench.HeadOf(i + 1, at) with
                            {
                                Type = LeafType.Carbon,
                                Group = null,
                                Config = null,
                                Factors = 1,
                                ComputedFrom = slot.ComputedFrom,
                            },
                            slot.Footprint.Records()
                        )
                    )
                );
                foreach (AccountMeter meter in account.Meters)
                {
                    account.Begin(meter.Name, now[meter.Register].Recorded!.Value);
                }
            }

            (computing, whole) = (
                inAccount * 1e6 / Stopwatch.Frequency / rounds,
                Stopwatch.GetElapsedTime(began).TotalMicroseconds / rounds
            );
        }

        return (computing, whole);
    }

    private static RegisterReading ReadingOf(int slot, DateTimeOffset at, AccountMeter meter)
    {
        long count = 9_000_000_000 + (slot * 60_000_007L);
        return new RegisterReading(slot, at, new Register(meter.Obis, Quantum.MilliwattHour, count), null);
    }

    // The median of what a slot's end takes the recorder, µs, with three meters and so many accounts of them.
    private static double Tick(string root, int accounts, int rounds)
    {
        int warm = rounds / 5;
        string folder = Directory.CreateDirectory(Path.Combine(root, $"accounts-{accounts}")).FullName;
        Clock clock = new(Start);
        string[] names = [.. Enumerable.Range(1, 3).Select(m => $"in-L{m}")];
        IMeter[] meters = [.. names.Select(n => new Steady(n))];
        using Ledger ledger = Ledger.Open(Path.Combine(folder, "ledger.db"));
        using DeviceKey key = DeviceKey.Open(folder);
        Now now = new(meters, Start);
        (FactorSet set, Factor factor) = FactorLibrary.Shipped.Require(new FactorKey("CN-grid-east", 2023, "average", "organisation"));
        TimeSpan quarter = TimeSpan.FromMinutes(15);
        RecordedGroup group = new("boundary", names, "1", [LeafRecord.Of("group", "boundary"), LeafRecord.Of("class", "1")]);
        RecordingPlan plan = new([group], new Rhythm(quarter, quarter, quarter, 256))
        {
            Accounts =
            [
                .. Enumerable
                    .Range(0, accounts)
                    .Select(a => new CarbonAccount(
                        $"account-{a}",
                        set,
                        RecordedMethod.OfEnergy(RecordedMethod.LocationBased, factor),
                        [.. names.Select(n => new AccountMeter(n, ObisCode.ActiveImport, null))]
                    )),
            ],
        };
        Pen pen = new(clock, () => TimeStatus.Informative, RandomNumberGenerator.Create());
        Origin origin = Recorder.OriginOf(ledger, key, simulated: true);
        Recorder recorder = new(plan, ledger, key, now, clock, pen, origin, NullLogger<Recorder>.Instance);
        recorder.Start(new ProcessStart("boot", "bench"));
        double[] took = new double[rounds];
        for (int i = -warm; i < rounds; i++)
        {
            clock.Time += TimeSpan.FromMinutes(15);
            foreach (IMeter meter in meters)
            {
                now.Store(meter.Read(clock.Time));
            }

            long began = Stopwatch.GetTimestamp();
            recorder.Tick(clock.Time);
            took[Math.Max(i, 0)] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
        }

        Array.Sort(took);
        return took[rounds / 2];
    }

    private sealed class Clock(DateTimeOffset begin) : TimeProvider
    {
        public DateTimeOffset Time { get; set; } = begin;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Time;

        public override long GetTimestamp() => Time.UtcTicks;
    }

    private sealed class Steady(string name) : IMeter
    {
        public MeterRegisters Registers { get; } =
            new RegisterBook(new Dictionary<RegisterKey, Register>(), new Dictionary<RegisterKey, Register>()).Open(
                name,
                (ObisCode.ActiveImport, Quantum.MilliwattHour)
            );

        public AccuracyClass Accuracy => AccuracyClass.Class1;

        public Reading Read(DateTimeOffset time) =>
            new()
            {
                Meter = name,
                Time = time,
                Accuracy = Accuracy,
                Registers = [new Register(ObisCode.ActiveImport, Quantum.MilliwattHour, (time - Start).Ticks / 1000)],
            };
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static bool Row(Table table, string name, double measured, double limit)
    {
        table.AddRow(
            name,
            measured.ToString("0.0", CultureInfo.InvariantCulture),
            $"≤ {limit.ToString(CultureInfo.InvariantCulture)}",
            measured <= limit ? "held" : "MISSED"
        );
        return measured <= limit;
    }
}
