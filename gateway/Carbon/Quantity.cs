using Fractions;

namespace EdgeGateway.Carbon;

/// <summary>An exact amount in a unit. Equal amounts of one dimension are equal: 1 kWh is 1000 Wh.</summary>
public sealed class Quantity : IEquatable<Quantity>
{
    /// <summary>An amount in a unit.</summary>
    /// <exception cref="CarbonException">The value is no number (what a division by zero of fractions gives).</exception>
    public Quantity(Fraction value, Unit unit)
    {
        if (value.IsNaN || value.IsInfinity)
        {
            throw new CarbonException($"There is no amount of {unit}: it was divided by zero.");
        }

        (Value, Unit) = (value, unit);
    }

    /// <summary>How many of the unit.</summary>
    public Fraction Value { get; }

    /// <summary>The unit as it was given.</summary>
    public Unit Unit { get; }

    /// <summary>Reads a number and a unit with a space between, as in <c>1234.5 kWh</c>.</summary>
    /// <exception cref="CarbonException">It is no such text.</exception>
    public static Quantity Parse(string text)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space > 0
            ? new Quantity(Exact.Parse(text[..space]), Unit.Parse(text[(space + 1)..]))
            : throw new CarbonException($"'{Exact.Shown(text)}' is not a quantity. Write a number, a space and a unit, as in 1234.5 kWh.");
    }

    /// <summary>The same amount in another unit, exactly.</summary>
    /// <exception cref="CarbonException">The units are of different dimensions.</exception>
    public Quantity In(Unit unit) => new(Value * Unit.In(unit), unit);

    /// <summary>Compares exactly.</summary>
    /// <exception cref="CarbonException">The units are of different dimensions.</exception>
    public int CompareTo(Quantity other) => Value.CompareTo(other.In(Unit).Value);

    /// <summary>Adds exactly, in the unit of the left.</summary>
    /// <exception cref="CarbonException">The units are of different dimensions.</exception>
    public static Quantity operator +(Quantity left, Quantity right) => Add(left, right);

    /// <summary>Adds exactly, in the unit of the left.</summary>
    public static Quantity Add(Quantity left, Quantity right) => new(left.Value + right.In(left.Unit).Value, left.Unit);

    /// <summary>Subtracts exactly, in the unit of the left.</summary>
    /// <exception cref="CarbonException">The units are of different dimensions.</exception>
    public static Quantity operator -(Quantity left, Quantity right) => Subtract(left, right);

    /// <summary>Subtracts exactly, in the unit of the left.</summary>
    public static Quantity Subtract(Quantity left, Quantity right) => new(left.Value - right.In(left.Unit).Value, left.Unit);

    /// <summary>Times a factor with a unit: kWh × kgCO2/kWh is kgCO2.</summary>
    /// <exception cref="CarbonException">The factor is per a unit of another dimension.</exception>
    public static Quantity operator *(Quantity left, Rate right) => Multiply(left, right);

    /// <summary>Times a factor with a unit.</summary>
    public static Quantity Multiply(Quantity left, Rate right) => new(left.In(right.Per).Value * right.Value, right.Unit);

    /// <inheritdoc/>
    public bool Equals(Quantity? other) => other is not null && Unit.ConvertsTo(other.Unit) && CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Quantity);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine((Value * Unit.Scale).GetHashCode(), Unit.Dimension);

    /// <inheritdoc/>
    public override string ToString() => $"{Exact.Text(Value)} {Unit}";
}

/// <summary>A factor with a unit: so many of one unit for one of another.</summary>
/// <param name="Value">How many.</param>
/// <param name="Unit">Of what, for example kgCO2.</param>
/// <param name="Per">For one of what, for example kWh.</param>
public sealed record Rate(Fraction Value, Unit Unit, Unit Per)
{
    /// <summary>Reads <c>0.5500 kgCO2/kWh</c>.</summary>
    /// <exception cref="CarbonException">It is no such text.</exception>
    public static Rate Parse(string text)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space > 0
            ? ParseUnit(Exact.Parse(text[..space]), text[(space + 1)..])
            : throw new CarbonException(
                $"'{Exact.Shown(text)}' is not a factor. Write a number, a space and its unit, as in 0.5500 kgCO2/kWh."
            );
    }

    /// <summary>A value with a unit such as <c>kgCO2/kWh</c>; <c>1</c> stands for a plain coefficient.</summary>
    /// <exception cref="CarbonException">It is no unit of a factor.</exception>
    public static Rate ParseUnit(Fraction value, string unit) =>
        unit.Split('/') switch
        {
            ["1"] => new Rate(value, Unit.One, Unit.One),
            [var of, var per] => new Rate(value, Unit.Parse(of), Unit.Parse(per)),
            _ => throw new CarbonException(
                $"'{Exact.Shown(unit)}' is not the unit of a factor. Write one unit per another, as in kgCO2/kWh."
            ),
        };

    /// <inheritdoc/>
    public override string ToString() => $"{Exact.Text(Value)} {(Unit == Unit.One && Per == Unit.One ? "1" : $"{Unit}/{Per}")}";
}
