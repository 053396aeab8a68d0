using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Hardware.Tests;

/// <summary>Additional: real recordings, where they lie in <c>../shared/data/recordings</c> beside the repository.</summary>
public class ReferenceRecordingTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("VA_G1/IA_G1", 3483.575, 1347.8420, 4464859.3, 49.9869)]
    [InlineData("VB_G1/IB_G1", 3482.939, 1361.2475, 4462879.1, 49.9871)]
    [InlineData("VC_G1/IC_G1", 3484.067, 1363.9533, 4451492.2, 49.9872)]
    public void A_generator_comes_out_of_the_ADE7953_as_it_was_recorded(
        string source,
        double volts,
        double amperes,
        double watts,
        double hertz
    )
    {
        if (Folder("test1.cfg") is not { } folder)
        {
            return;
        }

        CurrentTransformer clamp = new(1500, 333);
        SimulatedBus bus = SimulatedBus.Open("replay:test1.cfg", folder, seed: 1, repeat: false, _time);
        bus.AttachAde7953(0x38, new(source, clamp), null, 10_000);
        var driver = new Ade7953(bus.OpenI2c(0x38), _time);
        driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(0.255));
        Ade7953Sample sample = driver.Read();
        LiveValues live = new Ade7953Scale(clamp, 10_000).Live(sample, sample.A);

        // The reference is of twelve cycles and the chip's window has ten of a machine that hunts.
        Assert.Equal(volts, live.VoltageV!.Value, volts * 0.002);
        Assert.Equal(amperes, live.CurrentA!.Value, amperes * 0.002);
        Assert.Equal(watts, live.ActivePowerW!.Value, watts * 0.002);
        Assert.Equal(hertz, live.FrequencyHz!.Value, 0.02);
    }

    [Fact]
    public void Three_phases_of_a_generator_come_out_of_one_ATM90E32AS_as_they_were_recorded()
    {
        if (Folder("test1.cfg") is not { } folder)
        {
            return;
        }

        CurrentTransformer clamp = new(1500, 333);
        SimulatedBus bus = SimulatedBus.Open("replay:test1.cfg", folder, seed: 1, repeat: false, _time);
        bus.AttachAtm90e32as([new("VA_G1/IA_G1", clamp), new("VB_G1/IB_G1", clamp), new("VC_G1/IC_G1", clamp)], 10_000);
        var driver = new Atm90e32as(bus.OpenSpi(), 50, _time);
        driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(0.255));
        Atm90e32asSample sample = driver.Read();
        var scale = new Atm90e32asScale(clamp, 10_000);
        (double Volts, double Amperes, double Watts)[] expected =
        [
            (3483.575, 1347.8420, 4464859.3),
            (3482.939, 1361.2475, 4462879.1),
            (3484.067, 1363.9533, 4451492.2),
        ];
        foreach (Atm90e32asPhaseName phase in Enum.GetValues<Atm90e32asPhaseName>())
        {
            LiveValues live = scale.Live(sample, sample[phase]);
            (double volts, double amperes, double watts) = expected[(int)phase];
            Assert.Equal(volts, live.VoltageV!.Value, volts * 0.002);
            Assert.Equal(amperes, live.CurrentA!.Value, amperes * 0.002);
            Assert.Equal(watts, live.ActivePowerW!.Value, watts * 0.002);
            Assert.Equal(49.987, live.FrequencyHz!.Value, 0.02);
        }
    }

    [Fact]
    public void A_noisy_pulse_train_has_its_99_pulses()
    {
        if (Folder("dcf77_120s.edges.csv") is not { } folder)
        {
            return;
        }

        IPulseLine line = SimulatedBus.Open("replay:dcf77_120s.edges.csv", folder, 1, repeat: false, _time).AttachPulseLine(4, "edges", 1);
        var filter = new PulseFilter(50_000_000, line.InitialHigh);
        for (int second = 0; second < 125; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            long now = line.ReadClock();
            while (line.TryTake(out Edge edge))
            {
                filter.Push(edge);
            }

            filter.AdvanceTo(now);
        }

        Assert.Equal((99L, 0L), (filter.Count, filter.LostEdges));
    }

    private static string? Folder(string file)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", "recordings");
            if (File.Exists(Path.Combine(path, file)))
            {
                return path;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"Not compared: there is no shared/data/recordings/{file} beside the repository.");
        return null;
    }
}
