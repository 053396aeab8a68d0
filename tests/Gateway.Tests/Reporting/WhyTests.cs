using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Serving;
using EdgeGateway.Reporting;

namespace EdgeGateway.Gateway.Tests.Reporting;

/// <summary>How a footprint came about, down to the leaves that it rests on.</summary>
public sealed class WhyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<long, Leaf> Leaves = new()
    {
        [1] = At(
            1,
            LeafType.Config,
            [LeafRecord.Of("group", "boundary"), LeafRecord.Of("class", "1"), LeafRecord.Of("gas/constant", "10 imp/m3")],
            h => h with { Group = "boundary" }
        ),
        [2] = At(
            2,
            LeafType.Factors,
            [
                LeafRecord.Of("set", "gas"),
                LeafRecord.Of("version", "1"),
                LeafRecord.Of("validFrom", ""),
                LeafRecord.Of("validUntil", ""),
                LeafRecord.Of("CN/2024/natural-gas.ncv/any", "389.31 GJ(NCV)/1e4Nm3; GB/T 32151.34-2024: Table C.1; confidence C"),
                LeafRecord.Of("CN/2024/natural-gas.carbon-content/any", "0.0153 tC/GJ(NCV); GB/T 32151.34-2024: Table C.1"),
                LeafRecord.Of("CN/2024/natural-gas.oxidation/any", "0.99 1; Table C.1"),
            ]
        ),
        [3] = Reading(3, 100),
        [4] = Reading(4, 110),
        [5] = At(
            5,
            LeafType.Manual,
            [
                LeafRecord.Of("kind", "invoice"),
                LeafRecord.Of("subject", "gas bill"),
                LeafRecord.Of("from", Noon.AddDays(-30)),
                LeafRecord.Of("to", Noon),
                Cubic(1000),
                LeafRecord.Of("by", "Li Wei"),
                LeafRecord.Of("document", "bill.pdf"),
            ]
        ),
        [6] = At(
            6,
            LeafType.Correction,
            [LeafRecord.Of("supersedes", 5), LeafRecord.Of("reason", "misread"), LeafRecord.Of("by", "Li Wei"), Cubic(500)]
        ),
    };

    [Fact]
    public void A_metered_footprint_names_readings_factors_clauses_and_its_proof()
    {
        Leaf carbon = Footprint([3, 4], LeafRecord.Of("meters", "gas/7-0:3.0.0.255"));
        string text = Why.Of(carbon, i => Leaves.GetValueOrDefault(i)).ToText();
        Assert.Equal(
            """
            scope1-gas, leaf 7: 2.162188809 kg CO2
            2026-06-15T12:00:00Z to 2026-06-15T12:15:00Z
            combustion: amount × NCV × carbon content × oxidation × 44/12, rounded once, half to even, to whole micrograms
              by GB/T 32150, fuel combustion; 44/12 is kg CO2 per kg carbon; factors of gas/1
              gas/7-0:3.0.0.255: 100 → 110 count, 10 count at 10 imp/m3 (leaves 3, 4)
              natural-gas.ncv: 389.31 GJ(NCV)/1e4Nm3 (leaf 2)
                  CN/2024/natural-gas.ncv/any: GB/T 32151.34-2024: Table C.1; confidence C
              natural-gas.carbon-content: 0.0153 tC/GJ(NCV) (leaf 2)
                  CN/2024/natural-gas.carbon-content/any: GB/T 32151.34-2024: Table C.1
              natural-gas.oxidation: 0.99 1 (leaf 2)
                  CN/2024/natural-gas.oxidation/any: Table C.1
              base: Nm3
            Proof: /v1/log/bundle?leaf=1&leaf=2&leaf=3&leaf=4&leaf=7

            """,
            text
        );
    }

    [Fact]
    public void An_entered_footprint_names_the_entry_and_its_correction()
    {
        Why why = Why.Of(Footprint([5, 6], LeafRecord.Of("replaces", 6)), i => Leaves.GetValueOrDefault(i));
        Assert.Equal(
            new[] { ("gas bill", "1000 m3", "entered by Li Wei, bill.pdf"), ("corrected", "500 m3", "entered by Li Wei, because misread") },
            why.Inputs.Take(2).Select(i => (i.Name, i.Value, i.Source!))
        );
        Assert.Equal(6, why.Replaces);
        Assert.Contains("2026-06-15T12:00:00Z to 2026-06-15T12:15:00Z; takes the place of leaf 6", why.ToText().Split('\n'));
    }

    [Fact]
    public void A_method_of_a_later_version_is_not_explained_wrongly() =>
        Assert.Equal(
            "The method 'by-weight' is not known. There are location-based, location-by-slot, market-based, "
                + "purchased-heat and combustion.",
            Assert
                .Throws<InvalidDataException>(() =>
                    Why.Of(
                        Footprint([3, 4]) with
                        {
                            Records =
                            [
                                .. Footprint([3, 4]).Records.Select(r => r.Name == "method" ? LeafRecord.Of("method", "by-weight") : r),
                            ],
                        },
                        i => Leaves.GetValueOrDefault(i)
                    )
                )
                .Message
        );

    [Fact]
    public async Task It_is_served_as_text_and_as_JSON_and_another_leaf_is_no_footprint()
    {
        await using ServedSite site = new();
        site.Begin();
        site.Record(1, "boundary", ServedSite.Energy("in-L1", Readings.ObisCode.ActiveImport, 1000));
        site.RecordFootprint("scope2-location", 550_000_000, 1);
        using HttpClient http = await site.ServeAsync();
        string text = await http.GetStringAsync("/v1/carbon/why?leaf=2", TestContext.Current.CancellationToken);
        Assert.StartsWith("scope2-location, leaf 2: 0.550000000 kg CO2", text, StringComparison.Ordinal);
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        JsonElement json = JsonDocument
            .Parse(await http.GetStringAsync("/v1/carbon/why?leaf=2", TestContext.Current.CancellationToken))
            .RootElement;
        Assert.Equal(
            ("0.550000000", "location-based", "0.5500 kgCO2/kWh"),
            (
                json.GetProperty("kilograms").GetString(),
                json.GetProperty("method").GetString(),
                json.GetProperty("inputs")[1].GetProperty("value").GetString()
            )
        );
        foreach (
            (string query, HttpStatusCode status) in new[]
            {
                ("leaf=1", HttpStatusCode.NotFound),
                ("leaf=99", HttpStatusCode.NotFound),
                ("leaf=x", HttpStatusCode.BadRequest),
                ("", HttpStatusCode.BadRequest),
            }
        )
        {
            Assert.Equal(status, (await http.GetAsync($"/v1/carbon/why?{query}", TestContext.Current.CancellationToken)).StatusCode);
        }
    }

    private static Leaf Footprint(IReadOnlyList<long> of, params LeafRecord[] more) =>
        At(
            7,
            LeafType.Carbon,
            [
                new LeafRecord("scope1-gas") { Unit = "kg", Number = new DecimalFraction(-9, 2_162_188_809) },
                LeafRecord.Of("from", Noon),
                LeafRecord.Of("to", Noon.AddMinutes(15)),
                LeafRecord.Of("method", "combustion"),
                LeafRecord.Of("factor/ncv", "CN/2024/natural-gas.ncv/any"),
                LeafRecord.Of("value/ncv", "389.31 GJ(NCV)/1e4Nm3"),
                LeafRecord.Of("factor/carbon-content", "CN/2024/natural-gas.carbon-content/any"),
                LeafRecord.Of("value/carbon-content", "0.0153 tC/GJ(NCV)"),
                LeafRecord.Of("factor/oxidation", "CN/2024/natural-gas.oxidation/any"),
                LeafRecord.Of("value/oxidation", "0.99 1"),
                LeafRecord.Of("base", "Nm3"),
                LeafRecord.Of("set", "gas/1"),
                .. more,
            ],
            h => h with { Factors = 2, ComputedFrom = of }
        );

    private static LeafRecord Cubic(long amount) => new("amount") { Unit = "m3", Number = new DecimalFraction(0, amount) };

    private static Leaf Reading(long index, long count) =>
        At(index, LeafType.Reading, [new LeafRecord("gas/7-0:3.0.0.255") { Unit = "count", Number = new DecimalFraction(0, count) }], h =>
            h with
            {
                Group = "boundary",
                Config = 1,
            }
        );

    private static Leaf At(long index, string type, IReadOnlyList<LeafRecord> records, Func<LeafHead, LeafHead>? more = null)
    {
        LeafHead head = new()
        {
            Index = index,
            Type = type,
            Time = Noon,
            TimeStatus = TimeStatus.Synchronised,
            BootCount = 1,
            MonotonicMs = 0,
            Salt = new byte[16],
        };
        return new Leaf(more?.Invoke(head) ?? head, records);
    }
}
