namespace EdgeGateway.Readings;

/// <summary>A cumulative register as it stands at an instant: what it counts, what one count is worth, and the count.</summary>
/// <param name="Obis">What is counted.</param>
/// <param name="Quantum">What one count is worth.</param>
/// <param name="Count">Counts since the register began, 0 to 2⁶³−1. It never steps back.</param>
public readonly record struct Register(ObisCode Obis, Quantum Quantum, long Count)
{
    /// <summary>The register's value in its unit, exact.</summary>
    /// <exception cref="OverflowException">The value does not fit 28 digits.</exception>
    public decimal Value
    {
        get
        {
            decimal value = Count;
            for (int e = Quantum.Exponent; e > 0; e--)
            {
                value *= 10m;
            }

            for (int e = Quantum.Exponent; e < 0; e++)
            {
                value /= 10m;
            }

            return value;
        }
    }
}
