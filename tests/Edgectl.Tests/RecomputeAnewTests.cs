using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl.Tests;

/// <summary>Periods that one leaf accounts anew, with all that their slots counted and with their instruments.</summary>
public sealed class RecomputeAnewTests : FootprintLog
{
    [Theory]
    [InlineData(330_000_000, null, 0)]
    [InlineData(550_000_000, null, 1)]
    [InlineData(330_000_000, "1 MWh", 1)]
    [InlineData(null, "unsettled:C", 0)]
    [InlineData(null, "no-residual-mix", 1)]
    public void A_month_that_is_settled_takes_the_place_of_its_slots_and_is_computed_from_its_instruments(int? micrograms, string? more, int exit)
    {
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        Reading(0, 0);
        Reading(400_000, 0);
        Add(LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = [3, 4] }, [Amount(220_000_000), LeafRecord.Of("from", Start.AddMinutes(3)), LeafRecord.Of("to", Start.AddMinutes(5)), .. Tail("0.5500")]);
        Reading(1_000_000, 0);
        Add(LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = [4, 6], Time = Start.AddMinutes(6) }, [Amount(330_000_000), LeafRecord.Of("from", Start.AddMinutes(4)), LeafRecord.Of("to", Start.AddMinutes(6)), .. Tail("0.5500")]);
        LeafRecord[] period = [LeafRecord.Of("from", Start.AddDays(-1)), LeafRecord.Of("to", Start.AddDays(1))];
        Add(LeafType.Instrument, h => h, [LeafRecord.Of("kind", "certificate"), LeafRecord.Of("id", "GEC-1"), .. period, Energy(700), LeafRecord.Of("by", "Li Wei"), LeafRecord.Of("market/name", "CN"), LeafRecord.Of("market/retired", "2026-07-02")]);
        Add(LeafType.Correction, h => h, LeafRecord.Of("supersedes", 8), LeafRecord.Of("reason", "misread"), LeafRecord.Of("by", "Li Wei"), Energy(400));
        Add(LeafType.Instrument, h => h, [LeafRecord.Of("kind", "contract"), LeafRecord.Of("id", "C"), .. period, Energy(more is "unsettled:C" ? 1 : 0), LeafRecord.Of("by", "Li Wei"), LeafRecord.Of("market/name", "CN")]);
        Add(
            LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = more == "1 MWh" ? [3, 6, 8] : [3, 6, 8, 9, 10] },
            micrograms is { } m ? Amount(m) : LeafRecord.Of("scope2-location", more!), LeafRecord.Of("from", Start.AddMinutes(3)), LeafRecord.Of("to", Start.AddMinutes(6)),
            LeafRecord.Of("method", "market-based"), LeafRecord.Of("market", "CN"), LeafRecord.Of("factor", Key), LeafRecord.Of("value", "0.5500 kgCO2/kWh"), LeafRecord.Of("set", "cn/1"),
            LeafRecord.Of("restates", "instrument"), LeafRecord.Of("claims/from", Start.AddDays(-1)), LeafRecord.Of("claims/to", Start.AddDays(1)), LeafRecord.Of($"a{Register}", "3-6"), LeafRecord.Of($"p{Pulses}", "3-6"));
        (int result, string text) = Verify();
        Assert.True(result == exit, text);
        if (exit == 0)
        {
            Assert.Contains(micrograms is null ? "0.000000000 kg CO2 over 0 slots" : "0.330000000 kg CO2 over 1 slot", text, StringComparison.Ordinal);
            Assert.Contains("2 more replaced", text, StringComparison.Ordinal);
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
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        foreach (int slot in new[] { 0, 1, 2 })
        {
            Add(LeafType.Reading, h => h with { Group = "boundary", Config = 1, Time = Start.AddMinutes(15 * slot) }, Energy("a", 1_000 * slot));
            Add(LeafType.Reading, h => h with { Group = "boundary", Config = 1, Time = Start.AddMinutes(15 * slot) }, Impulses("p", 64 * slot));
            if (slot > 0)
            {
                int last = Log.Leaves.Count - 1;
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

    [Theory]
    [InlineData("scope2-location", 0)]
    [InlineData("scope2-other", 1)]
    public void An_instrument_is_claimed_by_one_account(string account, int exit)
    {
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        Reading(0, 0);
        Reading(400_000, 0);
        foreach (string of in new[] { "scope2-location", "scope2-other" })
        {
            Add(
                LeafType.Carbon, h => h with { ComputedFrom = [3, 4], Time = Start.AddMinutes(4) }, LeafRecord.Of(of, "no-residual-mix"), LeafRecord.Of("from", Start.AddMinutes(3)),
                LeafRecord.Of("to", Start.AddMinutes(4)), LeafRecord.Of("method", "market-based"), LeafRecord.Of("market", "CN"), LeafRecord.Of("meters", $"a{Register}"));
        }

        Add(
            LeafType.Instrument, h => h, LeafRecord.Of("kind", "certificate"), LeafRecord.Of("id", "GEC-1"), LeafRecord.Of("from", Start.AddDays(-1)), LeafRecord.Of("to", Start.AddDays(1)),
            new LeafRecord("amount") { Unit = "Wh", Number = new DecimalFraction(0, 400) }, LeafRecord.Of("by", "Li Wei"), LeafRecord.Of("market/name", "CN"), LeafRecord.Of("market/retired", "2026-07-02"));
        Settled("scope2-location");
        Settled(account);
        (int result, string text) = Verify();
        Assert.Equal(exit, result);
        Assert.Equal(exit == 1, text.Contains("it claims the instrument of leaf 7, which scope2-location claims too", StringComparison.Ordinal));

        void Settled(string of) => Add(
            LeafType.Carbon, h => h with { ComputedFrom = [3, 4, 7] }, Amount(0) with { Name = of }, LeafRecord.Of("from", Start.AddMinutes(3)), LeafRecord.Of("to", Start.AddMinutes(4)),
            LeafRecord.Of("method", "market-based"), LeafRecord.Of("market", "CN"), LeafRecord.Of("restates", "instrument"),
            LeafRecord.Of("claims/from", Start.AddDays(-1)), LeafRecord.Of("claims/to", Start.AddDays(1)), LeafRecord.Of($"a{Register}", "3-4"));
    }
}
