using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace EdgeGateway.Site;

/// <summary>Says what would be right when a simulated bus has no such source, or null when it has.</summary>
/// <param name="bus">A simulated bus.</param>
/// <param name="kind"><c>ade7953</c>, <c>ads1115</c>, <c>atm90e32as</c> or <c>pulse</c>.</param>
/// <param name="source">The source as written, in the form that the bus asks for.</param>
public delegate string? SourceCheck(BusSettings bus, string kind, string source);

/// <summary>Gives the factor sets that a site's footprints may use.</summary>
/// <param name="simulated">Whether the site is simulated: then it has a data folder of its own.</param>
/// <param name="signers">The signers whose packs the site uses.</param>
public delegate FactorPacks FactorSource(bool simulated, IReadOnlyList<FactorSigner> signers);

/// <summary>Reads a site file. Either everything in it is right, or there is a list of all that is not.</summary>
public static class SiteReader
{
    private const int MostBytes = 1 << 20;

    /// <summary>Reads and checks a site file.</summary>
    /// <param name="path">The file. Recordings that it names are looked for beside it.</param>
    /// <param name="sources">Checks the sources of simulated buses. Null: their names are not checked.</param>
    /// <param name="site">The site, when there is no fault.</param>
    /// <param name="faults">All faults, in the order of the file.</param>
    /// <param name="packs">Gives the factor sets. Null: those that ship.</param>
    public static bool TryRead(
        string path,
        SourceCheck? sources,
        [NotNullWhen(true)] out SiteFile? site,
        out IReadOnlyList<Fault> faults,
        FactorSource? packs = null
    )
    {
        site = null;
        if (ReadBytes(path, out byte[] bytes) is { } unreadable)
        {
            faults = [unreadable];
            return false;
        }

        if (CheckSyntax(bytes) is { } broken)
        {
            faults = [broken];
            return false;
        }

        using JsonDocument document = JsonDocument.Parse(bytes);
        var sections = new SiteSections(Path.GetFullPath(path), sources, packs);
        site = sections.Read(document.RootElement);
        faults = sections.Faults;
        return site is not null;
    }

    private static Fault? ReadBytes(string path, out byte[] bytes)
    {
        bytes = [];
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > MostBytes)
            {
                return new Fault("", $"is {file.Length} bytes long", "a site file has at most 1 MB; is this the right file?");
            }

            bytes = new byte[file.Length];
            file.ReadExactly(bytes);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Fault("", "does not exist", "copy an example from hardware/sites and change it, or give the right path");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Fault("", $"cannot be read ({e.Message})", "give the path of a file that this user may read");
        }

        // Some editors put a byte order mark in front; JSON has none.
        if (bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble))
        {
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        }

        if (bytes.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return new Fault("", "is empty", "copy an example from hardware/sites and change it");
        }

        return Utf8.IsValid(bytes) ? null : new Fault("", "is not UTF-8 text", "save it again with the encoding UTF-8");
    }

    private static Fault? CheckSyntax(byte[] bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    _ = reader.GetString();
                }
            }

            return null;
        }
        catch (InvalidOperationException)
        {
            return new Fault(
                Place(bytes, (int)reader.TokenStartIndex),
                "this \\u escape is half a character",
                "write the character itself"
            );
        }
        catch (JsonException e)
        {
            int at = Offset(bytes, e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
            return new Fault(Place(bytes, at), "this is not JSON", RightFor(e, bytes, at));
        }
    }

    private static string RightFor(JsonException e, byte[] bytes, int at)
    {
        if (at < bytes.Length && bytes[at] == '/')
        {
            return "JSON has no comments: remove it";
        }

        if (e.Message.Contains("trailing comma", StringComparison.Ordinal))
        {
            return "remove the comma after the last element";
        }

        return at >= bytes.Length
            ? "the file ends too early: close what is open"
            : "look here and just before for a missing comma, quotation mark or bracket";
    }

    private static int Offset(byte[] bytes, long line, long column)
    {
        int start = 0;
        for (; line > 0; line--)
        {
            start += bytes.AsSpan(start).IndexOf((byte)'\n') + 1;
        }

        return (int)Math.Min(start + column, bytes.Length);
    }

    private static string Place(byte[] bytes, int at)
    {
        ReadOnlySpan<byte> before = bytes.AsSpan(0, at);
        int start = before.LastIndexOf((byte)'\n') + 1;
        return $"line {before.Count((byte)'\n') + 1}, column {Encoding.UTF8.GetCharCount(before[start..]) + 1}";
    }
}
