using System.Buffers.Binary;
using System.Text;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Drivers;

/// <summary>What a resistor in the chip does to an input that nothing drives.</summary>
public enum GpioBias
{
    /// <summary>Pulls it up: for a contact to ground.</summary>
    Up,

    /// <summary>Pulls it down: for a contact to the supply.</summary>
    Down,

    /// <summary>Nothing: the wiring has its own resistor.</summary>
    None,
}

/// <summary>A GPIO chip as the kernel describes it.</summary>
/// <param name="Name">The kernel's name, for example <c>gpiochip0</c>. It is numbered as chips were found and changes between
/// kernels.</param>
/// <param name="Label">What the chip is, for example <c>pinctrl-rp1</c>.</param>
/// <param name="Lines">How many lines it has.</param>
public readonly record struct GpioChipInfo(string Name, string Label, int Lines);

/// <summary>The records of the Linux GPIO character device, second version: &lt;linux/gpio.h&gt;, since Linux 5.10.</summary>
/// <remarks>
/// Little endian, as both processors are that the gateway is built for. Offsets in bytes; what is not named is zero:
/// <code>
/// chip info      68   0 name 32 · 32 label 32 · 64 lines u32
/// line info     256   0 name 32 · 32 consumer 32 · 64 offset u32
/// line request  592   0 offsets u32×64 · 256 consumer 32 · 288 flags u64 · 560 lines u32 · 564 event buffer u32 · 588 fd s32
/// line values    16   0 bits u64 · 8 mask u64
/// line event     48   0 time u64 ns · 8 id u32 (1 rises, 2 falls) · 12 offset u32 · 16 seqno u32 · 20 line_seqno u32
/// </code>
/// </remarks>
public static class GpioRecords
{
    /// <summary>struct gpiochip_info.</summary>
    public const int ChipInfoBytes = 68;

    /// <summary>struct gpio_v2_line_info.</summary>
    public const int LineInfoBytes = 256;

    /// <summary>struct gpio_v2_line_request.</summary>
    public const int RequestBytes = 592;

    /// <summary>struct gpio_v2_line_values.</summary>
    public const int ValuesBytes = 16;

    /// <summary>struct gpio_v2_line_event.</summary>
    public const int EventBytes = 48;

    /// <summary>The most events that the kernel keeps for a request (16 for each of 64 lines), and how many we ask for.</summary>
    public const int EventBuffer = 1024;

    /// <summary>GPIO_GET_CHIPINFO_IOCTL.</summary>
    public const uint GetChipInfo = Read | (ChipInfoBytes << 16) | Type | 0x01;

    /// <summary>GPIO_V2_GET_LINEINFO_IOCTL.</summary>
    public const uint GetLineInfo = Read | Write | (LineInfoBytes << 16) | Type | 0x05;

    /// <summary>GPIO_V2_GET_LINE_IOCTL.</summary>
    public const uint GetLine = Read | Write | (RequestBytes << 16) | Type | 0x07;

    /// <summary>GPIO_V2_LINE_GET_VALUES_IOCTL.</summary>
    public const uint GetValues = Read | Write | (ValuesBytes << 16) | Type | 0x0E;

    // <asm-generic/ioctl.h>: direction in bits 30 and 31, size from bit 16, type from bit 8, number.
    private const uint Read = 2u << 30;
    private const uint Write = 1u << 30;
    private const uint Type = 0xB4 << 8;

    private const int NameBytes = 32;

    /// <summary>Reads a chip info.</summary>
    public static GpioChipInfo ChipOf(ReadOnlySpan<byte> info) =>
        new(Text(info[..NameBytes]), Text(info.Slice(32, NameBytes)), BinaryPrimitives.ReadInt32LittleEndian(info[64..]));

    /// <summary>A line info that asks about a line.</summary>
    public static byte[] LineInfo(int line)
    {
        byte[] info = new byte[LineInfoBytes];
        BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(64), line);
        return info;
    }

    /// <summary>Who has the line of a line info, empty when the owner gave no name.</summary>
    public static string ConsumerOf(ReadOnlySpan<byte> info) => Text(info.Slice(32, NameBytes));

    /// <summary>A request for both edges of one line, stamped by CLOCK_MONOTONIC, with the largest event buffer.</summary>
    /// <param name="line">The line's offset.</param>
    /// <param name="bias">The resistor in the chip.</param>
    /// <param name="activeLow">A low voltage is the active level: edges and values are turned round.</param>
    /// <param name="consumer">Who asks, at most 31 bytes. Shown by <c>gpioinfo</c>.</param>
    public static byte[] Request(int line, GpioBias bias, bool activeLow, string consumer)
    {
        byte[] request = new byte[RequestBytes];
        ulong flags =
            Flag(2)
            | Flag(4)
            | Flag(5) // input, rising and falling edges
            | (activeLow ? Flag(1) : 0)
            | bias switch
            {
                GpioBias.Up => Flag(8),
                GpioBias.Down => Flag(9),
                _ => Flag(10),
            };
        BinaryPrimitives.WriteInt32LittleEndian(request, line);
        Encoding.ASCII.GetBytes(consumer, request.AsSpan(256, NameBytes - 1));
        BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(288), flags);
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(560), 1);
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(564), EventBuffer);
        return request;

        static ulong Flag(int bit) => 1UL << bit;
    }

    /// <summary>The file that the kernel opened for a request.</summary>
    public static int FileOf(ReadOnlySpan<byte> request) => BinaryPrimitives.ReadInt32LittleEndian(request[588..]);

    /// <summary>Line values that ask about the one line of a request.</summary>
    public static byte[] Values()
    {
        byte[] values = new byte[ValuesBytes];
        values[8] = 1;
        return values;
    }

    /// <summary>Whether the line of line values is active.</summary>
    public static bool IsActive(ReadOnlySpan<byte> values) => (values[0] & 1) != 0;

    /// <summary>The level that an event leads to: active or not.</summary>
    public static bool LevelOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record[8..]) == 1;

    /// <summary>When an event came, nanoseconds of CLOCK_MONOTONIC.</summary>
    public static long TimeOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record);

    /// <summary>The event's number among those of its line. The first is 1, and after 2³²−1 comes 0.</summary>
    public static uint NumberOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record[20..]);

    private static string Text(ReadOnlySpan<byte> name)
    {
        int end = name.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
    }
}

/// <summary>Makes the edges of one line from its event records, and tells from their numbers how many are missing.</summary>
/// <remarks>
/// When its buffer is full the kernel drops the oldest event for each new one, so a gap in the numbers is always before an event that
/// is there:
/// <code>
///  number   1  2  3 │ 4  5  6 … 47 │ 48  49          44 lost before 48
///           read    │ dropped      │ read
/// </code>
/// </remarks>
public sealed class GpioEdges
{
    private uint _next = 1;
    private long _earliestNs = long.MinValue;

    /// <summary>
    /// Tells that all edges up to a time have been taken. The kernel stamps an edge when it interrupts and queues it a moment later: one
    /// that was on its way is stamped with this time, so that edges never come from the past.
    /// </summary>
    public void MarkTakenUpTo(long timeNs) => _earliestNs = Math.Max(_earliestNs, timeNs);

    /// <summary>The edge of the next record.</summary>
    public Edge Next(ReadOnlySpan<byte> record)
    {
        uint number = GpioRecords.NumberOf(record);
        uint lost = unchecked(number - _next);
        _next = unchecked(number + 1);
        MarkTakenUpTo(GpioRecords.TimeOf(record));
        return new Edge(_earliestNs, GpioRecords.LevelOf(record), lost);
    }
}
