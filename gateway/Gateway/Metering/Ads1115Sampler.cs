using System.Runtime.InteropServices;

namespace EdgeGateway.Metering;

/// <summary>Reads the continuous inputs of one bus on a thread of its own, a little more often than the fastest chip converts.</summary>
/// <remarks>
/// Each chip has at most one new sample between two rounds, so one sleeping thread serves all of them: a thousand wake-ups a second however
/// many chips there are, instead of one for each sample of each.
/// </remarks>
/// <param name="bus">The bus's name in the site file.</param>
/// <param name="streams">The inputs.</param>
public sealed partial class Ads1115Sampler(string bus, IReadOnlyList<Ads1115ContinuousInput> streams) : IDisposable
{
    // The fastest chip converts every 1.057 ms (860 a second + 10 %); a sleep ends some 60 µs late.
    private const int RoundNs = 900_000;

    private Thread? _thread;
    private volatile bool _stopping;

    /// <summary>Samples until it is disposed.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { Name = $"samples {bus}", IsBackground = true, Priority = ThreadPriority.Highest };
        _thread.Start();
    }

    /// <summary>Ends the thread. A bus that hangs keeps it; it ends with the process then.</summary>
    public void Dispose()
    {
        _stopping = true;
        _thread?.Join(TimeSpan.FromSeconds(2));
    }

    private void Run()
    {
        while (!_stopping)
        {
            foreach (Ads1115ContinuousInput stream in streams)
            {
                stream.Serve();
            }

            Pause();
        }
    }

    // Thread.Sleep knows whole milliseconds only, which is too long.
    private static void Pause()
    {
        TimeSpec time = new() { Nanoseconds = RoundNs };
        _ = NanoSleep(ref time, 0);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(ref TimeSpec time, nint remaining);
}
