using EdgeGateway.Evidence;
using EdgeGateway.Publishing;

namespace EdgeGateway.Tests.Publishing;

public sealed class DirectoryPublisherTests : IDisposable
{
    private readonly RecordedLog _log = new();

    private string Delivered => Path.Combine(_log.Folder, "delivered");

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Files_are_named_by_first_leaf_and_log_size_and_nothing_else_is_left()
    {
        await DeliverAsync(_log.Grow(3), _log.Grow(2));
        Assert.Equal(
            ["000000000000-000000000003.batch", "000000000003-000000000005.batch", "checkpoint.txt"],
            Directory.EnumerateFileSystemEntries(Delivered).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_newest_checkpoint_lies_beside_the_batches_even_when_an_old_batch_comes_again()
    {
        Batch first = _log.Grow(3), second = _log.Grow(2);
        await DeliverAsync(first, second, first);
        Assert.Equal(second.Note, await File.ReadAllTextAsync(Path.Combine(Delivered, "checkpoint.txt"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_full_disk_keeps_the_batch_and_leaves_no_part_of_it()
    {
        Batch batch = _log.Grow(3);
        Directory.CreateDirectory(Delivered);
        // Writing through this link meets a device that is always full.
        File.CreateSymbolicLink(Path.Combine(Delivered, ".000000000000-000000000003.batch.tmp"), "/dev/full");
        DeliveryOutcome outcome = await OfferAsync(batch);
        Assert.Equal(DeliveryVerdict.Kept, outcome.Verdict);
        Assert.Contains("No space left", outcome.Text, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Delivered));
        await DeliverAsync(batch);
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_keeps_the_batch_with_its_name()
    {
        DeliveryOutcome outcome = await new DirectoryPublisher("desk", "/proc/delivered").DeliverAsync(_log.Grow(1), default, TestContext.Current.CancellationToken);
        Assert.Equal(DeliveryVerdict.Kept, outcome.Verdict);
        Assert.Contains("/proc/delivered", outcome.Text, StringComparison.Ordinal);
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
