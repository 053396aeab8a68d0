using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests;

/// <summary>A clock that stands still until a test moves it, and tells the test when somebody begins to wait on it.</summary>
internal sealed class SignallingTime : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        _waits.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Completes when the next wait has begun, with its length.</summary>
    public Task<TimeSpan> NextWaitAsync() => _waits.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();
}
