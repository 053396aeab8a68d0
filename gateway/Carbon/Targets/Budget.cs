using Fractions;

namespace EdgeGateway.Carbon.Targets;

/// <summary>What a year before came to: an account's total, an energy, any amount.</summary>
/// <param name="Year">The year, from its first day up to and without the same day a year later.</param>
/// <param name="Amount">0 or above. Null: not known.</param>
/// <param name="NoValue">Why it is not known.</param>
public sealed record Baseline(Period Year, Quantity? Amount, string? NoValue);

/// <summary>What has been used of a budget so far.</summary>
/// <param name="Until">The first day that is not counted.</param>
/// <param name="Amount">What all days of the year before that one used, 0 or above. Null: not known.</param>
/// <param name="NoValue">Why it is not known.</param>
public sealed record UsedToDate(DateOnly Until, Quantity? Amount, string? NoValue);

/// <summary>
/// A budget for a year, either an amount or a reduction against a baseline, and how far it is used. Amounts are of one dimension.
/// </summary>
/// <param name="Year">The year, from its first day up to and without the same day a year later; it need not begin in January.</param>
/// <param name="Amount">0 or above. Null: it follows from the reduction.</param>
/// <param name="Reduction">Percent of the baseline, 0 to 100. Null: the amount is given.</param>
/// <param name="Baseline">The year to compare with. Null: none is given.</param>
/// <param name="Used">What has been used so far. Null: nothing is given.</param>
public sealed record Budget(Period Year, Quantity? Amount, Fraction? Reduction, Baseline? Baseline, UsedToDate? Used)
{
    private const string Source =
        "energy and carbon budget: MIIT 工信厅节〔2025〕13号 on digital energy-carbon management centres; formula of this project";

    /// <summary>Judges the budget and computes all figures of it.</summary>
    /// <exception cref="CarbonException">An amount is negative or of another dimension, a year is none, days are in the wrong order, or
    /// amount and reduction are both there or both not.</exception>
    public BudgetProgress Progress()
    {
        Check();
        Unit unit = (Amount ?? Baseline?.Amount ?? Used?.Amount)?.Unit ?? Unit.One;
        int days = Year.Until.DayNumber - Year.From.DayNumber,
            elapsed = Used is null ? 0 : Used.Until.DayNumber - Year.From.DayNumber;
        Quantity? baseline = Baseline?.Amount?.In(unit);
        string? noBaseline = NoBaseline(baseline);
        Input baseIn = new("baseline", baseline is null ? "none" : $"{baseline} of {Baseline!.Year}", null);
        Input day = new("days passed", $"{elapsed} of {days}", null);
        Figure budget = BudgetIn(unit, baseline, noBaseline, baseIn);
        Figure used = UsedIn(unit);
        Figure share = Of(
            "share of the budget used",
            "%",
            "used ÷ budget",
            Missing(used, budget) ?? (budget.Value!.Value.IsZero ? "the budget is zero" : null),
            () => used.Value!.Value * 100 / budget.Value!.Value,
            In(used),
            In(budget)
        );
        Figure line = Of(
            "pro-rata line",
            unit.Symbol,
            "budget × days passed ÷ days of the year",
            budget.NoValue ?? (Used is null ? used.NoValue : null),
            () => budget.Value!.Value * elapsed / days,
            In(budget),
            day
        );
        Figure ahead = Difference("used beyond the line", "used − pro-rata line", used, line);
        Figure year = Projection(used, days, elapsed, day);
        Figure beyond = Difference("projection beyond the budget", "projection − budget", year, budget);
        Figure change = Of(
            "projection against the baseline",
            "%",
            "(projection − baseline) ÷ baseline",
            noBaseline ?? year.NoValue,
            () => (year.Value!.Value - baseline!.Value) * 100 / baseline.Value,
            In(year),
            baseIn
        );
        return new BudgetProgress(
            Judge(budget, used, beyond),
            unit,
            budget,
            used,
            [budget, used, share, line, ahead, year, beyond, change]
        );
    }

    private static Attainment Judge(Figure budget, Figure used, Figure beyond)
    {
        if (Missing(budget, used) is not null)
        {
            return Attainment.NoValue;
        }

        if (used.Value > budget.Value)
        {
            return Attainment.NotMet;
        }

        if (beyond.Value is not { } over)
        {
            return Attainment.NoValue;
        }

        return over.IsPositive ? Attainment.NotMet : Attainment.Met;
    }

    private static Figure Difference(string name, string formula, Figure first, Figure second) =>
        Of(name, first.Unit, formula, Missing(first, second), () => first.Value!.Value - second.Value!.Value, In(first), In(second));

    private static Figure Projection(Figure used, int days, int elapsed, Input day)
    {
        Figure year = Of(
            "projection for the year",
            used.Unit,
            "used × days of the year ÷ days passed",
            used.NoValue ?? (elapsed == 0 ? "no day of the year has passed" : null),
            () => used.Value!.Value * days / elapsed,
            In(used),
            day
        );
        const string Assumption =
            "Assumption: the rest of the year is like the days so far. Seasons, holidays and planned production are not in it.";
        return year with { Derivation = year.Derivation with { Notes = [Assumption] } };
    }

    private string? NoBaseline(Quantity? baseline)
    {
        if (Baseline is null)
        {
            return "no baseline is given";
        }

        if (baseline is null)
        {
            return $"the baseline is not known: {Baseline.NoValue}";
        }

        return baseline.Value.IsZero ? "the baseline is zero" : null;
    }

    private Figure BudgetIn(Unit unit, Quantity? baseline, string? noBaseline, Input baseIn)
    {
        if (Amount is { } amount)
        {
            return Of("budget", unit.Symbol, "as given", null, () => amount.Value, new Input("budget", amount.ToString(), null));
        }

        Fraction reduction = Reduction!.Value;
        return Of(
            "budget",
            unit.Symbol,
            "baseline × (1 − reduction)",
            noBaseline,
            () => baseline!.Value * (100 - reduction) / 100,
            baseIn,
            new("reduction", $"{Exact.Text(reduction)} %", null)
        );
    }

    private Figure UsedIn(Unit unit)
    {
        string? reason = Used is null ? "nothing is given as used" : null;
        if (Used is { Amount: null })
        {
            reason = $"what was used is not known: {Used.NoValue}";
        }

        return Of(
            "used to date",
            unit.Symbol,
            "as given",
            reason,
            () => Used!.Amount!.In(unit).Value,
            new Input("used", Used?.Amount?.ToString() ?? "none", null)
        );
    }

    private void Check()
    {
        foreach (
            (string name, Quantity? amount) in new[]
            {
                ("The budget", Amount),
                ("The baseline", Baseline?.Amount),
                ("What was used", Used?.Amount),
            }
        )
        {
            if (amount?.Value.IsNegative == true)
            {
                throw new CarbonException(
                    $"{name} is {amount}. It is 0 or above: accounts are gross, and what is given to others is an export."
                );
            }
        }

        if ((Amount is null) == (Reduction is null))
        {
            throw new CarbonException("A budget is an amount, or a reduction against the baseline: give one of the two.");
        }

        if (Reduction is { } r && (r.IsNegative || r > 100))
        {
            throw new CarbonException(
                $"The reduction is {Exact.Text(r)} %. It is 0 to 100 %; a budget above the baseline is given as an amount."
            );
        }

        CheckYear("The year of the budget", Year);
        if (Baseline is { } baseline)
        {
            CheckYear("The year of the baseline", baseline.Year);
            if (baseline.Year.Until > Year.From)
            {
                throw new CarbonException($"The baseline, {baseline.Year}, is not before the year of the budget, {Year}.");
            }
        }

        if (Used is { } used && (used.Until < Year.From || used.Until > Year.Until))
        {
            throw new CarbonException(
                $"What was used is of the days before {Period.Day(used.Until)}, which is not within the year of the budget, {Year}."
            );
        }
    }

    private static void CheckYear(string name, Period year)
    {
        if (year.Until.Year - year.From.Year != 1 || year.From.AddYears(1) != year.Until)
        {
            throw new CarbonException($"{name} is {year}, which is not a year. Write the first day, and the same day a year later.");
        }
    }

    private static string? Missing(Figure first, Figure second) => first.NoValue ?? second.NoValue;

    private static Input In(Figure figure) =>
        new(figure.Name, figure.Value is { } value ? $"{Exact.Display(value)} {figure.Unit}" : "none", null);

    private static Figure Of(string name, string unit, string formula, string? reason, Func<Fraction> value, params Input[] inputs)
    {
        Derivation derivation = new(formula, Source) { Inputs = inputs };
        return reason is null ? new Figure(name, value(), unit, null, derivation) : Figure.None(name, unit, reason, derivation);
    }
}

/// <summary>How far a budget is used.</summary>
/// <param name="Verdict">Met: neither what was used nor the projection for the year is beyond the budget.</param>
/// <param name="Unit">The unit of the amounts: that of the budget, else of the baseline.</param>
/// <param name="Budget">The budget.</param>
/// <param name="Used">What was used.</param>
/// <param name="Figures">These two and all that follow from them, each exact or with the reason why it has no value.</param>
public sealed record BudgetProgress(Attainment Verdict, Unit Unit, Figure Budget, Figure Used, IReadOnlyList<Figure> Figures)
{
    /// <summary>The figure of a name.</summary>
    public Figure this[string name] => Figures.First(f => f.Name == name);

    /// <summary>The verdict in words.</summary>
    public string Words
    {
        get
        {
            if ((Budget.NoValue ?? Used.NoValue) is { } reason)
            {
                return reason;
            }

            if (Used.Value > Budget.Value)
            {
                return $"the budget is used up: {Shown(Used.Value!.Value - Budget.Value!.Value)} beyond it";
            }

            Figure beyond = this["projection beyond the budget"];
            if (beyond.Value is not { } over)
            {
                return beyond.NoValue!;
            }

            return over.IsPositive
                ? $"if the rest of the year is like the days so far, it is {Shown(over)} beyond the budget"
                : $"if the rest of the year is like the days so far, {Shown(-over)} of the budget are left";
        }
    }

    private string Shown(Fraction value) => $"{Exact.Display(value)} {Unit}";
}
