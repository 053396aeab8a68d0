using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace EdgeGateway.Evidence.Tests;

/// <summary>Holds the worked example in the README of gateway/Evidence, and the batch in vectors/, to what the code computes.</summary>
public partial class ExampleTests
{
    private static readonly string Readme = File.ReadAllText(System.IO.Path.Combine(Foreign.Root, "gateway", "Evidence", "README.md"));

    private readonly ECDsa _key = ECDsa.Create();

    public ExampleTests() => _key.ImportFromPem(File.ReadAllText(Vector("example-private-key-not-secret.pem")));

    [Fact]
    public void The_committed_batch_verifies_and_holds_the_leaves_of_the_example()
    {
        VerifiedBatch verified = BatchVerifier.Verify(
            Batch.Decode(File.ReadAllBytes(Vector("batch.cbor")), out _),
            TrustAnchors.FromPem(File.ReadAllText(Vector("example-public-key.pem")))
        );
        Assert.Equal(Head(), verified.Head);
        Assert.Equal(
            Leaves().Skip(3).Select(Convert.ToHexStringLower),
            verified.Batch.Elements.Select(e => Convert.ToHexStringLower(e.Leaf!.Value.Span))
        );
        Assert.Equal(Edge(), verified.Batch.Edge);
    }

    [Fact]
    public void The_README_shows_the_leaf_the_hashes_the_header_and_what_is_signed()
    {
        List<byte[]> leaves = Leaves();
        byte[] header = ProtectedHeader();
        Assert.Equal(Convert.ToHexStringLower(leaves[3]), Hex("leaf-3"));
        Assert.Equal(MerkleHash.OfLeaf(leaves[3]).ToString(), Hex("leaf-3-hash"));
        Assert.Equal(Convert.ToHexStringLower(leaves[4]), Hex("leaf-4"));
        Assert.Equal(MerkleHash.OfLeaf(leaves[4]).ToString(), Hex("leaf-4-hash"));
        Assert.Equal(string.Concat(Edge()), Hex("edge"));
        Assert.Equal(Head().Root.ToString(), Hex("root"));
        Assert.Equal(Origin.DeviceIdOf(_key)[..8], Hex("key-id"));
        Assert.Equal(Head().NoteText(), Block("note-text"));
        Assert.Equal(Convert.ToHexStringLower(header), Hex("protected-header"));
        Assert.Equal(Convert.ToHexStringLower(SigStructure(header)), Hex("sig-structure"));
        Assert.Equal(Convert.ToHexStringLower(Proof()), Hex("inclusion-proof"));
    }

    [Fact]
    public void The_committed_bundles_verify_and_hold_a_leaf_of_the_example()
    {
        TrustAnchors trust = TrustAnchors.FromPem(File.ReadAllText(Vector("example-public-key.pem")));
        Bundle cbor = Bundle.Decode(File.ReadAllBytes(Vector("bundle.cbor"))),
            json = BundleJson.Decode(File.ReadAllBytes(Vector("bundle.json")));
        Assert.Equal(cbor.Encode(), json.Encode());
        VerifiedBundle verified = BundleVerifier.Verify(cbor, trust);
        Assert.Equal(Head(), verified.Head);
        Assert.Equal(Leaves()[3], cbor.Leaves.Single().ToArray());
        Assert.True(cbor.Receipt!.Value.Span.IndexOf(Proof()) > 0);
    }

    [Fact(Explicit = true)]
    public void Write_the_vectors_and_show_what_belongs_into_the_README()
    {
        TreeHead head = Head();
        byte[] cose = CheckpointCose.Sign(head, _key);
        Batch batch = new(CheckpointNote.Sign(head, _key), cose, 3, Edge(), [.. Leaves().Skip(3).Select(l => BatchElement.Of(l))]);
        Bundle bundle = new()
        {
            Note = batch.Note,
            Leaves = [Leaves()[3]],
            Receipt = new CoseReceipt(cose, [new InclusionProof(3, Path())], null).Encode(),
        };
        File.WriteAllBytes(Vector("batch.cbor"), batch.Encode());
        File.WriteAllBytes(Vector("bundle.cbor"), bundle.Encode());
        File.WriteAllBytes(Vector("bundle.json"), BundleJson.Encode(bundle));
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"edge {string.Join('\n', Edge())}\nroot {head.Root}\nnote {head.NoteText()}\nsig "
                + $"{Convert.ToHexStringLower(SigStructure(ProtectedHeader()))}\nproof {Convert.ToHexStringLower(Proof())}"
        );
    }

    [Fact]
    public void What_the_README_calls_signed_is_what_the_two_signatures_sign()
    {
        Batch batch = Batch.Decode(File.ReadAllBytes(Vector("batch.cbor")), out _);
        string base64 = batch.Note.TrimEnd('\n').Split(' ')[^1];
        byte[] der = Convert.FromBase64String(base64)[4..];
        Assert.True(
            _key.VerifyData(
                Encoding.UTF8.GetBytes(Block("note-text")),
                der,
                HashAlgorithmName.SHA256,
                DSASignatureFormat.Rfc3279DerSequence
            )
        );
        ReadOnlySpan<byte> signature = batch.Cose.Span[^64..];
        Assert.True(_key.VerifyData(Convert.FromHexString(Hex("sig-structure")), signature, HashAlgorithmName.SHA256));
    }

    private Origin Log() => new(Origin.DeviceIdOf(_key), 1, Simulated: true);

    // Genesis, boot and start come before the batch; the example shows them only through the edge.
    private List<byte[]> Leaves() =>
        [
            LeafCodec.Encode(
                new Leaf(
                    Some.Head(0, LeafType.Genesis) with
                    {
                        Simulated = true,
                    },
                    [
                        LeafRecord.Of("origin", Log().ToString()),
                        LeafRecord.Of("device", Log().DeviceId),
                        new LeafRecord("key") { Data = _key.ExportSubjectPublicKeyInfo() },
                    ]
                )
            ),
            LeafCodec.Encode(new Leaf(Some.Head(1, LeafType.Boot), [LeafRecord.Of("boot-id", "example")])),
            LeafCodec.Encode(
                new Leaf(
                    Some.Head(2, LeafType.Config) with
                    {
                        Group = "boundary",
                    },
                    [LeafRecord.Of("group", "boundary"), LeafRecord.Of("class", "1")]
                )
            ),
            LeafCodec.Encode(Reading(3, LeafRecord.Of("in-L2/1-0:1.8.0.255", "no-answer"))),
            LeafCodec.Encode(Reading(4)),
        ];

    private static Leaf Reading(long index, params LeafRecord[] more) =>
        new(
            Some.Head(index) with
            {
                Config = 2,
                TimeStatus = TimeStatus.Informative,
            },
            [new LeafRecord("in-L1/1-0:1.8.0.255") { Unit = "Wh", Number = new DecimalFraction(-3, 12_500 + (index * 250)) }, .. more]
        );

    private MerkleHash[] Edge()
    {
        Frontier frontier = new();
        Leaves().Take(3).ToList().ForEach(l => frontier.Append(MerkleHash.OfLeaf(l)));
        return [.. frontier.Edge];
    }

    private TreeHead Head()
    {
        Frontier frontier = new(3, Edge());
        Leaves().Skip(3).ToList().ForEach(l => frontier.Append(MerkleHash.OfLeaf(l)));
        return new TreeHead(Log(), 5, frontier.Root());
    }

    // Leaf 3 in 5: its neighbour 2, the subtree 0-1, leaf 4.
    private MerkleHash[] Path() => [MerkleHash.OfLeaf(Leaves()[2]), Edge()[0], MerkleHash.OfLeaf(Leaves()[4])];

    // [size, index, path].
    private byte[] Proof()
    {
        CborWriter writer = new();
        writer.WriteStartArray(3);
        writer.WriteInt32(5);
        writer.WriteInt32(3);
        writer.WriteStartArray(3);
        foreach (MerkleHash hash in Path())
        {
            writer.WriteByteString(hash.AsSpan());
        }

        writer.WriteEndArray();
        writer.WriteEndArray();
        return writer.Encode();
    }

    private byte[] ProtectedHeader()
    {
        CborReader reader = new(CheckpointCose.Sign(Head(), _key));
        reader.ReadTag();
        reader.ReadStartArray();
        return reader.ReadByteString();
    }

    // RFC 9052 §4.4: ["Signature1", protected header, external data, payload].
    private byte[] SigStructure(byte[] header)
    {
        CborWriter writer = new();
        writer.WriteStartArray(4);
        writer.WriteTextString("Signature1");
        writer.WriteByteString(header);
        writer.WriteByteString([]);
        writer.WriteByteString(Head().Root.AsSpan());
        writer.WriteEndArray();
        return writer.Encode();
    }

    // A block's fence names it: ```hex leaf-3. What follows ";" on a line explains it.
    private static string Hex(string name) =>
        string.Concat(Block(name).Split('\n').Select(l => l.Split(';')[0].Replace(" ", "", StringComparison.Ordinal)));

    private static string Block(string name)
    {
        Match block = Fences().Matches(Readme).SingleOrDefault(m => m.Groups["name"].Value == name)
            ?? throw new InvalidOperationException($"gateway/Evidence/README.md has no block named {name}.");
        return block.Groups["text"].Value;
    }

    [GeneratedRegex(@"^```\w+ (?<name>[\w-]+)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();

    private static string Vector(string name) => System.IO.Path.Combine(Foreign.Root, "tests", "Evidence.Tests", "vectors", name);
}
