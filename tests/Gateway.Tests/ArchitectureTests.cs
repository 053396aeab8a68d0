using System.Text.RegularExpressions;

namespace EdgeGateway.Gateway.Tests;

/// <summary>Who may know whom. Left of the ledger only writes, right of it only reads; only the composition knows everything.</summary>
public sealed partial class ArchitectureTests
{
    internal static readonly string Root = FindRoot();

    // Fewer would mean that the folders are looked for where they are not.
    private const int MostlyAll = 250;

    // Folder, and the parts of the product that its files may name. A folder always may name itself.
    public static TheoryData<string, string[]> Rooms =>
        new()
        {
            { "gateway/Readings", [] },
            { "gateway/Carbon", ["Readings"] },
            { "gateway/Evidence", ["Readings"] },
            { "gateway/Recomputing", ["Readings", "Carbon", "Evidence"] },
            { "hardware/Drivers", ["Readings"] },
            { "hardware/Simulation", ["Readings", "Drivers"] },
            { "gateway/Gateway/Site", ["Readings", "Carbon", "Evidence"] },
            { "gateway/Gateway/Metering", ["Readings", "Drivers", "Site"] },
            { "gateway/Gateway/Keeping", ["Evidence"] },
            { "gateway/Gateway/Signing", ["Evidence", "Keeping", "Site"] },
            { "gateway/Gateway/Accounting", ["Readings", "Carbon", "Evidence"] },
            { "gateway/Gateway/Entering", ["Carbon", "Evidence", "Site"] },
            { "gateway/Gateway/Recording", ["Readings", "Metering", "Carbon", "Evidence", "Keeping", "Signing", "Accounting", "Entering"] },
            { "gateway/Gateway/Reporting", ["Readings", "Carbon", "Evidence", "Keeping", "Accounting", "Site"] },
            { "gateway/Gateway/Inputs", ["Entering", "Site"] },
            { "gateway/Gateway/Publishing", ["Evidence", "Keeping", "Signing", "Site"] },
            {
                "gateway/Gateway/Serving",
                [
                    "Readings",
                    "Evidence",
                    "Keeping",
                    "Signing",
                    "Accounting",
                    "Entering",
                    "Reporting",
                    "Metering",
                    "Inputs",
                    "Publishing",
                    "Site",
                ]
            },
            { "tools/edgectl", ["Readings", "Carbon", "Evidence", "Recomputing", "Simulation"] },
        };

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_names_only_what_it_may_know(string folder, string[] known)
    {
        string[] files = [.. SourcesIn(folder)];
        Assert.NotEmpty(files);
        TestContext.Current.TestOutputHelper!.WriteLine($"{files.Length} files of {folder} were read.");
        string own = folder.Split('/')[^1];
        foreach (string file in files)
        {
            Assert.All(NamedIn(file), part =>
                Assert.True(
                    part.Equals(own, StringComparison.OrdinalIgnoreCase) || known.Contains(part) || !Parts.Contains(part),
                    $"{Path.GetRelativePath(Root, file)} names EdgeGateway.{part}, which {folder} may not know."
                )
            );
        }
    }

    [Fact]
    public void Only_the_views_of_leaves_look_records_up_by_name_or_position()
    {
        string[] files =
        [
            .. SourcesIn("gateway").Where(f => !f.Contains("/gateway/Evidence/", StringComparison.Ordinal)),
            .. SourcesIn("tools/edgectl"),
        ];
        Assert.InRange(files.Length, MostlyAll / 2, 2 * MostlyAll);
        Assert.All(files, file => Assert.DoesNotMatch(LookingUp(), File.ReadAllText(file)));
    }

    [Fact]
    public void Only_one_file_knows_the_names_of_facts()
    {
        string[] files = [.. SourcesIn("gateway/Gateway").Where(f => !f.EndsWith("/FactNames.cs", StringComparison.Ordinal))];
        Assert.InRange(files.Length, 100, 2 * MostlyAll);
        Assert.All(files, file => Assert.DoesNotMatch(NamingFact(), File.ReadAllText(file)));
    }

    [Fact]
    public void The_rooms_are_all_there_is()
    {
        string[] all = [.. SourcesIn("gateway"), .. SourcesIn("hardware"), .. SourcesIn("tools/edgectl")];
        string[] looked = [.. Rooms.SelectMany(r => SourcesIn(r.Data.Item1))];
        string[] composition =
        [
            "Program.cs",
            "GatewayHost.cs",
            "Loop.cs",
            "Progress.cs",
            "Banner.cs",
            "Systemd.cs",
            "Buses.cs",
            "KernelClock.cs",
            "MqttBrokers.cs",
            "SitePlan.cs",
            "DurableFile.cs",
            "Backoff.cs",
            "Failure.cs",
        ];
        IEnumerable<string> rest = all.Except(looked);
        Assert.All(rest, file => Assert.Contains(Path.GetFileName(file), composition));
        TestContext.Current.TestOutputHelper!.WriteLine($"{all.Length} files were read.");
        Assert.InRange(all.Length, MostlyAll, 2 * MostlyAll);
    }

    [Fact]
    public void The_page_moves_no_cursor_and_records_nothing()
    {
        string[] files = [.. SourcesIn("gateway/Gateway/Serving")];
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.DoesNotMatch(@"\.(MoveCursor|Append|Seal)\(", File.ReadAllText(file)));
    }

    private static HashSet<string> Parts { get; } = [.. Rooms.Select(r => r.Data.Item1.Split('/')[^1])];

    private static IEnumerable<string> SourcesIn(string folder) =>
        Directory
            .EnumerateFiles(Path.Combine(Root, folder), "*.*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".cshtml", StringComparison.Ordinal))
            .Where(f => !f.Split('/').Any(part => part is "bin" or "obj" or "node_modules"));

    private static string FindRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "EdgeGateway.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not lie within the repository.");
        }

        return folder;
    }

    // By its whole name, or by that within the namespace of the daemon.
    private static IEnumerable<string> NamedIn(string file)
    {
        string text = File.ReadAllText(file);
        bool daemon = file.Contains("/gateway/Gateway/", StringComparison.Ordinal);
        return Part().Matches(text).Concat(daemon ? DaemonPart().Matches(text) : []).Select(m => m.Groups[1].Value);
    }

    [GeneratedRegex(@"\bEdgeGateway\.([A-Z][a-z]+)\b")]
    private static partial Regex Part();

    [GeneratedRegex(@"(?<![.\w""/])(Keeping|Signing|Accounting|Entering|Recording|Reporting|Metering|Inputs|Publishing|Serving)\.[A-Z]")]
    private static partial Regex DaemonPart();

    [GeneratedRegex(@"\.Records(\(\))?(\[|\.(First|Single|Last|Where|Skip|Any|ToDictionary|ElementAt))")]
    private static partial Regex LookingUp();

    [GeneratedRegex(@"\.(Fact|Facts|FactBefore|FactsBefore)\(\$?""")]
    private static partial Regex NamingFact();
}
