using System.Security.Cryptography;
using System.Text;

namespace EdgeGateway.Evidence.Tests;

public class DisclosureTests
{
    private readonly ECDsa _key = Some.Key();

    [Fact]
    public void A_party_verifies_its_group_without_a_byte_of_another()
    {
        Origin origin = Some.OriginOf(_key);
        List<byte[]> leaves = Log(origin);
        Batch whole = Some.BatchOf(_key, origin, leaves, 0, leaves.Count),
            seen = new Disclosure(["hall"]).Of(whole);
        VerifiedBatch verified = BatchVerifier.Verify(Batch.Decode(seen.Encode(), out _), Some.Trust(_key));
        Assert.Equal(["genesis", "factors", "config", "reading", "reading", "carbon", "gap"], verified.Leaves.Select(l => l.Head.Type));
        Assert.Equal(whole.Elements.Select(e => e.Hash), seen.Elements.Select(e => e.Hash));
        Assert.Equal(-1, seen.Encode().AsSpan().IndexOf(Encoding.ASCII.GetBytes("tenant")));
        Assert.All(whole.Elements.Where((e, i) => seen.Elements[i].Leaf is null), e =>
            Assert.Equal(-1, seen.Encode().AsSpan().IndexOf(e.Leaf!.Value.Span[..40]))
        );
    }

    [Fact]
    public void A_footprint_over_two_groups_is_shown_to_those_of_both_only()
    {
        Origin origin = Some.OriginOf(_key);
        List<byte[]> leaves = Log(origin);
        Batch whole = Some.BatchOf(_key, origin, leaves, 0, leaves.Count);
        Assert.Equal([9], Carbon(new Disclosure(["hall"]).Of(whole)));
        Assert.Equal([9, 10], Carbon(new Disclosure(["hall", "tenant"]).Of(whole)));
        Assert.Empty(Carbon(new Disclosure([]).Of(whole)));

        // Cut in two, the second part needs to be told of what the first showed.
        Batch second = Some.BatchOf(_key, origin, leaves, 8, leaves.Count);
        Assert.Empty(Carbon(new Disclosure(["hall"]).Of(second)));
        Assert.Equal([9], Carbon(new Disclosure(["hall"], i => LeafCodec.Decode(leaves[(int)i]).Head).Of(second)));
        Disclosure both = new(["hall"]);
        both.Of(Some.BatchOf(_key, origin, leaves, 0, 8));
        Assert.Equal([9], Carbon(both.Of(second)));
    }

    [Fact]
    public void Intensities_are_for_everybody_so_that_a_groups_footprint_by_them_is_shown()
    {
        Origin origin = Some.OriginOf(_key);
        List<byte[]> leaves = Log(origin);
        LeafRecord[] stated =
        [
            LeafRecord.Of("series", "grid"),
            LeafRecord.Of("source", "operator"),
            LeafRecord.Of("minutes", 60),
            LeafRecord.Of("slot/20260601T0500Z", "500 gCO2/kWh"),
        ];
        leaves.Add(LeafCodec.Encode(new Leaf(Some.Head(leaves.Count, LeafType.Intensity), stated)));
        Leaf hall = LeafCodec.Decode(leaves[9]);
        leaves.Add(LeafCodec.Encode(hall with { Head = hall.Head with { Index = leaves.Count, ComputedFrom = [5, 7, leaves.Count - 1] } }));
        Assert.Equal([9, 14], Carbon(new Disclosure(["hall"]).Of(Some.BatchOf(_key, origin, leaves, 0, leaves.Count))));
        Batch last = Some.BatchOf(_key, origin, leaves, 14, leaves.Count);
        Assert.Equal([14], Carbon(new Disclosure(["hall"], i => LeafCodec.Decode(leaves[(int)i]).Head).Of(last)));
        Assert.Empty(Carbon(new Disclosure(["tenant"], i => LeafCodec.Decode(leaves[(int)i]).Head).Of(last)));
    }

    private static long[] Carbon(Batch batch) =>
        [
            .. batch
                .Elements.Where(e => e.Leaf is not null)
                .Select(e => LeafCodec.Decode(e.Leaf!.Value))
                .Where(l => l.Head.Type == LeafType.Carbon)
                .Select(l => l.Head.Index),
        ];

    private static List<byte[]> Log(Origin origin)
    {
        List<Leaf> log = [Some.Genesis(origin)];
        Add(
            LeafType.Start,
            null,
            [
                LeafRecord.Of("version", "1"),
                LeafRecord.Of("registers-from-file", 0),
                LeafRecord.Of("tenant-meter/1-0:1.8.0.255/from", "new"),
            ]
        );
        Add(LeafType.Factors, null, [.. new[] { "set", "version", "validFrom", "validUntil" }.Select(n => LeafRecord.Of(n, ""))]);
        Add(LeafType.Config, "hall", [LeafRecord.Of("group", "hall"), LeafRecord.Of("class", "1")]);
        Add(LeafType.Config, "tenant", [LeafRecord.Of("group", "tenant"), LeafRecord.Of("class", "1")]);
        Reading("hall", 3);
        Reading("tenant", 4);
        Reading("hall", 3);
        Reading("tenant", 4);
        Footprint("hall-only", [5, 7]);
        Footprint("of-both", [5, 6, 7, 8]);
        Add(LeafType.Gap, "hall", Gap());
        Add(LeafType.Gap, "tenant", Gap());
        return [.. log.Select(LeafCodec.Encode)];

        static LeafRecord[] Gap() =>
            [LeafRecord.Of("cause", "not-running"), LeafRecord.Of("from", Some.Time), LeafRecord.Of("to", Some.Time)];

        void Reading(string group, long config) =>
            Add(
                LeafType.Reading,
                group,
                [new LeafRecord($"{group}-meter/1-0:1.8.0.255") { Unit = "Wh", Number = new DecimalFraction(-3, 5) }],
                h => h with { Config = config }
            );

        void Footprint(string account, long[] of) =>
            Add(
                LeafType.Carbon,
                null,
                [
                    new LeafRecord(account) { Unit = "kg", Number = new DecimalFraction(-9, 5) },
                    LeafRecord.Of("from", Some.Time),
                    LeafRecord.Of("to", Some.Time),
                    LeafRecord.Of("method", "m"),
                ],
                h => h with { ComputedFrom = of }
            );

        void Add(string type, string? group, LeafRecord[] records, Func<LeafHead, LeafHead>? more = null)
        {
            LeafHead head = Some.Head(log.Count, type) with { Group = group };
            log.Add(new Leaf(more?.Invoke(head) ?? head, records));
        }
    }
}
