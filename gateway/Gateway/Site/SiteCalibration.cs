using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Calibration;

namespace EdgeGateway.Site;

/// <summary>Reads how a meter was calibrated and commissioned.</summary>
internal static partial class SiteCalibration
{
    private const decimal MostNoisePercent = 2;
    private const decimal MostUncertaintyPercent = 10;

    private static readonly string[] AllKeys = ["ratio", "table", "offsetMw", "noiseA", "at", "by", "reference", "uncertaintyPercent"];

    /// <summary>The calibration of a channel behind a current clamp, or null. Only with one may it claim a class.</summary>
    /// <param name="meter">The meter.</param>
    /// <param name="accuracy">What it claims, as far as that was readable.</param>
    /// <param name="ct">Its clamp, as far as that was readable.</param>
    /// <param name="measuresVoltage">Whether the channel measures a voltage. Without one it has neither a phase nor an offset of
    /// power.</param>
    public static CalibrationSettings? Read(Block meter, AccuracyClass? accuracy, CtSettings? ct, bool measuresVoltage)
    {
        Block? block = meter.Object("calibration", measuresVoltage ? AllKeys : [.. AllKeys.Where(k => k != "offsetMw")]);
        RequireForClass(meter, accuracy);
        if (block is null)
        {
            return null;
        }

        string what = measuresVoltage ? "power" : "current";
        string? ratio = block.Text(
            "ratio",
            Ratio(),
            $"write true {what} by shown {what} as a text, \"0.8\" to \"1.25\" with at most six digits after the point, such as \"1.00342\""
        );
        int faulty = 0;
        List<CtPoint> table = Table(block, measuresVoltage, ref faulty);
        int? offset = block.Integer(
            "offsetMw",
            -ChannelCalibration.MostOffsetMw,
            ChannelCalibration.MostOffsetMw,
            " of milliwatts shown without a load",
            0
        );
        decimal? noise = Noise(block, ct);
        DateTimeOffset? at = SiteSections.Time(block, "at", required: true);
        string? by = block.Text("by", SiteSections.Line(), "write who calibrated, 1 to 80 characters in one line");
        string? reference = block.Text(
            "reference",
            SiteSections.Line(),
            "write which instrument it was compared with, with its number, 1 to 80 characters in one line"
        );
        decimal? uncertainty = Uncertainty(block, accuracy);
        return
            ratio is null
            || faulty > 0
            || offset is null
            || noise is null
            || at is null
            || by is null
            || reference is null
            || uncertainty is null
            ? null
            : new CalibrationSettings(
                new ChannelCalibration(decimal.Parse(ratio, CultureInfo.InvariantCulture), table, offset.Value, noise.Value),
                at.Value,
                by,
                reference,
                uncertainty.Value
            );
    }

    private static void RequireForClass(Block meter, AccuracyClass? accuracy)
    {
        if (accuracy is { } claimed and not AccuracyClass.Indicative && !meter.Has("calibration"))
        {
            meter.Fault(
                "accuracy",
                $"\"{claimed.Code()}\" is claimed without a calibration",
                "compare the installed channel with a reference and write calibration, or leave accuracy out"
            );
        }
    }

    private static decimal? Noise(Block block, CtSettings? ct)
    {
        if (!block.Has("noiseA"))
        {
            return 0;
        }

        decimal? noise = block.Number(
            "noiseA",
            0,
            ChannelCalibration.MostNoiseA,
            "is no noise floor",
            $"write the most amperes shown without a load, 0 to {ChannelCalibration.MostNoiseA}"
        );
        if (noise > ct?.PrimaryA * MostNoisePercent / 100)
        {
            block.Fault(
                "noiseA",
                $"{noise} A is more than {MostNoisePercent} % of the clamp's rated current",
                "make sure that nothing was on, or take a smaller clamp"
            );
        }

        return noise;
    }

    private static decimal? Uncertainty(Block block, AccuracyClass? accuracy)
    {
        decimal? uncertainty = block.Number(
            "uncertaintyPercent",
            0.001m,
            MostUncertaintyPercent,
            "is not an uncertainty",
            $"write the uncertainty of the comparison in percent, up to {MostUncertaintyPercent}"
        );
        if (LimitPercent(accuracy) is { } limit && uncertainty > limit)
        {
            block.Fault(
                "uncertaintyPercent",
                $"{uncertainty} % cannot show class {accuracy!.Value.Code()}",
                "compare over more pulses, with a better reference, or claim less"
            );
        }

        return uncertainty;
    }

    /// <summary>What a pulse meter's face showed, or null.</summary>
    public static IndexSettings? Index(Block meter)
    {
        Block? block = meter.Object("index", ["reading", "at"]);
        string? reading = block?.Text(
            "reading",
            FaceValue(),
            "write what the meter's face shows in the unit of its impulse constant as a text, such as \"12345.6\""
        );
        DateTimeOffset? at = block is null ? null : SiteSections.Time(block, "at", required: true);
        return reading is null || at is null ? null : new IndexSettings(reading, at.Value);
    }

    private static List<CtPoint> Table(Block block, bool measuresVoltage, ref int faulty)
    {
        const decimal Most = ChannelCalibration.MostDegreesOrPercent;
        List<CtPoint> points = [];
        string[] keys = measuresVoltage ? ["amperes", "degrees", "percent"] : ["amperes", "percent"];
        foreach ((JsonElement element, string path) in block.List("table", 1, ChannelCalibration.MostPoints, required: false))
        {
            Block? point = block.Element(element, path, keys);
            decimal? amperes = point?.Number("amperes", 0.001m, 100_000, "is not a current", "write amperes, 0.001 to 100000");
            decimal? degrees = measuresVoltage
                ? point?.Number(
                    "degrees",
                    -Most,
                    Most,
                    "is no phase error of a clamp",
                    $"write by how much the measured current lags, -{Most} to {Most} degrees"
                )
                : 0;
            decimal? percent =
                !measuresVoltage || point?.Has("percent") == true
                    ? point?.Number(
                        "percent",
                        -Most,
                        Most,
                        "is no part of a ratio",
                        $"write what to add to the current beyond the ratio, -{Most} to {Most} percent"
                    )
                    : 0;
            if (amperes is null || degrees is null || percent is null)
            {
                faulty++;
            }
            else if (points.Count > 0 && amperes <= points[^1].Amperes)
            {
                point!.Fault("amperes", $"{amperes} does not come after {points[^1].Amperes}", "write the points with ascending currents");
                faulty++;
            }
            else
            {
                points.Add(new CtPoint(amperes.Value, degrees.Value, percent.Value));
            }
        }

        return points;
    }

    private static decimal? LimitPercent(AccuracyClass? accuracy) =>
        accuracy switch
        {
            AccuracyClass.Class1 => 1,
            AccuracyClass.Class05S => 0.5m,
            _ => null,
        };

    [GeneratedRegex(@"^(0\.[89][0-9]{0,5}|1(\.([01][0-9]{0,5}|2([0-4][0-9]{0,4}|50{0,4})?))?)\z")]
    private static partial Regex Ratio();

    [GeneratedRegex(@"^[0-9]{1,12}(\.[0-9]{1,6})?\z")]
    private static partial Regex FaceValue();
}
