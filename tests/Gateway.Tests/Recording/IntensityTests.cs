using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Entering;
using EdgeGateway.Keeping;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Reporting;
using EdgeGateway.Site;

namespace EdgeGateway.Gateway.Tests.Recording;

/// <summary>Footprints by the intensity of each slot of time: stated before, later, anew, or never.</summary>
public sealed class IntensityTests : RecordedMeter
{
    private const string Header = "from,until,gCO2/kWh";
    private static readonly DateTimeOffset Six = new(2026, 6, 15, 6, 0, 0, TimeSpan.Zero);
    private static readonly IntensitySettings Grid = new("grid", TimeSpan.FromHours(1), "operator of the grid", null);

    public IntensityTests()
        : base(Six)
    {
        Series = [Grid];
        EnteredAt = Six.AddDays(1);
    }

    [Fact]
    public void A_slot_is_computed_by_the_intensity_that_is_stated_for_its_time()
    {
        Open(BySlot());
        State(("06:00", "500"), ("07:00", "250.5"));
        Count(minutes: 120, each15: 1000);
        Assert.Equal(
            [500_000_000L, 500_000_000L, 500_000_000L, 500_000_000L, 250_500_000L, 250_500_000L, 250_500_000L, 250_500_000L],
            Carbon().Select(Micrograms)
        );
        Leaf seven = Carbon()[4];
        Assert.Equal(
            ("grid", "20260615T0700Z", "250.5 gCO2/kWh", "location-by-slot"),
            (Said(seven, "series"), Said(seven, "slot"), Said(seven, "value"), Said(seven, "method"))
        );
        Assert.Contains(Index(LeafType.Intensity), seven.Head.ComputedFrom);
    }

    [Fact]
    public void A_slot_without_an_intensity_has_no_amount_and_gets_it_when_the_intensity_comes()
    {
        Open(BySlot());
        Count(minutes: 75, each15: 1000);
        Assert.All(Carbon(), c => Assert.Equal(("no-intensity", "no-intensity"), (Said(c, "scope2-hourly"), Said(c, "none"))));
        Assert.Equal("2 of its 2 slots of intensities have none: no-intensity from 2026-06-15T06:00Z", Totals().NoAmount);

        State(("06:00", "500"));
        Leaf anew = Carbon()[^1];
        Assert.Equal(
            (2_000_000_000L, "intensity", Six, Six.AddHours(1)),
            (Micrograms(anew), Said(anew, "restates"), TimeIn(anew, "from"), TimeIn(anew, "to"))
        );
        Assert.Contains(Index(LeafType.Intensity), anew.Head.ComputedFrom);
        Assert.Equal("1 of its 2 slots of intensities have none: no-intensity from 2026-06-15T07:00Z", Totals().NoAmount);

        State(("07:00", "100")); // while it runs
        Assert.Equal(100_000_000L, Micrograms(Carbon()[^1]));
        Count(minutes: 15, each15: 1000);
        Assert.Equal((100_000_000L, null), (Micrograms(Carbon()[^1]), Said(Carbon()[^1], "restates")));
        Assert.Equal(("2.200000000", "2026-06"), (Totals().Kilograms, Totals().Period));
    }

    [Fact]
    public void An_intensity_that_is_stated_anew_accounts_its_slot_again_and_the_same_one_changes_nothing()
    {
        Open(BySlot());
        State(("06:00", "500"), ("07:00", "250"));
        Count(minutes: 60, each15: 1000);
        long before = Ledger.Size;
        State(("06:00", "500"), ("07:00", "250"));
        Assert.Equal(before, Ledger.Size);

        State(("06:00", "400"), ("07:00", "250"));
        Leaf news = LeafAt(before),
            anew = LeafAt(before + 1);
        Assert.Equal((before + 2, LeafType.Intensity, 4), (Ledger.Size, news.Head.Type, news.Records.Count)); // 06:00 alone
        Assert.Equal((1_600_000_000L, "400 gCO2/kWh"), (Micrograms(anew), Said(anew, "value")));
        Assert.Equal(["in/1-0:1.8.0.255"], anew.Records.Where(r => r.Name.Contains("1.8.0", StringComparison.Ordinal)).Select(r => r.Name));
        Count(minutes: 15, each15: 1000);
        Assert.Equal(250_000_000L, Micrograms(Carbon()[^1]));
    }

    [Fact]
    public void What_lies_in_several_slots_has_no_amount_and_never_gets_one()
    {
        Open(BySlot());
        Count(minutes: 45, each15: 1000);
        Time.Advance(TimeSpan.FromMinutes(20)); // off from 06:45 to 07:05
        Open(BySlot());
        Count(minutes: 25, each15: 1000);
        State(("06:00", "500"), ("07:00", "300"));
        Assert.Equal([1_500_000_000L, 300_000_000L], Carbon().TakeLast(2).Select(Micrograms));
        Leaf between = Carbon().Single(c => Said(c, "scope2-hourly") == "straddles-intensities");
        Assert.Equal((Six.AddMinutes(45), Six.AddMinutes(75)), (TimeIn(between, "from"), TimeIn(between, "to")));
        Assert.Equal((Six.AddMinutes(75), Six.AddMinutes(90)), (TimeIn(Carbon()[^1], "from"), TimeIn(Carbon()[^1], "to")));
        Assert.Equal(
            (null, "1 of its 3 slots of intensities have none: straddles-intensities from 2026-06-15T06:45Z"),
            (Totals().Kilograms, Totals().NoAmount)
        ); // no total that lacks some
    }

    [Fact]
    public void Shorter_slots_leave_what_was_accounted_by_longer_ones()
    {
        Open(BySlot());
        State(("06:00", "500"));
        Count(minutes: 60, each15: 1000);
        Recorder.Enter(
            Entry.OfIntensities(
                Grid with
                {
                    Slot = TimeSpan.FromMinutes(15),
                },
                $"{Header}\n2026-06-15T06:00Z,2026-06-15T06:15Z,100",
                EnteredAt
            )
        );
        Assert.Equal("2.000000000", Totals().Kilograms);
    }

    [Fact]
    public void An_hour_that_is_stated_accounts_all_shorter_slots_in_it_again()
    {
        Open(BySlot(minutes: 15));
        Count(minutes: 60, each15: 1000);
        Open(BySlot());
        State(("06:00", "500"));
        Assert.Equal([500_000_000L, 500_000_000L, 500_000_000L, 500_000_000L], Carbon().TakeLast(4).Select(Micrograms));
        Assert.Equal("2.000000000", Totals().Kilograms);
    }

    [Fact]
    public void Hours_that_are_stated_hold_when_the_series_has_shorter_slots_from_now_on_and_the_newest_statement_counts()
    {
        Open(BySlot());
        State(("06:00", "500"), ("07:00", "200"));
        Count(minutes: 30, each15: 1000);
        Open(BySlot(minutes: 15));
        Count(minutes: 15, each15: 1000);
        Assert.Equal((500_000_000L, "20260615T0600Z"), (Micrograms(Carbon()[^1]), Said(Carbon()[^1], "slot")));
        Quarter("06:45", "07:00", "100");
        Count(minutes: 15, each15: 1000);
        Assert.Equal((100_000_000L, "20260615T0645Z"), (Micrograms(Carbon()[^1]), Said(Carbon()[^1], "slot")));
        Quarter("07:15", "07:30", "100");
        State(("07:00", "200.0"));
        Count(minutes: 30, each15: 1000);
        Assert.Equal((200_000_000L, "20260615T0700Z"), (Micrograms(Carbon()[^1]), Said(Carbon()[^1], "slot")));
        Quarter("07:00", "07:15", "50"); // takes the place of the hour, and nothing is known any more of its rest
        Count(minutes: 15, each15: 1000);
        Assert.Equal("no-intensity", Said(Carbon()[^1], "none"));

        void Quarter(string from, string until, string value) =>
            Recorder.Enter(
                Entry.OfIntensities(
                    Grid with
                    {
                        Slot = TimeSpan.FromMinutes(15),
                    },
                    $"{Header}\n2026-06-15T{from}Z,2026-06-15T{until}Z,{value}",
                    EnteredAt
                )
            );
    }

    [Fact]
    public void Impulses_keep_their_worth_when_their_slot_is_accounted_anew()
    {
        Constant = "1000";
        Open(BySlot());
        Count(minutes: 15, each15: 1); // 1000 impulses, 1 kWh
        Constant = "2000";
        Open(BySlot());
        Count(minutes: 15, each15: 1); // 0.5 kWh
        State(("06:00", "1000"));
        Assert.Equal(1_500_000_000L, Micrograms(Carbon()[^1]));
    }

    [Fact]
    public void An_account_that_goes_over_to_the_market_takes_instruments()
    {
        Open(BySlot());
        Count(minutes: 30, each15: 1000);
        Open(
            new CarbonAccount(
                "scope2-hourly",
                null,
                RecordedMethod.OfMarket("CN", null),
                [new AccountMeter("in", ObisCode.ActiveImport, null)]
            )
        );
        Enter(
            EntryJson.Instrument(
                "certificate",
                "GEC-1",
                "2026-06-01",
                "2026-06-15",
                "2",
                "kWh",
                ("market/name", "CN"),
                ("market/retired", "2026-07-02")
            )
        );
        Assert.Equal(LeafType.Instrument, Leaves().Last().Head.Type);
    }

    [Fact]
    public void A_restart_within_a_slot_changes_nothing()
    {
        Open(BySlot());
        Count(minutes: 20, each15: 1000);
        Time.Advance(TimeSpan.FromMinutes(5));
        Open(BySlot());
        Count(minutes: 20, each15: 1000);
        State(("06:00", "500"));
        Assert.Equal((1_500_000_000L, Six.AddMinutes(45)), (Micrograms(Carbon()[^1]), TimeIn(Carbon()[^1], "to")));
        Assert.Single(Said(Carbon()[^1], "in/1-0:1.8.0.255")!.Split(' '));
    }

    [Fact]
    public void Why_tells_the_intensity_with_its_publisher_and_leaf()
    {
        Open(BySlot());
        State(("06:00", "500"));
        Count(minutes: 15, each15: 1000);
        string text = Why.Of(Carbon()[^1], LeafAt).ToText();
        Assert.Contains(
            $"intensity from 20260615T0600Z, 60 min: 500 gCO2/kWh (leaf {Index(LeafType.Intensity)})\n      grid: operator of the grid",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains($"leaf={Index(LeafType.Intensity)}", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"grid\"", "\"coal\"", "series is 'coal'. Those of the site file are grid.")]
    [InlineData("intensity", "manual", "series and table belong to intensities.")]
    [InlineData(
        "\"series\"",
        "\"by\":\"Li Wei\",\"series\"",
        "Intensities have series and table; who publishes them stands in the site file."
    )]
    [InlineData("500", "-500", "Line 2: -500 gCO2/kWh is negative. No factor is; a negative intensity comes from a wrong sum.")]
    [InlineData("500", "", "No slot of the table has a value.")]
    [InlineData("2026", "1999", "The first slot begins at 1999-06-15 06:00:00Z. Nothing before the year 2000 is accounted here.")]
    [InlineData("2026-06-15", "2026-06-23", "The last slot ends at 2026-06-23 07:00:00Z. Intensities are stated up to 7 days ahead.")]
    [InlineData("gCO2/kWh", "kgCO2/kWh", "Line 2: 500 kgCO2/kWh is outside 0 to 2 kgCO2/kWh: is it in g/kWh?")]
    public void What_does_not_hold_is_refused_whole(string good, string bad, string reason)
    {
        Open(BySlot());
        string json = """{"type":"intensity","series":"grid","table":"from,until,gCO2/kWh\n2026-06-15T06:00Z,2026-06-15T07:00Z,500\n"}""";
        Assert.Equal(reason, Refused(json.Replace(good, bad, StringComparison.Ordinal)));
        Enter(json);
    }

    private CarbonAccount BySlot(int minutes = 60) =>
        new("scope2-hourly", null, RecordedMethod.OfSlot("grid", null), [new AccountMeter("in", ObisCode.ActiveImport, Constant)])
        {
            IntensitySlot = TimeSpan.FromMinutes(minutes),
        };

    private PeriodTotal Totals() => CarbonTotals.Of(Ledger, Recorder.Origin, Shanghai).Accounts.Single();

    private void State(params (string From, string Value)[] slots)
    {
        IEnumerable<string> lines = slots.Select(s =>
        {
            var from = DateTimeOffset.Parse($"2026-06-15T{s.From}Z", System.Globalization.CultureInfo.InvariantCulture);
            return $"{from:yyyy-MM-dd'T'HH:mm'Z'},{from.AddHours(1):yyyy-MM-dd'T'HH:mm'Z'},{s.Value}";
        });
        Recorder.Enter(Entry.OfIntensities(Grid, string.Join('\n', lines.Prepend(Header)), EnteredAt));
    }
}
