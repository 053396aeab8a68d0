namespace EdgeGateway.Gateway.Tests;

/// <summary>A certificate authority made with openssl: a root, and one under it that certifies devices and revokes.</summary>
internal sealed class Authority : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("authority").FullName;
    private int _serial = 100;

    private Authority() { }

    public string Root => File.ReadAllText(At("root.pem"));

    public string Intermediate => File.ReadAllText(At("ca.pem"));

    public static async Task<Authority> MakeAsync()
    {
        Authority authority = new();
        await File.WriteAllTextAsync(
            authority.At("ca.ext"),
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n",
            TestContext.Current.CancellationToken
        );
        await File.WriteAllTextAsync(
            authority.At("ca.cnf"),
            $"[ca]\ndefault_ca=a\n[a]\ndatabase={authority.At("index.txt")}\ndefault_md=sha256\ndefault_crl_days=7\n",
            TestContext.Current.CancellationToken
        );
        await File.WriteAllTextAsync(authority.At("index.txt"), "", TestContext.Current.CancellationToken);
        await Openssl(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            authority.At("root.key"),
            "-out",
            authority.At("root.pem"),
            "-subj",
            "/CN=Root",
            "-days",
            "30"
        );
        await Openssl(
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            authority.At("ca.key"),
            "-out",
            authority.At("ca.csr"),
            "-subj",
            "/CN=Devices"
        );
        await Openssl(
            "x509",
            "-req",
            "-in",
            authority.At("ca.csr"),
            "-CA",
            authority.At("root.pem"),
            "-CAkey",
            authority.At("root.key"),
            "-set_serial",
            "2",
            "-days",
            "30",
            "-extfile",
            authority.At("ca.ext"),
            "-out",
            authority.At("ca.pem")
        );
        return authority;
    }

    /// <summary>Checks a request as an authority does, and gives the certificate for it, PEM.</summary>
    /// <param name="request">PKCS#10, PEM.</param>
    /// <param name="subject">Another name than the one that was asked for, or null.</param>
    public async Task<string> CertifyAsync(string request, string? subject = null)
    {
        await File.WriteAllTextAsync(At("request.pem"), request, TestContext.Current.CancellationToken);
        await Openssl("req", "-verify", "-noout", "-in", At("request.pem"));
        await Openssl([
            "x509",
            "-req",
            "-in",
            At("request.pem"),
            "-CA",
            At("ca.pem"),
            "-CAkey",
            At("ca.key"),
            "-set_serial",
            $"{_serial++}",
            "-days",
            "30",
            "-out",
            At("device.pem"),
            .. subject is null ? Array.Empty<string>() : ["-subj", subject],
        ]);
        return await File.ReadAllTextAsync(At("device.pem"), TestContext.Current.CancellationToken);
    }

    /// <summary>A revocation list, PEM.</summary>
    public async Task<string> RevocationListAsync()
    {
        await Openssl("ca", "-gencrl", "-config", At("ca.cnf"), "-cert", At("ca.pem"), "-keyfile", At("ca.key"), "-out", At("ca.crl"));
        return await File.ReadAllTextAsync(At("ca.crl"), TestContext.Current.CancellationToken);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task<byte[]> Openssl(params string[] arguments) => Tool.RunAsync("openssl", arguments);

    private string At(string name) => Path.Combine(_folder, name);
}
