using System.Globalization;
using System.Numerics;
using EdgeGateway.Readings;

namespace EdgeGateway.Carbon;

/// <summary>An amount of energy in kilowatt-hours, exact: a fraction, 0 or above. The default value is 0 kWh.</summary>
/// <remarks>A fraction, because an impulse of a meter with 6 impulses a kilowatt-hour is worth 0.1666… kWh, which no decimal holds.</remarks>
public readonly record struct Energy
{
    private readonly BigInteger _denominatorLessOne;

    private Energy(BigInteger numerator, BigInteger denominator)
    {
        BigInteger common = BigInteger.GreatestCommonDivisor(numerator, denominator);
        (Numerator, _denominatorLessOne) = (numerator / common, (denominator / common) - 1);
    }

    /// <summary>Over <see cref="Denominator"/>, in lowest terms: kilowatt-hours.</summary>
    public BigInteger Numerator { get; }

    /// <summary>1 or above.</summary>
    public BigInteger Denominator => _denominatorLessOne + 1;

    /// <summary>The energy between two states of a register that counts watt-hours.</summary>
    /// <param name="counts">Counts between them, 0 or above: registers never step back.</param>
    /// <param name="quantum">What a count is worth: 10^e Wh with e from −12 to 12.</param>
    /// <exception cref="ArgumentOutOfRangeException">The counts are negative, or the quantum is not one of watt-hours.</exception>
    public static Energy FromCounts(long counts, Quantum quantum)
    {
        RefuseNegative(counts, nameof(counts));
        if (quantum.Unit != "Wh" || quantum.Exponent is < -12 or > 12)
        {
            throw new ArgumentOutOfRangeException(nameof(quantum), quantum, "Only watt-hours have a footprint, 10^-12 to 10^12 Wh a count.");
        }

        return quantum.Exponent < 3
            ? new Energy(counts, BigInteger.Pow(10, 3 - quantum.Exponent))
            : new Energy(counts * BigInteger.Pow(10, quantum.Exponent - 3), 1);
    }

    /// <summary>The energy that a pulse meter's impulses stand for.</summary>
    /// <param name="impulses">0 or above.</param>
    /// <param name="impulsesPerKilowattHour">The impulse constant on the meter's plate, a decimal text above 0, as in <c>6400</c> or <c>0.5</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The impulses are negative.</exception>
    /// <exception cref="FormatException">The constant is not a number above 0.</exception>
    public static Energy FromImpulses(long impulses, string impulsesPerKilowattHour)
    {
        RefuseNegative(impulses, nameof(impulses));
        string[] parts = impulsesPerKilowattHour.Split('.');
        bool number = parts.Length <= 2 && parts.All(p => p.Length is > 0 and <= 18 && p.All(char.IsAsciiDigit));
        BigInteger digits = number ? BigInteger.Parse(string.Concat(parts), NumberStyles.None, CultureInfo.InvariantCulture) : 0;
        return digits > 0
            ? new Energy(impulses * BigInteger.Pow(10, parts.Length == 2 ? parts[1].Length : 0), digits)
            : throw new FormatException($"'{impulsesPerKilowattHour}' is not an impulse constant. Write impulses a kilowatt-hour, as in 6400.");
    }

    /// <summary>Adds exactly.</summary>
    public static Energy operator +(Energy left, Energy right) => Add(left, right);

    /// <summary>Adds exactly.</summary>
    public static Energy Add(Energy left, Energy right) =>
        new((left.Numerator * right.Denominator) + (right.Numerator * left.Denominator), left.Denominator * right.Denominator);

    private static void RefuseNegative(long counts, string name)
    {
        if (counts < 0)
        {
            throw new ArgumentOutOfRangeException(
                name, counts, "Registers never step back, so the energy between two of their states is not negative. Are the two states swapped?");
        }
    }
}
