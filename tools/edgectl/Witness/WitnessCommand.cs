using System.CommandLine;
using System.Security.Cryptography;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary><c>edgectl witness serve</c>: watches the logs of devices for whoever does not trust them alone.</summary>
internal static class WitnessCommand
{
    private const string Pkcs8Ed25519 = "302e020100300506032b657004220420"; // RFC 8410 §7, before the 32 bytes of the seed
    private const int SeedBytes = 32;

    public static Command Create()
    {
        Option<string> listen = new("--listen")
        {
            Description = "Where it listens, such as http://127.0.0.1:8081/. Put a proxy with TLS in front of it for others.",
        };
        listen.DefaultValueFactory = _ => "http://127.0.0.1:8081/";
        Option<string> state = new("--state")
        {
            Description = "File with what it has cosigned. Made at first; without it a witness forgets, so keep it.",
            Required = true,
        };
        Option<string> key = new("--key")
        {
            Description = "File with its private key (PEM, PKCS#8, Ed25519). Made at first; keep it secret.",
            Required = true,
        };
        Option<string> name = new("--name")
        {
            Description = "Its name, a URL without scheme as a rule, such as witness.example/w1.",
            Required = true,
        };
        Option<string[]> logKeys = new("--log-key")
        {
            Description = "PEM file with the public key of a device whose logs it watches (device.pem), or of several.",
            Required = true,
        };
        Option<string[]> keys = new("--keys")
        {
            Description = "File with the changes of such a device's key since, from its GET /v1/log/keys or its device.keys.",
            HelpName = "FILE",
        };
        Command serve = new("serve", "Answer devices that ask for cosignatures (C2SP tlog-witness), until Ctrl-C.")
        {
            listen,
            state,
            key,
            name,
            logKeys,
            keys,
        };
        serve.SetAction(
            (parsed, stop) =>
                ServeAsync(
                    parsed.GetRequiredValue(listen),
                    parsed.GetRequiredValue(state),
                    parsed.GetRequiredValue(key),
                    parsed.GetRequiredValue(name),
                    parsed.GetRequiredValue(logKeys),
                    parsed.GetValue(keys) ?? [],
                    parsed.InvocationConfiguration.Output,
                    parsed.InvocationConfiguration.Error,
                    stop
                )
        );
        return new Command("witness", "Be a witness: cosign the checkpoints of logs, and refuse those that were rewritten.") { serve };
    }

    private static async Task<int> ServeAsync(
        string listen,
        string statePath,
        string keyPath,
        string name,
        string[] logKeys,
        string[] histories,
        TextWriter output,
        TextWriter error,
        CancellationToken stop
    )
    {
        string reading = keyPath;
        try
        {
            Cosigner cosigner = new(name, ReadOrMakeSeed(keyPath));
            List<TrustAnchors> anchors = [];
            foreach (string file in logKeys)
            {
                reading = file;
                anchors.Add(TrustAnchors.FromPem(File.ReadAllText(file)));
            }

            WatchedDevices devices = new(TrustAnchors.Of(anchors));
            foreach (string file in histories)
            {
                reading = file;
                devices.Add(File.ReadAllBytes(file));
            }

            reading = statePath;
            using WitnessStore store = WitnessStore.Open(statePath);
            reading = listen;
            using WitnessServer server = new(new Witness(store, cosigner, devices, TimeProvider.System), TimeProvider.System);
            await server.RunAsync(listen.EndsWith('/') ? listen : listen + "/", Announce, stop);
            return Program.Ok;

            void Announce()
            {
                output.WriteLine($"Witness     {cosigner.Key.Name} at {listen}");
                output.WriteLine($"Key         {cosigner.Key}");
                output.WriteLine($"Watches     {string.Join(", ", devices.Ids)}");
                output.Flush();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EvidenceException)
        {
            await error.WriteLineAsync($"edgectl: {reading}: {e.Message}");
            return Program.Unreadable;
        }
    }

    private static byte[] ReadOrMakeSeed(string path)
    {
        byte[] prefix = Convert.FromHexString(Pkcs8Ed25519);
        if (!File.Exists(path))
        {
            string made = new(PemEncoding.Write("PRIVATE KEY", [.. prefix, .. RandomNumberGenerator.GetBytes(SeedBytes)]));
            using FileStream file = new(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            );
            file.Write(System.Text.Encoding.ASCII.GetBytes(made + "\n"));
            file.Flush(flushToDisk: true);
        }

        string pem = File.ReadAllText(path);
        byte[] der =
            PemEncoding.TryFind(pem, out PemFields fields) && pem[fields.Label] == "PRIVATE KEY"
                ? Convert.FromBase64String(pem[fields.Base64Data])
                : [];
        return der.Length == prefix.Length + SeedBytes && der.AsSpan().StartsWith(prefix)
            ? der[prefix.Length..]
            : throw new EvidenceException(
                "It is not an Ed25519 private key in PKCS#8 (openssl genpkey -algorithm ed25519). Give another file, or none for a new key."
            );
    }
}
