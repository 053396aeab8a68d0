using System.Buffers;
using System.Text;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Protocol;

namespace EdgeGateway.Gateway.Tests.Publishing;

/// <summary>Somebody who subscribes to one topic of a broker.</summary>
internal sealed class Subscriber : IDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Channel<MqttApplicationMessage> _arrived = Channel.CreateUnbounded<MqttApplicationMessage>();

    public static async Task<Subscriber> ToAsync(int port, string topic)
    {
        Subscriber subscriber = new();
        subscriber._client.ApplicationMessageReceivedAsync += e => subscriber._arrived.Writer.WriteAsync(e.ApplicationMessage).AsTask();
        await subscriber._client.ConnectAsync(
            new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).Build(),
            TestContext.Current.CancellationToken
        );
        await subscriber._client.SubscribeAsync(topic, MqttQualityOfServiceLevel.AtLeastOnce, TestContext.Current.CancellationToken);
        return subscriber;
    }

    /// <summary>What arrives next, and whether the broker had retained it.</summary>
    public async Task<(byte[] Bytes, bool Retained)> NextAsync()
    {
        MqttApplicationMessage next = await _arrived.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();
        return (next.Payload.ToArray(), next.Retain);
    }

    /// <summary>What arrives next, as text.</summary>
    public async Task<string> NextTextAsync() => Encoding.UTF8.GetString((await NextAsync()).Bytes);

    /// <summary>Says something itself.</summary>
    public Task SayAsync(string topic, string text) =>
        _client.PublishStringAsync(
            topic,
            text,
            MqttQualityOfServiceLevel.AtLeastOnce,
            retain: false,
            TestContext.Current.CancellationToken
        );

    public void Dispose() => _client.Dispose();
}
