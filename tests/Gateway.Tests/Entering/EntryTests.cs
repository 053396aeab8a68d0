using System.Text;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Entering;
using EdgeGateway.Evidence;
using EdgeGateway.Gateway.Tests.Recording;
using EdgeGateway.Keeping;
using EdgeGateway.Recording;
using EdgeGateway.Signing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Gateway.Tests.Entering;

/// <summary>What people enter: what is taken, how it stands in the log, and what is refused.</summary>
public sealed class EntryTests : IDisposable
{
    private static readonly string Delivery = EntryJson.Manual(
        "fuel",
        "diesel",
        from: "2026-05-01",
        to: "2026-06-01",
        amount: "1200.50",
        unit: "L"
    );
    private static readonly string Certificate = EntryJson.Instrument(
        "certificate",
        "GEC-1",
        "2026-05-01",
        "2026-06-01",
        "350",
        "MWh",
        ("market/name", "CN"),
        ("market/retired", "2026-06-02"),
        ("market/contract", "C")
    );
    private static readonly DateTimeOffset Now = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeZoneInfo Shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    // 42.652 GJ/t × 0.0202 tC/GJ × 0.98 × 44/12, and 0.84 kg/l
    private static readonly (FactorSet Set, RecordedMethod Method) Diesel = DieselOf();

    private readonly string _folder = Directory.CreateTempSubdirectory("entry").FullName;
    private readonly FakeTimeProvider _time = new(Now);
    private readonly Ledger _ledger;
    private readonly DeviceKey _key;
    private readonly CommandDoor _door = new();
    private readonly Recorder _recorder;

    public EntryTests()
    {
        _ledger = Ledger.Open(Path.Combine(_folder, "ledger.db"));
        _key = DeviceKey.Open(_folder);
        _recorder = new RecorderBuilder(_ledger, _key, _time)
        {
            EntryAccounts = [new EntryAccount("scope1-diesel", "diesel", Diesel.Set, Diesel.Method)],
        }.Build();
        _recorder.Start(new ProcessStart("boot", "1.0.0"));
    }

    public void Dispose()
    {
        _ledger.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_delivery_is_a_leaf_in_registered_units_from_midnight_to_midnight_of_the_site()
    {
        Leaf leaf = Recorded(Delivery);
        Assert.Equal((LeafType.Manual, "boundary"), (leaf.Head.Type, leaf.Head.Group));
        Assert.Equal(["kind", "subject", "from", "to", "amount", "by"], leaf.Records.Select(r => r.Name));
        Assert.Equal(("l", "1200.50"), (leaf.Record("amount").Unit, leaf.Record("amount").Number.ToString()));
        Assert.Equal(LeafRecord.Of("from", new DateTimeOffset(2026, 4, 30, 16, 0, 0, TimeSpan.Zero)), leaf.Record("from"));
        Assert.Equal(LeafRecord.Of("to", new DateTimeOffset(2026, 5, 31, 16, 0, 0, TimeSpan.Zero)), leaf.Record("to"));
    }

    [Theory]
    [InlineData("350", "MWh", "Wh", "350000000")]
    [InlineData("1.25", "GWh", "Wh", "1250000000")]
    [InlineData("0.5", "t", "kg", "500")]
    [InlineData("250", "g", "kg", "0.250")]
    [InlineData("12.345678", "GJ", "J", "12345678000")]
    [InlineData("7", "count", "count", "7")]
    [InlineData("0", "m3", "m3", "0")]
    public void An_amount_keeps_its_digits_and_only_the_point_moves(string amount, string unit, string recorded, string digits)
    {
        LeafRecord record = Recorded(
                Delivery
                    .Replace("diesel", "anything", StringComparison.Ordinal)
                    .Replace("1200.50", amount, StringComparison.Ordinal)
                    .Replace("\"L\"", $"\"{unit}\"", StringComparison.Ordinal)
            )
            .Record("amount");
        Assert.Equal((recorded, digits), (record.Unit, record.Number.ToString()));
    }

    [Fact]
    public void A_document_and_details_stand_beside_it()
    {
        string hash = new('a', 64);
        Leaf leaf = Recorded(
            Delivery.TrimEnd('}')
                + $$$""","document":"invoice-17.pdf","sha256":"{{{hash}}}","details":{"supplier/name":"Example","supplier/area":"East"}}"""
        );
        Assert.Equal(["document", "sha256", "supplier/area", "supplier/name"], leaf.Records.Skip(6).Select(r => r.Name));
        Assert.Equal(Convert.FromHexString(hash), leaf.Record("sha256").Data!.Value.ToArray());
    }

    [Theory]
    [InlineData("\"manual\"", "\"reading\"", "Write manual, instrument, correction or intensity")]
    [InlineData("\"fuel\"", "\"petrol\"", "kind is 'petrol'. Write invoice, fuel")]
    [InlineData("\"diesel\"", "\"\"", "subject is missing")]
    [InlineData("\"diesel\"", "\" diesel\"", "without spaces around")]
    [InlineData("\"diesel\"", "\"die\\nsel\"", "in one line")]
    [InlineData("2026-05-01", "2026-06-01", "does not end after it begins")]
    [InlineData("2026-05-01", "2026-07-01", "does not end after it begins")]
    [InlineData("2026-05-01", "1999-01-01", "before the year 2000")]
    [InlineData("2026-05-01", "1.5.2026", "Write a day, 2026-06-01")]
    [InlineData("2026-05-01", "2026-02-30", "Write a day, 2026-06-01")]
    [InlineData("2026-05-01", "2026-05-01T06:00:00", "with its offset")]
    [InlineData("2026-06-01", "2026-06-16", "not over")]
    [InlineData("1200.50", "-1200.50", "not below 0")]
    [InlineData("1200.50", "1,200.50", "Write up to 18 digits")]
    [InlineData("1200.50", "1e3", "Write up to 18 digits")]
    [InlineData("1200.50", "123456789012345678.9", "more than 18 digits")]
    [InlineData("\"L\"", "\"kwh\"", "The unit of the amount is 'kwh'. Write one of Wh, kWh")]
    [InlineData("\"L\"", "\"\"", "The unit of the amount is ''")]
    [InlineData("\"Li Wei\"", "\"\"", "by is missing")]
    [InlineData("\"Li Wei\"", "null", "by is missing")]
    [InlineData("\"Li Wei\"", "\"Li Wei\",\"by\":\"Another\"", "not JSON with the members")]
    [InlineData("\"Li Wei\"", "\"Li Wei\",\"amounts\":\"1\"", "not JSON with the members")]
    [InlineData("\"Li Wei\"", "\"Li Wei\",\"id\":\"7\"", "has a subject, no id")]
    [InlineData("\"Li Wei\"", "\"Li Wei\",\"supersedes\":1", "belong to a correction")]
    [InlineData("\"Li Wei\"", "\"Li Wei\",\"sha256\":\"00\"", "no document is named")]
    [InlineData("\"Li Wei\"", "\"Li Wei\",\"document\":\"a\",\"sha256\":\"00\"", "64 hexadecimal")]
    [InlineData("\"Li Wei\"", "\"Li Wei\",\"details\":{\"name\":\"x\"}", "no name of a detail")]
    [InlineData("\"Li Wei\"", "\"Li Wei\",\"group\":\"nowhere\"", "no group of this site. Its groups are boundary")]
    [InlineData("}", "", "not JSON")]
    public void What_is_wrong_is_refused_with_the_reason(string good, string bad, string reason)
    {
        long before = _ledger.Size;
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Recorded(Delivery.Replace(good, bad, StringComparison.Ordinal)));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal(before, _ledger.Size);
    }

    [Theory]
    [InlineData("\"certificate\"", "\"contract\"", "2026-06-01", "2027-06-01", null)]
    [InlineData("\"certificate\"", "\"settlement\"", "2026-06-01", "2027-06-01", "not over")]
    [InlineData("\"certificate\"", "\"certificate\"", "2026-06-01", "2027-06-01", "not over")]
    [InlineData("\"certificate\"", "\"contract\"", "2026-06-01", "2101-06-01", "before the year 2100")]
    [InlineData("\"from\":\"2026-05-01\",", "", "", "", "from is ''")]
    [InlineData("\"GEC-1\"", "null", "", "", "id is missing")]
    public void An_instrument_has_an_id_and_a_period_and_only_a_contract_lies_ahead(
        string good,
        string bad,
        string end,
        string later,
        string? reason
    )
    {
        string entry = Certificate.Replace(good, bad, StringComparison.Ordinal);
        entry = end.Length == 0 ? entry : entry.Replace(end, later, StringComparison.Ordinal);
        if (reason is null)
        {
            Assert.Equal(LeafType.Instrument, Recorded(entry).Head.Type);
            return;
        }

        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => Recorded(entry)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_entered_twice_until_it_is_corrected()
    {
        long certificate = Recorded(Certificate).Head.Index,
            delivery = Recorded(Delivery).Head.Index;
        string another = Certificate.Replace("350", "100", StringComparison.Ordinal).Replace("Li Wei", "Another", StringComparison.Ordinal);
        Assert.Equal(
            $"It is entered already, as leaf {certificate}. An instrument is claimed once; if that leaf is wrong, correct it.",
            Refusal(another)
        );
        Assert.Equal(
            $"It is entered already, as leaf {delivery}. If it happened twice, name its document.",
            Refusal(Delivery.Replace("Li Wei", "Another", StringComparison.Ordinal))
        );
        Recorded(Delivery.Replace("\"by\"", "\"document\":\"slip 2\",\"by\"", StringComparison.Ordinal));

        Leaf correction = Recorded(EntryJson.Correction(certificate, "wrong amount", "0", "Wh"));
        Assert.Equal(["supersedes", "reason", "by", "amount"], correction.Records.Select(r => r.Name));
        long entered = Recorded(another).Head.Index;
        Assert.Equal(
            $"It is entered already, as leaf {entered}. An instrument is claimed once; if that leaf is wrong, correct it.",
            Refusal(another)
        );
    }

    [Fact]
    public void A_correction_is_of_an_entry_and_of_each_once()
    {
        long delivery = Recorded(Delivery).Head.Index;
        string Correction(long leaf, string more = ""","amount":"1180","unit":"L" """) =>
            $$"""{"type":"correction","supersedes":{{leaf}},"reason":"misread","by":"Li Wei"{{more}}}""";
        Assert.Equal("There is no leaf 99 in this log; it has 6.", Refusal(Correction(99)));
        Assert.Equal(
            "Leaf 0 is of type genesis, which nobody entered. Corrected are entries, and corrections of them.",
            Refusal(Correction(0))
        );
        Assert.Equal("A correction says what is right: an amount with its unit, or details.", Refusal(Correction(delivery, "")));
        Assert.Equal(
            "A correction has supersedes, reason, by, an amount with its unit and details. For another kind, subject "
                + "or period correct with the amount 0 and enter it anew.",
            Refusal(Correction(delivery, ""","subject":"petrol" """))
        );
        long correction = Recorded(Correction(delivery)).Head.Index;
        Assert.Equal(
            $"Leaf {delivery} is superseded already, by leaf {correction}. If that is wrong too, correct leaf {correction}.",
            Refusal(Correction(delivery))
        );
        Recorded(Correction(correction));
    }

    [Fact]
    public void A_delivery_has_its_footprint_and_each_correction_another_that_replaces_it()
    {
        long delivery = Recorded(Delivery).Head.Index;
        Leaf first = LeafAt(delivery + 1);
        Assert.Equal((LeafType.Carbon, delivery), (first.Head.Type, first.Head.ComputedFrom.Single()));
        Assert.Equal(
            ("scope1-diesel", "kg", new DecimalFraction(-9, 3_121_977_196_480)),
            (first.Records[0].Name, first.Records[0].Unit, first.Records[0].Number)
        );
        Assert.Equal(LeafAt(delivery).Records.Where(r => r.Name is "from" or "to"), first.Records.Where(r => r.Name is "from" or "to"));
        Assert.Equal("42.652 GJ(NCV)/t", first.Records.Single(r => r.Name == "value/ncv").Text);
        Assert.Equal(
            ("0.84 kg/l", "cn-fuels-ndrc/1"),
            (first.Records.Single(r => r.Name == "density").Text, first.Records.Single(r => r.Name == "set").Text)
        );

        long correction = Recorded(EntryJson.Correction(delivery, "misread", "600.25", "L")).Head.Index;
        Leaf second = LeafAt(correction + 1);
        Assert.Equal([delivery, correction], second.Head.ComputedFrom);
        Assert.Equal(1_560_988_598_240, second.Mantissa("scope1-diesel"));
        Assert.Equal(first.Head.Index, second.Records.Single(r => r.Name == "replaces").Number!.Value.Mantissa);

        long again = Recorded(EntryJson.Correction(correction, "misread again", "0", "L")).Head.Index;
        Leaf third = LeafAt(again + 1);
        Assert.Equal([delivery, again], third.Head.ComputedFrom);
        Assert.Equal((0L, second.Head.Index), (third.Mantissa("scope1-diesel"), third.Mantissa("replaces")));
    }

    [Fact]
    public void An_amount_that_does_not_fit_the_account_is_refused_whole()
    {
        Assert.Equal(
            "The account scope1-diesel takes entries about diesel, and this amount does not fit it: Wh is not l: one "
                + "is energy, the other a meter's volume.",
            Refusal(Delivery.Replace("\"L\"", "\"kWh\"", StringComparison.Ordinal))
        );
        long delivery = Recorded(Delivery).Head.Index;
        Assert.Contains("does not fit it", Refusal(EntryJson.Correction(delivery, "misread", "1", "kWh")), StringComparison.Ordinal);
        long words = Recorded(
            $$$"""{"type":"correction","supersedes":{{{delivery}}},"reason":"name","by":"Li Wei","details":{"supplier/name":"Example"}}"""
        ).Head.Index;
        Assert.Equal(words + 1, _ledger.Size); // no amount was corrected: no footprint
    }

    [Fact]
    public async Task The_recorder_writes_what_comes_through_the_door_between_two_slots()
    {
        using CancellationTokenSource stop = new();
        RecorderLoop loop = new(_recorder, _ledger, RecorderBuilder.Quarters, _door, _time, NullLogger<RecorderLoop>.Instance);
        Task running = loop.RunAsync(stop.Token);
        long leaf = await _door.EnterAsync(Parsed(Delivery), stop.Token);
        Assert.Equal(LeafType.Manual, LeafCodec.Decode(_ledger.Leaves(leaf, leaf + 1)[0]!).Head.Type);
        await Assert.ThrowsAsync<InvalidDataException>(() => _door.EnterAsync(Parsed(Delivery), stop.Token));
        Assert.Equal(leaf + 2, await _door.EnterAsync(Parsed(Certificate), stop.Token)); // the delivery has its footprint
        await stop.CancelAsync();
        await running;
        Assert.Equal(_ledger.Size, _ledger.LastCheckpoint!.Size);
    }

    private static Entry Parsed(string json) => Entry.Parse(Encoding.UTF8.GetBytes(json), Now, Shanghai, ["boundary"], []);

    private Leaf Recorded(string json)
    {
        string grouped =
            json.Contains("\"group\"", StringComparison.Ordinal) || !json.EndsWith('}') ? json : json[..^1] + ",\"group\":\"boundary\"}";
        long leaf = _recorder.Enter(Parsed(grouped));
        return LeafCodec.Decode(_ledger.Leaves(leaf, leaf + 1)[0]!);
    }

    private Leaf LeafAt(long index) => LeafCodec.Decode(_ledger.Leaves(index, index + 1)[0]!);

    private static (FactorSet, RecordedMethod) DieselOf()
    {
        FactorSet set = FactorSet.Shipped.Single(s => s.Name == "cn-fuels-ndrc");
        Factor[] factors =
        [
            .. new[] { "ncv", "carbon-content", "oxidation" }.Select(k => set.Factors.Single(f => f.Key.Of == "diesel" && f.Key.Kind == k)),
        ];
        return (
            set,
            RecordedMethod.OfFuel(
                factors[0],
                factors[1],
                factors[2],
                new FuelConditions(Density: CitedFactor.Given("0.84 kg/l", "data sheet"))
            )
        );
    }

    private string Refusal(string json)
    {
        long before = _ledger.Size;
        string reason = Assert.Throws<InvalidDataException>(() => Recorded(json)).Message;
        Assert.Equal(before, _ledger.Size);
        return reason;
    }
}
