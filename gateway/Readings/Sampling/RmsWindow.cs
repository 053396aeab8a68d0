namespace EdgeGateway.Readings.Sampling;

/// <summary>A window of one input, in the converter's counts.</summary>
/// <param name="StartNs">Its first instant.</param>
/// <param name="EndNs">The first instant after it.</param>
/// <param name="Samples">Samples in it, 1 or more.</param>
/// <param name="RmsCounts">RMS without the DC offset.</param>
/// <param name="OffsetCounts">The DC offset, which of a biased input is the bias.</param>
public readonly record struct RmsResult(long StartNs, long EndNs, int Samples, double RmsCounts, double OffsetCounts);

/// <summary>RMS of a current without a voltage, over windows of fixed length.</summary>
/// <remarks>
/// Without a voltage there are no zero crossings to be trusted at small currents, so the windows are fixed: 200 ms holds 10 cycles of
/// 50 Hz and 12 of 60 Hz. Sums are exact integers, so that a large bias costs no digits.
/// </remarks>
public sealed class RmsWindow
{
    /// <summary>The usual window: 200 ms (IEC 61000-4-30 uses the same 10 or 12 cycles).</summary>
    public const long UsualLengthNs = 200_000_000;

    private readonly long _lengthNs;
    private long _startNs;
    private int _samples;
    private long _sum;
    private Int128 _sumOfSquares;
    private long _lastNs = long.MinValue;

    /// <summary>Makes windows of a length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive.</exception>
    public RmsWindow(long lengthNs = UsualLengthNs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthNs);
        _lengthNs = lengthNs;
    }

    /// <summary>Takes a sample. The first one begins the first window; after a pause of a window or more a new one begins.</summary>
    /// <param name="timeNs">When it was taken, on a clock that never steps.</param>
    /// <param name="counts">What the converter gave.</param>
    /// <param name="result">The window that this sample is beyond, when true is returned.</param>
    /// <returns>Whether a window was completed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The sample is earlier than the one before.</exception>
    public bool Add(long timeNs, int counts, out RmsResult result)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeNs, _lastNs);
        _lastNs = timeNs;
        bool complete = _samples > 0 && timeNs - _startNs >= _lengthNs;
        result = complete ? Compute() : default;
        if (complete)
        {
            _startNs += _lengthNs;
            _samples = 0;
            _sum = 0;
            _sumOfSquares = 0;
        }

        if (_samples == 0 && (!complete || timeNs - _startNs >= _lengthNs))
        {
            _startNs = timeNs;
        }

        _samples++;
        _sum += counts;
        _sumOfSquares += (long)counts * counts;
        return complete;
    }

    private RmsResult Compute()
    {
        double offset = (double)_sum / _samples;
        Int128 variance = (_samples * _sumOfSquares) - ((Int128)_sum * _sum);
        return new(_startNs, _startNs + _lengthNs, _samples, Math.Sqrt((double)variance) / _samples, offset);
    }
}
