using CsCheck;
using EdgeGateway.Carbon.Targets;
using Fractions;

namespace EdgeGateway.Carbon.Tests.Targets;

public class BudgetTests
{
    private static readonly Period Year = Days("2026-01-01", "2027-01-01");
    private static readonly Baseline Before = new(Days("2025-01-01", "2026-01-01"), Quantity.Parse("12500 tCO2"), null);

    // By hand: 12500 · 0.92 = 11500; 212 of 365 days; 6572 · 365/212 = 11315; 11500 · 212/365 = 6679.452…
    [Fact]
    public void A_reduction_is_followed_from_the_baseline_to_the_projection()
    {
        BudgetProgress progress = new Budget(Year, null, new(8), Before, Used("2026-08-01", "6572 tCO2")).Progress();
        Assert.Equal(
            [
                ("budget", "11500.000000", "tCO2"),
                ("used to date", "6572.000000", "tCO2"),
                ("share of the budget used", "57.147826", "%"),
                ("pro-rata line", "6679.452055", "tCO2"),
                ("used beyond the line", "-107.452055", "tCO2"),
                ("projection for the year", "11315.000000", "tCO2"),
                ("projection beyond the budget", "-185.000000", "tCO2"),
                ("projection against the baseline", "-9.480000", "%"),
            ],
            progress.Figures.Select(f => (f.Name, Exact.Display(f.Value!.Value), f.Unit))
        );
        Assert.Equal(new Fraction(2_438_000, 365), progress["pro-rata line"].Value);
        Assert.Equal(
            (Attainment.Met, "if the rest of the year is like the days so far, 185.000000 tCO2 of the budget are left"),
            (progress.Verdict, progress.Words)
        );
        Assert.Equal(
            "Assumption: the rest of the year is like the days so far. Seasons, holidays and planned production are " + "not in it.",
            Assert.Single(progress["projection for the year"].Derivation.Notes)
        );
        Assert.All(progress.Figures, f => Assert.True(f.Derivation.Inputs.Count > 0, f.Name));
    }

    [Fact]
    public void A_budget_of_energy_takes_other_units_of_energy()
    {
        BudgetProgress progress = new Budget(Year, Quantity.Parse("100 MWh"), null, null, Used("2026-12-31", "100001 kWh")).Progress();
        Assert.Equal((Attainment.NotMet, "the budget is used up: 0.001000 MWh beyond it"), (progress.Verdict, progress.Words));
        Assert.Equal("no baseline is given", progress["projection against the baseline"].NoValue);
        progress = new Budget(Year, Quantity.Parse("100 MWh"), null, null, Used("2026-07-02", "50000 kWh")).Progress();
        Assert.Equal(
            (Attainment.NotMet, "if the rest of the year is like the days so far, it is 0.274725 MWh beyond the budget"),
            (progress.Verdict, progress.Words)
        ); // 50 · 365/182 − 100
    }

    [Fact]
    public void At_the_end_of_a_year_the_projection_is_what_was_used_and_the_line_the_budget() =>
        Gen.Select(Gen.Int[0, 5000], Gen.Int[1, 5000])
            .Sample(
                (used, budget) =>
                {
                    BudgetProgress progress = new Budget(
                        Year,
                        Quantity.Parse($"{budget} tce"),
                        null,
                        null,
                        Used("2027-01-01", $"{used} tce")
                    ).Progress();
                    Assert.Equal(
                        (new Fraction(used), new Fraction(budget)),
                        (progress["projection for the year"].Value, progress["pro-rata line"].Value)
                    );
                    Assert.Equal(used <= budget ? Attainment.Met : Attainment.NotMet, progress.Verdict);
                }
            );

    [Fact]
    public void To_be_on_the_line_is_to_be_projected_at_the_budget() =>
        Gen.Select(Gen.Int[1, 365], Gen.Int[0, 100_000], Gen.Int[1, 100_000])
            .Sample(
                (days, used, budget) =>
                {
                    BudgetProgress progress = new Budget(
                        Year,
                        Quantity.Parse($"{budget} kWh"),
                        null,
                        null,
                        new(Year.From.AddDays(days), Quantity.Parse($"{used} kWh"), null)
                    ).Progress();
                    Fraction ahead = progress["used beyond the line"].Value!.Value;
                    Assert.Equal(ahead.IsPositive, progress["projection beyond the budget"].Value!.Value.IsPositive);
                    Assert.Equal(ahead.IsPositive ? Attainment.NotMet : Attainment.Met, progress.Verdict);
                    Assert.Equal(ahead * 365 / days, progress["projection beyond the budget"].Value);
                }
            );

    [Fact]
    public void Of_what_is_missing_or_zero_there_is_no_value_but_a_reason()
    {
        BudgetProgress unknown = new Budget(
            Year,
            null,
            new(8),
            Before with
            {
                Amount = null,
                NoValue = "the records burnt",
            },
            Used("2026-08-01", "1 tCO2")
        ).Progress();
        Reasons(unknown, "budget", "the baseline is not known: the records burnt");
        Assert.Equal((Attainment.NoValue, "the baseline is not known: the records burnt"), (unknown.Verdict, unknown.Words));
        Assert.Equal(new Fraction(365, 212), unknown["projection for the year"].Value);

        BudgetProgress zero = new Budget(
            Year,
            null,
            new(8),
            Before with
            {
                Amount = Quantity.Parse("0 tCO2"),
            },
            Used("2026-08-01", "1 tCO2")
        ).Progress();
        Reasons(zero, "budget", "the baseline is zero");
        Reasons(zero, "projection against the baseline", "the baseline is zero");
        Assert.Equal(Attainment.NoValue, zero.Verdict);

        BudgetProgress none = new Budget(Year, null, new(8), null, null).Progress();
        Reasons(none, "budget", "no baseline is given");
        Reasons(none, "used to date", "nothing is given as used");
        Assert.All(none.Figures, f => Assert.NotNull(f.NoValue));

        BudgetProgress unread = new Budget(Year, Quantity.Parse("1 t"), null, null, new(Year.Until, null, "the meter failed")).Progress();
        Reasons(unread, "projection for the year", "what was used is not known: the meter failed");
        Assert.Equal((Attainment.NoValue, Fraction.One), (unread.Verdict, unread["pro-rata line"].Value!.Value));

        BudgetProgress first = new Budget(Year, Quantity.Parse("1 t"), null, null, Used("2026-01-01", "0 t")).Progress();
        Reasons(first, "projection for the year", "no day of the year has passed");
        Assert.Equal((Attainment.NoValue, "no day of the year has passed"), (first.Verdict, first.Words));

        BudgetProgress nothing = new Budget(Year, Quantity.Parse("0 t"), null, null, Used("2026-07-01", "0 t")).Progress();
        Reasons(nothing, "share of the budget used", "the budget is zero");
        Assert.Equal(Attainment.Met, nothing.Verdict);

        static void Reasons(BudgetProgress progress, string figure, string reason) =>
            Assert.Equal((null, reason), (progress[figure].Value, progress[figure].NoValue));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Budget good = new(Year, null, new(8), Before, Used("2026-08-01", "1 tCO2"));
        Assert.Equal(Attainment.Met, good.Progress().Verdict);
        Refused(good with { Amount = Quantity.Parse("-1 tCO2"), Reduction = null }, "The budget is -1 tCO2. It is 0 or above");
        Refused(good with { Baseline = Before with { Amount = Quantity.Parse("-1 tCO2") } }, "The baseline is -1 tCO2");
        Refused(good with { Used = Used("2026-08-01", "-1 tCO2") }, "What was used is -1 tCO2");
        Refused(good with { Reduction = new(-1) }, "The reduction is -1 %. It is 0 to 100 %");
        Refused(good with { Reduction = new(101) }, "The reduction is 101 %");
        Refused(good with { Amount = Quantity.Parse("1 tCO2") }, "give one of the two");
        Refused(good with { Reduction = null }, "give one of the two");
        Refused(good with { Used = Used("2026-08-01", "1 tCO2e") }, "CO2 is one gas");
        Refused(good with { Amount = Quantity.Parse("1 MWh"), Reduction = null, Used = null }, "tCO2 is not MWh");
        Refused(good with { Used = Used("2025-12-31", "1 tCO2") }, "before 2025-12-31, which is not within the year of the budget");
        Refused(good with { Used = Used("2027-01-02", "1 tCO2") }, "before 2027-01-02, which is not within");
        Refused(
            good with
            {
                Year = Days("2026-01-01", "2026-12-31"),
            },
            "The year of the budget is 2026-01-01 to 2026-12-31, which is not a year"
        );
        Refused(good with { Year = Days("9999-01-01", "9999-12-31") }, "which is not a year");
        Refused(
            good with
            {
                Baseline = Before with { Year = Days("2024-01-01", "2026-01-01") },
            },
            "The year of the baseline is 2024-01-01 to 2026-01-01"
        );
        Refused(
            good with
            {
                Baseline = Before with { Year = Days("2025-01-02", "2026-01-02") },
            },
            "The baseline, 2025-01-02 to 2026-01-02, is not before"
        );
        Assert.Equal(
            "The period ends on 2026-01-01, which is not after 2027-01-01. Its last day is not part of it.",
            Assert.Throws<CarbonException>(() => Days("2027-01-01", "2026-01-01")).Message
        );

        static void Refused(Budget budget, string says) =>
            Assert.Contains(says, Assert.Throws<CarbonException>(budget.Progress).Message, StringComparison.Ordinal);
    }

    private static UsedToDate Used(string until, string amount) => new(DateOnly.Parse(until), Quantity.Parse(amount), null);

    private static Period Days(string from, string until) => new(DateOnly.Parse(from), DateOnly.Parse(until));
}
