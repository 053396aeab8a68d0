using System.Globalization;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;
using EdgeGateway.Readings;
using EdgeGateway.Site;

namespace EdgeGateway.Serving;

/// <summary>One line of the power plot: mean power in each slot, null where it cannot be told.</summary>
/// <param name="Name">The meter, or the group whose meters are summed.</param>
/// <param name="Unit"><c>W</c>, import positive, or <c>VA</c>.</param>
/// <param name="Power">A value for each time of the plot.</param>
public sealed record PowerSeries(string Name, string Unit, IReadOnlyList<decimal?> Power);

/// <summary>The power plot.</summary>
/// <param name="Hour">The hour it shows.</param>
/// <param name="Slot">Length of a slot.</param>
/// <param name="Ends">The ends of the slots, ascending.</param>
/// <param name="Series">The lines.</param>
public sealed record PowerPlot(Interval Hour, TimeSpan Slot, IReadOnlyList<DateTimeOffset> Ends, IReadOnlyList<PowerSeries> Series);

/// <summary>
/// What the ledger's readings of the last hour say about power. A leaf is decoded once; the log is asked again only when it has grown.
/// </summary>
/// <remarks>
/// <code>
///  register  ·───·───?───·───·        · recorded   ? missing
///  power       ▔▔▔ gap gap ▔▔▔        a slot has a value when both its ends were recorded
/// </code>
/// </remarks>
public sealed class LastHour
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Ledger _ledger;
    private readonly TimeSpan _slot;
    private readonly IReadOnlyList<Meter> _meters;
    private readonly Dictionary<string, (Meter Meter, decimal WattHoursPerCount)> _registers = [];
    private readonly Dictionary<string, Gap> _gaps = [];
    private long _next;
    private DateTimeOffset? _newest;

    /// <summary>Makes the plot of a site's meters.</summary>
    /// <param name="ledger">Where the readings are.</param>
    /// <param name="meters">Those that count neither energy nor apparent energy are left out.</param>
    /// <param name="slot">Length of a reading slot.</param>
    public LastHour(Ledger ledger, IReadOnlyList<MeterSettings> meters, TimeSpan slot)
    {
        (_ledger, _slot) = (ledger, slot);
        _meters = [.. meters.Where(IsElectrical).Select(m => new Meter(m.Name, m.Group, m.Obis == ObisCode.ApparentImport ? "VA" : "W"))];
        foreach ((MeterSettings settings, Meter meter) in meters.Where(IsElectrical).Zip(_meters))
        {
            // An impulse is worth 1000 Wh divided by the impulses of a kilowatt-hour; energy registers count in their own quantum.
            decimal worth = settings is PulseMeterSettings pulse
                ? 1000m / decimal.Parse(pulse.ImpulsesPerUnit, CultureInfo.InvariantCulture)
                : 1m;
            _registers[$"{settings.Name}/{settings.Obis}"] = (meter, worth);
            if (settings.Obis == ObisCode.ActiveImport && settings is not PulseMeterSettings)
            {
                _registers[$"{settings.Name}/{ObisCode.ActiveExport}"] = (meter, -worth);
            }
        }
    }

    /// <summary>The slot boundary of the newest reading in the ledger, or null when none is of the last hour.</summary>
    public DateTimeOffset? NewestReading(DateTimeOffset now)
    {
        lock (_lock)
        {
            Read(now);
            return _newest;
        }
    }

    /// <summary>
    /// What a meter's registers lack of the last hour, the newest gap; null when they lack nothing. Where the gateway was off the plot
    /// shows it.
    /// </summary>
    public Gap? NewestGap(string meter, DateTimeOffset now)
    {
        lock (_lock)
        {
            Read(now);
            return _gaps.TryGetValue(meter, out Gap? gap) && gap.To >= now - Hour ? gap : null;
        }
    }

    /// <summary>The plot of all groups, each as the sum of its meters, or of the meters of one group.</summary>
    public PowerPlot Plot(DateTimeOffset now, string? group)
    {
        lock (_lock)
        {
            Read(now);
            DateTimeOffset first = Interval.SlotOf(now - Hour, _slot).End;
            DateTimeOffset[] ends = [.. Enumerable.Range(0, (int)(Hour / _slot)).Select(i => first + (i * _slot)).Where(t => t <= now)];
            return new PowerPlot(
                new Interval(now - Hour, now),
                _slot,
                ends,
                group is null
                    ? [.. _meters.GroupBy(m => (m.Group, m.Unit)).Select(g => new PowerSeries(g.Key.Group, g.Key.Unit, Sum([.. g], ends)))]
                    : [.. _meters.Where(m => m.Group == group).Select(m => new PowerSeries(m.Name, m.Unit, Sum([m], ends)))]
            );
        }
    }

    private static bool IsElectrical(MeterSettings meter) => meter.Obis == ObisCode.ActiveImport || meter.Obis == ObisCode.ApparentImport;

    /// <summary>A sum of which a part is missing is missing: less than all would look like a fall of power.</summary>
    private decimal?[] Sum(IReadOnlyList<Meter> meters, DateTimeOffset[] ends) =>
        [.. ends.Select(end => meters.Aggregate((decimal?)0m, (sum, meter) => sum + meter.Power(end - _slot, end)))];

    private void Read(DateTimeOffset now)
    {
        DateTimeOffset oldest = now - Hour - _slot;
        foreach (Meter meter in _meters)
        {
            meter.Forget(oldest);
        }

        if (_newest < oldest)
        {
            _newest = null;
        }

        long size = _ledger.Size;
        if (_next == size)
        {
            return;
        }

        for (_next = Math.Max(_next, _ledger.FirstIndexAt(oldest)); _next < size; )
        {
            IReadOnlyList<byte[]?> page = _ledger.Leaves(_next, size);
            foreach (byte[]? leaf in page)
            {
                Note(leaf);
            }

            _next = page.Count > 0 ? _next + page.Count : size;
        }
    }

    private void Note(byte[]? bytes)
    {
        Leaf? leaf = bytes is null ? null : LeafCodec.Decode(bytes);
        if (leaf?.Head.Type == LeafType.Gap)
        {
            NoteGap(leaf);
        }

        if (leaf?.Head.Type != LeafType.Reading)
        {
            return;
        }

        _newest = leaf.Head.Time;
        Dictionary<Meter, (DateTimeOffset At, decimal? Energy)> energies = [];
        foreach (LeafRegister record in ReadingLeaf.Of(leaf).Registers)
        {
            if (_registers.TryGetValue(record.Name, out (Meter Meter, decimal WattHoursPerCount) register))
            {
                decimal? before = energies.TryGetValue(register.Meter, out var seen) ? seen.Energy : 0m;
                decimal? counted = record.IsCounted
                    ? decimal.Parse(record.Amount.Number.ToString(), CultureInfo.InvariantCulture) * register.WattHoursPerCount
                    : null;
                energies[register.Meter] = (record.Time ?? leaf.Head.Time, before + counted);
            }
        }

        foreach ((Meter meter, (DateTimeOffset at, decimal? energy)) in energies)
        {
            if (energy is { } known)
            {
                meter.Note(leaf.Head.Time, at, known);
            }
        }
    }

    private void NoteGap(Leaf leaf)
    {
        var gap = GapLeaf.Of(leaf);
        if (gap is { Meter: { } meter, Gap: { } known })
        {
            _gaps[meter] = known;
        }
    }

    /// <summary>A meter's energy at the slot boundaries of the last hour, Wh or VAh, export subtracted.</summary>
    private sealed class Meter(string name, string group, string unit)
    {
        private readonly Dictionary<DateTimeOffset, (DateTimeOffset At, decimal Energy)> _energy = [];

        public string Name => name;

        public string Group => group;

        public string Unit => unit;

        public void Note(DateTimeOffset boundary, DateTimeOffset at, decimal energy) => _energy[boundary] = (at, energy);

        public void Forget(DateTimeOffset before)
        {
            foreach (DateTimeOffset old in _energy.Keys.Where(t => t < before))
            {
                _energy.Remove(old);
            }
        }

        public decimal? Power(DateTimeOffset start, DateTimeOffset end) =>
            _energy.TryGetValue(start, out var a) && _energy.TryGetValue(end, out var b) && b.At > a.At
                ? decimal.Round((b.Energy - a.Energy) * TimeSpan.TicksPerHour / (b.At - a.At).Ticks, 1)
                : null;
    }
}
