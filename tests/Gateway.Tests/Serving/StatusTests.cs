using System.Security.Cryptography;
using EdgeGateway.Keeping;
using EdgeGateway.Publishing;
using EdgeGateway.Readings;
using EdgeGateway.Serving;
using EdgeGateway.Site;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeGateway.Gateway.Tests.Serving;

public sealed class StatusTests : IAsyncDisposable
{
    private static readonly TimeZoneInfo Shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    private readonly ServedSite _site = new();

    private DateTimeOffset Now => _site.Time.GetUtcNow();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public void A_value_that_is_missing_is_said_in_words_and_no_old_register_is_shown()
    {
        _site.Show("in-L1", new LiveValues(VoltageV: 230), missing: MissingReason.NoAnswer);
        MeterRow row = Row("in-L1");
        Assert.Equal(MissingReason.NoAnswer, row.Missing);
        Assert.Equal((null, ""), (row.Main, row.Total));
        Assert.Empty(row.Details);
    }

    [Fact]
    public void A_clamp_without_a_voltage_shows_volt_amperes_and_the_voltage_it_assumes()
    {
        _site.Show("press", new LiveValues(CurrentA: 52.5, ApparentPowerVA: 12_080), Quality.Estimated);
        MeterRow row = Row("press");
        Assert.Equal(("12.08", "kVA", "indicative", "estimated"), (row.Main, row.Unit, row.Accuracy, row.Quality));
        Assert.Equal(["52.50 A", "assumed 230 V"], row.Details);
    }

    [Fact]
    public void What_cannot_be_told_now_is_not_known_and_not_zero()
    {
        _site.Show("in-L1", new LiveValues(VoltageV: 230.04, CurrentA: 0.004, ActivePowerW: -1234.4, FrequencyHz: 50.01));
        _site.Show("gas", new LiveValues(RateUnit: "m3/h"));
        Assert.Equal(("−1\u2009234", "W"), (Row("in-L1").Main, Row("in-L1").Unit));
        Assert.Equal(["230.0 V", "0.00 A", "PF not known", "50.01 Hz"], Row("in-L1").Details);
        Assert.Equal((null, "m³/h"), (Row("gas").Main, Row("gas").Unit));
    }

    [Fact]
    public void Pieces_are_whole_and_have_a_rate_and_no_power()
    {
        PulseMeterSettings meter = new()
        {
            Name = "line",
            Group = "hall-1",
            Bus = ServedSite.Meters[0].Bus,
            Accuracy = AccuracyClass.OfMeter,
            Source = "product",
            Line = 5,
            Medium = Medium.Product,
            ImpulsesPerUnit = "2",
            Stable = TimeSpan.FromMilliseconds(20),
        };
        Reading reading = new()
        {
            Meter = "line",
            Time = _site.Time.GetUtcNow(),
            Accuracy = AccuracyClass.OfMeter,
            Registers = [new Register(meter.Obis, Quantum.Impulse, 2468)],
            Live = new LiveValues(Rate: 553.8461, RateUnit: "pieces/h"),
        };
        MeterRow row = MeterRow.Of(meter, reading);
        Assert.Equal(("553.85", "pieces/h", "1\u2009234 pieces"), (row.Main, row.Unit, row.Total));
        Assert.Empty(new LastHour(_site.Ledger, [meter], TimeSpan.FromMinutes(1)).Plot(_site.Time.GetUtcNow(), "hall-1").Series);
    }

    [Fact]
    public void Measuring_names_the_meters_that_do_not_and_what_to_check()
    {
        Status none = Measuring();
        Assert.Equal((Verdict.Bad, "no meter has a value"), (none.Verdict, none.Answer));
        foreach (string meter in _site.Now.Meters)
        {
            _site.Show(meter, new LiveValues(VoltageV: 230));
        }

        Assert.Equal((Verdict.Good, "all 6 meters"), (Measuring().Verdict, Measuring().Answer));
        _site.Show("in-L1", default, missing: MissingReason.NoAnswer);
        _site.Show("in-L2", default, missing: MissingReason.NoAnswer);
        _site.Show("in-L3", default, Quality.Saturated);
        Assert.Equal((Verdict.Look, "4 of 6 meters"), (Measuring().Verdict, Measuring().Answer));
        Assert.Equal(
            "in-L1, in-L2: no answer. The chip does not acknowledge its address. Check its supply, its two bus wires " + "and its address.",
            Measuring().Reasons[0]
        );
        Assert.Equal("in-L3: saturated.", Measuring().Reasons[1]);
        _site.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(MissingReason.Stale, Row("in-L3").Missing);
    }

    [Fact]
    public void Recording_is_overdue_after_two_slots_and_signing_after_two_checkpoints()
    {
        Assert.Equal(Verdict.Look, Recording().Verdict);
        _site.Record(1, "boundary", ServedSite.Energy("in-L1", ObisCode.ActiveImport, 1));
        _site.Seal();
        Assert.Equal((Verdict.Good, "last reading 0 s ago"), (Recording().Verdict, Recording().Answer));
        Assert.Equal("Last checkpoint: 14:01:00, 0 s ago, over 1 leaf", Recording().Reasons[1]);
        _site.Time.Advance(TimeSpan.FromSeconds(121));
        Assert.Equal(Verdict.Bad, Recording().Verdict);
        _site.Record(4, "boundary", ServedSite.Energy("in-L1", ObisCode.ActiveImport, 2));
        Assert.Equal(Verdict.Good, Recording().Verdict);
        _site.Record(5, "boundary", ServedSite.Energy("in-L1", ObisCode.ActiveImport, 3));
        Assert.Equal((Verdict.Look, "but does not sign"), (Recording().Verdict, Recording().Answer));
        _site.Seal();
        Assert.Equal(Verdict.Good, Recording().Verdict);
        Assert.Equal(Verdict.Bad, Status.OfRecording(_site.Model, Now.AddMinutes(3), Now).Verdict);
    }

    [Fact]
    public async Task The_last_time_stamp_is_stated_or_why_the_next_one_waits_and_only_where_one_is_asked_for()
    {
        _site.Record(1, "boundary", ServedSite.Energy("in-L1", ObisCode.ActiveImport, 1));
        _site.Seal();
        Assert.DoesNotContain(Recording().Reasons, r => r.StartsWith("Time stamp", StringComparison.Ordinal));
        SignallingTime time = new();
        using HttpClient http = new();
        using RandomNumberGenerator random = RandomNumberGenerator.Create();
        using CancellationTokenSource stop = new();
        TimeStampSettings nobody = new(new Uri($"http://127.0.0.1:{Mosquitto.FreePort()}/"), TimeSpan.FromHours(1));
        TimeStampClient client = new(_site.Ledger, nobody, new Backoff(time, new Random(1)), http, time, random, NullLogger.Instance);
        Assert.Equal("Time stamp: none yet, 127.0.0.1 is asked", Said());
        Task running = client.RunAsync(stop.Token);
        await time.NextWaitAsync();
        await time.NextWaitAsync();
        Assert.Equal("Time stamp: none yet. The next one waits: 127.0.0.1 is not reached: Connection refused", Said());
        _site.Ledger.AddTimeStamp(new StoredTimeStamp(1, [1], "tsa.example", Now));
        Assert.Equal(
            "Time stamp: 1 leaf, 14:01:00, by tsa.example. The next one waits: 127.0.0.1 is not reached: Connection refused",
            Said()
        );
        client = new(_site.Ledger, nobody, new Backoff(time, new Random(1)), http, time, random, NullLogger.Instance);
        Assert.Equal("Time stamp: 1 leaf, 14:01:00, by tsa.example", Said());
        await stop.CancelAsync();
        await running;

        string Said() =>
            Recording(_site.Model with { TimeStamps = client }).Reasons.Single(r => r.StartsWith("Time stamp", StringComparison.Ordinal));
    }

    [Fact]
    public void Delivering_says_why_a_destination_does_not_take_what_waits()
    {
        DeliveryState good = new("desk", "directory out", 1200, 1200) { LastSuccess = Now };
        DeliveryState failing = new("cloud", "broker.example:1883", 1000, 1200)
        {
            IsRetrying = true,
            LastFailure = new Failure("The broker does not answer.", Now),
        };
        Assert.Equal((Verdict.Good, "all that is signed"), Of(good));
        Assert.Equal((Verdict.Look, "but not to cloud"), Of(good, failing));
        Assert.Equal((Verdict.Bad, "readings wait here, none is lost"), Of(failing));
        Assert.Equal((Verdict.Look, "no publisher is configured"), Of());
        Assert.Equal((Verdict.Look, "but some was rejected"), Of(good with { Rejected = 1, LastFailure = failing.LastFailure }));
        Assert.Equal(
            [
                "cloud: 1\u2009000 leaves delivered, 200 waiting (broker.example:1883)",
                "cloud: failed 14:00:00: The broker does not answer.",
            ],
            Status.OfDelivering([failing], Now, Shanghai).Reasons
        );

        (Verdict, string) Of(params DeliveryState[] states)
        {
            var status = Status.OfDelivering(states, Now, Shanghai);
            return (status.Verdict, status.Answer);
        }
    }

    private MeterRow Row(string meter) =>
        MeterRow.Of(ServedSite.Meters.Single(m => m.Name == meter), _site.Now.Newest(meter, Now, _site.Model.LongestAge));

    private Status Measuring() => Status.OfMeasuring([.. _site.Now.Meters.Select(Row)]);

    private Status Recording(ServingModel? model = null) =>
        Status.OfRecording(
            model ?? _site.Model,
            new LastHour(_site.Ledger, ServedSite.Meters, _site.Model.ReadingSlot).NewestReading(Now),
            Now
        );
}
