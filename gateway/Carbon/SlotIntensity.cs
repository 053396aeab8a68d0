using System.Globalization;
using System.Text.RegularExpressions;

namespace EdgeGateway.Carbon;

/// <summary>What a kilowatt-hour from the grid emitted in a slot of time, as its publisher states it.</summary>
/// <param name="From">Where the slot begins, UTC: a whole multiple of its length.</param>
/// <param name="Length">15, 30 or 60 minutes; the end is not part of it.</param>
/// <param name="Value">CO₂ per energy with its published digits, such as <c>543.2 gCO2/kWh</c>.</param>
public sealed partial record SlotIntensity(DateTimeOffset From, TimeSpan Length, string Value)
{
    /// <summary>Most lines of a table: a month of hours.</summary>
    public const int MostSlots = 744;

    /// <summary>The lengths that slots may have.</summary>
    public static IReadOnlyList<TimeSpan> Lengths { get; } = [TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1)];

    private static readonly string[] Units = ["gCO2/kWh", "kgCO2/kWh", "kgCO2/MWh", "tCO2/MWh"];

    /// <summary>Where the slot ends.</summary>
    public DateTimeOffset Until => From + Length;

    /// <summary>The slot's name in a log: where it begins, as <c>20260601T0500Z</c>.</summary>
    public string Name => NameOf(From);

    /// <summary>Whether all of a time lies within the slot.</summary>
    public bool Holds(DateTimeOffset from, DateTimeOffset to) => From <= from && to <= Until;

    /// <summary>The name of the slot that begins at an instant.</summary>
    public static string NameOf(DateTimeOffset from) => from.UtcDateTime.ToString("yyyyMMdd'T'HHmm'Z'", CultureInfo.InvariantCulture);

    /// <summary>The name of the slot of a length in which all of a time lies. Null: it lies in several, or is empty.</summary>
    public static string? NameOf(TimeSpan length, DateTimeOffset from, DateTimeOffset to)
    {
        DateTimeOffset begins = new(from.UtcTicks - (from.UtcTicks % length.Ticks), TimeSpan.Zero);
        return from < to && to <= begins + length ? NameOf(begins) : null;
    }

    /// <summary>Reads a slot back from its name and value.</summary>
    /// <exception cref="CarbonException">It is no name, or no intensity.</exception>
    public static SlotIntensity Read(string name, TimeSpan length, string value)
    {
        Check(value, name);
        return DateTimeOffset.TryParseExact(
            name,
            "yyyyMMdd'T'HHmm'Z'",
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out DateTimeOffset from
        )
            ? new SlotIntensity(from, length, value)
            : throw new CarbonException($"'{Exact.Shown(name)}' is no name of a slot, such as 20260601T0500Z.");
    }

    /// <summary>
    /// Reads a table: first the line <c>from,until,gCO2/kWh</c> with the unit of the values, then a line a slot, one after the other
    /// without a hole. What is not known has no value in its line.
    /// </summary>
    /// <param name="text">The table.</param>
    /// <param name="length">The length of every slot.</param>
    /// <returns>The slots with a value, in order.</returns>
    /// <exception cref="CarbonException">A line is not as it should be; the sentence names it. Nothing of the table counts
    /// then.</exception>
    public static IReadOnlyList<SlotIntensity> ParseTable(string text, TimeSpan length)
    {
        string[] lines = [.. text.TrimStart('\uFEFF').ReplaceLineEndings("\n").TrimEnd('\n').Split('\n')];
        string unit = Header().Match(lines[0]).Groups["unit"].Value;
        if (!Units.Contains(unit))
        {
            throw new CarbonException(
                $"The first line is '{Exact.Shown(lines[0])}'. Write from,until and the unit of the values, which is "
                    + $"{string.Join(", ", Units[..^1])} or {Units[^1]}: from,until,gCO2/kWh."
            );
        }
        if (lines.Length - 1 is 0 or > MostSlots)
        {
            throw new CarbonException($"There are {lines.Length - 1} slots. Write 1 to {MostSlots}, a month of hours.");
        }

        List<SlotIntensity> slots = [];
        DateTimeOffset? next = null;
        for (int i = 1; i < lines.Length; i++)
        {
            string at = $"Line {(i + 1).ToString(CultureInfo.InvariantCulture)}";
            if (lines[i].Split(',') is not [var from, var until, var value])
            {
                throw new CarbonException($"{at} is '{Exact.Shown(lines[i])}'. Write from,until,value, with the value in {unit}.");
            }

            DateTimeOffset begins = Instant(at, from),
                ends = Instant(at, until);
            if (Fault(from, begins, ends, length, next) is { } fault)
            {
                throw new CarbonException($"{at}: the slot {fault}.");
            }

            next = ends;
            if (value.Length > 0)
            {
                string stated = $"{value} {unit}";
                Check(stated, at);
                slots.Add(new SlotIntensity(begins, length, stated));
            }
        }

        return slots;
    }

    // Why a line cannot be the next slot, or null. The next slot begins where the one before it ended.
    private static string? Fault(string from, DateTimeOffset begins, DateTimeOffset ends, TimeSpan length, DateTimeOffset? next)
    {
        if (ends - begins != length)
        {
            return $"is {Minutes(ends - begins)} minutes long. Each slot of this series has {Minutes(length)}";
        }

        if (begins.Ticks % length.Ticks != 0)
        {
            return $"begins at {from}. Slots of {Minutes(length)} minutes begin at whole multiples of that in UTC";
        }

        if (begins < next)
        {
            return $"overlaps the one before it, which ends at {next:yyyy-MM-dd'T'HH:mm'Z'}. Write each slot once, in ascending order";
        }

        return begins > next
            ? $"leaves out what lies between {next:yyyy-MM-dd'T'HH:mm'Z'} and {from}. Write those slots too, without a "
                + "value where none is known"
            : null;
    }

    private static void Check(string value, string at)
    {
        Rate rate;
        try
        {
            rate = CitedFactor.Given(value, at).Rate;
        }
        catch (CarbonException e)
        {
            throw new CarbonException($"{at}: {e.Message}", e);
        }

        if (rate.Unit.Dimension != Dimension.CarbonDioxide || rate.Per.Dimension != Dimension.Energy)
        {
            throw new CarbonException($"{at}: {Exact.Shown(value)} is not CO2 per energy, such as 543.2 gCO2/kWh.");
        }

        if (FactorChecks.Bounds("electricity", "average", null, rate) is { } outside)
        {
            throw new CarbonException($"{at}: {Exact.Shown(value)} is {outside}");
        }
    }

    private static DateTimeOffset Instant(string at, string text) =>
        Zoned().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time)
            ? time.ToUniversalTime()
            : throw new CarbonException(
                $"{at}: '{Exact.Shown(text)}' is no time with its offset, such as 2026-06-01T06:00+08:00 or 2026-05-31T22:00Z."
            );

    private static string Minutes(TimeSpan length) => length.TotalMinutes.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^from,until,(?<unit>[A-Za-z0-9/]{1,20})\z")]
    private static partial Regex Header();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:00)?(Z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Zoned();
}
