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
        Option<bool> json = new("--json") { Description = "Write JSON instead of sentences." };
        Command command = new("verify", "Verify batches and bundles of a gateway's log. Exits with 0: verified, 1: refused, 2: unreadable or wrong usage.")
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
            List<EvidenceFile> found = [];
            foreach (string file in files.Where(f => !Directory.Exists(f)))
            {
                reading = file;
                found.Add(BatchFile.Find(file, standardInput));
            }

            TrustAnchors keys = TrustAnchors.Of(anchors);
            SortedDictionary<string, LogSummary> logs = new(StringComparer.Ordinal);
            foreach (var log in found.SelectMany(f => f.Places).GroupBy(p => p.Origin))
            {
                LogSummary summary = logs[log.Key] = new LogSummary();
                foreach (BatchPlace place in log.OrderBy(p => p.First).ThenBy(p => p.Size))
                {
                    reading = place.Source.Name;
                    Add(place, keys, summary);
                }
            }

            foreach (EvidenceFile file in found.Where(f => f.Bundle is not null))
            {
                Add(file.Bundle!, file.Source, keys, logs);
            }

            List<LogSummary> tiled = [];
            foreach (string folder in files.Where(Directory.Exists))
            {
                reading = folder;
                tiled.AddRange(TileFolder.LogsIn(folder).Select(log => TileFolder.Verify(log, keys)));
            }

            VerifyReport.WriteVerified(output, json, [.. logs.Values, .. tiled]);
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

    private static void Add(BatchPlace place, TrustAnchors trust, LogSummary summary)
    {
        try
        {
            summary.Add(BatchVerifier.Verify(Batch.Decode(place.Source.Read(place), out _), trust));
        }
        catch (EvidenceException e)
        {
            throw new RefusedException(place.Source.Name, e.Message);
        }
    }

    private static void Add(Bundle bundle, BatchFile source, TrustAnchors trust, SortedDictionary<string, LogSummary> logs)
    {
        try
        {
            VerifiedBundle verified = BundleVerifier.Verify(bundle, trust);
            string origin = verified.Head.Origin.ToString();
            if (!logs.TryGetValue(origin, out LogSummary? summary))
            {
                logs[origin] = summary = new LogSummary();
            }

            summary.Add(verified);
        }
        catch (EvidenceException e)
        {
            throw new RefusedException(source.Name, e.Message);
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
