using System.Globalization;

namespace EdgeGateway.Evidence.Tests;

/// <summary>
/// A certificate authority as a utility may run it: <c>openssl ca</c> with an RSA root and an authority on P-384 below it that vouches for
/// devices.
/// </summary>
internal sealed class OpenSslAuthority : IDisposable
{
    private const string Configuration = """
        [ca]
        default_ca = devices
        [root]
        dir = .
        database = root.index
        new_certs_dir = .
        serial = root.serial
        certificate = root.pem
        private_key = root.key
        default_md = sha256
        policy = any
        default_crl_days = 365
        crl_extensions = list
        [devices]
        dir = .
        database = devices.index
        new_certs_dir = .
        serial = devices.serial
        certificate = devices.pem
        private_key = devices.key
        default_md = sha384
        policy = any
        default_crl_days = 30
        crl_extensions = list
        unique_subject = no
        [any]
        commonName = supplied
        organizationName = optional
        [list]
        authorityKeyIdentifier = keyid
        [authority]
        basicConstraints = critical,CA:TRUE,pathlen:0
        keyUsage = critical,keyCertSign,cRLSign
        subjectKeyIdentifier = hash
        authorityKeyIdentifier = keyid
        [root_authority]
        basicConstraints = critical,CA:TRUE
        keyUsage = critical,keyCertSign,cRLSign
        subjectKeyIdentifier = hash
        [device]
        basicConstraints = critical,CA:FALSE
        keyUsage = critical,digitalSignature
        subjectKeyIdentifier = hash
        authorityKeyIdentifier = keyid
        [req]
        distinguished_name = name
        [name]
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("ca-").FullName;

    public OpenSslAuthority()
    {
        File.WriteAllText(At("openssl.cnf"), Configuration);
        foreach (string name in (string[])["root", "devices"])
        {
            File.WriteAllText(At(name + ".index"), "");
            File.WriteAllText(At(name + ".serial"), "A001\n"); // the first bit set: its DER has a zero before it
        }

        OpenSsl(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-config",
            "openssl.cnf",
            "-extensions",
            "root_authority",
            "-subj",
            "/O=Grid/CN=Grid Root",
            "-days",
            "7300",
            "-keyout",
            "root.key",
            "-out",
            "root.pem"
        );
        OpenSsl(
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-384",
            "-nodes",
            "-config",
            "openssl.cnf",
            "-subj",
            "/O=Grid/CN=Grid Devices",
            "-keyout",
            "devices.key",
            "-out",
            "devices.csr"
        );
        OpenSsl(
            "ca",
            "-batch",
            "-notext",
            "-config",
            "openssl.cnf",
            "-name",
            "root",
            "-extensions",
            "authority",
            "-days",
            "3650",
            "-in",
            "devices.csr",
            "-out",
            "devices.pem"
        );
    }

    public string RootPath => At("root.pem");

    public string BetweenPath => At("devices.pem");

    public string Root => File.ReadAllText(RootPath);

    public string Between => File.ReadAllText(BetweenPath);

    /// <summary>Certifies a device's key (PEM, PKCS#8) until a time and gives the certificate, PEM.</summary>
    public string Certify(string privateKeyPem, string deviceId, DateTimeOffset until)
    {
        File.WriteAllText(At("device.key"), privateKeyPem);
        OpenSsl("req", "-new", "-key", "device.key", "-config", "openssl.cnf", "-subj", "/CN=" + deviceId, "-out", "device.csr");
        OpenSsl(
            "ca",
            "-batch",
            "-notext",
            "-config",
            "openssl.cnf",
            "-extensions",
            "device",
            "-enddate",
            Time(until),
            "-in",
            "device.csr",
            "-out",
            "device.pem"
        );
        return File.ReadAllText(At("device.pem"));
    }

    /// <summary>Revokes the last certificate because its key is in other hands since some time.</summary>
    public void Revoke(DateTimeOffset compromised) =>
        OpenSsl("ca", "-config", "openssl.cnf", "-revoke", "device.pem", "-crl_compromise", Time(compromised));

    /// <summary>The lists as they are now, PEM: that of the authority for devices, and that of the root.</summary>
    public (string Devices, string Root) Lists()
    {
        OpenSsl("ca", "-config", "openssl.cnf", "-gencrl", "-out", "devices.crl");
        OpenSsl("ca", "-config", "openssl.cnf", "-name", "root", "-gencrl", "-out", "root.crl");
        return (File.ReadAllText(At("devices.crl")), File.ReadAllText(At("root.crl")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture);

    private string At(string name) => Path.Combine(_folder, name);

    // Its configuration names files in its folder.
    private void OpenSsl(params string[] arguments) => Foreign.Run("/usr/bin/env", ["--chdir", _folder, "openssl", .. arguments]);
}
