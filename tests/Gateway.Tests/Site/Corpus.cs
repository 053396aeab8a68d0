using System.Diagnostics;
using EdgeGateway.Site;

namespace EdgeGateway.Gateway.Tests.Site;

/// <summary>Site files with their expected faults: NAME.json beside NAME.faults, one fault a line, none when it is valid.</summary>
/// <remarks>A line that begins with <c>~</c> is a fault that no schema can express.</remarks>
internal static class Corpus
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Site", "corpus");

    public static string Sites { get; } = Path.Combine(AppContext.BaseDirectory, "sites");

    public static string Schema { get; } = Path.Combine(Sites, "site.schema.json");

    public static IReadOnlyList<string> Files { get; } = [.. Directory.GetFiles(Folder, "*.json").Order(StringComparer.Ordinal)];

    public static string[] Expected(string file)
    {
        string faults = Path.ChangeExtension(file, ".faults");
        return File.Exists(faults) ? File.ReadAllLines(faults) : [];
    }

    public static IReadOnlyList<Fault> Faults(string file)
    {
        bool good = SiteReader.TryRead(file, null, out SiteFile? site, out IReadOnlyList<Fault> faults);
        Assert.Equal(good, faults.Count == 0);
        Assert.Equal(good, site is not null);
        return faults;
    }

    /// <summary>What Debian's python3-jsonschema says of documents, one a line: true where they are valid.</summary>
    public static bool[] ValidBySchema(IEnumerable<string> documents)
    {
        const string Script = """
            import json, sys
            try:
                from jsonschema import Draft202012Validator
            except ImportError:
                sys.exit('python3-jsonschema is missing. Run tools/test --install.')
            schema = json.load(open(sys.argv[1], encoding='utf-8'))
            Draft202012Validator.check_schema(schema)
            validator = Draft202012Validator(schema)
            for line in sys.stdin:
                print(validator.is_valid(json.loads(line)))
            """;
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", Script, Schema])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process? python = null;
        try
        {
            python = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Fail("/usr/bin/python3 is missing. Run tools/test --install.");
        }

        using (python)
        {
            Task<string> output = python!.StandardOutput.ReadToEndAsync();
            Task<string> errors = python.StandardError.ReadToEndAsync();
            foreach (string document in documents)
            {
                python.StandardInput.WriteLine(document.ReplaceLineEndings(" "));
            }

            python.StandardInput.Close();
            python.WaitForExit();
            Assert.True(python.ExitCode == 0, errors.GetAwaiter().GetResult());
            return [.. output.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(bool.Parse)];
        }
    }
}
