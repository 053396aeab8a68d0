using System.Security.Cryptography;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Publishing;
using EdgeGateway.Site;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EdgeGateway.Gateway.Tests.Publishing;

/// <summary>The device's side of RFC 3161 against <c>openssl ts</c>, from the request to a bundle that others verify.</summary>
public sealed class TimeStampClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(30),
        Limit = TimeSpan.FromSeconds(15);

    private readonly RecordedLog _log = new();
    private readonly SignallingTime _time = new();
    private readonly HttpClient _http = new();
    private readonly KeptLog _said = new();
    private readonly CancellationTokenSource _stop = new();
    private StampingServer _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await StampingServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _stop.Dispose();
        _http.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task The_newest_checkpoint_is_stamped_once_each_interval()
    {
        _log.Grow(3);
        Task running = Client().RunAsync(_stop.Token);
        await WaitsAsync(Limit, Every);
        Assert.Equal(3, _log.Ledger.NewestTimeStamp!.Size);
        _log.Grow(4);
        _log.Grow(1);
        Assert.Equal(1, _server.Asked);
        _time.Advance(Every);
        await WaitsAsync(Limit, Every);
        Assert.Equal((8, 2), (_log.Ledger.NewestTimeStamp!.Size, _server.Asked));

        // Nothing was sealed since: the next one waits for a checkpoint, not for another interval.
        _time.Advance(Every);
        Assert.Equal(2, _server.Asked);
        _log.Grow(1);
        await WaitsAsync(Limit, Every);
        Assert.Equal((9, 3), (_log.Ledger.NewestTimeStamp!.Size, _server.Asked));
        await StopAsync(running);
    }

    [Fact]
    public async Task What_is_kept_verifies_here_and_with_openssl_in_the_bundles_it_covers()
    {
        _log.Grow(3);
        _log.Grow(4);
        await StampAsync();
        _log.Grow(2);
        Bundle bundle = Bundle.Decode(BundleOf(_log.Ledger, 6, 1).Encode());
        CheckpointNote note = BundleVerifier.Verify(bundle, TrustAnchors.FromPem(_log.PublicKeyPem)).Note;
        ReadOnlyMemory<byte> token = Assert.Single(bundle.TimeStamps);
        Assert.Equal(7, note.Head.Size);
        Assert.Equal("CN=Stamping Authority, O=Example", TimeStamp.Verify(token, note, [_server.Authority.Root]).Authority);
        Assert.Contains("Verification: OK", _server.Authority.Judgement(token, note.WithoutCosignatures()).Split('\n'));

        Bundle later = BundleOf(_log.Ledger, 1, 7);
        Assert.Equal((9L, 0), (CheckpointNote.Parse(later.Note).Head.Size, later.TimeStamps.Count));
        Assert.Null(_log.Ledger.CheckpointFor(9));
    }

    [Fact]
    public async Task A_bundle_has_the_earliest_time_stamp_that_covers_its_leaves()
    {
        _log.Grow(3);
        Task running = Client().RunAsync(_stop.Token);
        await WaitsAsync(Limit, Every);
        _log.Grow(4);
        _time.Advance(Every);
        await WaitsAsync(Limit, Every);
        Assert.Equal((3L, 7L, 7L), (SizeOver(0), SizeOver(3), SizeOver(2, 6)));
        _log.Grow(2); // now both are durable
        Assert.Equal((3L, 7L, 7L), (SizeOver(0), SizeOver(3), SizeOver(2, 6)));
        await StopAsync(running);

        long SizeOver(params long[] leaves)
        {
            Bundle bundle = BundleOf(_log.Ledger, leaves);
            CheckpointNote note = CheckpointNote.Parse(bundle.Note);
            TimeStamp.Verify(Assert.Single(bundle.TimeStamps), note, [_server.Authority.Root]);
            return note.Head.Size;
        }
    }

    [Fact]
    public async Task The_newest_time_stamp_is_durable_with_the_next_tick()
    {
        _log.Grow(3);
        await StampAsync();
        using (Ledger before = Ledger.Open(Path.Combine(_log.Folder, "ledger.db")))
        {
            Assert.Null(before.NewestTimeStamp);
        }

        _log.Grow(1);
        using Ledger again = Ledger.Open(Path.Combine(_log.Folder, "ledger.db"));
        StoredTimeStamp kept = again.NewestTimeStamp!,
            had = _log.Ledger.NewestTimeStamp!;
        Assert.Equal((3, "127.0.0.1", had.Time), (kept.Size, kept.Host, kept.Time));
        Assert.Equal(had.Token, kept.Token);
        Assert.Equal(had.Token, Assert.Single(BundleOf(again, 2).TimeStamps).ToArray());
    }

    [Theory]
    [InlineData(-20, 10)]
    [InlineData(1000, 30)]
    public async Task After_a_start_it_waits_for_what_is_left_of_the_interval_and_never_longer_than_one(int stampedMinutes, int wait)
    {
        _log.Grow(3);
        _log.Ledger.AddTimeStamp(new StoredTimeStamp(3, [1], "tsa.example", _time.GetUtcNow().AddMinutes(stampedMinutes)));
        Task running = Client().RunAsync(_stop.Token);
        await WaitsAsync(TimeSpan.FromMinutes(wait));
        await StopAsync(running);
    }

    [Theory]
    [InlineData(500, "answers 500")]
    [InlineData(404, "answers 404")]
    [InlineData(
        200,
        "gives no good time stamp: This is not the response of a time-stamping authority (RFC 3161): The "
            + "provided data is tagged with 'Universal' class value '28', but it should have been 'Universal' class "
            + "value '16'."
    )]
    public async Task An_answer_that_is_none_is_a_failure_that_is_tried_again(int status, string reason)
    {
        _server.Instead = (response, _) =>
        {
            response.StatusCode = status;
            return response.WriteAsync("<html>Sorry</html>", Cancellation);
        };
        await FailsAsync(reason);
    }

    [Fact]
    public async Task So_is_an_answer_without_end()
    {
        _server.Instead = async (response, _) =>
        {
            byte[] block = new byte[10_000];
            while (!response.HttpContext.RequestAborted.IsCancellationRequested)
            {
                await response.Body.WriteAsync(block, response.HttpContext.RequestAborted);
            }
        };
        await FailsAsync("gives no good time stamp: Its answer has more than 65536 bytes.");
    }

    [Fact]
    public async Task So_is_the_answer_to_another_request()
    {
        _server.Instead = (response, _) =>
        {
            CheckpointNote note = CheckpointNote.Parse(_log.Ledger.LastCheckpoint!.Note);
            byte[] older = _server.Authority.Answer(TimeStamp.Request(note, new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 }).Encode());
            return response.Body.WriteAsync(older, Cancellation).AsTask();
        };
        await FailsAsync("gives no good time stamp: The time stamp answers another request: its nonce is not the one that was sent.");
    }

    [Fact]
    public async Task So_is_a_refusal()
    {
        _server.Instead = (response, _) => response.Body.WriteAsync(Convert.FromHexString("30053003020102"), Cancellation).AsTask();
        await FailsAsync("gives no good time stamp: The authority grants no time stamp: rejection.");
    }

    [Fact]
    public async Task So_is_nobody_at_that_address() =>
        await FailsAsync("is not reached: Connection refused", new Uri($"http://127.0.0.1:{Mosquitto.FreePort()}/"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_authority_that_hangs_is_given_up_after_15_seconds_and_holds_nothing_up(bool begins)
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Instead = async (response, _) =>
        {
            if (begins)
            {
                await response.Body.WriteAsync(new byte[] { 0x30 }, Cancellation);
                await response.Body.FlushAsync(Cancellation);
            }

            asked.TrySetResult();
            TaskCompletionSource never = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await using CancellationTokenRegistration gone = response.HttpContext.RequestAborted.Register(never.SetResult);
            await never.Task;
        };
        _log.Grow(3);
        TimeStampClient client = Client();
        Task running = client.RunAsync(_stop.Token);
        await WaitsAsync(Limit);
        await asked.Task.InTimeAsync();
        _log.Grow(1);
        Assert.Equal(4, BundleVerifier.Verify(BundleOf(_log.Ledger, 3), TrustAnchors.FromPem(_log.PublicKeyPem)).Head.Size);
        _time.Advance(Limit);
        Assert.InRange(await _time.NextWaitAsync(), Backoff.Shortest, Backoff.Longest);
        Assert.Equal("does not answer within 15 s", client.State.Failure!.Reason);
        await StopAsync(running);
    }

    [Fact]
    public async Task Failing_is_said_once_when_it_begins_and_once_when_it_ends_and_then_the_newest_is_stamped()
    {
        _server.Instead = (response, _) =>
        {
            response.StatusCode = 503;
            return Task.CompletedTask;
        };
        _log.Grow(3);
        TimeStampClient client = Client();
        Task running = client.RunAsync(_stop.Token);
        for (int i = 0; i < 3; i++)
        {
            await WaitsAsync(Limit);
            TimeSpan pause = await _time.NextWaitAsync();
            Assert.InRange(pause, Backoff.Shortest, Backoff.Longest);
            _log.Grow(1);
            _server.Instead = i < 2 ? _server.Instead : null;
            _time.Advance(pause);
        }

        await WaitsAsync(Limit, Every);
        Assert.Equal((6, null), (client.State.Newest!.Size, client.State.Failure));
        await StopAsync(running);
        Assert.Equal(
            [
                $"Warning: The time-stamping authority {_server.Url} does not stamp: it answers 503",
                $"Information: The time-stamping authority {_server.Url} stamps again",
            ],
            _said.Lines
        );
    }

    private async Task StampAsync()
    {
        using CancellationTokenSource stop = new();
        Task running = Client().RunAsync(stop.Token);
        await WaitsAsync(Limit, Every);
        await stop.CancelAsync();
        await running.InTimeAsync();
    }

    private async Task FailsAsync(string reason, Uri? url = null)
    {
        _log.Grow(3);
        TimeStampClient client = Client(url);
        Task running = client.RunAsync(_stop.Token);
        await WaitsAsync(Limit);
        Assert.InRange(await _time.NextWaitAsync(), Backoff.Shortest, Backoff.Longest);
        Assert.Equal(reason, client.State.Failure!.Reason);
        Assert.Null(_log.Ledger.NewestTimeStamp);
        await StopAsync(running);
    }

    private async Task StopAsync(Task running)
    {
        await _stop.CancelAsync();
        await running.InTimeAsync();
    }

    private async Task WaitsAsync(params TimeSpan[] waits)
    {
        foreach (TimeSpan wait in waits)
        {
            Assert.Equal(wait, await _time.NextWaitAsync());
        }
    }

    private TimeStampClient Client(Uri? url = null) =>
        new(
            _log.Ledger,
            new TimeStampSettings(url ?? _server.Url, Every),
            new Backoff(_time, new Random(1)),
            _http,
            _time,
            RandomNumberGenerator.Create(),
            _said
        );

    private static Bundle BundleOf(Ledger ledger, params long[] leaves) => ledger.BundleOf(leaves, ledger.CheckpointFor(leaves.Max())!);

    private sealed class KeptLog : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Lines.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
