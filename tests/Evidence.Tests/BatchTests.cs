using System.Security.Cryptography;
using CsCheck;

namespace EdgeGateway.Evidence.Tests;

public class BatchTests
{
    private readonly ECDsa _key = Some.Key();

    [Fact]
    public void A_batch_verifies_alone_wherever_it_starts()
    {
        Origin origin = Some.OriginOf(_key);
        List<byte[]> leaves = Some.Leaves(origin, 40);
        Gen.Select(Gen.Int[0, 39], Gen.Int[1, 40])
            .Where((first, end) => first < end)
            .Sample(
                (first, end) =>
                {
                    byte[] bytes = Some.BatchOf(_key, origin, leaves, first, end).Encode();
                    VerifiedBatch verified = BatchVerifier.Verify(Batch.Decode(bytes, out int length), Some.Trust(_key));
                    return length == bytes.Length && verified.Leaves.Count == end - first && verified.Head.Size == end;
                },
                iter: 100
            );
    }

    [Fact]
    public void Every_single_bit_flip_in_a_batch_is_refused()
    {
        Origin origin = Some.OriginOf(_key, simulated: true);
        byte[] bytes = Some.BatchOf(_key, origin, Some.Leaves(origin, 6), 3, 6).Encode();
        TrustAnchors trust = Some.Trust(_key);
        Assert.Equal(3, BatchVerifier.Verify(Batch.Decode(bytes, out _), trust).Leaves.Count);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<EvidenceException>(() =>
            {
                BatchVerifier.Verify(Batch.Decode(flipped, out int length), trust);
                if (length != flipped.Length)
                {
                    throw new EvidenceException("A flip has shortened the batch; a file reader refuses the rest.");
                }
            });
        }
    }

    [Fact]
    public void A_withheld_leaf_leaves_its_hash_and_the_rest_verifies()
    {
        Origin origin = Some.OriginOf(_key);
        Batch whole = Some.BatchOf(_key, origin, Some.Leaves(origin, 8), 4, 8);
        Batch part = whole with
        {
            Elements = [whole.Elements[0], BatchElement.Withheld(whole.Elements[1].Hash), .. whole.Elements.Skip(2)],
        };
        VerifiedBatch verified = BatchVerifier.Verify(Batch.Decode(part.Encode(), out _), Some.Trust(_key));
        Assert.Equal([4, 6, 7], verified.Leaves.Select(l => l.Head.Index));
        Assert.Equal(1, verified.Withheld);
    }

    [Fact]
    public void A_batch_signed_by_another_key_is_refused()
    {
        Origin origin = Some.OriginOf(_key);
        Batch batch = Some.BatchOf(_key, origin, Some.Leaves(origin, 2), 0, 2);
        Assert.Equal(
            "The checkpoint is not signed by a trusted key, or its text or signature was altered. If the device has "
                + "changed its key since, also give the batches from before the change, or a bundle: it has the changes.",
            Refusal(() => BatchVerifier.Verify(batch, Some.Trust(Some.Key())))
        );
    }

    [Fact]
    public void A_trusted_device_cannot_speak_for_another()
    {
        using ECDsa other = Some.Key();
        Origin origin = Some.OriginOf(other);
        Batch batch = Some.BatchOf(_key, origin, Some.Leaves(origin, 2), 0, 2);
        Assert.Contains("speaks for device", Refusal(() => BatchVerifier.Verify(batch, Some.Trust(_key))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_simulated_log_cannot_pose_as_a_real_one()
    {
        Origin real = Some.OriginOf(_key);
        List<byte[]> leaves = Some.Leaves(real with { Simulated = true }, 3);
        Assert.Contains(
            "simulated",
            Refusal(() => BatchVerifier.Verify(Some.BatchOf(_key, real, leaves, 0, 3), Some.Trust(_key))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_leaf_that_names_another_index_is_refused_even_when_it_is_signed()
    {
        Origin origin = Some.OriginOf(_key);
        List<byte[]> leaves = Some.Leaves(origin, 3);
        leaves[1] = LeafCodec.Encode(Some.Reading(7));
        Assert.Equal(
            "Leaf 1 says that it is leaf 7.",
            Refusal(() => BatchVerifier.Verify(Some.BatchOf(_key, origin, leaves, 0, 3), Some.Trust(_key)))
        );
    }

    [Fact]
    public void A_second_genesis_is_refused_even_when_it_is_signed()
    {
        Origin origin = Some.OriginOf(_key);
        List<byte[]> leaves = Some.Leaves(origin, 3);
        leaves[2] = LeafCodec.Encode(Some.Genesis(origin) with { Head = Some.Head(2, LeafType.Genesis) });
        Assert.Equal(
            "Leaf 2 is of type 'genesis'; a log begins with its only genesis.",
            Refusal(() => BatchVerifier.Verify(Some.BatchOf(_key, origin, leaves, 0, 3), Some.Trust(_key)))
        );
    }

    [Fact]
    public void Swapped_left_out_and_repeated_leaves_are_refused()
    {
        Origin origin = Some.OriginOf(_key);
        Batch good = Some.BatchOf(_key, origin, Some.Leaves(origin, 6), 2, 6);
        IReadOnlyList<BatchElement> e = good.Elements;
        foreach (
            BatchElement[] wrong in new BatchElement[][]
            {
                [e[1], e[0], e[2], e[3]],
                [e[0], e[1], e[3]],
                [e[0], e[1], e[1], e[2], e[3]],
                [],
            }
        )
        {
            Refusal(() => BatchVerifier.Verify(good with { Elements = wrong }, Some.Trust(_key)));
        }
    }

    [Theory]
    [InlineData("QR==")]
    [InlineData("QQ= =")]
    public void Base64_that_nobody_writes_is_refused(string text)
    {
        Origin origin = Some.OriginOf(_key);
        string note = $"{origin}\n1\n{text}\n\n— {origin} AAAA\n";
        Assert.Contains("canonical base64", Refusal(() => CheckpointNote.Parse(note)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_cosignature_neither_refuses_nor_counts_as_the_logs_own()
    {
        Origin origin = Some.OriginOf(_key);
        Batch batch = Some.BatchOf(_key, origin, Some.Leaves(origin, 2), 0, 2);
        batch = batch with { Note = batch.Note + "— witness.example AAAAAAAAAAA=\n" };
        Assert.Equal(1, BatchVerifier.Verify(batch, Some.Trust(_key)).Note.OtherSignatures);
    }

    [Fact]
    public void A_sequence_accepts_batches_in_order_and_counts_repeats()
    {
        (Origin origin, List<byte[]> leaves, BatchSequence sequence) = Sequence();
        int fresh = 0;
        foreach ((int first, int end) in new[] { (0, 4), (0, 4), (2, 7), (7, 9) })
        {
            fresh += sequence.Add(Verified(origin, leaves, first, end)).Count;
        }

        Assert.Equal(9, fresh);
        Assert.Equal((0, 9, 1), (sequence.First, sequence.End, sequence.Repeated));
    }

    [Fact]
    public void A_gap_between_batches_is_refused_with_its_indexes()
    {
        (Origin origin, List<byte[]> leaves, BatchSequence sequence) = Sequence();
        sequence.Add(Verified(origin, leaves, 0, 4));
        Assert.Equal("Leaves 4 to 5 are missing between the batches.", Refusal(() => sequence.Add(Verified(origin, leaves, 6, 9))));
    }

    [Theory]
    [InlineData(4, 9)]
    [InlineData(2, 9)]
    [InlineData(3, 9)]
    public void Two_histories_are_refused_even_when_each_verifies(int first, int end)
    {
        (Origin origin, List<byte[]> leaves, BatchSequence sequence) = Sequence();
        sequence.Add(Verified(origin, leaves, 0, 4));
        List<byte[]> forked = [.. leaves];
        forked[2] = LeafCodec.Encode(Some.Reading(2) with { Records = [LeafRecord.Of("other/history", "so")] });
        Assert.Contains("two histories", Refusal(() => sequence.Add(Verified(origin, forked, first, end))), StringComparison.Ordinal);
    }

    private (Origin Origin, List<byte[]> Leaves, BatchSequence Sequence) Sequence()
    {
        Origin origin = Some.OriginOf(_key);
        return (origin, Some.Leaves(origin, 9), new BatchSequence());
    }

    private VerifiedBatch Verified(Origin origin, List<byte[]> leaves, int first, int end) =>
        BatchVerifier.Verify(Some.BatchOf(_key, origin, leaves, first, end), Some.Trust(_key));

    private static string Refusal(Action action) => Assert.Throws<EvidenceException>(action).Message;
}
