using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Tests;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Edgectl.Tests;

/// <summary>Verification by who trusts a certificate authority that <c>openssl ca</c> is, and no key of a device.</summary>
public sealed class CertificateTests : IDisposable
{
    private readonly SignedLog _log = new();
    private readonly OpenSslAuthority _authority = new();
    private readonly Cosigner _witness = new("witness.example/w1", SHA256.HashData([1]));
    private readonly FakeTimeProvider _time = new(
        DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).AddHours(1)
    );
    private readonly string _certificate,
        _beside,
        _witnesses;

    public CertificateTests()
    {
        _certificate = _authority.Certify(_log.PrivateKey, _log.Origin.DeviceId, _time.GetUtcNow().AddDays(100));
        _beside = _log.Write("chain.pem", Encoding.ASCII.GetBytes(_certificate + _authority.Between));
        _witnesses = _log.Write("witness.key", Encoding.ASCII.GetBytes(_witness.Key + "\n"));
    }

    public void Dispose()
    {
        _log.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public void The_verdict_names_the_authority_and_says_what_was_looked_up()
    {
        string bundle = _log.Write("bundle", Chained().Encode());
        string text = Verified(bundle);
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        Assert.Contains(
            "signed     by the device, for which CN=Grid Root, O=Grid vouches, whom you trust: 12 leaves",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("certified  by the certificate A001 of O=Grid, CN=Grid Devices: good until ", text, StringComparison.Ordinal);
        Assert.Contains(
            "revocation not checked: there is no revocation list of O=Grid, CN=Grid Devices for all its certificates",
            text.Split('\n')
        );
        (string devices, string root) = Lists();
        text = Verified(bundle, "--crl", devices, "--crl", root);
        Assert.Contains("revocation looked up in the list of O=Grid, CN=Grid Devices of ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("not checked", text, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromDays(40));
        Assert.Contains(", which is stale: the next was due at ", Verified(bundle, "--crl", devices), StringComparison.Ordinal);
        JsonElement log = Json(bundle, "--crl", devices).GetProperty("logs")[0];
        JsonElement certificate = log.GetProperty("certificates")[0];
        Assert.Equal(
            ("certificate", "A001", "good"),
            (
                log.GetProperty("trust").GetString(),
                certificate.GetProperty("serial").GetString(),
                certificate.GetProperty("state").GetString()
            )
        );
        Assert.Equal(
            [(true, true), (false, false)],
            certificate
                .GetProperty("revocation")
                .EnumerateArray()
                .Select(r => (r.GetProperty("checked").GetBoolean(), r.GetProperty("stale").GetBoolean()))
        );
    }

    [Fact]
    public void Batches_and_tiles_take_their_certificates_from_beside_or_from_a_bundle_with_them()
    {
        string batch = _log.WriteBatch(0, 12),
            tiles = _log.WriteTiles(),
            bundle = _log.Write("bundle", Chained().Encode());
        Assert.Contains("No certificate of the device was given", Refused(batch), StringComparison.Ordinal);
        Assert.Contains("No certificate of the device was given", Refused(tiles), StringComparison.Ordinal);
        Assert.Contains("certified  by", Verified(batch, "--certificates", _beside), StringComparison.Ordinal);
        Assert.Contains("certified  by", Verified(tiles, "--certificates", _beside), StringComparison.Ordinal);
        Assert.Contains("leaves     0 to 11, without a gap", Run(0, batch, bundle).Split('\n'));
    }

    [Fact]
    public void After_a_revocation_what_was_cosigned_before_is_good_and_later_leaves_are_refused()
    {
        DateTimeOffset compromised = _time.GetUtcNow().AddDays(-3);
        _authority.Revoke(compromised);
        string crl = Lists().Devices;
        string[] beside = ["--certificates", _beside, "--crl", crl, "--witness", _witnesses];
        string first = _log.WriteBatch(0, 4),
            last = _log.WriteBatch(9, 12),
            middle = Cosigned(4, 9, compromised.AddSeconds(-1));
        string text = Run(0, [first, middle, .. beside]);
        Assert.Contains(": it was revoked at ", text, StringComparison.Ordinal);
        Assert.Contains("witness.example/w1, whom you trust, saw 9 leaves before, at ", text, StringComparison.Ordinal);
        Assert.Contains(
            "The checkpoint of 12 leaves rests on the certificate A001",
            Run(1, [first, middle, last, .. beside]),
            StringComparison.Ordinal
        );
        Assert.Contains("saw it only at", Run(1, [first, Cosigned(4, 9, compromised), .. beside]), StringComparison.Ordinal);
        Assert.Contains("nobody whom you trust", Run(1, [first, middle, .. beside[..4]]), StringComparison.Ordinal);
        JsonElement certificate = Json([first, middle, .. beside]).GetProperty("logs")[0].GetProperty("certificates")[0];
        Assert.Equal(
            ("revoked", "witness.example/w1", 9),
            (
                certificate.GetProperty("state").GetString(),
                certificate.GetProperty("seenBy").GetString(),
                certificate.GetProperty("seenSize").GetInt64()
            )
        );

        // A bundle that others have cosigned carries the batch with its checkpoint, whose own copy nobody has.
        Bundle bundle = Chained();
        bundle = bundle with { Note = bundle.Note + _witness.Sign(CheckpointNote.Parse(bundle.Note).Head, compromised.AddSeconds(-1)) };
        Run(0, [first, middle, last, _log.Write("seen", bundle.Encode()), .. beside]);
    }

    [Fact]
    public void Time_stamps_are_told_and_what_is_none_visibly_drops()
    {
        using StampingAuthority stamping = new();
        Bundle bundle = Chained();
        byte[] token = stamping.Stamp(CheckpointNote.Parse(bundle.Note));
        string stamped = _log.Write("stamped", (bundle with { TimeStamps = [token] }).Encode());
        string text = Verified(stamped, "--time-authority", stamping.RootPath);
        Assert.Contains(
            "stamped    CN=Stamping Authority, O=Example, which you trust: 12 leaves were there by ",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("give or take 1.5 s", text, StringComparison.Ordinal);
        Assert.Contains(
            "stamped    not checked: 1 time stamp in the bundle that no authority you trust has made, or damaged. "
                + "Count the log as not time-stamped.",
            Verified(stamped).Split('\n')
        );
        string damaged = _log.Write("damaged", (bundle with { TimeStamps = [token[..^1]] }).Encode());
        JsonElement log = Json(damaged, "--time-authority", stamping.RootPath).GetProperty("logs")[0];
        Assert.Equal((0, 1), (log.GetProperty("timeStamps").GetArrayLength(), log.GetProperty("uncheckedTimeStamps").GetInt32()));
        _time.Advance(TimeSpan.FromDays(200));
        Assert.Contains("it expired at ", Verified(stamped, "--time-authority", stamping.RootPath), StringComparison.Ordinal);
        Assert.Contains("nobody whom you trust", Refused(damaged, "--time-authority", stamping.RootPath), StringComparison.Ordinal);
    }

    [Fact]
    public void What_nothing_rests_on_is_said_not_to_be_judged()
    {
        string bundle = _log.Write("bundle", (Chained() with { RevocationLists = [new byte[] { 1 }] }).Encode()),
            crl = Lists().Root;
        (int exit, string text, _) = CommandLine.RunAt(_time, Stream.Null, "verify", bundle, "--trust", _log.Trust, "--crl", crl);
        Assert.Equal(0, exit);
        Assert.Contains(
            "not judged 3 certificates, revocation lists and changes of the key in the bundle; trust rests on the " + "key you gave",
            text.Split('\n')
        );
        Assert.Contains("not used   the revocation list of CN=Grid Root, O=Grid", text, StringComparison.Ordinal);
        Assert.Contains("This is not a certificate revocation list", Refused(bundle), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_cannot_be_judged_by_end_with_2()
    {
        string batch = _log.WriteBatch(0, 6),
            none = _log.Write("none.pem", "nothing"u8),
            key = _log.Write("key.pem", Encoding.ASCII.GetBytes(_log.PrivateKey));
        string[] verify = ["verify", batch, "--trust", _authority.RootPath];
        CommandLine.AssertRefused(
            CommandLine.Run([.. verify, "--crl", none]),
            "none.pem: It cannot be used as a revocation list. There is no revocation list in it"
        );
        CommandLine.AssertRefused(
            CommandLine.Run([.. verify, "--certificates", none]),
            "none.pem: It cannot be used as certificates. There is no certificate in it"
        );
        CommandLine.AssertRefused(
            CommandLine.Run([.. verify, "--time-authority", key]),
            "key.pem: It cannot be used as a time-stamping authority. It holds a PRIVATE KEY"
        );
        CommandLine.AssertRefused(CommandLine.Run([.. verify, "--witness", none + "x"]), "Could not find");
        CommandLine.AssertRefused(
            CommandLine.Run("witness", "serve", "--state", none, "--key", none, "--name", "w", "--log-key", _authority.RootPath),
            "It is not an Ed25519 private key"
        );
        CommandLine.AssertRefused(
            CommandLine.Run("witness", "serve", "--state", none, "--key", none + ".made", "--name", "w", "--log-key", _authority.RootPath),
            "certificate of a certificate authority"
        );
    }

    private Bundle Chained() =>
        _log.Bundle(2, 8) with
        {
            Chain = [.. TrustAnchors.CertificatesFromPem(File.ReadAllText(_beside)).Select(c => (ReadOnlyMemory<byte>)c.RawData)],
        };

    private string Cosigned(int first, int end, DateTimeOffset time)
    {
        Batch batch = _log.Batch(first, end);
        return _log.Write(
            $"{first}-{end}-{time:HHmmss}.batch",
            (batch with { Note = batch.Note + _witness.Sign(CheckpointNote.Parse(batch.Note).Head, time) }).Encode()
        );
    }

    private (string Devices, string Root) Lists()
    {
        (string devices, string root) = _authority.Lists();
        return (_log.Write("devices.crl", Encoding.ASCII.GetBytes(devices)), _log.Write("root.crl", Encoding.ASCII.GetBytes(root)));
    }

    private string Verified(params string[] arguments) => Run(0, arguments);

    private string Refused(params string[] arguments) => Run(1, arguments);

    private string Run(int expectedExitCode, params string[] arguments)
    {
        (int exitCode, string output, string error) = CommandLine.RunAt(
            _time,
            Stream.Null,
            ["verify", .. arguments, "--trust", _authority.RootPath]
        );
        Assert.Equal((expectedExitCode, ""), (exitCode, error));
        return output;
    }

    private JsonElement Json(params string[] arguments) => JsonDocument.Parse(Run(0, [.. arguments, "--json"])).RootElement;
}
