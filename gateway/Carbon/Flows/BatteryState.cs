using System.Globalization;
using System.Text;

namespace EdgeGateway.Carbon.Flows;

/// <summary>Energy in a battery that comes from one origin.</summary>
/// <param name="Origin"><c>grid</c>, <c>unknown</c> or the name of a generator.</param>
/// <param name="MicrowattHours">How much, 0 or above.</param>
public readonly record struct StoredEnergy(string Origin, Int128 MicrowattHours);

/// <summary>What goes over from one ledger to the next: where it ended, and what the battery holds. As text it is exact.</summary>
/// <param name="End">The start of the next interval, UTC.</param>
/// <param name="Origins">The battery's content by origin, µWh: <c>grid</c>, <c>unknown</c>, then the generators by name.</param>
/// <param name="WithoutIntensity">How much of the grid's part came without a carbon intensity, µWh.</param>
/// <param name="Femtograms">What the rest of the grid's part emitted, 10⁻¹⁵ g CO₂.</param>
/// <remarks>
/// <code>
/// edgegateway-battery,1,2026-02-01T00:00:00Z
/// grid,1500000000,0,825000000000000000
/// unknown,0
/// pv:roof,250000000
/// </code>
/// </remarks>
public sealed record BatteryState(DateTimeOffset End, IReadOnlyList<StoredEnergy> Origins, Int128 WithoutIntensity, Int128 Femtograms)
{
    private const string Magic = "edgegateway-battery",
        TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const int MostLines = 40;

    internal static BatteryState Of(FlowLedger ledger)
    {
        string[] origins = ["grid", "unknown", .. ledger.Site.Generators.Select(g => g.Name)];
        return new(
            ledger.End ?? throw new InvalidOperationException("A ledger without an interval has not ended anywhere."),
            [.. origins.Zip(ledger.Battery.Energy, (origin, energy) => new StoredEnergy(origin, energy))],
            ledger.Battery.WithoutIntensity,
            ledger.Battery.Femtograms
        );
    }

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    /// <exception cref="InvalidDataException">A line is not what the form asks for; the text names the line.</exception>
    public static BatteryState Parse(string fileName, TextReader text)
    {
        LineReader lines = new(fileName, text);
        if (
            lines.Next()?.Split(',') is not [Magic, "1", var time]
            || !DateTimeOffset.TryParseExact(
                time,
                TimeFormat,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out DateTimeOffset end
            )
        )
        {
            throw lines.Wrong($"must be {Magic},1,YYYY-MM-DDThh:mm:ssZ");
        }

        string[] grid = lines.Next()?.Split(',') ?? [];
        if (grid.Length != 4 || grid[0] != "grid")
        {
            throw lines.Wrong("must be grid and three whole numbers");
        }

        List<StoredEnergy> origins = [new("grid", Number(grid[1]))];
        Int128 dark = Number(grid[2]),
            carbon = Number(grid[3]);
        if (dark > origins[0].MicrowattHours || (carbon > 0 && dark == origins[0].MicrowattHours))
        {
            throw lines.Wrong("has more without intensity than there is, or carbon of no energy");
        }

        while (lines.Next() is { } line)
        {
            string[] cells = line.Split(',');
            if (
                cells.Length != 2
                || origins.Count == MostLines
                || (origins.Count == 1 && cells[0] != "unknown")
                || origins.Exists(o => o.Origin == cells[0])
            )
            {
                throw lines.Wrong("must be an origin and a whole number, 'unknown' first, each origin once");
            }

            origins.Add(new(cells[0], Number(cells[1])));
        }

        return new(end, origins, dark, carbon);

        Int128 Number(string cell) =>
            cell.Length <= 30 && Int128.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out Int128 n)
                ? n
                : throw lines.Wrong($"'{cell}' is not a whole number");
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Magic},1,{End.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}\n");
        foreach ((string origin, Int128 energy) in Origins)
        {
            string more = origin == "grid" ? string.Create(CultureInfo.InvariantCulture, $",{WithoutIntensity},{Femtograms}") : "";
            text.Append(CultureInfo.InvariantCulture, $"{origin},{energy}{more}\n");
        }

        return text.ToString();
    }

    internal BatteryContent ContentOf(FlowSite site)
    {
        string[] names = ["grid", "unknown", .. site.Generators.Select(g => g.Name)];
        foreach ((string origin, Int128 energy) in Origins)
        {
            if (energy > 0 && !names.Contains(origin))
            {
                throw new InvalidDataException($"The saved battery holds energy of {origin}, which is not among the site's generators.");
            }
        }

        Int128[] content = [.. names.Select(n => Origins.FirstOrDefault(o => o.Origin == n).MicrowattHours)];
        return content.All(e => e <= BatteryContent.Most / content.Length)
            ? new BatteryContent(content, WithoutIntensity, Femtograms)
            : throw new InvalidDataException("The saved battery holds about 1 TWh, which is no battery of a site.");
    }
}
