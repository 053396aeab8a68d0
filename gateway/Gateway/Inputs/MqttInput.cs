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
/// <param name="clientId">Under which the broker keeps messages.</param>
/// <param name="time">For the time limit of a connection, and the pauses.</param>
public sealed class MqttInput(MqttInputSettings settings, string clientId, TimeProvider time) : IInput
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);
    private static readonly TimeSpan PauseForAByte = TimeSpan.FromMilliseconds(4);

    private (long Since, TimeSpan Pause) _taken;

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
                ? TakeAsync(message.ApplicationMessage.Payload) // acknowledged when that has ended well
                : Task.CompletedTask; // of a topic that the session had before
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

        session.DisconnectedAsync += _ => Task.FromResult(gone.TrySetResult());
        if (session.IsConnected)
        {
            await gone.Task.WaitAsync(cancellation);
        }

        throw new IOException("The broker has closed the connection.");

        // What could not be recorded comes again with the next connection, and all behind it: reports follow each other.
        async Task TakeAsync(ReadOnlySequence<byte> document)
        {
            TimeSpan left = _taken.Pause - time.GetElapsedTime(_taken.Since);
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
                // One more shows that there are more.
                byte[] most = document.Slice(0, Math.Min(document.Length, InputFactory.MostBytes + 1)).ToArray();
                await take(most);
                _taken = (time.GetTimestamp(), most.Length * PauseForAByte);
            }
            catch (IOException e)
            {
                gone.TrySetException(e);
                throw;
            }
        }
    }

    // 5 keeps the session for so long; 3.1.1 brokers keep it as long as they like.
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
            result = null; // as brokers do that do not know 5
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
