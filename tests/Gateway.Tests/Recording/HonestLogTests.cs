using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Entering;
using EdgeGateway.Gateway.Tests.Keeping;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Signing;
using EdgeGateway.Site;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Recording;

/// <summary>
/// Random lives of a device: it is off, its clock is moved, meters are missing, come and go, registers begin again, impulse constants and
/// factors change, the card is full, instruments, entries and intensities come. Whatever happens, <c>edgectl verify --recompute</c> finds
/// every footprint right, and its totals are those that the ledger remembers.
/// </summary>
public sealed partial class HonestLogTests : IDisposable
{
    private const int Lives = 20;
    private static readonly DateTimeOffset Begin = new(2026, 6, 30, 12, 0, 0, TimeSpan.Zero); // four hours before July in Shanghai
    private static readonly TimeZoneInfo Shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");
    private static readonly FactorKey East = new("CN-grid-east", 2023, "average", "organisation"),
        Residual = new("CN", 2023, "excluding-traded-non-fossil", "organisation");
    private static readonly string[] Values = ["0.5500", "0.5000", "0.4123", "0.3"];

    private readonly string _folder = Directory.CreateTempSubdirectory("honest").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Whatever_happens_to_a_device_its_log_is_found_right_and_all_totals_agree()
    {
        for (int seed = 1; seed <= Lives; seed++)
        {
            string folder = Directory.CreateDirectory(Path.Combine(_folder, seed.ToString(CultureInfo.InvariantCulture))).FullName;
            using Life life = new(folder, seed);
            life.Run();
            await life.VerifyAsync();
            life.CompareWithWhatIsKept();
        }
    }

    /// <summary>One device: a meter of energy and one of impulses, in two groups, and four accounts.</summary>
    private sealed partial class Life : IDisposable
    {
        private static readonly IntensitySettings Grid = new("grid", TimeSpan.FromHours(1), "operator", null);

        private readonly string _folder;
        private readonly int _seed;
        private readonly Random _random;
        private readonly SeededSalts _salts;
        private readonly StringBuilder _told = new();
        private readonly Ledger _ledger;
        private readonly DeviceKey _key;
        private FakeTimeProvider _time = new(Begin);
        private Recorder _recorder = null!;
        private Now _now = null!;
        private long _energy,
            _impulses;
        private bool _energyMissing,
            _impulsesMissing,
            _withImpulses = true,
            _market = true,
            _hourly = true,
            _office = true;
        private AccountPeriod _period = AccountPeriod.Month;
        private string _constant = "1000";
        private int _version,
            _boot,
            _instruments,
            _minutes = 60,
            _slot = 15;

        public Life(string folder, int seed)
        {
            _folder = folder;
            _seed = seed;
            _random = new Random(seed);
            _salts = new SeededSalts(seed);
            _ledger = Ledger.Open(Path.Combine(folder, "ledger.db"));
            _key = DeviceKey.Open(folder);
            Open();
        }

        public void Dispose()
        {
            _ledger.Dispose();
            _key.Dispose();
        }

        public void Run()
        {
            for (int step = 0; step < 40; step++)
            {
                Happen(_random.Next(22));
                Minutes(_random.Next(1, 25));
            }

            _recorder.Seal();
        }

        public void CompareWithWhatIsKept() =>
            Golden.Compare(string.Create(CultureInfo.InvariantCulture, $"life-{_seed:D2}"), _ledger, _folder);

        public async Task VerifyAsync()
        {
            string file = Path.Combine(_folder, "all.batch"),
                edgectl = Path.Combine(
                    ArchitectureTests.Root,
                    "tools",
                    "edgectl",
                    "bin",
                    new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
                    "net10.0",
                    "edgectl.dll"
                );
            for (long next = 0; _ledger.BatchFrom(next) is { } batch; next += batch.Elements.Count)
            {
                await File.WriteAllBytesAsync($"{file}.{next:D6}", batch.Encode());
            }

            string[] files = [.. Directory.GetFiles(_folder, "all.batch.*").Order(StringComparer.Ordinal)];
            using Process verify = Process.Start(
                new ProcessStartInfo("dotnet", [edgectl, "verify", .. files, "--trust", _key.PublicKeyPath, "--recompute"])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            string said = await verify.StandardOutput.ReadToEndAsync() + await verify.StandardError.ReadToEndAsync();
            await verify.WaitForExitAsync();
            Assert.True(
                verify.ExitCode == 0 && !said.Contains("could not be", StringComparison.Ordinal),
                $"seed {_seed}\n{said}\n{Found(said)}\n{_told}"
            );
            var remembered = _ledger
                .Facts("span:")
                .Select(f => (Account: f.Name.Split(':')[1], AccountSpan.Parse(f.Value).Micrograms))
                .Concat(
                    _ledger
                        .Facts("footprint:")
                        .Select(f =>
                            (
                                Account: f.Name.Split(':')[2],
                                LeafCodec
                                    .Decode(
                                        _ledger.Leaves(
                                            long.Parse(f.Value, CultureInfo.InvariantCulture),
                                            long.Parse(f.Value, CultureInfo.InvariantCulture) + 1
                                        )[0]!
                                    )
                                    .Records[0]
                                    .Number!.Value.Mantissa
                            )
                        )
                )
                .GroupBy(a => a.Account)
                .ToDictionary(a => a.Key, a => a.Sum(s => (decimal)s.Item2) / 1_000_000_000);
            var found = Totals()
                .Matches(said)
                .ToDictionary(m => m.Groups[1].Value, m => decimal.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture));
            foreach ((string account, decimal kilograms) in remembered)
            {
                Assert.True(
                    found.GetValueOrDefault(account) == kilograms,
                    $"seed {_seed}: {account} is {kilograms} in the ledger\n{said}\n{_told}"
                );
            }
        }

        // The footprints that are named, with their readings, for who reads the failure.
        private string Found(string said)
        {
            StringBuilder text = new();
            foreach (
                Leaf leaf in Named()
                    .Matches(said)
                    .Select(m => At(long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)))
                    .OfType<Leaf>()
            )
            {
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"leaf {leaf.Head.Index}: {string.Join(", ", leaf.Records.Select(r => $"{r.Name} {r.Number}{r.Text}"))}"
                );
                foreach (Leaf of in leaf.Head.ComputedFrom.Select(At).OfType<Leaf>())
                {
                    text.AppendLine(
                        CultureInfo.InvariantCulture,
                        $"    {of.Head.Index} {of.Head.Type} {of.Head.Time:u}: "
                            + $"{string.Join(", ", of.Records.Select(r => $"{r.Name} {r.Number}{r.Text}"))}"
                    );
                }
            }

            return text.ToString();

            Leaf? At(long index) => _ledger.Leaves(index, index + 1)[0] is { } bytes ? LeafCodec.Decode(bytes) : null;
        }

        [GeneratedRegex("  leaf ([0-9]+), ")]
        private static partial Regex Named();

        private void Happen(int what)
        {
            Tell($"event {what}");
            switch (what)
            {
                case 0:
                    _energyMissing = !_energyMissing;
                    break;
                case 1:
                    _impulsesMissing = !_impulsesMissing;
                    break;
                case 2:
                    _time.Advance(TimeSpan.FromMinutes(_random.Next(1, 90))); // off
                    Open();
                    break;
                case 3:
                    _time = new FakeTimeProvider(_time.GetUtcNow().AddMinutes(-_random.Next(1, 70)));
                    _withImpulses = _withImpulses ? _random.Next(3) > 0 : _random.Next(3) == 0;
                    _impulses *= _random.Next(2);
                    Open();
                    break;
                case 4:
                    _constant = _random.Next(2) == 0 ? "1000" : "500";
                    Open();
                    break;
                case 5:
                    _withImpulses = !_withImpulses;
                    Open();
                    break;
                case 6:
                    _energy /= 2;
                    Open();
                    break;
                case 7:
                    _impulses = 0;
                    Open();
                    break;
                case 8:
                    LedgerFile.Run(_folder, LedgerFile.Full);
                    try
                    {
                        Minutes(_random.Next(1, 20));
                    }
                    catch (SqliteException) { }

                    LedgerFile.Run(_folder, LedgerFile.NotFull);
                    break;
                case 9:
                    _version = _random.Next(Values.Length);
                    Open();
                    break;
                case 10 or 11:
                    State();
                    break;
                case 12:
                    Enter(
                        EntryJson.Instrument(
                            "certificate",
                            $"GEC-{_instruments++}",
                            $"2026-0{6 + _random.Next(2)}-01",
                            $"2026-0{7 + _random.Next(2)}-01",
                            $"{_random.Next(1, 900)}",
                            "Wh",
                            ("market/name", "CN"),
                            ("market/retired", "2026-07-02")
                        )
                    );
                    break;
                case 13:
                    Enter(
                        EntryJson.Manual(
                            "invoice",
                            "office",
                            from: $"2026-06-{_random.Next(10, 20)}",
                            to: $"2026-06-{_random.Next(20, 29)}",
                            amount: $"{_random.Next(1, 900)}",
                            unit: "kWh"
                        )
                    );
                    break;
                case 14:
                    Enter(EntryJson.Correction(_random.Next((int)_ledger.Size), "misread", $"{_random.Next(0, 900)}", "Wh"));
                    if (_ledger.Facts("entered:").Any())
                    {
                        Enter(EntryJson.Correction(Newest(), "misread", $"{_random.Next(0, 900)}", "Wh"));
                    }

                    break;
                case 15:
                    _minutes = _random.Next(3) switch
                    {
                        0 => 15,
                        1 => 30,
                        _ => 60,
                    };
                    Open();
                    break;
                case 16:
                    _market = !_market;
                    Open();
                    break;
                case 17:
                    _hourly = !_hourly;
                    Open();
                    break;
                case 18:
                    _period = _period == AccountPeriod.Month ? AccountPeriod.Year : AccountPeriod.Month;
                    Open();
                    break;
                case 19:
                    _slot = _slot == 15 ? 30 : 15;
                    Open();
                    break;
                case 20:
                    _time = new FakeTimeProvider(_time.GetUtcNow().AddHours(_random.Next(1, 40)));
                    Open();
                    Minutes(_random.Next(1, 40));
                    _time = new FakeTimeProvider(_time.GetUtcNow().AddHours(-_random.Next(1, 40)));
                    Open();
                    break;
                default:
                    _office = !_office;
                    Open();
                    break;
            }
        }

        private void Minutes(int minutes)
        {
            for (int i = 0; i < minutes; i++)
            {
                _time.Advance(TimeSpan.FromMinutes(1));
                _energy += _random.Next(30_000);
                _impulses += _random.Next(20);
                Tick();
            }
        }

        private void Tick()
        {
            DateTimeOffset at = _time.GetUtcNow();
            _now.Store(Reading("in", Quantum.MilliwattHour, _energy, _energyMissing));
            _now.Store(Reading("pulses", Quantum.Impulse, _impulses, _impulsesMissing));
            _recorder.Tick(at);

            Reading Reading(string meter, Quantum quantum, long count, bool missing) =>
                new()
                {
                    Meter = meter,
                    Time = at,
                    Accuracy = AccuracyClass.Class1,
                    Registers = [new Register(ObisCode.ActiveImport, quantum, count)],
                    Missing = missing ? MissingReason.NoAnswer : null,
                };
        }

        private void Open()
        {
            (FactorSet shipped, Factor east) = FactorLibrary.Shipped.Require(East);
            FactorSet set = SettlementTests.Corrected(
                SettlementTests.Corrected(shipped, east, Values[_version]),
                shipped.Factors.Single(f => f.Key == Residual),
                Values[^(_version + 1)]
            );
            AccountMeter energy = new("in", ObisCode.ActiveImport, null),
                impulses = new("pulses", ObisCode.ActiveImport, _constant);
            AccountMeter[] both = _withImpulses ? [energy, impulses] : [energy];
            CarbonAccount[] accounts =
            [
                new(
                    "scope2-location",
                    set,
                    RecordedMethod.OfEnergy(RecordedMethod.LocationBased, set.Factors.Single(f => f.Key == East)),
                    both
                ),
                new(
                    "scope2-market",
                    set,
                    RecordedMethod.OfMarket("CN", _market ? set.Factors.Single(f => f.Key == Residual) : null),
                    both,
                    _period
                ),
                _hourly
                    ? new("scope2-hourly", null, RecordedMethod.OfSlot("grid", null), both)
                    {
                        IntensitySlot = TimeSpan.FromMinutes(_minutes),
                    }
                    : new(
                        "scope2-hourly",
                        set,
                        RecordedMethod.OfEnergy(RecordedMethod.LocationBased, set.Factors.Single(f => f.Key == East)),
                        both
                    ),
            ];
            _now = new Now([new Meter("in", Quantum.MilliwattHour), new Meter("pulses", Quantum.Impulse)], _time.GetUtcNow());
            EntryAccount office = new(
                "scope2-office",
                "office",
                set,
                RecordedMethod.OfEnergy(RecordedMethod.LocationBased, set.Factors.Single(f => f.Key == East))
            );
            _recorder = new RecorderBuilder(_ledger, _key, _time)
            {
                Now = _now,
                Groups = [Group("boundary", "in", null), Group("line", "pulses", _constant)],
                Accounts = accounts,
                EntryAccounts = _office ? [office] : [],
                Rhythm = RecorderBuilder.Quarters with { CarbonSlot = TimeSpan.FromMinutes(_slot), Zone = Shanghai },
                Thinning = _seed % 2 == 0 ? null : new Thinning(TimeSpan.FromHours(1), TimeSpan.FromMinutes(_slot), []),
                Salts = _salts,
            }.Build();
            _recorder.Start(new ProcessStart($"boot-{_boot++ / 3}", "1.0.0"));
            Tell(
                $"open at {_time.GetUtcNow():u}, {_constant} imp/kWh, impulses {_withImpulses}, factor {Values[_version]}, "
                    + $"market {_market}, {_minutes} min, hourly {_hourly}, by {_period}, slots of {_slot} min, office "
                    + $"{_office}"
            );
        }

        private void State()
        {
            var slot = TimeSpan.FromMinutes(_minutes);
            long begin = _time.GetUtcNow().AddMinutes(_random.Next(-180, 90)).UtcTicks / slot.Ticks * slot.Ticks;
            DateTimeOffset from = new(begin, TimeSpan.Zero);
            StringBuilder table = new("from,until,gCO2/kWh");
            for (int i = 0; i < _random.Next(1, 4); i++, from += slot)
            {
                table.Append(
                    CultureInfo.InvariantCulture,
                    $"\n{from:yyyy-MM-dd'T'HH:mm'Z'},{from + slot:yyyy-MM-dd'T'HH:mm'Z'},{_random.Next(800)}"
                );
            }

            Tell($"at {_time.GetUtcNow():u} {table.ToString().Replace('\n', ' ')}");
            _recorder.Enter(Entry.OfIntensities(Grid with { Slot = slot }, table.ToString(), _time.GetUtcNow()));
        }

        private void Enter(string json)
        {
            try
            {
                long leaf = _recorder.Enter(Entry.Parse(Encoding.UTF8.GetBytes(json), Begin.AddDays(60), Shanghai, ["boundary"], [Grid]));
                Tell($"leaf {leaf}: {json}");
            }
            catch (InvalidDataException)
            {
                // refused: nothing was written
            }
        }

        private long Newest()
        {
            for (long i = _ledger.Size - 1; i >= 0; i--)
            {
                if (
                    _ledger.Leaves(i, i + 1)[0] is { } leaf
                    && LeafCodec.Decode(leaf).Head.Type is LeafType.Manual or LeafType.Instrument or LeafType.Correction
                )
                {
                    return i;
                }
            }

            return 0;
        }

        private void Tell(string what) => _told.AppendLine(CultureInfo.InvariantCulture, $"{_ledger.Size} {what}");

        private static RecordedGroup Group(string name, string meter, string? constant) =>
            new(
                name,
                [meter],
                "1",
                [
                    LeafRecord.Of("group", name),
                    LeafRecord.Of("class", "1"),
                    .. constant is null ? Array.Empty<LeafRecord>() : [LeafRecord.Of($"{meter}/constant", $"{constant} imp/kWh")],
                ]
            );

        [GeneratedRegex("(scope2-[a-z]+): ([0-9.]+) kg CO2 over")]
        private static partial Regex Totals();

        private sealed class Meter(string name, Quantum quantum) : IMeter
        {
            public MeterRegisters Registers { get; } =
                new RegisterBook(new Dictionary<RegisterKey, Register>(), new Dictionary<RegisterKey, Register>()).Open(
                    name,
                    (ObisCode.ActiveImport, quantum)
                );

            public AccuracyClass Accuracy => AccuracyClass.Class1;

            public Reading Read(DateTimeOffset time) => throw new NotSupportedException();
        }
    }
}
