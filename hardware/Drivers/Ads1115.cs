using System.Buffers.Binary;
using System.Device.I2c;
using EdgeGateway.Readings;

namespace EdgeGateway.Drivers;

/// <summary>What the converter measures: MUX[2:0] of the config register (Table 8-3).</summary>
public enum Ads1115Input
{
    /// <summary>AIN0 against AIN1.</summary>
    Ain0Ain1 = 0,

    /// <summary>AIN0 against AIN3.</summary>
    Ain0Ain3 = 1,

    /// <summary>AIN1 against AIN3.</summary>
    Ain1Ain3 = 2,

    /// <summary>AIN2 against AIN3.</summary>
    Ain2Ain3 = 3,

    /// <summary>AIN0 against ground.</summary>
    Ain0 = 4,

    /// <summary>AIN1 against ground.</summary>
    Ain1 = 5,

    /// <summary>AIN2 against ground.</summary>
    Ain2 = 6,

    /// <summary>AIN3 against ground.</summary>
    Ain3 = 7,
}

/// <summary>Full-scale range: PGA[2:0] of the config register (Table 8-3).</summary>
public enum Ads1115Range
{
    /// <summary>±6.144 V, 187.5 µV a count.</summary>
    Mv6144 = 0,

    /// <summary>±4.096 V, 125 µV a count.</summary>
    Mv4096 = 1,

    /// <summary>±2.048 V, 62.5 µV a count. The range after reset.</summary>
    Mv2048 = 2,

    /// <summary>±1.024 V, 31.25 µV a count.</summary>
    Mv1024 = 3,

    /// <summary>±0.512 V, 15.625 µV a count.</summary>
    Mv512 = 4,

    /// <summary>±0.256 V, 7.8125 µV a count.</summary>
    Mv256 = 5,
}

/// <summary>The inputs and ranges as site files and datasheet write them.</summary>
public static class Ads1115Settings
{
    private static readonly (Ads1115Input Input, string Code)[] Inputs =
    [
        (Ads1115Input.Ain0Ain1, "0-1"),
        (Ads1115Input.Ain0Ain3, "0-3"),
        (Ads1115Input.Ain1Ain3, "1-3"),
        (Ads1115Input.Ain2Ain3, "2-3"),
        (Ads1115Input.Ain0, "0"),
        (Ads1115Input.Ain1, "1"),
        (Ads1115Input.Ain2, "2"),
        (Ads1115Input.Ain3, "3"),
    ];

    /// <summary>
    /// The bias of an input against ground, millivolts: the middle of a 3.3 V supply, because no input may go below ground.
    /// </summary>
    public const int MidRailMv = 1650;

    /// <summary>All texts of inputs: <c>0-1</c> is AIN0 against AIN1, <c>0</c> is AIN0 against ground.</summary>
    public static IReadOnlyList<string> InputCodes { get; } = [.. Inputs.Select(i => i.Code)];

    /// <summary>Finds the input that a text stands for.</summary>
    public static bool TryParseInput(string code, out Ads1115Input input)
    {
        int i = Array.FindIndex(Inputs, p => p.Code == code);
        input = i < 0 ? default : Inputs[i].Input;
        return i >= 0;
    }

    /// <summary>The end of a range, millivolts.</summary>
    public static int FullScaleMv(this Ads1115Range range) =>
        range switch
        {
            Ads1115Range.Mv6144 => 6144,
            Ads1115Range.Mv4096 => 4096,
            Ads1115Range.Mv2048 => 2048,
            Ads1115Range.Mv1024 => 1024,
            Ads1115Range.Mv512 => 512,
            Ads1115Range.Mv256 => 256,
            _ => throw new ArgumentOutOfRangeException(nameof(range), range, "The chip has no such range."),
        };

    /// <summary>
    /// The smallest range that takes twice the transformer's rated peak, for the peaks of a rectifier. The largest when none does. An input
    /// against ground also has to take the mid-rail bias, which a differential one does not see.
    /// </summary>
    public static Ads1115Range RangeFor(CurrentTransformer transformer, Ads1115Input input)
    {
        double peakMv = (2 * Math.Sqrt(2) * (double)transformer.SecondaryMv) + (input >= Ads1115Input.Ain0 ? MidRailMv : 0);
        Ads1115Range range = Ads1115Range.Mv256;
        while (range > Ads1115Range.Mv6144 && range.FullScaleMv() < peakMv)
        {
            range--;
        }

        return range;
    }
}

/// <summary>Sums over a window of samples, in converter counts.</summary>
/// <param name="Count">How many samples, N.</param>
/// <param name="Sum">Σx.</param>
/// <param name="SumOfSquares">Σx².</param>
/// <param name="Range">The range they were taken in.</param>
/// <param name="Clipped">Whether a sample was at the end of the range.</param>
public readonly record struct Ads1115Window(int Count, long Sum, long SumOfSquares, Ads1115Range Range, bool Clipped)
{
    /// <summary>RMS volts at the input without the mid-rail bias: √(Σx²/N − (Σx/N)²) counts. 0 for an empty window.</summary>
    public double RmsV
    {
        get
        {
            // N·Σx² − (Σx)² stays in integers, where the subtraction of two large numbers loses nothing.
            Int128 variance = ((Int128)Count * SumOfSquares) - ((Int128)Sum * Sum);
            return Count == 0 ? 0 : Math.Sqrt((double)variance) / Count * Range.FullScaleMv() / 1000 / 32768;
        }
    }

    /// <summary>RMS amperes in the primary of a transformer at the input.</summary>
    public double RmsA(CurrentTransformer transformer) => RmsV * transformer.AmperesPerVolt;
}

/// <summary>Texas Instruments ADS1115: 16-bit converter with four inputs, for indicative current. ADS1115 datasheet, SBAS444.</summary>
/// <remarks>
/// The wire, most significant byte first. The pointer stays where it was written, so polling costs only a read:
/// <code>
/// write  S  addr W | pointer | 15..8 | 7..0  P        pointer 0 conversion · 1 config
/// read   S  addr R | 15..8 | 7..0  P
///
/// config  15   14..12  11..9   8     7..5  4..0
///         OS   MUX     PGA     MODE  DR    comparator        reset 0x8583
/// </code>
/// Single conversions at 860 samples a second: writing OS = 1 starts one, OS reads 1 again when it is done.
/// <para>
/// Continuous conversions: with the highest bit of Hi_thresh set and that of Lo_thresh clear the ALERT/RDY pin pulses low for some 8 µs
/// after each one. The pointer is parked on the conversion register, so that one read of two bytes fetches a sample.
/// </para>
/// <code>
/// RDY  ‾‾‾|_|‾‾‾‾‾‾‾‾‾‾‾‾|_|‾‾‾‾‾‾‾‾‾‾‾‾|_|‾‾     860 a second, ± 10 % by the chip's own clock
/// read      |--|           |--|           |--
/// </code>
/// </remarks>
public sealed class Ads1115
{
    /// <summary>Samples a second at which it is used. The chip's clock is within ± 10 % of that (Electrical Characteristics).</summary>
    public const int NominalRate = 860;

    /// <summary>The default of a window: 0.2 s at the nominal rate, ten cycles at 50 Hz.</summary>
    public const int DefaultSamples = 172;

    private const string Chip = "ADS1115";
    private const byte ConversionPointer = 0;
    private const byte ConfigPointer = 1;
    private const byte LowThresholdPointer = 2;
    private const byte HighThresholdPointer = 3;
    private const ushort Start = 0x8000;
    private const ushort SingleShot = 0x0100;
    private const ushort Rate860 = 0x00E0;
    private const ushort ComparatorOff = 0x0003;

    // A conversion takes 1.2 ms. That is some twenty polls at 400 kHz, and fewer than a thousand on the fastest bus.
    private const int MaxPolls = 1000;

    private readonly I2cDevice _device;

    /// <summary>Speaks to the chip behind an I2C device at 0x48 to 0x4B, by its ADDR pin.</summary>
    /// <param name="device">The device. Not disposed by the driver.</param>
    public Ads1115(I2cDevice device) => _device = device;

    /// <summary>Converts an input so many times, one after the other.</summary>
    /// <param name="input">What to measure.</param>
    /// <param name="range">Full-scale range.</param>
    /// <param name="samples">How many samples, 1 to 100 000. Whole cycles of the mains give the steadiest result.</param>
    /// <exception cref="ChipException">The chip did not answer, or it is another one.</exception>
    public Ads1115Window SampleWindow(Ads1115Input input, Ads1115Range range, int samples = DefaultSamples)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(samples, 100_000);
        int config = SingleShot | Rate860 | ComparatorOff | ((int)input << 12) | ((int)range << 9);
        long sum = 0,
            squares = 0;
        bool clipped = false;
        for (int i = 0; i < samples; i++)
        {
            short x = Convert((ushort)config);
            sum += x;
            squares += x * (long)x;
            clipped |= x is short.MaxValue or short.MinValue;
        }

        return new Ads1115Window(samples, sum, squares, range, clipped);
    }

    /// <summary>
    /// What a sine loses in the converter, which gives the mean over each conversion: sin(π·x)/(π·x) with x its frequency over the rate. At
    /// 860 a second 50 Hz keep 99.44 %, their third, fifth and seventh harmonic 95, 87 and 75 %.
    /// </summary>
    /// <param name="hertz">Frequency of the sine, above 0.</param>
    /// <param name="samplesPerSecond">Rate of conversions, above 0.</param>
    public static double Passes(double hertz, double samplesPerSecond)
    {
        double x = Math.PI * hertz / samplesPerSecond;
        return Math.Sin(x) / x;
    }

    /// <summary>Starts continuous conversions of one input, with a pulse on ALERT/RDY after each.</summary>
    /// <exception cref="ChipException">The chip did not answer, or it is another one.</exception>
    public void StartContinuous(Ads1115Input input, Ads1115Range range)
    {
        int config = Rate860 | ((int)input << 12) | ((int)range << 9);
        Write(LowThresholdPointer, 0x0000, "Lo_thresh");
        Write(HighThresholdPointer, 0x8000, "Hi_thresh");
        Write(ConfigPointer, (ushort)config, "Config");
        RequireContinuous(input, range);
    }

    /// <summary>Makes sure that the chip still converts as it was started, and parks the pointer again.</summary>
    /// <exception cref="ChipException">The chip does not convert as it was started: it was reset, or another chip is at the
    /// address.</exception>
    public void RequireContinuous(Ads1115Input input, Ads1115Range range)
    {
        int config = Rate860 | ((int)input << 12) | ((int)range << 9);
        Span<byte> answer = stackalloc byte[2];
        try
        {
            _device.WriteRead([HighThresholdPointer], answer);
            ushort threshold = BinaryPrimitives.ReadUInt16BigEndian(answer);
            _device.WriteRead([ConfigPointer], answer);
            ushort seen = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(answer) & ~Start);
            _device.Write([ConversionPointer]);
            if (seen != config || threshold != 0x8000)
            {
                throw new ChipException(
                    MissingReason.WrongChip,
                    Chip,
                    Address,
                    "Config",
                    $"it reads 0x{seen:X4} where 0x{config:X4} was written. Another chip is at this address, or the chip was just reset."
                );
            }
        }
        catch (IOException fault)
        {
            throw ChipException.OfTransfer(fault, Chip, Address, "Config");
        }
    }

    /// <summary>The newest conversion of a chip that converts continuously. One read of two bytes.</summary>
    /// <exception cref="ChipException">The chip did not answer.</exception>
    public short ReadConversion()
    {
        Span<byte> answer = stackalloc byte[2];
        try
        {
            _device.Read(answer);
            return BinaryPrimitives.ReadInt16BigEndian(answer);
        }
        catch (IOException fault)
        {
            throw ChipException.OfTransfer(fault, Chip, Address, "Conversion");
        }
    }

    private void Write(byte pointer, ushort value, string register)
    {
        try
        {
            _device.Write([pointer, (byte)(value >> 8), (byte)(value & 0xFF)]);
        }
        catch (IOException fault)
        {
            throw ChipException.OfTransfer(fault, Chip, Address, register);
        }
    }

    private short Convert(ushort config)
    {
        Span<byte> sent = [ConfigPointer, (byte)((config | Start) >> 8), (byte)(config & 0xFF)];
        Span<byte> answer = stackalloc byte[2];
        try
        {
            _device.Write(sent);
            for (int polls = 0; ; polls++)
            {
                _device.Read(answer);
                ushort seen = BinaryPrimitives.ReadUInt16BigEndian(answer);
                if ((seen & ~Start) != config)
                {
                    throw new ChipException(
                        MissingReason.WrongChip,
                        Chip,
                        Address,
                        "Config",
                        $"it reads 0x{seen:X4} after 0x{config:X4} was written. Another chip is at this address, or the chip "
                            + "was just reset."
                    );
                }

                if ((seen & Start) != 0)
                {
                    break;
                }

                if (polls == MaxPolls)
                {
                    throw new ChipException(
                        MissingReason.Implausible,
                        Chip,
                        Address,
                        "Config",
                        "a conversion does not end. Switch the chip's supply off and on; replace it if this stays."
                    );
                }
            }

            _device.WriteRead([ConversionPointer], answer);
            return BinaryPrimitives.ReadInt16BigEndian(answer);
        }
        catch (IOException fault)
        {
            throw ChipException.OfTransfer(fault, Chip, Address, "Config");
        }
    }

    /// <summary>The chip's 7-bit I2C address.</summary>
    public int Address => _device.ConnectionSettings.DeviceAddress;
}
