namespace EdgeGateway.Carbon.Accounts;

/// <summary>How electricity came to the site (GB/T 32151.34-2024, 5.2.6.1).</summary>
public enum Acquisition
{
    /// <summary>From the grid.</summary>
    Purchased,

    /// <summary>Made and used on the site.</summary>
    SelfGenerated,

    /// <summary>Over a line of its own from one plant.</summary>
    DirectLine,
}

/// <summary>What electricity was made from, as it was bought.</summary>
public enum PowerSource
{
    /// <summary>Whatever the grid holds.</summary>
    Ordinary,

    /// <summary>Wind, sun, water, nuclear, biomass: needs proof.</summary>
    NonFossil,

    /// <summary>Coal, oil, gas.</summary>
    Fossil,
}

/// <summary>What proves where electricity comes from, in the order of quality of the GHG Protocol Scope 2 Guidance.</summary>
public enum InstrumentKind
{
    /// <summary>A certificate: GEC, I-REC, GO, REC.</summary>
    Certificate,

    /// <summary>A contract with its settlement.</summary>
    Contract,

    /// <summary>The rate of a supplier.</summary>
    Supplier,

    /// <summary>The monthly original record of generation on the site or over a direct line. It proves only lines that name it.</summary>
    GenerationRecord,
}

/// <summary>A proof for an amount of electricity. Each is used once.</summary>
/// <param name="Id">Its number. No two instruments have the same.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Energy">How much it is for, above 0.</param>
/// <param name="Period">When the electricity was generated or supplied.</param>
/// <param name="Market">For which market it is, for example <c>CN</c>.</param>
/// <param name="Factor">What a kilowatt-hour of it emitted. Null: non-fossil, none. A supplier's rate always has one.</param>
public sealed record Instrument(string Id, InstrumentKind Kind, Quantity Energy, Period Period, string Market, CitedFactor? Factor)
{
    /// <summary>Of a certificate: the day on which it was retired for this site. Without it anybody can claim it again.</summary>
    public DateOnly? Retired { get; init; }

    /// <summary>Of a contract: the settlement that shows that it was carried out.</summary>
    public string? Settlement { get; init; }

    /// <summary>Where it is recorded.</summary>
    public string? Reference { get; init; }
}

/// <summary>Electricity that was used, by one way it came and one kind.</summary>
/// <param name="Activity">The energy.</param>
/// <param name="Acquisition">How it came.</param>
/// <param name="Attribute">What it was made from.</param>
public sealed record ElectricityLine(Activity Activity, Acquisition Acquisition, PowerSource Attribute)
{
    /// <summary>The grid's factor, for purchased electricity.</summary>
    public CitedFactor? Grid { get; init; }

    /// <summary>What fossil electricity emitted that was purchased as such or came over a direct line.</summary>
    public CitedFactor? Own { get; init; }

    /// <summary>Of non-fossil electricity: the numbers of the instruments that prove it.</summary>
    public IReadOnlyList<string> Proof { get; init; } = [];

    /// <summary>Of own non-fossil electricity: for how much of it certificates were sold. Whoever bought them claims it.</summary>
    public Quantity? CertificatesSold { get; init; }
}

/// <summary>Electricity or heat that was given to others.</summary>
/// <param name="Activity">The energy.</param>
/// <param name="Factor">Its own factor.</param>
public sealed record ExportLine(Activity Activity, CitedFactor Factor);

/// <summary>What was used of an instrument.</summary>
/// <param name="Instrument">Which.</param>
/// <param name="Used">kWh.</param>
/// <param name="Left">kWh. It is not carried into another period.</param>
public sealed record InstrumentUse(Instrument Instrument, Quantity Used, Quantity Left);
