using System.Threading.Channels;
using EdgeGateway.Evidence;
using EdgeGateway.Publishing;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeGateway.Gateway.Tests.Publishing;

/// <summary>What holds for every publisher, tried on its real destination.</summary>
public abstract class PublisherContract : IAsyncDisposable
{
    private readonly RecordedLog _log = new();
    private readonly SignallingTime _time = new();

    private protected RecordedLog Log => _log;

    /// <summary>A publisher to the destination, which need not be there.</summary>
    protected abstract IPublisher Open();

    /// <summary>The destination appears, or comes back.</summary>
    protected abstract Task AppearAsync();

    /// <summary>The destination goes away, with what it had kept or without.</summary>
    protected abstract Task VanishAsync();

    /// <summary>
    /// All that is at the destination or has newly come there, in order, once the batch that ends at <paramref name="end"/> was accepted.
    /// </summary>
    protected abstract Task<IReadOnlyList<byte[]>> ArrivedAsync(long end);

    public virtual async ValueTask DisposeAsync()
    {
        await VanishAsync();
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_backlog_arrives_in_order_without_a_pause_and_byte_for_byte()
    {
        await AppearAsync();
        List<byte[]> sent = [.. new[] { 3, 1, 300, 2 }.Select(n => _log.Grow(n).Encode())];
        await DeliveringAsync(
            async (delivery, arrivedAsync) =>
            {
                IReadOnlyList<byte[]> arrived = await arrivedAsync(306);
                Assert.Equal(sent.Select(Convert.ToHexString), arrived.Select(Convert.ToHexString));
                Assert.Equal(306, _log.VerifySequence(arrived));
            }
        );
    }

    [Fact]
    public async Task The_next_checkpoint_wakes_a_delivery_that_has_caught_up_and_its_cursor_has_moved()
    {
        await AppearAsync();
        _log.Grow(3);
        await DeliveringAsync(
            async (delivery, arrivedAsync) =>
            {
                List<byte[]> arrived = [.. await arrivedAsync(3)];
                _log.Grow(2);
                arrived.AddRange(await arrivedAsync(5));
                Assert.Equal(5, _log.VerifySequence(arrived));
                Assert.InRange(_log.Ledger.Cursor(delivery.State.Name), 3, 5);
                Assert.NotNull(delivery.State.LastSuccess);
            }
        );
    }

    [Fact]
    public async Task The_same_batch_twice_and_cut_otherwise_is_harmless()
    {
        await AppearAsync();
        Batch first = _log.Grow(3),
            second = _log.Grow(2),
            recut = _log.Ledger.BatchFrom(1)!;
        await using IPublisher publisher = Open();
        foreach (Batch batch in new[] { first, first, recut, second })
        {
            Assert.Equal(
                DeliveryVerdict.Accepted,
                (await publisher.DeliverAsync(batch, batch.Encode(), TestContext.Current.CancellationToken)).Verdict
            );
        }

        Assert.Equal(5, _log.VerifySequence(await ArrivedAsync(5)));
    }

    [Fact]
    public async Task An_unreachable_destination_keeps_everything_with_a_reason_and_gets_it_all_once_it_appears()
    {
        _log.Grow(3);
        await DeliveringAsync(
            async (delivery, arrivedAsync) =>
            {
                await _time.NextWaitAsync();
                _log.Grow(2);
                DeliveryState state = delivery.State;
                Assert.True(state.IsRetrying);
                Assert.True(state.LastFailure!.Reason.Length > 20, state.LastFailure.Reason);
                Assert.Equal((0L, 5L), (_log.Ledger.Cursor(delivery.State.Name), state.Backlog));
                await AppearAsync();
                _time.Advance(Backoff.Longest);
                Assert.Equal(5, _log.VerifySequence(await arrivedAsync(5)));
            }
        );
    }

    [Fact]
    public async Task A_destination_that_vanishes_and_comes_back_misses_nothing()
    {
        await AppearAsync();
        _log.Grow(3);
        await DeliveringAsync(
            async (delivery, arrivedAsync) =>
            {
                List<byte[]> arrived = [.. await arrivedAsync(3)];
                await VanishAsync();
                _log.Grow(2);
                await _time.NextWaitAsync();
                await AppearAsync();
                _time.Advance(Backoff.Longest);
                arrived.AddRange(await arrivedAsync(5));
                Assert.Equal(5, _log.VerifySequence(arrived));
            }
        );
    }

    // Runs a delivery during a test; the function given to the test waits until a batch was accepted and gives what arrived.
    private async Task DeliveringAsync(Func<Delivery, Func<long, Task<IReadOnlyList<byte[]>>>, Task> test)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using Observed publisher = new(Open());
        Delivery delivery = new(_log.Ledger, publisher, new Backoff(_time, new Random(1)), _time, NullLogger.Instance);
        Task running = delivery.RunAsync(stop.Token);
        try
        {
            await test(delivery, async end =>
            {
                await publisher.AcceptsAsync(end);
                return await ArrivedAsync(end);
            });
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    /// <summary>A publisher whose acceptances a test can wait for.</summary>
    private sealed class Observed(IPublisher publisher) : IPublisher
    {
        private readonly Channel<long> _accepted = Channel.CreateUnbounded<long>();

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

        public async Task AcceptsAsync(long end)
        {
            while (await _accepted.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync() != end) { }
        }

        public ValueTask DisposeAsync() => publisher.DisposeAsync();
    }
}

/// <summary>A destination that is a folder.</summary>
public abstract class FolderContract : PublisherContract
{
    private string Place => Path.Combine(Log.Folder, "stick");

    private protected string Delivered => Path.Combine(Place, "delivered");

    protected FolderContract() => File.WriteAllText(Place, "no folder can be made here");

    protected override Task AppearAsync()
    {
        File.Delete(Place);
        return Task.CompletedTask;
    }

    protected override Task VanishAsync()
    {
        if (Directory.Exists(Place))
        {
            Directory.Delete(Place, recursive: true);
            File.WriteAllText(Place, "no folder can be made here");
        }

        return Task.CompletedTask;
    }
}

public sealed class DirectoryPublisherContractTests : FolderContract
{
    protected override IPublisher Open() => new DirectoryPublisher("desk", Delivered);

    protected override Task<IReadOnlyList<byte[]>> ArrivedAsync(long end) =>
        Task.FromResult<IReadOnlyList<byte[]>>([
            .. Directory.EnumerateFiles(Delivered, "*.batch").Order(StringComparer.Ordinal).Select(File.ReadAllBytes),
        ]);
}

public sealed class TilesPublisherContractTests : FolderContract
{
    protected override IPublisher Open() => new TilesPublisher("stick", Delivered);

    // The folder has the leaves, not the batches they came in: those are cut again once the whole log has been verified from its tiles.
    protected override Task<IReadOnlyList<byte[]>> ArrivedAsync(long end)
    {
        string folder = Path.Combine(Delivered, Log.Origin.ToString());
        long leaves = 0;
        TileLog.Verify(
            (path, most) =>
                File.Exists(Path.Combine(folder, path)) ? File.ReadAllBytes(Path.Combine(folder, path)) : (ReadOnlyMemory<byte>?)null,
            TrustAnchors.FromPem(Log.PublicKeyPem),
            _ => leaves++
        );
        List<byte[]> batches = [];
        for (long first = 0; first < leaves; )
        {
            Batch batch = Log.Ledger.BatchFrom(first)!;
            batches.Add(batch.Encode());
            first += batch.Elements.Count;
        }

        return Task.FromResult<IReadOnlyList<byte[]>>(batches);
    }
}

public sealed class MqttPublisherContractTests : PublisherContract
{
    private readonly int _port = Mosquitto.FreePort();
    private Mosquitto? _broker;
    private Subscriber? _subscriber;

    protected override IPublisher Open() =>
        new MqttPublisher(
            new("cloud", new("127.0.0.1", _port, null, null, Tls: false), "demo"),
            Log.Origin.DeviceId,
            "1.2.3",
            TimeProvider.System
        );

    protected override async Task AppearAsync()
    {
        _broker = await Mosquitto.StartAsync(_port);
        _subscriber = await Subscriber.ToAsync(_port, $"gw/demo/{Log.Origin.DeviceId}/v1/batch");
    }

    protected override async Task VanishAsync()
    {
        _subscriber?.Dispose();
        await (_broker?.DisposeAsync() ?? ValueTask.CompletedTask);
        _broker = null;
    }

    protected override async Task<IReadOnlyList<byte[]>> ArrivedAsync(long end)
    {
        List<byte[]> arrived = [];
        Batch batch;
        do
        {
            arrived.Add((await _subscriber!.NextAsync()).Bytes);
            batch = Batch.Decode(arrived[^1], out _);
        } while (batch.First + batch.Elements.Count != end);
        return arrived;
    }
}
