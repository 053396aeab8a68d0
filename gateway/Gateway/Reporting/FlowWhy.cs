using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Carbon.Flows;
using EdgeGateway.Evidence;
using EdgeGateway.Evidence.Leaves;

namespace EdgeGateway.Reporting;

/// <summary>An energy of a slot's flows.</summary>
/// <param name="Name">A role or register, <c>source → sink</c>, or an origin.</param>
/// <param name="Value">With its unit; of what was not measured the reason.</param>
/// <param name="Leaves">Where it is recorded. None: in the flow's own leaf.</param>
public sealed record FlowWhyLine(string Name, string Value, IReadOnlyList<long> Leaves);

/// <summary>How a slot's recorded flows came about, down to the readings: enough to compute them again by hand.</summary>
/// <param name="Leaf">Its leaf.</param>
/// <param name="From">Begin of its time.</param>
/// <param name="To">End, not included.</param>
/// <param name="Reason">Why nothing is attributed, or null.</param>
/// <param name="Convention">How energy is attributed.</param>
/// <param name="Measured">Each role with its registers.</param>
/// <param name="Flows">Who supplied whom.</param>
/// <param name="Before">What the battery held before, by origin.</param>
/// <param name="Stored">And after.</param>
/// <param name="Proof">Path of the bundle that proves this leaf and all that it rests on.</param>
public sealed record FlowWhy(
    long Leaf,
    DateTimeOffset From,
    DateTimeOffset To,
    string? Reason,
    string Convention,
    IReadOnlyList<FlowWhyLine> Measured,
    IReadOnlyList<FlowWhyLine> Flows,
    IReadOnlyList<FlowWhyLine> Before,
    IReadOnlyList<FlowWhyLine> Stored,
    string Proof
)
{
    private const string Sharing =
        "Sources and sinks share in proportion; import is not export and discharge is not charge while anything else can have supplied it; "
        + "what the battery gives is a mixture of all it holds after the slot's charge (gateway/Carbon/Flows/README.md)";

    /// <summary>Explains a flow leaf.</summary>
    /// <param name="flow">A leaf of type <see cref="LeafType.Flow"/>.</param>
    /// <param name="leafAt">Gives the leaves that it names; null where the bytes were thinned.</param>
    /// <exception cref="InvalidDataException">It is laid out as another version does it.</exception>
    public static FlowWhy Of(Leaf flow, Func<long, Leaf?> leafAt)
    {
        var stated = FlowLeaf.Of(flow);
        FlowStatement[] statements = [.. stated.Statements.Select(FlowAccount.StatementOf)];
        Leaf[] sources = [.. flow.Head.ComputedFrom.Select(leafAt).OfType<Leaf>()];
        Leaf? before = sources.FirstOrDefault(s => s.Head.Type == LeafType.Flow);
        return new FlowWhy(
            flow.Head.Index,
            stated.From,
            stated.To,
            stated.Reason,
            Sharing,
            [.. MeasuredIn(statements, sources)],
            [.. Under("flow/").Select(s => new FlowWhyLine(Named(s.Name), Energy(s), []))],
            [.. before is null ? [] : Held(FlowLeaf.Of(before).Statements.Select(FlowAccount.StatementOf), [before.Head.Index])],
            [.. Held(statements, [])],
            Why.ProofOf(flow, sources)
        );

        IEnumerable<FlowStatement> Under(string prefix) => statements.Where(s => s.Name.StartsWith(prefix, StringComparison.Ordinal));
    }

    /// <summary>For a person.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"Flows, leaf {Leaf}: {From.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} to "
                + $"{To.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}{(Reason is null ? "" : $", not attributed: {Reason}")}"
        );
        text.AppendLine(CultureInfo.InvariantCulture, $"  {Convention}");
        Lines("measured", Measured);
        Lines("the battery held before", Before);
        Lines("who supplied whom", Flows);
        Lines("the battery holds after", Stored);
        return text.AppendLine(CultureInfo.InvariantCulture, $"Proof: {Proof}").ToString();

        void Lines(string title, IReadOnlyList<FlowWhyLine> lines)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{title}{(lines.Count == 0 ? ": nothing" : "")}");
            foreach (FlowWhyLine line in lines)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {line.Name}: {line.Value}{Why.WhereIn(line.Leaves)}");
            }
        }
    }

    private static IEnumerable<FlowWhyLine> MeasuredIn(FlowStatement[] statements, Leaf[] sources)
    {
        foreach (FlowStatement role in statements.Where(s => s.Name.StartsWith("measured/", StringComparison.Ordinal)))
        {
            string name = role.Name["measured/".Length..];
            yield return new FlowWhyLine(name, Energy(role), []);
            foreach (string register in statements.FirstOrDefault(s => s.Name == $"registers/{name}")?.Text?.Split(' ') ?? [])
            {
                List<string> said = [];
                List<long> leaves = [];
                foreach (Leaf reading in sources.Where(s => s.Head.Type == LeafType.Reading))
                {
                    if (ReadingLeaf.Of(reading).Find(register) is { } found)
                    {
                        said.Add(found.Missing ?? found.Amount.ToString());
                        leaves.Add(reading.Head.Index);
                    }
                }

                yield return new FlowWhyLine($"  {register}", string.Join(" → ", said), leaves);
            }
        }
    }

    private static IEnumerable<FlowWhyLine> Held(IEnumerable<FlowStatement> statements, long[] leaves) =>
        statements
            .Where(s => s.Name.StartsWith("stored/", StringComparison.Ordinal))
            .Select(s => new FlowWhyLine($"from {s.Name["stored/".Length..]}", Energy(s), leaves));

    // flow/battery/pv:roof/load: the last part is the sink.
    private static string Named(string flow)
    {
        int sink = flow.LastIndexOf('/');
        string source = flow["flow/".Length..sink];
        return $"{(source.StartsWith("battery/", StringComparison.Ordinal) ? $"battery, of {source["battery/".Length..]}" : source)} "
            + $"→ {flow[(sink + 1)..]}";
    }

    private static string Energy(FlowStatement statement) => statement.Text ?? $"{Exact.Display(KilowattHours(statement).Value, 9)} kWh";

    private static Quantity KilowattHours(FlowStatement statement) =>
        MeteredAmount.FromRecord(statement.Mantissa, statement.Exponent, statement.Unit!).In(Unit.KilowattHour);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(FlowWhy))]
internal sealed partial class FlowWhyJson : JsonSerializerContext;
