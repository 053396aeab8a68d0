using System.Device.I2c;

namespace EdgeGateway.Simulation;

/// <summary>What is wrong with a simulated chip or its wires.</summary>
public enum BusFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The chip does not acknowledge its address.</summary>
    NoAnswer,

    /// <summary>A line is held low; the adapter gives up.</summary>
    Stuck,

    /// <summary>The chip does what it is told, but the replies of reads are lost on the wire.</summary>
    LostReply,
}

/// <summary>
/// The wire side of a simulated chip. Throws what System.Device.Gpio's Linux device throws, with its text and error numbers.
/// </summary>
public class SimulatedI2cDevice : I2cDevice
{
    // Linux <errno.h>.
    private const int RemoteIo = 121;
    private const int TimedOut = 110;

    /// <summary>Makes an address where no chip answers.</summary>
    /// <param name="address">7-bit address.</param>
    public SimulatedI2cDevice(int address)
    {
        ConnectionSettings = new I2cConnectionSettings(1, address);
        Fault = BusFault.NoAnswer;
    }

    /// <inheritdoc/>
    public override I2cConnectionSettings ConnectionSettings { get; }

    /// <summary>What is wrong now.</summary>
    public BusFault Fault { get; set; }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        RequireBus();
        Receive(buffer);
    }

    /// <inheritdoc/>
    public override void Read(Span<byte> buffer)
    {
        RequireBus();
        Reply(buffer);
        if (Fault == BusFault.LostReply)
        {
            buffer.Clear();
            throw Error(RemoteIo);
        }
    }

    /// <inheritdoc/>
    public override void WriteRead(ReadOnlySpan<byte> writeBuffer, Span<byte> readBuffer)
    {
        Write(writeBuffer);
        Read(readBuffer);
    }

    /// <summary>Takes the bytes of a write into the chip.</summary>
    protected virtual void Receive(ReadOnlySpan<byte> data) { }

    /// <summary>Fills the bytes of a read from the chip.</summary>
    protected virtual void Reply(Span<byte> data) { }

    private void RequireBus()
    {
        if (Fault is BusFault.NoAnswer or BusFault.Stuck)
        {
            throw Error(Fault == BusFault.Stuck ? TimedOut : RemoteIo);
        }
    }

    private static IOException Error(int number) => new($"Error {number} performing I2C data transfer.");
}
