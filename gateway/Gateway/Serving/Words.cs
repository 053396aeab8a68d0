using System.Globalization;
using EdgeGateway.Accounting;
using EdgeGateway.Readings;
using EdgeGateway.Reporting;

namespace EdgeGateway.Serving;

/// <summary>How the page says things: plain words and numbers for somebody who stands in front of the cabinet.</summary>
internal static class Words
{
    private const char ThinSpace = '\u2009';

    private static readonly NumberFormatInfo Format = new()
    {
        NumberGroupSeparator = ThinSpace.ToString(),
        NumberDecimalSeparator = ".",
        NegativeSign = "−",
    };

    /// <summary>Why a value is missing, in two or three words.</summary>
    public static string Of(MissingReason reason) =>
        reason switch
        {
            MissingReason.NotReadYet => "not read yet",
            MissingReason.NoAnswer => "no answer",
            MissingReason.BusStuck => "bus stuck",
            MissingReason.WrongChip => "wrong chip",
            MissingReason.Implausible => "implausible value",
            MissingReason.Stale => "no new reading",
            _ => reason.Code(),
        };

    /// <summary>Where to look first.</summary>
    public static string Advice(MissingReason reason) =>
        reason switch
        {
            MissingReason.NotReadYet => "It has not been read since the start. Wait a few seconds.",
            MissingReason.NoAnswer => "The chip does not acknowledge its address. Check its supply, its two bus wires and its address.",
            MissingReason.BusStuck =>
                "The bus does not complete a transfer. Look for a short, a missing pull-up or a chip that holds the line.",
            MissingReason.WrongChip => "Another chip answers at this address. Compare the wiring with the site file.",
            MissingReason.Implausible => "The chip answers with what cannot be. Check its supply, reference and wiring.",
            MissingReason.Stale => "Its bus has not delivered a reading in time: it may hang.",
            _ => "",
        };

    /// <summary>The class a channel claims, for example <c>class 1</c>.</summary>
    public static string Of(AccuracyClass accuracy) =>
        accuracy switch
        {
            AccuracyClass.Indicative => "indicative",
            AccuracyClass.OfMeter => "meter's own class",
            AccuracyClass.Mid => "MID",
            _ => $"class {accuracy.Code()}",
        };

    /// <summary>What limits the trust in a value, for example <c>estimated, saturated</c>.</summary>
    public static string Of(Quality quality) => quality == Quality.Measured ? "measured" : string.Join(", ", Limits(quality));

    /// <summary>What registers lack, for example <c>incomplete from 08:15:00 to 08:16:30: 44 edges lost</c>.</summary>
    public static string Of(Gap gap, DateTimeOffset now, TimeZoneInfo zone)
    {
        string what = gap.Cause switch
        {
            GapCause.EdgesLost => gap.Lost is { } lost ? $"{Count(lost, "edge", "edges")} lost" : "edges lost",
            GapCause.NotSampled => "not sampled",
            GapCause.ChipReset => "the chip was reset",
            GapCause.Implausible => "impossible energy, not booked",
            GapCause.NotRunning => "the gateway was off",
            GapCause.LogLost => "leaves of the log were lost",
            _ => gap.Cause.Code(),
        };
        return $"incomplete from {Clock(gap.From, now, zone)} to {Clock(gap.To, now, zone)}: {what}";
    }

    /// <summary>The warning while it lasts, otherwise the month's peak.</summary>
    public static string Of(DemandRecord demand, DateTimeOffset now, TimeZoneInfo zone) =>
        demand.Warning is { } warning ? $"Demand: {warning}"
        : demand.PeakAt is { } at && demand.Month == TimeZoneInfo.ConvertTime(now, zone).ToString("yyyy-MM", CultureInfo.InvariantCulture)
            ? $"Demand: at most {demand.PeakKw} kW this month, in the 15 min from {Clock(at, now, zone)}"
        : "Demand: no quarter of an hour of this month is complete yet";

    /// <summary>How a budget stands and why, with the amounts where there are any.</summary>
    public static string Of(BudgetState budget)
    {
        BudgetFigure used = budget["used to date"],
            whole = budget["budget"];
        string amounts =
            budget.CountedUntil is { } until && whole.Value is not null
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{used.Value} of {whole.Value} {whole.Unit} used by {until:yyyy-MM-dd HH:mm}: "
                )
                : "";
        return $"Budget from {budget.From}, {string.Join(" + ", budget.Accounts)}: {budget.Verdict}, {amounts}{budget.Words}";
    }

    /// <summary>A number with a unit, as many decimals as asked, digits in groups of three.</summary>
    public static string Number(double value, int decimals) => value.ToString($"N{decimals}", Format);

    /// <inheritdoc cref="Number(double, int)"/>
    public static string Number(decimal value, int decimals) => value.ToString($"N{decimals}", Format);

    /// <summary>A count, digits in groups of three.</summary>
    public static string Count(long value) => value.ToString("N0", Format);

    /// <summary>One leaf, 2 leaves.</summary>
    public static string Count(long value, string one, string many) => $"{Count(value)} {(value == 1 ? one : many)}";

    /// <summary>A size on the card in kB or MB, decimal.</summary>
    public static string Bytes(long bytes) => bytes < 1_000_000 ? $"{Number(bytes / 1e3, 0)} kB" : $"{Number(bytes / 1e6, 1)} MB";

    /// <summary>How long: two significant parts at most.</summary>
    public static string Span(TimeSpan span) =>
        span switch
        {
            { TotalSeconds: < 100 } => $"{Math.Max(0, (long)span.TotalSeconds)} s",
            { TotalMinutes: < 100 } => $"{(long)span.TotalMinutes} min",
            { TotalHours: < 48 } => $"{(long)span.TotalHours} h {span.Minutes} min",
            _ => $"{(long)span.TotalDays} days",
        };

    /// <summary>How long ago, or that it lies in the future: somebody set the clock back.</summary>
    public static string Ago(DateTimeOffset then, DateTimeOffset now) =>
        then <= now ? $"{Span(now - then)} ago" : $"{Span(then - now)} ahead of the clock";

    /// <summary>A time of day, with the date when it is not today's.</summary>
    public static string Clock(DateTimeOffset time, DateTimeOffset now, TimeZoneInfo zone)
    {
        DateTimeOffset local = TimeZoneInfo.ConvertTime(time, zone);
        bool today = local.Date == TimeZoneInfo.ConvertTime(now, zone).Date;
        return local.ToString(today ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }

    private static IEnumerable<string> Limits(Quality quality)
    {
        if (quality.HasFlag(Quality.Estimated))
        {
            yield return "estimated";
        }

        if (quality.HasFlag(Quality.Saturated))
        {
            yield return "saturated";
        }

        if (quality.HasFlag(Quality.Lost))
        {
            yield return "some lost";
        }

        if (quality.HasFlag(Quality.Restored))
        {
            yield return "restored after a power cut";
        }
    }
}
