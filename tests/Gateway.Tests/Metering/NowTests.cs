using EdgeGateway.Metering;
using EdgeGateway.Readings;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Metering;

public class NowTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Slot = TimeSpan.FromSeconds(60);

    private readonly PulseMeter _meter = new(
        "gas",
        new TestLine(new FakeTimeProvider()),
        ObisCode.Gas,
        10,
        "m3",
        TimeSpan.Zero,
        TimeSpan.Zero,
        AccuracyClass.OfMeter,
        Books.Empty()
    );

    private readonly Now _now;

    public NowTests() => _now = new Now([_meter], Start);

    private void Store(double seconds, Quality quality = Quality.Measured) =>
        _now.Store(_meter.Read(Start.AddSeconds(seconds)) with { Quality = quality });

    private void Store(double seconds, Gap gap) => _now.Store(_meter.Read(Start.AddSeconds(seconds)) with { Gap = gap });

    private MissingReason? MissingAt(double seconds) => _now.Newest("gas", Start.AddSeconds(seconds), Slot).Missing;

    [Fact]
    public void A_meter_that_was_never_read_is_not_read_yet_however_late_and_names_its_registers()
    {
        Reading reading = _now.Newest("gas", Start.AddHours(1), Slot);
        Assert.Equal(MissingReason.NotReadYet, reading.Missing);
        Assert.Equal(ObisCode.Gas, Assert.Single(reading.Registers).Obis);
        Assert.Equal(["gas"], _now.Meters);
    }

    [Fact]
    public void A_reading_is_good_for_a_slot_and_stale_after_it_and_when_the_clock_was_set_back()
    {
        Store(100);
        Assert.Null(MissingAt(160));
        Assert.Equal(MissingReason.Stale, MissingAt(160.001));
        Assert.Null(MissingAt(40));
        Assert.Equal(MissingReason.Stale, MissingAt(39.999));
        Assert.Equal(default, _now.Newest("gas", Start.AddSeconds(161), Slot).Live);
        Store(161);
        Assert.Null(MissingAt(161));
    }

    [Fact]
    public void The_recorder_gets_every_gap_once_those_of_one_cause_as_one()
    {
        Store(1, new Gap(Start, Start.AddSeconds(1), GapCause.EdgesLost, 2));
        Store(2, new Gap(Start.AddSeconds(1), Start.AddSeconds(2), GapCause.EdgesLost, 3));
        Store(3, new Gap(Start.AddSeconds(2), Start.AddSeconds(3), GapCause.NotSampled));
        Assert.Equal(
            [
                new Gap(Start, Start.AddSeconds(2), GapCause.EdgesLost, 5),
                new Gap(Start.AddSeconds(2), Start.AddSeconds(3), GapCause.NotSampled),
            ],
            _now.TakeGaps("gas")
        );
        Assert.Empty(_now.TakeGaps("gas"));
    }

    [Fact]
    public void The_recorder_gets_the_quality_of_all_readings_since_it_last_took_one_and_the_page_does_not_disturb_that()
    {
        Store(1, Quality.Saturated);
        Store(2, Quality.Lost);
        Store(3);
        Assert.Equal(Quality.Measured, _now.Newest("gas", Start.AddSeconds(3), Slot).Quality);
        Assert.Equal(Quality.Saturated | Quality.Lost, _now.Take("gas", Start.AddSeconds(3), Slot).Quality);
        Store(4);
        Assert.Equal(Quality.Measured, _now.Take("gas", Start.AddSeconds(4), Slot).Quality);
    }
}
