using EdgeGateway.Readings.Commissioning;

namespace EdgeGateway.Readings.Tests.Commissioning;

/// <summary>A load of one phase: apparent power, and by how much its current lags, degrees.</summary>
internal sealed record Load(double ApparentVA, double LagDegrees);

/// <summary>A three-phase circuit as phasors, with clamps that can be wired wrongly; the channels show what such clamps would.</summary>
internal sealed class Installation
{
    private const double Volts = 230;

    public required Load[] Loads { get; init; }

    /// <summary>Round which conductor the clamp of each channel sits; −1: round none.</summary>
    public int[] Conductors { get; init; } = [0, 1, 2];

    /// <summary>The phase of each channel's voltage.</summary>
    public int[] Voltages { get; init; } = [0, 1, 2];

    public int? Reversed { get; init; }

    public int? Saturated { get; init; }

    /// <summary>Errors of uncalibrated clamps, degrees and parts of the current.</summary>
    public (double Degrees, double Ratio)[] Clamps { get; init; } = [(0, 0), (0, 0), (0, 0)];

    /// <summary>Resistive load more on a phase, watts.</summary>
    public double[] More { get; init; } = [0, 0, 0];

    public double GridW
    {
        get
        {
            double sum = 0;
            for (int i = 0; i < 3; i++)
            {
                sum += More[i] + (Loads[i].ApparentVA * Math.Cos(Radians(Loads[i].LagDegrees)));
            }

            return sum;
        }
    }

    public Installation With(double more, int phase)
    {
        double[] loads = [0, 0, 0];
        loads[phase] = more;
        return new()
        {
            Loads = Loads,
            Conductors = Conductors,
            Voltages = Voltages,
            Reversed = Reversed,
            Saturated = Saturated,
            Clamps = Clamps,
            More = loads,
        };
    }

    public ObservedChannel[] Observe() => [.. Enumerable.Range(0, 3).Select(Channel)];

    private ObservedChannel Channel(int channel)
    {
        int conductor = Conductors[channel];
        (double active, double reactive) = (0, 0);
        if (conductor >= 0)
        {
            double p = More[conductor] + (Loads[conductor].ApparentVA * Math.Cos(Radians(Loads[conductor].LagDegrees)));
            double q = Loads[conductor].ApparentVA * Math.Sin(Radians(Loads[conductor].LagDegrees));

            // Conductor k is 120°·k behind L1, current and voltage alike.
            double lag =
                Math.Atan2(q, p)
                + Radians((120 * (conductor - Voltages[channel])) + Clamps[channel].Degrees + (Reversed == channel ? 180 : 0));
            double apparent = double.Hypot(p, q) * (1 + Clamps[channel].Ratio);
            (active, reactive) = (apparent * Math.Cos(lag), apparent * Math.Sin(lag));
        }

        double s = double.Hypot(active, reactive);
        LiveValues live = new(
            VoltageV: Volts,
            CurrentA: s / Volts,
            ActivePowerW: active,
            ApparentPowerVA: s,
            PowerFactor: s > 0 ? active / s : null,
            FrequencyHz: 50,
            ReactivePowerVar: reactive
        );
        return new ObservedChannel($"in-L{channel + 1}", (Phase)channel, 100, [live, live]) { Saturated = Saturated == channel };
    }

    private static double Radians(double degrees) => degrees * Math.PI / 180;
}
