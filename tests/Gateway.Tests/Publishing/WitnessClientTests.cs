using System.Net;
using EdgeGateway.Evidence;
using EdgeGateway.Keeping;
using EdgeGateway.Publishing;
using EdgeGateway.Site;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeGateway.Gateway.Tests.Publishing;

/// <summary>The device's side of C2SP tlog-witness, against a witness that remembers one log.</summary>
public sealed class WitnessClientTests : IDisposable
{
    private readonly RecordedLog _log = new();
    private readonly SignallingTime _time = new();
    private readonly OneLogWitness _witness = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<long> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _stop.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Each_newest_checkpoint_is_cosigned_and_batches_carry_the_line()
    {
        _log.Grow(3);
        WitnessClient client = Client();
        Task running = client.RunAsync(_stop.Token);
        await _log.Ledger.WaitForCosignatureAsync(3, Cancellation).InTimeAsync();
        _log.Grow(4);
        await _log.Ledger.WaitForCosignatureAsync(7, Cancellation).InTimeAsync();
        CheckpointNote note = CheckpointNote.Parse(_log.Ledger.BatchFrom(3)!.Note);
        Assert.NotNull(_witness.Key.CosignedAt(note));
        Assert.Equal((7L, null), (client.State.Size, client.State.Failure));
        await _stop.CancelAsync();
        await running.InTimeAsync();
    }

    [Fact]
    public async Task A_cosignature_is_durable_with_the_next_tick()
    {
        _log.Grow(3);
        Task running = Client().RunAsync(_stop.Token);
        await _log.Ledger.WaitForCosignatureAsync(3, Cancellation).InTimeAsync();
        await _stop.CancelAsync();
        await running.InTimeAsync();
        _log.Grow(1);
        using Ledger again = Ledger.Open(Path.Combine(_log.Folder, "ledger.db"));
        Assert.Equal(3, again.NewestCosignature(_witness.Key.Name)!.Size);
        Assert.NotNull(_witness.Key.CosignedAt(CheckpointNote.Parse(again.BatchFrom(0)!.Note)));
    }

    [Fact]
    public async Task A_witness_that_knows_an_older_size_than_the_device_thinks_is_asked_again_from_there()
    {
        _log.Grow(3);
        await CosignAsync(3);
        _log.Grow(2);
        _log.Ledger.AddCosignature(new StoredCosignature(4, _witness.Key.Name, "— x AAAAAA==\n", DateTimeOffset.UnixEpoch));
        await CosignAsync(5);
        Assert.Equal(5, _witness.Known!.Size);
    }

    [Fact]
    public async Task A_witness_that_has_seen_more_than_the_device_has_means_that_leaves_were_lost()
    {
        using RecordedLog longer = _log.Sibling();
        longer.Grow(9);
        _witness.Known = CheckpointNote.Parse(longer.Ledger.LastCheckpoint!.Note).Head;
        _log.Grow(3);
        await Client().RunAsync(_stop.Token).InTimeAsync();
        Assert.Equal(9, await _lost.Task.InTimeAsync());
    }

    [Fact]
    public async Task So_does_one_that_has_seen_other_leaves_than_those_which_followed_since()
    {
        using RecordedLog other = _log.Sibling();
        other.Grow(2);
        other.Grow(1, salt: 9);
        _witness.Known = CheckpointNote.Parse(other.Ledger.LastCheckpoint!.Note).Head;
        _log.Grow(6);
        await Client().RunAsync(_stop.Token).InTimeAsync();
        Assert.Equal(3, await _lost.Task.InTimeAsync());
    }

    [Theory]
    [InlineData(404, "it answers 404: no such log")]
    [InlineData(500, "it answers 500: no such log")]
    [InlineData(422, "it answers 422: no such log")]
    [InlineData(409, "it answers 409: no such log")]
    [InlineData(
        200,
        "its answer is no cosignature: A signature line of the checkpoint is not an em dash, a key name and a " + "base64 signature."
    )]
    public async Task Whatever_else_it_answers_is_a_failure_that_is_tried_again_and_loses_nothing(int status, string reason)
    {
        _log.Grow(3);
        _witness.Always = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent("no such log\n") };
        WitnessClient client = Client();
        Task running = client.RunAsync(_stop.Token);
        await _time.NextWaitAsync();
        Assert.Equal(reason, client.State.Failure!.Reason);
        Assert.False(_lost.Task.IsCompleted);
        await _stop.CancelAsync();
        await running.InTimeAsync();
    }

    [Fact]
    public async Task Another_witness_s_signature_is_not_taken()
    {
        _log.Grow(3);
        WitnessClient client = Client(
            new Cosigner(
                "witness.example/w1",
                new byte[32]
                    .Select((_, i) => (byte)i)
                    .ToArray()
            ).Key
        );
        Task running = client.RunAsync(_stop.Token);
        await _time.NextWaitAsync();
        Assert.Equal(
            "its answer is not signed with the key in the site file. Ask whoever runs it for its key.",
            client.State.Failure!.Reason
        );
        await _stop.CancelAsync();
        await running.InTimeAsync();
    }

    private async Task CosignAsync(long size)
    {
        using CancellationTokenSource stop = new();
        Task running = Client().RunAsync(stop.Token);
        await _log.Ledger.WaitForCosignatureAsync(size, Cancellation).InTimeAsync();
        await stop.CancelAsync();
        await running.InTimeAsync();
    }

    private WitnessClient Client(WitnessKey? key = null) =>
        new(
            _log.Ledger,
            new WitnessSettings(new Uri("http://witness.example/"), key ?? _witness.Key),
            new Backoff(_time, new Random(1)),
            new HttpClient(_witness, disposeHandler: false),
            _time,
            NullLogger.Instance,
            size => _lost.TrySetResult(size)
        );

    /// <summary>What a witness answers, by the text of the specification.</summary>
    private sealed class OneLogWitness : HttpMessageHandler
    {
        private readonly Cosigner _cosigner = new("witness.example/w1", new byte[32]);

        public WitnessKey Key => _cosigner.Key;

        public TreeHead? Known { get; set; }

        public HttpResponseMessage? Always { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal("http://witness.example/add-checkpoint", request.RequestUri!.ToString());
            if (Always is not null)
            {
                return Always;
            }

            AddCheckpoint add = AddCheckpoint.Parse(await request.Content!.ReadAsStringAsync(cancellationToken));
            TreeHead head = CheckpointNote.Parse(add.Note).Head;
            if (add.OldSize != (Known?.Size ?? 0))
            {
                return new HttpResponseMessage(HttpStatusCode.Conflict)
                {
                    Content = new StringContent($"{Known?.Size ?? 0}\n", null, "text/x.tlog.size"),
                };
            }

            try
            {
                if (Known is not null)
                {
                    MerkleProof.VerifyConsistency(Known.Size, Known.Root, head.Size, head.Root, add.Proof);
                }
            }
            catch (EvidenceException)
            {
                return new HttpResponseMessage(HttpStatusCode.UnprocessableEntity);
            }

            Known = head;
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(_cosigner.Sign(head, DateTimeOffset.FromUnixTimeSeconds(1_781_481_600))),
            };
        }
    }
}
