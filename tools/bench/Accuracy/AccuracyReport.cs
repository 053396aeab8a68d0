using System.Globalization;
using System.Text;

namespace EdgeGateway.Bench.Accuracy;

/// <summary>The report as an electrician reads it. The same results give the same bytes.</summary>
internal sealed class AccuracyReport
{
    private readonly IReadOnlyList<PathResult> _paths;
    private readonly PathResult _hobbyClamp;
    private readonly IReadOnlyList<IndicativeResult> _singleShot;
    private readonly IReadOnlyList<IndicativeResult> _continuous;
    private readonly StringBuilder _text = new();

    public AccuracyReport(
        IReadOnlyList<PathResult> paths,
        PathResult hobbyClamp,
        IReadOnlyList<IndicativeResult> singleShot,
        IReadOnlyList<IndicativeResult> continuous
    )
    {
        _paths = paths;
        _hobbyClamp = hobbyClamp;
        _singleShot = singleShot;
        _continuous = continuous;
        IEnumerable<PathResult> all = paths.Append(hobbyClamp);
        Exceeded =
        [
            .. paths.SelectMany(p => NotHeld(p, "two points at In", r => r.TwoPoints)),
            .. paths.SelectMany(p => NotHeld(p, "two points at 0.2 In", r => r.SmallLoad)),
            .. all.SelectMany(p => NotHeld(p, "table", r => r.Table)),
            .. all.Where(p => p.Warned < AccuracySweep.Devices || p.FalselyWarned > 0).Select(p => $"{p.Name}: {Clipping(p)}"),
        ];
    }

    /// <summary>The limits that are not held, one sentence each.</summary>
    public IReadOnlyList<string> Exceeded { get; }

    public string Text()
    {
        Introduction();
        Model();
        Calibration();
        foreach (PathResult path in _paths)
        {
            Line();
            Line($"## {char.ToUpperInvariant(path.Name[0])}{path.Name[1..]}");
            Line();
            Points(path, "exceeded");
        }

        Line();
        Line("## What a clamp of large angle needs: ADE7953 with an SCT-013-000");
        Line();
        Line(
            """
            The same chip with the small hobby clamp, whose angle changes by more than half a degree from small to large currents. One
            angle for all currents is not enough for it at a low power factor: it needs the table, where the marks say so.
            """
        );
        Line();
        Points(_hobbyClamp, "needs the table");
        Indicative();
        Line();
        Line("## What is not in the model");
        Line();
        Line(
            """
            Temperature and ageing; saturation of a clamp; a clamp not closed, tilted or beside another conductor; quartz errors (below
            0.01 %); the chips' own filters, but for the one that takes out DC; the uncertainty of the reference meter at calibration,
            which adds to every figure after calibration; type tests of IEC 62053-21 other than those above. A sampled pair stands for
            converters that sample both inputs at once: two ADS1115 on clocks of their own are not a front end for watts. No figure here
            was measured on hardware.
            """
        );
        return _text.ToString();
    }

    private static IEnumerable<string> NotHeld(PathResult path, string calibration, Func<PointResult, double> error) =>
        path
            .Points.Where(r => Exceeds(error(r), r.Point))
            .Select(r => Text($"{path.Name}, {r.Point.Name}, {calibration}: {Signed(error(r))} %, limit ±{r.Point.LimitPercent:0.0} %"));

    private static string Clipping(PathResult path) =>
        $"a current of 1.2 times full scale was reported as beyond the range by {path.Warned} of {AccuracySweep.Devices} devices, "
        + $"and a point of the table by {path.FalselyWarned}.";

    private void Introduction()
    {
        Line("# Accuracy of the front ends");
        Line();
        Line(
            """
            This file is written by `dotnet run -c Release --project tools/bench -- accuracy`; with `--check` the command compares instead
            of writing. It ends with 1 when a limit is exceeded.
            """
        );
        Line();
        Line(
            $"""
            For each front end {AccuracySweep.Devices} devices are drawn with errors as parts have them (a fixed seed, never changed to
            please). Each is calibrated at two points as an installer does, and then measured at other points, from the clamp to the
            register by the product's own drivers, meters and calibration. The tables show the worst of all devices. Errors are of the
            energy, in percent of the true one. All front ends have the same clamps, and the clamp decides: after calibration the front
            ends hardly differ.
            """
        );
        Line();
        Line("| front end | worst error as part of its limit | at | clipping detected | limits |");
        Line("|---|---|---|---|---|");
        foreach (PathResult path in _paths)
        {
            PointResult worst = path.Points.MaxBy(p => Math.Abs(p.TwoPoints) / p.Point.LimitPercent)!;
            bool held = !path.Points.Any(p => Exceeds(p.TwoPoints, p.Point));
            Line(
                string.Join(
                    " | ",
                    [
                        $"| {path.Name}",
                        Text($"{Signed(worst.TwoPoints)} % of ±{worst.Point.LimitPercent:0.0} %"),
                        worst.Point.Name,
                        $"{path.Warned} of {AccuracySweep.Devices}, {path.FalselyWarned} falsely",
                        $"{(held ? "held" : "**exceeded**")} |",
                    ]
                )
            );
        }

        Line();
        Line(
            $"""
            Un = {SweepPoint.Un:0} V, In = {SweepPoint.In:0} A, Imax = {SweepPoint.Imax:0} A,
            behind a clamp of {MeteredDevice.Transformer.PrimaryA} A / {MeteredDevice.Transformer.SecondaryMv} mV
            and a divider of {MeteredDevice.Divider}.
            The limits are those of class 1 of IEC 62053-21 for the load; where a frequency, a voltage, harmonics or DC act on the meter,
            the whole error is held to ±1.0 %, not only the change. The largest current is the clamp's rated one: the ADE7953's input ends
            6 % above it. What a phase that has no load adds to the others is asked of the three-phase chip only.
            """
        );
    }

    private void Model()
    {
        Line();
        Line("## What was modelled");
        Line();
        Line(
            """
            Each error is drawn evenly between two ends. A clamp's lead and its ratio change towards small currents as 1 / (1 + x / 0.2),
            with x the current by the rated one: 0.8 of the change at 5 %, 0.5 at 20 %, 0.17 at 100 %. That law fits the measured tables
            named below to 0.04°; that the ratio follows the same law is assumed. The lead falls with frequency, and so with the order of
            a harmonic. Beyond the draws each sample has white noise, and what a chip or converter shows has its steps.
            """
        );
        Line();
        Line("| what | from | to | source |");
        Line("|---|---|---|---|");
        Row("", Parts.UpperResistor);
        Row("", Parts.LowerResistor);
        foreach (ClampModel clamp in new[] { ClampModel.Metering, ClampModel.Indicative })
        {
            Row(clamp.Name, clamp.Ratio);
            Row(clamp.Name, clamp.Lead);
            Row(clamp.Name, clamp.LeadRise);
            Row(clamp.Name, clamp.RatioFall);
        }

        ConverterModel[] converters = [ConverterModel.Ade7953, ConverterModel.Atm90e32as, ConverterModel.Sampled, ConverterModel.Ads1115];
        foreach (ConverterModel converter in converters)
        {
            Row(converter.Name, converter.Gain);
            if (converter != ConverterModel.Ads1115)
            {
                Row(converter.Name, converter.ChannelLead);
                Row(converter.Name, converter.Crosstalk);
            }

            Row(converter.Name, converter.Nonlinearity);
            Row(converter.Name, converter.Offset);
            Line($"| {converter.Name}: noise, RMS a sample | {1000 * converter.NoiseMv:0} µV | | {converter.NoiseSource} |");
        }

        Row("ADS1115", Parts.Ads1115Clock);
        Line(
            "| ADS1115: averages over a conversion | 1/rate | | the mean of 8 instants: 95, 87 and 75 % of the 3rd, 5th and 7th harmonic |"
        );
        Line("| 16-bit converter: sample rate | 4000/s | 4040/s | assumed, and known |");

        void Row(string of, Tolerance t) =>
            Line($"| {of}{(of.Length == 0 ? "" : ": ")}{t.Name} | {t.Low:0.###;−0.###} {t.Unit} | {t.High:0.###} {t.Unit} | {t.Source} |");
    }

    private void Calibration()
    {
        Line();
        Line("## How it was calibrated");
        Line();
        Line(
            $"""
            *Two points*: the ratio at PF 1 and the phase at PF 0.5 inductive, both at one current and the nominal frequency, against a
            perfect reference: at In = {SweepPoint.In:0} A, and for comparison at 0.2 In, which a heater of 2.3 kW draws. *Table*: the
            same at
            {string.Join(", ", AccuracySweep.TableOfIn.Select(i => Text($"{i:0.##}")))} In, so that ratio and phase follow the current.
            The offset is not calibrated. Devices for 60 Hz are calibrated at 60 Hz.
            """
        );
    }

    private void Points(PathResult path, string exceeded)
    {
        Line("| point | limit | uncalibrated | two points at In | | at 0.2 In | | table | |");
        Line("|---|--:|--:|--:|---|--:|---|--:|---|");
        foreach (PointResult r in path.Points)
        {
            Line(
                string.Join(
                    " | ",
                    [
                        $"| {r.Point.Name}",
                        Text($"±{r.Point.LimitPercent:0.0} %"),
                        $"{Signed(r.Uncalibrated)} %",
                        $"{Signed(r.TwoPoints)} %",
                        Judged(r.TwoPoints, r.Point, exceeded),
                        $"{Signed(r.SmallLoad)} %",
                        Judged(r.SmallLoad, r.Point, exceeded),
                        $"{Signed(r.Table)} %",
                        $"{Judged(r.Table, r.Point, "exceeded")} |",
                    ]
                )
            );
        }

        Line();
        Line($"Clipping: {Clipping(path)}");
    }

    private void Indicative()
    {
        Line();
        Line("## Indicative: ADS1115 with a clamp and no voltage");
        Line();
        Line(
            $"""
            RMS current of one window of 0.2 s; mean of {AccuracySweep.Devices} devices, and the worst window of any of them. Volt-amperes
            have the error of the current and beside it that of the assumed voltage: at 10 % of over- or undervoltage another 10 %.

            *As converted*: without any correction. *Averaging corrected*: divided by what the converter's averaging leaves of the
            fundamental, with the rate that is measured (continuous conversions) or the nominal one (single conversions); so the product
            shows it. *Calibrated*: and multiplied by a ratio taken with a resistive load at 0.5 In. What the averaging takes from the
            harmonics stays missing: it could only be put back if the load's harmonics were known, and without a voltage and at this rate
            they are not. So a rectifier's current reads low by the figures below, whatever is calibrated.
            """
        );
        Line();
        Line("| load | conversions | as converted: mean, worst | averaging corrected | calibrated |");
        Line("|---|---|--:|--:|--:|");
        foreach ((IndicativeResult single, IndicativeResult continuous) in _singleShot.Zip(_continuous))
        {
            Row("continuous", continuous);
            Row("single", single);
        }

        void Row(string mode, IndicativeResult r) =>
            Line($"| {r.Load.Name} | {mode} | {Text(r.Shown)} | {Text(r.Averaging)} | {Text(r.Calibrated)} |");

        static string Text(Bias bias) => AccuracyReport.Text($"{Signed(bias.Mean)} %, {Signed(bias.Worst)} %");
    }

    // Rounded first: a negative number that rounds to 0 has no sign.
    private static string Signed(double percent) => Math.Round(percent, 2).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture);

    private static bool Exceeds(double error, SweepPoint point) => !(Math.Abs(error) <= point.LimitPercent);

    private static string Judged(double error, SweepPoint point, string otherwise) => Exceeds(error, point) ? $"**{otherwise}**" : "ok";

    private void Line(FormattableString text) => Line(Text(text));

    private void Line(string text = "") => _text.Append(text.ReplaceLineEndings("\n")).Append('\n');

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
