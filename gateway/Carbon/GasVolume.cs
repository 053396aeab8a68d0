using Fractions;

namespace EdgeGateway.Carbon;

/// <summary>A pressure that says what it is counted from.</summary>
/// <param name="Value">What the instrument shows.</param>
/// <param name="Ambient">Of a gauge pressure: the absolute pressure of the air around. Null: the pressure is absolute.</param>
public sealed record DeclaredPressure(Quantity Value, Quantity? Ambient)
{
    /// <summary>Above vacuum, kPa.</summary>
    /// <exception cref="CarbonException">It is no pressure, or not above vacuum.</exception>
    public Quantity Absolute
    {
        get
        {
            Unit kilopascal = Unit.Parse("kPa");
            Quantity absolute = (Ambient is null ? Value : Value + Ambient).In(kilopascal);
            if (
                Ambient is not null
                && (Ambient.In(kilopascal).Value < new Fraction(50) || Ambient.In(kilopascal).Value > new Fraction(110))
            )
            {
                throw new CarbonException($"An ambient pressure of {Ambient} does not occur where people work. Write 50 to 110 kPa.");
            }

            return absolute.Value.IsPositive
                ? absolute
                : throw new CarbonException($"{this} is not above vacuum. Is it a gauge pressure? Then give the ambient pressure.");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Ambient is null ? $"{Value} absolute" : $"{Value} gauge + {Ambient} ambient";
}

/// <summary>A temperature.</summary>
/// <param name="Kelvin">Above 0 K.</param>
/// <param name="Text">As it was given.</param>
public sealed record Temperature(Fraction Kelvin, string Text)
{
    private static readonly Fraction Zero = new(27315, 100);

    /// <summary>Degrees Celsius.</summary>
    public Fraction Celsius => Kelvin - Zero;

    /// <summary>Reads <c>18.5 °C</c> or <c>291.65 K</c>.</summary>
    /// <exception cref="CarbonException">It is no such text, or not between 0 K and 2000 K.</exception>
    public static Temperature Parse(string text)
    {
        string[] parts = text.Split(' ');
        if (parts.Length != 2 || parts[1] is not ("°C" or "K") || !Exact.TryParse(parts[0], out Fraction value))
        {
            throw new CarbonException($"'{Exact.Shown(text)}' is not a temperature. Write 18.5 °C or 291.65 K.");
        }

        Fraction kelvin = parts[1] == "K" ? value : value + Zero;
        return kelvin.IsPositive && kelvin < new Fraction(2000)
            ? new Temperature(kelvin, text)
            : throw new CarbonException($"{text} is not between 0 K and 2000 K.");
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Volumes of gas at base conditions.</summary>
public static class GasVolume
{
    private static readonly Fraction BaseKilopascal = new(101_325, 1000);

    /// <summary>A meter's volume at a base: V · p/101.325 kPa · T_base/T · 1/Z (real gas law, ISO 13443).</summary>
    /// <param name="actual">What the meter counted, l or m3.</param>
    /// <param name="pressure">Of the gas in the meter.</param>
    /// <param name="temperature">Of the gas in the meter.</param>
    /// <param name="compressibility">Z at the meter over Z at the base; null takes 1 and says so.</param>
    /// <param name="toBase">Nm3 (0 °C) or Sm3 (20 °C).</param>
    /// <param name="reference">Where the volume was read.</param>
    /// <exception cref="CarbonException">A quantity is not what it should be.</exception>
    public static Derived ToBase(
        Quantity actual,
        DeclaredPressure pressure,
        Temperature temperature,
        Fraction? compressibility,
        Unit toBase,
        string? reference = null
    )
    {
        Fraction z = compressibility ?? Fraction.One;
        if (z < new Fraction(1, 5) || z > Fraction.Two)
        {
            throw new CarbonException($"A compressibility of {Exact.Text(z)} is none of a gas in a meter. Write 0.2 to 2.");
        }

        Quantity cubicMetres = actual.In(Unit.Parse("m3"));
        var value = new Quantity(
            cubicMetres.Value * pressure.Absolute.Value / BaseKilopascal * BaseKelvin(toBase) / temperature.Kelvin / z,
            toBase
        );
        return new Derived(
            value,
            new Derivation(
                $"V · p/101.325 kPa · {Exact.Text(BaseKelvin(toBase))} K/T · 1/Z",
                "real gas law, base conditions as ISO 13443 states them"
            )
            {
                Inputs =
                [
                    new("V", actual.ToString(), reference),
                    new("p", pressure.ToString(), reference),
                    new("T", temperature.ToString(), reference),
                    new("Z", Exact.Text(z), null),
                ],
                Notes = compressibility is null ? ["The gas is taken as ideal: no compressibility was given."] : [],
            }
        );
    }

    /// <summary>From one base to the other: the ratio of 273.15 K and 293.15 K, the gas taken as ideal.</summary>
    /// <exception cref="CarbonException">It is not a volume at a base, or the base is not one.</exception>
    public static Derived Rebase(Quantity volume, Unit toBase)
    {
        var value = new Quantity(
            volume.Value * volume.Unit.In(At(volume.Unit)) * BaseKelvin(toBase) / BaseKelvin(At(volume.Unit)),
            At(toBase)
        ).In(toBase);
        return new Derived(
            value,
            new Derivation($"V · {Exact.Text(BaseKelvin(toBase))} K / {Exact.Text(BaseKelvin(At(volume.Unit)))} K", "ideal gas law")
            {
                Inputs = [new("V", volume.ToString(), null)],
                Notes = ["The gas is taken as ideal between the two bases."],
            }
        );
    }

    private static Unit At(Unit unit) => Unit.Parse(unit.Dimension == Dimension.NormalVolume ? "Nm3" : "Sm3");

    private static Fraction BaseKelvin(Unit toBase) =>
        toBase.Dimension switch
        {
            Dimension.NormalVolume => new Fraction(27315, 100),
            Dimension.StandardVolume => new Fraction(29315, 100),
            _ => throw new CarbonException($"{toBase} is not a volume at base conditions. Write Nm3 (0 °C) or Sm3 (20 °C)."),
        };
}
