using System.Numerics;
using CsCheck;
using EdgeGateway.Drivers;
using EdgeGateway.Readings;

namespace EdgeGateway.Hardware.Tests;

public class ExactEnergyTests
{
    private static readonly CountWorth Worth = new Ade7953Scale(new CurrentTransformer(200, 333), 1001).MilliwattHoursPerCount;

    [Fact]
    public void A_count_is_worth_full_scale_power_over_206_900_a_second()
    {
        // 0.125 V² × 1001 × 200 A / 0.333 V / 206 900 / 3.6 mWh
        Assert.Equal((BigInteger)Worth.Numerator * 333 * 2069 * 288, (BigInteger)Worth.Denominator * 1001 * 200 * 100);
    }

    [Fact]
    public void Decimals_of_ratio_and_divider_are_kept_exactly()
    {
        (long numerator, long denominator) = new Ade7953Scale(new CurrentTransformer(0.5m, 33.25m), 1000.125m).MilliwattHoursPerCount;
        Assert.Equal((BigInteger)numerator * 33_25 * 2 * 8 * 2069 * 36, (BigInteger)denominator * 1_000_125 * 10);
    }

    [Fact]
    public void Any_split_of_the_counts_gives_the_same_energy() =>
        Gen.Long[-(1L << 24), 1L << 24]
            .Array[0, 60]
            .Sample(counts =>
            {
                var energy = new ExactEnergy(Worth);
                (long import, long export) = (0, 0);
                foreach (long c in counts)
                {
                    (long i, long e) = energy.Add(c);
                    Assert.True(i >= 0 && e >= 0);
                    (import, export) = (import + i, export + e);
                }

                BigInteger Whole(Func<long, bool> chosen) =>
                    counts.Where(chosen).Aggregate(BigInteger.Zero, (sum, c) => sum + BigInteger.Abs(c))
                    * Worth.Numerator
                    / Worth.Denominator;
                Assert.Equal(Whole(c => c > 0), import);
                Assert.Equal(Whole(c => c < 0), export);
            });

    [Fact]
    public void A_calibrated_ratio_is_exact_however_the_counts_are_split() =>
        Gen.Select(Gen.Int[1, 2_000_000], Gen.Long[0, 1L << 32].Array[0, 60])
            .Sample(
                (millionths, counts) =>
                {
                    var energy = new ExactEnergy(Worth, millionths / 1_000_000m);
                    long booked = counts.Sum(c => energy.Add(c).Import);
                    BigInteger all = counts.Aggregate(BigInteger.Zero, (sum, c) => sum + c);
                    Assert.Equal(all * Worth.Numerator * millionths / ((BigInteger)Worth.Denominator * 1_000_000), booked);
                }
            );

    [Fact]
    public void A_ratio_that_cannot_be_is_refused() =>
        Assert.All([0m, -1m, 2.1m, 1.0000001m], r => Assert.Throws<ArgumentOutOfRangeException>(() => new ExactEnergy(Worth, r)));

    [Theory]
    [InlineData(0, 333)]
    [InlineData(-5, 333)]
    [InlineData(100, 0)]
    [InlineData(100, 20_000)]
    public void Impossible_transformers_are_refused(int primaryA, int secondaryMv) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CurrentTransformer(primaryA, secondaryMv));

    [Fact]
    public void A_secondary_beyond_the_input_and_an_impossible_divider_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Ade7953Scale(new CurrentTransformer(100, 354), 1001));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Ade7953Scale(new CurrentTransformer(100, 333), 0.5m));
    }
}
