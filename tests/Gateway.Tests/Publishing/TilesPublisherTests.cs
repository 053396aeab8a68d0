using CsCheck;
using EdgeGateway.Evidence;
using EdgeGateway.Publishing;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeGateway.Gateway.Tests.Publishing;

public sealed class TilesPublisherTests : IDisposable
{
    private readonly RecordedLog _log = new();

    private string Place => Path.Combine(_log.Folder, "stick");

    private string LogFolder => Path.Combine(Place, _log.Origin.ToString());

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Whatever_the_steps_are_the_folder_verifies_after_each()
    {
        Gen.OneOf(Gen.Int[1, 9], Gen.Int[200, 520])
            .Array[1, 5]
            .Sample(
                steps =>
                {
                    using RecordedLog log = new();
                    string place = Path.Combine(log.Folder, "stick");
                    foreach (int step in steps)
                    {
                        Batch batch = log.Grow(step);
                        Assert.Equal(DeliveryOutcome.Accepted(), Offer(batch, place));
                        Assert.Equal(log.Ledger.Size, Verified(Path.Combine(place, log.Origin.ToString()), log));
                    }
                },
                iter: 6,
                threads: 1
            );
    }

    [Fact]
    public void Nothing_is_left_but_the_widest_files()
    {
        Deliver(_log.Grow(3), _log.Grow(2), _log.Grow(300));
        Assert.Equal(
            ["checkpoint", "tile/0/000", "tile/0/001.p/49", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/49"],
            Directory
                .EnumerateFiles(LogFolder, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(LogFolder, f))
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_repeated_batch_is_accepted_and_writes_nothing()
    {
        Batch first = _log.Grow(3),
            second = _log.Grow(4);
        Deliver(first, second);
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(LogFolder, "checkpoint"));
        Deliver(first, second, first);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(LogFolder, "checkpoint")));
        Assert.Equal(7, Verified(LogFolder, _log));
    }

    [Fact]
    public void A_new_stick_asks_for_the_log_from_its_first_leaf()
    {
        _log.Grow(3);
        Batch second = _log.Grow(4);
        DeliveryOutcome outcome = Offer(second, Place);
        Assert.Equal((DeliveryVerdict.Behind, 0L), (outcome.Verdict, outcome.Wanted));
    }

    [Fact]
    public async Task A_stick_that_is_exchanged_while_it_runs_gets_the_whole_log()
    {
        _log.Grow(3);
        SignallingTime time = new();
        await using Told publisher = new(new TilesPublisher("stick", Place));
        Delivery delivery = new(_log.Ledger, publisher, new Backoff(time, new Random(1)), time, NullLogger.Instance);
        using CancellationTokenSource stop = new();
        Task running = delivery.RunAsync(stop.Token);
        await publisher.AcceptedUpToAsync(3);
        Directory.Delete(Place, recursive: true);
        _log.Grow(5);
        await publisher.AcceptedUpToAsync(8);
        await stop.CancelAsync();
        await running;
        Assert.Equal(8, Verified(LogFolder, _log));
    }

    [Fact]
    public void After_a_power_cut_between_any_two_steps_the_old_checkpoint_verifies_and_the_next_delivery_goes_on()
    {
        Deliver(_log.Grow(250));
        string before = Path.Combine(_log.Folder, "before"),
            after = Path.Combine(_log.Folder, "after");
        Copy(LogFolder, before);
        Batch batch = _log.Grow(20);
        Deliver(batch);
        Copy(LogFolder, after);

        // The steps: the bundle renamed; leaves half appended; the next bundle; the tiles.
        string entries = Path.Combine("tile", "entries");
        Action<string>[] steps =
        [
            f => File.Move(Path.Combine(f, entries, "000.p", "250"), Path.Combine(f, entries, "000")),
            f =>
            {
                byte[] whole = File.ReadAllBytes(Path.Combine(after, entries, "000"));
                File.WriteAllBytes(Path.Combine(f, entries, "000"), whole[..^100]);
            },
            f => Copy(Path.Combine(after, entries), Path.Combine(f, entries)),
            f => Copy(Path.Combine(after, "tile"), Path.Combine(f, "tile")),
        ];
        for (int cut = 1; cut <= steps.Length; cut++)
        {
            Directory.Delete(LogFolder, recursive: true);
            Copy(before, LogFolder);
            foreach (Action<string> step in steps.Take(cut))
            {
                step(LogFolder);
            }

            Assert.Equal(250, Verified(LogFolder, _log));
            Deliver(batch);
            Assert.Equal(270, Verified(LogFolder, _log));
        }
    }

    [Fact]
    public void Another_history_of_the_same_log_is_kept_out()
    {
        Batch batch = _log.Grow(3);
        Deliver(batch);
        DeliveryOutcome outcome = Offer(batch with { Elements = [batch.Elements[0], batch.Elements[2], batch.Elements[1]] }, Place);
        Assert.Equal(DeliveryVerdict.Kept, outcome.Verdict);
        Assert.Equal(
            $"{LogFolder} holds other leaves of the same log: was an old ledger put back? "
                + "Keep that folder as evidence, and give this publisher another directory.",
            outcome.Text
        );
    }

    [Fact]
    public void A_damaged_copy_is_named()
    {
        Deliver(_log.Grow(3));
        File.WriteAllBytes(Path.Combine(LogFolder, "tile", "0", "000.p", "3"), [1]);
        DeliveryOutcome outcome = Offer(_log.Grow(2), Place);
        Assert.Equal(DeliveryVerdict.Kept, outcome.Verdict);
        Assert.Equal(
            $"{Place} holds a damaged copy of this log: Hash tile 0 of level 0 has 0 hashes, 2 are needed. The ledger is damaged. "
                + "Give this publisher another directory; that one gets the whole log.",
            outcome.Text
        );
    }

    [Fact]
    public void A_place_that_cannot_be_written_keeps_the_batch_with_its_name() =>
        Assert.Equal(
            "The log cannot be written to /proc/delivered: Could not find file '/proc/delivered'. See that the "
                + "folder can be written and has space.",
            Offer(_log.Grow(1), "/proc/delivered").Text
        );

    /// <summary>Tells what was accepted.</summary>
    private sealed class Told(TilesPublisher publisher) : IPublisher
    {
        private readonly System.Threading.Channels.Channel<long> _accepted = System.Threading.Channels.Channel.CreateUnbounded<long>();

        public string Name => publisher.Name;

        public string Destination => publisher.Destination;

        public async Task<DeliveryOutcome> DeliverAsync(Batch batch, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
        {
            DeliveryOutcome outcome = await publisher.DeliverAsync(batch, bytes, cancellation);
            if (outcome.Verdict == DeliveryVerdict.Accepted)
            {
                _accepted.Writer.TryWrite(batch.First + batch.Elements.Count);
            }

            return outcome;
        }

        public async Task AcceptedUpToAsync(long end)
        {
            while (await _accepted.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync() != end) { }
        }

        public ValueTask DisposeAsync() => publisher.DisposeAsync();
    }

    private void Deliver(params Batch[] batches) => Assert.All(batches, b => Assert.Equal(DeliveryOutcome.Accepted(), Offer(b, Place)));

    private static DeliveryOutcome Offer(Batch batch, string place) =>
        new TilesPublisher("stick", place).DeliverAsync(batch, default, CancellationToken.None).Result;

    private static long Verified(string folder, RecordedLog log)
    {
        long leaves = 0;
        CheckpointNote note = TileLog.Verify(
            (path, most) =>
                File.Exists(Path.Combine(folder, path)) ? File.ReadAllBytes(Path.Combine(folder, path)) : (ReadOnlyMemory<byte>?)null,
            TrustAnchors.FromPem(log.PublicKeyPem),
            leaf => leaves += leaf is null ? 0 : 1
        );
        Assert.Equal(note.Head.Size, leaves);
        return leaves;
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }
}
