using EdgeGateway.Carbon.Flows;
using static EdgeGateway.Carbon.Tests.FlowsSome;

namespace EdgeGateway.Carbon.Tests;

public class FlowsRefusalTests
{
    private const string Header = "time[15min],import[kWh],export[kWh]";

    public static TheoryData<string, string> Files =>
        new()
        {
            { "", "line 1: column : a column is a name and its unit" },
            { "time,import[kWh],export[kWh]", "column time: a column is a name and its unit" },
            { "time[7min],import[kWh],export[kWh]", "column time[7min]: write the length" },
            { "time[15min],import[kW],export[kW]", "column import[kW]: the unit is Wh, kWh or MWh (energy in the interval, not power)" },
            { "time[15min],import[kWh],export[Wh]", "column export[Wh]: units are mixed" },
            { Header + ",reactive[varh]", "column reactive[varh]: units are mixed" },
            { Header + ",intensity[g/kWh]", "column intensity[g/kWh]: the unit of an intensity" },
            { Header + ",dischage[kWh]", "there is no such column" },
            { Header + ",pv:[kWh]", "there is no such column" },
            { Header + ",pv[kWh],pv[kWh]", "column pv[kWh]: a column may stand there once" },
            { "time[15min],import[kWh]", "there is no column export" },
            { Header + ",charge[kWh]", "a battery has both columns" },
            { Header + ",stored[kWh]", "a battery has both columns" },
            { Header + ",curtailed[kWh],curtailed:modelled[kWh]", "either measured" },
            { Header + "\n2026-01-01T00:00Z,1", "line 2: has 2 cells, the header 3 columns" },
            { Header + "\n2026-01-01T00:00Z,1,0\n\n", "line 3: has 1 cells" },
            { Header + "\n2026-01-01T00:00Z,1,-0.5", "line 2: column export[kWh]: '-0.5' is negative" },
            { Header + "\n2026-01-01T00:00Z,1,1e3", "column export[kWh]: '1e3' is not a number" },
            { Header + "\n2026-01-01T00:00Z,1,.5", "is not a number" },
            { Header + "\n2026-01-01T00:00Z,1,NaN", "is not a number" },
            { Header + "\n2026-01-01T00:00Z,1,٣", "is not a number" },
            { Header + "\n2026-01-01T00:00Z,1,\"2\"", "is not a number" },
            { Header + "\n2026-01-01T00:00Z,1,0.0000000001", "is finer than 1 µWh. Round it to 9 decimals" },
            { Header + "\n2026-01-01T00:00Z,1,10000000.000000001", "is more than any site has" },
            { Header + "\n2026-01-01T00:00Z,1,99999999999999999999999999", "is more than any site has" },
            { Header + ",intensity[gCO2/kWh]\n2026-01-01T00:00Z,1,0,-1", "column intensity[gCO2/kWh]: '-1': an intensity is not negative" },
            { Header + ",intensity[kgCO2/kWh]\n2026-01-01T00:00Z,1,0,10", "is more than any site has" },
            { Header + "\n2026-01-01T00:00,1,0", "column time: '2026-01-01T00:00' is not the start of an interval" },
            { Header + "\n01.01.2026 00:00,1,0", "is not the start of an interval" },
            { Header + "\n" + new string('1', 20_000), "line 2: is longer than 16384 characters" },
            { "time[15min]," + string.Join(',', Enumerable.Range(0, 70).Select(n => $"pv:{n}[kWh]")), "at most 64" },
        };

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_is_refused_with_line_and_column(string text, string says)
    {
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() =>
        {
            FlowFile file = new("f.csv", new StringReader(text));
            while (file.Next() is not null) { }
        });
        Assert.StartsWith("f.csv, line ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_with_an_offset_is_the_same_instant()
    {
        FlowFile file = new("f", new StringReader(Header + "\r\n2026-01-01T08:00:00+08:00, 1.50 ,0\r\n"));
        FlowInterval row = file.Next()!;
        Assert.Equal((Midnight, TimeSpan.Zero, Kwh * 3 / 2), (row.Start, row.Start.Offset, row.Import!.Value));
        Assert.Null(file.Next());
    }

    public static TheoryData<FlowInterval, string> Intervals =>
        new()
        {
            { Interval(1), "overlaps with what was given before, up to 2026-01-01T00:30Z" },
            { Interval(3), "The intervals from 2026-01-01T00:30Z to 2026-01-01T00:45Z are missing" },
            { Interval(2) with { Start = Midnight.AddMinutes(31) }, "is not the start of an interval" },
            { Interval(2) with { Start = Midnight.AddMinutes(30).ToOffset(TimeSpan.FromHours(8)) }, "is not the start of an interval" },
            { Interval(2) with { Start = DateTimeOffset.MaxValue }, "is not the start of an interval" },
            { Interval(2) with { Generation = [] }, "has 0 generators, the site 1" },
            { Interval(2) with { Generation = [-1] }, "pv is negative" },
            { Interval(2) with { Import = -1 }, "import is negative" },
            { Interval(2) with { Export = -1 }, "export is negative" },
            { Interval(2) with { Charge = -1 }, "charge is negative" },
            { Interval(2) with { Discharge = -1 }, "discharge is negative" },
            { Interval(2) with { Load = -1 }, "load is negative" },
            { Interval(2) with { Losses = -1 }, "losses is negative" },
            { Interval(2) with { Curtailed = -1 }, "curtailed is negative" },
            { Interval(2) with { Stored = -1 }, "stored is negative" },
            { Interval(2) with { Reactive = -1 }, "reactive is negative" },
            { Interval(2) with { Intensity = -1 }, "intensity is negative" },
            { Interval(2) with { Import = long.MaxValue }, "import is beyond any site" },
            { Interval(2) with { Intensity = FlowInterval.MostIntensity + 1 }, "intensity is beyond any site" },
        };

    [Theory]
    [MemberData(nameof(Intervals))]
    public void An_interval_is_refused_and_nothing_of_it_is_booked(FlowInterval interval, string says)
    {
        FlowLedger ledger = Run(Site("pv"), Interval(0, import: 3, charge: 2), Interval(1, pv: 1, charge: 1));
        string before = ledger.Save().ToText() + string.Join('\n', FlowFigures.Of(ledger));
        Assert.Contains(says, Assert.Throws<InvalidDataException>(() => ledger.Take(interval)).Message, StringComparison.Ordinal);
        Assert.Equal(before, ledger.Save().ToText() + string.Join('\n', FlowFigures.Of(ledger)));
        Assert.NotNull(ledger.Take(Interval(2)));
    }

    [Fact]
    public void A_store_that_fills_beyond_a_terawatt_hour_is_refused_before_it_is_booked()
    {
        FlowLedger ledger = new(Site());
        int n = 0;
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() =>
        {
            for (; n < 200; n++)
            {
                ledger.Take(Interval(n) with { Generation = [], Import = FlowInterval.Most, Charge = FlowInterval.Most });
            }
        });
        Assert.Equal(
            "The battery would hold more than 1 TWh. Give what it holds (stored) or its efficiency: without either, "
                + "its losses stay in the books as content.",
            refused.Message
        );
        Assert.Equal((100, 100 * (Int128)FlowInterval.Most), (n, ledger.Battery.Total));
    }

    [Fact]
    public void Of_a_year_that_cannot_be_solved_only_the_first_intervals_are_kept_and_all_are_counted()
    {
        FlowLedger ledger = Run(Site("pv"), [.. Enumerable.Range(0, 1500).Select(n => Interval(n, import: 5, load: 1))]);
        Assert.Equal((FlowLedger.MostUnsolvable, 1500L), (ledger.Unsolvable.Count, ledger.Totals.NotSolved));
        Assert.Equal(Midnight, ledger.Unsolvable[0].Start);
    }

    [Fact]
    public void Rows_are_read_as_they_are_asked_for()
    {
        using StringReader text = new(Header + "\n2026-01-01T00:00Z,1,0\n2026-01-01T00:15Z,2,0\n");
        Assert.Equal(Kwh, new FlowFile("f", text).Next()!.Import);
        Assert.Equal("2026-01-01T00:15Z,2,0", text.ReadLine());
    }

    [Fact]
    public void A_site_that_cannot_be_is_refused()
    {
        foreach (
            FlowSite site in (FlowSite[])
                [
                    Site("pv", "pv"),
                    Site("grid"),
                    Site("pv,roof"),
                    Site(""),
                    Site() with
                    {
                        LengthMinutes = 0,
                    },
                    Site() with
                    {
                        LengthMinutes = 7,
                    },
                    Site() with
                    {
                        ToleranceMillionths = -1,
                    },
                    Site() with
                    {
                        Tolerance = -1,
                    },
                    Site() with
                    {
                        ChargeEfficiencyMillionths = 0,
                    },
                    Site() with
                    {
                        ChargeEfficiencyMillionths = 1_000_001,
                    },
                    Site() with
                    {
                        InitialContent = -1,
                    },
                    Site([.. Enumerable.Range(0, 33).Select(n => $"pv:{n}")]),
                ]
        )
        {
            Assert.Throws<InvalidDataException>(() => new FlowLedger(site));
        }
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("edgegateway-battery,2,2026-02-01T00:00:00Z", "line 1")]
    [InlineData("edgegateway-battery,1,2026-02-01T00:00:00Z\nunknown,0", "line 2")]
    [InlineData("edgegateway-battery,1,2026-02-01T00:00:00Z\ngrid,1,2,0", "line 2")]
    [InlineData("edgegateway-battery,1,2026-02-01T00:00:00Z\ngrid,1,1,5", "line 2")]
    [InlineData("edgegateway-battery,1,2026-02-01T00:00:00Z\ngrid,-1,0,0", "line 2")]
    [InlineData("edgegateway-battery,1,2026-02-01T00:00:00Z\ngrid,1,0,9999999999999999999999999999999", "line 2")]
    [InlineData("edgegateway-battery,1,2026-02-01T00:00:00Z\ngrid,1,0,0\npv,1", "line 3")]
    [InlineData("edgegateway-battery,1,2026-02-01T00:00:00Z\ngrid,1,0,0\nunknown,1\npv,1\npv,1", "line 5")]
    public void A_saved_battery_that_was_altered_is_refused(string text, string says) =>
        Assert.Contains(
            says,
            Assert.Throws<InvalidDataException>(() => BatteryState.Parse("state", new StringReader(text))).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_saved_battery_goes_on_only_where_it_ended_and_with_the_same_generators()
    {
        BatteryState state = Run(Site("pv"), Interval(0, pv: 2, charge: 2)).Save();
        Assert.Equal(
            "The intervals from 2026-01-01T00:15Z to 2026-01-01T00:30Z are missing. Give a row for each; what was "
                + "not measured stays empty.",
            Assert.Throws<InvalidDataException>(() => Run(Site("pv"), state, [Interval(2)])).Message
        );
        Assert.Equal(
            "The saved battery holds energy of pv, which is not among the site's generators.",
            Assert.Throws<InvalidDataException>(() => new FlowLedger(Site("pv:roof"), state)).Message
        );
        Assert.Throws<InvalidDataException>(() => new FlowLedger(Site("pv") with { InitialContent = 1 }, state));
        Assert.Throws<InvalidDataException>(() =>
            new FlowLedger(Site("pv"), state with { Origins = [new("grid", 0), new("pv", Int128.MaxValue)] })
        );
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("table=t,version=1,confidence=X,source=s", "line 1")]
    [InlineData("table=t,version=1,confidence=M,source=s\nx", "line 2")]
    [InlineData("table=t,version=1,confidence=M,source=s\nstandard,from,to,percentAtTo,percentPerHundredth", "line 3")]
    [InlineData("table=t,version=1,confidence=M,source=s\nstandard,from,to,percentAtTo,percentPerHundredth\n0.90,0.50,1.00,0,0", "line 4")]
    [InlineData(
        "table=t,version=1,confidence=M,source=s\nstandard,from,to,percentAtTo,percentPerHundredth\n0.90,0.50,1.00,0,0\n0.90,0.00,0.50,0,0",
        "line 4"
    )]
    [InlineData(
        "table=t,version=1,confidence=M,source=s\nstandard,from,to,percentAtTo,percentPerHundredth\n0.90,0.00,1.00,0.001,0",
        "line 3"
    )]
    public void A_power_factor_table_with_holes_is_refused(string text, string says) =>
        Assert.Contains(
            says,
            Assert.Throws<InvalidDataException>(() => PowerFactorTable.Parse("t.csv", new StringReader(text))).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_standard_that_the_table_does_not_have_is_refused() =>
        Assert.Contains(
            "only 0.90",
            Assert
                .Throws<InvalidDataException>(() =>
                    PowerFactorTable
                        .Parse(
                            "t.csv",
                            new StringReader(
                                "table=t,version=1,confidence=M,source=s\n"
                                    + "standard,from,to,percentAtTo,percentPerHundredth\n0.90,0.00,1.00,0,0"
                            )
                        )
                        .Percent(85, 90)
                )
                .Message,
            StringComparison.Ordinal
        );
}
