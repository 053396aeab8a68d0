using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Accounts;
using Fractions;

namespace EdgeGateway.Edgectl;

/// <summary>What a file's accounts came to.</summary>
internal sealed record CarbonReport(
    Period Period,
    IReadOnlyList<EmissionLine> Lines,
    IReadOnlyList<AccountTotal> Totals,
    IReadOnlyList<Figure> Figures,
    IReadOnlyList<InstrumentUse> Instruments,
    IReadOnlyList<string> Notes
)
{
    public bool Blocked => Totals.Any(t => t.Micrograms is null);
}

/// <summary>Reads the file of <c>edgectl carbon</c>, whose form carbon.schema.json tells, and computes its accounts.</summary>
internal sealed class CarbonFile
{
    // A year of quarter hours is 35 136.
    private const int MostSlots = 100_000;

    private const long MostBytesOfFactors = 4 << 20;

    private static readonly string[] Amount = ["name", "amount", "reference", "collected", "from", "until", "uncertainty"];
    private static readonly string[] FactorKeys = ["region", "kind", "year", "set", "value", "source"];

    private readonly FactorLibrary _library;
    private readonly Period _period;
    private readonly List<Activity> _activities = [];
    private readonly List<EmissionLine> _lines = [];
    private readonly List<CoalEquivalentLine> _coal = [];
    private readonly Dictionary<string, (RelativeUncertainty? Amount, RelativeUncertainty? Factor, bool Estimated)> _uncertainty = [];
    private readonly JsonPart? _coalFactors;

    private CarbonFile(JsonPart root, string folder, IReadOnlyList<ECDsa> signers)
    {
        JsonPart period = root.Object("period", "from", "until");
        _period = PeriodOf(period);
        _library = FactorLibrary.Shipped;
        foreach ((string name, int i) in root.Texts("factorSets").Select((n, i) => (n, i)))
        {
            _library = JsonPart.Refusing($"{root.At("factorSets")}[{i}]", () =>
            {
                string path = Path.Combine(folder, name);
                if (signers.Count > 0)
                {
                    string beside = path + FactorPack.SignatureSuffix;
                    byte[] signature = File.Exists(beside) ? BoundedFile.Read(beside, FactorPack.MostSignatureBytes) : [];
                    return _library.WithLater(FactorPack.Open(name, BoundedFile.Read(path, FactorPack.MostBytes), signature, signers).Set);
                }

                using StreamReader reader =
                    new FileInfo(path).Length <= MostBytesOfFactors
                        ? File.OpenText(path)
                        : throw new IOException($"{name} is larger than 4 MiB.");
                return _library.With(FactorSet.Parse(name, reader));
            });
        }

        _coalFactors = root.Has("coalEquivalents") ? root.Object("coalEquivalents", "region", "year", "set") : null;
    }

    /// <param name="element">What is in the file.</param>
    /// <param name="folder">Where the factor sets are that it names.</param>
    /// <param name="signers">When there are any, factor sets must be packs that one of them has signed, and later versions take the place
    /// of those that ship.</param>
    /// <exception cref="JsonRefusedException">The file is not of the form, or what it holds does not hold.</exception>
    public static CarbonReport Read(JsonElement element, string folder, IReadOnlyList<ECDsa> signers)
    {
        JsonPart root = new(
            element,
            "$",
            "$schema",
            "period",
            "market",
            "factorSets",
            "combustion",
            "electricity",
            "heat",
            "production",
            "coalEquivalents",
            "matching"
        );
        return JsonPart.Refusing(root.Path, () => new CarbonFile(root, folder, signers).Compute(root));
    }

    private CarbonReport Compute(JsonPart root)
    {
        foreach ((JsonElement element, string path) in root.List("combustion"))
        {
            Burn(
                new JsonPart(
                    element,
                    path,
                    [.. Amount, "fuel", "volume", "density", "factors", "ncv", "carbonContent", "oxidation", "gases", "gwp", "biogenic"]
                )
            );
        }

        foreach ((JsonElement element, string path) in root.List("heat"))
        {
            Warm(new JsonPart(element, path, [.. Amount, "steam", "water", "factor"]));
        }

        Scope2? electricity = root.Has("electricity") ? Electricity(root) : null;
        List<AccountTotal> totals = Totals(electricity);
        List<Figure> figures = [];
        List<Activity> production = [.. root.List("production").Select(p => ActivityOf(new JsonPart(p.Element, p.Path, Amount)).Activity)];
        foreach (AccountTotal total in totals.Where(t => t.Account.StartsWith("total-", StringComparison.Ordinal)))
        {
            figures.AddRange(production.Select(p => Indicators.Intensity(p, total.Micrograms, total.Gas, total.Account)));
            if (_coalFactors is not null)
            {
                figures.Add(
                    JsonPart.Refusing(_coalFactors.Path, () =>
                        Indicators.PerCoalEquivalent(total.Account, total.Micrograms, total.Gas, _coal)
                    )
                );
            }
        }

        if (electricity is not null)
        {
            figures.AddRange(Indicators.NonFossilShares(electricity));
        }

        figures.Add(Indicators.AutomaticShare(_activities));
        foreach (string gas in _lines.Select(l => l.Gas).Distinct())
        {
            figures.AddRange(Uncertainties(gas));
        }

        if (root.Has("matching"))
        {
            MatchingResult m = Match(root.Object("matching", "minutes", "slots"));
            figures.AddRange([m.HourlyMatched, m.CarbonFreeScore, m.Volumetric, m.Unmatched]);
        }

        return new CarbonReport(
            _period,
            _lines,
            totals,
            figures,
            electricity?.Instruments ?? [],
            [
                "total-location = scope1 + scope2-heat + scope2-location; total-market has scope2-market in its place. Biogenic "
                    + "CO2 and exports are in neither; CO2 and CO2e are never added up.",
                .. electricity is null ? (string[])[] : ["scope2-gbt-net = scope2-location − exports"],
                .. (electricity?.SentToScope1 ?? []).Select(n =>
                    $"{n} is fossil electricity made on the site: its fuel belongs into combustion (Scope 1)."
                ),
            ]
        );
    }

    private void Burn(JsonPart item)
    {
        (Activity fuel, Period period) = ActivityOf(item);
        string of = item.Text("fuel");
        if (item.Has("volume"))
        {
            JsonPart volume = item.Object("volume", "pressure", "temperature", "compressibility", "base");
            DeclaredPressure pressure = PressureOf(volume);
            Temperature temperature = volume.Required("temperature", Temperature.Parse);
            Fraction? z = volume.Has("compressibility") ? volume.Required("compressibility", Exact.Parse) : null;
            Unit at = volume.Choice("base", ("Nm3", Unit.Parse("Nm3")), ("Sm3", Unit.Parse("Sm3")));
            fuel = fuel.As(
                JsonPart.Refusing(volume.Path, () => GasVolume.ToBase(fuel.Amount, pressure, temperature, z, at, fuel.Reference))
            );
        }

        if (item.Has("density"))
        {
            CitedFactor density = Given(item.Object("density", "value", "source"));
            fuel = JsonPart.Refusing(item.At("density"), () => fuel.Times("density", density));
        }

        CitedFactor? ncv = fuel.Amount.Unit.Dimension == Dimension.NetHeat ? null : FuelFactor(item, "ncv", "ncv", of, period);
        Derived heat = JsonPart.Refusing(item.Path, () => Combustion.Heat(fuel, ncv));
        Coal(fuel.Name, heat.Value, "standard-coal", period);
        if (item.Has("gases"))
        {
            bool biogenic = item.Truth("biogenic");
            List<GasFactor> gases =
            [
                .. item.List("gases").Select(g => Gas(new JsonPart(g.Element, g.Path, "gas", "factor"), item, biogenic, period)),
            ];
            Add(JsonPart.Refusing(item.Path, () => Combustion.PerGas(fuel, ncv, gases, biogenic)), fuel, item);
            return;
        }

        if (item.Has("gwp") || item.Has("biogenic"))
        {
            throw new JsonRefusedException(item.At(item.Has("gwp") ? "gwp" : "biogenic"), "belongs to the method by gas. Give gases too.");
        }

        FuelFactors factors = new(
            ncv,
            FuelFactor(item, "carbonContent", "carbon-content", of, period),
            FuelFactor(item, "oxidation", "oxidation", of, period)
        );
        Add([JsonPart.Refusing(item.Path, () => Combustion.ByCarbon(fuel, factors))], fuel, item);
    }

    private GasFactor Gas(JsonPart gas, JsonPart item, bool biogenic, Period period)
    {
        string name = gas.Choice("gas", ("CO2", "CO2"), ("CH4", "CH4"), ("N2O", "N2O"));
        CitedFactor factor = Given(gas.Object("factor", "value", "source"));
        if (name == "CO2")
        {
            return new GasFactor(name, factor, null);
        }

        string set = item.Text("gwp");
        string of =
            name == "CH4" && set == "gwp-ar6"
                ? biogenic
                    ? "CH4-non-fossil"
                    : "CH4-fossil"
                : name;
        return new GasFactor(
            name,
            factor,
            JsonPart.Refusing(item.At("gwp"), () => _library.Require(new FactorQuery("global", of, "gwp100", "any", Set: set), period))
        );
    }

    private void Warm(JsonPart item)
    {
        (Activity heat, Period period) = ActivityOf(item);
        if (item.Has("steam"))
        {
            JsonPart steam = item.Object("steam", "state", "pressure", "temperature", "convention");
            DeclaredPressure pressure = PressureOf(steam);
            bool superheated = steam.Choice("state", ("saturated", false), ("superheated", true));
            EnthalpyConvention convention = steam.Choice(
                "convention",
                ("full", EnthalpyConvention.Full),
                ("less-water-at-20", EnthalpyConvention.LessWaterAt20)
            );
            if (!superheated && steam.Has("temperature"))
            {
                throw new JsonRefusedException(steam.At("temperature"), "is set by the pressure of saturated steam. Leave it out.");
            }

            Temperature? temperature = superheated ? steam.Required("temperature", Temperature.Parse) : null;
            heat = JsonPart.Refusing(steam.Path, () =>
                heat.As(
                    Heat.OfSteam(
                        heat,
                        temperature is null ? Steam.Saturated(pressure) : Steam.Superheated(pressure, temperature),
                        convention
                    )
                )
            );
        }
        else if (item.Has("water"))
        {
            JsonPart water = item.Object("water", "temperature");
            Temperature temperature = water.Required("temperature", Temperature.Parse);
            heat = JsonPart.Refusing(water.Path, () => heat.As(Heat.OfHotWater(heat, temperature)));
        }

        CitedFactor factor = FactorOf(item, "factor", "heat", "average", period);
        Add([JsonPart.Refusing(item.Path, () => Heat.Purchased(heat, factor))], heat, item);
        Coal(heat.Name, heat.Amount, "standard-coal", period);
    }

    private Scope2 Electricity(JsonPart root)
    {
        JsonPart part = root.Object("electricity", "lines", "exports", "instruments", "residual");
        string market = root.Text("market");
        List<ElectricityLine> lines = [];
        foreach ((JsonElement element, string path) in part.List("lines"))
        {
            JsonPart item = new(element, path, [.. Amount, "acquisition", "attribute", "grid", "own", "proof", "certificatesSold"]);
            (Activity activity, Period period) = ActivityOf(item);
            lines.Add(
                new ElectricityLine(
                    activity,
                    item.Choice(
                        "acquisition",
                        ("purchased", Acquisition.Purchased),
                        ("self-generated", Acquisition.SelfGenerated),
                        ("direct-line", Acquisition.DirectLine)
                    ),
                    item.Choice(
                        "attribute",
                        ("ordinary", PowerSource.Ordinary),
                        ("non-fossil", PowerSource.NonFossil),
                        ("fossil", PowerSource.Fossil)
                    )
                )
                {
                    Grid = item.Has("grid") ? FactorOf(item, "grid", "electricity", "average", period) : null,
                    Own = item.Has("own") ? FactorOf(item, "own", "electricity", "fossil-only", period) : null,
                    Proof = item.Texts("proof"),
                    CertificatesSold = item.Optional("certificatesSold", Quantity.Parse),
                }
            );
            if (lines[^1] is not { Acquisition: Acquisition.SelfGenerated, Attribute: PowerSource.Fossil })
            {
                Coal(activity.Name, activity.Amount, "electricity", period); // the fuel of own fossil generation is energy used already
            }

            Uncertain(activity, item);
        }

        List<ExportLine> exports = [];
        foreach ((JsonElement element, string path) in part.List("exports"))
        {
            JsonPart item = new(element, path, [.. Amount, "factor"]);
            (Activity activity, Period period) = ActivityOf(item);
            exports.Add(new ExportLine(activity, FactorOf(item, "factor", "electricity", "average", period)));
        }

        List<Instrument> instruments =
        [
            .. part.List("instruments")
                .Select(i =>
                    InstrumentOf(
                        new JsonPart(
                            i.Element,
                            i.Path,
                            "id",
                            "kind",
                            "amount",
                            "from",
                            "until",
                            "market",
                            "factor",
                            "retired",
                            "settlement",
                            "reference"
                        )
                    )
                ),
        ];
        CitedFactor? residual = part.Has("residual") ? FactorOf(part, "residual", "electricity", "residual", _period) : null;
        Scope2 account = JsonPart.Refusing(part.Path, () => Scope2.Of(_period, market, lines, exports, instruments, residual));
        _lines.AddRange(account.Lines);
        return account;
    }

    private Instrument InstrumentOf(JsonPart item) =>
        new(
            item.Text("id"),
            item.Choice(
                "kind",
                ("certificate", InstrumentKind.Certificate),
                ("contract", InstrumentKind.Contract),
                ("supplier", InstrumentKind.Supplier),
                ("record", InstrumentKind.GenerationRecord)
            ),
            item.Required("amount", Quantity.Parse),
            PeriodOf(item),
            item.Text("market"),
            item.Has("factor") ? FactorOf(item, "factor", "electricity", "average", _period) : null
        )
        {
            Retired = item.Has("retired") ? item.Required("retired", Day) : null,
            Settlement = item.TextOrNull("settlement"),
            Reference = item.TextOrNull("reference"),
        };

    private MatchingResult Match(JsonPart part)
    {
        int minutes = part.Integer("minutes") ?? throw part.Missing("minutes");
        List<MatchingSlot> slots = [];
        foreach ((JsonElement element, string path) in part.List("slots", MostSlots))
        {
            JsonPart slot = new(element, path, "start", "load", "carbonFree", "gridShare");
            DateTimeOffset start = slot.Required("start", Instant);
            var day = DateOnly.FromDateTime(start.DateTime);
            if (day < _period.From || day >= _period.Until)
            {
                throw new JsonRefusedException(slot.At("start"), $"is not within the period of the account, {_period}.");
            }

            slots.Add(
                new MatchingSlot(
                    start,
                    slot.Required("load", Quantity.Parse),
                    slot.Required("carbonFree", Quantity.Parse),
                    slot.Has("gridShare") ? slot.Required("gridShare", Exact.Parse) : null
                )
            );
        }

        return JsonPart.Refusing(part.Path, () => MatchingResult.Of(slots, TimeSpan.FromMinutes(minutes)));
    }

    private List<AccountTotal> Totals(Scope2? electricity)
    {
        List<AccountTotal> totals = [.. AccountTotal.Of(_lines.Where(l => l.Account != Scope2.MarketAccount))];
        totals.AddRange(electricity?.Totals.Where(t => t.Account == Scope2.MarketAccount) ?? []);
        foreach (
            (string total, string scope2) in new[] { ("total-location", Scope2.LocationAccount), ("total-market", Scope2.MarketAccount) }
        )
        {
            AccountTotal[] parts = [.. totals.Where(t => t.Account is Combustion.Account or Heat.Account || t.Account == scope2)];
            totals.AddRange(
                parts
                    .GroupBy(p => p.Gas)
                    .Select(g => new AccountTotal(
                        total,
                        g.Key,
                        g.Any(p => p.Micrograms is null) ? null : g.Aggregate(BigInteger.Zero, (sum, p) => sum + p.Micrograms!.Value),
                        g.FirstOrDefault(p => p.Micrograms is null)?.Blocked
                    ))
            );
        }

        return electricity is null ? totals : [.. totals, electricity.Net];
    }

    private IEnumerable<Figure> Uncertainties(string gas)
    {
        string[] accounts = [Combustion.Account, Heat.Account, Scope2.LocationAccount];
        List<UncertainLine> lines = [];
        foreach (EmissionLine line in _lines.Where(l => l.Gas == gas && accounts.Contains(l.Account)))
        {
            (RelativeUncertainty? amount, RelativeUncertainty? factor, bool estimated) = _uncertainty.GetValueOrDefault(line.Name);
            lines.Add(new UncertainLine(line, amount, factor, Correlated(line.Derivation), estimated));
        }

        return
        [
            Uncertainty.Total($"uncertainty of total-location, {gas}", lines),
            Uncertainty.EstimatedShare($"estimated share of total-location, {gas}", lines),
        ];
    }

    // Lines with the same factors share their errors.
    private static string Correlated(Derivation derivation) => string.Join(" · ", Cited(derivation).Order(StringComparer.Ordinal));

    private static IEnumerable<string> Cited(Derivation derivation) =>
        derivation.Inputs.SelectMany(i =>
            (IEnumerable<string>)
                [
                    .. i.Factor is { } f ? (string[])[$"{f.Key?.ToString() ?? f.Source} {f.Text}"] : [],
                    .. i.Derivation is { } d ? Cited(d) : [],
                ]
        );

    private void Add(IReadOnlyList<EmissionLine> lines, Activity activity, JsonPart item)
    {
        _lines.AddRange(lines);
        foreach (EmissionLine line in lines)
        {
            Uncertain(line.Name, activity, item);
        }
    }

    private void Uncertain(Activity activity, JsonPart item) => Uncertain(activity.Name, activity, item);

    private void Uncertain(string line, Activity activity, JsonPart item)
    {
        RelativeUncertainty? amount = null,
            factor = null;
        if (item.Has("uncertainty"))
        {
            JsonPart part = item.Object("uncertainty", "amount", "class", "factor");
            if (part.Has("amount") && part.Has("class"))
            {
                throw new JsonRefusedException(part.At("class"), "stands beside amount. Write the one that is known.");
            }

            if (part.Has("class"))
            {
                amount = part.Required("class", t => RelativeUncertainty.FromAccuracyClass(Exact.Parse(t)));
            }
            else if (part.Has("amount"))
            {
                amount = part.Required("amount", t => RelativeUncertainty.FromPercent(Exact.Parse(t)));
            }

            factor = part.Has("factor") ? part.Required("factor", t => RelativeUncertainty.FromPercent(Exact.Parse(t))) : null;
        }

        _uncertainty[line] = (amount, factor, activity.Collected == DataOrigin.Estimated);
    }

    private void Coal(string name, Quantity energy, string of, Period period)
    {
        if (_coalFactors is { } part)
        {
            string region = part.Text("region");
            _coal.Add(
                new CoalEquivalentLine(
                    name,
                    energy,
                    JsonPart.Refusing(part.Path, () =>
                        _library.Require(
                            new FactorQuery(region, of, "coal-equivalent", "any", part.Integer("year"), part.TextOrNull("set")),
                            period
                        )
                    )
                )
            );
        }
    }

    private (Activity Activity, Period Period) ActivityOf(JsonPart item)
    {
        string name = item.Text("name");
        Quantity amount = item.Required("amount", Quantity.Parse);
        DataOrigin collected = item.Choice(
            "collected",
            ("automatic", DataOrigin.Automatic),
            ("manual", DataOrigin.Manual),
            ("estimated", DataOrigin.Estimated)
        );
        Activity activity = JsonPart.Refusing(item.At("amount"), () => new Activity(name, amount, item.TextOrNull("reference"), collected));
        if (_activities.Any(a => a.Name == name))
        {
            throw new JsonRefusedException(
                item.At("name"),
                $"{name} is there already. Give each amount a name of its own, so that none is counted twice."
            );
        }

        _activities.Add(activity);
        Period period = item.Has("from") || item.Has("until") ? PeriodOf(item) : _period;
        return _period.Holds(period)
            ? (activity, period)
            : throw new JsonRefusedException(item.Path, $"{period} is not within the period of the account, {_period}.");
    }

    private CitedFactor FuelFactor(JsonPart item, string key, string kind, string fuel, Period period)
    {
        if (item.Has(key))
        {
            return Given(item.Object(key, "value", "source"), fuel, kind);
        }

        JsonPart part = item.Object("factors", "region", "year", "set");
        var query = new FactorQuery(part.Text("region"), fuel, kind, "organisation", part.Integer("year"), part.TextOrNull("set"));
        return JsonPart.Refusing(part.Path, () => _library.Require(query, period));
    }

    private CitedFactor FactorOf(JsonPart item, string key, string of, string kind, Period period)
    {
        JsonPart part = item.Object(key, FactorKeys);
        if (part.Has("value"))
        {
            return part.Has("region") || part.Has("kind") || part.Has("year") || part.Has("set")
                ? throw new JsonRefusedException(part.Path, "has a value and the name of a factor. Write one of the two.")
                : Given(part, of, kind);
        }

        string? named = part.TextOrNull("kind");
        var query = new FactorQuery(part.Text("region"), of, named ?? kind, "organisation", part.Integer("year"), part.TextOrNull("set"));
        CitedFactor factor = JsonPart.Refusing(part.Path, () => _library.Require(query, period));
        if (key != "residual" || factor.Key is not { Kind: not "residual" } standIn)
        {
            return factor;
        }

        string note = $"A factor of kind {standIn.Kind} stands for the residual mix: no residual mix is published for {standIn.Region}.";
        return factor with { Note = $"{factor.Note} {note}".TrimStart() };
    }

    private static CitedFactor Given(JsonPart part)
    {
        string source = part.Text("source");
        return part.Required("value", v => CitedFactor.Given(v, source));
    }

    private CitedFactor Given(JsonPart part, string of, string kind)
    {
        string source = part.Text("source");
        return part.Required("value", v => _library.Given(v, source, of, kind));
    }

    private static DeclaredPressure PressureOf(JsonPart part)
    {
        JsonPart pressure = part.Object("pressure", "value", "is", "ambient");
        bool gauge = pressure.Choice("is", ("absolute", false), ("gauge", true));
        if (!gauge && pressure.Has("ambient"))
        {
            throw new JsonRefusedException(pressure.At("ambient"), "belongs to a gauge pressure. Leave it out, or write gauge.");
        }

        return new DeclaredPressure(
            pressure.Required("value", Quantity.Parse),
            gauge ? pressure.Required("ambient", Quantity.Parse) : null
        );
    }

    internal static Period PeriodOf(JsonPart part)
    {
        (DateOnly from, DateOnly until) = (part.Required("from", Day), part.Required("until", Day));
        return JsonPart.Refusing(part.Path, () => new Period(from, until));
    }

    internal static DateOnly Day(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? day
            : throw new CarbonException($"'{text}' is not a day. Write YYYY-MM-DD.");

    private static DateTimeOffset Instant(string text) =>
        DateTimeOffset.TryParseExact(
            text,
            ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss'Z'"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out DateTimeOffset time
        )
            ? time
            : throw new CarbonException($"'{text}' is not a time. Write 2026-01-01T00:00:00+08:00.");
}
