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

    /// <summary>Matches load with carbon-free energy in slots of one length that follow each other.</summary>
    /// <param name="slots">In order, without gap or overlap.</param>
    /// <param name="length">An hour or less.</param>
    /// <exception cref="CarbonException">Slots are missing or overlap, or an amount cannot be.</exception>
    public static MatchingResult Of(IReadOnlyList<MatchingSlot> slots, TimeSpan length)
    {
        if (length <= TimeSpan.Zero || length > TimeSpan.FromHours(1))
        {
            throw new CarbonException($"Slots of {length.TotalMinutes} min are not matched. 24/7 matching is hourly or finer.");
        }

        Sums sums = Add(slots, length);
        Derivation derivation = new("Σ min(load, carbon-free) / Σ load", "24/7 carbon-free energy, hourly matching")
        {
            Inputs =
            [
                Sum("Σ load", sums.Load),
                Sum("Σ carbon-free", sums.CarbonFree),
                Sum("Σ min(load, carbon-free)", sums.Matched),
                new("slots", $"{slots.Count} of {length.TotalMinutes} min", null),
            ],
        };
        Derivation score = derivation with { Formula = "Σ [ m + (load − m)·g ] / Σ load with m = min(load, carbon-free)" };
        return new(
            Figure.Quotient("hourly matched share", sums.Matched, sums.Load, "%", NoLoad, derivation),
            sums.NoScore is null
                ? Figure.Quotient("24/7 carbon-free score", sums.WithGrid, sums.Load, "%", NoLoad, score)
                : Figure.None("24/7 carbon-free score", "%", sums.NoScore, score),
            Figure.Quotient(
                "volumetric share",
                sums.CarbonFree < sums.Load ? sums.CarbonFree : sums.Load,
                sums.Load,
                "%",
                NoLoad,
                derivation with
                {
                    Formula = "min(Σ carbon-free, Σ load) / Σ load",
                }
            ),
            new Figure(
                "unmatched carbon-free energy",
                sums.CarbonFree - sums.Matched,
                "kWh",
                null,
                derivation with
                {
                    Formula = "Σ carbon-free − Σ min(load, carbon-free)",
                }
            )
        );
    }

    private static void RequireStart(DateTimeOffset start, DateTimeOffset expected)
    {
        if (start != expected)
        {
            string relation = start > expected ? "is missing: the next is" : "is overlapped by";
            throw new CarbonException($"The slot {At(expected)} {relation} {At(start)}. Slots follow each other.");
        }
    }

    private static Sums Add(IReadOnlyList<MatchingSlot> slots, TimeSpan length)
    {
        Fraction load = Fraction.Zero,
            free = Fraction.Zero,
            matched = Fraction.Zero,
            withGrid = Fraction.Zero;
        string? noScore = null;
        DateTimeOffset? due = null;
        foreach (MatchingSlot slot in slots)
        {
            RequireStart(slot.Start, due ?? slot.Start);
            due = slot.Start + length;
            Fraction l = Checked(slot, slot.Load),
                c = Checked(slot, slot.CarbonFree),
                m = c < l ? c : l;
            if (slot.GridShare is { } g && (g.IsNegative || g > Fraction.One))
            {
                throw new CarbonException($"At {At(slot.Start)} the grid's carbon-free share is {Exact.Text(g)}. It is 0 to 1.");
            }

            noScore ??= slot.GridShare is null ? $"the grid's carbon-free share at {At(slot.Start)} is not known" : null;
            load += l;
            free += c;
            matched += m;
            withGrid += m + ((l - m) * (slot.GridShare ?? Fraction.Zero));
        }

        return new Sums(load, free, matched, withGrid, noScore);
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

    // Sums over all slots, kWh, and why there is no 24/7 score where the share of the grid is not known.
    private sealed record Sums(Fraction Load, Fraction CarbonFree, Fraction Matched, Fraction WithGrid, string? NoScore);
}
