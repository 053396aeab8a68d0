using EdgeGateway.Evidence;
using EdgeGateway.Keeping;

namespace EdgeGateway.Publishing;

/// <summary>
/// Brings the ledger's batches to one destination: from its cursor on, in order, as soon as a checkpoint covers them. The ledger is the
/// only queue.
/// </summary>
/// <param name="ledger">Read, and given the cursor's moves.</param>
/// <param name="publisher">The destination. The caller disposes it when the delivery has ended.</param>
/// <param name="backoff">Not shared with another delivery.</param>
/// <param name="time">For pauses and the times in the state.</param>
/// <param name="log">What a person reads afterwards: each failure once, each rejection, each recovery.</param>
/// <param name="forCosignature">How long the newest batch waits for a witness's cosignature, to be delivered with it. Zero without
/// witnesses.</param>
public sealed class Delivery(
    Ledger ledger,
    IPublisher publisher,
    Backoff backoff,
    TimeProvider time,
    ILogger log,
    TimeSpan forCosignature = default
)
{
    private DeliveryState _state = new(publisher.Name, publisher.Destination, ledger.Cursor(publisher.Name), 0);

    /// <summary>How it stands now. Can be read at any time, from any thread.</summary>
    public DeliveryState State => Volatile.Read(ref _state) with { CheckpointSize = ledger.LastCheckpoint?.Size ?? 0 };

    /// <summary>Delivers until cancelled, whatever happens. A backlog goes out without a pause between batches.</summary>
    public Task RunAsync(CancellationToken cancellation) =>
        Task.Run(
            async () =>
            {
                while (!cancellation.IsCancellationRequested)
                {
                    try
                    {
                        await DeliverNextAsync(cancellation);
                    }
                    catch (Exception) when (cancellation.IsCancellationRequested)
                    {
                        return;
                    }
                }
            },
            CancellationToken.None
        );

    private async Task DeliverNextAsync(CancellationToken cancellation)
    {
        long first = _state.DeliveredUpTo,
            end = first;
        DeliveryOutcome outcome;
        try
        {
            await ledger.WaitForCheckpointBeyondAsync(first, cancellation);
            await CosignedOrLateAsync(first, cancellation);
            Batch batch = ledger.BatchFrom(first)
                ?? throw new InvalidDataException($"The ledger has no checkpoint beyond leaf {first}, although it announced one.");
            end = first + batch.Elements.Count;
            outcome = await publisher.DeliverAsync(batch, batch.Encode(), cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            log.LogError(e, "The delivery {Name} to {Destination} failed at leaf {First}.", publisher.Name, publisher.Destination, first);
            outcome = DeliveryOutcome.Kept(e.Message);
        }

        DeliveryState before = _state,
            after = before.After(outcome, end, time.GetUtcNow());
        Volatile.Write(ref _state, after);
        Tell(before, after);
        if (after.IsRetrying)
        {
            await Task.Delay(backoff.Failed(), time, cancellation);
            return;
        }

        ledger.MoveCursor(publisher.Name, after.DeliveredUpTo);
        backoff.Succeeded();
    }

    private async Task CosignedOrLateAsync(long first, CancellationToken cancellation)
    {
        // Only the newest checkpoint is sent to witnesses: a backlog does not wait.
        if (
            forCosignature > TimeSpan.Zero
            && ledger.LastCheckpoint is { } newest
            && ledger.BatchFrom(first) is { } batch
            && batch.First + batch.Elements.Count == newest.Size
        )
        {
            try
            {
                await ledger.WaitForCosignatureAsync(newest.Size, cancellation).WaitAsync(forCosignature, time, cancellation);
            }
            catch (TimeoutException)
            {
                // It goes without.
            }
        }
    }

    private void Tell(DeliveryState before, DeliveryState after)
    {
        if (after.DeliveredUpTo < before.DeliveredUpTo)
        {
            log.LogInformation(
                "{Name} ({Destination}) has only {Count} leaves of the log and gets all from there.",
                after.Name,
                after.Destination,
                after.DeliveredUpTo
            );
        }

        if (after.Rejected > before.Rejected || (after.IsRetrying && after.LastFailure!.Reason != before.LastFailure?.Reason))
        {
            log.LogWarning("{Name} ({Destination}): {Reason}", after.Name, after.Destination, after.LastFailure!.Reason);
        }
        else if (before.IsRetrying && !after.IsRetrying)
        {
            log.LogInformation("{Name} ({Destination}) takes batches again.", after.Name, after.Destination);
        }
    }
}
