using System.Diagnostics;

namespace EdgeGateway.Carbon.Tests;

/// <summary>Python's answers, a line each.</summary>
internal static class Foreign
{
    public static string[] Python(string script, string input)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
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
            python.StandardInput.Write(input);
            python.StandardInput.Close();
            string text = output.GetAwaiter().GetResult();
            python.WaitForExit();
            Assert.Equal(0, python.ExitCode);
            return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }
}

/// <summary>Where the repository lies.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "EdgeGateway.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not lie within the repository.");
        }

        return folder;
    }
}
