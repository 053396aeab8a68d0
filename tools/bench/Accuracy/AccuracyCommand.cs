namespace EdgeGateway.Bench.Accuracy;

/// <summary>Writes the accuracy report, or compares it with the one that is there.</summary>
internal static class AccuracyCommand
{
    private const string File = "hardware/ACCURACY.md";

    /// <summary>0: all limits held (and, to check, the report is as written). 1: not so.</summary>
    public static int Run(bool check)
    {
        AccuracyReport report = Report();
        string text = report.Text();
        string path = Path.Combine(Root(), File);
        if (!check)
        {
            System.IO.File.WriteAllText(path, text);
        }
        else if (System.IO.File.ReadAllText(path) != text)
        {
            Console.Error.WriteLine($"{File} is not what this command writes. Write it again and look at what changed.");
            return 1;
        }

        foreach (string exceeded in report.Exceeded)
        {
            Console.Error.WriteLine($"Not held: {exceeded}");
        }

        Console.WriteLine($"{File}: {(report.Exceeded.Count == 0 ? "all limits held" : $"{report.Exceeded.Count} limits not held")}");
        return report.Exceeded.Count == 0 ? 0 : 1;
    }

    /// <summary>Prints the report of few devices, to see that it can be made.</summary>
    public static int RunSmall()
    {
        AccuracySweep.Devices = 2;
        Console.WriteLine(Report().Text());
        return 0;
    }

    private static AccuracyReport Report() =>
        new(
            [
                AccuracySweep.Ade7953(ClampModel.Metering),
                AccuracySweep.Atm90e32as(ClampModel.Metering),
                AccuracySweep.Sampled(ClampModel.Metering),
            ],
            AccuracySweep.Ade7953(ClampModel.Indicative),
            IndicativeSweep.SingleShot(),
            IndicativeSweep.Continuous()
        );

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder, "EdgeGateway.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("EdgeGateway.sln is in none of the folders above: run this from a checkout.");
    }
}
