using Fractions;

namespace EdgeGateway.Carbon.Accounts;

/// <summary>An enthalpy of steam and how it came about.</summary>
/// <param name="Enthalpy">kJ/kg.</param>
/// <param name="Derivation">How it came about.</param>
public sealed record SteamEnthalpy(Rate Enthalpy, Derivation Derivation);

/// <summary>Enthalpy of steam by interpolation in a table that <c>steam/if97.py</c> makes from IAPWS-IF97 (R7-97, 2012).</summary>
public static class Steam
{
    private const string Source = "IAPWS-IF97 (R7-97, 2012), regions 2 and 4, at the nodes of steam/if97.txt; linear between them";

    private static readonly Unit Megapascal = Unit.Parse("MPa");
    private static readonly Rate PerKilogram = new(Fraction.One, Unit.Parse("kJ"), Unit.Parse("kg"));

    private static readonly List<Row> Rows = [.. Read()];

    // Enthalpy in kJ/kg.
    private sealed record Node(Fraction Celsius, Fraction Enthalpy);

    // Pressure in MPa, absolute. The first node is saturated steam.
    private sealed record Row(Fraction Pressure, IReadOnlyList<Node> Nodes)
    {
        public Node Saturated => Nodes[0];
    }

    // Two neighbouring rows, and how far between them a pressure lies, from 0 at the low one to 1 at the high one.
    private sealed record RowPair(Row Low, Row High, Fraction Share);

    private sealed record NodePair(Node Left, Node Right)
    {
        public Fraction EnthalpyAt(Fraction celsius) =>
            Mix(Left.Enthalpy, Right.Enthalpy, (celsius - Left.Celsius) / (Right.Celsius - Left.Celsius));
    }

    /// <summary>Enthalpy of dry saturated steam, kJ/kg, linear between two nodes of pressure.</summary>
    /// <exception cref="CarbonException">The pressure is outside the table.</exception>
    public static SteamEnthalpy Saturated(DeclaredPressure pressure)
    {
        RowPair rows = Around(pressure);
        Row low = rows.Low;
        Row high = rows.High;
        return new SteamEnthalpy(
            Of(Mix(low.Saturated.Enthalpy, high.Saturated.Enthalpy, rows.Share)),
            new Derivation("h''(p)", Source)
            {
                Inputs = [Pressure(pressure), Shown(low, low.Saturated), Shown(high, high.Saturated)],
                Notes = ["Dry saturated steam: moisture is not deducted."],
            }
        );
    }

    /// <summary>Enthalpy of superheated steam, kJ/kg: linear in temperature at two nodes of pressure, then linear in pressure.</summary>
    /// <exception cref="CarbonException">Pressure or temperature is outside the table, or it is no superheated steam.</exception>
    public static SteamEnthalpy Superheated(DeclaredPressure pressure, Temperature temperature)
    {
        RowPair rows = Around(pressure);
        Row low = rows.Low;
        Row high = rows.High;
        Fraction boiling = Mix(low.Saturated.Celsius, high.Saturated.Celsius, rows.Share),
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

        NodePair atLow = Around(low, celsius);
        NodePair atHigh = Around(high, celsius);
        return new SteamEnthalpy(
            Of(Mix(atLow.EnthalpyAt(celsius), atHigh.EnthalpyAt(celsius), rows.Share)),
            new Derivation("h(p,T)", Source)
            {
                Inputs =
                [
                    Pressure(pressure),
                    new Input("T", temperature.ToString(), null),
                    Shown(low, atLow.Left),
                    Shown(low, atLow.Right),
                    Shown(high, atHigh.Left),
                    Shown(high, atHigh.Right),
                ],
            }
        );
    }

    private static RowPair Around(DeclaredPressure pressure)
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
        Row low = Rows[next - 1];
        Row high = Rows[next];
        return new RowPair(low, high, (p - low.Pressure) / (high.Pressure - low.Pressure));
    }

    private static NodePair Around(Row row, Fraction celsius)
    {
        for (int i = 1; i < row.Nodes.Count; i++)
        {
            if (celsius <= row.Nodes[i].Celsius)
            {
                return new NodePair(row.Nodes[i - 1], row.Nodes[i]);
            }
        }

        throw new CarbonException(
            $"{Exact.Text(celsius)} °C is outside the table of steam, which ends at {Exact.Text(row.Nodes[^1].Celsius)} °C."
        );
    }

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
