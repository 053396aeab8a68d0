namespace EdgeGateway.Edgectl;

/// <summary>Reads a file that may be longer than it should.</summary>
internal static class BoundedFile
{
    /// <summary>The bytes of a file; of one that is too long, one byte more than the most, so that whoever judges it sees.</summary>
    public static byte[] Read(string path, int most)
    {
        using FileStream file = File.OpenRead(path);
        byte[] bytes = new byte[most + 1];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
