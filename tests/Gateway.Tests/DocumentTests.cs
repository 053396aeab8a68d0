using System.Text.RegularExpressions;

namespace EdgeGateway.Gateway.Tests;

/// <summary>Documents lead to where they say, and read well beside the code.</summary>
public sealed partial class DocumentTests
{
    private const int LongestLine = 140;

    [Fact]
    public void Every_link_in_the_documents_leads_somewhere()
    {
        List<string> broken = [];
        int links = 0;
        foreach (string document in Documents())
        {
            foreach (Match link in Link().Matches(WithoutCode(File.ReadAllText(document))))
            {
                links++;
                string[] target = link.Groups["target"].Value.Split('#');
                string path = target[0].Length == 0 ? document : Path.GetFullPath(target[0], Path.GetDirectoryName(document)!);
                bool there = Path.Exists(path) && (target.Length == 1 || AnchorsOf(path).Contains(target[1]));
                if (!there)
                {
                    broken.Add($"{Path.GetRelativePath(ArchitectureTests.Root, document)}: {link.Value}");
                }
            }
        }

        Assert.Empty(broken);
        Assert.InRange(links, 100, 1000);
    }

    // A row of a table cannot be broken.
    [Fact]
    public void No_line_of_a_document_is_longer_than_one_of_code()
    {
        IEnumerable<string> tooLong = Documents()
            .SelectMany(d => File.ReadAllLines(d).Where(l => l.Length > LongestLine && l[0] != '|').Select(l => $"{d}: {l}"));
        Assert.Empty(tooLong);
    }

    private static List<string> Documents()
    {
        List<string> documents =
        [
            .. Directory
                .EnumerateFiles(ArchitectureTests.Root, "*.md", SearchOption.AllDirectories)
                .Where(f =>
                    !Path.GetRelativePath(ArchitectureTests.Root, f)
                        .Split('/')
                        .Any(part => part is "bin" or "obj" or "node_modules" or "artifacts" or ".git")
                ),
        ];
        Assert.InRange(documents.Count, 15, 100);
        return documents;
    }

    // As the usual renderers make them: lower case, spaces as hyphens, and nothing but letters, digits, hyphens and underscores.
    private static IEnumerable<string> AnchorsOf(string document) =>
        Heading()
            .Matches(WithoutCode(File.ReadAllText(document)))
            .Select(h => NoAnchor().Replace(h.Groups["text"].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    private static string WithoutCode(string markdown) => Fenced().Replace(markdown, "");

    [GeneratedRegex(@"\]\((?!https?:)(?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<text>.+?)\s*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{Nd} _-]")]
    private static partial Regex NoAnchor();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();
}
