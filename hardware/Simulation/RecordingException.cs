namespace EdgeGateway.Simulation;

/// <summary>A recording that cannot be read: which file, where in it, what is wrong and what would be right.</summary>
public sealed class RecordingException : Exception
{
    /// <summary>Describes what is wrong.</summary>
    /// <param name="file">The path of the file.</param>
    /// <param name="place">Where in it, as in <c>line 3</c> or <c>byte 120 (sample 7)</c>; null when it is the file as a whole.</param>
    /// <param name="problem">What is wrong, a sentence without its full stop.</param>
    /// <param name="remedy">What would be right, a sentence with its full stop.</param>
    /// <param name="inner">What the system said.</param>
    public RecordingException(string file, string? place, string problem, string remedy, Exception? inner = null)
        : base($"{file}{(place is null ? "" : ", " + place)}: {problem}. {remedy}", inner)
    {
        File = file;
        Place = place;
    }

    /// <summary>The path of the file.</summary>
    public string File { get; }

    /// <summary>Where in it, or null when it is the file as a whole.</summary>
    public string? Place { get; }

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="RecordingException">There is none, or it may not be read.</exception>
    internal static byte[] ReadFile(string file)
    {
        try
        {
            return System.IO.File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RecordingException(
                file,
                null,
                "The file cannot be read",
                $"Check its path and its rights. The system says: {e.Message}",
                e
            );
        }
    }

    /// <summary>
    /// Reads the lines of a text file: UTF-8, or Latin-1 where it is not; the end-of-file character 1A of old recorders is dropped.
    /// </summary>
    /// <exception cref="RecordingException">There is no such file, or it may not be read.</exception>
    internal static string[] ReadLines(string file)
    {
        byte[] bytes = ReadFile(file);
        System.Text.Encoding encoding = System.Text.Unicode.Utf8.IsValid(bytes) ? System.Text.Encoding.UTF8 : System.Text.Encoding.Latin1;
        string text = encoding.GetString(bytes).TrimStart('\uFEFF').TrimEnd('\u001A', '\0').TrimEnd();
        return text.Length == 0 ? [] : text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
    }
}
