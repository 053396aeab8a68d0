using System.Diagnostics;
using System.Globalization;
using EdgeGateway.Drivers;
using EdgeGateway.Metering;
using EdgeGateway.Readings;
using EdgeGateway.Simulation;

namespace EdgeGateway.Bench;

/// <summary>
/// Four ADS1115 that convert 860 times a second on one simulated bus, through driver, windows and register book, at real speed.
/// </summary>
internal static class Ads1115Bench
{
    private const int Chips = 4;
    private const double LimitPercent = 2;

    /// <summary>Runs for a time and says whether the limit holds.</summary>
    public static async Task<int> RunAsync(TimeSpan duration)
    {
        TimeProvider time = TimeProvider.System;
        double wakeUps = await WakeUpsAsync(time, duration / 4);
        CurrentTransformer clamp = new(100, 333);
        SimulatedFactory factory = new(seed: 1);
        RegisterBook book = new(new Dictionary<RegisterKey, Register>(), new Dictionary<RegisterKey, Register>());
        List<Ads1115ContinuousInput> inputs = [];
        List<Ads1115ContinuousMeter> meters = [];
        for (int i = 0; i < Chips; i++)
        {
            // Clocks from 6 % slow to 9 % fast: the chips never stay in step.
            SimulatedAds1115 chip = new(0x48 + i, time, clockFast: -0.06 + (0.05 * i));
            chip.Connect(Ads1115Input.Ain0Ain3, new SimulatedClamp(factory.Waveform("oven.L1", time.GetUtcNow()), clamp));
            inputs.Add(new Ads1115ContinuousInput(new Ads1115(chip), Ads1115Input.Ain0Ain3, Ads1115Range.Mv1024, chip.Ready));
            meters.Add(new Ads1115ContinuousMeter($"m{i}", inputs[i], clamp, 230, book));
        }

        using Ads1115Sampler sampler = new("i2c-1", inputs);
        sampler.Start();
        await Task.Delay(TimeSpan.FromSeconds(1), time);
        (TimeSpan cpu, long samples, long lost) before = Now();
        long started = Stopwatch.GetTimestamp();
        int gaps = 0;
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time);
            gaps += meters.Count(m => m.Read(time.GetUtcNow()).Gap is not null);
        }

        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        (TimeSpan cpu, long samples, long lost) after = Now();
        double percent = (after.cpu - before.cpu).TotalSeconds / seconds * 100;
        long samples = after.samples - before.samples;
        double work = (percent - wakeUps) / 100 * seconds / samples * 1e6;
        string verdict = percent <= LimitPercent ? "held" : "EXCEEDED";
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                samples     {samples} in {seconds:0.0} s, {samples / seconds:0} a second from {Chips} chips
                lost        {after.lost - before.lost} samples, in {gaps} readings with a gap
                processor   {percent:0.00} % of one core, the simulated chips included; limit {LimitPercent} %: {verdict}
                wake-ups    {wakeUps:0.00} % of one core for the same thread with no chip to serve:
                            what this machine takes to wake up a thousand times a second
                work        {percent - wakeUps:0.00} % of one core is left for {Chips} chips: {work:0.0} µs a sample
                """
            )
        );
        return percent <= LimitPercent ? 0 : 1;

        (TimeSpan, long, long) Now() =>
            (Process.GetCurrentProcess().TotalProcessorTime, inputs.Sum(i => i.SamplesRead), inputs.Sum(i => i.SamplesLost));
    }

    private static async Task<double> WakeUpsAsync(TimeProvider time, TimeSpan duration)
    {
        using Ads1115Sampler sampler = new("nothing", []);
        sampler.Start();
        await Task.Delay(TimeSpan.FromSeconds(1), time);
        (TimeSpan cpu, long started) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.GetTimestamp());
        await Task.Delay(duration, time);
        return (Process.GetCurrentProcess().TotalProcessorTime - cpu) / Stopwatch.GetElapsedTime(started) * 100;
    }
}
