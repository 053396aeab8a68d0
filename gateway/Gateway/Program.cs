using System.CommandLine;
using EdgeGateway;
using EdgeGateway.Signing;
using EdgeGateway.Site;

const string InstalledSite = "/etc/edge-gateway/site.json";

// Each destination that hangs takes some seconds, and the recorder seals after them.
TimeSpan LongestStop = TimeSpan.FromMinutes(1);

Option<FileInfo?> siteOption = new("--site")
{
    Description = $"The site file: groups, meters, wiring, factors, publishers. Default: {InstalledSite}",
    HelpName = "FILE",
};
Option<DirectoryInfo?> dataOption = new("--data")
{
    Description = "Where ledger, key and registers are kept; a simulated site uses its folder sim",
    HelpName = "DIR",
};
Option<bool> checkOption = new("--check") { Description = "Only check the site file, and say what is wrong with it" };
Option<bool> requestOption = new("--request-certificate")
{
    Description = "Only write a request for a certificate of the device's key (PKCS#10, PEM); the key is made when there is none",
};
RootCommand command = new("EdgeGateway reads meters, computes their carbon, records and signs every reading, and delivers it.")
{
    siteOption,
    dataOption,
    checkOption,
    requestOption,
};
command.SetAction(
    (arguments, cancellation) =>
        RunAsync(
            arguments.GetValue(siteOption)?.FullName,
            arguments.GetValue(dataOption)?.FullName,
            arguments.GetValue(checkOption),
            arguments.GetValue(requestOption),
            cancellation
        )
);

ParseResult parsed = command.Parse(args);
int exit = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = LongestStop });
return parsed.Errors.Count > 0 ? ExitCode.Usage : exit;

static async Task<int> RunAsync(string? sitePath, string? dataPath, bool checkOnly, bool request, CancellationToken cancellation)
{
    string path = sitePath ?? InstalledSite;
    if (sitePath is null && !File.Exists(InstalledSite))
    {
        await Console.Error.WriteLineAsync(
            $"""
            There is no site file, so there is nothing to measure, and nothing was started.
            Give one with --site FILE, or install it as {InstalledSite}.
            To try the gateway with a simulated factory: --site hardware/sites/demo.json
            """
        );
        return ExitCode.Usage;
    }

    // Which keys sign factor packs stands in the site file, and the packs in the data folder, which depends on the site being simulated.
    string root = dataPath ?? RootFolder(sitePath);
    if (
        !SiteReader.TryRead(path, Buses.SourceCheck(), out SiteFile? site, out IReadOnlyList<Fault> faults, (simulated, signers) =>
            FactorPacks.Read(FactorStore.FolderIn(DataFolder(root, simulated)), signers)
        )
    )
    {
        foreach (Fault fault in faults)
        {
            await Console.Error.WriteLineAsync(fault.Line(path));
        }

        await Console.Error.WriteLineAsync(
            $"{(faults.Count == 1 ? "One fault" : $"{faults.Count} faults")} in the site file. Nothing was started."
        );
        return ExitCode.Usage;
    }

    if (site.Simulation is not null && !Buses.CanSimulate)
    {
        await Console.Error.WriteLineAsync(
            $"{path} asks for simulated buses, and this gateway was built without the simulation. Nothing was started."
        );
        return ExitCode.Usage;
    }

    string data = DataFolder(root, site.Simulation is not null);
    if (checkOnly)
    {
        foreach (
            string note in site.FactorPacks.Refused.Select(r => $"A factor pack is not used: {r.Why}").Concat(site.FactorPacks.Overtaken)
        )
        {
            await Console.Error.WriteLineAsync($"{note}.");
        }

        Console.WriteLine(
            $"{path}: good. {site.Meters.Count} meters in {site.Groups.Count} groups on {site.Buses.Count} "
                + $"buses{(site.Simulation is null ? "" : ", SIMULATION")}."
        );
        return ExitCode.Good;
    }

    try
    {
        if (request)
        {
            Directory.CreateDirectory(data);
            using DeviceKey key = DeviceKey.Open(data, site.Key);
            Console.WriteLine(key.CertificateRequestPem());
            return ExitCode.Good;
        }

        for (bool again = true; again; )
        {
            await using GatewayHost host = new(site, data);
            again = await host.RunAsync(cancellation);
        }

        return ExitCode.Good;
    }
    catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
    {
        await Console.Error.WriteLineAsync($"{(request ? "There is no request" : "The gateway cannot start")}: {e.Message}");
        return ExitCode.Failed;
    }
}

// An installed site keeps its data where the system does; a site that is tried out, in the user's own folder, one for each site file.
static string RootFolder(string? sitePath) =>
    sitePath is null
        ? "/var/lib/edge-gateway"
        : Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "edge-gateway",
            Path.GetFileNameWithoutExtension(sitePath)
        );

// Made-up readings have their own ledger and their own key, always.
static string DataFolder(string root, bool simulated) => simulated ? Path.Combine(root, "sim") : root;

internal static class ExitCode
{
    public const int Good = 0,
        Failed = 1,
        Usage = 2;
}
