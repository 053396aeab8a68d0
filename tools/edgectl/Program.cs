using System.CommandLine;

namespace EdgeGateway.Edgectl;

/// <summary>
/// The command-line tool. Every command exits with 0 for success and 2 for wrong usage or a file that cannot be read; verify also with 1
/// for evidence that it refuses, carbon with 1 for accounts that it cannot state whole, flows with 1 for intervals that it cannot solve,
/// targets with 1 for targets that are not met or not known, enter with 1 for an entry and factors load for a pack that the gateway
/// refuses.
/// </summary>
public static class Program
{
    /// <summary>The exit code of success.</summary>
    public const int Ok = 0;

    /// <summary>The exit code of wrong usage and of files that cannot be read.</summary>
    public const int Unreadable = 2;

    /// <summary>Runs a command line on given input and outputs, at a given time.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> args, Stream input, TextWriter output, TextWriter error, TimeProvider time)
    {
        RootCommand root = new("Tools for gateways: what they recorded and what they measure.");
        root.Subcommands.Add(CarbonCommand.Create());
        root.Subcommands.Add(DiscloseCommand.Create(input));
        root.Subcommands.Add(EnterCommand.Create());
        root.Subcommands.Add(FactorsCommand.Create());
        root.Subcommands.Add(FlowsCommand.Create());
        root.Subcommands.Add(ReplayCommand.Create());
        root.Subcommands.Add(PulsesCommand.Create());
        root.Subcommands.Add(TargetsCommand.Create());
        root.Subcommands.Add(VerifyCommand.Create(input, time));
        root.Subcommands.Add(WitnessCommand.Create());

        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count == 0)
        {
            return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error });
        }

        foreach (var fault in parsed.Errors)
        {
            error.WriteLine($"edgectl: {fault.Message}");
        }

        string command = parsed.CommandResult.Command is RootCommand ? "edgectl" : $"edgectl {parsed.CommandResult.Command.Name}";
        error.WriteLine($"Usage: {command} --help");
        return Unreadable;
    }

    private static int Main(string[] args) => Run(args, Console.OpenStandardInput(), Console.Out, Console.Error, TimeProvider.System);
}
