using System.Security.Cryptography;

namespace EdgeGateway.Evidence.Tests;

public class CosignatureTests
{
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_679_315_147);

    private readonly ECDsa _key = Some.Key();
    private readonly Cosigner _cosigner = new("witness.example/w1", SHA256.HashData([7]));

    [Fact]
    public void A_cosignature_verifies_and_tells_its_time()
    {
        string note = Note();
        CheckpointNote cosigned = CheckpointNote.Parse(note + _cosigner.Sign(CheckpointNote.Parse(note).Head, Time));
        Assert.Equal(Time, _cosigner.Key.CosignedAt(cosigned));
        Assert.True(cosigned.IsSignedBy(_key));
        Assert.Null(_cosigner.Key.CosignedAt(CheckpointNote.Parse(note)));
        Assert.Null(new Cosigner("witness.example/w1", SHA256.HashData([8])).Key.CosignedAt(cosigned));
        Assert.Null(new Cosigner("witness.example/w2", SHA256.HashData([7])).Key.CosignedAt(cosigned));
    }

    [Fact]
    public void Python_makes_the_same_signature_line_and_key()
    {
        const string Script = """
            import sys, hashlib, base64, struct
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
            from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
            seed, name, time, text = bytes.fromhex(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.stdin.read()
            key = Ed25519PrivateKey.from_private_bytes(seed)
            public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            key_id = hashlib.sha256(name.encode() + b"\n\x04" + public).digest()[:4]
            signature = key.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
            print("\u2014", name, base64.b64encode(key_id + struct.pack(">Q", time) + signature).decode())
            print(f"{name}+{key_id.hex()}+{base64.b64encode(bytes([4]) + public).decode()}")
            """;
        TreeHead head = CheckpointNote.Parse(Note()).Head;
        string[] lines = Foreign
            .Run(
                "/usr/bin/python3",
                ["-c", Script, Convert.ToHexString(SHA256.HashData([7])), "witness.example/w1", "1679315147"],
                head.NoteText()
            )
            .Output.Split('\n');
        Assert.Equal(lines[0] + "\n", _cosigner.Sign(head, Time));
        Assert.Equal(lines[1], _cosigner.Key.ToString());
        Assert.Equal(_cosigner.Key.Id.ToArray(), WitnessKey.Parse(lines[1]).Id.ToArray());
    }

    [Fact]
    public void A_flipped_bit_in_a_cosignature_never_refuses_the_note_and_never_witnesses_it()
    {
        string note = Note(),
            line = _cosigner.Sign(CheckpointNote.Parse(note).Head, Time);
        byte[] blob = Convert.FromBase64String(line.Split(' ')[2].TrimEnd('\n'));
        for (int bit = 0; bit < blob.Length * 8; bit++)
        {
            byte[] flipped = [.. blob];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            CheckpointNote read = CheckpointNote.Parse($"{note}— witness.example/w1 {Convert.ToBase64String(flipped)}\n");
            Assert.True(read.IsSignedBy(_key));
            Assert.Null(_cosigner.Key.CosignedAt(read));
            Assert.Equal(1, read.OtherSignatures);
        }
    }

    [Fact]
    public void A_cosignature_of_another_checkpoint_witnesses_nothing()
    {
        TreeHead other = CheckpointNote.Parse(Note()).Head with { Size = 8 };
        Assert.Null(_cosigner.Key.CosignedAt(CheckpointNote.Parse(Note() + _cosigner.Sign(other, Time))));
    }

    [Theory]
    [InlineData("", "is not a witness's key")]
    [InlineData("w1+00000000", "is not a witness's key")]
    [InlineData("w1+00000000+AAAA", "type 4")]
    [InlineData("w1+00000000+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "not an Ed25519 key|the key id of w1")]
    [InlineData("w1+00000000+BB==", "canonical base64")]
    public void What_is_no_key_of_a_witness_is_refused(string text, string reasons)
    {
        EvidenceException e = Assert.Throws<EvidenceException>(() => WitnessKey.Parse(text));
        Assert.True(reasons.Split('|').Any(r => e.Message.Contains(r, StringComparison.OrdinalIgnoreCase)), e.Message);
    }

    [Fact]
    public void A_key_whose_id_or_name_was_altered_is_refused()
    {
        string text = _cosigner.Key.ToString();
        Assert.Equal(
            "The key id of xwitness.example/w1 is b6deae5b, not 328636a5: the key or the name was altered.",
            Assert.Throws<EvidenceException>(() => WitnessKey.Parse("x" + text)).Message
        );
        Assert.Equal([text], WitnessKey.ParseAll($"# mine\n\n{text}\n").Select(k => k.ToString()));
        Assert.Throws<EvidenceException>(() => WitnessKey.ParseAll("# none\n"));
        Assert.Throws<EvidenceException>(() => new Cosigner("a name", new byte[32]));
    }

    [Theory]
    [InlineData("", "The request is not")]
    [InlineData("old 01\n\nnote", "The request is not")]
    [InlineData("old -1\n\nnote", "The request is not")]
    [InlineData("new 1\n\nnote", "The request is not")]
    [InlineData("old 1\nQR==\n\nnote", "canonical base64")]
    [InlineData("old 1\nQQ==\n\nnote", "A hash has 32 bytes")]
    public void What_is_no_request_to_a_witness_is_refused(string body, string reason) =>
        Assert.Contains(reason, Assert.Throws<EvidenceException>(() => AddCheckpoint.Parse(body)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_request_is_read_as_it_was_written()
    {
        AddCheckpoint request = new(20, [MerkleHash.OfNothing, MerkleHash.OfLeaf([1])], Note());
        AddCheckpoint read = AddCheckpoint.Parse(request.Encode());
        Assert.Equal((20L, request.Note), (read.OldSize, read.Note));
        Assert.Equal(request.Proof, read.Proof);
        Assert.Empty(AddCheckpoint.Parse(new AddCheckpoint(0, [], Note()).Encode()).Proof);
        Assert.Throws<EvidenceException>(() =>
            AddCheckpoint.Parse(new AddCheckpoint(1, [.. Enumerable.Repeat(MerkleHash.OfNothing, 64)], Note()).Encode())
        );
    }

    private string Note() => CheckpointNote.Sign(new TreeHead(Some.OriginOf(_key), 7, MerkleHash.OfNothing), _key);
}
