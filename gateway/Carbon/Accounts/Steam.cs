using Fractions;

namespace EdgeGateway.Carbon.Accounts;

/// <summary>Enthalpy of steam by interpolation in a table that <c>steam/if97.py</c> makes from IAPWS-IF97 (R7-97, 2012).</summary>
public static class Steam
{
    private const string Source = "IAPWS-IF97 (R7-97, 2012), regions 2 and 4, at the nodes of steam/if97.txt; linear between them";

    private static readonly Unit Megapascal = Unit.Parse("MPa");
    private static readonly Rate PerKilogram = new(Fraction.One, Unit.Parse("kJ"), Unit.Parse("kg"));

    private static readonly List<Row> Rows = [.. Read()];

    private sealed record Node(Fraction Celsius, Fraction Enthalpy);

    // The first node is saturated steam.
    private sealed record Row(Fraction Pressure, IReadOnlyList<Node> Nodes)
    {
        public Node Saturated => Nodes[0];
    }

    /// <summary>Enthalpy of dry saturated steam, kJ/kg, linear between two nodes of pressure.</summary>
    /// <exception cref="CarbonException">The pressure is outside the table.</exception>
    public static (Rate Enthalpy, Derivation Derivation) Saturated(DeclaredPressure pressure)
    {
        (Row low, Row high, Fraction share) = Between(pressure);
        return (
            Of(Mix(low.Saturated.Enthalpy, high.Saturated.Enthalpy, share)),
            new Derivation("h''(p)", Source)
            {
                Inputs = [Pressure(pressure), Shown(low, low.Saturated), Shown(high, high.Saturated)],
                Notes = ["Dry saturated steam: moisture is not deducted."],
            }
        );
    }

    /// <summary>Enthalpy of superheated steam, kJ/kg: linear in temperature at two nodes of pressure, then linear in pressure.</summary>
    /// <exception cref="CarbonException">Pressure or temperature is outside the table, or it is no superheated steam.</exception>
    public static (Rate Enthalpy, Derivation Derivation) Superheated(DeclaredPressure pressure, Temperature temperature)
    {
        (Row low, Row high, Fraction share) = Between(pressure);
        Fraction boiling = Mix(low.Saturated.Celsius, high.Saturated.Celsius, share),
            celsius = temperature.Celsius;
        if (celsius < boiling)
        {
            throw new CarbonException(
                $"At {pressure} steam has {Exact.Display(boiling, 1)} °C or more, not {temperature}. Is the pressure absolute "
                    + "or gauge? Saturated steam is state saturated."
            );
        }

        if (celsius < high.Saturated.Celsius)
        {
            throw new CarbonException(
                $"At {pressure} and {temperature} steam is too close to saturation for the table, which has no superheated node below "
                    + $"{Exact.Text(high.Saturated.Celsius)} °C at {Exact.Text(high.Pressure)} MPa. Write state saturated, or "
                    + "use the heat meter."
            );
        }

        (Node lowLeft, Node lowRight) = Around(low, celsius);
        (Node highLeft, Node highRight) = Around(high, celsius);
        return (
            Of(Mix(At(lowLeft, lowRight, celsius), At(highLeft, highRight, celsius), share)),
            new Derivation("h(p,T)", Source)
            {
                Inputs =
                [
                    Pressure(pressure),
                    new Input("T", temperature.ToString(), null),
                    Shown(low, lowLeft),
                    Shown(low, lowRight),
                    Shown(high, highLeft),
                    Shown(high, highRight),
                ],
            }
        );
    }

    private static (Row Low, Row High, Fraction Share) Between(DeclaredPressure pressure)
    {
        Fraction p = pressure.Absolute.In(Megapascal).Value;
        if (p < Rows[0].Pressure || p > Rows[^1].Pressure)
        {
            throw new CarbonException(
                $"{pressure} is outside the table of steam, which has {Exact.Text(Rows[0].Pressure)} to "
                    + $"{Exact.Text(Rows[^1].Pressure)} MPa absolute."
            );
        }

        int next = Math.Max(1, Rows.FindIndex(r => r.Pressure >= p));
        (Row low, Row high) = (Rows[next - 1], Rows[next]);
        return (low, high, (p - low.Pressure) / (high.Pressure - low.Pressure));
    }

    private static (Node Left, Node Right) Around(Row row, Fraction celsius)
    {
        for (int i = 1; i < row.Nodes.Count; i++)
        {
            if (celsius <= row.Nodes[i].Celsius)
            {
                return (row.Nodes[i - 1], row.Nodes[i]);
            }
        }

        throw new CarbonException(
            $"{Exact.Text(celsius)} °C is outside the table of steam, which ends at {Exact.Text(row.Nodes[^1].Celsius)} °C."
        );
    }

    private static Fraction At(Node left, Node right, Fraction celsius) =>
        Mix(left.Enthalpy, right.Enthalpy, (celsius - left.Celsius) / (right.Celsius - left.Celsius));

    private static Fraction Mix(Fraction left, Fraction right, Fraction share) => left + ((right - left) * share);

    private static Rate Of(Fraction kilojoulePerKilogram) => PerKilogram with { Value = kilojoulePerKilogram };

    private static Input Pressure(DeclaredPressure pressure) =>
        new("p", pressure.Ambient is null ? pressure.ToString() : $"{pressure} = {pressure.Absolute.In(Megapascal)} absolute", null);

    private static Input Shown(Row row, Node node) =>
        new("node", $"{Exact.Text(row.Pressure)} MPa, {Exact.Text(node.Celsius)} °C: {Exact.Text(node.Enthalpy)} kJ/kg", null);

    private static IEnumerable<Row> Read()
    {
        using var reader = new StreamReader(typeof(Steam).Assembly.GetManifestResourceStream("if97.txt")!);
        string[]? celsius = null;
        while (reader.ReadLine() is { } line)
        {
            string[] cells = line.Split(',');
            if (line.StartsWith('#'))
            {
                continue;
            }

            if (celsius is null)
            {
                celsius = cells;
                continue;
            }

            yield return new Row(
                Exact.Parse(cells[0]),
                [
                    new Node(Exact.Parse(cells[1]), Exact.Parse(cells[2])),
                    .. Enumerable
                        .Range(3, cells.Length - 3)
                        .Where(i => cells[i].Length > 0)
                        .Select(i => new Node(Exact.Parse(celsius[i]), Exact.Parse(cells[i]))),
                ]
            );
        }
    }
}
