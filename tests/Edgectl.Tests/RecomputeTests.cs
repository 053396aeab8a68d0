using System.Globalization;
using System.Text.Json;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Tests;

namespace EdgeGateway.Edgectl.Tests;

/// <summary>Footprints computed again from the leaves they name.</summary>
public sealed class RecomputeTests : VerifiedLog
{
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
        Leaf carbon = Log.Leaves[5];
        Differs("it states 0.029150001 kg, its readings give 0.029150000 kg", () =>
            Replace(5, 0, new("scope2-location") { Unit = "kg", Number = new DecimalFraction(-9, 29_150_001) })
        );
        Differs("leaf 2 has for CN/2023/average/organisation: 0.5500 kgCO2/kWh", () =>
            Replace(5, 5, LeafRecord.Of("value", "0.5501 kgCO2/kWh"))
        );
        Differs("its 'from' is not the time of its readings, 2026-06-15T00:03:00.000Z", () => Replace(5, 1, LeafRecord.Of("from", Start)));
        Differs("which is not of its time", () =>
            Log.Leaves[5] = Log.Leaves[5] with
            {
                Head = Log.Leaves[5].Head with { Time = Start.AddMinutes(5) },
                Records = [.. Log.Leaves[5].Records.Select(r => r.Name == "to" ? LeafRecord.Of("to", Start.AddMinutes(5)) : r)],
            }
        );
        Differs("its 'to' is not", () => Replace(5, 2, LeafRecord.Of("to", Start)));
        Differs("its readings give", () => Replace(4, 0, Energy("a", 4_001)));
        Differs("its readings give", () => Replace(4, 1, Impulses("p", 331)));
        Differs("leaf 2 has no record", () =>
            Replace(2, 4, LeafRecord.Of("CN/2022/average/organisation", "0.5500 kgCO2/kWh; source; confidence C"))
        );

        void Differs(string what, Action alter)
        {
            List<Leaf> before = [.. Log.Leaves];
            alter();
            (int exit, string text) = Verify();
            Assert.Equal(1, exit);
            Assert.StartsWith("DIFFERS  The signatures hold, but 1 footprint is not", text, StringComparison.Ordinal);
            Assert.Contains($"leaf 5, scope2-location: {what}"[..14], text, StringComparison.Ordinal);
            Assert.Contains(what, text, StringComparison.Ordinal);
            Log.Leaves.Clear();
            Log.Leaves.AddRange(before);
        }
    }

    [Fact]
    public void Leaves_that_were_not_given_are_named_and_are_no_difference()
    {
        (int exit, string text) = Run("verify", Log.WriteBatch(4, 6), "--trust", Log.Trust, "--recompute");
        Assert.Equal(0, exit);
        Assert.Contains("1 more could not be: leaves they rest on were not given, such as leaf 3", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bundle_of_exactly_the_leaves_of_a_footprint_is_enough_in_any_order()
    {
        (int exit, string text) = Run("verify", Log.Write("why", Log.Bundle(5, 4, 3, 2, 1).Encode()), "--trust", Log.Trust, "--recompute");
        Assert.Equal(0, exit);
        Assert.Contains("1 footprint from readings", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_meter_that_came_later_counts_from_the_reading_that_is_named()
    {
        // Its register stands in the first readings too, but it was not in the account then.
        Replace(5, 0, Amount(1_650_000));
        Replace(5, 7, LeafRecord.Of("meters", $"a{Register}"));
        Reading(5_000, 400);
        Carbon(550_000, [4, 6], LeafRecord.Of($"p{Pulses}/base", 6));
        Reading(6_000, 464);
        Carbon(550_000 + 5_500_000, [6, 8]);
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
        Assert.Contains("3 footprints", text, StringComparison.Ordinal);

        // As long as the other meter is missing, it counts already.
        Replace(6, 0, LeafRecord.Of($"a{Register}", "no-answer"));
        Log.Leaves[7] = Log.Leaves[7] with
        {
            Head = Log.Leaves[7].Head with { ComputedFrom = [] },
            Records =
            [
                LeafRecord.Of("scope2-location", "a:no-answer"),
                .. Log.Leaves[7].Records.Skip(1).Where(r => !r.Name.EndsWith("/base", StringComparison.Ordinal)),
            ],
        };
        Log.Leaves.RemoveRange(9, 1);
        Carbon(1_100_000 + 5_500_000, [4, 6, 8], LeafRecord.Of($"p{Pulses}/base", 6));
        (exit, text) = Verify();
        Assert.True(exit == 0, text);
        Assert.Contains("2 footprints", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 4, 6 }, null, 0, null)]
    [InlineData(new[] { 7, 8 }, null, 1, "it counts p/1-0:1.8.0.255 from leaf 7 on, and what was counted since leaf 4 is in no footprint")]
    [InlineData(new[] { 3, 6 }, null, 1, "it counts p/1-0:1.8.0.255 from leaf 3 on, which the footprint before it counts up to leaf 4")]
    [InlineData(new[] { 4, 6 }, "p", 1, "it counts p/1-0:1.8.0.255 from leaf 6 on, and what was counted since leaf 4 is in no footprint")]
    [InlineData(new[] { 4, 6 }, "x", 1, "it counts nothing of x/1-0:1.8.0.255, and does not say that it begins with it")]
    public void A_slot_goes_on_where_the_one_before_ended(int[] of, string? alter, int exit, string? says)
    {
        Reading(5_000, 400);
        Reading(6_000, 464);
        Reading(7_000, 528);
        (long A, long P)[] at = [(1_000, 10), (4_000, 330), default, (5_000, 400), (6_000, 464), (7_000, 528)];
        decimal a = (at[of[1] - 3].A - at[of[0] - 3].A) * 550,
            p = alter is null ? (at[of[1] - 3].P - at[of[0] - 3].P) * 85_937.5m : 0;
        Carbon((long)Math.Round(a + p), [.. of.Select(i => (long)i)], alter == "p" ? [LeafRecord.Of($"p{Pulses}/base", 6)] : []);
        if (alter == "x")
        {
            Replace(9, 7, LeafRecord.Of("meters", $"a{Register} x{Pulses}"));
        }

        (int result, string text) = Verify();
        Assert.True(result == exit, text);
        Assert.Contains(says ?? "the same to the last digit", text, StringComparison.Ordinal);

        // Where leaves were not given, footprints may be among them.
        (result, text) = Run(
            "verify",
            Log.Write("some", Log.Bundle([.. of.Append(9).Concat([1, 2, 3, 4, 5]).Distinct().Order()]).Encode()),
            "--trust",
            Log.Trust,
            "--recompute"
        );
        Assert.True(result == (says?.EndsWith("in no footprint", StringComparison.Ordinal) == true ? 0 : exit), text);
    }

    [Theory]
    [InlineData(new long[] { 2, 3, 4 }, 2, "it rests on leaf 2, which is of a type that it cannot rest on")]
    [InlineData(new long[] { 3, 4, 99 }, 2, "it rests on leaf 99, which is not before it")]
    [InlineData(new long[] { 3, 4, 5 }, 2, "it rests on leaf 5, which is not before it")]
    [InlineData(new long[] { 3, 4 }, 3, "it rests on leaf 3, which is of a type that it cannot rest on")]
    [InlineData(new long[] { 3, 4 }, 99, "it rests on leaf 99, which is not before it")]
    public void What_a_footprint_cannot_rest_on_is_no_leaf_that_was_not_given(long[] of, int factors, string says)
    {
        Log.Leaves[5] = Log.Leaves[5] with { Head = Log.Leaves[5].Head with { ComputedFrom = of, Factors = factors } };
        (int exit, string text) = Verify();
        Assert.Equal(1, exit);
        Assert.Contains(says, text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_has_one_footprint_in_an_account_and_only_that_is_replaced()
    {
        LeafRecord[] day = [LeafRecord.Of("from", Start.AddDays(-1)), LeafRecord.Of("to", Start)];
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        Entered("office"); // 3
        Entered("canteen"); // 4
        Footprint("scope2", 3); // 5
        Footprint("scope2", 4); // 6
        Footprint("scope2", 3, replaces: 5); // 7
        Footprint("other", 3); // 8
        Assert.Contains("scope2: 1.100000000 kg CO2 over 2 slots; 1 more replaced", Verify().Text, StringComparison.Ordinal);
        Differs("leaf 7 is the footprint of leaf 3 in that account, and it does not replace that", () => Footprint("scope2", 3));
        Differs("leaf 7 is the footprint of leaf 3 in that account", () => Footprint("scope2", 3, replaces: 5));
        Differs("it replaces leaf 6, which is no earlier footprint of the same entry", () => Footprint("third", 4, replaces: 6));
        Differs("it replaces leaf 7, which is no earlier footprint of the same entry", () => Footprint("scope2", 4, replaces: 7));
        void Correct(long leaf) =>
            Add(
                LeafType.Correction,
                h => h,
                LeafRecord.Of("supersedes", leaf),
                LeafRecord.Of("reason", "misread"),
                LeafRecord.Of("by", "Li Wei"),
                new LeafRecord("amount") { Unit = "Wh", Number = new DecimalFraction(3, 1) }
            );
        Differs("leaf 9 corrects the amount of leaf 4, and no footprint takes its place", () => Correct(4));
        Differs("leaf 4 is corrected twice, by leaf 9 and leaf 10", () =>
        {
            Correct(4);
            Correct(4);
        });
        Differs("that is leaf 9", () =>
        {
            Correct(4);
            Footprint("third", 4);
        });
        Reading(1_000, 10);
        Reading(4_000, 330);
        Carbon(29_150_000, [9, 10]);
        Assert.Equal(0, Verify().Exit);
        Differs("it replaces leaf 11, which is no earlier footprint of the same entry", () =>
            Footprint("scope2-location", 4, replaces: 11)
        );
        Log.Leaves[11] = Log.Leaves[11] with { Records = [.. Log.Leaves[11].Records, LeafRecord.Of("replaces", 6)] };
        Assert.Contains("it replaces leaf 6, which is no earlier footprint", Verify().Text, StringComparison.Ordinal);

        void Entered(string subject) =>
            Add(
                LeafType.Manual,
                h => h,
                [
                    LeafRecord.Of("kind", "invoice"),
                    LeafRecord.Of("subject", subject),
                    .. day,
                    new LeafRecord("amount") { Unit = "Wh", Number = new DecimalFraction(3, 1) },
                    LeafRecord.Of("by", "Li Wei"),
                ]
            );

        void Footprint(string account, long entry, long? replaces = null) =>
            Add(
                LeafType.Carbon,
                h => h with { Factors = 2, ComputedFrom = [entry] },
                [
                    Amount(550_000_000) with
                    {
                        Name = account,
                    },
                    .. day,
                    .. Tail("0.5500")[..^1],
                    .. replaces is { } other ? [LeafRecord.Of("replaces", other)] : Array.Empty<LeafRecord>(),
                ]
            );
    }

    [Fact]
    public void What_a_meter_counted_while_it_was_not_of_the_account_is_told()
    {
        Reading(5_000, 400);
        Carbon(550_000, [4, 6]);
        Replace(7, 7, LeafRecord.Of("meters", $"a{Register}"));
        Reading(6_000, 464);
        Carbon(550_000, [6, 8], LeafRecord.Of($"p{Pulses}/base", 8));
        Reading(7_000, 528);
        Carbon(550_000 + 5_500_000, [8, 10]);
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
        Assert.Contains(
            "scope2-location had other meters for a time: what p/1-0:1.8.0.255 counted between leaf 4 and leaf 8 is not in it",
            text,
            StringComparison.Ordinal
        );
        (_, text) = Run("verify", Log.WriteBatch(0, Log.Leaves.Count), "--trust", Log.Trust, "--recompute", "--json");
        JsonElement gap = JsonDocument.Parse(text).RootElement.GetProperty("recomputed").GetProperty("notAdded")[0];
        Assert.Equal(
            ("scope2-location", 4, 8),
            (gap.GetProperty("account").GetString(), gap.GetProperty("from").GetInt32(), gap.GetProperty("to").GetInt32())
        );
    }

    [Fact]
    public void Slots_without_an_amount_are_counted_and_json_has_it_all()
    {
        Add(
            LeafType.Carbon,
            h => h with { Factors = 2 },
            LeafRecord.Of("scope2-location", "a:no-answer"),
            LeafRecord.Of("from", Start),
            LeafRecord.Of("to", Start),
            LeafRecord.Of("method", "location-based")
        );
        Replace(5, 0, Amount(1));
        (int exit, string text) = Run("verify", Log.WriteBatch(0, Log.Leaves.Count), "--trust", Log.Trust, "--recompute", "--json");
        Assert.Equal(1, exit);
        JsonElement root = JsonDocument.Parse(text).RootElement,
            again = root.GetProperty("recomputed");
        Assert.Equal("differs", root.GetProperty("verdict").GetString());
        Assert.Equal(
            (1, 1, 5),
            (
                again.GetProperty("footprints").GetInt32(),
                again.GetProperty("withoutAmount").GetInt32(),
                again.GetProperty("differences")[0].GetProperty("leaf").GetInt32()
            )
        );
    }

    [Fact]
    public void Fuel_by_a_gas_meter_and_by_an_entry_with_its_correction_is_computed_again()
    {
        Log.Leaves.RemoveRange(1, Log.Leaves.Count - 1);
        Add(
            LeafType.Config,
            h => h with { Group = "boundary" },
            LeafRecord.Of("group", "boundary"),
            LeafRecord.Of("class", "1"),
            LeafRecord.Of("g/constant", "10 imp/m3")
        );
        Add(
            LeafType.Factors,
            h => h,
            LeafRecord.Of("set", "gas"),
            LeafRecord.Of("version", "1"),
            LeafRecord.Of("validFrom", ""),
            LeafRecord.Of("validUntil", ""),
            LeafRecord.Of("CN/2024/natural-gas.ncv/any", "389.31 GJ(NCV)/1e4Nm3; source"),
            LeafRecord.Of("CN/2024/natural-gas.carbon-content/any", "0.0153 tC/GJ(NCV); source"),
            LeafRecord.Of("CN/2024/natural-gas.oxidation/any", "0.99 1; source")
        );
        Add(
            LeafType.Reading,
            h => h with { Group = "boundary", Config = 1 },
            new LeafRecord("g/7-0:3.0.0.255") { Unit = "count", Number = new DecimalFraction(0, 100) }
        );
        Add(
            LeafType.Reading,
            h => h with { Group = "boundary", Config = 1 },
            new LeafRecord("g/7-0:3.0.0.255") { Unit = "count", Number = new DecimalFraction(0, 110) }
        );
        Add(
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = [3, 4], Time = Start.AddMinutes(4) },
            [
                Fuel(2_162_188_809),
                LeafRecord.Of("from", Start.AddMinutes(3)),
                LeafRecord.Of("to", Start.AddMinutes(4)),
                .. Combustion,
                LeafRecord.Of("meters", "g/7-0:3.0.0.255"),
            ]
        );
        LeafRecord[] period = [LeafRecord.Of("from", Start.AddDays(-31)), LeafRecord.Of("to", Start)];
        Add(
            LeafType.Manual,
            h => h,
            [
                LeafRecord.Of("kind", "invoice"),
                LeafRecord.Of("subject", "gas"),
                .. period,
                Cubic(1000),
                LeafRecord.Of("by", "energy manager"),
            ]
        );
        Add(LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = [6] }, [Fuel(2_162_188_809_000), .. period, .. Combustion]);
        Add(
            LeafType.Correction,
            h => h,
            LeafRecord.Of("supersedes", 6),
            LeafRecord.Of("reason", "misread"),
            LeafRecord.Of("by", "energy manager"),
            Cubic(500)
        );
        Add(
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = [6, 8] },
            [Fuel(1_081_094_404_500), .. period, .. Combustion, LeafRecord.Of("replaces", 7)]
        );
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
        Assert.Contains("recomputed 3 footprints", text, StringComparison.Ordinal);
        Assert.Contains("scope1: 1083.256593309 kg CO2 over 2 slots; 1 more replaced by later ones", text, StringComparison.Ordinal);
        (exit, string bundle) = Run("verify", Log.Write("any-order", Log.Bundle(9, 8, 7, 6, 2).Encode()), "--trust", Log.Trust);
        Assert.Equal(0, exit);
        Assert.Contains("scope1: 1081.094404500 kg CO2 over 1 slot; 1 more replaced by later ones", bundle, StringComparison.Ordinal);
        Differs(5, "its readings give 2.162188809 kg", () => Replace(5, 0, Fuel(2_162_188_810)));
        Differs(7, "its entry gives", () => Replace(6, 4, Cubic(1001)));
        Differs(9, "its entry gives", () => Replace(8, 3, Cubic(501)));
        Differs(9, "its 'from' is not that of the entry, leaf 6", () => Replace(9, 1, LeafRecord.Of("from", Start.AddDays(-30))));
        Differs(7, "leaf 2 has for CN/2024/natural-gas.oxidation/any: 0.99 1", () =>
            Replace(7, 9, LeafRecord.Of("value/oxidation", "0.98 1"))
        );

        void Differs(int leaf, string what, Action alter)
        {
            List<Leaf> before = [.. Log.Leaves];
            alter();
            (int exit, string text) = Verify();
            Assert.Equal(1, exit);
            Assert.Contains($"leaf {leaf}, scope1", text, StringComparison.Ordinal);
            Assert.Contains(what, text, StringComparison.Ordinal);
            Log.Leaves.Clear();
            Log.Leaves.AddRange(before);
        }

        static LeafRecord Fuel(long micrograms) => new("scope1") { Unit = "kg", Number = new DecimalFraction(-9, micrograms) };

        static LeafRecord Cubic(long amount) => new("amount") { Unit = "m3", Number = new DecimalFraction(0, amount) };
    }

    [Fact]
    public void A_meter_counts_once_and_only_readings_are_counted()
    {
        Replace(5, 7, LeafRecord.Of("meters", $"a{Register} p{Pulses} a{Register}"));
        Replace(5, 0, Amount(29_150_000 + 3_000 * 550));
        Assert.Contains("it adds up a meter twice", Verify().Text, StringComparison.Ordinal);

        Log.Leaves.RemoveRange(5, Log.Leaves.Count - 5);
        foreach (int wattHours in new[] { 1_000, 9_000 })
        {
            Add(
                LeafType.Instrument,
                h => h,
                LeafRecord.Of("kind", "supplier"),
                LeafRecord.Of("id", $"x{wattHours}"),
                LeafRecord.Of("from", Start),
                LeafRecord.Of("to", Start.AddDays(1)),
                new LeafRecord("amount") { Unit = "Wh", Number = new DecimalFraction(0, wattHours) },
                LeafRecord.Of("by", "Li Wei")
            );
        }

        Add(
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = [5, 6] },
            [
                Amount(4_400_000_000),
                LeafRecord.Of("from", Start.AddMinutes(5)),
                LeafRecord.Of("to", Start.AddMinutes(7)),
                .. Tail("0.5500")[..^1],
                LeafRecord.Of("meters", "amount"),
            ]
        );
        Assert.Contains("none of its meters is in two of its readings", Verify().Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_footprint_over_a_clock_that_was_set_back_begins_where_it_ends()
    {
        Log.Leaves.RemoveRange(3, Log.Leaves.Count - 3);
        Reading(0, 0);
        Log.Leaves[3] = Log.Leaves[3] with { Head = Log.Leaves[3].Head with { Time = Start.AddHours(1) } };
        Reading(400_000, 0);
        Add(
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = [3, 4], Time = Start.AddMinutes(4) },
            [Amount(220_000_000), LeafRecord.Of("from", Start.AddMinutes(4)), LeafRecord.Of("to", Start.AddMinutes(4)), .. Tail("0.5500")]
        );
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
    }

    private static IEnumerable<LeafRecord> Combustion =>
        [
            LeafRecord.Of("method", "combustion"),
            LeafRecord.Of("factor/ncv", "CN/2024/natural-gas.ncv/any"),
            LeafRecord.Of("value/ncv", "389.31 GJ(NCV)/1e4Nm3"),
            LeafRecord.Of("factor/carbon-content", "CN/2024/natural-gas.carbon-content/any"),
            LeafRecord.Of("value/carbon-content", "0.0153 tC/GJ(NCV)"),
            LeafRecord.Of("factor/oxidation", "CN/2024/natural-gas.oxidation/any"),
            LeafRecord.Of("value/oxidation", "0.99 1"),
            LeafRecord.Of("base", "Nm3"),
            LeafRecord.Of("set", "gas/1"),
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
        string[] constants = ["6400", "3", "7", "0.1", "1000", "12.5"],
            factors = ["0.5500", "0.5", "0.333333333", "0.000000001", "1.0001"];
        for (int i = 0; i < 2000; i++)
        {
            long first = random.NextInt64(1_000_000_000),
                last = first + random.NextInt64(i % 3 == 0 ? 3 : 5_000_000);
            cases.Add(
                (
                    first,
                    last,
                    random.NextInt64(i % 2 == 0 ? 4 : 100_000),
                    constants[random.Next(constants.Length)],
                    factors[random.Next(factors.Length)]
                )
            );
        }

        string input = string.Join(
            '\n',
            cases.Select(c =>
                string.Create(CultureInfo.InvariantCulture, $"[{c.First},{c.Last},{c.Impulses},\"{c.Constant}\",\"{c.Factor}\"]")
            )
        );
        string[] python = Foreign.Run("/usr/bin/python3", ["-c", Script], input).Output.TrimEnd('\n').Split('\n');
        Log.Leaves.RemoveRange(1, Log.Leaves.Count - 1);
        foreach (((long first, long last, long impulses, string constant, string factor), string amount) in cases.Zip(python))
        {
            int config = Log.Leaves.Count;
            Add(
                LeafType.Config,
                h => h with { Group = "boundary" },
                LeafRecord.Of("group", "boundary"),
                LeafRecord.Of("class", "1"),
                LeafRecord.Of("p/constant", $"{constant} imp/kWh")
            );
            Add(
                LeafType.Factors,
                h => h,
                LeafRecord.Of("set", "cn"),
                LeafRecord.Of("version", "1"),
                LeafRecord.Of("validFrom", ""),
                LeafRecord.Of("validUntil", ""),
                LeafRecord.Of(Key, $"{factor} kgCO2/kWh; source")
            );
            Add(LeafType.Reading, h => h with { Group = "boundary", Config = config }, Energy("a", first), Impulses("p", 0));
            Add(LeafType.Reading, h => h with { Group = "boundary", Config = config }, Energy("a", last), Impulses("p", impulses));
            Add(
                LeafType.Carbon,
                h => h with { Factors = config + 1, ComputedFrom = [config + 2, config + 3], Time = Start.AddMinutes(config + 3) },
                [
                    Amount(long.Parse(amount, CultureInfo.InvariantCulture)) with
                    {
                        Name = $"case-{config}",
                    },
                    LeafRecord.Of("from", Start.AddMinutes(config + 2)),
                    LeafRecord.Of("to", Start.AddMinutes(config + 3)),
                    .. Tail(factor),
                ]
            );
        }

        (int exit, string text) = Verify();
        Assert.True(exit == 0, text[..Math.Min(text.Length, 2000)]);
        Assert.Contains("2000 footprints", text, StringComparison.Ordinal);
    }
}
