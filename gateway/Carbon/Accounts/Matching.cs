using System.Globalization;
using Fractions;

namespace EdgeGateway.Carbon.Accounts;

/// <summary>An interval of load and of carbon-free energy for it. Its end is not part of it.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Load">Energy used, 0 or above.</param>
/// <param name="CarbonFree">Carbon-free energy that was generated or contracted in it, 0 or above.</param>
/// <param name="GridShare">The carbon-free share of the grid, 0 to 1. Null: not known.</param>
public sealed record MatchingSlot(DateTimeOffset Start, Quantity Load, Quantity CarbonFree, Fraction? GridShare);

/// <summary>How load and carbon-free energy meet, hour by hour (24/7 matching).</summary>
/// <param name="HourlyMatched">Σ min(load, carbon-free) / Σ load, percent.</param>
/// <param name="CarbonFreeScore">The same with the rest at the grid's carbon-free share, percent.</param>
/// <param name="Volumetric">min(Σ carbon-free, Σ load) / Σ load, percent: the volumes of the whole period, never below the matched
/// share.</param>
/// <param name="Unmatched">Carbon-free energy beyond the load of its hour, kWh.</param>
public sealed record MatchingResult(Figure HourlyMatched, Figure CarbonFreeScore, Figure Volumetric, Figure Unmatched)
{
    private const string NoLoad = "there was no load";

    /// <summary>Matches slots of one length that follow each other.</summary>
    /// <param name="slots">In order, without gap or overlap.</param>
    /// <param name="length">An hour or less.</param>
    /// <exception cref="CarbonException">Slots are missing or overlap, or an amount cannot be.</exception>
    public static MatchingResult Of(IReadOnlyList<MatchingSlot> slots, TimeSpan length)
    {
        if (length <= TimeSpan.Zero || length > TimeSpan.FromHours(1))
        {
            throw new CarbonException($"Slots of {length.TotalMinutes} min are not matched. 24/7 matching is hourly or finer.");
        }

        Fraction load = Fraction.Zero,
            free = Fraction.Zero,
            matched = Fraction.Zero,
            withGrid = Fraction.Zero;
        DateTimeOffset? due = null;
        string? noShare = null;
        foreach (MatchingSlot slot in slots)
        {
            if (due is { } expected && slot.Start != expected)
            {
                throw new CarbonException(
                    $"The slot {At(expected)} {(slot.Start > expected ? "is missing: the next is" : "is overlapped by")} "
                        + $"{At(slot.Start)}. Slots follow each other."
                );
            }

            due = slot.Start + length;
            Fraction l = Checked(slot, slot.Load),
                c = Checked(slot, slot.CarbonFree),
                m = c < l ? c : l;
            if (slot.GridShare is { } g && (g.IsNegative || g > Fraction.One))
            {
                throw new CarbonException($"At {At(slot.Start)} the grid's carbon-free share is {Exact.Text(g)}. It is 0 to 1.");
            }

            noShare ??= slot.GridShare is null ? $"the grid's carbon-free share at {At(slot.Start)} is not known" : null;
            load += l;
            free += c;
            matched += m;
            withGrid += m + ((l - m) * (slot.GridShare ?? Fraction.Zero));
        }

        Derivation derivation = new("Σ min(load, carbon-free) / Σ load", "24/7 carbon-free energy, hourly matching")
        {
            Inputs =
            [
                Sum("Σ load", load),
                Sum("Σ carbon-free", free),
                Sum("Σ min(load, carbon-free)", matched),
                new("slots", $"{slots.Count} of {length.TotalMinutes} min", null),
            ],
        };
        Derivation score = derivation with { Formula = "Σ [ m + (load − m)·g ] / Σ load with m = min(load, carbon-free)" };
        return new(
            Figure.Quotient("hourly matched share", matched, load, "%", NoLoad, derivation),
            noShare is null
                ? Figure.Quotient("24/7 carbon-free score", withGrid, load, "%", NoLoad, score)
                : Figure.None("24/7 carbon-free score", "%", noShare, score),
            Figure.Quotient(
                "volumetric share",
                free < load ? free : load,
                load,
                "%",
                NoLoad,
                derivation with
                {
                    Formula = "min(Σ carbon-free, Σ load) / Σ load",
                }
            ),
            new Figure(
                "unmatched carbon-free energy",
                free - matched,
                "kWh",
                null,
                derivation with
                {
                    Formula = "Σ carbon-free − Σ min(load, carbon-free)",
                }
            )
        );
    }

    private static Fraction Checked(MatchingSlot slot, Quantity amount)
    {
        Fraction kilowattHours = amount.In(Unit.KilowattHour).Value;
        return kilowattHours.IsNegative
            ? throw new CarbonException($"At {At(slot.Start)} there is an energy of {amount}. Load and generation are not negative.")
            : kilowattHours;
    }

    private static Input Sum(string name, Fraction kilowattHours) => new(name, $"{Exact.Text(kilowattHours)} kWh", null);

    private static string At(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
}
