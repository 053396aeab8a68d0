using System.Globalization;
using BenchmarkDotNet.Jobs;
using EdgeGateway.Bench;
using EdgeGateway.Bench.Accuracy;

// Figures that are promised, measured and printed beside their limits. The tests run each of them small, so that none stops working
// unseen; they never judge the figures, because a busy machine must not fail them.
return args switch
{
    ["line", "--small"] => WhateverItMeasured(await LineBench.RunAsync(TimeSpan.FromSeconds(1), leaves: 2000)),
    ["line", ..] => await LineBench.RunAsync(Seconds(180), leaves: 1_000_000),
    ["ads1115", "--small"] => WhateverItMeasured(await Ads1115Bench.RunAsync(TimeSpan.FromSeconds(1))),
    ["ads1115", ..] => await Ads1115Bench.RunAsync(Seconds(20)),
    ["sampling", "--small"] => WhateverItMeasured(SamplingBench.Run(Job.Dry)),
    ["sampling"] => SamplingBench.Run(Job.ShortRun),
    ["evidence", "--small"] => WhateverItMeasured(EvidenceBench.Run(leaves: 5000, ticks: 3, rounds: 1)),
    ["evidence"] => EvidenceBench.Run(leaves: 1_000_000, ticks: 60, rounds: 3),
    ["carbon", "--small"] => WhateverItMeasured(await CarbonBench.RunAsync(days: 32, rounds: 50)),
    ["carbon"] => await CarbonBench.RunAsync(days: 365, rounds: 1000),
    ["carbon-year", var folder] => CarbonBench.Year(folder),
    ["written", var folder, "--small"] => WhateverItMeasured(await WrittenBench.RunAsync(folder, speed: 3600, hours: 1)),
    ["written", var folder] => await WrittenBench.RunAsync(folder, speed: 60, hours: 6),
    ["written", var folder, var speed, var hours] => await WrittenBench.RunAsync(
        folder,
        int.Parse(speed, CultureInfo.InvariantCulture),
        double.Parse(hours, CultureInfo.InvariantCulture)
    ),
    ["accuracy", "--small"] => AccuracyCommand.RunSmall(),
    ["accuracy"] => AccuracyCommand.Run(check: false),
    ["accuracy", "--check"] => AccuracyCommand.Run(check: true),
    _ => Usage(),
};

TimeSpan Seconds(int unlessTold) => TimeSpan.FromSeconds(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : unlessTold);

// 1 is a limit that was missed.
static int WhateverItMeasured(int exit) => exit == 1 ? 0 : exit;

static int Usage()
{
    Console.Error.WriteLine(
        """
        dotnet run -c Release --project tools/bench -- line [SECONDS]
            The published gateway (artifacts/linux-x64) with 32 simulated meters on a ledger of a million leaves, one page open:
            memory, processor time, time to the first recorded reading, size. SECONDS: how long it is watched, 180 unless told.
        dotnet run -c Release --project tools/bench -- ads1115 [SECONDS]
            Four ADS1115 that convert 860 times a second on one simulated bus: processor time, and samples lost.
        dotnet run -c Release --project tools/bench -- sampling
            From raw samples of voltage and current to energy registers: time a pair beside a plain sweep over the same arrays, and
            what is allocated.
        dotnet run -c Release --project tools/bench -- evidence
            Verifying a log of a million leaves from its tiles beside plainly hashing it, appending to the ledger beside plainly
            inserting the same bytes, and how large leaves are.
        dotnet run -c Release --project tools/bench -- carbon
            A year of 64 meters from the ledger's bytes to monthly accounts of both methods with flows, in a process of its own on one
            core: time and memory. And what a footprint costs the gateway.
        dotnet run -c Release --project tools/bench -- written FOLDER [SPEED HOURS]
            What a day of 32 meters writes to the block device of FOLDER: HOURS of recording at SPEED times the speed (default 60 6).
            Give a folder on a device that nobody else writes to, with a commit interval that is as much shorter: commit=2 at 150
            stands for 300 s.
            truncate -s 1G img; mkfs.ext4 -b 4096 -E lazy_itable_init=0,lazy_journal_init=0 img
            mount -o loop,noatime,commit=2 img FOLDER
        dotnet run -c Release --project tools/bench -- accuracy [--check]
            The error of modelled front ends after calibration, worst of 100 devices, into hardware/ACCURACY.md. --check: only compares
            with it.

        All take --small after their name (written after FOLDER): they run within seconds, only to show that they run. Their exit code
        is then 0 whatever they measured.
        """
    );
    return 2;
}
