using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary>Where a batch lies. Its place in the order is what it says of itself, not yet verified.</summary>
/// <param name="Source">The file.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Origin">The log that it claims to be of.</param>
/// <param name="First">The index of its first leaf, as it claims.</param>
/// <param name="Size">The size of the log after it, as it claims.</param>
internal sealed record BatchPlace(BatchFile Source, int Offset, int Length, string Origin, long First, long Size);

/// <summary>A file of batches, one after another (a CBOR sequence, RFC 8742). Reading it again costs less memory than keeping it.</summary>
internal sealed class BatchFile
{
    private readonly string _path;
    private byte[]? _kept; // of a pipe, which can be read only once

    private BatchFile(string path) => _path = path;

    /// <summary>How people know the file.</summary>
    public string Name => _path == "-" ? "standard input" : _path;

    /// <summary>Finds the batches of a file.</summary>
    /// <exception cref="IOException">The file cannot be read, is empty or too large.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    /// <exception cref="RefusedException">Something in it is not a batch.</exception>
    public static IReadOnlyList<BatchPlace> Find(string path, Stream standardInput)
    {
        BatchFile file = new(path);
        byte[] bytes = file.ReadWhole(standardInput);
        List<BatchPlace> places = [];
        for (int at = 0; at < bytes.Length;)
        {
            try
            {
                Batch batch = Batch.Decode(bytes.AsMemory(at), out int length);
                TreeHead head = CheckpointNote.Parse(batch.Note).Head;
                places.Add(new BatchPlace(file, at, length, head.Origin.ToString(), batch.First, head.Size));
                at += length;
            }
            catch (EvidenceException e)
            {
                string where = places.Count == 0 ? "" : $"Behind batch {places.Count}, at byte {at}: ";
                string why = places.Count > 0 && bytes[at] == (byte)'\n'
                    ? "a newline was added to the batch. mosquitto_sub does so unless it is called with -N."
                    : e.Message;
                throw new RefusedException(file.Name, where + why);
            }
        }

        return places;
    }

    /// <summary>The bytes of one batch of the file.</summary>
    /// <exception cref="IOException">The file cannot be read any more.</exception>
    public byte[] Read(BatchPlace place)
    {
        if (_kept is not null)
        {
            return _kept[place.Offset..(place.Offset + place.Length)];
        }

        using FileStream file = File.OpenRead(_path);
        file.Position = place.Offset;
        byte[] bytes = new byte[place.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private byte[] ReadWhole(Stream standardInput)
    {
        if (_path == "-")
        {
            return _kept = ReadWithinBound(standardInput);
        }

        using FileStream file = File.OpenRead(_path);
        byte[] bytes = ReadWithinBound(file);
        _kept = file.CanSeek ? null : bytes;
        return bytes;
    }

    private static byte[] ReadWithinBound(Stream stream)
    {
        using MemoryStream bytes = new();
        byte[] piece = new byte[81_920];
        for (int read; (read = stream.Read(piece)) > 0;)
        {
            bytes.Write(piece, 0, read);
            if (bytes.Length > Batch.MaxBytes)
            {
                throw new IOException($"It has more than {Batch.MaxBytes} bytes, which is the most that is read. Give its batches in several files.");
            }
        }

        return bytes.Length > 0 ? bytes.ToArray() : throw new IOException("It is empty.");
    }
}

/// <summary>Something given to be verified does not hold.</summary>
/// <param name="file">In which file.</param>
/// <param name="reason">What does not hold.</param>
internal sealed class RefusedException(string file, string reason) : Exception($"{file}: {reason}");
