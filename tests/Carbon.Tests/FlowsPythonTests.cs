using System.Text;
using EdgeGateway.Carbon.Flows;
using Fractions;

namespace EdgeGateway.Carbon.Tests;

/// <summary>The same attribution, written again from the README with Python's fractions.</summary>
public class FlowsPythonTests
{
    // A case is a line of efficiency and initial content, then a line for each interval: I X G1 G2 C D L W K E S, - is not measured.
    private const string Script = """
        import sys
        from fractions import Fraction as F
        from math import floor, isqrt

        def split(amount, weights):
            total, out, done, run = sum(weights), [], 0, 0
            for w in weights:
                run += w
                upto = floor(F(amount * run, total) + F(1, 2)) if total else 0
                out.append(upto - done)
                done = upto
            return out

        def table(rows, columns):
            rows, cells = list(rows), []
            for c in columns:
                part = split(c, rows)
                rows = [r - p for r, p in zip(rows, part)]
                cells.append(part)
            return [list(r) for r in zip(*cells)]

        def share(a, part, whole):
            return floor(F(a * part, whole) + F(1, 2)) if part else 0

        class Store:
            def __init__(self): self.e, self.dark, self.carbon = [0] * 4, 0, 0
            def add(self, e, dark=0, carbon=0):
                self.e = [a + b for a, b in zip(self.e, e)]
                self.dark += dark
                self.carbon += carbon
            def take(self, amount):
                part = split(amount, self.e)
                dark = share(self.dark, part[0], self.e[0])
                carbon = share(self.carbon, part[0] - dark, self.e[0] - self.dark)
                self.add([-p for p in part], -dark, -carbon)
                return part, dark, carbon

        def run(efficiency, initial, rows):
            store, lost = Store(), Store()
            flows = [[0] * 5 for _ in range(8)]
            direct, out = [[0, 0] for _ in range(5)], [[0, 0] for _ in range(5)]
            found = unsolved = 0
            generated = 0
            if initial is not None: store.add([0, initial, 0, 0])

            def charge(e, dark, carbon):
                store.add(e, dark, carbon)
                if efficiency is not None:
                    lost.add(*store.take(floor(F(sum(e)) * (1 - efficiency) + F(1, 2))))
            def find(amount):
                nonlocal found
                more = max(0, amount - sum(store.e))
                store.add([0, more, 0, 0])
                found += more

            for I, X, A, B, C, D, L, W, K, E, S in rows:
                solved = None not in (I, X, A, B, C, D)
                if solved:
                    sources, sinks = I + A + B + D, X + C + (L or 0) + (W or 0)
                    r = sources - sinks
                    losses, load, plus, minus = W or 0, L or 0, 0, 0
                    if L is None and r >= 0: load = r
                    elif abs(r) > F(max(sources, sinks), 20): solved = False
                    elif r < 0: minus = -r
                    elif W is None: losses = r
                    else: plus = r
                if not solved:
                    unsolved += 1
                    charge([0, C or 0, 0, 0], 0, 0)
                    find(D or 0)
                    store.take(D or 0)
                else:
                    own = [A, B, minus]
                    g, o, b = I, sum(own), D
                    gx, bc = max(0, X - o - b), max(0, C - g - o)
                    g, x, b, c = g - gx, X - gx, b - bc, C - bc
                    ox, oc = max(0, x - b), max(0, c - g)
                    sx, sc, su = split(o - ox - oc, [x - ox, c - oc, losses + plus + load])
                    ox, oc = ox + sx, oc + sc
                    u = table([g - (c - oc), su, b - (x - ox)], [losses, plus, load])
                    grid = [u[0][0], u[0][1], gx, c - oc, u[0][2]]
                    mine = table(own, [u[1][0], u[1][1], ox, oc, u[1][2]])
                    charge([grid[3], mine[2][3], mine[0][3], mine[1][3]], 0 if E is not None else grid[3], grid[3] * (E or 0))
                    find(D)
                    part, dark, carbon = store.take(D)
                    bat = table(part, [u[2][0], u[2][1], x - ox, bc, u[2][2]])
                    darks = split(dark, bat[0])
                    carbons = split(carbon, [e - d for e, d in zip(bat[0], darks)])
                    charge([row[3] for row in bat], darks[3], carbons[3])
                    for k in range(5):
                        d = grid[k] + mine[2][k]
                        direct[k][0] += d * (E or 0)
                        direct[k][1] += d if E is None else 0
                        out[k][0] += carbons[k]
                        out[k][1] += darks[k] + bat[1][k]
                    for row, more in zip(flows, [grid] + mine + bat):
                        for k in range(5): row[k] += more[k]
                    generated += A
                if S is not None:
                    find(S)
                    lost.add(*store.take(sum(store.e) - S))
            load = sum(row[4] for row in flows)
            ratio = lambda a, b: '-' if not b else '%d/%d' % (100 * F(a, b)).as_integer_ratio()
            shown = lambda a, b: '-' if not b else '%d' % round(10000 * F(a, b))
            exported = flows[1][2] + flows[6][2]
            sufficient = load - flows[0][4] - flows[3][4] - flows[4][4] - flows[5][4]
            return [unsolved, found, *store.e, store.dark, store.carbon, *lost.e, lost.dark, lost.carbon,
                *sum(flows, []), *sum(direct, []), *sum(out, []),
                '-' if exported > generated else ratio(generated - exported, generated), ratio(sufficient, load),
                ratio(flows[1][4] + flows[6][4], load), shown(sufficient, load)]

        number = lambda t: None if t == '-' else int(t)
        for case in sys.stdin.read().strip().split('\n\n'):
            head, *rows = case.split('\n')
            efficiency, initial = map(number, head.split())
            print(*run(None if efficiency is None else F(efficiency, 10**6), initial, [list(map(number, r.split())) for r in rows]))
        """;

    [Fact]
    public void Every_flow_content_carbon_and_figure_has_the_digits_of_Pythons_fractions()
    {
        var random = new Random(20260615);
        List<(FlowSite Site, FlowInterval[] Intervals)> cases = [.. Enumerable.Range(0, 4000).Select(_ => Case(random))];
        string[] expected = Foreign.Python(Script, string.Join("\n\n", cases.Select(c => Text(c.Site, c.Intervals))) + "\n");
        Assert.Equal(cases.Count, expected.Length);
        long unsolved = 0,
            solved = 0,
            through = 0;
        foreach (((FlowSite site, FlowInterval[] intervals), string python) in cases.Zip(expected))
        {
            FlowLedger ledger = FlowsSome.Run(site, null, intervals);
            Assert.True(python == Digits(ledger), $"{Text(site, intervals)}\nPython: {python}\n    C#: {Digits(ledger)}");
            (solved, unsolved) = (solved + ledger.Totals.Solved, unsolved + ledger.Totals.NotSolved);
            through +=
                ledger.Totals.Flows[0, FlowSink.Export] > 0 || ledger.Totals.Flows.To(FlowSink.Charge, s => s.ViaBattery) > 0 ? 1 : 0;
        }

        // The cases are no good if most of them take one way through the code.
        Assert.True(solved > 8000 && unsolved > 2000 && through > 500, $"{solved} {unsolved} {through}");
    }

    [Fact]
    public void Roots_have_the_digits_of_Pythons_whole_number_root()
    {
        const string Roots = """
            import sys
            from math import isqrt
            for line in sys.stdin:
                n, d = map(int, line.split())
                k = isqrt(4 * n * 10**8 // d)
                # k halves: even is exact or below the half, odd at or above it
                up = k % 2 and (k * k * d < 4 * n * 10**8 or (k // 2) % 2)
                print(k // 2 + (1 if up else 0))
            """;
        var random = new Random(20260616);
        List<(long N, long D)> cases =
        [
            (0, 1),
            (1, 1),
            (16, 25),
            (1, 4),
            (9_999 * 9_999L, 100_000_000),
            (12_345L * 12_345, 400_000_000),
            (12_347L * 12_347, 400_000_000),
        ];
        cases.AddRange(
            Enumerable
                .Range(0, 3000)
                .Select(_ => (random.NextInt64(1L << random.Next(1, 62)), random.NextInt64(1L << random.Next(1, 62)) + 1))
        );
        string[] expected = Foreign.Python(Roots, string.Concat(cases.Select(c => $"{c.N} {c.D}\n")));
        Assert.Equal(
            expected,
            cases.Select(c =>
                Exact.Display(Rounding.RootHalfEven(new Fraction(c.N, c.D), 4), 4).Replace(".", "").TrimStart('0') is { Length: > 0 } text
                    ? text
                    : "0"
            )
        );
    }

    private static string Digits(FlowLedger ledger)
    {
        FlowTotals t = ledger.Totals;
        StringBuilder text = new();
        text.Append($"{t.NotSolved} {t.Found} {Content(ledger.Battery)} {Content(t.BatteryLosses)}");
        for (int row = 0; row < t.Flows.Sources.Count; row++)
        {
            foreach (FlowSink sink in Enum.GetValues<FlowSink>())
            {
                text.Append($" {t.Flows[row, sink]}");
            }
        }

        foreach (CarbonFlow flow in t.DirectCarbon.Concat(t.BatteryCarbon))
        {
            text.Append($" {flow.Femtograms} {flow.WithoutIntensity}");
        }

        foreach (string name in (string[])["selfConsumption", "selfSufficiency", "greenShare"])
        {
            text.Append($" {FlowsSome.Figure(ledger, name).Exact ?? "-"}");
        }

        string shown = FlowsSome.Figure(ledger, "selfSufficiency").Shown is { } s
            ? s.Replace(".", "").TrimStart('0') is { Length: > 0 } digits
                ? digits
                : "0"
            : "-";
        return text.Append($" {shown}").ToString();

        static string Content(BatteryContent content) =>
            $"{string.Join(' ', content.Energy)} {content.WithoutIntensity} {content.Femtograms}";
    }

    private static string Text(FlowSite site, FlowInterval[] intervals)
    {
        var lines = intervals.Select(i =>
            string.Join(
                ' ',
                new[]
                {
                    i.Import,
                    i.Export,
                    i.Generation[0],
                    i.Generation[1],
                    i.Charge,
                    i.Discharge,
                    i.Load,
                    i.Losses,
                    i.Curtailed,
                    i.Intensity,
                    i.Stored,
                }.Select(v => v?.ToString() ?? "-")
            )
        );
        return $"{site.ChargeEfficiencyMillionths?.ToString() ?? "-"} {site.InitialContent?.ToString() ?? "-"}\n{string.Join('\n', lines)}";
    }

    private static (FlowSite Site, FlowInterval[] Intervals) Case(Random random)
    {
        FlowSite site = FlowsSome.Site("pv", "fossil:chp") with
        {
            ChargeEfficiencyMillionths = random.Next(2) == 0 ? null : random.Next(1, 1_000_001),
            InitialContent = random.Next(3) == 0 ? Energy() : null,
        };
        return (site, [.. Enumerable.Range(0, random.Next(1, 9)).Select(Interval)]);

        // As many small energies as large ones, and many zeros.
        long Energy() => random.Next(3) == 0 ? 0 : random.NextInt64(FlowInterval.Most + 1) >> random.Next(0, 54);
        long? Or(long value, int oneIn) => random.Next(oneIn) == 0 ? null : value;
        FlowInterval Interval(int n)
        {
            long import = Energy(),
                pv = Energy(),
                chp = Energy(),
                discharge = Energy(),
                export = Energy(),
                charge = Energy(),
                losses = Energy() % 9;
            if (random.Next(2) == 0)
            {
                // Sinks no larger than sources, often the same to the last unit.
                long sources = import + pv + chp + discharge;
                charge = (long)(sources * (Int128)random.Next(0, 5) / 8);
                export = (long)((sources - charge) * (Int128)random.Next(0, 5) / 4);
            }

            long rest = Math.Clamp(import + pv + chp + discharge - charge - export, 0, FlowInterval.Most);
            return new FlowInterval
            {
                Start = FlowsSome.Midnight.AddMinutes(15 * n),
                Import = Or(import, 30),
                Export = Math.Min(export, FlowInterval.Most),
                Generation = [pv, Or(chp, 60)],
                Charge = Or(Math.Min(charge, FlowInterval.Most), 60),
                Discharge = Or(discharge, 60),
                Load = Or(Math.Clamp(rest - random.Next(-3, 4), 0, FlowInterval.Most), 2),
                Losses = Or(losses, 2),
                Intensity = Or(random.Next(4) == 0 ? FlowInterval.MostIntensity : random.NextInt64(1_000_000_000), 4),
                Stored = random.Next(6) == 0 ? Energy() : null,
            };
        }
    }
}
