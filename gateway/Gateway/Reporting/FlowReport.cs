using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;
using EdgeGateway.Keeping;

namespace EdgeGateway.Reporting;

/// <summary>A figure of a month.</summary>
/// <param name="Name">For programs.</param>
/// <param name="Title">For people.</param>
/// <param name="Value">Rounded half to even, or null: there is none.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="NoValue">Why there is none, or null.</param>
/// <param name="Formula">In words.</param>
/// <param name="Inputs">The formula with its numbers.</param>
public sealed record MonthFigure(string Name, string Title, string? Value, string Unit, string? NoValue, string Formula, string Inputs);

/// <summary>The energy flows of a calendar month.</summary>
/// <param name="Month">For example <c>2026-06</c>, in the site's time zone.</param>
/// <param name="From">Its begin, UTC.</param>
/// <param name="To">Its end, UTC, or that of the newest slot.</param>
/// <param name="Attributed">Slots whose flows are recorded.</param>
/// <param name="NotAttributed">Slots since the month's first record whose flows are not: a meter was missing, the gateway was off, the
/// balance did not hold.</param>
/// <param name="Leaves">The flow leaves that it rests on: the first and the last, each naming the one before. None: nothing is
/// recorded.</param>
/// <param name="Figures">In a fixed order.</param>
public sealed record FlowMonth(
    string Month,
    DateTimeOffset From,
    DateTimeOffset To,
    long Attributed,
    long NotAttributed,
    IReadOnlyList<long> Leaves,
    IReadOnlyList<MonthFigure> Figures
);

/// <summary>The figures of this calendar month and the one before, from their flow leaves.</summary>
/// <param name="Months">The current one first.</param>
public sealed record FlowReport(IReadOnlyList<FlowMonth> Months)
{
    private static readonly string[] Names = ["selfConsumption", "selfSufficiency", "greenShare", "maximumDemandBlock", "loadFactor"];

    // Two months of the shortest slots. The chain of flow leaves is walked back no further, whatever the clock did.
    private const int MostLeaves = 2 * 31 * 24 * 60;

    /// <summary>Reads the months' flow leaves, from the newest back, and computes.</summary>
    /// <param name="ledger">What is recorded.</param>
    /// <param name="zone">In which months begin.</param>
    /// <param name="now">The present.</param>
    public static FlowReport Of(Ledger ledger, TimeZoneInfo zone, DateTimeOffset now)
    {
        DateTimeOffset local = TimeZoneInfo.ConvertTime(now, zone);
        DateTimeOffset[] starts = [Start(local, 1), Start(local, 0), Start(local, -1)];
        List<RecordedSlot> leaves = [];
        long? next = LeafListFact.Parse(ledger.Fact(FactNames.Flows)).Select(leaf => (long?)leaf).FirstOrDefault();
        while (next is { } index && leaves.Count < MostLeaves && ledger.Leaves(index, index + 1) is [{ } bytes])
        {
            Leaf leaf = LeafCodec.Decode(bytes);
            var flow = FlowLeaf.Of(leaf);
            leaves.Add(new RecordedSlot(leaf.Head.Index, flow));
            next = flow.To > starts[2] ? flow.Previous : null; // the last one says what the battery held at the begin
        }

        leaves.Reverse();
        return new FlowReport([Month(leaves, starts[1], starts[0], zone), Month(leaves, starts[2], starts[1], zone)]);

        DateTimeOffset Start(DateTimeOffset day, int months)
        {
            DateTime first = new DateTime(day.Year, day.Month, 1, 0, 0, 0, DateTimeKind.Unspecified).AddMonths(months);
            return new DateTimeOffset(first, zone.GetUtcOffset(first)).ToUniversalTime();
        }
    }

    /// <summary>For a person.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        foreach (FlowMonth month in Months)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{month.Month}, {month.From.UtcDateTime:yyyy-MM-dd'T'HH:mm'Z'} to "
                    + $"{month.To.UtcDateTime:yyyy-MM-dd'T'HH:mm'Z'}: flows of {month.Attributed} slots, "
                    + $"{month.NotAttributed} not attributed"
            );
            if (month.Leaves is [var first, var last])
            {
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"  from the flow leaves {first} to {last}, each explained by /v1/flows/why?leaf={last}"
                );
            }

            foreach (MonthFigure figure in month.Figures)
            {
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"  {figure.Title}: {(figure.Value is null ? $"no value: {figure.NoValue}" : $"{figure.Value} {figure.Unit}")}"
                );
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"      {figure.Formula}{(figure.Inputs.Length == 0 ? "" : $" = {figure.Inputs}")}"
                );
            }
        }

        return text.ToString();
    }

    private static FlowMonth Month(List<RecordedSlot> leaves, DateTimeOffset start, DateTimeOffset end, TimeZoneInfo zone)
    {
        Replay replay = new(leaves.FindLast(l => l.Flow.To <= start));
        RecordedSlot[] within = [.. leaves.Where(l => l.Flow.To > start && l.Flow.To <= end)];
        foreach (RecordedSlot slot in within)
        {
            replay.Add(slot.Flow, start);
        }

        FlowLedger ledger = replay.Run();
        Dictionary<string, FlowFigure> figures = FlowFigures.Of(ledger).ToDictionary(f => f.Name);
        return new FlowMonth(
            TimeZoneInfo.ConvertTime(start, zone).ToString("yyyy-MM", CultureInfo.InvariantCulture),
            start,
            ledger.End ?? start,
            ledger.Totals.Solved,
            ledger.Totals.NotSolved,
            within.Length == 0 ? [] : [within[0].Leaf, within[^1].Leaf],
            [.. Names.Select(n => figures[n]).Select(f => new MonthFigure(f.Name, f.Title, f.Shown, f.Unit, f.Reason, f.Formula, f.Inputs))]
        );
    }

    // A flow leaf with its index.
    private sealed record RecordedSlot(long Leaf, FlowLeaf Flow);

    /// <summary>The intervals of a month as its leaves state them, given to the engine again: with its sums it gives the figures.</summary>
    /// <param name="before">The last leaf before the month.</param>
    private sealed class Replay(RecordedSlot? before)
    {
        private readonly List<FlowInterval> _intervals = [];
        private readonly List<Generator> _generators = [];
        private readonly List<(int Interval, IReadOnlyList<FlowStatement> Statements)> _measured = [];
        private FlowPlan? _plan;
        private TimeSpan _slot;
        private DateTimeOffset _next;

        public void Add(FlowLeaf flow, DateTimeOffset monthStart)
        {
            FlowStatement[] statements = [.. flow.Statements.Select(FlowAccount.StatementOf)];
            FlowPlan plan = FlowPlan.Read(statements);
            DateTimeOffset from = flow.From,
                to = flow.To;
            if (_plan is null)
            {
                _slot = TimeSpan.FromMinutes(plan.LengthMinutes);
                DateTimeOffset first = from > monthStart ? from : monthStart;
                _next = new DateTimeOffset((first.Ticks + _slot.Ticks - 1) / _slot.Ticks * _slot.Ticks, TimeSpan.Zero);
            }

            // A stretch that goes on is in the next leaf; where the length of slots was changed, or the clock set back, only the first are
            // told.
            _plan = plan;
            if (
                plan.LengthMinutes != (int)_slot.TotalMinutes
                || !RecordedFlow.Ends(statements)
                || to <= _next
                || to.Ticks % _slot.Ticks != 0
            )
            {
                return;
            }

            for (; _next < to - _slot; _next += _slot)
            {
                _intervals.Add(Unknown(_next));
            }

            _generators.AddRange(plan.Generators.Select(g => g.Generator).Where(g => !_generators.Contains(g)));
            bool slot = to - from == _slot,
                attributed = flow.Reason is null;
            _measured.Add((_intervals.Count, statements));
            _intervals.Add(
                Unknown(_next) with
                {
                    Import = slot ? RecordedFlow.MeasuredIn(statements, "import") : null,
                    // So the engine attributes what the device did, and nothing else.
                    Export = attributed ? RecordedFlow.MeasuredIn(statements, "export") ?? 0 : null,
                    Charge = RecordedFlow.MeasuredIn(statements, "charge") ?? 0,
                    Discharge = RecordedFlow.MeasuredIn(statements, "discharge") ?? 0,
                    Load = RecordedFlow.MeasuredIn(statements, "load"),
                }
            );
            _next += _slot;
        }

        public FlowLedger Run()
        {
            if (_intervals.Count == 0)
            {
                return new FlowLedger(new FlowSite { LengthMinutes = 15, Generators = [] });
            }

            FlowSite site = _plan!.Site with
            {
                LengthMinutes = (int)_slot.TotalMinutes,
                Generators = _generators,
                ToleranceMillionths = 1_000_000,
            };
            FlowLedger ledger = new(site, before is null ? null : StateOf(before.Flow));
            Dictionary<int, IReadOnlyList<FlowStatement>> measured = _measured.ToDictionary(m => m.Interval, m => m.Statements);
            for (int i = 0; i < _intervals.Count; i++)
            {
                FlowInterval interval = _intervals[i] with
                {
                    Generation =
                    [
                        .. _generators.Select(g =>
                            !measured.TryGetValue(i, out IReadOnlyList<FlowStatement>? said) ? (long?)null
                            : Stands(said, g) ? RecordedFlow.MeasuredIn(said, g.Name)
                            : 0
                        ),
                    ],
                };
                try
                {
                    ledger.Take(interval);
                }
                catch (InvalidDataException)
                {
                    ledger.Take(Unknown(interval.Start) with { Generation = new long?[_generators.Count] }); // the device refused it, too
                }
            }

            return ledger;
        }

        // A generator that came to the site later gave nothing before.
        private static bool Stands(IReadOnlyList<FlowStatement> statements, Generator generator) =>
            statements.Any(s => s.Name == "registers/" + generator.Name);

        private static FlowInterval Unknown(DateTimeOffset start) =>
            new()
            {
                Start = start,
                Charge = null,
                Discharge = null,
            };

        private BatteryState StateOf(FlowLeaf flow)
        {
            IReadOnlyList<(string Origin, long Energy)> stored = RecordedFlow.StoredIn(flow.Statements.Select(FlowAccount.StatementOf));
            Int128 grid = stored.FirstOrDefault(s => s.Origin == "grid").Energy;
            Int128 unknown = stored
                .Where(s => s.Origin != "grid" && _generators.All(g => g.Name != s.Origin))
                .Aggregate((Int128)0, (sum, s) => sum + s.Energy);
            return new BatteryState(
                _intervals[0].Start,
                [
                    new("grid", grid),
                    new("unknown", unknown),
                    .. stored.Where(s => _generators.Any(g => g.Name == s.Origin)).Select(s => new StoredEnergy(s.Origin, s.Energy)),
                ],
                grid,
                0
            );
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(FlowReport))]
internal sealed partial class FlowReportJson : JsonSerializerContext;
