using EdgeGateway.Site;

namespace EdgeGateway.Inputs;

/// <summary>
/// A file that others write: taken when it is there, and again whenever it has changed. Write it beside and rename it, so that it is never
/// seen half.
/// </summary>
/// <param name="settings">The file, and how often it is looked at.</param>
/// <param name="time">The clock of the pauses.</param>
public sealed class FileInput(FileInputSettings settings, TimeProvider time) : IInput
{
    private FileState? _taken; // of the file whose document is in the log

    /// <inheritdoc/>
    public string From => settings.Path;

    /// <inheritdoc/>
    public async Task ReadAsync(Func<ReadOnlyMemory<byte>, Task<bool>> take, CancellationToken cancellation)
    {
        while (true)
        {
            FileInfo file = new(settings.Path);
            // The length and time of a link are its own; those of its target tell whether the document has changed.
            file = file.LinkTarget is null ? file : (FileInfo)file.ResolveLinkTarget(returnFinalTarget: true)!;
            if (!file.Exists || file.Length == 0) // a pipe has no length either, and reading it would wait
            {
                throw new IOException(file.Exists ? $"There is nothing in {settings.Path}." : $"There is no file {settings.Path}.");
            }

            FileState state = new(file.LastWriteTimeUtc, file.Length);
            if (_taken != state)
            {
                // A document that was refused is given again: it may be accepted once the clock is right.
                _taken = await take(await BytesAsync(file, cancellation)) ? state : null;
            }

            await Task.Delay(settings.Every, time, cancellation);
        }
    }

    // One byte more than there may be shows that there is more: a link or a file that grows may hold any number.
    private static async Task<byte[]> BytesAsync(FileInfo file, CancellationToken cancellation)
    {
        try
        {
            byte[] bytes = new byte[InputFactory.MostBytes + 1];
            await using FileStream stream = new(
                file.FullName,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete,
                bufferSize: 0,
                useAsync: true
            );
            int read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
            return bytes[..read];
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private sealed record FileState(DateTime Written, long Length);
}
