using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using EdgeGateway.Evidence;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;
using Recorder = EdgeGateway.Recording.Recorder;

namespace EdgeGateway.Bench;

/// <summary>What a day of recording writes to the card: recorder, ledger and register file as they are, only the clock is moved by hand.</summary>
internal static partial class WrittenBench
{
    private const int Meters = 32;
    private const int SecondsPerDay = 86_400;
    private const int Flush = 10, Slot = 60, Writeback = 30;
    private const double LimitMb = 80;

    public static async Task<int> RunAsync(string folder, TimeSpan? watch)
    {
        (string device, bool lazy) = DeviceOf(Path.GetFullPath(folder));
        Table table = new Table().AddColumns("figure", "MB a day", "limit", "");
        double all = await MeasureAsync(folder, device, lazy, withLedger: true, watch);
        double registers = await MeasureAsync(folder, device, lazy, withLedger: false, watch);
        table.AddRow("written to the block device", Mb(all), $"≤ {LimitMb}", all <= LimitMb ? "held" : "MISSED");
        table.AddRow("  by the register file alone", Mb(registers), "", "");
        table.AddRow("  by the ledger, which is the rest", Mb(all - registers), "", "");
        AnsiConsole.Write(table);
        Console.WriteLine($"""
            {Meters} meters in one group, recorded and signed every {Slot} s, registers flushed every {Flush} s. Device {device}: whatever else writes to it is in the figures.
            """);
        Console.WriteLine(watch is { } w
            ? $"Watched for {w.TotalSeconds:0} s. The ledger moves its WAL into the database about once in two hours, which so short a time may miss."
            : lazy
                ? "A day in as little time as it takes. Mounted with lazytime, the kernel writes nothing of it by itself: all data are flushed, and time stamps wait."
                : $"A day in as little time as it takes. What the kernel does by itself is done for it: time stamps are committed after each flush (it does so every 5 s), and all is written back every {Writeback} s.");
        return all <= LimitMb ? 0 : 1;
    }

    private static async Task<double> MeasureAsync(string folder, string device, bool lazy, bool withLedger, TimeSpan? watch)
    {
        string data = Directory.CreateDirectory(Path.Combine(folder, $"written-{Environment.ProcessId}")).FullName;
        try
        {
            HandClock clock = new(DateTimeOffset.FromUnixTimeSeconds(1_781_481_600));
            using DeviceKey key = DeviceKey.Open(data);
            using Ledger ledger = Ledger.Open(Path.Combine(data, "ledger.db"));
            await using RegisterFile file = RegisterFile.Open(Path.Combine(data, "registers"), clock, NullLogger.Instance);
            using SafeFileHandle journal = File.OpenHandle(Path.Combine(data, "journal"), FileMode.Create, FileAccess.ReadWrite);
            RegisterBook book = new(file.Found, LastRecorded.Registers(ledger));
            Counted[] meters = [.. Enumerable.Range(1, Meters).Select(i => new Counted(book.Open($"machine-{i:D2}", (ObisCode.ActiveImport, Quantum.MilliwattHour))))];
            Now now = new(meters, clock.GetUtcNow());
            Recorder recorder = new(
                ledger, key, now, [new("hall-1", [.. meters.Select(m => m.Registers.Meter)], "1", [LeafRecord.Of("group", "hall-1"), LeafRecord.Of("class", "1")])],
                [], new Rhythm(TimeSpan.FromSeconds(Slot), TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(Slot), 256), clock,
                new Pen(clock, () => TimeStatus.Synchronised, RandomNumberGenerator.Create()), Recorder.OriginOf(ledger, key, simulated: true),
                NullLogger<Recorder>.Instance);
            recorder.Start(new ProcessStart("bench", "0"), book.Starts);
            recorder.Seal();
            WriteBack(journal);

            long blocks = BytesOf(device);
            int seconds = (int)(watch?.TotalSeconds ?? SecondsPerDay);
            for (int second = Flush; second <= seconds; second += Flush)
            {
                if (watch is not null)
                {
                    await Task.Delay(TimeSpan.FromSeconds(Flush), TimeProvider.System);
                }

                foreach (Counted meter in meters)
                {
                    meter.Registers.Add(3_000);
                    now.Store(meter.Read(clock.GetUtcNow().AddSeconds(Flush)));
                }

                file.Write(book);
                clock.Advance(TimeSpan.FromSeconds(Flush)); // the register file flushes
                if (withLedger && second % Slot == 0)
                {
                    recorder.Tick(clock.GetUtcNow());
                    recorder.Seal();
                    ledger.MoveCursor("cloud", ledger.Size);
                }

                if (watch is null && !lazy)
                {
                    File.SetLastWriteTimeUtc(journal, clock.GetUtcNow().UtcDateTime);
                    RandomAccess.FlushToDisk(journal);
                    if (second % Writeback == 0)
                    {
                        WriteBack(journal);
                    }
                }
            }

            WriteBack(journal);
            return (BytesOf(device) - blocks) / (seconds / (double)SecondsPerDay) / 1e6;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static string Mb(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    // proc_pid_mountinfo(5): the third field is major:minor, the fifth the mount point, the sixth its options; the longest mount point that
    // the path is under is its own. With lazytime the kernel writes no time stamps between flushes.
    private static (string Device, bool Lazy) DeviceOf(string folder)
    {
        string[] mount = File.ReadLines("/proc/self/mountinfo").Select(l => l.Split(' '))
            .Where(f => folder == f[4] || folder.StartsWith(f[4].TrimEnd('/') + "/", StringComparison.Ordinal)).MaxBy(f => f[4].Length)!;
        return (mount[2], Array.Exists(mount, field => field.Split(',').Contains("lazytime")));
    }

    // Documentation/block/stat.rst of the kernel: the seventh number is sectors written, of 512 bytes whatever the device's are.
    private static long BytesOf(string device) => 512 * long.Parse(
        File.ReadAllText($"/sys/dev/block/{device}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries)[6], CultureInfo.InvariantCulture);

    private static void WriteBack(SafeFileHandle file)
    {
        if (SyncFs(file) != 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(SafeFileHandle file);

    private sealed class Counted(MeterRegisters registers) : IMeter
    {
        public MeterRegisters Registers => registers;

        public AccuracyClass Accuracy => AccuracyClass.Class1;

        public Reading Read(DateTimeOffset time) => new() { Meter = registers.Meter, Time = time, Registers = registers.Now, Accuracy = Accuracy };
    }

    /// <summary>Time that passes when told; each advance lets every timer fire once.</summary>
    private sealed class HandClock(DateTimeOffset start) : TimeProvider
    {
        private readonly List<TimerCallback> _timers = [];
        private DateTimeOffset _now = start;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timers.Add(callback);
            return new HandTimer();
        }

        public void Advance(TimeSpan by)
        {
            _now += by;
            _timers.ForEach(t => t(null));
        }

        private sealed class HandTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
