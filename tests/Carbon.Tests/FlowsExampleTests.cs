using EdgeGateway.Carbon.Flows;
using Fractions;
using static EdgeGateway.Carbon.Tests.FlowsSome;

namespace EdgeGateway.Carbon.Tests;

/// <summary>Examples that were computed by hand.</summary>
public class FlowsExampleTests
{
    private static readonly FlowSite Solar = Site("pv");

    [Fact]
    public void Load_from_a_battery_that_the_grid_charged_overnight_is_load_from_the_grid()
    {
        // Import alone would say: nothing imported at the peak, so 100 % there; or 10 of 15 imported, whatever the battery did.
        FlowLedger ledger = Run(
            Solar,
            Interval(0, import: 10, charge: 10),
            Interval(1, discharge: 10, load: 10),
            Interval(2, pv: 5, load: 5)
        );
        Assert.Equal(10 * Kwh, ledger.Totals.Flows.To(FlowSink.Load, s => s.Name == "battery grid"));
        Assert.Equal(new Fraction(100, 3), Figure(ledger, "selfSufficiency").Value);
        Assert.Equal("33.33", Figure(ledger, "selfSufficiency").Shown);
        Assert.Equal("(15 − 10) ÷ 15 kWh", Figure(ledger, "selfSufficiency").Inputs);
        Assert.Equal(new Fraction(100, 3), Figure(ledger, "greenShare").Value);
        Assert.Equal(new Fraction(100), Figure(ledger, "selfConsumption").Value);
    }

    [Fact]
    public void Charging_from_the_grid_does_not_lower_self_sufficiency_before_it_is_used()
    {
        FlowLedger ledger = Run(Solar, Interval(0, import: 10, pv: 6, charge: 10, load: 6));

        // 16 kWh come in, 6 of them generated: 6 × 6/16 are load, the rest of the generation is stored, so the grid gives the rest of both.
        Assert.Equal(Kwh * 9 / 4, ledger.Totals.Flows[1, FlowSink.Load]);
        Assert.Equal(new Fraction(9 * 100, 4 * 6), Figure(ledger, "selfSufficiency").Value);
        Assert.Equal(Kwh * 15 / 4, ledger.Battery.Energy[2]);
    }

    [Fact]
    public void A_day_that_the_site_supplied_itself_is_100_percent_and_without_carbon()
    {
        FlowLedger ledger = Run(Solar, [.. Enumerable.Range(0, 96).Select(n => Interval(n, pv: 8, load: 8, curtailed: 0, intensity: 500))]);
        Assert.All(new[] { "selfSufficiency", "greenShare", "selfConsumption" }, name =>
            Assert.Equal(new Fraction(100), Figure(ledger, name).Value)
        );
        Assert.All(new[] { "carbonLoad", "carbonIntensityLoad", "maximumDemandBlock" }, name =>
            Assert.Equal(Fraction.Zero, Figure(ledger, name).Value)
        );
        Assert.Equal("there was no import: 0/0", Figure(ledger, "loadFactor").Reason);
    }

    [Fact]
    public void Export_from_a_battery_that_the_grid_charged_is_not_export_of_the_generators()
    {
        FlowLedger ledger = Run(Solar, Interval(0, import: 4, pv: 4, charge: 8, load: 0), Interval(1, discharge: 8, export: 4, load: 4));
        Assert.Equal(2 * Kwh, ledger.Totals.Flows.To(FlowSink.Export, s => s.Name == "battery grid"));
        Assert.Equal(2 * Kwh, ledger.Totals.Flows.To(FlowSink.Export, s => s.Name == "battery pv"));
        Assert.Equal(new Fraction(50), Figure(ledger, "selfConsumption").Value);
        Assert.Equal(new Fraction(50), Figure(ledger, "selfSufficiency").Value);
    }

    [Fact]
    public void Export_while_discharging_is_of_both_in_the_convention()
    {
        FlowMatrix flows = new FlowLedger(Solar with { InitialContent = 2 * Kwh }).Take(
            Interval(0, pv: 6, discharge: 2, export: 5, load: 3)
        )!;

        // The battery can have exported 2 at most, so 3 are the generators'. The other 3 they gave are alike in 2 of export and 3 of load.
        Assert.Equal(Kwh * 42 / 10, flows[1, FlowSink.Export]);
        Assert.Equal(Kwh * 18 / 10, flows[1, FlowSink.Load]);
        Assert.Equal(Kwh * 8 / 10, flows.To(FlowSink.Export, s => s.Name == "battery unknown"));
        Assert.Equal(Kwh * 12 / 10, flows.To(FlowSink.Load, s => s.Name == "battery unknown"));
    }

    [Fact]
    public void Import_and_export_of_one_interval_do_not_cancel_and_are_not_each_other()
    {
        FlowLedger ledger = Run(Solar, Interval(0, import: 2, export: 2, pv: 10, load: 10));
        Assert.Equal(2 * Kwh, ledger.Totals.Flows[1, FlowSink.Export]);
        Assert.Equal(new Fraction(80), Figure(ledger, "selfConsumption").Value);
        Assert.Equal(new Fraction(80), Figure(ledger, "selfSufficiency").Value);
    }

    [Fact]
    public void Without_curtailment_there_is_no_share_of_it_and_a_reason()
    {
        FlowInterval interval = Interval(0, export: 2, pv: 8);
        FlowFigure export = Figure(Run(Solar, interval), "exportShare");
        Assert.Null(export.Value);
        Assert.Equal(
            "curtailment is not given: neither a signal of the available power nor a model; without any it would be 2 ÷ 8",
            export.Reason
        );
        Assert.Null(Figure(Run(Solar, interval), "curtailmentShare").Value);

        FlowSite measured = Solar with { Curtailment = Curtailment.Measured };
        FlowLedger with = Run(measured, Interval(0, export: 2, pv: 8, curtailed: 2));
        Assert.Equal(new Fraction(20), Figure(with, "exportShare").Value);
        Assert.Equal(new Fraction(20), Figure(with, "curtailmentShare").Value);
        with.Take(Interval(1, pv: 8));
        Assert.Equal("curtailment is missing in 1 intervals", Figure(with, "curtailmentShare").Reason);
    }

    [Fact]
    public void Carbon_goes_into_the_battery_with_its_intensity_and_comes_out_as_a_mixture()
    {
        FlowLedger ledger = Run(
            Solar,
            Interval(0, import: 10, charge: 8, load: 2, intensity: 500),
            Interval(1, import: 8, charge: 8, load: 0, intensity: 100),
            Interval(2, discharge: 4, load: 4, intensity: 900)
        );
        Assert.Equal(Fraction.One, Figure(ledger, "carbonLoadDirect").Value);
        Assert.Equal(new Fraction(12, 10), Figure(ledger, "carbonLoadBattery").Value); // 4 kWh of 16, which emitted 4.8 kg
        Assert.Equal(new Fraction(2200, 6), Figure(ledger, "carbonIntensityLoad").Value);
    }

    [Fact]
    public void A_missing_slot_of_the_intensity_leaves_no_value_and_says_how_much_it_concerns()
    {
        FlowLedger ledger = Run(Solar, Interval(0, import: 3, load: 3, intensity: 500), Interval(1, import: 2, load: 2));
        Assert.Equal(
            "2 kWh have no carbon intensity (missing slots or unknown origin); the rest is 1.5 kgCO2",
            Figure(ledger, "carbonLoad").Reason
        );
        Assert.Null(Figure(ledger, "carbonIntensityLoad").Value);
        Assert.Equal(Fraction.Zero, Figure(ledger, "carbonExport").Value);
    }

    [Fact]
    public void Losses_are_lines_of_their_own()
    {
        FlowSite site = Solar with { ChargeEfficiencyMillionths = 900_000 };
        FlowLedger ledger = Run(site, Interval(0, import: 100, charge: 10, load: 88), Interval(1, import: 90, discharge: 9, load: 99));
        Assert.Equal(2 * Kwh, ledger.Totals.Flows.To(FlowSink.Losses));
        Assert.Equal(Kwh, ledger.Totals.BatteryLosses.Total);
        Assert.Equal(0, ledger.Battery.Total);
        Assert.Equal(2 * Kwh, ledger.Totals.Residuals);
    }

    [Fact]
    public void Round_trip_efficiency_counts_the_change_of_the_content_and_is_not_told_without()
    {
        FlowInterval[] day = [Interval(0, import: 10, charge: 10), Interval(1, discharge: 6)];
        Assert.Null(Figure(Run(Solar, day), "roundTripEfficiency").Value);

        FlowSite known = Solar with { InitialContent = Kwh };
        FlowLedger ledger = Run(known, day[0], day[1] with { Stored = 4 * Kwh });
        Assert.Equal(new Fraction(90), Figure(ledger, "roundTripEfficiency").Value);
        Assert.Equal("(6 + 3) ÷ 10 kWh", Figure(ledger, "roundTripEfficiency").Inputs);
        Assert.Equal(Kwh, ledger.Totals.BatteryLosses.Total);
        Assert.Equal(
            "11 kWh of 10 kWh came back, which is impossible: the measured content is not right",
            Figure(Run(known, day[0], day[1] with { Stored = 6 * Kwh }), "roundTripEfficiency").Reason!
        );
        Assert.Equal("nothing was charged: 0/0", Figure(Run(known, Interval(0) with { Stored = Kwh }), "roundTripEfficiency").Reason);
    }

    [Fact]
    public void Content_that_was_there_before_the_books_is_found_and_counts_as_the_grids()
    {
        FlowLedger ledger = Run(Solar, Interval(0, discharge: 3, load: 3, intensity: 500));
        Assert.Equal(3 * Kwh, ledger.Totals.Found);
        Assert.Equal(Fraction.Zero, Figure(ledger, "selfSufficiency").Value);
        Assert.Null(Figure(ledger, "carbonLoad").Value);
    }

    [Fact]
    public void A_balance_that_is_off_is_flagged_with_its_residual_and_not_attributed()
    {
        FlowLedger ledger = Run(
            Solar,
            Interval(0, import: 10, load: 8),
            Interval(1, export: 3, pv: 2),
            Interval(2, import: 5, load: 5) with
            {
                Export = null,
            }
        );
        Assert.Equal(
            [
                "sources gave 2 kWh more than sinks took, 0.5 kWh are tolerated",
                "sinks took 1 kWh more than sources gave, 0.15 kWh are tolerated",
                "export is missing",
            ],
            ledger.Unsolvable.Select(u => u.Reason)
        );
        Assert.Equal([2 * Kwh, -Kwh, 0], ledger.Unsolvable.Select(u => u.Residual));
        Assert.Equal(0, ledger.Totals.Flows.From(_ => true));
        Assert.Equal("no interval was attributed", Figure(ledger, "selfSufficiency").Reason);
        Assert.Equal("no interval was attributed", Figure(ledger, "carbonLoad").Reason);
    }

    [Fact]
    public void A_difference_within_the_tolerance_stands_by_itself()
    {
        FlowMatrix less = new FlowLedger(Solar).Take(Interval(0, import: 96, load: 100))!;
        Assert.Equal(4 * Kwh, less.From(s => s.Name == "difference"));
        FlowMatrix more = new FlowLedger(Solar).Take(Interval(0, import: 100, load: 95) with { Losses = 3 * Kwh })!;
        Assert.Equal((3 * Kwh, 2 * Kwh), (more.To(FlowSink.Losses), more.To(FlowSink.Difference)));
        Assert.NotNull(new FlowLedger(Solar with { Tolerance = 2 * Kwh }).Take(Interval(0, import: 10, load: 8)));
    }

    [Fact]
    public void The_battery_goes_on_while_an_interval_cannot_be_solved()
    {
        FlowLedger ledger = Run(Solar, Interval(0, pv: 4, charge: 4), Interval(1, charge: 4) with { Import = null });
        Assert.Equal([0, 4 * Kwh, 4 * Kwh], ledger.Battery.Energy);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(15)]
    public void Maximum_demand_is_the_largest_quarter_of_an_hour_of_import(int minutes)
    {
        // From 00:10 to 00:25 the site takes 1 kWh a minute, else nothing.
        FlowSite site = Site() with { LengthMinutes = minutes };
        FlowInterval[] hour =
        [
            .. Enumerable
                .Range(0, 60 / minutes)
                .Select(n => new FlowInterval
                {
                    Start = Midnight.AddMinutes(n * minutes),
                    Import = Enumerable.Range(n * minutes, minutes).Count(m => m is >= 10 and < 25) * Kwh,
                    Export = 0,
                }),
        ];
        FlowLedger ledger = Run(site, hour);
        Assert.Equal(new Fraction(40), Figure(ledger, "maximumDemandBlock").Value);
        Assert.Equal("10 kWh ÷ ¼ h, from 2026-01-01T00:15Z", Figure(ledger, "maximumDemandBlock").Inputs);
        Assert.Equal(minutes == 1 ? new Fraction(60) : null, Figure(ledger, "maximumDemandSliding").Value);
        Assert.Equal(new Fraction(1500, 40), Figure(ledger, "loadFactor").Value);
    }

    [Fact]
    public void Without_whole_quarters_or_with_an_import_missing_there_is_no_maximum()
    {
        FlowInterval hour = new()
        {
            Start = Midnight,
            Import = Kwh,
            Export = 0,
        };
        Assert.Equal(
            "intervals of 60 min do not make up 15 min",
            Figure(Run(Site() with { LengthMinutes = 60 }, hour), "maximumDemandBlock").Reason
        );
        Assert.Equal(
            "there is no complete block of 15 min",
            Figure(Run(Site() with { LengthMinutes = 5 }, hour), "maximumDemandBlock").Reason
        );
        FlowLedger gap = Run(Site(), hour, hour with { Start = Midnight.AddMinutes(15), Import = null });
        Assert.Equal(
            "the import of 1 intervals is missing, the first at 2026-01-01T00:15Z; the maximum may have been there",
            Figure(gap, "loadFactor").Reason
        );
    }

    [Fact]
    public void Power_factor_is_the_root_rounded_once_and_its_adjustment_needs_a_table()
    {
        FlowLedger ledger = Run(Site(), Interval(0, import: 4) with { Generation = [], Reactive = 3 * Kwh });
        Assert.Equal(("0.8000", "sqrt(16/25)"), (Figure(ledger, "powerFactor").Shown, Figure(ledger, "powerFactor").Exact));
        Assert.DoesNotContain(FlowFigures.Of(ledger), f => f.Name == "powerFactorAdjustment");
        Assert.Equal(
            "import or reactive energy is missing in 1 intervals",
            Figure(Run(Solar, Interval(0, import: 4)), "powerFactor").Reason
        );
        Assert.Equal(
            "there was neither active nor reactive energy: 0/0",
            Figure(Run(Solar, Interval(0) with { Reactive = 0 }), "powerFactor").Reason
        );

        PowerFactorTable table = Shipped();
        FlowFigure adjustment = FlowFigures.Of(ledger, table, 90).Single(f => f.Name == "powerFactorAdjustment");
        Assert.Equal("5.00", adjustment.Shown);
        Assert.Equal(
            "table cn-power-factor 2 (confidence S: NOT VERIFIED); the power factor in hundredths, half to even",
            adjustment.Formula
        );
    }

    [Theory]
    [InlineData(90, 100, "-0.75")]
    [InlineData(90, 94, "-0.60")]
    [InlineData(90, 91, "-0.15")]
    [InlineData(90, 90, "0.00")]
    [InlineData(90, 89, "0.50")]
    [InlineData(90, 70, "10.00")]
    [InlineData(90, 65, "15.00")]
    [InlineData(90, 64, "17.00")]
    [InlineData(85, 85, "0.00")]
    [InlineData(85, 90, "-0.50")]
    [InlineData(80, 80, "0.00")]
    [InlineData(80, 81, "-0.10")]
    [InlineData(85, 94, "-1.10")]
    [InlineData(85, 93, "-0.95")]
    [InlineData(80, 93, "-1.30")]
    [InlineData(90, 66, "14.00")]
    [InlineData(85, 66, "9.50")]
    [InlineData(80, 66, "7.00")]
    [InlineData(90, 59, "27.00")]
    [InlineData(85, 59, "17.00")]
    [InlineData(80, 59, "11.00")]
    [InlineData(90, 32, "81.00")]
    [InlineData(85, 32, "71.00")]
    [InlineData(80, 32, "61.00")]
    public void The_table_that_ships_has_the_values_of_its_transcriptions_and_tells_how_good_they_are(
        int standard,
        int powerFactor,
        string percent
    )
    {
        Assert.Equal("S", Shipped().Confidence);
        Assert.Equal(percent, Exact.Display(Shipped().Percent(standard, powerFactor), 2));
    }

    private static PowerFactorTable Shipped()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "EdgeGateway.sln")))
        {
            folder = folder.Parent!;
        }

        using StreamReader text = new(Path.Combine(folder.FullName, "gateway", "Carbon", "Flows", "power-factor-cn.csv"));
        return PowerFactorTable.Parse("power-factor-cn.csv", text);
    }
}
