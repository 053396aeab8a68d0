using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Targets;
using Fractions;

namespace EdgeGateway.Site;

/// <summary>Reads the yearly budgets of a site file against its footprint accounts.</summary>
internal sealed partial class SiteTargets(IReadOnlyCollection<string> accounts, IReadOnlyList<FootprintSettings> footprints)
{
    private const string FirstDay =
        "write the first day of a month, such as 2026-01-01: accounts are kept by month, and the year ends a year later";
    private const string Mass = "write an amount with its unit, gCO2, kgCO2 or tCO2, such as 120 tCO2: accounts are of CO2, not CO2e";

    /// <summary>Reads the section. None when there is none; incomplete when there are faults.</summary>
    /// <param name="root">The site file.</param>
    public List<BudgetSettings> Read(Block root)
    {
        List<BudgetSettings> budgets = [];
        if (root.Object("targets", ["budgets"]) is not { } targets)
        {
            return budgets;
        }

        foreach ((JsonElement element, string path) in targets.List("budgets", 1, 16, required: true))
        {
            if (
                targets.Element(element, path, ["accounts", "from", "amount", "reduction", "baseline", "before", "beforeSource"])
                    is { } block
                && Budget(block) is { } budget
            )
            {
                budgets.Add(budget);
            }
        }

        return budgets;
    }

    private BudgetSettings? Budget(Block block)
    {
        List<string> of = Accounts(block);
        Period? year = Year(block);
        if (
            year is { } y
            && (y.From.Month, y.From.Day) != (1, 1)
            && footprints.FirstOrDefault(f => f.SettledYearly && of.Contains(f.Account)) is { } yearly
        )
        {
            block.Fault(
                "from",
                $"{Day(y.From)} is within a year of {yearly.Account}, which is settled by year",
                "write the first of January"
            );
        }

        Quantity? amount = Amount(block, "amount", required: !block.Has("reduction"));
        string? percent = block.Text("reduction", Percent(), "write 0 to 100 percent of the baseline, such as 5 %", required: false);
        Fraction? reduction = percent is null ? null : Quantity.Parse(percent).Value;
        if (block.Has("amount") && block.Has("reduction"))
        {
            block.Fault(
                "reduction",
                "stands beside amount",
                "write one of the two: the budget is an amount, or a reduction against the baseline"
            );
        }

        Baseline? baseline = Baseline(block, year);
        Quantity? before = Amount(block, "before", required: block.Has("beforeSource"));
        string? source = block.Text(
            "beforeSource",
            SiteSections.Line(),
            "write where the amount before is from, such as bills of the grid January to March",
            required: block.Has("before")
        );
        bool complete = year is not null && (amount is null) != (reduction is null) && (reduction is null || baseline is not null);
        return complete ? new BudgetSettings(of, new Budget(year!.Value, amount, reduction, baseline, null), before, source) : null;
    }

    private List<string> Accounts(Block block)
    {
        List<string> of = [];
        int i = 0;
        foreach ((JsonElement element, string _) in block.List("accounts", 1, 16, required: true))
        {
            string at = $"accounts[{i++}]";
            string? name = element.ValueKind == JsonValueKind.String ? element.GetString() : null;
            if (name is null || !accounts.Contains(name))
            {
                block.Fault(
                    at,
                    $"{Block.Described(element)} is not one of the accounts",
                    accounts.Count > 0 ? $"write {Block.Either(accounts)}" : "name the account under footprints first"
                );
                continue;
            }

            IReadOnlyList<string> meters = footprints.FirstOrDefault(f => f.Account == name)?.Meters ?? [];
            FootprintSettings? other = footprints.FirstOrDefault(f =>
                f.Account != name && of.Contains(f.Account) && f.Meters.Any(meters.Contains)
            );
            if (of.Contains(name))
            {
                block.Fault(at, $"{name} is there already", "name each account once");
            }
            else if (other is not null)
            {
                block.Fault(
                    at,
                    $"what {other.Meters.First(meters.Contains)} counts is already in {other.Account}",
                    $"name {other.Account} or {name}: what is counted twice is emitted once"
                );
            }
            else
            {
                of.Add(name);
            }
        }

        return of;
    }

    private static Baseline? Baseline(Block budget, Period? year)
    {
        if (budget.Object("baseline", ["from", "amount"], required: budget.Has("reduction")) is not { } block)
        {
            return null;
        }

        Period? before = Year(block);
        Quantity? amount = Amount(block, "amount", required: true);
        if (before is { } b && b.Until > year?.From)
        {
            block.Fault("from", $"the year from {Day(b.From)} is not before that of the budget", "write the first day of an earlier year");
        }

        return before is null || amount is null ? null : new Baseline(before.Value, amount, null);
    }

    private static Period? Year(Block block)
    {
        if (block.Text("from", FirstOfMonth(), FirstDay) is not { } text)
        {
            return null;
        }

        DateOnly from = DateOnly.ParseExact(text, "O", CultureInfo.InvariantCulture);
        return new Period(from, from.AddYears(1));
    }

    private static Quantity? Amount(Block block, string key, bool required) =>
        block.Text(key, Carbon(), Mass, required) is { } text ? Quantity.Parse(text) : null;

    private static string Day(DateOnly day) => day.ToString("O", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-01\z")]
    private static partial Regex FirstOfMonth();

    [GeneratedRegex(@"^[0-9]{1,15}(\.[0-9]{1,9})? (g|kg|t)CO2\z")]
    private static partial Regex Carbon();

    [GeneratedRegex(@"^([0-9]{1,2}(\.[0-9]{1,6})?|100) %\z")]
    private static partial Regex Percent();
}
