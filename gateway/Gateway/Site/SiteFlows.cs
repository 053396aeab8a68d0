using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Readings;

namespace EdgeGateway.Site;

/// <summary>Reads which meters count the site's energy flows.</summary>
internal sealed partial class SiteFlows(SiteMeters meters)
{
    private const string Right =
        "write the name of a meter, such as pv-L1, or with the direction that counts: pv-L1 import or pv-L1 export";
    private readonly Dictionary<string, string> _taken = new(StringComparer.Ordinal);

    /// <summary>Reads the section. Null when there is none; incomplete when there are faults.</summary>
    /// <param name="root">The site file.</param>
    /// <param name="slot">Length of an interval.</param>
    public FlowSettings? Read(Block root, TimeSpan slot)
    {
        if (root.Object("flows", ["import", "export", "generators", "battery", "load", "tolerancePercent", "demand"]) is not { } block)
        {
            return null;
        }

        List<string> import = Registers(block, "import", ObisCode.ActiveImport, "flows.import", 1);
        List<string> export = Registers(block, "export", ObisCode.ActiveExport, "flows.export", 0);
        List<MeteredGenerator> generators = Generators(block);
        Block? battery = block.Object("battery", ["charge", "discharge", "chargeEfficiencyPercent"]);
        List<string> charge = battery is null ? [] : Registers(battery, "charge", ObisCode.ActiveImport, "flows.battery.charge", 1);
        List<string> discharge = battery is null
            ? []
            : Registers(battery, "discharge", ObisCode.ActiveExport, "flows.battery.discharge", 1);
        decimal? efficiency = battery?.Number(
            "chargeEfficiencyPercent",
            1,
            100,
            "is no efficiency",
            "write how much of a charge reaches the store, 1 to 100, or leave it out where nobody states it",
            4,
            required: false
        );
        List<string> load = block.Has("load") ? Registers(block, "load", ObisCode.ActiveImport, "flows.load", 1) : [];
        decimal? tolerance = block.Number(
            "tolerancePercent",
            0,
            100,
            "is no tolerance",
            "write how much of an interval's energy may be missing from the balance, 0 to 100",
            4,
            required: false
        );
        Block? demand = block.Object("demand", ["limitKw"]);
        decimal? limit = demand?.Number(
            "limitKw",
            0.001m,
            1_000_000,
            "is no limit of a site",
            "write the contracted demand in kW, or leave it out to be warned before a new peak of the month",
            required: false
        );
        return new FlowSettings(
            new FlowPlan
            {
                LengthMinutes = (int)slot.TotalMinutes,
                ToleranceMillionths = (int)((tolerance ?? 5) * 10_000),
                ChargeEfficiencyMillionths = (int?)(efficiency * 10_000),
                Import = import,
                Export = export,
                Charge = charge,
                Discharge = discharge,
                Load = load,
                Generators = generators,
            },
            demand is not null,
            limit
        );
    }

    private List<MeteredGenerator> Generators(Block flows)
    {
        List<MeteredGenerator> generators = [];
        int i = 0;
        foreach ((JsonElement element, string path) in flows.List("generators", 0, 16, required: false))
        {
            string at = $"flows.generators[{i++}]";
            if (flows.Element(element, path, ["name", "meters"]) is not { } block)
            {
                continue;
            }

            string? name = block.Text(
                "name",
                GeneratorName(),
                "write pv:NAME, nonfossil:NAME or fossil:NAME, such as pv:roof: green is what is not fossil"
            );
            if (name is not null && generators.Any(g => g.Generator.Name == name))
            {
                block.Fault("name", $"{name} is there already", "give each generator its own name");
            }

            List<string> registers = Registers(block, "meters", ObisCode.ActiveExport, at, 1);
            if (name is not null)
            {
                generators.Add(new MeteredGenerator(FlowPlan.GeneratorOf(name), registers));
            }
        }

        return generators;
    }

    // Where no direction is written, a meter that counts both ways takes the usual one of its role: what a generator gives is its meter's
    // export.
    private List<string> Registers(Block block, string key, ObisCode usual, string role, int least)
    {
        List<string> registers = [];
        int i = 0;
        foreach ((JsonElement element, string _) in block.List(key, least, 64, required: true))
        {
            if (Register(block, $"{key}[{i++}]", element, usual, role) is { } register)
            {
                registers.Add(register);
            }
        }

        return registers;
    }

    private string? Register(Block block, string at, JsonElement element, ObisCode usual, string role)
    {
        Match written = MeterAndDirection().Match(element.ValueKind == JsonValueKind.String ? element.GetString()! : "");
        if (!written.Success || meters.Find(written.Groups["meter"].Value) is not { } meter)
        {
            string what = written.Success ? $"\"{written.Groups["meter"].Value}\"" : Block.Described(element);
            block.Fault(at, $"{what} is not one of the meters", Right);
            return null;
        }

        if (meter.Known && meter.Counts != Medium.Electricity)
        {
            block.Fault(at, $"{meter.Name} does not count active energy", "name ade7953, atm90e32as and electricity pulse meters only");
            return null;
        }

        bool pulses = meter.Settings is PulseMeterSettings;
        string direction = written.Groups["direction"].Value;
        if (pulses && direction.Length > 0)
        {
            block.Fault(
                at,
                $"{meter.Name} counts impulses and knows no direction",
                "write its name alone: what it counts is what it stands for here"
            );
            return null;
        }

        ObisCode obis = pulses ? ObisCode.ActiveImport : ObisOf(direction, usual);
        string register = $"{meter.Name}/{obis}";
        if (!_taken.TryAdd(register, role))
        {
            string way = obis == ObisCode.ActiveImport ? " import" : " export";
            block.Fault(at, $"{meter.Name}{(pulses ? "" : way)} is already in {_taken[register]}", "count its energy once");
            return null;
        }

        return register;
    }

    private static ObisCode ObisOf(string direction, ObisCode usual) =>
        direction switch
        {
            "import" => ObisCode.ActiveImport,
            "export" => ObisCode.ActiveExport,
            _ => usual,
        };

    [GeneratedRegex(@"^(pv|nonfossil|fossil)(:[A-Za-z0-9-]{1,16})?\z")]
    private static partial Regex GeneratorName();

    [GeneratedRegex(@"^(?<meter>[A-Za-z0-9][A-Za-z0-9-]{0,15})( (?<direction>import|export))?\z")]
    private static partial Regex MeterAndDirection();
}
