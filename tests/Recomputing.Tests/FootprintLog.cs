using EdgeGateway.Evidence;

namespace EdgeGateway.Recomputing.Tests;

/// <summary>A signed log with two readings of two meters and the footprint between them, and what makes more of it.</summary>
public abstract class FootprintLog : IDisposable
{
    private protected const string Register = "/1-0:1.8.0.255",
        Pulses = "/1-0:1.8.0.255";
    private protected const string Key = "CN/2023/average/organisation";
    private protected static readonly DateTimeOffset Start = new(2026, 6, 15, 0, 0, 0, TimeSpan.Zero);

    private protected SignedLog Log { get; } = new();

    private protected FootprintLog()
    {
        Log.Leaves.RemoveRange(1, Log.Leaves.Count - 1);
        Log.Add(
            "settings",
            LeafType.Config,
            h => h with { Group = "boundary" },
            LeafRecord.Of("group", "boundary"),
            LeafRecord.Of("class", "1"),
            LeafRecord.Of("p/constant", "6400 imp/kWh")
        );
        Log.Add(
            "factors",
            LeafType.Factors,
            h => h,
            LeafRecord.Of("set", "cn"),
            LeafRecord.Of("version", "1"),
            LeafRecord.Of("validFrom", "2023-01-01"),
            LeafRecord.Of("validUntil", ""),
            LeafRecord.Of(Key, "0.5500 kgCO2/kWh; source; confidence C")
        );
        Reading(1_000, 10, "first reading");
        Reading(4_000, 330, "second reading");

        // 3 Wh and 320 impulses of 0.15625 Wh: 53 Wh, times 0.55.
        Carbon("footprint", 29_150_000, ["first reading", "second reading"]);
    }

    public void Dispose()
    {
        Log.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected void Add(string type, Func<LeafHead, LeafHead> head, params LeafRecord[] records) =>
        Log.Leaves.Add(new Leaf(head(SignedLog.Head(Log.Leaves.Count, type)), records));

    private protected void Reading(long milliwattHours, long impulses, string name = "newest reading") =>
        Log.Add(
            name,
            LeafType.Reading,
            h => h with { Group = "boundary", Config = Log["settings"] },
            Energy("a", milliwattHours),
            Impulses("p", impulses)
        );

    /// <summary>A footprint that is referred to by its name, of readings that are named.</summary>
    private protected void Carbon(string name, long? micrograms, string[] of, params LeafRecord[] more)
    {
        long[] indexes = [.. of.Select(n => (long)Log[n])];
        Log.Add(
            name,
            LeafType.Carbon,
            h => h with { Factors = Log["factors"], ComputedFrom = indexes, Time = TimeOf(indexes[^1]) },
            CarbonRecords(micrograms, indexes, more)
        );
    }

    private protected LeafRecord[] CarbonRecords(long? micrograms, long[] of, LeafRecord[] more) =>
        [Amount(micrograms ?? 0), LeafRecord.Of("from", TimeOf(of[0])), LeafRecord.Of("to", TimeOf(of[^1])), .. Tail("0.5500"), .. more];

    private protected void Carbon(long? micrograms, long[] of, params LeafRecord[] more) =>
        Add(LeafType.Carbon, h => h with { Factors = 2, ComputedFrom = of, Time = TimeOf(of[^1]) }, CarbonRecords(micrograms, of, more));

    private protected void Restated(long micrograms, string slots, long[] of, params LeafRecord[] stretches) =>
        Add(
            LeafType.Carbon,
            h => h with { Factors = 2, ComputedFrom = of },
            [
                Amount(micrograms),
                LeafRecord.Of("from", TimeOf(of[0])),
                LeafRecord.Of("to", TimeOf(of[^1])),
                .. Tail("0.5500")[..^1],
                LeafRecord.Of("restates", "factors"),
                LeafRecord.Of("slots", slots),
                .. stretches,
            ]
        );

    /// <summary>With what is added, and taken away again, the log is found wrong for this reason.</summary>
    /// <param name="what">The reason; names of leaves stand in braces, as <see cref="SignedLog.Named"/> has it.</param>
    /// <param name="add">Makes it wrong.</param>
    private protected void Differs(string what, Action add)
    {
        int before = Log.Leaves.Count;
        add();
        (int exit, string text) = Verify();
        Assert.Equal(1, exit);
        Assert.Contains(Log.Named(what), text, StringComparison.Ordinal);
        Log.Leaves.RemoveRange(before, Log.Leaves.Count - before);
    }

    private protected DateTimeOffset TimeOf(long leaf) => Log.Leaves[(int)leaf].Head.Time;

    private protected static LeafRecord[] Tail(string factor) =>
        [
            LeafRecord.Of("method", "location-based"),
            LeafRecord.Of("factor", Key),
            LeafRecord.Of("value", $"{factor} kgCO2/kWh"),
            LeafRecord.Of("set", "cn/1"),
            LeafRecord.Of("meters", $"a{Register} p{Pulses}"),
        ];

    private protected static LeafRecord Amount(long micrograms) =>
        new("scope2-location") { Unit = "kg", Number = new DecimalFraction(-9, micrograms) };

    private protected static LeafRecord Energy(string meter, long milliwattHours) =>
        new(meter + Register) { Unit = "Wh", Number = new DecimalFraction(-3, milliwattHours) };

    private protected static LeafRecord Impulses(string meter, long count) =>
        new(meter + Pulses) { Unit = "count", Number = new DecimalFraction(0, count) };

    private protected void Replace(int leaf, int record, LeafRecord by) =>
        Log.Leaves[leaf] = Log.Leaves[leaf] with
        {
            Records = [.. Log.Leaves[leaf].Records.Take(record), by, .. Log.Leaves[leaf].Records.Skip(record + 1)],
        };

    /// <summary>Verifies the log and computes it again.</summary>
    /// <returns>1 where something differs, else 0; and what is said.</returns>
    private protected abstract (int Exit, string Text) Verify();
}
