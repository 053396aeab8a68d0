using EdgeGateway.Bench;

// Figures that are promised, measured and printed beside their limits. Never part of the tests: a busy machine must not fail them.
return args is ["line", ..]
    ? await LineBench.RunAsync(args.Length > 1 ? TimeSpan.FromSeconds(int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture)) : TimeSpan.FromMinutes(3))
    : args is ["sampling"] ? SamplingBench.Run()
    : Usage();

static int Usage()
{
    Console.Error.WriteLine("""
        dotnet run -c Release --project tools/bench -- line [SECONDS]
            The published gateway (artifacts/linux-x64) with 32 simulated meters on a ledger of a million leaves, one page open:
            memory, processor time, time to the first recorded reading, size. SECONDS: how long it is watched, 180 unless told.
        dotnet run -c Release --project tools/bench -- sampling
            From raw samples of voltage and current to energy registers: time a pair beside a plain sweep over the same arrays, and what is
            allocated.
        """);
    return 2;
}
