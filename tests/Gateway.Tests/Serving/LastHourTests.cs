using EdgeGateway.Evidence;
using EdgeGateway.Readings;
using EdgeGateway.Serving;
using EdgeGateway.Site;

namespace EdgeGateway.Gateway.Tests.Serving;

public sealed class LastHourTests : IAsyncDisposable
{
    private static readonly TimeSpan Slot = TimeSpan.FromMinutes(1);

    private readonly ServedSite _site = new();
    private readonly LastHour _hour;

    public LastHourTests() => _hour = new LastHour(_site.Ledger, ServedSite.Meters, Slot);

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public void Power_is_the_difference_of_two_recorded_registers_export_negative()
    {
        // 60 mWh in a minute are 3.6 W.
        _site.Record(1, "boundary", Import("in-L1", 1000), Export("in-L1", 500));
        _site.Record(2, "boundary", Import("in-L1", 1600), Export("in-L1", 500));
        _site.Record(3, "boundary", Import("in-L1", 1600), Export("in-L1", 560));
        Assert.Equal([null, 36m, -3.6m], Power("in-L1", "boundary")[^3..]);
    }

    [Fact]
    public void Every_chip_that_measures_both_directions_shows_what_it_exports()
    {
        Atm90e32asMeterSettings phase = new()
        {
            Name = "in-L1",
            Group = "boundary",
            Bus = new BusSettings("spi", "/dev/spidev0.0", BusKind.Spi, null),
            Accuracy = AccuracyClass.Indicative,
            Source = null,
            Phase = 'A',
            Ct = new CtSettings(100, 333),
            VoltageDivider = 1001,
            LineHz = 50,
        };
        LastHour hour = new(_site.Ledger, [phase], Slot);
        _site.Record(1, "boundary", Import("in-L1", 1000), Export("in-L1", 500));
        _site.Record(2, "boundary", Import("in-L1", 1000), Export("in-L1", 560));
        Assert.Equal(-3.6m, hour.Plot(_site.Time.GetUtcNow(), "boundary").Series[0].Power[^1]);
    }

    [Fact]
    public void A_missing_reading_is_a_gap_on_both_sides_and_never_zero()
    {
        _site.Record(1, "boundary", Import("in-L1", 0));
        _site.Record(
            2,
            "boundary",
            LeafRecord.Of($"in-L1/{ObisCode.ActiveImport}", "no-answer"),
            LeafRecord.Of($"in-L1/{ObisCode.ActiveExport}", "no-answer")
        );
        _site.Record(3, "boundary", Import("in-L1", 120));
        _site.Record(4, "boundary", Import("in-L1", 180));
        Assert.Equal([null, null, null, 3.6m], Power("in-L1", "boundary")[^4..]);
    }

    [Fact]
    public void A_slot_that_was_not_recorded_is_a_gap()
    {
        _site.Record(1, "boundary", Import("in-L1", 0));
        _site.Record(2, "boundary", Import("in-L1", 60));
        _site.Record(4, "boundary", Import("in-L1", 180));
        Assert.Equal([3.6m, null, null], Power("in-L1", "boundary")[^3..]);
        _site.Advance(6);
        Assert.Equal([3.6m, null, null, null, null], Power("in-L1", "boundary")[^5..]);
    }

    [Fact]
    public void A_reading_taken_a_little_before_its_slot_ends_counts_for_the_time_it_took()
    {
        _site.Record(1, "boundary", Import("in-L2", 0), Import("in-L1", 0));
        _site.Record(2, "boundary", Import("in-L2", 0), Import("in-L1", 50) with { Time = ServedSite.Start.AddSeconds(110) });
        Assert.Equal(3.6m, Power("in-L1", "boundary")[^1]);
    }

    [Fact]
    public void A_groups_sum_is_missing_when_one_of_its_meters_is_and_watts_are_not_added_to_volt_amperes()
    {
        _site.Record(1, "hall-1", Impulses("compressor", 0), Apparent("press", 0));
        _site.Record(2, "hall-1", Impulses("compressor", 64), Apparent("press", 60_000));
        _site.Record(3, "hall-1", Impulses("compressor", 128), LeafRecord.Of($"press/{ObisCode.ApparentImport}", "no-answer"));
        PowerPlot plot = _hour.Plot(_site.Time.GetUtcNow(), null);
        Assert.Equal([("boundary", "W"), ("hall-1", "W"), ("hall-1", "VA")], plot.Series.Select(s => (s.Name, s.Unit)));
        Assert.Equal([600m, 600m], plot.Series[1].Power.TakeLast(2)); // 64 impulses of 6400 imp/kWh are 10 Wh
        Assert.Equal([3600m, null], plot.Series[2].Power.TakeLast(2));
        Assert.All(plot.Series[0].Power, p => Assert.Null(p)); // three phases, none recorded
    }

    [Fact]
    public void Only_the_last_hour_is_shown_and_growth_is_read_on()
    {
        for (int minute = 0; minute <= 90; minute++)
        {
            _site.Record(minute, "boundary", Import("in-L1", minute * 60));
            Assert.Equal(_site.Time.GetUtcNow(), _hour.NewestReading(_site.Time.GetUtcNow()));
        }

        PowerPlot plot = _hour.Plot(_site.Time.GetUtcNow(), "boundary");
        Assert.Equal(60, plot.Ends.Count);
        Assert.Equal((ServedSite.Start.AddMinutes(31), ServedSite.Start.AddMinutes(90)), (plot.Ends[0], plot.Ends[^1]));
        Assert.All(plot.Series.Single(s => s.Name == "in-L1").Power, p => Assert.Equal(3.6m, p));
        _site.Advance(200);
        Assert.Null(_hour.NewestReading(_site.Time.GetUtcNow()));
    }

    [Fact]
    public void The_newest_gap_of_a_meter_is_told_for_an_hour()
    {
        Gap first = new(ServedSite.Start, ServedSite.Start.AddSeconds(20.5), GapCause.ChipReset),
            second = new(first.To, ServedSite.Start.AddMinutes(2), GapCause.EdgesLost, 44);
        _site.RecordGap(1, "gas", first);
        Assert.Equal(first, _hour.NewestGap("gas", _site.Time.GetUtcNow()));
        _site.RecordGap(2, "gas", second);
        _site.RecordGap(3, null, new Gap(second.To, ServedSite.Start.AddMinutes(3), GapCause.NotRunning));
        Assert.Equal(second, _hour.NewestGap("gas", _site.Time.GetUtcNow()));
        Assert.Null(_hour.NewestGap("in-L1", _site.Time.GetUtcNow()));
        _site.Advance(62);
        Assert.Equal(second, _hour.NewestGap("gas", _site.Time.GetUtcNow()));
        _site.Advance(63);
        Assert.Null(_hour.NewestGap("gas", _site.Time.GetUtcNow()));
    }

    private static LeafRecord Import(string meter, long mwh) => ServedSite.Energy(meter, ObisCode.ActiveImport, mwh);

    private static LeafRecord Export(string meter, long mwh) => ServedSite.Energy(meter, ObisCode.ActiveExport, mwh);

    private static LeafRecord Apparent(string meter, long mvah) => ServedSite.Energy(meter, ObisCode.ApparentImport, mvah, "VAh");

    private static LeafRecord Impulses(string meter, long count) =>
        LeafRecord.Of($"{meter}/{ObisCode.ActiveImport}", count) with
        {
            Unit = "count",
        };

    private decimal?[] Power(string meter, string group) =>
        [.. _hour.Plot(_site.Time.GetUtcNow(), group).Series.Single(s => s.Name == meter).Power];
}
