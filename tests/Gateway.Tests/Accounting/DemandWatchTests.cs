using EdgeGateway.Accounting;
using EdgeGateway.Readings;

namespace EdgeGateway.Gateway.Tests.Accounting;

/// <summary>When a warning of demand begins and ends. Blocks of a quarter of an hour take 25 kWh at 100 kW.</summary>
public sealed class DemandWatchTests
{
    private const string Import = "grid/1-0:1.8.0.255";
    private static readonly DateTimeOffset Noon = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeZoneInfo Shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    private readonly List<(DateTimeOffset At, string State, string Text)> _alarms = [];
    private DemandWatch _watch = Watch(100);
    private DateTimeOffset _at = Noon;
    private decimal _kilowattHours = 1000;

    public DemandWatchTests() => Read();

    [Fact]
    public void It_begins_with_the_first_forecast_beyond_the_limit_and_ends_when_the_forecast_falls_back_once_a_block()
    {
        Run(15, kilowatts: 90);
        Assert.Empty(_alarms);
        Assert.Equal(("2026-06", "90.0", Noon), (_watch.Record.Month, _watch.Record.PeakKw, _watch.Record.PeakAt));
        Run(4, kilowatts: 120);
        Assert.Equal(
            (
                Noon.AddMinutes(16),
                "began",
                "120.0 kW forecast for the 15 min from 20:15, the limit is 100.0 kW; 98.6 kW for the rest hold it"
            ),
            Assert.Single(_alarms)
        );
        Assert.Equal(
            "120.0 kW forecast for the 15 min from 20:15, the limit is 100.0 kW; 92.7 kW for the rest hold it",
            _watch.Record.Warning
        );
        Run(1, kilowatts: 10);
        Assert.Equal((Noon.AddMinutes(20), "ended"), (_alarms[^1].At, _alarms[^1].State));
        Run(10, kilowatts: 300);
        Assert.Equal(2, _alarms.Count);
        Assert.Null(_watch.Record.Warning);
        Run(1, kilowatts: 300);
        Assert.Equal([("began", 16), ("ended", 20), ("began", 31)], _alarms.Select(a => (a.State, (int)(a.At - Noon).TotalMinutes)));
    }

    [Fact]
    public void A_block_that_nothing_holds_any_more_says_so_and_ends_with_what_it_took()
    {
        Run(14, kilowatts: 200);
        Assert.Equal(
            "200.0 kW forecast for the 15 min from 20:00, the limit is 100.0 kW; nothing holds it any more",
            _watch.Record.Warning
        );
        Run(1, kilowatts: 200);
        Assert.Equal(["began", "ended"], _alarms.Select(a => a.State));
        Assert.Equal("the 15 min from 20:00 took 200.0 kW, the limit is 100.0 kW", _alarms[^1].Text);
    }

    [Fact]
    public void Without_a_limit_it_is_the_months_peak_so_far_and_a_month_begins_with_none()
    {
        _watch = Watch(null);
        _at = new DateTimeOffset(2026, 6, 30, 15, 15, 0, TimeSpan.Zero); // 23:15 in Shanghai
        Read();
        Run(15, kilowatts: 100);
        Run(15, kilowatts: 110);
        Assert.Equal(["began", "ended"], _alarms.Select(a => a.State));
        Assert.Equal(
            "110.0 kW forecast for the 15 min from 23:30, this month's peak is 100.0 kW; 99.3 kW for the rest hold it",
            _alarms[0].Text
        );
        Run(15, kilowatts: 90);
        Assert.Equal(("2026-06", "110.0"), (_watch.Record.Month, _watch.Record.PeakKw));
        Run(15, kilowatts: 200);
        Assert.Equal(2, _alarms.Count);
        Assert.Equal(("2026-07", "200.0"), (_watch.Record.Month, _watch.Record.PeakKw));
    }

    [Fact]
    public void It_goes_on_after_a_restart_with_what_was_remembered_and_recorded()
    {
        Run(5, kilowatts: 200);
        DemandRecord remembered = DemandRecord.Parse(_watch.Record.ToString());
        Assert.Equal(_watch.Record, remembered);
        _watch = Watch(100);
        _watch.Restore(remembered);
        for (int minute = 0; minute <= 5; minute++)
        {
            _watch.Seen(Noon.AddMinutes(minute), Reading(1000 + (minute * 200m / 60)));
        }

        Run(10, kilowatts: 200);
        Assert.Equal(["began", "ended"], _alarms.Select(a => a.State));
        Assert.Equal("200.0", _watch.Record.PeakKw);
    }

    [Fact]
    public void A_block_without_a_reading_at_its_start_or_with_a_register_that_began_again_is_not_spoken_of()
    {
        _watch.Restore(DemandRecord.Nothing with { Month = "2026-06", Warned = Noon.AddMinutes(-15), Warning = "left over" });
        Run(7, kilowatts: 500);
        Assert.Equal(("ended", "the 15 min from 19:45 were not read to their end"), (Assert.Single(_alarms).State, _alarms[0].Text));
        Run(9, kilowatts: 500);
        Assert.Null(_watch.Record.PeakAt);
        _kilowattHours = 0;
        Run(14, kilowatts: 500);
        Assert.Null(_watch.Record.PeakAt);
        Assert.Equal(2, _alarms.Count(a => a.At >= Noon.AddMinutes(16)));
        Assert.Equal("the 15 min from 20:15 were not read to their end", _alarms[^1].Text);
    }

    private static DemandWatch Watch(decimal? limit) => new([Import], new Dictionary<string, string>(), limit, Shanghai);

    private static Dictionary<string, RegisterReading> Reading(decimal kilowattHours)
    {
        Register register = new(ObisCode.ActiveImport, Quantum.MilliwattHour, (long)(kilowattHours * 1_000_000));
        return new() { [Import] = new RegisterReading(1, Noon, register, null) };
    }

    private void Run(int minutes, decimal kilowatts)
    {
        for (int minute = 0; minute < minutes; minute++)
        {
            _at = _at.AddMinutes(1);
            _kilowattHours += kilowatts / 60;
            Read();
        }
    }

    private void Read() =>
        _alarms.AddRange(_watch.Take(_at, Reading(_kilowattHours)).Select(a => (_at, a.Began ? "began" : "ended", a.Text)));
}
