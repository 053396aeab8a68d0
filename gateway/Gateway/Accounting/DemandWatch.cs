using System.Globalization;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Carbon.Targets;
using EdgeGateway.Readings;
using Fractions;

namespace EdgeGateway.Accounting;

/// <summary>What is known of the demand from the grid and must survive a restart. As a fact it is one line of text.</summary>
/// <param name="Month">Of the peak, in the site's time zone: <c>2026-06</c>.</param>
/// <param name="Peak">The most that a complete block of the month has taken, µWh.</param>
/// <param name="PeakAt">That block's start. Null: no block of the month is complete yet.</param>
/// <param name="Warned">Start of the newest block that was warned of, or null.</param>
/// <param name="Warning">What is to be said while it lasts, or null.</param>
public sealed record DemandRecord(string Month, long Peak, DateTimeOffset? PeakAt, DateTimeOffset? Warned, string? Warning)
{
    private const string None = "-";
    private const int Parts = 5;

    /// <summary>Nothing is known.</summary>
    public static DemandRecord Nothing { get; } = new(None, 0, null, null, null);

    /// <summary>The mean power of the peak, kW with one decimal, or null.</summary>
    public string? PeakKw => PeakAt is null ? null : DemandWatch.Kilowatts(Peak);

    /// <summary>Reads what <see cref="ToString"/> wrote; null is nothing.</summary>
    public static DemandRecord Parse(string? fact) =>
        fact?.Split(' ', Parts) is not [var month, var peak, var at, var warned, var warning]
            ? Nothing
            : new(
                month,
                long.Parse(peak, NumberStyles.None, CultureInfo.InvariantCulture),
                TimeOf(at),
                TimeOf(warned),
                warning == None ? null : warning
            );

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Month} {Peak.ToString(CultureInfo.InvariantCulture)} {TextOf(PeakAt)} {TextOf(Warned)} {Warning ?? None}";

    private static string TextOf(DateTimeOffset? time) => time?.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) ?? None;

    private static DateTimeOffset? TimeOf(string text) =>
        text == None ? null : DateTimeOffset.FromUnixTimeSeconds(long.Parse(text, CultureInfo.InvariantCulture));
}

/// <summary>A warning of demand that began or ended.</summary>
/// <param name="Began">It is warned from here on; else it is not warned any more.</param>
/// <param name="Text">What is to be said.</param>
public readonly record struct DemandAlarm(bool Began, string Text);

/// <summary>
/// Warns before a block of 15 minutes takes more from the grid than a limit, or than the month's peak so far: at most once a block, from
/// the first forecast beyond it until the forecast falls back or the block ends. Pure.
/// </summary>
/// <param name="import">The registers of import.</param>
/// <param name="impulseConstants">Impulses a kilowatt-hour, by register, of those that count impulses.</param>
/// <param name="limitKw">The contracted demand, or null: the month's peak.</param>
/// <param name="zone">In which months begin.</param>
/// <remarks>A block is known from a reading at its very start; without one nothing is said of it.</remarks>
public sealed class DemandWatch(
    IReadOnlyList<string> import,
    IReadOnlyDictionary<string, string> impulseConstants,
    decimal? limitKw,
    TimeZoneInfo zone
)
{
    /// <summary>The length of a block.</summary>
    public static readonly TimeSpan Block = TimeSpan.FromMinutes(15);

    private readonly List<DemandSample> _samples = [];
    private DateTimeOffset? _start;
    private Int128? _atStart;

    /// <summary>What must survive a restart.</summary>
    public DemandRecord Record { get; private set; } = DemandRecord.Nothing;

    /// <summary>Mean power of a block, kW with one decimal.</summary>
    public static string Kilowatts(Int128 microwattHours) => Exact.Display(new Fraction(microwattHours, 250_000_000), 1);

    /// <summary>Goes on from what is remembered. The readings of the block that runs are given to <see cref="Seen"/> next.</summary>
    public void Restore(DemandRecord record) => (Record, _start, _atStart) = (record, null, null);

    /// <summary>Takes a reading that was judged before.</summary>
    /// <param name="at">Its slot.</param>
    /// <param name="now">The registers of the slot's reading leaves, by name.</param>
    public void Seen(DateTimeOffset at, IReadOnlyDictionary<string, RegisterReading> now) => Add(at, TotalOf(now));

    /// <summary>Takes the next reading.</summary>
    /// <param name="at">Its slot.</param>
    /// <param name="now">The registers of the slot's reading leaves, by name.</param>
    /// <returns>Whether a warning began or ended, with what is to be said.</returns>
    public IReadOnlyList<DemandAlarm> Take(DateTimeOffset at, IReadOnlyDictionary<string, RegisterReading> now)
    {
        List<DemandAlarm> alarms = [];
        Int128? total = TotalOf(now);
        DateTimeOffset block = Interval.SlotOf(at, Block).Start;
        DateTimeOffset? before = _start ?? (Record.Warning is null ? null : Record.Warned);
        if (before is { } over && over != block)
        {
            bool complete = at == over + Block && _start == over && total >= _atStart;
            End(over, complete ? (Int128)(total - _atStart)! : null, alarms);
        }

        if (Add(at, total))
        {
            Judge(alarms);
        }

        return alarms;
    }

    // Whether there is a new sample to judge by.
    private bool Add(DateTimeOffset at, Int128? total)
    {
        DateTimeOffset block = Interval.SlotOf(at, Block).Start;
        if (_start != block)
        {
            (_start, _atStart) = (block, at == block ? total : null);
            _samples.Clear();
            return false;
        }

        if (_atStart is not { } begun || total is not { } now)
        {
            return false;
        }

        if (
            now < begun
            || now - begun > FlowInterval.Most
            || (_samples.Count > 0 && (at <= _samples[^1].At || now - begun < _samples[^1].Energy))
        )
        {
            _atStart = null; // a register began again, or the clock was set back: nothing more can be said of this block
            return false;
        }

        _samples.Add(new DemandSample(at, (long)(now - begun)));
        return true;
    }

    private void Judge(List<DemandAlarm> alarms)
    {
        if (Limit(_start!.Value) is not { } limit)
        {
            return;
        }

        var forecast = DemandForecast.Of(_start.Value, _samples);
        DemandOutlook outlook = forecast.Against(limit);
        string expected = forecast.Kilowatts is { } kilowatts ? $"{Exact.Display(kilowatts, 1)} kW" : "nothing";
        if (outlook.State is DemandState.Warning or DemandState.Exceeded && (Record.Warned != _start || Record.Warning is not null))
        {
            string text =
                $"{expected} forecast for the 15 min from {Clock(_start.Value)}, {LimitText(limit)}; "
                + (outlook.Allowed is { } allowed ? $"{Exact.Display(allowed, 1)} kW for the rest hold it" : "nothing holds it any more");
            if (Record.Warning is null)
            {
                alarms.Add(new DemandAlarm(Began: true, text));
            }

            Record = Record with { Warned = _start, Warning = text };
        }
        else if (outlook.State == DemandState.Within && Record.Warning is not null)
        {
            string text = $"{expected} forecast for the 15 min from {Clock(_start.Value)}, {LimitText(limit)}";
            alarms.Add(new DemandAlarm(Began: false, text));
            Record = Record with { Warning = null };
        }
    }

    private void End(DateTimeOffset block, Int128? energy, List<DemandAlarm> alarms)
    {
        if (Record.Warning is not null)
        {
            string limit = Limit(block) is { } kilowatts ? $", {LimitText(kilowatts)}" : "";
            string text = energy is { } all
                ? $"the 15 min from {Clock(block)} took {Kilowatts(all)} kW{limit}"
                : $"the 15 min from {Clock(block)} were not read to their end";
            alarms.Add(new DemandAlarm(Began: false, text));
            Record = Record with { Warning = null };
        }

        string month = MonthOf(block);
        if (energy is { } taken && taken <= FlowInterval.Most && (Record.Month != month || Record.PeakAt is null || taken > Record.Peak))
        {
            Record = Record with { Month = month, Peak = (long)taken, PeakAt = block };
        }
    }

    private Fraction? Limit(DateTimeOffset block)
    {
        if (limitKw is { } limit)
        {
            return new Fraction(limit);
        }

        bool hasPeak = Record.PeakAt is not null && Record.Month == MonthOf(block);
        return hasPeak ? new Fraction(Record.Peak, 250_000_000) : null;
    }

    private string LimitText(Fraction limit) =>
        $"{(limitKw is null ? "this month's peak is" : "the limit is")} {Exact.Display(limit, 1)} kW";

    private string MonthOf(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM", CultureInfo.InvariantCulture);

    private string Clock(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, zone).ToString("HH:mm", CultureInfo.InvariantCulture);

    private Int128? TotalOf(IReadOnlyDictionary<string, RegisterReading> now)
    {
        Int128 total = 0;
        foreach (string register in import)
        {
            if (now.GetValueOrDefault(register).Register is not { } read)
            {
                return null;
            }

            total += (Int128)new FlowCount(read.Quantum, read.Count, impulseConstants.GetValueOrDefault(register)).MicrowattHours;
        }

        return total;
    }
}
