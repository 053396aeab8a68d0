using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace EdgeGateway.Edgectl;

/// <summary>The socket in a gateway's data folder, on which it takes what it does not take over the network.</summary>
internal static class Door
{
    private const string InstalledData = "/var/lib/edge-gateway";

    /// <summary>How long an answer may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>A command's own option for the data folder.</summary>
    public static Option<string> DataOption() =>
        new("--data")
        {
            Description = $"The gateway's data folder, where its door is. Default: {InstalledData}",
            DefaultValueFactory = _ => InstalledData,
        };

    /// <summary>The door of a data folder.</summary>
    public static string In(string data) => Path.Combine(data, "door");

    /// <summary>Whether nobody is there, or somebody who is not a gateway.</summary>
    public static bool IsShut(Exception e) =>
        e is HttpRequestException or OperationCanceledException or JsonException or KeyNotFoundException or InvalidOperationException;

    /// <summary>Sends a body, or asks when there is none.</summary>
    /// <exception cref="Exception">One of those that <see cref="IsShut"/> knows.</exception>
    public static (HttpStatusCode Status, JsonDocument Answer) Send(string door, string path, byte[]? body, string type) =>
        SendAsync(door, path, body, type).GetAwaiter().GetResult();

    private static async Task<(HttpStatusCode Status, JsonDocument Answer)> SendAsync(string door, string path, byte[]? body, string type)
    {
        using SocketsHttpHandler handler = new()
        {
            ConnectCallback = async (_, cancellation) =>
            {
                Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(door), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        using HttpClient http = new(handler) { Timeout = Limit };
        using HttpRequestMessage request = new(body is null ? HttpMethod.Get : HttpMethod.Post, $"http://gateway{path}");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        }

        using HttpResponseMessage answer = await http.SendAsync(request);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()));
    }
}
