using System.Globalization;
using EdgeGateway.Carbon.Accounts;
using Fractions;

namespace EdgeGateway.Carbon;

/// <summary>An instrument as the leaves of a log state it: entered, and corrected where it was wrong.</summary>
/// <param name="Kind"><c>certificate</c>, <c>contract</c>, <c>supplier</c> (a supplier's rate) or <c>settlement</c> (of a
/// contract).</param>
/// <param name="Id">Its number, unique with its kind.</param>
/// <param name="From">The start of the time whose electricity it is for.</param>
/// <param name="To">The end of that time; not included.</param>
/// <param name="Energy">How much it is for. 0: it was withdrawn by a correction.</param>
public sealed record RecordedInstrument(string Kind, string Id, DateTimeOffset From, DateTimeOffset To, Quantity Energy)
{
    /// <summary>Name of the detail that says for which market it is, such as <c>CN</c>.</summary>
    public const string MarketDetail = "market/name";

    /// <summary>Name of the detail that says on which day a certificate was retired for this site.</summary>
    public const string RetiredDetail = "market/retired";

    /// <summary>
    /// Name of the detail with what a kilowatt-hour of it emitted, such as <c>0.35 kgCO2/kWh</c>. Absent: non-fossil, none.
    /// </summary>
    public const string FactorDetail = "market/factor";

    /// <summary>Name of the detail that says which contract a settlement is of.</summary>
    public const string ContractDetail = "market/contract";

    /// <summary>The kinds, the best proof first; a settlement proves its contract.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["certificate", "contract", "supplier", "settlement"];

    /// <summary>The market it is for, such as <c>CN</c>.</summary>
    public required string Market { get; init; }

    /// <summary>The day on which a certificate was retired.</summary>
    public DateOnly? Retired { get; init; }

    /// <summary>What a kilowatt-hour of it emitted. Null: non-fossil, none.</summary>
    public CitedFactor? Factor { get; init; }

    /// <summary>Of a settlement: the number of the contract it settles.</summary>
    public string? Contract { get; init; }

    /// <summary>Reads an instrument, and refuses what could prove nothing.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="id">Its number.</param>
    /// <param name="from">The start of its period.</param>
    /// <param name="to">The end.</param>
    /// <param name="energy">What it is for.</param>
    /// <param name="detail">Its further statements, by name.</param>
    /// <exception cref="CarbonException">Something is missing or cannot be; the sentence says what to state.</exception>
    public static RecordedInstrument Read(
        string kind,
        string id,
        DateTimeOffset from,
        DateTimeOffset to,
        Quantity energy,
        Func<string, string?> detail
    )
    {
        if (energy.Unit.Dimension != Dimension.Energy)
        {
            throw new CarbonException($"{id} is for {energy}. An instrument is for electricity: write Wh, kWh, MWh or GWh.");
        }

        string market = detail(MarketDetail) ?? throw new CarbonException($"{id} names no market. State {MarketDetail}, such as CN.");
        DateOnly? retired = RetiredOn(id, detail(RetiredDetail));
        CitedFactor? factor = detail(FactorDetail) is { } text ? CitedFactor.Given(text, $"instrument {id}") : null;
        RecordedInstrument instrument = new(kind, id, from, to, energy)
        {
            Market = market,
            Retired = retired,
            Factor = factor,
            Contract = detail(ContractDetail),
        };
        return instrument.Fault() is { } fault ? throw new CarbonException(fault) : instrument;
    }

    /// <summary>Whether the time it is for overlaps with a time; both ends are not included.</summary>
    public bool Overlaps(DateTimeOffset from, DateTimeOffset to) => From < to && from < To;

    private static DateOnly? RetiredOn(string id, string? day)
    {
        if (day is null)
        {
            return null;
        }

        return DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date)
            ? date
            : throw new CarbonException($"{RetiredDetail} of {id} is '{Exact.Shown(day)}'. Write a day, such as 2026-07-10.");
    }

    private string? Fault()
    {
        switch (Kind)
        {
            case "certificate" when Retired is null:
                return $"{Id} is not retired. State {RetiredDetail}, the day on which it was: until then, others can claim it.";
            case "supplier" when Factor is null:
                return $"{Id} has no factor. State {FactorDetail}, the supplier's rate, such as 0.35 kgCO2/kWh.";
            case "settlement" when Contract is null:
                return $"{Id} settles no contract. State {ContractDetail}, the id of the contract.";
            case "settlement" when Factor is not null:
                return $"{Id} has a factor. What the electricity of a contract emitted stands in the contract.";
        }

        if (Factor is not null && Factor.Rate.Unit.Dimension != Dimension.CarbonDioxide)
        {
            return $"{Id} has {Factor.Text}. What is accounted here is CO2: write kgCO2/kWh.";
        }

        if (Factor is not null && Factor.Rate.Per.Dimension != Dimension.Energy)
        {
            return $"{Id} has {Factor.Text}, which is not per energy. Write kgCO2/kWh.";
        }

        return Retired < DateOnly.FromDateTime(From.UtcDateTime)
            ? $"{Id} was retired on {Period.Day(Retired.Value)}, before its electricity began to be generated."
            : null;
    }
}

/// <summary>The instruments of a period in which electricity was used.</summary>
/// <param name="From">Where the period begins.</param>
/// <param name="To">Where it ends; not included.</param>
/// <param name="Instruments">Those of other markets or times do not count. Certificates, rates and settlements lie within it, a contract
/// need not.</param>
public sealed record Claims(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<RecordedInstrument> Instruments);

/// <summary>What was used of an instrument.</summary>
/// <param name="Name">Its kind and number; of a contract with that of its settlement.</param>
/// <param name="Energy">kWh.</param>
/// <param name="Factor">What a kilowatt-hour of it emitted.</param>
public sealed record Claimed(string Name, Quantity Energy, CitedFactor Factor);

/// <summary>A footprint by the market: an amount, or why there is none.</summary>
/// <param name="Micrograms">CO₂, the sum of lines that are each rounded once; null: see <paramref name="NoAmount"/>.</param>
/// <param name="NoAmount"><c>no-residual-mix</c>, or <c>unsettled:</c> and the contract whose settlement is missing.</param>
/// <param name="Claims">What each instrument gave, the best first.</param>
/// <param name="Rest">What no instrument is for, kWh.</param>
public sealed record MarketFootprint(long? Micrograms, string? NoAmount, IReadOnlyList<Claimed> Claims, Quantity Rest)
{
    /// <summary>Accounts purchased electricity by instruments in the order of their quality, then the residual mix.</summary>
    /// <param name="amount">What was bought and used.</param>
    /// <param name="market">The market that instruments must be for.</param>
    /// <param name="residual">The factor of what no instrument is for. Null: there is none, and such electricity has no amount.</param>
    /// <param name="claims">The period and its instruments. Null: none yet.</param>
    /// <exception cref="CarbonException">An instrument does not hold. Nothing is accounted then.</exception>
    /// <remarks>
    /// Non-fossil electricity by contract that is not settled has no valid proof: it blocks the amount, and does not fall back to the
    /// residual mix (GB/T 32151.34-2024, 5.2.6.1).
    /// </remarks>
    public static MarketFootprint Of(Quantity amount, string market, CitedFactor? residual, Claims? claims)
    {
        InstrumentPool.RefuseEmpty(residual);
        Fraction needed = amount.In(Unit.KilowattHour).Value;
        if (claims is null)
        {
            return WithRest(0, [], needed, residual);
        }

        RecordedInstrument[] valid =
        [
            .. claims.Instruments.Where(i => i.Market == market && i.Energy.Value.IsPositive && i.Overlaps(claims.From, claims.To)),
        ];
        RecordedInstrument[] settlements = [.. valid.Where(i => i.Kind == "settlement")],
            contracts = [.. valid.Where(i => i.Kind == "contract")];
        if (
            contracts.FirstOrDefault(c => c.Factor is null or { Rate.Value.IsZero: true } && settlements.All(s => s.Contract != c.Id)) is
            { } unsettled
        )
        {
            return new MarketFootprint(null, $"unsettled:{unsettled.Id}", [], new Quantity(needed, Unit.KilowattHour));
        }

        InstrumentPool pool = new(
            [.. valid.Where(i => i.Kind != "contract").Select(i => ProofOf(i, contracts)).OfType<Instrument>()],
            market,
            Days(claims.From, claims.To),
            Unit.KilogramCarbonDioxide
        );
        List<Claimed> used = [];
        long micrograms = 0;
        foreach (Instrument instrument in pool.ByQuality)
        {
            Quantity energy = new(pool.Draw(instrument, needed), Unit.KilowattHour);
            if (energy.Value.IsPositive)
            {
                CitedFactor factor = pool.FactorOf(instrument);
                needed -= energy.Value;
                micrograms = checked(micrograms + Exact.Micrograms((energy * factor.Rate).In(Unit.KilogramCarbonDioxide).Value));
                used.Add(new Claimed(instrument.Id, energy, factor));
            }
        }

        return WithRest(micrograms, used, needed, residual);
    }

    private static MarketFootprint WithRest(long micrograms, IReadOnlyList<Claimed> used, Fraction needed, CitedFactor? residual)
    {
        Quantity rest = new(needed, Unit.KilowattHour);
        if (needed.IsZero)
        {
            return new MarketFootprint(micrograms, null, used, rest);
        }

        if (residual is null)
        {
            return new MarketFootprint(null, "no-residual-mix", used, rest);
        }

        long ofRest = Exact.Micrograms((rest * residual.Rate).In(Unit.KilogramCarbonDioxide).Value);
        return new MarketFootprint(checked(micrograms + ofRest), null, used, rest);
    }

    // Null where a settlement is of a contract that was withdrawn: it proves nothing.
    private static Instrument? ProofOf(RecordedInstrument recorded, RecordedInstrument[] contracts)
    {
        if (recorded.Kind != "settlement")
        {
            InstrumentKind kind = recorded.Kind == "supplier" ? InstrumentKind.Supplier : InstrumentKind.Certificate;
            return new Instrument(
                $"{recorded.Kind} {recorded.Id}",
                kind,
                recorded.Energy,
                Days(recorded.From, recorded.To),
                recorded.Market,
                recorded.Factor
            )
            {
                Retired = recorded.Retired,
            };
        }

        return contracts.FirstOrDefault(c => c.Id == recorded.Contract) is not { } contract
            ? null
            : new Instrument(
                $"contract {contract.Id} settled by {recorded.Id}",
                InstrumentKind.Contract,
                recorded.Energy,
                Days(recorded.From, recorded.To),
                recorded.Market,
                contract.Factor
            )
            {
                Settlement = recorded.Id,
            };
    }

    // The days in UTC that cover a time: what lies within something else by its times lies within it by its days.
    private static Period Days(DateTimeOffset from, DateTimeOffset to) =>
        new(DateOnly.FromDateTime(from.UtcDateTime), DateOnly.FromDateTime(to.UtcDateTime.AddTicks(-1)).AddDays(1));
}
