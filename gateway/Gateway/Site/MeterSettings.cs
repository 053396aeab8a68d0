using EdgeGateway.Readings;
using EdgeGateway.Readings.Calibration;

namespace EdgeGateway.Site;

/// <summary>A meter of one of the kinds below.</summary>
public abstract record MeterSettings
{
    private protected MeterSettings() { }

    /// <summary>Short name, unique in the site: 1 to 16 letters, digits and hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>Its disclosure group.</summary>
    public required string Group { get; init; }

    /// <summary>The bus it is on.</summary>
    public required BusSettings Bus { get; init; }

    /// <summary>The accuracy class that it may claim.</summary>
    public required AccuracyClass Accuracy { get; init; }

    /// <summary>
    /// What drives the simulated input: <c>load.phase</c> or a medium of the factory, <c>voltage/current</c> channels of a recording,
    /// <c>edges</c> of a capture. Null on real buses and only there.
    /// </summary>
    public required string? Source { get; init; }

    /// <summary>How the channel was calibrated, or null. Of channels behind a current clamp only.</summary>
    public CalibrationSettings? Calibration { get; init; }

    /// <summary>What its energy or volume register counts.</summary>
    public abstract ObisCode Obis { get; }
}

/// <summary>A current clamp with a voltage output.</summary>
/// <param name="PrimaryA">Rated primary current, amperes, 1 to 10 000.</param>
/// <param name="SecondaryMv">Secondary voltage at the rated primary current, millivolts RMS, within the chip's range.</param>
/// <param name="Reversed">It sits the wrong way round: from now on import is taken for export and export for import.</param>
public sealed record CtSettings(decimal PrimaryA, decimal SecondaryMv, bool Reversed = false);

/// <summary>A calibration and what stands behind it.</summary>
/// <param name="Correction">What it corrects.</param>
/// <param name="At">When it was made, UTC.</param>
/// <param name="By">Who made it.</param>
/// <param name="Reference">The instrument that the channel was compared with.</param>
/// <param name="UncertaintyPercent">The uncertainty of the comparison, percent, 0.001 to 10.</param>
public sealed record CalibrationSettings(
    ChannelCalibration Correction,
    DateTimeOffset At,
    string By,
    string Reference,
    decimal UncertaintyPercent
);

/// <summary>
/// What the face of a pulse meter showed when it was connected or exchanged. The register goes on; this says where the face was.
/// </summary>
/// <param name="Reading">As read, in the unit of the impulse constant, up to twelve digits before the point and six after it.</param>
/// <param name="At">When it was read, UTC.</param>
public sealed record IndexSettings(string Reading, DateTimeOffset At);

/// <summary>One current channel of an ADE7953 at its only address, 0x38.</summary>
public sealed record Ade7953MeterSettings : MeterSettings
{
    /// <summary>The most that a current input takes, millivolts RMS: 500 mV peak at gain 1 (ADE7953 datasheet, Analog Inputs).</summary>
    public const decimal MostSecondaryMv = 353;

    /// <summary>The chip's only I2C address.</summary>
    public const int Address = 0x38;

    /// <summary>The current channel, <c>A</c> or <c>B</c>.</summary>
    public required char Channel { get; init; }

    public required CtSettings Ct { get; init; }

    /// <summary>Mains volts for one volt at the chip's input, 1 to 1 000 000.</summary>
    public required decimal VoltageDivider { get; init; }

    /// <inheritdoc/>
    public override ObisCode Obis => ObisCode.ActiveImport;
}

/// <summary>A line of a GPIO bus that a chip's ALERT/RDY pin is wired to.</summary>
/// <param name="Bus">A bus <c>gpio:LABEL</c>.</param>
/// <param name="Line">The line's offset, 0 to 63.</param>
public sealed record ReadySettings(BusSettings Bus, int Line);

/// <summary>One input of an ADS1115 with a clamp: current and apparent power with an assumed voltage.</summary>
public sealed record Ads1115MeterSettings : MeterSettings
{
    /// <summary>
    /// The most that an input takes, millivolts RMS: 1.65 V peak around the middle of a 3.3 V supply, because an input may not leave the
    /// supply rails (ADS1115 datasheet, SBAS444, absolute maximum ratings).
    /// </summary>
    public const decimal MostSecondaryMv = 1166;

    /// <summary>The I2C address, 0x48 to 0x4B by the ADDR pin.</summary>
    public required int Address { get; init; }

    /// <summary>The input: <c>0-1</c> is AIN0 against AIN1, <c>0</c> is AIN0 against ground.</summary>
    public required string Input { get; init; }

    public required CtSettings Ct { get; init; }

    /// <summary>The voltage that is assumed, volts, 50 to 1000.</summary>
    public required decimal AssumedVoltageV { get; init; }

    /// <summary>Where the chip's ALERT/RDY pin is wired, so that it samples continuously. Null: single conversions.</summary>
    public ReadySettings? Ready { get; init; }

    /// <inheritdoc/>
    public override ObisCode Obis => ObisCode.ApparentImport;
}

/// <summary>One phase of an ATM90E32AS, the only chip on its bus.</summary>
public sealed record Atm90e32asMeterSettings : MeterSettings
{
    /// <summary>Full scale of the current inputs at gain 1, millivolts RMS.</summary>
    public const decimal MostSecondaryMv = 720;

    /// <summary>The phase, <c>A</c>, <c>B</c> or <c>C</c>.</summary>
    public required char Phase { get; init; }

    public required CtSettings Ct { get; init; }

    /// <summary>Mains volts for one volt at the chip's input, 1 to 1 000 000. The same for all phases of a chip.</summary>
    public required decimal VoltageDivider { get; init; }

    /// <summary>Nominal mains frequency, 50 or 60. The same for all phases of a chip.</summary>
    public required int LineHz { get; init; }

    /// <inheritdoc/>
    public override ObisCode Obis => ObisCode.ActiveImport;
}

/// <summary>What a pulse meter counts.</summary>
public enum Medium
{
    Electricity,
    Gas,
    Water,
    Heat,
    Air,

    /// <summary>Pieces of a product. No energy and no volume: it is in no footprint and no flow.</summary>
    Product,
}

/// <summary>A meter with a pulse output, S0 or reed contact.</summary>
public sealed record PulseMeterSettings : MeterSettings
{
    /// <summary>The line's offset, 0 to 63.</summary>
    public required int Line { get; init; }

    public required Medium Medium { get; init; }

    /// <summary>The impulse constant as written: a decimal above 0, per <see cref="Unit"/>. Kept as text, so that it stays exact.</summary>
    public required string ImpulsesPerUnit { get; init; }

    /// <summary><c>kWh</c> for electricity and heat, <c>pieces</c> for products, <c>m3</c> for the others.</summary>
    public string Unit => UnitOf(Medium);

    /// <summary>A level counts once it has been stable for so long, 1 ms to 1 s.</summary>
    public required TimeSpan Stable { get; init; }

    /// <summary>What the meter's face showed, or null when nobody said.</summary>
    public IndexSettings? Index { get; init; }

    /// <summary>The resistor in the chip: <c>up</c>, <c>down</c> or <c>none</c>. Of real lines only.</summary>
    public string Bias { get; init; } = "up";

    /// <summary>A low voltage is the active level, as of a contact to ground. Of real lines only.</summary>
    public bool ActiveLow { get; init; } = true;

    /// <summary>The most impulses a second that the meter can give, above 0 and up to 500; null when that is not known.</summary>
    public decimal? MostPerSecond { get; init; }

    /// <summary>The shortest time between two impulses of this meter. Zero when its greatest rate is not known.</summary>
    public TimeSpan MinimumPeriod =>
        MostPerSecond is null ? TimeSpan.Zero : TimeSpan.FromTicks((long)(TimeSpan.TicksPerSecond / MostPerSecond.Value));

    /// <inheritdoc/>
    public override ObisCode Obis =>
        Medium switch
        {
            Medium.Electricity => ObisCode.ActiveImport,
            Medium.Gas => ObisCode.Gas,
            Medium.Water => ObisCode.Water,
            Medium.Heat => ObisCode.Heat,
            Medium.Product => ObisCode.Pieces,
            _ => ObisCode.CompressedAir,
        };

    internal static string UnitOf(Medium medium) =>
        medium switch
        {
            Medium.Electricity or Medium.Heat => "kWh",
            Medium.Product => "pieces",
            _ => "m3",
        };
}
