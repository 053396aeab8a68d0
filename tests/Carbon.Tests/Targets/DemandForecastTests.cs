using CsCheck;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Carbon.Targets;
using Fractions;

namespace EdgeGateway.Carbon.Tests.Targets;

public class DemandForecastTests
{
    private const long Kwh = FlowsSome.Kwh;
    private static readonly DateTimeOffset Start = FlowsSome.Midnight;

    // Samples of a block, at whole seconds, not before a minute: what each second range added.
    private static readonly Gen<DemandSample[]> Blocks = Gen.Select(Gen.Int[1, 60], Gen.Long[0, Kwh])
        .Array[1, 40]
        .Select(steps =>
        {
            List<DemandSample> samples = [];
            (int at, long energy) = (0, 0);
            foreach ((int seconds, long more) in steps)
            {
                (at, energy) = (Math.Min(900, at + seconds), energy + more);
                if (samples.Count > 0 && samples[^1].At == Start.AddSeconds(at))
                {
                    break;
                }

                samples.Add(new(Start.AddSeconds(at), energy));
            }

            return samples.ToArray();
        })
        .Where(s => s[^1].At - Start >= DemandForecast.Least);

    // By hand: 5 min, 40 kWh; in the last minute 10 kWh, which is 600 kW. 40 + 10 · 10 = 140 kWh in ¼ h: 560 kW.
    [Fact]
    public void The_rate_of_the_last_minute_goes_on_to_the_end_of_the_block()
    {
        var forecast = DemandForecast.Of(Start, [At(0, 0), At(240, 30), At(250, 33), At(300, 40)]);
        Assert.Equal(new Fraction(560), forecast.Kilowatts);
        Assert.Equal(new DemandOutlook(DemandState.Warning, new(-60), new(510)), forecast.Against(new(500))); // 85 kWh in 10 min
        Assert.Equal(new DemandOutlook(DemandState.Within, Fraction.Zero, new(600)), forecast.Against(new(560)));
        Assert.Equal(new DemandOutlook(DemandState.Exceeded, new(-410), null), forecast.Against(new(150)));
        Assert.Equal(new DemandOutlook(DemandState.Warning, new(-400), Fraction.Zero), forecast.Against(new(160))); // 40 kWh are just it
    }

    [Fact]
    public void Before_a_minute_has_passed_nothing_is_said_but_what_is_certain()
    {
        Assert.Equal("nothing was counted in this block yet", DemandForecast.Of(Start, []).NoValue);
        var early = DemandForecast.Of(Start, [At(59, 10)]);
        Assert.Equal((null, "59 s of the block have passed; nothing is said before 60 s"), (early.Kilowatts, early.NoValue));
        // 15 kWh in 841 s.
        Assert.Equal(new DemandOutlook(DemandState.Unknown, null, new Fraction(15 * 60 * 60, 841)), early.Against(new(100)));
        Assert.Equal(new DemandOutlook(DemandState.Exceeded, null, null), early.Against(new(39)));
        Assert.Equal(new Fraction(600), DemandForecast.Of(Start, [At(60, 10)]).Kilowatts);
    }

    [Fact]
    public void At_the_end_of_a_block_the_forecast_is_its_demand() =>
        Blocks.Sample(samples =>
        {
            samples[^1] = samples[^1] with { At = Start.AddMinutes(15) };
            var forecast = DemandForecast.Of(Start, samples);
            FlowLedger ledger = FlowsSome.Run(
                FlowsSome.Site(),
                FlowsSome.Interval(0) with
                {
                    Generation = [],
                    Import = samples[^1].Energy,
                }
            );
            Assert.Equal(FlowsSome.Figure(ledger, "maximumDemandBlock").Value, forecast.Kilowatts);
            Assert.Null(forecast.Against(new(1_000_000_000)).Allowed);
        });

    [Fact]
    public void A_constant_power_is_forecast_exactly() =>
        Gen.Select(Gen.Int[60, 900], Gen.Int[1, 60], Gen.Long[0, 1_000_000])
            .Sample(
                (seconds, step, perSecond) =>
                {
                    DemandSample[] samples =
                    [
                        .. Enumerable
                            .Range(1, seconds / step)
                            .Select(n => new DemandSample(Start.AddSeconds(n * step), n * step * perSecond))
                            .Where(s => s.At > Start),
                    ];
                    if (samples[^1].At - Start >= DemandForecast.Least)
                    {
                        Assert.Equal(new Fraction(perSecond * 3600, Kwh), DemandForecast.Of(Start, samples).Kilowatts);
                    }
                }
            );

    [Fact]
    public void Energy_times_a_number_is_power_times_that_number() =>
        Gen.Select(Blocks, Gen.Int[0, 1000])
            .Sample(
                (samples, k) =>
                    Assert.Equal(
                        DemandForecast.Of(Start, samples).Kilowatts!.Value * k,
                        DemandForecast.Of(Start, [.. samples.Select(s => s with { Energy = s.Energy * k })]).Kilowatts
                    )
            );

    [Fact]
    public void More_energy_now_is_never_a_lower_forecast_and_never_a_better_state() =>
        Gen.Select(Blocks, Gen.Long[0, Kwh], Gen.Int[0, 200])
            .Sample(
                (samples, more, limit) =>
                {
                    DemandForecast less = DemandForecast.Of(Start, samples),
                        higher = DemandForecast.Of(Start, [.. samples[..^1], samples[^1] with { Energy = samples[^1].Energy + more }]);
                    Assert.True(higher.Kilowatts >= less.Kilowatts);
                    Assert.True(higher.Against(new(limit)).State >= less.Against(new(limit)).State);
                }
            );

    [Fact]
    public void Without_power_there_is_no_warning_and_what_is_allowed_just_holds_the_limit() =>
        Gen.Select(Blocks, Gen.Int[0, 200])
            .Sample(
                (samples, limit) =>
                {
                    DemandSample last = samples[^1];
                    if (last.At + DemandForecast.Least > Start.AddMinutes(15))
                    {
                        return;
                    }

                    var idle = DemandForecast.Of(Start, [.. samples, last with { At = last.At + DemandForecast.Least }]);
                    DemandOutlook outlook = idle.Against(new(limit));
                    Assert.NotEqual(DemandState.Warning, outlook.State);
                    if (outlook.Allowed is { } allowed)
                    {
                        Fraction hours = new((Start.AddMinutes(15) - idle.Last.At).Ticks, TimeSpan.TicksPerHour);
                        Assert.Equal(new Fraction(limit), (new Fraction(idle.Last.Energy, Kwh) + (allowed * hours)) * 4);
                    }
                }
            );

    [Fact]
    public void A_warning_is_a_forecast_beyond_the_limit_that_can_still_be_held() =>
        Gen.Select(Blocks, Gen.Int[0, 200])
            .Sample(
                (samples, limit) =>
                {
                    var forecast = DemandForecast.Of(Start, samples);
                    DemandOutlook outlook = forecast.Against(new(limit));
                    bool certain = new Fraction(samples[^1].Energy * 4, Kwh) > limit;
                    Assert.Equal(
                        certain ? DemandState.Exceeded
                            : outlook.Margin!.Value.IsNegative ? DemandState.Warning
                            : DemandState.Within,
                        outlook.State
                    );
                    Assert.Equal(limit - forecast.Kilowatts, outlook.Margin);
                }
            );

    [Fact]
    public void Samples_that_cannot_be_are_refused()
    {
        Refused(Start.AddMinutes(1), "No block begins at 2026-01-01T00:01:00Z", At(60, 1));
        Refused(Start, "is not after 2026-01-01T00:01:00Z", At(60, 1), At(60, 1));
        Refused(Start, "is not after 2026-01-01T00:02:00Z", At(120, 1), At(60, 1));
        Refused(Start, "is not after 2026-01-01T00:00:00Z", At(0, 0), At(0, 0));
        Refused(Start, "within 15 min of", At(901, 1));
        Refused(Start, "within 15 min of", At(-1, 0));
        Refused(Start, "does not step back", At(60, 2), At(120, 1));
        Refused(Start, "It begins with 0", At(0, 1));
        Refused(Start, "does not step back", new DemandSample(Start.AddMinutes(1), -1));
        Refused(Start, "takes 10 GWh at most", new DemandSample(Start.AddMinutes(1), long.MaxValue));
        Assert.Equal(
            "A demand of -1 kW is negative. Only what is taken from the grid counts.",
            Assert.Throws<CarbonException>(() => DemandForecast.Of(Start, []).Against(new(-1))).Message
        );

        static void Refused(DateTimeOffset start, string says, params DemandSample[] samples) =>
            Assert.Contains(
                says,
                Assert.Throws<CarbonException>(() => DemandForecast.Of(start, samples)).Message,
                StringComparison.Ordinal
            );
    }

    private static DemandSample At(int seconds, long kwh) => new(Start.AddSeconds(seconds), kwh * Kwh);
}
