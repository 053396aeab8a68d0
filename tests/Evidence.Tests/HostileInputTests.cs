using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using EdgeGateway.Readings;

namespace EdgeGateway.Evidence.Tests;

/// <summary>
/// Whatever the bytes are, the answer is a value or an <see cref="EvidenceException"/>. Any other exception fails these tests.
/// </summary>
public class HostileInputTests
{
    // A place (as a share of the length), what to do there, and the bytes to do it with.
    internal static readonly Gen<(double Place, int Kind, byte[] Bytes)[]> Mutations = Gen.Select(
        Gen.Double.Unit,
        Gen.Int[0, 4],
        Gen.OneOf(Gen.Byte.Array[1, 12], CborHeads())
    ).Array[1, 4];

    private readonly ECDsa _key = Some.Key();

    [Fact]
    public void A_mutated_batch_is_refused_or_shows_the_same_leaves()
    {
        Origin origin = Some.OriginOf(_key);
        Batch batch = Some.BatchOf(_key, origin, Some.Leaves(origin, 6), 3, 6);
        byte[] bytes = batch.Encode();
        Mutations.Sample(
            mutations =>
                Refused(() =>
                {
                    VerifiedBatch verified = BatchVerifier.Verify(Batch.Decode(Mutate(bytes, mutations), out _), Some.Trust(_key));
                    Assert.Equal(batch.Elements.Select(e => e.Hash), verified.Batch.Elements.Select(e => e.Hash));
                }),
            iter: 20_000
        );
    }

    [Fact]
    public void A_mutated_leaf_is_refused_or_read()
    {
        LeafHead head = Some.Head(20, "later") with { ComputedFrom = [2, 9], Factors = 1, Time = Some.Time.AddMilliseconds(5) };
        LeafRecord record = new("a/1-0:1.8.0.255")
        {
            Unit = "Wh",
            Number = new DecimalFraction(-3, -5),
            Quality = Quality.Lost,
            AccuracyClass = "1",
        };
        byte[] bytes = LeafCodec.Encode(new Leaf(head, [record, new LeafRecord("b") { Data = new byte[] { 1 }, Time = Some.Time }]));
        Mutations.Sample(mutations => Refused(() => LeafCodec.Decode(Mutate(bytes, mutations))), iter: 50_000);
    }

    [Fact]
    public void A_mutated_note_is_refused_or_read_and_signs_nothing_else()
    {
        Origin origin = Some.OriginOf(_key);
        TreeHead head = new(origin, 7, MerkleHash.OfNothing);
        byte[] bytes = Encoding.UTF8.GetBytes(CheckpointNote.Sign(head, _key));
        Mutations.Sample(
            mutations =>
                Refused(() =>
                {
                    CheckpointNote note = CheckpointNote.Parse(Encoding.UTF8.GetString(Mutate(bytes, mutations)));
                    Assert.True(!note.IsSignedBy(_key) || note.Head == head);
                }),
            iter: 20_000
        );
    }

    [Fact]
    public void A_note_without_a_signature_line_is_refused()
    {
        string text = new TreeHead(Some.OriginOf(_key), 7, MerkleHash.OfNothing).NoteText();
        Assert.Throws<EvidenceException>(() => CheckpointNote.Parse(text));
        Assert.Throws<EvidenceException>(() => CheckpointNote.Parse(text + "\n"));
        Assert.Throws<EvidenceException>(() => CheckpointNote.Parse(text + "\n\n"));
    }

    [Fact]
    public void A_mutated_envelope_is_refused()
    {
        TreeHead head = new(Some.OriginOf(_key), 7, MerkleHash.OfNothing);
        byte[] bytes = CheckpointCose.Sign(head, _key);
        Mutations.Sample(
            mutations =>
                Refused(() =>
                {
                    byte[] mutated = Mutate(bytes, mutations);
                    CheckpointCose.Verify(mutated, head, _key);
                    Assert.Equal(bytes, mutated);
                }),
            iter: 20_000
        );
    }

    [Fact]
    public void Mutated_keys_are_refused_or_read()
    {
        byte[] bytes = Encoding.ASCII.GetBytes(_key.ExportSubjectPublicKeyInfoPem());
        Mutations.Sample(mutations => Refused(() => TrustAnchors.FromPem(Encoding.UTF8.GetString(Mutate(bytes, mutations)))), iter: 5_000);
    }

    [Fact]
    public void A_batch_of_countless_empty_leaves_is_refused_at_the_first_of_them()
    {
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartArray(5);
        writer.WriteTextString("note");
        writer.WriteInt32(0);
        writer.WriteInt32(0);
        writer.WriteStartArray(0);
        writer.WriteEndArray();
        writer.WriteStartArray(1_000_000);
        for (int i = 0; i < 1_000_000; i++)
        {
            writer.WriteByteString([]);
        }

        writer.WriteEndArray();
        writer.WriteEndArray();
        byte[] bytes = writer.Encode();
        long before = GC.GetAllocatedBytesForCurrentThread();
        EvidenceException e = Assert.Throws<EvidenceException>(() => Batch.Decode(bytes, out _));
        Assert.Equal("A leaf has at least 54 bytes; element 0 has 0.", e.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void The_smallest_leaf_has_the_least_bytes()
    {
        LeafHead head = Some.Head(0, "") with
        {
            Time = DateTimeOffset.UnixEpoch,
            BootCount = 0,
            MonotonicMs = 0,
            Group = null,
            Config = null,
        };
        Assert.Equal(LeafCodec.MinBytes, LeafCodec.Encode(new Leaf(head, [LeafRecord.Of("a", 0)])).Length);
    }

    [Theory]
    [InlineData("zero quality", "6171" + "00", "'q' is above 0")]
    [InlineData("sources that are none", "626f66" + "80", "at least one")]
    public void A_label_that_says_nothing_is_absent(string what, string pair, string reason)
    {
        EvidenceException e = Assert.Throws<EvidenceException>(() => LeafCodec.Decode(Convert.FromHexString("81a3006161036178" + pair)));
        Assert.True(e.Message.Contains(reason, StringComparison.Ordinal), $"{what}: {e.Message}");
    }

    [Fact]
    public void Only_the_genesis_says_that_the_log_is_simulated()
    {
        Origin origin = Some.OriginOf(_key);
        List<byte[]> leaves = Some.Leaves(origin, 3);
        leaves[2] = LeafCodec.Encode(Some.Reading(2) with { Head = Some.Head(2) with { Simulated = true } });
        EvidenceException e = Assert.Throws<EvidenceException>(() =>
            BatchVerifier.Verify(Some.BatchOf(_key, origin, leaves, 1, 3), Some.Trust(_key))
        );
        Assert.Equal("Leaf 2: The label 'sim_' stands on the genesis only.", e.Message);
    }

    [Fact]
    public void A_key_of_256_bits_on_another_curve_is_no_trust_anchor()
    {
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        Assert.Equal(
            "The PUBLIC KEY is not an ECDSA key on P-256, which is what devices sign with.",
            Assert.Throws<EvidenceException>(() => Some.Trust(other)).Message
        );
    }

    [Fact]
    public void A_key_on_a_curve_that_nobody_knows_is_refused()
    {
        byte[] spki = _key.ExportSubjectPublicKeyInfo();
        spki[22] ^= 0x40; // the last arc of the curve's object identifier
        string pem = new(PemEncoding.Write("PUBLIC KEY", spki));
        Assert.Equal(
            "The PUBLIC KEY in it cannot be read: The specified curve '1.2.840.10045.3.1.71' or its parameters are "
                + "not valid for this platform.",
            Assert.Throws<EvidenceException>(() => TrustAnchors.FromPem(pem)).Message
        );
    }

    [Fact]
    public void A_sequence_refuses_batches_out_of_order_instead_of_calling_them_another_history()
    {
        Origin origin = Some.OriginOf(_key);
        List<byte[]> leaves = Some.Leaves(origin, 9);
        BatchSequence sequence = new();
        sequence.Add(BatchVerifier.Verify(Some.BatchOf(_key, origin, leaves, 4, 9), Some.Trust(_key)));
        VerifiedBatch earlier = BatchVerifier.Verify(Some.BatchOf(_key, origin, leaves, 0, 9), Some.Trust(_key));
        Assert.Equal(
            "The batch begins with leaf 0, the one before it with leaf 4. Batches are added in order.",
            Assert.Throws<EvidenceException>(() => sequence.Add(earlier)).Message
        );
    }

    [Fact]
    public void A_sequence_gives_each_leaf_once_however_the_batches_overlap()
    {
        Origin origin = Some.OriginOf(_key);
        List<byte[]> leaves = Some.Leaves(origin, 24);
        Gen.Select(Gen.Int[0, 23], Gen.Int[1, 24])
            .Where((first, end) => first < end)
            .Array[1, 8]
            .Sample(
                cuts =>
                {
                    BatchSequence sequence = new();
                    List<long> given = [];
                    (int First, int End)[] ordered = [.. cuts.Order()];
                    int reach = ordered[0].First;
                    foreach ((int first, int end) in ordered)
                    {
                        VerifiedBatch verified = BatchVerifier.Verify(Some.BatchOf(_key, origin, leaves, first, end), Some.Trust(_key));
                        if (first > reach)
                        {
                            Assert.Contains(
                                "missing between",
                                Assert.Throws<EvidenceException>(() => sequence.Add(verified)).Message,
                                StringComparison.Ordinal
                            );
                            break;
                        }

                        given.AddRange(sequence.Add(verified).Select(l => l.Head.Index));
                        reach = Math.Max(reach, end);
                    }

                    Assert.Equal(Enumerable.Range(ordered[0].First, reach - ordered[0].First).Select(i => (long)i), given);
                    Assert.Equal((ordered[0].First, reach), (sequence.First, sequence.End));
                },
                iter: 200
            );
    }

    private static void Refused(Action read)
    {
        try
        {
            read();
        }
        catch (EvidenceException) { }
    }

    internal static byte[] Mutate(byte[] bytes, (double Place, int Kind, byte[] Bytes)[] mutations)
    {
        List<byte> mutated = [.. bytes];
        foreach ((double place, int kind, byte[] with) in mutations)
        {
            int at = (int)(place * mutated.Count);
            int length = Math.Min(with.Length, mutated.Count - at);
            switch (kind)
            {
                case 0: // overwrite
                    mutated.RemoveRange(at, length);
                    mutated.InsertRange(at, with);
                    break;
                case 1:
                    mutated.InsertRange(at, with);
                    break;
                case 2: // leave out
                    mutated.RemoveRange(at, length);
                    break;
                case 3: // repeat
                    mutated.InsertRange(at, mutated.GetRange(at, length));
                    break;
                default: // cut off
                    mutated.RemoveRange(at, mutated.Count - at);
                    break;
            }
        }

        return [.. mutated];
    }

    // Heads with lengths that are not there, indefinite lengths, tags, floats, the largest integers.
    private static Gen<byte[]> CborHeads()
    {
        string[] heads =
        [
            "1bffffffffffffffff",
            "3bffffffffffffffff",
            "5bffffffffffffffff",
            "7b7fffffffffffffff",
            "9bffffffffffffffff",
            "bb7fffffffffffffff",
            "5f",
            "9f",
            "bf",
            "ff",
            "c4821b7fffffffffffffff1b7fffffffffffffff",
            "c482203b7fffffffffffffff",
            "fb7ff8000000000000",
            "f97e00",
            "f6",
            "80",
            "a0",
            "dbffffffffffffffff00",
        ];
        return Gen.Int[0, heads.Length - 1].Select(i => Convert.FromHexString(heads[i]));
    }
}
