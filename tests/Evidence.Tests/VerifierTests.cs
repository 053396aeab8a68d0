using System.Security.Cryptography;
using System.Text.RegularExpressions;
using CsCheck;

namespace EdgeGateway.Evidence.Tests;

/// <summary>
/// A verifier in Python that knows only the format's text comes to the same verdicts as this one, on good evidence and on damaged.
/// </summary>
public sealed class VerifierTests : IDisposable
{
    private readonly ECDsa _key = Some.Key();
    private readonly Origin _origin;
    private readonly List<byte[]> _leaves;
    private readonly string _keyFile = Path.GetTempFileName();

    public VerifierTests()
    {
        _origin = Some.OriginOf(_key, simulated: true);
        _leaves = Some.Leaves(_origin, 21);
        File.WriteAllText(_keyFile, _key.ExportSubjectPublicKeyInfoPem());
    }

    public void Dispose() => File.Delete(_keyFile);

    [Fact]
    public void Good_evidence_verifies_in_Python_with_the_same_root()
    {
        Batch batch = Some.BatchOf(_key, _origin, _leaves, 3, 21);
        Batch withheld = batch with { Elements = [BatchElement.Withheld(batch.Elements[0].Hash), .. batch.Elements.Skip(1)] };
        Bundle bundle = Some.BundleOf(_key, _origin, _leaves, 0, 20, 7) with { Batches = [withheld] };
        Bundle proofs = bundle with
        {
            Chain = [new byte[] { 0x30 }],
            RevocationLists = [new byte[] { 0x30 }],
            TimeStamps = [new byte[] { 0x30 }],
        };
        CoseReceipt receipt = Some.ConsistencyReceipt(_key, _origin, _leaves, 5, 21);
        TreeHead older = Some.HeadOf(_origin, _leaves, 5),
            head = Some.HeadOf(_origin, _leaves, 21);
        string[] said = Python([
            $"batch {Hex(batch.Encode())}",
            $"batch {Hex(withheld.Encode())}",
            $"bundle {Hex(bundle.Encode())}",
            $"json {Hex(BundleJson.Encode(bundle))}",
            $"bundle {Hex(Zlib.Pack(bundle.Encode()))}",
            $"bundle {Hex(proofs.Encode())}",
            $"consistency 5 {older.Root} 21 {head.Root} {string.Join(',', receipt.Consistency!.Path)}",
        ]);
        Assert.All(said, line => Assert.Equal($"verified 21 {head.Root}", line));
        Assert.Equal(7, said.Length);
        Assert.Equal(
            "refused roots are not consistent",
            Python([$"consistency 5 {head.Root} 21 {head.Root} {string.Join(',', receipt.Consistency.Path)}"]).Single()
        );
    }

    [Fact]
    public void Every_type_of_leaf_is_read_in_Python()
    {
        IReadOnlyList<Leaf> leaves = EveryType.Of(_origin);
        Assert.Equal(
            leaves.Select(l => $"leaf {l.Head.Index} {l.Head.Type}"),
            Python([.. leaves.Select(l => $"leaf {Hex(LeafCodec.Encode(l))}")])
        );
    }

    [Fact]
    public void Damaged_evidence_has_the_same_verdict_here_and_there()
    {
        byte[] batch = Some.BatchOf(_key, _origin, _leaves, 0, 5).Encode(),
            bundle = Some.BundleOf(_key, _origin, _leaves, 2, 7).Encode();
        byte[][] leaves = [.. EveryType.Of(_origin).Select(LeafCodec.Encode)];
        List<(string Kind, byte[] Bytes)> damaged = [];
        Gen.Select(Gen.Int[0, 2 + leaves.Length], HostileInputTests.Mutations)
            .Array[4000]
            .Single()
            .ToList()
            .ForEach(d =>
            {
                (string kind, byte[] seed) = d.Item1 switch
                {
                    0 => ("batch", batch),
                    1 => ("bundle", bundle),
                    _ => ("leaf", leaves[(d.Item1 - 2) % leaves.Length]),
                };
                damaged.Add((kind, HostileInputTests.Mutate(seed, d.Item2)));
            });
        damaged.AddRange(leaves.Select(l => ("leaf", l)));
        damaged.AddRange(AtTheLimits().Select(l => ("leaf", l)));
        damaged.AddRange(Enumerable.Range(0, batch.Length).Select(i => ("batch", Flipped(batch, i))));
        damaged.AddRange(Enumerable.Range(0, bundle.Length).Select(i => ("bundle", Flipped(bundle, i))));
        string[] said = Python([.. damaged.Select(d => $"{d.Kind} {Hex(d.Bytes)}")]);
        int read = 0;
        for (int i = 0; i < damaged.Count; i++)
        {
            string here = Verdict(damaged[i].Kind, damaged[i].Bytes);
            read += here.StartsWith("refused", StringComparison.Ordinal) ? 0 : 1;
            Assert.True(
                here[..7] == said[i][..Math.Min(7, said[i].Length)],
                $"here: {here}; Python: {said[i]}; {damaged[i].Kind} {Hex(damaged[i].Bytes)}"
            );
        }

        Assert.InRange(read, leaves.Length, 3000);
    }

    // A count that is the last of 64 bits with a sign, or one more; a time that is the last of the year 9999, or one more.
    private IEnumerable<byte[]> AtTheLimits()
    {
        string reading = Hex(LeafCodec.Encode(EveryType.Of(_origin).First(l => l.Head.Type == LeafType.Reading)));
        const string Count = "c48222193138"; // 12600 milliwatt-hours
        string time = Regex.Match(reading, "061a[0-9a-f]{8}").Value;
        foreach (string limit in new[] { "1b7fffffffffffffff", "1b8000000000000000", "3b7fffffffffffffff", "3b8000000000000000" })
        {
            yield return Convert.FromHexString(Replaced(Count, "c48222" + limit));
        }

        foreach (string limit in new[] { "1b0000003afff4417f", "1b0000003afff44180", "1bffffffffffffffff" })
        {
            yield return Convert.FromHexString(Replaced(time, "06" + limit));
        }

        string Replaced(string what, string by)
        {
            string changed = reading.Replace(what, by, StringComparison.Ordinal);
            return changed != reading ? changed : throw new InvalidOperationException($"{what} is not in the leaf.");
        }
    }

    private string Verdict(string kind, byte[] bytes)
    {
        try
        {
            TrustAnchors trust = Some.Trust(_key);
            switch (kind)
            {
                case "batch":
                    Batch batch = Batch.Decode(bytes, out int length);
                    return length == bytes.Length ? $"verified {BatchVerifier.Verify(batch, trust).Head.Size}" : "refused: bytes follow";
                case "bundle":
                    return $"verified {BundleVerifier.Verify(Bundle.Decode(bytes), trust).Head.Size}";
                default:
                    Leaf leaf = LeafCodec.Decode(bytes);
                    return bytes.Length < LeafCodec.MinBytes ? "refused: too short" : $"leaf {leaf.Head.Index} {leaf.Head.Type}  ";
            }
        }
        catch (EvidenceException e)
        {
            return $"refused {e.Message}";
        }
    }

    private string[] Python(IReadOnlyList<string> lines) =>
        Foreign.Python("verifier.py", [_keyFile], string.Join('\n', lines) + "\n").TrimEnd('\n').Split('\n');

    private static byte[] Flipped(byte[] bytes, int at)
    {
        byte[] flipped = [.. bytes];
        flipped[at] ^= (byte)(1 << (at % 8));
        return flipped;
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
