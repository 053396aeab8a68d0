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

/// <summary>What a file holds.</summary>
/// <param name="Places">Its batches, those of a bundle too.</param>
/// <param name="Bundle">The bundle, when it is one.</param>
/// <param name="Source">The file.</param>
internal sealed record EvidenceFile(IReadOnlyList<BatchPlace> Places, Bundle? Bundle, BatchFile Source);

/// <summary>
/// A file of batches, one after another (a CBOR sequence, RFC 8742), or of one bundle, as CBOR or JSON; either may be packed. Reading
/// batches again costs less memory than keeping them.
/// </summary>
internal sealed class BatchFile
{
    private readonly string _path;
    private byte[]? _kept; // of a pipe, which can be read only once, and of what was packed

    private BatchFile(string path) => _path = path;

    /// <summary>How people know the file.</summary>
    public string Name => _path == "-" ? "standard input" : _path;

    /// <summary>Finds the batches or the bundle of a file.</summary>
    /// <exception cref="IOException">The file cannot be read, is empty or too large.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    /// <exception cref="RefusedException">Something in it is neither a batch nor a bundle.</exception>
    public static EvidenceFile Find(string path, Stream standardInput)
    {
        BatchFile file = new(path);
        byte[] bytes = file.Unpacked(file.ReadWhole(standardInput));
        bool json = bytes[0] is (byte)'{' or (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';
        const byte CborMap = 0xA0;
        return json || (bytes[0] & 0xE0) == CborMap
            ? FindInBundle(file, bytes, json)
            : new EvidenceFile(FindBatches(file, bytes), null, file);
    }

    private static EvidenceFile FindInBundle(BatchFile file, byte[] bytes, bool json)
    {
        try
        {
            Bundle bundle = json ? BundleJson.Decode(bytes) : Bundle.Decode(bytes);
            List<BatchPlace> places = [];
            foreach (Batch batch in bundle.Batches)
            {
                byte[] encoded = batch.Encode();
                TreeHead head = CheckpointNote.Parse(batch.Note).Head;
                places.Add(
                    new BatchPlace(
                        new BatchFile(file._path) { _kept = encoded },
                        0,
                        encoded.Length,
                        head.Origin.ToString(),
                        batch.First,
                        head.Size
                    )
                );
            }

            return new EvidenceFile(places, bundle, file);
        }
        catch (EvidenceException e)
        {
            throw new RefusedException(file.Name, e.Message);
        }
    }

    private byte[] Unpacked(byte[] bytes)
    {
        if (!Zlib.IsPacked(bytes))
        {
            return bytes;
        }

        try
        {
            byte[] unpacked = Zlib.Unpack(bytes, Batch.MaxBytes);
            return _kept = unpacked.Length > 0 ? unpacked : throw new RefusedException(Name, "Nothing is packed in it.");
        }
        catch (EvidenceException e)
        {
            throw new RefusedException(Name, e.Message);
        }
    }

    private static List<BatchPlace> FindBatches(BatchFile file, byte[] bytes)
    {
        List<BatchPlace> places = [];
        for (int at = 0; at < bytes.Length; )
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
                string why =
                    places.Count > 0 && bytes[at] == (byte)'\n'
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
        for (int read; (read = stream.Read(piece)) > 0; )
        {
            bytes.Write(piece, 0, read);
            if (bytes.Length > Batch.MaxBytes)
            {
                throw new IOException(
                    $"It has more than {Batch.MaxBytes} bytes, which is the most that is read. Give its batches in several files."
                );
            }
        }

        return bytes.Length > 0 ? bytes.ToArray() : throw new IOException("It is empty.");
    }
}

/// <summary>Something given to be verified does not hold.</summary>
/// <param name="file">In which file.</param>
/// <param name="reason">What does not hold.</param>
internal sealed class RefusedException(string file, string reason) : Exception($"{file}: {reason}");
