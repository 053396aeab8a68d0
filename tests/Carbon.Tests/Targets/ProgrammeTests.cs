using CsCheck;
using EdgeGateway.Carbon.Accounts;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Carbon.Targets;
using Fractions;

namespace EdgeGateway.Carbon.Tests.Targets;

public class ProgrammeTests
{
    private const string Good = """
        programme=try,version=1,for=factory,issued=2026-01-14,cases=2027;2030,title=A test,note=
        case,sector,id,title,figures,comparison,threshold,unit,level,confidence,note,source
        2027,,carbon,Carbon,a;b,at-most,1.25,tCO2/tce,gating,S,,a test
        2030,,carbon,Carbon,a;b,at-most,0.87,tCO2/tce,gating,S,,a test
        2030,steel,carbon,Carbon,a;b,at-most,1.10,tCO2/tce,gating,S,,a test
        ,,share,Share,c,at-least,35,%,scored,C,,a test
        ,,total,Total,d,stated,,,expected,C,,a test
        """;

    private static readonly Programme Try = Parsed(Good);

    [Theory]
    [InlineData("cn-hunan-zero-carbon-factory", "2027", "unit-energy-carbon", "at most 1.25 tCO2e/tce", TargetLevel.Expected)]
    [InlineData("cn-hunan-zero-carbon-factory", "2030", "unit-energy-carbon", "at most 0.87 tCO2e/tce", TargetLevel.Expected)]
    [InlineData("cn-hunan-zero-carbon-factory", "2035", "unit-energy-carbon", "at most 0.37 tCO2e/tce", TargetLevel.Expected)]
    [InlineData("cn-hunan-zero-carbon-factory", "2027", "renewable-energy", "at least 35 %", TargetLevel.Expected)]
    [InlineData("cn-hunan-zero-carbon-factory", "2030", "renewable-energy", "at least 55 %", TargetLevel.Expected)]
    [InlineData("cn-hunan-zero-carbon-factory", "2035", "renewable-energy", "at least 80 %", TargetLevel.Expected)]
    [InlineData("cn-hunan-zero-carbon-factory", "2035", "product-footprint", "at least 6 %", TargetLevel.Expected)]
    [InlineData("cn-zero-carbon-park", "0.2-to-1-Mtce", "unit-energy-carbon", "at most 0.20 tCO2/tce", TargetLevel.Gating)]
    [InlineData("cn-zero-carbon-park", "1-Mtce-and-more", "unit-energy-carbon", "at most 0.30 tCO2/tce", TargetLevel.Gating)]
    [InlineData("cn-zero-carbon-park", "1-Mtce-and-more", "clean-energy", "at least 90 %", TargetLevel.Expected)]
    [InlineData("cn-zero-carbon-park", "1-Mtce-and-more", "solid-waste", "at least 80 %", TargetLevel.Expected)]
    [InlineData("cn-zero-carbon-park", "1-Mtce-and-more", "waste-energy", "at least 50 %", TargetLevel.Expected)]
    [InlineData("cn-zero-carbon-park", "1-Mtce-and-more", "water-reuse", "at least 80 %", TargetLevel.Expected)]
    [InlineData("cn-green-microgrid", "no-spot-market", "self-consumption", "at least 60 %", TargetLevel.Expected)]
    [InlineData("cn-green-microgrid", "spot-market", "export-share", "at most 20 %", TargetLevel.Expected)]
    [InlineData("cn-ceca-six-stars", null, "renewable-electricity", "at least 100 %", TargetLevel.Expected)]
    [InlineData("cn-energy-monitoring", null, "completeness", "at least 90 %", TargetLevel.Expected)]
    [InlineData("cn-energy-monitoring", null, "consistency", "at most 5 %", TargetLevel.Expected)]
    [InlineData("cn-zero-carbon-factory", null, "emissions", "stated", TargetLevel.Expected)]
    public void A_threshold_keeps_its_published_digits(string programme, string? chosen, string id, string asked, TargetLevel level)
    {
        TargetIndicator indicator = Programme.Require(programme).Asked(chosen, null).Single(i => i.Id == id);
        Assert.Equal((asked, level), (indicator.Asked, indicator.Level));
    }

    [Fact]
    public void What_only_one_transcription_says_is_marked_so()
    {
        Assert.Equal(6, Programme.Shipped.Count);
        string[] confirmed = ["cn-zero-carbon-factory", "cn-zero-carbon-park", "cn-green-microgrid"];
        Assert.All(confirmed.SelectMany(n => Programme.Require(n).Indicators), i => Assert.Equal("C", i.Confidence));
        Assert.All(Programme.Shipped.Where(p => !confirmed.Contains(p.Name)), p =>
        {
            Assert.All(p.Indicators, i => Assert.Equal("S", i.Confidence));
            Assert.Contains("heck it against the ", p.Note, StringComparison.Ordinal);
        });
    }

    // The names are those of the engine, so that what edgectl carbon and flows give can be judged as it is.
    [Fact]
    public void Figures_that_the_engine_computes_have_its_names_and_units()
    {
        foreach (string account in (string[])["total-location", "total-market"])
        {
            Figure figure = Indicators.PerCoalEquivalent(
                account,
                1,
                "CO2",
                [new("grid", Quantity.Parse("1 MWh"), Some.Shipped("CN", "electricity", "coal-equivalent", "cn-coal-equivalent"))]
            );
            IReadOnlyList<Judgement> park = Programme
                .Require("cn-zero-carbon-park")
                .Judge("1-Mtce-and-more", null, [Given(figure.Name, $"0 {figure.Unit}")]);
            Assert.Equal(Attainment.Met, park[0].Verdict);
        }

        FlowLedger ledger = FlowsSome.Run(
            FlowsSome.Site("pv") with
            {
                Curtailment = Curtailment.Measured,
            },
            FlowsSome.Interval(0, export: 2, pv: 10, load: 8, curtailed: 0)
        );
        IReadOnlyList<Judgement> microgrid = Programme
            .Require("cn-green-microgrid")
            .Judge(
                "spot-market",
                null,
                [
                    .. ((string[])["selfConsumption", "exportShare"])
                        .Select(n => FlowsSome.Figure(ledger, n))
                        .Select(f => Given(f.Name, $"{f.Shown} {f.Unit}")),
                ]
            );
        Assert.Equal(
            [(Attainment.Met, new Fraction(20)), (Attainment.Met, Fraction.Zero)],
            microgrid.Select(j => (j.Verdict, j.Distance!.Value))
        );
    }

    [Fact]
    public void A_case_has_its_threshold_and_a_sector_its_own_in_place_of_the_general_one()
    {
        Assert.Equal(["1.25", "35", null], Try.Asked("2027", null).Select(i => i.Digits));
        Assert.Equal(["1.25", "35", null], Try.Asked("2027", "steel").Select(i => i.Digits));
        Assert.Equal(["0.87", "35", null], Try.Asked("2030", "textiles").Select(i => i.Digits));
        Assert.Equal(["1.10", "35", null], Try.Asked("2030", "steel").Select(i => i.Digits));
    }

    [Fact]
    public void Figures_are_met_not_met_or_without_value_with_their_distance()
    {
        IReadOnlyList<Judgement> all = Try.Judge(
            "2030",
            null,
            [Given("b", "900 kgCO2/tce"), Given("d", "7 tCO2"), new("c", null, "the meter failed")]
        );
        Assert.Equal([Attainment.NotMet, Attainment.NoValue, Attainment.Met], all.Select(j => j.Verdict));
        Assert.Equal([new Fraction(-3, 100), null, (Fraction?)null], all.Select(j => j.Distance)); // 0.9 t is 0.03 t too much
        Assert.Equal([null, "the meter failed", null], all.Select(j => j.Reason));
        Assert.All(Try.Judge("2030", null, []), j => Assert.Equal((Attainment.NoValue, "it is not given"), (j.Verdict, j.Reason)));
        Assert.Equal(Attainment.NoValue, Try.Judge("2030", null, [new("d", null, null)])[2].Verdict);
        Assert.Equal((Attainment.Met, Fraction.Zero), Only(Try.Judge("2027", null, [Given("c", "0.35 1")])[1]));
        Assert.Equal((Attainment.Met, Fraction.Zero), Only(Try.Judge("2027", null, [Given("a", "1.25 tCO2/tce")])[0]));
        Assert.Equal(Attainment.NotMet, Try.Judge("2027", null, [Given("c", "34.999999999999999999 %")])[1].Verdict);

        static (Attainment, Fraction) Only(Judgement j) => (j.Verdict, j.Distance!.Value);
    }

    [Fact]
    public void Met_is_a_distance_of_zero_or_more_whatever_the_unit() =>
        Gen.Select(Gen.Int[0, 3000], Gen.Bool)
            .Sample(
                (thousandths, small) =>
                {
                    Judgement judgement = Try.Judge(
                        "2027",
                        null,
                        [Given("a", small ? $"{thousandths} gCO2/kgce" : $"{thousandths}e-3 tCO2/tce")]
                    )[0];
                    Assert.Equal(thousandths <= 1250, judgement.Verdict == Attainment.Met);
                    Assert.Equal(new Fraction(1250 - thousandths, 1000), judgement.Distance);
                }
            );

    [Theory]
    [InlineData("2027", "e", "1 %", "'e' is no figure that try takes here. It takes a, b, c, d.")]
    [InlineData("2027", "c", "1 kWh", "c is 1 kWh, and share is asked in %: kWh is not %: one is energy, the other a number.")]
    [InlineData(
        "2027",
        "a",
        "1 tCO2e/tce",
        "a is 1 tCO2e/tce, and carbon is asked in tCO2/tce: tCO2e is not tCO2: CO2 is one gas, CO2e is all gases "
            + "by a set of warming potentials. Keep them in two accounts."
    )]
    [InlineData(
        "2027",
        "a",
        "1 tCO2",
        "a is 1 tCO2, and carbon is asked in tCO2/tce: tCO2 is not tCO2/tce: one is for a unit of something, the " + "other is not."
    )]
    [InlineData(
        "2027",
        "c",
        "1 %/tce",
        "c is 1 %/tce, and share is asked in %: %/tce is not %: one is for a unit of something, the other is not."
    )]
    [InlineData(
        "2027",
        "a",
        "1 tCO2/t",
        "a is 1 tCO2/t, and carbon is asked in tCO2/tce: t is not tce: standard coal is a convention (GB/T "
            + "2589). Give the coefficient."
    )]
    [InlineData("2031", "c", "1 %", "'2031' is no case. try has 2027, 2030: name one.")]
    [InlineData(null, "c", "1 %", "No case is named. try has 2027, 2030: name one.")]
    public void What_does_not_fit_is_refused(string? chosen, string name, string value, string says) =>
        Assert.Equal(says, Assert.Throws<CarbonException>(() => Try.Judge(chosen, null, [Given(name, value)])).Message);

    [Fact]
    public void A_figure_twice_two_for_one_indicator_and_unknown_sectors_and_programmes_are_refused()
    {
        Assert.Equal(
            "c is given twice. Keep one of them.",
            Refused(() => Try.Judge("2027", null, [Given("c", "1 %"), new("c", null, "none")]))
        );
        Assert.Equal(
            "a and b are both given for carbon. Choose one: it must not be the better of the two.",
            Refused(() => Try.Judge("2027", null, [Given("a", "1 tCO2/tce"), Given("b", "1 tCO2/tce")]))
        );
        Assert.Equal(
            "There is no sector 'steal'. There are automotive, building-materials, computing, electronics, "
                + "lithium-battery, non-ferrous, petrochemical, photovoltaics, steel, textiles.",
            Refused(() => Try.Judge("2027", "steal", []))
        );
        Assert.Equal(
            "cn-energy-monitoring has no cases. Leave it out.",
            Refused(() => Programme.Require("cn-energy-monitoring").Asked("2027", null))
        );
        Assert.Equal(
            "There is no programme 'x'. There are cn-ceca-six-stars, cn-energy-monitoring, cn-green-microgrid, "
                + "cn-hunan-zero-carbon-factory, cn-zero-carbon-factory, cn-zero-carbon-park.",
            Refused(() => Programme.Require("x"))
        );
        Programme steel = Parsed(string.Join('\n', Good.Split('\n').Where((_, i) => i is 0 or 1 or 4)));
        Assert.Equal("try asks nothing of such a site: its rows are for other cases or sectors.", Refused(() => steel.Asked("2030", null)));

        static string Refused(Func<object> what) => Assert.Throws<CarbonException>(what).Message;
    }

    [Theory]
    [InlineData("programme=try", "set=try", "try.csv, line 1: must be programme=…,version=…")]
    [InlineData("programme=try", "programme=", "line 1: must give the programme a name")]
    [InlineData("for=factory", "for=house", "line 1: 'house' is none of factory, park, microgrid")]
    [InlineData("2026-01-14", "14.1.2026", "line 1: '14.1.2026' is not a day")]
    [InlineData("2027;2030", "2027;2027", "line 1: must give a title, and each case once")]
    [InlineData("2027;2030", "2027", "line 4: '2030' is no case of the programme: line 1 names 2027")]
    [InlineData("id,title,", "title,id,", "line 2: must be case,sector,id,")]
    [InlineData("2030,,carbon", "2027,,carbon", "line 4: gives carbon a second time")]
    [InlineData("2030,,carbon", ",,carbon", "line 4: gives carbon a second time")]
    [InlineData(",c,at-least", ",b,at-least", "line 6: takes a figure that carbon takes")]
    [InlineData("a;b,at-most,1.25", "a; b,at-most,1.25", "line 3: must have an id, a title, figures and a source")]
    [InlineData("1.25,", "-1.25,", "line 3: the threshold -1.25 is negative")]
    [InlineData("1.25,", "1,25,", "line 3: must have 12 cells")]
    [InlineData("1.25,", "1.25x,", "line 3: '1.25x' is not a number")]
    [InlineData("1.25,tCO2/tce", "1.25,tCO2/x", "line 3: 'x' is not a unit")]
    [InlineData("1.25,tCO2/tce", ",tCO2/tce", "line 3: must have a threshold and a unit")]
    [InlineData("stated,,", "stated,5,", "line 7: must have a threshold and a unit")]
    [InlineData("at-least", "about", "line 6: 'about' is none of at-most, at-least, stated")]
    [InlineData("scored", "nice", "line 6: 'nice' is none of gating, scored, expected")]
    [InlineData("scored,C", "scored,M", "line 6: 'M' is none of C, S")]
    public void What_is_not_of_the_form_is_named_with_its_line(string text, string broken, string says) =>
        Assert.Contains(says, Assert.Throws<InvalidDataException>(() => Parsed(Replaced(text, broken))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_without_rows_or_with_too_many_is_refused()
    {
        string head = string.Join('\n', Good.Split('\n').Take(2)) + "\n";
        Assert.Equal("try.csv, line 3: must hold the first row", Assert.Throws<InvalidDataException>(() => Parsed(head)).Message);
        string rows = string.Concat(Enumerable.Range(0, 1001).Select(n => $",,i{n},Title,f{n},stated,,,expected,C,,a test\n"));
        Assert.Equal(
            "try.csv, line 1003: is one more than the 1000 rows that a file may have",
            Assert.Throws<InvalidDataException>(() => Parsed(head + rows)).Message
        );
    }

    private static TargetFigure Given(string name, string value) => new(name, Measure.Parse(value), null);

    private static Programme Parsed(string text) => Programme.Parse("try.csv", new StringReader(text));

    private static string Replaced(string text, string broken)
    {
        int at = Good.IndexOf(text, StringComparison.Ordinal);
        Assert.True(at >= 0);
        return Good[..at] + broken + Good[(at + text.Length)..];
    }
}
