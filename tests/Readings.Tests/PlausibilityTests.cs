namespace EdgeGateway.Readings.Tests;

public class PlausibilityTests
{
    private static readonly LiveValues Usual = new(
        VoltageV: 230,
        CurrentA: 10,
        ActivePowerW: -2200,
        ApparentPowerVA: 2300,
        PowerFactor: -0.956,
        FrequencyHz: 49.98
    );

    [Fact]
    public void What_a_factory_has_every_day_is_believed() => Assert.Null(Of(Usual));

    [Fact]
    public void Nothing_measured_is_nothing_wrong() => Assert.Null(Of(default));

    [Fact]
    public void A_voltage_of_400_kV_is_refused() => Assert.Equal("400000 V is no low voltage", Of(Usual with { VoltageV = 400_000 }));

    [Fact]
    public void A_frequency_of_12_Hz_is_refused() => Assert.Equal("12.0 Hz is no mains frequency", Of(Usual with { FrequencyHz = 12 }));

    [Fact]
    public void A_power_factor_beyond_1_05_is_refused() =>
        Assert.Equal("a power factor of -1.06 is beyond 1", Of(Usual with { PowerFactor = -1.06 }));

    [Fact]
    public void More_active_than_apparent_power_is_refused() =>
        Assert.Equal("2500 W is more than the 2300 VA it is part of", Of(Usual with { ActivePowerW = 2500 }));

    [Fact]
    public void A_current_beyond_the_input_is_refused() =>
        Assert.Equal("101.2 A is beyond the 90 A that the input can show", Of(Usual with { CurrentA = 101.2 }));

    [Fact]
    public void What_is_not_a_number_is_refused()
    {
        Assert.NotNull(Of(Usual with { VoltageV = double.NaN }));
        Assert.NotNull(Of(Usual with { CurrentA = double.NaN }));
        Assert.NotNull(Of(Usual with { ActivePowerW = double.NaN }));
    }

    [Fact]
    public void The_power_factor_of_next_to_nothing_is_not_judged() =>
        Assert.Null(Of(Usual with { CurrentA = 0.001, ApparentPowerVA = 0.2, ActivePowerW = 0.5, PowerFactor = 2.5 }));

    private static string? Of(LiveValues live) => Plausibility.Of(live, fullScaleA: 90, leastApparentVA: 5);
}
