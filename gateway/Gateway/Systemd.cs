using System.Globalization;

namespace EdgeGateway;

/// <summary>Tells systemd that the gateway is ready, alive, and stopping (sd_notify(3), sd_watchdog_enabled(3)).</summary>
/// <remarks>
/// The watchdog restarts the process, which helps when the recorder or all buses stand still. One bus of several is no reason: a restart
/// would interrupt the others, and does not free a thread that hangs in the kernel; its meters are recorded as missing instead.
/// </remarks>
/// <param name="tell">Sends a state to systemd.</param>
/// <param name="watchdog">Within which time systemd wants to hear that the gateway is alive; null: it does not.</param>
/// <param name="recorder">Shows whether the recorder goes on.</param>
/// <param name="buses">Show whether the buses do.</param>
/// <param name="status">How it stands, in a sentence.</param>
/// <param name="endsForGood">Asked when it stops: false when the process begins again by itself, which is no end for systemd.</param>
/// <param name="time">Real time.</param>
public sealed class Systemd(
    Action<string> tell,
    TimeSpan? watchdog,
    Progress recorder,
    IReadOnlyList<Progress> buses,
    Func<string> status,
    Func<bool> endsForGood,
    TimeProvider time
)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private string? _told;

    /// <summary>Within which time systemd wants to hear from this process; null: it does not.</summary>
    /// <param name="microseconds">The environment's <c>WATCHDOG_USEC</c>.</param>
    /// <param name="process">Its <c>WATCHDOG_PID</c>: another's id says that the watchdog is not for this process.</param>
    /// <param name="own">This process's id.</param>
    public static TimeSpan? WatchdogOf(string? microseconds, string? process, int own)
    {
        bool isOurs = string.IsNullOrEmpty(process) || process == own.ToString(CultureInfo.InvariantCulture);
        return isOurs && long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out long us) && us > 0
            ? TimeSpan.FromMicroseconds(us)
            : null;
    }

    /// <summary>Says that the gateway is ready, then that it is alive for as long as it is, and at the end that it stops.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        tell("READY=1");
        TimeSpan pause = watchdog is { } within && within / 2 < LongestPause ? within / 2 : LongestPause;
        try
        {
            while (true)
            {
                TellOnce(status());
                if (watchdog is not null && IsAlive)
                {
                    tell("WATCHDOG=1");
                }

                await Task.Delay(pause, time, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            tell(endsForGood() ? "STOPPING=1" : "STATUS=The log goes on in a new epoch.");
        }
    }

    private bool IsAlive => !recorder.StandsStill && (buses.Count == 0 || buses.Any(b => !b.StandsStill));

    private void TellOnce(string said)
    {
        if (said != _told)
        {
            tell($"STATUS={said.ReplaceLineEndings(" ")}");
            _told = said;
        }
    }
}
