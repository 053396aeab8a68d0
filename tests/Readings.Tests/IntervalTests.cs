using CsCheck;

namespace EdgeGateway.Readings.Tests;

public class IntervalTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_slot_holds_its_instant_begins_on_a_multiple_of_its_length_and_touches_the_next() =>
        Gen.Select(Gen.Long[-1_000_000_000_000_000L, 20_000_000_000_000_000L], Gen.Int[1, 86_400])
            .Sample(
                (ticks, seconds) =>
                {
                    DateTimeOffset instant = DateTimeOffset.UnixEpoch.AddTicks(ticks);
                    TimeSpan length = TimeSpan.FromSeconds(seconds);
                    Interval slot = Interval.SlotOf(instant, length);
                    Assert.True(slot.Start <= instant && instant < slot.End);
                    Assert.Equal(length, slot.Length);
                    Assert.Equal(0, (slot.Start - DateTimeOffset.UnixEpoch).Ticks % length.Ticks);
                    Assert.Equal(slot.End, Interval.SlotOf(slot.End, length).Start);
                }
            );

    [Fact]
    public void An_interval_that_ends_before_it_starts_or_is_not_UTC_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new Interval(Noon, Noon.AddTicks(-1)));
        Assert.Throws<ArgumentException>(() => new Interval(Noon.ToOffset(TimeSpan.FromHours(8)), Noon.AddHours(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Interval.SlotOf(Noon, TimeSpan.Zero));
        Assert.Equal(TimeSpan.Zero, new Interval(Noon, Noon).Length);
    }
}
