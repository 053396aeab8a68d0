using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Fractions;

namespace EdgeGateway.Carbon;

/// <summary>Exact numbers: as they are read, recorded and shown.</summary>
public static partial class Exact
{
    private const int MostExponent = 30;

    private static readonly Fraction MicrogramsPerKilogram = new(BigInteger.Pow(10, 9));

    /// <summary>Reads a decimal number, as in <c>1234.5</c>, <c>-0.50</c> or <c>5e-4</c>.</summary>
    /// <exception cref="CarbonException">It is no such number, or longer than 40 digits, or its exponent is beyond ±30.</exception>
    public static Fraction Parse(string text) =>
        TryParse(text, out Fraction value)
            ? value
            : throw new CarbonException(
                $"'{Shown(text)}' is not a number. Write up to 40 digits with a point, as in 1234.5, if need be with an exponent up to e30."
            );

    /// <summary>Reads a decimal number. Gives whether it is one.</summary>
    public static bool TryParse(string text, out Fraction value)
    {
        value = Fraction.Zero;
        Match number = Number().Match(text);
        string digits = number.Groups["whole"].Value + number.Groups["decimals"].Value;
        if (
            !number.Success
            || digits.Length > 40
            || (
                number.Groups["exponent"] is { Success: true } e
                && (e.Length > 3 || Math.Abs(int.Parse(e.Value, CultureInfo.InvariantCulture)) > MostExponent)
            )
        )
        {
            return false;
        }

        int exponent = number.Groups["exponent"].Success ? int.Parse(number.Groups["exponent"].Value, CultureInfo.InvariantCulture) : 0;
        exponent -= number.Groups["decimals"].Length;
        BigInteger mantissa = BigInteger.Parse(number.Groups["sign"].Value + digits, CultureInfo.InvariantCulture);
        value =
            exponent < 0 ? new Fraction(mantissa, BigInteger.Pow(10, -exponent)) : new Fraction(mantissa * BigInteger.Pow(10, exponent));
        return true;
    }

    /// <summary>Kilograms as whole micrograms, rounded once, half to even: what a line of an account records.</summary>
    /// <exception cref="CarbonException">The amount is 2⁶³ µg (9.2 million tonnes) or more, either way.</exception>
    public static long Micrograms(Fraction kilograms)
    {
        BigInteger rounded = Rounding.HalfEven(kilograms * MicrogramsPerKilogram);
        return rounded >= long.MinValue && rounded <= long.MaxValue
            ? (long)rounded
            : throw new CarbonException($"{rounded} µg do not fit 64 bits: a line of an account is at most 9.2 million tonnes. Split it.");
    }

    /// <summary>For display: with so many decimals, half to even. Nothing is computed from what comes out.</summary>
    public static string Display(Fraction value, int decimals = 6) =>
        Digits(Rounding.HalfEven(value * new Fraction(BigInteger.Pow(10, decimals))), decimals);

    /// <summary>The exact value: as a decimal where it is one of up to 40 decimals, else as numerator/denominator in lowest
    /// terms.</summary>
    public static string Text(Fraction value)
    {
        if (value.Denominator.IsOne)
        {
            return value.Numerator.ToString(CultureInfo.InvariantCulture);
        }

        BigInteger rest = value.Denominator;
        int twos = 0,
            fives = 0;
        for (; rest.IsEven && twos < 41; twos++, rest /= 2) { }

        for (; rest % 5 == 0 && fives < 41; fives++, rest /= 5) { }

        int decimals = Math.Max(twos, fives);
        return rest.IsOne && decimals <= 40
            ? Digits(value.Numerator * BigInteger.Pow(10, decimals) / value.Denominator, decimals)
            : string.Create(CultureInfo.InvariantCulture, $"{value.Numerator}/{value.Denominator}");
    }

    /// <summary>The exact value where its text is at most 16 characters long, else as <see cref="Display"/> shows it.</summary>
    public static string Brief(Fraction value)
    {
        string exact = Text(value);
        return exact.Length <= 16 ? exact : Display(value);
    }

    /// <summary>A text from outside, short enough for a message.</summary>
    internal static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static string Digits(BigInteger units, int decimals)
    {
        string digits = BigInteger.Abs(units).ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        string text = decimals == 0 ? digits : $"{digits[..^decimals]}.{digits[^decimals..]}";
        return units.Sign < 0 ? "-" + text : text;
    }

    [GeneratedRegex(
        @"^(?<sign>-?)(?<whole>[0-9]{1,40})(\.(?<decimals>[0-9]{1,40}))?([eE](?<exponent>[+-]?[0-9]{1,4}))?\z",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Number();
}
