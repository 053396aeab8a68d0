using EdgeGateway.Carbon.Accounts;
using Fractions;

namespace EdgeGateway.Carbon.Tests.Accounts;

/// <summary>The accounts with Python's fractions and integers: independent code for the same formulas, digit for digit.</summary>
public class AccountPythonTests
{
    private const string Script = """
        import sys
        from fractions import Fraction as F
        from math import isqrt
        WH = {'Wh': F(1), 'kWh': F(10)**3, 'MWh': F(10)**6, 'GWh': F(10)**9,
              'kJ': F(5, 18), 'MJ': F(2500, 9), 'GJ': F(2500000, 9), 'TJ': F(2500000000, 9)}
        def root(square, decimals):  # half to even
            scaled = square * 10**(2 * decimals)
            r = isqrt(scaled.numerator // scaled.denominator)
            edge = F(2 * r + 1, 2)**2
            return r + (scaled > edge or (scaled == edge and r % 2))
        for line in sys.stdin:
            kind, *a = line.split()
            if kind == 'fuel':  # m3, kPa gauge, kPa ambient, degrees, Z, NCV, carbon, oxidation
                v, g, p, t, z, ncv, cc, of = map(F, a)
                normal = v * (g + p) / F('101.325') * F('273.15') / (t + F('273.15')) / z
                print(round(normal / 10**4 * ncv * cc * of * F(44, 12) * 10**12))
            elif kind == 'power':
                print(round(F(a[0]) * WH[a[1]] / 1000 * F(a[2]) * 10**9))
            elif kind == 'gas':  # TJ, kg per TJ, GWP
                print(round(F(a[0]) * F(a[1]) * F(a[2]) * 10**9))
            elif kind == 'coal':
                print(round(F(a[0]) * WH[a[1]] * F(36, 10**7) / F('29.3076') * 10**12))
            elif kind == 'water':
                print(round(F(a[0]) * (F(a[1]) - 20) * F('4.1868') / 1000 * F('0.11') * 10**12))
            elif kind == 'root':
                print(root(F(a[0]), int(a[1])))
            elif kind == 'shown':
                print(round(F(a[0]) * 10**6))
        """;

    private static readonly string[] Numbers =
    [
        "0",
        "1",
        "3",
        "7",
        "0.5",
        "1.5",
        "2.5",
        "0.0000000005",
        "0.0000000015",
        "0.0000000025",
        "0.00000000050000000001",
        "1e-30",
        "9e-30",
        "0.333333333333333333",
        "1234567.891",
        "999999999",
        "1e6",
        "4503599627370497",
        "0.1",
        "0.3",
        "2e-9",
        "1e-9",
        "5e-10",
        "15e-10",
    ];

    [Fact]
    public void Every_line_has_the_digits_of_Pythons_fractions()
    {
        List<(string Line, Func<object> Ours)> cases = [.. Adversarial(), .. Seeded(6000)];
        string[] python = Foreign.Python(Script, string.Join('\n', cases.Select(c => c.Line)) + "\n");
        Assert.Equal(cases.Count, python.Length);
        int refused = 0;
        foreach (((string line, Func<object> ours), string expected) in cases.Zip(python))
        {
            if (
                line.StartsWith("root", StringComparison.Ordinal)
                || line.StartsWith("shown", StringComparison.Ordinal)
                || long.TryParse(expected, out _)
            )
            {
                Assert.True(expected == ours().ToString(), $"{line}: Python has {expected}, we {ours()}");
            }
            else
            {
                Assert.Throws<CarbonException>(ours);
                refused++;
            }
        }

        Assert.InRange(refused, 1, cases.Count / 4);
    }

    private static IEnumerable<(string Line, Func<object> Ours)> Adversarial()
    {
        yield return Root("2.25", 0); // 1.5
        yield return Root("6.25", 0); // 2.5
        yield return Root("0.0025", 1);
        foreach (string a in Numbers)
        {
            foreach (string b in Numbers)
            {
                yield return Power(a, "kWh", b);
                yield return Power(a, "kJ", b); // thirds
                yield return Gas(a, b, "28");
            }

            yield return Power(a, "GWh", "0.5306");
            yield return Fuel("1000", a, "100", "20", "1", "389.31", "0.0153", "0.99");
            yield return Coal(a, "kWh");
            yield return Root(a, 6);
            yield return Shown(a);
        }
    }

    private static IEnumerable<(string Line, Func<object> Ours)> Seeded(int cases)
    {
        var random = new Random(20260715);
        string[] units = ["Wh", "kWh", "MWh", "GWh", "kJ", "MJ", "GJ", "TJ"];
        for (int n = 0; n < cases; n++)
        {
            yield return random.Next(7) switch
            {
                0 => Fuel(
                    Any(1_000_000),
                    Any(500),
                    Any(20, 85),
                    Any(60),
                    $"0.{random.Next(800, 1000)}",
                    Any(400),
                    $"0.0{random.Next(10, 35)}{random.Next(1000)}",
                    $"0.{random.Next(80, 100)}"
                ),
                1 => Power(Any(1_000_000), units[random.Next(8)], $"0.{random.Next(10_000):D4}"),
                2 => Gas(Any(10_000), Any(100_000), Any(30)),
                3 => Coal(Any(1_000_000), units[random.Next(8)]),
                4 => Water(Any(10_000), Any(200, 20)),
                5 => Root($"{random.Next(1, 1_000_000)}.{random.Next(1000)}", random.Next(0, 12)),
                _ => Shown($"{random.Next(-1000, 1000)}.{random.Next(1_000_000):D6}{(random.Next(3) == 0 ? "5" : "")}"),
            };
        }

        string Any(int most, int least = 0) => $"{random.Next(least, most + least)}.{random.Next(100_000)}";
    }

    private static (string, Func<object>) Fuel(
        string v,
        string gauge,
        string ambient,
        string celsius,
        string z,
        string ncv,
        string carbon,
        string oxidation
    ) => ($"fuel {v} {gauge} {ambient} {celsius} {z} {ncv} {carbon} {oxidation}", () =>
        {
            Activity meter = Some.Activity($"{v} m3");
            Derived normal = GasVolume.ToBase(
                meter.Amount,
                new DeclaredPressure(Quantity.Parse($"{gauge} kPa"), Quantity.Parse($"{ambient} kPa")),
                Temperature.Parse($"{celsius} °C"),
                Exact.Parse(z),
                Unit.Parse("Nm3")
            );
            return Combustion
                .ByCarbon(
                    meter.As(normal),
                    new FuelFactors(Some.Given($"{ncv} GJ(NCV)/1e4Nm3"), Some.Given($"{carbon} tC/GJ(NCV)"), Some.Given($"{oxidation} 1"))
                )
                .Micrograms;
        });

    private static (string, Func<object>) Power(string amount, string unit, string factor) =>
        ($"power {amount} {unit} {factor}", () =>
            Scope2
                .Of(
                    Some.July,
                    "CN",
                    [
                        new(Some.Activity($"{amount} {unit}"), Acquisition.Purchased, PowerSource.Ordinary)
                        {
                            Grid = Some.Given($"{factor} kgCO2/kWh"),
                        },
                    ],
                    [],
                    [],
                    null
                )
                .Lines.Single()
                .Micrograms
        );

    private static (string, Func<object>) Gas(string terajoule, string factor, string potential) =>
        ($"gas {terajoule} {factor} {potential}", () =>
            Combustion
                .PerGas(
                    Some.Activity($"{terajoule} TJ(NCV)"),
                    null,
                    [
                        new("CO2", Some.Given("0 kgCO2/TJ(NCV)"), null),
                        new("CH4", Some.Given($"{factor} kgCH4/TJ(NCV)"), Some.Given($"{potential} kgCO2e/kgCH4")),
                    ],
                    false
                )[1]
                .Micrograms
        );

    private static (string, Func<object>) Coal(string amount, string unit) =>
        ($"coal {amount} {unit}", () =>
            new CoalEquivalentLine("a", Quantity.Parse($"{amount} {unit}"), Some.Given("29.3076 GJ/tce")).Micrograms
        );

    private static (string, Func<object>) Water(string tonnes, string celsius) => ($"water {tonnes} {celsius}", () =>
        {
            Activity water = Some.Activity($"{tonnes} t");
            return Heat.Purchased(
                water.As(Heat.OfHotWater(water, Temperature.Parse($"{celsius} °C"))),
                Some.Given("0.11 tCO2/GJ")
            ).Micrograms;
        });

    private static (string, Func<object>) Root(string square, int decimals) =>
        ($"root {square} {decimals}", () =>
            (Rounding.RootHalfEven(Exact.Parse(square), decimals) * new Fraction(System.Numerics.BigInteger.Pow(10, decimals))).Numerator
        );

    private static (string, Func<object>) Shown(string value) =>
        ($"shown {value}", () => (Exact.Parse(Exact.Display(Exact.Parse(value))) * new Fraction(1_000_000)).Numerator);
}
