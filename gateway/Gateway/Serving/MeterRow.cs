using System.Globalization;
using EdgeGateway.Readings;
using EdgeGateway.Site;

namespace EdgeGateway.Serving;

/// <summary>One meter as the page shows it.</summary>
/// <param name="Name">Its short name.</param>
/// <param name="Group">Its disclosure group.</param>
/// <param name="Missing">Why there is no value, or null when there is one.</param>
/// <param name="Main">The value that matters, digits only; null when it cannot be told.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Details">The other live values, each with its unit.</param>
/// <param name="Total">The register, for example <c>1 234.567 kWh</c>; empty when missing.</param>
/// <param name="Accuracy">The class it claims.</param>
/// <param name="Quality">What limits the trust in the values; <c>measured</c> when nothing does.</param>
/// <param name="Limited">Somebody should look: saturated or lost.</param>
public sealed record MeterRow(
    string Name,
    string Group,
    MissingReason? Missing,
    string? Main,
    string Unit,
    IReadOnlyList<string> Details,
    string Total,
    string Accuracy,
    string Quality,
    bool Limited
)
{
    /// <summary>What its registers lack of the last hour, or null.</summary>
    public string? Gap { get; init; }

    /// <summary>Shows a meter's newest reading.</summary>
    public static MeterRow Of(MeterSettings meter, Reading reading)
    {
        LiveValues live = reading.Live;
        (string? main, string unit) = meter switch
        {
            Ads1115MeterSettings => Power(live.ApparentPowerVA, "VA"),
            PulseMeterSettings when live.RateUnit is "W" => Power(live.Rate, "W"),
            PulseMeterSettings pulse => (
                live.Rate is { } rate ? Words.Number(rate, 2) : null,
                Superscript(live.RateUnit ?? $"{pulse.Unit}/h")
            ),
            _ => Power(live.ActivePowerW, "W"),
        };
        return new MeterRow(
            meter.Name,
            meter.Group,
            reading.Missing,
            main,
            unit,
            reading.Missing is null ? Rest(meter, live) : [],
            reading.Missing is null ? Registers(meter, reading.Registers) : "",
            Words.Of(reading.Accuracy),
            Words.Of(reading.Quality),
            (reading.Quality & (Readings.Quality.Saturated | Readings.Quality.Lost)) != 0
        );
    }

    private static IReadOnlyList<string> Rest(MeterSettings meter, LiveValues live) =>
        meter switch
        {
            Ads1115MeterSettings ads =>
            [
                Value("current", live.CurrentA, 2, "A"),
                $"assumed {ads.AssumedVoltageV.ToString("0.#", CultureInfo.InvariantCulture)} V",
            ],
            PulseMeterSettings => [],
            _ =>
            [
                Value("voltage", live.VoltageV, 1, "V"),
                Value("current", live.CurrentA, 2, "A"),
                live.PowerFactor is { } factor ? $"PF {Words.Number(factor, 2)}" : "PF not known",
                Value("frequency", live.FrequencyHz, 2, "Hz"),
            ],
        };

    private static string Value(string what, double? value, int decimals, string unit) =>
        value is { } known ? $"{Words.Number(known, decimals)} {unit}" : $"{what} not known";

    private static (string? Main, string Unit) Power(double? power, string unit) =>
        power switch
        {
            null => (null, unit),
            >= 10_000 or <= -10_000 => (Words.Number(power.Value / 1000, 2), "k" + unit),
            _ => (Words.Number(power.Value, 0), unit),
        };

    private static string Registers(MeterSettings meter, IReadOnlyList<Register> registers)
    {
        List<string> totals = [];
        foreach (Register register in registers)
        {
            if (meter is PulseMeterSettings pulse)
            {
                decimal units = register.Count / decimal.Parse(pulse.ImpulsesPerUnit, CultureInfo.InvariantCulture);
                totals.Add($"{Words.Number(units, pulse.Medium == Medium.Product ? 0 : 2)} {Superscript(pulse.Unit)}");
            }
            else if (register.Obis != ObisCode.ActiveExport || register.Count > 0)
            {
                string direction = register.Obis == ObisCode.ActiveExport ? " exported" : "";
                totals.Add($"{Words.Number(register.Value / 1000, 3)} k{register.Quantum.Unit}{direction}");
            }
        }

        return string.Join(", ", totals);
    }

    private static string Superscript(string unit) => unit.Replace("m3", "m³", StringComparison.Ordinal);
}
