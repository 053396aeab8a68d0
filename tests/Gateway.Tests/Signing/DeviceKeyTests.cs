using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeGateway.Evidence;
using EdgeGateway.Signing;
using EdgeGateway.Site;

namespace EdgeGateway.Gateway.Tests.Signing;

/// <summary>The device's key wherever it is kept: in a file, in a TPM (swtpm), in a PKCS#11 token (SoftHSM).</summary>
public sealed class DeviceKeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("key").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_key_in_a_file_is_made_once_and_is_nobody_elses_to_read()
    {
        string id = SignsAndStays(null);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At("device.key")));
        File.Delete(At("device.key"));
        Assert.Equal(
            $"{At("device.key")} is missing, and {_folder} belongs to a device that had one. "
                + "Restore it from where it was kept, or give a new device its own data folder.",
            Refused(null)
        );
        Assert.Equal(64, id.Length);
    }

    [Fact]
    public void A_key_that_is_not_the_folders_is_refused_and_changes_nothing()
    {
        string id = SignsAndStays(null);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(At("device.key"), other.ExportPkcs8PrivateKeyPem());
        string certificate = File.ReadAllText(At("device.crt"));
        Assert.Equal(
            $"{_folder} belongs to the device whose public key is in {At("device.pem")}, and the key that was opened is another one. "
                + $"Give that device's key, {id}; name it as replaces to change to another; "
                + "or give a new data folder for a new device.",
            Refused(null)
        );
        Assert.Equal(certificate, File.ReadAllText(At("device.crt")));
    }

    [Fact]
    public async Task A_key_in_the_TPM_signs_and_never_leaves_it()
    {
        int port = FreePorts();
        Directory.CreateDirectory(At("tpm"));
        using Process tpm = Process.Start(
            "/usr/bin/swtpm",
            [
                "socket",
                "--tpm2",
                "--tpmstate",
                $"dir={At("tpm")}",
                "--server",
                $"type=tcp,port={port}",
                "--ctrl",
                $"type=tcp,port={port + 1}",
                "--flags",
                "not-need-init,startup-clear",
            ]
        );
        try
        {
            string tcti = string.Create(CultureInfo.InvariantCulture, $"swtpm:host=127.0.0.1,port={port}");
            await ListensAsync(port);
            Tool("tpm2_createprimary", "-c", "primary.ctx");
            Tool("tpm2_flushcontext", "-t");
            Tool("tpm2_create", "-C", "primary.ctx", "-G", "ecc:ecdsa", "-c", "key.ctx");
            Tool("tpm2_flushcontext", "-t");
            Tool("tpm2_evictcontrol", "-c", "key.ctx", "0x81010001");
            Tool("tpm2_flushcontext", "-t");

            // The provider looks into the environment of its process, so the key is used in one of its own: the gateway itself.
            string site = At("site.json");
            await File.WriteAllTextAsync(
                site,
                Site("""{ "kind": "tpm", "handle": "0x81010001" }"""),
                TestContext.Current.CancellationToken
            );
            await SealedByTheGatewayAsync(site, ("TPM2OPENSSL_TCTI", tcti));
            await TakesOverFromAFileAsync(
                """{ "kind": "tpm", "handle": "0x81010001", "replaces": { "kind": "file" } }""",
                ("TPM2OPENSSL_TCTI", tcti)
            );
            string missing = await FailsAsync(
                site.Replace("site.json", "other.json", StringComparison.Ordinal),
                Site("""{ "kind": "tpm", "handle": "0x81010009" }"""),
                ("TPM2OPENSSL_TCTI", tcti)
            );
            Assert.Contains("tpm2_evictcontrol -c key.ctx 0x81010009", missing, StringComparison.Ordinal);

            void Tool(string name, params string[] arguments)
            {
                ProcessStartInfo start = new("/usr/bin/" + name, arguments)
                {
                    WorkingDirectory = _folder,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                };
                start.Environment["TPM2TOOLS_TCTI"] = tcti;
                using Process tool = Process.Start(start)!;
                string said = tool.StandardOutput.ReadToEnd() + tool.StandardError.ReadToEnd();
                tool.WaitForExit();
                Assert.True(tool.ExitCode == 0, $"{name}: {said}");
            }
        }
        finally
        {
            tpm.Kill();
        }
    }

    [Fact]
    public async Task A_key_in_a_PKCS11_token_is_made_there_signs_and_never_leaves_it()
    {
        Directory.CreateDirectory(At("tokens"));
        await File.WriteAllTextAsync(
            At("softhsm2.conf"),
            $"directories.tokendir = {At("tokens")}\nobjectstore.backend = file\nlog.level = ERROR\n",
            TestContext.Current.CancellationToken
        );
        ProcessStartInfo init = new(
            "/usr/bin/softhsm2-util",
            ["--init-token", "--free", "--label", "gateway", "--so-pin", "5678", "--pin", "1234"]
        )
        {
            RedirectStandardOutput = true,
        };
        init.Environment["SOFTHSM2_CONF"] = At("softhsm2.conf");
        using (Process tool = Process.Start(init)!)
        {
            await tool.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, tool.ExitCode);
        }

        await File.WriteAllTextAsync(At("pin"), "1234\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(At("pin"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string Key(string token) =>
            $$"""
                { "kind": "pkcs11", "library": "/usr/lib/softhsm/libsofthsm2.so", "token": "{{token}}",
                  "label": "device", "pinFile": "{{At("pin")}}" }
                """;
        string site = At("site.json"),
            other = At("other.json");
        await File.WriteAllTextAsync(site, Site(Key("gateway")), TestContext.Current.CancellationToken);
        (string, string) hsm = ("SOFTHSM2_CONF", At("softhsm2.conf"));
        await SealedByTheGatewayAsync(site, hsm);
        await TakesOverFromAFileAsync(
            Key("gateway").Replace("{ ", """{ "replaces": { "kind": "file", "file": "device.key" }, """, StringComparison.Ordinal),
            hsm
        );
        Assert.Contains(
            "The gateway cannot start: /usr/lib/softhsm/libsofthsm2.so has no token 'elsewhere'. See that it is "
                + "plugged in and initialised under this label.",
            (await FailsAsync(other, Site(Key("elsewhere")), hsm)).Split('\n')
        );
        await File.WriteAllTextAsync(At("pin"), "9999\n", TestContext.Current.CancellationToken);
        Assert.Contains(
            "The gateway cannot start: The key 'device' of the token 'gateway' (/usr/lib/softhsm/libsofthsm2.so) cannot be used: "
                + $"the PIN in {At("pin")} is wrong.",
            (await FailsAsync(other, Site(Key("gateway")), hsm)).Split('\n')
        );
        File.SetUnixFileMode(At("pin"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains(
            $"The gateway cannot start: The file with the PIN, {At("pin")}, can be read by others. chmod 600 {At("pin")}",
            (await FailsAsync(other, Site(Key("gateway")), hsm)).Split('\n')
        );
        File.Delete(At("pin"));
        Assert.Contains(
            $"The gateway cannot start: The file with the PIN cannot be read: Could not find file '{At("pin")}'.",
            (await FailsAsync(other, Site(Key("gateway")), hsm)).Split('\n')
        );
    }

    // Twice, with the same key; what it signed verifies here and with plain openssl.
    private async Task SealedByTheGatewayAsync(string site, (string, string) environment)
    {
        string data = At("data");
        for (int starts = 1; starts <= 2; starts++)
        {
            using Process gateway = Start(site, data, environment);
            using PeriodicTimer look = new(TimeSpan.FromMilliseconds(50));
            while (
                !File.Exists(Path.Combine(data, "sim", "delivered", "checkpoint.txt"))
                || Directory.GetFiles(Path.Combine(data, "sim", "delivered"), "*.batch").Length < starts
            )
            {
                Assert.False(
                    gateway.HasExited,
                    gateway.HasExited ? await gateway.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken) : ""
                );
                await look.WaitForNextTickAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();
            }

            using Process kill = Process.Start("/usr/bin/kill", ["-TERM", gateway.Id.ToString(CultureInfo.InvariantCulture)]);
            await gateway.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
            Assert.Equal(0, gateway.ExitCode);
        }

        Assert.False(File.Exists(Path.Combine(data, "sim", "device.key")));
        string pem = Path.Combine(data, "sim", "device.pem");
        TrustAnchors trust = TrustAnchors.FromPem(await File.ReadAllTextAsync(pem, TestContext.Current.CancellationToken));
        BatchSequence sequence = new();
        foreach (string file in Directory.GetFiles(Path.Combine(data, "sim", "delivered"), "*.batch").Order(StringComparer.Ordinal))
        {
            sequence.Add(
                BatchVerifier.Verify(Batch.Decode(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken), out _), trust)
            );
        }

        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(data, "sim", "device.crt"));
        using ECDsa certified = certificate.GetECDsaPublicKey()!;
        Assert.Equal(Origin.DeviceIdOf(certified), Origin.DeviceIdOf(trust.Keys[0]));

        string[] note = (
            await File.ReadAllTextAsync(Path.Combine(data, "sim", "delivered", "checkpoint.txt"), TestContext.Current.CancellationToken)
        ).Split("\n\n");
        await File.WriteAllTextAsync(At("note.txt"), note[0] + "\n", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(
            At("sig.der"),
            Convert.FromBase64String(note[1].Split('\n')[0].Split(' ')[2])[4..],
            TestContext.Current.CancellationToken
        );
        using Process openssl = Process.Start(
            new ProcessStartInfo("openssl", ["dgst", "-sha256", "-verify", pem, "-signature", At("sig.der"), At("note.txt")])
            {
                RedirectStandardOutput = true,
            }
        )!;
        Assert.Equal("Verified OK\n", await openssl.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    // A device that began with a key in a file asks for a certificate of its key in hardware, then hands over to it.
    private async Task TakesOverFromAFileAsync(string key, (string, string) environment)
    {
        string data = At("changed"),
            folder = Path.Combine(data, "sim"),
            site = At("changed.json");
        await File.WriteAllTextAsync(site, Site("""{ "kind": "file" }"""), TestContext.Current.CancellationToken);
        await DeliversAsync(site, folder, environment);
        string pem = await File.ReadAllTextAsync(Path.Combine(folder, "device.pem"), TestContext.Current.CancellationToken);
        TrustAnchors trust = TrustAnchors.FromPem(pem);
        string id = Origin.DeviceIdOf(trust.Keys[0]);

        await File.WriteAllTextAsync(site, Site(key), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(At("request.pem"), await RequestAsync(site, data, environment), TestContext.Current.CancellationToken);
        Assert.Equal(
            $"subject=CN = {id}\n",
            Encoding.UTF8.GetString(await Tool.RunAsync("openssl", "req", "-verify", "-noout", "-subject", "-in", At("request.pem")))
        );
        using ECDsa requested = ECDsa.Create();
        requested.ImportFromPem(
            Encoding.UTF8.GetString(await Tool.RunAsync("openssl", "req", "-noout", "-pubkey", "-in", At("request.pem")))
        );
        Assert.NotEqual(id, Origin.DeviceIdOf(requested));

        for (int starts = 0; starts < 2; starts++)
        {
            await DeliversAsync(site, folder, environment);
            File.Delete(Path.Combine(folder, "device.key")); // not needed any more
        }

        Assert.Equal(pem, await File.ReadAllTextAsync(Path.Combine(folder, "device.pem"), TestContext.Current.CancellationToken));
        BatchSequence sequence = new();
        LogKeys keys = LogKeys.For(trust, new Origin(id, 1, Simulated: true));
        CheckpointNote? newest = null;
        foreach (string file in Directory.GetFiles(Path.Combine(folder, "delivered"), "*.batch").Order(StringComparer.Ordinal))
        {
            VerifiedBatch batch = BatchVerifier.Verify(
                Batch.Decode(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken), out _),
                keys
            );
            sequence.Add(batch);
            newest = batch.Note;
        }

        Assert.Equal((0, 1), (sequence.First, keys.Changes));
        Assert.True(newest!.IsSignedBy(requested));
    }

    // Runs the gateway until it has delivered three batches more.
    private static async Task DeliversAsync(string site, string folder, (string, string) environment)
    {
        string delivered = Path.Combine(folder, "delivered");
        int Batches() => Directory.Exists(delivered) ? Directory.GetFiles(delivered, "*.batch").Length : 0;
        int before = Batches();
        using Process gateway = Start(site, Path.GetDirectoryName(folder)!, environment);
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(50));
        while (Batches() < before + 3)
        {
            Assert.False(
                gateway.HasExited,
                gateway.HasExited ? await gateway.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken) : ""
            );
            await look.WaitForNextTickAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();
        }

        using Process kill = Process.Start("/usr/bin/kill", ["-TERM", gateway.Id.ToString(CultureInfo.InvariantCulture)]);
        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal(0, gateway.ExitCode);
    }

    private static async Task<string> RequestAsync(string site, string data, (string Name, string Value) environment)
    {
        ProcessStartInfo start = new(
            Path.Combine(AppContext.BaseDirectory, "edge-gateway"),
            ["--site", site, "--data", data, "--request-certificate"]
        )
        {
            RedirectStandardOutput = true,
        };
        start.Environment[environment.Name] = environment.Value;
        using Process process = Process.Start(start)!;
        string request = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).InTimeAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal(0, process.ExitCode);
        return request;
    }

    private async Task<string> FailsAsync(string site, string content, (string, string) environment)
    {
        await File.WriteAllTextAsync(site, content, TestContext.Current.CancellationToken);
        using Process gateway = Start(site, At("nothing"), environment);
        string error = await gateway.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken).InTimeAsync();
        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal(1, gateway.ExitCode);
        Assert.Contains("The gateway cannot start", error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(At("nothing"), "sim", "device.pem")));
        return error;
    }

    private static Process Start(string site, string data, (string Name, string Value) environment)
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "edge-gateway"), ["--site", site, "--data", data])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment[environment.Name] = environment.Value;
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static string Site(string key) =>
        $$"""
            {
              "site": "Key", "timeZone": "UTC", "page": { "listen": "http://127.0.0.1:0" },
              "recording": { "readingSeconds": 1, "checkpointSeconds": 1 },
              "simulation": { "seed": 1, "speed": 1 }, "key": {{key}},
              "buses": [{ "name": "i2c-1", "device": "sim:factory" }], "groups": [{ "name": "g" }],
              "meters": [{ "name": "oven", "group": "g", "kind": "ads1115", "bus": "i2c-1", "address": 72,
                           "input": "0-1", "ct": { "primaryA": 100, "secondaryMv": 333 }, "assumedVoltageV": 230, "source": "oven.L1" }],
              "publishers": [{ "name": "desk", "kind": "directory", "path": "delivered" }]
            }
            """;

    private string SignsAndStays(DeviceKeySettings? settings)
    {
        string id;
        using (DeviceKey key = DeviceKey.Open(_folder, settings))
        {
            id = key.DeviceId;
            TreeHead head = new(new Origin(id, 1, false), 7, MerkleHash.OfNothing);
            Assert.True(
                CheckpointNote
                    .Parse(CheckpointNote.Sign(head, key.Key))
                    .IsSignedBy(TrustAnchors.FromPem(File.ReadAllText(At("device.pem"))).Keys[0])
            );
        }

        using DeviceKey again = DeviceKey.Open(_folder, settings);
        Assert.Equal(id, again.DeviceId);
        return id;
    }

    private string Refused(DeviceKeySettings? settings) =>
        Assert.Throws<InvalidDataException>(() => DeviceKey.Open(_folder, settings)).Message;

    private string At(string name) => Path.Combine(_folder, name);

    private static async Task ListensAsync(int port)
    {
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(50));
        for (int looks = 0; looks < 1000; looks++)
        {
            try
            {
                using TcpClient probe = new();
                await probe.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                return;
            }
            catch (SocketException)
            {
                await look.WaitForNextTickAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();
            }
        }
    }

    // swtpm's control channel is at the port after its own.
    private static int FreePorts()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
