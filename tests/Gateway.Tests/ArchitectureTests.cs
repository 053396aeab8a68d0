using System.Text.RegularExpressions;

namespace EdgeGateway.Gateway.Tests;

/// <summary>Who may know whom. Left of the ledger only writes, right of it only reads; only the composition knows everything.</summary>
public sealed partial class ArchitectureTests
{
    internal static readonly string Root = FindRoot();

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
        string own = folder.Split('/')[^1];
        foreach (string file in files)
        {
            IEnumerable<string> named = Part().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value);
            Assert.All(named, part =>
                Assert.True(
                    part.Equals(own, StringComparison.OrdinalIgnoreCase) || known.Contains(part) || !Parts.Contains(part),
                    $"{Path.GetRelativePath(Root, file)} names EdgeGateway.{part}, which {folder} may not know."
                )
            );
        }
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
        Assert.InRange(all.Length, 80, 400);
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

    [GeneratedRegex(@"\bEdgeGateway\.([A-Z][a-z]+)\b")]
    private static partial Regex Part();
}
