using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Tests;

namespace EdgeGateway.Edgectl.Tests;

/// <summary>Footprints computed again from the leaves they name.</summary>
public sealed class RecomputeTests : IDisposable
{
    private const string Register = "/1-0:1.8.0.255", Pulses = "/1-0:1.8.0.255";
    private const string Key = "CN/2023/average/organisation";
    private static readonly DateTimeOffset Start = new(2026, 6, 15, 0, 0, 0, TimeSpan.Zero);

    private readonly SignedLog _log = new();

    public RecomputeTests()
    {
        _log.Leaves.RemoveRange(1, _log.Leaves.Count - 1);
        Add(LeafType.Config, h => h with { Group = "boundary" }, LeafRecord.Of("group", "boundary"), LeafRecord.Of("class", "1"), LeafRecord.Of("p/constant", "6400 imp/kWh"));
        Add(LeafType.Factors, h => h, LeafRecord.Of("set", "cn"), LeafRecord.Of("version", "1"), LeafRecord.Of("validFrom", "2023-01-01"), LeafRecord.Of("validUntil", ""), LeafRecord.Of(Key, "0.5500 kgCO2/kWh; source; confidence C"));
        Reading(1_000, 10);
        Reading(4_000, 330);

        // 3 Wh and 320 impulses of 0.15625 Wh: 53 Wh, times 0.55.
        Carbon(29_150_000, [3, 4]);
    }

    public void Dispose() => _log.Dispose();

    [Fact]
    public void What_was_computed_rightly_is_the_same_to_the_last_digit()
    {
        (int exit, string text) = Verify();
        Assert.Equal(0, exit);
        Assert.Contains("recomputed 1 footprint from readings and factors: the same to the last digit", text, StringComparison.Ordinal);
        Assert.StartsWith("VERIFIED" + Environment.NewLine, text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_digit_of_an_amount_a_factor_a_time_or_a_register_is_reported()
    {
        Leaf carbon = _log.Leaves[5];
        Differs("it states 0.029150001 kg, its readings give 0.029150000 kg", () => Replace(5, 0, new("scope2-location") { Unit = "kg", Number = new DecimalFraction(-9, 29_150_001) }));
        Differs("leaf 2 has for CN/2023/average/organisation: 0.5500 kgCO2/kWh", () => Replace(5, 5, LeafRecord.Of("value", "0.5501 kgCO2/kWh")));
        Differs("its 'from' is not the time of its readings, 2026-06-15T00:03:00.000Z", () => Replace(5, 1, LeafRecord.Of("from", Start)));
        Differs("its 'to' is not", () => Replace(5, 2, LeafRecord.Of("to", Start)));
        Differs("its readings give", () => Replace(4, 0, Energy("a", 4_001)));
        Differs("its readings give", () => Replace(4, 1, Impulses("p", 331)));
        Differs("leaf 2 has no record", () => Replace(2, 4, LeafRecord.Of("CN/2022/average/organisation", "0.5500 kgCO2/kWh; source; confidence C")));

        void Differs(string what, Action alter)
        {
            List<Leaf> before = [.. _log.Leaves];
            alter();
            (int exit, string text) = Verify();
            Assert.Equal(1, exit);
            Assert.StartsWith("DIFFERS  The signatures hold, but 1 footprint is not", text, StringComparison.Ordinal);
            Assert.Contains($"leaf 5, scope2-location: {what}"[..14], text, StringComparison.Ordinal);
            Assert.Contains(what, text, StringComparison.Ordinal);
            _log.Leaves.Clear();
            _log.Leaves.AddRange(before);
        }
    }

    [Fact]
    public void Leaves_that_were_not_given_are_named_and_are_no_difference()
    {
        (int exit, string text) = Run("verify", _log.WriteBatch(4, 6), "--trust", _log.Trust, "--recompute");
        Assert.Equal(0, exit);
        Assert.Contains("1 more could not be: leaves they rest on were not given, such as leaf 3", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bundle_of_exactly_the_leaves_of_a_footprint_is_enough_in_any_order()
    {
        (int exit, string text) = Run("verify", _log.Write("why", _log.Bundle(5, 4, 3, 2, 1).Encode()), "--trust", _log.Trust, "--recompute");
        Assert.Equal(0, exit);
        Assert.Contains("1 footprint from readings", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_meter_that_came_later_counts_from_the_reading_that_is_named()
    {
        // Its register stands in the first reading too, but it was not in the account then.
        Reading(5_000, 400);
        Carbon(null, [4, 6], LeafRecord.Of($"p{Pulses}/base", 6));
        _log.Leaves[7] = _log.Leaves[7] with { Records = [Amount(550_000), .. _log.Leaves[7].Records.Skip(1)] };
        Reading(6_000, 464);
        Carbon(2 * 550_000 + 5_500_000, [4, 6, 8], LeafRecord.Of($"p{Pulses}/base", 6));
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
        Assert.Contains("3 footprints", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Slots_without_an_amount_are_counted_and_json_has_it_all()
    {
        Add(LeafType.Carbon, h => h with { Factors = 2 }, LeafRecord.Of("scope2-location", "a:no-answer"), LeafRecord.Of("from", Start), LeafRecord.Of("to", Start), LeafRecord.Of("method", "location-based"));
        Replace(5, 0, Amount(1));
        (int exit, string text) = Run("verify", _log.WriteBatch(0, _log.Leaves.Count), "--trust", _log.Trust, "--recompute", "--json");
        Assert.Equal(1, exit);
        JsonElement root = JsonDocument.Parse(text).RootElement, again = root.GetProperty("recomputed");
        Assert.Equal("differs", root.GetProperty("verdict").GetString());
        Assert.Equal((1, 1, 5), (again.GetProperty("footprints").GetInt32(), again.GetProperty("withoutAmount").GetInt32(), again.GetProperty("differences")[0].GetProperty("leaf").GetInt32()));
    }

    [Fact]
    public void Fuel_by_a_gas_meter_and_by_an_entry_with_its_correction_is_computed_again()
    {
        _log.Leaves.RemoveRange(1, _log.Leaves.Count - 1);
        Add(LeafType.Config, h => h with { Group = "boundary" }, LeafRecord.Of("group", "boundary"), LeafRecord.Of("class", "1"), LeafRecord.Of("g/constant", "10 imp/m3"));
        Add(LeafType.Factors, h => h, LeafRecord.Of("set", "gas"), LeafRecord.Of("version", "1"), LeafRecord.Of("validFrom", ""), LeafRecord.Of("validUntil", ""), LeafRecord.Of("CN/2024/natural-gas.ncv/any", "389.31 GJ(NCV)/1e4Nm3; source"), LeafRecord.Of("CN/2024/natural-gas.carbon-content/any", "0.0153 tC/GJ(NCV); source"), LeafRecord.Of("CN/2024/natural-gas.oxidation/any", "0.99 1; source"));
        Add(LeafType.Reading, h => h with { Group = "boundary", Config = 1 }, new LeafRecord("g/7-0:3.0.0.255") { Unit = "count", Number = new DecimalFraction(0, 100) });
        Add(LeafType.Reading, h => h with { Group = "boundary", Config = 1 }, new LeafRecord("g/7-0:3.0.0.255") { Unit = "count", Number = new DecimalFraction(0, 110) });
        Add(LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = [3, 4] }, [Fuel(2_162_188_809), LeafRecord.Of("from", Start.AddMinutes(3)), LeafRecord.Of("to", Start.AddMinutes(5)), .. Combustion, LeafRecord.Of("meters", "g/7-0:3.0.0.255")]);
        LeafRecord[] period = [LeafRecord.Of("from", Start.AddDays(-31)), LeafRecord.Of("to", Start)];
        Add(LeafType.Manual, h => h, [LeafRecord.Of("kind", "invoice"), LeafRecord.Of("subject", "gas"), .. period, Cubic(1000), LeafRecord.Of("by", "energy manager")]);
        Add(LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = [6] }, [Fuel(2_162_188_809_000), .. period, .. Combustion]);
        Add(LeafType.Correction, h => h, LeafRecord.Of("supersedes", 6), LeafRecord.Of("reason", "misread"), LeafRecord.Of("by", "energy manager"), Cubic(500));
        Add(LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = [6, 8] }, [Fuel(1_081_094_404_500), .. period, .. Combustion, LeafRecord.Of("replaces", 7)]);
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
        Assert.Contains("recomputed 3 footprints", text, StringComparison.Ordinal);
        Assert.Contains("scope1: 1083.256593309 kg CO2 over 2 slots; 1 more replaced by later ones", text, StringComparison.Ordinal);
        (exit, string bundle) = Run("verify", _log.Write("any-order", _log.Bundle(9, 8, 7, 6, 2).Encode()), "--trust", _log.Trust);
        Assert.Equal(0, exit);
        Assert.Contains("scope1: 1081.094404500 kg CO2 over 1 slot; 1 more replaced by later ones", bundle, StringComparison.Ordinal);
        Differs(5, "its readings give 2.162188809 kg", () => Replace(5, 0, Fuel(2_162_188_810)));
        Differs(7, "its entry gives", () => Replace(6, 4, Cubic(1001)));
        Differs(9, "its entry gives", () => Replace(8, 3, Cubic(501)));
        Differs(9, "its 'from' is not that of the entry, leaf 6", () => Replace(9, 1, LeafRecord.Of("from", Start.AddDays(-30))));
        Differs(7, "leaf 2 has for CN/2024/natural-gas.oxidation/any: 0.99 1", () => Replace(7, 9, LeafRecord.Of("value/oxidation", "0.98 1")));

        void Differs(int leaf, string what, Action alter)
        {
            List<Leaf> before = [.. _log.Leaves];
            alter();
            (int exit, string text) = Verify();
            Assert.Equal(1, exit);
            Assert.Contains($"leaf {leaf}, scope1", text, StringComparison.Ordinal);
            Assert.Contains(what, text, StringComparison.Ordinal);
            _log.Leaves.Clear();
            _log.Leaves.AddRange(before);
        }

        static LeafRecord Fuel(long micrograms) => new("scope1") { Unit = "kg", Number = new DecimalFraction(-9, micrograms) };

        static LeafRecord Cubic(long amount) => new("amount") { Unit = "m3", Number = new DecimalFraction(0, amount) };
    }

    [Theory]
    [InlineData(330_000_000, null, 0)]
    [InlineData(550_000_000, null, 1)]
    [InlineData(330_000_000, "1 MWh", 1)]
    [InlineData(null, "unsettled:C", 0)]
    [InlineData(null, "no-residual-mix", 1)]
    public void A_month_that_is_settled_takes_the_place_of_its_slots_and_is_computed_from_its_instruments(int? micrograms, string? more, int exit)
    {
        _log.Leaves.RemoveRange(3, _log.Leaves.Count - 3);
        Reading(0, 0);
        Reading(400_000, 0);
        Add(LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = [3, 4] }, [Amount(220_000_000), LeafRecord.Of("from", Start.AddMinutes(3)), LeafRecord.Of("to", Start.AddMinutes(5)), .. Tail("0.5500")]);
        Reading(1_000_000, 0);
        LeafRecord[] period = [LeafRecord.Of("from", Start.AddDays(-1)), LeafRecord.Of("to", Start.AddDays(1))];
        Add(LeafType.Instrument, h => h, [LeafRecord.Of("kind", "certificate"), LeafRecord.Of("id", "GEC-1"), .. period, Energy(700), LeafRecord.Of("by", "Li Wei"), LeafRecord.Of("market/name", "CN"), LeafRecord.Of("market/retired", "2026-07-02")]);
        Add(LeafType.Correction, h => h, LeafRecord.Of("supersedes", 7), LeafRecord.Of("reason", "misread"), LeafRecord.Of("by", "Li Wei"), Energy(400));
        Add(LeafType.Instrument, h => h, [LeafRecord.Of("kind", "contract"), LeafRecord.Of("id", "C"), .. period, Energy(more is "unsettled:C" ? 1 : 0), LeafRecord.Of("by", "Li Wei"), LeafRecord.Of("market/name", "CN")]);
        Add(
            LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = more == "1 MWh" ? [3, 6, 7] : [3, 6, 7, 8, 9] },
            micrograms is { } m ? Amount(m) : LeafRecord.Of("scope2-location", more!), LeafRecord.Of("from", Start.AddMinutes(3)), LeafRecord.Of("to", Start.AddMinutes(6)),
            LeafRecord.Of("method", "market-based"), LeafRecord.Of("market", "CN"), LeafRecord.Of("factor", Key), LeafRecord.Of("value", "0.5500 kgCO2/kWh"), LeafRecord.Of("set", "cn/1"),
            LeafRecord.Of("restates", "instrument"), LeafRecord.Of("claims/from", Start.AddDays(-1)), LeafRecord.Of("claims/to", Start.AddDays(1)), LeafRecord.Of($"a{Register}", "3-6"), LeafRecord.Of($"p{Pulses}", "3-6"));
        (int result, string text) = Verify();
        Assert.True(result == exit, text);
        if (exit == 0)
        {
            Assert.Contains(micrograms is null ? "0.000000000 kg CO2 over 0 slots" : "0.330000000 kg CO2 over 1 slot", text, StringComparison.Ordinal);
            Assert.Contains("1 more replaced", text, StringComparison.Ordinal);
        }

        static LeafRecord Energy(long wattHours) => new("amount") { Unit = "Wh", Number = new DecimalFraction(0, wattHours) };
    }

    [Theory]
    [InlineData("3-8", "3-8", null)]
    [InlineData("3-4 4-8", "3-8", null)]
    [InlineData("3-4 6-8", "3-8", "it leaves out what its slots counted of a/1-0:1.8.0.255 between leaf 4 and leaf 6")]
    [InlineData("4-8", "3-8", "it leaves out what its slots counted of a/1-0:1.8.0.255 between leaf 3 and leaf 4")]
    [InlineData("3-8", "3-6", "it leaves out what its slots counted of p/1-0:1.8.0.255 between leaf 6 and leaf 8")]
    [InlineData("3-8", null, "it leaves out what its slots counted of p/1-0:1.8.0.255 between leaf 3 and leaf 8")]
    [InlineData("3-8 8-8", "3-4 4-8", null)]
    [InlineData("4-3 6-8", "3-8", "are not between its readings, one after the other")]
    [InlineData("3-8 3-8", "3-8", "are not between its readings, one after the other")]
    [InlineData("3-8", "3-9", "are not between its readings, one after the other")]
    public void A_period_that_is_accounted_anew_has_all_that_its_slots_counted(string a, string? p, string? differs)
    {
        Reading(5_000, 400);
        Carbon(550_000 + 6_015_625, [4, 6]);
        Reading(6_000, 464);
        Carbon(550_000 + 5_500_000, [6, 8]);
        (decimal A, decimal P)[] at = [(1_000, 10), (4_000, 330), default, (5_000, 400), default, (6_000, 464)];
        decimal amount = Counted(a).Sum(s => at[s.To].A - at[s.From].A) * 550 + Counted(p ?? "3-3").Sum(s => at[s.To].P - at[s.From].P) * 85_937.5m;
        Restated((long)Math.Round(amount), [3, 4, 6, 8], [LeafRecord.Of($"a{Register}", a), .. p is null ? Array.Empty<LeafRecord>() : [LeafRecord.Of($"p{Pulses}", p)]]);
        (int exit, string text) = Verify();
        Assert.True(exit == (differs is null ? 0 : 1), text);
        Assert.Contains(differs ?? "recomputed 4 footprints from readings and factors: the same to the last digit", text, StringComparison.Ordinal);

        static IEnumerable<(int From, int To)> Counted(string stretches) =>
            stretches.Replace("3-9", "3-8", StringComparison.Ordinal).Split(' ').Select(s => (s[0] - '3', s[2] - '3'));
    }

    [Fact]
    public void A_register_that_began_again_has_nothing_of_its_slots_in_between()
    {
        Reading(5_000, 7); // the impulses between have been lost
        Reading(6_000, 71);
        Carbon(2 * 550_000 + 5_500_000, [4, 6, 7], LeafRecord.Of($"p{Pulses}/base", 6));
        Restated(29_150_000 + 6_600_000, [3, 4, 6, 7], LeafRecord.Of($"a{Register}", "3-7"), LeafRecord.Of($"p{Pulses}", "3-4 6-7"));
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
    }

    [Fact]
    public void Readings_of_one_tick_that_stand_in_two_leaves_leave_nothing_out_between_them()
    {
        _log.Leaves.RemoveRange(3, _log.Leaves.Count - 3);
        foreach (int slot in new[] { 0, 1, 2 })
        {
            Add(LeafType.Reading, h => h with { Group = "boundary", Config = 1, Time = Start.AddMinutes(15 * slot) }, Energy("a", 1_000 * slot));
            Add(LeafType.Reading, h => h with { Group = "boundary", Config = 1, Time = Start.AddMinutes(15 * slot) }, Impulses("p", 64 * slot));
            if (slot > 0)
            {
                int last = _log.Leaves.Count - 1;
                int before = slot == 1 ? 3 : 5;
                Add(
                    LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = [before, before + 1, last - 1, last], Time = Start.AddMinutes(15 * slot) },
                    [Amount(550_000 + 5_500_000), LeafRecord.Of("from", Start.AddMinutes(15 * (slot - 1))), LeafRecord.Of("to", Start.AddMinutes(15 * slot)), .. Tail("0.5500")]);
            }
        }

        // Of the second slot only, as of a month that begins there; and with p left out.
        Restated(550_000 + 5_500_000, [5, 6, 8, 9], LeafRecord.Of($"a{Register}", "5-8"), LeafRecord.Of($"p{Pulses}", "6-9"));
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
        Restated(550_000, [5, 8], LeafRecord.Of($"a{Register}", "5-8"));
        (exit, text) = Verify();
        Assert.True(exit == 1, text);
        Assert.Contains("it leaves out what its slots counted of p/1-0:1.8.0.255 between leaf 5 and leaf 8", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_meter_counts_once_and_only_readings_are_counted()
    {
        Replace(5, 7, LeafRecord.Of("meters", $"a{Register} p{Pulses} a{Register}"));
        Replace(5, 0, Amount(29_150_000 + 3_000 * 550));
        Assert.Contains("it adds up a meter twice", Verify().Text, StringComparison.Ordinal);

        _log.Leaves.RemoveRange(5, _log.Leaves.Count - 5);
        foreach (int wattHours in new[] { 1_000, 9_000 })
        {
            Add(LeafType.Instrument, h => h, LeafRecord.Of("kind", "supplier"), LeafRecord.Of("id", $"x{wattHours}"), LeafRecord.Of("from", Start), LeafRecord.Of("to", Start.AddDays(1)), new LeafRecord("amount") { Unit = "Wh", Number = new DecimalFraction(0, wattHours) }, LeafRecord.Of("by", "Li Wei"));
        }

        Add(LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = [5, 6] }, [Amount(4_400_000_000), LeafRecord.Of("from", Start.AddMinutes(5)), LeafRecord.Of("to", Start.AddMinutes(7)), .. Tail("0.5500")[..^1], LeafRecord.Of("meters", "amount")]);
        Assert.Contains("none of its meters is in two of its readings", Verify().Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-intensity", "grid", 60, 3, "it has no amount, no-intensity, and leaf 5 states the intensity of its slot")]
    [InlineData("straddles-intensities", "grid", 60, 3, "it has no amount, straddles-intensities, and leaf 5 states")]
    [InlineData("green-power", "coal", 60, 3, "'green-power' is no reason")]
    [InlineData("no-intensity", "coal", 60, 3, null)]
    [InlineData("no-intensity", "grid", 15, 20, null)]
    public void A_footprint_without_an_amount_by_slots_has_a_true_reason(string none, string series, int minutes, int from, string? differs)
    {
        _log.Leaves.RemoveRange(3, _log.Leaves.Count - 3);
        Reading(0, 0);
        _log.Leaves[3] = _log.Leaves[3] with { Head = _log.Leaves[3].Head with { Time = Start.AddMinutes(from) } };
        Reading(400_000, 0);
        Add(LeafType.Intensity, h => h, LeafRecord.Of("series", series), LeafRecord.Of("source", "operator"), LeafRecord.Of("minutes", minutes), LeafRecord.Of("slot/20260615T0000Z", "250 gCO2/kWh"));
        Add(
            LeafType.Carbon, h => h with { ComputedFrom = [3, 4], Time = Start.AddMinutes(from + 3) }, LeafRecord.Of("scope2-location", none), LeafRecord.Of("from", Start.AddMinutes(from)), LeafRecord.Of("to", Start.AddMinutes(from + 3)),
            LeafRecord.Of("method", "location-by-slot"), LeafRecord.Of("series", "grid"), LeafRecord.Of("none", none), LeafRecord.Of("meters", $"a{Register}"));
        (int exit, string text) = Verify();
        Assert.Equal(differs is null ? 0 : 1, exit);
        Assert.Contains(differs ?? "same to the last digit", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_footprint_over_a_clock_that_was_set_back_begins_where_it_ends()
    {
        _log.Leaves.RemoveRange(3, _log.Leaves.Count - 3);
        Reading(0, 0);
        _log.Leaves[3] = _log.Leaves[3] with { Head = _log.Leaves[3].Head with { Time = Start.AddHours(1) } };
        Reading(400_000, 0);
        Add(LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = [3, 4] }, [Amount(220_000_000), LeafRecord.Of("from", Start.AddMinutes(5)), LeafRecord.Of("to", Start.AddMinutes(5)), .. Tail("0.5500")]);
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
    }

    [Theory]
    [InlineData("scope2-location", 0)]
    [InlineData("scope2-other", 1)]
    public void An_instrument_is_claimed_by_one_account(string account, int exit)
    {
        _log.Leaves.RemoveRange(3, _log.Leaves.Count - 3);
        Reading(0, 0);
        Reading(400_000, 0);
        Add(
            LeafType.Instrument, h => h, LeafRecord.Of("kind", "certificate"), LeafRecord.Of("id", "GEC-1"), LeafRecord.Of("from", Start.AddDays(-1)), LeafRecord.Of("to", Start.AddDays(1)),
            new LeafRecord("amount") { Unit = "Wh", Number = new DecimalFraction(0, 400) }, LeafRecord.Of("by", "Li Wei"), LeafRecord.Of("market/name", "CN"), LeafRecord.Of("market/retired", "2026-07-02"));
        Settled("scope2-location");
        Settled(account);
        (int result, string text) = Verify();
        Assert.Equal(exit, result);
        Assert.Equal(exit == 1, text.Contains("it claims the instrument of leaf 5, which scope2-location claims too", StringComparison.Ordinal));

        void Settled(string of) => Add(
            LeafType.Carbon, h => h with { ComputedFrom = [3, 4, 5] }, Amount(0) with { Name = of }, LeafRecord.Of("from", Start.AddMinutes(3)), LeafRecord.Of("to", Start.AddMinutes(4)),
            LeafRecord.Of("method", "market-based"), LeafRecord.Of("market", "CN"), LeafRecord.Of("restates", "instrument"),
            LeafRecord.Of("claims/from", Start.AddDays(-1)), LeafRecord.Of("claims/to", Start.AddDays(1)), LeafRecord.Of($"a{Register}", "3-4"));
    }

    [Theory]
    [InlineData("grid", "20260615T0000Z", "250 gCO2/kWh", 60, null)]
    [InlineData("coal", "20260615T0000Z", "250 gCO2/kWh", 60, "it names no leaf with intensities of grid")]
    [InlineData("grid", "20260615T0100Z", "250 gCO2/kWh", 60, "no record 'slot/20260615T0000Z'")]
    [InlineData("grid", "20260615T0000Z", "251 gCO2/kWh", 60, "it was computed with 250 gCO2/kWh, leaf 5 states 251 gCO2/kWh for 20260615T0000Z")]
    [InlineData("grid", "20260615T0000Z", "250 gCO2/kWh", 525_600, "there are slots of 15, 30 and 60 min")]
    public void A_footprint_by_slots_is_computed_with_what_the_leaf_of_its_intensity_states(string series, string slot, string value, int minutes, string? differs)
    {
        _log.Leaves.RemoveRange(3, _log.Leaves.Count - 3);
        Reading(0, 0);
        Reading(400_000, 0);
        Add(LeafType.Intensity, h => h, LeafRecord.Of("series", series), LeafRecord.Of("source", "operator"), LeafRecord.Of("minutes", minutes), LeafRecord.Of($"slot/{slot}", value));
        Add(
            LeafType.Carbon, h => h with { ComputedFrom = [3, 4, 5] }, Amount(100_000_000), LeafRecord.Of("from", Start.AddMinutes(3)), LeafRecord.Of("to", Start.AddMinutes(6)),
            LeafRecord.Of("method", "location-by-slot"), LeafRecord.Of("series", "grid"), LeafRecord.Of("slot", "20260615T0000Z"), LeafRecord.Of("value", "250 gCO2/kWh"), LeafRecord.Of("meters", $"a{Register}"));
        (int exit, string text) = Verify();
        Assert.Equal(differs is null ? 0 : 1, exit);
        Assert.Contains(differs ?? "0.100000000 kg CO2", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grid", "20260615T0000Z", 60, 3, "it rests on leaf 5, which is not the newest before it that states the intensity of its time: leaf 6 states that of 20260615T0000Z")]
    [InlineData("grid", "20260615T0000Z", 15, 3, "it rests on leaf 5, which is not the newest before it that states the intensity of its time: leaf 6 states that of 20260615T0000Z")]
    [InlineData("grid", "20260615T0000Z", 15, 20, "it rests on leaf 5, which is not the newest before it that states the intensity of its time")]
    [InlineData("grid", "20260615T0015Z", 15, 20, "leaf 6 states that of 20260615T0015Z")]
    [InlineData("grid", "20260615T0015Z", 15, 3, null)]
    [InlineData("grid", "20260615T0100Z", 60, 3, null)]
    [InlineData("coal", "20260615T0000Z", 60, 3, null)]
    public void A_footprint_by_slots_rests_on_the_newest_intensity_before_it(string series, string slot, int minutes, int from, string? differs)
    {
        _log.Leaves.RemoveRange(3, _log.Leaves.Count - 3);
        Reading(0, 0);
        _log.Leaves[3] = _log.Leaves[3] with { Head = _log.Leaves[3].Head with { Time = Start.AddMinutes(from) } };
        Reading(400_000, 0);
        State("grid", "20260615T0000Z", "250 gCO2/kWh");
        State(series, slot, "300 gCO2/kWh", minutes);
        Add(
            LeafType.Carbon, h => h with { ComputedFrom = [3, 4, 5], Time = Start.AddMinutes(from + 4) }, Amount(100_000_000), LeafRecord.Of("from", Start.AddMinutes(from)), LeafRecord.Of("to", Start.AddMinutes(from + 4)),
            LeafRecord.Of("method", "location-by-slot"), LeafRecord.Of("series", "grid"), LeafRecord.Of("slot", "20260615T0000Z"), LeafRecord.Of("value", "250 gCO2/kWh"), LeafRecord.Of("meters", $"a{Register}"));
        State("grid", "20260615T0000Z", "400 gCO2/kWh"); // after it
        (int exit, string text) = Verify();
        Assert.Equal(differs is null ? 0 : 1, exit);
        Assert.Contains(differs ?? "0.100000000 kg CO2", text, StringComparison.Ordinal);

        void State(string of, string at, string value, int length = 60) =>
            Add(LeafType.Intensity, h => h, LeafRecord.Of("series", of), LeafRecord.Of("source", "operator"), LeafRecord.Of("minutes", length), LeafRecord.Of($"slot/{at}", value));
    }

    private static IEnumerable<LeafRecord> Combustion =>
    [
        LeafRecord.Of("method", "combustion"), LeafRecord.Of("factor/ncv", "CN/2024/natural-gas.ncv/any"), LeafRecord.Of("value/ncv", "389.31 GJ(NCV)/1e4Nm3"),
        LeafRecord.Of("factor/carbon-content", "CN/2024/natural-gas.carbon-content/any"), LeafRecord.Of("value/carbon-content", "0.0153 tC/GJ(NCV)"),
        LeafRecord.Of("factor/oxidation", "CN/2024/natural-gas.oxidation/any"), LeafRecord.Of("value/oxidation", "0.99 1"), LeafRecord.Of("base", "Nm3"), LeafRecord.Of("set", "gas/1"),
    ];

    [Fact]
    public void Pythons_fractions_compute_the_same_from_the_same_leaves()
    {
        const string Script = """
            import json, sys
            from fractions import Fraction
            for line in sys.stdin:
                first, last, impulses, constant, factor = json.loads(line)
                kwh = Fraction(last - first, 10**6) + Fraction(impulses) / Fraction(constant)
                print(round(kwh * Fraction(factor) * 10**9))
            """;
        Random random = new(7);
        List<(long First, long Last, long Impulses, string Constant, string Factor)> cases = [];
        string[] constants = ["6400", "3", "7", "0.1", "1000", "12.5"], factors = ["0.5500", "0.5", "0.333333333", "0.000000001", "1.0001"];
        for (int i = 0; i < 2000; i++)
        {
            long first = random.NextInt64(1_000_000_000), last = first + random.NextInt64(i % 3 == 0 ? 3 : 5_000_000);
            cases.Add((first, last, random.NextInt64(i % 2 == 0 ? 4 : 100_000), constants[random.Next(constants.Length)], factors[random.Next(factors.Length)]));
        }

        string input = string.Join('\n', cases.Select(c => string.Create(CultureInfo.InvariantCulture, $"[{c.First},{c.Last},{c.Impulses},\"{c.Constant}\",\"{c.Factor}\"]")));
        string[] python = Foreign.Run("/usr/bin/python3", ["-c", Script], input).Output.TrimEnd('\n').Split('\n');
        _log.Leaves.RemoveRange(1, _log.Leaves.Count - 1);
        foreach (((long first, long last, long impulses, string constant, string factor), string amount) in cases.Zip(python))
        {
            int config = _log.Leaves.Count;
            Add(LeafType.Config, h => h with { Group = "boundary" }, LeafRecord.Of("group", "boundary"), LeafRecord.Of("class", "1"), LeafRecord.Of("p/constant", $"{constant} imp/kWh"));
            Add(LeafType.Factors, h => h, LeafRecord.Of("set", "cn"), LeafRecord.Of("version", "1"), LeafRecord.Of("validFrom", ""), LeafRecord.Of("validUntil", ""), LeafRecord.Of(Key, $"{factor} kgCO2/kWh; source"));
            Add(LeafType.Reading, h => h with { Group = "boundary", Config = config }, Energy("a", first), Impulses("p", 0));
            Add(LeafType.Reading, h => h with { Group = "boundary", Config = config }, Energy("a", last), Impulses("p", impulses));
            Add(
                LeafType.Carbon, h => h with { Factors = config + 1, ComputedFrom = [config + 2, config + 3] },
                [Amount(long.Parse(amount, CultureInfo.InvariantCulture)), LeafRecord.Of("from", Start.AddMinutes(config + 2)), LeafRecord.Of("to", Start.AddMinutes(config + 4)), .. Tail(factor)]);
        }

        (int exit, string text) = Verify();
        Assert.True(exit == 0, text[..Math.Min(text.Length, 2000)]);
        Assert.Contains("2000 footprints", text, StringComparison.Ordinal);
    }

    private void Add(string type, Func<LeafHead, LeafHead> head, params LeafRecord[] records) =>
        _log.Leaves.Add(new Leaf(head(SignedLog.Head(_log.Leaves.Count, type)), records));

    private void Reading(long milliwattHours, long impulses) =>
        Add(LeafType.Reading, h => h with { Group = "boundary", Config = 1 }, Energy("a", milliwattHours), Impulses("p", impulses));

    private void Carbon(long? micrograms, long[] of, params LeafRecord[] more) => Add(
        LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = of },
        [Amount(micrograms ?? 0), LeafRecord.Of("from", Start.AddMinutes(of[0])), LeafRecord.Of("to", Start.AddMinutes(_log.Leaves.Count)), .. Tail("0.5500"), .. more]);

    private void Restated(long micrograms, long[] of, params LeafRecord[] stretches) => Add(
        LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = of },
        [
            Amount(micrograms), LeafRecord.Of("from", _log.Leaves[(int)of[0]].Head.Time), LeafRecord.Of("to", _log.Leaves[(int)of[^1]].Head.Time), .. Tail("0.5500")[..^1],
            LeafRecord.Of("restates", "factors"), .. stretches,
        ]);

    private static LeafRecord[] Tail(string factor) =>
    [
        LeafRecord.Of("method", "location-based"), LeafRecord.Of("factor", Key), LeafRecord.Of("value", $"{factor} kgCO2/kWh"), LeafRecord.Of("set", "cn/1"),
        LeafRecord.Of("meters", $"a{Register} p{Pulses}"),
    ];

    private static LeafRecord Amount(long micrograms) => new("scope2-location") { Unit = "kg", Number = new DecimalFraction(-9, micrograms) };

    private static LeafRecord Energy(string meter, long milliwattHours) => new(meter + Register) { Unit = "Wh", Number = new DecimalFraction(-3, milliwattHours) };

    private static LeafRecord Impulses(string meter, long count) => new(meter + Pulses) { Unit = "count", Number = new DecimalFraction(0, count) };

    private void Replace(int leaf, int record, LeafRecord by) =>
        _log.Leaves[leaf] = _log.Leaves[leaf] with { Records = [.. _log.Leaves[leaf].Records.Take(record), by, .. _log.Leaves[leaf].Records.Skip(record + 1)] };

    private (int Exit, string Text) Verify() => Run("verify", _log.WriteBatch(0, _log.Leaves.Count), "--trust", _log.Trust, "--recompute");

    private static (int Exit, string Text) Run(params string[] arguments)
    {
        var (exit, output, error) = CommandLine.Run(arguments);
        Assert.Equal("", error);
        return (exit, output);
    }
}
