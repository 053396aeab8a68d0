using System.CommandLine;
using EdgeGateway.Evidence;

namespace EdgeGateway.Edgectl;

/// <summary><c>edgectl disclose FILE… --group NAME -o OUT</c>: batches with the leaves of some groups, the others as hashes.</summary>
internal static class DiscloseCommand
{
    public static Command Create(Stream standardInput)
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "Batches of one log, as they were delivered.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string[]> group = new("--group")
        {
            Description = "A disclosure group that may be shown. May be given several times.",
            Required = true,
        };
        Option<string> output = new("--output", "-o") { Description = "The file to write. It must not exist.", Required = true };
        Command command = new("disclose", "Make batches in which one party sees only its groups. They verify as the whole ones do.")
        {
            files,
            group,
            output,
        };
        command.SetAction(parsed =>
            Run(
                parsed.GetRequiredValue(files),
                parsed.GetRequiredValue(group),
                parsed.GetRequiredValue(output),
                standardInput,
                parsed.InvocationConfiguration.Output,
                parsed.InvocationConfiguration.Error
            )
        );
        return command;
    }

    private static int Run(string[] files, string[] groups, string path, Stream standardInput, TextWriter output, TextWriter error)
    {
        string reading = path;
        try
        {
            List<BatchPlace> places = [];
            foreach (string file in files)
            {
                reading = file;
                EvidenceFile found = BatchFile.Find(file, standardInput);
                places.AddRange(
                    found.Bundle is null
                        ? found.Places
                        : throw new IOException("It is a bundle. Ask for one with fewer leaves, or give batches.")
                );
            }

            if (places.Select(p => p.Origin).Distinct().Count() > 1)
            {
                throw new IOException("The files are of more than one log. Disclose each by itself.");
            }

            Disclosure disclosure = new(groups);
            using MemoryStream disclosed = new();
            long shown = 0,
                withheld = 0;
            foreach (BatchPlace place in places.OrderBy(p => p.First).ThenBy(p => p.Size))
            {
                reading = place.Source.Name;
                Batch batch = disclosure.Of(Batch.Decode(place.Source.Read(place), out _));
                disclosed.Write(batch.Encode());
                withheld += batch.Elements.Count(e => e.Leaf is null);
                shown += batch.Elements.Count(e => e.Leaf is not null);
            }

            reading = path;
            using (FileStream file = new(path, FileMode.CreateNew, FileAccess.Write))
            {
                disclosed.WriteTo(file);
            }

            output.WriteLine($"{path}: {shown} leaves shown, {withheld} as hashes, for {string.Join(", ", groups)}.");
            return Program.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RefusedException or EvidenceException)
        {
            error.WriteLine($"edgectl: {(e is RefusedException ? "" : reading + ": ")}{e.Message} Nothing was written.");
            return Program.Unreadable;
        }
    }
}
