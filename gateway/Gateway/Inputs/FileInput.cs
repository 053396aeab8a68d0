using EdgeGateway.Site;

namespace EdgeGateway.Inputs;

/// <summary>A file that others write: taken when it is there, and again whenever it has changed. Write it beside and rename it, so that it is never seen half.</summary>
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
            if (!file.Exists)
            {
                throw new IOException($"There is no file {settings.Path}.");
            }

            if (_taken != (file.LastWriteTimeUtc, file.Length))
            {
                _taken = await take(await BytesAsync(file, cancellation)) ? (file.LastWriteTimeUtc, file.Length) : null; // what was refused may be good when the clock is right
            }

            await Task.Delay(settings.Every, time, cancellation);
        }
    }

    private static async Task<byte[]> BytesAsync(FileInfo file, CancellationToken cancellation)
    {
        if (file.Length > InputFactory.MostBytes)
        {
            throw new IOException($"{file.FullName} has {file.Length} bytes. A document has at most {InputFactory.MostBytes}.");
        }

        try
        {
            return await File.ReadAllBytesAsync(file.FullName, cancellation);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }
}
