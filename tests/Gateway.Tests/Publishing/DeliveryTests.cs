using EdgeGateway.Publishing;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeGateway.Gateway.Tests.Publishing;

public sealed class DeliveryTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_781_481_600);
    private static readonly DeliveryState Before = new("desk", "directory /delivered", 10, 30)
    {
        LastFailure = new("The disk is full.", Now),
        IsRetrying = true,
    };
    private readonly RecordedLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void An_accepted_batch_moves_on_and_its_note_and_the_last_failure_stay_readable()
    {
        DeliveryState after = Before.After(DeliveryOutcome.Accepted("Nobody subscribes."), 20, Now.AddMinutes(1));
        Assert.Equal(
            Before with
            {
                DeliveredUpTo = 20,
                LastSuccess = Now.AddMinutes(1),
                Note = "Nobody subscribes.",
                IsRetrying = false,
            },
            after
        );
        Assert.Equal((20L, 10L), (Before.Backlog, after.Backlog));
    }

    [Fact]
    public void A_rejected_batch_is_counted_named_and_passed_over()
    {
        DeliveryState after = Before.After(DeliveryOutcome.Rejected("Too large."), 20, Now.AddMinutes(1));
        Assert.Equal((20L, 1L, false), (after.DeliveredUpTo, after.Rejected, after.IsRetrying));
        Assert.Equal(new Failure("The leaves 10 to 19 were rejected and passed over: Too large.", Now.AddMinutes(1)), after.LastFailure);
        Assert.Null(after.LastSuccess);
    }

    [Fact]
    public void A_kept_batch_stays_where_it_is_with_the_reason()
    {
        DeliveryState after = Before.After(DeliveryOutcome.Kept("No route."), 20, Now.AddMinutes(1));
        Assert.Equal(Before with { LastFailure = new("No route.", Now.AddMinutes(1)) }, after);
    }

    [Fact]
    public async Task A_fault_of_the_ledger_is_told_and_does_not_end_the_delivery()
    {
        _log.Grow(3);
        _log.Damage("CREATE TABLE aside AS SELECT * FROM leaf; DELETE FROM leaf WHERE idx = 2");
        SignallingTime time = new();
        await using DirectoryPublisher publisher = new("desk", Path.Combine(_log.Folder, "delivered"));
        Delivery delivery = new(_log.Ledger, publisher, new Backoff(time, new Random(1)), time, NullLogger.Instance);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task running = delivery.RunAsync(stop.Token);
        foreach (int _ in new[] { 1, 2 })
        {
            await time.NextWaitAsync();
            Assert.Equal("Leaf 2 is not in the ledger, although checkpoint 3 covers it.", delivery.State.LastFailure!.Reason);
            time.Advance(Backoff.Longest);
        }

        await time.NextWaitAsync();
        _log.Damage("INSERT INTO leaf SELECT * FROM aside WHERE idx = 2");
        File.WriteAllText(Path.Combine(_log.Folder, "delivered"), "");
        time.Advance(Backoff.Longest);
        await time.NextWaitAsync();
        string folder = Path.Combine(_log.Folder, "delivered");
        Assert.Equal(
            $"The batch cannot be written to {folder}: The file '{folder}' already exists. "
                + "See that the folder can be written and has space.",
            delivery.State.LastFailure!.Reason
        );
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public void Every_kind_of_publisher_has_its_contract_test()
    {
        List<string> publishers =
        [
            .. typeof(IPublisher)
                .Assembly.GetTypes()
                .Where(t => t is { IsClass: true } && t.IsAssignableTo(typeof(IPublisher)))
                .Select(t => t.Name),
        ];
        Assert.Equal(3, publishers.Count);
        Assert.All(publishers, p =>
            Assert.Contains(typeof(PublisherContract).Assembly.GetTypes(), t =>
                t.Name == p + "ContractTests" && t.IsSubclassOf(typeof(PublisherContract))
            )
        );
    }

    [Fact]
    public void A_relative_directory_counts_from_the_data_folder()
    {
        Assert.Equal("directory /data/delivered", Made("delivered").Destination);
        Assert.Equal("directory /media/stick", Made("/media/stick").Destination);

        static IPublisher Made(string path) =>
            Publishers.Make(new EdgeGateway.Site.DirectoryPublisherSettings("desk", path), "/data", "", "1.2.3", TimeProvider.System);
    }
}
