using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using EdgeGateway.Gateway.Tests.Keeping;
using EdgeGateway.Gateway.Tests.Publishing;
using EdgeGateway.Gateway.Tests.Recording;
using EdgeGateway.Keeping;

namespace EdgeGateway.Gateway.Tests.Hosting;

/// <summary>The order in which the gateway starts and stops, as a process that systemd listens to.</summary>
public sealed partial class GatewayHostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("host").FullName;
    private readonly Socket _systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public GatewayHostTests() => _systemd.Bind(new UnixDomainSocketEndPoint(Notify));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Notify => Path.Combine(_folder, "notify");

    private string Data => Path.Combine(_folder, "data", "sim");

    public void Dispose()
    {
        _systemd.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Systemd_is_told_that_it_is_ready_when_a_leaf_is_sealed_then_that_it_is_alive_and_at_the_end_that_it_stops()
    {
        using Process gateway = Start(0);
        try
        {
            Assert.Equal("READY=1", await ToldAsync());
            using HttpClient reader = new() { BaseAddress = await PageAsync(gateway) };
            string checkpoint = await reader.GetStringAsync(new Uri("v1/log/checkpoint", UriKind.Relative), Cancellation).InTimeAsync();
            Assert.InRange(long.Parse(checkpoint.Split('\n')[1]), 1, long.MaxValue);
            Assert.Contains("\"runs\":true", await HealthAsync(reader), StringComparison.Ordinal);
            Assert.Equal("STATUS=Everything runs.", await ToldAsync());
            Assert.Equal("WATCHDOG=1", await ToldAsync());
            using Process kill = Process.Start("kill", ["-TERM", $"{gateway.Id}"]);
            string told = "WATCHDOG=1";
            while (told == "WATCHDOG=1")
            {
                told = await ToldAsync();
            }

            Assert.Equal("STOPPING=1", told);
            await gateway.WaitForExitAsync(Cancellation).InTimeAsync();
            Assert.Equal(0, gateway.ExitCode);
        }
        finally
        {
            gateway.Kill();
        }

        using Ledger ledger = Ledger.Open(Path.Combine(Data, "ledger.db"));
        Assert.Equal(ledger.Size, ledger.LastCheckpoint!.Size);
    }

    [Fact]
    public async Task The_first_leaf_is_sealed_before_the_page_is_served_and_nothing_is_delivered_before_that()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        (int exit, string output, string error) = await RunToEndAsync(((IPEndPoint)other.LocalEndpoint).Port);
        Assert.Equal(1, exit);
        Assert.Matches(@"^The gateway cannot start: Failed to bind to address http://127\.0\.0\.1:\d+: address already in use\.\n$", error);
        Assert.Equal("", output);
        using (Ledger ledger = Ledger.Open(Path.Combine(Data, "ledger.db")))
        {
            Assert.Equal(ledger.Size, ledger.LastCheckpoint!.Size);
        }

        Assert.False(Directory.Exists(Path.Combine(Data, "delivered")));
        Assert.DoesNotContain("READY=1", Told());
    }

    [Fact]
    public async Task What_cannot_record_its_first_readings_says_why_serves_nothing_and_is_never_ready()
    {
        Directory.CreateDirectory(Data);
        Ledger.Open(Path.Combine(Data, "ledger.db")).Dispose();
        LedgerFile.Run(Data, LedgerFile.Full);
        (int exit, string output, string error) = await RunToEndAsync(0);
        Assert.Equal(1, exit);
        Assert.Contains("The gateway cannot start: The first readings could not be recorded: ", error, StringComparison.Ordinal);
        Assert.Equal("", output);
        Assert.DoesNotContain("READY=1", Told());
    }

    private static async Task<string> HealthAsync(HttpClient reader) =>
        await reader.GetStringAsync(new Uri("v1/health", UriKind.Relative), Cancellation).InTimeAsync();

    private Process Start(int port)
    {
        string site = Path.Combine(_folder, "site.json");
        string demo = File.ReadAllText(Path.Combine(ArchitectureTests.Root, "hardware", "sites", "demo.json"));
        File.WriteAllText(site, demo.Replace(":8080", $":{port}", StringComparison.Ordinal));
        return Process.Start(
            new ProcessStartInfo(
                Path.Combine(AppContext.BaseDirectory, "edge-gateway"),
                ["--site", site, "--data", Path.Combine(_folder, "data")]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["NOTIFY_SOCKET"] = Notify, ["WATCHDOG_USEC"] = "200000" },
            }
        )!;
    }

    private async Task<(int Exit, string Output, string Error)> RunToEndAsync(int port)
    {
        using Process gateway = Start(port);
        Task<string> output = gateway.StandardOutput.ReadToEndAsync().InTimeAsync();
        string error = await gateway.StandardError.ReadToEndAsync().InTimeAsync();
        await gateway.WaitForExitAsync(Cancellation).InTimeAsync();
        return (gateway.ExitCode, await output, error);
    }

    private static async Task<Uri> PageAsync(Process gateway)
    {
        while (await gateway.StandardOutput.ReadLineAsync().InTimeAsync() is { } line)
        {
            if (PageLine().Match(line) is { Success: true } page)
            {
                return new Uri(page.Groups[1].Value);
            }
        }

        throw new InvalidOperationException($"The gateway ended: {await gateway.StandardError.ReadToEndAsync().InTimeAsync()}");
    }

    private async Task<string> ToldAsync()
    {
        byte[] state = new byte[4096];
        int length = await _systemd.ReceiveAsync(state, SocketFlags.None, Cancellation).AsTask().InTimeAsync();
        return Encoding.UTF8.GetString(state, 0, length);
    }

    private List<string> Told()
    {
        List<string> told = [];
        byte[] state = new byte[4096];
        while (_systemd.Available > 0)
        {
            told.Add(Encoding.UTF8.GetString(state, 0, _systemd.Receive(state)));
        }

        return told;
    }

    [GeneratedRegex(@"^Page +(http://\S+)$")]
    private static partial Regex PageLine();
}
