using EdgeGateway.Evidence;
using EdgeGateway.Publishing;

namespace EdgeGateway.Gateway.Tests.Publishing;

public sealed class DirectoryPublisherTests : IDisposable
{
    private readonly RecordedLog _log = new();

    private string Delivered => Path.Combine(_log.Folder, "delivered");

    private string Log => $"{_log.Origin.DeviceId[..8]}-0001";

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task What_was_delivered_is_never_replaced_by_other_leaves()
    {
        Batch batch = _log.Grow(3);
        await DeliverAsync(batch);
        string file = Path.Combine(Delivered, $"{Log}-000000000000-000000000003.batch");
        byte[] before = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        Batch other = batch with { Elements = [batch.Elements[0], batch.Elements[2], batch.Elements[1]] };
        DeliveryOutcome outcome = await OfferAsync(other);
        Assert.Equal(DeliveryVerdict.Kept, outcome.Verdict);
        Assert.Equal(
            $"{file} holds other leaves of the same log: was an old ledger put back? "
                + "Keep that file as evidence, and give this publisher another directory.",
            outcome.Text
        );
        Assert.Equal(before, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Files_are_named_by_log_first_leaf_and_size_and_nothing_else_is_left()
    {
        await DeliverAsync(_log.Grow(3), _log.Grow(2));
        Assert.Equal(
            new HashSet<string?> { $"{Log}-000000000000-000000000003.batch", $"{Log}-000000000003-000000000005.batch", "checkpoint.txt" },
            Directory.EnumerateFileSystemEntries(Delivered).Select(Path.GetFileName).ToHashSet()
        );
    }

    [Fact]
    public async Task The_newest_checkpoint_lies_beside_the_batches_even_when_an_old_batch_comes_again()
    {
        Batch first = _log.Grow(3),
            second = _log.Grow(2);
        await DeliverAsync(first, second, first);
        Assert.Equal(
            second.Note,
            await File.ReadAllTextAsync(Path.Combine(Delivered, "checkpoint.txt"), TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task A_full_disk_keeps_the_batch_and_leaves_no_part_of_it()
    {
        Batch batch = _log.Grow(3);
        Directory.CreateDirectory(Delivered);
        // Writing through this link meets a device that is always full.
        File.CreateSymbolicLink(Path.Combine(Delivered, $".{Log}-000000000000-000000000003.batch.tmp"), "/dev/full");
        DeliveryOutcome outcome = await OfferAsync(batch);
        Assert.Equal(DeliveryVerdict.Kept, outcome.Verdict);
        Assert.Contains("No space left", outcome.Text, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Delivered));
        await DeliverAsync(batch);
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_keeps_the_batch_with_its_name()
    {
        DeliveryOutcome outcome = await new DirectoryPublisher("desk", "/proc/delivered").DeliverAsync(
            _log.Grow(1),
            default,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(DeliveryVerdict.Kept, outcome.Verdict);
        Assert.Equal(
            "The batch cannot be written to /proc/delivered: Could not find file '/proc/delivered'. See that the "
                + "folder can be written and has space.",
            outcome.Text
        );
    }

    private async Task DeliverAsync(params Batch[] batches)
    {
        foreach (Batch batch in batches)
        {
            Assert.Equal(DeliveryOutcome.Accepted(), await OfferAsync(batch));
        }
    }

    private Task<DeliveryOutcome> OfferAsync(Batch batch) =>
        new DirectoryPublisher("desk", Delivered).DeliverAsync(batch, batch.Encode(), TestContext.Current.CancellationToken);
}
