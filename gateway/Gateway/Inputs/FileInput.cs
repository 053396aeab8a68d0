using EdgeGateway.Site;

namespace EdgeGateway.Inputs;

/// <summary>
/// A file that others write: taken when it is there, and again whenever it has changed. Write it beside and rename it, so that it is never
/// seen half.
/// </summary>
/// <param name="settings">Which file.</param>
/// <param name="time">For the pauses.</param>
public sealed class FileInput(FileInputSettings settings, TimeProvider time) : IInput
{
    private (DateTime Written, long Length)? _taken;

    /// <inheritdoc/>
    public string From => settings.Path;

    /// <inheritdoc/>
    public async Task ReadAsync(Func<ReadOnlyMemory<byte>, Task<bool>> take, CancellationToken cancellation)
    {
        while (true)
        {
            FileInfo file = new(settings.Path);
            // A link has a length and time of its own.
            file = file.LinkTarget is null ? file : (FileInfo)file.ResolveLinkTarget(returnFinalTarget: true)!;
            if (!file.Exists || file.Length == 0) // a pipe has none either, and would be waited for
            {
                throw new IOException(file.Exists ? $"There is nothing in {settings.Path}." : $"There is no file {settings.Path}.");
            }

            if (_taken != (file.LastWriteTimeUtc, file.Length))
            {
                // What was refused may be good when the clock is right.
                _taken = await take(await BytesAsync(file, cancellation)) ? (file.LastWriteTimeUtc, file.Length) : null;
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
}
