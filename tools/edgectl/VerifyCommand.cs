using System.CommandLine;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary><c>edgectl verify FILE… --trust KEY.pem</c>: whether batches of a gateway's log are what its device signed.</summary>
internal static class VerifyCommand
{
    private const int Refused = 1;
    private const int MaxTrustBytes = 1024 * 1024;

    public static Command Create(Stream standardInput)
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "Batches: from the directory publisher, from mosquitto_sub -N, or from /v1/log/entries. - reads the standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string[]> trust = new("--trust")
        {
            Description = "PEM file with the public key or the certificate of a device that you trust. May be given several times.",
            Required = true,
        };
        Option<bool> json = new("--json") { Description = "Write JSON instead of sentences." };
        Command command = new("verify", "Verify batches of a gateway's log. Exits with 0: verified, 1: refused, 2: unreadable or wrong usage.")
        {
            files, trust, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(files), parsed.GetRequiredValue(trust), parsed.GetValue(json), standardInput,
            parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error));
        return command;
    }

    private static int Run(string[] files, string[] trust, bool json, Stream standardInput, TextWriter output, TextWriter error)
    {
        if (files.Count(f => f == "-") > 1)
        {
            return Unreadable(error, "-", "The standard input can be read only once.");
        }

        List<TrustAnchors> anchors = [];
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

        string reading = "";
        try
        {
            List<BatchPlace> places = [];
            foreach (string file in files)
            {
                reading = file;
                places.AddRange(BatchFile.Find(file, standardInput));
            }

            List<LogSummary> logs = [];
            foreach (var log in places.GroupBy(p => p.Origin).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                BatchSequence sequence = new();
                LogSummary summary = new(sequence);
                foreach (BatchPlace place in log.OrderBy(p => p.First).ThenBy(p => p.Size))
                {
                    reading = place.Source.Name;
                    Add(place, TrustAnchors.Of(anchors), sequence, summary);
                }

                logs.Add(summary);
            }

            VerifyReport.WriteVerified(output, json, logs);
            return Program.Ok;
        }
        catch (RefusedException e)
        {
            VerifyReport.WriteRefused(output, json, e.Message);
            return Refused;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unreadable(error, reading, e.Message);
        }
    }

    private static void Add(BatchPlace place, TrustAnchors trust, BatchSequence sequence, LogSummary summary)
    {
        try
        {
            VerifiedBatch verified = BatchVerifier.Verify(Batch.Decode(place.Source.Read(place), out _), trust);
            summary.Add(verified, sequence.Add(verified));
        }
        catch (EvidenceException e)
        {
            throw new RefusedException(place.Source.Name, e.Message);
        }
    }

    private static TrustAnchors ReadTrust(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] bytes = new byte[MaxTrustBytes + 1];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= MaxTrustBytes
            ? TrustAnchors.FromPem(System.Text.Encoding.UTF8.GetString(bytes, 0, length))
            : throw new IOException($"It has more than {MaxTrustBytes} bytes.");
    }

    private static int Unreadable(TextWriter error, string file, string why)
    {
        error.WriteLine($"edgectl: {file}: {why}");
        return Program.Unreadable;
    }
}
