using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using EdgeGateway.Accounting;
using EdgeGateway.Carbon;
using EdgeGateway.Evidence;

namespace EdgeGateway.Reporting;

/// <summary>Something that went into a footprint.</summary>
/// <param name="Name">A register, an amount, a factor or a condition.</param>
/// <param name="Value">With its unit, as recorded.</param>
/// <param name="Source">Of a factor: its name in the set and who published it. Of an entry: who entered it, and its document. Null: the
/// site file.</param>
/// <param name="Leaves">Where it is recorded. None: in the footprint's own leaf.</param>
public sealed record WhyInput(string Name, string Value, string? Source, IReadOnlyList<long> Leaves);

/// <summary>How a recorded footprint came about, down to the leaves that it rests on: enough to compute it again by hand.</summary>
/// <param name="Leaf">Its leaf.</param>
/// <param name="Account">Its account.</param>
/// <param name="Kilograms">CO₂, or null where none is stated.</param>
/// <param name="NoAmount">Why there is none, or null.</param>
/// <param name="From">Begin of its time.</param>
/// <param name="To">End, not included.</param>
/// <param name="Method">As the leaf names it.</param>
/// <param name="Formula">What is computed; amounts of several registers are added first.</param>
/// <param name="Standard">And by what.</param>
/// <param name="Rounding">The one there is.</param>
/// <param name="FactorSet">Set and version.</param>
/// <param name="Inputs">What went into it.</param>
/// <param name="Replaces">The footprint that this one takes the place of, or null.</param>
/// <param name="Slots">The slots that it takes the place of, from leaf to leaf, such as <c>17-2995</c>; null where it does not.</param>
/// <param name="Restates">Why it takes the place of its account's slots: <c>ended</c>, <c>instrument</c>, <c>factors</c> or
/// <c>intensity</c>; null where it does not.</param>
/// <param name="Proof">Path of the bundle that proves this leaf and all that it rests on.</param>
public sealed record Why(
    long Leaf,
    string Account,
    string? Kilograms,
    string? NoAmount,
    DateTimeOffset From,
    DateTimeOffset To,
    string Method,
    string Formula,
    string Standard,
    string Rounding,
    string FactorSet,
    IReadOnlyList<WhyInput> Inputs,
    long? Replaces,
    string? Slots,
    string? Restates,
    string Proof
)
{
    /// <summary>Explains a carbon leaf.</summary>
    /// <param name="carbon">A leaf of type <see cref="LeafType.Carbon"/>.</param>
    /// <param name="leafAt">Gives the leaves that it names; null where the bytes were thinned.</param>
    /// <exception cref="InvalidDataException">Its method is none that is known here.</exception>
    public static Why Of(Leaf carbon, Func<long, Leaf?> leafAt)
    {
        RecordedMethod method = MethodOf(carbon);
        Leaf[] sources = [.. carbon.Head.ComputedFrom.Select(leafAt).OfType<Leaf>()];
        Leaf? factors = carbon.Head.Factors is { } index ? leafAt(index) : null;
        LeafRecord amount = carbon.Records[0];
        return new Why(
            carbon.Head.Index,
            amount.Name,
            amount.Number?.ToString(),
            amount.Text,
            carbon.Records.First(r => r.Name == "from").AsTime(),
            carbon.Records.First(r => r.Name == "to").AsTime(),
            method.Name,
            method.Formula,
            method.Source,
            $"{(method.TakesInstruments ? "each line " : "")}once, half to even, to whole micrograms",
            Text(carbon, "set") ?? "none",
            [
                .. Amounts(carbon, sources, method, leafAt),
                .. Factors(method, factors),
                .. Intensities(method, sources),
                .. Conditions(method),
            ],
            carbon.Records.FirstOrDefault(r => r.Name == "replaces")?.Number?.Mantissa,
            Text(carbon, "slots"),
            Text(carbon, "restates"),
            ProofOf(carbon, sources)
        );
    }

    /// <summary>For a person.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{Account}, leaf {Leaf}: {(Kilograms is null ? $"no amount: {NoAmount}" : $"{Kilograms} kg CO2")}"
        );
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{From.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} to "
                + $"{To.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}{(Restates is not null ? $"; takes the place of the slots of {Account} in the leaves {Slots}{(Replaces is { } anew ? $", and of leaf {anew}" : "")}: {RestatedBecause}" : Replaces is { } r ? $"; takes the place of leaf {r}" : "")}"
        );
        text.AppendLine(CultureInfo.InvariantCulture, $"{Method}: {Formula}, rounded {Rounding}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  by {Standard}{(FactorSet == "none" ? "" : $"; factors of {FactorSet}")}");
        foreach (WhyInput input in Inputs)
        {
            string where =
                input.Leaves.Count == 0 ? "" : $" ({(input.Leaves.Count == 1 ? "leaf" : "leaves")} {string.Join(", ", input.Leaves)})";
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"  {input.Name}: {input.Value}{where}{(input.Source is null ? "" : $"\n      {input.Source}")}"
            );
        }

        return text.AppendLine(CultureInfo.InvariantCulture, $"Proof: {Proof}").ToString();
    }

    /// <summary>Path of the bundle that proves a leaf and all that it rests on.</summary>
    internal static string ProofOf(Leaf leaf, IEnumerable<Leaf> sources)
    {
        IEnumerable<long> leaves = new SortedSet<long>([
            leaf.Head.Index,
            .. leaf.Head.ComputedFrom,
            .. leaf.Head.Factors is { } f ? [f] : Array.Empty<long>(),
            .. sources.Select(s => s.Head.Config).OfType<long>(),
        ]);
        return $"/v1/log/bundle?{string.Join('&', leaves.Select(l => string.Create(CultureInfo.InvariantCulture, $"leaf={l}")))}";
    }

    private string RestatedBecause =>
        Restates switch
        {
            "ended" => "the period has ended and is settled with its instruments",
            "instrument" => "an instrument was entered or corrected",
            "intensity" => "the intensity of its slot was stated",
            _ => "a factor was corrected",
        };

    private static IEnumerable<WhyInput> Amounts(Leaf carbon, Leaf[] sources, RecordedMethod method, Func<long, Leaf?> leafAt) =>
        sources.FirstOrDefault()?.Head.Type == LeafType.Manual ? Entered(sources)
        : Text(carbon, "restates") is null ? Registers(carbon, sources, leafAt)
        : Restated(carbon, sources, method, leafAt);

    // A whole period: its registers over their stretches, then what each instrument gave.
    private static List<WhyInput> Restated(Leaf carbon, Leaf[] sources, RecordedMethod method, Func<long, Leaf?> leafAt)
    {
        AccountSpan span = AccountSpan.In(carbon);
        List<WhyInput> inputs =
        [
            .. from register in span.Registers
            from stretch in register.Value
            let start = leafAt(stretch.From)?.Records.FirstOrDefault(r => r.Name == register.Key)
            let end = leafAt(stretch.To)?.Records.FirstOrDefault(r => r.Name == register.Key)
            select new WhyInput(register.Key, $"{start?.Number} → {end?.Number} {end?.Unit}", null, [stretch.From, stretch.To]),
        ];
        EnteredInstrument[] instruments = [.. EnteredInstrument.AllIn(sources)];
        try
        {
            MarketFootprint footprint = method.Footprint(
                span.Amount(leafAt),
                carbon.Records.FirstOrDefault(r => r.Name == "claims/from") is { } from
                    ? new Claims(
                        from.AsTime(),
                        carbon.Records.First(r => r.Name == "claims/to").AsTime(),
                        [.. instruments.Select(i => i.Instrument)]
                    )
                    : null
            );
            inputs.AddRange(
                footprint.Claims.Select(c => new WhyInput(
                    c.Name,
                    $"{c.Energy} at {c.Factor.Text}",
                    c.Factor.Source,
                    [.. instruments.Where(i => c.Name.Split(' ').Contains(i.Instrument.Id)).SelectMany(i => i.Leaves)]
                ))
            );
            if (footprint.Rest.Value.IsPositive)
            {
                inputs.Add(new WhyInput("without an instrument", footprint.Rest.ToString(), null, []));
            }
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException(e.Message, e);
        }

        return inputs;
    }

    private static RecordedMethod MethodOf(Leaf carbon)
    {
        try
        {
            return RecordedMethod.Read(
                Text(carbon, "method") ?? "",
                carbon.Records.Where(r => r.Text is not null).Select(r => (r.Name, r.Text!))
            );
        }
        catch (CarbonException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static IEnumerable<WhyInput> Registers(Leaf carbon, Leaf[] readings, Func<long, Leaf?> leafAt)
    {
        foreach (string register in (Text(carbon, "meters") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            long? basedOn = carbon.Records.FirstOrDefault(r => r.Name == $"{register}/base")?.Number?.Mantissa;
            Leaf[] with =
            [
                .. readings.Where(r =>
                    r.Records.Any(x => x.Name == register && x.Number is not null) && (basedOn is null || r.Head.Index >= basedOn)
                ),
            ];
            if (with.Length < 2)
            {
                yield return new WhyInput(
                    register,
                    "begins here: it counts from the next footprint on",
                    null,
                    [.. with.Select(l => l.Head.Index)]
                );
                continue;
            }

            LeafRecord from = with[0].Records.First(r => r.Name == register),
                to = with[^1].Records.First(r => r.Name == register);
            string? constant =
                with[^1].Head.Config is { } config && leafAt(config) is { } settings
                    ? Text(settings, $"{register.Split('/')[0]}/constant")
                    : null;
            yield return new WhyInput(
                register,
                $"{from.Number} → {to.Number} {to.Unit}, "
                    + $"{new DecimalFraction(to.Number!.Value.Exponent, to.Number.Value.Mantissa - from.Number!.Value.Mantissa)} "
                    + $"{to.Unit}{(constant is null ? "" : $" at {constant}")}",
                null,
                [with[0].Head.Index, with[^1].Head.Index]
            );
        }
    }

    private static IEnumerable<WhyInput> Entered(Leaf[] leaves)
    {
        foreach (Leaf leaf in leaves)
        {
            string by =
                "entered by "
                + $"{Text(leaf, "by")}{(Text(leaf, "document") is { } document ? $", {document}" : "")}{(Text(leaf, "reason") is { } reason ? $", because {reason}" : "")}";
            LeafRecord amount = leaf.Records.First(r => r.Name == "amount");
            yield return new WhyInput(
                leaf.Head.Type == LeafType.Manual ? Text(leaf, "subject") ?? "" : "corrected",
                $"{amount.Number} {amount.Unit}",
                by,
                [leaf.Head.Index]
            );
        }
    }

    private static IEnumerable<WhyInput> Factors(RecordedMethod method, Leaf? factors) =>
        method.Factors.Select(f => new WhyInput(
            f.Key.Split('/')[2],
            f.Value,
            factors is null || Text(factors, f.Key) is not { } said
                ? f.Key
                : $"{f.Key}: {said[(said.IndexOf(';', StringComparison.Ordinal) + 1)..].Trim()}",
            factors is null ? [] : [factors.Head.Index]
        ));

    private static IEnumerable<WhyInput> Intensities(RecordedMethod method, Leaf[] sources) =>
        from leaf in sources
        where leaf.Head.Type == LeafType.Intensity && method.Slot is not null
        select new WhyInput(
            $"intensity from {method.Slot}, {leaf.Records[2].Number} min",
            method.Value!,
            $"{method.Series}: {Text(leaf, "source")}",
            [leaf.Head.Index]
        );

    private static IEnumerable<WhyInput> Conditions(RecordedMethod method) =>
        method.Texts.Where(t => FuelConditions.Names.Contains(t.Name)).Select(t => new WhyInput(t.Name, t.Text, null, []));

    private static string? Text(Leaf leaf, string name) => leaf.Records.FirstOrDefault(r => r.Name == name)?.Text;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(Why))]
internal sealed partial class WhyJson : JsonSerializerContext;
