namespace EdgeGateway.Readings;

/// <summary>What one count of a chip's energy register is worth, milliwatt-hours: an exact fraction.</summary>
/// <param name="Numerator">Above 0.</param>
/// <param name="Denominator">Above 0.</param>
public readonly record struct CountWorth(long Numerator, long Denominator);
