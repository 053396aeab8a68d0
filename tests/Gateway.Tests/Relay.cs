using System.Net;
using System.Net.Sockets;

namespace EdgeGateway.Gateway.Tests;

/// <summary>What a broker that knows only MQTT 3.1.1 does with a client that speaks 5.</summary>
public enum Mqtt5
{
    /// <summary>It speaks 5.</summary>
    Known,

    /// <summary>Refused with return code 1, as 3.1.1 §3.1.2.2 demands.</summary>
    Refused,

    /// <summary>The connection is closed without an answer.</summary>
    HungUpOn,
}

/// <summary>
/// The wire between a publisher and a broker: it can be cut, it can swallow answers, and it can make the broker an older one.
/// </summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _open = [];
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _brokerPort;
    private readonly Mqtt5 _mqtt5;
    private volatile bool _swallowing;

    public Relay(int brokerPort, Mqtt5 mqtt5 = Mqtt5.Known)
    {
        (_brokerPort, _mqtt5) = (brokerPort, mqtt5);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The protocol level of each CONNECT, in order: 5, or 4 for MQTT 3.1.1.</summary>
    public List<byte> Levels { get; } = [];

    /// <summary>
    /// Completes when the first CONNECT has gone on to the broker: one that came later would take the session from the next.
    /// </summary>
    public Task Connected => _connected.Task;

    /// <summary>The broker's answers get lost while this is set.</summary>
    public bool SwallowsAnswers
    {
        set => _swallowing = value;
    }

    /// <summary>Ends all connections without a word.</summary>
    public void Cut()
    {
        lock (_open)
        {
            _open.ForEach(c => c.Dispose());
            _open.Clear();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException) { }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient broker = new();
        lock (_open)
        {
            _open.AddRange([client, broker]);
        }

        try
        {
            byte[] connect = new byte[4096];
            int length = await client.GetStream().ReadAsync(connect);
            byte level = connect[connect.AsSpan().IndexOf("MQTT"u8) + 4];
            Levels.Add(level);
            if (level == 5 && _mqtt5 != Mqtt5.Known)
            {
                await client.GetStream().WriteAsync(_mqtt5 == Mqtt5.Refused ? new byte[] { 0x20, 2, 0, 1 } : []);
                return;
            }

            await broker.ConnectAsync(IPAddress.Loopback, _brokerPort);
            await broker.GetStream().WriteAsync(connect.AsMemory(0, length));
            _connected.TrySetResult();
            await Task.WhenAny(CopyAsync(client, broker, () => true), CopyAsync(broker, client, () => !_swallowing));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException) { }
        finally
        {
            client.Dispose();
        }
    }

    private static async Task CopyAsync(TcpClient from, TcpClient to, Func<bool> passes)
    {
        byte[] buffer = new byte[4096];
        while (await from.GetStream().ReadAsync(buffer) is > 0 and int length)
        {
            if (passes())
            {
                await to.GetStream().WriteAsync(buffer.AsMemory(0, length));
            }
        }
    }
}
