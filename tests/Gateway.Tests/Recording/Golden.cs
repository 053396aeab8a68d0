using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Keeping;
using EdgeGateway.Keeping;

namespace EdgeGateway.Gateway.Tests.Recording;

/// <summary>
/// What lives of a device have recorded, kept in the repository: the same life records the same leaves and remembers the same facts in
/// every version, but for its key, which is in genesis and in the origin.
/// </summary>
internal static class Golden
{
    /// <summary>Holds a ledger against what is kept of its life. Where nothing is kept it is written, and the test fails once.</summary>
    /// <param name="life">The name of the life, which is that of its file.</param>
    /// <param name="ledger">What it recorded.</param>
    /// <param name="folder">Its folder.</param>
    public static void Compare(string life, Ledger ledger, string folder)
    {
        string path = Path.Combine(ArchitectureTests.Root, "tests", "Gateway.Tests", "Recording", "golden", life + ".txt");
        string[] now = [.. Lines(ledger, folder)];
        if (!File.Exists(path))
        {
            File.WriteAllLines(path, now);
            Assert.Fail($"Nothing was kept of {life}. {path} is written now; look at it and commit it.");
        }

        string[] kept = File.ReadAllLines(path);
        int differs = kept.Zip(now).TakeWhile(l => l.First == l.Second).Count();
        if (differs < kept.Length || differs < now.Length)
        {
            string actual = Path.Combine(Path.GetTempPath(), life + ".txt");
            File.WriteAllLines(actual, now);
            Assert.Fail(
                $"{life} recorded something else from line {differs + 1} of {path} on: kept {kept.ElementAtOrDefault(differs)}, "
                    + $"now {now.ElementAtOrDefault(differs)}. All of it: {actual}"
            );
        }
    }

    // A line for 256 leaves with how many there are of each type; then a line for the facts of each kind.
    private static IEnumerable<string> Lines(Ledger ledger, string folder)
    {
        const int Page = 256;
        for (long first = 1; first < ledger.Size; first += Page)
        {
            long end = Math.Min(first + Page, ledger.Size);
            byte[][] leaves = [.. ledger.Leaves(first, end).Select(l => l ?? [])];
            string types = string.Join(
                ',',
                leaves
                    .Where(l => l.Length > 0)
                    .GroupBy(l => LeafCodec.Decode(l).Head.Type)
                    .OrderBy(g => g.Key, StringComparer.Ordinal)
                    .Select(g => $"{g.Key} {g.Count()}")
            );
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{first}-{end - 1} {Short(leaves.SelectMany(l => SHA256.HashData(l)).ToArray())} {types}"
            );
        }

        foreach (
            IGrouping<string, string> kind in LedgerFile
                .Facts(folder)
                .Where(f => f.Name != "origin")
                .GroupBy(f => f.Name.Split(':')[0], f => $"{f.Name}={f.Value}")
        )
        {
            yield return $"{kind.Key}, {kind.Count()} facts, {Short(Encoding.UTF8.GetBytes(string.Join('\n', kind)))}";
        }
    }

    private static string Short(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
}
