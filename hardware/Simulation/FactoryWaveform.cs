namespace EdgeGateway.Simulation;

/// <summary>One load on one phase of the factory: sines of the step's voltage, active and reactive power.</summary>
internal sealed class FactoryWaveform(SimulatedFactory factory, int load, int phase, double start) : IWaveform
{
    private const int SamplesPerWindow = 32;

    private long _step = long.MinValue;
    private double _peakV;
    private double _activePeakA;
    private double _reactivePeakA;

    // 50 Hz that swings by 20 mHz in some minutes and by 10 mHz in one.
    public double Hertz(double at) => 50 + (0.02 * Math.Sin(Slow * (start + at))) + (0.01 * Math.Sin(Fast * (start + at)));

    public WaveSample At(double at) => at < 0 ? default : Wave(at, Angle(at), 1);

    // The load is constant over a window that is short against a step, so one cycle of the sine stands for all of them.
    public int Samples(double from, double to, Span<WaveSample> samples)
    {
        from = Math.Max(0, from);
        if (to <= from)
        {
            return 0;
        }

        double angle = Angle(to);
        for (int i = 0; i < SamplesPerWindow; i++)
        {
            samples[i] = Wave(to, angle - (2 * Math.PI * i / SamplesPerWindow), (to - from) / SamplesPerWindow);
        }

        return SamplesPerWindow;
    }

    public double Joules(double from, double to) => Integral(from, to, p => p.Watts);

    public double VarSeconds(double from, double to) => Integral(from, to, p => p.Vars);

    private double Integral(double from, double to, Func<(double Watts, double Vars), double> of)
    {
        (double begin, double end) = (start + Math.Max(0, from), start + Math.Max(0, to));
        double sum = 0;
        for (long step = SimulatedFactory.StepAt(begin); step * SimulatedFactory.StepSeconds < end; step++)
        {
            double covered =
                Math.Min(end, (step + 1) * SimulatedFactory.StepSeconds) - Math.Max(begin, step * SimulatedFactory.StepSeconds);
            sum += of(factory.Power(load, phase, step)) * covered;
        }

        return sum;
    }

    private const double Slow = 2 * Math.PI / 217;
    private const double Fast = 2 * Math.PI / 61;

    // The integral of the frequency.
    private double Angle(double at)
    {
        double t = start + at;
        double cycles = (50 * t) - (0.02 / Slow * Math.Cos(Slow * t)) - (0.01 / Fast * Math.Cos(Fast * t)) - (phase / 3.0);
        return 2 * Math.PI * (cycles - Math.Floor(cycles));
    }

    private WaveSample Wave(double at, double angle, double weight)
    {
        long step = SimulatedFactory.StepAt(start + at);
        if (step != _step)
        {
            double volts = factory.Voltage(phase, step);
            (double watts, double vars) = factory.Power(load, phase, step);
            (_step, _peakV) = (step, volts * Math.Sqrt(2));
            (_activePeakA, _reactivePeakA) = (watts / volts * Math.Sqrt(2), vars / volts * Math.Sqrt(2));
        }

        (double sin, double cos) = Math.SinCos(angle);
        return new WaveSample(_peakV * sin, (_activePeakA * sin) - (_reactivePeakA * cos), weight);
    }
}
