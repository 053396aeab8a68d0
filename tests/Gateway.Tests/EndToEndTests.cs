using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EdgeGateway.Carbon.Tests;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Tests;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeGateway.Gateway.Tests;

/// <summary>The program as its users start it: a process of its own, files, signals, exit codes.</summary>
public sealed partial class EndToEndTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway").FullName;

    private static string EdgectlPath =>
        Path.Combine(
            ArchitectureTests.Root,
            "tools",
            "edgectl",
            "bin",
            new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
            "net10.0",
            "edgectl.dll"
        );

    private string Data => Path.Combine(_folder, "data", "sim");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Without_a_site_file_it_exits_with_2_and_says_what_to_do()
    {
        (int exit, string error) = await RunToEndAsync();
        Assert.Equal(2, exit);
        Assert.Contains("Give one with --site FILE, or install it as /etc/edge-gateway/site.json.", error.Split('\n'));
        Assert.Contains("To try the gateway with a simulated factory: --site hardware/sites/demo.json", error.Split('\n'));
    }

    [Fact]
    public async Task A_faulty_site_file_is_refused_with_every_fault_and_nothing_is_written()
    {
        string site = Path.Combine(_folder, "site.json");
        await File.WriteAllTextAsync(
            site,
            DemoSite()
                .Replace("\"primaryA\": 400", "\"primaryA\": 0", StringComparison.Ordinal)
                .Replace("\"site\":", "\"sites\":", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        (int exit, string error) = await RunToEndAsync("--site", site, "--data", Path.Combine(_folder, "data"));
        Assert.Equal(2, exit);
        Assert.Contains("sites: is not a key of the site file; did you mean site?", error, StringComparison.Ordinal);
        Assert.Equal(3, error.Split("ct.primaryA: 0 is not a rated current").Length - 1);
        Assert.False(Directory.Exists(Path.Combine(_folder, "data")));
    }

    [Fact]
    public async Task It_says_SIMULATION_delivers_survives_a_kill_and_ends_well()
    {
        string site = Path.Combine(_folder, "site.json");
        await File.WriteAllTextAsync(
            site,
            DemoSite().Replace(":8080", ":0", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );

        string announced;
        using (Process gateway = Start("--site", site, "--data", Path.Combine(_folder, "data")))
        {
            announced = await AnnouncedAsync(gateway);
            await DeliveredAsync(1);
            gateway.Kill(); // SIGKILL: the process has no say in it
            await gateway.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
        }

        Assert.Contains(
            "SIMULATION  Nothing here is measured. The readings are made up or replayed (sim:factory, seed 1),",
            announced.Split('\n')
        );
        Assert.Contains(Path.Combine(Data, "device.pem"), announced, StringComparison.Ordinal);
        using (Process gateway = Start("--site", site, "--data", Path.Combine(_folder, "data")))
        {
            await AnnouncedAsync(gateway);
            await DeliveredAsync(2);
            using Process kill = Process.Start("kill", ["-TERM", $"{gateway.Id}"]);
            await gateway.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
            Assert.Equal(0, gateway.ExitCode);
        }

        TrustAnchors trust = TrustAnchors.FromPem(
            await File.ReadAllTextAsync(Path.Combine(Data, "device.pem"), TestContext.Current.CancellationToken)
        );
        BatchSequence sequence = new();
        List<Leaf> leaves = [];
        foreach (string file in Directory.GetFiles(Path.Combine(Data, "delivered"), "*.batch").Order(StringComparer.Ordinal))
        {
            leaves.AddRange(
                sequence.Add(
                    BatchVerifier.Verify(
                        Batch.Decode(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken), out _),
                        trust
                    )
                )
            );
        }

        Assert.Equal(0, sequence.First);
        Assert.Equal(["genesis", "boot", "start"], leaves.Take(3).Select(l => l.Head.Type));
        Assert.Equal(2, leaves.Count(l => l.Head.Type == LeafType.Start));
        Assert.True(leaves[0].Head.Simulated);
    }

    [Fact]
    public async Task Killed_between_pulses_it_loses_none_that_was_counted_and_goes_on_from_there()
    {
        const int Pulses = 30; // 40 ms on, 40 ms off: 2.4 s, so that some come before the first kill and some never
        string site = Path.Combine(_folder, "site.json");
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "pulses.csv"),
            "t_ns,level\n"
                + string.Concat(Enumerable.Range(1, Pulses).Select(i => $"{i * 80_000_000L},1\n{(i * 80_000_000L) + 40_000_000},0\n")),
            TestContext.Current.CancellationToken
        );
        await File.WriteAllTextAsync(
            site,
            """
            {
              "site": "Pulses", "timeZone": "UTC", "page": { "listen": "http://127.0.0.1:0" },
              "buses": [{ "name": "edges", "device": "replay:pulses.csv" }],
              "groups": [{ "name": "g" }],
              "meters": [{ "name": "water", "group": "g", "kind": "pulse", "bus": "edges", "line": 0, "medium": "water",
                           "impulsesPerUnit": "1", "unit": "m3", "stableMs": 20, "source": "edges" }],
              "publishers": [{ "name": "desk", "kind": "directory", "path": "delivered" }]
            }
            """,
            TestContext.Current.CancellationToken
        );

        long seen = await KilledAtAsync(site, least: 1);
        long kept = await KeptAsync();
        Assert.InRange(kept, seen, Pulses);

        // The second process plays the capture from its beginning.
        await KilledAtAsync(site, least: kept + Pulses);
        Assert.Equal(kept + Pulses, await KeptAsync());
    }

    [Fact]
    public async Task A_card_that_lost_leaves_a_witness_has_seen_leads_to_a_new_epoch_that_says_so()
    {
        string site = Path.Combine(_folder, "site.json"),
            old = Path.Combine(_folder, "old.db"),
            ledger = Path.Combine(Data, "ledger.db");

        // The device's key is made at the first start; the witness must know it.
        string plain = DemoSite()
            .Replace(":8080", ":0", StringComparison.Ordinal)
            .Replace("\"speed\": 1", "\"speed\": 20", StringComparison.Ordinal);
        await File.WriteAllTextAsync(site, plain, TestContext.Current.CancellationToken);
        await RunAsync(site, () => DeliveredAsync(1));
        File.Copy(ledger, old);

        using Process witness = StartWitness($"http://127.0.0.1:{Mosquitto.FreePort()}/");
        try
        {
            string at =
                    (await witness.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync())!.Split(' ')[
                        ^1
                    ],
                key =
                    (await witness.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync())!.Split(' ')[
                        ^1
                    ];
            await File.WriteAllTextAsync(
                site,
                plain.Replace(
                    "\"publishers\":",
                    $$"""
                    "witnesses": [{ "url": "{{at}}", "key": "{{key}}" }], "publishers":
                    """,
                    StringComparison.Ordinal
                ),
                TestContext.Current.CancellationToken
            );
            await RunAsync(site, () =>
                FileAsync(d => d.EnumerateFiles("*-0001-*.batch").Any(f => Note(f).Contains("\n— w ", StringComparison.Ordinal)))
            );

            // What the card had flushed is gone.
            File.Copy(old, ledger, overwrite: true);
            await RunAsync(site, () =>
                FileAsync(d => d.EnumerateFiles("*-0002-*.batch").Any(f => Note(f).Contains("\n— w ", StringComparison.Ordinal)))
            );
        }
        finally
        {
            witness.Kill();
        }

        Assert.True(File.Exists(Path.Combine(Data, "ledger-1.db")));
        Assert.False(File.Exists(Path.Combine(Data, "log-lost")));
        FileInfo first = new DirectoryInfo(Path.Combine(Data, "delivered")).EnumerateFiles("*-0002-000000000000-*.batch").Single();
        TrustAnchors trust = TrustAnchors.FromPem(
            await File.ReadAllTextAsync(Path.Combine(Data, "device.pem"), TestContext.Current.CancellationToken)
        );
        VerifiedBatch batch = BatchVerifier.Verify(
            Batch.Decode(await File.ReadAllBytesAsync(first.FullName, TestContext.Current.CancellationToken), out _),
            trust
        );
        Assert.Equal((2, "genesis"), (batch.Head.Origin.Epoch, batch.Leaves[0].Head.Type));
        Leaf gap = batch.Leaves.Single(l => l.Head.Type == LeafType.Gap && l.Records[0].Text == "log-lost");
        Assert.EndsWith("/1", gap.Records.Single(r => r.Name == "log").Text, StringComparison.Ordinal);
        Assert.True(gap.Records.Single(r => r.Name == "witnessed").Number!.Value.Mantissa > 14);

        static string Note(FileInfo file) => Batch.Decode(File.ReadAllBytes(file.FullName), out _).Note;
    }

    [Fact]
    public async Task A_witness_goes_on_cosigning_after_a_change_of_the_key_once_its_operator_has_fetched_it()
    {
        string site = Path.Combine(_folder, "site.json"),
            at = $"http://127.0.0.1:{Mosquitto.FreePort()}/",
            keys = Path.Combine(_folder, "device.keys");
        string plain = DemoSite()
            .Replace(":8080", ":0", StringComparison.Ordinal)
            .Replace("\"speed\": 1", "\"speed\": 20", StringComparison.Ordinal);
        await File.WriteAllTextAsync(site, plain, TestContext.Current.CancellationToken);
        await RunAsync(site, () => DeliveredAsync(1));

        string witnessed;
        using (Process witness = StartWitness(at))
        {
            await witness.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();
            string key = (await witness.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync())!.Split(
                ' '
            )[^1];
            witnessed = plain.Replace(
                "\"publishers\":",
                $$"""
                "witnesses": [{ "url": "{{at}}", "key": "{{key}}" }], "publishers":
                """,
                StringComparison.Ordinal
            );
            await File.WriteAllTextAsync(site, witnessed, TestContext.Current.CancellationToken);
            await RunAsync(site, () => FileAsync(d => Cosigned(d).Any()));
            string changed = witnessed.Replace(
                "\"publishers\":",
                """
                "key": { "kind": "file", "file": "device-2.key", "replaces": { "kind": "file" } }, "publishers":
                """,
                StringComparison.Ordinal
            );
            await File.WriteAllTextAsync(site, changed, TestContext.Current.CancellationToken);
            using Process gateway = Start("--site", site, "--data", Path.Combine(_folder, "data"));
            string announced = await AnnouncedAsync(gateway);
            await SaysAsync(gateway, "start the witness with the answer of the device's GET /v1/log/keys");
            using HttpClient http = new() { BaseAddress = new Uri(PageAddress().Match(announced).Groups[1].Value) };
            await File.WriteAllBytesAsync(
                keys,
                await http.GetByteArrayAsync(new Uri("v1/log/keys", UriKind.Relative), TestContext.Current.CancellationToken),
                TestContext.Current.CancellationToken
            );
            gateway.Kill();
            witness.Kill();
            await witness.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
        }

        using (Process witness = StartWitness(at, "--keys", keys))
        {
            try
            {
                int before = Cosigned(new DirectoryInfo(Path.Combine(Data, "delivered"))).Count();
                await RunAsync(site, () => FileAsync(d => Cosigned(d).Count() > before));
            }
            finally
            {
                witness.Kill();
            }
        }

        TrustAnchors trust = TrustAnchors.FromPem(
            await File.ReadAllTextAsync(Path.Combine(Data, "device.pem"), TestContext.Current.CancellationToken)
        );
        LogKeys accepted = LogKeys.For(trust, new Origin(Origin.DeviceIdOf(trust.Keys[0]), 1, Simulated: true));
        BatchSequence sequence = new();
        foreach (string file in Directory.GetFiles(Path.Combine(Data, "delivered"), "*.batch").Order(StringComparer.Ordinal))
        {
            sequence.Add(
                BatchVerifier.Verify(
                    Batch.Decode(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken), out _),
                    accepted
                )
            );
        }

        Assert.Equal(1, accepted.Changes);

        static IEnumerable<FileInfo> Cosigned(DirectoryInfo delivered) =>
            delivered
                .EnumerateFiles("*.batch")
                .Where(f => Batch.Decode(File.ReadAllBytes(f.FullName), out _).Note.Contains("\n— w ", StringComparison.Ordinal));
    }

    private Process StartWitness(string at, params string[] more) =>
        Process.Start(
            new ProcessStartInfo(
                "dotnet",
                [
                    EdgectlPath,
                    "witness",
                    "serve",
                    "--listen",
                    at,
                    "--state",
                    Path.Combine(_folder, "witness.db"),
                    "--key",
                    Path.Combine(_folder, "witness.pem"),
                    "--name",
                    "w",
                    "--log-key",
                    Path.Combine(Data, "device.pem"),
                    .. more,
                ]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;

    private static async Task SaysAsync(Process gateway, string what)
    {
        while (
            !(
                await gateway.StandardOutput.ReadLineAsync().InTimeAsync() ?? throw new InvalidOperationException("The gateway ended.")
            ).Contains(what, StringComparison.Ordinal)
        ) { }
    }

    [Fact]
    public async Task An_authority_in_the_site_file_stamps_the_log_and_bundles_bring_the_token()
    {
        await using StampingServer server = await StampingServer.StartAsync();
        string site = Path.Combine(_folder, "site.json");
        await File.WriteAllTextAsync(
            site,
            DemoSite()
                .Replace(":8080", ":0", StringComparison.Ordinal)
                .Replace(
                    "\"publishers\":",
                    $$"""
                    "timestamps": { "url": "{{server.Url}}" }, "publishers":
                    """,
                    StringComparison.Ordinal
                ),
            TestContext.Current.CancellationToken
        );
        using Process gateway = Start("--site", site, "--data", Path.Combine(_folder, "data"));
        try
        {
            using HttpClient pull = new() { BaseAddress = new Uri(PageAddress().Match(await AnnouncedAsync(gateway)).Groups[1].Value) };
            using PeriodicTimer look = new(TimeSpan.FromMilliseconds(50));
            Bundle? bundle = null;
            for (int looks = 0; bundle is not { TimeStamps.Count: > 0 }; looks++)
            {
                Assert.True(
                    looks < 1200 && await look.WaitForNextTickAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync(),
                    "The log is never stamped."
                );
                bundle = Bundle.Decode(
                    await pull.GetByteArrayAsync(new Uri("v1/log/bundle?leaf=2", UriKind.Relative), TestContext.Current.CancellationToken)
                        .InTimeAsync()
                );
            }

            CheckpointNote note = BundleVerifier
                .Verify(
                    bundle,
                    TrustAnchors.FromPem(
                        await File.ReadAllTextAsync(Path.Combine(Data, "device.pem"), TestContext.Current.CancellationToken)
                    )
                )
                .Note;
            Assert.Equal(StampingAuthority.Policy, TimeStamp.Verify(bundle.TimeStamps[0], note, [server.Authority.Root]).Policy);
            Assert.Matches(
                @"<li>Time stamp: \d+ leaves, \d\d:\d\d:\d\d, by 127\.0\.0\.1</li>",
                await pull.GetStringAsync(new Uri("live", UriKind.Relative), TestContext.Current.CancellationToken)
            );
        }
        finally
        {
            gateway.Kill();
        }
    }

    [Fact]
    public async Task What_is_entered_on_the_device_becomes_a_leaf_and_nothing_is_taken_over_the_network()
    {
        string site = Path.Combine(_folder, "site.json");
        await File.WriteAllTextAsync(
            site,
            DemoSite().Replace(":8080", ":0", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        string[] delivery =
        [
            "enter",
            "manual",
            "--kind",
            "fuel",
            "--subject",
            "diesel",
            "--from",
            "2026-05-01",
            "--to",
            "2026-06-01",
            "--amount",
            "1.85 t",
            "--by",
            "Li Wei",
            "--document",
            site,
            "--data",
            Data,
        ];
        Assert.Equal(2, (await EdgectlAsync(delivery)).Exit); // nobody is there
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "door"), "left by a power cut", TestContext.Current.CancellationToken);
        using Process gateway = Start("--site", site, "--data", Path.Combine(_folder, "data"));
        try
        {
            using HttpClient pull = new() { BaseAddress = new Uri(PageAddress().Match(await AnnouncedAsync(gateway)).Groups[1].Value) };
            (int exit, string said) = await EdgectlAsync(delivery);
            Assert.True(exit == 0, said);
            long leaf = long.Parse(said.Split(' ')[3], CultureInfo.InvariantCulture);
            Assert.Equal(
                (1, $"edgectl: It is entered already, as leaf {leaf}. If it happened twice, name its document. Nothing was recorded.\n"),
                await EdgectlAsync(delivery)
            );
            Assert.Equal(1, (await EdgectlAsync([.. delivery, "--detail", "name=x"])).Exit);
            Assert.Equal(2, (await EdgectlAsync([.. delivery, "--detail", "name"])).Exit);
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
                File.GetUnixFileMode(Path.Combine(Data, "door"))
            );
            using StringContent body = new("{}");
            using HttpResponseMessage refused = await pull.PostAsync(
                new Uri("v1/entries", UriKind.Relative),
                body,
                TestContext.Current.CancellationToken
            );
            Assert.Equal(System.Net.HttpStatusCode.Forbidden, refused.StatusCode);
            Bundle? bundle = null;
            using PeriodicTimer look = new(TimeSpan.FromMilliseconds(50));
            for (int looks = 0; bundle is null; looks++)
            {
                Assert.True(
                    looks < 1200 && await look.WaitForNextTickAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync(),
                    "The entry is never signed."
                );
                using HttpResponseMessage answer = await pull.GetAsync(
                        new Uri($"v1/log/bundle?leaf={leaf}", UriKind.Relative),
                        TestContext.Current.CancellationToken
                    )
                    .InTimeAsync();
                bundle = answer.IsSuccessStatusCode
                    ? Bundle.Decode(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken))
                    : null;
            }

            VerifiedBundle verified = BundleVerifier.Verify(
                bundle,
                TrustAnchors.FromPem(await File.ReadAllTextAsync(Path.Combine(Data, "device.pem"), TestContext.Current.CancellationToken))
            );
            Leaf entry = verified.Leaves.Single();
            Assert.Equal("site.json", entry.Records.Single(r => r.Name == "document").Text);
            Assert.Equal(
                System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(site, TestContext.Current.CancellationToken)),
                entry.Records.Single(r => r.Name == "sha256").Data!.Value.ToArray()
            );
        }
        finally
        {
            gateway.Kill();
        }
    }

    [Fact]
    public async Task A_factor_pack_that_was_loaded_on_the_device_is_what_footprints_rest_on_from_the_next_start()
    {
        using OpenSslSigner signer = new();
        string site = Path.Combine(_folder, "site.json");
        await File.WriteAllTextAsync(
            site,
            DemoSite()
                .Replace(":8080", ":0", StringComparison.Ordinal)
                .Replace(
                    "\"publishers\":",
                    $$"""
                    "factorPacks": { "signers": ["{{signer.PublicKey}}"] }, "publishers":
                    """,
                    StringComparison.Ordinal
                ),
            TestContext.Current.CancellationToken
        );
        string shipped = await File.ReadAllTextAsync(
            Path.Combine(ArchitectureTests.Root, "gateway", "Carbon", "factors", "cn-grid-2023.csv"),
            TestContext.Current.CancellationToken
        );
        string pack = signer.Pack(
            "corrected.csv",
            shipped.Replace("version=1", "version=2", StringComparison.Ordinal).Replace("0.5500", "0.5512", StringComparison.Ordinal)
        );
        Assert.Equal(2, (await EdgectlAsync(["factors", "load", pack, "--data", Data])).Exit); // nobody is there
        await RunAsync(site, async page =>
        {
            File.Move(pack + ".sig", pack + ".kept");
            Assert.Equal(
                (
                    1,
                    $"edgectl: {pack}: The pack is not signed: there is no file with its signature beside it, which is called "
                        + "as it is with .sig behind. Nothing was loaded.\n"
                ),
                await EdgectlAsync(["factors", "load", pack, "--data", Data])
            );
            File.Move(pack + ".kept", pack + ".sig");
            using HttpClient network = new() { BaseAddress = page };
            using ByteArrayContent body = new(await File.ReadAllBytesAsync(pack, TestContext.Current.CancellationToken));
            string signature = System.Buffers.Text.Base64Url.EncodeToString(
                await File.ReadAllBytesAsync(pack + ".sig", TestContext.Current.CancellationToken)
            );
            network.DefaultRequestHeaders.Add("Origin", "http://elsewhere.example");
            using HttpResponseMessage refused = await network
                .PostAsync(new Uri($"v1/factors?signature={signature}", UriKind.Relative), body, TestContext.Current.CancellationToken)
                .InTimeAsync();
            Assert.Equal(System.Net.HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.False(Directory.Exists(Path.Combine(Data, "factors")));
            for (int times = 0; times < 2; times++)
            {
                Assert.Equal(
                    (0, "cn-grid-2023, version 2, is loaded. The gateway uses it from its next start on.\n"),
                    await EdgectlAsync(["factors", "load", pack, "--data", Data])
                );
            }

            Assert.Contains(
                "\"set\":\"cn-grid-2023\",\"version\":\"1\"",
                await network.GetStringAsync(new Uri("v1/factors", UriKind.Relative), TestContext.Current.CancellationToken),
                StringComparison.Ordinal
            );
        });
        await RunAsync(site, async _ =>
            Assert.Matches(
                "cn-grid-2023 +2 .* pack, signed by [0-9a-f]{16}…",
                (await EdgectlAsync(["factors", "list", "--data", Data])).Said
            )
        );

        TrustAnchors trust = TrustAnchors.FromPem(
            await File.ReadAllTextAsync(Path.Combine(Data, "device.pem"), TestContext.Current.CancellationToken)
        );
        List<Leaf> grid = [];
        BatchSequence sequence = new();
        foreach (string file in Directory.GetFiles(Path.Combine(Data, "delivered"), "*.batch").Order(StringComparer.Ordinal))
        {
            IEnumerable<Leaf> leaves = sequence.Add(
                BatchVerifier.Verify(Batch.Decode(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken), out _), trust)
            );
            grid.AddRange(leaves.Where(l => l.Head.Type == LeafType.Factors && l.Records[0].Text == "cn-grid-2023"));
        }

        Assert.Equal(["1", "2"], grid.Select(l => l.Records.Single(r => r.Name == "version").Text));
        Assert.Equal(
            ["0.5500", "0.5512"],
            grid.Select(l => l.Records.Single(r => r.Name == "CN-grid-east/2023/average/organisation").Text![..6])
        );

        // A damaged correction is no reason to count with the value that it corrects.
        await File.AppendAllTextAsync(Path.Combine(Data, "factors", "cn-grid-2023.2.csv"), "\n", TestContext.Current.CancellationToken);
        (int exit, string error) = await RunToEndAsync("--check", "--site", site, "--data", Path.Combine(_folder, "data"));
        Assert.Equal(2, exit);
        Assert.Contains(
            "footprints[0].factor: what may be a correction of cn-grid-2023, version 1, is not used: cn-grid-2023.2.csv is not "
                + "as a trusted signer signed it",
            error,
            StringComparison.Ordinal
        );
        File.Move(Path.Combine(Data, "factors", "cn-grid-2023.2.csv"), Path.Combine(Data, "factors", "unused.2.csv"));
        (exit, error) = await RunToEndAsync("--check", "--site", site, "--data", Path.Combine(_folder, "data"));
        Assert.Equal(
            (
                0,
                "A factor pack is not used: unused.2.csv is not signed: there is no file with its signature beside it, which is "
                    + "called as it is with .sig behind.\n"
            ),
            (exit, error)
        );
    }

    private async Task RunAsync(string site, Func<Uri, Task> whileItRuns)
    {
        using Process gateway = Start("--site", site, "--data", Path.Combine(_folder, "data"));
        try
        {
            Uri page = new(PageAddress().Match(await AnnouncedAsync(gateway)).Groups[1].Value);
            Task<string> rest = gateway.StandardOutput.ReadToEndAsync();
            await whileItRuns(page);
            using Process kill = Process.Start("kill", ["-TERM", $"{gateway.Id}"]);
            await gateway.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
            Assert.Equal(0, gateway.ExitCode);
            await rest.InTimeAsync();
        }
        finally
        {
            if (!gateway.HasExited)
            {
                gateway.Kill();
            }
        }
    }

    private static async Task<(int Exit, string Said)> EdgectlAsync(string[] arguments)
    {
        using Process edgectl = Process.Start(
            new ProcessStartInfo("dotnet", [EdgectlPath, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        Task<string> error = edgectl.StandardError.ReadToEndAsync().InTimeAsync();
        string output = await edgectl.StandardOutput.ReadToEndAsync().InTimeAsync();
        await edgectl.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
        return (edgectl.ExitCode, output + await error);
    }

    private async Task RunAsync(string site, Func<Task> until)
    {
        using Process gateway = Start("--site", site, "--data", Path.Combine(_folder, "data"));
        await AnnouncedAsync(gateway);
        Task<string> rest = gateway.StandardOutput.ReadToEndAsync();
        await until();
        using Process kill = Process.Start("kill", ["-TERM", $"{gateway.Id}"]);
        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
        Assert.Equal(0, gateway.ExitCode);
        await rest.InTimeAsync();
    }

    private async Task FileAsync(Func<DirectoryInfo, bool> there)
    {
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(50));
        while (!there(new DirectoryInfo(Path.Combine(Data, "delivered"))))
        {
            Assert.True(await look.WaitForNextTickAsync().AsTask().InTimeAsync());
        }
    }

    // Runs the gateway until its page shows a total, then kills it at once with SIGKILL.
    private async Task<long> KilledAtAsync(string site, long least)
    {
        using Process gateway = Start("--site", site, "--data", Path.Combine(_folder, "data"));
        string announced = await AnnouncedAsync(gateway);
        using HttpClient page = new() { BaseAddress = new Uri(PageAddress().Match(announced).Groups[1].Value) };
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(20));
        long total = 0;
        for (int looks = 0; total < least; looks++)
        {
            Assert.True(
                looks < 3000 && await look.WaitForNextTickAsync().AsTask().InTimeAsync(),
                $"The page shows {total} and never {least}."
            );
            Match shown = TotalVolume()
                .Match(await page.GetStringAsync(new Uri("live", UriKind.Relative), TestContext.Current.CancellationToken).InTimeAsync());
            total = shown.Success ? long.Parse(shown.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        }

        gateway.Kill();
        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
        return total;
    }

    private async Task<long> KeptAsync()
    {
        await using RegisterFile file = RegisterFile.Open(Path.Combine(Data, "registers"), TimeProvider.System, NullLogger.Instance);
        Assert.Null(file.Fault);
        return file.Found[new RegisterKey("water", ObisCode.Water)].Count;
    }

    [GeneratedRegex(@"Page +(http://\S+)")]
    private static partial Regex PageAddress();

    [GeneratedRegex(@"<span>([0-9]+)\.00 m&#xB3;</span>")]
    private static partial Regex TotalVolume();

    private static string DemoSite() => File.ReadAllText(Path.Combine(ArchitectureTests.Root, "hardware", "sites", "demo.json"));

    private static Process Start(params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "edge-gateway"), arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;

    private static async Task<(int Exit, string Error)> RunToEndAsync(params string[] arguments)
    {
        using Process gateway = Start(arguments);
        string error = await gateway.StandardError.ReadToEndAsync().InTimeAsync();
        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
        return (gateway.ExitCode, error);
    }

    // What is printed up to the last line of the announcement.
    private static async Task<string> AnnouncedAsync(Process gateway)
    {
        StringBuilder text = new();
        while (await gateway.StandardOutput.ReadLineAsync().InTimeAsync() is { } line)
        {
            text.AppendLine(line);
            if (line.StartsWith("Delivering", StringComparison.Ordinal))
            {
                return text.ToString();
            }
        }

        throw new InvalidOperationException($"The gateway ended: {text}{await gateway.StandardError.ReadToEndAsync().InTimeAsync()}");
    }

    private async Task DeliveredAsync(int batches)
    {
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(20));
        string folder = Path.Combine(Data, "delivered");
        while (!Directory.Exists(folder) || Directory.GetFiles(folder, "*.batch").Length < batches)
        {
            Assert.True(await look.WaitForNextTickAsync().AsTask().InTimeAsync());
        }
    }
}
