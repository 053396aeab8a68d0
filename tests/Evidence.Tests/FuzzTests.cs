using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CsCheck;

namespace EdgeGateway.Evidence.Tests;

/// <summary>
/// Mutates the files of corpus/ and gives them to every reader. A reader either refuses in words or has read the only form of what it
/// read: written again, it is the same bytes.
/// </summary>
public class FuzzTests
{
    private static readonly string Corpus = Path.Combine(Foreign.Root, "tests", "Evidence.Tests", "corpus");
    private static readonly byte[][] Seeds = [.. Directory.EnumerateFiles(Corpus).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    [Fact]
    public void Every_seed_is_read_by_exactly_the_reader_it_is_for()
    {
        Assert.InRange(Seeds.Length, 24, 100);
        Assert.All(Seeds, seed => Assert.Equal(1, Readers(seed)));
    }

    [Fact]
    public void Mutated_seeds_are_refused_in_words_or_read_in_their_only_form() =>
        Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Int[0, Seeds.Length - 1], HostileInputTests.Mutations, Gen.Bool)
            .Sample(
                (seed, other, mutations, splice) =>
                {
                    byte[] bytes = HostileInputTests.Mutate(Seeds[seed], mutations);
                    if (splice)
                    {
                        int cut = (int)(mutations[0].Place * bytes.Length);
                        bytes = [.. bytes.AsSpan(0, cut), .. Seeds[other].AsSpan(Math.Min(cut, Seeds[other].Length))];
                    }

                    _ = Readers(bytes);
                },
                iter: 30_000
            );

    [Theory]
    [InlineData(0x81)]
    [InlineData(0xC1)]
    [InlineData(0xA1)]
    [InlineData(0xD8)]
    [InlineData('[')]
    [InlineData('{')]
    [InlineData(0x00)]
    [InlineData(0xFF)]
    public void Ten_thousand_levels_of_anything_end_in_a_sentence(int what)
    {
        byte[] deep = [.. Enumerable.Repeat((byte)what, 10_000)];
        Assert.Equal(0, Readers(deep));
    }

    [Fact]
    public void Deeply_nested_values_inside_a_bundle_and_a_receipt_end_in_a_sentence()
    {
        byte[] nested = [.. Enumerable.Repeat((byte)0x81, 10_000), 0x01];
        Assert.Equal(0, Readers([0xa2, 0x61, 0x76, 0x01, 0x67, .. "batches"u8, 0x81, .. nested]));
        Assert.Equal(0, Readers([0xd2, 0x84, 0x41, 0xa0, 0xa1, 0x19, 0x01, 0x8c, .. nested]));
    }

    [Fact(Explicit = true)]
    public void Write_the_corpus()
    {
        using ECDsa key = Some.Key();
        Origin origin = Some.OriginOf(key, simulated: true);
        List<byte[]> leaves = Some.Leaves(origin, 9);
        Batch batch = Some.BatchOf(key, origin, leaves, 3, 9);
        Bundle single = Some.BundleOf(key, origin, leaves, 1, 5);
        SomeAuthority root = SomeAuthority.Root();
        X509Certificate2 certificate = root.Issue(origin.DeviceId, key);
        byte[] list = root.List((certificate, Some.Time, X509RevocationReason.KeyCompromise)).Bytes.ToArray();
        using StampingAuthority stamping = new();
        Bundle full = single with
        {
            Batches = [batch],
            Chain = [certificate.RawData, root.Certificate.RawData],
            RevocationLists = [list],
            TimeStamps = [stamping.Stamp(CheckpointNote.Parse(single.Note))],
            KeyChanges = [new KeyChange(leaves[1], single.Receipt!.Value)],
        };
        Directory.CreateDirectory(Corpus);
        Write("batch", batch.Encode());
        Write(
            "batch-withheld",
            (batch with { Elements = [BatchElement.Withheld(batch.Elements[0].Hash), .. batch.Elements.Skip(1)] }).Encode()
        );
        Write("bundle", single.Encode());
        Write("bundle-full", full.Encode());
        Write("bundle-full.json", BundleJson.Encode(full));
        Write("bundle-packed", Zlib.Pack(single.Encode()));
        Write("receipt-inclusion", single.Receipt!.Value.ToArray());
        Write("receipt-consistency", Some.ConsistencyReceipt(key, origin, leaves, 5, 9).Encode());
        Write("crl", list);
        Write("note", Encoding.UTF8.GetBytes(single.Note));
        foreach (Leaf leaf in EveryType.Of(origin))
        {
            Write($"leaf-{leaf.Head.Type}", LeafCodec.Encode(leaf));
        }

        static void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(Corpus, name), bytes);
    }

    // How many readers take the bytes.
    private static int Readers(byte[] bytes) =>
        Takes(() => LeafCodec.Encode(LeafCodec.Decode(bytes)), bytes, unknownLabels: true)
        + Takes(
            () =>
            {
                Batch batch = Batch.Decode(bytes, out int length);
                return length == bytes.Length ? batch.Encode() : throw new EvidenceException("longer");
            },
            bytes
        )
        + Takes(() => Bundle.Decode(bytes).Encode(), bytes)
        + Takes(() => BundleJson.Encode(BundleJson.Decode(bytes)), null)
        + Takes(() => CoseReceipt.Decode(bytes).Encode(), bytes)
        + Takes(() => RevocationList.Decode(bytes).Bytes.ToArray(), bytes)
        + Takes(() => Encoding.UTF8.GetBytes(CheckpointNote.Parse(Encoding.UTF8.GetString(bytes)).Head.NoteText()), null)
        + Takes(() => Zlib.IsPacked(bytes) ? Zlib.Unpack(bytes, 1 << 16) : throw new EvidenceException("not packed"), null);

    private static int Takes(Func<byte[]> read, byte[]? same, bool unknownLabels = false)
    {
        try
        {
            byte[] written = read();

            // Labels that nobody knows are passed over (RFC 8428 §4.4), so they are not written again.
            if (same is not null && !(unknownLabels && written.Length < same.Length))
            {
                Assert.Equal(same, written);
            }

            return 1;
        }
        catch (EvidenceException e)
        {
            Assert.NotEmpty(e.Message);
            return 0;
        }
    }
}
