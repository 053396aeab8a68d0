using System.Security.Cryptography;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using Microsoft.Data.Sqlite;

namespace EdgeGateway.Gateway.Tests.Keeping;

public sealed class LedgerTests : IDisposable
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_781_481_600);
    private readonly string _folder = Directory.CreateTempSubdirectory("ledger").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private string Path => System.IO.Path.Combine(_folder, "ledger.db");

    private Origin Origin => new(Origin.DeviceIdOf(_key), 1, Simulated: true);

    public void Dispose()
    {
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_reopened_ledger_goes_on_where_it_stopped()
    {
        MerkleHash root;
        using (Ledger ledger = Ledger.Open(Path))
        {
            Tick(ledger, 0, 300);
            root = ledger.Head(Origin).Root;
        }

        using Ledger again = Ledger.Open(Path);
        Assert.Equal(300, again.Size);
        Assert.Equal(root, again.Head(Origin).Root);
        Tick(again, 1, 5);
        Assert.Equal(Reference(305), again.Head(Origin).Root);
    }

    [Fact]
    public void Every_batch_verifies_and_the_sequence_has_no_gap()
    {
        using Ledger ledger = Ledger.Open(Path);
        for (int i = 0; i < 5; i++)
        {
            Tick(ledger, i, 7 + (i * 100));
            Seal(ledger);
        }

        BatchSequence sequence = new();
        for (long first = 0; first < ledger.Size; first = sequence.End)
        {
            Batch batch = ledger.BatchFrom(first)!;
            sequence.Add(BatchVerifier.Verify(Batch.Decode(batch.Encode(), out _), Trust()));
        }

        Assert.Equal(ledger.Size, sequence.End);
        Assert.Null(ledger.BatchFrom(ledger.Size));
        Assert.NotNull(BatchVerifier.Verify(ledger.BatchFrom(3)!, Trust()));
    }

    [Fact]
    public void A_tick_that_fails_leaves_nothing_behind()
    {
        using Ledger ledger = Ledger.Open(Path);
        Tick(ledger, 0, 10);
        MerkleHash before = ledger.Head(Origin).Root;
        byte[] good = Leaf(10);
        Assert.ThrowsAny<Exception>(() =>
            ledger.Append(new LedgerTick(Start.AddMinutes(1), [good, null!], new Dictionary<string, string>()))
        );
        Assert.Equal((10, before), (ledger.Size, ledger.Head(Origin).Root));
        Assert.Equal(10, ledger.FirstIndexAt(Start.AddSeconds(1)));
        Tick(ledger, 1, 1);
        Assert.Equal(Reference(11), ledger.Head(Origin).Root);
    }

    [Fact]
    public void A_thinned_leaf_is_given_by_its_hash()
    {
        using (Ledger ledger = Ledger.Open(Path))
        {
            Tick(ledger, 0, 300);
            Seal(ledger);
            ledger.Append(new LedgerTick(Start.AddMinutes(1), [], new Dictionary<string, string>(), [2, 255]));
        }

        using Ledger thinned = Ledger.Open(Path);
        VerifiedBatch verified = BatchVerifier.Verify(thinned.BatchFrom(0)!, Trust());
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (long)i).Except([2, 255]), verified.Leaves.Select(l => l.Head.Index));
        Assert.Equal(
            "The bytes of leaf 255 were thinned; only its hash is kept.",
            Assert.Throws<InvalidDataException>(() => thinned.BundleOf([255], thinned.LastCheckpoint!)).Message
        );
    }

    [Fact]
    public void Cursors_and_checkpoints_are_durable_with_the_next_tick_and_at_a_good_end()
    {
        string cut = System.IO.Path.Combine(_folder, "cut.db");
        using (Ledger ledger = Ledger.Open(Path))
        {
            Tick(ledger, 0, 4);
            Seal(ledger);
            ledger.MoveCursor("desk", 4);
            Tick(ledger, 1, 1);
            Seal(ledger);
            ledger.MoveCursor("desk", 5);
            Assert.Equal((5, 5), (ledger.Cursor("desk"), ledger.LastCheckpoint!.Size));

            // What a power cut leaves: the files as the last commit made them.
            File.Copy(Path, cut);
            File.Copy(Path + "-wal", cut + "-wal");
        }

        using Ledger afterCut = Ledger.Open(cut),
            afterStop = Ledger.Open(Path);
        Assert.Equal((5, 4, 4), (afterCut.Size, afterCut.Cursor("desk"), afterCut.LastCheckpoint!.Size));
        Assert.Equal((5, 5, 5), (afterStop.Size, afterStop.Cursor("desk"), afterStop.LastCheckpoint!.Size));
        Seal(afterCut);
        Assert.Equal(5, BatchVerifier.Verify(afterCut.BatchFrom(4)!, Trust()).Head.Size);
    }

    [Fact]
    public void A_checkpoint_that_waits_to_be_durable_ends_a_batch_like_any_other()
    {
        using Ledger ledger = Ledger.Open(Path);
        foreach (int minute in Enumerable.Range(0, 3))
        {
            Tick(ledger, minute, 2);
            Seal(ledger);
        }

        Assert.Equal([2, 4, 6], new long[] { 0, 2, 4 }.Select(first => BatchVerifier.Verify(ledger.BatchFrom(first)!, Trust()).Head.Size));
    }

    [Fact]
    public void Any_size_can_be_proven_although_the_growing_tile_is_not_stored()
    {
        using Ledger ledger = Ledger.Open(Path);
        for (int minute = 0; minute < 4; minute++)
        {
            Tick(ledger, minute, 173);
            Seal(ledger);
            TreeHead head = ledger.Head(Origin);
            for (long older = 1; older < head.Size; older += 41)
            {
                Assert.Equal(
                    head,
                    ledger.ConsistencyFrom(older)!.VerifyConsistency(new TreeHead(Origin, older, Reference((int)older)), head.Root, _key)
                );
            }

            Assert.Equal(
                head,
                CoseReceipt
                    .Decode(ledger.BundleOf([0, head.Size - 1], ledger.LastCheckpoint!).Receipt!.Value)
                    .VerifyInclusion([Leaf(0), Leaf(head.Size - 1)], _key)
            );
        }
    }

    [Fact]
    public async Task Those_who_wait_for_a_checkpoint_are_woken_by_it()
    {
        using Ledger ledger = Ledger.Open(Path);
        Tick(ledger, 0, 4);
        Task waiting = ledger.WaitForCheckpointBeyondAsync(3, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        Seal(ledger);
        await waiting;
    }

    [Fact]
    public void The_file_has_small_pages_and_a_write_ahead_log()
    {
        using (Ledger ledger = Ledger.Open(Path))
        {
            Tick(ledger, 0, 1);
        }

        using SqliteConnection other = new($"Data Source={Path};Pooling=False");
        other.Open();
        using SqliteCommand ask = other.CreateCommand();
        ask.CommandText = "SELECT (SELECT page_size FROM pragma_page_size), (SELECT journal_mode FROM pragma_journal_mode)";
        using SqliteDataReader row = ask.ExecuteReader();
        Assert.True(row.Read());
        Assert.Equal((1024L, "wal"), (row.GetInt64(0), row.GetString(1)));
    }

    [Theory]
    [InlineData("not a database at all, but long enough to be looked at as one, several times over: 0123456789 0123456789 0123456789")]
    [InlineData("SQLite format 3\0")]
    public void A_file_that_is_not_a_ledger_is_named_and_left_as_it_is(string content)
    {
        File.WriteAllText(Path, content);
        Assert.Equal(
            $"The ledger {Path} cannot be opened: SQLite Error 26: 'file is not a database'.",
            Assert.Throws<InvalidDataException>(() => Ledger.Open(Path)).Message
        );
        Assert.Equal(content, File.ReadAllText(Path));
    }

    private TrustAnchors Trust() => TrustAnchors.FromPem(_key.ExportSubjectPublicKeyInfoPem());

    private byte[] Leaf(long index) =>
        LeafCodec.Encode(
            new Leaf(
                new LeafHead
                {
                    Index = index,
                    Type = index == 0 ? LeafType.Genesis : LeafType.Start,
                    Time = Start,
                    TimeStatus = TimeStatus.Unknown,
                    BootCount = 1,
                    MonotonicMs = index,
                    Salt = new byte[LeafCodec.SaltBytes],
                    Simulated = index == 0,
                },
                index == 0
                    ?
                    [
                        LeafRecord.Of("origin", Origin.ToString()),
                        LeafRecord.Of("device", Origin.DeviceId),
                        new LeafRecord("key") { Data = new byte[] { 0x30 } },
                    ]
                    : [LeafRecord.Of("version", "0"), LeafRecord.Of("registers-from-file", 0)]
            )
        );

    private void Tick(Ledger ledger, int minute, int leaves) =>
        ledger.Append(
            new LedgerTick(
                Start.AddMinutes(minute),
                [.. Enumerable.Range(0, leaves).Select(i => Leaf(ledger.Size + i))],
                new Dictionary<string, string>()
            )
        );

    private void Seal(Ledger ledger)
    {
        TreeHead head = ledger.Head(Origin);
        ledger.Seal(new StoredCheckpoint(head.Size, Start, CheckpointNote.Sign(head, _key), CheckpointCose.Sign(head, _key)));
    }

    private MerkleHash Reference(int size)
    {
        Frontier frontier = new();
        for (int i = 0; i < size; i++)
        {
            frontier.Append(MerkleHash.OfLeaf(Leaf(i)));
        }

        return frontier.Root();
    }
}
