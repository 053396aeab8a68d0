using System.Text;

namespace EdgeGateway.Edgectl.Tests;

/// <summary>Runs edgectl in this process and keeps what it wrote.</summary>
internal static class CommandLine
{
    public static (int ExitCode, string Output, string Error) Run(params string[] args) => RunOn(Stream.Null, args);

    public static (int ExitCode, string Output, string Error) RunOn(Stream input, params string[] args) =>
        RunAt(TimeProvider.System, input, args);

    public static (int ExitCode, string Output, string Error) RunAt(TimeProvider time, Stream input, params string[] args)
    {
        using StringWriter output = new(),
            error = new();
        int exitCode = Program.Run(args, input, output, error, time);
        return (exitCode, output.ToString(), error.ToString());
    }

    public static void AssertRefused((int ExitCode, string Output, string Error) result, string says)
    {
        Assert.Equal(2, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
    }
}

/// <summary>Recordings in a folder of their own, or the reference recordings that may lie beside the repository.</summary>
internal sealed class Recordings : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgectl-").FullName;

    public string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Writes a COMTRADE recording (1999, ASCII, 4 kHz) of a second of 50 Hz and returns the path of its configuration.</summary>
    /// <param name="channels">Channel lines from the phase on, as in <c>VA,A,,V</c>; all have multiplier 0.01.</param>
    /// <param name="value">The value of a channel at a time in seconds; null is a missing sample.</param>
    public string WriteWaveform(string[] channels, Func<int, double, double?> value)
    {
        const int samples = 4000;
        StringBuilder cfg = new($"Station,Recorder,1999\n{channels.Length},{channels.Length}A,0D\n");
        for (int i = 0; i < channels.Length; i++)
        {
            cfg.Append($"{i + 1},{channels[i]},0.01,0,0,-99999,99998,1,1,P\n");
        }

        cfg.Append($"50\n1\n4000,{samples}\n01/01/2026,00:00:00.000000\n01/01/2026,00:00:00.000000\nASCII\n1\n");
        StringBuilder dat = new();
        for (int n = 0; n < samples; n++)
        {
            var values = channels.Select((_, i) => value(i, n / 4000.0) is { } v ? Math.Round(v * 100).ToString("0") : "");
            dat.Append($"{n + 1},{n * 250},{string.Join(',', values)}\n");
        }

        Write("wave.dat", dat.ToString());
        return Write("wave.cfg", cfg.ToString());
    }

    /// <summary>
    /// A reference recording from <c>../shared/data/recordings</c> beside the repository, or null with a note when it is not there.
    /// </summary>
    public static string? Reference(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", "recordings", name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"Not compared: there is no shared/data/recordings/{name} beside the repository.");
        return null;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
