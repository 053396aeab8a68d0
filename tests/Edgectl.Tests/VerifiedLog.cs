namespace EdgeGateway.Edgectl.Tests;

/// <summary>A log that the command verifies and computes again.</summary>
public abstract class VerifiedLog : FootprintLog
{
    private protected override (int Exit, string Text) Verify() =>
        Run("verify", Log.WriteBatch(0, Log.Leaves.Count), "--trust", Log.Trust, "--recompute");

    private protected static (int Exit, string Text) Run(params string[] arguments)
    {
        var (exit, output, error) = CommandLine.Run(arguments);
        Assert.Equal("", error);
        return (exit, output);
    }
}
