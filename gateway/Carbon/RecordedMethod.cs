using EdgeGateway.Carbon.Accounts;
using Fractions;

namespace EdgeGateway.Carbon;

/// <summary>
/// How a recorded footprint comes from an amount: by texts that stand in its leaf, so that whoever reads the leaf computes the same. The
/// device makes them from a factor set and computes with what they say, a verifier reads them back.
/// </summary>
/// <remarks>
/// <code>
///   location-based   factor, value                                     amount × value
///   purchased-heat   factor, value                                     amount × value
///   location-by-slot series, [slot, value]                             amount × value
///   market-based     market, [factor, value]                           energy by instruments × their factors + the rest × value
///   combustion       factor/ncv, value/ncv, factor/carbon-content, …   amount [at base conditions, × density] × NCV
///                                                                      × carbon content × oxidation × 44/12
/// </code>
/// </remarks>
public sealed class RecordedMethod
{
    /// <summary>Electricity × the grid's factor: Scope 2, location-based.</summary>
    public const string LocationBased = "location-based";

    /// <summary>
    /// Electricity × the grid's intensity in the slot of time in which it was used: Scope 2, location-based (<see cref="SlotIntensity"/>).
    /// </summary>
    public const string LocationBySlot = "location-by-slot";

    /// <summary>Why a footprint by slots has no amount: the intensity of its slot has not been stated so far.</summary>
    public const string NoIntensity = "no-intensity";

    /// <summary>
    /// Why a footprint by slots never gets an amount: what was counted lies in several slots, and nobody knows how much in each.
    /// </summary>
    public const string StraddlesSlots = "straddles-intensities";

    /// <summary>
    /// Electricity by instruments in the order of their quality, then the residual mix: Scope 2, market-based
    /// (<see cref="MarketFootprint"/>).
    /// </summary>
    public const string MarketBased = "market-based";

    /// <summary>Purchased heat × its factor: Scope 2 (GB/T 32150-2025, 7.5.6).</summary>
    public const string PurchasedHeat = "purchased-heat";

    /// <summary>Fuel that is burnt, by its carbon: Scope 1 (<see cref="Accounts.Combustion.ByCarbon"/>).</summary>
    public const string Combustion = "combustion";

    private static readonly string[] FuelKinds = ["ncv", "carbon-content", "oxidation"];

    private readonly Func<Quantity, Claims?, MarketFootprint> _compute;

    private RecordedMethod(string name, IReadOnlyList<(string Name, string Text)> texts)
    {
        Name = name;
        Texts = texts;
        _compute = name switch
        {
            LocationBased or PurchasedHeat => ByFactor(),
            Combustion => ByCarbon(),
            MarketBased => ByMarket(),
            LocationBySlot => BySlot(),
            _ => throw new CarbonException(
                $"The method '{Exact.Shown(name)}' is not known. There are {LocationBased}, {LocationBySlot}, {MarketBased}, "
                    + $"{PurchasedHeat} and {Combustion}."
            ),
        };
    }

    /// <summary>The name of the method, such as <see cref="LocationBased"/>.</summary>
    public string Name { get; }

    /// <summary>The formula by which it is computed.</summary>
    public string Formula =>
        Name switch
        {
            Combustion => "amount × NCV × carbon content × oxidation × 44/12",
            MarketBased => "Σ energy of an instrument × its factor + the rest × value",
            _ => "amount × value",
        };

    /// <summary>Whether instruments count in it.</summary>
    public bool TakesInstruments => Name == MarketBased;

    /// <summary>The series whose intensities count in it, or null.</summary>
    public string? Series => Name == LocationBySlot ? TextOf("series") : null;

    /// <summary>The name of the slot of time whose intensity counts. Null where none is stated.</summary>
    public string? Slot => Texts.FirstOrDefault(t => t.Name == "slot").Text;

    /// <summary>The value with unit of the one factor or intensity. Null where there is none, or several.</summary>
    public string? Value => Texts.FirstOrDefault(t => t.Name == "value").Text;

    /// <summary>Standard and clause of the formula.</summary>
    public string Source =>
        Name switch
        {
            LocationBySlot =>
                "GHG Protocol Scope 2 Guidance, location-based method, with the grid's intensity in each slot as its publisher states it",
            LocationBased => "GB/T 32150-2025, purchased electricity; GHG Protocol Scope 2 Guidance, location-based method",
            MarketBased => "GHG Protocol Scope 2 Guidance, chapters 6 and 7, market-based method; GB/T 32151.34-2024, 5.2.6.1 and D.1.1",
            PurchasedHeat => "GB/T 32150-2025, 7.5.6 to 7.5.7",
            _ => "GB/T 32150, fuel combustion; 44/12 is kg CO2 per kg carbon",
        };

    /// <summary>What the leaf states of the method, beside its name.</summary>
    public IReadOnlyList<(string Name, string Text)> Texts { get; }

    /// <summary>Each factor's name in its set, and its value with unit as the leaf states it.</summary>
    public IEnumerable<(string Key, string Value)> Factors =>
        Texts
            .Where(t => t.Name.StartsWith("factor", StringComparison.Ordinal))
            .Select(t => (t.Text, TextOf("value" + t.Name["factor".Length..])));

    /// <summary>Electricity or purchased heat by one factor.</summary>
    /// <exception cref="CarbonException">The factor is not one of CO₂ per energy.</exception>
    public static RecordedMethod OfEnergy(string name, Factor factor) =>
        new(name, [("factor", factor.Key.ToString()), ("value", $"{factor.Value} {factor.Unit}")]);

    /// <summary>Purchased electricity by instruments.</summary>
    /// <param name="market">The market that instruments must be for, such as <c>CN</c>.</param>
    /// <param name="residual">The factor of what no instrument is for. Null: such electricity has no amount.</param>
    /// <exception cref="CarbonException">The factor is not one of CO₂ per energy, or is 0.</exception>
    public static RecordedMethod OfMarket(string market, Factor? residual) =>
        new(
            MarketBased,
            [
                ("market", market),
                .. residual is null
                    ? Array.Empty<(string, string)>()
                    : [("factor", residual.Key.ToString()), ("value", $"{residual.Value} {residual.Unit}")],
            ]
        );

    /// <summary>Electricity by the intensity of a slot.</summary>
    /// <param name="series">The name of the series.</param>
    /// <param name="intensity">The intensity of the slot in which all of it was used. Null: there is no amount.</param>
    /// <param name="because">Why there is none, <see cref="NoIntensity"/> or <see cref="StraddlesSlots"/>.</param>
    public static RecordedMethod OfSlot(string series, SlotIntensity? intensity, string because = NoIntensity) =>
        new(
            LocationBySlot,
            intensity is null
                ? [("series", series), ("none", because)]
                : [("series", series), ("slot", intensity.Name), ("value", intensity.Value)]
        );

    /// <summary>A fuel that is burnt.</summary>
    /// <param name="netCalorificValue">GJ(NCV) per t or 1e4Nm3.</param>
    /// <param name="carbonContent">tC/GJ(NCV).</param>
    /// <param name="oxidation">The share that burns.</param>
    /// <param name="conditions">What makes of the amount one that the calorific value is for.</param>
    /// <exception cref="CarbonException">Units do not fit.</exception>
    public static RecordedMethod OfFuel(Factor netCalorificValue, Factor carbonContent, Factor oxidation, FuelConditions conditions) =>
        new(
            Combustion,
            [
                .. FuelKinds
                    .Zip([netCalorificValue, carbonContent, oxidation])
                    .SelectMany(f =>
                        new[] { ($"factor/{f.First}", f.Second.Key.ToString()), ($"value/{f.First}", $"{f.Second.Value} {f.Second.Unit}") }
                    ),
                .. conditions.Texts,
            ]
        );

    /// <summary>Reads a method back from a leaf.</summary>
    /// <param name="name">What the leaf names.</param>
    /// <param name="texts">All texts of the leaf; those of the method are taken.</param>
    /// <exception cref="CarbonException">It is not one of the methods, or lacks something.</exception>
    public static RecordedMethod Read(string name, IEnumerable<(string Name, string Text)> texts) =>
        new(
            name,
            [
                .. texts.Where(t =>
                    t.Name.Split('/')[0] is "factor" or "value" or "market"
                    || (name == LocationBySlot && t.Name is "series" or "slot" or "none")
                    || FuelConditions.Names.Contains(t.Name)
                ),
            ]
        );

    /// <summary>The footprint of an amount in whole micrograms of CO₂, rounded once, half to even.</summary>
    /// <exception cref="CarbonException">The amount is of another kind than the method is for, its footprint does not fit 64 bits, or there
    /// is none.</exception>
    public long Micrograms(Quantity amount) =>
        _compute(amount, null) is { Micrograms: { } micrograms }
            ? micrograms
            : throw new CarbonException($"The method {Name} gives no amount here.");

    /// <summary>The footprint of an amount, or why there is none.</summary>
    /// <param name="amount">What was used.</param>
    /// <param name="claims">The instruments of the period; only where the method takes them.</param>
    /// <exception cref="CarbonException">The amount is of another kind than the method is for, its footprint does not fit 64 bits, or an
    /// instrument does not hold.</exception>
    public MarketFootprint Footprint(Quantity amount, Claims? claims) => _compute(amount, claims);

    /// <summary>
    /// All that the method states but the values of its factors. Two methods with the same terms are the same method, of which factors were
    /// corrected.
    /// </summary>
    public string Terms =>
        string.Join('\n', [Name, .. Texts.Where(t => t.Name.Split('/')[0] != "value").Select(t => $"{t.Name}={t.Text}")]);

    // Computes an amount where instruments play no part.
    private static Func<Quantity, Claims?, MarketFootprint> WithoutInstruments(Func<Quantity, long> compute) =>
        (amount, claims) =>
            claims is null
                ? new MarketFootprint(compute(amount), null, [], new Quantity(Fraction.Zero, Unit.KilowattHour))
                : throw new CarbonException("Only the market-based method takes instruments.");

    private Func<Quantity, Claims?, MarketFootprint> ByFactor()
    {
        Rate rate = CitedFactor.Given(TextOf("value"), TextOf(Name == LocationBySlot ? "slot" : "factor")).Rate;
        if (rate.Value.IsNegative)
        {
            throw new CarbonException($"The method {Name} has the value {Exact.Shown(Value!)}. Nothing emits less than 0.");
        }

        Fraction perKilowattHour = rate.Value * rate.Unit.In(Unit.KilogramCarbonDioxide) / rate.Per.In(Unit.KilowattHour);
        return WithoutInstruments(amount => Exact.Micrograms(amount.In(Unit.KilowattHour).Value * perKilowattHour));
    }

    private Func<Quantity, Claims?, MarketFootprint> BySlot()
    {
        if (Value is not null)
        {
            return ByFactor();
        }

        return (_, claims) =>
            claims is null
                ? new MarketFootprint(null, TextOf("none"), [], new Quantity(Fraction.Zero, Unit.KilowattHour))
                : throw new CarbonException("Only the market-based method takes instruments.");
    }

    private Func<Quantity, Claims?, MarketFootprint> ByMarket()
    {
        string market = TextOf("market");
        CitedFactor? residual = Texts.Any(t => t.Name == "factor") ? CitedFactor.Given(TextOf("value"), TextOf("factor")) : null;
        if (residual is not null)
        {
            // Refuses a factor that is not one of CO₂ per energy.
            _ = residual.Rate.Unit.In(Unit.KilogramCarbonDioxide) / residual.Rate.Per.In(Unit.KilowattHour);
        }

        return (amount, claims) => MarketFootprint.Of(amount, market, residual, claims);
    }

    private Func<Quantity, Claims?, MarketFootprint> ByCarbon()
    {
        CitedFactor[] factors = [.. FuelKinds.Select(k => CitedFactor.Given(TextOf($"value/{k}"), TextOf($"factor/{k}")))];
        FuelConditions conditions = FuelConditions.Read(name => Texts.FirstOrDefault(t => t.Name == name).Text);
        return WithoutInstruments(amount =>
            Accounts
                .Combustion.ByCarbon(
                    new Activity("fuel", conditions.Apply(amount), null, DataOrigin.Automatic),
                    new FuelFactors(factors[0], factors[1], factors[2])
                )
                .Micrograms
        );
    }

    private string TextOf(string name) =>
        Texts.FirstOrDefault(t => t.Name == name).Text ?? throw new CarbonException($"The method {Name} lacks '{name}'.");
}

/// <summary>What makes of a fuel's metered or delivered amount one that its calorific value is for.</summary>
/// <param name="Base">Nm3 or Sm3 of a gas: without pressure and temperature the amount is at that base already. Null: the fuel is no
/// gas.</param>
/// <param name="Pressure">The pressure of the gas in the meter.</param>
/// <param name="Temperature">The temperature of the gas in the meter.</param>
/// <param name="Density">The density of a liquid that comes in litres, kg/l.</param>
public sealed record FuelConditions(
    string? Base = null,
    DeclaredPressure? Pressure = null,
    Temperature? Temperature = null,
    CitedFactor? Density = null
)
{
    /// <summary>The names of the texts in a leaf.</summary>
    public static IReadOnlyList<string> Names { get; } =
    ["base", "pressure", "ambient-pressure", "temperature", "density", "density-source"];

    /// <summary>The conditions as texts of a leaf.</summary>
    public IEnumerable<(string Name, string Text)> Texts =>
        new (string Name, string? Text)[]
        {
            ("base", Base),
            ("pressure", PressureText),
            ("ambient-pressure", Pressure?.Ambient?.ToString()),
            ("temperature", Temperature?.Text),
            ("density", Density?.Text),
            ("density-source", Density?.Source),
        }
            .Where(t => t.Text is not null)
            .Select(t => (t.Name, t.Text!));

    private string? PressureText
    {
        get
        {
            if (Pressure is null)
            {
                return null;
            }

            string reference = Pressure.Ambient is null ? "absolute" : "gauge";
            return $"{Pressure.Value} {reference}";
        }
    }

    /// <summary>Reads the conditions back from the texts of a leaf.</summary>
    /// <exception cref="CarbonException">A text is not what it should be.</exception>
    public static FuelConditions Read(Func<string, string?> textOf) =>
        new(
            textOf("base"),
            PressureOf(textOf("pressure"), textOf("ambient-pressure")),
            textOf("temperature") is { } temperature ? Carbon.Temperature.Parse(temperature) : null,
            textOf("density") is { } density ? CitedFactor.Given(density, textOf("density-source") ?? "") : null
        );

    /// <summary>The amount that the calorific value is for.</summary>
    /// <exception cref="CarbonException">The amount is no volume, and must be.</exception>
    public Quantity Apply(Quantity amount) =>
        this switch
        {
            { Density: { } density } => amount.Unit.Dimension == Dimension.Mass ? amount : amount * density.Rate,
            { Base: { } named, Pressure: { } pressure, Temperature: { } temperature } => GasVolume
                .ToBase(amount, pressure, temperature, null, Unit.Parse(named))
                .Value,
            { Base: { } named } => new Quantity(amount.In(Unit.Parse("m3")).Value, Unit.Parse(named)),
            _ => amount,
        };

    private static DeclaredPressure? PressureOf(string? pressure, string? ambient)
    {
        const string Absolute = " absolute",
            Gauge = " gauge";
        if (pressure is null)
        {
            return null;
        }

        if (pressure.EndsWith(Absolute, StringComparison.Ordinal))
        {
            return new DeclaredPressure(Quantity.Parse(pressure[..^Absolute.Length]), null);
        }

        return pressure.EndsWith(Gauge, StringComparison.Ordinal) && ambient is not null
            ? new DeclaredPressure(Quantity.Parse(pressure[..^Gauge.Length]), Quantity.Parse(ambient))
            : throw new CarbonException(
                $"The pressure '{Exact.Shown(pressure)}' does not say whether it is absolute, or gauge with an ambient pressure."
            );
    }
}
