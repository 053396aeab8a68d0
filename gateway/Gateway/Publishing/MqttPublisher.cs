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

    // The return code of MQTT 3.1.1 §3.2.2.3 with which a broker refuses a client that asks for MQTT 5.
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
    private AwaitedReceipt? _awaited;

    /// <summary>Makes a publisher that connects with the first delivery.</summary>
    /// <param name="settings">The settings from the site file.</param>
    /// <param name="deviceId">The device id of the log's origin.</param>
    /// <param name="version">The gateway's version, told with its state.</param>
    /// <param name="time">The clock of the deadlines.</param>
    public MqttPublisher(MqttPublisherSettings settings, string deviceId, string version, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        _clientId = $"gw-{deviceId}-{settings.Name}";
        string topics = $"gw/{settings.Fleet}/{deviceId}/v1";
        _batchTopic = $"{topics}/batch";
        _checkpointTopic = $"{topics}/checkpoint";
        _stateTopic = $"{topics}/state";
        _ackTopic = $"{topics}/ack";
        _online = StateJson("online", version);
        _offline = StateJson("offline", version);
    }

    /// <inheritdoc/>
    public string Name => _settings.Name;

    /// <inheritdoc/>
    public string Destination
    {
        get
        {
            string transport = _settings.Broker.Tls ? " over TLS" : "";
            string receipt = _settings.Receiver is null ? "no receipt asked for" : $"confirmed by {_settings.Receiver.Name}";
            return $"MQTT broker {_settings.Broker.Host}:{_settings.Broker.Port}{transport}, {receipt}";
        }
    }

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
                Drop();
                return DeliveryOutcome.Kept(refusal);
            }

            long packet = bytes.Length + Encoding.UTF8.GetByteCount(_batchTopic) + PublishOverheadBytes;
            if (packet > _largestPacket)
            {
                return DeliveryOutcome.Rejected(
                    $"The batch makes a packet of {packet} bytes, and the broker takes at most {_largestPacket}. Raise its limit."
                );
            }

            Task receipt = ExpectReceipt(batch);
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
            // The library reports a cancelled wait in several ways. Only the tokens say whether the deadline passed or the gateway is
            // stopping.
            Drop();
            cancellation.ThrowIfCancellationRequested();
            return DeliveryOutcome.Kept(
                deadline.IsCancellationRequested
                    ? TimedOut(DeadlineFor(bytes.Length), asked)
                    : $"The broker cannot be reached: {e.GetBaseException().Message}"
            );
        }
    }

    private string TimedOut(TimeSpan deadline, bool asked) =>
        asked && _settings.Receiver is { } receiver
            ? $"The broker took the batch, but {receiver.Name} did not confirm it within "
                + $"{deadline.TotalSeconds:0} s. Does it run, and does it answer on {_ackTopic}?"
            : $"The broker gave no answer within {deadline.TotalSeconds:0} s.";

    /// <summary>Publishes that the gateway is offline, and disconnects.</summary>
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

    /// <summary>Connects, by MQTT 3.1.1 where the broker does not know MQTT 5, and publishes that the gateway is online.</summary>
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
            _protocol = MqttProtocolVersion.V500; // the next attempt may meet a broker that knows MQTT 5
            return result is null
                ? "The broker closes the connection without an answer. Is it a broker, and does it listen without TLS on this port?"
                : WithReason($"The broker refused the connection with {(int)result.ResultCode} {result.ResultCode}", result.ReasonString);
        }

        _protocol = protocol;
        _largestPacket = result.MaximumPacketSize is > 0 and uint limit ? limit : long.MaxValue; // 0: the broker states no limit
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

    private Task ExpectReceipt(Batch batch)
    {
        if (_settings.Receiver is null)
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited = new AwaitedReceipt(CheckpointNote.Parse(batch.Note).Head, received);
        return received.Task;
    }

    // Anybody may publish on the topic. What counts is the receiver's signature over the state of the log that the batch leads to.
    private Task TakeReceipt(MqttApplicationMessage message)
    {
        if (message.Topic == _ackTopic && message.Payload.Length <= CheckpointNote.MaxBytes && _awaited is { } awaited)
        {
            try
            {
                CheckpointNote note = CheckpointNote.Parse(Encoding.UTF8.GetString(message.Payload));
                if (note.Head == awaited.Head && _settings.Receiver!.CosignedAt(note) is not null)
                {
                    awaited.Received.TrySetResult();
                }
            }
            catch (EvidenceException)
            {
                // Not a signed note, and so no receipt.
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Opens a session with one version of MQTT.</summary>
    /// <returns>The broker's answer, or null when it closed the connection or gave an answer that is not of that version, as brokers
    /// without MQTT 5 do.</returns>
    private async Task<MqttClientConnectResult?> TryConnectAsync(
        MqttProtocolVersion protocol,
        byte[]? password,
        CancellationToken cancellation
    )
    {
        Drop();
        _session = new MqttClientFactory().CreateMqttClient();
        _session.ApplicationMessageReceivedAsync += e => TakeReceipt(e.ApplicationMessage);
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

    // Closes the connection without DISCONNECT, so that the broker publishes the will. The batch that was under way is still in the ledger.
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

    // The state of the log that the receipt must be over.
    private sealed record AwaitedReceipt(TreeHead Head, TaskCompletionSource Received);
}
