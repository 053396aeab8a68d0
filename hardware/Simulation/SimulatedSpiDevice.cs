using System.Buffers.Binary;
using System.Device.Spi;

namespace EdgeGateway.Simulation;

/// <summary>What goes wrong with one transfer of a simulated SPI chip.</summary>
public enum SpiFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The chip does not see the transfer, and MISO floats to its pull-up: ones.</summary>
    NoAnswerHigh,

    /// <summary>The chip does not see the transfer, and holds MISO low: zeros.</summary>
    NoAnswerLow,

    /// <summary>The chip does what it is told, and its reply is lost: ones.</summary>
    LostReply,

    /// <summary>The chip does what it is told, and bits of its reply are turned on the wire. No two replies are disturbed alike.</summary>
    CorruptReply,

    /// <summary>The transfer fails in the kernel before the first clock.</summary>
    FailsBeforeClock,

    /// <summary>The transfer fails in the kernel after the last clock: the chip did what it was told.</summary>
    FailsAfterClock,
}

/// <summary>
/// The wire side of a simulated SPI chip with frames of 32 bits, 16 of command and 16 of data. Throws what System.Device.Gpio's Linux
/// device throws. On its own it is a chip-select line with nothing on it.
/// </summary>
/// <param name="bus">Number of the bus.</param>
/// <param name="chipSelect">Number of the chip-select line.</param>
public class SimulatedSpiDevice(int bus, int chipSelect) : SpiDevice
{
    // Linux <errno.h>, EIO.
    private const int InputOutput = 5;
    private const int FrameBytes = 4;

    private ushort _noise;

    /// <inheritdoc/>
    public override SpiConnectionSettings ConnectionSettings { get; } = new(bus, chipSelect) { Mode = SpiMode.Mode3 };

    /// <summary>Says what goes wrong with the next transfer. Asked once for each.</summary>
    public Func<SpiFault> NextFault { get; set; } = () => SpiFault.None;

    /// <inheritdoc/>
    public override void TransferFullDuplex(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer)
    {
        SpiFault fault = NextFault();
        if (fault == SpiFault.FailsBeforeClock)
        {
            throw new IOException($"Error {InputOutput} performing SPI data transfer.");
        }

        ushort reply = 0xFFFF;
        if (fault is not (SpiFault.NoAnswerHigh or SpiFault.NoAnswerLow) && writeBuffer.Length == FrameBytes)
        {
            reply = Answer(BinaryPrimitives.ReadUInt16BigEndian(writeBuffer), BinaryPrimitives.ReadUInt16BigEndian(writeBuffer[2..]));
        }

        if (fault == SpiFault.FailsAfterClock)
        {
            throw new IOException($"Error {InputOutput} performing SPI data transfer.");
        }

        readBuffer.Fill(0xFF);
        if (readBuffer.Length == FrameBytes)
        {
            BinaryPrimitives.WriteUInt16BigEndian(
                readBuffer[2..],
                fault switch
                {
                    SpiFault.NoAnswerLow => 0,
                    SpiFault.LostReply => 0xFFFF,
                    SpiFault.CorruptReply => (ushort)(reply ^ NextNoise()),
                    _ => reply,
                }
            );
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => TransferFullDuplex(buffer, stackalloc byte[buffer.Length]);

    /// <inheritdoc/>
    public override void Read(Span<byte> buffer) => TransferFullDuplex(stackalloc byte[buffer.Length], buffer);

    /// <summary>Has the chip do what a frame tells it.</summary>
    /// <param name="command">The first 16 bits.</param>
    /// <param name="data">The last 16 bits.</param>
    /// <returns>What it sends while the last 16 bits are clocked.</returns>
    protected virtual ushort Answer(ushort command, ushort data) => 0xFFFF;

    // Steps of an odd number visit all 65 536 values, so no two replies are disturbed alike. 0 would disturb nothing.
    private ushort NextNoise()
    {
        _noise = unchecked((ushort)(_noise + 0x9E37));
        return _noise == 0 ? (ushort)1 : _noise;
    }
}
