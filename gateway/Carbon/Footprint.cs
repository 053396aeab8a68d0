using System.Numerics;

namespace EdgeGateway.Carbon;

/// <summary>What energy emitted.</summary>
public static class Footprint
{
    private static readonly BigInteger MicrogramsPerKilogram = BigInteger.Pow(10, 9);

    /// <summary>Energy × factor in whole micrograms of CO₂, rounded once, half to even.</summary>
    /// <param name="energy">All energy of the account in the interval: add first, round once.</param>
    /// <param name="factor">Kilograms of CO₂ a kilowatt-hour.</param>
    /// <exception cref="ArgumentException">The factor is in another unit.</exception>
    /// <exception cref="OverflowException">The amount is 2⁶³ µg (9.2 million tonnes) or more.</exception>
    public static long Micrograms(Energy energy, Factor factor)
    {
        if (factor.Unit != Factor.KilogramsPerKilowattHour)
        {
            throw new ArgumentException($"{factor.Key} is in {factor.Unit}. A footprint of energy takes {Factor.KilogramsPerKilowattHour}.", nameof(factor));
        }

        BigInteger rounded = Rounding.HalfEven(energy.Numerator * factor.Digits * MicrogramsPerKilogram, energy.Denominator * factor.Scale);
        return rounded <= long.MaxValue
            ? (long)rounded
            : throw new OverflowException($"A footprint of {rounded} µg of CO₂ does not fit 64 bits; no interval of a site emits 9.2 million tonnes.");
    }
}
