using System.Globalization;
using System.Numerics;
using EdgeGateway.Readings;
using Fractions;

namespace EdgeGateway.Carbon;

/// <summary>What a meter counted between two states of its register, or what was entered, exact.</summary>
/// <remarks>A fraction, because an impulse of a meter with 6 impulses a kilowatt-hour is worth 0.1666… kWh, which no decimal
/// holds.</remarks>
public static class MeteredAmount
{
    /// <summary>The energy between two states of a register that counts watt-hours, kWh.</summary>
    /// <param name="counts">Counts between them, 0 or above: registers never step back.</param>
    /// <param name="quantum">What a count is worth: 10^e Wh with e from −12 to 12.</param>
    /// <exception cref="ArgumentOutOfRangeException">The counts are negative, or the quantum is not one of watt-hours.</exception>
    public static Quantity FromCounts(long counts, Quantum quantum)
    {
        RefuseNegative(counts, nameof(counts));
        if (quantum is not { Unit: "Wh", Exponent: >= -12 and <= 12 })
        {
            throw new ArgumentOutOfRangeException(
                nameof(quantum),
                quantum,
                "Only watt-hours have a footprint, 10^-12 to 10^12 Wh a count."
            );
        }

        Fraction kilowattHours =
            quantum.Exponent < 3
                ? new Fraction(counts, BigInteger.Pow(10, 3 - quantum.Exponent))
                : new Fraction(counts * BigInteger.Pow(10, quantum.Exponent - 3));
        return new Quantity(kilowattHours, Unit.KilowattHour);
    }

    /// <summary>What a pulse meter's impulses stand for.</summary>
    /// <param name="impulses">0 or above.</param>
    /// <param name="impulsesPerUnit">The impulse constant on the meter's plate, a decimal text above 0, as in <c>6400</c> or
    /// <c>0.5</c>.</param>
    /// <param name="unit">Of what the constant is: kWh or m3.</param>
    /// <exception cref="ArgumentOutOfRangeException">The impulses are negative.</exception>
    /// <exception cref="FormatException">The constant is not a number above 0.</exception>
    public static Quantity FromImpulses(long impulses, string impulsesPerUnit, Unit unit)
    {
        RefuseNegative(impulses, nameof(impulses));
        string[] parts = impulsesPerUnit.Split('.');
        bool number = parts.Length <= 2 && parts.All(p => p.Length is > 0 and <= 18 && p.All(char.IsAsciiDigit));
        BigInteger digits = number ? BigInteger.Parse(string.Concat(parts), NumberStyles.None, CultureInfo.InvariantCulture) : 0;
        int decimals = parts.Length == 2 ? parts[1].Length : 0;
        return digits > 0
            ? new Quantity(new Fraction(impulses * BigInteger.Pow(10, decimals), digits), unit)
            : throw new FormatException($"'{impulsesPerUnit}' is not an impulse constant. Write impulses per {unit}, as in 6400.");
    }

    /// <summary>An amount as a leaf records it, in a unit registered for SenML.</summary>
    /// <exception cref="CarbonException">Nothing is accounted in this unit.</exception>
    public static Quantity FromRecord(long mantissa, int exponent, string unit)
    {
        Fraction value =
            new Fraction(mantissa)
            * (exponent < 0 ? new Fraction(1, BigInteger.Pow(10, -exponent)) : new Fraction(BigInteger.Pow(10, exponent)));
        return unit switch
        {
            "J" => new Quantity(value / new Fraction(1000), Unit.Parse("kJ")),
            "count" => new Quantity(value, Unit.Parse("pieces")),
            "m2" or "W" => new Quantity(value, Unit.Parse($"{{{unit}}}")), // units of products only
            _ => new Quantity(value, Unit.Parse(unit)),
        };
    }

    private static void RefuseNegative(long counts, string name)
    {
        if (counts < 0)
        {
            throw new ArgumentOutOfRangeException(
                name,
                counts,
                "Registers never step back, so what is between two of their states is not negative. Are the two states swapped?"
            );
        }
    }
}
