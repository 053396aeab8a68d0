namespace EdgeGateway.Readings;

/// <summary>What one count of a register is worth: 10^<paramref name="Exponent"/> <paramref name="Unit"/>.</summary>
/// <param name="Unit">A unit registered for SenML (RFC 8428 §12.1, RFC 8798, RFC 9100), for example <c>Wh</c>, <c>VAh</c>,
/// <c>count</c>.</param>
/// <param name="Exponent">Power of ten, for example −3: one count is a milliwatt-hour.</param>
/// <remarks>A register keeps its own quantum for ever: 1.50 is not 1.5, and neither is rewritten as the other.</remarks>
public readonly record struct Quantum(string Unit, int Exponent)
{
    /// <summary>One milliwatt-hour.</summary>
    public static Quantum MilliwattHour { get; } = new("Wh", -3);

    /// <summary>One millivolt-ampere-hour.</summary>
    public static Quantum MillivoltAmpereHour { get; } = new("VAh", -3);

    /// <summary>
    /// One impulse. What an impulse is worth is configuration: 6 400 imp/kWh is 156.25 mWh, and no unit holds all constants exactly.
    /// </summary>
    public static Quantum Impulse { get; } = new("count", 0);
}
