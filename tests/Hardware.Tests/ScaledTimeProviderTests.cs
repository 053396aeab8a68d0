using EdgeGateway.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Hardware.Tests;

public class ScaledTimeProviderTests
{
    private static readonly DateTimeOffset Start = new(2026, 6, 15, 0, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _real = new();

    [Fact]
    public void It_starts_at_its_start_and_runs_at_its_speed()
    {
        var time = new ScaledTimeProvider(Start, 60, _real);
        long before = time.GetTimestamp();
        Assert.Equal(Start, time.GetUtcNow());
        _real.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Start.AddMinutes(2), time.GetUtcNow());
        Assert.Equal(TimeSpan.FromMinutes(2), time.GetElapsedTime(before));
    }

    [Fact]
    public void Its_timers_run_with_it()
    {
        var time = new ScaledTimeProvider(Start, 60, _real);
        int fired = 0;
        using ITimer timer = time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(30));
        _real.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, fired);
        _real.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, fired);
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _real.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(3, fired);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(20_000)]
    [InlineData(double.NaN)]
    public void An_impossible_speed_is_refused(double speed) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ScaledTimeProvider(Start, speed, _real));
}
