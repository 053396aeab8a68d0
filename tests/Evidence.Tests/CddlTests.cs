using System.Security.Cryptography;

namespace EdgeGateway.Evidence.Tests;

/// <summary>Holds evidence.cddl and the code to each other: what one accepts the other does.</summary>
public class CddlTests
{
    private readonly ECDsa _key = Some.Key();

    [Fact]
    public void Every_type_of_leaf_fits_its_rule_and_no_other()
    {
        IReadOnlyList<Leaf> leaves = EveryType.Of(Some.OriginOf(_key, simulated: true));
        List<string> lines = [];
        foreach (Leaf leaf in leaves)
        {
            string hex = Convert.ToHexStringLower(LeafCodec.Encode(leaf));
            lines.AddRange(leaves.Select(other => $"{other.Head.Type}-leaf {hex}").Append($"leaf {hex}"));
        }

        string[] fits = Run(lines);
        for (int i = 0; i < leaves.Count; i++)
        {
            for (int j = 0; j <= leaves.Count; j++)
            {
                Assert.True(
                    fits[(i * (leaves.Count + 1)) + j] == (i == j || j == leaves.Count ? "true" : "false"),
                    lines[(i * (leaves.Count + 1)) + j]
                );
            }
        }
    }

    [Fact]
    public void What_the_schema_refuses_the_CDDL_refuses()
    {
        List<(string What, Leaf Leaf)> altered = [.. EveryType.Of(Some.OriginOf(_key)).SelectMany(Altered)];
        Assert.InRange(altered.Count, 200, 2000);
        string[] fits = Run([.. altered.Select(a => $"{a.Leaf.Head.Type}-leaf {Convert.ToHexStringLower(Unchecked(a.Leaf))}")]);
        for (int i = 0; i < altered.Count; i++)
        {
            bool accepted = true;
            try
            {
                LeafSchema.Check(altered[i].Leaf);
            }
            catch (EvidenceException)
            {
                accepted = false;
            }

            Assert.True(
                fits[i] == (accepted ? "true" : "false"),
                $"{altered[i].What}: the schema {(accepted ? "takes" : "refuses")} it, the CDDL does not."
            );
        }
    }

    [Fact]
    public void Batches_receipts_and_bundles_fit_their_rules()
    {
        Origin origin = Some.OriginOf(_key);
        List<byte[]> leaves = Some.Leaves(origin, 9);
        Bundle bundle = Some.BundleOf(_key, origin, leaves, 2, 7);
        Batch batch = Some.BatchOf(_key, origin, leaves, 3, 9) with { };
        Batch thinned = batch with { Elements = [BatchElement.Withheld(batch.Elements[0].Hash), .. batch.Elements.Skip(1)] };
        Bundle full = bundle with
        {
            Batches = [batch],
            Chain = [new byte[3]],
            RevocationLists = [new byte[3]],
            TimeStamps = [new byte[3]],
            KeyChanges = [new KeyChange(leaves[1], bundle.Receipt!.Value)],
        };
        string[] lines =
        [
            $"batch {Convert.ToHexStringLower(batch.Encode())}",
            $"batch {Convert.ToHexStringLower(thinned.Encode())}",
            $"bundle {Convert.ToHexStringLower(bundle.Encode())}",
            $"bundle {Convert.ToHexStringLower(full.Encode())}",
            $"receipt {Convert.ToHexStringLower(bundle.Receipt!.Value.Span)}",
            $"receipt {Convert.ToHexStringLower(Some.ConsistencyReceipt(_key, origin, leaves, 5, 9).Encode())}",
            $"checkpoint {Convert.ToHexStringLower(batch.Cose.Span)}",
        ];
        Assert.All(Run(lines), line => Assert.Equal("true", line));
        Assert.All(
            Run([
                .. lines
                    .Select(l =>
                        l.Replace("receipt ", "batch ", StringComparison.Ordinal)
                            .Replace("checkpoint ", "receipt ", StringComparison.Ordinal)
                    )
                    .Skip(4),
            ]),
            line => Assert.Equal("false", line)
        );
    }

    // One thing after another left out, renamed, of another kind, added.
    private static IEnumerable<(string, Leaf)> Altered(Leaf leaf)
    {
        IReadOnlyList<LeafRecord> records = leaf.Records;
        string type = leaf.Head.Type;
        for (int i = 0; i < records.Count; i++)
        {
            string name = $"{type}, record {records[i].Name}";
            if (records.Count > 1)
            {
                yield return ($"{name} left out", leaf with { Records = [.. records.Where((_, j) => j != i)] });
            }

            yield return ($"{name} renamed", With(i, records[i] with { Name = "other" }));
            yield return ($"{name} as a text", With(i, LeafRecord.Of(records[i].Name, "a text")));
            yield return ($"{name} as a count", With(i, LeafRecord.Of(records[i].Name, 5)));
            yield return ($"{name} as less than nothing", With(i, LeafRecord.Of(records[i].Name, -5)));
            yield return (
                $"{name} as a quantity",
                With(i, new LeafRecord(records[i].Name) { Unit = "Wh", Number = new DecimalFraction(-3, 5) })
            );
            yield return ($"{name} as bytes", With(i, new LeafRecord(records[i].Name) { Data = new byte[4] }));
            yield return ($"{name} with a quality", With(i, records[i] with { Quality = Readings.Quality.Estimated }));
            yield return (
                $"{name} followed by another",
                leaf with
                {
                    Records = [.. records.Take(i + 1), LeafRecord.Of("another", 1), .. records.Skip(i + 1)],
                }
            );
        }

        yield return ($"{type} with a group", leaf with { Head = leaf.Head with { Group = "hall" } });
        yield return ($"{type} without a group", leaf with { Head = leaf.Head with { Group = null } });
        yield return ($"{type} with a config", leaf with { Head = leaf.Head with { Config = 2 } });
        yield return ($"{type} without a config", leaf with { Head = leaf.Head with { Config = null } });
        yield return ($"{type} with factors", leaf with { Head = leaf.Head with { Factors = 2 } });
        yield return ($"{type} with sources", leaf with { Head = leaf.Head with { ComputedFrom = [2] } });
        yield return ($"{type} without sources", leaf with { Head = leaf.Head with { ComputedFrom = [] } });

        Leaf With(int i, LeafRecord record) => leaf with { Records = [.. records.Take(i), record, .. records.Skip(i + 1)] };
    }

    // As a type that nobody knows it can be written; then it is called what it is.
    private static byte[] Unchecked(Leaf leaf)
    {
        string stand = new('z', leaf.Head.Type.Length);
        byte[] bytes = LeafCodec.Encode(leaf with { Head = leaf.Head with { Type = stand } });
        int at = bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(stand));
        System.Text.Encoding.ASCII.GetBytes(leaf.Head.Type).CopyTo(bytes, at);
        return bytes;
    }

    private static string[] Run(IReadOnlyList<string> lines) =>
        Foreign
            .Python("cddl.py", [Path.Combine(Foreign.Root, "gateway", "Evidence", "evidence.cddl")], string.Join('\n', lines))
            .TrimEnd('\n')
            .Split('\n');
}
