using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace EdgeGateway.Gateway.Tests;

/// <summary>A real broker on a port of its own, on this computer only.</summary>
internal sealed class Mosquitto : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private Mosquitto(Process process, string folder) => (_process, _folder) = (process, folder);

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts a broker and returns when it listens.</summary>
    public static async Task<Mosquitto> StartAsync(int port, params string[] settings)
    {
        string folder = Directory.CreateTempSubdirectory("mosquitto").FullName;
        string config = Path.Combine(folder, "mosquitto.conf");
        await File.WriteAllLinesAsync(
            config,
            [
                "user root",
                "persistence false",
                "log_dest stderr",
                "log_type all",
                $"listener {port} 127.0.0.1",
                "allow_anonymous true",
                .. settings,
            ],
            TestContext.Current.CancellationToken
        );
        Process process = Tool.Start("mosquitto", "-c", config);
        List<string> log = [];
        while (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            log.Add(line);
            if (line.EndsWith(" running", StringComparison.Ordinal))
            {
                _ = process.StandardError.ReadToEndAsync(CancellationToken.None); // read on, or the pipe fills and the broker stops
                return new Mosquitto(process, folder);
            }
        }

        throw new InvalidOperationException($"mosquitto did not start: {string.Join('\n', log)}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
