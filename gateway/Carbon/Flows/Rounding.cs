using System.Globalization;
using System.Numerics;
using Fractions;

namespace EdgeGateway.Carbon.Flows;

/// <summary>Rounds for people, half to even. Nothing is computed from what comes out.</summary>
public static class Rounding
{
    /// <summary>A fraction with so many decimals.</summary>
    public static string HalfEven(Fraction value, int decimals)
    {
        BigInteger numerator = BigInteger.Abs(value.Numerator) * BigInteger.Pow(10, decimals);
        BigInteger whole = BigInteger.DivRem(numerator, value.Denominator, out BigInteger rest);
        int half = (rest * 2).CompareTo(value.Denominator);
        whole += half > 0 || (half == 0 && !whole.IsEven) ? 1 : 0;
        return Text(value.Numerator.Sign < 0 && !whole.IsZero ? -whole : whole, decimals);
    }

    /// <summary>A whole number of units of 10^−digits with so many decimals.</summary>
    public static string HalfEven(Int128 units, int digits, int decimals) => HalfEven(new Fraction(units, BigInteger.Pow(10, digits)), decimals);

    /// <summary>A whole number of units of 10^−digits with all its decimals, without zeros at the end.</summary>
    public static string Exact(Int128 units, int digits) => Text(units, digits).TrimEnd('0').TrimEnd('.');

    /// <summary>The square root of a fraction, 0 or above, with so many decimals. Right to the last digit: no binary floating point is in it.</summary>
    public static string RootHalfEven(Fraction square, int decimals) => Text(Root(square, decimals), decimals);

    /// <summary>The square root of a fraction in units of 10^−decimals, half to even.</summary>
    internal static BigInteger Root(Fraction square, int decimals)
    {
        BigInteger numerator = square.Numerator * BigInteger.Pow(10, 2 * decimals);
        BigInteger root = Floor(numerator / square.Denominator);
        int half = (4 * numerator).CompareTo(((2 * root) + 1) * ((2 * root) + 1) * square.Denominator);
        return root + (half > 0 || (half == 0 && !root.IsEven) ? 1 : 0);
    }

    /// <summary>All digits of a whole number of units of 10^−decimals.</summary>
    internal static string Text(BigInteger units, int decimals)
    {
        string digits = BigInteger.Abs(units).ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        string text = decimals == 0 ? digits : $"{digits[..^decimals]}.{digits[^decimals..]}";
        return units.Sign < 0 ? "-" + text : text;
    }

    private static BigInteger Floor(BigInteger square)
    {
        if (square.IsZero)
        {
            return 0;
        }

        // Newton's method from above: the first step that does not fall is past the root.
        BigInteger root = BigInteger.One << (int)((square.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = (root + (square / root)) / 2;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }
}
