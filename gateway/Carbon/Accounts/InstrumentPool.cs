using Fractions;

namespace EdgeGateway.Carbon.Accounts;

/// <summary>The instruments of a period, each found to hold, and what is left of them: none gives more than it is for.</summary>
internal sealed class InstrumentPool
{
    private readonly Dictionary<string, Fraction> _left = [];
    private readonly IReadOnlyList<Instrument> _instruments;
    private readonly Unit _gas;

    /// <summary>Takes the instruments of a period.</summary>
    /// <param name="instruments">All instruments of the period.</param>
    /// <param name="market">The market that every instrument must be for.</param>
    /// <param name="period">The period that every instrument must lie within.</param>
    /// <param name="gas">The gas that every factor must be of: CO₂ or CO₂e.</param>
    /// <exception cref="CarbonException">An instrument does not hold.</exception>
    public InstrumentPool(IReadOnlyList<Instrument> instruments, string market, Period period, Unit gas)
    {
        (_instruments, _gas) = (instruments, gas);
        foreach (Instrument instrument in instruments)
        {
            if (Fault(instrument, market, period) is { } fault)
            {
                throw new CarbonException(fault);
            }

            if (!_left.TryAdd(instrument.Id, instrument.Energy.In(Unit.KilowattHour).Value))
            {
                throw new CarbonException($"{instrument.Id} is claimed twice. Each instrument is used once.");
            }
        }
    }

    /// <summary>What was used of each, and what is left.</summary>
    public IReadOnlyList<InstrumentUse> Uses =>
        [
            .. _instruments.Select(i => new InstrumentUse(
                i,
                new Quantity(i.Energy.In(Unit.KilowattHour).Value - _left[i.Id], Unit.KilowattHour),
                new Quantity(_left[i.Id], Unit.KilowattHour)
            )),
        ];

    /// <summary>Those that prove any electricity from the grid, the best first (GHG Protocol Scope 2 Guidance, table 6.3).</summary>
    public IEnumerable<Instrument> ByQuality => _instruments.Where(i => i.Kind != InstrumentKind.GenerationRecord).OrderBy(i => i.Kind);

    /// <summary>A residual mix of 0 is refused: it is what is left where all electricity is claimed.</summary>
    /// <exception cref="CarbonException">The residual mix is 0.</exception>
    public static void RefuseEmpty(CitedFactor? residual)
    {
        if (residual is { Rate.Value.IsZero: true })
        {
            throw new CarbonException(
                $"A residual mix of {residual.Text} is what is left where all electricity is claimed, not a factor of what "
                    + "nobody claimed. Give another one."
            );
        }
    }

    /// <summary>The gas as text: <c>CO2</c> or <c>CO2e</c>.</summary>
    public static string TextOf(Unit gas) => gas.Dimension == Dimension.CarbonDioxide ? "CO2" : "CO2e";

    /// <summary>The instrument of a number, or null.</summary>
    public Instrument? Find(string id) => _instruments.FirstOrDefault(i => i.Id == id);

    /// <summary>Takes from an instrument what is needed, and no more than it has left. kWh.</summary>
    public Fraction Draw(Instrument instrument, Fraction needed)
    {
        Fraction left = _left[instrument.Id],
            used = left < needed ? left : needed;
        if (!used.IsPositive)
        {
            return Fraction.Zero;
        }

        _left[instrument.Id] = left - used;
        return used;
    }

    /// <summary>What a kilowatt-hour of the instrument emitted: its own factor, or 0 where it has none.</summary>
    public CitedFactor FactorOf(Instrument instrument) =>
        instrument.Factor
        ?? new CitedFactor(
            new Rate(Fraction.Zero, _gas, Unit.KilowattHour),
            $"0 {_gas}/kWh",
            "GB/T 32151.34-2024, 5.2.6.1: non-fossil electricity with valid proof"
        );

    private string? Fault(Instrument instrument, string market, Period period)
    {
        string id = instrument.Id;
        if (!instrument.Energy.In(Unit.KilowattHour).Value.IsPositive)
        {
            return $"{id} is for {instrument.Energy}. It must be above 0.";
        }

        if (instrument.Market != market)
        {
            return $"{id} is for the market {instrument.Market}, the electricity was used in {market}.";
        }

        if (!period.Holds(instrument.Period))
        {
            return $"{id} is for {instrument.Period}, which is not within {period}. Use it in the period it is for.";
        }

        if (FaultOfKind(instrument) is { } fault)
        {
            return fault;
        }

        return instrument.Factor is { } factor && factor.Rate.Unit.Dimension != _gas.Dimension
            ? $"{id} has {factor.Text}, the account is in {TextOf(_gas)}."
            : null;
    }

    private static string? FaultOfKind(Instrument instrument)
    {
        string id = instrument.Id;
        switch (instrument.Kind)
        {
            case InstrumentKind.Certificate when instrument.Retired is null:
                return $"{id} is not retired. Until it is, others can claim it.";
            case InstrumentKind.Certificate when instrument.Retired < instrument.Period.From:
                return $"{id} was retired on {Period.Day(instrument.Retired.Value)}, before {instrument.Period.From:yyyy-MM-dd}, "
                    + "when its electricity began to be generated.";
            case InstrumentKind.Contract when string.IsNullOrWhiteSpace(instrument.Settlement):
                return $"{id} has no settlement. A contract alone does not prove a supply.";
            case InstrumentKind.Supplier when instrument.Factor is null:
                return $"{id} has no factor. A supplier's rate is one.";
            default:
                return null;
        }
    }
}
