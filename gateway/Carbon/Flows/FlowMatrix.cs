namespace EdgeGateway.Carbon.Flows;

/// <summary>Where energy goes. The numbers are the columns of a <see cref="FlowMatrix"/>.</summary>
public enum FlowSink
{
    /// <summary>Losses of lines and transformers. Those of the battery's conversion are not among them.</summary>
    Losses,

    /// <summary>What the sources gave more than all measured sinks took, within the tolerance: errors of meters.</summary>
    Difference,

    /// <summary>To the grid.</summary>
    Export,

    /// <summary>Into the battery.</summary>
    Charge,

    /// <summary>To the loads. Without a meter for losses and for loads, losses are in it.</summary>
    Load,
}

/// <summary>Where energy comes from: a row of a <see cref="FlowMatrix"/>.</summary>
/// <param name="Name">For example <c>grid</c>, <c>pv:roof</c> or <c>battery pv:roof</c>.</param>
/// <param name="OnSite">Whether the site generated it. What is of unknown origin counts as the grid's.</param>
/// <param name="NonFossil">Whether it counts as green.</param>
/// <param name="ViaBattery">Whether it was stored before.</param>
public sealed record FlowSource(string Name, bool OnSite, bool NonFossil, bool ViaBattery);

/// <summary>Energy from each source to each sink, µWh. Rows and columns add up exactly to what was measured.</summary>
/// <remarks>
/// Rows: the grid, the generators, the difference (what sinks took more than all measured sources gave, within the tolerance), then the
/// battery's content by origin: grid, unknown, the generators.
/// </remarks>
public sealed class FlowMatrix
{
    /// <summary>The number of sinks.</summary>
    public const int Sinks = 5;

    private readonly Int128[][] _cells;

    internal FlowMatrix(IReadOnlyList<Generator> generators)
    {
        Sources =
        [
            new("grid", false, false, false),
            .. generators.Select(g => new FlowSource(g.Name, true, g.NonFossil, false)),
            new("difference", false, false, false),
            new("battery grid", false, false, true),
            new("battery unknown", false, false, true),
            .. generators.Select(g => new FlowSource("battery " + g.Name, true, g.NonFossil, true)),
        ];
        _cells = [.. Sources.Select(_ => new Int128[Sinks])];
    }

    /// <summary>The rows.</summary>
    public IReadOnlyList<FlowSource> Sources { get; }

    /// <summary>The row of the battery's content from the grid; that of unknown origin follows.</summary>
    internal int BatteryRow => Sources.Count / 2;

    /// <summary>The energy from a source to a sink, µWh.</summary>
    public Int128 this[int source, FlowSink sink] => _cells[source][(int)sink];

    /// <summary>All energy of the sources that are meant, to a sink.</summary>
    public Int128 To(FlowSink sink, Func<FlowSource, bool>? from = null)
    {
        Int128 sum = 0;
        for (int row = 0; row < _cells.Length; row++)
        {
            sum += from?.Invoke(Sources[row]) == false ? 0 : _cells[row][(int)sink];
        }

        return sum;
    }

    /// <summary>All energy of the sources that are meant.</summary>
    public Int128 From(Func<FlowSource, bool> from) => Enum.GetValues<FlowSink>().Aggregate((Int128)0, (sum, sink) => sum + To(sink, from));

    internal ReadOnlySpan<Int128> Row(int source) => _cells[source];

    internal void Set(int firstRow, ReadOnlySpan<Int128[]> rows) => rows.CopyTo(_cells.AsSpan(firstRow));

    internal void Add(FlowMatrix other)
    {
        for (int row = 0; row < _cells.Length; row++)
        {
            for (int k = 0; k < Sinks; k++)
            {
                _cells[row][k] += other._cells[row][k];
            }
        }
    }
}
