using System.Globalization;
using EdgeGateway.Drivers;
using EdgeGateway.Readings.Sampling;
using EdgeGateway.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Hardware.Tests;

/// <summary>Recordings played through simulated chips into the real drivers, as if they came from the clamps.</summary>
public sealed class ReplayTests : IDisposable
{
    private static readonly CurrentTransformer Clamp200 = new(200, 333);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-gateway-");
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _folder.Delete(recursive: true);

    // 5 s at 3200 samples a second: 230 V at 49.8 Hz, 50 A lagging by 40° with 20 % of a fifth harmonic.
    private const double Hertz = 49.8;
    private const double FifthA = 10;
    private static readonly double ExpectedA = Math.Sqrt((50 * 50) + (FifthA * FifthA));
    private static readonly double ExpectedW = 230 * 50 * Math.Cos(40 * Math.PI / 180);
    private static readonly double ExpectedVar = 230 * 50 * Math.Sin(40 * Math.PI / 180);

    private SimulatedBus Recording(bool repeat = false)
    {
        const int Samples = 16_000;
        File.WriteAllText(
            Path.Combine(_folder.FullName, "test.cfg"),
            """
            Test,1,1999
            2,2A,0D
            1,V1,A,,V,0.01,0,0,-99998,99998,1,1,P
            2,I1,A,,A,0.001,0,0,-99998,99998,1,1,P
            50
            1
            3200,16000
            01/01/2026,00:00:00.000000
            01/01/2026,00:00:00.000000
            ASCII
            1
            """
        );
        var data = new List<string>(Samples);
        for (int n = 0; n < Samples; n++)
        {
            double angle = 2 * Math.PI * Hertz * n / 3200;
            double v = 230 * Math.Sqrt(2) * Math.Sin(angle);
            double i = Math.Sqrt(2) * ((50 * Math.Sin(angle - (40 * Math.PI / 180))) + (FifthA * Math.Sin(5 * angle)));
            data.Add(string.Create(CultureInfo.InvariantCulture, $"{n + 1},,{Math.Round(v * 100)},{Math.Round(i * 1000)}"));
        }

        File.WriteAllLines(Path.Combine(_folder.FullName, "test.dat"), data);
        return SimulatedBus.Open("replay:test.cfg", _folder.FullName, seed: 1, repeat, _time);
    }

    [Fact]
    public void A_recording_comes_out_of_the_ATM90E32AS_as_it_was_recorded()
    {
        SimulatedBus bus = Recording();
        bus.AttachAtm90e32as([new("V1/I1", Clamp200), new("V1/I1", Clamp200, Reversed: true), null], 1001);
        var driver = new Atm90e32as(bus.OpenSpi(), 50, _time);
        var scale = new Atm90e32asScale(Clamp200, 1001);
        driver.Initialize();
        (long import, long export, long lagging) = (0, 0, 0);
        for (int second = 1; second <= 4; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Atm90e32asSample sample = driver.Read();
            var live = scale.Live(sample, sample.A);
            Assert.Equal(230, live.VoltageV!.Value, 230 * 0.001);
            Assert.Equal(ExpectedA, live.CurrentA!.Value, ExpectedA * 0.001);
            Assert.Equal(ExpectedW, live.ActivePowerW!.Value, ExpectedW * 0.001);
            Assert.Equal(ExpectedVar, live.ReactivePowerVar!.Value, ExpectedVar * 0.002);
            Assert.Equal(ExpectedW / 230 / ExpectedA, live.PowerFactor!.Value, 0.001);
            Assert.Equal(Hertz, live.FrequencyHz!.Value, 0.01);
            import += sample.A.ActiveForward;
            export += sample.B.ActiveReverse;
            lagging += sample.A.ReactiveForward;
        }

        (long numerator, long denominator) = scale.MilliwattHoursPerCount;
        double count = (double)numerator / denominator;
        Assert.Equal(ExpectedW * 4 / 3.6, import * count, (ExpectedW * 4 / 3.6 * 0.001) + count);
        Assert.Equal(import, export);

        // The chip's reactive power of the first second is not there before its first window.
        Assert.InRange(lagging * count, (ExpectedVar * 3 / 3.6 * 0.998) - (2 * count), ExpectedVar * 4 / 3.6 * 1.001);
    }

    [Fact]
    public void A_recording_comes_out_of_the_ADE7953_as_it_was_recorded()
    {
        SimulatedBus bus = Recording();
        bus.AttachAde7953(0x38, new("V1/I1", Clamp200), new("V1/I1", Clamp200, Reversed: true), 1001);
        var driver = new Ade7953(bus.OpenI2c(0x38), _time);
        var scale = new Ade7953Scale(Clamp200, 1001);
        driver.Initialize();
        (long import, long export) = (0, 0);
        var importEnergy = new ExactEnergy(scale.MilliwattHoursPerCount);
        var exportEnergy = new ExactEnergy(scale.MilliwattHoursPerCount);
        for (int second = 1; second <= 4; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Ade7953Sample sample = driver.Read();
            var live = scale.Live(sample, sample.A);
            Assert.Equal(230, live.VoltageV!.Value, 230 * 0.001);
            Assert.Equal(ExpectedA, live.CurrentA!.Value, ExpectedA * 0.001);
            Assert.Equal(ExpectedW, live.ActivePowerW!.Value, ExpectedW * 0.001);
            Assert.Equal(ExpectedW / 230 / ExpectedA, live.PowerFactor!.Value, 0.001);
            Assert.Equal(Hertz, live.FrequencyHz!.Value, 0.01);
            import += importEnergy.Add(sample.A.ActiveEnergy).Import;
            export += exportEnergy.Add(sample.B.ActiveEnergy).Export;
        }

        double milliwattHours = ExpectedW * 4 / 3.6;
        Assert.Equal(milliwattHours, import, milliwattHours * 0.001);
        Assert.Equal(milliwattHours, export, milliwattHours * 0.001);
    }

    [Fact]
    public void A_recording_comes_out_of_the_ADS1115_as_current()
    {
        SimulatedBus bus = Recording();
        bus.AttachAds1115(0x49, Ads1115Input.Ain2Ain3, new("I1", Clamp200));
        _time.Advance(TimeSpan.FromSeconds(1));
        Ads1115Window window = new Ads1115(bus.OpenI2c(0x49)).SampleWindow(Ads1115Input.Ain2Ain3, Ads1115Range.Mv1024);
        Assert.Equal(ExpectedA, window.RmsA(Clamp200), ExpectedA * 0.01);
    }

    [Fact]
    public void After_its_end_the_inputs_are_dead()
    {
        SimulatedBus bus = Recording();
        bus.AttachAde7953(0x38, new("V1/I1", Clamp200), null, 1001);
        bus.AttachAds1115(0x48, Ads1115Input.Ain0Ain1, new("I1", Clamp200));
        var driver = new Ade7953(bus.OpenI2c(0x38), _time);
        driver.Initialize();
        _time.Advance(TimeSpan.FromSeconds(6));
        double counts = ExpectedW * 5 / (0.125 * 1001 * 200_000 / 333) * 206_900;
        Assert.Equal(counts, driver.Read().A.ActiveEnergy, counts * 0.002);
        _time.Advance(TimeSpan.FromSeconds(1));
        Ade7953Sample sample = driver.Read();
        Assert.Equal(0, new Ads1115(bus.OpenI2c(0x48)).SampleWindow(Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024).Sum);
        Assert.Equal((0u, 0u, 0, 0L), (sample.VoltageRms, sample.A.CurrentRms, sample.A.ActivePower, sample.A.ActiveEnergy));
    }

    [Fact]
    public void Repeated_it_goes_on_and_on()
    {
        SimulatedBus bus = Recording(repeat: true);
        bus.AttachAde7953(0x38, new("V1/I1", Clamp200), null, 1001);
        var driver = new Ade7953(bus.OpenI2c(0x38), _time);
        driver.Initialize();
        long counts = 0;
        for (int second = 0; second < 60; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            counts += driver.Read().A.ActiveEnergy;
        }

        double expected = ExpectedW * 60 / (0.125 * 1001 * 200_000 / 333) * 206_900;
        Assert.Equal(expected, counts, expected * 0.001);
    }

    [Fact]
    public void An_edge_capture_plays_its_edges_at_their_times_and_stops()
    {
        File.WriteAllText(
            Path.Combine(_folder.FullName, "pulses.csv"),
            "t_ns,level\n100000000,1\n200000000,0\n1100000000,1\n1200000000,0\n"
        );
        Assert.Equal([.. Expected()], Played(repeat: false, seconds: 10));
        Assert.Equal(
            [.. Expected(), .. Expected().Select(e => e with { TimeNs = e.TimeNs + 2_200_000_000 })],
            Played(repeat: true, seconds: 4)
        );

        static IEnumerable<Edge> Expected() =>
            [new(100_000_000, true), new(200_000_000, false), new(1_100_000_000, true), new(1_200_000_000, false)];
    }

    private List<Edge> Played(bool repeat, int seconds)
    {
        IPulseLine line = SimulatedBus.Open("replay:pulses.csv", _folder.FullName, 1, repeat, _time).AttachPulseLine(17, "edges", 10);
        Assert.False(line.InitialHigh);
        Assert.False(line.TryTake(out _));
        List<Edge> edges = [];
        for (int i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            while (line.TryTake(out Edge edge))
            {
                edges.Add(edge);
            }
        }

        return edges;
    }

    [Fact]
    public void Unknown_channels_are_named_with_those_there_are()
    {
        SimulatedBus bus = Recording();
        Assert.Equal(["V1/I1"], bus.PowerSources);
        Assert.Equal(["I1"], bus.CurrentSources);
        Assert.Contains(
            "'I9'. It has I1.",
            Assert.Throws<ArgumentException>(() => bus.AttachAde7953(0x38, new("V1/I9", Clamp200), null, 1001)).Message,
            StringComparison.Ordinal
        );
        Assert.Equal(
            "replay:test.cfg has no source 'I1': an ADE7953 needs a voltage and a current, one of V1/I1. (Parameter 'source')",
            Assert.Throws<ArgumentException>(() => bus.AttachAde7953(0x38, new("I1", Clamp200), null, 1001)).Message
        );
        Assert.Throws<ArgumentException>(() => bus.AttachPulseLine(1, "edges", 10));
    }
}
