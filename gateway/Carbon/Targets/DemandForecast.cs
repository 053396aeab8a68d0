using EdgeGateway.Carbon.Flows;
using Fractions;

namespace EdgeGateway.Carbon.Targets;

/// <summary>What a block has taken from the grid at an instant.</summary>
/// <param name="At">The instant, in the block, whose end is included.</param>
/// <param name="Energy">What was taken since the block's start, µWh.</param>
public readonly record struct DemandSample(DateTimeOffset At, long Energy);

/// <summary>How a running block stands against a limit.</summary>
public enum DemandState
{
    /// <summary>Nothing can be said yet.</summary>
    Unknown,

    /// <summary>The forecast is at the limit or below.</summary>
    Within,

    /// <summary>The forecast is beyond the limit, and less power for the rest of the block can still hold it.</summary>
    Warning,

    /// <summary>The block has taken so much already that nothing can hold the limit.</summary>
    Exceeded,
}

/// <summary>A running block against a limit: the peak so far, or the contracted demand.</summary>
/// <param name="State">How it stands.</param>
/// <param name="Margin">Limit less forecast, kW; negative where it is beyond. Null: there is no forecast.</param>
/// <param name="Allowed">The mean power of the rest of the block that just holds the limit, kW. Null: the block has no rest, or nothing
/// holds it.</param>
public sealed record DemandOutlook(DemandState State, Fraction? Margin, Fraction? Allowed);

/// <summary>What the mean power of a block of 15 minutes will be at its end.</summary>
/// <remarks>
/// Forecast = (energy so far + rate × time left) ÷ ¼ h. The rate is that from the newest sample that is at least a minute older than the
/// last one, or from the block's start; it is assumed to stay. Before a minute has passed nothing is said.
/// </remarks>
public sealed record DemandForecast
{
    /// <summary>How long a block must have run, and over how long its rate is taken at least: registers count in steps.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMinutes(1);

    private static readonly Fraction PerKilowatt = new(250_000_000); // µWh of a quarter hour at 1 kW

    private DemandForecast(DateTimeOffset start, DemandSample last, Fraction? kilowatts, string? noValue)
    {
        Start = start;
        Last = last;
        Kilowatts = kilowatts;
        NoValue = noValue;
    }

    /// <summary>Where the block begins.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>The last sample. Where there is none, it stands for nothing taken at the block's start.</summary>
    public DemandSample Last { get; }

    /// <summary>The mean power at the block's end, kW. Null: nothing can be said.</summary>
    public Fraction? Kilowatts { get; }

    /// <summary>Why nothing can be said.</summary>
    public string? NoValue { get; }

    // The rest of the block after the last sample, from 1 at its start to 0 at its end.
    private Fraction Left => new((Start + Demand.Window - Last.At).Ticks, Demand.Window.Ticks);

    /// <summary>Forecasts a block.</summary>
    /// <param name="start">A multiple of 15 min, UTC, as the blocks of <see cref="FlowFigures"/> are.</param>
    /// <param name="samples">In order; the one of the start may be left out.</param>
    /// <exception cref="CarbonException">There is no such block, or samples are not in it, not in order or step back.</exception>
    public static DemandForecast Of(DateTimeOffset start, IReadOnlyList<DemandSample> samples)
    {
        if (start.UtcTicks % Demand.Window.Ticks != 0)
        {
            throw new CarbonException($"No block begins at {Time(start)}. Blocks of 15 min begin at :00, :15, :30 and :45 UTC.");
        }

        DemandSample last = new(start, 0);
        for (int i = 0; i < samples.Count; i++)
        {
            DemandSample sample = samples[i];
            bool first = i == 0 && sample.At == start;
            if (sample.At < start || sample.At > start + Demand.Window || (sample.At <= last.At && !first))
            {
                throw new CarbonException(
                    $"The sample of {Time(sample.At)} is not after {Time(last.At)} and within 15 min of {Time(start)}."
                );
            }

            if (sample.Energy < last.Energy || sample.Energy > FlowInterval.Most || (first && sample.Energy != 0))
            {
                throw new CarbonException(
                    $"At {Time(sample.At)} the block has taken {sample.Energy} µWh, before {last.Energy}. It begins with 0, "
                        + "does not step back, and takes 10 GWh at most."
                );
            }

            last = sample;
        }

        TimeSpan passed = last.At - start;
        if (passed < Least)
        {
            return new(
                start,
                last,
                null,
                samples.Count == 0
                    ? "nothing was counted in this block yet"
                    : $"{(long)passed.TotalSeconds} s of the block have passed; nothing is said before 60 s"
            );
        }

        DemandSample from = new(start, 0);
        foreach (DemandSample sample in samples)
        {
            from = last.At - sample.At >= Least ? sample : from;
        }

        Fraction rest = new Fraction(last.Energy - from.Energy) * (start + Demand.Window - last.At).Ticks / (last.At - from.At).Ticks;
        return new(start, last, (last.Energy + rest) / PerKilowatt, null);
    }

    /// <summary>How the block stands against a limit.</summary>
    /// <param name="kilowatts">The peak so far or the contracted demand, 0 or above.</param>
    /// <exception cref="CarbonException">The limit is negative.</exception>
    public DemandOutlook Against(Fraction kilowatts)
    {
        if (kilowatts.IsNegative)
        {
            throw new CarbonException($"A demand of {Exact.Text(kilowatts)} kW is negative. Only what is taken from the grid counts.");
        }

        Fraction room = kilowatts - (Last.Energy / PerKilowatt);
        DemandState state = DemandState.Within;
        if (room.IsNegative)
        {
            state = DemandState.Exceeded;
        }
        else if (Kilowatts is null)
        {
            state = DemandState.Unknown;
        }
        else if (Kilowatts > kilowatts)
        {
            state = DemandState.Warning;
        }

        return new DemandOutlook(state, kilowatts - Kilowatts, room.IsNegative || Left.IsZero ? null : room / Left);
    }

    private static string Time(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}";
}
