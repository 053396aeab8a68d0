using Fractions;

namespace EdgeGateway.Carbon.Targets;

/// <summary>An exact amount of a unit, or of a unit for one of another: <c>62 %</c>, <c>1.18 tCO2e/tce</c>.</summary>
/// <param name="Value">How many.</param>
/// <param name="Unit">The unit that is counted.</param>
/// <param name="Per">The unit for one of which it is. Null: it is a plain amount.</param>
public sealed record Measure(Fraction Value, Unit Unit, Unit? Per)
{
    /// <summary>The unit as it is written.</summary>
    public string UnitText => Per is null ? Unit.Symbol : $"{Unit}/{Per}";

    /// <summary>Reads a number and a unit with a space between.</summary>
    /// <exception cref="CarbonException">It is no such text.</exception>
    public static Measure Parse(string text)
    {
        if (text.Contains('/', StringComparison.Ordinal))
        {
            var rate = Rate.Parse(text);
            return new Measure(rate.Value, rate.Unit, rate.Per);
        }

        var quantity = Quantity.Parse(text);
        return new Measure(quantity.Value, quantity.Unit, null);
    }

    /// <summary>The same amount in the unit of another, exactly.</summary>
    /// <exception cref="CarbonException">One does not convert into the other; the message says what stands between them.</exception>
    public Measure In(Measure other)
    {
        if ((Per is null) != (other.Per is null))
        {
            throw new CarbonException($"{UnitText} is not {other.UnitText}: one is for a unit of something, the other is not.");
        }

        Fraction per = Per is null ? Fraction.One : Per.In(other.Per!);
        return new Measure(Value * Unit.In(other.Unit) / per, other.Unit, other.Per);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Exact.Text(Value)} {UnitText}";
}
