using System.Text;

namespace EdgeGateway.Carbon.Flows;

/// <summary>Reads a text line by line and counts them. A line is at most 16 KiB, so that no file fills the memory.</summary>
internal sealed class LineReader(string fileName, TextReader text)
{
    private const int Longest = 16 * 1024;

    /// <summary>The number of the last line, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>The next line without its end, or null after the last one.</summary>
    /// <exception cref="InvalidDataException">The line is too long or no UTF-8.</exception>
    public string? Next()
    {
        Line++;
        StringBuilder line = new();
        try
        {
            int c;
            while ((c = text.Read()) is not (-1 or '\n'))
            {
                if (line.Length == Longest)
                {
                    throw Wrong("is longer than 16384 characters");
                }

                line.Append((char)c);
            }

            if (c < 0 && line.Length == 0)
            {
                return null;
            }
        }
        catch (DecoderFallbackException)
        {
            throw Wrong("is not UTF-8 text");
        }

        return line.ToString().TrimEnd('\r');
    }

    /// <summary>A refusal that names file and line.</summary>
    public InvalidDataException Wrong(string what) => new($"{fileName}, line {Line}: {what}");
}
