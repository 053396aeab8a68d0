using CsCheck;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Targets;
using EdgeGateway.Reporting;
using EdgeGateway.Site;
using Fractions;

namespace EdgeGateway.Gateway.Tests.Reporting;

public class BudgetReportTests
{
    private static readonly TimeZoneInfo Shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");
    private static readonly BudgetSettings Both = Budget("100 tCO2", "scope2", "diesel");

    // By hand: 20 t in 59 of 365 days; 20 · 365/59 = 123.728814 t.
    [Fact]
    public void What_the_accounts_emitted_is_added_and_projected()
    {
        BudgetState state = Of(
            Both,
            Span("scope2", "2026-01", "2026-01-01", "2026-02-01", "10000"),
            Span("scope2", "2026-02", "2026-02-01", "2026-03-01", "5000"),
            Entry("diesel", "2026-01-01", "2026-03-01", "5000")
        );
        Assert.Equal(
            ("20.000000", "123.728814", "not met"),
            (state["used to date"].Value, state["projection for the year"].Value, state.Verdict)
        );
        Assert.Equal("if the rest of the year is like the days so far, it is 23.728814 tCO2 beyond the budget", state.Words);
        Assert.Equal(("2026-01-01", "2027-01-01", At("2026-03-01")), (state.From, state.Until, state.CountedUntil));
        Assert.Equal("used to date 20.000000 tCO2, days passed 59 of 365", state["projection for the year"].Inputs);
        Assert.Equal(
            "Assumption: the rest of the year is like the days so far. Seasons, holidays and planned production are " + "not in it.",
            Assert.Single(state.Notes)
        );
    }

    [Fact]
    public void A_day_that_has_begun_is_in_the_amount_and_has_not_passed()
    {
        BudgetState state = Of(Budget("365 tCO2", "scope2"), Span("scope2", "2026-01", "2026-01-01", "2026-01-03T18:00", "3000"));
        Assert.Equal(
            ("3.000000", "547.500000", At("2026-01-03T18:00")),
            (state["used to date"].Value, state["projection for the year"].Value, state.CountedUntil)
        );
        state = Of(Budget("365 tCO2", "scope2"), Span("scope2", "2026-01", "2026-01-01", "2026-01-01T18:00", "3000"));
        Assert.Equal(("3.000000", "no value", "no day of the year has passed"), (state["used to date"].Value, state.Verdict, state.Words));
        state = Of(Budget("2.9 tCO2", "scope2"), Span("scope2", "2026-01", "2026-01-01", "2026-01-01T18:00", "3000"));
        Assert.Equal(("not met", "the budget is used up: 0.100000 tCO2 beyond it"), (state.Verdict, state.Words));
    }

    [Fact]
    public void All_accounts_are_counted_up_to_where_the_last_is_known()
    {
        PeriodTotal[] scope2 =
        [
            Span("scope2", "2026-01", "2026-01-01", "2026-02-01", "10000"),
            Span("scope2", "2026-02", "2026-02-01", "2026-02-20T06:00", "5000"),
        ];
        BudgetState state = Of(Both, [.. scope2, Entry("diesel", "2026-01-01", "2026-02-01", "1000")]);
        Assert.Equal(("11.000000", At("2026-02-01")), (state["used to date"].Value, state.CountedUntil));
        Assert.Contains(
            "Counted up to 2026-02-01 00:00: diesel is recorded only up to 2026-02-01 00:00, and the periods of the accounts "
                + "are not divided.",
            state.Notes
        );

        // A slot over the end of January is of February.
        state = Of(
            Both,
            Span("scope2", "2026-01", "2026-01-01", "2026-01-31T23:50", "10000"),
            Span("scope2", "2026-02", "2026-01-31T23:50", "2026-02-20T06:00", "5000"),
            Entry("diesel", "2026-01-01", "2026-02-01", "1000")
        );
        Assert.Equal(("11.000000", At("2026-02-01")), (state["used to date"].Value, state.CountedUntil));

        // An entry over the end of January takes February with it, and the gap before the next entry ends what is known.
        state = Of(
            Both,
            [.. scope2, Entry("diesel", "2026-01-01", "2026-02-10", "1000"), Entry("diesel", "2026-02-12", "2026-02-20", "1000")]
        );
        Assert.Equal(
            (
                "no value",
                "what was used is not known: diesel is recorded only up to 2026-02-10 00:00, and the periods of the accounts "
                    + "are not divided"
            ),
            (state.Verdict, state.Words)
        );
        Assert.Contains("Nothing of diesel is recorded from 2026-02-10 00:00 to 2026-02-12 00:00.", state.Notes);

        // Another slot of the same day is no reason to go back to the month's begin.
        state = Of(
            Both,
            [
                .. scope2,
                Span("diesel", "2026-01", "2026-01-01", "2026-02-01", "1000"),
                Span("diesel", "2026-02", "2026-02-01", "2026-02-20T05:45", "1000"),
            ]
        );
        Assert.Equal(("17.000000", At("2026-02-20T06:00")), (state["used to date"].Value, state.CountedUntil));
        Assert.Single(state.Notes);
    }

    [Fact]
    public void What_was_not_recorded_from_the_first_day_on_has_no_value_without_what_was_before()
    {
        PeriodTotal march = Span("scope2", "2026-03", "2026-03-05T14:20", "2026-03-31T18:00", "3000");
        BudgetState state = Of(Budget("100 tCO2", "scope2"), march);
        Assert.Equal(
            "what was used is not known: scope2 is recorded only since 2026-03-05 14:20. What was emitted in the year before "
                + "can be written as before in the site file",
            state.Words
        );
        Assert.Equal((null, null, "no value"), (state.CountedUntil, state["projection for the year"].Value, state.Verdict));

        BudgetSettings with = Budget("100 tCO2", "scope2") with { Before = Quantity.Parse("12300 kgCO2"), BeforeSource = "bills" };
        state = Of(with, march);
        Assert.Equal(
            ("15.300000", "62.747191", "met"),
            (state["used to date"].Value, state["projection for the year"].Value, state.Verdict)
        ); // 15.3 · 365/89
        Assert.Equal(
            [
                "scope2 is recorded since 2026-03-05 14:20.",
                "12300 kgCO2 of it are not from the log; the source that the site file names: bills.",
            ],
            state.Notes.Take(2)
        );
        Assert.Equal(
            "what was used is not known: the site file gives an amount before the gateway recorded, and all accounts "
                + "are recorded since the year began: one of the two is counted twice. Take before out",
            Of(with, Span("scope2", "2026-01", "2026-01-01", "2026-01-09", "3000")).Words
        );
    }

    [Fact]
    public void A_gap_of_hours_is_noted_and_one_of_a_day_ends_what_is_known()
    {
        BudgetState state = Of(
            Budget("100 tCO2", "scope2"),
            Span("scope2", "2026-01", "2026-01-01T05:00", "2026-01-10T10:00", "1000"),
            Span("scope2", "2026-01", "2026-01-10T12:00", "2026-01-20", "1000")
        );
        Assert.Equal("2.000000", state["used to date"].Value);
        Assert.Equal(
            [
                "Nothing of scope2 is recorded from 2026-01-01 00:00 to 2026-01-01 05:00.",
                "Nothing of scope2 is recorded from 2026-01-10 10:00 to 2026-01-10 12:00.",
            ],
            state.Notes.Take(2)
        );
        state = Of(
            Budget("100 tCO2", "scope2"),
            Span("scope2", "2026-01", "2026-01-01", "2026-02-01", "1000"),
            Span("scope2", "2026-02", "2026-02-02", "2026-02-20", "1000")
        );
        Assert.Equal(("1.000000", At("2026-02-01")), (state["used to date"].Value, state.CountedUntil));
        Assert.Contains("Nothing of scope2 is recorded from 2026-02-01 00:00 to 2026-02-02 00:00.", state.Notes);
    }

    [Fact]
    public void What_is_only_partly_in_the_year_is_not_counted_silently()
    {
        PeriodTotal over = Entry("diesel", "2025-12-20", "2026-01-10", "1000");
        BudgetState state = Of(Budget("100 tCO2", "diesel"), over);
        Assert.Equal(
            "what was used is not known: diesel of 2025-12-20..2026-01-10 (leaf 7) is only partly in the year and is not "
                + "divided; where it was entered, correct it to 0 and enter its parts anew",
            state.Words
        );
        state = Of(
            Budget("100 tCO2", "diesel"),
            over with
            {
                Kilograms = "0.000000000",
            },
            Entry("diesel", "2026-01-01", "2026-01-10", "600")
        );
        Assert.Equal("0.600000", state["used to date"].Value);

        // A year of an account that was settled by year, in a budget from April; a slot over midnight is of the year in which it ends.
        Assert.Equal(
            "what was used is not known: scope2 of 2026 (leaf 7) is only partly in the year and is not divided; "
                + "where it was entered, correct it to 0 and enter its parts anew",
            Of(Budget("100 tCO2", "scope2", from: "2026-04-01"), Span("scope2", "2026", "2026-01-01", "2026-06-01", "9")).Words
        );
        state = Of(
            Budget("100 tCO2", "scope2"),
            Span("scope2", "2025-12", "2025-12-01", "2025-12-31T18:00", "5"),
            Span("scope2", "2026-01", "2025-12-31T18:00", "2026-01-02", "1000")
        );
        Assert.Equal("1.000000", state["used to date"].Value);
    }

    [Fact]
    public void A_total_that_has_no_amount_blocks_and_so_does_an_account_that_recorded_nothing()
    {
        PeriodTotal none = Span("scope2", "2026-01", "2026-01-01", "2026-01-20", "0") with
        {
            Kilograms = null,
            NoAmount = "2 of its slots have none: no-residual-mix",
        };
        Assert.Equal(
            "what was used is not known: scope2 of 2026-01 (leaf 7) has no total: 2 of its slots have none: no-residual-mix",
            Of(Budget("100 tCO2", "scope2"), none).Words
        );
        Assert.Equal(
            "what was used is not known: nothing of diesel is recorded in the year yet",
            Of(Both, Span("scope2", "2026-01", "2026-01-01", "2026-01-20", "1")).Words
        );
        Assert.Equal(
            "what was used is not known: nothing of scope2 is recorded in the year yet",
            Of(Budget("100 tCO2", "scope2"), Span("scope2", "2025-12", "2025-12-01", "2026-01-01", "1")).Words
        );
    }

    [Fact]
    public void A_year_that_is_over_is_whole()
    {
        BudgetState state = Of(
            Budget("12 tCO2", "scope2"),
            [.. Year(12, "1000"), Span("scope2", "2027-01", "2026-12-31T23:45", "2027-01-05", "99000")]
        );
        Assert.Equal(
            ("12.000000", "12.000000", "met", At("2027-01-01")),
            (state["used to date"].Value, state["projection for the year"].Value, state.Verdict, state.CountedUntil)
        );
    }

    [Fact]
    public void A_reduction_follows_from_the_baseline()
    {
        BudgetSettings budget = Budget("1 tCO2", "scope2");
        budget = budget with
        {
            Budget = budget.Budget with
            {
                Amount = null,
                Reduction = new Fraction(5),
                Baseline = new Baseline(Days("2025-01-01"), Quantity.Parse("200 tCO2"), null),
            },
        };
        BudgetState state = Of(budget, Year(2, "10000"));
        Assert.Equal(("190.000000", "20.000000"), (state["budget"].Value, state["used to date"].Value));
    }

    // Whole micrograms in, the exact sum out: however the months are cut into stretches.
    [Fact]
    public void The_sum_is_that_of_the_stretches() =>
        Gen.Select(Gen.Long[0, long.MaxValue / 1000], Gen.Long[0, 1_000_000_000], Gen.Int[1, 27])
            .Sample(
                (first, second, day) =>
                {
                    string cut = $"2026-01-{day + 1:00}";
                    BudgetState state = Of(
                        Budget("100 gCO2", "scope2"),
                        Span("scope2", "2026-01", "2026-01-01", cut, Kilograms(first)),
                        Span("scope2", "2026-01", cut, "2026-01-29", Kilograms(second))
                    );
                    Assert.Equal(Exact.Display(new Fraction(first + second) / 1_000_000), state["used to date"].Value);
                }
            );

    [Fact]
    public void The_text_says_all_of_it()
    {
        string text = BudgetReport.Of([Budget("100 tCO2", "scope2"), Both], Year(1, "1000"), Shanghai).ToText();
        Assert.StartsWith(
            "2026-01-01 to 2027-01-01, scope2: met, if the rest of the year is like the days so far, 88.225806 tCO2 of the "
                + "budget are left\n  budget: 100.000000 tCO2\n",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "2026-01-01 to 2027-01-01, scope2 + diesel: no value, what was used is not known: nothing of diesel is "
                + "recorded in the year yet",
            text.Split('\n')
        );
        Assert.Contains(
            "  projection for the year: no value: what was used is not known: nothing of diesel is recorded in the year yet",
            text.Split('\n')
        );
        Assert.Contains("\n  Assumption: the rest", text, StringComparison.Ordinal);
    }

    private static string Kilograms(long micrograms) => new Evidence.DecimalFraction(-9, micrograms).ToString();

    private static PeriodTotal[] Year(int months, string kilograms) =>
        [
            .. Enumerable
                .Range(1, months)
                .Select(m =>
                    Span("scope2", $"2026-{m:00}", $"2026-{m:00}-01", m == 12 ? "2026-12-31T23:45" : $"2026-{m + 1:00}-01", kilograms)
                ),
        ];

    private static BudgetState Of(BudgetSettings budget, params PeriodTotal[] totals) =>
        BudgetReport.Of([budget], totals, Shanghai).Budgets.Single();

    private static BudgetSettings Budget(string amount, string account, string? other = null, string from = "2026-01-01") =>
        new(other is null ? [account] : [account, other], new Budget(Days(from), Quantity.Parse(amount), null, null, null), null, null);

    private static Period Days(string from) => new(DateOnly.Parse(from), DateOnly.Parse(from).AddYears(1));

    private static PeriodTotal Span(string account, string period, string from, string to, string kilograms) =>
        new(account, period, At(from), At(to), kilograms, null, 7, false);

    private static PeriodTotal Entry(string account, string from, string to, string kilograms) =>
        new(account, $"{from}..{to}", At(from), At(to), kilograms, null, 7, true);

    private static DateTimeOffset At(string local) => new(DateTime.Parse(local), TimeSpan.FromHours(8));
}
