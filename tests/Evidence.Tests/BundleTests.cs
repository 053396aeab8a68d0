using System.Formats.Cbor;
using System.Security.Cryptography;
using CsCheck;

namespace EdgeGateway.Evidence.Tests;

public sealed class BundleTests : IDisposable
{
    private const int Size = 21;

    private readonly ECDsa _key = Some.Key();
    private readonly Origin _origin;
    private readonly List<byte[]> _leaves;
    private readonly string _keyFile = Path.GetTempFileName();

    public BundleTests()
    {
        _origin = Some.OriginOf(_key);
        _leaves = Some.Leaves(_origin, Size);
        File.WriteAllText(_keyFile, _key.ExportSubjectPublicKeyInfoPem());
    }

    public void Dispose() => File.Delete(_keyFile);

    [Fact]
    public void Leaves_of_a_bundle_verify_as_CBOR_and_as_JSON()
    {
        Bundle bundle = Some.BundleOf(_key, _origin, _leaves, 0, 4, 20);
        foreach (Bundle read in new[] { Bundle.Decode(bundle.Encode()), BundleJson.Decode(BundleJson.Encode(bundle)) })
        {
            VerifiedBundle verified = BundleVerifier.Verify(read, Some.Trust(_key));
            Assert.Equal([0, 4, 20], verified.Leaves.Select(l => l.Head.Index));
            Assert.Equal(Size, verified.Head.Size);
            Assert.Equal(bundle.Encode(), read.Encode());
        }
    }

    [Fact]
    public void A_bundle_of_batches_verifies_in_both_forms()
    {
        Bundle bundle = Full();
        foreach (Bundle read in new[] { Bundle.Decode(bundle.Encode()), BundleJson.Decode(BundleJson.Encode(bundle)) })
        {
            Assert.Equal(bundle.Encode(), read.Encode());
            VerifiedBundle verified = BundleVerifier.Verify(
                read with
                {
                    Chain = [],
                    RevocationLists = [],
                    TimeStamps = [],
                    KeyChanges = [],
                },
                Some.Trust(_key)
            );
            Assert.Equal([3L, 9L], verified.Batches.Select(b => b.Batch.First));
            Assert.Equal(1, verified.Batches[0].Withheld);
        }
    }

    [Fact]
    public void Any_leaf_of_any_log_has_a_receipt_that_verifies() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[0, 69], Gen.Int[0, 69])
            .Where((size, a, b) => a < size && b < size && a != b)
            .Sample(
                (size, a, b) =>
                {
                    Bundle bundle = Some.BundleOf(_key, _origin, Some.Leaves(_origin, size), a, b);
                    return BundleVerifier.Verify(Bundle.Decode(bundle.Encode()), Some.Trust(_key)).Leaves.Count == 2;
                },
                iter: 60
            );

    [Fact]
    public void Every_single_bit_flip_of_a_bundle_is_refused()
    {
        byte[] bytes = Some.BundleOf(_key, _origin, _leaves, 2, 7).Encode();
        TrustAnchors trust = Some.Trust(_key);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<EvidenceException>(() => BundleVerifier.Verify(Bundle.Decode(flipped), trust));
        }
    }

    [Fact]
    public void Every_single_bit_flip_of_a_bundle_as_JSON_is_refused_or_says_the_same()
    {
        Bundle bundle = Some.BundleOf(_key, _origin, _leaves, 2);
        byte[] bytes = BundleJson.Encode(bundle),
            cbor = bundle.Encode();
        TrustAnchors trust = Some.Trust(_key);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                // JSON has more than one spelling of a text; what it says must be what was signed.
                Bundle read = BundleJson.Decode(flipped);
                BundleVerifier.Verify(read, trust);
                Assert.Equal(cbor, read.Encode());
            }
            catch (EvidenceException) { }
        }
    }

    [Fact]
    public void A_proof_of_another_size_is_refused_although_its_path_would_lead_to_the_root()
    {
        // RFC 9942 alone does not authenticate the size: the path of leaf 0 in 3 leaves has the length of one in 4.
        List<byte[]> leaves = Some.Leaves(_origin, 3);
        byte[] bundle = Some.BundleOf(_key, _origin, leaves, 0).Encode();
        int at = bundle.AsSpan().IndexOf((byte[])[0x83, 0x03, 0x00]);
        bundle[at + 1] = 0x04;
        Refused("the size was altered", () => BundleVerifier.Verify(Bundle.Decode(bundle), Some.Trust(_key)), ignoreCase: true);
    }

    [Fact]
    public void What_does_not_belong_together_is_refused()
    {
        Bundle bundle = Some.BundleOf(_key, _origin, _leaves, 2, 7),
            other = Some.BundleOf(_key, _origin, _leaves[..20], 2, 7);
        using ECDsa stranger = Some.Key();
        TrustAnchors trust = Some.Trust(_key);
        Refused("not a change of the key", () => BundleVerifier.Verify(Full(), trust));
        Refused("not signed by a trusted key", () => BundleVerifier.Verify(bundle, Some.Trust(stranger)));
        Refused("or their roots differ", () => BundleVerifier.Verify(bundle with { Note = other.Note }, trust));
        Refused("different roots", () => BundleVerifier.Verify(bundle with { Leaves = [.. bundle.Leaves.Reverse()] }, trust));
        Refused("2 inclusion proofs for 1 leaves", () => BundleVerifier.Verify(bundle with { Leaves = [bundle.Leaves[0]] }, trust));
        Refused("leaf 2 twice", () => BundleVerifier.Verify(Some.BundleOf(_key, _origin, _leaves, 2, 2), trust));
        Refused("come together", () => Bundle.Decode((bundle with { Receipt = null }).Encode()));
        Refused("neither leaves nor batches", () => Bundle.Decode((bundle with { Leaves = [], Receipt = null }).Encode()));
        Refused("consistency proof", () =>
            CoseReceipt.Decode(bundle.Receipt!.Value).VerifyConsistency(Some.HeadOf(_origin, _leaves, 5), default, _key)
        );
        Batch foreign = Some.BatchOf(_key, _origin with { Epoch = 2 }, Some.Leaves(_origin with { Epoch = 2 }, 4), 0, 4);
        Refused("is of the log", () => BundleVerifier.Verify(bundle with { Batches = [foreign] }, trust));
        Refused("at size 21; its checkpoint is of", () =>
            BundleVerifier.Verify(other with { Batches = [Some.BatchOf(_key, _origin, _leaves, 3, 21)] }, trust)
        );
    }

    [Fact]
    public void A_key_found_in_the_bundle_is_not_trusted()
    {
        using ECDsa stranger = Some.Key();
        Origin origin = Some.OriginOf(stranger);
        using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            "CN=x",
            stranger,
            HashAlgorithmName.SHA256
        ).CreateSelfSigned(Some.Time, Some.Time.AddYears(90));
        Bundle bundle = Some.BundleOf(stranger, origin, Some.Leaves(origin, 5), 1) with { Chain = [certificate.RawData] };
        Refused("not signed by a trusted key", () => BundleVerifier.Verify(Bundle.Decode(bundle.Encode()), Some.Trust(_key)));
    }

    [Theory]
    [InlineData("nothing", "", "not a bundle")]
    [InlineData("no version", "a0", "begins with its version")]
    [InlineData("another version", "a1617602", "later verifier")]
    [InlineData("no checkpoint", "a1617601", "no checkpoint")]
    [InlineData("an unknown member", "a26176016178f5", "has no 'x'")]
    [InlineData("a duplicate member", "a3617601646e6f74656161646e6f74656161", "not a bundle")]
    [InlineData("members out of order", "a3617601646e6f746561616363726c8140", "not a bundle")]
    [InlineData("an empty list", "a26176016363726c80", "at least one item")]
    [InlineData("an indefinite map", "bf617601ff", "not a bundle")]
    [InlineData("a length that is not there", "a26176016363726c9b7fffffffffffffff", "not a bundle")]
    [InlineData("bytes after the end", "a161760100", "no checkpoint|follow|not a bundle")]
    public void What_is_no_bundle_is_refused_in_words(string what, string hex, string reasons)
    {
        EvidenceException e = Assert.Throws<EvidenceException>(() => Bundle.Decode(Convert.FromHexString(hex)));
        Assert.True(reasons.Split('|').Any(r => e.Message.Contains(r, StringComparison.Ordinal)), $"{what}: {e.Message}");
    }

    [Theory]
    [InlineData("", "not a bundle")]
    [InlineData("[]", "not a bundle")]
    [InlineData("""{"note":"x"}""", "has its version")]
    [InlineData("""{"v":1,"v":1}""", "not a bundle")]
    [InlineData("""{"v":1,"leaves":["QQ=="],"note":"a","receipt":"QR=="}""", "not canonical base64")]
    [InlineData("""{"v":1,"leaves":["Q Q=="],"note":"a"}""", "not canonical base64")]
    [InlineData("""{"v":1,"leaves":[],"note":"a"}""", "at least one item")]
    [InlineData("""{"v":1,"other":1}""", "has no 'other'")]
    [InlineData("""{"v":1,"leaves":[[[[[[[[1]]]]]]]]}""", "not a bundle")]
    [InlineData("""{"v":1,} """, "not a bundle")]
    [InlineData("""{"v":1,"batches":[["",  "", -1, [], []]],"note":"a"}""", "not canonical base64|index 0 or more|not a")]
    [InlineData("""{"v":1,"batches":[[1]],"note":"a"}""", "has 5 items")]
    public void What_is_no_bundle_as_JSON_is_refused_in_words(string json, string reasons)
    {
        EvidenceException e = Assert.Throws<EvidenceException>(() => BundleJson.Decode(System.Text.Encoding.UTF8.GetBytes(json)));
        Assert.True(reasons.Split('|').Any(r => e.Message.Contains(r, StringComparison.Ordinal)), e.Message);
    }

    [Fact]
    public void A_receipt_has_nothing_else_in_its_unprotected_header_and_no_unknown_critical_header()
    {
        CoseReceipt receipt = CoseReceipt.Decode(Some.BundleOf(_key, _origin, _leaves, 2).Receipt!.Value);
        byte[] bytes = receipt.Encode();
        int at = bytes.AsSpan().IndexOf((byte[])[0xa1, 0x19, 0x01, 0x8c]); // { 396:
        byte[] two = [.. bytes[..at], 0xa2, 0x04, 0x41, 0x00, .. bytes[(at + 1)..]];
        Refused("proofs (396) and nothing else", () => CoseReceipt.Decode(two));

        // crit is label 2: the same header with it, signed by the right key.
        CborReader old = new(receipt.Checkpoint);
        old.ReadTag();
        old.ReadStartArray();
        byte[] header = old.ReadByteString();
        byte[] withCrit = [0xa5, .. header[1..3], 0x02, 0x81, 0x18, 0x63, .. header[3..]];
        TreeHead head = Some.HeadOf(_origin, _leaves, Size);
        CborWriter toBeSigned = new();
        toBeSigned.WriteStartArray(4);
        toBeSigned.WriteTextString("Signature1");
        toBeSigned.WriteByteString(withCrit);
        toBeSigned.WriteByteString([]);
        toBeSigned.WriteByteString(head.Root.AsSpan());
        toBeSigned.WriteEndArray();
        byte[] signature = _key.SignData(toBeSigned.Encode(), HashAlgorithmName.SHA256);
        byte[] envelope = [0xd2, 0x84, 0x58, (byte)withCrit.Length, .. withCrit, 0xa0, 0xf6, 0x58, 0x40, .. signature];
        Refused("labels that this version does not know", () => CheckpointCose.Verify(envelope, head, _key));
    }

    [Fact]
    public void Packed_bytes_unpack_to_the_same_and_only_within_their_bound()
    {
        Gen.Byte.Array[0, 5000].Sample(bytes => Zlib.Unpack(Zlib.Pack(bytes), 5000).AsSpan().SequenceEqual(bytes));
        byte[] packed = Zlib.Pack(Some.BundleOf(_key, _origin, _leaves, 2).Encode());
        Assert.True(Zlib.IsPacked(packed));
        Assert.False(Zlib.IsPacked(Some.BundleOf(_key, _origin, _leaves, 2).Encode()));
        Refused("cut short", () => Zlib.Unpack(packed[..^5], 1 << 20));
        Refused("others follow", () => Zlib.Unpack((byte[])[.. packed, 1], 1 << 20));
    }

    [Fact]
    public void A_bomb_is_refused_before_it_is_in_memory()
    {
        using MemoryStream bomb = new();
        using (System.IO.Compression.ZLibStream zlib = new(bomb, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 256; i++)
            {
                zlib.Write(zeros);
            }
        }

        byte[] packed = bomb.ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused("most that is read", () => Zlib.Unpack(packed, 1 << 20));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Fact]
    public void A_consistency_receipt_shows_that_the_log_goes_on_and_nothing_else()
    {
        TreeHead older = Some.HeadOf(_origin, _leaves, 5),
            newer = Some.HeadOf(_origin, _leaves, Size);
        CoseReceipt receipt = CoseReceipt.Decode(Some.ConsistencyReceipt(_key, _origin, _leaves, 5, Size).Encode());
        Assert.Equal(newer, receipt.VerifyConsistency(older, newer.Root, _key));
        List<byte[]> rewritten = [.. _leaves];
        rewritten[3] = rewritten[4];
        Refused("was rewritten", () => receipt.VerifyConsistency(Some.HeadOf(_origin, rewritten, 5), newer.Root, _key));
        Refused("not this key's signature", () => receipt.VerifyConsistency(older, older.Root, _key));
        Refused("no consistency proof from size 7", () => receipt.VerifyConsistency(Some.HeadOf(_origin, _leaves, 7), newer.Root, _key));
        CoseReceipt fromNothing = receipt with { Consistency = new ConsistencyProof(0, []) };
        Refused("no consistency proof from size 0", () =>
            CoseReceipt.Decode(fromNothing.Encode()).VerifyConsistency(new TreeHead(_origin, 0, MerkleHash.OfNothing), newer.Root, _key)
        );
    }

    [Fact]
    public void Python_with_cbor2_and_cryptography_comes_to_the_same_verdict()
    {
        byte[] bundle = Some.BundleOf(_key, _origin, _leaves, 0, 5, 20).Encode();
        List<byte[]> files = [bundle];
        for (int at = 30; at < bundle.Length; at += 17)
        {
            byte[] damaged = [.. bundle];
            damaged[at] ^= 0x04;
            files.Add(damaged);
        }

        string[] verdicts = Foreign
            .Python("bundle.py", [_keyFile], string.Join('\n', files.Select(Convert.ToHexStringLower)))
            .TrimEnd('\n')
            .Split('\n');
        Assert.Equal($"{Size} {Some.HeadOf(_origin, _leaves, Size).Root}", verdicts[0]);
        Assert.All(verdicts.Skip(1), v => Assert.StartsWith("false", v, StringComparison.Ordinal));
    }

    [Fact]
    public void A_COSE_library_from_npm_verifies_checkpoints_and_receipts()
    {
        TreeHead head = Some.HeadOf(_origin, _leaves, Size);
        byte[] checkpoint = CheckpointCose.Sign(head, _key);
        byte[] damaged = [.. checkpoint];
        damaged[^1] ^= 1;
        byte[][] envelopes =
        [
            checkpoint,
            Some.BundleOf(_key, _origin, _leaves, 0, 5).Receipt!.Value.ToArray(),
            Some.ConsistencyReceipt(_key, _origin, _leaves, 8, Size).Encode(),
            damaged,
        ];
        string[] verdicts = Foreign
            .Run(
                "node",
                [Path.Combine(Foreign.Root, "tests", "Evidence.Tests", "foreign", "cose.mjs"), _keyFile],
                string.Join('\n', envelopes.Select(e => $"{Convert.ToHexStringLower(e)} {head.Root}"))
            )
            .Output.TrimEnd('\n')
            .Split('\n');
        Assert.Equal(["true", "true", "true"], verdicts[..3]);
        Assert.Equal("false signature verification failed", verdicts[3]);
    }

    private Bundle Full()
    {
        Batch batch = Some.BatchOf(_key, _origin, _leaves, 3, 9),
            next = Some.BatchOf(_key, _origin, _leaves, 9, Size);
        Batch thinned = batch with { Elements = [BatchElement.Withheld(batch.Elements[0].Hash), .. batch.Elements.Skip(1)] };
        Bundle leaves = Some.BundleOf(_key, _origin, _leaves, 1);
        return leaves with
        {
            Batches = [thinned, next],
            Chain = [new byte[] { 1 }],
            RevocationLists = [new byte[] { 2 }],
            TimeStamps = [new byte[] { 3 }],
            KeyChanges = [new KeyChange(_leaves[1], leaves.Receipt!.Value)],
        };
    }

    private static void Refused(string reason, Action act, bool ignoreCase = false) =>
        Assert.Contains(
            reason,
            Assert.Throws<EvidenceException>(act).Message,
            ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal
        );
}
