using System.Text;
using EdgeGateway.Evidence;
using EdgeGateway.Publishing;

namespace EdgeGateway.Gateway.Tests.Publishing;

/// <summary>What a gateway delivers is taken and checked with nothing of ours: mosquitto_sub and openssl.</summary>
public sealed class OtherPeoplesToolsTests : IDisposable
{
    private const string Split = """
        set -e
        cd "$1"
        sed '/^$/,$d' checkpoint.txt > note.txt
        tail -n 1 checkpoint.txt | cut -d ' ' -f 3 | base64 -d | tail -c +5 > sig.der
        """;

    // Every file of texts/ is tried with the good signature, every file of signatures/ with the good text; openssl says 1 to each.
    private const string TryAll = """
        cd "$1"
        refused=0
        for f in texts/* signatures/*; do
            case $f in
                texts/*) answer=$(openssl dgst -sha256 -verify pub.pem -signature sig.der "$f" 2>&1) ;;
                *) answer=$(openssl dgst -sha256 -verify pub.pem -signature "$f" note.txt 2>&1) ;;
            esac
            code=$?
            case $code$answer in
                *OK*) echo "$f verified" ;;
                1*) refused=$((refused + 1)) ;;
                *) echo "$f: $answer" ;;
            esac
        done
        echo "refused $refused"
        """;

    private readonly RecordedLog _log = new();
    private readonly int _port = Mosquitto.FreePort();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_batch_taken_with_mosquitto_sub_verifies()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(_port);
        string[] taker = ["-p", $"{_port}", "-i", "taker", "-c", "-q", "1", "-t", "gw/+/+/v1/batch"];
        await Tool.RunAsync("mosquitto_sub", [.. taker, "-E"]);
        Batch batch = await DeliverAsync();
        byte[] taken = await Tool.RunAsync("mosquitto_sub", [.. taker, "-N", "-C", "1"]);
        Assert.Equal(batch.Encode(), taken);
        Assert.Equal(3, _log.VerifySequence([taken]));
    }

    [Fact]
    public async Task A_checkpoint_taken_from_the_broker_verifies_with_plain_openssl_and_with_no_byte_altered()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(_port);
        Batch batch = await DeliverAsync();
        byte[] checkpoint = await Tool.RunAsync("mosquitto_sub", "-p", $"{_port}", "-t", "gw/+/+/v1/checkpoint", "-N", "-C", "1");
        Assert.Equal(batch.Note, Encoding.UTF8.GetString(checkpoint));
        await File.WriteAllBytesAsync(In("checkpoint.txt"), checkpoint, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(In("pub.pem"), _log.PublicKeyPem, TestContext.Current.CancellationToken);
        await Tool.RunAsync("sh", "-c", Split, "sh", _log.Folder);
        Assert.Equal("Verified OK\n", await VerifiedAsync());

        int flips = AlterEachByte("note.txt", "texts") + AlterEachByte("sig.der", "signatures");
        string answer = Encoding.UTF8.GetString(await Tool.RunAsync("sh", "-c", TryAll, "sh", _log.Folder));
        Assert.Equal($"refused {flips}\n", answer);
        Assert.Equal("Verified OK\n", await VerifiedAsync());
    }

    private string In(string file) => Path.Combine(_log.Folder, file);

    private async Task<string> VerifiedAsync() =>
        Encoding.UTF8.GetString(
            await Tool.RunAsync("openssl", "dgst", "-sha256", "-verify", In("pub.pem"), "-signature", In("sig.der"), In("note.txt"))
        );

    // One bit of each byte: a process for each bit would take a minute on a busy machine.
    private int AlterEachByte(string file, string folder)
    {
        byte[] bytes = File.ReadAllBytes(In(file));
        Assert.InRange(bytes.Length, 60, 200);
        Directory.CreateDirectory(In(folder));
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] altered = [.. bytes];
            altered[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(In($"{folder}/{i}"), altered);
        }

        return bytes.Length;
    }

    private async Task<Batch> DeliverAsync()
    {
        Batch batch = _log.Grow(3);
        await using MqttPublisher publisher = new(
            new("cloud", new("127.0.0.1", _port, null, null, Tls: false), "demo"),
            _log.Origin.DeviceId,
            "1.2.3",
            TimeProvider.System
        );
        Assert.Equal(
            DeliveryVerdict.Accepted,
            (await publisher.DeliverAsync(batch, batch.Encode(), TestContext.Current.CancellationToken)).Verdict
        );
        return batch;
    }
}
