using System.Runtime.InteropServices;

namespace EdgeGateway.Metering;

/// <summary>Reads the continuous inputs of one bus on a thread of its own, a little more often than the fastest chip converts.</summary>
/// <remarks>
/// Each chip has at most one new sample between two rounds, so one sleeping thread serves all of them: a thousand wake-ups a second however
/// many chips there are, instead of one for each sample of each.
/// <para>
/// Rounds start at multiples of a millisecond, not a millisecond after the last one, so that a late one makes the next shorter and not
/// later. The thread asks the kernel for a real-time turn and for timers without slack; where that is refused it samples as an ordinary
/// thread, and what it misses is a gap.
/// </para>
/// </remarks>
/// <param name="bus">The bus's name in the site file.</param>
/// <param name="streams">The inputs.</param>
/// <param name="progress">Told of each round.</param>
public sealed partial class Ads1115Sampler(string bus, IReadOnlyList<Ads1115ContinuousInput> streams, Progress? progress = null)
    : IDisposable
{
    // The fastest chip converts every 1.057 ms (860 a second + 10 %).
    private const long RoundNs = 1_000_000;
    private const int ClockMonotonic = 1;
    private const int AbsoluteTime = 1;
    private const int SchedFifo = 1;
    private const int SetTimerSlack = 29;

    private static readonly System.TimeSpan LongestStop = System.TimeSpan.FromSeconds(2);
    private Task _thread = Task.CompletedTask;
    private volatile bool _stopping;

    /// <summary>The bus that is sampled.</summary>
    public string Bus => bus;

    /// <summary>Shows whether it goes on, or null where nobody asks.</summary>
    public Progress? Progress => progress;

    /// <summary>Samples until it is disposed.</summary>
    public void Start() =>
        _thread = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Samples until it is cancelled. With whatever its thread ends, this ends.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        Start();
        try
        {
            await _thread.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Dispose();
        }
    }

    /// <summary>Ends the thread. Where a bus hangs, the thread ends with the process only.</summary>
    public void Dispose()
    {
        _stopping = true;
        Task.WaitAny([_thread], LongestStop);
    }

    private void Run()
    {
        Thread.CurrentThread.Name = $"samples {bus}";
        int priority = 10;
        _ = SetScheduler(0, SchedFifo, ref priority);
        _ = Control(SetTimerSlack, 1, 0, 0, 0);
        TimeSpec next = ReadClock();
        while (!_stopping)
        {
            foreach (Ads1115ContinuousInput stream in streams)
            {
                stream.Serve();
            }

            progress?.Made();

            next = next.Plus(RoundNs);
            TimeSpec now = ReadClock();
            if (next.IsBefore(now))
            {
                next = now;
            }

            _ = Sleep(ClockMonotonic, AbsoluteTime, ref next, 0);
        }
    }

    private static TimeSpec ReadClock()
    {
        _ = GetTime(ClockMonotonic, out TimeSpec now);
        return now;
    }

    // struct timespec: two words of the machine's size on 64-bit Linux.
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds)
    {
        public TimeSpec Plus(long ns)
        {
            (long seconds, long rest) = Math.DivRem(Nanoseconds + ns, 1_000_000_000);
            return new TimeSpec(Seconds + seconds, rest);
        }

        public bool IsBefore(TimeSpec other) => (Seconds, Nanoseconds).CompareTo((other.Seconds, other.Nanoseconds)) < 0;
    }

    // Called from libc, because Thread.Sleep takes whole milliseconds from now on only, and ThreadPriority does nothing on Linux.
    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int Sleep(int clock, int flags, ref TimeSpec time, nint remaining);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, ref int priority);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint value, nuint unused3, nuint unused4, nuint unused5);
}
