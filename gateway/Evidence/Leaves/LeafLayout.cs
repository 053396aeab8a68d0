namespace EdgeGateway.Evidence.Leaves;

/// <summary>What a record states.</summary>
internal enum LeafForm
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A whole number of 0 or more, without a unit.</summary>
    Count,

    /// <summary>Unix time in seconds.</summary>
    Instant,

    /// <summary>A number with its unit.</summary>
    Quantity,

    /// <summary>A number with its unit, or a text that says why there is none.</summary>
    QuantityOrReason,

    /// <summary>Whole micrograms, as kilograms with nine decimals, or a text that says why there is no amount.</summary>
    AmountOrReason,

    /// <summary>Whether a condition has begun or ended.</summary>
    State,

    /// <summary>Any text, or a number with or without a unit.</summary>
    Statement,

    /// <summary>Bytes.</summary>
    Bytes,
}

/// <summary>Whether a leaf has a label.</summary>
internal enum LeafLabel
{
    Never,
    May,
    Must,
}

/// <summary>A record at its place.</summary>
/// <param name="Name">Its name; null: any.</param>
/// <param name="Form">What it states.</param>
/// <param name="Optional">It may be absent.</param>
internal sealed record LayoutRecord(string? Name, LeafForm Form, bool Optional = false);

/// <summary>Records after those that have their places, any number.</summary>
/// <param name="Fits">Which names they have.</param>
/// <param name="Form">What each states.</param>
internal sealed record LayoutRest(Func<string, bool> Fits, LeafForm Form);

/// <summary>What a type of leaf holds. Part of the recorded format: a type may get further optional records at its end, nothing else ever
/// changes.</summary>
/// <param name="First">The records that have their places.</param>
/// <param name="Rest">Those after them; null: none.</param>
internal sealed record LeafLayout(LayoutRecord[] First, LayoutRest? Rest = null)
{
    public LeafLabel Group { get; init; }

    public LeafLabel Config { get; init; }

    public LeafLabel Factors { get; init; }

    public LeafLabel ComputedFrom { get; init; }

    /// <summary>The records of <see cref="Rest"/> may have a quality, an accuracy class and a time of their own.</summary>
    public bool Measured { get; init; }

    /// <summary>Whether a name is a meter and something of it: exactly one slash, with something on either side.</summary>
    public static bool IsMeterName(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < name.Length - 1 && name.IndexOf('/', slash + 1) < 0;
    }

    /// <summary>Whether a name has several parts.</summary>
    public static bool IsPath(string name) => name.Contains('/', StringComparison.Ordinal);
}
