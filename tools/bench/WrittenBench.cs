using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Signing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;
using Recorder = EdgeGateway.Recording.Recorder;

namespace EdgeGateway.Bench;

/// <summary>
/// What a day of recording writes to the card: recorder, ledger and register file as they are, only the clock is moved by hand.
/// </summary>
internal static partial class WrittenBench
{
    private const int Meters = 32;
    private const int SecondsPerDay = 86_400;
    private const int Flush = 10,
        Slot = 60;
    private const double LimitMb = 80;

    /// <param name="folder">On the file system to be measured.</param>
    /// <param name="speed">How many seconds of recording pass in one. What the kernel does by its own clock must be as much faster: see
    /// below.</param>
    /// <param name="hours">Hours of recording; the ledger moves its WAL into the database about every two.</param>
    public static async Task<int> RunAsync(string folder, int speed, double hours)
    {
        (string device, double commit) = DeviceOf(Path.GetFullPath(folder));
        if (!File.Exists(StatOf(device)))
        {
            Console.WriteLine($"{folder} is not on a block device: nothing is counted. Give a folder on a mounted disk or image.");
        }

        Table table = new Table().AddColumns("figure", "MB a day", "limit", "");
        double all = await MeasureAsync(folder, device, speed, hours, withLedger: true);
        double registers = await MeasureAsync(folder, device, speed, hours, withLedger: false);
        table.AddRow("written to the block device", Mb(all), $"≤ {LimitMb}", all <= LimitMb ? "held" : "MISSED");
        table.AddRow("  by the register file alone", Mb(registers), "", "");
        table.AddRow("  by the ledger, which is the rest", Mb(all - registers), "", "");
        AnsiConsole.Write(table);
        Console.WriteLine(
            $"""
            {Meters} meters in one group, recorded and signed every {Slot} s, registers flushed every {Flush} s,
            over {hours} h at {speed} times the speed.
            The file system commits its journal every {commit} s, which stands for commit={commit * speed} on a device.
            Whatever else writes to device {device} is in the figures.
            """
        );
        return all <= LimitMb ? 0 : 1;
    }

    private static async Task<double> MeasureAsync(string folder, string device, int speed, double hours, bool withLedger)
    {
        string data = Directory.CreateDirectory(Path.Combine(folder, $"written-{Environment.ProcessId}")).FullName;
        try
        {
            HandClock clock = new(DateTimeOffset.FromUnixTimeSeconds(1_781_481_600));
            using DeviceKey key = DeviceKey.Open(data);
            using Ledger ledger = Ledger.Open(Path.Combine(data, "ledger.db"));
            await using RegisterFile file = RegisterFile.Open(Path.Combine(data, "registers"), clock, NullLogger.Instance);
            using SafeFileHandle any = File.OpenHandle(Path.Combine(data, "any"), FileMode.Create, FileAccess.ReadWrite);
            RegisterBook book = new(file.Found, LastRecorded.Registers(ledger));
            Counted[] meters =
            [
                .. Enumerable
                    .Range(1, Meters)
                    .Select(i => new Counted(book.Open($"machine-{i:D2}", (ObisCode.ActiveImport, Quantum.MilliwattHour)))),
            ];
            Now now = new(meters, clock.GetUtcNow());
            LeafRecord[] settings = [LeafRecord.Of("group", "hall-1"), LeafRecord.Of("class", "1")];
            RecordedGroup group = new("hall-1", [.. meters.Select(m => m.Registers.Meter)], "1", settings);
            Rhythm rhythm = new(TimeSpan.FromSeconds(Slot), TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(Slot), 256);
            Pen pen = new(clock, () => TimeStatus.Synchronised, RandomNumberGenerator.Create());
            Origin origin = Recorder.OriginOf(ledger, key, simulated: true);
            Recorder recorder = new(
                new RecordingPlan([group], rhythm),
                ledger,
                key,
                now,
                clock,
                pen,
                origin,
                NullLogger<Recorder>.Instance
            );
            recorder.Start(new ProcessStart("bench", "0") { Registers = book.Starts });
            recorder.Seal();
            WriteBack(any);

            long blocks = BytesOf(device);
            long began = TimeProvider.System.GetTimestamp();
            int seconds = (int)(hours * 3600);
            for (int second = Flush; second <= seconds; second += Flush)
            {
                TimeSpan due = TimeSpan.FromSeconds(second / (double)speed) - TimeProvider.System.GetElapsedTime(began);
                await Task.Delay(due > TimeSpan.Zero ? due : TimeSpan.Zero, TimeProvider.System);
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
            }

            WriteBack(any);
            return (BytesOf(device) - blocks) / (seconds / (double)SecondsPerDay) / 1e6;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static string Mb(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    // proc_pid_mountinfo(5): the third field is major:minor, the fifth the mount point, options stand in the sixth and the last; the
    // longest mount point that the path is under is its own. ext4 shows its commit interval when it is not 5 s.
    private static (string Device, double Commit) DeviceOf(string folder)
    {
        string[] mount = File.ReadLines("/proc/self/mountinfo")
            .Select(l => l.Split(' '))
            .Where(f => folder == f[4] || folder.StartsWith(f[4].TrimEnd('/') + "/", StringComparison.Ordinal))
            .MaxBy(f => f[4].Length)!;
        string? commit = mount.SelectMany(f => f.Split(',')).FirstOrDefault(o => o.StartsWith("commit=", StringComparison.Ordinal));
        return (mount[2], commit is null ? 5 : double.Parse(commit["commit=".Length..], CultureInfo.InvariantCulture));
    }

    // Documentation/block/stat.rst of the kernel: the seventh number is sectors written, of 512 bytes whatever the device's are.
    private static long BytesOf(string device)
    {
        if (!File.Exists(StatOf(device)))
        {
            return 0;
        }

        string[] counts = File.ReadAllText(StatOf(device)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return 512 * long.Parse(counts[6], CultureInfo.InvariantCulture);
    }

    private static string StatOf(string device) => $"/sys/dev/block/{device}/stat";

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

        public Reading Read(DateTimeOffset time) =>
            new()
            {
                Meter = registers.Meter,
                Time = time,
                Registers = registers.Now,
                Accuracy = Accuracy,
            };
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

            public void Dispose() { }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
