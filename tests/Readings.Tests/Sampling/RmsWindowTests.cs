using CsCheck;
using EdgeGateway.Readings.Sampling;

namespace EdgeGateway.Readings.Tests.Sampling;

public class RmsWindowTests
{
    private static List<RmsResult> Feed(IEnumerable<(long TimeNs, int Counts)> samples)
    {
        RmsWindow window = new();
        List<RmsResult> results = [];
        foreach ((long timeNs, int counts) in samples)
        {
            if (window.Add(timeNs, counts, out RmsResult result))
            {
                results.Add(result);
            }
        }

        return results;
    }

    [Fact]
    public void A_biased_sine_gives_its_rms_and_its_bias() =>
        Gen.Select(Gen.Double[50, 16_000], Gen.Double[0, 6.28], Gen.Int[-15_000, 15_000])
            .Sample(
                (amplitude, phase, bias) =>
                {
                    // 800 samples a second: whole samples in 200 ms.
                    var results = Feed(
                        Enumerable
                            .Range(0, 801)
                            .Select(n =>
                                (n * 1_250_000L, bias + (int)Math.Round(amplitude * Math.Sin((2 * Math.PI * 50 * n / 800) + phase)))
                            )
                    );
                    Assert.Equal(5, results.Count);
                    Assert.All(results, r =>
                    {
                        Assert.Equal(160, r.Samples);
                        Assert.True(Math.Abs(r.RmsCounts - (amplitude / Math.Sqrt(2))) < 0.6, $"{r} for amplitude {amplitude}");
                        Assert.True(Math.Abs(r.OffsetCounts - bias) < 0.6, $"{r} for bias {bias}");
                    });
                }
            );

    [Fact]
    public void Full_scale_with_an_alternating_sign_is_exact()
    {
        var results = Feed(Enumerable.Range(0, 1001).Select(n => (n * 1_000_000L, n % 2 == 0 ? int.MaxValue : -int.MaxValue)));
        Assert.All(results, r => Assert.Equal(int.MaxValue, r.RmsCounts));
        Assert.All(results, r => Assert.Equal(0, r.OffsetCounts));
    }

    [Fact]
    public void Windows_lie_side_by_side_and_a_pause_begins_anew()
    {
        var results = Feed([(0, 1), (100_000_000, 3), (200_000_000, 5), (900_000_000, 7), (1_100_000_000, 9)]);
        Assert.Equal(
            [
                new RmsResult(0, 200_000_000, 2, 1, 2),
                new RmsResult(200_000_000, 400_000_000, 1, 0, 5),
                new RmsResult(900_000_000, 1_100_000_000, 1, 0, 7),
            ],
            results
        );
    }

    [Fact]
    public void Time_that_steps_back_is_refused()
    {
        RmsWindow window = new();
        window.Add(5, 0, out _);
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Add(4, 0, out _));
    }
}
