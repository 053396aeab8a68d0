using System.Formats.Cbor;
using CsCheck;
using EdgeGateway.Readings;

namespace EdgeGateway.Evidence.Tests;

public class LeafCodecTests
{
    [Fact]
    public void What_is_written_is_read_back_and_written_the_same()
    {
        Gen<LeafRecord> record = Gen.OneOf(
            Gen.Select(Gen.Int[-9, 9], Gen.Long, (e, m) =>
                new LeafRecord("a/1-0:1.8.0.255") { Unit = "Wh", Number = new DecimalFraction(e, m) }
            ),
            Gen.String[Gen.Char.AlphaNumeric, 0, 40].Select(t => LeafRecord.Of("b", t) with { Quality = Quality.Estimated }),
            Gen.Byte.Array[0, 300]
                .Select(d => new LeafRecord("c")
                {
                    Data = d,
                    Time = Some.Time.AddMilliseconds(5),
                    AccuracyClass = "0.5S",
                })
        );
        Gen.Select(record.List[1, 40], Gen.Long[0, long.MaxValue])
            .Sample(
                (drawn, index) =>
                {
                    LeafRecord[] records = [.. drawn.Select((r, i) => r with { Name = $"{r.Name}-{i}" })];
                    LeafHead head = Some.Head(1, "later") with { Index = index, ComputedFrom = [3, 9], Factors = 2 };
                    byte[] bytes = LeafCodec.Encode(new Leaf(head, records));
                    return LeafCodec.Encode(LeafCodec.Decode(bytes)).AsSpan().SequenceEqual(bytes);
                }
            );
    }

    [Fact]
    public void The_first_record_can_have_a_time_of_its_own()
    {
        LeafRecord late = new("a/1-0:1.8.0.255")
        {
            Unit = "Wh",
            Number = new DecimalFraction(-3, 5),
            Time = Some.Time.AddSeconds(-9),
        };
        Leaf read = LeafCodec.Decode(LeafCodec.Encode(new Leaf(Some.Head(0), [late, late with { Name = "b/1-0:1.8.0.255", Time = null }])));
        Assert.Equal((Some.Time, late.Time, null), (read.Head.Time, read.Records[0].Time, read.Records[1].Time));
    }

    [Fact]
    public void A_leaf_of_one_register_has_at_most_170_bytes()
    {
        LeafRecord register = new("meter-of-16-char/1-0:1.8.0.255") { Unit = "Wh", Number = new DecimalFraction(-3, 9_000_000_000_000) };
        LeafHead head = Some.Head(1) with
        {
            Index = 10_000_000,
            MonotonicMs = 5_000_000_000,
            BootCount = 300,
            Config = 9_000_000,
            Group = "boundary",
        };
        Assert.InRange(LeafCodec.Encode(new Leaf(head, [register])).Length, 1, 170);
    }

    [Fact]
    public void A_number_keeps_its_digits()
    {
        Assert.Equal("1.50", new DecimalFraction(-2, 150).ToString());
        Assert.Equal("-0.005", new DecimalFraction(-3, -5).ToString());
        Assert.Equal("700", new DecimalFraction(2, 7).ToString());
    }

    [Theory]
    [InlineData("nothing", "", "deterministic CBOR")]
    [InlineData("no record", "80", "no record")]
    [InlineData("an indefinite array", "9fff", "deterministic CBOR")]
    [InlineData("a float value", "81a2006161" + "02f93c00", "integer or a decimal fraction")]
    [InlineData("two values", "81a3006161" + "0201" + "036178", "2 values")]
    [InlineData("a name with a space", "81a20062612003" + "6178", "not a SenML name")]
    [InlineData("a duplicate label", "81a2006161006161", "deterministic CBOR")]
    [InlineData("labels out of order", "81a2036178006161", "deterministic CBOR")]
    [InlineData("a number beyond 64 bits", "81a200616102" + "1bffffffffffffffff", "beyond 64 bits")]
    [InlineData("a mantissa beyond 64 bits", "81a200616102" + "c482213b8000000000000000", "beyond 64 bits")]
    [InlineData("a time beyond the year 9999", "81a3006161" + "036178" + "061b0000003afff44180", "years 1 to 9999")]
    [InlineData("a long form integer", "81a20061610218" + "01", "deterministic CBOR")]
    [InlineData("a label that must be understood", "81a3006161036178636e65" + "5f" + "01", "must be understood")]
    [InlineData("a base label", "81a1216161", "no place in a leaf")]
    [InlineData("a record without the leaf's labels", "81a2006161036178", "no time")]
    public void Whatever_the_codec_would_not_write_is_refused(string what, string hex, string reason)
    {
        EvidenceException e = Assert.Throws<EvidenceException>(() => LeafCodec.Decode(Convert.FromHexString(hex)));
        Assert.True(e.Message.Contains(reason, StringComparison.Ordinal), $"{what}: {e.Message}");
    }

    [Fact]
    public void Bytes_after_the_end_are_refused()
    {
        byte[] leaf = LeafCodec.Encode(Some.Reading(1));
        Assert.Equal(
            "1 bytes follow the end of the leaf.",
            Assert.Throws<EvidenceException>(() => LeafCodec.Decode((byte[])[.. leaf, 0])).Message
        );
    }

    [Fact]
    public void No_single_bit_flip_reads_as_the_same_leaf()
    {
        byte[] leaf = LeafCodec.Encode(Some.Reading(1));
        for (int bit = 0; bit < leaf.Length * 8; bit++)
        {
            byte[] flipped = [.. leaf];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                // What still decodes must be another leaf in its own only form, never a second spelling of the first.
                Assert.NotEqual(leaf, LeafCodec.Encode(LeafCodec.Decode(flipped)));
            }
            catch (EvidenceException) { }
        }
    }

    [Fact]
    public void Deeply_nested_unknown_labels_end_in_a_sentence()
    {
        CborWriter writer = new(CborConformanceMode.Lax);
        writer.WriteStartArray(1);
        writer.WriteStartMap(3);
        writer.WriteInt32(0);
        writer.WriteTextString("a");
        writer.WriteInt32(3);
        writer.WriteTextString("x");
        writer.WriteTextString("zz");
        for (int i = 0; i < 10_000; i++)
        {
            writer.WriteStartArray(1);
        }

        writer.WriteInt32(1);
        for (int i = 0; i < 10_000; i++)
        {
            writer.WriteEndArray();
        }

        writer.WriteEndMap();
        writer.WriteEndArray();
        Assert.Throws<EvidenceException>(() => LeafCodec.Decode(writer.Encode()));
    }
}
