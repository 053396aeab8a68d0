using System.Device.Spi;
using System.Globalization;
using EdgeGateway.Readings;

namespace EdgeGateway.Drivers;

/// <summary>A chip could not be read: which chip, which register, and why, in a sentence for the person at the cabinet.</summary>
public sealed class ChipException : Exception
{
    // Linux <errno.h>, ETIMEDOUT: the adapter gave up because the clock or data line was held low.
    private const int TimedOut = 110;

    /// <summary>Names a fault of a chip.</summary>
    /// <param name="reason">Why there is no value.</param>
    /// <param name="chip">The chip's name, for example <c>ADE7953</c>.</param>
    /// <param name="address">Its 7-bit I2C address.</param>
    /// <param name="register">The register that failed, as its datasheet calls it.</param>
    /// <param name="sentence">What happened and what to look at.</param>
    /// <param name="cause">The exception of the bus, where there was one.</param>
    public ChipException(MissingReason reason, string chip, int address, string register, string sentence, Exception? cause = null)
        : this(reason, chip, $"I2C address 0x{address:X2}", address, register, sentence, cause) { }

    /// <summary>Names a fault of a chip on an SPI bus.</summary>
    /// <param name="reason">Why there is no value.</param>
    /// <param name="chip">The chip's name, for example <c>ATM90E32AS</c>.</param>
    /// <param name="place">Its bus and chip-select line.</param>
    /// <param name="register">The register that failed, as its datasheet calls it.</param>
    /// <param name="sentence">What happened and what to look at.</param>
    /// <param name="cause">The exception of the bus, where there was one.</param>
    public ChipException(
        MissingReason reason,
        string chip,
        SpiConnectionSettings place,
        string register,
        string sentence,
        Exception? cause = null
    )
        : this(reason, chip, $"spidev{place.BusId}.{place.ChipSelectLine}", place.ChipSelectLine, register, sentence, cause) { }

    private ChipException(MissingReason reason, string chip, string place, int address, string register, string sentence, Exception? cause)
        : base($"{chip} at {place}, register {register}: {sentence}", cause)
    {
        Reason = reason;
        Chip = chip;
        Address = address;
        Register = register;
    }

    /// <summary>Why there is no value.</summary>
    public MissingReason Reason { get; }

    /// <summary>The chip's name.</summary>
    public string Chip { get; }

    /// <summary>Its 7-bit I2C address, or its chip-select line on an SPI bus.</summary>
    public int Address { get; }

    /// <summary>The register that failed, as its datasheet calls it.</summary>
    public string Register { get; }

    /// <summary>
    /// Names a failed transfer. System.Device.Gpio 4.2.0 puts the error number of the kernel only into the text, as in
    /// <c>Error 121 performing I2C data transfer.</c> (121: not acknowledged; 110: the bus did not finish in time).
    /// </summary>
    internal static ChipException OfTransfer(IOException cause, string chip, int address, string register) =>
        ErrorNumber(cause.Message) == TimedOut
            ? new(
                MissingReason.BusStuck,
                chip,
                address,
                register,
                "the bus did not finish the transfer in time. Look for a data or clock line held low, and for missing pull-ups.",
                cause
            )
            : new(
                MissingReason.NoAnswer,
                chip,
                address,
                register,
                "no answer. Check the chip's supply, its address pins and the bus wires.",
                cause
            );

    private static int ErrorNumber(string text)
    {
        ReadOnlySpan<char> rest = text;
        int start = rest.IndexOfAnyInRange('0', '9');
        rest = start < 0 ? default : rest[start..];
        int end = rest.IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? rest : rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
    }
}
