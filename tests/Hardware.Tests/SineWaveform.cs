using EdgeGateway.Simulation;

namespace EdgeGateway.Hardware.Tests;

/// <summary>A laboratory source: a steady voltage and current whose values a test chooses.</summary>
internal sealed class SineWaveform(double volts, double amperes, double degrees = 0, double hertz = 50) : IWaveform
{
    public double Volts { get; set; } = volts;

    public double Amperes { get; set; } = amperes;

    public double Watts => Volts * Amperes * Math.Cos(Radians);

    // A dead waveform has no frequency; its samples are zeros at any.
    private double Wave => hertz > 0 ? hertz : 50;

    private double Radians => degrees * Math.PI / 180;

    public double Hertz(double at) => hertz;

    public WaveSample At(double at) =>
        new(
            Volts * Math.Sqrt(2) * Math.Sin(2 * Math.PI * Wave * at),
            Amperes * Math.Sqrt(2) * Math.Sin((2 * Math.PI * Wave * at) - Radians),
            1
        );

    public int Samples(double from, double to, Span<WaveSample> samples)
    {
        for (int i = 0; i < 400; i++)
        {
            samples[i] = At(i / 400.0 / Wave) with { Weight = (to - from) / 400 };
        }

        return 400;
    }

    public double Joules(double from, double to) => Watts * (to - from);

    public double Vars => Volts * Amperes * Math.Sin(Radians);

    public double VarSeconds(double from, double to) => Vars * (to - from);
}
