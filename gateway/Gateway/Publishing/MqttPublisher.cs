using System.Buffers;
using System.Text;
using System.Text.Json;
using EdgeGateway.Evidence;
using EdgeGateway.Site;
using MQTTnet;
using MQTTnet.Adapter;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace EdgeGateway.Publishing;

/// <summary>
/// Delivers batches to an MQTT broker: MQTT 5 (OASIS Standard, 2019), and 3.1.1 (OASIS Standard, 2014) where the broker does not know 5.
/// </summary>
/// <remarks>
/// <code>
/// gw/&lt;fleet&gt;/&lt;device id&gt;/v1/batch        the batch's bytes, QoS 1
/// gw/&lt;fleet&gt;/&lt;device id&gt;/v1/checkpoint   the signed note of the last batch, QoS 1, retained
/// gw/&lt;fleet&gt;/&lt;device id&gt;/v1/state        {"state":"online","version":"0.1.0"}, QoS 1, retained; "offline" is the last will
/// gw/&lt;fleet&gt;/&lt;device id&gt;/v1/ack          from the receiver: the note of a batch that it keeps, with its own cosignature
/// </code>
/// <para>A broker's acknowledgement says that the broker has the batch, not that anybody received it. Where the site file names the
/// receiver's key, only its receipt counts: a batch without one goes again.</para>
/// <para>MQTT 3.1.1 has no way to refuse a single batch: a broker closes the connection, and the batch is kept.</para>
/// </remarks>
public sealed class MqttPublisher : IPublisher
{
    // Besides the payload: fixed header 5, topic length 2, packet identifier 2, property length 1 (MQTT 5 §3.3).
    private const int PublishOverheadBytes = 10;

    // Of 3.1.1 §3.2.2.3, answered to 5.
    private const MqttClientConnectResultCode UnacceptableProtocolVersion = (MqttClientConnectResultCode)1;
    private const MqttClientPublishReasonCode PacketTooLarge = (MqttClientPublishReasonCode)0x95; // not in the library's list

    private static readonly TimeSpan DisconnectDeadline = TimeSpan.FromSeconds(3);

    private readonly MqttPublisherSettings _settings;
    private readonly TimeProvider _time;
    private readonly string _clientId,
        _batchTopic,
        _checkpointTopic,
        _stateTopic,
        _ackTopic;
    private readonly byte[] _online,
        _offline;
    private IMqttClient? _session;
    private MqttProtocolVersion _protocol = MqttProtocolVersion.V500;
    private long _largestPacket = long.MaxValue;
    private (TreeHead Head, TaskCompletionSource Received)? _awaited;

    /// <summary>Connects to nothing yet; the first delivery does.</summary>
    /// <param name="settings">From the site file.</param>
    /// <param name="deviceId">The device id of the log's origin.</param>
    /// <param name="version">The gateway's version, told with its state.</param>
    /// <param name="time">For deadlines.</param>
    public MqttPublisher(MqttPublisherSettings settings, string deviceId, string version, TimeProvider time)
    {
        (_settings, _time) = (settings, time);
        _clientId = $"gw-{deviceId}-{settings.Name}";
        string topics = $"gw/{settings.Fleet}/{deviceId}/v1";
        (_batchTopic, _checkpointTopic, _stateTopic, _ackTopic) = (
            $"{topics}/batch",
            $"{topics}/checkpoint",
            $"{topics}/state",
            $"{topics}/ack"
        );
        (_online, _offline) = (StateJson("online", version), StateJson("offline", version));
    }

    /// <inheritdoc/>
    public string Name => _settings.Name;

    /// <inheritdoc/>
    public string Destination =>
        $"MQTT broker {_settings.Broker.Host}:{_settings.Broker.Port}{(_settings.Broker.Tls ? " over TLS" : "")}, "
        + $"{(_settings.Receiver is { } receiver ? $"confirmed by {receiver.Name}" : "no receipt asked for")}";

    /// <summary>How long one delivery may take: a margin for a slow broker, and the batch at 64 kbit/s.</summary>
    public static TimeSpan DeadlineFor(int bytes) => TimeSpan.FromSeconds(20 + (bytes / 8_000));

    /// <inheritdoc/>
    public async Task<DeliveryOutcome> DeliverAsync(Batch batch, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(DeadlineFor(bytes.Length), _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        bool asked = false;
        try
        {
            if (_session is not { IsConnected: true } && await ConnectAsync(either.Token) is { } refusal)
            {
                return Dropped(refusal);
            }

            long packet = bytes.Length + Encoding.UTF8.GetByteCount(_batchTopic) + PublishOverheadBytes;
            if (packet > _largestPacket)
            {
                return DeliveryOutcome.Rejected(
                    $"The batch makes a packet of {packet} bytes, and the broker takes at most {_largestPacket}. Raise its limit."
                );
            }

            Task receipt = Await(batch);
            DeliveryOutcome outcome = OutcomeOf(await PublishAsync(_batchTopic, bytes, retain: false, either.Token));
            if (outcome.Verdict == DeliveryVerdict.Accepted)
            {
                asked = true;
                await receipt.WaitAsync(either.Token);
                DeliveryOutcome checkpoint = OutcomeOf(
                    await PublishAsync(_checkpointTopic, Encoding.UTF8.GetBytes(batch.Note), retain: true, either.Token)
                );
                return checkpoint.Verdict == DeliveryVerdict.Accepted
                    ? outcome
                    : DeliveryOutcome.Accepted($"{_checkpointTopic}: {checkpoint.Text}");
            }

            return outcome;
        }
        catch (MqttClientUnexpectedDisconnectReceivedException e) when (e.ReasonCode == MqttDisconnectReasonCode.PacketTooLarge)
        {
            Drop();
            return DeliveryOutcome.Rejected("The broker hung up because the batch is too large for it. Raise its limit.");
        }
        catch (Exception e) when (e is MqttCommunicationException or MqttProtocolViolationException or OperationCanceledException)
        {
            // The library reports a cancelled wait in several ways; only the tokens say whose it was.
            Drop();
            cancellation.ThrowIfCancellationRequested();
            return DeliveryOutcome.Kept(
                deadline.IsCancellationRequested && asked && _settings.Receiver is { } receiver
                    ? $"The broker took the batch, but {receiver.Name} did not confirm it within "
                        + $"{DeadlineFor(bytes.Length).TotalSeconds:0} s. Does it run, and does it answer on {_ackTopic}?"
                : deadline.IsCancellationRequested ? $"The broker gave no answer within {DeadlineFor(bytes.Length).TotalSeconds:0} s."
                : $"The broker cannot be reached: {e.GetBaseException().Message}"
            );
        }
    }

    /// <summary>Says goodbye, so that the state becomes offline at once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_session is { IsConnected: true } session)
        {
            using CancellationTokenSource deadline = new(DisconnectDeadline, _time);
            try
            {
                // A broker does not publish the will of a client that disconnects in order.
                await PublishAsync(_stateTopic, _offline, retain: true, deadline.Token);
                await session.DisconnectAsync(new MqttClientDisconnectOptions(), deadline.Token);
            }
            catch (Exception e) when (e is MqttCommunicationException or OperationCanceledException)
            {
                // The broker is gone; it publishes the will instead.
            }
        }

        Drop();
    }

    /// <summary>What an acknowledgement means for the batch (MQTT 5 §3.4.2.1). In 3.1.1 every acknowledgement is a success.</summary>
    public static DeliveryOutcome OutcomeOf(MqttClientPublishResult acknowledgement) =>
        acknowledgement.ReasonCode switch
        {
            MqttClientPublishReasonCode.Success => DeliveryOutcome.Accepted(),
            MqttClientPublishReasonCode.NoMatchingSubscribers => DeliveryOutcome.Accepted(
                "The broker took the batch, but nobody subscribes to it."
            ),
            MqttClientPublishReasonCode.PayloadFormatInvalid or PacketTooLarge => DeliveryOutcome.Rejected(Refusal(acknowledgement)),
            _ => DeliveryOutcome.Kept(Refusal(acknowledgement)),
        };

    private static string Refusal(MqttClientPublishResult acknowledgement) =>
        WithReason($"The broker refused with {(int)acknowledgement.ReasonCode} {acknowledgement.ReasonCode}", acknowledgement.ReasonString);

    private static string WithReason(string sentence, string? reason) =>
        string.IsNullOrEmpty(reason) ? $"{sentence}." : $"{sentence}: {reason}";

    /// <returns>Null when connected, otherwise why the broker refused.</returns>
    private async Task<string?> ConnectAsync(CancellationToken cancellation)
    {
        byte[]? password;
        try
        {
            password = await _settings.Broker.PasswordAsync(cancellation);
        }
        catch (IOException e)
        {
            return e.Message;
        }

        MqttProtocolVersion protocol = _protocol;
        MqttClientConnectResult? result = await TryConnectAsync(protocol, password, cancellation);
        if (result is null or { ResultCode: UnacceptableProtocolVersion or MqttClientConnectResultCode.UnsupportedProtocolVersion })
        {
            protocol = MqttProtocolVersion.V311;
            result = await TryConnectAsync(protocol, password, cancellation);
        }

        if (result is not { ResultCode: MqttClientConnectResultCode.Success })
        {
            _protocol = MqttProtocolVersion.V500; // another day it may be another broker
            return result is null
                ? "The broker closes the connection without an answer. Is it a broker, and does it listen without TLS on this port?"
                : WithReason($"The broker refused the connection with {(int)result.ResultCode} {result.ResultCode}", result.ReasonString);
        }

        _protocol = protocol;
        _largestPacket = result.MaximumPacketSize is > 0 and uint limit ? limit : long.MaxValue; // 0: the broker stated none
        if (_settings.Receiver is not null)
        {
            MqttClientSubscribeResult subscribed = await _session!.SubscribeAsync(
                _ackTopic,
                MqttQualityOfServiceLevel.AtLeastOnce,
                cancellation
            );
            if (subscribed.Items.First().ResultCode > MqttClientSubscribeResultCode.GrantedQoS2)
            {
                return $"The broker does not let the gateway subscribe to {_ackTopic}, where the receipts come: "
                    + $"{subscribed.Items.First().ResultCode}.";
            }
        }

        DeliveryOutcome state = OutcomeOf(await PublishAsync(_stateTopic, _online, retain: true, cancellation));
        return state.Verdict == DeliveryVerdict.Accepted ? null : $"{_stateTopic}: {state.Text}";
    }

    private Task Await(Batch batch)
    {
        if (_settings.Receiver is null)
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited = (CheckpointNote.Parse(batch.Note).Head, received);
        return received.Task;
    }

    // Anybody may publish on the topic: only the receiver's own signature over the very state that the batch leads to counts.
    private Task Acknowledged(MqttApplicationMessage message)
    {
        if (message.Topic == _ackTopic && message.Payload.Length <= CheckpointNote.MaxBytes && _awaited is var (head, received))
        {
            try
            {
                CheckpointNote note = CheckpointNote.Parse(Encoding.UTF8.GetString(message.Payload));
                if (note.Head == head && _settings.Receiver!.CosignedAt(note) is not null)
                {
                    received.TrySetResult();
                }
            }
            catch (EvidenceException)
            {
                // No receipt.
            }
        }

        return Task.CompletedTask;
    }

    /// <returns>The broker's answer, or null when it closed the connection or answered in another language, as brokers without MQTT 5
    /// do.</returns>
    private async Task<MqttClientConnectResult?> TryConnectAsync(
        MqttProtocolVersion protocol,
        byte[]? password,
        CancellationToken cancellation
    )
    {
        Drop();
        _session = new MqttClientFactory().CreateMqttClient();
        _session.ApplicationMessageReceivedAsync += e => Acknowledged(e.ApplicationMessage);
        MqttClientOptionsBuilder options = _settings
            .Broker.Options(protocol, _clientId, password)
            .WithCleanSession(true)
            .WithWillTopic(_stateTopic)
            .WithWillPayload(_offline)
            .WithWillRetain()
            .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
        try
        {
            return await _session.ConnectAsync(options.Build(), cancellation);
        }
        catch (MqttConnectingFailedException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private Task<MqttClientPublishResult> PublishAsync(
        string topic,
        ReadOnlyMemory<byte> payload,
        bool retain,
        CancellationToken cancellation
    ) =>
        _session!.PublishAsync(
            new MqttApplicationMessage
            {
                Topic = topic,
                Payload = new ReadOnlySequence<byte>(payload),
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                Retain = retain,
            },
            cancellation
        );

    private DeliveryOutcome Dropped(string reason)
    {
        Drop();
        return DeliveryOutcome.Kept(reason);
    }

    // Without DISCONNECT, so that the broker publishes the will; what was in flight is in the ledger.
    private void Drop()
    {
        _session?.Dispose();
        _session = null;
    }

    private static byte[] StateJson(string state, string version)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteString("state", state);
            json.WriteString("version", version);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }
}
