using System.Runtime.InteropServices;

namespace EdgeGateway;

/// <summary>Files that have their whole content or do not exist under their name, also after a power cut.</summary>
internal static partial class DurableFile
{
    private const UnixFileMode Public = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes a file beside its place and moves it there.</summary>
    /// <param name="path">Its place.</param>
    /// <param name="bytes">Its content.</param>
    /// <param name="mode">Who may read it; less what the process's umask takes away.</param>
    /// <exception cref="IOException">Nothing has changed.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode = Public)
    {
        string folder = Path.GetDirectoryName(path)!,
            temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.tmp");
        try
        {
            using (
                FileStream stream = new(
                    temporary,
                    new FileStreamOptions
                    {
                        Mode = FileMode.Create,
                        Access = FileAccess.Write,
                        Share = FileShare.None,
                        BufferSize = 0,
                        UnixCreateMode = mode,
                    }
                )
            )
            {
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary); // a full disk needs the space
            throw;
        }

        FlushFolder(folder);
    }

    /// <summary>Makes names in a folder durable.</summary>
    /// <remarks>
    /// The new name is in the directory, which is written back on its own; .NET does not open directories. Best effort: some file systems
    /// cannot flush one, and what was delivered would be delivered again if the cursor were lost with it.
    /// </remarks>
    public static void FlushFolder(string folder)
    {
        const int ReadOnly = 0;
        int directory = Open(folder, ReadOnly);
        if (directory >= 0)
        {
            _ = Fsync(directory);
            _ = Close(directory);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
