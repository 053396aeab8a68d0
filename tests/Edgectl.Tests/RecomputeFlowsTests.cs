using System.Text.Json;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl.Tests;

/// <summary>
/// Flow leaves computed again from the readings that they name and the leaf before. The amounts here were worked out by hand.
/// </summary>
public sealed class RecomputeFlowsTests : IDisposable
{
    private const string Import = "grid/1-0:1.8.0.255",
        Export = "grid/1-0:2.8.0.255",
        Charge = "battery/1-0:1.8.0.255",
        Discharge = "battery/1-0:2.8.0.255",
        Sun = "sun/1-0:1.8.0.255";
    private static readonly DateTimeOffset Start = new(2026, 6, 15, 0, 0, 0, TimeSpan.Zero);

    private readonly SignedLog _log = new();

    public RecomputeFlowsTests()
    {
        _log.Leaves.RemoveRange(1, _log.Leaves.Count - 1);
        Add(
            0,
            LeafType.Config,
            h => h with { Group = "g" },
            LeafRecord.Of("group", "g"),
            LeafRecord.Of("class", "1"),
            LeafRecord.Of("sun/constant", "6400 imp/kWh")
        );
        Reading(0, 1_000, 500, 0, 0, 10);
        Flow(0, 0, [2], [LeafRecord.Of("reason", "grid:no-earlier-reading")], ["import", "export", "charge", "discharge", "pv:roof"], i =>
            LeafRecord.Of(
                i,
                i == "measured/pv:roof" ? "sun:no-earlier-reading"
                    : i is "measured/import" or "measured/export" ? "grid:no-earlier-reading"
                    : "battery:no-earlier-reading"
            )
        );

        // 3 Wh from the grid, 320 impulses of 0.15625 Wh from the sun, 20 Wh into the battery, of which the grid cannot have given 17. Of
        // the sun's other 33 Wh 3/36 are in the rest of the charge, as in the load.
        Reading(15, 4_000, 500, 20_000, 0, 330);
        Flow(
            0,
            15,
            [2, 3, 4],
            [],
            ["import 3000000", "export 0", "charge 20000000", "discharge 0", "pv:roof 50000000"],
            Energy,
            "flow/grid/charge 250000",
            "flow/grid/load 2750000",
            "flow/pv:roof/charge 19750000",
            "flow/pv:roof/load 30250000",
            "stored/grid 250000",
            "stored/pv:roof 19750000"
        );

        // 8 Wh of the mixture, beside 2 Wh from the grid.
        Reading(30, 6_000, 500, 20_000, 8_000, 330);
        Flow(
            15,
            30,
            [4, 5, 6],
            [],
            ["import 2000000", "export 0", "charge 0", "discharge 8000000", "pv:roof 0"],
            Energy,
            "flow/grid/load 2000000",
            "flow/battery/grid/load 100000",
            "flow/battery/pv:roof/load 7900000",
            "stored/grid 150000",
            "stored/pv:roof 11850000"
        );
    }

    public void Dispose() => _log.Dispose();

    [Fact]
    public void What_was_computed_rightly_is_the_same_to_the_last_digit()
    {
        (int exit, string text) = Verify();
        Assert.True(exit == 0, text);
        Assert.Contains(
            "3 slots of flows from readings and the battery's content before, 1 not attributed: the same to the last digit",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("flow", text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_digit_of_a_flow_a_register_a_content_or_a_time_is_reported()
    {
        Differs(5, "it states flow/grid/charge 0.250001 Wh, its leaves give flow/grid/charge 0.250000 Wh", () =>
            Alter(5, "flow/grid/charge", Energy("flow/grid/charge 250001"))
        );
        Differs(5, "it states measured/import 3.000000 Wh, its leaves give measured/import 3.001000 Wh", () =>
            Alter(4, Import, Register(Import, 4_001))
        );
        Differs(7, "flow/battery/grid/load", () => Alter(5, "stored/grid", Energy("stored/grid 350000")), also: 5);
        Differs(5, "its 'from' is not the time of its readings", () => Alter(5, "from", LeafRecord.Of("from", Start.AddMinutes(1))));
        Differs(7, "it states stored/pv:roof 11.850001 Wh, its leaves give stored/pv:roof 11.850000 Wh", () =>
            Alter(7, "stored/pv:roof", Energy("stored/pv:roof 11850001"))
        );
        Differs(5, "is not known", () => Alter(5, "method", LeafRecord.Of("method", "first-in")));
        Differs(5, "no earlier flow leaf", () => Alter(5, "previous", LeafRecord.Of("previous", 2)));
        Differs(5, "it names no reading leaf of its end", () =>
            _log.Leaves[5] = _log.Leaves[5] with { Head = _log.Leaves[5].Head with { ComputedFrom = [2, 3] } }
        );
        Differs(7, "where leaf 5 before it did not leave off", () =>
            _log.Leaves[7] = _log.Leaves[7] with { Head = _log.Leaves[7].Head with { ComputedFrom = [2, 5, 6] } }
        );
        Differs(5, "reason 'sun:no-answer'", () => Alter(4, Sun, LeafRecord.Of(Sun, "no-answer")));
    }

    [Fact]
    public void Leaves_that_were_not_given_are_named_and_a_bundle_in_any_order_is_enough()
    {
        (int exit, string text) = Run("verify", _log.WriteBatch(4, 8), "--trust", _log.Trust, "--recompute");
        Assert.Equal(0, exit);
        Assert.Contains(
            "2 slots of flows could not be: leaves they rest on were not given, such as leaf 2",
            text,
            StringComparison.Ordinal
        );
        (exit, text) = Run("verify", _log.Write("any-order", _log.Bundle(7, 6, 5, 4, 1).Encode()), "--trust", _log.Trust, "--recompute");
        Assert.Equal(0, exit);
        Assert.Contains("1 slot of flows from readings", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "it does not go on from leaf 7, the flow leaf before it")] // begins anew, and what was counted since is in no leaf
    [InlineData(1, "it does not go on from leaf 7, the flow leaf before it")] // the same stretch twice
    [InlineData(2, "it rests on leaf 1, which is of a type that it cannot rest on")] // and so is not computed at all
    public void A_flow_leaf_goes_on_from_the_one_before_and_rests_on_readings(int attack, string says)
    {
        switch (attack)
        {
            case 0:
                Reading(45, 1_000_006_000, 500, 20_000, 8_000, 330);
                Flow(
                    45,
                    45,
                    [8],
                    [LeafRecord.Of("reason", "grid:no-earlier-reading")],
                    ["import", "export", "charge", "discharge", "pv:roof"],
                    i =>
                        LeafRecord.Of(
                            i,
                            i == "measured/pv:roof" ? "sun:no-earlier-reading"
                                : i is "measured/import" or "measured/export" ? "grid:no-earlier-reading"
                                : "battery:no-earlier-reading"
                        )
                );
                break;
            case 1:
                Flow(
                    15,
                    30,
                    [4, 5, 6],
                    [],
                    ["import 2000000", "export 0", "charge 0", "discharge 8000000", "pv:roof 0"],
                    Energy,
                    "flow/grid/load 2000000",
                    "flow/battery/grid/load 100000",
                    "flow/battery/pv:roof/load 7900000",
                    "stored/grid 150000",
                    "stored/pv:roof 11850000"
                );
                break;
            default:
                _log.Leaves[7] = _log.Leaves[7] with { Head = _log.Leaves[7].Head with { ComputedFrom = [1, 4, 5, 6] } };
                break;
        }

        (int exit, string text) = Verify();
        Assert.Equal(1, exit);
        Assert.Contains(says, text, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_it_all()
    {
        Alter(7, "stored/grid", Energy("stored/grid 1"));
        (int exit, string text) = Run("verify", _log.WriteBatch(0, _log.Leaves.Count), "--trust", _log.Trust, "--recompute", "--json");
        Assert.Equal(1, exit);
        JsonElement again = JsonDocument.Parse(text).RootElement.GetProperty("recomputed");
        Assert.Equal(
            (3, 1, 7, "flows"),
            (
                again.GetProperty("flows").GetInt32(),
                again.GetProperty("flowsNotAttributed").GetInt32(),
                again.GetProperty("differences")[0].GetProperty("leaf").GetInt32(),
                again.GetProperty("differences")[0].GetProperty("account").GetString()
            )
        );
    }

    // What is stated wrongly of the battery is found in its own leaf and, with what follows from it, in the next.
    private void Differs(int leaf, string what, Action alter, int? also = null)
    {
        List<Leaf> before = [.. _log.Leaves];
        alter();
        (int exit, string text) = Verify();
        Assert.True(exit == 1, what);
        Assert.StartsWith("DIFFERS  The signatures hold, but ", text, StringComparison.Ordinal);
        Assert.Contains($"leaf {leaf}, flows: ", text, StringComparison.Ordinal);
        Assert.Contains(what, text, StringComparison.Ordinal);
        Assert.True(also is null || text.Contains($"leaf {also}, flows: ", StringComparison.Ordinal), text);
        _log.Leaves.Clear();
        _log.Leaves.AddRange(before);
    }

    private void Alter(int leaf, string name, LeafRecord by) =>
        _log.Leaves[leaf] = _log.Leaves[leaf] with { Records = [.. _log.Leaves[leaf].Records.Select(r => r.Name == name ? by : r)] };

    private void Reading(int minute, long import, long export, long charge, long discharge, long impulses) =>
        Add(
            minute,
            LeafType.Reading,
            h => h with { Group = "g", Config = 1 },
            Register(Import, import),
            Register(Export, export),
            Register(Charge, charge),
            Register(Discharge, discharge),
            new LeafRecord(Sun) { Unit = "count", Number = new DecimalFraction(0, impulses) }
        );

    private void Flow(
        int from,
        int to,
        long[] of,
        LeafRecord[] reason,
        string[] measured,
        Func<string, LeafRecord> amount,
        params string[] rest
    ) =>
        Add(
            to,
            LeafType.Flow,
            h => h with { ComputedFrom = of },
            [
                LeafRecord.Of("from", Start.AddMinutes(from)),
                LeafRecord.Of("to", Start.AddMinutes(to)),
                .. of.Length > 1 ? [LeafRecord.Of("previous", of[1])] : Array.Empty<LeafRecord>(),
                LeafRecord.Of("method", "proportional"),
                LeafRecord.Of("slot", TimeSpan.FromMinutes(15)),
                new LeafRecord("tolerance") { Unit = "/", Number = new DecimalFraction(-6, 50_000) },
                .. reason,
                LeafRecord.Of("registers/import", Import),
                LeafRecord.Of("registers/export", Export),
                LeafRecord.Of("registers/charge", Charge),
                LeafRecord.Of("registers/discharge", Discharge),
                LeafRecord.Of("registers/pv:roof", Sun),
                .. measured.Select(m => amount("measured/" + m)),
                .. rest.Select(Energy),
            ]
        );

    private void Add(int minute, string type, Func<LeafHead, LeafHead> head, params LeafRecord[] records) =>
        _log.Leaves.Add(new Leaf(head(SignedLog.Head(_log.Leaves.Count, type) with { Time = Start.AddMinutes(minute) }), records));

    private static LeafRecord Register(string name, long milliwattHours) =>
        new(name) { Unit = "Wh", Number = new DecimalFraction(-3, milliwattHours) };

    private static LeafRecord Energy(string nameAndAmount) =>
        nameAndAmount.Split(' ') is var parts
            ? new LeafRecord(parts[0])
            {
                Unit = "Wh",
                Number = new DecimalFraction(-6, long.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)),
            }
            : throw new InvalidOperationException();

    private (int Exit, string Text) Verify() => Run("verify", _log.WriteBatch(0, _log.Leaves.Count), "--trust", _log.Trust, "--recompute");

    private static (int Exit, string Text) Run(params string[] arguments)
    {
        var (exit, output, error) = CommandLine.Run(arguments);
        Assert.Equal("", error);
        return (exit, output);
    }
}
