using System.Numerics;
using Fractions;

namespace EdgeGateway.Carbon;

/// <summary>
/// The three rules by which an exact amount becomes a whole one. There is no other rounding in accounts and flows, and no binary floating
/// point.
/// </summary>
public static class Rounding
{
    private static readonly Int128 Narrow = (Int128)1 << 62;

    /// <summary>
    /// The nearest whole number; in the middle of two, the even one. For lines of accounts, footprints and all that is shown.
    /// </summary>
    public static BigInteger HalfEven(Fraction value)
    {
        BigInteger magnitude = BigInteger.DivRem(BigInteger.Abs(value.Numerator), value.Denominator, out BigInteger rest);
        int half = (rest * 2).CompareTo(value.Denominator);
        magnitude += half > 0 || (half == 0 && !magnitude.IsEven) ? 1 : 0;
        return value.Numerator.Sign < 0 ? -magnitude : magnitude;
    }

    /// <summary>The square root, which is no fraction, right to so many decimals, half to even. For uncertainties and power
    /// factors.</summary>
    /// <param name="square">0 or above.</param>
    /// <param name="decimals">Decimals of the result.</param>
    public static Fraction RootHalfEven(Fraction square, int decimals)
    {
        BigInteger scale = BigInteger.Pow(10, decimals);
        BigInteger numerator = square.Numerator * scale * scale;
        BigInteger root = Root(numerator / square.Denominator);
        int half = (4 * numerator).CompareTo(((2 * root) + 1) * ((2 * root) + 1) * square.Denominator);
        return new Fraction(root + (half > 0 || (half == 0 && !root.IsEven) ? 1 : 0), scale);
    }

    /// <summary>amount × part ÷ whole, the middle always up. For shares of flows; <see cref="Flows.Split"/> says why not to even.</summary>
    /// <param name="amount">0 or above.</param>
    /// <param name="part">0 or above.</param>
    /// <param name="whole">Above 0.</param>
    internal static Int128 ShareHalfUp(Int128 amount, Int128 part, Int128 whole) =>
        amount < Narrow && part < Narrow && whole < Narrow
            ? ((2 * amount * part) + whole) / (2 * whole)
            : (Int128)(((2 * (BigInteger)amount * part) + whole) / (2 * (BigInteger)whole));

    // The whole root, rounded down. Newton's method from above: the first step that does not fall is at the root.
    private static BigInteger Root(BigInteger square)
    {
        BigInteger root = BigInteger.One << (int)((square.GetBitLength() + 1) / 2);
        while (!square.IsZero)
        {
            BigInteger next = (root + (square / root)) / 2;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }

        return square;
    }
}
