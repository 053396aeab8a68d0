using System.Globalization;

namespace EdgeGateway.Readings;

/// <summary>
/// Values that cannot come from a low-voltage installation. They are refused with the reason, never clipped and never booked.
/// </summary>
public static class Plausibility
{
    /// <summary>The slowest mains frequency believed, hertz: 50 Hz less the worst of an island network, with room.</summary>
    public const double LowestHz = 40;

    /// <summary>The fastest mains frequency believed, hertz.</summary>
    public const double HighestHz = 70;

    /// <summary>The highest RMS voltage believed, volts: low voltage ends at 1000 V (IEC 60038 §3.1), with 20 % for a fault.</summary>
    public const double HighestV = 1200;

    /// <summary>|PF| up to here is measuring error; beyond it the wires or the registers are wrong.</summary>
    public const double HighestPowerFactor = 1.05;

    /// <summary>What is wrong with a channel's values, as a clause that goes on after "register X:", or null when they are
    /// possible.</summary>
    /// <param name="live">The values. Those that are null are not judged.</param>
    /// <param name="fullScaleA">The largest current that the front end can show, amperes RMS.</param>
    /// <param name="leastApparentVA">Below this apparent power a power factor is noise and is not judged, volt-amperes.</param>
    public static string? Of(in LiveValues live, double fullScaleA, double leastApparentVA) =>
        live switch
        {
            { VoltageV: { } v } when v is not (>= 0 and <= HighestV) => Text($"{v:0} V is no low voltage"),
            { CurrentA: { } i } when !(i >= 0 && i <= fullScaleA * 1.05) => Text(
                $"{i:0.#} A is beyond the {fullScaleA:0.#} A that the input can show"
            ),
            { FrequencyHz: { } f } when f is not (>= LowestHz and <= HighestHz) => Text($"{f:0.0} Hz is no mains frequency"),
            { ActivePowerW: { } p, ApparentPowerVA: { } s } when s >= leastApparentVA && !(Math.Abs(p) <= s * HighestPowerFactor) => Text(
                $"{p:0} W is more than the {s:0} VA it is part of"
            ),
            { PowerFactor: { } pf, ApparentPowerVA: { } s } when s >= leastApparentVA && !(Math.Abs(pf) <= HighestPowerFactor) => Text(
                $"a power factor of {pf:0.00} is beyond 1"
            ),
            _ => null,
        };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
