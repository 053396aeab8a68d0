using System.ComponentModel;
using System.Diagnostics;

namespace EdgeGateway.Gateway.Tests;

/// <summary>Programs of Debian's packages that the tests run.</summary>
internal static class Tool
{
    /// <summary>Starts a program with its outputs redirected.</summary>
    public static Process Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] += ":/usr/sbin";
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException(
                $"{program} cannot be started ({e.Message}). Run tools/test --install, which installs what the tests need."
            );
        }
    }

    /// <summary>Runs a program to its end, which must be a good one, and gives what it wrote to its standard output.</summary>
    public static async Task<byte[]> RunAsync(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        try
        {
            using MemoryStream output = new();
            Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.StandardOutput.BaseStream.CopyToAsync(output, TestContext.Current.CancellationToken).InTimeAsync();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await errors}");
            return output.ToArray();
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
