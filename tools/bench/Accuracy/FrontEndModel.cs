using EdgeGateway.Simulation;

namespace EdgeGateway.Bench.Accuracy;

/// <summary>What a device may have of an error: drawn evenly between two ends.</summary>
internal sealed record Tolerance(string Name, double Low, double High, string Unit, string Source)
{
    public double Draw(Random random) => Low + ((High - Low) * random.NextDouble());

    public static Tolerance Symmetric(string name, double most, string unit, string source) => new(name, -most, most, unit, source);
}

/// <summary>A current clamp of which devices are drawn.</summary>
internal sealed record ClampModel(string Name, Tolerance Ratio, Tolerance Lead, Tolerance LeadRise, Tolerance RatioFall)
{
    private const string Measured =
        "tables measured of such clamps at 50 Hz, published with the IoTaWatt firmware (github.com/boblemaire/IoTaWatt, SD/tables.txt)";

    /// <summary>A split-core clamp for metering, 333 mV.</summary>
    public static ClampModel Metering { get; } =
        new(
            "metering clamp",
            Tolerance.Symmetric(
                "ratio",
                1,
                "%",
                "class 1 of IEC 61869-2 at rated current (as tabled at dowei-electric.com/technical/113.html); "
                    + "makers of 333 mV clamps promise as much (ctlsys.com, CTS series)"
            ),
            new(
                "lead at large currents",
                0.2,
                0.9,
                "°",
                $"{Measured}, fitted: 0.22° to 0.85° (ECS16100, ECS24200, ECS25200-C2, AcuCT-H063-100, AcuCT-H100-200)"
            ),
            new("further lead at small currents", 0.1, 0.55, "°", "the same five, fitted: 0.11° to 0.52°"),
            new(
                "ratio lower at small currents",
                0,
                1.2,
                "%",
                "the example of a class 1 transformer in a test set's manual (fliphtml5.com/drhfi/wudx, page 42: "
                    + "−0.60 % at 100 %, −0.95 % at 20 %, −1.43 % at 5 %), fitted: 1.2 %"
            )
        );

    /// <summary>A small hobby clamp as the SCT-013.</summary>
    public static ClampModel Indicative { get; } =
        new(
            "SCT-013-000 clamp",
            Tolerance.Symmetric("ratio", 3, "%", "assumed"),
            new(
                "lead at large currents",
                2.0,
                2.5,
                "°",
                "the table of the SCT-013-000 in the same file, fitted: 2.24°; its spread is assumed"
            ),
            new("further lead at small currents", 0.75, 1.2, "°", "the same, fitted: 0.98°; its spread is assumed"),
            new("ratio lower at small currents", 0, 1.2, "%", "as the metering clamp, assumed")
        );
}

/// <summary>A converter of which devices are drawn.</summary>
internal sealed record ConverterModel(
    string Name,
    Tolerance Gain,
    Tolerance ChannelLead,
    Tolerance Nonlinearity,
    Tolerance Offset,
    Tolerance Crosstalk,
    double NoiseMv,
    string NoiseSource
)
{
    private const string Board = "two channels' anti-alias filters of 1 kΩ and 33 nF ±5 % (±0.06°)";

    private static Tolerance Leak { get; } = Tolerance.Symmetric("voltage in the current channel", 10, "millionths", "assumed, −100 dB");

    public static ConverterModel Ade7953 { get; } =
        new(
            "ADE7953",
            Tolerance.Symmetric("converter gain with its reference, each channel", 1, "%", "assumed"),
            Tolerance.Symmetric("current against voltage channel", 0.11, "°", $"±0.05° (datasheet Rev. B, page 17) and {Board}"),
            Tolerance.Symmetric("nonlinearity over 3000:1", 0.1, "%", "energy within 0.1 % over 3000:1 (datasheet Rev. A, Features)"),
            Tolerance.Symmetric("DC at each input", 10, "mV", "assumed"),
            Leak,
            0.022,
            "what makes 0.2 % of the RMS current at 1000:1 (datasheet Rev. A, Features)"
        );

    public static ConverterModel Atm90e32as { get; } =
        new(
            "ATM90E32AS",
            Tolerance.Symmetric(
                "converter gain with its reference, each channel",
                5,
                "%",
                "published gains of boards with this chip lie within some 5 % of the nominal ones"
            ),
            Tolerance.Symmetric("current against voltage channel", 0.11, "°", $"as the ADE7953, assumed, and {Board}"),
            Tolerance.Symmetric(
                "nonlinearity over 3000:1",
                0.1,
                "%",
                "energy within ±0.1 % over 6000:1 (datasheet of the 90E36A, page 7, the chip's sister)"
            ),
            Tolerance.Symmetric("DC at each input", 10, "mV", "assumed"),
            Leak,
            0.045,
            "as the ADE7953 in proportion to full scale, assumed"
        );

    public static ConverterModel Sampled { get; } =
        new(
            "16-bit converter",
            Tolerance.Symmetric("converter gain with its reference, each channel", 0.3, "%", "assumed"),
            Tolerance.Symmetric("current against voltage channel", 0.06, "°", $"both sampled at once; {Board}"),
            Tolerance.Symmetric("nonlinearity over 3000:1", 0.1, "%", "assumed"),
            Tolerance.Symmetric("DC at each input", 10, "mV", "assumed"),
            Leak,
            0.0156,
            "one step of ±512 mV in 16 bits, assumed; quantised to such steps"
        );

    public static ConverterModel Ads1115 { get; } =
        new(
            "ADS1115",
            Tolerance.Symmetric(
                "converter gain with its reference",
                0.25,
                "%",
                "gain 0.15 %, match of the ranges 0.1 %, both the most (datasheet of the ADS1115-Q1, SBAS563)"
            ),
            Tolerance.Symmetric("current against voltage channel", 0, "°", "there is no voltage"),
            Tolerance.Symmetric("nonlinearity over 3000:1", 0.01, "%", "1 step (SBAS563)"),
            Tolerance.Symmetric("DC at each input", 0.1, "mV", "offset ±3 steps (SBAS563)"),
            Leak with
            {
                Low = 0,
                High = 0,
            },
            0.1,
            "before the converter's averaging, assumed; quantised to steps of 31.25 µV"
        );
}

/// <summary>The voltage divider's resistors and a converter's clock.</summary>
internal static class Parts
{
    public static Tolerance UpperResistor { get; } = Tolerance.Symmetric("divider, 1 MΩ", 1, "%", "resistors of 1 %");

    public static Tolerance LowerResistor { get; } = Tolerance.Symmetric("divider, 1 kΩ", 0.1, "%", "resistor of 0.1 %");

    public static Tolerance Ads1115Clock { get; } =
        Tolerance.Symmetric("sample rate of 860 a second", 10, "%", "data rate ±10 % (SBAS563)");

    /// <summary>Draws a device. The order of the draws is that of the model's tables, so a seed always gives the same device.</summary>
    public static FrontEndErrors Draw(Random random, ClampModel clamp, ConverterModel converter)
    {
        double divider = (1 + (UpperResistor.Draw(random) / 100)) / (1 + (LowerResistor.Draw(random) / 100));
        double gainV = 1 + (converter.Gain.Draw(random) / 100);
        double gainI = 1 + (converter.Gain.Draw(random) / 100);
        return new FrontEndErrors
        {
            VoltagePercent = ((gainV / divider) - 1) * 100,
            CurrentPercent = ((gainI * (1 + (clamp.Ratio.Draw(random) / 100))) - 1) * 100,
            ClampLeadDegrees = clamp.Lead.Draw(random),
            ClampLeadRiseDegrees = clamp.LeadRise.Draw(random),
            ClampRatioFallPercent = clamp.RatioFall.Draw(random),
            ChannelLeadDegrees = converter.ChannelLead.Draw(random),
            NonlinearityPercent = converter.Nonlinearity.Draw(random),
            VoltageOffsetMv = converter.Offset.Draw(random),
            CurrentOffsetMv = converter.Offset.Draw(random),
            Crosstalk = converter.Crosstalk.Draw(random) / 1e6,
            NoiseMv = converter.NoiseMv,
        };
    }
}
