using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Evidence.Tests.Leaves;

/// <summary>What holds for the view of every type of leaf.</summary>
public class LeafViewTests
{
    private static readonly Dictionary<string, Func<Leaf, IReadOnlyList<LeafRecord>>> Views = new()
    {
        [LeafType.Genesis] = l => GenesisLeaf.Of(l).Records(),
        [LeafType.Boot] = l => BootLeaf.Of(l).Records(),
        [LeafType.Start] = l => StartLeaf.Of(l).Records(),
        [LeafType.Config] = l => ConfigLeaf.Of(l).Records(),
        [LeafType.Factors] = l => FactorsLeaf.Of(l).Records(),
        [LeafType.Reading] = l => ReadingLeaf.Of(l).Records(),
        [LeafType.Carbon] = l => CarbonLeaf.Of(l).Records(),
        [LeafType.Flow] = l => FlowLeaf.Of(l).Records(),
        [LeafType.Gap] = l => GapLeaf.Of(l).Records(),
        [LeafType.Calibration] = l => CalibrationLeaf.Of(l).Records(),
        [LeafType.Exchange] = l => ExchangeLeaf.Of(l).Records(),
        [LeafType.ClockStep] = l => ClockStepLeaf.Of(l).Records(),
        [LeafType.Manual] = l => ManualLeaf.Of(l).Records(),
        [LeafType.Instrument] = l => InstrumentLeaf.Of(l).Records(),
        [LeafType.Intensity] = l => IntensityLeaf.Of(l).Records(),
        [LeafType.Correction] = l => CorrectionLeaf.Of(l).Records(),
        [LeafType.Alarm] = l => AlarmLeaf.Of(l).Records(),
        [LeafType.KeyRotation] = l => KeyRotationLeaf.Of(l).Records(),
    };

    public static TheoryData<string> Types => [.. typeof(LeafType).GetFields().Select(f => (string)f.GetRawConstantValue()!)];

    [Theory]
    [MemberData(nameof(Types))]
    public void What_a_view_reads_it_records_with_the_same_bytes(string type)
    {
        foreach (byte[] bytes in Recorded(type))
        {
            Leaf leaf = LeafCodec.Decode(bytes);
            byte[] again = LeafCodec.Encode(leaf with { Records = Views[type](leaf) });
            Assert.Equal(Convert.ToHexStringLower(bytes), Convert.ToHexStringLower(again));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_leaf_of_another_type_is_refused(string type)
    {
        Leaf leaf = LeafCodec.Decode(Recorded(type)[0]);
        Leaf other = leaf with { Head = leaf.Head with { Type = "another" } };
        EvidenceException refusal = Assert.Throws<EvidenceException>(() => Views[type](other));
        Assert.Equal($"Leaf {leaf.Head.Index} is of type 'another', not '{type}'.", refusal.Message);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_leaf_that_lacks_a_record_is_refused_or_is_one_without_it(string type)
    {
        Leaf leaf = LeafCodec.Decode(Recorded(type)[0]);
        for (int i = 0; i < leaf.Records.Count; i++)
        {
            RefusesOrKeeps(type, leaf with { Records = [.. leaf.Records.Take(i), .. leaf.Records.Skip(i + 1)] });
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_leaf_with_a_record_of_another_form_is_refused_or_keeps_it(string type)
    {
        Leaf leaf = LeafCodec.Decode(Recorded(type)[0]);
        for (int i = 0; i < leaf.Records.Count; i++)
        {
            string name = leaf.Records[i].Name;
            LeafRecord[] forms =
            [
                LeafRecord.Of(name, "text"),
                LeafRecord.Of(name, 7),
                new(name) { Unit = "m3", Number = new DecimalFraction(-1, 7) },
                new(name) { Data = new byte[] { 7 } },
            ];
            foreach (LeafRecord form in forms)
            {
                RefusesOrKeeps(type, leaf with { Records = [.. leaf.Records.Take(i), form, .. leaf.Records.Skip(i + 1)] });
            }
        }
    }

    // What the schema lets pass a view must read, and it must lose nothing of it.
    private static void RefusesOrKeeps(string type, Leaf changed)
    {
        IReadOnlyList<LeafRecord> records;
        try
        {
            records = Views[type](changed);
        }
        catch (EvidenceException refusal)
        {
            Assert.EndsWith(".", refusal.Message, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(changed.Records.OrderBy(r => r.Name), records.OrderBy(r => r.Name));
    }

    private static List<byte[]> Recorded(string type)
    {
        Origin origin = new(new string('a', 64), 1, false);
        string corpus = Path.Combine(Foreign.Root, "tests", "Evidence.Tests", "corpus", $"leaf-{type}");
        return [LeafCodec.Encode(EveryType.Of(origin).Single(l => l.Head.Type == type)), File.ReadAllBytes(corpus)];
    }
}
