using EdgeGateway.Drivers;
using EdgeGateway.Readings;
using EdgeGateway.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EdgeGateway.Hardware.Tests;

public class ChipExceptionTests
{
    [Theory]
    [InlineData(BusFault.NoAnswer, MissingReason.NoAnswer)]
    [InlineData(BusFault.Stuck, MissingReason.BusStuck)]
    [InlineData(BusFault.LostReply, MissingReason.NoAnswer)]
    public void A_fault_of_the_bus_names_chip_address_register_and_reason(BusFault fault, MissingReason reason)
    {
        var device = new SimulatedI2cDevice(0x38) { Fault = fault };
        ChipException thrown = Assert.Throws<ChipException>(() => new Ade7953(device, new FakeTimeProvider()).Read());
        Assert.Equal(reason, thrown.Reason);
        Assert.Equal(0x38, thrown.Address);
        Assert.StartsWith($"ADE7953 at I2C address 0x38, register {thrown.Register}: ", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ADS1115_where_an_ADE7953_should_be_is_the_wrong_chip()
    {
        ChipException thrown = Assert.Throws<ChipException>(() =>
            new Ade7953(new SimulatedAds1115(0x38, new FakeTimeProvider()), new FakeTimeProvider()).Initialize()
        );
        Assert.Equal(MissingReason.WrongChip, thrown.Reason);
    }

    [Fact]
    public void An_ADE7953_where_an_ADS1115_should_be_is_the_wrong_chip()
    {
        var chip = new SimulatedAde7953(null, null, 1001, new FakeTimeProvider());
        ChipException thrown = Assert.Throws<ChipException>(() =>
            new Ads1115(chip).SampleWindow(Ads1115Input.Ain0Ain1, Ads1115Range.Mv1024)
        );
        Assert.Equal((MissingReason.WrongChip, "Config"), (thrown.Reason, thrown.Register));
    }
}
