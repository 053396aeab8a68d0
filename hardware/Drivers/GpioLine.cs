using System.Runtime.InteropServices;
using EdgeGateway.Readings.Sampling;
using Microsoft.Win32.SafeHandles;

namespace EdgeGateway.Drivers;

/// <summary>
/// A line of a GPIO chip as an input for pulses, read from the kernel's character device (/dev/gpiochipN, &lt;linux/gpio.h&gt;).
/// </summary>
/// <remarks>
/// The kernel stamps both edges of the line with CLOCK_MONOTONIC when they come and keeps the newest 1024: nothing is missed while this
/// process is stopped or busy, and what did not fit is known by its number. Every line is a request of its own, so that a
/// chattering contact cannot push out another line's edges. Not for several threads at once.
/// </remarks>
public sealed partial class GpioLine : IPulseLine, IDisposable
{
    private const string Consumer = "edge-gateway";
    private const int EventsAtOnce = 64;

    // How long to wait for an edge that was on its way when the level was sampled. The kernel's interrupt thread needs microseconds.
    private const int InFlightMs = 10;

    private readonly string _name;
    private readonly SafeFileHandle _file;
    private readonly GpioEdges _edges = new();
    private readonly byte[] _records = new byte[EventsAtOnce * GpioRecords.EventBytes];
    private long _notedNs = long.MinValue;
    private int _taken;
    private int _filled;

    private GpioLine(string name, SafeFileHandle file)
    {
        _name = name;
        _file = file;
        byte[] values = GpioRecords.Values();
        int error = Control(file, GpioRecords.GetValues, values);
        if (error != 0)
        {
            throw Failed("its level cannot be read", error);
        }

        // The sampled level may already be that after an edge which is still in the queue. Then the level before that edge is the initial
        // one.
        InitialHigh = Fill(InFlightMs) ? !GpioRecords.LevelOf(_records) : GpioRecords.IsActive(values);
    }

    /// <inheritdoc/>
    public bool InitialHigh { get; }

    /// <inheritdoc/>
    public long ReadClock()
    {
        _notedNs = ReadMonotonicClock();
        return _notedNs;
    }

    /// <summary>Opens a line of a chip for this process alone.</summary>
    /// <param name="label">The chip's label, for example <c>pinctrl-rp1</c>. Labels stay; the number in /dev/gpiochipN does not.</param>
    /// <param name="line">The line's offset, 0 or above.</param>
    /// <param name="bias">The resistor in the chip.</param>
    /// <param name="activeLow">A low voltage is the active level, as of a contact to ground.</param>
    /// <exception cref="IOException">There is no such chip or line, or it cannot be had; the sentence says why.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not open GPIO chips.</exception>
    public static GpioLine Open(string label, int line, GpioBias bias, bool activeLow)
    {
        string name = $"gpio:{label} line {line}";
        using SafeFileHandle chip = OpenChip(label, out GpioChipInfo info);
        if (line < 0 || line >= info.Lines)
        {
            throw new IOException(
                $"{name}: the chip has the lines 0 to {info.Lines - 1}. Write the offset of the line that the wire is on."
            );
        }

        byte[] request = GpioRecords.Request(line, bias, activeLow, Consumer);
        int error = Control(chip, GpioRecords.GetLine, request);
        if (error == 0)
        {
            return new GpioLine(name, new SafeFileHandle(GpioRecords.FileOf(request), ownsHandle: true));
        }

        byte[] about = GpioRecords.LineInfo(line);
        if (Control(chip, GpioRecords.GetLineInfo, about) != 0)
        {
            throw new IOException($"{name}: this kernel has only the first version of the GPIO interface. Linux 5.10 or later is needed.");
        }

        string named = GpioRecords.ConsumerOf(about);
        string consumer = named.Length > 0 ? named : "a program that gives no name";
        throw new IOException(
            error == Busy
                ? $"{name} is in use by {consumer}. Stop that program, or take the line out of the device tree."
                : $"{name}: the kernel does not give it as an input with edges ({Marshal.GetPInvokeErrorMessage(error)})."
        );
    }

    /// <inheritdoc/>
    public bool TryTake(out Edge edge)
    {
        edge = default;
        if (_taken == _filled && !Fill(timeoutMs: 0))
        {
            _edges.MarkTakenUpTo(_notedNs);
            return false;
        }

        edge = _edges.Next(_records.AsSpan(_taken, GpioRecords.EventBytes));
        _taken += GpioRecords.EventBytes;
        return true;
    }

    /// <summary>Gives the line back.</summary>
    public void Dispose() => _file.Dispose();

    private static SafeFileHandle OpenChip(string label, out GpioChipInfo info)
    {
        List<OpenedChip> chips = [];
        try
        {
            foreach (string path in Directory.GetFiles("/dev", "gpiochip*").Order(StringComparer.Ordinal))
            {
                SafeFileHandle file = OpenFile(path);
                byte[] answer = new byte[GpioRecords.ChipInfoBytes];
                int error = Control(file, GpioRecords.GetChipInfo, answer);
                chips.Add(new OpenedChip(file, error == 0 ? GpioRecords.ChipOf(answer) : default));
            }

            // Raspberry Pi OS has links from old numbers to new ones, so one chip can be there twice.
            OpenedChip[] known = [.. chips.Where(c => c.Info != default).DistinctBy(c => c.Info.Name)];
            OpenedChip[] named = [.. known.Where(c => c.Info.Label == label)];
            if (named.Length != 1)
            {
                throw new IOException(WhyNotOne(label, known, named));
            }

            (SafeFileHandle found, info) = named[0];
            chips.RemoveAll(c => c.File == found);
            return found;
        }
        finally
        {
            chips.ForEach(c => c.File.Dispose());
        }
    }

    private static string WhyNotOne(string label, OpenedChip[] known, OpenedChip[] named)
    {
        if (known.Length == 0)
        {
            return $"gpio:{label}: this system has no GPIO character device (/dev/gpiochip*).";
        }

        if (named.Length == 0)
        {
            return $"gpio:{label}: no chip has this label. There are {string.Join(", ", known.Select(c => $"gpio:{c.Info.Label}"))}.";
        }

        return $"gpio:{label}: {string.Join(" and ", named.Select(c => c.Info.Name))} both have this label, so it does "
            + "not tell them apart.";
    }

    private static SafeFileHandle OpenFile(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (UnauthorizedAccessException)
        {
            throw new UnauthorizedAccessException(
                $"{path} may not be opened by this user. Put the user into the group gpio, and start again."
            );
        }
    }

    /// <summary>Reads events into the empty buffer. False when none came in time.</summary>
    private bool Fill(int timeoutMs)
    {
        _taken = 0;
        _filled = 0;
        PollFile poll = new() { File = (int)_file.DangerousGetHandle(), Events = Readable };
        nint result;
        do
        {
            result = Poll(ref poll, 1, timeoutMs);
            result = result > 0 ? Read(_file, ref _records[0], (nuint)_records.Length) : result;
        } while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);

        if (result < 0)
        {
            throw Failed("its edges cannot be read", Marshal.GetLastPInvokeError());
        }

        _filled = (int)result;
        return _filled > 0;
    }

    private IOException Failed(string wrong, int error) => new($"{_name}: {wrong} ({Marshal.GetPInvokeErrorMessage(error)}).");

    /// <summary>Does an ioctl. Gives the error number, 0 when it went well.</summary>
    private static int Control(SafeFileHandle file, uint request, byte[] record)
    {
        int error;
        do
        {
            error = Ioctl(file, request, ref record[0]) < 0 ? Marshal.GetLastPInvokeError() : 0;
        } while (error == Interrupted);

        return error;
    }

    private static long ReadMonotonicClock()
    {
        _ = ClockGetTime(ClockMonotonic, out TimeSpec now);
        return (now.Seconds * 1_000_000_000) + now.Nanoseconds;
    }

    // <errno.h>, <poll.h>, <time.h>
    private const int Interrupted = 4;
    private const int Busy = 16;
    private const short Readable = 1;
    private const int ClockMonotonic = 1;

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeFileHandle file, nuint request, ref byte record);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollFile files, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle file, ref byte buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec now);

    private readonly record struct OpenedChip(SafeFileHandle File, GpioChipInfo Info);

    private struct PollFile
    {
        public int File;
        public short Events;
        public short Returned;
    }

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
