namespace EdgeGateway.Simulation;

/// <summary>A sine of a signal: √2·<paramref name="Rms"/>·sin(<paramref name="Order"/>·ωt + <paramref name="Degrees"/>).</summary>
/// <param name="Order">1 is the fundamental.</param>
/// <param name="Rms">Volts or amperes RMS.</param>
/// <param name="Degrees">Phase at the signal's beginning, in degrees of this sine.</param>
public readonly record struct Harmonic(int Order, double Rms, double Degrees = 0);

/// <summary>A steady voltage and current, each a sum of sines: what a laboratory source puts before a meter.</summary>
/// <param name="Hertz">Frequency of the fundamental.</param>
/// <param name="Voltage">Sines of the voltage.</param>
/// <param name="Current">Sines of the current.</param>
public sealed record MainsSignal(double Hertz, IReadOnlyList<Harmonic> Voltage, IReadOnlyList<Harmonic> Current)
{
    private const int HighestOfPhaseFired = 41;

    /// <summary>RMS current, amperes.</summary>
    public double CurrentA => Math.Sqrt(Current.Aggregate(0.0, (sum, i) => sum + (i.Rms * i.Rms)));

    /// <summary>Active power of all harmonics, watts, import positive.</summary>
    public double ActivePowerW
    {
        get
        {
            double watts = 0;
            foreach (Harmonic v in Voltage)
            {
                foreach (Harmonic i in Current.Where(i => i.Order == v.Order))
                {
                    watts += v.Rms * i.Rms * Math.Cos((v.Degrees - i.Degrees) * Math.PI / 180);
                }
            }

            return watts;
        }
    }

    /// <summary>Two sines.</summary>
    /// <param name="volts">RMS voltage.</param>
    /// <param name="amperes">RMS current.</param>
    /// <param name="lagDegrees">By how much the current lags: 60 for PF 0.5 inductive, −36.87 for PF 0.8 capacitive, 180 for
    /// export.</param>
    /// <param name="hertz">Frequency.</param>
    public static MainsSignal Sine(double volts, double amperes, double lagDegrees = 0, double hertz = 50) =>
        new(hertz, [new Harmonic(1, volts)], [new Harmonic(1, amperes, -lagDegrees)]);

    /// <summary>
    /// A sine voltage and a phase-fired resistive load that conducts in the second half of each half-wave, from 90° to 180°; harmonics up
    /// to the 41st.
    /// </summary>
    /// <param name="volts">RMS voltage.</param>
    /// <param name="amperes">RMS current that the load would take unfired; fired it takes 1/√2 of it.</param>
    /// <param name="hertz">Frequency.</param>
    public static MainsSignal PhaseFired(double volts, double amperes, double hertz = 50)
    {
        List<Harmonic> current = [];
        for (int order = 1; order <= HighestOfPhaseFired; order += 2)
        {
            // sin(θ) on (90°, 180°) and on (270°, 360°): both halves give the same, so twice the integral over the first.
            double sin = (SineIntegral(order - 1) - SineIntegral(order + 1)) / Math.PI;
            double cos = (CosineIntegral(order + 1) - CosineIntegral(order - 1)) / Math.PI;
            current.Add(new Harmonic(order, amperes * double.Hypot(sin, cos), Math.Atan2(cos, sin) * 180 / Math.PI));
        }

        return new(hertz, [new Harmonic(1, volts)], current);

        // ∫ cos(kθ) and ∫ sin(kθ) from 90° to 180°.
        static double SineIntegral(int k) => k == 0 ? Math.PI / 2 : (Math.Sin(k * Math.PI) - Math.Sin(k * Math.PI / 2)) / k;
        static double CosineIntegral(int k) => k == 0 ? 0 : (Math.Cos(k * Math.PI / 2) - Math.Cos(k * Math.PI)) / k;
    }
}
