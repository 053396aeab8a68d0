using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Entering;
using EdgeGateway.Keeping;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Reporting;

namespace EdgeGateway.Gateway.Tests.Recording;

/// <summary>Periods that are accounted anew: by instruments when they end or come late, and when a factor was corrected.</summary>
public sealed class SettlementTests() : RecordedMeter(July.AddHours(-1))
{
    private static readonly string Certificate = EntryJson.Instrument(
        "certificate",
        "GEC-1",
        "2026-06-01",
        "2026-07-01",
        "2",
        "kWh",
        ("market/name", "CN"),
        ("market/retired", "2026-07-02")
    );
    private static readonly string Contract = EntryJson.Instrument(
        "contract",
        "C-7",
        "2026-06-01",
        "2027-01-01",
        "9",
        "kWh",
        ("market/name", "CN")
    );
    private static readonly string Settled = EntryJson.Instrument(
        "settlement",
        "S-1",
        "2026-06-01",
        "2026-07-01",
        "3",
        "kWh",
        ("market/name", "CN"),
        ("market/contract", "C-7")
    );
    private static readonly DateTimeOffset July = new(2026, 6, 30, 16, 0, 0, TimeSpan.Zero); // midnight in Shanghai
    private static readonly FactorKey Residual = new("CN", 2023, "excluding-traded-non-fossil", "organisation"),
        East = new("CN-grid-east", 2023, "average", "organisation");

    [Fact]
    public void A_slot_states_the_residual_mix_until_the_month_ends_and_is_settled_with_its_instruments()
    {
        Open(Market(Residual));
        Count(minutes: 60, each15: 1000); // 4 slots, 1 kWh each, the last ends with the month
        Leaf[] carbon = Carbon();
        Assert.Equal([609_600_000L, 609_600_000L, 609_600_000L, 609_600_000L, 2_438_400_000L], carbon.Select(Micrograms));
        Assert.Equal(
            ("ended", July.AddHours(-1), July),
            (Said(carbon[^1], "restates"), TimeIn(carbon[^1], "from"), TimeIn(carbon[^1], "to"))
        );
        Assert.Equal((July.AddDays(-30), July), (TimeIn(carbon[^1], "claims/from"), TimeIn(carbon[^1], "claims/to")));

        Enter(Certificate);
        Leaf late = Carbon()[^1];
        Assert.Equal((1_219_200_000L, "instrument"), (Micrograms(late), Said(late, "restates"))); // 2 kWh of 4 are claimed
        Assert.Contains(Index(LeafType.Instrument), late.Head.ComputedFrom);
        Assert.Equal(Said(carbon[^1], "in/1-0:1.8.0.255"), Said(late, "in/1-0:1.8.0.255"));

        Enter(EntryJson.Correction(Index(LeafType.Instrument), "one was sold", "1", "kWh"));
        Assert.Equal(1_828_800_000L, Micrograms(Carbon()[^1]));
        Assert.Equal(2, Carbon()[^1].Head.ComputedFrom.Count(i => LeafAt(i).Head.Type is LeafType.Instrument or LeafType.Correction));

        Count(minutes: 15, each15: 1000);
        Assert.Equal((609_600_000L, null), (Micrograms(Carbon()[^1]), Said(Carbon()[^1], "restates"))); // July goes on by itself
    }

    [Fact]
    public void Instruments_are_never_used_beyond_the_consumption()
    {
        Open(Market(null));
        Count(minutes: 60, each15: 1000);
        Assert.Equal(
            ["no-residual-mix", "no-residual-mix", "no-residual-mix", "no-residual-mix", "no-residual-mix"],
            Carbon().Select(c => Said(c, "scope2-market"))
        );
        Enter(Certificate);
        Assert.Equal("no-residual-mix", Said(Carbon()[^1], "scope2-market"));
        Enter(Certificate.Replace("GEC-1", "GEC-2", StringComparison.Ordinal).Replace("\"2\"", "\"100\"", StringComparison.Ordinal));
        Assert.Equal(0, Micrograms(Carbon()[^1]));
        Enter(
            Certificate
                .Replace("certificate", "supplier", StringComparison.Ordinal)
                .Replace("\"market/retired\":\"2026-07-02\"", "\"market/factor\":\"0.4 kgCO2/kWh\"", StringComparison.Ordinal)
        );
        Assert.Equal(0, Micrograms(Carbon()[^1])); // certificates go before a supplier's rate
    }

    [Fact]
    public void A_contract_without_settlement_blocks_the_month_and_does_not_fall_back()
    {
        Open(Market(Residual));
        Count(minutes: 60, each15: 1000);
        Enter(Contract);
        Assert.Equal("unsettled:C-7", Said(Carbon()[^1], "scope2-market"));
        Enter(Settled);
        Assert.Equal(609_600_000L, Micrograms(Carbon()[^1]));
        Assert.Contains(
            "with it 10 kWh would be settled",
            Refused(Settled.Replace("S-1", "S-2", StringComparison.Ordinal).Replace("\"3\"", "\"7\"", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
        Assert.Equal(
            "S-2 settles the contract C-8, which is not entered. Enter the contract first.",
            Refused(Settled.Replace("S-1", "S-2", StringComparison.Ordinal).Replace("C-7", "C-8", StringComparison.Ordinal))
        );
    }

    [Theory]
    [InlineData("\"market/name\":\"CN\",", "", "GEC-1 names no market. State market/name, such as CN.")]
    [InlineData("\"CN\"", "\"EU\"", "GEC-1 is for the market EU. The electricity of scope2-market is bought in CN.")]
    [InlineData(
        ",\"market/retired\":\"2026-07-02\"",
        "",
        "GEC-1 is not retired. State market/retired, the day on which it was: until then, others can claim it."
    )]
    [InlineData("2026-07-02", "2026-05-02", "GEC-1 was retired on 2026-05-02, before its electricity began to be generated.")]
    [InlineData("2026-07-02", "soon", "market/retired of GEC-1 is 'soon'. Write a day, such as 2026-07-10.")]
    [InlineData("\"kWh\"", "\"m3\"", "GEC-1 is for 2 m3. An instrument is for electricity: write Wh, kWh, MWh or GWh.")]
    [InlineData("\"2\"", "\"0\"", "The amount is 0. An instrument is for some electricity.")]
    [InlineData(
        "2026-06-01",
        "2026-05-01",
        "GEC-1 is for 2026-04-30 16:00:00Z to 2026-06-30 16:00:00Z, which is not within the month 2026-05. "
            + "scope2-market is settled by that: enter it in parts, each for its own."
    )]
    [InlineData("certificate", "supplier", "GEC-1 has no factor. State market/factor, the supplier's rate, such as 0.35 kgCO2/kWh.")]
    [InlineData("certificate", "settlement", "GEC-1 settles no contract. State market/contract, the id of the contract.")]
    [InlineData(
        "market/retired\":\"2026-07-02",
        "market/retired\":\"2026-07-02\",\"market/factor\":\"-0.4 kgCO2/kWh",
        "-0.4 kgCO2/kWh is negative. No factor is; a negative intensity comes from a wrong sum."
    )]
    [InlineData(
        "market/retired\":\"2026-07-02",
        "market/retired\":\"2026-07-02\",\"market/factor\":\"0.4 kgCO2e/kWh",
        "GEC-1 has 0.4 kgCO2e/kWh. What is accounted here is CO2: write kgCO2/kWh."
    )]
    public void What_proves_nothing_is_refused_whole(string good, string bad, string reason)
    {
        Open(Market(Residual));
        Count(minutes: 60, each15: 1000);
        Assert.Equal(reason, Refused(Certificate.Replace(good, bad, StringComparison.Ordinal)));
    }

    [Fact]
    public void An_instrument_is_claimed_once_also_after_its_amount_was_corrected()
    {
        Open(Market(Residual));
        Enter(Certificate);
        long first = Index(LeafType.Instrument);
        Enter(EntryJson.Correction(first, "misread", "1", "kWh"));
        Assert.Equal(
            $"It is entered already, as leaf {first}. An instrument is claimed once; if that leaf is wrong, correct it.",
            Refused(Certificate)
        );
        Enter(EntryJson.Correction(Index(LeafType.Correction), "sold", "0", "kWh"));
        Enter(Certificate);
        Assert.Contains(
            "was entered anew, as leaf",
            Refused(EntryJson.Correction(Index(LeafType.Correction), "not sold", "2", "kWh")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void After_a_restart_the_month_is_settled_as_if_there_had_been_none()
    {
        Open(Market(Residual));
        Count(minutes: 30, each15: 1000);
        Enter(Certificate.Replace("2026-07-01", "2026-06-30", StringComparison.Ordinal));
        Time.Advance(TimeSpan.FromMinutes(20)); // off
        Open(Market(Residual));
        Count(minutes: 10, each15: 1500);
        Leaf settled = Carbon()[^1];
        // 1.5 kWh are not claimed.
        Assert.Equal(("ended", 3_500_000, 914_400_000L), (Said(settled, "restates"), MilliwattHours, Micrograms(settled)));
        Assert.Single(Said(settled, "in/1-0:1.8.0.255")!.Split(' '));
    }

    [Fact]
    public void A_corrected_factor_restates_what_cited_it_and_the_old_stays()
    {
        (FactorSet set, Factor east) = FactorLibrary.Shipped.Require(East);
        Open(Location(set, east));
        Count(minutes: 30, each15: 1000);
        Leaf[] before = Carbon();
        FactorSet corrected = Corrected(set, east, "0.5000");
        Open(Location(corrected, corrected.Factors.Single(f => f.Key == East)));
        Leaf[] after = Carbon();
        Assert.Equal([550_000_000L, 550_000_000L, 1_000_000_000L], after.Select(Micrograms));
        Assert.Equal(before.Select(b => b.Head.Index), after[..2].Select(a => a.Head.Index));
        Assert.Equal(
            ("factors", "0.5000 kgCO2/kWh", $"{set.Name}/9"),
            (Said(after[2], "restates"), Said(after[2], "value"), Said(after[2], "set"))
        );
        Assert.True(after[2].Head.Factors > before[0].Head.Factors);

        Open(Location(corrected, corrected.Factors.Single(f => f.Key == East)));
        Assert.Equal(3, Carbon().Length); // once
        Count(minutes: 15, each15: 1000);
        Assert.Equal(500_000_000L, Micrograms(Carbon()[^1]));
    }

    [Fact]
    public void What_was_counted_before_another_impulse_constant_keeps_its_worth_when_it_is_restated()
    {
        (FactorSet set, Factor east) = FactorLibrary.Shipped.Require(East);
        Constant = "1000";
        Open(Pulses(set, east));
        Count(minutes: 30, each15: 1); // 1000 impulses, 1 kWh, a slot
        Constant = "500";
        Open(Pulses(set, east));
        Count(minutes: 30, each15: 1); // 2 kWh
        Leaf[] before = Carbon();
        Assert.Equal([550_000_000L, 550_000_000L, 1_100_000_000L, 1_100_000_000L], before.Select(Micrograms));
        FactorSet corrected = Corrected(set, east, "0.5000");
        Open(Pulses(corrected, corrected.Factors.Single(f => f.Key == East)));
        Assert.Equal(3_000_000_000L, Micrograms(Carbon()[^1]));
        Assert.Equal(2, Said(Carbon()[^1], "in/1-0:1.8.0.255")!.Split(' ').Length);

        CarbonAccount Pulses(FactorSet of, Factor factor) =>
            new(
                "scope2-location",
                of,
                RecordedMethod.OfEnergy(RecordedMethod.LocationBased, factor),
                [new AccountMeter("in", ObisCode.ActiveImport, Constant)]
            );
    }

    [Fact]
    public void A_clock_that_is_set_back_loses_nothing_when_the_time_is_accounted_anew()
    {
        (FactorSet set, Factor east) = FactorLibrary.Shipped.Require(East);
        Open(Location(set, east));
        Count(minutes: 30, each15: 1000);
        BackTo(Time.GetUtcNow().AddMinutes(-45));
        Open(Location(set, east));
        Count(minutes: 75, each15: 1000);
        Assert.Equal(3_850_000_000L, Carbon().Sum(Micrograms)); // 2 slots, then 5 that begin before them
        Leaf back = Carbon()[2];
        Assert.Equal((TimeIn(back, "to"), back.Head.Time), (TimeIn(back, "from"), TimeIn(back, "to")));

        FactorSet corrected = Corrected(set, east, "0.5000");
        Open(Location(corrected, corrected.Factors.Single(f => f.Key == East)));
        Leaf anew = Carbon()[^1];
        Assert.Equal((3_500_000_000L, 8), (Micrograms(anew), Carbon().Length)); // as one, because their times overlap
        Assert.Equal(
            (Carbon()[..^1].Min(c => TimeIn(c, "from")), Carbon()[..^1].Max(c => TimeIn(c, "to"))),
            (TimeIn(anew, "from"), TimeIn(anew, "to"))
        );
        DateTimeOffset[] ends =
        [
            .. Said(anew, "in/1-0:1.8.0.255")!
                .Split(' ', '-')
                .Select(i => LeafAt(long.Parse(i, System.Globalization.CultureInfo.InvariantCulture)).Head.Time),
        ];
        Assert.Equal((ends.Min(), ends.Max()), (TimeIn(anew, "from"), TimeIn(anew, "to"))); // which is what a verifier asks
    }

    [Fact]
    public void A_month_that_was_settled_stays_so_while_the_clock_is_behind()
    {
        (FactorSet set, Factor mix) = FactorLibrary.Shipped.Require(Residual);
        Open(Market(Residual));
        Count(minutes: 60, each15: 1000);
        Enter(Certificate);
        BackTo(July.AddDays(-2));
        FactorSet corrected = Corrected(set, mix, "0.5000");
        Open(
            new CarbonAccount(
                "scope2-market",
                corrected,
                RecordedMethod.OfMarket("CN", corrected.Factors.Single(f => f.Key == Residual)),
                [new AccountMeter("in", ObisCode.ActiveImport, null)]
            )
        );
        Assert.Equal((1_000_000_000L, "factors"), (Micrograms(Carbon()[^1]), Said(Carbon()[^1], "restates"))); // 2 kWh of 4 are claimed
        Enter(EntryJson.Correction(Index(LeafType.Instrument), "sold", "0", "kWh"));
        Assert.Equal((2_000_000_000L, "instrument"), (Micrograms(Carbon()[^1]), Said(Carbon()[^1], "restates")));
    }

    [Fact]
    public void A_month_that_runs_is_not_settled_whatever_comes()
    {
        (FactorSet set, Factor mix) = FactorLibrary.Shipped.Require(Residual);
        Open(Market(Residual));
        Count(minutes: 30, each15: 1000);
        Enter(Certificate.Replace("2026-07-01", "2026-06-30", StringComparison.Ordinal));
        Assert.Equal(2, Carbon().Length);

        FactorSet corrected = Corrected(set, mix, "0.5000");
        Open(
            new CarbonAccount(
                "scope2-market",
                corrected,
                RecordedMethod.OfMarket("CN", corrected.Factors.Single(f => f.Key == Residual)),
                [new AccountMeter("in", ObisCode.ActiveImport, null)]
            )
        );
        Leaf anew = Carbon()[^1];
        Assert.Equal(
            (1_000_000_000L, "factors", false),
            (Micrograms(anew), Said(anew, "restates"), anew.Records.Any(r => r.Name == "claims/from"))
        );
        Count(minutes: 30, each15: 1000);
        Assert.Equal((1_000_000_000L, "ended"), (Micrograms(Carbon()[^1]), Said(Carbon()[^1], "restates"))); // 2 kWh of 4 are claimed
    }

    [Fact]
    public void Another_factor_is_no_correction()
    {
        (FactorSet set, Factor east) = FactorLibrary.Shipped.Require(East);
        Open(Location(set, east));
        Count(minutes: 30, each15: 1000);
        FactorKey other = new("CN-grid-north", 2023, "average", "organisation");
        FactorSet corrected = Corrected(set, east, "0.5000");
        Open(Location(corrected, corrected.Factors.Single(f => f.Key == other)));
        Assert.Equal(2, Carbon().Length);
        Count(minutes: 15, each15: 1000);
        Open(Location(set, east));
        Count(minutes: 15, each15: 1000);
        Open(Location(corrected, corrected.Factors.Single(f => f.Key == East)));

        // The one between them was by another factor and stays; the two around it are accounted anew, each for itself.
        Leaf[] restated = [.. Carbon().Where(c => Said(c, "restates") is not null)];
        Assert.Equal(2, restated.Length);
        Assert.Equal(TimeIn(restated[0], "to").AddMinutes(15), TimeIn(restated[1], "from"));
    }

    [Fact]
    public void The_accounts_are_given_by_period_and_by_unit_of_product()
    {
        Open(Market(Residual));
        Count(minutes: 75, each15: 1000);
        Enter(Certificate);
        string made = EntryJson.Manual("production", "vehicle", from: "2026-06-01", to: "2026-07-01", amount: "5", unit: "count");
        Enter(made);
        Enter(EntryJson.Correction(Ledger.Size - 1, "miscounted", "4", "count"));
        Enter(
            made.Replace("vehicle", "cloth", StringComparison.Ordinal)
                .Replace("\"5\"", "\"0\"", StringComparison.Ordinal)
                .Replace("count", "m2", StringComparison.Ordinal)
        );
        Enter(made.Replace("2026-06-01", "2026-05-31", StringComparison.Ordinal)); // of two months: of none
        var totals = CarbonTotals.Of(Ledger, Recorder.Origin, Shanghai);
        Assert.Equal(
            [("scope2-market", "2026-06", "1.219200000", true), ("scope2-market", "2026-07", "0.609600000", false)],
            totals.Accounts.Select(a => (a.Account, a.Period, a.Kilograms!, a.Restated))
        );
        Assert.Equal(
            [("cloth", null, "nothing was produced of cloth"), ("vehicle", "0.304800000", null)],
            totals.Intensities.Select(i => (i.Product, i.KilogramsPerUnit, i.NoValue))
        );
        Assert.Contains("2026-06  scope2-market per vehicle: 0.304800000 kg CO2, of 4 pieces", totals.ToText().Split('\n'));
        Assert.Contains(
            "2026-06  scope2-market per cloth: no value, nothing was produced of cloth, of 0 {m2}",
            totals.ToText().Split('\n')
        );
    }

    [Fact]
    public void A_period_with_slots_that_have_no_amount_has_no_total()
    {
        Open(Market(null));
        Count(minutes: 30, each15: 1000);
        PeriodTotal total = CarbonTotals.Of(Ledger, Recorder.Origin, Shanghai).Accounts.Single();
        Assert.Equal((null, "2 of its slots have none: no-residual-mix"), (total.Kilograms, total.NoAmount));
    }

    private static CarbonAccount Location(FactorSet set, Factor factor) =>
        new(
            "scope2-location",
            set,
            RecordedMethod.OfEnergy(RecordedMethod.LocationBased, factor),
            [new AccountMeter("in", ObisCode.ActiveImport, null)]
        );

    private static CarbonAccount Market(FactorKey? residual)
    {
        FoundFactor? found = residual is null ? null : FactorLibrary.Shipped.Require(residual);
        return new(
            "scope2-market",
            found?.Set,
            RecordedMethod.OfMarket("CN", found?.Factor),
            [new AccountMeter("in", ObisCode.ActiveImport, null)]
        );
    }

    /// <summary>The set with another value of one factor.</summary>
    internal static FactorSet Corrected(FactorSet set, Factor factor, string value)
    {
        string rows = string.Join(
            '\n',
            set.Factors.Select(f =>
                string.Join(
                    ',',
                    f.Key.Region,
                    f.Key.Of,
                    f.Name,
                    f.Key.Kind,
                    f.Key.Purpose,
                    f.Key.Year,
                    f.Key == factor.Key ? value : f.Value,
                    f.Unit,
                    f.Uncertainty,
                    f.Mark,
                    f.Confidence,
                    f.Source
                )
            )
        );
        return FactorSet.Parse(
            "corrected",
            new StringReader(
                $"set={set.Name},version=9,validFrom=,validUntil=\n"
                    + $"region,of,name,kind,purpose,year,value,unit,uncertainty,mark,confidence,source\n{rows}"
            )
        );
    }
}
