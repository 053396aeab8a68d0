using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Readings;

namespace EdgeGateway.Evidence.Tests.Leaves;

/// <summary>What the views say of a leaf, in the words of its field.</summary>
public class LeafMeaningTests
{
    private const string Register = "in-L1/1-0:1.8.0.255";
    private static readonly IReadOnlyList<Leaf> All = EveryType.Of(new Origin(new string('a', 64), 3, true));
    private static readonly DateTimeOffset Time = Some.Time;

    [Fact]
    public void A_genesis_names_log_device_and_key()
    {
        var genesis = GenesisLeaf.Of(One(LeafType.Genesis));
        Assert.Equal((new Origin(new string('a', 64), 3, true), new string('a', 64)), (genesis.Origin, genesis.DeviceId));
        Assert.Equal((32, 32), (genesis.Key.Length, genesis.Certificate!.Value.Length));
    }

    [Fact]
    public void A_start_says_where_registers_go_on()
    {
        var start = StartLeaf.Of(One(LeafType.Start));
        Assert.Equal(("0.1.0", 1), (start.Version, start.RegistersFromFile));
        Assert.Equal([new StartedRegister(Register, Quantum.MilliwattHour, 12_500, "new")], start.Registers);
    }

    [Fact]
    public void Settings_have_a_meters_impulse_constant()
    {
        ConfigLeaf config = new()
        {
            Group = "gas",
            AccuracyClass = "meter",
            Settings = [new("gas-1", "kind", "pulse"), new("gas-1", "constant", "0.1 imp/m3"), new("odd", "constant", "many")],
        };
        Assert.Equal(new ImpulseConstant("0.1", "m3"), config.ConstantOf("gas-1"));
        Assert.Equal("0.1 imp/m3", config.ConstantOf("gas-1").ToString());
        Assert.Equal((null, null), (config.ConstantOf("odd"), config.ConstantOf("gas-2")));
        Assert.Equal("pulse", config.SettingOf("gas-1", "kind"));
    }

    [Fact]
    public void A_factor_has_a_value_and_a_source()
    {
        FactorsLeaf factors = new()
        {
            Set = "cn",
            Version = "2023",
            ValidFrom = "",
            ValidUntil = "",
            Factors = [new("CN/2023/a", "0.5568 kg/kWh; MEE; confidence high")],
        };
        Assert.Equal(("cn/2023", null), (factors.Name, factors.TextOf("CN/2023/b")));
        Assert.Equal(("0.5568 kg/kWh", "MEE; confidence high"), (factors.Factors[0].Value, factors.Factors[0].Source));
    }

    [Fact]
    public void A_reading_has_registers_with_a_count_and_registers_with_a_reason()
    {
        var reading = ReadingLeaf.Of(One(LeafType.Reading));
        LeafRegister counted = Assert.Single(reading.Counted),
            missing = Assert.Single(reading.Missing);
        Assert.Equal(("in-L1", new Register(ObisCode.ActiveImport, Quantum.MilliwattHour, 12_600)), (counted.Meter, counted.Register));
        Assert.Equal((Quality.Estimated, "0.5S", null), (counted.Quality, counted.AccuracyClass, counted.Time));
        Assert.Equal(("in-L2", "no-answer"), (missing.Meter, missing.Missing));
        Assert.Throws<EvidenceException>(() => missing.Register);
        Assert.Equal(counted, reading.FindCounted(Register));
        Assert.Equal((missing, null), (reading.Find("in-L2/1-0:1.8.0.255"), reading.FindCounted("in-L2/1-0:1.8.0.255")));
    }

    [Fact]
    public void Readings_become_registers_with_what_differs_from_their_group_and_slot()
    {
        Reading read = new()
        {
            Meter = "a",
            Time = Time.AddMilliseconds(999),
            Registers = [new Register(ObisCode.ActiveImport, Quantum.MilliwattHour, 5)],
            Accuracy = AccuracyClass.Class1,
        };
        Reading[] readings =
        [
            read,
            read with
            {
                Meter = "b",
                Time = Time.AddMilliseconds(-1500),
                Quality = Quality.Lost,
                Accuracy = AccuracyClass.Class05S,
            },
            read with
            {
                Meter = "c",
                Missing = MissingReason.BusStuck,
            },
        ];
        LeafRecord[] expected =
        [
            new("a/1-0:1.8.0.255") { Unit = "Wh", Number = new DecimalFraction(-3, 5) },
            new("b/1-0:1.8.0.255")
            {
                Unit = "Wh",
                Number = new DecimalFraction(-3, 5),
                Time = Time.AddSeconds(-2),
                Quality = Quality.Lost,
                AccuracyClass = "0.5S",
            },
            LeafRecord.Of("c/1-0:1.8.0.255", "bus-stuck"),
        ];
        Assert.Equal(expected, ReadingLeaf.Of(Time, readings, "1").Records());
    }

    [Fact]
    public void A_footprint_of_a_slot_names_its_meters_and_where_new_ones_begin()
    {
        CarbonLeaf carbon = Carbon() with { NoAmount = null, Micrograms = 55_680, Meters = ["a/1", "b/1"], Bases = [new("b/1", 17)] };
        CarbonLeaf read = Again(carbon);
        Assert.Equal(((long?)55_680, null), (read.Micrograms, read.NoAmount));
        Assert.Equal(["a/1", "b/1"], read.Meters!);
        Assert.Equal(((long?)17, null), (read.BaseOf("b/1"), read.BaseOf("a/1")));
        Assert.Equal(("CN/2023/average", null), (read.TextOf("factor"), read.TextOf("market")));
        Assert.Empty(read.SlotRanges!);
    }

    [Fact]
    public void A_footprint_of_a_period_names_slots_stretches_and_claims()
    {
        CarbonLeaf read = Again(
            Carbon() with
            {
                Restates = "ended",
                Claims = new ClaimedPeriod(Time.AddDays(-30), Time),
                Slots = "12-400 401-2990",
                Stretches = [new("a/1-0:1.8.0.255", "11-399 411-2989")],
                Replaces = 3000,
            }
        );
        Assert.Equal("ended", read.Restates);
        Assert.Equal(new ClaimedPeriod(Time.AddDays(-30), Time), read.Claims);
        Assert.Equal([new LeafRange(12, 400), new LeafRange(401, 2990)], read.SlotRanges!);
        Assert.Equal([new LeafRange(11, 399), new LeafRange(411, 2989)], read.Stretches[0].Ranges!);
        Assert.Equal(3000, read.Replaces);
        Assert.Equal((null, 2), (read.Meters, read.Texts.Count));
    }

    [Theory]
    [InlineData("12")]
    [InlineData("12-")]
    [InlineData("-12")]
    [InlineData("12-11")]
    [InlineData("12-20 20-30")]
    [InlineData("12-20  21-30")]
    [InlineData("1-2-3")]
    [InlineData("")]
    public void Slots_that_are_no_ascending_ranges_are_none(string slots) => Assert.Null((Carbon() with { Slots = slots }).SlotRanges);

    [Fact]
    public void A_flow_has_its_stretch_and_what_it_goes_on_from()
    {
        var flow = FlowLeaf.Of(One(LeafType.Flow));
        Assert.Equal((Time, Time.AddMinutes(15), (long?)2), (flow.From, flow.To, flow.Previous));
        Assert.Equal(("pv-L1:no-answer", 11), (flow.Reason, flow.Statements.Count));
    }

    [Fact]
    public void A_gap_is_one_that_readings_know_unless_its_cause_is_new()
    {
        Gap gap = new(Time, Time.AddSeconds(2), GapCause.EdgesLost, 5);
        var leaf = GapLeaf.Of("gas-1", gap);
        Assert.Equal((gap, "gas-1"), (leaf.Gap, leaf.Meter));
        Assert.Null((leaf with { Cause = "of-a-later-version" }).Gap);
    }

    [Fact]
    public void What_holds_of_a_calibration_does_not_depend_on_what_was_before()
    {
        CalibrationLeaf now = new() { Meter = "a", Correction = CalibrationLeaf.None };
        Assert.Equal(["meter", "correction"], now.Records().Select(r => r.Name));
        Assert.Equal(["meter", "correction", "before"], (now with { Before = "ratio 1.01" }).Records().Select(r => r.Name));
    }

    [Fact]
    public void The_register_of_an_exchange_has_the_time_of_the_leaf_that_it_is_taken_from()
    {
        LeafRegister register = ReadingLeaf.Of(One(LeafType.Reading)).FindCounted(Register)!.Value.TakenFrom(Time);
        Assert.Equal((Time, null, 12_600), (register.Time, register.AccuracyClass, register.Count));
        Assert.Equal(Time, register.TakenFrom(Time.AddDays(1)).Time);
    }

    [Fact]
    public void A_correction_takes_the_place_of_amount_and_details()
    {
        InstrumentLeaf entered = InstrumentLeaf.Of(One(LeafType.Instrument));
        entered = entered with
        {
            Entered = entered.Entered with { Details = [LeafRecord.Of("market/name", "CN"), LeafRecord.Of("supplier/name", "A")] },
        };
        CorrectionLeaf correction = new()
        {
            Supersedes = 13,
            Reason = "typing error",
            By = "energy manager",
            Amount = new LeafAmount(new DecimalFraction(3, 7), "Wh"),
            Details = [LeafRecord.Of("supplier/name", "B")],
        };
        InstrumentLeaf holds = entered.CorrectedBy(correction);
        Assert.Equal("7000 Wh", holds.Entered.Amount.ToString());
        Assert.Equal(("CN", "B"), (holds.Entered.Detail("market/name"), holds.Entered.Detail("supplier/name")));
        Assert.Equal(entered.Entered.Amount, entered.CorrectedBy(correction with { Amount = null }).Entered.Amount);
    }

    [Fact]
    public void Intensities_are_found_by_their_slot()
    {
        var intensity = IntensityLeaf.Of(One(LeafType.Intensity));
        Assert.Equal(("grid-east", "grid operator", 60), (intensity.Series, intensity.Source, intensity.Minutes));
        Assert.Equal(("539.75 gCO2/kWh", null), (intensity.ValueOf("20260601T0600Z"), intensity.ValueOf("20260601T0700Z")));
    }

    [Fact]
    public void An_alarm_has_begun_or_ended()
    {
        var began = AlarmLeaf.Of(One(LeafType.Alarm));
        Assert.Equal((true, "meter-missing", "in-L2"), (began.Began, began.Alarm, began.Meter));
        Leaf ended = One(LeafType.Alarm) with { Records = (began with { Began = false }).Records() };
        Assert.False(AlarmLeaf.Of(ended).Began);
    }

    [Fact]
    public void A_clock_that_was_set_back_has_a_negative_step() =>
        Assert.Equal(TimeSpan.FromMilliseconds(-1500), ClockStepLeaf.Of(One(LeafType.ClockStep)).Step);

    private static Leaf One(string type) => All.Single(l => l.Head.Type == type);

    private static CarbonLeaf Carbon() =>
        new()
        {
            Account = "scope2",
            NoAmount = "no-intensity",
            From = Time,
            To = Time.AddMinutes(15),
            Method = "location-based",
            Texts = [new("factor", "CN/2023/average"), new("value", "0.5 kg/kWh")],
            Set = "cn/2023",
        };

    private static CarbonLeaf Again(CarbonLeaf carbon)
    {
        Leaf leaf = One(LeafType.Carbon) with { Records = carbon.Records() };
        return CarbonLeaf.Of(LeafCodec.Decode(LeafCodec.Encode(leaf)));
    }
}
