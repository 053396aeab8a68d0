using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsCheck;

namespace EdgeGateway.Evidence.Tests;

/// <summary>
/// Who trusts a certificate authority and no key: whose certificates count, and until when. The device's certificate ends a year after the
/// log's first leaf, and verification is before or after that.
/// </summary>
public sealed class CertificateTests : IDisposable
{
    private const int Size = 12;
    private static readonly DateTimeOffset End = Some.Time.AddYears(1),
        Before = End.AddDays(-1),
        After = End.AddDays(1);

    private readonly ECDsa _key = Some.Key();
    private readonly Origin _origin;
    private readonly List<byte[]> _leaves;
    private readonly Cosigner _witness = new("witness.example/w1", SHA256.HashData([1])),
        _stranger = new("witness.example/w2", SHA256.HashData([2]));
    private readonly SomeAuthority _root = SomeAuthority.Root(),
        _between;
    private readonly X509Certificate2 _certificate;

    public CertificateTests()
    {
        _origin = Some.OriginOf(_key);
        _leaves = Some.Leaves(_origin, Size);
        _between = _root.Between();
        _certificate = _between.Issue(_origin.DeviceId, _key, End);
    }

    public void Dispose() => _key.Dispose();

    [Fact]
    public void An_authority_vouches_for_a_device_and_what_was_not_looked_up_is_said()
    {
        SignerStanding signer = BatchVerifier.Verify(Batch(3, 9), Trust(Before)).Signer;
        Assert.Equal([_certificate, _between.Certificate, _root.Certificate], signer.Certificate!.Path);
        Assert.Equal((End, false), (signer.Validity!.Until, signer.Validity.IsRevoked));
        Assert.Equal([null, null], signer.Validity.Revocation.Select(r => r.List));
        VerifiedBundle bundle = BundleVerifier.Verify(Chained(), Bare(Before));
        Assert.Equal((true, 0), (bundle.Signer.IsGood, bundle.NotJudged));
        RevocationList ofDevices = _between.List((_between.Issue("another", Some.Key()), End, X509RevocationReason.KeyCompromise)),
            ofAuthorities = _root.List();
        bundle = BundleVerifier.Verify(Chained(ofDevices, ofAuthorities), Bare(Before));
        Assert.Equal([ofDevices.ThisUpdate, ofAuthorities.ThisUpdate], bundle.Signer.Validity!.Revocation.Select(r => r.List!.ThisUpdate));
        Assert.Equal([true, true], bundle.Signer.Validity.Revocation.Select(r => r.IsStale));
        Assert.Equal(End, bundle.Signer.Validity.Until);
        Assert.False(BundleVerifier.Verify(Chained(ofDevices), Bare(Some.Time.AddDays(301))).Signer.Validity!.Revocation[0].IsStale);
    }

    [Fact]
    public void A_trusted_key_needs_no_certificate_and_none_is_judged_beside_it()
    {
        TrustAnchors both = TrustAnchors.Of([Some.Trust(_key), Bare(After)]);
        VerifiedBundle verified = BundleVerifier.Verify(Chained() with { RevocationLists = [new byte[] { 1 }] }, both);
        Assert.Equal((null, 3), (verified.Signer.Certificate, verified.NotJudged));
        Refused("certificate authority", () => TrustAnchors.FromPem(_root.Pem));
        Assert.Single(TrustAnchors.FromPem(_certificate.ExportCertificatePem()).Keys);
    }

    [Fact]
    public void After_its_end_a_certificate_carries_what_a_trusted_witness_saw_before()
    {
        BatchVerifier.Verify(Batch(3, 9), Trust(End));
        Refused("it expired at 2027-06-15 00:00:00Z, and nobody whom you trust", () =>
            BatchVerifier.Verify(Batch(3, 9), Trust(End.AddSeconds(1)))
        );
        SignerStanding seen = BatchVerifier.Verify(Batch(3, 9, (_witness, End.AddSeconds(-1))), Trust(After)).Signer;
        Assert.Equal((End.AddSeconds(-1), "witness.example/w1", false), (seen.Evidence!.Time, seen.Evidence.By, seen.IsGood));
        Refused("saw it only at 2027-06-15 00:00:00Z", () => BatchVerifier.Verify(Batch(3, 9, (_witness, End)), Trust(After)));
        Refused("nobody whom you trust", () => BatchVerifier.Verify(Batch(3, 9, (_stranger, Before)), Trust(After)));
        Refused("nobody whom you trust", () => BatchVerifier.Verify(Batch(3, 9, (_witness, Before)), Trust(After) with { Witnesses = [] }));
        Assert.True(BundleVerifier.Verify(Cosigned(Chained(), Before), Bare(After)).Signer.Holds);
        Refused("nobody whom you trust", () => BundleVerifier.Verify(Chained(), Bare(After)));

        Batch cosigned = Batch(0, Size, (_witness, Before));
        Dictionary<string, byte[]> tiles = TileLogTests.FilesOf(_key, _origin, _leaves);
        tiles[TilePath.Checkpoint] = System.Text.Encoding.UTF8.GetBytes(cosigned.Note);
        TileLog.Verify(TileLogTests.From(tiles), Trust(After), _ => { }, out SignerStanding standing);
        Assert.Equal("witness.example/w1", standing.Evidence!.By);
        tiles[TilePath.Checkpoint] = System.Text.Encoding.UTF8.GetBytes(Batch(0, Size).Note);
        Refused("it expired", () => TileLog.Verify(TileLogTests.From(tiles), Trust(After), _ => { }));
    }

    [Fact]
    public void Leaves_of_a_sequence_are_carried_by_any_later_checkpoint_that_holds()
    {
        LogKeys keys = LogKeys.For(Trust(After), _origin);
        BatchSequence sequence = new();
        sequence.Add(BatchVerifier.Verify(Batch(0, 4), keys, inSequence: true));
        Refused("The checkpoint of 4 leaves", sequence.CheckSigners);
        sequence.Add(BatchVerifier.Verify(Batch(4, 9, (_witness, Before)), keys, inSequence: true));
        sequence.CheckSigners();
        sequence.Add(BatchVerifier.Verify(Batch(9, Size), keys, inSequence: true));
        Refused("The checkpoint of 12 leaves", sequence.CheckSigners);
        sequence.Count(BundleVerifier.Verify(Cosigned(Chained(), Before), keys));
        sequence.CheckSigners();
    }

    [Fact]
    public void The_batch_that_ends_with_a_bundles_checkpoint_is_carried_by_it()
    {
        Bundle bundle = Cosigned(Chained(), Before) with { Batches = [Batch(4, Size)] };
        Assert.Single(BundleVerifier.Verify(bundle, Bare(After)).Batches);
        Refused("The checkpoint of 9 leaves", () => BundleVerifier.Verify(bundle with { Batches = [Batch(4, 9)] }, Bare(After)));
        Assert.Single(
            BundleVerifier.Verify(bundle with { Batches = [Batch(4, 9)] }, LogKeys.For(Bare(After), _origin), inSequence: true).Batches
        );
    }

    [Fact]
    public void A_time_stamp_before_the_end_carries_the_checkpoint_too()
    {
        using StampingAuthority authority = new();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Bundle bundle = Some.BundleOf(_key, _origin, _leaves, 2);
        byte[] token = authority.Stamp(CheckpointNote.Parse(bundle.Note));
        SomeAuthority root = SomeAuthority.Root();
        X509Certificate2 later = root.Issue(_origin.DeviceId, _key, now.AddHours(1)),
            earlier = root.Issue(_origin.DeviceId, _key, now.AddHours(-1));
        TrustAnchors trust = TrustAnchors.FromPem(root.Pem, now.AddDays(9)) with { TimeAuthorities = [authority.Root] };
        Bundle Stamped(X509Certificate2 certificate, byte[] tsr) => bundle with { Chain = [certificate.RawData], TimeStamps = [tsr] };
        VerifiedBundle verified = BundleVerifier.Verify(Bundle.Decode(Stamped(later, token).Encode()), trust);
        Assert.Equal(
            ("CN=Stamping Authority, O=Example", 1, 0),
            (verified.Signer.Evidence!.By, verified.TimeStamps.Count, verified.UncheckedTimeStamps)
        );
        Assert.Equal(verified.TimeStamps[0].Time + verified.TimeStamps[0].Accuracy, verified.Signer.Evidence.Time);
        Refused("saw it only at", () => BundleVerifier.Verify(Stamped(earlier, token), trust));
        Refused("nobody whom you trust", () => BundleVerifier.Verify(Stamped(later, token), trust with { TimeAuthorities = [] }));
        Refused("nobody whom you trust", () => BundleVerifier.Verify(Stamped(later, [.. token[..^1], (byte)(token[^1] ^ 1)]), trust));

        // Over the checkpoint of a key that was changed to: that the certified key had signed the change by then, no stamp shows, but a
        // witness does.
        using ECDsa next = Some.Key();
        _leaves[5] = Rotation(5, next);
        Bundle changed = Some.BundleOf(next, _origin, _leaves, 8) with { Chain = [later.RawData], KeyChanges = [Change(_key, 5)] };
        changed = changed with { TimeStamps = [authority.Stamp(CheckpointNote.Parse(changed.Note))] };
        Refused("nobody whom you trust", () => BundleVerifier.Verify(changed, trust));
        Assert.Single(BundleVerifier.Verify(Cosigned(changed, now), trust with { Witnesses = [_witness.Key] }).TimeStamps);
        VerifiedBundle damaged = BundleVerifier.Verify(Stamped(later, [1]), TrustAnchors.Of([Some.Trust(_key), trust]));
        Assert.Equal((0, 1), (damaged.TimeStamps.Count, damaged.UncheckedTimeStamps));
    }

    [Fact]
    public void A_revocation_ends_a_certificate_and_keeps_what_was_seen_before()
    {
        DateTimeOffset revoked = Some.Time.AddDays(10);
        RevocationList list = _between.List((_certificate, revoked, X509RevocationReason.KeyCompromise));
        Refused("it was revoked at 2026-06-25", () => BatchVerifier.Verify(Batch(3, 9), Trust(Before) with { RevocationLists = [list] }));
        Refused("saw it only at", () =>
            BatchVerifier.Verify(Batch(3, 9, (_witness, revoked)), Trust(Before) with { RevocationLists = [list] })
        );
        SignerStanding seen = BatchVerifier
            .Verify(Batch(3, 9, (_witness, revoked.AddSeconds(-1))), Trust(Before) with { RevocationLists = [list] })
            .Signer;
        Assert.Equal((true, true, revoked), (seen.Holds, seen.Validity!.IsRevoked, seen.Validity.Until));
        BatchVerifier.Verify(Batch(3, 9), Trust(revoked) with { RevocationLists = [list] });
        Refused("it was revoked", () => BundleVerifier.Verify(Chained(list), Bare(Before)));
        Refused("it was revoked", () => BundleVerifier.Verify(Chained(), Bare(Before) with { RevocationLists = [list] }));
        RevocationList late = _between.List((_certificate, After, X509RevocationReason.KeyCompromise));
        Refused("it expired at", () => BatchVerifier.Verify(Batch(3, 9), Trust(After.AddDays(1)) with { RevocationLists = [late] }));
    }

    [Fact]
    public void An_authority_between_can_be_revoked_and_can_expire()
    {
        RevocationList list = _root.List((_between.Certificate, Some.Time.AddDays(10), X509RevocationReason.CACompromise));
        Refused("the certificate of its authority CN=Plant Devices was revoked", () =>
            BatchVerifier.Verify(Batch(3, 9), Trust(Before) with { RevocationLists = [list] })
        );
        SomeAuthority shorter = _root.Between(until: Some.Time.AddDays(5));
        Refused("the certificate of its authority CN=Plant Devices expired", () =>
            BundleVerifier.Verify(
                Some.BundleOf(_key, _origin, _leaves, 2) with
                {
                    Chain = [shorter.Issue(_origin.DeviceId, _key).RawData, shorter.Certificate.RawData],
                },
                Bare(Before)
            )
        );
    }

    [Fact]
    public void A_hold_is_a_revocation_until_a_newer_list_lifts_it_and_any_other_is_for_good()
    {
        DateTimeOffset first = Some.Time.AddDays(10),
            second = Some.Time.AddDays(20);
        RevocationList held = _between.List(first, (_certificate, first, X509RevocationReason.CertificateHold));
        RevocationList revoked = _between.List(first, (_certificate, first, X509RevocationReason.Superseded));
        RevocationList newer = _between.List(second);
        Refused("it was put on hold", () => BatchVerifier.Verify(Batch(3, 9), Trust(Before) with { RevocationLists = [held] }));
        Assert.Equal(End, BatchVerifier.Verify(Batch(3, 9), Trust(Before) with { RevocationLists = [held, newer] }).Signer.Validity!.Until);
        Refused("it was revoked", () => BatchVerifier.Verify(Batch(3, 9), Trust(Before) with { RevocationLists = [newer, revoked] }));
    }

    [Fact]
    public void A_list_that_its_authority_did_not_sign_is_refused_and_one_of_others_is_not_used()
    {
        RevocationList forged = SomeAuthority.Root("Plant Devices").List(),
            foreign = SomeAuthority.Root("Somebody else").List();
        Refused("is not signed by it", () => BundleVerifier.Verify(Chained(forged), Bare(Before)));
        Refused("is not signed by it", () => BatchVerifier.Verify(Batch(3, 9), Trust(Before) with { RevocationLists = [forged] }));
        SomeAuthority noLists = SomeAuthority.Root(usage: X509KeyUsageFlags.KeyCertSign);
        Refused("is not signed by it", () =>
            BundleVerifier.Verify(
                Chained(noLists.List()) with
                {
                    Chain = [noLists.Issue(_origin.DeviceId, _key).RawData],
                },
                TrustAnchors.FromPem(noLists.Pem, Before)
            )
        );
        Assert.Equal(1, BundleVerifier.Verify(Chained(foreign), Bare(Before)).NotJudged);
        SignerStanding signer = BatchVerifier.Verify(Batch(3, 9), Trust(Before) with { RevocationLists = [foreign] }).Signer;
        Assert.False(signer.Certificate!.IsNamedBy(foreign));
        Assert.Null(signer.Validity!.Revocation[0].List);
    }

    [Fact]
    public void An_authority_that_has_changed_its_key_signs_lists_with_the_new_one_once_that_is_trusted()
    {
        SomeAuthority renewed = SomeAuthority.Root("Plant Devices");
        TrustAnchors trust = Trust(Before) with
        {
            RevocationLists = [renewed.List((_certificate, Some.Time, X509RevocationReason.Superseded))],
        };
        Refused("is not signed by it", () => BatchVerifier.Verify(Batch(3, 9), trust));
        Refused("it was revoked", () =>
            BatchVerifier.Verify(Batch(3, 9), TrustAnchors.Of([trust, TrustAnchors.FromPem(renewed.Pem, Before)]))
        );
    }

    [Fact]
    public void A_list_for_some_certificates_revokes_and_clears_nobody()
    {
        byte[] PartialList(X509Certificate2? revoked) =>
            _between.RawList(revoked is null ? null : w => Entry(w, revoked), w => SomeAuthority.Extension(w, "2.5.29.28", true, s =>
                {
                    using (s.PushSequence())
                    {
                        s.WriteBoolean(true, new Asn1Tag(TagClass.ContextSpecific, 1));
                    }
                }));
        Assert.Null(
            BatchVerifier
                .Verify(Batch(3, 9), Trust(Before) with { RevocationLists = [RevocationList.Decode(PartialList(null))] })
                .Signer.Validity!.Revocation[0]
                .List
        );
        Refused("it was revoked", () =>
            BatchVerifier.Verify(Batch(3, 9), Trust(Before) with { RevocationLists = [RevocationList.Decode(PartialList(_certificate))] })
        );
    }

    [Fact]
    public void What_is_no_certificate_of_this_device_under_a_trusted_authority_is_refused_in_words()
    {
        using ECDsa other = Some.Key(),
            p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        string id = _origin.DeviceId;
        Chain("not of the device", _between.Issue(new string('a', 64), _key));
        Chain("not of the device", _between.Issue($"{id}, CN={id}", _key));
        Chain("not of the device", _between.Issue($"{id}, O=Plant, CN=x", _key));
        Chain("not signed by a trusted key", _between.Issue(id, other), _between.Certificate);
        Chain("no ECDSA key on P-256", _between.Issue(id, p384));
        Chain("lacks digitalSignature", _between.Issue(id, _key, usage: X509KeyUsageFlags.KeyAgreement));
        Chain(
            "HasNotSupportedCriticalExtension",
            _between.Issue(id, _key, more: new X509Extension("1.3.6.1.4.1.99999.7", [5, 0], critical: true)),
            _between.Certificate
        );
        Chain("cannot be used yet", _between.Issue(id, _key, from: After), _between.Certificate);
        Chain("not of the device", _between.Certificate, _certificate);
        Chain("not in their order", _certificate, _root.Certificate, _between.Certificate);
        Chain("does not lead to a certificate authority that you trust", _certificate);
        SomeAuthority own = SomeAuthority.Root(),
            leaf = _root.Between(authority: false),
            narrow = SomeAuthority.Root(pathLength: 0),
            below = narrow.Between();
        Chain("does not lead to a certificate authority that you trust", own.Issue(id, _key), own.Certificate);
        Chain("InvalidBasicConstraints", leaf.Issue(id, _key), leaf.Certificate);
        Refused("InvalidBasicConstraints", () =>
            BundleVerifier.Verify(
                Some.BundleOf(_key, _origin, _leaves, 2) with
                {
                    Chain = [below.Issue(id, _key).RawData, below.Certificate.RawData],
                },
                TrustAnchors.FromPem(narrow.Pem, Before)
            )
        );
        Refused("No certificate of the device was given", () => BatchVerifier.Verify(Batch(3, 9), Bare(Before)));
        Refused("does not lead to", () => BatchVerifier.Verify(Batch(3, 9), Bare(Before) with { Certificates = [_certificate] }));

        void Chain(string why, params X509Certificate2[] chain) =>
            Refused(why, () =>
                BundleVerifier.Verify(
                    Some.BundleOf(_key, _origin, _leaves, 2) with
                    {
                        Chain = [.. chain.Select(c => (ReadOnlyMemory<byte>)c.RawData)],
                    },
                    Bare(Before)
                )
            );
    }

    [Fact]
    public void An_authority_between_can_be_the_trusted_one_and_what_is_above_it_is_not_judged()
    {
        TrustAnchors trust = TrustAnchors.FromPem(_between.Pem, Before);
        Assert.Equal(0, BundleVerifier.Verify(Chained(), trust).NotJudged);
        VerifiedBundle verified = BundleVerifier.Verify(
            Chained() with
            {
                Chain = [_certificate.RawData, _between.Certificate.RawData, _root.Certificate.RawData],
            },
            trust
        );
        Assert.Equal((1, 2), (verified.NotJudged, verified.Signer.Certificate!.Path.Count));
        byte[] altered = _certificate.RawData;
        altered[^1] ^= 1;
        Refused("", () => BundleVerifier.Verify(Chained() with { Chain = [altered, _between.Certificate.RawData] }, trust));
    }

    [Fact]
    public void Openssl_as_the_authority_certifies_revokes_and_says_since_when_the_key_is_in_other_hands()
    {
        using OpenSslAuthority authority = new();
        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()),
            compromised = now.AddDays(-20);
        string certificate = authority.Certify(_key.ExportPkcs8PrivateKeyPem(), _origin.DeviceId, now.AddDays(100));
        TrustAnchors trust = TrustAnchors.FromPem(authority.Root, now.AddHours(1)) with
        {
            Witnesses = [_witness.Key],
            Certificates = TrustAnchors.CertificatesFromPem(certificate + authority.Between),
        };
        (string devices, string root) = authority.Lists();
        TrustAnchors listed = trust with
        {
            RevocationLists = [.. RevocationList.ReadAll(System.Text.Encoding.ASCII.GetBytes(devices + root))],
        };
        SignerStanding signer = BatchVerifier.Verify(Batch(3, 9), listed).Signer;
        Assert.Equal(
            (now.AddDays(100), "CN=Grid Root, O=Grid", 2),
            (
                signer.Validity!.Until,
                signer.Certificate!.Path[^1].Subject,
                signer.Validity.Revocation.Count(r => r.List is not null && !r.IsStale)
            )
        );
        authority.Revoke(compromised);
        listed = trust with { RevocationLists = RevocationList.ReadAll(System.Text.Encoding.ASCII.GetBytes(authority.Lists().Devices)) };
        Assert.Equal(compromised, BatchVerifier.Verify(Batch(3, 9, (_witness, compromised.AddSeconds(-1))), listed).Signer.Validity!.Until);
        Refused("saw it only at", () => BatchVerifier.Verify(Batch(3, 9, (_witness, compromised)), listed));
        Refused("it was revoked at", () => BatchVerifier.Verify(Batch(3, 9), listed));
        Assert.True(BatchVerifier.Verify(Batch(3, 9), trust).Signer.IsGood);
        Refused("There is no revocation list in it", () => RevocationList.ReadAll(new byte[] { 1 }));
        Refused("It holds a CERTIFICATE", () => RevocationList.ReadAll(System.Text.Encoding.ASCII.GetBytes(certificate)));
        Refused("It holds a X509 CRL", () => TrustAnchors.CertificatesFromPem(devices));
        Refused("There is no certificate in it", () => TrustAnchors.CertificatesFromPem(""));
    }

    [Fact]
    public void A_renewed_certificate_of_the_same_key_carries_on()
    {
        X509Certificate2 renewed = _between.Issue(_origin.DeviceId, _key, End.AddYears(1));
        foreach (
            X509Certificate2[] order in (X509Certificate2[][])
                [
                    [_certificate, renewed],
                    [renewed, _certificate],
                ]
        )
        {
            TrustAnchors trust = Bare(After) with { Certificates = [_between.Certificate, .. order] };
            Assert.Equal(End.AddYears(1), BatchVerifier.Verify(Batch(3, 9), trust).Signer.Validity!.Until);
        }
    }

    [Fact]
    public void A_key_that_the_certified_one_was_changed_to_lives_as_long_as_its_certificate()
    {
        using ECDsa next = Some.Key();
        _leaves[5] = Rotation(5, next);
        LogKeys Keys(DateTimeOffset at)
        {
            LogKeys keys = LogKeys.For(Trust(at), _origin);
            BatchVerifier.Verify(Batch(0, 6, (_witness, Before)), keys);
            return keys;
        }

        Assert.Equal(End, BatchVerifier.Verify(Batch(next, 6, 9), Keys(Before)).Signer.Validity!.Until);
        Refused("it expired", () => BatchVerifier.Verify(Batch(next, 6, 9), Keys(After)));
        Assert.True(BatchVerifier.Verify(Batch(next, 6, 9, (_witness, Before)), Keys(After)).Signer.Holds);

        // With a certificate of its own it needs none of the old one, nor to know it.
        X509Certificate2 own = _between.Issue(_origin.DeviceId, next, End.AddYears(1));
        TrustAnchors ownToo = Bare(After) with { Certificates = [own, _between.Certificate] };
        Assert.Equal(own, BatchVerifier.Verify(Batch(next, 6, 9), ownToo).Signer.Certificate!.Path[0]);
        BatchVerifier.Verify(Batch(next, 3, 9), ownToo);
        Bundle bundle = Some.BundleOf(next, _origin, _leaves, 8) with { KeyChanges = [Change(_key, 5)] };
        Assert.Equal(1, BundleVerifier.Verify(bundle, ownToo).NotJudged);
        Refused("not shown to be under the key before it", () =>
            BundleVerifier.Verify(bundle with { KeyChanges = [bundle.KeyChanges[0], bundle.KeyChanges[0]] }, Bare(After))
        );
        Assert.Equal(0, BundleVerifier.Verify(bundle, TrustAnchors.Of([ownToo, Trust(After)])).NotJudged);
    }

    [Fact]
    public void A_certified_key_is_not_taken_for_the_one_that_earlier_leaves_replaced()
    {
        using ECDsa second = Some.Key(),
            third = Some.Key(),
            fourth = Some.Key();
        (_leaves[3], _leaves[5], _leaves[7]) = (Rotation(3, second), Rotation(5, third), Rotation(7, fourth));
        TrustAnchors trust = Bare(Before) with { Certificates = [_between.Issue(_origin.DeviceId, third), _between.Certificate] };
        LogKeys keys = LogKeys.For(trust, _origin);
        BatchVerifier.Verify(Batch(third, 2, 8), keys);
        Assert.Equal(1, keys.Changes);
        BatchVerifier.Verify(Batch(fourth, 8, 10), keys);
        keys = LogKeys.For(trust, _origin);
        BundleVerifier.Verify(Some.BundleOf(third, _origin, _leaves[..7], 3), keys);
        Assert.Equal(0, keys.Changes);
    }

    [Fact]
    public void Garbage_and_what_is_cut_short_is_refused_at_every_length()
    {
        byte[] list = _between.List((_certificate, End, X509RevocationReason.KeyCompromise)).Bytes.ToArray(),
            certificate = _certificate.RawData;
        for (int length = 0; length < list.Length; length++)
        {
            Assert.Throws<EvidenceException>(() => RevocationList.Decode(list[..length]));
        }

        for (int length = 0; length < certificate.Length; length++)
        {
            Refused("certificate", () =>
                BundleVerifier.Verify(Chained() with { Chain = [certificate[..length], _between.Certificate.RawData] }, Bare(Before))
            );
        }

        Refused("not a certificate revocation list", () => RevocationList.Decode((byte[])[.. list, 0]));
        Refused("not DER, or bytes follow", () =>
            BundleVerifier.Verify(Chained() with { Chain = [(byte[])[.. certificate, 0], _between.Certificate.RawData] }, Bare(Before))
        );
        Refused("not DER, or bytes follow", () =>
            BundleVerifier.Verify(
                Chained() with
                {
                    Chain = [System.Text.Encoding.ASCII.GetBytes(_certificate.ExportCertificatePem()), _between.Certificate.RawData],
                },
                Bare(Before)
            )
        );
        byte[] deep = [.. Enumerable.Repeat((byte)0x30, 5_000).SelectMany(b => (byte[])[b, 0x80])];
        Assert.Throws<EvidenceException>(() => RevocationList.Decode(deep));
        HostileInputTests.Mutations.Sample(
            mutations =>
            {
                try
                {
                    _ = RevocationList.Decode(HostileInputTests.Mutate(list, mutations)).Find(_certificate);
                }
                catch (EvidenceException) { }
            },
            iter: 20_000
        );
    }

    [Fact]
    public void Any_flipped_byte_of_chain_and_lists_is_refused_or_seen()
    {
        RevocationList list = _between.List((_certificate, After, X509RevocationReason.KeyCompromise)),
            above = _root.List();
        Bundle good = Chained(list, above);
        Assert.Equal((2, 0), Seen(good));
        Flip(good.Chain, chain => good with { Chain = chain });
        Flip(good.RevocationLists, lists => good with { RevocationLists = lists });

        void Flip(IReadOnlyList<ReadOnlyMemory<byte>> items, Func<IReadOnlyList<ReadOnlyMemory<byte>>, Bundle> with)
        {
            for (int item = 0; item < items.Count; item++)
            {
                for (int at = 0; at < items[item].Length; at++)
                {
                    byte[] flipped = items[item].ToArray();
                    flipped[at] ^= (byte)(1 << (at % 8));
                    List<ReadOnlyMemory<byte>> all = [.. items];
                    all[item] = flipped;
                    try
                    {
                        (int checks, int notJudged) = Seen(with(all));
                        Assert.True(checks < 2 && notJudged > 0, $"byte {at} of item {item}");
                    }
                    catch (EvidenceException) { }
                }
            }
        }

        (int Checks, int NotJudged) Seen(Bundle bundle)
        {
            VerifiedBundle verified = BundleVerifier.Verify(bundle, Bare(Before));
            return (verified.Signer.Validity!.Revocation.Count(r => r.List is not null), verified.NotJudged);
        }
    }

    [Fact]
    public void Flips_all_over_a_bundle_with_all_its_proofs_are_refused_or_show_no_more()
    {
        using StampingAuthority authority = new();
        Bundle good = Cosigned(Chained(_between.List((_certificate, After, X509RevocationReason.KeyCompromise)), _root.List()), Before);
        good = good with { TimeStamps = [authority.Stamp(CheckpointNote.Parse(good.Note))] };
        TrustAnchors trust = Bare(Before) with { TimeAuthorities = [authority.Root] };
        byte[] bytes = good.Encode();
        Assert.Equal((2, 1, 0, true), Shown(bytes));
        const int Step = 5; // each byte of chain, lists and time stamps has its turn in tests of their own
        int less = 0;
        for (int at = 0; at < bytes.Length; at += Step)
        {
            byte[] flipped = [.. bytes];
            flipped[at] ^= (byte)(1 << (at % 8));
            try
            {
                (int checks, int stamps, int notJudged, bool cosigned) = Shown(flipped);
                Assert.True(checks <= 2 && stamps <= 1, $"byte {at}");
                less += checks < 2 || stamps < 1 || notJudged > 0 || !cosigned ? 1 : 0;
            }
            catch (EvidenceException)
            {
                less++;
            }
        }

        // A token also brings certificates that its verification does not need.
        Assert.InRange(less, (bytes.Length - good.TimeStamps[0].Length) / Step, bytes.Length);

        (int Checks, int Stamps, int NotJudged, bool Cosigned) Shown(byte[] bundle)
        {
            VerifiedBundle verified = BundleVerifier.Verify(Bundle.Decode(bundle), trust);
            Assert.Equal(_leaves[2], LeafCodec.Encode(verified.Leaves.Single()));
            return (
                verified.Signer.Validity!.Revocation.Count(r => r.List is not null),
                verified.TimeStamps.Count,
                verified.NotJudged,
                _witness.Key.CosignedAt(verified.Note) is not null
            );
        }
    }

    [Fact]
    public void Lists_that_others_must_be_read_with_are_refused()
    {
        Raw("critical extension 2.5.29.27", null, w => SomeAuthority.Extension(w, "2.5.29.27", true, v => v.WriteInteger(1)));
        Raw("indirect", null, w => SomeAuthority.Extension(w, "2.5.29.28", true, s =>
            {
                using (s.PushSequence())
                {
                    s.WriteBoolean(true, new Asn1Tag(TagClass.ContextSpecific, 4));
                }
            }));
        Raw(
            "critical extension 2.5.29.29",
            w => Entry(w, _certificate, e => SomeAuthority.Extension(e, "2.5.29.29", true, v => v.WriteNull())),
            null
        );
        Raw(
            "removeFromCRL",
            w => Entry(w, _certificate, e => SomeAuthority.Extension(e, "2.5.29.21", false, v => v.WriteEncodedValue([0x0A, 1, 8]))),
            null
        );
        Raw("not a certificate revocation list", w => w.WriteNull(), null);
        RevocationList.Decode(_between.RawList(null, w => SomeAuthority.Extension(w, "1.2.3.4", false, v => v.WriteNull())));

        void Raw(string why, Action<AsnWriter>? entries, Action<AsnWriter>? extensions) =>
            Refused(why, () => RevocationList.Decode(_between.RawList(entries, extensions)));
    }

    [Fact]
    public void There_are_at_most_sixteen_of_each_and_a_list_has_at_most_a_megabyte()
    {
        Bundle bundle = Chained();
        ReadOnlyMemory<byte>[] many = [.. Enumerable.Repeat((ReadOnlyMemory<byte>)new byte[] { 1 }, 17)];
        foreach (
            Bundle large in (Bundle[])
                [bundle with { Chain = many }, bundle with { RevocationLists = many }, bundle with { TimeStamps = many }]
        )
        {
            Refused("at most 16", () => Bundle.Decode(large.Encode()));
            Refused("at most 16", () => BundleJson.Decode(BundleJson.Encode(large)));
        }

        Bundle.Decode((bundle with { TimeStamps = many[1..] }).Encode());
        Refused("at most 1048576 bytes", () => RevocationList.Decode(new byte[RevocationList.MaxBytes + 1]));
    }

    private static void Entry(AsnWriter writer, X509Certificate2 revoked, Action<AsnWriter>? extensions = null)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(revoked.SerialNumberBytes.Span);
            writer.WriteUtcTime(Some.Time.AddDays(1));
            if (extensions is not null)
            {
                using (writer.PushSequence())
                {
                    extensions(writer);
                }
            }
        }
    }

    // The authority, and the certificates of device and authority between beside.
    private TrustAnchors Trust(DateTimeOffset at) => Bare(at) with { Certificates = [_between.Certificate, _certificate] };

    private TrustAnchors Bare(DateTimeOffset at) => TrustAnchors.FromPem(_root.Pem, at) with { Witnesses = [_witness.Key] };

    private Bundle Chained(params RevocationList[] lists) =>
        Some.BundleOf(_key, _origin, _leaves, 2) with
        {
            Chain = [_certificate.RawData, _between.Certificate.RawData],
            RevocationLists = [.. lists.Select(l => l.Bytes)],
        };

    private Bundle Cosigned(Bundle bundle, DateTimeOffset time) =>
        bundle with
        {
            Note = bundle.Note + _witness.Sign(CheckpointNote.Parse(bundle.Note).Head, time),
        };

    private Batch Batch(int first, int end, params (Cosigner By, DateTimeOffset At)[] cosigned) => Batch(_key, first, end, cosigned);

    private Batch Batch(ECDsa key, int first, int end, params (Cosigner By, DateTimeOffset At)[] cosigned)
    {
        Batch batch = Some.BatchOf(key, _origin, _leaves, first, end);
        TreeHead head = CheckpointNote.Parse(batch.Note).Head;
        return batch with { Note = batch.Note + string.Concat(cosigned.Select(c => c.By.Sign(head, c.At))) };
    }

    private KeyChange Change(ECDsa under, int leaf) =>
        new(_leaves[leaf], Some.BundleOf(under, _origin, _leaves[..(leaf + 1)], leaf).Receipt!.Value);

    private static byte[] Rotation(int index, ECDsa key) =>
        LeafCodec.Encode(
            new Leaf(
                Some.Head(index, LeafType.KeyRotation),
                [
                    new LeafRecord("key") { Data = key.ExportSubjectPublicKeyInfo() },
                    LeafRecord.Of("until", Some.Time.AddMinutes(index + 10)),
                ]
            )
        );

    private static void Refused(string why, Action verify) =>
        Assert.Contains(why, Assert.Throws<EvidenceException>(verify).Message, StringComparison.Ordinal);
}
