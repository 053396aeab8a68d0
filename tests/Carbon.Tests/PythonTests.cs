using System.Text;
using EdgeGateway.Readings;

namespace EdgeGateway.Carbon.Tests;

/// <summary>The same sums with Python's fractions, whose round() is half to even as well.</summary>
public class PythonTests
{
    private const string Script = """
        import sys
        from fractions import Fraction
        for line in sys.stdin:
            kwh = Fraction(0)
            *parts, factor = line.split()
            for part in parts:
                kind, count, worth = part.split(':')
                kwh += Fraction(int(count)) * Fraction(10) ** (int(worth) - 3) if kind == 'c' else Fraction(int(count)) / Fraction(worth)
            print(round(kwh * Fraction(factor) * 10**9))
        """;

    private static readonly long[] Edges = [0, 1, 2, 3, 5, 7, 999, 1000, 1001, long.MaxValue - 1, long.MaxValue];
    private static readonly string[] Constants = ["1", "3", "7", "0.1", "0.3", "6400", "1000", "999999999", "0.000000001", "12.5", "2.50"];
    private static readonly string[] Factors =
    [
        "0",
        "0.5",
        "0.5500",
        "0.55",
        "1",
        "0.000000001",
        "9999.999999999",
        "0.333333333",
        "0.1333",
    ];

    [Fact]
    public void Every_amount_has_the_digits_of_Pythons_fractions()
    {
        List<(string Line, Quantity Energy, Factor Factor)> cases = [.. Adversarial(), .. Seeded(4000)];
        string[] expected = Foreign.Python(Script, string.Join('\n', cases.Select(c => c.Line)) + "\n");
        Assert.Equal(cases.Count, expected.Length);

        int overflows = 0;
        foreach (((string line, Quantity energy, Factor factor), string python) in cases.Zip(expected))
        {
            if (long.TryParse(python, out long micrograms))
            {
                Assert.True(micrograms == Some.Footprint(energy, factor), $"{line}: Python has {python}");
            }
            else
            {
                Assert.Throws<CarbonException>(() => Some.Footprint(energy, factor));
                overflows++;
            }
        }

        Assert.InRange(overflows, 100, cases.Count / 2);
    }

    private static IEnumerable<(string Line, Quantity Energy, Factor Factor)> Adversarial()
    {
        foreach (string factor in Factors)
        {
            foreach (long count in Edges)
            {
                for (int exponent = -12; exponent <= 12; exponent += 3)
                {
                    yield return (
                        $"c:{count}:{exponent} {factor}",
                        MeteredAmount.FromCounts(count, new Quantum("Wh", exponent)),
                        Some.Factor(factor)
                    );
                }

                foreach (string constant in Constants)
                {
                    yield return (
                        $"i:{count}:{constant} {factor}",
                        MeteredAmount.FromImpulses(count, constant, Unit.KilowattHour),
                        Some.Factor(factor)
                    );
                }
            }
        }
    }

    private static IEnumerable<(string Line, Quantity Energy, Factor Factor)> Seeded(int cases)
    {
        var random = new Random(20260615);
        for (int n = 0; n < cases; n++)
        {
            var line = new StringBuilder();
            Quantity energy = Quantity.Parse("0 kWh");
            for (int parts = random.Next(1, 6); parts > 0; parts--)
            {
                // As many small counts as large ones.
                long count = random.NextInt64() >> random.Next(0, 63);
                if (random.Next(2) == 0)
                {
                    int exponent = random.Next(-9, 1);
                    line.Append($"c:{count}:{exponent} ");
                    energy += MeteredAmount.FromCounts(count, new Quantum("Wh", exponent));
                }
                else
                {
                    string constant =
                        random.Next(3) == 0 ? Constants[random.Next(Constants.Length)] : $"{random.Next(1, 100_000)}.{random.Next(1000)}";
                    line.Append($"i:{count}:{constant} ");
                    energy += MeteredAmount.FromImpulses(count, constant, Unit.KilowattHour);
                }
            }

            string factor = random.Next(4) == 0 ? Factors[random.Next(Factors.Length)] : $"{random.Next(0, 2)}.{random.Next(10_000):D4}";
            yield return (line.Append(factor).ToString(), energy, Some.Factor(factor));
        }
    }
}
