using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary>A folder that holds one log or several as tiles: from the tiles publisher, a web server's copy or a USB stick.</summary>
internal static class TileFolder
{
    // <folder>/sim/<device id>/<epoch>/checkpoint
    private const int MostLevels = 3;

    /// <summary>The logs in a folder: it, or the folders below it, have a file <c>checkpoint</c>.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public static IReadOnlyList<string> LogsIn(string folder)
    {
        List<string> logs = [];
        Look(folder, MostLevels);
        return logs.Count > 0
            ? logs
            : throw new IOException(
                "It is a folder without the file checkpoint, so it is not a log of tiles. Give batches as files: DIR/*.batch."
            );

        void Look(string place, int levels)
        {
            if (File.Exists(Path.Combine(place, TilePath.Checkpoint)))
            {
                logs.Add(place);
            }
            else if (levels > 0)
            {
                foreach (string below in Directory.EnumerateDirectories(place).Order(StringComparer.Ordinal))
                {
                    Look(below, levels - 1);
                }
            }
        }
    }

    /// <summary>Reads a file of a log, not more of it than is of use.</summary>
    public static ReadOnlyMemory<byte>? Read(string folder, string path, int most)
    {
        string place = Path.Combine(folder, path);
        if (!File.Exists(place))
        {
            return null;
        }

        using FileStream file = File.OpenRead(place);
        byte[] bytes = new byte[(int)Math.Min(most, file.Length)];
        return bytes.AsMemory(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
    }
}
