using EdgeGateway.Evidence;

namespace EdgeGateway.Recomputing.Tests;

/// <summary>Periods that one leaf accounts anew, with all that their slots counted and with their instruments.</summary>
public sealed class AnewTests : RecomputedLog
{
    [Theory]
    [InlineData(330_000_000, null, 0)]
    [InlineData(550_000_000, null, 1)]
    [InlineData(330_000_000, "1 MWh", 1)]
    [InlineData(null, "unsettled:C", 0)]
    [InlineData(null, "no-residual-mix", 1)]
    public void A_month_that_is_settled_takes_the_place_of_its_slots_and_is_computed_from_its_instruments(
        int? micrograms,
        string? more,
        int exit
    )
    {
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        Reading(0, 0);
        Reading(400_000, 0);
        Add(
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = [3, 4], Time = Start.AddMinutes(4) },
            [Amount(220_000_000), LeafRecord.Of("from", Start.AddMinutes(3)), LeafRecord.Of("to", Start.AddMinutes(4)), .. Tail("0.5500")]
        );
        Reading(1_000_000, 0);
        Add(
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = [4, 6], Time = Start.AddMinutes(6) },
            [Amount(330_000_000), LeafRecord.Of("from", Start.AddMinutes(4)), LeafRecord.Of("to", Start.AddMinutes(6)), .. Tail("0.5500")]
        );
        LeafRecord[] period = [LeafRecord.Of("from", Start.AddDays(-1)), LeafRecord.Of("to", Start.AddDays(1))];
        Add(
            LeafType.Instrument,
            h => h,
            [
                LeafRecord.Of("kind", "certificate"),
                LeafRecord.Of("id", "GEC-1"),
                .. period,
                Energy(700),
                LeafRecord.Of("by", "Li Wei"),
                LeafRecord.Of("market/name", "CN"),
                LeafRecord.Of("market/retired", "2026-07-02"),
            ]
        );
        Add(
            LeafType.Correction,
            h => h,
            LeafRecord.Of("supersedes", 8),
            LeafRecord.Of("reason", "misread"),
            LeafRecord.Of("by", "Li Wei"),
            Energy(400)
        );
        Add(
            LeafType.Instrument,
            h => h,
            [
                LeafRecord.Of("kind", "contract"),
                LeafRecord.Of("id", "C"),
                .. period,
                Energy(more is "unsettled:C" ? 1 : 0),
                LeafRecord.Of("by", "Li Wei"),
                LeafRecord.Of("market/name", "CN"),
            ]
        );
        Add(
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = more == "1 MWh" ? [3, 6, 8] : [3, 6, 8, 9, 10] },
            micrograms is { } m ? Amount(m) : LeafRecord.Of("scope2-location", more!),
            LeafRecord.Of("from", Start.AddMinutes(3)),
            LeafRecord.Of("to", Start.AddMinutes(6)),
            LeafRecord.Of("method", "market-based"),
            LeafRecord.Of("market", "CN"),
            LeafRecord.Of("factor", Key),
            LeafRecord.Of("value", "0.5500 kgCO2/kWh"),
            LeafRecord.Of("set", "cn/1"),
            LeafRecord.Of("restates", "instrument"),
            LeafRecord.Of("slots", "5-7"),
            LeafRecord.Of("claims/from", Start.AddDays(-1)),
            LeafRecord.Of("claims/to", Start.AddDays(1)),
            LeafRecord.Of($"a{Register}", "3-6"),
            LeafRecord.Of($"p{Pulses}", "3-6")
        );
        (int result, string text) = Verify();
        Assert.True(result == exit, text);
        if (exit == 0)
        {
            Assert.Contains(micrograms is null ? "0.000000000 kg, 0 stated" : "0.330000000 kg, 1 stated", text, StringComparison.Ordinal);
            Assert.Contains("2 replaced", text, StringComparison.Ordinal);
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
        decimal amount =
            Counted(a).Sum(s => at[s.To].A - at[s.From].A) * 550 + Counted(p ?? "3-3").Sum(s => at[s.To].P - at[s.From].P) * 85_937.5m;
        Restated(
            (long)Math.Round(amount),
            "5-9",
            [3, 4, 6, 8],
            [LeafRecord.Of($"a{Register}", a), .. p is null ? Array.Empty<LeafRecord>() : [LeafRecord.Of($"p{Pulses}", p)]]
        );
        (int exit, string text) = Verify();
        Assert.True(exit == (differs is null ? 0 : 1), text);
        Assert.Contains(differs ?? "4 computed, all the same", text, StringComparison.Ordinal);

        static IEnumerable<(int From, int To)> Counted(string stretches) =>
            stretches.Replace("3-9", "3-8", StringComparison.Ordinal).Split(' ').Select(s => (s[0] - '3', s[2] - '3'));
    }

    [Fact]
    public void Slots_are_taken_once_and_by_what_says_which_and_counts_no_more_than_they()
    {
        Reading(5_000, 400);
        Carbon(550_000 + 6_015_625, [4, 6]);
        LeafRecord[] all = [LeafRecord.Of($"a{Register}", "3-6"), LeafRecord.Of($"p{Pulses}", "3-6")],
            last = [LeafRecord.Of($"a{Register}", "4-6"), LeafRecord.Of($"p{Pulses}", "4-6")];
        Differs("it accounts slots anew, and does not say which earlier ones", () => Restated(35_715_625, "7-5", [3, 6], all));
        Differs("it accounts slots anew, and does not say which earlier ones", () => Restated(35_715_625, "5-9", [3, 6], all));
        Differs("between leaf 3 and leaf 6 at 6400 imp/kWh, which none of its slots did", () =>
            Restated(35_715_625, "7-7", [3, 6], all.Reverse().ToArray())
        );
        Differs("it does not name earlier readings or entries", () =>
            Add(
                LeafType.Carbon,
                h => h with { Factors = 2 },
                LeafRecord.Of("scope2-location", "away"),
                LeafRecord.Of("from", Start),
                LeafRecord.Of("to", Start.AddDays(1)),
                LeafRecord.Of("method", "location-based"),
                LeafRecord.Of("factor", Key),
                LeafRecord.Of("value", "0.5500 kgCO2/kWh"),
                LeafRecord.Of("restates", "factors"),
                LeafRecord.Of("slots", "5-7")
            )
        );
        Restated(6_565_625, "7-7", [4, 6], last);
        Assert.Equal(0, Verify().Exit);
        Differs("it takes the place of slots that leaf 8 has taken already, and does not replace that", () =>
            Restated(35_715_625, "5-7", [3, 6], all)
        );
        Differs("it replaces leaf 7, which does not account some of the same slots", () =>
            Restated(35_715_625, "5-7", [3, 6], [.. all, LeafRecord.Of("replaces", 7)])
        );
        Restated(35_715_625, "5-7", [3, 6], [.. all, LeafRecord.Of("replaces", 8)]);
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
        Assert.Contains("scope2-location: 0.035715625 kg, 1 stated, 3 replaced", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Impulses_keep_the_worth_that_they_had_in_their_slots()
    {
        Log.Leaves.RemoveRange(4, Log.Leaves.Count - 4);
        Reading(4_000, 330); // 4
        Carbon(29_150_000, [3, 4]); // 5
        Add(
            LeafType.Config,
            h => h with { Group = "boundary" },
            LeafRecord.Of("group", "boundary"),
            LeafRecord.Of("class", "1"),
            LeafRecord.Of("p/constant", "64000 imp/kWh")
        ); // 6
        Add(LeafType.Reading, h => h with { Group = "boundary", Config = 6 }, Energy("a", 4_000), Impulses("p", 970)); // 7: 10 Wh
        Carbon(5_500_000, [4, 7]); // 8
        Assert.Equal(0, Verify().Exit);
        Differs("it counts p/1-0:1.8.0.255 between leaf 3 and leaf 7 at 64000 imp/kWh, which none of its slots did", () =>
            Restated(1_650_000 + 8_250_000, "5-8", [3, 7], LeafRecord.Of($"a{Register}", "3-7"), LeafRecord.Of($"p{Pulses}", "3-7"))
        );
        Restated(29_150_000 + 5_500_000, "5-8", [3, 4, 7], LeafRecord.Of($"a{Register}", "3-7"), LeafRecord.Of($"p{Pulses}", "3-4 4-7"));
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
        Log.Leaves[7] = Log.Leaves[7] with { Head = Log.Leaves[7].Head with { Config = 1 } };
        Assert.Contains(
            "leaf 7 names leaf 1, which is not the newest settings of its group before it",
            Verify().Text,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("whole", null)]
    [InlineData("without the contract", "it leaves out the contract of leaf 6")]
    [InlineData("without the correction", "it leaves out leaf 8, which corrects the instrument of leaf 7")]
    [InlineData("of another month", "it claims instruments of a period in which it does not end")]
    [InlineData("of another set", "it names the factor set cn/2, leaf 2 is cn/1")]
    public void What_is_claimed_is_of_its_period_with_all_contracts_and_corrections_before(string how, string? differs)
    {
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        Reading(0, 0); // 3
        Reading(400_000, 0);
        Add(
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = [3, 4], Time = TimeOf(4) },
            Amount(220_000_000) with
            {
                Name = "scope2",
            },
            LeafRecord.Of("from", TimeOf(3)),
            LeafRecord.Of("to", TimeOf(4)),
            LeafRecord.Of("method", "market-based"),
            LeafRecord.Of("market", "CN"),
            LeafRecord.Of("factor", Key),
            LeafRecord.Of("value", "0.5500 kgCO2/kWh"),
            LeafRecord.Of("set", "cn/1"),
            LeafRecord.Of("meters", $"a{Register}")
        );
        Instrument("contract", "C", LeafRecord.Of("market/factor", "0.4 kgCO2/kWh")); // 6: of its own no proof, and none that blocks
        Instrument("certificate", "GEC-1", LeafRecord.Of("market/retired", "2026-07-02")); // 7
        Add(
            LeafType.Correction,
            h => h,
            LeafRecord.Of("supersedes", 7),
            LeafRecord.Of("reason", "misread"),
            LeafRecord.Of("by", "Li Wei"),
            Hundred(2)
        );
        long[] of = how switch
        {
            "without the contract" => [3, 4, 7, 8],
            "without the correction" => [3, 4, 6, 7],
            _ => [3, 4, 6, 7, 8],
        };
        int day = how == "of another month" ? 30 : 0;
        Add(
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = of },
            Amount(110_000_000) with
            {
                Name = "scope2",
            },
            LeafRecord.Of("from", TimeOf(3)),
            LeafRecord.Of("to", TimeOf(4)),
            LeafRecord.Of("method", "market-based"),
            LeafRecord.Of("market", "CN"),
            LeafRecord.Of("factor", Key),
            LeafRecord.Of("value", "0.5500 kgCO2/kWh"),
            LeafRecord.Of("set", how == "of another set" ? "cn/2" : "cn/1"),
            LeafRecord.Of("restates", "instrument"),
            LeafRecord.Of("slots", "5-5"),
            LeafRecord.Of("claims/from", Start.AddDays(-1 - day)),
            LeafRecord.Of("claims/to", Start.AddDays(1 - day)),
            LeafRecord.Of($"a{Register}", "3-4")
        );
        (int exit, string text) = Verify();
        Assert.True(exit == (differs is null ? 0 : 1), text);
        Assert.Contains(differs ?? "scope2: 0.110000000 kg", text, StringComparison.Ordinal);

        void Instrument(string kind, string id, LeafRecord more) =>
            Add(
                LeafType.Instrument,
                h => h,
                LeafRecord.Of("kind", kind),
                LeafRecord.Of("id", id),
                LeafRecord.Of("from", Start.AddDays(-1)),
                LeafRecord.Of("to", Start.AddDays(1)),
                Hundred(1),
                LeafRecord.Of("by", "Li Wei"),
                LeafRecord.Of("market/name", "CN"),
                more
            );

        static LeafRecord Hundred(int times) => new("amount") { Unit = "Wh", Number = new DecimalFraction(2, times) };
    }

    [Theory]
    [InlineData(400, 300, "certificate GEC-1 is for 400/1000 kWh", true)]
    [InlineData(700, 300, null, true)]
    [InlineData(400, 300, "it claims certificate GEC-1, which is in the log twice, as leaf 8 and leaf 9", false)]
    public void An_instrument_is_used_once(int certificate, int second, string? differs, bool same)
    {
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        Reading(0, 0); // 3
        Reading(400_000, 0);
        Slot([3, 4]); // 5
        Reading(400_000 + (second * 1000), 0);
        Slot([4, 6]); // 7
        Certificate();
        if (!same)
        {
            Certificate();
        }

        Anew("5-5", [3, 4, 8]);
        Anew("7-7", same ? [4, 6, 8] : [4, 6, 9]);
        (int exit, string text) = Verify();
        Assert.True(exit == (differs is null ? 0 : 1), text);
        Assert.Contains(differs?.Replace("400/1000", "0.4", StringComparison.Ordinal) ?? "all the same", text, StringComparison.Ordinal);

        void Slot(long[] of) =>
            Add(
                LeafType.Carbon,
                h => h with { ComputedFrom = of, Time = TimeOf(of[1]) },
                LeafRecord.Of("scope2", "no-residual-mix"),
                LeafRecord.Of("from", TimeOf(of[0])),
                LeafRecord.Of("to", TimeOf(of[1])),
                LeafRecord.Of("method", "market-based"),
                LeafRecord.Of("market", "CN"),
                LeafRecord.Of("meters", $"a{Register}")
            );

        void Certificate() =>
            Add(
                LeafType.Instrument,
                h => h,
                LeafRecord.Of("kind", "certificate"),
                LeafRecord.Of("id", "GEC-1"),
                LeafRecord.Of("from", Start.AddDays(-1)),
                LeafRecord.Of("to", Start.AddDays(1)),
                new LeafRecord("amount") { Unit = "Wh", Number = new DecimalFraction(0, certificate) },
                LeafRecord.Of("by", "Li Wei"),
                LeafRecord.Of("market/name", "CN"),
                LeafRecord.Of("market/retired", "2026-07-02")
            );

        void Anew(string slots, long[] of) =>
            Add(
                LeafType.Carbon,
                h => h with { ComputedFrom = of },
                Amount(0) with
                {
                    Name = "scope2",
                },
                LeafRecord.Of("from", TimeOf(of[0])),
                LeafRecord.Of("to", TimeOf(of[1])),
                LeafRecord.Of("method", "market-based"),
                LeafRecord.Of("market", "CN"),
                LeafRecord.Of("restates", "instrument"),
                LeafRecord.Of("slots", slots),
                LeafRecord.Of("claims/from", Start.AddDays(-1)),
                LeafRecord.Of("claims/to", Start.AddDays(1)),
                LeafRecord.Of($"a{Register}", $"{of[0]}-{of[1]}")
            );
    }

    [Fact]
    public void A_register_that_began_again_has_nothing_of_its_slots_in_between()
    {
        Reading(5_000, 7); // the impulses between have been lost
        Reading(6_000, 71);
        Carbon(2 * 550_000 + 5_500_000, [4, 6, 7], LeafRecord.Of($"p{Pulses}/base", 6));
        Restated(29_150_000 + 6_600_000, "5-8", [3, 4, 6, 7], LeafRecord.Of($"a{Register}", "3-7"), LeafRecord.Of($"p{Pulses}", "3-4 6-7"));
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
    }

    [Fact]
    public void Readings_of_one_tick_that_stand_in_two_leaves_leave_nothing_out_between_them()
    {
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        foreach (int slot in new[] { 0, 1, 2 })
        {
            Add(
                LeafType.Reading,
                h => h with { Group = "boundary", Config = 1, Time = Start.AddMinutes(15 * slot) },
                Energy("a", 1_000 * slot)
            );
            Add(
                LeafType.Reading,
                h => h with { Group = "boundary", Config = 1, Time = Start.AddMinutes(15 * slot) },
                Impulses("p", 64 * slot)
            );
            if (slot > 0)
            {
                int last = Log.Leaves.Count - 1;
                int before = slot == 1 ? 3 : 5;
                Add(
                    LeafType.Carbon,
                    h => h with { Factors = 2, ComputedFrom = [before, before + 1, last - 1, last], Time = Start.AddMinutes(15 * slot) },
                    [
                        Amount(550_000 + 5_500_000),
                        LeafRecord.Of("from", Start.AddMinutes(15 * (slot - 1))),
                        LeafRecord.Of("to", Start.AddMinutes(15 * slot)),
                        .. Tail("0.5500"),
                    ]
                );
            }
        }

        // Of the second slot only, as of a month that begins there; and with p left out.
        Restated(550_000 + 5_500_000, "10-10", [5, 6, 8, 9], LeafRecord.Of($"a{Register}", "5-8"), LeafRecord.Of($"p{Pulses}", "6-9"));
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
        Log.Leaves.RemoveAt(11);
        Restated(550_000, "10-10", [5, 8], LeafRecord.Of($"a{Register}", "5-8"));
        (exit, text) = Verify();
        Assert.True(exit == 1, text);
        Assert.Contains(
            "it leaves out what its slots counted of p/1-0:1.8.0.255 between leaf 6 and leaf 9",
            text,
            StringComparison.Ordinal
        );
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
                LeafType.Carbon,
                h => h with { ComputedFrom = [3, 4], Time = Start.AddMinutes(4) },
                LeafRecord.Of(of, "no-residual-mix"),
                LeafRecord.Of("from", Start.AddMinutes(3)),
                LeafRecord.Of("to", Start.AddMinutes(4)),
                LeafRecord.Of("method", "market-based"),
                LeafRecord.Of("market", "CN"),
                LeafRecord.Of("meters", $"a{Register}")
            );
        }

        Add(
            LeafType.Instrument,
            h => h,
            LeafRecord.Of("kind", "certificate"),
            LeafRecord.Of("id", "GEC-1"),
            LeafRecord.Of("from", Start.AddDays(-1)),
            LeafRecord.Of("to", Start.AddDays(1)),
            new LeafRecord("amount") { Unit = "Wh", Number = new DecimalFraction(0, 400) },
            LeafRecord.Of("by", "Li Wei"),
            LeafRecord.Of("market/name", "CN"),
            LeafRecord.Of("market/retired", "2026-07-02")
        );
        Settled("scope2-location");
        Settled(account, account == "scope2-location" ? [LeafRecord.Of("replaces", 8)] : []);
        (int result, string text) = Verify();
        Assert.True(exit == result, text);
        Assert.Equal(
            exit == 1,
            text.Contains("it claims certificate GEC-1, which scope2-location claims too, in leaf 8", StringComparison.Ordinal)
        );

        void Settled(string of, params LeafRecord[] more) =>
            Add(
                LeafType.Carbon,
                h => h with { ComputedFrom = [3, 4, 7] },
                [
                    Amount(0) with
                    {
                        Name = of,
                    },
                    LeafRecord.Of("from", Start.AddMinutes(3)),
                    LeafRecord.Of("to", Start.AddMinutes(4)),
                    LeafRecord.Of("method", "market-based"),
                    LeafRecord.Of("market", "CN"),
                    LeafRecord.Of("restates", "instrument"),
                    LeafRecord.Of("slots", "5-6"),
                    LeafRecord.Of("claims/from", Start.AddDays(-1)),
                    LeafRecord.Of("claims/to", Start.AddDays(1)),
                    LeafRecord.Of($"a{Register}", "3-4"),
                    .. more,
                ]
            );
    }
}
