using EdgeGateway.Carbon;
using EdgeGateway.Evidence;
using EdgeGateway.Readings;
using EdgeGateway.Recording;

namespace EdgeGateway.Tests.Recording;

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
        Assert.Equal(new DecimalFraction(-9, 183_333_883), Amount(account, At(2, Quantum.MilliwattHour, 1), At(2, Quantum.Impulse, 8)).Number);
    }

    [Fact]
    public void A_register_that_begins_again_is_told_and_counts_from_there()
    {
        CarbonAccount account = Account("100");
        account.Begin("in", At(1, Quantum.MilliwattHour, 5000));
        account.Begin("pulse", At(1, Quantum.Impulse, 7));
        RecordedRegister restarted = At(2, Quantum.MilliwattHour, 10), pulses = At(2, Quantum.Impulse, 7);
        Assert.Equal("in:register-restarted", Amount(account, restarted, pulses).Text);
        Assert.True(account.Begin("in", restarted));
        Assert.Equal(new DecimalFraction(-9, 550), Amount(account, At(3, Quantum.MilliwattHour, 11), pulses).Number);
    }

    private static CarbonAccount Account(string impulsesPerKilowattHour)
    {
        (FactorSet set, Factor factor) = FactorLibrary.Shipped.Require(new FactorKey("CN-grid-east", 2023, "average", "organisation"));
        return new CarbonAccount(
            "scope2-location", set, RecordedMethod.OfEnergy(RecordedMethod.LocationBased, factor),
            [new AccountMeter("in", ObisCode.ActiveImport, null), new AccountMeter("pulse", ObisCode.ActiveImport, impulsesPerKilowattHour)]);
    }

    private static RecordedRegister At(long leaf, Quantum quantum, long count) =>
        new(leaf, Noon.AddMinutes(15 * leaf), new Register(ObisCode.ActiveImport, quantum, count));

    private static LeafRecord Amount(CarbonAccount account, RecordedRegister input, RecordedRegister pulses) => account.At(
        Noon, new Dictionary<string, (RecordedRegister?, string?)> { ["in"] = (input, null), ["pulse"] = (pulses, null) }).Records[0];
}
