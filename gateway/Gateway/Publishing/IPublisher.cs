using EdgeGateway.Evidence;
using EdgeGateway.Signing;
using EdgeGateway.Site;

namespace EdgeGateway.Publishing;

/// <summary>
/// A destination that batches are pushed to, one at a time and in the order of the log. It keeps nothing itself: what it did not accept
/// is still in the ledger and is offered again. Receivers are idempotent on (origin, index), so sending twice is harmless.
/// </summary>
public interface IPublisher : IAsyncDisposable
{
    /// <summary>Its name in the site file, which is also the name of its cursor in the ledger.</summary>
    string Name { get; }

    /// <summary>Where the batches go, for a person to read.</summary>
    string Destination { get; }

    /// <summary>Offers one batch. Returns only when the destination has it durably, refuses it, or cannot take it now.</summary>
    /// <param name="batch">What is delivered.</param>
    /// <param name="bytes">The batch's bytes, which must arrive as they are.</param>
    /// <param name="cancellation">The gateway is stopping; whether the batch arrived is then unknown.</param>
    Task<DeliveryOutcome> DeliverAsync(Batch batch, ReadOnlyMemory<byte> bytes, CancellationToken cancellation);
}

/// <summary>What a destination did with a batch.</summary>
public enum DeliveryVerdict
{
    /// <summary>The destination has it.</summary>
    Accepted,

    /// <summary>The destination will never take this batch. It may take others.</summary>
    Rejected,

    /// <summary>The destination does not take the batch now. It is kept in the ledger and tried again.</summary>
    Kept,

    /// <summary>The destination is good, but it lacks leaves that were delivered before: it is a new one, or lost what it had.</summary>
    Behind,
}

/// <summary>A verdict and what a person should know about it.</summary>
/// <param name="Verdict">What the destination did.</param>
/// <param name="Text">Why it is rejected or kept; beside an acceptance, what it does not mean, or null.</param>
public sealed record DeliveryOutcome(DeliveryVerdict Verdict, string? Text)
{
    /// <summary>The index from which on the destination wants leaves, when it is behind.</summary>
    public long Wanted { get; private init; }

    /// <summary>The destination wants the leaves from an earlier one on.</summary>
    public static DeliveryOutcome Behind(long wanted) => new(DeliveryVerdict.Behind, null) { Wanted = wanted };

    /// <summary>The destination has it.</summary>
    public static DeliveryOutcome Accepted(string? note = null) => new(DeliveryVerdict.Accepted, note);

    /// <summary>The destination will never take this batch.</summary>
    public static DeliveryOutcome Rejected(string reason) => new(DeliveryVerdict.Rejected, reason);

    /// <summary>The destination does not take the batch now, for a reason.</summary>
    public static DeliveryOutcome Kept(string reason) => new(DeliveryVerdict.Kept, reason);
}

/// <summary>The kinds of publisher that a site file can name.</summary>
public static class Publishers
{
    /// <summary>Makes the publisher that the settings describe. Nothing is opened or connected yet.</summary>
    /// <param name="settings">The settings from the site file.</param>
    /// <param name="dataFolder">Full path of the gateway's data folder, from which relative directories count.</param>
    /// <param name="deviceId">The device id of the log's origin, which stands in MQTT topics.</param>
    /// <param name="version">The gateway's version, shown to those who watch its state.</param>
    /// <param name="time">The clock of the deadlines.</param>
    /// <param name="keys">How the device's key has changed. Null: it has not.</param>
    public static IPublisher Make(
        PublisherSettings settings,
        string dataFolder,
        string deviceId,
        string version,
        TimeProvider time,
        DeviceKeyHistory? keys = null
    ) =>
        settings switch
        {
            TilesPublisherSettings tiles => new TilesPublisher(tiles.Name, Path.Combine(dataFolder, tiles.Path), keys),
            DirectoryPublisherSettings directory => new DirectoryPublisher(directory.Name, Path.Combine(dataFolder, directory.Path)),
            MqttPublisherSettings mqtt => new MqttPublisher(mqtt, deviceId, version, time),
            _ => throw new ArgumentException($"There is no publisher for {settings.GetType().Name}.", nameof(settings)),
        };
}
