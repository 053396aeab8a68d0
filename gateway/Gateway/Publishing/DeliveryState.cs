namespace EdgeGateway.Publishing;

/// <summary>How delivery to one destination stands.</summary>
/// <param name="Name">The publisher's name.</param>
/// <param name="Destination">Where the batches go, for a person to read.</param>
/// <param name="DeliveredUpTo">Leaves that were delivered, or passed over because their batch was rejected.</param>
/// <param name="CheckpointSize">Leaves that the newest checkpoint covers.</param>
public sealed record DeliveryState(string Name, string Destination, long DeliveredUpTo, long CheckpointSize)
{
    /// <summary>When a batch was last accepted, wall time, UTC; null when none was since the gateway started.</summary>
    public DateTimeOffset? LastSuccess { get; init; }

    /// <summary>What was to be noted about the last acceptance, or null.</summary>
    public string? Note { get; init; }

    /// <summary>The last failure since the gateway started, or null. It stays readable after a success.</summary>
    public Failure? LastFailure { get; init; }

    /// <summary>The last attempt failed, and the same batch is tried again by itself.</summary>
    public bool IsRetrying { get; init; }

    /// <summary>Batches that the destination refused for good since the gateway started. They stay in the ledger.</summary>
    public long Rejected { get; init; }

    /// <summary>Leaves that are signed but not delivered.</summary>
    public long Backlog => Math.Max(0, CheckpointSize - DeliveredUpTo);

    /// <summary>The state after an attempt. It has moved on or back, or it is retrying.</summary>
    /// <param name="outcome">What the destination did.</param>
    /// <param name="end">Index after the batch's last leaf.</param>
    /// <param name="time">Wall time, UTC.</param>
    public DeliveryState After(DeliveryOutcome outcome, long end, DateTimeOffset time) =>
        outcome.Verdict switch
        {
            DeliveryVerdict.Accepted => this with { DeliveredUpTo = end, LastSuccess = time, Note = outcome.Text, IsRetrying = false },
            DeliveryVerdict.Rejected => this with
            {
                DeliveredUpTo = end,
                Rejected = Rejected + 1,
                LastFailure = new($"The leaves {DeliveredUpTo} to {end - 1} were rejected and passed over: {outcome.Text}", time),
                IsRetrying = false,
            },
            DeliveryVerdict.Behind => this with { DeliveredUpTo = outcome.Wanted, IsRetrying = false },
            _ => this with { LastFailure = new(outcome.Text ?? "No reason was given.", time), IsRetrying = true },
        };
}
