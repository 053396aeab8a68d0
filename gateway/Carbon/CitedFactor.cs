namespace EdgeGateway.Carbon;

/// <summary>A factor and who says so: from a factor set, or given with its source by the person who accounts.</summary>
/// <param name="Rate">Value and unit.</param>
/// <param name="Text">The value with its published digits, and the unit.</param>
/// <param name="Source">Who published it, where and when; clause.</param>
public sealed record CitedFactor(Rate Rate, string Text, string Source)
{
    /// <summary>The name of the factor in its set. Null: it was given.</summary>
    public FactorKey? Key { get; init; }

    /// <summary>Name and version of the set, as in <c>cn-grid-2023/1</c>.</summary>
    public string? Set { get; init; }

    /// <summary>How well the transcription is confirmed: C by two independent ones, S by one. Null: it was given.</summary>
    public string? Confidence { get; init; }

    /// <summary>The uncertainty, percent at 95 % confidence. Null: not known.</summary>
    public string? Uncertainty { get; init; }

    /// <summary>What to know about the choice.</summary>
    public string? Note { get; init; }

    /// <summary>A factor of somebody's own, for example from a laboratory or a supplier.</summary>
    /// <exception cref="CarbonException">It is no factor, is negative, or has no source.</exception>
    public static CitedFactor Given(string text, string source)
    {
        var rate = Rate.Parse(text);
        if (rate.Value.IsNegative)
        {
            throw new CarbonException($"{text} is negative. No factor is; a negative intensity comes from a wrong sum.");
        }

        if (string.IsNullOrWhiteSpace(source))
        {
            throw new CarbonException($"{text} has no source. Write who states it, where and when.");
        }

        string published = rate.Unit == Unit.One ? text[..text.IndexOf(' ', StringComparison.Ordinal)] : text;
        return new CitedFactor(rate, published, source);
    }

    /// <summary>As an input of a formula.</summary>
    public Input AsInput(string name) => new(name, Text, null) { Factor = this };
}
