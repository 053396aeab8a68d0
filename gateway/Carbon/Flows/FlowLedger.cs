namespace EdgeGateway.Carbon.Flows;

/// <summary>Attributes the energy of interval after interval, and keeps the battery's content by origin between them.</summary>
/// <remarks>Its memory does not grow with the number of intervals. Not safe for several threads.</remarks>
public sealed class FlowLedger
{
    /// <summary>How many of the intervals that could not be solved are kept. All are counted.</summary>
    public const int MostUnsolvable = 1000;

    private const int Million = 1_000_000;
    private readonly TimeSpan _length;
    private readonly List<Unsolvable> _unsolvable = [];

    /// <summary>Begins the books of a site.</summary>
    /// <param name="site">The site: what stays the same from interval to interval.</param>
    /// <param name="state">Where an earlier ledger ended, or null.</param>
    /// <exception cref="InvalidDataException">The site is not possible, or has other generators than the state.</exception>
    public FlowLedger(FlowSite site, BatteryState? state = null)
    {
        if (site.LengthMinutes < 1 || 24 * 60 % site.LengthMinutes != 0)
        {
            throw new InvalidDataException($"Intervals of {site.LengthMinutes} min do not make up a day.");
        }

        if (site.Generators.Count > 32 || site.Generators.DistinctBy(g => g.Name).Count() < site.Generators.Count)
        {
            throw new InvalidDataException("There are more than 32 generators, or two have the same name.");
        }

        if (site.Generators.Any(g => g.Name is "" or "grid" or "unknown" or "difference" || g.Name.Any(c => c == ',' || char.IsControl(c))))
        {
            throw new InvalidDataException("A generator is named neither grid, unknown nor difference, and without commas.");
        }

        if (
            site.ToleranceMillionths is < 0 or > Million
            || site.Tolerance is < 0 or > FlowInterval.Most
            || site.ChargeEfficiencyMillionths is < 1 or > Million
            || site.InitialContent is < 0 or > FlowInterval.Most
        )
        {
            throw new InvalidDataException(
                "The tolerance is from 0 to 100 %, the charge efficiency above 0 up to 1, an energy from 0 to 10 GWh."
            );
        }

        if (state is not null && site.InitialContent is not null)
        {
            throw new InvalidDataException("The battery's content comes from the saved state or is stated, not both.");
        }

        Site = site;
        _length = TimeSpan.FromMinutes(site.LengthMinutes);
        Battery = BatteryContent.Empty(site.Generators.Count);
        Totals = new FlowTotals(site);
        Demand = new Demand(site.LengthMinutes);
        End = state?.End;
        if (state is not null)
        {
            Battery.Add(state.ContentOf(site));
        }
        else if (site.InitialContent is { } content)
        {
            Battery.AddUnknown(content);
            RoundTrip.Measured(content);
        }

        AtStart = Battery.Copy();
    }

    /// <summary>The site: what stays the same from interval to interval.</summary>
    public FlowSite Site { get; }

    /// <summary>The start of the first interval.</summary>
    public DateTimeOffset? Start { get; private set; }

    /// <summary>The end of the last interval: the start of the next.</summary>
    public DateTimeOffset? End { get; private set; }

    /// <summary>What the battery held before the first interval.</summary>
    public BatteryContent AtStart { get; }

    /// <summary>What the battery holds.</summary>
    public BatteryContent Battery { get; }

    /// <summary>Sums over all intervals.</summary>
    public FlowTotals Totals { get; }

    /// <summary>The first <see cref="MostUnsolvable"/> intervals that could not be solved.</summary>
    public IReadOnlyList<Unsolvable> Unsolvable => _unsolvable;

    internal Demand Demand { get; }

    internal RoundTrip RoundTrip { get; } = new();

    /// <summary>What a later ledger goes on from, with the same digits.</summary>
    public BatteryState Save() => BatteryState.Of(this);

    /// <summary>Takes the next interval.</summary>
    /// <returns>Its flows, or null: it is in <see cref="Unsolvable"/>.</returns>
    /// <exception cref="InvalidDataException">It is not the next one, or holds what no meter can count. Nothing has changed
    /// then.</exception>
    public FlowMatrix? Take(FlowInterval interval)
    {
        interval.Check(Site);
        RequireNext(interval.Start);
        if (Battery.Total + (interval.Charge ?? 0) + (interval.Discharge ?? 0) + (interval.Stored ?? 0) > BatteryContent.Most)
        {
            throw new InvalidDataException(
                "The battery would hold more than 1 TWh. Give what it holds (stored) or its efficiency: without either, its "
                    + "losses stay in the books as content."
            );
        }

        Balance balance = Balance.Of(Site, interval);
        FlowMatrix? flows = balance.Reason is null ? Attribute(interval, balance) : null;
        if (flows is null)
        {
            BookWithoutOrigin(interval, balance);
        }

        Totals.Charged += interval.Charge ?? 0;
        Totals.Discharged += interval.Discharge ?? 0;
        RoundTrip.Take(interval);
        if (interval.Stored is { } stored)
        {
            Adjust(stored);
        }

        Totals.Import += interval.Import ?? 0;
        Totals.Reactive += interval.Reactive ?? 0;
        Totals.WithoutReactive += interval.Import is null || interval.Reactive is null ? 1 : 0;
        Demand.Take(interval.Start, interval.Import);
        Start ??= interval.Start;
        End = interval.Start + _length;
        return flows;
    }

    private void RequireNext(DateTimeOffset start)
    {
        if (start.Offset != TimeSpan.Zero || start.Ticks % _length.Ticks != 0 || start.Year == 9999)
        {
            throw new InvalidDataException(
                $"{start:yyyy-MM-dd'T'HH:mm:sszzz} is not the start of an interval: they are aligned to UTC, {Site.LengthMinutes} min each."
            );
        }

        if (End is { } end && start != end)
        {
            throw new InvalidDataException(
                start < end
                    ? $"{Time(start)} overlaps with what was given before, up to {Time(end)}."
                    : $"The intervals from {Time(end)} to {Time(start)} are missing. Give a row for each; what was not measured "
                        + "stays empty."
            );
        }

        static string Time(DateTimeOffset time) => $"{time:yyyy-MM-dd'T'HH:mm'Z'}";
    }

    private FlowMatrix Attribute(FlowInterval interval, Balance balance)
    {
        // The deficit is supplied by something that is not known: it takes part like a generator, and counts as the grid's.
        Int128[] own = [.. interval.Generation.Select(g => (Int128)g!.Value), balance.Deficit];
        Int128 discharge = interval.Discharge!.Value;
        Attribution.Groups groups = Attribution.Share(
            interval.Import!.Value,
            own.Aggregate((Int128)0, (sum, g) => sum + g),
            discharge,
            balance.Losses,
            balance.Surplus,
            interval.Export!.Value,
            interval.Charge!.Value,
            balance.Load
        );
        FlowMatrix flows = new(Site.Generators);
        flows.Set(0, [groups.Grid]);
        flows.Set(1, Split.Table(own, groups.Own));

        // An interval's charge is in the store before its discharge leaves it: in an hour, a battery can do both.
        Charge(ChargeOf(flows, interval.Intensity));
        BatteryContent taken = Discharge(discharge);
        Int128[][] byOrigin = Split.Table(taken.Energy.ToArray(), groups.Battery);
        flows.Set(flows.BatteryRow, byOrigin);

        Int128[] grid = byOrigin[BatteryContent.Grid];
        Int128[] dark = Split.Proportional(taken.WithoutIntensity, grid);
        Int128[] carbon = Split.Proportional(taken.Femtograms, [.. grid.Zip(dark, (energy, without) => energy - without)]);
        const int Back = (int)FlowSink.Charge;
        Charge(new BatteryContent([.. byOrigin.Select(row => row[Back])], dark[Back], carbon[Back]));
        for (int k = 0; k < FlowMatrix.Sinks; k++)
        {
            Int128 direct = groups.Grid[k] + flows.Row(flows.BatteryRow - 1)[k];
            Totals.DirectCarbon[k] = interval.Intensity is { } intensity
                ? Totals.DirectCarbon[k].Plus(direct * intensity, 0)
                : Totals.DirectCarbon[k].Plus(0, direct);
            Totals.BatteryCarbon[k] = Totals.BatteryCarbon[k].Plus(carbon[k], dark[k] + byOrigin[BatteryContent.Unknown][k]);
        }

        Book(interval, balance, flows);
        return flows;
    }

    private void Book(FlowInterval interval, Balance balance, FlowMatrix flows)
    {
        Totals.Flows.Add(flows);
        Totals.Solved++;
        Totals.LoadDerived += interval.Load is null ? 1 : 0;
        Totals.Residuals += interval.Load is null ? balance.Deficit : Int128.Abs(balance.Residual);
        Totals.Curtailed += interval.Curtailed ?? 0;
        Totals.WithoutCurtailed += interval.Curtailed is null ? 1 : 0;
        for (int k = 0; k < Totals.Generated.Length; k++)
        {
            Totals.Generated[k] += interval.Generation[k]!.Value;
        }
    }

    /// <summary>Books charge and discharge of an interval that cannot be solved. The origin of such a charge is unknown.</summary>
    private void BookWithoutOrigin(FlowInterval interval, Balance balance)
    {
        var charged = new Int128[Battery.Energy.Count];
        charged[BatteryContent.Unknown] = interval.Charge ?? 0;
        Charge(new BatteryContent(charged, 0, 0));
        Discharge(interval.Discharge ?? 0);
        Totals.NotSolved++;
        Totals.ImportNotAttributed += interval.Import ?? 0;
        Totals.ExportNotAttributed += interval.Export ?? 0;
        if (_unsolvable.Count < MostUnsolvable)
        {
            _unsolvable.Add(new Unsolvable(interval.Start, balance.Residual, balance.Reason!));
        }
    }

    private BatteryContent ChargeOf(FlowMatrix flows, long? intensity)
    {
        const int Sink = (int)FlowSink.Charge;
        Int128 grid = flows.Row(0)[Sink];
        var energy = new Int128[Battery.Energy.Count];
        energy[BatteryContent.Grid] = grid;
        energy[BatteryContent.Unknown] = flows.Row(flows.BatteryRow - 1)[Sink];
        for (int k = 0; k < Site.Generators.Count; k++)
        {
            energy[BatteryContent.FirstGenerator + k] = flows.Row(1 + k)[Sink];
        }

        return new BatteryContent(energy, intensity is null ? grid : 0, grid * (intensity ?? 0));
    }

    private void Charge(BatteryContent charge)
    {
        Battery.Add(charge);
        if (Site.ChargeEfficiencyMillionths is { } efficiency)
        {
            Totals.BatteryLosses.Add(Battery.Take(Rounding.ShareHalfUp(charge.Total, Million - efficiency, Million)));
        }
    }

    private BatteryContent Discharge(Int128 amount)
    {
        BookFound(amount);
        return Battery.Take(amount);
    }

    private void Adjust(long stored)
    {
        BookFound(stored);
        Totals.BatteryLosses.Add(Battery.Take(Battery.Total - stored));
        RoundTrip.Measured(stored);
    }

    /// <summary>Books energy that the battery has or gives and that was never charged: it was there before, of unknown origin.</summary>
    private void BookFound(Int128 amount)
    {
        Int128 found = Int128.Max(0, amount - Battery.Total);
        Battery.AddUnknown(found);
        Totals.Found += found;
    }
}
