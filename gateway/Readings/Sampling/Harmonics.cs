namespace EdgeGateway.Readings.Sampling;

/// <summary>Total harmonic distortion by subgroups, 1 is 100 %. Null: it cannot be told.</summary>
internal readonly record struct HarmonicDistortion(double? Voltage, double? Current);

/// <summary>
/// Harmonic subgroups of a window of whole cycles, after IEC 61000-4-7: bins 1/T apart, so a harmonic n of N cycles is bin n·N.
/// </summary>
internal sealed class Harmonics
{
    /// <summary>With fewer cycles the bins beside a harmonic are too wide to be its subgroup.</summary>
    public const int LeastCycles = 10;

    private const int Highest = 40;
    private const int LeastHighest = 5;

    private readonly int _cycles;
    private readonly double[] _sums;

    public Harmonics(int cycles)
    {
        _cycles = cycles;
        _sums = new double[4 * ((Highest * cycles) + 2)];
    }

    public void Begin() => Array.Clear(_sums);

    /// <summary>Adds a sample.</summary>
    /// <param name="place">Where it stands in the window, 0 to 1.</param>
    /// <param name="v">Voltage times weight.</param>
    /// <param name="i">Current times weight.</param>
    public void Add(double place, double v, double i)
    {
        // re + j·im is e^(−j·2π·k·place) for bin after bin: that of bin k is that of bin k − 1, turned by that of bin 1.
        (double sin, double cos) = Math.SinCos(-2 * Math.PI * place);
        (double re, double im) = (1.0, 0.0);
        Span<double> sums = _sums;
        for (int k = 4; k + 3 < sums.Length; k += 4)
        {
            (re, im) = ((re * cos) - (im * sin), (re * sin) + (im * cos));
            sums[k] += v * re;
            sums[k + 1] += v * im;
            sums[k + 2] += i * re;
            sums[k + 3] += i * im;
        }
    }

    /// <summary>The distortion of the window, null where the rate does not reach the fifth harmonic or there is no fundamental.</summary>
    public HarmonicDistortion Distortion(int samples)
    {
        int highest = Math.Min(Highest, ((samples / 2) - 1) / _cycles);
        return highest < LeastHighest ? default : new HarmonicDistortion(Of(0, highest), Of(2, highest));
    }

    private double? Of(int input, int highest)
    {
        double distortion = 0;
        for (int n = 2; n <= highest; n++)
        {
            distortion += Subgroup(n, input);
        }

        double fundamental = Subgroup(1, input);
        return fundamental > 0 ? Math.Sqrt(distortion / fundamental) : null;
    }

    private double Subgroup(int n, int input)
    {
        double sum = 0;
        for (int bin = (n * _cycles) - 1; bin <= (n * _cycles) + 1; bin++)
        {
            (double re, double im) = (_sums[(4 * bin) + input], _sums[(4 * bin) + input + 1]);
            sum += (re * re) + (im * im);
        }

        return sum;
    }
}
