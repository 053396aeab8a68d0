using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Recording;
using EdgeGateway.Keeping;
using EdgeGateway.Readings;
using EdgeGateway.Recording;
using EdgeGateway.Reporting;

namespace EdgeGateway.Gateway.Tests.Entering;

/// <summary>What machines report of production: one time after the other, never twice.</summary>
public sealed class ReportedProductionTests() : RecordedMeter(new DateTimeOffset(2026, 6, 15, 6, 0, 0, TimeSpan.Zero))
{
    private const string First = """{"from":"2026-06-15T06:00:00+08:00","to":"2026-06-15T14:00:00+08:00","amount":"120","unit":"count"}""";
    private const string Second =
        """{"from":"2026-06-15T14:00:00+08:00","to":"2026-06-15T22:00:00+08:00","amount":"80","unit":"count","document":"order 7"}""";

    [Fact]
    public void Reports_that_follow_each_other_add_up()
    {
        Open(Account());
        Report(First);
        Report(Second);
        Leaf second = Leaves().Last();
        Assert.Equal(
            (LeafType.Manual, "production", "cell", "MQTT topic mes/cells", "order 7"),
            (second.Head.Type, Said(second, "kind"), Said(second, "subject"), Said(second, "by"), Said(second, "document"))
        );
        Count(minutes: 30, each15: 1000);
        ProductIntensity made = CarbonTotals.Of(Ledger, Recorder.Origin, Shanghai).Intensities.Single();
        Assert.Equal(("cell", "200 pieces"), (made.Product, made.Amount));
    }

    [Fact]
    public void One_that_is_given_again_is_known_and_one_that_overlaps_is_refused()
    {
        Open(Account());
        Report(First);
        long size = Ledger.Size;
        Assert.Equal(size - 1, Report(First));
        string refused = Assert.Throws<InvalidDataException>(() => Report(Second.Replace("T14", "T13", StringComparison.Ordinal))).Message;
        Assert.Equal(
            "It begins at 2026-06-15 05:00:00Z, and what was made of cell is recorded up to 2026-06-15 06:00:00Z already, in "
                + $"leaf {size - 1}. Reports follow each other; if that one is wrong, correct it to 0 with edgectl enter "
                + "correction.",
            refused
        );
        Assert.Equal(size, Ledger.Size);
        Open(Account());
        Assert.Throws<InvalidDataException>(() => Report(Second.Replace("T14", "T13", StringComparison.Ordinal))); // after a restart too
        Report(Second);
    }

    [Fact]
    public void What_is_reported_is_not_entered_by_hand_for_the_same_time()
    {
        Open(Account());
        Report(First);
        long first = Index(LeafType.Manual);
        Assert.Equal(
            $"It is of 2026-06-14 22:00:00Z to 2026-06-15 02:00:00Z, and leaf {first} tells what was made of cell in some of "
                + "that time already. If that leaf is wrong, correct it to 0 with edgectl enter correction.",
            Refused(ByHand(15, 6, 10))
        );
        Enter(ByHand(15, 14, 18)); // while the machine did not report
        Assert.Throws<InvalidDataException>(() => Report(Second));
        Enter(ByHand(14, 6, 10)); // of a time before there were reports
        Assert.Throws<InvalidDataException>(() => Enter(ByHand(14, 9, 11)));
        Assert.Throws<InvalidDataException>(() => Report(Second));
        Enter(ByHand(15, 6, 10).Replace("cell", "van", StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_entered_by_hand_before_the_first_report_is_not_reported_again()
    {
        Open(Account());
        Enter(ByHand(15, 10, 15));
        Enter(ByHand(15, 8, 9));
        Enter(ByHand(15, 20, 21).Replace("cell", "van", StringComparison.Ordinal));
        Assert.Contains(
            $"recorded up to 2026-06-15 07:00:00Z already, in leaf {Index(LeafType.Manual) - 2}.",
            Assert.Throws<InvalidDataException>(() => Report(First)).Message,
            StringComparison.Ordinal
        );
        Report(Second.Replace("T14", "T15", StringComparison.Ordinal));
    }

    [Fact]
    public void A_report_of_a_wrong_time_is_corrected_to_nothing_and_given_anew()
    {
        Open(Account());
        Report(First);
        Report(Second.Replace("T22", "T23", StringComparison.Ordinal));
        long wrong = Index(LeafType.Manual);
        Enter(EntryJson.Correction(wrong, "an hour too long", "0", "count"));
        // What stands before it stays.
        Assert.Throws<InvalidDataException>(() => Report(First.Replace("120", "121", StringComparison.Ordinal)));
        Report(Second);
        Assert.Contains(
            $"leaf {wrong + 2} tells what was made",
            Refused(EntryJson.Correction(wrong + 1, "it was right", "80", "count")),
            StringComparison.Ordinal
        );
        Count(minutes: 30, each15: 1000);
        Assert.Equal("200 pieces", CarbonTotals.Of(Ledger, Recorder.Origin, Shanghai).Intensities.Single().Amount);
    }

    [Fact]
    public void A_report_that_was_corrected_to_nothing_is_not_taken_again_and_frees_the_time_before_it_too()
    {
        Open(Account());
        Report(First);
        long wrong = Report(Second.Replace("T14", "T18", StringComparison.Ordinal));
        Enter(EntryJson.Correction(wrong, "it began earlier", "0", "count"));
        long size = Ledger.Size;
        Assert.Equal(wrong, Report(Second.Replace("T14", "T18", StringComparison.Ordinal))); // as the broker gives it again
        Assert.Equal(size, Ledger.Size);
        Report(Second);
        Assert.Contains(
            $"in leaf {size}.",
            Assert.Throws<InvalidDataException>(() => Report(Second.Replace("T22", "T23", StringComparison.Ordinal))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_correction_of_an_amount_leaves_its_time_taken()
    {
        Open(Account());
        Report(First);
        Enter(EntryJson.Correction(Index(LeafType.Manual), "counted again", "119", "count"));
        Assert.Throws<InvalidDataException>(() => Report(First.Replace("120", "121", StringComparison.Ordinal)));
        Report(Second);
    }

    [Theory]
    [InlineData(
        "\"unit\"",
        "\"by\":\"me\",\"unit\"",
        "A report of production has from, to, amount and unit, and may have document and details. Which product "
            + "it is of stands in the site file."
    )]
    [InlineData(
        "\"count\"",
        "\"kWhs\"",
        "The unit of the amount is 'kWhs'. Write one of Wh, kWh, MWh, GWh, J, kJ, MJ, GJ, TJ, g, kg, t, m3, L, "
            + "l, m2, W, kW, MW, count."
    )]
    [InlineData("\"120\"", "\"-3\"", "The amount is '-3'. Write up to 18 digits with a point, such as 1200.50, not below 0.")]
    [InlineData(
        "T14",
        "T05",
        "The period from 2026-06-15T06:00:00+08:00 to 2026-06-15T05:00:00+08:00 does not end after it begins. "
            + "Its end is not part of it."
    )]
    [InlineData(
        "{",
        "[",
        "The entry is not JSON with the members of an entry: The JSON value could not be converted to "
            + "EdgeGateway.Entering.EntryRequest. Path: $ | LineNumber: 0 | BytePositionInLine: 1."
    )]
    [InlineData(
        "2026-06-15T06:00:00+08:00",
        "0001-01-01",
        "from is 0001-01-01. Nothing before the year 2000 or after 2200 is accounted here."
    )]
    public void What_is_no_report_is_refused(string good, string bad, string reason) =>
        Assert.Equal(reason, Assert.Throws<InvalidDataException>(() => Read(First.Replace(good, bad, StringComparison.Ordinal))).Message);

    [Fact]
    public void A_report_is_over_but_for_the_difference_of_two_clocks()
    {
        EnteredAt = new DateTimeOffset(2026, 6, 15, 5, 55, 0, TimeSpan.Zero); // five minutes before its end
        Read(First);
        EnteredAt = EnteredAt.AddMinutes(-6);
        Assert.Equal(
            "The period ends at 2026-06-15 06:00:00Z, which is not over. Only a contract may lie ahead.",
            Assert.Throws<InvalidDataException>(() => Read(First)).Message
        );
    }

    private static CarbonAccount Account() =>
        new("scope2", null, RecordedMethod.OfMarket("CN", null), [new AccountMeter("in", ObisCode.ActiveImport, null)]);

    private static string ByHand(int day, int from, int to) =>
        EntryJson.Manual(
            "production",
            "cell",
            from: $"2026-06-{day}T{from:D2}:00:00+08:00",
            to: $"2026-06-{day}T{to:D2}:00:00+08:00",
            amount: "60",
            unit: "count"
        );

    private Entry Read(string json) => Entry.OfProduction("cell", "MQTT topic mes/cells", json, EnteredAt, Shanghai);

    private long Report(string json) => Recorder.Enter(Read(json));
}
