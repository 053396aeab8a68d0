using System.CommandLine;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary><c>edgectl verify FILE… --trust KEY.pem</c>: whether batches and bundles of a gateway's log are what its device signed.</summary>
internal static class VerifyCommand
{
    private const int Refused = 1;
    private const int MaxTrustBytes = 1024 * 1024;

    public static Command Create(Stream standardInput)
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "Batches from the directory publisher, mosquitto_sub -N or /v1/log/entries; bundles from /v1/log/bundle; a folder of tiles. - reads the standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string[]> trust = new("--trust")
        {
            Description = "PEM file with the public key or the certificate of a device that you trust. May be given several times.",
            Required = true,
        };
        Option<string[]> witness = new("--witness") { Description = "File with the verifier keys of witnesses that you trust, one a line, as a witness shows them when it starts." };
        Option<bool> recompute = new("--recompute")
        {
            Description = "Also compute every footprint again from its readings and factor, and report any digit that differs (exit code 1).",
        };
        Option<bool> json = new("--json") { Description = "Write JSON instead of sentences." };
        Command command = new("verify", "Verify batches and bundles of a gateway's log. Exits with 0: verified, 1: refused, 2: unreadable or wrong usage.")
        {
            files, trust, witness, recompute, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(files), parsed.GetRequiredValue(trust), parsed.GetValue(witness) ?? [], parsed.GetValue(recompute), parsed.GetValue(json), standardInput,
            parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error));
        return command;
    }

    private static int Run(string[] files, string[] trust, string[] witness, bool recompute, bool json, Stream standardInput, TextWriter output, TextWriter error)
    {
        if (files.Count(f => f == "-") > 1)
        {
            return Unreadable(error, "-", "The standard input can be read only once.");
        }

        List<TrustAnchors> anchors = [];
        List<WitnessKey> witnesses = [];
        foreach (string file in trust)
        {
            try
            {
                anchors.Add(ReadTrust(file));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or EvidenceException)
            {
                return Unreadable(error, file, $"It cannot be used as a trust anchor. {e.Message}");
            }
        }

        foreach (string file in witness)
        {
            try
            {
                witnesses.AddRange(WitnessKey.ParseAll(ReadSmall(file)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or EvidenceException)
            {
                return Unreadable(error, file, $"It has no keys of witnesses. {e.Message}");
            }
        }

        GivenEvidence given = new();
        try
        {
            TrustAnchors keys = TrustAnchors.Of(anchors);
            given.Find(files, standardInput);
            Dictionary<string, Recompute> again = [];
            IReadOnlyList<LogSummary> logs = given.Verify(keys, witnesses, name => recompute ? (again[name] = new Recompute()).Plan : null);
            if (recompute)
            {
                logs = given.Verify(keys, witnesses, name => again[name].Take);
                foreach (Recompute log in again.Values)
                {
                    log.End();
                }
            }

            VerifyReport.WriteVerified(output, json, logs, again.Values);
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

    private static TrustAnchors ReadTrust(string path) => TrustAnchors.FromPem(ReadSmall(path));

    private static string ReadSmall(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] bytes = new byte[MaxTrustBytes + 1];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= MaxTrustBytes
            ? System.Text.Encoding.UTF8.GetString(bytes, 0, length)
            : throw new IOException($"It has more than {MaxTrustBytes} bytes.");
    }

    private static int Unreadable(TextWriter error, string file, string why)
    {
        error.WriteLine($"edgectl: {file}: {why}");
        return Program.Unreadable;
    }
}
