namespace EdgeGateway.Simulation;

/// <summary>Sums over the samples of a window at converters that clip.</summary>
internal struct WindowSums
{
    private double _vv;
    private double _ii;
    private double _vi;
    private double _unclipped;
    private double _weight;
    private double _meanV;
    private double _meanI;
    private double _meanRawV;
    private double _meanRawI;

    /// <summary>The largest magnitude of the voltage, after clipping.</summary>
    public double PeakV { get; private set; }

    /// <summary>The largest magnitude of the current, after clipping.</summary>
    public double PeakI { get; private set; }

    /// <summary>Adds a sample.</summary>
    /// <param name="rawV">The voltage at the converter.</param>
    /// <param name="rawI">The current at the converter.</param>
    /// <param name="clip">The magnitude at which both converters clip.</param>
    /// <param name="weight">The time that the sample stands for, seconds.</param>
    public void Add(double rawV, double rawI, double clip, double weight)
    {
        double v = Math.Clamp(rawV, -clip, clip),
            i = Math.Clamp(rawI, -clip, clip);
        _vv += v * v * weight;
        _ii += i * i * weight;
        _vi += v * i * weight;
        _unclipped += rawV * rawI * weight;
        _weight += weight;
        _meanV += v * weight;
        _meanI += i * weight;
        _meanRawV += rawV * weight;
        _meanRawI += rawI * weight;
        PeakV = Math.Max(PeakV, Math.Abs(v));
        PeakI = Math.Max(PeakI, Math.Abs(i));
    }

    /// <summary>The means over the window, as a high-pass filter leaves them. Zeros without a sample.</summary>
    public readonly WindowMeans WithoutDc() =>
        _weight > 0
            ? new WindowMeans(
                Math.Max(0, _vv - (_meanV * _meanV / _weight)) / _weight,
                Math.Max(0, _ii - (_meanI * _meanI / _weight)) / _weight,
                (_vi - (_meanV * _meanI / _weight)) / _weight,
                (_unclipped - (_meanRawV * _meanRawI / _weight)) / _weight
            )
            : default;
}

/// <summary>Means over a window without DC.</summary>
/// <param name="VV">Of the square of the voltage.</param>
/// <param name="II">Of the square of the current.</param>
/// <param name="VI">Of their product.</param>
/// <param name="Unclipped">Of their product as it would be if the converters did not clip.</param>
internal readonly record struct WindowMeans(double VV, double II, double VI, double Unclipped);
