using System.Numerics;
using CsCheck;
using EdgeGateway.Readings;

namespace EdgeGateway.Carbon.Tests;

public class FootprintTests
{
    private static readonly Gen<string> Values =
        from whole in Gen.Int[0, 9999]
        from decimals in Gen.Int[0, 9]
        from rest in Gen.Int[0, 999_999_999]
        select decimals == 0 ? $"{whole}" : $"{whole}.{rest.ToString("D9")[..decimals]}";

    // Small enough that two of them with the largest factor fit 64 bits of micrograms.
    private static readonly Gen<Quantity> Energies = Gen.OneOf(
        Gen.Select(Gen.Long[0, 100_000_000], Gen.Int[-6, 0], (c, e) => MeteredAmount.FromCounts(c, new Quantum("Wh", e))),
        Gen.Select(Gen.Long[0, 100_000], Gen.Int[1, 100_000], (i, k) => MeteredAmount.FromImpulses(i, $"{k}", Unit.KilowattHour))
    );

    [Theory]
    [InlineData(1_000_000, -3, "0.5500", 550_000_000)] // 1 kWh: 550 g
    [InlineData(1, -3, "0.5306", 531)] // 530.6 µg
    [InlineData(1, 6, "0.5500", 550_000_000_000)] // 1 MWh: 550 kg
    [InlineData(0, -3, "0.5500", 0)]
    [InlineData(5_000, -3, "0", 0)]
    public void Counts_times_factor_is_micrograms(long counts, int exponent, string factor, long micrograms) =>
        Assert.Equal(micrograms, Some.Footprint(MeteredAmount.FromCounts(counts, new Quantum("Wh", exponent)), Some.Factor(factor)));

    [Theory]
    [InlineData(1, "0.5")] // 0.5 µg
    [InlineData(3, "1.5")]
    [InlineData(5, "2.5")]
    [InlineData(7, "3.5")]
    public void A_tie_goes_to_the_even_microgram(long halves, string exact)
    {
        // 10⁻⁶ Wh × 0.5 kg/kWh is half a microgram.
        long micrograms = Some.Footprint(MeteredAmount.FromCounts(halves, new Quantum("Wh", -6)), Some.Factor("0.5"));
        Assert.Equal((long)Math.Round(decimal.Parse(exact), MidpointRounding.ToEven), micrograms);
        Assert.True(long.IsEvenInteger(micrograms));
    }

    [Fact]
    public void The_smallest_step_beside_a_tie_decides()
    {
        var quantum = new Quantum("Wh", -12);
        Assert.Equal(0, Some.Footprint(MeteredAmount.FromCounts(500_000, quantum), Some.Factor("1")));
        Assert.Equal(1, Some.Footprint(MeteredAmount.FromCounts(500_001, quantum), Some.Factor("1")));
        Assert.Equal(1, Some.Footprint(MeteredAmount.FromCounts(1_499_999, quantum), Some.Factor("1")));
        Assert.Equal(2, Some.Footprint(MeteredAmount.FromCounts(1_500_000, quantum), Some.Factor("1")));
    }

    [Fact]
    public void Three_thirds_of_a_kilowatt_hour_are_one()
    {
        Quantity third = MeteredAmount.FromImpulses(1, "3", Unit.KilowattHour);
        Assert.Equal(MeteredAmount.FromCounts(1, new Quantum("Wh", 3)), third + third + third);
        Assert.Equal(333_333_333, Some.Footprint(third, Some.Factor("1")));
        Assert.Equal(1_000_000_000, Some.Footprint(third + third + third, Some.Factor("1")));
    }

    [Fact]
    public void An_impulse_constant_may_have_a_fraction()
    {
        Assert.Equal(MeteredAmount.FromImpulses(1, "400", Unit.KilowattHour), MeteredAmount.FromImpulses(2, "800.0", Unit.KilowattHour));
        Assert.Equal(MeteredAmount.FromCounts(2, new Quantum("Wh", 3)), MeteredAmount.FromImpulses(1, "0.50", Unit.KilowattHour));
    }

    [Fact]
    public void Parts_add_up_exactly_before_rounding() =>
        Gen.Select(Energies, Energies, Values)
            .Sample(
                (left, right, value) =>
                {
                    Factor factor = Some.Factor(value);
                    long apart = Some.Footprint(left, factor) + Some.Footprint(right, factor);
                    long together = Some.Footprint(left + right, factor);

                    // Each of three roundings moves at most half a microgram.
                    Assert.InRange(together - apart, -1, 1);
                    Assert.Equal(right + left, left + right);
                    Assert.Equal(left, left + Quantity.Parse("0 kWh"));
                }
            );

    [Fact]
    public void Splitting_an_energy_anywhere_changes_nothing() =>
        Gen.Select(Gen.Long[0, long.MaxValue / 2], Gen.Long[0, long.MaxValue / 2], Gen.Int[-12, 12])
            .Sample(
                (a, b, e) =>
                {
                    var quantum = new Quantum("Wh", e);
                    Assert.Equal(
                        MeteredAmount.FromCounts(a + b, quantum),
                        MeteredAmount.FromCounts(a, quantum) + MeteredAmount.FromCounts(b, quantum)
                    );
                }
            );

    [Fact]
    public void The_result_is_never_more_than_half_a_microgram_off() =>
        Gen.Select(Energies, Values)
            .Sample(
                (energy, value) =>
                {
                    Factor factor = Some.Factor(value);
                    BigInteger micrograms = Some.Footprint(energy, factor);
                    string digits = value.Replace(".", "");
                    BigInteger scale = BigInteger.Pow(10, value.Contains('.') ? value.Length - value.IndexOf('.') - 1 : 0);
                    BigInteger exact = energy.Value.Numerator * BigInteger.Parse(digits) * 1_000_000_000;
                    Assert.True(
                        BigInteger.Abs((micrograms * energy.Value.Denominator * scale) - exact) * 2 <= energy.Value.Denominator * scale
                    );
                }
            );

    [Fact]
    public void Negative_energy_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MeteredAmount.FromCounts(-1, Quantum.MilliwattHour));
        Assert.Throws<ArgumentOutOfRangeException>(() => MeteredAmount.FromImpulses(-1, "1000", Unit.KilowattHour));
    }

    [Theory]
    [InlineData("VAh", -3)]
    [InlineData("count", 0)]
    [InlineData("Wh", 13)]
    [InlineData("Wh", -13)]
    public void Only_watt_hours_have_a_footprint(string unit, int exponent) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => MeteredAmount.FromCounts(1, new Quantum(unit, exponent)));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("0.00")]
    [InlineData("-1")]
    [InlineData("1,5")]
    [InlineData("1e3")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("1.2.3")]
    [InlineData("٣")]
    public void An_impossible_impulse_constant_is_refused(string constant) =>
        Assert.Throws<FormatException>(() => MeteredAmount.FromImpulses(1, constant, Unit.KilowattHour));

    [Fact]
    public void What_does_not_fit_is_an_error_and_not_a_smaller_number()
    {
        Quantity most = MeteredAmount.FromCounts(long.MaxValue, new Quantum("Wh", -6));
        Assert.Equal(long.MaxValue, Some.Footprint(most, Some.Factor("1")));
        Assert.Throws<CarbonException>(() => Some.Footprint(most + MeteredAmount.FromCounts(1, new Quantum("Wh", -6)), Some.Factor("1")));
        Assert.Throws<CarbonException>(() =>
            Some.Footprint(MeteredAmount.FromCounts(long.MaxValue, new Quantum("Wh", 12)), Some.Factor("9999"))
        );
    }
}
