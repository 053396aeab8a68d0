using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl.Tests;

/// <summary>
/// Logs of a device that signs what it likes: whatever it alters, no other total is found good, and the verifier goes on to its end.
/// </summary>
public sealed partial class RecomputeHostileTests : VerifiedLog
{
    private static readonly string[] Texts =
    [
        "",
        "3-4",
        "4-6",
        "3-6",
        "5-5",
        "7-7",
        "5-7",
        "10-12",
        "12-12",
        "13-13",
        "0",
        "1",
        "-1",
        "3-8",
        "8-3",
        "none",
        "market-based",
        "0.5501 kgCO2/kWh",
        "a/1-0:1.8.0.255",
        "p/1-0:1.8.0.255",
        "20260615T0000Z",
        "no-intensity",
    ];

    public RecomputeHostileTests()
    {
        LeafRecord[] day = [LeafRecord.Of("from", Start.AddDays(-1)), LeafRecord.Of("to", Start.AddDays(1))];
        Reading(5_000, 400); // 6
        Carbon(550_000 + 6_015_625, [4, 6]);
        Restated(29_150_000 + 6_565_625, "5-7", [3, 4, 6], LeafRecord.Of($"a{Register}", "3-6"), LeafRecord.Of($"p{Pulses}", "3-4 4-6"));
        Add(
            LeafType.Intensity,
            h => h,
            LeafRecord.Of("series", "grid"),
            LeafRecord.Of("source", "operator"),
            LeafRecord.Of("minutes", 15),
            LeafRecord.Of("slot/20260615T0000Z", "250 gCO2/kWh")
        );
        Add( // 10
            LeafType.Carbon,
            h => h with { ComputedFrom = [4, 6, 9], Time = Start.AddMinutes(6) },
            Of("scope2-slots", 250_000),
            LeafRecord.Of("from", Start.AddMinutes(4)),
            LeafRecord.Of("to", Start.AddMinutes(6)),
            LeafRecord.Of("method", "location-by-slot"),
            LeafRecord.Of("series", "grid"),
            LeafRecord.Of("slot", "20260615T0000Z"),
            LeafRecord.Of("value", "250 gCO2/kWh"),
            LeafRecord.Of("meters", $"a{Register}")
        );
        Add(
            LeafType.Instrument,
            h => h,
            [
                LeafRecord.Of("kind", "certificate"),
                LeafRecord.Of("id", "GEC-1"),
                .. day,
                Amount("Wh", 3),
                LeafRecord.Of("by", "Li Wei"),
                LeafRecord.Of("market/name", "CN"),
                LeafRecord.Of("market/retired", "2026-07-02"),
            ]
        );
        Add( // 12
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = [3, 6], Time = Start.AddMinutes(6) },
            [
                Of("scope2-market", 2_200_000),
                LeafRecord.Of("from", Start.AddMinutes(3)),
                LeafRecord.Of("to", Start.AddMinutes(6)),
                LeafRecord.Of("method", "market-based"),
                LeafRecord.Of("market", "CN"),
                LeafRecord.Of("factor", Key),
                LeafRecord.Of("value", "0.5500 kgCO2/kWh"),
                LeafRecord.Of("set", "cn/1"),
                LeafRecord.Of("meters", $"a{Register}"),
            ]
        );
        Add( // 13
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = [3, 6, 11] },
            [
                Of("scope2-market", 550_000),
                LeafRecord.Of("from", Start.AddMinutes(3)),
                LeafRecord.Of("to", Start.AddMinutes(6)),
                LeafRecord.Of("method", "market-based"),
                LeafRecord.Of("market", "CN"),
                LeafRecord.Of("factor", Key),
                LeafRecord.Of("value", "0.5500 kgCO2/kWh"),
                LeafRecord.Of("set", "cn/1"),
                LeafRecord.Of("restates", "ended"),
                LeafRecord.Of("slots", "12-12"),
                LeafRecord.Of("claims/from", Start.AddDays(-1)),
                LeafRecord.Of("claims/to", Start.AddDays(1)),
                LeafRecord.Of($"a{Register}", "3-6"),
            ]
        );
        Add(
            LeafType.Manual,
            h => h,
            [
                LeafRecord.Of("kind", "invoice"),
                LeafRecord.Of("subject", "office"),
                .. day,
                Amount("Wh", 1000),
                LeafRecord.Of("by", "Li Wei"),
            ]
        );
        Add(
            LeafType.Correction,
            h => h,
            LeafRecord.Of("supersedes", 14),
            LeafRecord.Of("reason", "misread"),
            LeafRecord.Of("by", "Li Wei"),
            Amount("Wh", 500)
        );
        Add( // 16
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = [14, 15] },
            [Of("scope2-office", 275_000_000), .. day, .. Tail("0.5500")[..^1]]
        );
    }

    [Fact]
    public void Whatever_is_altered_in_a_footprint_or_in_what_it_rests_on_no_other_total_is_found_good()
    {
        (int good, string text) = Verify();
        Assert.True(good == 0, text);
        Dictionary<string, decimal> totals = TotalsIn(text);
        Assert.Equal(4, totals.Count);
        Leaf[] honest = [.. Log.Leaves];
        int[] footprints = [5, 7, 8, 10, 12, 13, 16, 3, 4, 6, 14, 15]; // and some that they rest on
        Gen<(int, int, int, long)> step = Gen.Select(Gen.Int[1, 20], Gen.Int[0, 5], Gen.Int[0, Texts.Length - 1], Gen.Long[-3, 3]);
        int refused = 0;
        Gen.Select(Gen.Int[0, footprints.Length - 1], step.Array[1, 2])
            .Sample(
                (which, steps) =>
                {
                    int leaf = footprints[which];
                    Leaf altered = honest[leaf];
                    foreach ((int record, int how, int other, long by) in steps)
                    {
                        altered = Altered(altered, record, how, Texts[other], by);
                    }

                    if (!HasItsLayout(altered))
                    {
                        return; // no reader takes it
                    }

                    // With the amount that its records give, as who alters them would put it there.
                    Log.Leaves[leaf] = altered;
                    string said = Verdict();
                    if (Given().Match(said) is { Success: true } given)
                    {
                        Log.Leaves[leaf] = altered with
                        {
                            Records =
                            [
                                altered.Records[0] with
                                {
                                    Text = null,
                                    Unit = "kg",
                                    Number = new DecimalFraction(
                                        -9,
                                        (long)(decimal.Parse(given.Groups[1].Value, CultureInfo.InvariantCulture) * 1_000_000_000)
                                    ),
                                },
                                .. altered.Records.Skip(1),
                            ],
                        };
                        said = Verdict();
                    }

                    Log.Leaves[leaf] = honest[leaf];
                    refused += said.StartsWith("DIFFERS", StringComparison.Ordinal) ? 1 : 0;
                    Assert.True(
                        said.StartsWith("DIFFERS", StringComparison.Ordinal) || AreGood(TotalsIn(said)),
                        $"{said}\n{string.Join('\n', altered.Records.Select(r => $"{r.Name} {r.Number}{r.Text}"))}\n"
                            + string.Join(' ', altered.Head.ComputedFrom)
                    );
                },
                iter: 600,
                threads: 1
            );
        Assert.True(refused > 150, $"{refused} refused");

        // A certificate may be left unused.
        bool AreGood(Dictionary<string, decimal> found) =>
            totals.All(t => t.Key == "scope2-market" ? found[t.Key] >= t.Value : found[t.Key] == t.Value);

        string Verdict()
        {
            (int exit, string output, string error) = CommandLine.Run(
                "verify",
                Log.WriteBatch(0, Log.Leaves.Count),
                "--trust",
                Log.Trust,
                "--recompute"
            );
            Assert.Equal((true, ""), (exit is 0 or 1, error)); // whatever it is
            return output;
        }
    }

    // Any record but the account's name, or what the leaf is computed from.
    private static Leaf Altered(Leaf leaf, int at, int how, string text, long by)
    {
        LeafRecord[] records = [.. leaf.Records];
        int i = at % records.Length;
        if (records[i].Name is "meters" or "market")
        {
            return leaf; // of what an account is: who reads it judges that
        }

        long[] of = [.. leaf.Head.ComputedFrom];
        return how switch
        {
            _ when leaf.Head.Type == LeafType.Reading => leaf with { Head = leaf.Head with { Config = at % 17 } },
            _ when leaf.Head.Type is LeafType.Manual or LeafType.Correction => leaf with
            {
                Records =
                [
                    .. records.Select(r =>
                        r.Name == "supersedes" ? LeafRecord.Of("supersedes", at % 17)
                        : r.Name == "by" ? LeafRecord.Of("by", text)
                        : r
                    ),
                ],
            },
            0 => leaf with { Records = [.. records[..i], Changed(records[i]), .. records[(i + 1)..]] },
            1 when i > 0 => leaf with { Records = [.. records[..i], .. records[(i + 1)..]] },
            2 => leaf with
            {
                Records = [.. records[..i], records[i] with { Number = null, Text = text, Unit = null }, .. records[(i + 1)..]],
            },
            3 => leaf with { Head = leaf.Head with { ComputedFrom = of[(at % of.Length)..] } },
            4 => leaf with { Head = leaf.Head with { ComputedFrom = [.. of.Append(at % 17).Distinct().Order()] } },
            _ => leaf with
            {
                Records = [.. records, LeafRecord.Of(text.Contains('/', StringComparison.Ordinal) ? text : "claims/to", "3-6")],
            },
        };

        LeafRecord Changed(LeafRecord record) =>
            record.Number is { } number
                ? record with
                {
                    Number = new DecimalFraction(number.Exponent, number.Mantissa + by),
                }
                : record with
                {
                    Text = record.Text + text,
                };
    }

    private static bool HasItsLayout(Leaf leaf)
    {
        try
        {
            LeafCodec.Encode(leaf);
            return true;
        }
        catch (EvidenceException)
        {
            return false;
        }
    }

    private static Dictionary<string, decimal> TotalsIn(string report) =>
        Totals().Matches(report).ToDictionary(m => m.Groups[1].Value, m => decimal.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture));

    private static LeafRecord Of(string account, long micrograms) => Amount(micrograms) with { Name = account };

    private static LeafRecord Amount(string unit, long amount) => new("amount") { Unit = unit, Number = new DecimalFraction(0, amount) };

    [GeneratedRegex(@"its (?:readings give|entry gives) (-?[0-9.]+) kg")]
    private static partial Regex Given();

    [GeneratedRegex("(scope2-[a-z]+): ([0-9.]+) kg CO2 over")]
    private static partial Regex Totals();
}
