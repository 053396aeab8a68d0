using System.Collections.Concurrent;
using EdgeGateway.Gateway.Tests.Publishing;

namespace EdgeGateway.Gateway.Tests.Hosting;

/// <summary>What systemd is told, and when it is not told that the gateway is alive.</summary>
public sealed class SystemdTests
{
    private static readonly TimeSpan Watchdog = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly SignallingTime _time = new();
    private readonly ConcurrentQueue<string> _told = new();
    private readonly Progress _recorder;
    private readonly Progress[] _buses;
    private bool _endsForGood = true;

    public SystemdTests()
    {
        _recorder = new Progress(Longest, _time);
        _buses = [new Progress(Longest, _time), new Progress(Longest, _time)];
    }

    [Fact]
    public async Task It_is_told_that_the_gateway_is_ready_then_alive_twice_within_the_watchdogs_time_and_at_the_end_that_it_stops()
    {
        using CancellationTokenSource stop = new();
        Task running = Run(stop);
        Assert.Equal(Watchdog / 2, await _time.NextWaitAsync());
        Assert.Equal(["READY=1", "STATUS=Everything runs.", "WATCHDOG=1"], Told());
        _time.Advance(Watchdog / 2);
        await _time.NextWaitAsync();
        Assert.Equal(["WATCHDOG=1"], Told());
        await stop.CancelAsync();
        await running.InTimeAsync();
        Assert.Equal(["STOPPING=1"], Told());
    }

    [Fact]
    public async Task The_watchdog_is_not_fed_while_the_recorder_hangs()
    {
        using CancellationTokenSource stop = new();
        Task running = Run(stop);
        await _time.NextWaitAsync();
        Assert.Equal([true, true, true, true, true, true, true, false, false], await FedAsync(9, recorderGoesOn: false, busesThatGoOn: 2));
        Assert.Equal([true], await FedAsync(1, recorderGoesOn: true, busesThatGoOn: 2));
        await stop.CancelAsync();
        await running.InTimeAsync();
    }

    [Fact]
    public async Task One_bus_that_hangs_is_no_reason_to_begin_again_and_all_of_them_are()
    {
        using CancellationTokenSource stop = new();
        Task running = Run(stop);
        await _time.NextWaitAsync();
        Assert.DoesNotContain(false, await FedAsync(9, recorderGoesOn: true, busesThatGoOn: 1));
        Assert.Equal([true, true, true, true, true, true, false], await FedAsync(7, recorderGoesOn: true, busesThatGoOn: 0));
        Assert.Equal([true], await FedAsync(1, recorderGoesOn: true, busesThatGoOn: 1));
        await stop.CancelAsync();
        await running.InTimeAsync();
    }

    [Fact]
    public async Task A_new_epoch_in_the_same_process_is_no_end()
    {
        _endsForGood = false;
        using CancellationTokenSource stop = new();
        Task running = Run(stop);
        await _time.NextWaitAsync();
        Told();
        await stop.CancelAsync();
        await running.InTimeAsync();
        Assert.Equal(["STATUS=The log goes on in a new epoch."], Told());
    }

    [Theory]
    [InlineData("30000000", null, 30)]
    [InlineData("30000000", "42", 30)]
    [InlineData("30000000", "43", null)]
    [InlineData(null, null, null)]
    [InlineData("soon", null, null)]
    [InlineData("0", null, null)]
    public void The_watchdog_is_this_processs_own_or_none(string? microseconds, string? process, int? seconds) =>
        Assert.Equal(seconds, (int?)Systemd.WatchdogOf(microseconds, process, 42)?.TotalSeconds);

    private Task Run(CancellationTokenSource stop) =>
        Task.Run(
            () =>
                new Systemd(_told.Enqueue, Watchdog, _recorder, _buses, () => "Everything runs.", () => _endsForGood, _time).RunAsync(
                    stop.Token
                ),
            TestContext.Current.CancellationToken
        );

    // Lets half of the watchdog's time pass, as often as asked, while only some go on, and says for each time whether it was fed.
    private async Task<List<bool>> FedAsync(int times, bool recorderGoesOn, int busesThatGoOn)
    {
        List<bool> fed = [];
        for (int i = 0; i < times; i++)
        {
            if (recorderGoesOn)
            {
                _recorder.Made();
            }

            foreach (Progress bus in _buses.Take(busesThatGoOn))
            {
                bus.Made();
            }

            Told();
            _time.Advance(Watchdog / 2);
            await _time.NextWaitAsync();
            fed.Add(Told().Contains("WATCHDOG=1"));
        }

        return fed;
    }

    private List<string> Told()
    {
        List<string> told = [];
        while (_told.TryDequeue(out string? state))
        {
            told.Add(state);
        }

        return told;
    }
}
