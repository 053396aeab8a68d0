using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Readings;

namespace EdgeGateway.Gateway.Tests.Accounting;

public sealed class CarbonAccountTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Meters_that_count_watt_hours_and_impulses_are_added_before_the_one_rounding()
    {
        CarbonAccount account = Account("3");
        account.Begin("in", At(1, Quantum.MilliwattHour, 0));
        account.Begin("pulse", At(1, Quantum.Impulse, 7));
        // 0.001 Wh + 1/3 kWh = 0.333334333… kWh × 0.55 kg = 183 333 883.33… µg
        Assert.Equal(
            new DecimalFraction(-9, 183_333_883),
            Amount(account, At(2, Quantum.MilliwattHour, 1), At(2, Quantum.Impulse, 8)).Number
        );
    }

    [Fact]
    public void A_register_that_begins_again_is_told_and_counts_from_there()
    {
        CarbonAccount account = Account("100");
        account.Begin("in", At(1, Quantum.MilliwattHour, 5000));
        account.Begin("pulse", At(1, Quantum.Impulse, 7));
        RecordedRegister restarted = At(2, Quantum.MilliwattHour, 10),
            pulses = At(2, Quantum.Impulse, 7);
        Assert.Equal("in:register-restarted", Amount(account, restarted, pulses).Text);
        Assert.True(account.Begin("in", restarted));
        Assert.Equal(new DecimalFraction(-9, 550), Amount(account, At(3, Quantum.MilliwattHour, 11), pulses).Number);
    }

    [Theory]
    [InlineData(0, 0, null)] // both since the same reading
    [InlineData(0, 1, 2L)] // the pulses later
    [InlineData(5, 1, 2L)] // and by a clock that was set back in between
    public void A_meter_that_begins_later_says_with_which_leaf(int energySince, int pulsesSince, long? stated)
    {
        CarbonAccount account = Account("100");
        account.Begin(
            "in",
            new RecordedRegister(1, Noon.AddMinutes(energySince), new Register(ObisCode.ActiveImport, Quantum.MilliwattHour, 0))
        );
        account.Begin(
            "pulse",
            new RecordedRegister(2, Noon.AddMinutes(pulsesSince), new Register(ObisCode.ActiveImport, Quantum.Impulse, 0))
        );
        AccountSlot slot = account.At(
            Noon.AddMinutes(3),
            Now(
                new RecordedRegister(3, Noon.AddMinutes(3), new Register(ObisCode.ActiveImport, Quantum.MilliwattHour, 1)),
                new RecordedRegister(4, Noon.AddMinutes(3), new Register(ObisCode.ActiveImport, Quantum.Impulse, 1))
            )
        );
        Assert.Equal(stated, slot.Footprint.BaseOf("pulse/1-0:1.8.0.255"));
        Assert.Equal([1, 2, 3, 4], slot.ComputedFrom);
    }

    [Fact]
    public void A_meter_that_is_new_counts_from_the_next_slot_on_and_its_first_reading_is_named()
    {
        CarbonAccount account = Account("100");
        account.Begin("in", At(1, Quantum.MilliwattHour, 0));
        AccountSlot slot = account.At(Noon.AddMinutes(30), Now(At(2, Quantum.MilliwattHour, 1), At(3, Quantum.Impulse, 8)));
        Assert.Equal((3L, 550L), (slot.Footprint.BaseOf("pulse/1-0:1.8.0.255")!.Value, slot.Count.Micrograms!.Value));
        Assert.Equal([1, 2, 3], slot.ComputedFrom);
    }

    private static CarbonAccount Account(string impulsesPerKilowattHour)
    {
        (FactorSet set, Factor factor) = FactorLibrary.Shipped.Require(new FactorKey("CN-grid-east", 2023, "average", "organisation"));
        return new CarbonAccount(
            "scope2-location",
            set,
            RecordedMethod.OfEnergy(RecordedMethod.LocationBased, factor),
            [new AccountMeter("in", ObisCode.ActiveImport, null), new AccountMeter("pulse", ObisCode.ActiveImport, impulsesPerKilowattHour)]
        );
    }

    private static RecordedRegister At(long leaf, Quantum quantum, long count) =>
        new(leaf, Noon.AddMinutes(15 * leaf), new Register(ObisCode.ActiveImport, quantum, count));

    private static Dictionary<string, RegisterReading> Now(RecordedRegister input, RecordedRegister pulses) =>
        new() { ["in/1-0:1.8.0.255"] = Reading(input), ["pulse/1-0:1.8.0.255"] = Reading(pulses) };

    private static RegisterReading Reading(RecordedRegister recorded) => new(recorded.Leaf, recorded.Time, recorded.Register, null);

    private static LeafRecord Amount(CarbonAccount account, RecordedRegister input, RecordedRegister pulses) =>
        account.At(Noon, Now(input, pulses)).Footprint.Records()[0];
}
