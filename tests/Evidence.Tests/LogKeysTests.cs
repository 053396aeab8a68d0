using System.Security.Cryptography;

namespace EdgeGateway.Evidence.Tests;

/// <summary>
/// Who may sign a log whose key changes: leaf 5 names the new key, which signs from size 7 on; the old one is good for ten minutes more.
/// </summary>
public sealed class LogKeysTests : IDisposable
{
    private const int At = 5;
    private static readonly DateTimeOffset Until = Some.Time.AddMinutes(At + 10);

    private readonly ECDsa _old = Some.Key(),
        _new = Some.Key(),
        _stranger = Some.Key();
    private readonly Origin _origin;
    private readonly List<byte[]> _leaves;
    private readonly LogKeys _keys;

    public LogKeysTests()
    {
        _origin = Some.OriginOf(_old);
        _leaves = Some.Leaves(_origin, 30);
        _leaves[At] = Rotation(At, _new);
        _keys = LogKeys.For(Some.Trust(_old), _origin);
    }

    public void Dispose()
    {
        _old.Dispose();
        _new.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public void A_key_that_a_leaf_under_the_key_before_it_names_signs_from_then_on()
    {
        BatchSequence sequence = new();
        sequence.Add(BatchVerifier.Verify(Batch(_old, 0, At + 1), _keys));
        sequence.Add(BatchVerifier.Verify(Batch(_new, At + 1, 20), _keys));
        BatchVerifier.Verify(Batch(_old, 0, At + 1), _keys); // delivered again
        sequence.Add(BatchVerifier.Verify(Batch(_new, 20, 30), _keys));
        Assert.Equal((30, 1), (sequence.End, _keys.Changes));
    }

    [Fact]
    public void The_new_key_is_a_stranger_to_who_has_not_seen_the_change() =>
        Refused("not signed by a trusted key", () => BatchVerifier.Verify(Batch(_new, At + 1, 20), _keys));

    [Fact]
    public void A_change_under_the_very_key_that_it_names_proves_nothing() =>
        Refused("not signed by a trusted key", () => BatchVerifier.Verify(Batch(_new, 0, 20), _keys));

    [Fact]
    public void The_new_key_does_not_sign_what_was_before_it()
    {
        BatchVerifier.Verify(Batch(_old, 0, At + 1), _keys);
        Refused("signs only from leaf 5", () => BatchVerifier.Verify(Batch(_new, 0, At), _keys));
    }

    [Fact]
    public void The_old_key_is_good_over_later_leaves_until_its_overlap_has_passed()
    {
        BatchVerifier.Verify(Batch(_old, 0, At + 1), _keys);
        BatchVerifier.Verify(Batch(_old, At + 1, At + 11), _keys);
        Refused("It was good until", () => BatchVerifier.Verify(Batch(_old, At + 1, At + 12), _keys));
        Batch withheld = Batch(_old, At + 1, At + 3);
        Refused("no later leaf shows its time", () =>
            BatchVerifier.Verify(withheld with { Elements = [.. withheld.Elements.Select(e => BatchElement.Withheld(e.Hash))] }, _keys)
        );
    }

    [Fact]
    public void What_is_refused_teaches_nothing()
    {
        Refused("It was good until", () => BatchVerifier.Verify(Batch(_old, 0, 30), _keys));
        Assert.Equal(0, _keys.Changes);
    }

    [Fact]
    public void A_change_to_another_key_or_back_to_one_that_has_signed_is_refused()
    {
        BatchVerifier.Verify(Batch(_old, 0, At + 1), _keys);
        byte[] honest = _leaves[At];
        _leaves[At] = Rotation(At, _stranger);
        Refused("two histories", () => BatchVerifier.Verify(Batch(_old, 0, At + 1), _keys));
        _leaves[At] = honest;
        _leaves[8] = Rotation(8, _old);
        Refused("one that has signed before", () => BatchVerifier.Verify(Batch(_new, At + 1, 9), _keys));
        Refused("one that has signed before", () => BatchVerifier.Verify(Batch(_old, 0, 9), LogKeys.For(Some.Trust(_old), _origin)));
    }

    [Fact]
    public void The_key_goes_on_in_the_next_epoch_and_never_in_the_simulation()
    {
        BatchVerifier.Verify(Batch(_old, 0, At + 1), _keys);
        Origin next = _origin with { Epoch = 2 },
            simulated = _origin with { Epoch = 2, Simulated = true };
        BatchVerifier.Verify(Some.BatchOf(_new, next, Some.Leaves(next, 3), 0, 3), _keys);
        Refused("the keys are those of device", () =>
            BatchVerifier.Verify(Some.BatchOf(_new, simulated, Some.Leaves(simulated, 3), 0, 3), _keys)
        );
        List<byte[]> late = Some.Leaves(next, 30);
        Refused("It was good until", () => BatchVerifier.Verify(Some.BatchOf(_old, next, late, 0, 30), _keys));
    }

    [Fact]
    public void A_bundle_brings_the_changes_of_the_key_with_it_through_any_number_of_them()
    {
        _leaves[12] = Rotation(12, _stranger);
        KeyChange first = Change(_old, At),
            second = Change(_new, 12);
        Bundle bundle = Some.BundleOf(_stranger, _origin, _leaves, 20) with { KeyChanges = [first, second] };
        VerifiedBundle verified = BundleVerifier.Verify(EdgeGateway.Evidence.Bundle.Decode(bundle.Encode()), Some.Trust(_old));
        Assert.Equal(20, verified.Leaves[0].Head.Index);
        TrustAnchors trust = Some.Trust(_old);
        Refused("not shown to be under the key before it", () => BundleVerifier.Verify(bundle with { KeyChanges = [second] }, trust));
        Refused("not shown to be under the key before it", () =>
            BundleVerifier.Verify(bundle with { KeyChanges = [first, Change(_stranger, 12)] }, trust)
        );
        Refused("not signed by a trusted key", () => BundleVerifier.Verify(bundle with { KeyChanges = [first] }, trust));
        Refused("not a change of the key", () => BundleVerifier.Verify(bundle with { KeyChanges = [Change(_old, 4)] }, trust));
        Refused("no key of this device is trusted", () => BundleVerifier.Verify(bundle, Some.Trust(_new)));
        Refused("the keys are those of", () =>
            BundleVerifier.Verify(bundle with { KeyChanges = [new KeyChange(Rotation(1, _stranger), Foreign(1))] }, trust)
        );
    }

    [Fact]
    public void Any_flipped_byte_in_a_history_of_keys_is_refused()
    {
        byte[] bytes = KeyHistory.Encode([Change(_old, At)]);
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] flipped = [.. bytes];
            flipped[i] ^= 1;
            Assert.Throws<EvidenceException>(() =>
            {
                foreach (KeyChange change in KeyHistory.Decode(flipped))
                {
                    LogKeys.For(Some.Trust(_old), _origin).Accept(change);
                }
            });
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("3059301306072a8648ce3d020106082a8648ce3d03010703420004")]
    public void A_change_to_what_is_no_key_is_refused(string spki)
    {
        _leaves[At] = LeafCodec.Encode(
            new Leaf(
                Some.Head(At, LeafType.KeyRotation),
                [new LeafRecord("key") { Data = Convert.FromHexString(spki) }, LeafRecord.Of("until", Until)]
            )
        );
        Refused("cannot change the key", () => BatchVerifier.Verify(Batch(_old, 0, At + 1), _keys));
    }

    private static byte[] Rotation(int index, ECDsa key) =>
        LeafCodec.Encode(
            new Leaf(
                Some.Head(index, LeafType.KeyRotation),
                [new LeafRecord("key") { Data = key.ExportSubjectPublicKeyInfo() }, LeafRecord.Of("until", Until)]
            )
        );

    private Batch Batch(ECDsa key, int first, int end) => Some.BatchOf(key, _origin, _leaves, first, end);

    private KeyChange Change(ECDsa under, int leaf) =>
        new(_leaves[leaf], Some.BundleOf(under, _origin, _leaves[..(leaf + 1)], leaf).Receipt!.Value);

    private ReadOnlyMemory<byte> Foreign(int leaf)
    {
        Origin foreign = Some.OriginOf(_stranger);
        List<byte[]> leaves = Some.Leaves(foreign, 2);
        leaves[leaf] = Rotation(leaf, _stranger);
        return Some.BundleOf(_stranger, foreign, leaves, leaf).Receipt!.Value;
    }

    private static void Refused(string why, Action verify) =>
        Assert.Contains(why, Assert.Throws<EvidenceException>(verify).Message, StringComparison.Ordinal);
}
