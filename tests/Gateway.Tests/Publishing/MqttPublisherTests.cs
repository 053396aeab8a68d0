using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeGateway.Evidence;
using EdgeGateway.Publishing;

namespace EdgeGateway.Gateway.Tests.Publishing;

public sealed class MqttPublisherTests : IDisposable
{
    private const string Online = """{"state":"online","version":"1.2.3"}""",
        Offline = """{"state":"offline","version":"1.2.3"}""";
    private readonly RecordedLog _log = new();
    private readonly int _port = Mosquitto.FreePort();

    private string Topics => $"gw/demo/{_log.Origin.DeviceId}/v1";

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task State_and_checkpoint_are_retained_and_the_batch_is_not()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(_port);
        await using MqttPublisher publisher = Publisher(_port);
        Batch batch = _log.Grow(3);
        await AcceptedAsync(publisher, batch);

        using Subscriber late = await Subscriber.ToAsync(_port, "#");
        (byte[] Bytes, bool Retained)[] kept = [await late.NextAsync(), await late.NextAsync()];
        Assert.Equal(
            new[] { batch.Note, Online }.Order(StringComparer.Ordinal),
            kept.Select(k => Encoding.UTF8.GetString(k.Bytes)).Order(StringComparer.Ordinal)
        );
        Assert.All(kept, k => Assert.True(k.Retained));
        Batch next = _log.Grow(1);
        await AcceptedAsync(publisher, next);
        Assert.Equal(next.Encode(), (await late.NextAsync()).Bytes);
    }

    [Fact]
    public async Task A_connection_that_dies_without_goodbye_shows_as_offline_and_the_next_delivery_as_online()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(_port);
        using Subscriber watcher = await Subscriber.ToAsync(_port, $"{Topics}/state");
        using Relay wire = new(_port);
        await using MqttPublisher publisher = Publisher(wire.Port);
        await AcceptedAsync(publisher, _log.Grow(3));
        Assert.Equal(Online, await watcher.NextTextAsync());
        wire.Cut();
        Assert.Equal(Offline, await watcher.NextTextAsync());
        using Subscriber late = await Subscriber.ToAsync(_port, $"{Topics}/state");
        (byte[] bytes, bool retained) = await late.NextAsync();
        Assert.Equal((Offline, true), (Encoding.UTF8.GetString(bytes), retained));

        await AcceptedAfterCutAsync(publisher, _log.Grow(1));
        Assert.Equal(Online, await watcher.NextTextAsync());
    }

    [Fact]
    public async Task A_gateway_that_stops_in_order_says_so()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(_port);
        using Subscriber watcher = await Subscriber.ToAsync(_port, $"{Topics}/state");
        MqttPublisher publisher = Publisher(_port);
        await AcceptedAsync(publisher, _log.Grow(3));
        await publisher.DisposeAsync();
        Assert.Equal((Online, Offline), (await watcher.NextTextAsync(), await watcher.NextTextAsync()));
    }

    [Theory]
    [InlineData(Mqtt5.Refused)]
    [InlineData(Mqtt5.HungUpOn)]
    public async Task A_broker_without_MQTT_5_is_spoken_to_in_3_1_1_which_is_remembered(Mqtt5 behaviour)
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(_port);
        using Subscriber subscriber = await Subscriber.ToAsync(_port, $"{Topics}/batch");
        using Relay old = new(_port, behaviour);
        await using MqttPublisher publisher = Publisher(old.Port);
        Batch batch = _log.Grow(3);
        await AcceptedAsync(publisher, batch);
        Assert.Equal(batch.Encode(), (await subscriber.NextAsync()).Bytes);
        Assert.Equal([5, 4], old.Levels);

        old.Cut();
        await AcceptedAfterCutAsync(publisher, batch);
        Assert.Equal([5, 4, 4], old.Levels);
    }

    [Fact]
    public async Task An_acknowledgement_that_does_not_come_ends_the_session_and_the_batch_goes_again()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(_port);
        using Subscriber subscriber = await Subscriber.ToAsync(_port, $"{Topics}/batch");
        using Relay wire = new(_port);
        SignallingTime time = new();
        await using MqttPublisher publisher = Publisher(wire.Port, time);
        await AcceptedAsync(publisher, _log.Grow(3));
        await subscriber.NextAsync();

        Batch batch = _log.Grow(2);
        wire.SwallowsAnswers = true;
        Task<DeliveryOutcome> stuck = OfferAsync(publisher, batch);
        Assert.Equal(batch.Encode(), (await subscriber.NextAsync()).Bytes);
        Assert.False(stuck.IsCompleted);
        time.Advance(MqttPublisher.DeadlineFor(batch.Encode().Length));
        Assert.Equal(DeliveryOutcome.Kept("The broker gave no answer within 20 s."), await stuck);

        wire.SwallowsAnswers = false;
        await AcceptedAsync(publisher, batch);
        Assert.Equal(batch.Encode(), (await subscriber.NextAsync()).Bytes);
        Assert.Equal([5, 5], wire.Levels);
    }

    [Fact]
    public async Task A_silent_broker_is_not_taken_for_an_old_one()
    {
        using Relay wire = new(_port) { SwallowsAnswers = true };
        await using Mosquitto broker = await Mosquitto.StartAsync(_port);
        SignallingTime time = new();
        await using MqttPublisher publisher = Publisher(wire.Port, time);
        Batch batch = _log.Grow(1);
        Task<DeliveryOutcome> stuck = OfferAsync(publisher, batch);
        await wire.Connected.InTimeAsync();
        time.Advance(MqttPublisher.DeadlineFor(0) + TimeSpan.FromSeconds(1));
        Assert.Equal("The broker gave no answer within 20 s.", (await stuck).Text);
        wire.SwallowsAnswers = false;
        await AcceptedAsync(publisher, batch);
        Assert.DoesNotContain((byte)4, wire.Levels);
    }

    [Fact]
    public async Task A_batch_without_subscribers_is_accepted_with_a_note()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(_port);
        await using MqttPublisher publisher = Publisher(_port);
        Assert.Equal("The broker took the batch, but nobody subscribes to it.", (await OfferAsync(publisher, _log.Grow(1))).Text);
    }

    [Fact]
    public async Task Where_the_receiver_is_named_only_its_receipt_of_this_very_batch_counts()
    {
        Cosigner cloud = new("cloud.example/r1", new byte[32]),
            stranger = new("cloud.example/r1", [.. new byte[31], 1]);
        await using Mosquitto broker = await Mosquitto.StartAsync(_port);
        using Subscriber receiver = await Subscriber.ToAsync(_port, $"{Topics}/batch");
        SignallingTime time = new();
        await using MqttPublisher publisher = new(
            new("cloud", new("127.0.0.1", _port, null, null, Tls: false), "demo", cloud.Key),
            _log.Origin.DeviceId,
            "1.2.3",
            time
        );
        Assert.EndsWith("confirmed by cloud.example/r1", publisher.Destination, StringComparison.Ordinal);
        Batch first = _log.Grow(3);
        Task<DeliveryOutcome> offered = OfferAsync(publisher, first);
        Batch got = Batch.Decode((await receiver.NextAsync()).Bytes, out _);
        TreeHead head = BatchVerifier.Verify(got, TrustAnchors.FromPem(_log.PublicKeyPem)).Head;
        TreeHead forked = head with { Root = MerkleHash.OfLeaf([1]) };

        foreach (
            string wrong in new[]
            {
                "",
                "ok",
                got.Note,
                got.Note + stranger.Sign(head, DateTimeOffset.UnixEpoch),
                got.Note + cloud.Sign(forked, DateTimeOffset.UnixEpoch),
            }
        )
        {
            await receiver.SayAsync($"{Topics}/ack", wrong);
        }

        // The broker passes messages on in order: with the answer to a later one these have been seen.
        await receiver.SayAsync($"{Topics}/batch", "seen");
        Assert.Equal("seen", await receiver.NextTextAsync());
        Assert.False(offered.IsCompleted);
        await receiver.SayAsync($"{Topics}/ack", got.Note + cloud.Sign(head, DateTimeOffset.UnixEpoch));
        Assert.Equal(DeliveryVerdict.Accepted, (await offered.InTimeAsync()).Verdict);

        Task<DeliveryOutcome> silent = OfferAsync(publisher, _log.Grow(1));
        await receiver.NextAsync();
        await receiver.SayAsync($"{Topics}/ack", got.Note + cloud.Sign(head, DateTimeOffset.UnixEpoch)); // of the batch before
        time.Advance(MqttPublisher.DeadlineFor(100_000));
        DeliveryOutcome kept = await silent.InTimeAsync();
        Assert.Equal(DeliveryVerdict.Kept, kept.Verdict);
        Assert.Contains("cloud.example/r1 did not confirm it within 20 s", kept.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_above_the_brokers_limit_is_rejected_and_a_smaller_one_goes()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(_port, "max_packet_size 4000");
        await using MqttPublisher publisher = Publisher(_port);
        DeliveryOutcome large = await OfferAsync(publisher, _log.Grow(300));
        Assert.Equal(DeliveryVerdict.Rejected, large.Verdict);
        // The signatures are some bytes longer or shorter each time.
        Assert.Matches(@"^The batch makes a packet of 301\d\d bytes, and the broker takes at most 4000\. Raise its limit\.$", large.Text);
        await AcceptedAsync(publisher, _log.Grow(1));
    }

    [Fact]
    public async Task The_password_is_read_when_it_connects()
    {
        string users = Path.Combine(_log.Folder, "users"),
            password = Path.Combine(_log.Folder, "password");
        await Tool.RunAsync("mosquitto_passwd", "-c", "-b", users, "gw", "right");
        await using Mosquitto broker = await Mosquitto.StartAsync(_port, "allow_anonymous false", $"password_file {users}");
        await using MqttPublisher publisher = new(
            new("cloud", new("127.0.0.1", _port, "gw", password, Tls: false), "demo"),
            _log.Origin.DeviceId,
            "1.2.3",
            TimeProvider.System
        );
        Batch batch = _log.Grow(3);
        Assert.Equal($"The password for gw cannot be read: Could not find file '{password}'.", (await OfferAsync(publisher, batch)).Text);
        await File.WriteAllTextAsync(password, "wrong\n", TestContext.Current.CancellationToken);
        Assert.Equal("The broker refused the connection with 135 NotAuthorized.", (await OfferAsync(publisher, batch)).Text);
        await File.WriteAllTextAsync(password, "right\n", TestContext.Current.CancellationToken);
        await AcceptedAsync(publisher, batch);
    }

    [Fact]
    public async Task A_broker_whose_certificate_the_system_does_not_trust_gets_nothing()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        string certificateFile = Path.Combine(_log.Folder, "broker.pem"),
            keyFile = Path.Combine(_log.Folder, "broker.key");
        await File.WriteAllTextAsync(certificateFile, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        await using Mosquitto broker = await Mosquitto.StartAsync(_port, $"certfile {certificateFile}", $"keyfile {keyFile}");
        await using MqttPublisher publisher = new(
            new("cloud", new("127.0.0.1", _port, null, null, Tls: true), "demo"),
            _log.Origin.DeviceId,
            "1.2.3",
            TimeProvider.System
        );
        DeliveryOutcome outcome = await OfferAsync(publisher, _log.Grow(1));
        Assert.Equal(DeliveryVerdict.Kept, outcome.Verdict);
        Assert.Equal(
            "The broker cannot be reached: The remote certificate was rejected by the provided " + "RemoteCertificateValidationCallback.",
            outcome.Text
        );
    }

    private MqttPublisher Publisher(int port, TimeProvider? time = null) =>
        new(
            new("cloud", new("127.0.0.1", port, null, null, Tls: false), "demo"),
            _log.Origin.DeviceId,
            "1.2.3",
            time ?? TimeProvider.System
        );

    private static Task<DeliveryOutcome> OfferAsync(MqttPublisher publisher, Batch batch) =>
        publisher.DeliverAsync(batch, batch.Encode(), TestContext.Current.CancellationToken);

    // The publisher may learn only from its next attempt that its connection is dead; the one after it connects anew.
    private static async Task AcceptedAfterCutAsync(MqttPublisher publisher, Batch batch)
    {
        if ((await OfferAsync(publisher, batch)).Verdict == DeliveryVerdict.Kept)
        {
            await AcceptedAsync(publisher, batch);
        }
    }

    private static async Task AcceptedAsync(MqttPublisher publisher, Batch batch)
    {
        DeliveryOutcome outcome = await OfferAsync(publisher, batch);
        Assert.True(outcome.Verdict == DeliveryVerdict.Accepted, outcome.Text);
    }
}
