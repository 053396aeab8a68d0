using EdgeGateway.Evidence;
using EdgeGateway.Recomputing;

namespace EdgeGateway.Edgectl;

/// <summary>The files and folders that are to be verified.</summary>
internal sealed class GivenEvidence
{
    private readonly List<EvidenceFile> _files = [];
    private readonly List<string> _folders = [];
    private string _reading = "";

    /// <summary>How the file or folder is called that is read now, or was when an exception ended that.</summary>
    public string Reading => _reading == "-" ? "standard input" : _reading;

    /// <summary>Looks into files and folders.</summary>
    /// <exception cref="IOException">One cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">One may not be read.</exception>
    /// <exception cref="RefusedException">One is not evidence.</exception>
    public void Find(IEnumerable<string> paths, Stream standardInput)
    {
        foreach (string path in paths)
        {
            _reading = path;
            if (Directory.Exists(path))
            {
                _folders.AddRange(TileFolder.LogsIn(path));
            }
            else
            {
                _files.Add(BatchFile.Find(path, standardInput));
            }
        }
    }

    /// <summary>Verifies all of it, as often as it is called.</summary>
    /// <param name="trust">Whom the user trusts.</param>
    /// <param name="eachOf">Gives, for a log by its name here, what every leaf is given to.</param>
    /// <returns>What each log shows: by origin, then the logs in folders.</returns>
    /// <exception cref="IOException">One cannot be read any more.</exception>
    /// <exception cref="RefusedException">Something does not hold.</exception>
    public IReadOnlyList<LogSummary> Verify(TrustAnchors trust, Func<string, Action<Leaf>?> eachOf)
    {
        SortedDictionary<string, LogSummary> logs = new(StringComparer.Ordinal);
        Dictionary<(string, bool), LogKeys> devices = [];
        foreach (EvidenceFile file in _files.Where(f => f.Bundle is not null))
        {
            Refusing(file.Source.Name, () => KeysOf(CheckpointNote.Parse(file.Bundle!.Note).Head.Origin).Accept(file.Bundle));
        }

        foreach (var log in _files.SelectMany(f => f.Places).GroupBy(p => p.Origin).OrderBy(g => Origin.Parse(g.Key).Epoch))
        {
            LogKeys keys = KeysOf(Origin.Parse(log.Key));
            foreach (BatchPlace place in log.OrderBy(p => p.First).ThenBy(p => p.Size))
            {
                _reading = place.Source.Name;
                Refusing(place.Source.Name, () =>
                    LogOf(log.Key).Add(BatchVerifier.Verify(Batch.Decode(place.Source.Read(place), out _), keys, inSequence: true))
                );
            }
        }

        foreach (EvidenceFile file in _files.Where(f => f.Bundle is not null))
        {
            _reading = file.Source.Name;
            Refusing(file.Source.Name, () =>
            {
                VerifiedBundle verified = BundleVerifier.Verify(
                    file.Bundle!,
                    KeysOf(CheckpointNote.Parse(file.Bundle!.Note).Head.Origin),
                    inSequence: true
                );
                LogOf(verified.Head.Origin.ToString()).Add(verified);
            });
        }

        foreach ((string origin, LogSummary log) in logs)
        {
            Refusing(origin, log.CheckSigners);
        }

        return [.. logs.Values, .. _folders.Select(folder => VerifyFolder(folder, trust, eachOf))];

        // What a device says of its key in one file is good for its others.
        LogKeys KeysOf(Origin origin)
        {
            if (!devices.TryGetValue((origin.DeviceId, origin.Simulated), out LogKeys? keys))
            {
                devices[(origin.DeviceId, origin.Simulated)] = keys = LogKeys.For(trust, origin);
            }

            return keys;
        }

        LogSummary LogOf(string origin)
        {
            if (!logs.TryGetValue(origin, out LogSummary? summary))
            {
                logs[origin] = summary = new LogSummary(trust, eachOf(origin));
            }

            return summary;
        }
    }

    private LogSummary VerifyFolder(string folder, TrustAnchors trust, Func<string, Action<Leaf>?> eachOf)
    {
        _reading = folder;
        LogSummary summary = new(trust, eachOf(folder));
        Refusing(folder, () =>
        {
            CheckpointNote note = TileLog.Verify(
                (path, most) => TileFolder.Read(folder, path, most),
                trust,
                summary.Add,
                out SignerStanding signer
            );
            summary.Close(note, signer);
        });
        return summary;
    }

    private static void Refusing(string name, Action verify)
    {
        try
        {
            verify();
        }
        catch (EvidenceException e)
        {
            throw new RefusedException(name, e.Message);
        }
    }
}
