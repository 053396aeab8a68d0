using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;

namespace EdgeGateway.Evidence.Tests;

/// <summary>A time-stamping authority under a root of its own: <c>openssl ts</c>.</summary>
internal sealed class StampingAuthority : IDisposable
{
    public const string Policy = "1.3.6.1.4.1.99999.1";

    private const string Configuration = """
        [tsa]
        default_tsa = authority
        [authority]
        serial = serial
        signer_cert = tsa.pem
        signer_key = tsa.key
        certs = root.pem
        signer_digest = sha256
        ess_cert_id_alg = sha256
        default_policy = 1.3.6.1.4.1.99999.1
        digests = sha256
        accuracy = secs:1, millisecs:500
        [root]
        basicConstraints = critical,CA:TRUE
        keyUsage = critical,keyCertSign
        [stamping]
        keyUsage = critical,digitalSignature
        extendedKeyUsage = critical,timeStamping
        [req]
        distinguished_name = name
        [name]
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("authority-").FullName;

    public StampingAuthority()
    {
        File.WriteAllText(At("openssl.cnf"), Configuration);
        File.WriteAllText(At("serial"), "01\n");
        string[] curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        OpenSsl([
            "req",
            "-x509",
            .. curve,
            "-config",
            "openssl.cnf",
            "-extensions",
            "root",
            "-subj",
            "/CN=Stamping Root",
            "-days",
            "3650",
            "-keyout",
            "root.key",
            "-out",
            "root.pem",
        ]);
        OpenSsl([
            "req",
            .. curve,
            "-config",
            "openssl.cnf",
            "-subj",
            "/O=Example/CN=Stamping Authority",
            "-keyout",
            "tsa.key",
            "-out",
            "tsa.csr",
        ]);
        OpenSsl([
            "x509",
            "-req",
            "-in",
            "tsa.csr",
            "-CA",
            "root.pem",
            "-CAkey",
            "root.key",
            "-set_serial",
            "2",
            "-extfile",
            "openssl.cnf",
            "-extensions",
            "stamping",
            "-days",
            "365",
            "-out",
            "tsa.pem",
        ]);
        Root = X509CertificateLoader.LoadCertificateFromFile(At("root.pem"));
        Certificate = X509CertificateLoader.LoadCertificateFromFile(At("tsa.pem"));
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Certificate { get; }

    public string RootPath => At("root.pem");

    /// <summary>Its answer to a query, both DER. It knows SHA-256 only.</summary>
    public byte[] Answer(byte[] query)
    {
        string name = Convert.ToHexString(SHA256.HashData(query));
        File.WriteAllBytes(At(name + ".tsq"), query);
        OpenSsl(["ts", "-reply", "-config", "openssl.cnf", "-queryfile", name + ".tsq", "-out", name + ".tsr"]);
        return File.ReadAllBytes(At(name + ".tsr"));
    }

    /// <summary>Its token for a checkpoint, of now.</summary>
    public byte[] Stamp(CheckpointNote note)
    {
        Rfc3161TimestampRequest request = TimeStamp.Request(note, new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 });
        return TimeStamp.TokenOf(request, Answer(request.Encode())).Token;
    }

    /// <summary>What openssl says of a token over a text, with the root trusted.</summary>
    public string Judgement(ReadOnlyMemory<byte> token, string text)
    {
        File.WriteAllBytes(At("token.der"), token.Span);
        File.WriteAllText(At("note.txt"), text);
        return Foreign
            .Run(
                "openssl",
                ["ts", "-verify", "-token_in", "-in", At("token.der"), "-data", At("note.txt"), "-CAfile", RootPath],
                mustSucceed: false
            )
            .Output;
    }

    public void Dispose()
    {
        Root.Dispose();
        Certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string At(string name) => Path.Combine(_folder, name);

    // Its configuration names files in its folder.
    private void OpenSsl(IReadOnlyList<string> arguments) => Foreign.Run("/usr/bin/env", ["--chdir", _folder, "openssl", .. arguments]);
}
