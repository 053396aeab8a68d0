using System.Buffers;
using EdgeGateway.Site;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace EdgeGateway.Inputs;

/// <summary>
/// Messages on a topic, each acknowledged once it was taken. The broker keeps what is sent with QoS 1 while the gateway is away, up to a
/// week, and gives it again when the power failed before the acknowledgement. 250 bytes a second are taken, so that a sender needs months
/// to fill the card.
/// </summary>
/// <param name="settings">Broker and topic.</param>
/// <param name="clientId">The name under which the broker keeps messages.</param>
/// <param name="time">The clock of the pauses and of the time limit of a connection.</param>
public sealed class MqttInput(MqttInputSettings settings, string clientId, TimeProvider time) : IInput
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);
    private static readonly TimeSpan PauseForAByte = TimeSpan.FromMilliseconds(4);

    private long _takenAt;
    private TimeSpan _pause; // after the message that was taken last

    /// <inheritdoc/>
    public string From =>
        $"{settings.Topic} at MQTT broker {settings.Broker.Host}:{settings.Broker.Port}{(settings.Broker.Tls ? " over TLS" : "")}";

    /// <inheritdoc/>
    public async Task ReadAsync(Func<ReadOnlyMemory<byte>, Task<bool>> take, CancellationToken cancellation)
    {
        byte[]? password = await settings.Broker.PasswordAsync(cancellation);
        TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IMqttClient session = new MqttClientFactory().CreateMqttClient();
        session.ApplicationMessageReceivedAsync += message =>
            message.ApplicationMessage.Topic == settings.Topic
                ? TakeAsync(message.ApplicationMessage.Payload) // acknowledged once this has ended without an exception
                : Task.CompletedTask; // a topic that the broker still has in the session from earlier settings
        await ConnectWithinLimitAsync(session, password, cancellation);
        session.DisconnectedAsync += _ => Task.FromResult(gone.TrySetResult());
        if (session.IsConnected)
        {
            await gone.Task.WaitAsync(cancellation);
        }

        throw new IOException("The broker has closed the connection.");

        // A message that could not be recorded comes again with the next connection, and so do all after it: reports are in order.
        async Task TakeAsync(ReadOnlySequence<byte> document)
        {
            TimeSpan left = _pause - time.GetElapsedTime(_takenAt);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, time, cancellation);
            }

            if (gone.Task.IsCompleted)
            {
                throw new IOException("An earlier message was not recorded.");
            }

            try
            {
                // A byte more than the limit shows that the document is too long.
                byte[] most = document.Slice(0, Math.Min(document.Length, InputFactory.MostBytes + 1)).ToArray();
                await take(most);
                _takenAt = time.GetTimestamp();
                _pause = most.Length * PauseForAByte;
            }
            catch (IOException e)
            {
                gone.TrySetException(e);
                throw;
            }
        }
    }

    private async Task ConnectWithinLimitAsync(IMqttClient session, byte[]? password, CancellationToken cancellation)
    {
        try
        {
            using CancellationTokenSource limit = new(Limit, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            await ConnectAsync(session, password, either.Token);
        }
        catch (Exception e) when (e is MqttCommunicationException or MqttProtocolViolationException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new IOException(
                e is OperationCanceledException
                    ? $"The broker gave no answer within {Limit.TotalSeconds} s."
                    : $"The broker cannot be reached: {e.GetBaseException().Message}",
                e
            );
        }
    }

    // MQTT 5 lets the gateway say how long the broker keeps the session; under MQTT 3.1.1 the broker decides.
    private async Task ConnectAsync(IMqttClient session, byte[]? password, CancellationToken cancellation)
    {
        MqttClientConnectResult? result;
        try
        {
            result = await session.ConnectAsync(
                settings
                    .Broker.Options(MqttProtocolVersion.V500, clientId, password)
                    .WithCleanStart(false)
                    .WithSessionExpiryInterval((uint)Kept.TotalSeconds)
                    .WithMaximumPacketSize(2 * InputFactory.MostBytes)
                    .Build(),
                cancellation
            );
        }
        catch (MqttCommunicationException) when (!cancellation.IsCancellationRequested)
        {
            result = null; // brokers that do not know MQTT 5 close the connection
        }

        if (result is not { ResultCode: MqttClientConnectResultCode.Success })
        {
            result = await session.ConnectAsync(
                settings.Broker.Options(MqttProtocolVersion.V311, clientId, password).WithCleanSession(false).Build(),
                cancellation
            );
        }

        if (result.ResultCode != MqttClientConnectResultCode.Success)
        {
            throw new IOException($"The broker refused the connection with {(int)result.ResultCode} {result.ResultCode}.");
        }

        MqttClientSubscribeResult subscribed = await session.SubscribeAsync(
            new MqttClientSubscribeOptions
            {
                TopicFilters =
                [
                    new MqttTopicFilter { Topic = settings.Topic, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce },
                ],
            },
            cancellation
        );
        if (subscribed.Items.First().ResultCode > MqttClientSubscribeResultCode.GrantedQoS2)
        {
            throw new IOException(
                $"The broker does not let the gateway subscribe to {settings.Topic}: {subscribed.Items.First().ResultCode}."
            );
        }
    }
}
