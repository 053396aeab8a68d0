using System.Globalization;

namespace EdgeGateway.Accounting;

/// <summary>A month or year of the site's calendar.</summary>
/// <param name="Name"><c>2026-06</c> or <c>2026</c>.</param>
/// <param name="From">Its first midnight.</param>
/// <param name="To">The midnight after it; not included.</param>
public readonly record struct CalendarPeriod(string Name, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>The one that an instant is in.</summary>
    public static CalendarPeriod Of(AccountPeriod length, DateTimeOffset at, TimeZoneInfo zone)
    {
        DateTime local = TimeZoneInfo.ConvertTime(at, zone).DateTime;
        DateTime first = length == AccountPeriod.Month ? new DateTime(local.Year, local.Month, 1) : new DateTime(local.Year, 1, 1);
        return Starting(first, length, zone);
    }

    /// <summary>Reads a name back.</summary>
    public static CalendarPeriod Parse(string name, TimeZoneInfo zone)
    {
        AccountPeriod length = name.Length > 4 ? AccountPeriod.Month : AccountPeriod.Year;
        return Starting(
            DateTime.ParseExact(name, length == AccountPeriod.Month ? "yyyy-MM" : "yyyy", CultureInfo.InvariantCulture),
            length,
            zone
        );
    }

    /// <summary>Whether all of the time lies within it.</summary>
    public bool Holds(DateTimeOffset from, DateTimeOffset to) => From <= from && to <= To;

    private static CalendarPeriod Starting(DateTime first, AccountPeriod length, TimeZoneInfo zone) =>
        length == AccountPeriod.Month
            ? new(first.ToString("yyyy-MM", CultureInfo.InvariantCulture), Midnight(first, zone), Midnight(first.AddMonths(1), zone))
            : new(first.ToString("yyyy", CultureInfo.InvariantCulture), Midnight(first, zone), Midnight(first.AddYears(1), zone));

    private static DateTimeOffset Midnight(DateTime day, TimeZoneInfo zone) =>
        new DateTimeOffset(day, zone.GetUtcOffset(day)).ToUniversalTime();
}
