using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl.Tests;

/// <summary>A witness over HTTP, as devices meet it.</summary>
public sealed class WitnessTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("witness-").FullName;
    private readonly SignedLog _log = new();
    private readonly int _port = FreePort();
    private readonly HttpClient _http = new();
    private Process? _witness;
    private string _key = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await StopAsync(kill: true);
        _http.Dispose();
        _log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_cosigns_what_continues_and_keeps_its_state_and_key_over_a_restart()
    {
        await StartAsync();
        (HttpStatusCode status, string line) = await AddAsync(0, 4);
        Assert.Equal(HttpStatusCode.OK, status);
        WitnessKey key = WitnessKey.Parse(Key());
        Assert.NotNull(key.CosignedAt(CheckpointNote.Parse(_log.Note(4) + line)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "key.pem")));
        Assert.Equal(HttpStatusCode.OK, (await AddAsync(4, 9)).Status);
        await StopAsync();
        await StartAsync();
        Assert.Equal(key.ToString(), Key());
        Assert.Equal(HttpStatusCode.OK, (await AddAsync(9, 10)).Status);
        await StopAsync(kill: true);
        await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await AddAsync(10, 10)).Status);
        Assert.Equal(HttpStatusCode.OK, (await AddAsync(10, 12)).Status);
    }

    [Fact]
    public async Task A_stale_size_is_answered_with_the_size_that_it_has()
    {
        await StartAsync();
        await AddAsync(0, 9);
        using HttpResponseMessage answer = await PostAsync(new AddCheckpoint(4, _log.Proof(4, 12), _log.Note(12)).Encode());
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal("text/x.tlog.size", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("9\n", await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task A_fork_a_rollback_and_a_wrong_proof_are_refused_and_change_nothing()
    {
        await StartAsync();
        await AddAsync(0, 9);
        IReadOnlyList<MerkleHash> good = _log.Proof(9, 12);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await StatusAsync(new AddCheckpoint(9, [.. good.Skip(1)], _log.Note(12))));
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            await StatusAsync(new AddCheckpoint(9, [good[0], .. good.Skip(1).Reverse()], _log.Note(12)))
        );
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(new AddCheckpoint(9, [], _log.Note(8))));
        Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(new AddCheckpoint(8, [], _log.Note(8))));
        _log.Leaves[3] = _log.Leaves[3] with { Records = [LeafRecord.Of("other/history", "so")] };
        (HttpStatusCode status, string text) = await AddAsync(9, 9);
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("FORK", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await AddAsync(9, 12)).Status);
    }

    [Fact]
    public async Task Who_is_unknown_who_did_not_sign_and_what_is_no_request_is_told_so()
    {
        await StartAsync();
        using SignedLog stranger = new();
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(new AddCheckpoint(0, [], stranger.Note(4))));
        string forged = _log.Note(4).Replace("\n4\n", "\n5\n", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(new AddCheckpoint(0, [], forged)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await StatusAsync(new AddCheckpoint(0, [MerkleHash.OfNothing], _log.Note(4))));
        using HttpResponseMessage nonsense = await PostAsync("nonsense"),
            large = await PostAsync(new string('x', AddCheckpoint.MaxBytes + 1));
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.RequestEntityTooLarge), (nonsense.StatusCode, large.StatusCode));
        using HttpResponseMessage got = await _http.GetAsync(Url("add-checkpoint"), Cancellation),
            other = await _http.GetAsync(Url(""), Cancellation);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotFound), (got.StatusCode, other.StatusCode));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_change_of_the_key_it_cosigns_on_once_it_is_given_it_and_the_old_key_in_its_overlap_only(bool inOverlap)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string keys = _log.Write("device.keys", _log.ChangeKey(now.AddHours(inOverlap ? 1 : -1)));
        await StartAsync();
        (HttpStatusCode status, string text) = await AddAsync(0, 9);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Equal(
            "No key that this witness knows may sign this. If the device's key has changed, start the witness with "
                + "the answer of the device's GET /v1/log/keys (--keys FILE). The checkpoint is not signed by a trust",
            text[..200]
        );
        await StopAsync();
        await StartAsync("--keys", keys, "--keys", keys);
        Assert.Equal(HttpStatusCode.OK, (await AddAsync(0, 9)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(new AddCheckpoint(0, [], _log.Note(5)))); // before it was in force
        _log.GoBack();
        Assert.Equal(inOverlap ? HttpStatusCode.OK : HttpStatusCode.Forbidden, (await AddAsync(9, 12)).Status);
    }

    [Fact]
    public async Task A_history_of_a_device_that_it_does_not_watch_is_named_and_it_does_not_start()
    {
        await StartAsync(); // its key is made
        await StopAsync();
        using SignedLog stranger = new();
        byte[] foreign = stranger.ChangeKey(DateTimeOffset.UnixEpoch);
        Refused(_log.Write("foreign.keys", foreign), "no key of this device is trusted");
        Refused(_log.Write("text.keys", "text"u8), "not the changes of a device's key");
        foreign[^1] ^= 1;
        Refused(_log.Write("flipped.keys", foreign), "flipped.keys");

        void Refused(string keys, string why) =>
            CommandLine.AssertRefused(
                CommandLine.Run(
                    "witness",
                    "serve",
                    "--key",
                    Path.Combine(_folder, "key.pem"),
                    "--state",
                    Path.Combine(_folder, "s.db"),
                    "--name",
                    "w",
                    "--log-key",
                    _log.Trust,
                    "--keys",
                    keys
                ),
                why
            );
    }

    [Fact]
    public async Task Of_two_requests_at_once_for_two_histories_only_one_is_cosigned()
    {
        await StartAsync();
        string one = _log.Note(9);
        _log.Leaves[3] = _log.Leaves[3] with { Records = [LeafRecord.Of("other/history", "so")] };
        string two = _log.Note(9);
        HttpStatusCode[] answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => StatusAsync(new AddCheckpoint(0, [], i % 2 == 0 ? one : two)))
        );
        Assert.Single(answers, HttpStatusCode.OK);
        Assert.Equal(19, answers.Count(a => a == HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Verify_says_who_cosigned_how_many_leaves_and_when_and_drops_to_not_witnessed_without()
    {
        await StartAsync();
        string line = (await AddAsync(0, 9)).Text,
            keys = _log.Write("witnesses", System.Text.Encoding.UTF8.GetBytes(Key()));
        Batch batch = _log.Batch(0, 9);
        string cosigned = _log.Write("cosigned.batch", (batch with { Note = batch.Note + line }).Encode()),
            rest = _log.WriteBatch(9, 12);
        Assert.Contains(
            "witness.example/w1, whom you trust, cosigned 9 leaves at ",
            Verify(cosigned, "--witness", keys),
            StringComparison.Ordinal
        );
        Assert.Contains("the 3 after them are not witnessed", Verify(cosigned, rest, "--witness", keys), StringComparison.Ordinal);
        Assert.Contains(
            "witnesses  not checked: on 1 checkpoint there are signatures of others than your witnesses, or damaged "
                + "ones. Count the log as not witnessed.",
            Verify(cosigned).Split('\n')
        );
        Assert.Contains("witnesses  not witnessed: no one but the device has signed", Verify(rest, "--witness", keys).Split('\n'));
        Assert.Contains("""      "witnessed": true,""", Verify(cosigned, "--witness", keys, "--json").Split('\n'));
        Assert.Contains("""      "witnessed": false,""", Verify(cosigned, rest, "--witness", keys, "--json").Split('\n'));
        string damaged = _log.Write(
            "damaged.batch",
            (batch with { Note = batch.Note + "— witness.example/w1 AAAAAAAAAAAAAA==\n" }).Encode()
        );
        Assert.Contains(
            "witnesses  not checked: on 1 checkpoint there are signatures of others than your witnesses, or damaged "
                + "ones. Count the log as not witnessed.",
            Verify(damaged, "--witness", keys).Split('\n')
        );
    }

    [Fact]
    public void A_state_or_key_that_is_something_else_is_named_and_left()
    {
        string text = _log.Write("text", "no key, and no database either"u8);
        CommandLine.AssertRefused(Serve("--key", text, "--state", Path.Combine(_folder, "s.db")), "not an Ed25519 private key");
        CommandLine.AssertRefused(Serve("--key", Path.Combine(_folder, "k.pem"), "--state", text), "cannot be opened as a database");
        CommandLine.AssertRefused(
            CommandLine.Run(
                "witness",
                "serve",
                "--key",
                Path.Combine(_folder, "k.pem"),
                "--state",
                Path.Combine(_folder, "s.db"),
                "--name",
                "a name",
                "--log-key",
                _log.Trust
            ),
            "is not a witness's name"
        );
        Assert.Equal("no key, and no database either", File.ReadAllText(text));

        (int, string, string) Serve(params string[] more) =>
            CommandLine.Run(["witness", "serve", .. more, "--name", "w", "--log-key", _log.Trust]);
    }

    private string Verify(params string[] arguments)
    {
        var (exit, output, error) = CommandLine.Run(["verify", .. arguments, "--trust", _log.Trust]);
        Assert.Equal((0, ""), (exit, error));
        return output;
    }

    // The program itself, as whoever runs a witness starts it.
    private async Task StartAsync(params string[] more)
    {
        _witness = Process.Start(
            new ProcessStartInfo(
                Environment.ProcessPath is { } test && Path.GetFileName(test) == "dotnet" ? test : "dotnet",
                [
                    Path.Combine(AppContext.BaseDirectory, "edgectl.dll"),
                    "witness",
                    "serve",
                    "--listen",
                    Url(""),
                    "--state",
                    Path.Combine(_folder, "state.db"),
                    "--key",
                    Path.Combine(_folder, "key.pem"),
                    "--name",
                    "witness.example/w1",
                    "--log-key",
                    _log.Trust,
                    .. more,
                ]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;
        for (
            string? line = "";
            line is not null && !line.StartsWith("Watches", StringComparison.Ordinal);
            line = await _witness.StandardOutput.ReadLineAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(60), Cancellation)
        )
        {
            _key = line.StartsWith("Key ", StringComparison.Ordinal) ? line["Key ".Length..].Trim() : _key;
        }
    }

    private async Task StopAsync(bool kill = false)
    {
        if (_witness is { } witness)
        {
            using Process signal = Process.Start(
                "/usr/bin/kill",
                [kill ? "-KILL" : "-TERM", witness.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]
            );
            await witness.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
            Assert.True(kill || witness.ExitCode == 0, $"exit code {witness.ExitCode}");
            witness.Dispose();
            _witness = null;
        }
    }

    private string Key() => _key;

    private string Url(string path) => $"http://127.0.0.1:{_port}/{path}";

    private async Task<(HttpStatusCode Status, string Text)> AddAsync(int old, int size)
    {
        using HttpResponseMessage answer = await PostAsync(
            new AddCheckpoint(old, old == 0 ? [] : _log.Proof(old, size), _log.Note(size)).Encode()
        );
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private async Task<HttpStatusCode> StatusAsync(AddCheckpoint request)
    {
        using HttpResponseMessage answer = await PostAsync(request.Encode());
        return answer.StatusCode;
    }

    private Task<HttpResponseMessage> PostAsync(string body) =>
        _http.PostAsync(Url("add-checkpoint"), new StringContent(body), Cancellation);

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
