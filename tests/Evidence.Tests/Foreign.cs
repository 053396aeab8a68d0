using System.Diagnostics;

namespace EdgeGateway.Evidence.Tests;

/// <summary>Runs other people's tools on what is made here.</summary>
internal static class Foreign
{
    /// <summary>The repository's folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Runs a script of the folder foreign and gives what it says.</summary>
    public static string Python(string script, IReadOnlyList<string> arguments, string input = "") =>
        Run("/usr/bin/python3", [Path.Combine(Root, "tests", "Evidence.Tests", "foreign", script), .. arguments], input).Output;

    /// <summary>Runs a program that must succeed unless told otherwise.</summary>
    public static (int ExitCode, string Output) Run(
        string program,
        IReadOnlyList<string> arguments,
        string input = "",
        bool mustSucceed = true
    )
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync(),
            error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended before it read all; why stands in its output.
        }

        process.WaitForExit();
        Assert.True(process.ExitCode == 0 || !mustSucceed, $"{program} {string.Join(' ', arguments)}: {error.Result}{output.Result}");
        return (process.ExitCode, output.Result + error.Result);
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "EdgeGateway.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName
            ?? throw new DirectoryNotFoundException("The repository's root, with EdgeGateway.sln, is not above the tests.");
    }
}
