using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeGateway.Carbon;

namespace EdgeGateway.Site;

/// <summary>Reads the footprint accounts of a site file against its meters and the factor sets that hold on the device.</summary>
internal sealed partial class SiteFootprints(
    SiteMeters meters,
    FactorPacks packs,
    IReadOnlyList<IntensitySettings> intensities,
    TimeSpan slot,
    List<Fault> faults
)
{
    private static readonly string[] Ways = ["factor", "intensity", "market", "fuel", "heat"];
    private static readonly string[] Residuals = ["residual", "excluding-traded-non-fossil", "fossil-only"];
    private static readonly string[] FuelKeys =
    [
        "name",
        "region",
        "set",
        "base",
        "pressureKpa",
        "gaugeKpa",
        "ambientKpa",
        "temperatureC",
        "density",
        "densitySource",
    ];

    private const string LoadAgain =
        "put its signer into factorPacks, or load a good pack of this set, or take the file out of the folder factors of the data folder";

    // Names of the records that a footprint's leaf has beside the one of the account.
    private static readonly HashSet<string> Taken =
    [
        "from",
        "to",
        "method",
        "set",
        "meters",
        "factor",
        "value",
        "market",
        "series",
        "slot",
        "slots",
        "none",
        "restates",
        "replaces",
        .. FuelConditions.Names,
    ];

    private readonly List<string> _names = [];

    /// <summary>The accounts that were read, also those with faults.</summary>
    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Reads the section. Incomplete when there are faults.</summary>
    public List<FootprintSettings> Read(Block root)
    {
        List<FootprintSettings> footprints = [];
        foreach ((JsonElement element, string path) in root.List("footprints", 0, 16, required: false))
        {
            if (Block.Of(element, path, ["account", "meters", "entries", .. Ways], faults) is not { } block)
            {
                continue;
            }

            string? account = block.Text("account", Account(), "write 1 to 32 letters, digits and hyphens, such as scope2-location");
            if (account is not null && _names.Contains(account, StringComparer.OrdinalIgnoreCase))
            {
                block.Fault("account", $"{account} has a footprint already", "give each account one footprint with all its meters");
            }
            else if (account is not null && Taken.Contains(account))
            {
                block.Fault(
                    "account",
                    $"'{account}' means something else in a footprint's leaf",
                    "give it another name, such as scope2-location"
                );
            }
            else if (account is not null)
            {
                _names.Add(account);
            }

            if (Footprint(block, account) is { } footprint)
            {
                if (footprint.Method.TakesInstruments && footprints.Find(f => f.Method.TakesInstruments) is { } other)
                {
                    block.Fault(
                        "market",
                        $"stands also in {other.Account}",
                        "name all meters of bought electricity in one: an instrument is claimed once"
                    );
                }

                footprints.Add(footprint);
            }
        }

        return footprints;
    }

    private FootprintSettings? Footprint(Block block, string? account)
    {
        string[] ways = [.. Ways.Where(block.Has)];
        string way = ways is [var only] ? only : "factor";
        Medium medium = way switch
        {
            "fuel" => Medium.Gas,
            "heat" => Medium.Heat,
            _ => Medium.Electricity,
        };
        List<string> names = block.Has("entries") && !block.Has("meters") ? [] : meters.FindCounting(medium, block);
        string? entries = block.Text(
            "entries",
            SiteSections.Line(),
            "write the subject of the manual entries, such as diesel",
            required: false
        );
        if (entries is not null && block.Has("meters"))
        {
            block.Fault("entries", "stands beside meters", "give what is entered by hand an account of its own");
        }

        if (ways.Length > 1)
        {
            block.Fault(ways[1], $"stands beside {ways[0]}", "write the one that the account is for");
            return null;
        }

        switch (way)
        {
            case "market":
                return Market(block, account, names, entries);
            case "intensity":
                return BySlot(block, account, names, entries);
        }

        MethodOfSet? method = way switch
        {
            "fuel" => Fuel(block, entries is null),
            "heat" => Heat(block),
            _ => Factor(block),
        };
        RefuseDoubtful(block, way, method?.Set);
        return account is null || method is null ? null : new FootprintSettings(account, names, entries, method.Set, method.Method);
    }

    private void RefuseDoubtful(Block block, string at, FactorSet? used)
    {
        if (used is not null && packs.FaultOf(used.Name) is { } refused)
        {
            block.Fault(at, $"what may be a correction of {used.Name}, version {used.Version}, is not used: {refused}", LoadAgain);
        }
    }

    private FootprintSettings? BySlot(Block footprint, string? account, List<string> names, string? entries)
    {
        string right =
            intensities.Count > 0
                ? $"write {Block.Either(intensities.Select(i => i.Name))}"
                : "describe the series in the section intensities first";
        if (entries is not null)
        {
            footprint.Fault(
                "intensity",
                "stands with entries",
                "name the meters of bought electricity: what is entered has no slot of time"
            );
        }

        if (footprint.Text("intensity", SiteSections.Name(), right) is not { } name)
        {
            return null;
        }

        if (intensities.FirstOrDefault(i => i.Name == name) is not { } series)
        {
            footprint.Fault("intensity", $"there is no series {name}", right);
            return null;
        }

        if (series.Slot.Ticks % slot.Ticks != 0)
        {
            footprint.Fault(
                "intensity",
                $"its slots of {series.Slot.TotalMinutes} min do not hold whole slots of footprints, {slot.TotalMinutes} min",
                "make recording.carbonMinutes a divisor of the slots of the series"
            );
        }

        return account is null || entries is not null
            ? null
            : new FootprintSettings(account, names, null, null, RecordedMethod.OfSlot(name, null));
    }

    private FootprintSettings? Market(Block footprint, string? account, List<string> names, string? entries)
    {
        if (entries is not null)
        {
            footprint.Fault("market", "stands with entries", "name the meters of bought electricity; instruments are entered beside");
        }

        Block? block = footprint.Object("market", ["name", "settle", "residual"]);
        string? name = block?.Text("name", SiteSections.Line(), "write the market that instruments must be for, such as CN");
        string? settle = block?.Choice("settle", ["month", "year"], "write month or year: the calendar period that instruments are for");
        bool without = block?.Has("residual") == false;
        FoundFactor? residual = block is null || without ? null : FactorOf(block, "residual");
        if (residual is { } r && !Residuals.Contains(r.Factor.Key.Kind))
        {
            block!.Fault(
                "residual",
                $"{r.Factor.Key} is of kind {r.Factor.Key.Kind}",
                $"write {Block.Either(Residuals)}: an average counts what others have claimed"
            );
            return null;
        }

        RefuseDoubtful(footprint, "market", residual?.Set);
        return account is null || name is null || settle is null || entries is not null || (residual is null && !without)
            ? null
            : new FootprintSettings(account, names, null, residual?.Set, RecordedMethod.OfMarket(name, residual?.Factor), settle == "year");
    }

    private MethodOfSet? Factor(Block footprint) =>
        FactorOf(footprint, "factor") is { } found
            ? new MethodOfSet(found.Set, RecordedMethod.OfEnergy(RecordedMethod.LocationBased, found.Factor))
            : null;

    private FoundFactor? FactorOf(Block footprint, string at)
    {
        Block? block = footprint.Object(at, ["region", "year", "kind", "purpose", "set"], required: true);
        string? region = block?.Text("region", SiteSections.Line(), "write the region of the grid, such as CN-grid-east");
        int? year = block?.Integer("year", 1990, 2100, " for the year of the factor's data");
        string? kind = block?.Text("kind", SiteSections.Line(), "write the kind of factor, such as average");
        string? purpose = block?.Text("purpose", SiteSections.Line(), "write what the factor is for, such as organisation");
        string? named = block?.Text(
            "set",
            SiteSections.Line(),
            "write the factor set that holds it, such as cn-grid-2023",
            required: false
        );
        if (region is null || year is null || kind is null || purpose is null)
        {
            return null;
        }

        var key = new FactorKey(region, year.Value, kind, purpose);
        FoundFactor[] found = [.. packs.Library.Find(key).Where(f => named is null || f.Set.Name == named)];
        if (found is not [(var set, var factor)])
        {
            FaultOfChoice(footprint, at, key, named, found);
            return null;
        }

        if (factor.Unit != Carbon.Factor.KilogramsPerKilowattHour)
        {
            footprint.Fault(
                at,
                $"{key} is in {factor.Unit}",
                $"name a factor in {Carbon.Factor.KilogramsPerKilowattHour}, such as one of kind average"
            );
            return null;
        }

        return new FoundFactor(set, factor);
    }

    private void FaultOfChoice(Block footprint, string at, FactorKey key, string? set, FoundFactor[] found)
    {
        if (found.Length > 0)
        {
            footprint.Fault(at, $"{string.Join(" and ", found.Select(f => f.Set.Name))} both hold {key}", "name one of them with set");
            return;
        }

        string where = set is null ? "" : $" in {set}";
        footprint.Fault(
            at,
            $"there is no emission factor {key}{where}",
            packs.Library.Choices(key) + string.Concat(packs.Refused.Select(r => $"; {r.Why}"))
        );
    }

    private MethodOfSet? Heat(Block footprint)
    {
        Block? block = footprint.Object("heat", ["region", "set"]);
        return block is not null && Find(block, "heat", "average") is { } found
            ? new MethodOfSet(found.Set, RecordedMethod.OfEnergy(RecordedMethod.PurchasedHeat, found.Factors[0]))
            : null;
    }

    private MethodOfSet? Fuel(Block footprint, bool metered)
    {
        Block? block = footprint.Object("fuel", FuelKeys);
        string? name = block?.Text("name", SiteSections.Line(), "write the fuel as its factor set has it, such as natural-gas");
        if (
            block is null
            || name is null
            || Find(block, name, "ncv", "carbon-content", "oxidation") is not { } found
            || Conditions(block) is not { } conditions
        )
        {
            return null;
        }

        try
        {
            RecordedMethod method = RecordedMethod.OfFuel(found.Factors[0], found.Factors[1], found.Factors[2], conditions);
            if (metered)
            {
                method.Micrograms(Quantity.Parse("1 m3")); // throws where base and calorific value do not fit each other
            }

            return new MethodOfSet(found.Set, method);
        }
        catch (CarbonException e)
        {
            footprint.Fault(
                "fuel",
                e.Message.TrimEnd('.'),
                $"{name} has {found.Factors[0].Value} {found.Factors[0].Unit} in {found.Set.Name}"
            );
            return null;
        }
    }

    private static FuelConditions? Conditions(Block block)
    {
        string? named = block.Choice(
            "base",
            ["Nm3", "Sm3"],
            "write Nm3 (0 °C) or Sm3 (20 °C), as the calorific value has it",
            required: false
        );
        bool gauge = block.Has("gaugeKpa");
        decimal? pressure = Pressure(block, gauge);
        decimal? ambient = AmbientPressure(block, required: gauge);
        decimal? celsius = Celsius(block, required: pressure is not null);
        decimal? density = Density(block);
        string? source = block.Text(
            "densitySource",
            SiteSections.Line(),
            "write who states the density, where and when",
            required: density is not null
        );
        if (
            !FitTogether(block, named, pressure, density)
            || (gauge && ambient is null)
            || (pressure is not null && celsius is null)
            || (density is not null && source is null)
        )
        {
            return null;
        }

        Quantity? ambientPressure = ambient is null ? null : Kilopascal(ambient.Value);
        return new FuelConditions(
            named,
            pressure is null ? null : new DeclaredPressure(Kilopascal(pressure.Value), ambientPressure),
            celsius is null ? null : Temperature.Parse(string.Create(CultureInfo.InvariantCulture, $"{celsius} °C")),
            density is null ? null : CitedFactor.Given(string.Create(CultureInfo.InvariantCulture, $"{density} kg/l"), source!)
        );
    }

    private static decimal? Pressure(Block block, bool gauge) =>
        block.Number(
            gauge ? "gaugeKpa" : "pressureKpa",
            gauge ? -100 : 10,
            20_000,
            "is no pressure of gas in a meter",
            "write it in kPa: pressureKpa absolute, or gaugeKpa with ambientKpa",
            3,
            required: false
        );

    private static decimal? AmbientPressure(Block block, bool required) =>
        block.Number(
            "ambientKpa",
            50,
            110,
            "does not occur where people work",
            "write the pressure of the air around, 50 to 110 kPa",
            3,
            required
        );

    private static decimal? Celsius(Block block, bool required) =>
        block.Number("temperatureC", -50, 200, "is no temperature of gas in a meter", "write it in °C, -50 to 200", 3, required);

    private static decimal? Density(Block block) =>
        block.Number("density", 0.4m, 2m, "is no density of a liquid fuel", "write it in kg/l, such as 0.84", 6, required: false);

    private static bool FitTogether(Block block, string? named, decimal? pressure, decimal? density)
    {
        bool gauge = block.Has("gaugeKpa");
        if (gauge && block.Has("pressureKpa"))
        {
            block.Fault("pressureKpa", "stands beside gaugeKpa", "write the one that is known");
            return false;
        }

        bool onlyTemperature = block.Has("temperatureC") && pressure is null;
        if (onlyTemperature || (block.Has("ambientKpa") && !gauge))
        {
            block.Fault(
                onlyTemperature ? "temperatureC" : "ambientKpa",
                "stands without the pressure it belongs to",
                "write gaugeKpa with ambientKpa and temperatureC, or pressureKpa with temperatureC"
            );
            return false;
        }

        if (
            (pressure is not null && named is null)
            || (density is not null && named is not null)
            || (block.Has("densitySource") && !block.Has("density"))
        )
        {
            block.Fault(
                density is null ? "base" : "density",
                "does not fit the rest",
                "a gas has a base, and pressure and temperature where its meter does not convert; a liquid has a density with its source"
            );
            return false;
        }

        return true;
    }

    private static Quantity Kilopascal(decimal value) => Quantity.Parse(string.Create(CultureInfo.InvariantCulture, $"{value} kPa"));

    // The site file names the set, so that no set is ever chosen silently.
    private FactorsOfSet? Find(Block block, string of, params string[] kinds)
    {
        string? region = block.Text("region", SiteSections.Line(), "write the region of the factors, such as CN");
        FactorSet[] with = [.. packs.Library.Sets.Where(s => kinds.All(k => s.Factors.Any(f => f.Key.Of == of && f.Key.Kind == k)))];
        IEnumerable<Factor> calorific = packs.Library.Sets.SelectMany(s => s.Factors).Where(f => f.Key.Kind == "ncv");
        string right =
            with.Length > 0
                ? $"write {Block.Either(with.Select(s => s.Name))}"
                : $"the fuels are {string.Join(", ", calorific.Select(f => f.Key.Of).Distinct())}";
        string? name = block.Text("set", SiteSections.Line(), right);
        if (region is null || name is null)
        {
            return null;
        }

        Factor?[] factors =
        [
            .. kinds.Select(k =>
                with.FirstOrDefault(s => s.Name == name)
                    ?.Factors.FirstOrDefault(f => f.Key.Of == of && f.Key.Kind == k && f.Key.Region == region)
            ),
        ];
        if (factors.Contains(null))
        {
            string? refused = packs.FaultOf(name);
            block.Fault(
                "set",
                refused ?? $"{name} has no {string.Join(", ", kinds)} of {of} for {region}",
                refused is null ? right : LoadAgain
            );
            return null;
        }

        return new FactorsOfSet(with.First(s => s.Name == name), [.. factors.OfType<Factor>()]);
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9-]{0,31}\z")]
    private static partial Regex Account();

    private sealed record MethodOfSet(FactorSet Set, RecordedMethod Method);

    private sealed record FactorsOfSet(FactorSet Set, Factor[] Factors);
}
