using System.Globalization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Bench;

/// <summary>
/// The sampling path from raw samples of voltage and current to energy registers, beside a plain sweep over the same arrays.
/// </summary>
[MemoryDiagnoser]
public class SamplingBench
{
    // Ten seconds at 8 kHz: 1.9 MB, beyond the caches of small machines and within those of large ones, for both alike.
    private const int Pairs = 80_000;
    private const double Rate = 8000;
    private const double LimitNs = 1000;

    private readonly double[] _seconds = new double[Pairs];
    private readonly double[] _volts = new double[Pairs];
    private readonly double[] _amperes = new double[Pairs];
    private readonly long[] _registers = new long[4];
    private readonly WaveformMeter _meter = new(
        new WaveformSettings
        {
            ClipV = 32767,
            ClipA = 32767,
            NoiseA = 2,
        }
    );
    private readonly WaveformMeter _withDistortion = new(
        new WaveformSettings
        {
            ClipV = 32767,
            ClipA = 32767,
            NoiseA = 2,
            Harmonics = true,
        }
    );
    private double _from;

    /// <summary>Samples in converter counts: a sine, a lagging current, a fifth harmonic, noise of a count.</summary>
    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        for (int n = 0; n < Pairs; n++)
        {
            (double t, double angle) = (n / Rate, 2 * Math.PI * 50.02 * n / Rate);
            _seconds[n] = t;
            _volts[n] = Math.Round((20_000 * Math.Sin(angle)) + (2 * random.NextDouble()));
            _amperes[n] = Math.Round((9_000 * Math.Sin(angle - 0.5)) + (900 * Math.Sin(5 * angle)) + (2 * random.NextDouble()));
        }
    }

    /// <summary>Reads every sample once and does next to nothing with it.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Pairs, Description = "plain sweep")]
    public double Sweep()
    {
        double sum = 0;
        for (int n = 0; n < Pairs; n++)
        {
            sum += (_volts[n] * _amperes[n]) + _seconds[n];
        }

        return sum;
    }

    /// <summary>Each pair into the meter, each window into the registers.</summary>
    [Benchmark(OperationsPerInvoke = Pairs, Description = "raw sample to register")]
    public long Register() => Run(_meter);

    /// <summary>The same with harmonic distortion to the 40th.</summary>
    [Benchmark(OperationsPerInvoke = Pairs, Description = "with distortion")]
    public long RegisterWithDistortion() => Run(_withDistortion);

    /// <summary>Runs it and says whether the limits hold.</summary>
    /// <param name="job">How often: a short run to measure, a dry one to see that it runs.</param>
    public static int Run(Job job)
    {
        IConfig config = ManualConfig
            .CreateEmpty()
            .AddJob(job.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(BenchmarkDotNet.Diagnosers.MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "edge-gateway-bench"));
        Summary summary = BenchmarkRunner.Run<SamplingBench>(config);
        double sweep = Mean(nameof(Sweep));
        foreach (BenchmarkReport report in summary.Reports)
        {
            double mean = report.ResultStatistics?.Mean ?? double.NaN;
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\''), -24} {mean, 8:0.0} ns a pair   "
                        + $"{mean / sweep, 6:0.0} × plain sweep   {Bytes(report):0.###} bytes a pair"
                )
            );
        }

        bool good = Mean(nameof(Register)) <= LimitNs && Bytes(Of(nameof(Register))) < 0.01;
        Console.WriteLine($"limit: {LimitNs:0} ns a pair and nothing allocated for a sample: {(good ? "held" : "EXCEEDED")}");
        return good ? 0 : 1;

        BenchmarkReport Of(string method) => summary.Reports.Single(r => r.BenchmarkCase.Descriptor.WorkloadMethod.Name == method);
        double Mean(string method) => Of(method).ResultStatistics?.Mean ?? double.NaN;
        static double Bytes(BenchmarkReport report) => report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? double.NaN;
    }

    private long Run(WaveformMeter meter)
    {
        // Each run goes on where the last one ended: time only rises.
        WindowEnergy energy = new();
        for (int n = 0; n < Pairs; n++)
        {
            meter.Add(_from + _seconds[n], _volts[n], _amperes[n]);
            while (meter.TryTake(out WaveformWindow window))
            {
                EnergyStep step = energy.Add(window);
                _registers[0] += step.ActiveImport;
                _registers[1] += step.ActiveExport;
                _registers[2] += step.ReactiveImport;
                _registers[3] += step.ReactiveExport;
            }
        }

        _from += Pairs / Rate;
        return _registers[0];
    }
}
