using System.CommandLine;
using EdgeGateway.Evidence;
using EdgeGateway.Recomputing;

namespace EdgeGateway.Edgectl;

/// <summary>
/// <c>edgectl verify FILE… --trust KEY.pem</c>: whether batches and bundles of a gateway's log are what its device signed.
/// </summary>
internal static class VerifyCommand
{
    private const int Refused = 1;
    private const int MaxTrustBytes = 1024 * 1024;
    private const int MaxListBytes = 8 * RevocationList.MaxBytes; // a file of PEM may hold the lists of several authorities

    public static Command Create(Stream standardInput, TimeProvider time)
    {
        Argument<string[]> files = new("FILE")
        {
            Description =
                "Batches from the directory publisher, mosquitto_sub -N or /v1/log/entries; bundles from /v1/log/bundle; a "
                + "folder of tiles. - reads the standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        TrustOptions trust = new();
        Option<bool> recompute = new("--recompute")
        {
            Description =
                "Also compute every footprint again from its readings and factor, and report any digit that differs (exit code 1).",
        };
        Option<bool> json = new("--json") { Description = "Write JSON instead of sentences." };
        Command command = new(
            "verify",
            "Verify batches and bundles of a gateway's log. Exits with 0: verified, 1: refused, 2: unreadable or wrong usage."
        )
        {
            files,
            trust.Trust,
            trust.Certificates,
            trust.RevocationLists,
            trust.Witnesses,
            trust.TimeAuthorities,
            recompute,
            json,
        };
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output,
                error = parsed.InvocationConfiguration.Error;
            string[] given = parsed.GetRequiredValue(files);
            if (given.Count(f => f == "-") > 1)
            {
                return Unreadable(error, "-", "The standard input can be read only once.");
            }

            TrustAnchors trusted;
            try
            {
                trusted = trust.Read(parsed, time.GetUtcNow());
            }
            catch (UnusableException e)
            {
                error.WriteLine($"edgectl: {e.Message}");
                return Program.Unreadable;
            }

            return Run(given, trusted, parsed.GetValue(recompute), parsed.GetValue(json), standardInput, output, error);
        });
        return command;
    }

    private static int Run(
        string[] files,
        TrustAnchors trust,
        bool recompute,
        bool json,
        Stream standardInput,
        TextWriter output,
        TextWriter error
    )
    {
        GivenEvidence given = new();
        try
        {
            given.Find(files, standardInput);
            Dictionary<string, Recomputation> again = [];
            IReadOnlyList<LogSummary> logs = given.Verify(trust, name => recompute ? (again[name] = new Recomputation()).Plan : null);
            if (recompute)
            {
                logs = given.Verify(trust, name => again[name].Take);
                foreach (Recomputation log in again.Values)
                {
                    log.End();
                }
            }

            VerifyReport.WriteVerified(output, json, trust, logs, again.Values);
            return again.Values.All(r => r.Differences.Count == 0) ? Program.Ok : Refused;
        }
        catch (RefusedException e)
        {
            VerifyReport.WriteRefused(output, json, e.Message);
            return Refused;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unreadable(error, given.Reading, e.Message);
        }
    }

    private static List<T> ReadEach<T>(string[]? paths, string unusable, Func<byte[], IReadOnlyList<T>> read, int most = MaxTrustBytes)
    {
        List<T> all = [];
        foreach (string path in paths ?? [])
        {
            try
            {
                all.AddRange(read(ReadSmall(path, most)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or EvidenceException)
            {
                throw new UnusableException($"{path}: {unusable} {e.Message}");
            }
        }

        return all;
    }

    private static byte[] ReadSmall(string path, int most)
    {
        using FileStream file = File.OpenRead(path);
        byte[] bytes = new byte[most + 1];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= most ? bytes[..length] : throw new IOException($"It has more than {most} bytes.");
    }

    private static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    private static int Unreadable(TextWriter error, string file, string why)
    {
        error.WriteLine($"edgectl: {file}: {why}");
        return Program.Unreadable;
    }

    // Something to judge by cannot be used.
    private sealed class UnusableException(string message) : Exception(message);

    /// <summary>The options that say whom and what to trust.</summary>
    private sealed class TrustOptions
    {
        public Option<string[]> Trust { get; } =
            new("--trust")
            {
                Description =
                    "PEM file with the public key or the certificate of a device that you trust, or of a certificate authority that "
                    + "vouches for devices. May be given several times.",
                Required = true,
            };

        public Option<string[]> Certificates { get; } =
            new("--certificates")
            {
                Description =
                    "PEM file with certificates of devices and of authorities between, for batches and tiles. They are not trusted "
                    + "for being there.",
            };

        public Option<string[]> RevocationLists { get; } =
            new("--crl") { Description = "Revocation list of a certificate authority, PEM or DER." };

        public Option<string[]> Witnesses { get; } =
            new("--witness")
            {
                Description =
                    "File with the verifier keys of witnesses that you trust, one a line, as a witness shows them when it starts.",
            };

        public Option<string[]> TimeAuthorities { get; } =
            new("--time-authority")
            {
                Description = "PEM file with the root or the own certificate of a time-stamping authority (RFC 3161) that you trust.",
            };

        /// <summary>What the command line gives of them.</summary>
        /// <exception cref="UnusableException">A file cannot be read, or is not what its option asks for.</exception>
        public TrustAnchors Read(ParseResult parsed, DateTimeOffset now) =>
            TrustAnchors.Of(
                ReadEach(parsed.GetRequiredValue(Trust), "It cannot be used as a trust anchor.", b =>
                    (TrustAnchors[])[TrustAnchors.FromPem(Text(b), now)]
                )
            ) with
            {
                Certificates = ReadEach(parsed.GetValue(Certificates), "It cannot be used as certificates.", b =>
                    TrustAnchors.CertificatesFromPem(Text(b))
                ),
                RevocationLists = ReadEach(
                    parsed.GetValue(RevocationLists),
                    "It cannot be used as a revocation list.",
                    b => RevocationList.ReadAll(b),
                    MaxListBytes
                ),
                Witnesses = ReadEach(parsed.GetValue(Witnesses), "It has no keys of witnesses.", b => WitnessKey.ParseAll(Text(b))),
                TimeAuthorities = ReadEach(parsed.GetValue(TimeAuthorities), "It cannot be used as a time-stamping authority.", b =>
                    TrustAnchors.CertificatesFromPem(Text(b))
                ),
            };
    }
}
