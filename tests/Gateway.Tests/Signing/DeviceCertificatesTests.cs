using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeGateway.Evidence;
using EdgeGateway.Signing;
using EdgeGateway.Site;
using static EdgeGateway.Gateway.Tests.Signing.RotatingDevice;

namespace EdgeGateway.Gateway.Tests.Signing;

/// <summary>A certificate of an authority for the device's key: asked for, installed, refreshed.</summary>
public sealed class DeviceCertificatesTests : IAsyncLifetime
{
    private readonly RotatingDevice _device = new();
    private Authority _authority = null!;

    private string Chain => _device.At("chain.pem");

    private string Revoked => _device.At("device.crl");

    public async ValueTask InitializeAsync() => _authority = await Authority.MakeAsync();

    public ValueTask DisposeAsync()
    {
        _device.Dispose();
        _authority.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_certificate_that_was_requested_is_served_with_those_above_it_and_stands_in_the_leaf_that_changes_the_key()
    {
        _device.Run(DeviceKeySettings.Default);
        await InstallAsync(DeviceKeySettings.Default);
        await File.WriteAllTextAsync(Revoked, await _authority.RevocationListAsync(), TestContext.Current.CancellationToken);
        _device.Run(Certified(DeviceKeySettings.Default));
        CertificateChain newest = _device.Key.Certificates!.Newest;
        Assert.Equal((2, 1), (newest.Chain.Count, newest.RevocationLists.Count));
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(newest.Chain[0].Span);
        Assert.Equal($"CN={_device.Key.DeviceId}", certificate.Subject);
        Assert.True(newest.HasSigned(CheckpointNote.Parse(_device.Ledger.LastCheckpoint!.Note)));

        // The next key is certified before it signs.
        DeviceKeySettings second = In("device-2.key", "device.key");
        _device.Stop();
        await InstallAsync(second);
        _device.Run(Certified(second));
        Leaf rotation = _device.Verified().Single(l => l.Head.Type == LeafType.KeyRotation);
        Assert.Equal(
            _device.Key.Certificates!.Newest.Chain[0].ToArray(),
            rotation.Records.Single(r => r.Name == "cert").Data!.Value.ToArray()
        );
        using X509Certificate2 next = X509CertificateLoader.LoadCertificate(rotation.Record("cert").Data!.Value.Span);
        Assert.Equal(($"CN={_device.Key.DeviceId}", "CN=Devices"), (next.Subject, next.Issuer));
    }

    [Fact]
    public void Without_one_the_leaf_that_changes_the_key_has_a_self_signed_one_for_the_device()
    {
        _device.Run(DeviceKeySettings.Default);
        _device.Run(In("device-2.key", "device.key"));
        Leaf rotation = _device.Verified().Single(l => l.Head.Type == LeafType.KeyRotation);
        using X509Certificate2 own = X509CertificateLoader.LoadCertificate(rotation.Record("cert").Data!.Value.Span);
        Assert.Equal(($"CN={_device.Key.DeviceId}", $"CN={_device.Key.DeviceId}"), (own.Subject, own.Issuer));
        Assert.Equal(rotation.Record("key").Data!.Value.ToArray(), own.PublicKey.ExportSubjectPublicKeyInfo());
    }

    [Fact]
    public async Task What_is_not_the_device_s_chain_is_refused_in_words_at_the_start()
    {
        _device.Run(DeviceKeySettings.Default);
        string request = _device.Key.CertificateRequestPem(),
            good = await _authority.CertifyAsync(request),
            revoked = await _authority.RevocationListAsync();
        using Authority other = await Authority.MakeAsync();
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string foreign = await _authority.CertifyAsync(
            new CertificateRequest($"CN={_device.Key.DeviceId}", stranger, HashAlgorithmName.SHA256).CreateSigningRequestPem()
        );
        _device.Stop();
        Refused("is for another key", foreign + _authority.Intermediate);
        Refused("is for CN=gateway", await _authority.CertifyAsync(request, "/CN=gateway") + _authority.Intermediate);
        Refused("is for CN=" + new string('0', 8), await _authority.CertifyAsync(request, "/CN=" + new string('0', 64)));
        Refused("not each signed by the next", good + _authority.Root);
        Refused("not each signed by the next", good + _authority.Root + _authority.Intermediate);
        Refused("not each signed by the next", good + other.Intermediate);
        Refused("not each signed by the next", good + _authority.Intermediate + other.Root);
        Refused("is for another key", _authority.Intermediate + good);
        Refused("has 0 certificates", "no certificate");
        Refused("has 17 certificates", string.Concat(Enumerable.Repeat(good, 17)));
        Refused("cannot be read as certificates", good.Replace("\nMI", "\nAI", StringComparison.Ordinal));
        Refused("is larger than 1 MiB", good + new string('\n', 1024 * 1024));
        Refused("cannot be read", null);
        Refused("cannot be read as a revocation list", good, "30820000");
        Refused("cannot be read as a revocation list", good, revoked.Replace("\nMI", "\nAI", StringComparison.Ordinal));
        Refused("has 0 revocation lists", good, good);
        Refused("is larger than 1 MiB", good, new string(' ', (1024 * 1024) + 1));
        File.WriteAllText(Chain, good + _authority.Intermediate + _authority.Root);
        File.WriteAllBytes(Revoked, Convert.FromBase64String(revoked[PemEncoding.Find(revoked).Base64Data]));
        _device.Run(Certified(DeviceKeySettings.Default));
        Assert.Equal((3, 1), (_device.Key.Certificates!.Newest.Chain.Count, _device.Key.Certificates.Newest.RevocationLists.Count));
    }

    [Fact]
    public async Task Files_that_change_are_read_again_and_a_bad_one_is_told_once_and_the_last_good_one_stays()
    {
        _device.Run(DeviceKeySettings.Default);
        await InstallAsync(DeviceKeySettings.Default);
        await File.WriteAllTextAsync(Revoked, await _authority.RevocationListAsync(), TestContext.Current.CancellationToken);
        _device.Run(Certified(DeviceKeySettings.Default));
        InstalledCertificates certificates = _device.Key.Certificates!;
        CertificateChain first = certificates.Newest;
        _device.Log.Clear();
        await File.WriteAllTextAsync(Revoked, "half a li", TestContext.Current.CancellationToken);
        Assert.Same(first, certificates.Newest);
        Assert.Same(first, certificates.Newest);
        Assert.Equal(
            $"Warning: {Revoked} cannot be read as a revocation list: ASN1 corrupted data. The certificates from before are kept.",
            Assert.Single(_device.Log)
        );
        File.Delete(Chain);
        Assert.Same(first, certificates.Newest);
        Assert.Equal(2, _device.Log.Count);
        await File.WriteAllTextAsync(
            Revoked,
            await _authority.RevocationListAsync() + await _authority.RevocationListAsync(),
            TestContext.Current.CancellationToken
        );
        await InstallAsync(DeviceKeySettings.Default, _authority.Root);
        Assert.Equal((3, 2), (certificates.Newest.Chain.Count, certificates.Newest.RevocationLists.Count));
        Assert.Equal(3, _device.Log.Count);
    }

    private async Task InstallAsync(DeviceKeySettings settings, string more = "")
    {
        using DeviceKey key = DeviceKey.Open(_device.Folder, settings);
        await File.WriteAllTextAsync(
            Chain,
            await _authority.CertifyAsync(key.CertificateRequestPem()) + _authority.Intermediate + more,
            TestContext.Current.CancellationToken
        );
    }

    private DeviceKeySettings Certified(DeviceKeySettings settings) =>
        settings with
        {
            Certificates = Chain,
            RevocationList = File.Exists(Revoked) ? Revoked : null,
        };

    private void Refused(string why, string? chain, string? revoked = null)
    {
        File.Delete(Chain);
        File.Delete(Revoked);
        if (chain is not null)
        {
            File.WriteAllText(Chain, chain);
        }

        if (revoked is not null)
        {
            File.WriteAllText(Revoked, revoked);
        }

        Assert.Contains(
            why,
            Assert.Throws<InvalidDataException>(() => _device.Start(Certified(DeviceKeySettings.Default))).Message,
            StringComparison.Ordinal
        );
        _device.Stop();
    }
}
