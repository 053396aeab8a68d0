namespace EdgeGateway.Simulation;

/// <summary>
/// What a simulated clamp and voltage tap are mounted on. Time is seconds since the chip on it was attached; before 0 everything is 0.
/// </summary>
public interface IWaveform
{
    /// <summary>Mains frequency, hertz. 0: no alternating voltage.</summary>
    double Hertz(double at);

    /// <summary>Volts and amperes at an instant.</summary>
    WaveSample At(double at);

    /// <summary>
    /// Fills <paramref name="samples"/> from one instant to another at the waveform's own rate, and says how many there are. The weights
    /// add up to the stretch. A stretch with more samples than there is room for is cut at its start.
    /// </summary>
    int Samples(double from, double to, Span<WaveSample> samples);

    /// <summary>Active energy between two instants, joules, import positive.</summary>
    double Joules(double from, double to);

    /// <summary>Reactive energy of the fundamental between two instants, var-seconds, lagging positive.</summary>
    double VarSeconds(double from, double to);
}

/// <summary>One sample of a waveform.</summary>
/// <param name="Volts">Instantaneous voltage.</param>
/// <param name="Amperes">Instantaneous current.</param>
/// <param name="Weight">The time it stands for, seconds.</param>
public readonly record struct WaveSample(double Volts, double Amperes, double Weight);
