using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests;

public class BackoffTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Each_pause_lies_between_the_shortest_and_three_times_the_one_before() =>
        Gen.Int.Sample(seed =>
        {
            Backoff backoff = new(_time, new Random(seed));
            TimeSpan before = Backoff.Shortest;
            for (int i = 0; i < 50; i++)
            {
                TimeSpan pause = backoff.Failed();
                Assert.InRange(pause, Backoff.Shortest, TimeSpan.FromTicks(Math.Min(before.Ticks * 3, Backoff.Longest.Ticks)));
                before = pause;
            }
        });

    [Fact]
    public void Two_gateways_do_not_come_back_together() =>
        Assert.NotEqual(Pauses(new Backoff(_time, new Random(1)), 5), Pauses(new Backoff(_time, new Random(2)), 5));

    [Fact]
    public void A_destination_that_takes_one_batch_and_hangs_up_is_left_in_peace_for_longer_and_longer()
    {
        Backoff backoff = new(_time, new Random(1));
        TimeSpan longest = TimeSpan.Zero;
        for (int i = 0; i < 30; i++)
        {
            TimeSpan pause = backoff.Failed();
            longest = pause > longest ? pause : longest;
            _time.Advance(pause);
            backoff.Succeeded();
        }

        Assert.Equal(Backoff.Longest, longest);
    }

    [Fact]
    public void After_a_good_while_without_failure_it_begins_at_the_shortest_pause_again()
    {
        Backoff backoff = new(_time, new Random(1));
        Assert.Contains(Pauses(backoff, 30), p => p > Backoff.Shortest * 3);
        _time.Advance(Backoff.Longest + TimeSpan.FromTicks(1));
        backoff.Succeeded();
        Assert.InRange(backoff.Failed(), Backoff.Shortest, Backoff.Shortest * 3);
    }

    private static List<TimeSpan> Pauses(Backoff backoff, int count) => [.. Enumerable.Range(0, count).Select(_ => backoff.Failed())];
}
