using System.Text;
using CsCheck;
using EdgeGateway.Evidence;
using EdgeGateway.Readings;
using EdgeGateway.Site;

namespace EdgeGateway.Gateway.Tests.Site;

public sealed class SiteReaderTests : IDisposable
{
    private static readonly string Everything = Path.Combine(Corpus.Folder, "valid-every-key.json");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("site");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_good_file_becomes_settings()
    {
        SiteFile site = Read(Everything);
        Assert.Equal(("Every key", "Asia/Shanghai"), (site.Site, site.TimeZone.Id));
        Assert.Equal(
            new RecordingSettings(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(1), 256, TimeSpan.FromDays(400)),
            site.Recording
        );
        Assert.Equal(new SimulationSettings(1, 10, new DateTimeOffset(2026, 6, 15, 0, 0, 0, TimeSpan.Zero), true), site.Simulation);
        Assert.Equal(
            [BusKind.Factory, BusKind.Factory, BusKind.Recording, BusKind.EdgeCapture, BusKind.Factory],
            site.Buses.Select(b => b.Kind)
        );
        Assert.Equal(Path.Combine(Corpus.Folder, "recording.cfg"), site.Buses[2].File);
        Assert.Equal(["boundary", "hall-1"], site.Groups);
        Assert.Equal(
            ["1", "indicative", "meter", "indicative", "indicative", "meter", "0.5S", "meter"],
            site.Meters.Select(m => m.Accuracy.Code())
        );

        var supply = Assert.IsType<Ade7953MeterSettings>(site.Meters[3]);
        Assert.Equal(
            ("main", "boundary", 'B', 15000m, "VA/IA"),
            (supply.Name, supply.Group, supply.Channel, supply.VoltageDivider, supply.Source)
        );
        Assert.Equal((new CtSettings(2000m, 333.3m), site.Buses[2]), (supply.Ct, supply.Bus));
        var press = Assert.IsType<Ads1115MeterSettings>(site.Meters[1]);
        Assert.Equal((72, "0-1", 230m, ObisCode.ApparentImport), (press.Address, press.Input, press.AssumedVoltageV, press.Obis));
        var clock = Assert.IsType<PulseMeterSettings>(site.Meters[5]);
        Assert.Equal((4, "0.50", "kWh", 50.0), (clock.Line, clock.ImpulsesPerUnit, clock.Unit, clock.Stable.TotalMilliseconds));
        Assert.Equal(
            ("none", false, 4.5m, 222.2222),
            (clock.Bias, clock.ActiveLow, clock.MostPerSecond, clock.MinimumPeriod.TotalMilliseconds)
        );
        var gas = Assert.IsType<PulseMeterSettings>(site.Meters[2]);
        Assert.Equal(("up", true, null, TimeSpan.Zero), (gas.Bias, gas.ActiveLow, gas.MostPerSecond, gas.MinimumPeriod));
        var phase = Assert.IsType<Atm90e32asMeterSettings>(site.Meters[6]);
        Assert.Equal(
            ('B', 1001m, 50, site.Buses[4], ObisCode.ActiveImport),
            (phase.Phase, phase.VoltageDivider, phase.LineHz, phase.Bus, phase.Obis)
        );
        Assert.Equal([ObisCode.Gas, ObisCode.ActiveImport, ObisCode.Pieces], site.Meters.OfType<PulseMeterSettings>().Select(p => p.Obis));

        Assert.Equal(
            [("battery pack", "presses", "pieces", null), ("cell", null, null, "mes/cells")],
            site.Products.Select(p => (p.Product, p.Meter?.Name, p.Meter?.Unit, p.Reports?.Topic))
        );
        FlowSettings flows = site.Flows!;
        Assert.Equal(
            (15, 25_000, 945_000, true, 250m),
            (
                flows.Plan.LengthMinutes,
                flows.Plan.ToleranceMillionths,
                flows.Plan.ChargeEfficiencyMillionths,
                flows.WatchDemand,
                flows.LimitKw
            )
        );
        Assert.Equal(
            [
                "in-L1/1-0:1.8.0.255",
                "in-L1/1-0:2.8.0.255",
                "main/1-0:1.8.0.255",
                "main/1-0:2.8.0.255",
                "in-L2/1-0:1.8.0.255",
                "in-L2/1-0:2.8.0.255",
                "clock/1-0:1.8.0.255",
            ],
            flows.Plan.All
        );
        Assert.Equal(
            [("pv:roof", true), ("fossil:diesel", false)],
            flows.Plan.Generators.Select(g => (g.Generator.Name, g.Generator.NonFossil))
        );
        FootprintSettings footprint = site.Footprints[0];
        Assert.Equal(["in-L1", "main", "clock", "in-L2"], footprint.Meters);
        Assert.Equal(
            ("cn-grid-2023", "location-based", ("CN-grid-east/2023/average/organisation", "0.5500 kgCO2/kWh")),
            (footprint.Set!.Name, footprint.Method.Name, footprint.Method.Factors.Single())
        );
        Assert.Equal(
            ["scope1-gas", "scope1-gas-billed", "scope1-diesel", "scope2-heat", "scope2-market", "scope2-hourly"],
            site.Footprints.Skip(1).Select(f => f.Account)
        );
        Assert.Equal(
            ["base=Nm3", "pressure=12.5 kPa gauge", "ambient-pressure=100.6 kPa", "temperature=24.5 °C"],
            site.Footprints[1].Method.Texts.Skip(6).Select(t => $"{t.Name}={t.Text}")
        );
        Assert.Equal(("diesel", "combustion"), (site.Footprints[3].Entries, site.Footprints[3].Method.Name));
        MqttBroker broker = new("broker.example", 1883, "gw", "/etc/edge-gateway/mqtt.password", true);
        Assert.Equal(
            [
                new(
                    "grid-east",
                    TimeSpan.FromMinutes(30),
                    "Operator of the grid, intensity.csv",
                    new FileInputSettings("/var/lib/grid/intensity.csv", TimeSpan.FromMinutes(5))
                ),
                new(
                    "grid-north",
                    TimeSpan.FromHours(1),
                    "Operator of the grid",
                    new HttpInputSettings(new Uri("https://grid.example/intensity.csv"), TimeSpan.FromMinutes(15))
                ),
                new("plant", TimeSpan.FromHours(1), "Energy management", new MqttInputSettings(broker, "energy/intensity")),
                new IntensitySettings("by-hand", TimeSpan.FromHours(1), "Yearbook", null),
            ],
            site.Intensities
        );
        Assert.Equal(("location-by-slot", "grid-east"), (site.Footprints[6].Method.Name, site.Footprints[6].Method.Series));
        PublisherSettings[] publishers =
        [
            new DirectoryPublisherSettings("desk", "delivered"),
            new TilesPublisherSettings("stick", "/media/stick"),
            new MqttPublisherSettings(
                "cloud",
                new MqttBroker("broker.example", 1883, "gw", "/etc/edge-gateway/mqtt.password", false),
                "demo",
                WitnessKey.Parse("cloud.example/r1+064a6ca4+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4")
            ),
        ];
        Assert.Equal(publishers.Select(p => p.ToString()), site.Publishers.Select(p => p.ToString()));
        Assert.Equal(new TimeStampSettings(new Uri("https://tsa.example/tsr"), TimeSpan.FromHours(1)), site.TimeStamps);
    }

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        SiteFile site = Read(Path.Combine(Corpus.Folder, "valid-least.json"));
        Assert.Equal(
            new RecordingSettings(TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(60), 256, null),
            site.Recording
        );
        Assert.Equal("http://127.0.0.1:8080", site.Page.Listen);
        Assert.Null(site.Simulation);
        Assert.Empty(site.Footprints);
        Assert.Empty(site.Publishers);
        Assert.Null(site.TimeStamps);
        Assert.Equal((AccuracyClass.Indicative, null), (site.Meters[0].Accuracy, site.Meters[0].Source));
    }

    [Theory]
    [InlineData("demo.json", 25, 9, 8, 3, 5, true)]
    [InlineData("bench.json", 32, 12, 8, 0, 12, true)]
    [InlineData("example-real.json", 5, 2, 2, 0, 1, false)]
    public void The_example_sites_are_good(string name, int meters, int ade7953, int ads1115, int atm90e32as, int pulse, bool simulated)
    {
        SiteFile site = Read(Path.Combine(Corpus.Sites, name));
        Assert.Equal(meters, site.Meters.Count);
        Assert.Equal(ade7953, site.Meters.OfType<Ade7953MeterSettings>().Count());
        Assert.Equal(ads1115, site.Meters.OfType<Ads1115MeterSettings>().Count());
        Assert.Equal(atm90e32as, site.Meters.OfType<Atm90e32asMeterSettings>().Count());
        Assert.Equal(pulse, site.Meters.OfType<PulseMeterSettings>().Count());
        Assert.Equal(simulated, site.Simulation is not null);
    }

    [Theory]
    [InlineData("", "is empty; copy an example from hardware/sites and change it")]
    [InlineData(" \r\n\t", "is empty; copy an example from hardware/sites and change it")]
    [InlineData("{\n  // groups\n}", "line 2, column 3: this is not JSON; JSON has no comments: remove it")]
    [InlineData("{ /* no */ }", "line 1, column 3: this is not JSON; JSON has no comments: remove it")]
    [InlineData("{ \"site\": \"工厂\", }", "line 1, column 17: this is not JSON; remove the comma after the last element")]
    [InlineData("{\n \"groups\": [1,\n]}", "line 3, column 1: this is not JSON; remove the comma after the last element")]
    [InlineData("{ \"site\": ", "line 1, column 11: this is not JSON; the file ends too early: close what is open")]
    [InlineData(
        "{\n \"site\" \"x\" }",
        "line 2, column 9: this is not JSON; look here and just before for a missing comma, quotation mark or bracket"
    )]
    [InlineData("{}\n{}", "line 2, column 1: this is not JSON; look here and just before for a missing comma, quotation mark or bracket")]
    [InlineData("{ \"site\": \"\\ud800\" }", "line 1, column 11: this \\u escape is half a character; write the character itself")]
    public void What_is_not_JSON_is_one_fault_with_its_place(string text, string fault) =>
        Assert.Equal($"site.json: {fault}", OnlyFault(Encoding.UTF8.GetBytes(text)).Line("site.json"));

    [Fact]
    public void Another_encoding_is_one_fault() =>
        Assert.Equal(
            "is not UTF-8 text; save it again with the encoding UTF-8",
            OnlyFault([.. "{ \"site\": \""u8, 0xB9, 0xA4, .. "\" }"u8]).ToString()
        );

    [Fact]
    public void More_than_a_megabyte_is_one_fault() =>
        Assert.Equal(
            "is 1048577 bytes long; a site file has at most 1 MB; is this the right file?",
            OnlyFault(new byte[(1 << 20) + 1]).ToString()
        );

    [Fact]
    public void A_missing_file_is_one_fault() =>
        Assert.Equal(
            "does not exist; copy an example from hardware/sites and change it, or give the right path",
            Assert.Single(Corpus.Faults(Path.Combine(_folder.FullName, "nowhere", "site.json"))).ToString()
        );

    [Fact]
    public void A_folder_is_one_fault() =>
        Assert.Equal(
            $"cannot be read (Access to the path '{_folder.FullName}' is denied.)",
            Assert.Single(Corpus.Faults(_folder.FullName)).Wrong
        );

    [Fact]
    public void A_byte_order_mark_does_no_harm()
    {
        string file = Write([.. Encoding.UTF8.Preamble, .. File.ReadAllBytes(Path.Combine(Corpus.Folder, "valid-least.json"))]);
        Assert.Equal("Least", Read(file).Site);
    }

    [Fact]
    public void Who_knows_the_sources_is_asked_about_each()
    {
        List<string> asked = [];
        bool good = SiteReader.TryRead(
            Everything,
            (bus, kind, source) =>
            {
                asked.Add($"{bus.Name} {kind} {source}");
                return source == "press.L1" ? "write grid.L1" : null;
            },
            out _,
            out IReadOnlyList<Fault> faults
        );
        Assert.False(good);
        Assert.Equal("meters[1].source: sim:factory has no source \"press.L1\"; write grid.L1", Assert.Single(faults).ToString());
        Assert.Equal(
            [
                "i2c-1 ade7953 grid.L1",
                "i2c-1 ads1115 press.L1",
                "pulses pulse gas",
                "wave ade7953 VA/IA",
                "wave ads1115 IA",
                "edges pulse edges",
                "spi-1 atm90e32as grid.L2",
                "pulses pulse product",
            ],
            asked
        );
    }

    [Fact]
    public void Whatever_a_file_holds_there_is_a_site_or_a_list_of_one_line_faults()
    {
        byte[] good = File.ReadAllBytes(Everything);
        string marks = "{}[]\",:0-9.eE\\/\n ";
        Gen.Select(
                Gen.Int[0, good.Length - 1],
                Gen.Int[0, 40],
                Gen.OneOf(Gen.Byte, Gen.Int[0, marks.Length - 1].Select(i => (byte)marks[i])).Array[0, 4]
            )
            .Sample(
                (at, cut, put) =>
                {
                    byte[] bytes = [.. good[..at], .. put, .. good[Math.Min(at + cut, good.Length)..]];
                    Assert.All(Corpus.Faults(Write(bytes)), f => Assert.DoesNotContain('\n', f.ToString()));
                },
                threads: 1
            );
    }

    private static SiteFile Read(string file)
    {
        bool good = SiteReader.TryRead(file, null, out SiteFile? site, out IReadOnlyList<Fault> faults);
        Assert.True(good, string.Join("\n", faults));
        return site!;
    }

    private Fault OnlyFault(byte[] bytes) => Assert.Single(Corpus.Faults(Write(bytes)));

    private string Write(byte[] bytes)
    {
        string file = Path.Combine(_folder.FullName, "site.json");
        File.WriteAllBytes(file, bytes);
        return file;
    }
}
