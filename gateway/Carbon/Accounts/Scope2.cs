using System.Numerics;
using Fractions;

namespace EdgeGateway.Carbon.Accounts;

/// <summary>Scope 2 of electricity, location-based and market-based side by side, with exports beside them.</summary>
public sealed class Scope2
{
    /// <summary>The location-based account: gross consumption from the grid × the grid's factor.</summary>
    public const string LocationAccount = "scope2-location";

    /// <summary>The market-based account: by instruments in the order of their quality, then the residual mix.</summary>
    public const string MarketAccount = "scope2-market";

    /// <summary>What exports would have emitted by their own factor. Never subtracted from the other accounts.</summary>
    public const string ExportAccount = "exports";

    private const string MarketSource = "GHG Protocol Scope 2 Guidance, chapters 6 and 7; GB/T 32151.34-2024, 5.2.6.1 and D.1.1";

    private readonly List<EmissionLine> _lines = [];
    private readonly List<string> _blocked = [];
    private readonly List<string> _toScope1 = [];
    private readonly InstrumentPool _pool;
    private readonly CitedFactor? _residual;
    private readonly Unit _gas;

    private Scope2(InstrumentPool pool, CitedFactor? residual, Unit gas)
    {
        _pool = pool;
        _residual = residual;
        _gas = gas;
    }

    /// <summary>All lines: location-based, market-based, exports.</summary>
    public IReadOnlyList<EmissionLine> Lines => _lines;

    /// <summary>Totals; the market-based one has no value but the reasons where electricity lacks its proof.</summary>
    public IReadOnlyList<AccountTotal> Totals
    {
        get
        {
            List<AccountTotal> totals = [.. AccountTotal.Of(_lines)];
            return _blocked.Count == 0
                ? totals
                : [.. totals.Where(t => t.Account != MarketAccount), new(MarketAccount, GasText, null, string.Join("; ", _blocked))];
        }
    }

    /// <summary>Why there is no market-based total. Empty: there is one.</summary>
    public IReadOnlyList<string> Blocked => _blocked;

    /// <summary>Fossil electricity made on the site: its fuel is accounted in Scope 1.</summary>
    public IReadOnlyList<string> SentToScope1 => _toScope1;

    /// <summary>What was used of each instrument, and what is left.</summary>
    public IReadOnlyList<InstrumentUse> Instruments => _pool.Uses;

    /// <summary>All electricity that was used, kWh.</summary>
    public Quantity Consumption { get; private set; } = Kwh(Fraction.Zero);

    /// <summary>Non-fossil electricity that came by wire: own and over direct lines, proven, its certificates not sold. kWh.</summary>
    public Quantity NonFossilPhysical { get; private set; } = Kwh(Fraction.Zero);

    /// <summary>Non-fossil electricity by contract with settlement, kWh.</summary>
    public Quantity NonFossilByContract { get; private set; } = Kwh(Fraction.Zero);

    /// <summary>Non-fossil electricity by certificate, kWh.</summary>
    public Quantity NonFossilByCertificate { get; private set; } = Kwh(Fraction.Zero);

    /// <summary>
    /// Purchased less exported, each with its own factor, in the view of GB/T 32150. The gross values are the accounts themselves.
    /// </summary>
    public AccountTotal Net => new("scope2-gbt-net", GasText, Sum(LocationAccount) - Sum(ExportAccount), null);

    private string GasText => InstrumentPool.TextOf(_gas);

    /// <summary>Accounts the electricity of a period.</summary>
    /// <param name="period">The period in which the electricity of the instruments must have been generated.</param>
    /// <param name="market">The market that the instruments must be for, for example <c>CN</c>.</param>
    /// <param name="lines">What was used.</param>
    /// <param name="exports">What was given to others.</param>
    /// <param name="instruments">Proofs. What they are for beyond the consumption is left over.</param>
    /// <param name="residual">The factor of what no instrument is for. Null: there is none, so the market-based total has no value where it
    /// is needed.</param>
    /// <exception cref="CarbonException">Something cannot be, or an instrument does not hold. Nothing is accounted then.</exception>
    public static Scope2 Of(
        Period period,
        string market,
        IReadOnlyList<ElectricityLine> lines,
        IReadOnlyList<ExportLine> exports,
        IReadOnlyList<Instrument> instruments,
        CitedFactor? residual
    )
    {
        InstrumentPool.RefuseEmpty(residual);
        Unit gas = Gas(lines, exports, residual);
        var account = new Scope2(new InstrumentPool(instruments, market, period, gas), residual, gas);
        RefuseSameNames([.. lines.Select(l => l.Activity), .. exports.Select(e => e.Activity)]);
        foreach (ElectricityLine line in lines)
        {
            account.AddLocationBased(line);
        }

        // Lines that name their proof come first, so that the other lines get what is left of an instrument.
        foreach (ElectricityLine line in lines.Where(l => l.Attribute != PowerSource.Ordinary))
        {
            account.AddMarketBasedByNamedProof(line);
        }

        foreach (ElectricityLine line in lines)
        {
            Fraction pooled = WithoutNamedProof(line);
            if (pooled.IsPositive)
            {
                account.AddMarketBasedByAnyProof(line, pooled);
            }
        }

        foreach (ExportLine export in exports)
        {
            account._lines.Add(
                EmissionLine.Of(
                    ExportAccount,
                    export.Activity.Name,
                    export.Activity.Amount.In(Unit.KilowattHour) * export.Factor.Rate,
                    new Derivation(
                        "exported energy × factor",
                        "GB/T 32150: exported electricity; in the GHG Protocol it is reported beside the scopes"
                    )
                    {
                        Inputs = [export.Activity.AsInput("exported energy"), export.Factor.AsInput("factor")],
                    }
                )
            );
        }

        return account;
    }

    private static void RefuseSameNames(IReadOnlyList<Activity> activities)
    {
        if (activities.GroupBy(a => a.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new CarbonException($"{twice.Key} is there twice. Give each line a name of its own.");
        }
    }

    private static Unit Gas(IReadOnlyList<ElectricityLine> lines, IReadOnlyList<ExportLine> exports, CitedFactor? residual)
    {
        List<CitedFactor> factors =
        [
            .. lines.SelectMany(l => (CitedFactor?[])[l.Grid, l.Own]).OfType<CitedFactor>(),
            .. exports.Select(e => e.Factor),
            .. residual is null ? [] : (CitedFactor[])[residual],
        ];
        if (
            factors.FirstOrDefault(f => f.Rate.Unit.Dimension is not (Dimension.CarbonDioxide or Dimension.CarbonDioxideEquivalent)) is
            { } other
        )
        {
            throw new CarbonException($"{other.Text} is no factor of emissions. Electricity takes kgCO2/kWh or kgCO2e/kWh.");
        }

        return factors.Select(f => f.Rate.Unit.Dimension).Distinct().Count() > 1
            ? throw new CarbonException(
                $"Factors of CO2 and of CO2e are mixed ({string.Join(", ", factors.Select(f => f.Text).Distinct())}). An "
                    + "account has one of them."
            )
            : factors.FirstOrDefault()?.Rate.Unit ?? Unit.KilogramCarbonDioxide;
    }

    // The energy for which any instrument of the period will do, kWh: ordinary electricity, and own green electricity whose certificates
    // were sold.
    private static Fraction WithoutNamedProof(ElectricityLine line) =>
        (line.Attribute, line.Acquisition) switch
        {
            (PowerSource.Ordinary, _) => line.Activity.Amount.In(Unit.KilowattHour).Value,
            (PowerSource.NonFossil, Acquisition.SelfGenerated) => Sold(line),
            _ => Fraction.Zero,
        };

    private static Fraction Sold(ElectricityLine line)
    {
        if (line.CertificatesSold is null)
        {
            return Fraction.Zero;
        }

        Fraction sold = line.CertificatesSold.In(Unit.KilowattHour).Value;
        return sold.IsNegative || sold > line.Activity.Amount.In(Unit.KilowattHour).Value
            ? throw new CarbonException(
                $"{line.Activity.Name} used {line.Activity.Amount}, but certificates of {line.CertificatesSold} were sold of "
                    + "it. State those of the used energy."
            )
            : sold;
    }

    private static Quantity Kwh(Fraction value) => new(value, Unit.KilowattHour);

    private BigInteger Sum(string account) =>
        _lines.Where(l => l.Account == account).Aggregate(BigInteger.Zero, (sum, l) => sum + l.Micrograms);

    private static string Word(InstrumentKind kind) =>
        kind switch
        {
            InstrumentKind.Certificate => "certificate",
            InstrumentKind.Contract => "contract",
            InstrumentKind.Supplier => "supplier's rate",
            _ => "record of generation",
        };

    private void AddLocationBased(ElectricityLine line)
    {
        Activity activity = line.Activity;
        Quantity energy = activity.Amount.In(Unit.KilowattHour);
        Consumption += energy;
        string name = activity.Name;
        switch (line.Acquisition, line.Attribute)
        {
            case (Acquisition.Purchased, _):
                CitedFactor grid = line.Grid
                    ?? throw new CarbonException($"{name} has no factor of its grid. Name the region: there is no default.");
                Add(
                    LocationAccount,
                    name,
                    energy,
                    grid,
                    activity,
                    "energy × factor of the grid",
                    "GHG Protocol Scope 2 Guidance, 6.1: location-based"
                );
                break;
            case (_, PowerSource.Ordinary):
                throw new CarbonException($"{name} comes from one plant, so it is non-fossil or fossil, not ordinary.");
            case (Acquisition.SelfGenerated, PowerSource.Fossil):
                _toScope1.Add(name);
                break;
            case (Acquisition.DirectLine, PowerSource.Fossil):
                CitedFactor own = line.Own
                    ?? throw new CarbonException($"{name} is fossil electricity over a direct line. Give the factor of its plant.");
                Add(
                    LocationAccount,
                    name,
                    energy,
                    own,
                    activity,
                    "energy × factor of the plant",
                    "GHG Protocol Scope 2 Guidance, 6.1: direct line"
                );
                break;
            default:
                break; // non-fossil over a wire of its own: nothing came from the grid
        }
    }

    private void AddMarketBasedByNamedProof(ElectricityLine line)
    {
        Activity activity = line.Activity;
        Quantity energy = activity.Amount.In(Unit.KilowattHour);
        if (line.Attribute == PowerSource.Fossil)
        {
            if (line.Acquisition != Acquisition.SelfGenerated)
            {
                CitedFactor own = line.Own
                    ?? throw new CarbonException(
                        $"{activity.Name} was purchased as fossil electricity. Give its factor, such as the region's fossil-only."
                    );
                Add(MarketAccount, activity.Name, energy, own, activity, "energy × factor of fossil electricity", MarketSource);
            }

            return;
        }

        Fraction needed = energy.Value - (line.Acquisition == Acquisition.SelfGenerated ? Sold(line) : Fraction.Zero);
        foreach (string id in line.Proof)
        {
            Instrument instrument = _pool.Find(id)
                ?? throw new CarbonException($"{activity.Name} names the proof {id}, which is not among the instruments.");
            bool record = instrument.Kind == InstrumentKind.GenerationRecord;
            if (
                instrument.Kind == InstrumentKind.Supplier
                || (record && line.Acquisition == Acquisition.Purchased)
                || (!record && line.Acquisition == Acquisition.SelfGenerated)
            )
            {
                throw new CarbonException(
                    $"{id} does not prove {activity.Name}: purchased electricity takes a certificate or a settled contract, own "
                        + "generation its monthly record."
                );
            }

            if (instrument.Factor is { Rate.Value.IsZero: false })
            {
                throw new CarbonException($"{id} has {instrument.Factor.Text}, so it does not prove that {activity.Name} is non-fossil.");
            }

            needed -= Use(instrument, needed, line);
        }

        if (needed.IsPositive)
        {
            _blocked.Add($"{activity.Name} is non-fossil, but {Exact.Text(needed)} kWh of it have no valid proof");
        }
    }

    private void AddMarketBasedByAnyProof(ElectricityLine line, Fraction needed)
    {
        foreach (Instrument instrument in _pool.ByQuality)
        {
            needed -= Use(instrument, needed, line);
        }

        if (!needed.IsPositive)
        {
            return;
        }

        if (_residual is null)
        {
            _blocked.Add(
                $"{line.Activity.Name}: no instrument is for {Exact.Text(needed)} kWh, and no residual mix is configured. Name its factor"
            );
            return;
        }

        Add(
            MarketAccount,
            $"{line.Activity.Name}: residual",
            Kwh(needed),
            _residual,
            line.Activity,
            "energy without instrument × residual mix",
            MarketSource
        );
    }

    // How much of the instrument serves the line, kWh.
    private Fraction Use(Instrument instrument, Fraction needed, ElectricityLine line)
    {
        Fraction used = _pool.Draw(instrument, needed);
        if (used.IsZero)
        {
            return used;
        }

        CitedFactor factor = _pool.FactorOf(instrument);
        if (factor.Rate.Value.IsZero)
        {
            Quantity amount = Kwh(used);
            _ = instrument.Kind switch
            {
                InstrumentKind.Certificate when line.Acquisition != Acquisition.DirectLine => NonFossilByCertificate += amount,
                InstrumentKind.Contract when line.Acquisition != Acquisition.DirectLine => NonFossilByContract += amount,
                InstrumentKind.Supplier => amount,
                _ => NonFossilPhysical += amount,
            };
        }

        Add(
            MarketAccount,
            $"{line.Activity.Name}: {instrument.Id}",
            Kwh(used),
            factor,
            line.Activity,
            "energy × factor of the instrument",
            MarketSource,
            instrument
        );
        return used;
    }

    private void Add(
        string account,
        string name,
        Quantity energy,
        CitedFactor factor,
        Activity activity,
        string formula,
        string source,
        Instrument? instrument = null
    )
    {
        List<Input> inputs =
        [
            new Input("energy", energy.ToString(), activity.Reference) { Derivation = activity.Derivation },
            factor.AsInput("factor"),
        ];
        if (instrument is not null)
        {
            inputs.Add(
                new Input(
                    $"instrument {instrument.Id}",
                    $"{Word(instrument.Kind)}, {instrument.Energy} of {instrument.Period}, market {instrument.Market}",
                    instrument.Reference ?? instrument.Settlement
                )
            );
        }

        _lines.Add(EmissionLine.Of(account, name, energy * factor.Rate, new Derivation(formula, source) { Inputs = inputs }));
    }
}
