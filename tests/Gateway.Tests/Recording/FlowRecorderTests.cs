using System.Diagnostics;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Drivers;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Gateway.Tests.Keeping;
using EdgeGateway.Gateway.Tests.Metering;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Reporting;
using EdgeGateway.Signing;
using EdgeGateway.Simulation;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Recording;

/// <summary>
/// Energy flows on the real line: a grid connection, a roof, a battery and loads, each behind a simulated chip. Only the clock is fake.
/// </summary>
public sealed class FlowRecorderTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly CurrentTransformer Clamp = new(200, 333);
    private static readonly string[] Meters = ["grid", "pv", "battery", "load"];

    private readonly string _folder = Directory.CreateTempSubdirectory("flows").FullName;
    private readonly FakeTimeProvider _time = new(Noon.AddMinutes(-1));
    private readonly Dictionary<string, SteadyWaveform> _amperes = Meters.ToDictionary(m => m, _ => new SteadyWaveform(230, 0));
    private readonly Dictionary<string, SimulatedAde7953> _chips;
    private FlowPlan _plan = new()
    {
        LengthMinutes = 15,
        Import = [Import("grid")],
        Export = [Export("grid")],
        Generators = [new(FlowPlan.GeneratorOf("pv:roof"), [Export("pv")])],
        Charge = [Import("battery")],
        Discharge = [Export("battery")],
    };

    private Thinning? _thinning;
    private decimal? _limitKw;
    private DeviceKey _key = null!;
    private Ledger _ledger = null!;
    private RegisterFile _file = null!;
    private RegisterBook _book = null!;
    private List<BusWorker> _workers = [];
    private Recorder _recorder = null!;

    public FlowRecorderTests() =>
        _chips = _amperes.ToDictionary(a => a.Key, a => new SimulatedAde7953(new SimulatedClamp(a.Value, Clamp), null, 1001, _time));

    public ValueTask InitializeAsync()
    {
        Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Every_slot_says_who_supplied_whom_and_no_energy_comes_or_goes()
    {
        Power(grid: 2, pv: -20, battery: 10);
        RunTo(Noon.AddMinutes(30));
        Power(grid: 1, pv: 0, battery: -8);
        RunTo(Noon.AddMinutes(60));
        Leaf[] flows = Flows();
        Assert.Equal(5, flows.Length);
        Assert.Equal("grid:no-earlier-reading", Text(flows[0], "reason"));
        foreach ((Leaf before, Leaf leaf) in flows.Zip(flows.Skip(1)))
        {
            Assert.Null(Text(leaf, "reason"));
            Assert.Equal(before.Head.Index, Number(leaf, "previous"));
            Assert.Equal(TimeSpan.FromMinutes(15), FlowLeaf.Of(leaf).To - FlowLeaf.Of(leaf).From);
            Conserves(before, leaf);
            List<Leaf> rests = [.. leaf.Head.ComputedFrom.Select(i => Leaves()[(int)i])];
            Assert.Equal(
                [("reading", leaf.Head.Time.AddMinutes(-15)), ("flow", leaf.Head.Time.AddMinutes(-15)), ("reading", leaf.Head.Time)],
                rests.Select(l => (l.Head.Type, l.Head.Time))
            );
        }

        // 2 A of 22 A are the grid's, and only 10 A are charged: most of what comes back was the sun's.
        Assert.True(Sum(flows[2], "flow/pv:roof/charge") > Sum(flows[2], "flow/grid/charge"));
        Assert.True(Sum(flows[4], "flow/battery/pv:roof/load") > 300_000_000, "8 A of 230 V for a quarter of an hour are 460 Wh");
        Assert.True(Sum(flows[4], "stored/pv:roof") > 0);
        Assert.Equal(0, Sum(flows[4], "stored/unknown"));
    }

    [Fact]
    public void A_slot_is_explained_down_to_its_readings_and_to_what_the_battery_held()
    {
        Power(grid: 2, pv: -20, battery: 10);
        RunTo(Noon.AddMinutes(30));
        Leaf flow = Flows()[^1],
            before = Flows()[^2];
        var why = FlowWhy.Of(flow, i => Leaves()[(int)i]);
        Assert.Equal(
            [
                "import",
                "  grid/1-0:1.8.0.255",
                "export",
                "  grid/1-0:2.8.0.255",
                "charge",
                "  battery/1-0:1.8.0.255",
                "discharge",
                "  battery/1-0:2.8.0.255",
                "pv:roof",
                "  pv/1-0:2.8.0.255",
            ],
            why.Measured.Select(m => m.Name)
        );
        Assert.All(why.Measured.Where(m => m.Name[0] == ' '), m =>
            Assert.Equal(flow.Head.ComputedFrom.Where(i => i != before.Head.Index), m.Leaves)
        );
        Assert.Contains(why.Flows, f => f.Name == "pv:roof → charge" && f.Value.EndsWith(" kWh", StringComparison.Ordinal));
        Assert.Equal(why.Before.Select(b => b.Name), why.Stored.Select(b => b.Name));
        Assert.All(why.Before, b => Assert.Equal([before.Head.Index], b.Leaves));
        Assert.Contains($"leaf={before.Head.Index}", why.Proof, StringComparison.Ordinal);
        string text = why.ToText();
        Assert.StartsWith($"Flows, leaf {flow.Head.Index}: 2026-06-15T12:15:00Z to 2026-06-15T12:30:00Z\n", text, StringComparison.Ordinal);
        Assert.Contains(
            $"Flows, leaf {Flows()[0].Head.Index}: 2026-06-15T12:00:00Z to 2026-06-15T12:00:00Z, not attributed: grid:no-earlier-reading",
            FlowWhy.Of(Flows()[0], i => Leaves()[(int)i]).ToText().Split('\n')
        );
    }

    [Fact]
    public async Task A_restart_within_a_slot_changes_no_digit_of_where_the_battery_goes_on()
    {
        Power(grid: 2, pv: -20, battery: 10);
        RunTo(Noon.AddMinutes(20));
        Leaf before = Flows()[^1];
        await CloseAsync();
        Open();
        RunTo(Noon.AddMinutes(30));
        Leaf after = Flows()[^1];
        Assert.Null(Text(after, "reason"));
        Assert.Equal(before.Head.Index, Number(after, "previous"));
        Conserves(before, after);
        Assert.True(Sum(before, "stored/") > 500_000_000);
    }

    [Fact]
    public void A_meter_that_is_missing_leaves_two_slots_without_flows_and_no_longer()
    {
        Power(grid: 2, pv: -20, battery: 10);
        RunTo(Noon.AddMinutes(28));
        _chips["pv"].Fault = BusFault.NoAnswer;
        RunTo(Noon.AddMinutes(31));
        _chips["pv"].Fault = BusFault.None;
        RunTo(Noon.AddMinutes(60));
        Leaf[] flows = Flows();
        Assert.Equal([null, "pv:no-answer", "pv:no-earlier-reading", null], flows.Skip(1).Select(f => Text(f, "reason")));
        Assert.Equal("pv:no-answer", Text(flows[2], "measured/pv:roof"));
        Assert.True(Sum(flows[2], "measured/import") > 0);
        Assert.Equal(0, Sum(flows[2], "flow/"));
        Assert.All(flows.Zip(flows.Skip(1)), f => Conserves(f.First, f.Second));
        Assert.Equal(Sum(flows[2], "measured/charge") + Sum(flows[3], "measured/charge"), Sum(flows[3], "stored/unknown"));
    }

    [Fact]
    public void While_the_batterys_meter_is_missing_the_stretch_goes_on_so_that_no_charge_is_left_out_of_the_books()
    {
        Power(grid: 2, pv: -20, battery: 10);
        RunTo(Noon.AddMinutes(28));
        _chips["battery"].Fault = BusFault.NoAnswer;
        RunTo(Noon.AddMinutes(31));
        _chips["battery"].Fault = BusFault.None;
        RunTo(Noon.AddMinutes(60));
        Leaf[] flows = Flows();
        Assert.Equal([null, "battery:no-answer", "not-one-slot", null], flows.Skip(1).Select(f => Text(f, "reason")));
        Assert.Equal(Noon.AddMinutes(15), FlowLeaf.Of(flows[2]).From);
        Assert.Equal(Noon.AddMinutes(15), FlowLeaf.Of(flows[3]).From);
        Assert.Equal(Sum(flows[1], "stored/"), Sum(flows[2], "stored/"));
        Conserves(flows[2], flows[3]);
        Conserves(flows[3], flows[4]);
        Assert.True(Sum(flows[3], "measured/charge") > 1_000_000_000, "10 A of 230 V for half an hour are 1150 Wh");
    }

    [Fact]
    public async Task Energy_of_the_time_the_gateway_was_off_is_not_that_of_a_slot()
    {
        Power(grid: 2, pv: -20, battery: 10);
        RunTo(Noon.AddMinutes(17));
        await CloseAsync();
        _time.Advance(TimeSpan.FromHours(1));
        Open();
        RunTo(Noon.AddMinutes(105));
        Leaf[] flows = Flows();
        Assert.Equal([null, "not-one-slot", null], flows.Skip(1).Select(f => Text(f, "reason")));
        Assert.Equal((Noon.AddMinutes(15), Noon.AddMinutes(90)), (FlowLeaf.Of(flows[2]).From, FlowLeaf.Of(flows[2]).To));
        Assert.Equal(Sum(flows[2], "measured/charge"), Sum(flows[2], "stored/unknown"));
        Conserves(flows[1], flows[2]);
        Conserves(flows[2], flows[3]);
    }

    [Fact]
    public async Task What_does_not_balance_is_stated_with_its_residual_and_not_attributed()
    {
        _plan = _plan with { Load = [Import("load")] };
        await CloseAsync();
        Open();
        Power(grid: 10, pv: -10, battery: 5, load: 14.7);
        RunTo(Noon.AddMinutes(15));
        Power(grid: 10, pv: -10, battery: 5, load: 5);
        RunTo(Noon.AddMinutes(30));
        Leaf[] flows = Flows();
        Assert.Null(Text(flows[1], "reason"));
        Assert.True(Sum(flows[1], "flow/grid/losses") > 0);
        Assert.Equal("sources gave 0.575 kWh more than sinks took, 0.0575 kWh are tolerated", Text(flows[2], "reason"));
        Assert.Equal(
            Number(flows[2], "residual"),
            Number(flows[2], "measured/import")
                + Number(flows[2], "measured/pv:roof")
                - Number(flows[2], "measured/charge")
                - Number(flows[2], "measured/load")
                - Number(flows[2], "measured/export")
        );
        Assert.Equal(0, Sum(flows[2], "flow/"));
        Conserves(flows[1], flows[2]);
    }

    [Fact]
    public void A_slot_that_could_not_be_recorded_is_in_the_next_one()
    {
        Power(grid: 2, pv: -20, battery: 10);
        RunTo(Noon.AddMinutes(29));
        LedgerFile.Run(_folder, LedgerFile.Full);
        Assert.Throws<SqliteException>(() => RunTo(Noon.AddMinutes(30)));
        LedgerFile.Run(_folder, LedgerFile.NotFull);
        RunTo(Noon.AddMinutes(45));
        Leaf[] flows = Flows();
        Assert.Equal((Noon.AddMinutes(15), "not-one-slot"), (FlowLeaf.Of(flows[^1]).From, Text(flows[^1], "reason")));
        Conserves(flows[^2], flows[^1]);
    }

    [Fact]
    public async Task Thinning_keeps_what_flows_rest_on_and_edgectl_computes_all_of_them_again()
    {
        _thinning = new Thinning(TimeSpan.FromHours(1), TimeSpan.FromMinutes(15), []);
        await CloseAsync();
        Open();
        Power(grid: 2, pv: -20, battery: 10);
        for (int hour = 1; hour <= 6; hour++)
        {
            RunTo(Noon.AddHours(hour));
            Power(grid: 1, pv: hour % 2 == 0 ? -20 : 0, battery: hour % 2 == 0 ? 10 : -8);
        }

        _recorder.Seal();
        IReadOnlyList<byte[]?> tile = _ledger.Leaves(0, 256);
        Assert.InRange(tile.Count(b => b is null), 150, 250);
        Assert.All(Flows().SelectMany(f => f.Head.ComputedFrom), i => Assert.NotNull(_ledger.Leaves(i, i + 1)[0]));
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
        await File.WriteAllBytesAsync(file, _ledger.BatchFrom(0)!.Encode(), TestContext.Current.CancellationToken);
        using Process verify = Process.Start(
            new ProcessStartInfo("dotnet", [edgectl, "verify", file, "--trust", _key.PublicKeyPath, "--recompute"])
            {
                RedirectStandardOutput = true,
            }
        )!;
        string said = await verify.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await verify.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(verify.ExitCode == 0, said);
        Assert.Contains(
            "           25 slots of flows from readings and the battery's content before, 1 not attributed: the same "
                + "to the last digit",
            said.Split('\n')
        );
    }

    [Fact]
    public async Task A_block_of_demand_of_which_a_reading_could_not_be_recorded_is_known_all_the_same()
    {
        _limitKw = 1000;
        await CloseAsync();
        Open();
        Power(grid: 20, pv: 0, battery: 0);
        RunTo(Noon.AddMinutes(13));
        LedgerFile.Run(_folder, LedgerFile.Full);
        Assert.Throws<SqliteException>(() => RunTo(Noon.AddMinutes(14)));
        LedgerFile.Run(_folder, LedgerFile.NotFull);
        RunTo(Noon.AddMinutes(15));
        Assert.Equal(
            ("4.6", Noon),
            (DemandRecord.Parse(_ledger.Fact(FactNames.Demand)).PeakKw, DemandRecord.Parse(_ledger.Fact(FactNames.Demand)).PeakAt)
        );
    }

    [Fact]
    public async Task A_warning_of_demand_is_recorded_once_with_its_end_over_a_restart()
    {
        _limitKw = 3;
        await CloseAsync();
        Open();
        Power(grid: 10, pv: 0, battery: 0);
        RunTo(Noon.AddMinutes(15));
        Power(grid: 20, pv: 0, battery: 0);
        RunTo(Noon.AddMinutes(20));
        await CloseAsync();
        Open();
        RunTo(Noon.AddMinutes(30));
        Power(grid: 1, pv: 0, battery: 0);
        RunTo(Noon.AddMinutes(50));
        Leaf[] alarms = [.. Leaves().Where(l => l.Head.Type == LeafType.Alarm)];
        Assert.Equal([("demand", "began"), ("demand", "ended")], alarms.Select(l => (Text(l, "alarm"), Text(l, "state"))));
        Assert.Equal(Noon.AddMinutes(30), alarms[1].Head.Time);
        Assert.Equal(
            "4.6 kW forecast for the 15 min from 12:15, the limit is 3.0 kW; 2.9 kW for the rest hold it",
            Text(alarms[0], "text")
        );
        Assert.Equal(
            ("4.6", Noon.AddMinutes(15)),
            (DemandRecord.Parse(_ledger.Fact(FactNames.Demand)).PeakKw, DemandRecord.Parse(_ledger.Fact(FactNames.Demand)).PeakAt)
        );
    }

    [Fact]
    public async Task The_figures_of_a_month_are_those_of_its_flow_leaves()
    {
        Power(grid: 2, pv: -20, battery: 10);
        RunTo(Noon.AddHours(1));
        Power(grid: 3, pv: 0, battery: -8);
        RunTo(Noon.AddHours(2));
        Power(grid: 0, pv: 0, battery: 0);
        RunTo(Noon.AddMinutes(121));
        await CloseAsync();
        _time.SetUtcNow(Noon.AddDays(16).AddHours(2));
        Open();
        RunTo(Noon.AddDays(16).AddMinutes(165));
        Leaf[] june = [.. Flows().Where(l => l.Head.Time.Month == 6)];
        FlowReport report = FlowReport.Of(_ledger, TimeZoneInfo.Utc, _time.GetUtcNow());
        Assert.Equal(
            [("2026-07", 2, 57), ("2026-06", 8, 0)],
            report.Months.Select(m => (m.Month, (int)m.Attributed, (int)m.NotAttributed))
        );
        long load = june.Sum(l => Sum(l, "flow/", "/load")),
            generated = june.Sum(l => Sum(l, "measured/pv:roof")),
            exported = june.Sum(l => Sum(l, "flow/pv:roof/export") + Sum(l, "flow/battery/pv:roof/export"));
        long own = june.Sum(l => Sum(l, "flow/pv:roof/load") + Sum(l, "flow/battery/pv:roof/load")),
            most = june.Max(l => Number(l, "measured/import") ?? 0),
            all = june.Sum(l => Number(l, "measured/import") ?? 0);
        Assert.True(own > 0);
        Assert.Equal(
            new[]
            {
                ("selfConsumption", Percent(generated - exported, generated)),
                ("selfSufficiency", Percent(own, load)),
                ("greenShare", Percent(own, load)),
                ("maximumDemandBlock", Kilowatts(most)),
                ("loadFactor", Percent(all, 8 * most)),
            },
            report.Months[1].Figures.Select(f => (f.Name, f.Value!))
        );
        Assert.Contains(
            $"from {june.MaxBy(l => Number(l, "measured/import"))!.Head.Time.AddMinutes(-15):yyyy-MM-dd'T'HH:mm'Z'}",
            report.ToText(),
            StringComparison.Ordinal
        );
        Assert.Contains("  self-consumption: no value: there was no non-fossil generation: 0/0", report.ToText().Split('\n'));

        static string Percent(long part, long whole) =>
            Carbon.Exact.Display(new Fractions.Fraction((System.Numerics.BigInteger)part * 100, whole), 2);
        static string Kilowatts(long microwattHours) => Carbon.Exact.Display(new Fractions.Fraction(microwattHours, 250_000_000), 3);
    }

    private static string Import(string meter) => RegisterName.Of(meter, ObisCode.ActiveImport);

    private static string Export(string meter) => RegisterName.Of(meter, ObisCode.ActiveExport);

    // What came in went out, in the matrix and in the battery.
    private static void Conserves(Leaf before, Leaf leaf)
    {
        long found = Number(leaf, "found") ?? 0;
        Assert.Equal(Sum(before, "stored/") + Sum(leaf, "measured/charge") + found, Sum(leaf, "stored/") + Sum(leaf, "measured/discharge"));
        if (Text(leaf, "reason") is null)
        {
            Assert.Equal(Number(leaf, "measured/import"), Sum(leaf, "flow/grid/"));
            Assert.Equal(Number(leaf, "measured/pv:roof"), Sum(leaf, "flow/pv:roof/"));
            Assert.Equal(Number(leaf, "measured/discharge"), Sum(leaf, "flow/battery/"));
            Assert.Equal(Number(leaf, "measured/charge"), Sum(leaf, "flow/", "/charge"));
            Assert.Equal(Number(leaf, "measured/export"), Sum(leaf, "flow/", "/export"));
        }
    }

    private static string? Text(Leaf leaf, string name) => leaf.Records.FirstOrDefault(r => r.Name == name)?.Text;

    private static long? Number(Leaf leaf, string name) => leaf.Records.FirstOrDefault(r => r.Name == name)?.Number?.Mantissa;

    private static long Sum(Leaf leaf, string start, string end = "") =>
        leaf
            .Records.Where(r => r.Name.StartsWith(start, StringComparison.Ordinal) && r.Name.EndsWith(end, StringComparison.Ordinal))
            .Sum(r => r.Number?.Mantissa ?? 0);

    private void Power(double grid, double pv, double battery, double load = 0)
    {
        _amperes["grid"].Amperes = grid;
        _amperes["pv"].Amperes = pv;
        _amperes["battery"].Amperes = battery;
        _amperes["load"].Amperes = load;
    }

    private void RunTo(DateTimeOffset end)
    {
        while (_time.GetUtcNow() < end)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            _workers.ForEach(w => w.Poll());
            _recorder.Tick(_time.GetUtcNow());
        }
    }

    private void Open()
    {
        _key = DeviceKey.Open(_folder);
        _ledger = Ledger.Open(Path.Combine(_folder, "ledger.db"));
        _file = RegisterFile.Open(Path.Combine(_folder, "registers"), _time, NullLogger.Instance);
        _book = new RegisterBook(_file.Found, LastRecorded.Registers(_ledger));
        List<IMeter> meters =
        [
            .. Meters.Select(m => new Ade7953Meter(
                m,
                new SharedAde7953(new Ade7953(_chips[m], _time)),
                Ade7953ChannelName.A,
                new Ade7953Scale(Clamp, 1001),
                AccuracyClass.Class1,
                _book
            )),
        ];
        Now now = new(meters, _time.GetUtcNow());
        _workers = [.. meters.Select(m => new BusWorker(m.Registers.Meter, [m], now, _book, _file, _time, NullLogger.Instance))];
        _recorder = new RecorderBuilder(_ledger, _key, _time)
        {
            Now = now,
            Groups = [new RecordedGroup("boundary", Meters, "1", [LeafRecord.Of("group", "boundary"), LeafRecord.Of("class", "1")])],
            Thinning = _thinning,
            Flows = new FlowAccount(_plan, new Dictionary<string, string>()),
            Demand = _limitKw is null ? null : new DemandWatch(_plan.Import, new Dictionary<string, string>(), _limitKw, TimeZoneInfo.Utc),
            Simulated = true,
        }.Build();
        _workers.ForEach(w => w.Poll());
        _recorder.Start(new ProcessStart("boot-a", "0.1.0") { Registers = _book.Starts });
    }

    private async Task CloseAsync()
    {
        foreach (BusWorker worker in _workers)
        {
            await worker.DisposeAsync();
        }

        await _file.DisposeAsync();
        _ledger.Dispose();
        _key.Dispose();
    }

    private Leaf[] Flows() => [.. Leaves().Where(l => l.Head.Type == LeafType.Flow)];

    // By index; thinned leaves are not there to be looked at.
    private List<Leaf> Leaves()
    {
        List<Leaf> all = [];
        for (long first = 0; first < _ledger.Size; first += 256)
        {
            all.AddRange(_ledger.Leaves(first, _ledger.Size).OfType<byte[]>().Select(b => LeafCodec.Decode(b)));
        }

        return all;
    }
}
