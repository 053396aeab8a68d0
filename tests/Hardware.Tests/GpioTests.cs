using System.Buffers.Binary;
using System.Text;
using CsCheck;
using EdgeGateway.Drivers;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Hardware.Tests;

public class GpioTests
{
    /// <summary>An event as the kernel writes it, in the order of struct gpio_v2_line_event.</summary>
    private static byte[] Record(ulong timeNs, bool rises, uint number)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write(timeNs);
        writer.Write(rises ? 1u : 2u); // GPIO_V2_LINE_EVENT_RISING_EDGE, GPIO_V2_LINE_EVENT_FALLING_EDGE
        writer.Write(17u); // offset
        writer.Write(number); // seqno, the same as line_seqno in a request of one line
        writer.Write(number);
        writer.Write(new byte[24]);
        return stream.ToArray();
    }

    [Fact]
    public void The_calls_have_the_numbers_of_the_kernel_header()
    {
        // What a C program prints that includes <linux/gpio.h>.
        Assert.Equal(0x8044B401, GpioRecords.GetChipInfo);
        Assert.Equal(0xC100B405, GpioRecords.GetLineInfo);
        Assert.Equal(0xC250B407, GpioRecords.GetLine);
        Assert.Equal(0xC010B40E, GpioRecords.GetValues);
        Assert.Equal(GpioRecords.EventBytes, Record(1, true, 1).Length);
    }

    [Theory]
    [InlineData(GpioBias.Up, true, 0x136UL)] // input 4, rising 16, falling 32; active low 2; pull-up 256
    [InlineData(GpioBias.Down, false, 0x234UL)]
    [InlineData(GpioBias.None, false, 0x434UL)]
    public void A_request_is_for_both_edges_of_one_line_with_the_largest_buffer(GpioBias bias, bool activeLow, ulong flags)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write(17);
        writer.Write(new byte[63 * 4]); // the other offsets
        writer.Write(Encoding.ASCII.GetBytes("edge-gateway".PadRight(32, '\0')));
        writer.Write(flags);
        writer.Write(new byte[24 + (10 * 24)]); // num_attrs, padding, attrs
        writer.Write(1);
        writer.Write(1024);
        writer.Write(new byte[20]);
        writer.Write(0); // fd
        Assert.Equal(592, stream.Length);
        Assert.Equal(stream.ToArray(), GpioRecords.Request(17, bias, activeLow, "edge-gateway"));
    }

    [Fact]
    public void The_file_of_a_request_is_its_last_field()
    {
        byte[] request = GpioRecords.Request(0, GpioBias.None, false, "x");
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(592 - 4), 23);
        Assert.Equal(23, GpioRecords.FileOf(request));
    }

    [Fact]
    public void A_chip_has_a_name_a_label_and_lines()
    {
        byte[] info = [.. Encoding.ASCII.GetBytes("gpiochip4".PadRight(32, '\0') + "pinctrl-rp1".PadRight(32, '\0')), 54, 0, 0, 0];
        Assert.Equal(GpioRecords.ChipInfoBytes, info.Length);
        Assert.Equal(new GpioChipInfo("gpiochip4", "pinctrl-rp1", 54), GpioRecords.ChipOf(info));
    }

    [Fact]
    public void A_line_info_asks_by_offset_and_answers_who_has_it()
    {
        byte[] info = GpioRecords.LineInfo(17);
        Assert.Equal((256, 17), (info.Length, BinaryPrimitives.ReadInt32LittleEndian(info.AsSpan(64))));
        Assert.Equal("", GpioRecords.ConsumerOf(info));
        Encoding.ASCII.GetBytes("a-consumer-of-thirty-two-letters").CopyTo(info.AsSpan(32));
        Assert.Equal("a-consumer-of-thirty-two-letters", GpioRecords.ConsumerOf(info));
    }

    [Fact]
    public void Line_values_ask_about_the_one_line()
    {
        byte[] values = GpioRecords.Values();
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], values);
        Assert.False(GpioRecords.IsActive(values));
        values[0] = 1;
        Assert.True(GpioRecords.IsActive(values));
    }

    [Fact]
    public void Edges_have_the_kernels_stamps_and_levels()
    {
        GpioEdges edges = new();
        Assert.Equal(new Edge(5_000_000_000, true), edges.Next(Record(5_000_000_000, true, 1)));
        Assert.Equal(new Edge(5_040_000_000, false), edges.Next(Record(5_040_000_000, false, 2)));
    }

    [Fact]
    public void A_gap_in_the_numbers_says_how_many_edges_were_lost_also_before_the_first_and_across_the_end_of_the_numbers()
    {
        GpioEdges edges = new();
        Assert.Equal(4, edges.Next(Record(1, true, 5)).LostBefore);
        Assert.Equal(uint.MaxValue - 6L, edges.Next(Record(2, true, uint.MaxValue)).LostBefore);
        Assert.Equal(0, edges.Next(Record(3, false, 0)).LostBefore);
        Assert.Equal(2, edges.Next(Record(4, false, 3)).LostBefore);
    }

    [Fact]
    public void An_edge_that_was_on_its_way_when_all_were_taken_is_not_stamped_before_that()
    {
        GpioEdges edges = new();
        edges.MarkTakenUpTo(1000);
        Assert.Equal(1000, edges.Next(Record(999, true, 1)).TimeNs);
        Assert.Equal(1001, edges.Next(Record(1001, false, 2)).TimeNs);
    }

    [Fact]
    public void Whatever_edges_the_kernel_drops_the_same_number_is_reported_lost()
    {
        // The last edge is always there: the kernel drops the oldest.
        Gen.Select(Gen.Bool.Array[0, 200], Gen.Bool)
            .Sample(
                (kept, startHigh) =>
                {
                    GpioEdges edges = new();
                    PulseFilter filter = new(stableNs: 0, startHigh);
                    bool level = startHigh;
                    for (int i = 0; i <= kept.Length; i++)
                    {
                        level = !level;
                        if (i == kept.Length || kept[i])
                        {
                            filter.Push(edges.Next(Record((ulong)i * 1_000_000, level, (uint)i + 1)));
                        }
                    }

                    return filter.LostEdges == kept.Count(k => !k);
                }
            );
    }
}
